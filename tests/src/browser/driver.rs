//! The driver's process, and new browsers from it.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use serde_json::json;
use thirtyfour::{CapabilitiesHelper, ChromiumLikeCapabilities, DesiredCapabilities, WebDriver};

use super::clock::Followers;
use super::page::Page;
use crate::clock::{TurnedClock, steps};
use crate::server::TestServer;

/// A quiet Chromium that asks nobody anything.
const FLAGS: [&str; 15] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "--lang=en-GB",
    "--accept-lang=en-GB",
];

/// A device's screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    /// CSS pixels across.
    pub width: u32,
    /// CSS pixels down.
    pub height: u32,
    /// Whether it is touched instead of pointed at.
    pub touch: bool,
}

impl Screen {
    /// A telephone held upright.
    pub const PHONE: Self = Self { width: 390, height: 844, touch: true };
    /// A common notebook.
    pub const DESKTOP: Self = Self { width: 1280, height: 800, touch: false };
    /// The smallest screen that the console is made for.
    pub const SMALL_DESKTOP: Self = Self { width: 1024, height: 768, touch: false };
}

/// A running driver.
#[derive(Clone, Debug)]
pub struct Browser {
    process: Arc<Process>,
    /// Its pages, where they go by a clock of ours.
    followers: Option<Followers>,
}

impl Browser {
    /// Starts a driver on a port of its own choice.
    pub async fn start() -> Result<Self> {
        Ok(Self { process: Self::process().await?, followers: None })
    }

    /// The same; every page that it opens goes by this clock.
    pub async fn start_by(clock: TurnedClock) -> Result<Self> {
        Ok(Self { process: Self::process().await?, followers: Some(Followers::of(clock)) })
    }

    async fn process() -> Result<Arc<Process>> {
        Ok(Arc::new(tokio::task::spawn_blocking(Process::start).await??))
    }

    /// Lets time pass for the server and for every page of this browser.
    pub async fn advance(&self, server: &TestServer, time: Duration) -> Result<()> {
        let followers = self.followers.as_ref().context("these pages go by the clock of the machine")?;
        for step in steps(time) {
            server.clock().put_forward(step);
            let asleep = followers.turn().await?;
            server.clock().is_followed().await?;
            server.is_in_step(asleep).await?;
        }
        followers.settle().await
    }

    /// Opens a browser with a fresh profile, showing nothing yet.
    pub async fn open(&self, screen: Screen) -> Result<Page> {
        self.open_with(screen, &[]).await
    }

    /// The same with more command-line flags.
    pub async fn open_with(&self, screen: Screen, flags: &[&str]) -> Result<Page> {
        let mut capabilities = DesiredCapabilities::chrome();
        if let Some(chromium) = std::env::var_os("TEALIGHT_CHROMIUM") {
            capabilities.set_binary(&chromium.to_string_lossy())?;
        }
        for flag in FLAGS.iter().chain(flags) {
            capabilities.add_arg(flag)?;
        }
        capabilities.add_arg(&format!("--window-size={},{}", screen.width, screen.height))?;
        if screen.touch {
            capabilities.add_experimental_option(
                "mobileEmulation",
                json!({"deviceMetrics": {
                    "width": screen.width, "height": screen.height, "pixelRatio": 1.0, "touch": true, "mobile": true
                }}),
            )?;
        }
        capabilities.set("goog:loggingPrefs", json!({"browser": "ALL", "performance": "ALL"}))?;
        let address = format!("http://127.0.0.1:{}", self.process.port);
        let driver = WebDriver::new(address, capabilities).await.context(
            "Chromium did not start; install the packages chromium and chromium-driver, or name one in TEALIGHT_CHROMIUM",
        )?;
        let page = Page::new(driver, self.process.clone(), screen).await?;
        if let Some(followers) = &self.followers {
            followers.join(&page).await?;
        }
        Ok(page)
    }
}

/// The process, ended with the last page that it drives.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    port: u16,
}

impl Process {
    /// A driver chooses a port for one kind of address and needs it for the other as well; where many start at once,
    /// some other program can have that one.
    fn start() -> Result<Self> {
        Self::attempt().or_else(|_| Self::attempt()).or_else(|_| Self::attempt())
    }

    fn attempt() -> Result<Self> {
        let program = std::env::var_os("TEALIGHT_CHROMEDRIVER").map_or("chromedriver".into(), PathBuf::from);
        let mut child = Command::new(&program)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| {
                format!(
                    "{} did not start; install the package chromium-driver, or name one in TEALIGHT_CHROMEDRIVER",
                    program.display()
                )
            })?;
        let stdout = child.stdout.take().ok_or_else(|| anyhow!("the driver has no standard output"))?;
        let mut lines = BufReader::new(stdout).lines();
        let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
            line.split_once("started successfully on port ")?.1.trim_end_matches('.').parse().ok()
        });
        let process = Self { child, port: port.unwrap_or_default() };
        // The pipe must stay open and be read, or the driver stops when it is full.
        std::thread::spawn(move || lines.for_each(drop));
        if process.port == 0 {
            return Err(anyhow!("{} did not say which port it listens on", program.display()));
        }
        Ok(process)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Its browsers are gone already: every page closes its own.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
