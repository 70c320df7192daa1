//! Work before the door: when it is asked for, what counts as done, and what plain pages get instead.

use serde_json::{Value, json};
use tealight_protocol::limits;
use tealight_server::desk::{ConnId, Input, PLAIN_STARTS};
use tealight_server::testing::{CONFIG, TestDesk, cid, hello, resume, start, worked};

#[test]
fn nobody_works_unless_the_helpline_wants_it() {
    let mut desk = TestDesk::new();
    for n in 1..=200 {
        desk.waiting(n);
    }
    assert_eq!(desk.desk.counts().work_needed, 0);
}

#[test]
fn whoever_worked_is_let_in_and_whoever_did_not_is_told_what_to_do() {
    let mut desk = always();
    let (visitor, refused) = refused(&mut desk, 1);
    assert_eq!((&refused["cid"], &refused["retry"]), (&json!(cid(1)), &json!(false)));
    assert_eq!(refused["work"]["bits"], limits::WORK_BITS);
    assert_eq!(refused["work"]["salt"].as_str().unwrap().len(), 22);
    desk.send(visitor, &with_work(1, worked(&refused)));
    assert_eq!(desk.take_one(visitor, "ack")["seq"], 1);
    let counts = desk.desk.counts();
    assert_eq!((counts.work_needed, counts.worked, counts.started), (1, 1, 1));
}

#[test]
fn wrong_work_no_work_and_old_work_get_a_fresh_salt() {
    let mut desk = always();
    let (visitor, first) = refused(&mut desk, 1);
    let right = worked(&first);
    desk.send(visitor, &with_work(1, right + 1));
    let second = desk.take_one(visitor, "error");
    assert_ne!(second["work"]["salt"], first["work"]["salt"]);
    desk.send(visitor, &with_work(1, right));
    let third = desk.take_one(visitor, "error");
    assert_eq!(third["code"], "work_needed", "one try for each salt, and this was for the first");

    desk.advance(limits::WORK_FRESH_S * 1_000);
    let fourth = tried(&mut desk, visitor, 1, worked(&third));
    assert_eq!(fourth["t"], "ack", "in the last moment");

    let (late, asked) = refused(&mut desk, 2);
    desk.advance(limits::WORK_FRESH_S * 1_000 + 1);
    let answer = tried(&mut desk, late, 2, worked(&asked));
    assert_eq!(answer["code"], "work_needed", "{answer}");
    assert_eq!(tried(&mut desk, late, 2, worked(&answer))["t"], "ack");
}

#[test]
fn work_is_for_one_socket_and_one_start() {
    let mut desk = always();
    let (first, asked) = refused(&mut desk, 1);
    let (other, _) = refused(&mut desk, 2);
    let number = worked(&asked);
    assert_eq!(tried(&mut desk, other, 2, number)["code"], "work_needed");
    assert_eq!(tried(&mut desk, first, 1, number)["t"], "ack");
    let third = desk.visitor(3);
    assert_eq!(tried(&mut desk, third, 3, number)["code"], "work_needed");
}

#[test]
fn a_start_that_was_taken_needs_no_work_again_and_is_the_same_whatever_it_took() {
    let mut desk = always();
    let (visitor, asked) = refused(&mut desk, 1);
    let ack = tried(&mut desk, visitor, 1, worked(&asked));
    // The answer was lost; the next socket knows of no work.
    desk.disconnect(visitor);
    let again = desk.visitor(1);
    desk.send(again, &start(1));
    assert_eq!(desk.take_one(again, "ack"), ack);
    assert_eq!(tried(&mut desk, again, 1, 9), ack);
    let back = desk.connect();
    let epoch = desk.desk.epoch().to_owned();
    desk.send(back, &resume(9, 1, &epoch, 1));
    assert_eq!(desk.take_one(back, "ready")["conv"]["state"], "waiting", "nobody works to come back");
}

#[test]
fn a_closed_door_asks_for_no_work() {
    let mut desk = TestDesk::with_config(&format!("{CONFIG}capacity = 1\n[limits]\nwork = \"always\"\n"));
    let (first, asked) = refused(&mut desk, 1);
    assert_eq!(tried(&mut desk, first, 1, worked(&asked))["t"], "ack");
    let second = desk.visitor(2);
    desk.send(second, &start(2));
    let answer = desk.take_one(second, "error");
    assert_eq!((&answer["code"], answer.get("work")), (&json!("queue_full"), None));
}

