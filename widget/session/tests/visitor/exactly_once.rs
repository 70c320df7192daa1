//! Every message is shown once and counted once, whatever is lost or doubled on the way.

use serde_json::{Value, json};
use tealight_session::Delivery::*;
use tealight_session::visitor::{Command, Phase};

use crate::backend::*;

#[test]
fn a_message_goes_from_sending_to_sent_to_delivered_to_seen() {
    let mut rig = talking();
    let send = rig.say("hello");
    assert_eq!(rig.bubbles(), [("hello".to_owned(), Sending)]);
    rig.hear(ack(&send, Some(3)));
    assert_eq!(rig.bubbles(), [("hello".to_owned(), Sent)]);
    rig.hear(event(3, own(&send)));
    assert_eq!(rig.bubbles(), [("hello".to_owned(), Sent)]);
    rig.hear(json!({"t": "marks", "operator": {"delivered": 3, "read": 2}}));
    assert_eq!(rig.bubbles(), [("hello".to_owned(), Delivered)]);
    rig.hear(json!({"t": "marks", "operator": {"delivered": 3, "read": 3}}));
    assert_eq!(rig.bubbles(), [("hello".to_owned(), Seen)]);
    rig.hear(json!({"t": "marks", "operator": {"delivered": 1, "read": 1}}));
    assert_eq!(rig.bubbles(), [("hello".to_owned(), Seen)]);
}

#[test]
fn the_key_of_an_entry_stays_through_every_state() {
    let mut rig = talking();
    let send = rig.say("hello");
    let key = rig.entries().last().unwrap().key.clone();
    rig.hear(ack(&send, Some(3)));
    assert_eq!(rig.entries().last().unwrap().key, key);
    rig.hear(event(3, own(&send)));
    assert_eq!(rig.entries().last().unwrap().key, key);
}

#[test]
fn an_echo_before_its_ack_shows_one_message() {
    let mut rig = talking();
    let send = rig.say("hello");
    rig.hear(event(3, own(&send)));
    assert_eq!(rig.bubbles(), [("hello".to_owned(), Sent)]);
    rig.hear(ack(&send, Some(3)));
    rig.hear(ack(&send, Some(3)));
    assert_eq!(rig.bubbles(), [("hello".to_owned(), Sent)]);
}

#[test]
fn a_message_that_a_backend_tells_under_two_numbers_is_shown_once() {
    let mut rig = talking();
    let send = rig.say("hello");
    rig.hear(event(3, own(&send)));
    rig.hear(event(4, own(&send)));
    assert_eq!(rig.bubbles(), [("hello".to_owned(), Sent)]);
    rig.hear(event(5, theirs("hi")));
    assert_eq!(rig.entries().last().unwrap().seq, Some(5));
}

#[test]
fn a_lost_ack_means_the_same_command_again_on_the_next_connection() {
    let mut rig = talking();
    let send = rig.say("hello");
    assert_eq!(rig.reconnect()["after"], 2);
    rig.hear(ready(conv("active", 2, vec![])));
    assert_eq!(rig.take_one("send"), send);
    rig.hear(ack(&send, Some(3)));
    rig.hear(event(3, own(&send)));
    assert_eq!(rig.bubbles(), [("hello".to_owned(), Sent)]);
}

#[test]
fn a_message_that_was_committed_before_the_cut_is_not_sent_again() {
    let mut rig = talking();
    let send = rig.say("hello");
    rig.reconnect();
    rig.hear(ready(conv("active", 3, vec![entry(3, own(&send))])));
    assert_eq!(rig.take("send"), [Value::Null; 0]);
    assert_eq!(rig.bubbles(), [("hello".to_owned(), Sent)]);
}

#[test]
fn nothing_is_resent_before_ready() {
    let mut rig = talking();
    rig.say("hello");
    rig.reconnect();
    rig.pass(2_000);
    assert_eq!(rig.take("send"), [Value::Null; 0]);
}

