//! The waiting room and the chat, as far as they are not about messages.

use serde_json::{Value, json};
use tealight_protocol::{LeftReason, QueueState};
use tealight_session::Fact;
use tealight_session::visitor::{Command, Phase, WaitingView, WaitsAgain};

use crate::backend::*;

#[test]
fn joining_leads_into_the_waiting_room() {
    let mut rig = welcomed();
    rig.command(join());
    assert_eq!(rig.phase(), Phase::Joining);
    let start = rig.take_one("start");
    rig.hear(ack(&start, Some(1)));
    rig.hear(queue(1, 3));
    let room = room(&rig);
    assert_eq!((room.place, room.checked_at), (Some(3), Some(rig.now)));
    assert_eq!(rig.entries(), []);
}

#[test]
fn a_refused_start_leads_back_with_the_reason_and_leaves_nothing_behind() {
    for (code, retry) in [("closed", false), ("queue_full", false), ("queue_full", true)] {
        let mut rig = welcomed();
        rig.command(join());
        let start = rig.take_one("start");
        rig.hear(error(&start, code, retry, Some(30_000)));
        assert_eq!(rig.phase(), Phase::Welcome { refused: true });
        assert_eq!(rig.stored, None);
        rig.command(join());
        assert_ne!(rig.take_one("start")["secret"], start["secret"]);
    }
}

#[test]
fn whatever_a_connected_backend_says_means_that_its_last_word_still_holds() {
    let mut rig = waiting();
    let told_at = rig.now;
    rig.now += 720_000;
    assert_eq!(room(&rig).checked_at, Some(told_at));
    rig.hear(json!({"t": "ping"}));
    assert_eq!(room(&rig).checked_at, Some(rig.now));
}

#[test]
fn a_place_that_was_told_on_an_earlier_connection_is_not_taken_for_fresh() {
    let mut rig = waiting();
    let told_at = rig.now;
    rig.reconnect();
    rig.hear(ready(conv("waiting", 1, vec![])));
    rig.now += 20_000;
    rig.hear(json!({"t": "ping"}));
    assert_eq!(room(&rig).checked_at, Some(told_at));
    rig.hear(queue(1, 2));
    assert_eq!(room(&rig).checked_at, Some(rig.now));
}

#[test]
fn checking_asks_the_backend_once_and_its_answer_counts() {
    let mut rig = waiting();
    rig.now += 9_000;
    rig.take_sent();
    rig.command(Command::Check);
    rig.command(Command::Check);
    assert_eq!(rig.take_sent(), [json!({"t": "ping"})]);
    rig.now += 40;
    rig.hear(json!({"t": "pong"}));
    assert_eq!(room(&rig).checked_at, Some(rig.now));
}

#[test]
fn checking_without_a_connection_tries_for_one_at_once() {
    let mut rig = waiting();
    rig.closed(1006);
    let before = rig.opens;
    rig.command(Command::Check);
    assert_eq!(rig.opens, before + 1);
}

#[test]
fn that_it_got_worse_is_remembered_through_later_places() {
    let mut rig = waiting();
    let mut update = queue(2, 3);
    update["worse"] = json!(true);
    rig.hear(update);
    let worse_at = Some(rig.now);
    rig.now += 5_000;
    rig.hear(queue(3, 2));
    assert_eq!((room(&rig).worse_at, room(&rig).place), (worse_at, Some(2)));
}

#[test]
fn the_backend_says_how_long_a_place_is_kept_and_whether_it_may_close_first() {
    let mut rig = visitor();
    rig.command(Command::Open);
    rig.opened();
    let mut hello = ready(Value::Null);
    hello["limits"]["keep_s"] = json!(600);
    rig.hear(hello);
    rig.command(join());
    let start = rig.take_one("start");
    rig.hear(ack(&start, Some(1)));
    let mut update = queue(1, 3);
    update["may_close_first"] = json!(true);
    rig.hear(update);
    assert_eq!((room(&rig).keep_s, room(&rig).may_close_first), (Some(600), true));
    rig.hear(queue(2, 3));
    assert!(!room(&rig).may_close_first);
}

#[test]
fn a_late_place_is_dropped() {
    let mut rig = waiting();
    rig.hear(queue(7, 2));
    rig.hear(queue(6, 9));
    assert_eq!(room(&rig).place, Some(2));
}

#[test]
fn places_of_a_restarted_backend_count_from_anew() {
    let mut rig = waiting();
    rig.hear(queue(700, 2));
    rig.reconnect();
    let mut snapshot = conv("waiting", 1, vec![]);
    snapshot["queue"] = json!({"rev": 1, "state": "waiting", "place": 1, "wait": {"kind": "unknown"}});
    rig.hear(ready(snapshot));
    assert_eq!(room(&rig).place, Some(1));
}

