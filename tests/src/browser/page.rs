//! One person's browser: going places, looking, touching.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use thirtyfour::error::WebDriverErrorInner;
use thirtyfour::prelude::*;
use tokio::sync::Mutex;

use super::Screen;
use super::engine::{Engine, Process};
use super::script;
use crate::eventually;

/// Which document is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The page in the address bar.
    Top,
    /// Our document inside it.
    Chat,
}

/// One person's browser.
#[derive(Debug)]
pub struct Page {
    // Before the process: a browser is closed while its driver still runs.
    pub(super) driver: Arc<WebDriver>,
    _process: Arc<Process>,
    engine: Engine,
    screen: Screen,
    /// Where the driver's commands go now.
    place: Mutex<Place>,
    pub(super) life: Arc<std::sync::Mutex<Life>>,
}

/// Whether the page goes on.
#[derive(Clone, Debug, Default)]
pub(super) enum Life {
    /// It goes on.
    #[default]
    Awake,
    /// Its scripts and timers stand still.
    Frozen,
    /// It is again, and its clock is where it stood when that one was frozen.
    Woken,
}

impl Page {
    pub(super) async fn new(
        driver: WebDriver,
        process: Arc<Process>,
        engine: Engine,
        screen: Screen,
    ) -> Result<Self> {
        let page = Self {
            driver: Arc::new(driver),
            _process: process,
            engine,
            screen,
            place: Mutex::new(Place::Top),
            life: Arc::default(),
        };
        page.fit_screen().await?;
        Ok(page)
    }

    /// Makes what is drawn as large as the screen says, without the browser's own bars. A window of WebKitGTK is never
    /// narrower than its bar of buttons, some 450 pixels.
    async fn fit_screen(&self) -> Result<()> {
        let (width, height) = (self.screen.width, self.screen.height);
        match self.engine {
            Engine::Chromium if self.screen.touch => Ok(()),
            Engine::Chromium => self.resize(width, height).await,
            Engine::WebKit => Ok(self.driver.set_window_rect(0, 0, width, height).await?),
        }
    }

