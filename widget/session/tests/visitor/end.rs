//! The end, whoever brings it about, and what is left afterwards.

use serde_json::{Value, json};
use tealight_protocol::{Answers, EndReason, EndedBy};
use tealight_session::visitor::{Command, EndedView, Phase};
use tealight_session::{Connection, Delivery, Fact, StopReason};

use crate::backend::*;

#[test]
fn the_visitor_ends_and_the_device_forgets_at_once() {
    let mut rig = talking();
    rig.command(Command::End);
    rig.command(Command::End);
    let end = rig.take_one("end");
    rig.hear(event(3, ended("visitor", "done")));
    rig.hear(ack(&end, Some(3)));
    let ended = over(&rig);
    assert_eq!((ended.by, ended.reason, ended.was_joined), (EndedBy::Visitor, EndReason::Done, true));
    assert_eq!(rig.stored, None);
    rig.edit("x");
    rig.fact(Fact::Hidden);
    assert_eq!(rig.stored, None);
}

#[test]
fn the_socket_waits_a_little_for_a_survey_and_goes() {
    let mut rig = talking();
    rig.hear(event(3, ended("operator", "done")));
    assert!(rig.socket.is_some());
    rig.pass(10_000);
    assert_eq!(rig.closes.last().unwrap().1, 1000);
    assert!(matches!(rig.phase(), Phase::Ended(_)));
    rig.pass(3_600_000);
    assert_eq!(rig.opens, 1);
}

#[test]
fn a_survey_is_answered_once() {
    let mut rig = surveyed();
    assert_eq!(over(&rig).survey.unwrap().questions.len(), 1);
    rig.command(answers());
    rig.command(answers());
    let answer = rig.take_one("answer");
    assert_eq!((&answer["ref"], &answer["data"]["q1"]), (&json!("s1"), &json!("yes")));
    assert!(over(&rig).survey.unwrap().sending);
    rig.hear(ack(&answer, None));
    assert!(over(&rig).answered && over(&rig).survey.is_none());
    assert_eq!(rig.closes.last().unwrap().1, 1000);
}

#[test]
fn a_survey_can_be_skipped() {
    let mut rig = surveyed();
    rig.pass(60_000);
    rig.hear(json!({"t": "ping"}));
    rig.take_sent();
    rig.command(Command::SkipSurvey);
    assert_eq!(rig.take("answer"), [Value::Null; 0]);
    assert!(over(&rig).survey.is_none() && !over(&rig).answered);
    assert_eq!(rig.closes.last().unwrap().1, 1000);
}

#[test]
fn an_answer_survives_a_lost_connection() {
    let mut rig = surveyed();
    rig.command(answers());
    let answer = rig.take_one("answer");
    assert!(rig.reconnect()["secret"].is_string());
    rig.hear(ready(conv("ended", 4, vec![])));
    assert_eq!(rig.take_one("answer"), answer);
}

#[test]
fn a_refused_answer_lets_the_visitor_go() {
    let mut rig = surveyed();
    rig.command(answers());
    let answer = rig.take_one("answer");
    rig.hear(error(&answer, "conflict", false, None));
    assert!(over(&rig).survey.is_none());
}

#[test]
fn words_that_nobody_read_are_named() {
    let mut rig = waiting();
    let send = rig.say("hello?");
    rig.hear(event(2, own(&send)));
    rig.hear(event(3, ended("system", "closed")));
    let view = over(&rig);
    assert_eq!((view.was_joined, view.unread_words, view.reason), (false, true, EndReason::Closed));

    let mut rig = waiting();
    rig.edit("draft");
    rig.hear(event(2, ended("system", "closed")));
    assert!(over(&rig).unread_words);
    assert_eq!(rig.draft(), "draft");

    let mut rig = waiting();
    rig.hear(event(2, ended("system", "closed")));
    assert!(!over(&rig).unread_words);

    let mut rig = talking();
    let send = rig.say("hello");
    rig.hear(event(3, own(&send)));
    rig.hear(event(4, ended("operator", "done")));
    assert!(!over(&rig).unread_words, "somebody was there");

    let mut rig = talking();
    rig.hear(event(3, left()));
    let send = rig.say("are you there?");
    rig.hear(event(4, own(&send)));
    rig.hear(event(5, ended("system", "away")));
    assert!(over(&rig).unread_words);
}

#[test]
fn a_message_on_its_way_at_the_end_was_not_sent() {
    let mut rig = talking();
    rig.say("too late");
    rig.hear(event(3, ended("operator", "done")));
    assert_eq!(rig.bubbles(), [("too late".to_owned(), Delivery::NotSent)]);
    assert!(over(&rig).unread_words);
}

