//! Coming back: with the secret, to exactly what was missed.

use serde_json::{Value, json};
use tealight_protocol::CloseCode;
use tealight_server::testing::{TestDesk, cid, resume, secret, start};

#[test]
fn exactly_the_missed_events_are_given() {
    let mut desk = TestDesk::new();
    let (conn, _) = with_messages(&mut desk, 5);
    desk.disconnect(conn);
    let ready = come_back(&mut desk, 1, 3);
    assert_eq!(seqs(&ready["conv"]["events"]), [4, 5, 6]);
    assert_eq!(ready["conv"]["reset"], false);
    assert_eq!(ready["conv"]["more"], false);
    assert_eq!(ready["conv"]["last"], 6);
    assert_eq!(ready["conv"]["queue"]["place"], 1);
    let ready = come_back(&mut desk, 1, 6);
    assert_eq!(ready["conv"]["events"], json!([]));
}

#[test]
fn what_does_not_fit_the_log_is_answered_with_everything() {
    let mut desk = TestDesk::new();
    with_messages(&mut desk, 2);
    let ready = come_back(&mut desk, 1, 9);
    assert_eq!(ready["conv"]["reset"], true);
    assert_eq!(seqs(&ready["conv"]["events"]), [1, 2, 3]);
    let conn = desk.connect();
    desk.send(conn, &resume(1, 1, "another-epoch", 2));
    let ready = desk.take_one(conn, "ready");
    assert_eq!(ready["conv"]["reset"], true);
    assert_eq!(seqs(&ready["conv"]["events"]), [1, 2, 3]);
}

#[test]
fn a_long_history_comes_in_pages_without_a_gap() {
    let mut desk = TestDesk::new();
    let (conn, _) = desk.waiting(1);
    for n in 0..=249u8 {
        desk.send(conn, &json!({"t": "send", "cid": cid(n), "text": "long ".repeat(60)}));
        desk.advance(500);
        desk.take(conn);
    }
    // The cid of the start was used again for the second message: that one was a conflict.
    let ready = come_back(&mut desk, 2, 0);
    let mut got = seqs(&ready["conv"]["events"]);
    assert_eq!(ready["conv"]["more"], true);
    assert_eq!(ready["conv"]["last"], 250);
    let conn = desk.connect();
    let epoch = desk.desk.epoch().to_owned();
    desk.send(conn, &resume(3, 1, &epoch, 250));
    desk.take(conn);
    loop {
        desk.send(conn, &json!({"t": "sync", "after": got.last().unwrap()}));
        let page = desk.take_one(conn, "history");
        got.extend(seqs(&page["events"]));
        if page["more"] == false {
            break;
        }
    }
    assert_eq!(got, (1..=250).collect::<Vec<_>>());
}

#[test]
fn a_wrong_secret_opens_nothing() {
    let mut desk = TestDesk::new();
    desk.waiting(1);
    let conn = desk.connect();
    let epoch = desk.desk.epoch().to_owned();
    desk.send(conn, &resume(1, 99, &epoch, 0));
    assert_eq!(desk.closed(conn), Some(CloseCode::UnknownSecret));
    assert!(desk.take(conn).is_empty());
}

#[test]
fn a_newer_socket_of_the_same_page_replaces_the_older() {
    let mut desk = TestDesk::new();
    let (old, _) = desk.waiting(1);
    come_back(&mut desk, 1, 1);
    assert_eq!(desk.closed(old), Some(CloseCode::Replaced));
    desk.send(old, &json!({"t": "send", "cid": cid(7), "text": "too late"}));
    assert_eq!(desk.desk.counts().messages, 0);
}

#[test]
fn a_hello_that_was_long_under_way_does_not_replace_a_newer_socket() {
    let mut desk = TestDesk::new();
    let (first, _) = desk.waiting(1);
    let epoch = desk.desk.epoch().to_owned();
    let (slow, quick) = (desk.connect(), desk.connect());
    desk.send(quick, &resume(1, 1, &epoch, 1));
    desk.send(slow, &resume(1, 1, &epoch, 1));
    assert_eq!(
        [first, slow, quick].map(|conn| desk.closed(conn)),
        [Some(CloseCode::Replaced), Some(CloseCode::Replaced), None]
    );
}

#[test]
fn a_start_that_was_long_under_way_does_not_replace_a_newer_socket() {
    let mut desk = TestDesk::new();
    let (slow, quick) = (desk.visitor(1), desk.visitor(1));
    desk.send(quick, &start(1));
    desk.send(slow, &start(1));
    assert_eq!([slow, quick].map(|conn| desk.closed(conn)), [Some(CloseCode::Replaced), None]);
}

#[test]
fn two_pages_see_every_event() {
    let mut desk = TestDesk::new();
    let (first, _) = desk.waiting(1);
    let second = desk.connect();
    let epoch = desk.desk.epoch().to_owned();
    desk.send(second, &resume(2, 1, &epoch, 1));
    desk.take(second);
    desk.send(first, &json!({"t": "send", "cid": cid(7), "text": "a"}));
    desk.send(second, &json!({"t": "send", "cid": cid(8), "text": "b"}));
    for conn in [first, second] {
        let texts: Vec<_> = desk.take_all(conn, "event").iter().map(|e| e["text"].clone()).collect();
        assert_eq!(texts, ["a", "b"]);
    }
}

#[test]
fn at_most_four_pages_follow_a_conversation() {
    let mut desk = TestDesk::new();
    let (first, _) = desk.waiting(1);
    for inst in 2..=4 {
        come_back(&mut desk, inst, 1);
    }
    let fifth = desk.connect();
    let epoch = desk.desk.epoch().to_owned();
    desk.send(fifth, &resume(5, 1, &epoch, 1));
    assert_eq!(desk.closed(fifth), Some(CloseCode::TooMany));
    assert_eq!(desk.closed(first), None);
    come_back(&mut desk, 4, 1);
}

#[test]
fn the_secret_is_never_sent_back() {
    let mut desk = TestDesk::new();
    let (visitor, console, _, _) = desk.talking();
    let everything = format!("{:?}{:?}", desk.take(visitor), desk.take(console));
    assert!(!everything.contains(&secret(1)));
}

fn with_messages(desk: &mut TestDesk, count: u8) -> (tealight_server::desk::ConnId, String) {
    let (conn, conv) = desk.waiting(1);
    for n in 0..count {
        desk.send(conn, &json!({"t": "send", "cid": cid(10 + n), "text": format!("{n}")}));
    }
    desk.take(conn);
    (conn, conv)
}

fn come_back(desk: &mut TestDesk, inst: u8, after: u64) -> Value {
    let conn = desk.connect();
    let epoch = desk.desk.epoch().to_owned();
    desk.send(conn, &resume(inst, 1, &epoch, after));
    desk.take_one(conn, "ready")
}

fn seqs(events: &Value) -> Vec<u64> {
    events.as_array().unwrap().iter().map(|e| e["seq"].as_u64().unwrap()).collect()
}
