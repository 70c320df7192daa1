//! The range that a visitor is told, and keeps: it falls with the clock, gets worse only with a word, and outlives a
//! restart.

use std::ops::{Deref, DerefMut};

use serde_json::{Value, json};
use tealight_server::desk::ConnId;
use tealight_server::store::{OfferedWait, SqliteStore, Store as _, StoreError, WaitOutcome, WaitRecord};
use tealight_server::testing::{CONFIG, START, TestDesk, cid, hello, resume, start};

#[test]
fn the_upper_end_falls_with_the_clock_and_stands_for_one_moment() {
    let mut desk = busy(&[40, 40]);
    let (visitor, first) = desk.joining(10);
    let promised_by = first["promised_by"].clone();
    assert!(promised_by.is_string(), "{first}");
    assert_eq!(first["worse"], json!(null));
    let mut uppers = vec![upper(&first)];
    for _ in 0..40 {
        desk.stay(&[visitor], 60);
        for queue in desk.take_all(visitor, "queue") {
            uppers.push(upper(&queue));
            if queue["worse"] == json!(true) {
                return;
            }
            assert_eq!(queue["promised_by"], promised_by, "a promise is not moved without a word");
        }
    }
    assert!(uppers.len() > 2 && uppers.is_sorted_by(|a, b| a >= b), "{uppers:?}");
}

#[test]
fn what_takes_longer_is_said_once_on_every_page() {
    let mut desk = busy(&[5, 5]);
    let (visitor, before) = desk.joining(10);
    let epoch = desk.desk.epoch().to_owned();
    let second = desk.connect();
    desk.send(second, &resume(11, 10, &epoch, 1));
    desk.take_one(second, "ready");
    let mut said = [0, 0];
    for minute in 0.. {
        assert!(minute < 240, "nobody ever said so");
        desk.stay(&[visitor, second], 60);
        for (page, said) in [visitor, second].into_iter().zip(&mut said) {
            *said += desk.take_all(page, "queue").iter().filter(|q| q["worse"] == true).count();
        }
        if said != [0, 0] {
            break;
        }
    }
    assert_eq!(said, [1, 1], "each page says it once");
    let again = desk.connect();
    desk.send(again, &resume(12, 10, &epoch, 1));
    let queue = desk.take_one(again, "ready")["conv"]["queue"].clone();
    assert_eq!(queue["worse"], json!(null), "a reload does not say it again");
    assert!(queue["promised_by"].as_str() > before["promised_by"].as_str());
    desk.stay(&[visitor, second, again], 9 * 60);
    for conn in [visitor, second, again] {
        let worse = desk.take_all(conn, "queue").iter().filter(|q| q["worse"] == true).count();
        assert_eq!(worse, 0, "never twice in ten minutes");
    }
}

#[test]
fn whoever_is_away_while_it_gets_worse_reads_it_on_coming_back() {
    let mut desk = busy(&[5, 5]);
    let (visitor, before) = desk.joining(10);
    let epoch = desk.desk.epoch().to_owned();
    desk.disconnect(visitor);
    let mut waited = 0;
    loop {
        // The place is kept for five minutes at a time; a page that is there for a moment keeps it.
        desk.stay(&[], 4 * 60);
        waited += 4;
        let back = desk.connect();
        desk.send(back, &resume(10, 10, &epoch, 1));
        let queue = desk.take_one(back, "ready")["conv"]["queue"].clone();
        if queue["worse"] == json!(true) {
            assert!(queue["promised_by"].as_str() > before["promised_by"].as_str());
            let once_more = desk.connect();
            desk.send(once_more, &resume(10, 10, &epoch, 1));
            let queue = desk.take_one(once_more, "ready")["conv"]["queue"].clone();
            assert_eq!(queue["worse"], json!(null), "it was said");
            return;
        }
        desk.disconnect(back);
        assert!(waited < 180, "nobody ever said so");
    }
}