#[test]
fn leaving_without_a_connection_is_over_here_at_once_and_told_later() {
    let mut rig = waiting();
    rig.closed(1006);
    rig.command(Command::End);
    assert_eq!(over(&rig).reason, EndReason::LeftWaiting);
    assert_eq!(rig.stored, None);
    rig.until_reconnect();
    rig.opened();
    rig.take_sent();
    rig.hear(ready(conv("waiting", 1, vec![])));
    let end = rig.take_one("end");
    rig.hear(event(2, ended("visitor", "left_waiting")));
    rig.hear(ack(&end, Some(2)));
    rig.pass(10_000);
    assert_eq!(rig.closes.last().unwrap().1, 1000);
}

#[test]
fn an_end_that_is_cut_off_is_over_here_and_told_again() {
    let mut rig = talking();
    rig.command(Command::End);
    let end = rig.take_one("end");
    rig.closed(1006);
    assert!(matches!(rig.phase(), Phase::Ended(_)));
    rig.until_reconnect();
    rig.opened();
    rig.hear(ready(conv("active", 3, vec![entry(3, theirs("wait"))])));
    assert_eq!(rig.take_one("end"), end);
    assert!(matches!(rig.phase(), Phase::Ended(_)));
}

#[test]
fn ending_before_the_start_was_sent_leaves_no_trace() {
    let mut rig = visitor();
    rig.command(Command::Open);
    rig.command(join());
    rig.command(Command::End);
    assert_eq!(rig.phase(), Phase::Welcome { refused: false });
    assert_eq!(rig.stored, None);
    rig.opened();
    rig.hear(ready(Value::Null));
    assert_eq!(rig.take("start"), [Value::Null; 0]);
}

#[test]
fn ending_after_the_start_was_sent_follows_it() {
    let mut rig = welcomed();
    rig.command(join());
    rig.command(Command::End);
    let start = rig.take_one("start");
    rig.hear(ack(&start, Some(1)));
    rig.take_one("end");
}

#[test]
fn erasing_forgets_everything_here_and_there() {
    let mut rig = talking();
    rig.hear(event(3, theirs("hello")));
    rig.edit("draft");
    rig.take_sent();
    rig.command(Command::Erase);
    let erase = rig.take_one("erase");
    // Here at once, and said to be done once it is done there.
    assert_eq!((rig.phase(), rig.draft().as_str(), rig.entries().len()), (Phase::Erasing, "", 0));
    rig.hear(ack(&erase, None));
    assert!(is_erased(&rig));
    assert_eq!((rig.stored.as_deref(), rig.draft().as_str(), rig.entries().len()), (None, "", 0));
    rig.pass(3_600_000);
    assert_eq!(rig.opens, 1);
}

#[test]
fn erasing_is_told_again_after_a_cut_and_after_a_reload() {
    let mut rig = talking();
    rig.command(Command::Erase);
    let erase = rig.take_one("erase");
    rig.reconnect();
    rig.hear(ready(conv("active", 2, vec![])));
    assert_eq!(rig.take_one("erase"), erase);
    let mut rig = reloaded(&rig);
    rig.command(Command::Open);
    rig.opened();
    rig.hear(ready(conv("active", 2, vec![entry(1, started()), entry(2, joined())])));
    assert_eq!(rig.take_one("erase"), erase);
    rig.closed(4410);
    assert!(is_erased(&rig));
    assert_eq!(rig.stored, None);
}

#[test]
fn erasing_without_a_connection_is_done_once_there_is_one_and_not_said_before() {
    let mut rig = talking();
    rig.hear(event(3, theirs("hello")));
    rig.say("words of mine");
    rig.edit("draft");
    rig.closed(1006);
    rig.command(Command::Erase);
    assert_eq!((rig.phase(), rig.session.view().connection), (Phase::Erasing, Connection::Lost));
    rig.pass(60_000);
    assert_eq!(rig.phase(), Phase::Erasing);
    let stored = rig.stored.clone().unwrap();
    assert!(
        !["hello", "words of mine", "draft\":\"d"].iter().any(|words| stored.contains(words)),
        "{stored}"
    );
    let mut rig = reloaded(&rig);
    assert_eq!((rig.phase(), rig.entries().len()), (Phase::Erasing, 0));
    rig.command(Command::Open);
    rig.closed(1006);
    rig.until_reconnect();
    rig.opened();
    assert!(rig.take_one("hello")["secret"].is_string());
    rig.hear(ready(conv("active", 3, vec![entry(3, theirs("hello"))])));
    assert_eq!((rig.phase(), rig.entries().len()), (Phase::Erasing, 0));
    let erase = rig.take_one("erase");
    rig.hear(ack(&erase, None));
    assert!(is_erased(&rig));
    assert_eq!(rig.stored, None);
}

