//! Shifts: who may plan whose, what a plan must be, and what the estimate makes of it.

use serde_json::{Value, json};
use tealight_protocol::{ShiftId, limits};
use tealight_server::Moment;
use tealight_server::desk::ConnId;
use tealight_server::store::{ShiftRecord, SqliteStore, Store as _, StoreError};
use tealight_server::testing::{CONFIG, START, TestDesk, cid, operator_hello};

#[test]
fn an_operator_plans_changes_and_takes_out_a_shift_of_their_own() {
    let mut desk = TestDesk::new();
    let console = plain(&mut desk, "ada");
    desk.send(console, &shift(1, 1, Some("op:1"), (60, 240), 2));
    assert_eq!(desk.take_one(console, "ack")["cid"], cid(1));
    let planned = roster(&mut desk, console);
    assert_eq!(planned["time_zone"], "UTC");
    let expected =
        json!({"id": id(1), "operator": "op:1", "name": "ada", "from": at(60), "to": at(240), "at_once": 2});
    assert_eq!(planned["shifts"], json!([expected]));
    assert_eq!(planned["people"], Value::Null, "who plans nobody else needs no list");

    desk.send(console, &shift(2, 1, Some("op:1"), (90, 240), 1));
    desk.take_one(console, "ack");
    let changed = roster(&mut desk, console)["shifts"].clone();
    assert_eq!((changed.as_array().unwrap().len(), &changed[0]["from"]), (1, &json!(at(90))));

    desk.send(console, &json!({"t": "unshift", "cid": cid(3), "id": id(1)}));
    desk.take_one(console, "ack");
    assert_eq!(roster(&mut desk, console)["shifts"], json!([]));
    desk.send(console, &json!({"t": "unshift", "cid": cid(4), "id": id(1)}));
    desk.take_one(console, "ack");
}

#[test]
fn only_who_coordinates_plans_others_and_numbers_of_people() {
    let mut desk = TestDesk::new();
    let token = desk.supervisor("cleo", "Cleo");
    let boss = desk.console(&token, 9);
    let console = plain(&mut desk, "ada");
    let everybody_but_boss = [Some("op:1"), None];
    for (n, who) in everybody_but_boss.into_iter().enumerate() {
        let n = n as u8 + 1;
        desk.send(console, &shift(n, n, who, (60, 120), 1));
        assert_eq!(desk.take_one(console, "error")["code"], "forbidden", "{who:?}");
        desk.send(boss, &shift(n, n, who, (60, 120), 1));
        desk.take_one(boss, "ack");
    }
    desk.send(boss, &shift(3, 3, Some("op:2"), (60, 120), 1));
    desk.take_one(boss, "ack");
    desk.send(console, &shift(4, 1, Some("op:2"), (200, 220), 1));
    assert_eq!(desk.take_one(console, "error")["code"], "forbidden", "not even by making it one's own");
    desk.send(console, &json!({"t": "unshift", "cid": cid(5), "id": id(1)}));
    assert_eq!(desk.take_one(console, "error")["code"], "forbidden");
    desk.send(console, &json!({"t": "unshift", "cid": cid(6), "id": id(3)}));
    desk.take_one(console, "ack");
    let told = roster(&mut desk, boss);
    assert_eq!(told["shifts"].as_array().unwrap().len(), 2);
    assert_eq!(told["people"], json!([{"id": "op:1", "name": "Cleo"}, {"id": "op:2", "name": "ada"}]));
}

#[test]
fn what_is_no_shift_is_refused_and_said() {
    let mut desk = TestDesk::new();
    let console = plain(&mut desk, "ada");
    let day = 24 * 60;
    let cases = [
        (shift(1, 1, Some("op:1"), (60, 60), 1), "bad_request", "ends after it begins"),
        (shift(1, 1, Some("op:1"), (60, 30), 1), "bad_request", "ends after it begins"),
        (shift(1, 1, Some("op:1"), (60, 61 + day), 1), "bad_request", "24 hours"),
        (shift(1, 1, Some("op:1"), (-60, 0), 1), "bad_request", "over already"),
        (shift(1, 1, Some("op:1"), (14 * day + 1, 14 * day + 9), 1), "bad_request", "14 days"),
        (shift(1, 1, Some("op:1"), (60, 120), 0), "bad_request", "1 to 3"),
        (shift(1, 1, Some("op:1"), (60, 120), limits::CAPACITY + 1), "bad_request", "1 to 3"),
        (impossible_day(), "bad_request", "calendar"),
    ];
    for (frame, code, why) in cases {
        desk.send(console, &frame);
        let refused = desk.take_one(console, "error");
        assert_eq!((&refused["code"], &refused["retry"]), (&json!(code), &json!(false)), "{why}");
        assert!(refused["message"].as_str().unwrap().contains(why), "{why}: {refused}");
    }
    let token = desk.supervisor("cleo", "Cleo");
    let boss = desk.console(&token, 9);
    desk.send(boss, &shift(2, 1, Some("op:77"), (60, 120), 1));
    assert_eq!(desk.take_one(boss, "error")["code"], "not_found");
    assert_eq!(roster(&mut desk, boss)["shifts"], json!([]));
}

