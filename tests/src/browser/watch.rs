//! What can be seen of a page from outside: its console, its requests, its picture, its storage.

use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::engine::Engine;
use super::page::{Page, Place};

impl Page {
    /// Warnings and errors on the console since the last look, without those that the browser adds by itself. Engines
    /// other than Chromium do not tell.
    pub async fn console(&self) -> Result<Vec<String>> {
        if self.engine() != Engine::Chromium {
            return Ok(Vec::new());
        }
        let entries = self.driver.browser_log().await?;
        Ok(entries
            .into_iter()
            .filter(|entry| matches!(entry.level.as_str(), "SEVERE" | "WARNING"))
            .map(|entry| entry.message)
            .collect())
    }

    /// Every address that was asked for since the last look, sockets among them.
    pub async fn requests(&self) -> Result<Vec<String>> {
        let mut addresses = Vec::new();
        for entry in self.driver.get_log("performance").await? {
            let message: Value = serde_json::from_str(&entry.message).context("the driver's log")?;
            let message = &message["message"];
            let address = match message["method"].as_str() {
                Some("Network.requestWillBeSent") => &message["params"]["request"]["url"],
                Some("Network.webSocketCreated") => &message["params"]["url"],
                _ => continue,
            };
            if let Some(address) = address.as_str().filter(|address| !address.starts_with("data:")) {
                addresses.push(address.to_owned());
            }
        }
        Ok(addresses)
    }

    /// Every text that came over a socket since the last look.
    pub async fn frames(&self) -> Result<Vec<String>> {
        let mut frames = Vec::new();
        for entry in self.driver.get_log("performance").await? {
            let message: Value = serde_json::from_str(&entry.message).context("the driver's log")?;
            let message = &message["message"];
            if message["method"] == "Network.webSocketFrameReceived"
                && let Some(text) = message["params"]["response"]["payloadData"].as_str()
            {
                frames.push(text.to_owned());
            }
        }
        Ok(frames)
    }

    /// Has the browser prefer light or dark.
    pub async fn prefer(&self, scheme: &str) -> Result<()> {
        let features = json!([
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]);
        self.devtools("Emulation.setEmulatedMedia", json!({"features": features})).await?;
        Ok(())
    }

    /// Refuses every request whose address fits one of these patterns (`*` stands for anything).
    pub async fn block(&self, patterns: &[&str]) -> Result<()> {
        self.devtools("Network.enable", json!({})).await?;
        self.devtools("Network.setBlockedURLs", json!({"urls": patterns})).await?;
        Ok(())
    }

    /// Runs a script in every document before the document's own.
    pub async fn before_every_document(&self, script: &str) -> Result<()> {
        self.devtools("Page.addScriptToEvaluateOnNewDocument", json!({"source": script})).await?;
        Ok(())
    }

    /// Writes what is on the screen to `NAME.png`.
    pub async fn screenshot(&self, name: &str) -> Result<()> {
        let folder = screenshots_dir();
        tokio::fs::create_dir_all(&folder).await?;
        let picture = self.driver.screenshot_as_png().await?;
        tokio::fs::write(folder.join(format!("{name}.png")), picture).await?;
        Ok(())
    }

    /// The keys of `sessionStorage` and `localStorage`, and the cookies, of a document.
    pub async fn kept(&self, place: Place) -> Result<Kept> {
        let (session, local, cookies): (Vec<String>, Vec<String>, String) = self
            .run(
                place,
                "return [Object.keys(sessionStorage), Object.keys(localStorage), document.cookie]",
                Vec::new(),
            )
            .await?;
        let databases = self.async_count(place).await?;
        Ok(Kept { session, local, cookies, databases })
    }

    /// How many databases, caches and service workers a document has made.
    async fn async_count(&self, place: Place) -> Result<u32> {
        // The document is looked at by `run` first, so the driver stands where it should.
        self.run::<bool>(place, "return true", Vec::new()).await?;
        let count = self
            .driver
            .execute_async(
                "const done = arguments[arguments.length - 1];
                 const workers = navigator.serviceWorker ? navigator.serviceWorker.getRegistrations() : [];
                 const keys = self.caches ? caches.keys() : [];
                 Promise.all([indexedDB.databases(), keys, workers])
                   .then((all) => done(all.reduce((sum, some) => sum + some.length, 0)));",
                Vec::new(),
            )
            .await?;
        Ok(count.convert()?)
    }
}

/// What a document keeps on the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Keys of `sessionStorage`.
    pub session: Vec<String>,
    /// Keys of `localStorage`.
    pub local: Vec<String>,
    /// Cookies, as a script reads them.
    pub cookies: String,
    /// Databases, caches and service workers.
    pub databases: u32,
}

impl Kept {
    /// Nothing at all but these keys of `sessionStorage`.
    pub fn only(session: &[&str]) -> Self {
        let session = session.iter().map(|&key| key.to_owned()).collect();
        Self { session, local: Vec::new(), cookies: String::new(), databases: 0 }
    }
}

/// Where pictures go: `target/screenshots`, wherever cargo's target directory is.
pub fn screenshots_dir() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target")), PathBuf::from);
    target.join("screenshots")
}
