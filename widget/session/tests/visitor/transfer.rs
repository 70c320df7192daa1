//! Being passed on from one operator to another.

use serde_json::{Value, json};
use tealight_session::visitor::{EntryKind, Phase, WaitsAgain};

use crate::backend::*;

#[test]
fn who_is_passed_on_waits_again_and_reads_who_comes_and_why() {
    let mut rig = talking();
    let send = rig.say("hello");
    rig.hear(event(3, own(&send)));
    rig.edit("half a sentence");
    rig.hear(event(4, transferred()));
    rig.hear(queue(2, 1));
    let Phase::Waiting(room) = rig.phase() else { panic!("{:?}", rig.phase()) };
    assert_eq!((room.place, room.again), (Some(1), Some(WaitsAgain::PassedOn)));
    let EntryKind::Transferred { name, to, reason } = rig.entries().pop().unwrap().kind else { panic!() };
    assert_eq!((name.as_deref(), to.name.as_deref()), (Some("Robin"), Some("Alex")));
    assert_eq!(reason.unwrap().as_str(), "My shift is over.");
    assert_eq!((rig.bubbles().len(), rig.draft().as_str()), (1, "half a sentence"), "everything is kept");
    let more = rig.say("said while waiting");
    rig.hear(event(5, own(&more)));
    rig.hear(event(6, json!({"kind": "joined", "who": {"id": "op:9", "name": "Alex", "role": "operator"}})));
    let Phase::Talking(talking) = rig.phase() else { panic!("{:?}", rig.phase()) };
    assert_eq!(talking.with.name, "Alex");
    assert_eq!(rig.bubbles().len(), 2);
}

#[test]
fn a_reload_between_two_operators_shows_the_same() {
    let mut rig = talking();
    rig.hear(event(3, transferred()));
    rig.pass(1_000);
    let mut next = reloaded(&rig);
    next.command(tealight_session::visitor::Command::Open);
    next.opened();
    let mut kept = conv("waiting", 3, vec![entry(1, started()), entry(2, joined()), entry(3, transferred())]);
    kept["queue"] = json!({"rev": 9, "state": "waiting", "place": 1, "wait": {"kind": "unknown"}});
    next.hear(ready(kept));
    let Phase::Waiting(room) = next.phase() else { panic!("{:?}", next.phase()) };
    assert_eq!((room.place, room.again), (Some(1), Some(WaitsAgain::PassedOn)));
    assert_eq!(next.entries(), rig.entries());
}

#[test]
fn words_on_their_way_while_being_passed_on_arrive_once() {
    let mut rig = talking();
    let send = rig.say("on its way");
    rig.hear(event(3, transferred()));
    rig.reconnect();
    rig.hear(ready(conv("waiting", 3, vec![])));
    assert_eq!(rig.take_one("send"), send);
    rig.hear(ack(&send, Some(4)));
    rig.hear(event(4, own(&send)));
    assert_eq!(rig.bubbles().len(), 1);
    assert_eq!(rig.take("send"), [Value::Null; 0]);
}

#[test]
fn a_target_that_this_build_does_not_know_still_says_that_somebody_comes() {
    let mut rig = talking();
    rig.hear(event(3, json!({"kind": "transferred", "from": "op:7", "to": {}, "state": "waiting"})));
    let EntryKind::Transferred { to, reason, .. } = rig.entries().pop().unwrap().kind else { panic!() };
    assert_eq!((to.name, reason), (None, None));
    assert!(matches!(rig.phase(), Phase::Waiting(_)));
}
