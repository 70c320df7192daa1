//! Ping and pong, and saying goodbye.

use serde_json::json;
use tealight_protocol::CloseCode;
use tealight_server::desk::Input;
use tealight_server::testing::{TestDesk, cid, hello, resume};

#[test]
fn a_quiet_socket_is_asked_and_then_given_up() {
    let mut desk = TestDesk::new();
    let conn = desk.visitor(1);
    desk.advance(24_999);
    assert!(desk.take_all(conn, "ping").is_empty());
    desk.advance(1);
    assert_eq!(desk.take_all(conn, "ping").len(), 1);
    desk.advance(25_000);
    assert_eq!(desk.take_all(conn, "ping").len(), 1);
    assert_eq!(desk.closed(conn), None);
    desk.advance(25_000);
    assert_eq!(desk.closed(conn), Some(CloseCode::Timeout));
}

#[test]
fn any_frame_counts_as_a_sign_of_life() {
    let mut desk = TestDesk::new();
    let conn = desk.visitor(1);
    for _ in 0..20 {
        desk.advance(26_000);
        desk.send(conn, &json!({"t": "pong"}));
    }
    assert_eq!(desk.closed(conn), None);
}

#[test]
fn a_ping_is_answered() {
    let mut desk = TestDesk::new();
    let conn = desk.visitor(1);
    desk.send(conn, &json!({"t": "ping"}));
    desk.take_one(conn, "pong");
    let token = desk.operator("ada", "Ada");
    let console = desk.console(&token, 2);
    desk.send(console, &json!({"t": "ping"}));
    desk.take_one(console, "pong");
}

#[test]
fn stopping_says_goodbye_to_everybody_and_takes_nobody_new() {
    let mut desk = TestDesk::new();
    let (visitor, console, _, _) = desk.talking();
    desk.take(console);
    desk.input(Input::Stop);
    for conn in [visitor, console] {
        let bye = desk.take_one(conn, "bye");
        assert_eq!(bye["code"], "restart");
        assert!(bye["spread_ms"].as_u64().unwrap() >= 1_000);
        assert_eq!(desk.closed(conn), Some(CloseCode::Restart));
    }
    let late = desk.connect();
    desk.send(late, &hello(9));
    assert_eq!(desk.closed(late), Some(CloseCode::TryLater));
}

#[test]
fn nothing_acknowledged_is_lost_by_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("tealight.db");
    let open = || tealight_server::store::SqliteStore::open(&file).unwrap();
    let mut before =
        TestDesk::over(open(), tealight_server::testing::CONFIG, tealight_server::testing::START);
    let (conn, conv) = before.waiting(1);
    before.send(conn, &json!({"t": "send", "cid": cid(2), "text": "Remember me"}));
    assert_eq!(before.take_one(conn, "ack")["seq"], 2);
    let epoch = before.desk.epoch().to_owned();
    // No Stop: as if the process had been killed right after the acknowledgement.
    drop(before);

    let later = tealight_server::testing::START.plus_ms(5_000);
    let mut after = TestDesk::over(open(), tealight_server::testing::CONFIG, later);
    let conn = after.connect();
    after.send(conn, &resume(1, 1, &epoch, 1));
    let ready = after.take_one(conn, "ready");
    assert_eq!(ready["epoch"], epoch);
    assert_eq!(ready["conv"]["id"], conv);
    assert_eq!(ready["conv"]["events"][0]["text"], "Remember me");
    assert_eq!(ready["conv"]["queue"]["place"], 1);
    // The answer was lost with the process; the client sends again.
    after.send(conn, &json!({"t": "send", "cid": cid(2), "text": "Remember me"}));
    let sent = after.take(conn);
    assert_eq!(sent.len(), 1, "no second event");
    assert_eq!(sent[0]["seq"], 2);
}
