//! What a coordinator reads about waits.

use serde_json::json;
use tealight_protocol::{Promises, Timestamp, Visitors, Waits};
use tealight_server::Moment;
use tealight_server::store::{
    OfferedWait, SqliteStore, Store as _, StoreError, WaitClass, WaitOutcome, WaitRecord,
};
use tealight_server::testing::{CONFIG, START, TestDesk, cid};

#[test]
fn with_nothing_known_there_are_no_shares() {
    let desk = TestDesk::new();
    let waits = desk.desk.waits(desk.now);
    assert_eq!((waits.waiting, waits.slots, waits.busy), (0, 0, 0));
    assert_eq!(
        (waits.offered, waits.above_promise, waits.abandoned, waits.met_in_five),
        (None, None, None, None)
    );
    assert_eq!((waits.promises, waits.oldest), (Promises::Unknown, None));
    assert_eq!(waits.hours.len(), 24);
    let nobody = Visitors { came: Some(0), met: Some(0), left: Some(0) };
    assert!(waits.hours.iter().all(|hour| hour.visitors == nobody) && waits.day == nobody);
}

#[test]
fn who_waits_and_who_talks_is_counted_as_it_is() {
    let mut desk = TestDesk::new();
    desk.talking();
    desk.accepting("ben", 2);
    desk.advance(20_000);
    desk.waiting(2);
    desk.waiting(3);
    desk.advance(10_000);
    let waits = asked(&mut desk);
    assert_eq!((waits.waiting, waits.slots, waits.busy), (2, 3, 1));
    assert_eq!(waits.oldest, Some(START.plus_ms(20_000).timestamp()));
    let this_hour = waits.hours.last().unwrap();
    let few = Visitors { came: None, met: None, left: Some(0) };
    assert_eq!(
        (this_hour.visitors, waits.day),
        (few, few),
        "three who came and one who was met are too few to tell"
    );
    assert_eq!(this_hour.at, Timestamp::try_from("2026-11-21T20:00:00.000Z".to_owned()).unwrap());
}

#[test]
fn shares_and_quantiles_are_of_those_they_speak_of() {
    let hour_ago = |n: u64| START.0 - 3_600_000 + n;
    let mut rows = Vec::new();
    // Twenty were met after 1, 2, … 20 minutes; four gave up after a minute; five looked in for 5 s.
    rows.extend((1..=20).map(|n| met(hour_ago(n), n * 60_000)));
    rows.extend((30..34).map(|n| left(hour_ago(n), 60_000, OfferedWait::Known(30 * 60_000))));
    rows.extend((40..45).map(|n| left(hour_ago(n), 5_000, OfferedWait::Pending)));
    let mut desk = desk_with(&rows);
    let waits = asked(&mut desk);
    let offered = waits.offered.unwrap();
    assert_eq!((offered.of, offered.q25_s, offered.q50_s, offered.q90_s), (24, 6 * 60, 12 * 60, 30 * 60));
    let abandoned = waits.abandoned.unwrap();
    assert_eq!((abandoned.percent, abandoned.of), (17, 24), "who looked in for five seconds did not give up");
    let in_five = waits.met_in_five.unwrap();
    assert_eq!((in_five.percent, in_five.of), (25, 20));
    assert_eq!(waits.promises, Promises::Unknown, "two dozen prove nothing");
    let hour = &waits.hours[22];
    assert_eq!(hour.visitors, Visitors { came: Some(29), met: Some(20), left: None }, "nine left");
    assert_eq!(waits.day, hour.visitors);
    assert_eq!(hour.offered.as_ref().unwrap().of, 24);
}

#[test]
fn promises_that_are_broken_or_kept_too_easily_are_an_alarm() {
    for (above, alarm) in [(0, Promises::TooLong), (10, Promises::Good), (40, Promises::TooShort)] {
        let rows: Vec<_> = (0..100)
            .map(|n| met(START.0 - 10_000_000 + n, if n % 100 < above { 25 * 60_000 } else { 60_000 }))
            .collect();
        let mut desk = desk_with(&rows);
        let waits = asked(&mut desk);
        assert_eq!(waits.promises, alarm, "{above} %");
        assert_eq!(waits.above_promise.unwrap().percent, above as u32);
    }
}

#[test]
fn whoever_waits_again_after_a_talk_is_no_further_visitor() {
    let again: Vec<_> = (0..50)
        .map(|n| WaitRecord { class: WaitClass::First, ..met(START.0 - 100_000 + n, 60_000) })
        .collect();
    let mut desk = desk_with(&again);
    let waits = asked(&mut desk);
    assert_eq!((waits.offered, waits.met_in_five), (None, None));
    assert!(waits.hours.iter().all(|hour| hour.visitors.came == Some(0)));
}

#[test]
fn nothing_is_told_of_fewer_than_ten_visitors_neither_on_the_page_nor_in_the_metrics() {
    for many in [1, 5, 9] {
        let rows: Vec<_> = (0..many).map(|n| met(START.0 - 3_600_000 + n, 60_000)).collect();
        let mut desk = desk_with(&rows);
        let waits = asked(&mut desk);
        assert_eq!(
            (waits.offered, waits.above_promise, waits.abandoned, waits.met_in_five),
            (None, None, None, None)
        );
        for hour in &waits.hours {
            assert!(hour.offered.is_none(), "{many}");
            assert!(hour.visitors.came.is_none_or(|n| n == 0) && hour.visitors.met.is_none_or(|n| n == 0));
        }
        assert_eq!((waits.day.came, waits.day.met), (None, None));
    }
}

/// What a console is answered, and what `/metrics` is made of: the same.
fn asked(desk: &mut TestDesk) -> Waits {
    let token = desk.operator("asks", "Asks");
    let console = desk.console(&token, 250);
    desk.send(console, &json!({"t": "query", "cid": cid(240), "what": "waits"}));
    let result = desk.take_one(console, "result");
    let waits: Waits = serde_json::from_value(result["waits"].clone()).unwrap();
    assert_eq!(waits, desk.desk.waits(desk.now));
    waits
}

fn desk_with(rows: &[WaitRecord]) -> TestDesk {
    let mut store = SqliteStore::in_memory().unwrap();
    store
        .write(|tx| rows.iter().try_for_each(|row| tx.insert_wait(row)))
        .map_err(|error: StoreError| error)
        .unwrap();
    TestDesk::over(store, CONFIG, START)
}

fn met(joined: u64, ms: u64) -> WaitRecord {
    WaitRecord {
        joined: Moment(joined),
        ended: Moment(joined + ms),
        area: None,
        class: WaitClass::Usual,
        outcome: WaitOutcome::Met,
        issued_q25: Some(5.0),
        issued_q90: Some(18.0),
        first_upper: Some(20),
        offered: OfferedWait::Known(ms),
    }
}

fn left(joined: u64, ms: u64, offered: OfferedWait) -> WaitRecord {
    WaitRecord { outcome: WaitOutcome::Left, offered, ..met(joined, ms) }
}
