//! The words in the composer belong to the visitor: nothing moves them but the visitor's own Send or tick.

use serde_json::{Value, json};
use tealight_session::visitor::{Command, Phase};
use tealight_session::{Delivery, Fact};

use crate::backend::*;

#[test]
fn the_draft_survives_everything_that_can_happen_around_it() {
    let mut rig = waiting();
    rig.edit("  my words ");
    let revision = rig.session.view().composer.revision;
    rig.hear(queue(2, 2));
    rig.hear(json!({"t": "service", "name": "x", "state": "closed", "wait": {"kind": "closed"}}));
    rig.hear(event(2, joined()));
    rig.hear(event(3, theirs("hello")));
    rig.hear(event(4, left()));
    rig.reconnect();
    rig.hear(ready(conv("waiting", 4, vec![])));
    rig.hear(event(5, joined()));
    rig.hide();
    rig.fact(Fact::Shown);
    assert_eq!(rig.draft(), "  my words ");
    assert_eq!(rig.session.view().composer.revision, revision, "the text field is never touched");
    assert!(rig.bubbles().is_empty());
}

#[test]
fn connection_does_not_send_the_draft() {
    let mut rig = waiting();
    rig.edit("words");
    rig.take_sent();
    rig.hear(event(2, joined()));
    assert_eq!(rig.take("send"), [Value::Null; 0]);
    assert!(matches!(rig.phase(), Phase::Talking(_)));
}

#[test]
fn sending_moves_the_words_from_the_composer_into_a_bubble() {
    let mut rig = waiting();
    let before = rig.session.view().composer.revision;
    let send = rig.say(" hello \u{202E}");
    assert_eq!(send["text"], "hello");
    let composer = rig.session.view().composer;
    assert_eq!((composer.draft.as_str(), composer.can_send), ("", false));
    assert_ne!(composer.revision, before);
    assert_eq!(rig.bubbles(), [("hello".to_owned(), Delivery::Sending)]);
}

#[test]
fn a_failed_send_neither_locks_nor_clears_the_composer() {
    let mut rig = talking();
    let send = rig.say("first");
    rig.edit("second");
    rig.hear(error(&send, "internal", false, None));
    rig.closed(1006);
    let composer = rig.session.view().composer;
    assert_eq!((composer.draft.as_str(), composer.can_send), ("second", true));
}

#[test]
fn an_empty_or_overlong_draft_stays_and_cannot_be_sent() {
    let mut rig = talking();
    for words in ["", "  \n ", &"ä".repeat(4_001)] {
        rig.edit(words);
        rig.take_sent();
        assert!(!rig.session.view().composer.can_send);
        rig.command(Command::Send);
        assert_eq!(rig.draft(), words);
        assert_eq!(rig.take("send"), [Value::Null; 0]);
    }
    rig.edit(&"ä".repeat(4_000));
    let composer = rig.session.view().composer;
    assert_eq!((composer.chars, composer.limit, composer.can_send), (4_000, 4_000, true));
}

#[test]
fn a_quick_reply_leaves_the_composer_alone() {
    let mut rig = talking();
    rig.edit("half a sentence");
    rig.take_sent();
    rig.command(Command::QuickReply("I need a moment".to_owned()));
    assert_eq!(rig.take_one("send")["text"], "I need a moment");
    assert_eq!(rig.draft(), "half a sentence");
}

#[test]
fn the_tick_sends_once_when_somebody_joins() {
    let mut rig = waiting();
    rig.edit("words");
    rig.command(Command::SendWhenJoined(true));
    rig.take_sent();
    assert!(rig.session.view().composer.send_when_joined);
    rig.hear(event(2, joined()));
    let send = rig.take_one("send");
    assert_eq!(send["text"], "words");
    let composer = rig.session.view().composer;
    assert_eq!((composer.draft.as_str(), composer.send_when_joined), ("", false));
    rig.hear(event(3, own(&send)));
    rig.hear(event(4, left()));
    rig.edit("other words");
    rig.hear(event(5, joined()));
    assert_eq!(rig.take("send"), [Value::Null; 0]);
    assert_eq!(rig.draft(), "other words");
}

#[test]
fn a_tick_that_was_taken_away_sends_nothing() {
    let mut rig = waiting();
    rig.edit("words");
    rig.command(Command::SendWhenJoined(true));
    rig.command(Command::SendWhenJoined(false));
    rig.hear(event(2, joined()));
    assert_eq!(rig.take("send"), [Value::Null; 0]);
    assert_eq!(rig.draft(), "words");
}

#[test]
fn a_tick_over_an_empty_composer_sends_nothing() {
    let mut rig = waiting();
    rig.command(Command::SendWhenJoined(true));
    rig.hear(event(2, joined()));
    assert_eq!(rig.take("send"), [Value::Null; 0]);
}

#[test]
fn the_tick_holds_when_somebody_joined_while_the_connection_was_lost() {
    let mut rig = waiting();
    rig.edit("words");
    rig.command(Command::SendWhenJoined(true));
    rig.reconnect();
    rig.hear(ready(conv("active", 2, vec![entry(2, joined())])));
    assert_eq!(rig.take_one("send")["text"], "words");
}

#[test]
fn the_tick_does_not_send_to_somebody_who_has_left_meanwhile() {
    let mut rig = waiting();
    rig.edit("words");
    rig.command(Command::SendWhenJoined(true));
    rig.reconnect();
    rig.hear(ready(conv("waiting", 3, vec![entry(2, joined()), entry(3, left())])));
    assert_eq!(rig.take("send"), [Value::Null; 0]);
    assert!(rig.session.view().composer.send_when_joined);
}

#[test]
fn typing_is_told_only_while_somebody_is_there_and_only_as_yes_or_no() {
    let mut rig = waiting();
    rig.take_sent();
    rig.edit("a");
    assert_eq!(rig.take_sent(), [Value::Null; 0]);
    rig.hear(event(2, joined()));
    rig.take_sent();
    rig.edit("ab");
    assert_eq!(rig.take_sent(), [json!({"t": "typing", "on": true})]);
    for _ in 0..29 {
        rig.pass(100);
        rig.edit("abc");
    }
    assert_eq!(rig.take("typing"), [Value::Null; 0], "at most one in three seconds");
    rig.pass(100);
    rig.edit("abcd");
    assert_eq!(rig.take("typing").len(), 1);
    rig.pass(5_999);
    assert_eq!(rig.take("typing"), [Value::Null; 0]);
    rig.pass(1);
    assert_eq!(rig.take("typing"), [json!({"t": "typing", "on": false})]);
    rig.pass(60_000);
    assert_eq!(rig.take("typing"), [Value::Null; 0]);
}

#[test]
fn typing_stops_on_send_and_on_an_emptied_composer() {
    let mut rig = talking();
    rig.edit("a");
    rig.take_sent();
    rig.command(Command::Send);
    assert_eq!(rig.take("typing"), [json!({"t": "typing", "on": false})]);
    rig.pass(5_000);
    rig.edit("a");
    rig.take_sent();
    rig.edit("");
    assert_eq!(rig.take("typing"), [json!({"t": "typing", "on": false})]);
}