#[test]
fn a_restart_keeps_promises() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("tealight.db");
    let open = || SqliteStore::open(&file).unwrap();
    let mut desk = busy_over(open(), &[20, 10]);
    let (visitor, told) = desk.joining(10);
    desk.stay(&[visitor], 60);
    let (epoch, at, token) = (desk.desk.epoch().to_owned(), desk.now, desk.volunteers[0].token.clone());
    drop(desk);
    let mut desk = TestDesk::over(open(), CONFIG, at.plus_ms(5_000));
    let back = desk.connect();
    desk.send(back, &resume(10, 10, &epoch, 1));
    desk.take_one(back, "ready");
    let console = desk.console(&token, 200);
    desk.send(console, &json!({"t": "state", "status": "accepting", "capacity": 1}));
    desk.advance(2_000);
    let back = desk.connect();
    desk.send(back, &resume(10, 10, &epoch, 1));
    let queue = desk.take_one(back, "ready")["conv"]["queue"].clone();
    assert_eq!(queue["promised_by"], told["promised_by"], "{queue}");
}

#[test]
fn whoever_joins_reads_what_the_page_said_before() {
    let mut desk = busy(&[30, 12, 3]);
    for n in 10..14 {
        let page = desk.connect();
        desk.send(page, &hello(n));
        let status = desk.take_one(page, "ready")["service"].clone();
        assert_eq!(status["wait"]["kind"], "range");
        desk.send(page, &start(n));
        assert_eq!(desk.take_one(page, "queue")["wait"], status["wait"]);
        desk.advance(7_000);
    }
}

#[test]
fn when_the_last_volunteer_pauses_nobody_is_told_a_number_and_the_promise_comes_back_with_them() {
    let mut desk = busy(&[10]);
    let (visitor, first) = desk.joining(10);
    let console = desk.volunteers[0].console;
    for (status, kind) in [("paused", "unknown"), ("accepting", "range")] {
        let at = desk.now;
        desk.send(console, &json!({"t": "state", "status": status, "capacity": 1}));
        desk.advance(2_000);
        let queue = desk.last_queue(visitor);
        assert_eq!(queue["wait"]["kind"], kind, "within five seconds: {:?}", desk.now.since(at));
        if kind == "range" {
            assert_eq!(queue["promised_by"], first["promised_by"]);
        }
    }
}

#[test]
fn a_wait_leaves_what_was_said_and_what_became_of_it() {
    let mut desk = busy(&[30]);
    let (_, first) = desk.joining(10);
    let rows = waits(&mut desk);
    let before = rows.len();
    let (leaving, _) = desk.joining(11);
    desk.send(leaving, &json!({"t": "end", "cid": cid(99)}));
    desk.advance(1_000);
    let (behind, _) = desk.joining(12);
    let row = waits(&mut desk)[before].clone();
    assert_eq!((row.outcome, row.offered), (WaitOutcome::Left, OfferedWait::Pending));
    assert!(row.issued_q25 < row.issued_q90 && row.issued_q25.is_some(), "{row:?}");
    desk.stay(&[behind], 60);
    desk.end_talk(0, 149);
    desk.claim(0, 150);
    desk.advance(1_000);
    assert_eq!(waits(&mut desk)[before].offered, OfferedWait::Pending, "the one before is met first");
    let met = waits(&mut desk)[before + 1].clone();
    assert_eq!(met.first_upper.map(u64::from), Some(upper(&first) / 60));
    desk.stay(&[behind], 60);
    desk.end_talk(0, 151);
    desk.claim(0, 152);
    let row = waits(&mut desk)[before].clone();
    assert_eq!(row.offered, OfferedWait::Known(desk.now.ms_since(row.joined)), "somebody behind was met");
}

#[test]
fn who_left_before_a_free_operator_found_nobody_would_have_been_met_by_then() {
    let mut desk = TestDesk::new();
    let console = desk.accepting("ada", 1);
    let (visitor, _) = desk.waiting(1);
    desk.advance(20_000);
    desk.send(visitor, &json!({"t": "end", "cid": cid(9)}));
    let row = waits(&mut desk).pop().unwrap();
    assert_eq!((row.outcome, row.offered), (WaitOutcome::Left, OfferedWait::Known(20_000)));
    desk.send(console, &json!({"t": "state", "status": "paused", "capacity": 1}));
    let (visitor, _) = desk.waiting(2);
    desk.send(visitor, &json!({"t": "end", "cid": cid(9)}));
    assert_eq!(waits(&mut desk).pop().unwrap().offered, OfferedWait::Pending, "nobody was free");
    desk.advance(60_000);
    desk.send(console, &json!({"t": "state", "status": "accepting", "capacity": 1}));
    assert_eq!(waits(&mut desk).pop().unwrap().offered, OfferedWait::Known(60_000));
}