#[test]
fn erasing_goes_behind_a_start_whose_ack_was_lost() {
    let mut rig = welcomed();
    rig.command(join());
    let start = rig.take_one("start");
    rig.command(Command::Erase);
    assert_eq!(rig.take("erase"), [Value::Null; 0]);
    rig.closed(1006);
    let mut rig = reloaded(&rig);
    rig.command(Command::Open);
    rig.opened();
    assert!(rig.take_one("hello").get("secret").is_none());
    rig.hear(ready(Value::Null));
    assert_eq!(rig.take_one("start"), start);
    rig.hear(ack(&start, Some(1)));
    rig.hear(event(1, started()));
    assert_eq!(rig.phase(), Phase::Erasing);
    let erase = rig.take_one("erase");
    rig.hear(ack(&erase, None));
    assert!(is_erased(&rig));
}

#[test]
fn what_was_never_there_or_is_no_longer_there_is_erased() {
    let mut rig = welcomed();
    rig.command(join());
    let start = rig.take_one("start");
    rig.command(Command::Erase);
    rig.hear(error(&start, "closed", true, Some(1_000)));
    assert!(is_erased(&rig));

    let mut rig = talking();
    rig.closed(1006);
    rig.command(Command::Erase);
    rig.until_reconnect();
    rig.opened();
    rig.closed(4404);
    assert!(is_erased(&rig));
    assert_eq!(rig.stored, None);
}

#[test]
fn a_refused_erasing_is_asked_for_again() {
    let mut rig = talking();
    rig.command(Command::Erase);
    let erase = rig.take_one("erase");
    rig.hear(error(&erase, "internal", false, None));
    assert_eq!(rig.phase(), Phase::Erasing);
    rig.pass(10_000);
    let again = rig.take_one("erase");
    assert_ne!(again["cid"], erase["cid"], "the old name stands for a refusal");
    rig.hear(ack(&again, None));
    assert!(is_erased(&rig));
}

#[test]
fn nothing_else_is_done_while_it_is_being_erased() {
    let mut rig = talking();
    rig.closed(1006);
    rig.command(Command::Erase);
    for command in [join(), Command::Send, Command::End, Command::StartAfresh, Command::Erase] {
        rig.command(command);
        assert_eq!(rig.phase(), Phase::Erasing);
    }
    rig.fact(Fact::PageLeft);
    assert!(rig.stored.as_ref().unwrap().contains("erasing"));
}

#[test]
fn erasing_works_on_the_end_screen_too() {
    let mut rig = surveyed();
    rig.command(Command::SkipSurvey);
    rig.command(Command::Erase);
    rig.opened();
    rig.hear(ready(conv("ended", 4, vec![])));
    let erase = rig.take_one("erase");
    assert!(rig.stored.is_some(), "the way back, until it is done");
    rig.hear(ack(&erase, None));
    assert!(is_erased(&rig));
    assert_eq!(rig.stored, None);
}

#[test]
fn the_end_screen_outlives_its_connection() {
    for code in [4404, 4403, 4400, 1006, 1000] {
        let mut rig = surveyed();
        rig.closed(code);
        assert!(matches!(rig.phase(), Phase::Ended(_)), "{code}");
        rig.pass(60_000);
        assert!(matches!(rig.phase(), Phase::Ended(_)), "{code}");
    }
}

#[test]
fn starting_afresh_is_a_new_beginning() {
    let mut rig = surveyed();
    rig.edit("left over");
    rig.command(Command::StartAfresh);
    assert_eq!(rig.phase(), Phase::Welcome { refused: false });
    assert_eq!((rig.draft().as_str(), rig.entries().len()), ("", 0));
    rig.opened();
    assert!(rig.take_one("hello").get("secret").is_none());
    rig.hear(ready(Value::Null));
    rig.command(join());
    let start = rig.take_one("start");
    rig.hear(ack(&start, Some(1)));
    rig.hear(event(1, started()));
    assert!(matches!(rig.phase(), Phase::Waiting(_)));
    assert_eq!(rig.session.view().connection, Connection::Ready);
}

#[test]
fn a_page_that_goes_after_the_end_takes_every_word_with_it() {
    let mut rig = surveyed();
    assert!(!rig.entries().is_empty());
    rig.edit("left over");
    rig.fact(Fact::PageLeft);
    rig.fact(Fact::PageRestored);
    assert_eq!(rig.phase(), Phase::Welcome { refused: false });
    assert_eq!((rig.draft().as_str(), rig.entries().len()), ("", 0));
}

fn over(rig: &Visitor) -> EndedView {
    match rig.phase() {
        Phase::Ended(view) => view,
        other => panic!("{other:?}"),
    }
}

fn is_erased(rig: &Visitor) -> bool {
    matches!(rig.phase(), Phase::Stopped(stopped) if stopped.reason == StopReason::Erased)
}

fn answers() -> Command {
    Command::AnswerSurvey(Answers::from_iter([("q1".to_owned(), "yes".to_owned())]))
}
