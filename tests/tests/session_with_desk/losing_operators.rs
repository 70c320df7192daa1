//! Operators who vanish, and pages that are out of sight when it is their turn.

use tealight_protocol::{ConversationState, QueueState, ReleaseReason};
use tealight_server::testing::CONFIG;
use tealight_session::visitor::Phase;
use tealight_session::{Connection, Delivery, Fact};
use tealight_tests::wire::{PeerId, Wire};

use crate::people::*;

#[test]
fn a_visitor_whose_operator_vanished_waits_at_the_head_and_the_next_one_reads_everything() {
    let mut wire = Wire::new(CONFIG, 21);
    let (visitor, lost) = talking(&mut wire);
    let other = join(&mut wire);
    write(&mut wire, visitor, "Hello?");
    until(&mut wire, "the operator reads it", |wire| words_at(wire, lost).len() == 1);
    reply(&mut wire, lost, "Hello!");
    until(&mut wire, "both read it", |wire| words(wire, visitor).len() == 2);
    wire.run(2_000);
    wire.darken(lost, 300_000);
    reply(&mut wire, lost, "said to nobody");
    until(&mut wire, "the visitor waits again", |wire| is_waiting(wire, visitor));
    wire.run(3_000);
    assert_eq!((place(&wire, visitor), place(&wire, other)), (Some(1), Some(2)));
    let Phase::Waiting(room) = wire.visitor_view(visitor).phase else { unreachable!() };
    assert!(room.again.is_some(), "the visitor is told what happened");
    write(&mut wire, visitor, "Where are you?");

    let next = volunteer(&mut wire, "Kim", 1);
    take_next(&mut wire, next);
    let said = ["Hello?", "Hello!", "Where are you?"];
    until(&mut wire, "the next operator reads everything", |wire| words_at(wire, next) == said);
    until(&mut wire, "the visitor talks again", |wire| is_talking(wire, visitor));

    // Back from the dark, the first operator learns that it is no longer theirs, and was not heard.
    until(&mut wire, "the lost operator is back", |wire| {
        wire.operator_view(lost).connection == Connection::Ready && !wire.is_dark(lost)
    });
    let conversations = wire.operator_view(lost).conversations;
    assert!(matches!(conversations[0].released, Some(ReleaseReason::Lease | ReleaseReason::Unknown)));
    assert!(conversations[0].has_unsent, "and that what was on its way may not have arrived");
    assert!(conversations[0].entries.is_empty(), "nothing of it stays on the lost operator's screen");
    assert_eq!(words(&wire, visitor), said);
}

#[test]
fn an_operator_back_within_the_lease_goes_on_and_what_was_typed_meanwhile_arrives() {
    let mut wire = Wire::new(CONFIG, 22);
    let (visitor, operator) = talking(&mut wire);
    wire.darken(operator, 30_000);
    wire.cut(operator, 0, 0);
    reply(&mut wire, operator, "typed on the train");
    wire.run(30_000);
    wire.fact(operator, Fact::Online);
    until(&mut wire, "the visitor reads it", |wire| words(wire, visitor) == ["typed on the train"]);
    assert!(is_talking(&wire, visitor));
    assert_eq!(undelivered(&wire, operator), 0);
}

#[test]
fn an_operator_waits_for_a_hidden_page_and_both_meet_when_it_is_shown() {
    let mut wire = Wire::new(CONFIG, 23);
    let visitor = join(&mut wire);
    write(&mut wire, visitor, "Hello?");
    wire.fact(visitor, Fact::Hidden);
    wire.run(1_000);
    let operator = volunteer(&mut wire, "Sam", 1);
    wire.operator_does(operator, tealight_session::operator::Command::Claim(None));
    until(&mut wire, "the visitor's turn", |wire| turn(wire, visitor) == Some(QueueState::Ready));
    until(&mut wire, "the operator sees whom", |wire| {
        let conversations = wire.operator_view(operator).conversations;
        conversations.iter().any(|one| one.state == ConversationState::Waiting && one.released.is_none())
    });
    wire.fact(visitor, Fact::Shown);
    until(&mut wire, "both are together", |wire| is_talking(wire, visitor) && mine(wire, operator).is_some());
    assert_eq!(words_at(&wire, operator), ["Hello?"]);
}

