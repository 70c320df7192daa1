//! Coming back: after a reload, after a cut, in a copied tab.

use serde_json::{Value, json};
use tealight_session::visitor::{Command, Phase};
use tealight_session::{Connection, Delivery, Fact, StopReason};

use crate::backend::*;

#[test]
fn a_reload_while_waiting_keeps_the_place_and_the_draft() {
    let mut rig = waiting();
    rig.edit("half a sent");
    rig.fact(Fact::PageLeft);
    let mut rig = reloaded(&rig);
    assert!(matches!(rig.phase(), Phase::Waiting(_)));
    assert_eq!(rig.draft(), "half a sent");
    rig.command(Command::Open);
    assert_eq!(rig.session.view().connection, Connection::Connecting);
    rig.opened();
    let hello = rig.take_one("hello");
    assert!(hello["secret"].is_string() && hello.get("after").is_none());
    let mut snapshot = conv("waiting", 1, vec![entry(1, started())]);
    snapshot["queue"] = json!({"rev": 9, "state": "waiting", "place": 2, "wait": {"kind": "unknown"}});
    rig.hear(ready(snapshot));
    let Phase::Waiting(room) = rig.phase() else { panic!() };
    assert_eq!(room.place, Some(2));
    assert_eq!(rig.draft(), "half a sent");
}

#[test]
fn a_reload_in_the_chat_keeps_everything() {
    let mut rig = talking();
    let sent = rig.say("committed");
    rig.hear(event(3, own(&sent)));
    let pending = rig.say("on its way");
    rig.edit("draft");
    rig.fact(Fact::PageLeft);
    let mut rig = reloaded(&rig);
    assert!(matches!(rig.phase(), Phase::Talking(_)));
    rig.command(Command::Open);
    rig.opened();
    rig.take_sent();
    rig.hear(ready(conv("active", 3, vec![entry(1, started()), entry(2, joined()), entry(3, own(&sent))])));
    assert_eq!(rig.take_one("send"), pending);
    assert_eq!(rig.draft(), "draft");
    assert_eq!(
        rig.bubbles(),
        [("committed".to_owned(), Delivery::Sent), ("on its way".to_owned(), Delivery::Sending)]
    );
}

#[test]
fn a_reload_between_join_and_its_ack_sends_the_same_start() {
    let mut rig = welcomed();
    rig.command(join());
    let start = rig.take_one("start");
    let mut rig = reloaded(&rig);
    rig.command(Command::Open);
    rig.opened();
    assert!(rig.take_one("hello").get("secret").is_none());
    rig.hear(ready(Value::Null));
    assert_eq!(rig.take_one("start"), start);
    rig.hear(ack(&start, Some(1)));
    assert_eq!(rig.take_one("sync")["after"], 0);
    rig.hear(json!({"t": "history", "events": [entry(1, started()), entry(2, joined())], "last": 2, "more": false}));
    assert!(matches!(rig.phase(), Phase::Talking(_)));
}

#[test]
fn a_refused_message_is_still_refused_after_a_reload() {
    let mut rig = talking();
    let send = rig.say("words");
    rig.hear(error(&send, "internal", false, None));
    let mut rig = reloaded(&rig);
    rig.command(Command::Open);
    rig.opened();
    rig.hear(ready(conv("active", 2, vec![entry(1, started()), entry(2, joined())])));
    assert_eq!(rig.take("send"), [Value::Null; 0]);
    assert_eq!(rig.bubbles(), [("words".to_owned(), Delivery::NotSent)]);
}

#[test]
fn a_long_history_comes_in_pages_without_a_gap() {
    let mut rig = talking();
    rig.fact(Fact::PageLeft);
    let mut rig = reloaded(&rig);
    rig.command(Command::Open);
    rig.opened();
    let mut first = conv("active", 400, vec![entry(1, started()), entry(2, joined())]);
    first["events"].as_array_mut().unwrap().extend((3..=200).map(|seq| entry(seq, theirs("a"))));
    first["more"] = json!(true);
    rig.hear(ready(first));
    assert_eq!(rig.take_one("sync")["after"], 200);
    rig.hear(event(401, theirs("live")));
    assert_eq!(rig.take("sync"), [Value::Null; 0], "asked already");
    let page: Vec<Value> = (201..=400).map(|seq| entry(seq, theirs("b"))).collect();
    rig.hear(json!({"t": "history", "events": page, "last": 401, "more": true}));
    assert_eq!(rig.take_one("sync")["after"], 400);
    rig.hear(json!({"t": "history", "events": [entry(401, theirs("live"))], "last": 401, "more": false}));
    let seqs: Vec<u64> = rig.entries().iter().filter_map(|entry| entry.seq).collect();
    assert_eq!(seqs, (2..=401).collect::<Vec<_>>());
}

