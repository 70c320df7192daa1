//! Notes beside a conversation: in order and once, never in the log.

use serde_json::{Value, json};
use tealight_protocol::limits::NOTE_CHARS;
use tealight_session::Delivery::{self, *};
use tealight_session::operator::Command;

use crate::backend::*;

#[test]
fn notes_are_asked_for_with_every_conversation_and_after_every_reconnect() {
    let mut rig = able();
    rig.hear(json!({"t": "assigned", "conversation": conversation("c2", 6, 1, vec![entry(1, started())])}));
    let query = rig.take_one("query");
    assert_eq!((&query["what"], &query["conv"], query.get("after")), (&json!("notes"), &json!("c2"), None));
    rig.hear(json!({"t": "result", "cid": query["cid"], "notes": [note(1, "op:9", "a")]}));
    assert_eq!(rig.notes("c2"), [("a".to_owned(), Sent)]);
    rig.reconnect();
    rig.hear(ready_for_all(vec![conversation("c2", 6, 1, vec![])]));
    let asked: Vec<Value> = rig.take("query").into_iter().filter(|query| query["what"] == "notes").collect();
    assert_eq!((asked.len(), &asked[0]["after"]), (1, &json!(1)));
    rig.hear(json!({"t": "result", "cid": asked[0]["cid"], "notes": [note(2, "op:9", "b")]}));
    assert_eq!(rig.notes("c2").len(), 2);
}

#[test]
fn a_note_goes_through_its_states_and_stays_one() {
    for echo_first in [false, true] {
        let mut rig = able();
        let sent = rig.write_note("a note");
        assert_eq!((&sent["claim"], &sent["text"]), (&json!(5), &json!("a note")));
        assert_eq!(rig.notes("c1"), [("a note".to_owned(), Sending)]);
        let key = rig.conv("c1").notes[0].key.clone();
        let ack = json!({"t": "ack", "cid": sent["cid"], "conv": "c1", "n": 1});
        let mut echo = note_frame("c1", note(1, "op:7", "a note"));
        echo["cid"] = sent["cid"].clone();
        for frame in if echo_first { [echo.clone(), ack] } else { [ack, echo.clone()] } {
            rig.hear(frame);
            assert_eq!(rig.notes("c1"), [("a note".to_owned(), Sent)]);
        }
        rig.hear(echo);
        assert_eq!(rig.notes("c1").len(), 1);
        let one = rig.conv("c1");
        assert_eq!((&one.notes[0].key, one.notes[0].own, one.entries.len()), (&key, true, 2));
    }
}

#[test]
fn a_note_in_flight_is_told_again_and_one_that_arrived_is_not() {
    let mut rig = able();
    let sent = rig.write_note("a note");
    rig.reconnect();
    rig.hear(ready_for_all(vec![conversation("c1", 5, 2, vec![])]));
    let frames = rig.take_sent();
    assert!(frames.contains(&sent));
    let asked = frames.iter().find(|frame| frame["what"] == "notes").unwrap();
    let mut arrived = note(1, "op:7", "a note");
    arrived["cid"] = sent["cid"].clone();
    rig.hear(json!({"t": "result", "cid": asked["cid"], "notes": [arrived]}));
    assert_eq!(rig.notes("c1"), [("a note".to_owned(), Sent)]);
    rig.reconnect();
    rig.hear(ready_for_all(vec![conversation("c1", 5, 2, vec![])]));
    assert_eq!(rig.take("note"), [Value::Null; 0]);
}

#[test]
fn a_gap_is_asked_about_once_and_pages_are_read_to_the_end() {
    let mut rig = able();
    rig.hear(note_frame("c1", note(1, "op:9", "one")));
    rig.hear(note_frame("c1", note(4, "op:9", "four")));
    rig.hear(note_frame("c1", note(5, "op:9", "five")));
    let query = rig.take_one("query");
    assert_eq!(query["after"], 1);
    assert_eq!(rig.notes("c1").len(), 1);
    let page = [note(2, "op:9", "two"), note(3, "op:9", "three")];
    rig.hear(json!({"t": "result", "cid": query["cid"], "notes": page, "more": true}));
    let query = rig.take_one("query");
    assert_eq!(query["after"], 3);
    rig.hear(json!({"t": "result", "cid": query["cid"], "notes": [note(4, "op:9", "four"), note(5, "op:9", "five")]}));
    let words: Vec<String> = rig.notes("c1").into_iter().map(|(words, _)| words).collect();
    assert_eq!(words, ["one", "two", "three", "four", "five"]);
    assert_eq!(rig.take("query"), [Value::Null; 0]);
}

