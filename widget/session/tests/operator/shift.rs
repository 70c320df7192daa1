//! Coming, being available, going.

use serde_json::{Value, json};
use tealight_protocol::Availability;
use tealight_session::operator::{Command, Input};
use tealight_session::{Connection, Fact, StopReason};

use crate::backend::*;

#[test]
fn hello_carries_the_token_and_what_was_seen() {
    let mut rig = fresh();
    rig.command(Command::Open);
    rig.opened();
    let hello = rig.take_one("hello");
    assert_eq!((&hello["role"], &hello["auth"]), (&json!("operator"), &json!("token-1")));
    rig.hear(ready(vec![conversation("c1", 5, 2, vec![entry(1, started()), entry(2, joined("op:7"))])]));
    let hello = rig.reconnect();
    assert_eq!((&hello["after"], &hello["epoch"]), (&json!({"c1": 2}), &json!("e1")));
}

#[test]
fn an_expired_login_stops() {
    let mut rig = chatting();
    rig.closed(4401);
    assert_eq!(rig.session.view().connection, Connection::Stopped(StopReason::LoggedOut));
    rig.pass(3_600_000);
    assert_eq!(rig.opens, 1);
}

#[test]
fn logging_out_closes() {
    let mut rig = chatting();
    rig.command(Command::Close);
    assert_eq!(rig.closes.last().unwrap().1, 1000);
    rig.pass(3_600_000);
    assert_eq!((rig.opens, rig.session.view().connection), (1, Connection::Idle));
}

#[test]
fn the_pre_written_messages_are_asked_for_once() {
    let mut rig = fresh();
    rig.command(Command::Open);
    rig.opened();
    rig.hear(ready(vec![]));
    let query = rig.take_one("query");
    assert_eq!(query["what"], "canned");
    rig.hear(json!({"t": "result", "cid": query["cid"], "items": [{"id": "h", "title": "Hello", "text": "Hi", "lang": "en"}]}));
    assert_eq!(rig.session.view().canned.len(), 1);
    rig.reconnect();
    rig.hear(ready(vec![]));
    assert_eq!(rig.take("query"), [Value::Null; 0]);
}

#[test]
fn the_last_word_about_availability_counts() {
    let mut rig = ready_operator();
    rig.take_sent();
    rig.command(avail(Availability::Accepting, 9));
    assert_eq!(
        rig.take_one("state"),
        json!({"t": "state", "status": "accepting", "capacity": 3, "last_chat": false})
    );
    rig.hear(json!({"t": "board", "rev": 11, "operators": [operator_entry("op:8", "accepting")]}));
    assert_eq!(rig.session.view().status, Availability::Accepting, "our own word is not heard yet");
    rig.hear(
        json!({"t": "board", "rev": 12, "operators": [{"id": "op:7", "name": "Robin", "status": "accepting",
        "capacity": 3, "active": 0, "connected": true}]}),
    );
    rig.hear(json!({"t": "board", "rev": 13, "operators": [operator_entry("op:7", "paused")]}));
    let view = rig.session.view();
    assert_eq!((view.status, view.capacity), (Availability::Paused, 1), "said in another window");
}

#[test]
fn availability_that_was_said_without_a_connection_is_told_later() {
    let mut rig = ready_operator();
    rig.closed(1006);
    rig.command(avail(Availability::Accepting, 2));
    rig.until_reconnect();
    rig.opened();
    rig.take_sent();
    rig.hear(ready(vec![]));
    assert_eq!(rig.take_one("state")["capacity"], 2);
    assert_eq!(rig.session.view().status, Availability::Accepting);
}

#[test]
fn nothing_that_can_be_printed_holds_words_or_the_token() {
    let mut rig = chatting();
    rig.command(Command::Edit(id("c1"), "xyzzy".to_owned()));
    let mut printed = format!("{:?}", rig.session.view());
    rig.session.handle(rig.now, Input::Command(Command::Send(id("c1"))));
    while let Some(effect) = rig.session.poll_effect() {
        printed += &format!("{effect:?}");
    }
    rig.fact(Fact::SocketReceived(1, event("c1", 3, visitors("xyzzy")).to_string()));
    printed += &format!("{:?} {:?}", rig.session.view(), rig.session);
    assert!(!printed.contains("xyzzy") && !printed.contains("token-1"));
}

#[test]
fn frames_that_make_no_sense_are_ignored() {
    let mut rig = chatting();
    let before = rig.session.view();
    for text in [
        "",
        "{}",
        r#"{"t":"assigned"}"#,
        r#"{"t":"event","conv":"nobody","seq":1,"at":"x"}"#,
        r#"{"t":"later"}"#,
    ] {
        rig.fact(Fact::SocketReceived(1, text.to_owned()));
    }
    rig.hear(event("nobody", 1, started()));
    rig.hear(json!({"t": "released", "conv": "nobody", "reason": "lease"}));
    assert_eq!(rig.session.view(), before);
}

fn avail(status: Availability, capacity: u8) -> Command {
    Command::Avail { status, capacity, last_chat: false }
}