#[test]
fn under_load_work_begins_above_the_threshold_and_ends_with_the_load() {
    let mut desk = with_limits("work = \"under_load\"\nwork_above_starts = 5\n");
    for n in 1..=5 {
        desk.waiting(n);
        desk.advance(1_000);
    }
    let (visitor, asked) = refused(&mut desk, 6);
    assert_eq!(tried(&mut desk, visitor, 6, worked(&asked))["t"], "ack");
    // Whoever only knocks keeps it up; the second try of those who work does not count.
    for n in 7..=20 {
        desk.advance(10_000);
        refused(&mut desk, n);
    }
    desk.advance(61_000);
    desk.waiting(30);
    assert_eq!(desk.desk.counts().work_needed, 15);
}

#[test]
fn a_second_try_is_no_second_start() {
    let mut desk = with_limits("work = \"under_load\"\nwork_above_starts = 2\n");
    desk.waiting(1);
    desk.waiting(2);
    let (third, asked) = refused(&mut desk, 3);
    desk.advance(59_999);
    // The first two have just gone from the minute, and the third is one.
    desk.advance(1);
    assert_eq!(tried(&mut desk, third, 3, worked(&asked))["t"], "ack");
    desk.waiting(4);
    desk.waiting(5);
    refused(&mut desk, 6);
}

#[test]
fn of_plain_pages_few_a_minute_are_let_in_while_others_work() {
    let mut desk = always();
    for n in 1..=u8::try_from(PLAIN_STARTS).unwrap() {
        let plain = plain_page(&mut desk, n);
        desk.send(plain, &start(n));
        desk.take_one(plain, "ack");
        desk.advance(1_000);
    }
    let plain = plain_page(&mut desk, 100);
    desk.send(plain, &start(100));
    let answer = desk.take_one(plain, "error");
    assert_eq!((&answer["code"], &answer["retry_ms"]), (&json!("rate_limited"), &json!(54_000)));
    // A socket is asked to work meanwhile, and is none the worse for it.
    let (socket, asked) = refused(&mut desk, 101);
    assert_eq!(tried(&mut desk, socket, 101, worked(&asked))["t"], "ack");
    desk.advance(54_000);
    desk.send(plain, &start(100));
    desk.take_one(plain, "ack");
    assert_eq!(desk.desk.counts().plain_refused, 1);
}

#[test]
fn plain_pages_are_as_free_as_ever_without_work() {
    for limits in ["", "work = \"under_load\"\nwork_above_starts = 100\n"] {
        let mut desk = with_limits(limits);
        for n in 1..=50 {
            let plain = plain_page(&mut desk, n);
            desk.send(plain, &start(n));
            desk.take_one(plain, "ack");
        }
    }
}

fn always() -> TestDesk {
    with_limits("work = \"always\"\n")
}

fn with_limits(limits: &str) -> TestDesk {
    TestDesk::with_config(&format!("{CONFIG}[limits]\n{limits}"))
}

/// A visitor who starts without work, and is asked for some.
fn refused(desk: &mut TestDesk, n: u8) -> (ConnId, Value) {
    let visitor = desk.visitor(n);
    desk.send(visitor, &start(n));
    let refused = desk.take_one(visitor, "error");
    assert_eq!(refused["code"], "work_needed", "{refused}");
    (visitor, refused)
}

/// What comes of a start with work.
fn tried(desk: &mut TestDesk, conn: ConnId, n: u8, number: u64) -> Value {
    desk.send(conn, &with_work(n, number));
    let mut answers =
        desk.take(conn).into_iter().filter(|frame| frame["t"] == "ack" || frame["t"] == "error");
    answers.next_back().unwrap()
}

fn with_work(n: u8, number: u64) -> Value {
    let mut start = start(n);
    start["work"] = json!(number);
    start
}

fn plain_page(desk: &mut TestDesk, n: u8) -> ConnId {
    let conn = desk.connect();
    desk.input(Input::Plain { conn });
    desk.send(conn, &hello(n));
    desk.take_one(conn, "ready");
    conn
}
