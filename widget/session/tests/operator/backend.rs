//! The scripted backend's words, and an operator brought to a point of the shift.

#![allow(unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::needless_pass_by_value)]

use std::sync::Arc;

use serde_json::{Value, json};
use tealight_protocol::ConversationId;
use tealight_session::Delivery;
use tealight_session::operator::{Command, Config, ConversationView, EntryKind, Session};

pub use crate::support::*;

pub type Operator = Rig<Session>;

/// An operator who is connected and has nobody.
pub fn ready_operator() -> Operator {
    let mut rig = fresh();
    rig.command(Command::Open);
    rig.opened();
    rig.hear(ready(vec![]));
    rig
}

/// An operator with one conversation.
pub fn chatting() -> Operator {
    let mut rig = ready_operator();
    rig.hear(json!({"t": "assigned", "conversation": conversation("c1", 5, 2, vec![
        entry(1, started()), entry(2, joined("op:7")),
    ])}));
    rig.take_sent();
    rig
}

pub fn fresh() -> Operator {
    Rig::new(Session::new(Config { token: "token-1".to_owned() }, Box::new(Seeded(11))))
}

pub fn ready(convs: Vec<Value>) -> Value {
    let convs: Vec<Value> = convs.into_iter().collect();
    json!({
        "t": "ready", "epoch": "e1", "ping_s": 25, "caps": ["typing", "marks", "links"],
        "limits": {"frame": 16384, "text": 4000, "burst": 20, "per_s": 2},
        "who": {"id": "op:7", "name": "Robin", "role": "operator"},
        "status": "paused", "capacity": 1, "last_chat": false, "convs": convs,
        "board": {"rev": 10, "full": true, "waiting": [waiting_entry("w1", 1)],
            "operators": [operator_entry("op:7", "paused")]},
    })
}

/// A backend that can everything, and an operator who may everything.
pub fn ready_for_all(convs: Vec<Value>) -> Value {
    let mut ready = ready(convs);
    ready["caps"] = json!(["typing", "marks", "links", "offers", "transfer", "notes", "watch", "roster"]);
    ready["rights"] = json!(["watch", "coordinate", "a later right"]);
    ready
}

/// An operator with one conversation on such a backend; what was asked at the start is answered.
pub fn able() -> Operator {
    let mut rig = fresh();
    rig.command(Command::Open);
    rig.opened();
    let mine = conversation("c1", 5, 2, vec![entry(1, started()), entry(2, joined("op:7"))]);
    rig.hear(ready_for_all(vec![mine]));
    rig.answer_queries(vec![]);
    rig
}

pub fn note(n: u64, from: &str, text: &str) -> Value {
    json!({"n": n, "from": from, "at": AT, "text": text})
}

pub fn note_frame(conv: &str, note: Value) -> Value {
    let mut frame = json!({"t": "note", "conv": conv});
    frame.as_object_mut().unwrap().extend(note.as_object().unwrap().clone());
    frame
}

pub fn alternative(id: &str) -> Value {
    json!({"id": id, "channel": "phone", "uri": "tel:+448081570000", "label": "Call us", "open": true})
}

pub fn roster(shifts: Vec<Value>) -> Value {
    let shifts: Vec<Value> = shifts.into_iter().collect();
    json!({"time_zone": "Europe/London", "shifts": shifts, "staffed": [{"at": AT, "slots": 1}]})
}

pub fn conversation(id: &str, claim: u64, last: u64, events: Vec<Value>) -> Value {
    let events: Vec<Value> = events.into_iter().collect();
    json!({"id": id, "state": "active", "claim": claim, "lang": "en", "last": last, "events": events,
        "presence": "here", "presence_since": AT})
}

pub fn waiting_entry(conv: &str, place: u32) -> Value {
    json!({"conv": conv, "place": place, "lang": "en", "since": AT, "presence": "here"})
}

pub fn operator_entry(id: &str, status: &str) -> Value {
    json!({"id": id, "name": "Robin", "status": status, "capacity": 1, "active": 0, "connected": true})
}

pub fn entry(seq: u64, kind: Value) -> Value {
    let mut event = json!({"seq": seq, "at": AT});
    event.as_object_mut().unwrap().extend(kind.as_object().unwrap().clone());
    event
}

pub fn event(conv: &str, seq: u64, kind: Value) -> Value {
    let mut event = entry(seq, kind);
    event["t"] = json!("event");
    event["conv"] = json!(conv);
    event
}

pub fn started() -> Value {
    json!({"kind": "started", "lang": "en"})
}

pub fn joined(who: &str) -> Value {
    json!({"kind": "joined", "who": {"id": who, "name": "Robin", "role": "operator"}})
}

pub fn ended() -> Value {
    json!({"kind": "ended", "by": "visitor", "reason": "done"})
}

pub fn visitors(text: &str) -> Value {
    json!({"kind": "message", "from": "visitor", "cid": "AAAAAAAAAAAAAAAAAAAAAA", "text": text})
}

pub fn own(send: &Value) -> Value {
    json!({"kind": "message", "from": "op:7", "cid": send["cid"], "text": send["text"], "link": send["link"]})
}

pub fn id(conv: &str) -> ConversationId {
    ConversationId(conv.to_owned())
}

impl Operator {
    pub fn say(&mut self, conv: &str, words: &str) -> Value {
        self.take_sent();
        self.command(Command::Edit(id(conv), words.to_owned()));
        self.command(Command::Send(id(conv)));
        self.take_one("send")
    }

    /// Answers what was asked: the offers `tel` and `page`, these notes, and nothing pre-written.
    pub fn answer_queries(&mut self, notes: Vec<Value>) {
        for query in self.take("query") {
            let mut result = json!({"t": "result", "cid": query["cid"]});
            match query["what"].as_str() {
                Some("offers") => result["offers"] = json!([alternative("tel"), alternative("page")]),
                Some("notes") => result["notes"] = json!(notes),
                Some("roster") => result["roster"] = roster(vec![]),
                Some("waits") => result["waits"] = json!({"waiting": 0, "slots": 1, "busy": 0}),
                _ => result["items"] = json!([]),
            }
            self.hear(result);
        }
    }

    pub fn reconnect(&mut self) -> Value {
        self.closed(1006);
        self.take_sent();
        self.until_reconnect();
        self.opened();
        self.take_one("hello")
    }

    pub fn conv(&self, conv: &str) -> Arc<ConversationView> {
        let view = self.session.view();
        Arc::clone(view.conversations.iter().find(|one| one.id.0 == conv).expect("the conversation"))
    }

    /// The operator's own words, with how far they came.
    pub fn bubbles(&self, conv: &str) -> Vec<(String, Delivery)> {
        let own = |kind: &EntryKind| match kind {
            EntryKind::Operator { own: true, text, delivery, .. } => {
                Some((text.as_str().to_owned(), *delivery))
            }
            _ => None,
        };
        self.conv(conv).entries.iter().filter_map(|entry| own(&entry.kind)).collect()
    }
}
