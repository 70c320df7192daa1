//! Watching conversations of others, and whispering to whoever has them.

use serde_json::{Value, json};
use tealight_protocol::{ErrorCode, OperatorId, ReleaseReason};
use tealight_session::Fact;
use tealight_session::operator::{Command, Refusal, Refused};

use crate::backend::*;

#[test]
fn a_watched_conversation_is_read_and_nothing_is_told_about_it() {
    let mut rig = watching();
    let one = rig.conv("w1");
    assert!(one.watched && one.entries.len() == 2);
    rig.hear(event("w1", 3, visitors("hello")));
    rig.hear(json!({"t": "typing", "conv": "w1", "on": true}));
    assert!(rig.conv("w1").typing && rig.conv("w1").entries.len() == 3);
    rig.command(Command::Read(id("w1"), 3));
    assert_eq!(rig.conv("w1").unread, 0);
    rig.command(Command::Edit(id("w1"), "words".to_owned()));
    rig.command(Command::Send(id("w1")));
    rig.command(Command::End(id("w1")));
    rig.command(Command::Offer(id("w1"), "tel".to_owned()));
    rig.pass(5_000);
    assert_eq!(rig.take_sent(), [Value::Null; 0], "no mark, no typing, no word");
    assert!(!rig.conv("w1").draft.can_send);
}

#[test]
fn a_whisper_is_a_note_without_a_claim() {
    let mut rig = watching();
    rig.command(Command::EditNote(id("w1"), "ask about the stairs".to_owned()));
    rig.command(Command::SendNote(id("w1")));
    let whisper = rig.take_one("note");
    assert_eq!((&whisper["conv"], whisper.get("claim")), (&json!("w1"), None));
    let mut echo = note_frame("w1", note(1, "op:7", "ask about the stairs"));
    echo["cid"] = whisper["cid"].clone();
    rig.hear(echo);
    let one = rig.conv("w1");
    assert_eq!((one.notes.len(), one.notes[0].own, one.notes[0].whisper), (1, true, true));
}

#[test]
fn a_watch_is_said_again_on_every_connection_before_anything_is_whispered() {
    let mut rig = watching();
    rig.command(Command::EditNote(id("w1"), "a whisper".to_owned()));
    rig.command(Command::SendNote(id("w1")));
    let hello = rig.reconnect();
    assert_eq!(hello["after"], json!({}), "what is watched is not ours to come back to");
    rig.hear(ready_for_all(vec![]));
    assert_eq!(rig.conv("w1").released, None, "it was never ours");
    let sent = rig.take_sent();
    let at = |t: &str| sent.iter().position(|frame| frame["t"] == t).expect(t);
    assert!(at("watch") < at("note"));
    rig.hear(watched(
        "w1",
        3,
        vec![entry(1, started()), entry(2, joined("op:9")), entry(3, visitors("new"))],
    ));
    assert_eq!(rig.conv("w1").entries.len(), 3);
}

#[test]
fn watching_no_longer_takes_it_off_the_screen_and_says_so() {
    let mut rig = watching();
    rig.command(Command::Unwatch(id("w1")));
    assert_eq!(rig.take_one("watch"), json!({"t": "watch", "conv": "w1", "on": false}));
    assert!(rig.session.view().conversations.is_empty());
    rig.hear(event("w1", 3, visitors("late")));
    rig.reconnect();
    rig.hear(ready_for_all(vec![]));
    assert_eq!(rig.take("watch"), [Value::Null; 0]);
}

#[test]
fn an_answer_that_comes_after_the_wish_is_gone_is_sent_back() {
    let mut rig = supervisor();
    rig.command(Command::Watch(id("w1")));
    rig.command(Command::Unwatch(id("w1")));
    rig.take_sent();
    rig.hear(watched("w1", 1, vec![entry(1, started())]));
    assert_eq!(rig.take_one("watch")["on"], false);
    assert!(rig.session.view().conversations.is_empty());
}

#[test]
fn a_watch_that_is_refused_is_said() {
    let mut rig = supervisor();
    rig.command(Command::Watch(id("w1")));
    rig.take_sent();
    rig.hear(json!({"t": "error", "code": "forbidden", "retry": false, "message": "no"}));
    let refusal = rig.session.view().refusal;
    assert_eq!(refusal, Some(Refusal { code: ErrorCode::Forbidden, what: Refused::Watch }));
    rig.reconnect();
    rig.hear(ready_for_all(vec![]));
    assert_eq!(rig.take("watch"), [Value::Null; 0]);
}

