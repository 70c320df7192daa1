//! What operators announce to all visitors: a sentence, and that nobody new is let in.

use serde_json::{Value, json};
use tealight_server::store::SqliteStore;
use tealight_server::testing::{CONFIG, START, TestDesk, cid, hello, operator_hello, start};

#[test]
fn a_pause_lets_nobody_new_in_and_keeps_whoever_waits() {
    let mut desk = TestDesk::new();
    let console = coordinator(&mut desk);
    let (waiting, _) = desk.waiting(1);
    let looking = desk.visitor(2);
    desk.take(waiting);
    desk.send(console, &announce(10, Some(BUSY), true));
    assert_eq!(desk.take_one(console, "ack")["cid"], cid(10));
    let told = desk.take_one(looking, "service");
    assert_eq!((&told["state"], &told["notice"]), (&json!("closed"), &json!(BUSY)));
    assert_eq!(told["offers"][0]["uri"], "tel:08081570123");
    assert_eq!((&told["closes_at"], &told["next_open"]), (&Value::Null, &Value::Null));
    desk.send(looking, &start(2));
    assert_eq!(desk.take_one(looking, "error")["code"], "closed");

    desk.advance(45_000);
    assert!(desk.take(waiting).iter().all(|frame| frame["t"] != "event"), "whoever waits goes on waiting");
    assert_eq!(desk.desk.counts().waiting, 1);
    desk.send(console, &json!({"t": "state", "status": "accepting", "capacity": 1}));
    desk.send(console, &json!({"t": "claim", "cid": cid(11)}));
    assert_eq!(desk.desk.counts().active, 1);

    desk.send(console, &announce(12, None, false));
    let told = desk.take_one(looking, "service");
    assert_eq!((&told["state"], &told["notice"]), (&json!("open"), &Value::Null));
    desk.send(looking, &start(2));
    desk.take_one(looking, "ack");
}

#[test]
fn a_notice_stands_in_for_the_usual_one() {
    let mut desk =
        TestDesk::with_config(&CONFIG.replace("[[alternatives]]", "notice = \"Welcome.\"\n[[alternatives]]"));
    let console = coordinator(&mut desk);
    let notice = |desk: &mut TestDesk, inst| {
        let conn = desk.connect();
        desk.send(conn, &hello(inst));
        desk.take_one(conn, "ready")["service"].clone()
    };
    assert_eq!(notice(&mut desk, 1)["notice"], "Welcome.");
    desk.send(console, &announce(10, Some(BUSY), false));
    let service = notice(&mut desk, 2);
    assert_eq!((&service["notice"], &service["state"]), (&json!(BUSY), &json!("open")));
    desk.send(console, &announce(11, None, false));
    assert_eq!(notice(&mut desk, 3)["notice"], "Welcome.");
}

#[test]
fn every_console_knows_what_is_announced_and_by_whom() {
    let mut desk = TestDesk::new();
    let console = coordinator(&mut desk);
    let other = desk.accepting("ben", 1);
    desk.take(other);
    desk.send(console, &announce(10, Some(BUSY), true));
    for conn in [console, other] {
        let told = desk.take_one(conn, "announcement");
        assert_eq!(
            (&told["notice"], &told["paused"], &told["by"]),
            (&json!(BUSY), &json!(true), &json!("op:1"))
        );
        assert_eq!(told["at"], START.timestamp().as_str());
    }
    let token = desk.operator("cleo", "Cleo");
    assert_eq!(announcement_on_coming(&mut desk, &token)["notice"], BUSY);
    desk.send(console, &announce(11, None, false));
    assert_eq!(desk.take_one(other, "announcement")["paused"], false);
    assert_eq!(announcement_on_coming(&mut desk, &token), Value::Null, "nothing to tell");
}

#[test]
fn what_is_announced_outlives_a_restart_and_is_done_once() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("tealight.db");
    let mut desk = TestDesk::over(SqliteStore::open(&file).unwrap(), CONFIG, START);
    let token = desk.supervisor("ada", "Ada");
    let console = desk.console(&token, 9);
    let pause = announce(10, Some(BUSY), true);
    desk.send(console, &pause);
    desk.take_one(console, "ack");
    drop(desk);

    let mut desk = TestDesk::over(SqliteStore::open(&file).unwrap(), CONFIG, START.plus_ms(60_000));
    assert_eq!(announcement_on_coming(&mut desk, &token)["at"], START.timestamp().as_str());
    let console = desk.console(&token, 9);
    desk.send(console, &announce(11, None, false));
    desk.take(console);
    desk.send(console, &pause);
    let again = desk.take(console);
    assert_eq!((again.len(), &again[0]["t"]), (1, &json!("ack")), "it was done before: {again:?}");
    let visitor = desk.connect();
    desk.send(visitor, &hello(1));
    assert_eq!(desk.take_one(visitor, "ready")["service"]["state"], "open", "the last word counts");
    desk.send(console, &announce(10, None, true));
    assert_eq!(desk.take_one(console, "error")["code"], "conflict");
}

#[test]
fn only_who_coordinates_may_announce() {
    let mut desk = TestDesk::new();
    let token = desk.operator("ada", "Ada");
    let console = desk.console(&token, 9);
    desk.send(console, &announce(10, Some(BUSY), true));
    let refused = desk.take_one(console, "error");
    assert_eq!((&refused["code"], &refused["retry"]), (&json!("forbidden"), &json!(false)));
    let visitor = desk.connect();
    desk.send(visitor, &hello(1));
    let service = &desk.take_one(visitor, "ready")["service"];
    assert_eq!((&service["state"], &service["notice"]), (&json!("open"), &Value::Null));
    desk.send(console, &json!({"t": "announce", "cid": cid(11), "notice": "x".repeat(201), "paused": false}));
    assert_eq!(desk.take_one(console, "error")["code"], "too_large");
}

const BUSY: &str = "Many people are trying to reach us tonight.";

fn coordinator(desk: &mut TestDesk) -> tealight_server::desk::ConnId {
    let token = desk.supervisor("ada", "Ada");
    desk.console(&token, 9)
}

fn announce(n: u8, notice: Option<&str>, paused: bool) -> Value {
    let mut frame = json!({"t": "announce", "cid": cid(n), "paused": paused});
    if let Some(notice) = notice {
        frame["notice"] = json!(notice);
    }
    frame
}

fn announcement_on_coming(desk: &mut TestDesk, token: &str) -> Value {
    let conn = desk.connect();
    desk.send(conn, &operator_hello(token, 77));
    desk.take_one(conn, "ready")["announcement"].clone()
}
