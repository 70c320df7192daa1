//! One visitor, one operator, and what happens to a page.

use tealight_protocol::{Answers, EndReason, EndedBy};
use tealight_server::testing::CONFIG;
use tealight_session::visitor::{Command, Phase};
use tealight_session::{Connection, Delivery, Fact, StopReason, operator};
use tealight_tests::wire::{Fault, Passed, PeerId, Wire};

use crate::people::*;

#[test]
fn both_sides_read_the_same_from_joining_to_the_end() {
    let mut wire = Wire::new(CONFIG, 1);
    let visitor = join(&mut wire);
    write(&mut wire, visitor, "Hello?");
    assert_eq!(read(&wire, visitor), [("Hello?".to_owned(), Some(Delivery::Sending))]);
    wire.run(1_000);
    assert_eq!(read(&wire, visitor), [("Hello?".to_owned(), Some(Delivery::Sent))]);

    let operator = volunteer(&mut wire, "Sam", 1);
    take_next(&mut wire, operator);
    reply(&mut wire, operator, "I am here.");
    until(&mut wire, "the visitor reads it", |wire| words(wire, visitor).len() == 2);
    write(&mut wire, visitor, "Good.");
    let said = ["Hello?", "I am here.", "Good."];
    until(&mut wire, "both read it", |wire| words(wire, visitor) == said && words_at(wire, operator) == said);
    read_all(&mut wire, operator);
    until(&mut wire, "the visitor knows that it was seen", |wire| {
        read(wire, visitor).iter().all(|(_, delivery)| delivery.is_none_or(|d| d == Delivery::Seen))
    });

    let conv = mine(&wire, operator).unwrap().id;
    wire.operator_does(operator, operator::Command::End(conv));
    until(&mut wire, "the end", |wire| is_ended(wire, visitor) && mine(wire, operator).is_none());
    let Phase::Ended(end) = wire.visitor_view(visitor).phase else { unreachable!() };
    assert_eq!((end.by, end.reason, end.was_joined), (EndedBy::Operator, EndReason::Done, true));
    assert_eq!(words(&wire, visitor), said);
    assert_eq!(words_at(&wire, operator), said);
}

#[test]
fn a_ticked_draft_is_sent_once_when_somebody_joins() {
    let mut wire = Wire::new(CONFIG, 2);
    let visitor = join(&mut wire);
    wire.visitor_does(visitor, Command::Edit("I could not sleep.".to_owned()));
    wire.visitor_does(visitor, Command::SendWhenJoined(true));
    wire.run(60_000);
    let conversation = the_conversation(&mut wire);
    assert!(stored_words(&mut wire, &conversation).is_empty(), "a draft never leaves the device");
    let operator = volunteer(&mut wire, "Sam", 1);
    take_next(&mut wire, operator);
    until(&mut wire, "the operator reads it", |wire| words_at(wire, operator) == ["I could not sleep."]);
    assert_eq!(wire.visitor_view(visitor).composer.draft, "");
    assert_eq!(stored_words(&mut wire, &conversation), ["I could not sleep."]);
}

#[test]
fn a_reload_in_the_waiting_room_keeps_place_words_and_draft() {
    let mut wire = Wire::new(CONFIG, 3);
    let visitor = join(&mut wire);
    let other = join(&mut wire);
    write(&mut wire, visitor, "Hello?");
    wire.visitor_does(visitor, Command::Edit("not yet".to_owned()));
    wire.run(1_000);
    wire.reload(visitor);
    until(&mut wire, "the waiting room again", |wire| {
        words(wire, visitor) == ["Hello?"] && place(wire, visitor) == Some(1)
    });
    assert_eq!(wire.visitor_view(visitor).composer.draft, "not yet");
    assert_eq!(place(&wire, other), Some(2));
}

#[test]
fn a_reload_between_pressing_join_and_the_answer_joins_once() {
    let mut wire = Wire::new(CONFIG, 4);
    let visitor = wire.visitor();
    wire.run(1_000);
    press_join(&mut wire, visitor);
    wire.reload(visitor);
    until(&mut wire, "the waiting room", |wire| is_waiting(wire, visitor));
    the_conversation(&mut wire);
}

#[test]
fn a_reload_in_the_chat_loses_and_repeats_nothing() {
    let mut wire = Wire::new(CONFIG, 5);
    let (visitor, operator) = talking(&mut wire);
    for n in 0..5 {
        write(&mut wire, visitor, &format!("visitor {n}"));
        wire.reload(visitor);
        reply(&mut wire, operator, &format!("operator {n}"));
        wire.run(20);
    }
    let mut said: Vec<_> = (0..5).flat_map(|n| [format!("visitor {n}"), format!("operator {n}")]).collect();
    said.sort();
    until(&mut wire, "both read everything", |wire| {
        let sorted = |mut words: Vec<String>| {
            words.sort();
            words
        };
        sorted(words(wire, visitor)) == said && words(wire, visitor) == words_at(wire, operator)
    });
    assert!(is_talking(&wire, visitor));
}

