//! The scripted backend's words, and a visitor brought to a point of the journey.

#![allow(unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::needless_pass_by_value)]

use serde_json::{Value, json};
use tealight_protocol::Route;
use tealight_session::visitor::{Command, Config, Entry, EntryKind, Phase, Session};
use tealight_session::{Delivery, Fact};

pub use crate::support::*;

pub type Visitor = Rig<Session>;

pub fn config() -> Config {
    Config { lang: "en".to_owned() }
}

/// A visitor who has not opened the chat.
pub fn visitor() -> Visitor {
    seeded(7)
}

pub fn seeded(seed: u64) -> Visitor {
    Rig::new(Session::new(config(), Box::new(Seeded(seed))))
}

/// A visitor on the first screen, connected.
pub fn welcomed() -> Visitor {
    let mut rig = visitor();
    rig.command(Command::Open);
    rig.opened();
    rig.hear(ready(Value::Null));
    rig.take_sent();
    rig
}

/// A visitor in the waiting room.
pub fn waiting() -> Visitor {
    let mut rig = welcomed();
    rig.command(join());
    let start = rig.take_one("start");
    rig.hear(ack(&start, Some(1)));
    rig.hear(event(1, started()));
    rig.hear(queue(1, 3));
    rig.take_sent();
    rig
}

/// A visitor with an operator.
pub fn talking() -> Visitor {
    let mut rig = waiting();
    rig.hear(event(2, joined()));
    rig.take_sent();
    rig
}

/// A visitor after the end, with a survey.
pub fn surveyed() -> Visitor {
    let mut rig = talking();
    rig.hear(event(3, ended("operator", "done")));
    rig.hear(event(4, survey()));
    rig.take_sent();
    rig
}

/// The same tab after a reload.
pub fn reloaded(rig: &Visitor) -> Visitor {
    let stored = rig.stored.as_deref().expect("a snapshot");
    let session = Session::restore(config(), Box::new(Seeded(99)), stored).expect("a snapshot that restores");
    let mut next = Rig::new(session);
    next.now = rig.now + 1_500;
    next.stored = rig.stored.clone();
    next
}

pub fn join() -> Command {
    Command::Join { area: None, route: Route::Standard }
}

pub fn ready(conv: Value) -> Value {
    json!({
        "t": "ready", "epoch": "e1", "ping_s": 25, "caps": ["typing", "marks", "offers", "survey", "links"],
        "limits": {"frame": 16384, "text": 4000, "burst": 20, "per_s": 2}, "service": service(), "conv": conv,
    })
}

pub fn conv(state: &str, last: u64, events: Vec<Value>) -> Value {
    let events: Vec<Value> = events.into_iter().collect();
    json!({"id": "conv-1", "state": state, "last": last, "reset": false, "more": false, "events": events, "marks": {}})
}

/// An event as it stands in a list.
pub fn entry(seq: u64, kind: Value) -> Value {
    let mut event = json!({"seq": seq, "at": AT});
    event.as_object_mut().unwrap().extend(kind.as_object().unwrap().clone());
    event
}

/// An event as a frame.
pub fn event(seq: u64, kind: Value) -> Value {
    let mut event = entry(seq, kind);
    event["t"] = json!("event");
    event
}

pub fn started() -> Value {
    json!({"kind": "started", "lang": "en"})
}

pub fn joined() -> Value {
    json!({"kind": "joined", "who": {"id": "op:7", "name": "Robin", "role": "operator"}})
}

pub fn left() -> Value {
    json!({"kind": "left", "who": "op:7", "reason": "connection_lost", "state": "waiting"})
}

pub fn transferred() -> Value {
    json!({"kind": "transferred", "from": "op:7", "to": {"operator": "op:9", "name": "Alex"},
        "reason": "My shift is over.", "state": "waiting"})
}

pub fn offer(id: &str) -> Value {
    json!({"kind": "offer", "id": id, "from": "op:7", "alternative":
        {"id": "tel", "channel": "phone", "uri": "tel:+448081570000", "label": "Call us", "open": true}})
}

pub fn answered(offer: &str, choice: &str) -> Value {
    json!({"kind": "answered", "ref": offer, "choice": choice})
}

pub fn ended(by: &str, reason: &str) -> Value {
    json!({"kind": "ended", "by": by, "reason": reason})
}

pub fn survey() -> Value {
    json!({"kind": "survey", "id": "s1", "questions": [{"id": "q1", "label": "Did it help?", "options": ["yes", "no"]}]})
}

pub fn theirs(text: &str) -> Value {
    json!({"kind": "message", "from": "op:7", "text": text})
}

pub fn own(send: &Value) -> Value {
    json!({"kind": "message", "from": "visitor", "cid": send["cid"], "text": send["text"]})
}

pub fn queue(rev: u64, place: u32) -> Value {
    json!({"t": "queue", "rev": rev, "state": "waiting", "place": place,
        "wait": {"kind": "range", "low_s": 300, "high_s": 1200}})
}

impl Visitor {
    /// Types words and presses Send; gives the frame that went out.
    pub fn say(&mut self, words: &str) -> Value {
        self.take_sent();
        self.command(Command::Edit(words.to_owned()));
        self.command(Command::Send);
        self.take_one("send")
    }

    pub fn edit(&mut self, words: &str) {
        self.command(Command::Edit(words.to_owned()));
    }

    /// The network drops and comes back: the next socket is open, `hello` is said and handed back.
    pub fn reconnect(&mut self) -> Value {
        self.closed(1006);
        self.take_sent();
        self.until_reconnect();
        self.opened();
        self.take_one("hello")
    }

    pub fn phase(&self) -> Phase {
        self.session.view().phase
    }

    pub fn draft(&self) -> String {
        self.session.view().composer.draft
    }

    pub fn entries(&self) -> Vec<Entry> {
        self.session.view().entries.iter().map(|entry| (**entry).clone()).collect()
    }

    /// The visitor's own words on the screen, with how far they came.
    pub fn bubbles(&self) -> Vec<(String, Delivery)> {
        let own = |entry: Entry| match entry.kind {
            EntryKind::Own { text, delivery, .. } => Some((text.as_str().to_owned(), delivery)),
            EntryKind::Theirs { .. }
            | EntryKind::Joined(_)
            | EntryKind::Left { .. }
            | EntryKind::Transferred { .. }
            | EntryKind::Offer { .. } => None,
        };
        self.entries().into_iter().filter_map(own).collect()
    }

    pub fn hide(&mut self) {
        self.fact(Fact::Hidden);
    }
}
