//! Work before the door: asked for, done beside the page, and never a reason for a promise to be lost.

use serde_json::{Value, json};
use tealight_protocol::limits::WORK_MOST_BITS;
use tealight_session::Fact;
use tealight_session::visitor::{Command, Phase};

use crate::backend::*;

#[test]
fn work_is_done_and_the_same_start_goes_again_with_it() {
    let (mut rig, start) = asked_to_work("first");
    assert_eq!(start.get("work"), None);
    assert_eq!((rig.works.len(), rig.works[0].bits, rig.works[0].salt.as_str()), (1, 16, "first"));
    assert_eq!(rig.phase(), Phase::Joining, "nothing is said of it");
    assert_eq!(rig.take_sent(), Vec::<Value>::new());
    rig.fact(Fact::Solved("first".to_owned(), Some(4_711)));
    let again = rig.take_one("start");
    assert_eq!(again["work"], 4_711);
    assert_eq!((&again["cid"], &again["secret"]), (&start["cid"], &start["secret"]));
    rig.hear(ack(&again, Some(1)));
    assert!(matches!(rig.phase(), Phase::Waiting(_)));
}

#[test]
fn work_that_was_refused_is_done_anew_and_an_answer_to_the_old_is_dropped() {
    let (mut rig, start) = asked_to_work("first");
    rig.fact(Fact::Solved("first".to_owned(), Some(1)));
    rig.take_sent();
    rig.hear(work_needed(&start, 16, "second"));
    rig.fact(Fact::Solved("first".to_owned(), Some(2)));
    assert_eq!(rig.take_sent(), Vec::<Value>::new());
    rig.fact(Fact::Solved("second".to_owned(), Some(3)));
    assert_eq!(rig.take_one("start")["work"], 3);
}

#[test]
fn what_was_found_for_a_socket_is_not_said_on_the_next() {
    let (mut rig, _) = asked_to_work("first");
    rig.reconnect();
    rig.hear(ready(Value::Null));
    let start = rig.take_one("start");
    assert_eq!(start.get("work"), None, "and it goes at once, not when the work would have been given up");
    rig.fact(Fact::Solved("first".to_owned(), Some(1)));
    assert_eq!(rig.take_sent(), Vec::<Value>::new());
    rig.hear(work_needed(&start, 16, "second"));
    rig.fact(Fact::Solved("second".to_owned(), Some(2)));
    rig.take_one("start");
    rig.reconnect();
    rig.hear(ready(Value::Null));
    assert_eq!(rig.take_one("start").get("work"), None, "nor what was found already");
}

#[test]
fn where_it_cannot_be_done_the_visitor_is_told() {
    let (mut rig, _) = asked_to_work("first");
    rig.fact(Fact::Solved("first".to_owned(), None));
    assert_eq!(rig.phase(), Phase::Welcome { refused: true });
    assert_eq!(rig.stored, None);
}

#[test]
fn more_work_than_a_device_should_do_is_a_refusal() {
    let mut rig = welcomed();
    rig.command(join());
    let start = rig.take_one("start");
    rig.hear(work_needed(&start, WORK_MOST_BITS + 1, "much"));
    assert_eq!((rig.works.len(), rig.phase()), (0, Phase::Welcome { refused: true }));
}

#[test]
fn work_that_never_ends_is_asked_for_again() {
    let (mut rig, start) = asked_to_work("first");
    for _ in 0..4 {
        // The server asks whether anybody is there.
        rig.pass(20_000);
        rig.hear(json!({"t": "ping"}));
    }
    let again = rig.take("start");
    assert_eq!((again.len(), &again[0]["cid"], again[0].get("work")), (1, &start["cid"], None));
}

#[test]
fn a_reload_and_a_wiped_start_ask_nobody_to_work_on() {
    let (mut rig, start) = asked_to_work("first");
    let mut next = reloaded(&rig);
    next.command(Command::Open);
    next.opened();
    next.hear(ready(Value::Null));
    assert_eq!(next.take_one("start")["cid"], start["cid"]);

    rig.command(Command::Erase);
    rig.fact(Fact::Solved("first".to_owned(), Some(1)));
    for start in rig.take("start") {
        rig.hear(work_needed(&start, 16, "second"));
    }
    assert_eq!(rig.works.len(), 1, "nobody works to have something erased");
}

fn asked_to_work(salt: &str) -> (Visitor, Value) {
    let mut rig = welcomed();
    rig.command(join());
    let start = rig.take_one("start");
    rig.hear(work_needed(&start, 16, salt));
    (rig, start)
}

fn work_needed(command: &Value, bits: u32, salt: &str) -> Value {
    let mut refused = error(command, "work_needed", false, None);
    refused["work"] = json!({"bits": bits, "salt": salt});
    refused
}