#[test]
fn what_was_read_in_another_life_of_the_page_stays_read() {
    let rig = talking();
    let mut rig = reloaded(&rig);
    rig.command(Command::Open);
    rig.opened();
    let mut snapshot = conv(
        "active",
        4,
        vec![entry(1, started()), entry(2, joined()), entry(3, theirs("a")), entry(4, theirs("b"))],
    );
    snapshot["marks"] = json!({"visitor": {"delivered": 4, "read": 3}});
    rig.hear(ready(snapshot));
    assert_eq!(rig.session.view().unread, 1);
}

#[test]
fn a_conversation_that_ended_meanwhile_is_shown_as_ended_and_forgotten() {
    let rig = talking();
    let mut rig = reloaded(&rig);
    rig.command(Command::Open);
    rig.opened();
    rig.hear(ready(conv(
        "ended",
        3,
        vec![entry(1, started()), entry(2, joined()), entry(3, ended("operator", "done"))],
    )));
    assert!(matches!(rig.phase(), Phase::Ended(_)));
    assert_eq!(rig.stored, None);
    rig.edit("x");
    rig.pass(60_000);
    assert_eq!(rig.stored, None);
}

#[test]
fn a_secret_that_nobody_knows_any_more_leads_to_a_new_beginning_with_the_draft() {
    let mut rig = waiting();
    rig.edit("words");
    rig.fact(Fact::Hidden);
    let mut rig = reloaded(&rig);
    rig.command(Command::Open);
    rig.opened();
    rig.closed(4404);
    let Phase::Stopped(stopped) = rig.phase() else { panic!("{:?}", rig.phase()) };
    assert_eq!((stopped.reason, stopped.unread_words), (StopReason::Expired, true));
    assert_eq!((rig.stored.as_deref(), rig.draft().as_str()), (None, "words"));
    rig.take_sent();
    rig.command(Command::StartAfresh);
    assert_eq!(rig.phase(), Phase::Welcome { refused: false });
    assert_eq!(rig.draft(), "words");
    rig.opened();
    assert!(rig.take_one("hello").get("secret").is_none());
}

#[test]
fn a_copied_tab_is_another_instance_of_the_same_conversation() {
    let mut one = waiting();
    one.command(Command::Edit("x".to_owned()));
    one.pass(600);
    let mut two = reloaded(&one);
    two.command(Command::Open);
    two.opened();
    let hello = two.take_one("hello");
    let secret = hello["secret"].clone();
    let again = one.reconnect();
    assert_eq!(again["secret"], secret);
    assert_ne!(again["inst"], hello["inst"]);
}

#[test]
fn a_copied_tab_with_the_tick_sends_under_the_same_name() {
    let mut one = waiting();
    one.edit("words");
    one.command(Command::SendWhenJoined(true));
    one.pass(600);
    let mut two = reloaded(&one);
    two.command(Command::Open);
    two.opened();
    two.hear(ready(conv("waiting", 1, vec![entry(1, started())])));
    two.take_sent();
    one.take_sent();
    one.hear(event(2, joined()));
    two.hear(event(2, joined()));
    let (first, second) = (one.take_one("send"), two.take_one("send"));
    assert_eq!(first, second, "the backend sees one command twice");
    for tab in [&mut one, &mut two] {
        tab.hear(event(3, own(&first)));
        tab.hear(ack(&first, Some(3)));
        assert_eq!(tab.bubbles(), [("words".to_owned(), Delivery::Sent)]);
    }
}

#[test]
fn a_copied_tab_that_comes_late_does_not_send_what_the_first_has_sent() {
    let mut one = waiting();
    one.edit("words");
    one.command(Command::SendWhenJoined(true));
    one.pass(600);
    let mut two = reloaded(&one);
    one.take_sent();
    one.hear(event(2, joined()));
    let send = one.take_one("send");
    two.command(Command::Open);
    two.opened();
    two.hear(ready(conv("active", 3, vec![entry(1, started()), entry(2, joined()), entry(3, own(&send))])));
    assert_eq!(two.take("send"), [Value::Null; 0]);
    assert_eq!(two.draft(), "");
    assert_eq!(two.bubbles(), [("words".to_owned(), Delivery::Sent)]);
}

#[test]
fn other_words_under_the_same_name_are_not_lost() {
    let mut one = waiting();
    one.edit("words");
    one.command(Command::SendWhenJoined(true));
    one.pass(600);
    let mut two = reloaded(&one);
    two.command(Command::Open);
    two.opened();
    two.hear(ready(conv("waiting", 1, vec![entry(1, started())])));
    two.edit("other words");
    one.take_sent();
    two.take_sent();
    one.hear(event(2, joined()));
    two.hear(event(2, joined()));
    let (first, second) = (one.take_one("send"), two.take_one("send"));
    two.hear(error(&second, "conflict", false, None));
    two.hear(event(3, own(&first)));
    assert_eq!(
        two.bubbles(),
        [("words".to_owned(), Delivery::Sent), ("other words".to_owned(), Delivery::NotSent)]
    );
    let keys: std::collections::BTreeSet<String> = two.entries().into_iter().map(|e| e.key).collect();
    assert_eq!(keys.len(), two.entries().len());
}
