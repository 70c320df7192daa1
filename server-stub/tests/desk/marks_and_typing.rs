//! What is told in passing: typing, marks, presence, links.

use serde_json::json;
use tealight_server::testing::{CONFIG, START, TestDesk, cid, resume};

#[test]
fn typing_is_passed_on_and_expires() {
    let mut desk = TestDesk::new();
    let (visitor, console, conv, _) = desk.talking();
    desk.take(console);
    desk.send(visitor, &json!({"t": "typing", "on": true}));
    assert_eq!(desk.take_one(console, "typing"), json!({"t": "typing", "conv": conv, "on": true}));
    desk.send(console, &json!({"t": "typing", "conv": conv, "on": true}));
    let typing = desk.take_one(visitor, "typing");
    assert_eq!(typing["on"], true);
    assert!(typing["from"].as_str().unwrap().starts_with("op:"));
    desk.advance(5_999);
    assert!(desk.take_all(console, "typing").is_empty());
    desk.advance(1);
    assert_eq!(desk.take_one(console, "typing")["on"], false);
    assert_eq!(desk.take_one(visitor, "typing")["on"], false);
}

#[test]
fn typing_is_repeated_at_most_every_three_seconds_and_ends_with_the_message() {
    let mut desk = TestDesk::new();
    let (visitor, console, _, _) = desk.talking();
    desk.take(console);
    for _ in 0..29 {
        desk.send(visitor, &json!({"t": "typing", "on": true}));
        desk.advance(100);
    }
    assert_eq!(desk.take_all(console, "typing").len(), 1);
    desk.advance(200);
    desk.send(visitor, &json!({"t": "typing", "on": true}));
    assert_eq!(desk.take_all(console, "typing").len(), 1);
    desk.send(visitor, &json!({"t": "send", "cid": cid(2), "text": "Done"}));
    assert_eq!(desk.take_one(console, "typing")["on"], false);
}

#[test]
fn typing_goes_nowhere_while_waiting_and_is_not_replayed() {
    let mut desk = TestDesk::new();
    let (visitor, _) = desk.waiting(1);
    desk.send(visitor, &json!({"t": "typing", "on": true}));
    let console = desk.accepting("ada", 1);
    desk.send(console, &json!({"t": "claim", "cid": cid(50)}));
    assert!(desk.take_all(console, "typing").is_empty());
    desk.send(visitor, &json!({"t": "typing", "on": true}));
    let epoch = desk.desk.epoch().to_owned();
    let second = desk.connect();
    desk.send(second, &resume(2, 1, &epoch, 0));
    assert!(desk.take_all(second, "typing").is_empty());
}

#[test]
fn marks_only_grow_and_both_sides_hear_of_them() {
    let mut desk = TestDesk::new();
    let (visitor, console, conv, claim) = desk.talking();
    desk.send(console, &json!({"t": "send", "cid": cid(2), "conv": conv, "claim": claim, "text": "Hello"}));
    desk.take(visitor);
    desk.take(console);
    desk.send(visitor, &json!({"t": "mark", "delivered": 3, "read": 2}));
    let marks = desk.take_one(console, "marks");
    assert_eq!((&marks["conv"], &marks["visitor"]), (&json!(conv), &json!({"delivered": 3, "read": 2})));
    assert_eq!(desk.take_one(visitor, "marks")["visitor"]["read"], 2);
    desk.send(visitor, &json!({"t": "mark", "delivered": 1, "read": 1}));
    assert!(desk.take_all(console, "marks").is_empty());
    // Nobody can have read what has not been said.
    desk.send(visitor, &json!({"t": "mark", "delivered": 99, "read": 99}));
    assert_eq!(desk.take_one(console, "marks")["visitor"], json!({"delivered": 3, "read": 3}));
    desk.send(console, &json!({"t": "mark", "conv": conv, "delivered": 3, "read": 3}));
    assert_eq!(desk.take_all(visitor, "marks").pop().unwrap()["operator"]["read"], 3);
}

#[test]
fn marks_survive_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("tealight.db");
    let open = || tealight_server::store::SqliteStore::open(&file).unwrap();
    let mut before = TestDesk::over(open(), CONFIG, START);
    let (visitor, _) = before.waiting(1);
    before.send(visitor, &json!({"t": "mark", "delivered": 1, "read": 1}));
    before.advance(1_000);
    let epoch = before.desk.epoch().to_owned();
    drop(before);
    let mut after = TestDesk::over(open(), CONFIG, START.plus_ms(2_000));
    let conn = after.connect();
    after.send(conn, &resume(1, 1, &epoch, 1));
    let ready = after.take_one(conn, "ready");
    assert_eq!(ready["conv"]["marks"]["visitor"], json!({"delivered": 1, "read": 1}));
}

#[test]
fn the_operator_sees_whether_the_visitor_is_there() {
    let mut desk = TestDesk::new();
    let (visitor, console, conv, _) = desk.talking();
    desk.take(console);
    desk.advance(1_000);
    desk.send(visitor, &json!({"t": "presence", "visible": false}));
    let presence = desk.take_one(console, "presence");
    assert_eq!((&presence["conv"], &presence["presence"]), (&json!(conv), &json!("hidden")));
    assert_eq!(presence["since"], "2026-11-21T20:00:01.000Z");
    desk.disconnect(visitor);
    assert_eq!(desk.take_one(console, "presence")["presence"], "gone");
    let epoch = desk.desk.epoch().to_owned();
    let visitor = desk.connect();
    desk.send(visitor, &resume(1, 1, &epoch, 2));
    assert_eq!(desk.take_one(console, "presence")["presence"], "here");
    // A reload replaces the socket and is no absence.
    let reloaded = desk.connect();
    desk.send(reloaded, &resume(1, 1, &epoch, 2));
    assert!(desk.take_all(console, "presence").is_empty());
    // One page in sight is enough.
    let second = desk.connect();
    let mut hidden = resume(2, 1, &epoch, 2);
    hidden["visible"] = json!(false);
    desk.send(second, &hidden);
    assert!(desk.take_all(console, "presence").is_empty());
}

#[test]
fn links_lead_to_three_kinds_of_places_only() {
    let mut desk = TestDesk::new();
    let (visitor, console, conv, claim) = desk.talking();
    desk.take(console);
    for (n, url) in
        ["http://example.org", "javascript:alert(1)", "https://a b", "data:text/html,x"].iter().enumerate()
    {
        let link = json!({"url": url});
        desk.send(
            console,
            &json!({"t": "send", "cid": cid(60 + n as u8), "conv": conv, "claim": claim, "text": "See", "link": link}),
        );
        assert_eq!(desk.take_one(console, "error")["code"], "bad_request", "{url}");
    }
    let link = json!({"url": "https://www.example.org/plan", "title": "A plan"});
    desk.send(
        console,
        &json!({"t": "send", "cid": cid(70), "conv": conv, "claim": claim, "text": "See", "link": link}),
    );
    assert_eq!(desk.take_one(visitor, "event")["link"], link);
}
