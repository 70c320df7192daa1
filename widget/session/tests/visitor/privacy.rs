//! What was typed reaches nothing but the frames that must carry it.

use serde_json::Value;
use tealight_session::Fact;
use tealight_session::visitor::{Command, Input};

use crate::backend::*;

const MARKER: &str = "xyzzy-marker";

#[test]
fn nothing_that_can_be_printed_holds_what_was_typed() {
    let mut rig = talking();
    rig.edit(MARKER);
    let mut printed = format!("{:?}", rig.session.view());
    rig.session.handle(rig.now, Input::Command(Command::Send));
    while let Some(effect) = rig.session.poll_effect() {
        printed += &format!("{effect:?}");
    }
    let received = Fact::SocketReceived(1, event(3, theirs(MARKER)).to_string());
    printed += &format!("{received:?} {:?}", Input::Fact(received.clone()));
    rig.fact(received);
    printed += &format!("{:?} {:?}", rig.session.view(), rig.session);
    printed +=
        &format!("{:?} {:?}", Command::Edit(MARKER.to_owned()), Command::QuickReply(MARKER.to_owned()));
    assert!(!printed.contains(MARKER));
}

#[test]
fn no_byte_of_a_draft_leaves_the_device() {
    let mut rig = talking();
    for n in 1..=MARKER.len() {
        rig.edit(&MARKER[..n]);
        rig.pass(700);
    }
    rig.reconnect();
    rig.hear(ready(conv("active", 2, vec![])));
    rig.fact(Fact::Hidden);
    rig.pass(20_000);
    for frame in rig.take_sent() {
        assert!(!frame.to_string().contains("xyz"), "{frame}");
        if frame["t"] == "typing" {
            assert!(frame["on"].is_boolean() && frame.as_object().map(|o| o.len()) == Some(2));
        }
    }
}

#[test]
fn nothing_is_said_about_who_and_where_before_joining() {
    let mut rig = welcomed();
    rig.edit(MARKER);
    rig.command(Command::Send);
    rig.command(Command::QuickReply(MARKER.to_owned()));
    rig.command(Command::Read(4));
    rig.pass(20_000);
    assert_eq!(rig.take_sent(), [Value::Null; 0]);
}