#[test]
fn a_reloaded_console_finds_its_conversation_with_all_that_was_said() {
    let mut wire = Wire::new(CONFIG, 6);
    let (visitor, operator) = talking(&mut wire);
    write(&mut wire, visitor, "Hello?");
    until(&mut wire, "the operator reads it", |wire| words_at(wire, operator).len() == 1);
    reply(&mut wire, operator, "Hello!");
    wire.run(1_000);
    wire.reload(operator);
    until(&mut wire, "the conversation again", |wire| words_at(wire, operator) == ["Hello?", "Hello!"]);
    reply(&mut wire, operator, "Still here.");
    until(&mut wire, "the visitor reads it", |wire| words(wire, visitor).len() == 3);
}

#[test]
fn a_copied_tab_follows_the_same_conversation_and_repeats_nothing() {
    let mut wire = Wire::new(CONFIG, 7);
    let (visitor, operator) = talking(&mut wire);
    write(&mut wire, visitor, "once");
    let copy = wire.duplicate(visitor);
    write(&mut wire, visitor, "from the first");
    until(&mut wire, "the copy follows", |wire| words(wire, copy).len() == 2);
    write(&mut wire, copy, "from the second");
    let said = ["once", "from the first", "from the second"];
    until(&mut wire, "all three pages agree", |wire| {
        words(wire, visitor) == said && words(wire, copy) == said && words_at(wire, operator) == said
    });
    wire.close(visitor);
    wire.run(90_000);
    assert!(is_talking(&wire, copy) && mine(&wire, operator).is_some());
}

#[test]
fn a_copied_tab_with_a_ticked_draft_sends_it_once() {
    let mut wire = Wire::new(CONFIG, 8);
    let visitor = join(&mut wire);
    wire.visitor_does(visitor, Command::Edit("only once".to_owned()));
    wire.visitor_does(visitor, Command::SendWhenJoined(true));
    wire.run(2_000);
    let copy = wire.duplicate(visitor);
    wire.run(2_000);
    let operator = volunteer(&mut wire, "Sam", 1);
    take_next(&mut wire, operator);
    wire.run(10_000);
    assert_eq!(words_at(&wire, operator), ["only once"]);
    for page in [visitor, copy] {
        assert_eq!(words(&wire, page), ["only once"]);
        assert_eq!(wire.visitor_view(page).composer.draft, "");
    }
}

#[test]
fn a_message_whose_ack_is_lost_appears_once() {
    for fault in Fault::ALL {
        let mut wire = Wire::new(CONFIG, 9);
        let (visitor, operator) = talking(&mut wire);
        wire.run(5_000);
        wire.plan(wire.boundaries() + 1, fault);
        write(&mut wire, visitor, "once");
        until(&mut wire, "both read it", |wire| {
            matches!(read(wire, visitor).as_slice(), [(_, Some(Delivery::Sent | Delivery::Delivered))])
                && words_at(wire, operator) == ["once"]
        });
        let conversation = the_conversation(&mut wire);
        assert_eq!(stored_words(&mut wire, &conversation), ["once"], "{fault:?}");
    }
}

#[test]
fn words_written_without_a_network_arrive_in_order_when_it_is_back() {
    let mut wire = Wire::new(CONFIG, 10);
    let (visitor, operator) = talking(&mut wire);
    wire.darken(visitor, 20_000);
    wire.fact(visitor, Fact::Offline);
    let said: Vec<_> = (0..10).map(|n| format!("{n}")).collect();
    for words in &said {
        write(&mut wire, visitor, words);
        wire.run(1_000);
    }
    wire.run(15_000);
    assert_eq!(wire.visitor_view(visitor).connection, Connection::Lost);
    wire.fact(visitor, Fact::Online);
    until(&mut wire, "the operator reads them", |wire| words_at(wire, operator) == said);
    until(&mut wire, "the visitor knows", |wire| {
        read(wire, visitor).iter().all(|(_, d)| d.is_some_and(|d| d >= Delivery::Sent))
    });
    assert_eq!(words(&wire, visitor), said);
}

#[test]
fn erasing_leaves_nothing_on_either_side_nor_in_the_store() {
    let mut wire = Wire::new(CONFIG, 11);
    let (visitor, operator) = talking(&mut wire);
    write(&mut wire, visitor, "a secret");
    wire.run(2_000);
    let copy = wire.duplicate(visitor);
    wire.run(2_000);
    wire.visitor_does(visitor, Command::Erase);
    until(&mut wire, "nothing is left", |wire| wire.conversations().is_empty());
    wire.run(5_000);
    for page in [visitor, copy] {
        let view = wire.visitor_view(page);
        assert!(matches!(&view.phase, Phase::Stopped(stopped) if stopped.reason == StopReason::Erased));
        assert!(view.entries.is_empty() && wire.stored(page).is_none());
    }
    assert!(words_at(&wire, operator).is_empty() && mine(&wire, operator).is_none());
}

