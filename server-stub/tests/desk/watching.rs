//! Supervisors read along and whisper. The visitor never notices; whoever has the conversation is told.

use serde_json::{Value, json};
use tealight_protocol::CloseCode;
use tealight_server::desk::ConnId;
use tealight_server::testing::{TestDesk, cid};

#[test]
fn watching_shows_everything_to_one_socket_and_is_invisible_to_the_visitor() {
    let mut desk = TestDesk::new();
    let (visitor, ada, conv, claim) = desk.talking();
    let (kim, token) = supervisor(&mut desk);
    let other = desk.console(&token, 10);
    take(&mut desk, &[visitor, ada, kim, other]);
    desk.send(kim, &watch(&conv, true));
    let watching = desk.take_one(kim, "watching")["conversation"].clone();
    assert_eq!((&watching["claim"], &watching["state"]), (&json!(0), &json!("active")));
    assert_eq!(watching["events"].as_array().unwrap().len(), 2);
    assert_eq!(desk.take_one(ada, "watchers"), json!({"t": "watchers", "conv": conv, "who": ["op:2"]}));
    assert!(desk.take(visitor).is_empty());

    desk.send(visitor, &json!({"t": "typing", "on": true}));
    desk.send(visitor, &json!({"t": "send", "cid": cid(9), "text": "Hello"}));
    desk.send(ada, &json!({"t": "send", "cid": cid(60), "conv": conv, "claim": claim, "text": "Hi"}));
    desk.send(ada, &json!({"t": "mark", "conv": conv, "delivered": 3, "read": 3}));
    desk.send(visitor, &json!({"t": "presence", "visible": false}));
    desk.send(ada, &json!({"t": "note", "cid": cid(61), "conv": conv, "claim": claim, "text": "Hm"}));
    let seen: Vec<_> =
        desk.take(kim).into_iter().filter(|f| f["t"] != "board").map(|f| f["t"].clone()).collect();
    assert_eq!(seen, ["typing", "typing", "event", "event", "marks", "presence", "note"]);
    assert!(desk.take(other).iter().all(|f| f["t"] == "board"), "another socket of the same person");

    desk.take(visitor);
    desk.send(kim, &json!({"t": "typing", "conv": conv, "on": true}));
    desk.send(kim, &json!({"t": "mark", "conv": conv, "delivered": 4, "read": 4}));
    desk.send(kim, &json!({"t": "sync", "conv": conv, "after": 2}));
    assert_eq!(desk.take_one(kim, "history")["events"].as_array().unwrap().len(), 2);
    assert!(desk.take(visitor).is_empty());
    for (n, frame) in (70..).zip([
        json!({"t": "send", "conv": conv, "claim": claim, "text": "I am here too"}),
        json!({"t": "end", "conv": conv, "claim": claim}),
        json!({"t": "transfer", "conv": conv, "claim": claim, "to": {}}),
        json!({"t": "offer", "conv": conv, "claim": claim, "offer": "phone"}),
    ]) {
        let mut frame = frame;
        frame["cid"] = json!(cid(n));
        desk.send(kim, &frame);
        assert_eq!(desk.take_one(kim, "error")["code"], "forbidden");
    }
    desk.take(ada);
    desk.send(kim, &watch(&conv, false));
    assert_eq!(desk.take_one(ada, "watchers")["who"], json!([]));
    desk.send(visitor, &json!({"t": "send", "cid": cid(10), "text": "Again"}));
    assert!(desk.take_all(kim, "event").is_empty());
}

#[test]
fn a_whisper_reaches_whoever_has_the_conversation_and_nobody_else() {
    let mut desk = TestDesk::new();
    let (visitor, ada, conv, _) = desk.talking();
    let ben = desk.accepting("ben", 1);
    let (kim, token) = supervisor(&mut desk);
    let whisper = json!({"t": "note", "cid": cid(60), "conv": conv, "text": "Ask about tonight"});
    desk.send(kim, &whisper);
    assert_eq!(desk.take_one(kim, "error")["code"], "forbidden", "not before watching");
    desk.send(kim, &watch(&conv, true));
    desk.advance(300);
    take(&mut desk, &[visitor, ada, ben, kim]);
    desk.send(kim, &whisper);
    assert_eq!(desk.take_one(kim, "ack")["n"], 1);
    assert_eq!(desk.take_one(ada, "note")["text"], "Ask about tonight");
    assert!(desk.take(visitor).is_empty() && desk.take(ben).is_empty());

    // After a lost connection it is said again, with the same answer, even before watching again.
    desk.disconnect(kim);
    assert_eq!(desk.take_one(ada, "watchers")["who"], json!([]));
    let kim = desk.console(&token, 11);
    desk.send(kim, &whisper);
    assert_eq!(desk.take_one(kim, "ack")["n"], 1);
    assert!(desk.take_all(ada, "note").is_empty());
    let epoch = desk.desk.epoch().to_owned();
    let back = desk.connect();
    desk.send(back, &tealight_server::testing::resume(1, 1, &epoch, 0));
    assert!(!json!(desk.take(back)).to_string().contains("tonight"));
}

#[test]
fn a_plain_operator_watches_nobody() {
    let mut desk = TestDesk::new();
    let (_, ada, conv, _) = desk.talking();
    let ben = desk.accepting("ben", 1);
    desk.take(ben);
    desk.send(ben, &watch(&conv, true));
    assert_eq!(desk.take_one(ben, "error")["code"], "forbidden");
    assert!(desk.take_all(ada, "watchers").is_empty());
}

