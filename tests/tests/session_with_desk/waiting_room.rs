//! Many at once: order, capacity, doors that are closed, and who writes too fast.

use tealight_server::testing::CONFIG;
use tealight_session::visitor::{Command, Phase};
use tealight_session::{Delivery, operator};
use tealight_tests::wire::{PeerId, Wire};

use crate::people::*;

#[test]
fn who_came_first_is_taken_first_though_connections_come_and_go() {
    let mut wire = Wire::new(CONFIG, 31);
    let visitors: Vec<PeerId> = (0..6).map(|_| join(&mut wire)).collect();
    for (n, visitor) in visitors.iter().enumerate() {
        wire.cut(*visitor, 50, 100);
        if n % 2 == 0 {
            wire.reload(*visitor);
        }
    }
    wire.crash();
    wire.run(60_000);
    let places: Vec<_> = visitors.iter().map(|visitor| place(&wire, *visitor)).collect();
    assert_eq!(places, (1..=6).map(Some).collect::<Vec<_>>());
    let operators = [volunteer(&mut wire, "Sam", 3), volunteer(&mut wire, "Kim", 3)];
    for (n, visitor) in visitors.iter().enumerate() {
        wire.operator_does(operators[n % 2], operator::Command::Claim(None));
        until(&mut wire, "the next visitor", |wire| is_talking(wire, *visitor));
        let still_waiting = visitors[n + 1..].iter().all(|later| is_waiting(&wire, *later));
        assert!(still_waiting, "number {n} was overtaken");
    }
}

#[test]
fn two_operators_who_press_at_once_take_two_different_visitors() {
    for seed in 0..50 {
        let mut wire = Wire::new(CONFIG, 3_200 + seed);
        let first = join(&mut wire);
        let second = join(&mut wire);
        let operators = [volunteer(&mut wire, "Sam", 1), volunteer(&mut wire, "Kim", 1)];
        for operator in operators {
            wire.operator_does(operator, operator::Command::Claim(None));
        }
        until(&mut wire, "both talk", |wire| {
            is_talking(wire, first)
                && is_talking(wire, second)
                && operators.iter().all(|operator| mine(wire, *operator).is_some())
        });
        let taken: Vec<_> = operators.iter().map(|o| mine(&wire, *o).expect("one each").id).collect();
        assert_ne!(taken[0], taken[1]);
    }
}

#[test]
fn of_two_operators_who_want_the_same_visitor_one_is_told_that_it_is_too_late() {
    let mut wire = Wire::new(CONFIG, 33);
    let visitor = join(&mut wire);
    let operators = [volunteer(&mut wire, "Sam", 1), volunteer(&mut wire, "Kim", 1)];
    let id = the_conversation(&mut wire).id;
    for operator in operators {
        wire.operator_does(operator, operator::Command::Claim(Some(id.clone())));
    }
    until(&mut wire, "the chat", |wire| is_talking(wire, visitor));
    wire.run(5_000);
    let has = operators.map(|operator| mine(&wire, operator).is_some());
    let refused = operators.map(|operator| wire.operator_view(operator).refusal.is_some());
    assert_eq!(has, refused.map(|refused| !refused));
    assert_ne!(has[0], has[1]);
}

#[test]
fn who_leaves_the_waiting_room_lets_the_others_move_up() {
    let mut wire = Wire::new(CONFIG, 34);
    let first = join(&mut wire);
    let second = join(&mut wire);
    wire.run(5_000);
    assert_eq!(place(&wire, second), Some(2));
    wire.visitor_does(first, Command::End);
    until(&mut wire, "the second moves up", |wire| place(wire, second) == Some(1));
    assert!(is_ended(&wire, first));
    assert!(wire.stored(first).is_none());
}

#[test]
fn a_full_room_turns_a_visitor_away_with_the_other_ways_in_sight_and_the_next_attempt_may_succeed() {
    let mut wire = Wire::new(&CONFIG.replace("[wait]", "[wait]\ncapacity = 1"), 35);
    // Both have read "open" when both press.
    let (first, second) = (wire.visitor(), wire.visitor());
    wire.run(1_000);
    press_join(&mut wire, first);
    until(&mut wire, "the first waits", |wire| is_waiting(wire, first));
    press_join(&mut wire, second);
    until(&mut wire, "the second is turned away", |wire| is_turned_away(wire, second));
    assert!(!wire.visitor_view(second).service.expect("the service").offers.is_empty());
    wire.visitor_does(first, Command::End);
    wire.run(5_000);
    press_join(&mut wire, second);
    until(&mut wire, "the second waits", |wire| is_waiting(wire, second));
}

#[test]
fn a_closed_helpline_refuses_a_start_and_keeps_nothing() {
    let mut wire = Wire::new(&closed(), 36);
    let visitor = wire.visitor();
    wire.run(1_000);
    press_join(&mut wire, visitor);
    until(&mut wire, "the refusal", |wire| is_turned_away(wire, visitor));
    assert!(wire.conversations().is_empty() && wire.stored(visitor).is_none());
}

#[test]
fn a_flood_of_messages_is_slowed_down_and_arrives_whole_and_in_order() {
    let mut wire = Wire::new(CONFIG, 37);
    let (visitor, operator) = talking(&mut wire);
    let said: Vec<_> = (0..60).map(|n| format!("{n}")).collect();
    for words in &said {
        wire.visitor_does(visitor, Command::QuickReply(words.clone()));
        wire.run(60);
    }
    until(&mut wire, "everything arrived", |wire| {
        read(wire, visitor).iter().all(|(_, d)| d.is_some_and(|d| d >= Delivery::Sent))
            && words_at(wire, operator).len() == said.len()
    });
    assert_eq!(words_at(&wire, operator), said);
    assert_eq!(words(&wire, visitor), said);
}

#[test]
fn a_database_that_refuses_for_a_while_delays_words_and_keeps_their_order() {
    let mut wire = Wire::new(CONFIG, 38);
    let (visitor, operator) = talking(&mut wire);
    wire.run(5_000);
    wire.refuse_writes(2);
    let said: Vec<_> = (0..5).map(|n| format!("{n}")).collect();
    for words in &said {
        write(&mut wire, visitor, words);
    }
    until(&mut wire, "everything arrived", |wire| words_at(wire, operator).len() == said.len());
    assert_eq!(words_at(&wire, operator), said);
}

fn is_turned_away(wire: &Wire, visitor: PeerId) -> bool {
    wire.visitor_view(visitor).phase == Phase::Welcome { refused: true }
}

/// Open on Mondays, while the tests begin on a Saturday.
fn closed() -> String {
    let hours = r#"hours = [{ days = ["mon"], from = "09:00", to = "10:00" }]"#;
    CONFIG.replace("[service]", &format!("[service]\n{hours}"))
}