#[test]
fn erasing_before_there_is_anything_costs_nothing_later() {
    let mut wire = Wire::new(CONFIG, 17);
    let visitor = wire.visitor();
    wire.run(1_000);
    wire.visitor_does(visitor, Command::Erase);
    press_join(&mut wire, visitor);
    until(&mut wire, "the waiting room", |wire| is_waiting(wire, visitor));
    write(&mut wire, visitor, "Hello?");
    wire.run(2_000);
    wire.passed.clear();
    wire.cut(visitor, 0, 0);
    wire.run(5_000);
    let resets = wire.passed.iter().filter(|one| match one {
        Passed::Out(_, _, frame) => frame["conv"]["reset"] == true,
        _ => false,
    });
    assert_eq!(resets.count(), 0, "the log is told from the beginning though nothing of it was missed");
}

#[test]
fn what_was_erased_after_the_end_goes_from_a_console_that_was_away() {
    let mut wire = Wire::new(CONFIG, 16);
    let (visitor, operator) = talking(&mut wire);
    write(&mut wire, visitor, "a secret");
    wire.run(2_000);
    wire.visitor_does(visitor, Command::End);
    until(&mut wire, "the end", |wire| is_ended(wire, visitor) && mine(wire, operator).is_none());
    assert_eq!(words_at(&wire, operator), ["a secret"]);
    wire.darken(operator, 10_000);
    wire.visitor_does(visitor, Command::Erase);
    until(&mut wire, "the store is empty", |wire| wire.conversations().is_empty());
    until(&mut wire, "the console is back and empty", |wire| words_at(wire, operator).is_empty());
}

#[test]
fn erasing_is_known_to_be_done_though_its_ack_is_lost() {
    for fault in Fault::ALL {
        let mut wire = Wire::new(CONFIG, 12);
        let visitor = join(&mut wire);
        wire.run(10_000);
        wire.plan(wire.boundaries() + 1, fault);
        wire.visitor_does(visitor, Command::Erase);
        until(
            &mut wire,
            "the visitor knows",
            |wire| matches!(&wire.visitor_view(visitor).phase, Phase::Stopped(s) if s.reason == StopReason::Erased),
        );
        assert!(wire.conversations().is_empty(), "{fault:?}");
        assert!(wire.stored(visitor).is_none());
    }
}

#[test]
fn a_survey_is_answered_once_though_its_ack_is_lost() {
    for fault in Fault::ALL {
        let mut wire = Wire::new(CONFIG, 13);
        let (visitor, _) = talking(&mut wire);
        wire.visitor_does(visitor, Command::End);
        until(&mut wire, "the survey", |wire| has_survey(wire, visitor));
        wire.run(5_000);
        wire.plan(wire.boundaries() + 1, fault);
        let answers = Answers::from_iter([("heard".to_owned(), "Yes".to_owned())]);
        wire.visitor_does(visitor, Command::AnswerSurvey(answers));
        until(
            &mut wire,
            "thanks",
            |wire| matches!(&wire.visitor_view(visitor).phase, Phase::Ended(end) if end.answered),
        );
        until(&mut wire, "the connection goes", |wire| {
            wire.visitor_view(visitor).connection == Connection::Idle
        });
        assert!(!has_survey(&wire, visitor));
    }
}

#[test]
fn a_stop_of_the_server_is_no_more_than_a_pause() {
    let mut wire = Wire::on_disk(CONFIG, 14);
    let (visitor, operator) = talking(&mut wire);
    write(&mut wire, visitor, "before");
    wire.stop_and_start();
    wire.run(200);
    assert_eq!(wire.visitor_view(visitor).connection, Connection::Lost);
    write(&mut wire, visitor, "after");
    until(&mut wire, "both are back", |wire| {
        words_at(wire, operator) == ["before", "after"] && words(wire, visitor) == ["before", "after"]
    });
    assert!(is_talking(&wire, visitor));
}

#[test]
fn a_device_whose_clock_is_wrong_chats_like_any_other() {
    let mut wire = Wire::new(CONFIG, 15);
    let visitor = wire.visitor();
    wire.skew(visitor, 3 * 60 * 60 * 1_000);
    wire.run(1_000);
    press_join(&mut wire, visitor);
    let operator = volunteer(&mut wire, "Sam", 1);
    take_next(&mut wire, operator);
    wire.cut(visitor, 100, 100);
    write(&mut wire, visitor, "Hello?");
    until(&mut wire, "the operator reads it", |wire| words_at(wire, operator) == ["Hello?"]);
}

fn has_survey(wire: &Wire, visitor: PeerId) -> bool {
    matches!(&wire.visitor_view(visitor).phase, Phase::Ended(end) if end.survey.is_some())
}

fn read_all(wire: &mut Wire, operator: PeerId) {
    let conversation = mine(wire, operator).expect("a conversation");
    let last = conversation.entries.iter().filter_map(|entry| entry.seq).max().unwrap_or(0);
    wire.operator_does(operator, operator::Command::Read(conversation.id, last));
}