#[test]
fn a_watch_that_came_too_fast_is_said_again() {
    let mut rig = supervisor();
    rig.command(Command::Watch(id("w1")));
    rig.take_sent();
    rig.hear(json!({"t": "error", "code": "rate_limited", "retry": true, "retry_ms": 700, "message": "no"}));
    rig.pass(699);
    assert_eq!(rig.take("watch"), [Value::Null; 0]);
    rig.pass(1);
    rig.take_one("watch");
}

#[test]
fn one_watch_too_many_is_refused_here() {
    let mut rig = supervisor();
    for n in 0..5 {
        rig.command(Command::Watch(id(&format!("w{n}"))));
    }
    assert_eq!(rig.take("watch").len(), 4);
    let refusal = rig.session.view().refusal;
    assert_eq!(refusal, Some(Refusal { code: ErrorCode::Conflict, what: Refused::Watch }));
}

#[test]
fn what_is_erased_goes_from_the_watchers_screen_and_is_not_watched_again() {
    let mut rig = watching();
    rig.hear(note_frame("w1", note(1, "op:9", "words")));
    rig.hear(json!({"t": "released", "conv": "w1", "reason": "erased"}));
    let one = rig.conv("w1");
    assert_eq!((one.released, one.entries.len(), one.notes.len()), (Some(ReleaseReason::Erased), 0, 0));
    rig.reconnect();
    rig.hear(ready_for_all(vec![]));
    assert_eq!(rig.take("watch"), [Value::Null; 0]);
    rig.command(Command::Dismiss(id("w1")));
    assert!(rig.session.view().conversations.is_empty());
}

#[test]
fn what_was_erased_while_the_watcher_was_away_goes_when_the_watch_is_refused() {
    let mut rig = watching();
    rig.reconnect();
    rig.hear(ready_for_all(vec![]));
    rig.take_one("watch");
    rig.hear(json!({"t": "error", "code": "not_found", "retry": false, "message": "no"}));
    let one = rig.conv("w1");
    assert_eq!((one.released, one.entries.len()), (Some(ReleaseReason::Erased), 0));
    assert_eq!(rig.session.view().refusal, None);
}

#[test]
fn a_watched_conversation_that_is_taken_over_becomes_ones_own() {
    let mut rig = watching();
    rig.hear(json!({"t": "assigned", "conversation": conversation("w1", 9, 3, vec![
        entry(1, started()), entry(2, joined("op:9")), entry(3, joined("op:7")),
    ])}));
    let one = rig.conv("w1");
    assert_eq!((one.watched, one.entries.len()), (false, 3));
    assert_eq!(rig.say("w1", "hello")["claim"], 9);
    assert_eq!(rig.session.view().conversations.len(), 1);
}

#[test]
fn who_has_a_conversation_reads_who_watches_it() {
    let mut rig = able();
    assert!(rig.conv("c1").watchers.is_empty());
    rig.hear(json!({"t": "watchers", "conv": "c1", "who": ["op:2"]}));
    assert_eq!(rig.conv("c1").watchers, [OperatorId("op:2".to_owned())]);
    rig.reconnect();
    let mut mine = conversation("c1", 5, 2, vec![]);
    mine["watchers"] = json!(["op:2", "op:3"]);
    rig.hear(ready_for_all(vec![mine]));
    assert_eq!(rig.conv("c1").watchers.len(), 2);
    rig.hear(json!({"t": "watchers", "conv": "c1", "who": []}));
    assert!(rig.conv("c1").watchers.is_empty());
}

#[test]
fn missing_events_of_a_watched_conversation_are_asked_for() {
    let mut rig = watching();
    rig.fact(Fact::Hidden);
    rig.hear(event("w1", 5, visitors("later")));
    assert_eq!(rig.take_one("sync"), json!({"t": "sync", "conv": "w1", "after": 2}));
}

fn supervisor() -> Operator {
    let mut rig = fresh();
    rig.command(Command::Open);
    rig.opened();
    rig.hear(ready_for_all(vec![]));
    assert!(rig.session.view().abilities.watch);
    rig.answer_queries(vec![]);
    rig.take_sent();
    rig
}

fn watching() -> Operator {
    let mut rig = supervisor();
    rig.command(Command::Watch(id("w1")));
    rig.command(Command::Watch(id("w1")));
    assert_eq!(rig.take_one("watch"), json!({"t": "watch", "conv": "w1", "on": true}));
    rig.hear(watched("w1", 2, vec![entry(1, started()), entry(2, joined("op:9"))]));
    rig.answer_queries(vec![]);
    rig
}

fn watched(id: &str, last: u64, events: Vec<Value>) -> Value {
    json!({"t": "watching", "conversation": conversation(id, 0, last, events)})
}
