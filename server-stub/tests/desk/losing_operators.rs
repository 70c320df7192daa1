//! An operator's connection is lost: for a moment, or for good.

use serde_json::json;
use tealight_server::desk::Sessions;
use tealight_server::testing::{CONFIG, START, TestDesk, cid, instance, operator_hello};

#[test]
fn within_the_lease_an_operator_comes_back_to_the_conversation() {
    let mut desk = TestDesk::new();
    let (visitor, console, conv, claim) = desk.talking();
    desk.disconnect(console);
    desk.send(visitor, &json!({"t": "send", "cid": cid(2), "text": "Are you there?"}));
    desk.advance(59_000);
    let console = back(&mut desk, &[(&conv, 2)]);
    let ready = desk.take_one(console, "ready");
    let mine = &ready["convs"][0];
    assert_eq!(
        (&mine["id"], &mine["claim"], &mine["state"]),
        (&json!(conv), &json!(claim), &json!("active"))
    );
    assert_eq!(mine["events"][0]["text"], "Are you there?");
    desk.send(console, &json!({"t": "send", "cid": cid(3), "conv": conv, "claim": claim, "text": "Yes"}));
    assert_eq!(desk.take_one(console, "ack")["seq"], 4);
}

#[test]
fn beyond_the_lease_the_visitor_is_told_and_waits_first_in_the_room() {
    let mut desk = TestDesk::new();
    let (visitor, console, conv, claim) = desk.talking();
    let (other, _) = desk.waiting(7);
    desk.disconnect(console);
    keep_alive(&mut desk, &[visitor, other], 60);
    let sent = desk.take(visitor);
    let left = sent.iter().find(|f| f["kind"] == "left").unwrap();
    assert_eq!((&left["reason"], &left["state"]), (&json!("connection_lost"), &json!("waiting")));
    assert_eq!(sent.iter().rfind(|f| f["t"] == "queue").unwrap()["place"], 1);
    keep_alive(&mut desk, &[visitor, other], 4);
    assert_eq!(desk.take_all(other, "queue").pop().unwrap()["place"], 2);

    let console = back(&mut desk, &[(&conv, 2)]);
    let sent = desk.take(console);
    let ready = sent.iter().find(|f| f["t"] == "ready").unwrap();
    assert_eq!(ready["convs"], json!([]));
    assert_eq!(ready["status"], "paused");
    let released: Vec<_> = sent.iter().filter(|f| f["t"] == "released").collect();
    assert_eq!(released.len(), 1);
    assert_eq!((&released[0]["conv"], &released[0]["reason"]), (&json!(conv), &json!("lease")));
    desk.send(console, &json!({"t": "send", "cid": cid(3), "conv": conv, "claim": claim, "text": "Late"}));
    assert_eq!(desk.take_one(console, "error")["code"], "conflict");

    // Taken again by the same operator, the old number still opens nothing.
    desk.send(console, &json!({"t": "claim", "cid": cid(4)}));
    let ack = desk.take_one(console, "ack");
    assert_eq!(ack["conv"], conv);
    assert!(ack["claim"].as_u64().unwrap() > claim);
    desk.send(console, &json!({"t": "send", "cid": cid(5), "conv": conv, "claim": claim, "text": "Late"}));
    assert_eq!(desk.take_one(console, "error")["code"], "conflict");
}

#[test]
fn a_restart_of_the_server_gives_operators_their_lease() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("tealight.db");
    let open = || tealight_server::store::SqliteStore::open(&file).unwrap();
    let mut before = TestDesk::over(open(), CONFIG, START);
    let (_, _, conv, claim) = before.talking();
    let now = before.now;
    drop(before);
    let mut after = TestDesk::over(open(), CONFIG, now.plus_ms(10_000));
    assert_eq!(after.desk.counts().active, 1);
    after.advance(59_000);
    let console = back(&mut after, &[]);
    let ready = after.take_one(console, "ready");
    assert_eq!((&ready["convs"][0]["id"], &ready["convs"][0]["claim"]), (&json!(conv), &json!(claim)));
    assert_eq!(ready["status"], "accepting");
    after.advance(5_000);
    assert_eq!(after.desk.counts().active, 1);
}

#[test]
fn a_second_console_keeps_everything_when_the_first_goes() {
    let mut desk = TestDesk::new();
    let (visitor, first, _, _) = desk.talking();
    let second = back(&mut desk, &[]);
    desk.take(second);
    desk.disconnect(first);
    for _ in 0..8 {
        desk.send(second, &json!({"t": "pong"}));
        desk.send(visitor, &json!({"t": "pong"}));
        desk.advance(10_000);
    }
    assert_eq!(desk.desk.counts().active, 1);
    desk.send(visitor, &json!({"t": "send", "cid": cid(2), "text": "Hello"}));
    assert_eq!(desk.take_one(second, "event")["text"], "Hello");
}

#[test]
fn logging_out_closes_the_console_and_the_lease_begins() {
    let mut desk = TestDesk::new();
    let (visitor, console, _, _) = desk.talking();
    let token = ada_token();
    let now = desk.now;
    desk.desk.log_out(now, &tealight_server::digest::of(&token), Sessions::This).unwrap();
    desk.input(tealight_server::desk::Input::Tick);
    assert_eq!(desk.closed(console), Some(tealight_protocol::CloseCode::Expired));
    keep_alive(&mut desk, &[visitor], 61);
    assert_eq!(desk.desk.counts().waiting, 1);
    let again = desk.connect();
    desk.send(again, &operator_hello(&token, 9));
    assert_eq!(desk.closed(again), Some(tealight_protocol::CloseCode::Expired));
}

/// The token of the operator in `TestDesk::talking`, who is the first that the desk adds.
fn ada_token() -> String {
    TestDesk::new().operator("ada", "ada")
}

fn back(desk: &mut TestDesk, shown: &[(&str, u64)]) -> tealight_server::desk::ConnId {
    let after: serde_json::Map<_, _> =
        shown.iter().map(|(conv, seq)| ((*conv).to_owned(), json!(seq))).collect();
    let conn = desk.connect();
    let epoch = desk.desk.epoch().to_owned();
    desk.send(
        conn,
        &json!({"t": "hello", "role": "operator", "inst": instance(77), "auth": ada_token(),
                "epoch": epoch, "after": after}),
    );
    conn
}

fn keep_alive(desk: &mut TestDesk, sockets: &[tealight_server::desk::ConnId], seconds: u64) {
    for _ in 0..seconds {
        for conn in sockets {
            desk.send(*conn, &json!({"t": "pong"}));
        }
        desk.advance(1_000);
    }
}
