//! New browsers, and what they look like.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;
use thirtyfour::{
    Capabilities, CapabilitiesHelper, ChromiumLikeCapabilities, DesiredCapabilities, PageLoadStrategy,
    WebDriver,
};

use super::clock::Followers;
use super::engine::{Engine, Process};
use super::page::Page;
use crate::clock::{TurnedClock, steps};
use crate::server::TestServer;

/// A quiet Chromium that asks nobody anything.
const FLAGS: [&str; 16] = [
    "--headless",
    "--no-sandbox",
    // Page and frame in one process, whatever the headers say: the driver sees the requests and documents of both, and
    // for what a page may learn it is the worst case.
    "--disable-site-isolation-trials",
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

/// Browsers of one engine. Chromium's driver has many of them; a driver of WebKit has one.
#[derive(Clone, Debug)]
pub struct Browser {
    engine: Engine,
    /// The driver of all pages, where one is enough.
    shared: Option<Arc<Process>>,
    /// Its pages, where they go by a clock of ours.
    followers: Option<Followers>,
}

impl Browser {
    /// Starts Chromium's driver on a port of its own choice.
    pub async fn start() -> Result<Self> {
        Self::of(Engine::Chromium).await
    }

    /// The same for any engine.
    pub async fn of(engine: Engine) -> Result<Self> {
        let shared = match engine {
            Engine::Chromium => Some(process(engine).await?),
            Engine::WebKit => None,
        };
        Ok(Self { engine, shared, followers: None })
    }

    /// Starts Chromium's driver; every page that it opens goes by this clock.
    pub async fn start_by(clock: TurnedClock) -> Result<Self> {
        Ok(Self { followers: Some(Followers::of(clock)), ..Self::start().await? })
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
        self.open_as(screen, flags, PageLoadStrategy::Normal).await
    }

    /// The same for pages whose answer goes on: no command waits until a page is whole.
    pub async fn open_for_unfinished_pages(&self, screen: Screen) -> Result<Page> {
        self.open_as(screen, &[], PageLoadStrategy::None).await
    }

    async fn open_as(&self, screen: Screen, flags: &[&str], strategy: PageLoadStrategy) -> Result<Page> {
        let process = match &self.shared {
            Some(process) => process.clone(),
            None => process(self.engine).await?,
        };
        let mut capabilities = match self.engine {
            Engine::Chromium => chromium(screen, flags)?,
            Engine::WebKit => webkit(flags)?,
        };
        capabilities.set_page_load_strategy(strategy)?;
        let address = format!("http://127.0.0.1:{}", process.port);
        let driver = WebDriver::new(address, capabilities)
            .await
            .with_context(|| format!("{:?} did not start; {}", self.engine, self.engine.packages()))?;
        let page = Page::new(driver, process, self.engine, screen).await?;
        if let Some(followers) = &self.followers {
            followers.join(&page).await?;
        }
        Ok(page)
    }
}

async fn process(engine: Engine) -> Result<Arc<Process>> {
    Ok(Arc::new(tokio::task::spawn_blocking(move || engine.start()).await??))
}

fn chromium(screen: Screen, flags: &[&str]) -> Result<Capabilities> {
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
    Ok(capabilities.into())
}

fn webkit(flags: &[&str]) -> Result<Capabilities> {
    let arguments: Vec<&str> = ["--automation"].into_iter().chain(flags.iter().copied()).collect();
    let mut capabilities = Capabilities::new();
    capabilities.set("webkitgtk:browserOptions", json!({"args": arguments}))?;
    Ok(capabilities)
}