#[test]
fn the_right_is_announced_and_watching_has_bounds() {
    let mut desk = TestDesk::new();
    let convs: Vec<_> = (1..=5).map(|n| desk.waiting(n).1).collect();
    let token = desk.supervisor("kim", "Kim");
    let kim = desk.connect();
    desk.send(kim, &tealight_server::testing::operator_hello(&token, 9));
    let ready = desk.take_one(kim, "ready");
    assert_eq!(ready["rights"], json!(["watch", "coordinate"]));
    assert!(
        ["transfer", "notes", "watch", "offers"]
            .iter()
            .all(|cap| ready["caps"].as_array().unwrap().contains(&json!(cap)))
    );
    for conv in &convs[..4] {
        desk.send(kim, &watch(conv, true));
        assert_eq!(desk.take_one(kim, "watching")["conversation"]["state"], "waiting");
    }
    desk.send(kim, &watch(&convs[0], true));
    desk.take_one(kim, "watching");
    desk.send(kim, &watch(&convs[4], true));
    assert_eq!(desk.take_one(kim, "error")["code"], "conflict");
    desk.send(kim, &watch("nowhere", true));
    assert_eq!(desk.take_one(kim, "error")["code"], "not_found");
    desk.send(kim, &watch(&convs[0], false));
    desk.send(kim, &watch(&convs[4], true));
    desk.take_one(kim, "watching");
}

#[test]
fn who_takes_a_watched_conversation_no_longer_watches_it() {
    let mut desk = TestDesk::new();
    let (visitor, conv) = desk.waiting(1);
    let (kim, _) = supervisor(&mut desk);
    desk.send(kim, &watch(&conv, true));
    desk.take(kim);
    desk.send(kim, &json!({"t": "claim", "cid": cid(60), "conv": conv}));
    let sent = desk.take(kim);
    let claim = sent.iter().find(|f| f["t"] == "ack").unwrap()["claim"].clone();
    assert_eq!(sent.iter().find(|f| f["t"] == "assigned").unwrap()["conversation"]["watchers"], Value::Null);
    desk.send(visitor, &json!({"t": "send", "cid": cid(9), "text": "Hello"}));
    assert_eq!(desk.take_all(kim, "event").len(), 1, "each event once");
    desk.send(kim, &json!({"t": "send", "cid": cid(61), "conv": conv, "claim": claim, "text": "Hi"}));
    desk.take_one(kim, "ack");
    desk.send(kim, &watch(&conv, true));
    assert_eq!(desk.take_one(kim, "error")["code"], "conflict");
}

#[test]
fn a_watcher_sees_a_conversation_change_hands_and_end_and_go() {
    let mut desk = TestDesk::new();
    let (visitor, ada, conv, claim) = desk.talking();
    let (kim, _) = supervisor(&mut desk);
    desk.send(kim, &watch(&conv, true));
    desk.take(kim);
    desk.send(
        ada,
        &json!({"t": "transfer", "cid": cid(60), "conv": conv, "claim": claim, "to": {}, "note": "Soft"}),
    );
    let sent = desk.take(kim);
    assert_eq!(sent.iter().find(|f| f["t"] == "event").unwrap()["kind"], "transferred");
    assert_eq!(sent.iter().find(|f| f["t"] == "note").unwrap()["text"], "Soft");
    let ben = desk.accepting("ben", 1);
    desk.send(ben, &json!({"t": "claim", "cid": cid(61)}));
    let assigned = desk.take_one(ben, "assigned")["conversation"].clone();
    assert_eq!(assigned["watchers"], json!(["op:2"]), "the next one is told, too");
    assert_eq!(desk.take_all(kim, "event").pop().unwrap()["kind"], "joined");
    desk.send(visitor, &json!({"t": "end", "cid": cid(9)}));
    let ended: Vec<_> = desk.take_all(kim, "event").into_iter().map(|e| e["kind"].clone()).collect();
    assert_eq!(ended, ["ended", "survey"]);
    desk.send(visitor, &json!({"t": "erase", "cid": cid(10)}));
    assert_eq!(desk.take_one(kim, "released"), json!({"t": "released", "conv": conv, "reason": "erased"}));
}

#[test]
fn when_the_right_is_withdrawn_watching_ends_within_seconds() {
    let mut desk = TestDesk::new();
    let (visitor, ada, conv, _) = desk.talking();
    let (kim, token) = supervisor(&mut desk);
    let idle = desk.console(&token, 10);
    desk.send(kim, &watch(&conv, true));
    desk.change("kim", |duties| duties.supervisor = false);
    desk.take(ada);
    desk.advance(10_000);
    assert_eq!(desk.closed(kim), Some(CloseCode::Forbidden));
    assert_eq!(desk.closed(idle), None, "who does not watch is not disturbed");
    assert_eq!(desk.take_one(ada, "watchers")["who"], json!([]));
    desk.send(idle, &watch(&conv, true));
    assert_eq!(desk.take_one(idle, "error")["code"], "forbidden");
    assert_eq!(desk.closed(visitor), None);
}

fn watch(conv: &str, on: bool) -> Value {
    json!({"t": "watch", "conv": conv, "on": on})
}

/// A supervisor's console, and the token for another.
fn supervisor(desk: &mut TestDesk) -> (ConnId, String) {
    let token = desk.supervisor("kim", "Kim");
    (desk.console(&token, 9), token)
}

fn take(desk: &mut TestDesk, sockets: &[ConnId]) {
    for conn in sockets {
        desk.take(*conn);
    }
}