#[test]
fn what_nobody_can_know_after_closing_is_never_known() {
    let evening = CONFIG.replace(
        "name = \"Night Line\"",
        "name = \"Night Line\"\nhours = [{ days = [\"daily\"], from = \"20:00\", to = \"20:30\" }]",
    );
    let mut desk = TestDesk::with_config(&evening);
    let (visitor, _) = desk.waiting(1);
    desk.advance(10_000);
    desk.send(visitor, &json!({"t": "end", "cid": cid(9)}));
    assert_eq!(waits(&mut desk).pop().unwrap().offered, OfferedWait::Pending);
    desk.advance(31 * 60_000);
    desk.accepting("ada", 1);
    assert_eq!(waits(&mut desk).pop().unwrap().offered, OfferedWait::Never);
}

/// Volunteers who talk already, each for so many minutes, the longest first.
struct Evening {
    room: TestDesk,
    volunteers: Vec<Volunteer>,
}

struct Volunteer {
    token: String,
    console: ConnId,
    visitor: ConnId,
    conv: Value,
    claim: Value,
}

impl Deref for Evening {
    type Target = TestDesk;

    fn deref(&self) -> &TestDesk {
        &self.room
    }
}

impl DerefMut for Evening {
    fn deref_mut(&mut self) -> &mut TestDesk {
        &mut self.room
    }
}

fn busy(minutes: &[u64]) -> Evening {
    busy_over(SqliteStore::in_memory().unwrap(), minutes)
}

fn busy_over(store: SqliteStore, minutes: &[u64]) -> Evening {
    let mut evening = Evening { room: TestDesk::over(store, CONFIG, START), volunteers: Vec::new() };
    for (index, ages) in minutes.windows(2).chain([&[minutes[minutes.len() - 1], 0][..]]).enumerate() {
        let name = format!("volunteer-{index}");
        let token = evening.operator(&name, &name);
        let console = evening.console(&token, 200 + index as u8);
        evening.send(console, &json!({"t": "state", "status": "accepting", "capacity": 1}));
        let (visitor, _) = evening.waiting(100 + index as u8);
        let (conv, claim) = (Value::Null, Value::Null);
        evening.volunteers.push(Volunteer { token, console, visitor, conv, claim });
        evening.claim(index, 200 + index as u8);
        evening.stay(&[], (ages[0] - ages[1]) * 60);
    }
    evening
}

impl Evening {
    /// Everybody answers pings, and seconds pass.
    fn stay(&mut self, conns: &[ConnId], seconds: u64) {
        for second in 0..seconds {
            if second % 10 == 0 {
                let volunteers = self.volunteers.iter().flat_map(|v| [v.console, v.visitor]);
                for conn in volunteers.chain(conns.iter().copied()).collect::<Vec<_>>() {
                    self.room.send(conn, &json!({"t": "pong"}));
                }
            }
            self.room.advance(1_000);
        }
    }

    fn claim(&mut self, index: usize, command: u8) {
        let console = self.volunteers[index].console;
        self.room.take(console);
        self.room.send(console, &json!({"t": "claim", "cid": cid(command)}));
        let ack = self.room.take_one(console, "ack");
        let volunteer = &mut self.volunteers[index];
        (volunteer.conv, volunteer.claim) = (ack["conv"].clone(), ack["claim"].clone());
    }

    fn end_talk(&mut self, index: usize, command: u8) {
        let Volunteer { console, conv, claim, .. } = &self.volunteers[index];
        let end = json!({"t": "end", "cid": cid(command), "conv": conv, "claim": claim});
        self.room.send(*console, &end);
    }

    /// Somebody joins, and what they read first.
    fn joining(&mut self, n: u8) -> (ConnId, Value) {
        let conn = self.room.visitor(n);
        self.room.send(conn, &start(n));
        let queue = self.room.take_one(conn, "queue");
        (conn, queue)
    }

    fn last_queue(&mut self, conn: ConnId) -> Value {
        self.room.take_all(conn, "queue").pop().unwrap()
    }
}

fn waits(desk: &mut TestDesk) -> Vec<WaitRecord> {
    let mut newest_first = desk.desk.store().read(|tx| tx.waits(100)).map_err(|e: StoreError| e).unwrap();
    newest_first.reverse();
    newest_first
}

fn upper(queue: &Value) -> u64 {
    queue["wait"]["high_s"].as_u64().unwrap_or(u64::MAX)
}