#[test]
fn what_was_written_without_a_connection_goes_out_in_order() {
    let mut rig = talking();
    rig.closed(1006);
    rig.take_sent();
    for words in ["one", "two", "two", "three"] {
        rig.edit(words);
        rig.command(Command::Send);
    }
    assert!(rig.bubbles().iter().all(|(_, delivery)| *delivery == Sending));
    rig.until_reconnect();
    rig.opened();
    rig.hear(ready(conv("active", 2, vec![])));
    let mut sends = Vec::new();
    for seq in 3..7 {
        let send = rig.take_one("send");
        rig.hear(ack(&send, Some(seq)));
        sends.push(send);
    }
    let words: Vec<&Value> = sends.iter().map(|send| &send["text"]).collect();
    assert_eq!(words, ["one", "two", "two", "three"]);
    assert_ne!(sends[1]["cid"], sends[2]["cid"], "two identical texts are two messages");
}

#[test]
fn no_ack_in_ten_seconds_means_a_new_connection() {
    let mut rig = talking();
    let send = rig.say("hello");
    rig.pass(9_900);
    assert!(rig.socket.is_some());
    rig.pass(100);
    assert_eq!(rig.closes.last().unwrap().1, 4000);
    assert!(rig.until_reconnect() <= 1_000);
    rig.opened();
    rig.take_sent();
    rig.hear(ready(conv("active", 2, vec![])));
    assert_eq!(rig.take_one("send"), send);
}

#[test]
fn a_rate_limited_message_goes_again_when_it_may_and_keeps_its_place() {
    let mut rig = talking();
    let first = rig.say("one");
    rig.hear(error(&first, "rate_limited", true, Some(1_500)));
    rig.edit("two");
    rig.command(Command::Send);
    assert_eq!(rig.take("send"), [Value::Null; 0], "order is kept");
    rig.pass(1_499);
    assert_eq!(rig.take("send"), [Value::Null; 0]);
    rig.pass(1);
    assert_eq!(rig.take_one("send"), first);
    rig.hear(ack(&first, Some(3)));
    assert_eq!(rig.take_one("send")["text"], "two");
}

#[test]
fn a_message_waits_for_the_answer_to_the_one_before_and_so_never_overtakes_it() {
    let mut rig = talking();
    let first = rig.say("one");
    rig.edit("two");
    rig.command(Command::Send);
    assert_eq!(rig.take("send"), [Value::Null; 0]);
    rig.hear(error(&first, "unavailable", true, Some(500)));
    assert_eq!(rig.take("send"), [Value::Null; 0]);
    rig.pass(500);
    assert_eq!(rig.take_one("send"), first);
    rig.hear(event(3, own(&first)));
    assert_eq!(rig.take_one("send")["text"], "two", "the echo is an answer, too");
}

#[test]
fn a_refused_message_holds_up_nobody_and_can_be_tried_again_under_a_new_name() {
    let mut rig = talking();
    let refused = rig.say("one");
    rig.hear(error(&refused, "internal", false, None));
    assert_eq!(rig.bubbles(), [("one".to_owned(), NotSent)]);
    let second = rig.say("two");
    rig.hear(ack(&second, Some(3)));
    rig.hear(event(3, own(&second)));
    rig.command(Command::TryAgain(cid(&refused)));
    let again = rig.take_one("send");
    assert_eq!(again["text"], "one");
    assert_ne!(again["cid"], refused["cid"]);
    rig.hear(event(4, own(&again)));
    assert_eq!(rig.bubbles(), [("two".to_owned(), Sent), ("one".to_owned(), Sent)]);
}

#[test]
fn the_words_of_a_refused_message_can_be_taken_back() {
    let mut rig = talking();
    let refused = rig.say("one");
    rig.hear(error(&refused, "internal", false, None));
    rig.edit("two");
    let before = rig.session.view().composer.revision;
    rig.command(Command::TakeBack(cid(&refused)));
    assert_eq!(rig.draft(), "one\ntwo");
    assert!(rig.session.view().composer.revision > before);
    assert!(rig.bubbles().is_empty());
}

#[test]
fn a_message_on_its_way_can_be_neither_taken_back_nor_doubled() {
    let mut rig = talking();
    let send = rig.say("one");
    rig.command(Command::TakeBack(cid(&send)));
    rig.command(Command::TryAgain(cid(&send)));
    assert_eq!(rig.take("send"), [Value::Null; 0]);
    assert_eq!(rig.bubbles(), [("one".to_owned(), Sending)]);
}

