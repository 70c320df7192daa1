//! Another way to get help, offered inside a conversation: answered once, whatever is lost or doubled on the way.

use serde_json::{Value, json};
use tealight_protocol::OfferChoice::{Declined, Taken};
use tealight_session::visitor::OfferAnswer::{Given, NotSent, Open, Sending};
use tealight_session::visitor::{Command, EntryKind, OfferAnswer};

use crate::backend::*;

#[test]
fn hello_says_that_offers_can_be_shown() {
    let mut rig = talking();
    let hello = rig.reconnect();
    assert!(hello["caps"].as_array().unwrap().contains(&json!("offers")));
}

#[test]
fn an_offer_is_shown_counts_as_unread_and_changes_no_place() {
    let mut rig = offered();
    assert_eq!(answer(&rig), Open);
    assert_eq!(rig.session.view().unread, 2, "who joined, and the offer");
    rig.command(Command::Read(3));
    assert_eq!(rig.session.view().unread, 0);
    assert_eq!(rig.take("answer"), [Value::Null; 0]);
}

#[test]
fn an_answer_goes_through_its_states_and_is_given_once() {
    let mut rig = offered();
    rig.command(Command::AnswerOffer("o3".to_owned(), Taken));
    rig.command(Command::AnswerOffer("o3".to_owned(), Declined));
    let given = rig.take_one("answer");
    assert_eq!((&given["ref"], &given["data"]), (&json!("o3"), &json!({"choice": "taken"})));
    assert_eq!(answer(&rig), Sending(Taken));
    rig.hear(ack(&given, Some(4)));
    assert_eq!(answer(&rig), Given(Taken));
    rig.hear(event(4, answered("o3", "taken")));
    assert_eq!(answer(&rig), Given(Taken));
    rig.command(Command::AnswerOffer("o3".to_owned(), Declined));
    assert_eq!(rig.take("answer"), [Value::Null; 0]);
}

#[test]
fn an_answer_without_an_ack_is_told_again_and_one_that_arrived_is_not() {
    let mut rig = offered();
    rig.command(Command::AnswerOffer("o3".to_owned(), Declined));
    let given = rig.take_one("answer");
    rig.reconnect();
    rig.hear(ready(conv("active", 3, vec![])));
    assert_eq!(rig.take_one("answer"), given);
    rig.reconnect();
    rig.hear(ready(conv("active", 4, vec![entry(4, answered("o3", "declined"))])));
    assert_eq!(rig.take("answer"), [Value::Null; 0]);
    assert_eq!(answer(&rig), Given(Declined));
}

#[test]
fn an_answer_survives_a_reload() {
    let mut rig = offered();
    rig.closed(1006);
    rig.command(Command::AnswerOffer("o3".to_owned(), Taken));
    assert_eq!(answer(&rig), Sending(Taken));
    let mut next = reloaded(&rig);
    next.command(Command::Open);
    next.opened();
    next.hear(ready(conv("active", 3, vec![entry(1, started()), entry(2, joined()), entry(3, offer("o3"))])));
    assert_eq!(answer(&next), Sending(Taken));
    assert_eq!(next.take_one("answer")["ref"], "o3");
    let mut last = reloaded(&next);
    last.command(Command::Open);
    last.opened();
    let log = [started(), joined(), offer("o3"), answered("o3", "taken")];
    let log = log.into_iter().zip(1..).map(|(kind, seq)| entry(seq, kind)).collect();
    last.hear(ready(conv("active", 4, log)));
    assert_eq!((answer(&last), last.take("answer").len()), (Given(Taken), 0));
}

#[test]
fn a_refused_answer_can_be_given_again_and_another_one_too() {
    let mut rig = offered();
    rig.command(Command::AnswerOffer("o3".to_owned(), Taken));
    let first = rig.take_one("answer");
    rig.hear(error(&first, "internal", false, None));
    assert_eq!(answer(&rig), NotSent(Taken));
    rig.command(Command::AnswerOffer("o3".to_owned(), Declined));
    let second = rig.take_one("answer");
    assert_ne!(first["cid"], second["cid"]);
    assert_eq!((&second["data"]["choice"], answer(&rig)), (&json!("declined"), Sending(Declined)));
}

#[test]
fn an_answer_from_another_page_of_the_same_visitor_counts() {
    let mut rig = offered();
    rig.command(Command::AnswerOffer("o3".to_owned(), Declined));
    let late = rig.take_one("answer");
    rig.hear(event(4, answered("o3", "taken")));
    rig.hear(error(&late, "conflict", false, None));
    assert_eq!(answer(&rig), Given(Taken));
    rig.hear(event(5, answered("o3", "declined")));
    assert_eq!(answer(&rig), Given(Taken), "the first answer stays");
}

#[test]
fn after_the_end_no_answer_holds_up_the_goodbye() {
    let mut rig = offered();
    rig.command(Command::AnswerOffer("o3".to_owned(), Taken));
    rig.hear(event(4, ended("operator", "done")));
    rig.command(Command::SkipSurvey);
    assert!(rig.socket.is_none(), "nothing is left to be said");
    rig.command(Command::AnswerOffer("o3".to_owned(), Taken));
    assert!(rig.socket.is_none());
}

fn offered() -> Visitor {
    let mut rig = talking();
    rig.hear(event(3, offer("o3")));
    rig.take_sent();
    rig
}

fn answer(rig: &Visitor) -> OfferAnswer {
    let offers = rig.entries().into_iter().filter_map(|entry| match entry.kind {
        EntryKind::Offer { answer, .. } => Some(answer),
        _ => None,
    });
    let all: Vec<_> = offers.collect();
    assert_eq!(all.len(), 1);
    all[0]
}