#[test]
fn nobody_is_on_two_shifts_at_once() {
    let mut desk = TestDesk::with_config(WEEKLY);
    let console = plain(&mut desk, "ada");
    desk.send(console, &shift(1, 1, Some("op:1"), (-20, 60), 1));
    assert_eq!(desk.take_one(console, "error")["code"], "conflict", "the configuration's runs until 20:30");
    desk.send(console, &shift(2, 1, Some("op:1"), (30, 60), 1));
    desk.take_one(console, "ack");
    desk.send(console, &shift(3, 2, Some("op:1"), (59, 90), 1));
    assert_eq!(desk.take_one(console, "error")["code"], "conflict");
    desk.send(console, &shift(4, 2, Some("op:1"), (60, 90), 1));
    desk.take_one(console, "ack");
    desk.send(console, &shift(5, 2, Some("op:1"), (61, 95), 1));
    desk.take_one(console, "ack");
    let told = roster(&mut desk, console);
    let shifts = told["shifts"].as_array().unwrap();
    let changed = shifts.iter().find(|shift| shift["id"] == id(2)).unwrap();
    assert_eq!(changed["to"], at(95), "it does not overlap itself");
}

#[test]
fn a_shift_of_the_configuration_is_told_and_not_changed() {
    let mut desk = TestDesk::with_config(WEEKLY);
    let token = desk.supervisor("ada", "Ada");
    let boss = desk.console(&token, 9);
    let told = roster(&mut desk, boss);
    let shifts = told["shifts"].as_array().unwrap();
    assert_eq!(
        shifts.len(),
        6,
        "two of today, next Saturday and the one after, Saturday in two weeks not begun: {told:#}"
    );
    assert_eq!((&shifts[0]["name"], &shifts[0]["fixed"]), (&json!("Ada"), &json!(true)));
    assert_eq!((&shifts[1]["operator"], &shifts[1]["at_once"]), (&Value::Null, &json!(3)));
    let first = shifts[0]["id"].as_str().unwrap().to_owned();
    desk.send(boss, &json!({"t": "unshift", "cid": cid(1), "id": first}));
    assert_eq!(desk.take_one(boss, "error")["code"], "forbidden");
    let mut change = shift(2, 1, Some("op:1"), (300, 400), 1);
    change["shift"]["id"] = json!(first);
    desk.send(boss, &change);
    assert_eq!(desk.take_one(boss, "error")["code"], "forbidden");
    desk.advance(60_000);
    assert_eq!(roster(&mut desk, boss)["shifts"][0]["id"], first.as_str(), "always the same");
}

#[test]
fn the_roster_begins_at_the_last_midnight_and_what_is_over_is_gone_after_it() {
    let mut desk = TestDesk::new();
    let token = desk.operator("ada", "Ada");
    let console = desk.console(&token, 9);
    desk.send(console, &shift(1, 1, Some("op:1"), (0, 10), 1));
    desk.take_one(console, "ack");
    desk.advance(60 * 60_000);
    let console = desk.console(&token, 9);
    assert_eq!(roster(&mut desk, console)["shifts"].as_array().unwrap().len(), 1, "earlier today");
    desk.advance(4 * 60 * 60_000);
    let console = desk.console(&token, 9);
    assert_eq!(roster(&mut desk, console)["shifts"], json!([]), "yesterday");
}

#[test]
fn a_shift_outlives_a_restart_and_the_same_command_is_done_once() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("tealight.db");
    let mut desk = TestDesk::over(SqliteStore::open(&file).unwrap(), CONFIG, START);
    let token = desk.operator("ada", "Ada");
    let console = desk.console(&token, 9);
    let planned = shift(1, 1, Some("op:1"), (60, 120), 1);
    desk.send(console, &planned);
    desk.take_one(console, "ack");
    drop(desk);

    let mut desk = TestDesk::over(SqliteStore::open(&file).unwrap(), CONFIG, START.plus_ms(1_000));
    let console = desk.console(&token, 9);
    assert_eq!(roster(&mut desk, console)["shifts"][0]["id"], id(1));
    desk.send(console, &json!({"t": "unshift", "cid": cid(2), "id": id(1)}));
    desk.take_one(console, "ack");
    desk.send(console, &planned);
    desk.take_one(console, "ack");
    assert_eq!(roster(&mut desk, console)["shifts"], json!([]), "it was done before it was taken back");
    desk.send(console, &shift(1, 2, Some("op:1"), (60, 120), 1));
    assert_eq!(desk.take_one(console, "error")["code"], "conflict");
}

#[test]
fn there_are_only_so_many_shifts() {
    let mut desk = TestDesk::new();
    let token = desk.operator("ada", "Ada");
    let console = desk.console(&token, 9);
    let planned = |n: usize| ShiftRecord {
        id: ShiftId::from_bytes([(n % 256) as u8, (n / 256) as u8, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9]),
        operator: None,
        from: START.plus_ms(60_000),
        to: START.plus_ms(120_000),
        at_once: 1,
    };
    let filled: Result<(), StoreError> =
        desk.desk.store().write(|tx| (0..limits::SHIFTS).try_for_each(|n| tx.put_shift(&planned(n))));
    filled.unwrap();
    desk.send(console, &shift(1, 1, Some("op:1"), (60, 120), 1));
    assert_eq!(desk.take_one(console, "error")["code"], "too_large");
    desk.advance(180_000);
    let console = desk.console(&token, 9);
    desk.send(console, &shift(2, 1, Some("op:1"), (60, 120), 1));
    desk.take_one(console, "ack");
}