    /// Another size of the window, still without a touch screen.
    pub async fn resize(&self, width: u32, height: u32) -> Result<()> {
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}),
        )
        .await?;
        Ok(())
    }

    /// What lays it out.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// A command of the DevTools protocol, which only Chromium has.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Result<Value> {
        ensure!(self.engine == Engine::Chromium, "{:?} has no DevTools protocol for {command}", self.engine);
        self.driver.cdp().send_raw(command, parameters).await.with_context(|| command.to_owned())
    }

    /// Follows an address typed into the address bar.
    pub async fn goto(&self, url: &str) -> Result<()> {
        let mut place = self.place.lock().await;
        *place = Place::Top;
        self.driver.enter_default_frame().await?;
        self.driver.goto(url).await.with_context(|| format!("going to {url}"))
    }

    /// Presses the browser's reload.
    pub async fn reload(&self) -> Result<()> {
        let mut place = self.place.lock().await;
        *place = Place::Top;
        self.driver.enter_default_frame().await?;
        Ok(self.driver.refresh().await?)
    }

    /// Presses the browser's back.
    pub async fn back(&self) -> Result<()> {
        let mut place = self.place.lock().await;
        *place = Place::Top;
        self.driver.enter_default_frame().await?;
        Ok(self.driver.back().await?)
    }

    /// Duplicates the tab and goes to the copy. Returns the name of the old one.
    pub async fn duplicate(&self) -> Result<WindowHandle> {
        let mut place = self.place.lock().await;
        *place = Place::Top;
        self.driver.enter_default_frame().await?;
        let old = self.driver.window().await?;
        let before = self.driver.windows().await?;
        self.driver.execute("window.open(location.href)", Vec::new()).await?;
        let new = eventually("a second tab", async || {
            Ok(self.driver.windows().await?.into_iter().find(|window| !before.contains(window)))
        })
        .await?;
        self.driver.switch_to_window(new).await?;
        self.fit_screen().await?;
        Ok(old)
    }

    /// Opens an empty tab in front of this one, which goes out of sight and lives on. Returns the way back.
    pub async fn hide(&self) -> Result<WindowHandle> {
        let mut place = self.place.lock().await;
        *place = Place::Top;
        let hidden = self.driver.window().await?;
        let front = self.driver.new_tab().await?;
        self.driver.switch_to_window(front).await?;
        Ok(hidden)
    }

    /// Has another tab in front of this one, which goes out of sight, lives on, and can still be looked at from here.
    pub async fn cover(&self) -> Result<()> {
        self.run::<()>(Place::Top, "window.open('about:blank', '_blank', 'noopener')", Vec::new()).await?;
        self.holds(Place::Top, "a page out of sight", "return document.hidden", Vec::new()).await
    }

    /// Closes the tab that [`Page::cover`] opened.
    pub async fn uncover(&self) -> Result<()> {
        let this = self.driver.window().await?;
        for window in self.driver.windows().await? {
            if window != this {
                self.driver.switch_to_window(window).await?;
                self.driver.close_window().await?;
            }
        }
        self.switch_to(&this).await
    }

    /// Closes the tab in front and comes back to the one that [`Page::hide`] hid.
    pub async fn show(&self, hidden: &WindowHandle) -> Result<()> {
        self.driver.close_window().await?;
        self.switch_to(hidden).await
    }

    /// Hides the page and stops its scripts and timers, as a telephone does some time after its owner looked away.
    /// Until [`Page::thaw`] it answers nothing.
    pub async fn freeze(&self) -> Result<()> {
        self.devtools("Page.setWebLifecycleState", json!({"state": "frozen"})).await?;
        self.is_now(Life::Frozen);
        Ok(())
    }

    /// The page goes on, in sight.
    pub async fn thaw(&self) -> Result<()> {
        self.devtools("Page.setWebLifecycleState", json!({"state": "active"})).await?;
        // It goes on behind its window; a page is in sight again only when another was in front of it.
        let hidden = self.hide().await?;
        self.show(&hidden).await?;
        self.is_now(Life::Woken);
        Ok(())
    }

    /// Goes to another tab.
    pub async fn switch_to(&self, tab: &WindowHandle) -> Result<()> {
        let mut place = self.place.lock().await;
        *place = Place::Top;
        self.driver.switch_to_window(tab.clone()).await?;
        if self.engine == Engine::Chromium {
            self.devtools("Page.bringToFront", json!({})).await?;
        }
        Ok(())
    }

    fn is_now(&self, sight: Life) {
        *self.life.lock().unwrap_or_else(PoisonError::into_inner) = sight;
    }

    /// What the address bar says.
    pub async fn address(&self) -> Result<String> {
        Ok(self.driver.current_url().await?.to_string())
    }

    /// Runs a script with the helpers of `script.rs` in scope as `T`, and returns what it returns.
    pub async fn run<V: DeserializeOwned>(
        &self,
        place: Place,
        script: &str,
        arguments: Vec<Value>,
    ) -> Result<V> {
        let returned = self.run_raw(place, script, arguments).await?;
        serde_json::from_value(returned.json().clone())
            .with_context(|| format!("what this returned: {script}"))
    }

    /// The element that a script returns, if it returns one.
    pub async fn element(
        &self,
        place: Place,
        script: &str,
        arguments: Vec<Value>,
    ) -> Result<Option<WebElement>> {
        let returned = self.run_raw(place, script, arguments).await?;
        if returned.json().is_null() {
            return Ok(None);
        }
        Ok(Some(returned.element()?))
    }

    async fn run_raw(
        &self,
        place: Place,
        script: &str,
        arguments: Vec<Value>,
    ) -> Result<thirtyfour::session::scriptret::ScriptRet> {
        let whole = format!("{}\n{script}", script::HELPERS);
        let mut at = self.place.lock().await;
        if *at == place {
            match self.driver.execute(whole.as_str(), arguments.clone()).await {
                Ok(returned) => return Ok(returned),
                Err(error) if is_lost_frame(&error) => {}
                Err(error) => return Err(error).with_context(|| script.to_owned()),
            }
        }
        self.driver.enter_default_frame().await?;
        *at = Place::Top;
        if place == Place::Chat {
            let frame = self.driver.execute(script::FRAME, Vec::new()).await?;
            if frame.json().is_null() {
                return Err(anyhow!("there is no frame on this page"));
            }
            frame.element()?.enter_frame().await?;
            *at = Place::Chat;
        }
        self.driver.execute(whole.as_str(), arguments).await.with_context(|| script.to_owned())
    }

    /// The first visible element that fits a selector, through our shadow root.
    pub async fn find(&self, place: Place, selector: &str) -> Result<Option<WebElement>> {
        self.element(place, "return T.first(arguments[0])", vec![json!(selector)]).await
    }

    /// Waits until an element that fits is visible, and gives it.
    pub async fn wait_for(&self, place: Place, selector: &str) -> Result<WebElement> {
        self.waited(&format!("{selector} in sight"), place, async || {
            self.find_or_none(place, "return T.first(arguments[0])", selector).await
        })
        .await
    }

    /// Waits until nothing that fits is visible.
    pub async fn wait_gone(&self, place: Place, selector: &str) -> Result<()> {
        self.waited(&format!("{selector} out of sight"), place, async || {
            Ok(self
                .find_or_none(place, "return T.first(arguments[0])", selector)
                .await?
                .is_none()
                .then_some(()))
        })
        .await
    }

    /// Waits until a control with this accessible name (a regular expression) is visible, and gives it.
    pub async fn wait_for_control(&self, place: Place, name: &str) -> Result<WebElement> {
        self.waited(&format!("a control named {name}"), place, async || {
            self.find_or_none(place, "return T.control(arguments[0])", name).await
        })
        .await
    }

    /// Whether a control with this name is visible now.
    pub async fn has_control(&self, place: Place, name: &str) -> Result<bool> {
        Ok(self.find_or_none(place, "return T.control(arguments[0])", name).await?.is_some())
    }

    /// Presses a control, once it is there and nothing covers it.
    pub async fn press(&self, place: Place, name: &str) -> Result<()> {
        self.waited(&format!("pressing {name}"), place, async || {
            let Some(control) = self.find_or_none(place, "return T.pressable(arguments[0])", name).await?
            else {
                return Ok(None);
            };
            pressed(control.click().await)
        })
        .await
    }

    /// Presses what a selector finds.
    pub async fn press_on(&self, place: Place, selector: &str) -> Result<()> {
        self.waited(&format!("pressing {selector}"), place, async || {
            let Some(element) = self.find_or_none(place, "return T.first(arguments[0])", selector).await?
            else {
                return Ok(None);
            };
            pressed(element.click().await)
        })
        .await
    }

    /// Waits until the visible text fits a regular expression.
    pub async fn reads(&self, place: Place, pattern: &str) -> Result<()> {
        self.waited(&format!("the words {pattern}"), place, async || {
            let fits =
                self.run_or_none::<bool>(place, "return T.reads(arguments[0])", vec![json!(pattern)]).await?;
            Ok((fits == Some(true)).then_some(()))
        })
        .await
    }

    /// The visible text.
    pub async fn text(&self, place: Place) -> Result<String> {
        self.run(place, "return T.text()", Vec::new()).await
    }

    /// Waits until a script returns `true`.
    pub async fn holds(&self, place: Place, what: &str, script: &str, arguments: Vec<Value>) -> Result<()> {
        self.waited(what, place, async || {
            let holds = self.run_or_none::<bool>(place, script, arguments.clone()).await?;
            Ok((holds == Some(true)).then_some(()))
        })
        .await
    }

    /// Types on the keyboard, wherever the focus is.
    pub async fn keys(&self, keys: impl Into<TypingData>) -> Result<()> {
        // Each key goes to the element that has the focus when it is struck, in whichever document it is.
        self.driver
            .action_chain_with_delay(Some(Duration::ZERO), Some(Duration::ZERO))
            .send_keys(keys.into())
            .perform()
            .await?;
        Ok(())
    }

    /// Strikes a key while Alt is held.
    pub async fn alt(&self, key: &str) -> Result<()> {
        let chain = self.driver.action_chain_with_delay(Some(Duration::ZERO), Some(Duration::ZERO));
        Ok(chain.key_down(Key::Alt).send_keys(key).key_up(Key::Alt).perform().await?)
    }

    /// Waits for a probe, and tells what the page showed if it was in vain.
    async fn waited<T>(
        &self,
        what: &str,
        place: Place,
        probe: impl AsyncFnMut() -> Result<Option<T>>,
    ) -> Result<T> {
        match eventually(what, probe).await {
            Ok(found) => Ok(found),
            Err(error) => {
                let shown = self.text(place).await.unwrap_or_else(|error| format!("(nothing: {error})"));
                let address = self.address().await.unwrap_or_default();
                let _ = self.screenshot("failure").await;
                let console = self.console().await.unwrap_or_default().join("\n");
                Err(error.context(format!("at {address} the page showed:\n{shown}\nconsole:\n{console}")))
            }
        }
    }

    async fn find_or_none(&self, place: Place, script: &str, argument: &str) -> Result<Option<WebElement>> {
        match self.element(place, script, vec![json!(argument)]).await {
            Err(error) if is_passing(&error) => Ok(None),
            found => found,
        }
    }

    async fn run_or_none<V: DeserializeOwned>(
        &self,
        place: Place,
        script: &str,
        arguments: Vec<Value>,
    ) -> Result<Option<V>> {
        match self.run(place, script, arguments).await {
            Err(error) if is_passing(&error) => Ok(None),
            found => found.map(Some),
        }
    }
}

/// Whether a click arrived. What moves, hides or is replaced under the finger is tried again.
fn pressed(click: WebDriverResult<()>) -> Result<Option<()>> {
    match click {
        Ok(()) => Ok(Some(())),
        Err(error) if is_out_of_reach(&error) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn is_out_of_reach(error: &WebDriverError) -> bool {
    matches!(
        **error,
        WebDriverErrorInner::ElementClickIntercepted(_)
            | WebDriverErrorInner::ElementNotInteractable(_)
            | WebDriverErrorInner::StaleElementReference(_)
    ) || is_lost_frame(error)
}

/// The document that was looked at is no longer there.
fn is_lost_frame(error: &WebDriverError) -> bool {
    matches!(**error, WebDriverErrorInner::NoSuchFrame(_) | WebDriverErrorInner::NoSuchWindow(_))
        || ["frame was detached", "target frame detached"]
            .iter()
            .any(|words| error.to_string().contains(words))
}

/// A state on the way to another: worth another look.
fn is_passing(error: &anyhow::Error) -> bool {
    error.downcast_ref::<WebDriverError>().is_some_and(is_out_of_reach)
        || error.to_string().contains("there is no frame")
}
