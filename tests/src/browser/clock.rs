//! Pages that go by a clock which can be put forward: their `Date` and their timers, in every document and frame.
//!
//! The widget has one timer and asks `Date` what time it is; so moving both moves everything it does and says.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use thirtyfour::WebDriver;

use super::Page;
use super::page::Life;
use crate::clock::TurnedClock;

/// Runs before every document's own scripts. `AHEAD` stands for how far to be ahead of the machine, in milliseconds.
///
/// `tealightClock` moves the hands in a document and in our frame inside it, runs every timer that is due by then,
/// and says when that is done.
const HANDS: &str = r"
(() => {
  const { Date: MachineDate, Promise, Map } = globalThis;
  const set = globalThis.setTimeout.bind(globalThis), clear = globalThis.clearTimeout.bind(globalThis);
  let ahead = AHEAD, last = 1000000000;
  const waiting = new Map();
  const now = () => MachineDate.now() + ahead;
  globalThis.Date = new Proxy(MachineDate, {
    construct: (date, parts, made) => Reflect.construct(date, parts.length ? parts : [now()], made),
    apply: () => new MachineDate(now()).toString(),
    get: (date, name) => name === 'now' ? now : Reflect.get(date, name),
  });
  const arm = (number, timer) => {
    timer.handle = set(() => { waiting.delete(number); timer.run(); }, Math.max(0, timer.at - now()));
  };
  globalThis.setTimeout = (work, delay = 0, ...rest) => {
    const timer = { at: now() + Math.max(0, Number(delay) || 0), run: () => work(...rest) };
    waiting.set(++last, timer);
    arm(last, timer);
    return last;
  };
  globalThis.clearTimeout = (number) => {
    const timer = waiting.get(number);
    if (!timer) return clear(number);
    clear(timer.handle);
    waiting.delete(number);
  };
  const turn = (to, slept) => {
    for (let rest = slept ? 0 : 1000; rest > 0; rest--) {
      const [number, timer] = [...waiting].sort(([, one], [, other]) => one.at - other.at)[0] ?? [];
      const left = timer && Math.max(0, timer.at - now());
      if (!timer || left > to - ahead) break;
      // When the hands pass several of these, each still has its own time.
      ahead += left;
      waiting.delete(number);
      clear(timer.handle);
      timer.run();
    }
    ahead = to;
    for (const [number, timer] of waiting) { clear(timer.handle); arm(number, timer); }
  };
  addEventListener('message', (event) => {
    if (typeof event.data?.tealightClock !== 'number') return;
    event.stopImmediatePropagation();
    turn(event.data.tealightClock, event.data.slept);
    event.ports[0].postMessage(true);
  }, true);
  globalThis.tealightClock = (to, slept) => {
    turn(to, slept);
    const frame = document.querySelector('tealight-chat')?.shadowRoot?.querySelector('iframe')?.contentWindow;
    if (!frame) return true;
    const { port1, port2 } = new MessageChannel();
    frame.postMessage({ tealightClock: to, slept }, '*', [port2]);
    return new Promise((heard) => { port1.onmessage = () => heard(true); set(heard, 5000, false); });
  };
})();";

/// The pages of one browser, and the clock they go by.
#[derive(Clone, Debug)]
pub(super) struct Followers {
    clock: TurnedClock,
    pages: Arc<Mutex<Vec<Follower>>>,
}

#[derive(Clone, Debug)]
struct Follower {
    driver: Weak<WebDriver>,
    life: Arc<Mutex<Life>>,
    /// What the script is called that goes before every document.
    script: String,
}

impl Followers {
    pub(super) fn of(clock: TurnedClock) -> Self {
        Self { clock, pages: Arc::default() }
    }

    /// A page goes by the clock from its next document on.
    pub(super) async fn join(&self, page: &Page) -> Result<()> {
        let script = self.install(&page.driver).await?;
        let driver = Arc::downgrade(&page.driver);
        self.pages().push(Follower { driver, life: page.life.clone(), script });
        Ok(())
    }

    /// Shows every open page what time it is by now, and lets what is due by then happen there. Returns how many are
    /// frozen and see nothing of it.
    pub(super) async fn turn(&self) -> Result<usize> {
        self.pages().retain(|page| page.driver.strong_count() > 0);
        let (pages, ahead) = (self.pages().clone(), self.clock.ahead_ms());
        let turned = futures_util::future::try_join_all(pages.iter().map(|page| page.turn(ahead))).await?;
        Ok(turned.into_iter().filter(|turned| !turned).count())
    }

    /// Documents that are opened from now on begin with what time it is now.
    pub(super) async fn settle(&self) -> Result<()> {
        let mut followers = self.pages().clone();
        for page in &mut followers {
            let Some(driver) = page.driver.upgrade() else { continue };
            if !matches!(*page.life.lock().unwrap_or_else(PoisonError::into_inner), Life::Awake | Life::Woken)
            {
                continue;
            }
            let old = json!({"identifier": page.script});
            devtools(&driver, "Page.removeScriptToEvaluateOnNewDocument", old).await?;
            page.script = self.install(&driver).await?;
        }
        *self.pages() = followers;
        Ok(())
    }

    async fn install(&self, driver: &WebDriver) -> Result<String> {
        let source = HANDS.replace("AHEAD", &self.clock.ahead_ms().to_string());
        let parameters = json!({"source": source});
        let made = devtools(driver, "Page.addScriptToEvaluateOnNewDocument", parameters).await?;
        made["identifier"].as_str().map(str::to_owned).context("the script has no identifier")
    }

    fn pages(&self) -> std::sync::MutexGuard<'_, Vec<Follower>> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Follower {
    /// Whether it could be turned.
    async fn turn(&self, ahead_ms: i64) -> Result<bool> {
        let Some(driver) = self.driver.upgrade() else { return Ok(true) };
        let life = self.life.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match life {
            Life::Awake => evaluate(&driver, ahead_ms, false).await?,
            Life::Woken => {
                evaluate(&driver, ahead_ms, true).await?;
                *self.life.lock().unwrap_or_else(PoisonError::into_inner) = Life::Awake;
            }
            Life::Frozen => return Ok(false),
        }
        Ok(true)
    }
}

/// Whoever slept has missed what was due meanwhile, and finds the hands where they are.
async fn evaluate(driver: &WebDriver, ahead_ms: i64, slept: bool) -> Result<()> {
    let parameters = json!({
        "expression": format!("globalThis.tealightClock?.({ahead_ms}, {slept}) ?? true"),
        "awaitPromise": true, "returnByValue": true,
    });
    let answer = devtools(driver, "Runtime.evaluate", parameters).await?;
    ensure!(answer["result"]["value"] == true, "a page does not follow the clock: {answer}");
    Ok(())
}

async fn devtools(driver: &WebDriver, command: &str, parameters: Value) -> Result<Value> {
    driver.cdp().send_raw(command, parameters).await.with_context(|| command.to_owned())
}