#[test]
fn the_place_stays_in_sight_while_the_connection_is_lost() {
    let mut rig = waiting();
    rig.closed(1006);
    assert_eq!(room(&rig).place, Some(3));
}

#[test]
fn a_turn_is_answered_with_a_look_if_the_page_is_in_sight() {
    let mut rig = waiting();
    rig.take_sent();
    rig.hear(turn(2));
    assert_eq!(rig.take_sent(), [json!({"t": "presence", "visible": true})]);
    assert_eq!(room(&rig).turn, QueueState::Ready);
}

#[test]
fn a_turn_is_answered_when_the_page_comes_into_sight() {
    let mut rig = waiting();
    rig.hide();
    rig.take_sent();
    rig.hear(turn(2));
    assert_eq!(rig.take("presence"), [Value::Null; 0]);
    rig.fact(Fact::Shown);
    assert_eq!(rig.take_one("presence")["visible"], true);
}

#[test]
fn presence_is_told_when_it_changes() {
    let mut rig = talking();
    rig.hide();
    assert_eq!(rig.take_one("presence")["visible"], false);
    rig.hide();
    assert_eq!(rig.take("presence"), [Value::Null; 0]);
    rig.fact(Fact::Shown);
    assert_eq!(rig.take_one("presence")["visible"], true);
}

#[test]
fn presence_is_nobodys_business_before_joining() {
    let mut rig = welcomed();
    rig.hide();
    rig.fact(Fact::Shown);
    assert_eq!(rig.take("presence"), [Value::Null; 0]);
}

#[test]
fn an_operator_who_is_lost_means_waiting_again() {
    let mut rig = talking();
    rig.hear(event(3, left()));
    assert_eq!(room(&rig).again, Some(WaitsAgain::Lost(LeftReason::ConnectionLost)));
    rig.hear(queue(1, 1));
    assert_eq!(
        (room(&rig).place, room(&rig).again),
        (Some(1), Some(WaitsAgain::Lost(LeftReason::ConnectionLost)))
    );
    rig.hear(event(4, joined()));
    assert!(matches!(rig.phase(), Phase::Talking(_)));
}

#[test]
fn the_operators_typing_expires_and_ends_with_a_message() {
    let mut rig = talking();
    rig.hear(json!({"t": "typing", "from": "op:7", "on": true}));
    assert!(typing(&rig));
    rig.pass(5_999);
    assert!(typing(&rig));
    rig.pass(1);
    assert!(!typing(&rig));
    rig.hear(json!({"t": "typing", "from": "op:7", "on": true}));
    rig.hear(event(3, theirs("hello")));
    assert!(!typing(&rig));
}

#[test]
fn marks_tell_what_arrived_and_what_was_read_in_sight() {
    let mut rig = talking();
    rig.pass(2_000);
    rig.take_sent();
    rig.hear(event(3, theirs("hello")));
    assert_eq!(rig.take_one("mark"), json!({"t": "mark", "delivered": 3, "read": 0}));
    rig.hide();
    rig.command(Command::Read(3));
    rig.pass(2_000);
    assert_eq!(rig.take("mark"), [Value::Null; 0], "nobody reads a hidden page");
    assert_eq!(rig.session.view().unread, 2);
    rig.fact(Fact::Shown);
    rig.command(Command::Read(99));
    assert_eq!(rig.take_one("mark"), json!({"t": "mark", "delivered": 3, "read": 3}));
    assert_eq!(rig.session.view().unread, 0);
}

#[test]
fn many_messages_at_once_make_few_marks() {
    let mut rig = talking();
    rig.pass(2_000);
    rig.take_sent();
    for seq in 3..30 {
        rig.hear(event(seq, theirs("hello")));
    }
    rig.pass(5_000);
    let marks = rig.take("mark");
    assert_eq!(marks.len(), 2);
    assert_eq!(marks[1]["delivered"], 29);
}

#[test]
fn links_of_other_schemes_are_not_shown() {
    let mut rig = talking();
    let mut bad = theirs("look");
    bad["link"] = json!({"url": "javascript:alert(1)"});
    rig.hear(event(3, bad));
    let tealight_session::visitor::EntryKind::Theirs { link, name, .. } = rig.entries().pop().unwrap().kind
    else {
        panic!("their words");
    };
    assert_eq!((link, name.as_deref()), (None, Some("Robin")));
}

fn room(rig: &Visitor) -> WaitingView {
    match rig.phase() {
        Phase::Waiting(room) => room,
        other => panic!("{other:?}"),
    }
}

fn typing(rig: &Visitor) -> bool {
    matches!(rig.phase(), Phase::Talking(talking) if talking.typing)
}

fn turn(rev: u64) -> Value {
    json!({"t": "queue", "rev": rev, "state": "ready", "place": 1, "hold_s": 90, "wait": {"kind": "unknown"}})
}