#[test]
fn a_backend_that_never_gives_what_it_promises_is_not_asked_for_ever() {
    let mut rig = able();
    rig.hear(note_frame("c1", note(9, "op:9", "late")));
    for _ in 0..3 {
        for query in rig.take("query") {
            rig.hear(json!({"t": "result", "cid": query["cid"], "notes": [], "more": true}));
        }
    }
    assert_eq!(rig.take("query"), [Value::Null; 0]);
    rig.hear(note_frame("c1", note(10, "op:9", "later")));
    let query = rig.take_one("query");
    rig.hear(error(&query, "forbidden", false, None));
    assert_eq!(rig.take("query"), [Value::Null; 0]);
}

#[test]
fn a_question_that_came_too_fast_is_asked_again_when_it_may_be() {
    let mut rig = able();
    rig.hear(note_frame("c1", note(2, "op:9", "two")));
    let query = rig.take_one("query");
    rig.hear(error(&query, "rate_limited", true, Some(1_500)));
    rig.pass(1_499);
    assert_eq!(rig.take("query"), [Value::Null; 0]);
    rig.pass(1);
    assert_eq!(rig.take_one("query")["what"], "notes");
}

#[test]
fn a_refused_note_can_be_tried_again() {
    let mut rig = able();
    let sent = rig.write_note("a note");
    rig.hear(error(&sent, "internal", false, None));
    assert_eq!(rig.notes("c1"), [("a note".to_owned(), NotSent)]);
    let again = rig.conv("c1").notes[0].again.clone().unwrap();
    rig.command(Command::TryAgain(id("c1"), again));
    assert_ne!(rig.take_one("note")["cid"], sent["cid"]);
}

#[test]
fn each_conversation_keeps_its_own_unwritten_note() {
    let mut rig = able();
    rig.hear(json!({"t": "assigned", "conversation": conversation("c2", 8, 1, vec![entry(1, started())])}));
    rig.command(Command::EditNote(id("c1"), "for one".to_owned()));
    rig.command(Command::EditNote(id("c2"), "x".repeat(NOTE_CHARS + 1)));
    assert!(rig.conv("c1").note_draft.can_send && !rig.conv("c2").note_draft.can_send);
    rig.command(Command::SendNote(id("c2")));
    rig.take_sent();
    rig.command(Command::SendNote(id("c1")));
    assert_eq!(rig.take_one("note")["conv"], "c1");
    assert_eq!(rig.conv("c1").note_draft.text, "");
}

#[test]
fn a_note_of_somebody_who_was_never_there_is_a_whisper() {
    let mut rig = able();
    rig.hear(event("c1", 3, joined("op:9")));
    rig.hear(note_frame("c1", note(1, "op:9", "from before")));
    rig.hear(note_frame("c1", note(2, "op:2", "ask about the stairs")));
    let whispers: Vec<bool> = rig.conv("c1").notes.iter().map(|note| note.whisper).collect();
    assert_eq!(whispers, [false, true]);
}

#[test]
fn notes_go_with_the_conversation() {
    for reason in ["lease", "erased", "transferred"] {
        let mut rig = able();
        rig.hear(note_frame("c1", note(1, "op:9", "words")));
        rig.hear(json!({"t": "released", "conv": "c1", "reason": reason}));
        assert!(rig.conv("c1").notes.is_empty());
        rig.hear(note_frame("c1", note(2, "op:9", "words")));
        assert!(rig.conv("c1").notes.is_empty());
        assert_eq!(rig.take_sent(), [Value::Null; 0]);
    }
}

#[test]
fn nothing_is_noted_after_the_end() {
    let mut rig = able();
    rig.command(Command::EditNote(id("c1"), "too late".to_owned()));
    rig.hear(event("c1", 3, ended()));
    assert!(!rig.conv("c1").note_draft.can_send);
    rig.command(Command::SendNote(id("c1")));
    assert_eq!(rig.take("note"), [Value::Null; 0]);
}

impl Operator {
    fn write_note(&mut self, words: &str) -> Value {
        self.take_sent();
        self.command(Command::EditNote(id("c1"), words.to_owned()));
        self.command(Command::SendNote(id("c1")));
        self.take_one("note")
    }

    fn notes(&self, conv: &str) -> Vec<(String, Delivery)> {
        self.conv(conv).notes.iter().map(|note| (note.text.as_str().to_owned(), note.delivery)).collect()
    }
}