#[test]
fn events_are_applied_in_order_and_once() {
    let mut rig = talking();
    rig.hear(event(3, theirs("a")));
    rig.hear(event(3, theirs("a")));
    rig.hear(event(2, joined()));
    rig.hear(event(5, theirs("c")));
    rig.hear(event(6, theirs("d")));
    assert_eq!(rig.take("sync"), [json!({"t": "sync", "after": 3})]);
    rig.hear(json!({"t": "history", "events": [entry(4, theirs("b")), entry(5, theirs("c"))], "last": 6, "more": true}));
    assert_eq!(rig.take("sync"), [json!({"t": "sync", "after": 5})]);
    rig.hear(json!({"t": "history", "events": [entry(6, theirs("d"))], "last": 6, "more": false}));
    assert_eq!(rig.take("sync"), [Value::Null; 0]);
    let seqs: Vec<u64> = rig.entries().iter().filter_map(|entry| entry.seq).collect();
    assert_eq!(seqs, [2, 3, 4, 5, 6]);
}

#[test]
fn a_backend_that_never_answers_a_sync_is_left() {
    let mut rig = talking();
    rig.hear(event(9, theirs("late")));
    rig.take_one("sync");
    rig.hear(json!({"t": "history", "events": [], "last": 9, "more": true}));
    assert_eq!(rig.take("sync"), [Value::Null; 0], "not asked for ever");
    rig.pass(10_000);
    assert_eq!(rig.closes.last().unwrap().1, 4000);
}

#[test]
fn an_event_of_a_later_kind_takes_its_place() {
    let mut rig = talking();
    rig.hear(event(3, json!({"kind": "hologram", "x": 1})));
    rig.hear(event(4, theirs("after")));
    assert_eq!(rig.take("sync"), [Value::Null; 0]);
    assert_eq!(rig.entries().last().unwrap().seq, Some(4));
}

#[test]
fn a_start_without_an_ack_is_sent_again_without_naming_the_secret_in_hello() {
    let mut rig = welcomed();
    rig.command(join());
    let start = rig.take_one("start");
    let hello = rig.reconnect();
    assert!(hello.get("secret").is_none(), "an unknown secret would end everything");
    rig.hear(ready(Value::Null));
    assert_eq!(rig.take_one("start"), start);
    rig.hear(ack(&start, Some(1)));
    assert!(matches!(rig.phase(), Phase::Waiting(_)));
    assert_eq!(rig.take_one("sync")["after"], 0, "it may have been taken long ago");
    let hello = rig.reconnect();
    assert_eq!(hello["secret"], start["secret"]);
}

#[test]
fn a_queue_frame_before_the_ack_of_start_is_not_lost() {
    let mut rig = welcomed();
    rig.command(join());
    let start = rig.take_one("start");
    rig.hear(queue(1, 4));
    rig.hear(event(1, started()));
    rig.hear(ack(&start, Some(1)));
    let Phase::Waiting(room) = rig.phase() else { panic!("{:?}", rig.phase()) };
    assert_eq!(room.place, Some(4));
}

#[test]
fn a_log_that_begins_anew_gets_what_it_lost() {
    let mut rig = talking();
    let send = rig.say("hello");
    rig.hear(ack(&send, Some(3)));
    rig.reconnect();
    let mut fresh = conv("active", 2, vec![entry(1, started()), entry(2, joined())]);
    fresh["reset"] = json!(true);
    rig.hear(ready(fresh));
    assert_eq!(rig.take_one("send"), send, "the outbox survives, and the name is the same");
    rig.hear(event(3, own(&send)));
    assert_eq!(rig.bubbles(), [("hello".to_owned(), Sent)]);
    assert_eq!(rig.entries().len(), 2);
}

#[test]
fn a_second_page_of_the_same_visitor_shows_what_the_first_one_said() {
    let mut rig = talking();
    rig.hear(event(
        3,
        json!({"kind": "message", "from": "visitor", "cid": "AAAAAAAAAAAAAAAAAAAAAA", "text": "there"}),
    ));
    assert_eq!(rig.bubbles(), [("there".to_owned(), Sent)]);
}

fn cid(command: &Value) -> tealight_protocol::Cid {
    serde_json::from_value(command["cid"].clone()).unwrap()
}
