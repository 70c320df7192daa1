//! A visitor who is told what a test wants to be told: frames that a backend may say, and that a real one says only
//! on certain nights.

use anyhow::Result;
use serde_json::{Value, json};

use super::Visitor;
use crate::browser::{Browser, Page, Place, Screen};
use crate::server::TestServer;

/// Before every document. Frames of a kind that a test has begun to say are heard from the test alone.
const EAR: &str = r"
(() => {
  const Socket = globalThis.WebSocket;
  const told = new Set();
  globalThis.WebSocket = class extends Socket {
    constructor(...how) {
      super(globalThis.tealightCutOff ? how[0] + '/nowhere' : how[0], how[1]);
      globalThis.tealightSocket = this;
      this.addEventListener('message', (event) => {
        if (event.isTrusted && told.has(JSON.parse(event.data).t)) event.stopImmediatePropagation();
      });
    }
  };
  globalThis.tealightTell = (frame) => {
    told.add(frame.t);
    globalThis.tealightSocket.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(frame) }));
  };
})();";

/// A number of an update that no real backend has come to.
const LATEST: u64 = 9_000_000_000_000_000;

impl Visitor {
    /// Comes to the charity's page and opens the chat, ready to be told things.
    pub async fn who_listens(browser: &Browser, server: &TestServer, screen: Screen) -> Result<Self> {
        let page = browser.open(screen).await?;
        Self::listen(&page).await?;
        page.goto(&server.site("/")).await?;
        let visitor = Self { page };
        visitor.open_chat().await?;
        Ok(visitor)
    }

    /// Has a page listen from its next document on.
    pub async fn listen(page: &Page) -> Result<()> {
        page.before_every_document(EAR).await
    }

    /// Hears this frame as if the backend had said it.
    pub async fn is_told(&self, frame: Value) -> Result<()> {
        self.page.run::<()>(Place::Chat, "tealightTell(arguments[0])", vec![frame]).await
    }

    /// Loses the connection, and finds no other.
    pub async fn is_cut_off(&self) -> Result<()> {
        let cut = "globalThis.tealightCutOff = true; tealightSocket.close();
            tealightSocket.dispatchEvent(new CloseEvent('close', { code: 1006 }))";
        self.page.run::<()>(Place::Chat, cut, Vec::new()).await
    }

    /// Hears of a place, whatever the real one is.
    pub async fn is_placed(&self, rev: u64, place: u32, minutes: (u32, u32), more: Value) -> Result<()> {
        let (low, high) = minutes;
        let wait = json!({"kind": "range", "low_s": low * 60, "high_s": high * 60});
        let frame =
            json!({"t": "queue", "rev": LATEST + rev, "state": "waiting", "place": place, "wait": wait});
        self.is_told(merged(frame, more)).await
    }

    /// Hears of the service, whatever its real state is.
    pub async fn is_served(&self, state: &str, more: Value) -> Result<()> {
        let offers = json!([
            {"id": "crisis", "channel": "phone", "uri": "tel:999", "label": "999", "open": true, "crisis": true},
            {"id": "phone", "channel": "phone", "uri": "tel:08081570199", "label": "Call 0808 157 0199",
             "hours": "Day and night", "open": true},
            {"id": "sms", "channel": "sms", "uri": "sms:08081570198", "label": "Text 0808 157 0198", "open": true},
            {"id": "email", "channel": "email", "uri": "mailto:night@example.org", "label": "night@example.org",
             "hours": "An answer within two days", "open": true},
        ]);
        let wait = json!({"kind": "range", "low_s": 1200, "high_s": 2700});
        let frame =
            json!({"t": "service", "name": "Nightline", "state": state, "wait": wait, "offers": offers});
        self.is_told(merged(frame, more)).await
    }
}

fn merged(mut frame: Value, more: Value) -> Value {
    if let (Value::Object(frame), Value::Object(more)) = (&mut frame, more) {
        frame.extend(more);
    }
    frame
}