#[test]
fn how_many_could_be_talked_with_is_known_from_midnight_on() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("tealight.db");
    let mut desk = TestDesk::over(SqliteStore::open(&file).unwrap(), CONFIG, START);
    let token = desk.operator("ada", "Ada");
    let console = desk.console(&token, 9);
    assert_eq!(roster(&mut desk, console)["staffed"], json!([]), "nobody was there yet");
    state(&mut desk, console, "accepting", 3);
    desk.advance(60_000);
    state(&mut desk, console, "paused", 3);
    assert_eq!(staffed(&mut desk, console), [(at(0), 3), (at(1), 0)]);

    // Who changes their mind at once makes no history.
    state(&mut desk, console, "accepting", 1);
    state(&mut desk, console, "accepting", 2);
    state(&mut desk, console, "accepting", 1);
    desk.advance(60_000);
    let seen = staffed(&mut desk, console);
    assert_eq!((seen.len(), seen[2].1), (3, 1), "{seen:?}");
    drop(desk);

    let mut desk = TestDesk::over(SqliteStore::open(&file).unwrap(), CONFIG, START.plus_ms(300_000));
    let console = desk.connect();
    desk.send(console, &operator_hello(&token, 9));
    let seen = staffed(&mut desk, console);
    assert_eq!(seen[3], (at(5), 0), "nobody could be reached while nobody was connected: {seen:?}");
}

#[test]
fn the_end_of_a_shift_reaches_the_estimate_and_so_does_its_change() {
    let mut desk = TestDesk::new();
    let console = desk.accepting("ada", 1);
    desk.waiting(1);
    desk.send(console, &json!({"t": "claim", "cid": cid(50)}));
    let looking = desk.visitor(9);
    desk.take(looking);
    let open = upper(&desk);
    desk.send(console, &shift(1, 1, Some("op:1"), (0, 20), 1));
    desk.advance(5_000);
    assert_ne!(upper(&desk), open, "whoever comes now will find her gone");
    desk.send(console, &json!({"t": "unshift", "cid": cid(2), "id": id(1)}));
    desk.advance(5_000);
    assert_eq!(upper(&desk), open);
}

const WEEKLY: &str = r#"
[server]
[service]
name = "Night Line"
[[shifts]]
who = "ADA"
days = ["sat"]
from = "18:00"
to = "20:30"
[[shifts]]
days = ["sat"]
from = "18:00"
to = "22:00"
at_once = 3
[[shifts]]
who = "nobody-knows-them"
days = ["daily"]
from = "18:00"
to = "22:00"
"#;

fn plain(desk: &mut TestDesk, name: &str) -> ConnId {
    let token = desk.operator(name, name);
    desk.console(&token, 30)
}

fn shift(n: u8, shift: u8, who: Option<&str>, (from, to): (i64, i64), at_once: u8) -> Value {
    let mut planned = json!({"id": id(shift), "from": at(from), "to": at(to), "at_once": at_once});
    if let Some(who) = who {
        planned["operator"] = json!(who);
    }
    json!({"t": "shift", "cid": cid(n), "shift": planned})
}

fn impossible_day() -> Value {
    let mut frame = shift(1, 1, Some("op:1"), (60, 120), 1);
    frame["shift"]["to"] = json!("2026-11-31T20:00:00Z");
    frame
}

fn id(n: u8) -> String {
    ShiftId::from_bytes([n; 16]).as_str().to_owned()
}

/// Minutes after the start, as the wire has them.
fn at(minutes: i64) -> String {
    Moment(START.0.saturating_add_signed(minutes * 60_000)).timestamp().as_str().to_owned()
}

fn roster(desk: &mut TestDesk, conn: ConnId) -> Value {
    desk.take(conn);
    desk.send(conn, &json!({"t": "query", "cid": cid(99), "what": "roster"}));
    let answer = desk.take_one(conn, "result");
    assert_eq!(answer["more"], Value::Null);
    answer["roster"].clone()
}

fn staffed(desk: &mut TestDesk, conn: ConnId) -> Vec<(String, u64)> {
    let told = roster(desk, conn);
    let entries = told["staffed"].as_array().unwrap();
    entries.iter().map(|e| (e["at"].as_str().unwrap().to_owned(), e["slots"].as_u64().unwrap())).collect()
}

fn state(desk: &mut TestDesk, conn: ConnId, status: &str, capacity: u8) {
    desk.send(conn, &json!({"t": "state", "status": status, "capacity": capacity}));
}

fn upper(desk: &TestDesk) -> Value {
    serde_json::to_value(desk.desk.service_status(desk.now).wait).unwrap()
}