#[test]
fn a_visitor_who_was_only_waited_for_and_leaves_is_no_longer_read_on_any_console() {
    let mut wire = Wire::new(CONFIG, 27);
    let visitor = join(&mut wire);
    write(&mut wire, visitor, "a secret");
    wire.fact(visitor, Fact::Hidden);
    wire.run(1_000);
    let operator = volunteer(&mut wire, "Sam", 1);
    wire.operator_does(operator, tealight_session::operator::Command::Claim(None));
    until(&mut wire, "the operator reads it", |wire| words_at(wire, operator) == ["a secret"]);
    wire.visitor_does(visitor, tealight_session::visitor::Command::End);
    until(&mut wire, "the end", |wire| is_ended(wire, visitor));
    until(&mut wire, "it is gone from the console", |wire| words_at(wire, operator).is_empty());
}

#[test]
fn who_does_not_look_in_time_keeps_the_place_and_the_next_is_taken_instead() {
    let mut wire = Wire::new(CONFIG, 24);
    let first = join(&mut wire);
    let second = join(&mut wire);
    wire.fact(first, Fact::Hidden);
    wire.run(1_000);
    let operator = volunteer(&mut wire, "Sam", 1);
    wire.operator_does(operator, tealight_session::operator::Command::Claim(None));
    until(&mut wire, "the second's turn", |wire| is_talking(wire, second));
    wire.run(3_000);
    assert_eq!(turn(&wire, first), Some(QueueState::Held));
    assert_eq!(place(&wire, first), Some(1));
    wire.fact(first, Fact::Shown);
    let next = volunteer(&mut wire, "Kim", 1);
    take_next(&mut wire, next);
    until(&mut wire, "the first's turn", |wire| is_talking(wire, first));
}

#[test]
fn a_hold_that_a_crash_forgot_leaves_the_visitor_in_place_and_the_operator_free() {
    let mut wire = Wire::on_disk(CONFIG, 25);
    let visitor = join(&mut wire);
    wire.fact(visitor, Fact::Hidden);
    wire.run(1_000);
    let operator = volunteer(&mut wire, "Sam", 1);
    wire.operator_does(operator, tealight_session::operator::Command::Claim(None));
    until(&mut wire, "the visitor's turn", |wire| turn(wire, visitor) == Some(QueueState::Ready));
    wire.crash();
    until(&mut wire, "everybody is back", |wire| {
        wire.operator_view(operator).connection == Connection::Ready
            && wire.visitor_view(visitor).connection == Connection::Ready
    });
    wire.fact(visitor, Fact::Shown);
    wire.run(2_000);
    assert_eq!(turn(&wire, visitor), Some(QueueState::Waiting));
    take_next(&mut wire, operator);
    until(&mut wire, "the chat", |wire| is_talking(wire, visitor));
    assert_eq!(wire.operator_view(operator).conversations.len(), 1);
}

#[test]
fn a_crash_beyond_the_lease_gives_every_visitor_back_to_the_room_in_order() {
    let mut wire = Wire::on_disk(CONFIG, 26);
    let (first, lost) = talking(&mut wire);
    accept(&mut wire, lost, 2);
    let second = join(&mut wire);
    wire.operator_does(lost, tealight_session::operator::Command::Claim(None));
    until(&mut wire, "both talk", |wire| is_talking(wire, second));
    wire.close(lost);
    wire.crash();
    until(&mut wire, "both wait again", |wire| is_waiting(wire, first) && is_waiting(wire, second));
    wire.run(5_000);
    assert_eq!((place(&wire, first), place(&wire, second)), (Some(1), Some(2)));
}

fn turn(wire: &Wire, visitor: PeerId) -> Option<QueueState> {
    match wire.visitor_view(visitor).phase {
        Phase::Waiting(room) => Some(room.turn),
        Phase::Welcome { .. }
        | Phase::Joining
        | Phase::Talking(_)
        | Phase::Ended(_)
        | Phase::Erasing
        | Phase::Stopped(_) => None,
    }
}

/// How many of an operator's own messages stand there as not sent.
fn undelivered(wire: &Wire, operator: PeerId) -> usize {
    let view = wire.operator_view(operator);
    let entries = view.conversations.iter().flat_map(|one| one.entries.iter());
    let kinds = entries.filter_map(|entry| match &entry.kind {
        tealight_session::operator::EntryKind::Operator { delivery, .. } => Some(*delivery),
        _ => None,
    });
    kinds.filter(|delivery| *delivery == Delivery::NotSent).count()
}
