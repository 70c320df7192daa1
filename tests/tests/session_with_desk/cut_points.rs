//! A whole conversation, once for every place where it can be interrupted and every way to do so.

use tealight_protocol::Answers;
use tealight_server::testing::CONFIG;
use tealight_session::visitor::{Command, Phase};
use tealight_session::{Delivery, operator};
use tealight_tests::wire::{Fault, Wire};

use crate::people::*;

#[test]
fn a_connection_cut_before_any_frame_changes_nothing_of_what_was_said() {
    at_every_boundary(Fault::CutBefore);
}

#[test]
fn a_connection_cut_after_any_frame_changes_nothing_of_what_was_said() {
    at_every_boundary(Fault::CutAfter);
}

#[test]
fn a_server_that_dies_before_any_commit_changes_nothing_of_what_was_said() {
    at_every_boundary(Fault::CrashBefore);
}

#[test]
fn a_server_that_dies_between_any_commit_and_its_ack_changes_nothing_of_what_was_said() {
    at_every_boundary(Fault::CrashAfter);
}

#[test]
fn a_file_holds_a_conversation_as_well_as_memory_does() {
    for boundary in (1..).step_by(7) {
        let mut wire = Wire::on_disk(CONFIG, boundary);
        wire.plan(boundary, Fault::CrashAfter);
        whole_conversation(&mut wire);
        if wire.is_fault_planned() {
            return;
        }
    }
}

fn at_every_boundary(fault: Fault) {
    for boundary in 1.. {
        let mut wire = Wire::new(CONFIG, boundary);
        wire.plan(boundary, fault);
        whole_conversation(&mut wire);
        if wire.is_fault_planned() {
            assert!(boundary > 40, "the conversation was too short to prove anything: {boundary}");
            return;
        }
    }
}

/// Joins, waits, talks, ends, answers. Every step waits for its outcome, as people do.
fn whole_conversation(wire: &mut Wire) {
    let visitor = wire.visitor();
    wire.run(300);
    press_join(wire, visitor);
    until(wire, "the waiting room", |wire| is_waiting(wire, visitor));
    write(wire, visitor, "first");
    wire.visitor_does(visitor, Command::Edit("ticked".to_owned()));
    wire.visitor_does(visitor, Command::SendWhenJoined(true));
    let operator = volunteer(wire, "Sam", 1);
    take_next(wire, operator);
    until(wire, "the first words", |wire| words_at(wire, operator).iter().any(|words| words == "first"));
    reply(wire, operator, "second");
    until(wire, "the ticked draft and the reply", |wire| {
        words_at(wire, operator).len() == 3 && words(wire, visitor).len() == 3
    });
    write(wire, visitor, "fourth");
    write(wire, visitor, "fifth");
    until(wire, "the visitor's words", |wire| words_at(wire, operator).len() == 5);
    reply(wire, operator, "sixth");
    until(wire, "the operator's words", |wire| words(wire, visitor).len() == 6);
    let conv = mine(wire, operator).expect("a conversation").id;
    wire.operator_does(operator, operator::Command::Edit(conv, "typing".to_owned()));
    wire.run(1_000);
    wire.visitor_does(visitor, Command::End);
    until(wire, "the end", |wire| is_ended(wire, visitor) && mine(wire, operator).is_none());
    let answers = Answers::from_iter([("heard".to_owned(), "Yes".to_owned())]);
    wire.visitor_does(visitor, Command::AnswerSurvey(answers));
    wire.run(60_000);

    let conversation = the_conversation(wire);
    let stored = stored_words(wire, &conversation);
    assert_eq!(stored.first().map(String::as_str), Some("first"));
    assert_eq!(stored[3..], ["fourth", "fifth", "sixth"], "\n{}", picture(wire));
    let mut sorted = stored.clone();
    sorted.sort();
    assert_eq!(sorted, ["fifth", "first", "fourth", "second", "sixth", "ticked"]);
    assert_eq!(words(wire, visitor), stored);
    assert_eq!(words_at(wire, operator), stored);
    assert!(read(wire, visitor).iter().all(|(_, d)| d.is_none_or(|d| d >= Delivery::Sent)));
    assert!(matches!(wire.visitor_view(visitor).phase, Phase::Ended(_)));
}
