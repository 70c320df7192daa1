//! Claims, the board, availability, and what may be asked for.

use serde_json::json;
use tealight_protocol::CloseCode;
use tealight_server::store::{Store as _, StoreError};
use tealight_server::testing::{CONFIG, TestDesk, cid, operator_hello, start};

#[test]
fn a_claim_joins_a_visible_visitor_at_once() {
    let mut desk = TestDesk::new();
    let (visitor, conv) = desk.waiting(1);
    desk.send(visitor, &json!({"t": "send", "cid": cid(2), "text": "Hello?"}));
    desk.take(visitor);
    let console = desk.accepting("ada", 1);
    desk.take(console);
    desk.send(console, &json!({"t": "claim", "cid": cid(50)}));
    let sent = desk.take(console);
    let ack = sent.iter().find(|f| f["t"] == "ack").unwrap();
    assert_eq!(ack, &json!({"t": "ack", "cid": cid(50), "conv": conv, "seq": 3, "claim": 1}));
    let assigned = &sent.iter().find(|f| f["t"] == "assigned").unwrap()["conversation"];
    let kinds: Vec<_> = assigned["events"].as_array().unwrap().iter().map(|e| e["kind"].clone()).collect();
    assert_eq!(kinds, ["started", "message", "joined"]);
    assert_eq!((&assigned["state"], &assigned["presence"]), (&json!("active"), &json!("here")));
    let joined = desk.take_one(visitor, "event");
    assert_eq!(joined["who"]["name"], "ada");
    assert_eq!(joined["who"]["role"], "operator");

    desk.send(console, &json!({"t": "claim", "cid": cid(50)}));
    assert_eq!(&desk.take_one(console, "ack"), ack);
}

#[test]
fn of_two_claims_one_wins_and_one_hears_of_it() {
    let mut desk = TestDesk::new();
    let consoles = [desk.accepting("ada", 3), desk.accepting("ben", 3)];
    for round in 0..100u8 {
        let conn = desk.visitor(round);
        desk.send(conn, &start(round));
        let conv = desk.take_one(conn, "ack")["conv"].clone();
        let (first, second) = if round % 2 == 0 { (0, 1) } else { (1, 0) };
        for console in [first, second] {
            desk.take(consoles[console]);
            desk.send(consoles[console], &json!({"t": "claim", "cid": cid(round), "conv": conv}));
        }
        assert_eq!(desk.take_all(consoles[first], "ack").len(), 1);
        assert_eq!(desk.take_one(consoles[second], "error")["code"], "conflict");
        desk.send(conn, &json!({"t": "erase", "cid": cid(250)}));
        desk.advance(1_000);
        desk.send(consoles[0], &json!({"t": "pong"}));
        desk.send(consoles[1], &json!({"t": "pong"}));
    }
}

#[test]
fn nobody_takes_more_than_their_capacity() {
    let mut desk = TestDesk::new();
    for n in 1..=3 {
        desk.waiting(n);
    }
    let console = desk.accepting("ada", 2);
    for n in 50..52 {
        desk.send(console, &json!({"t": "claim", "cid": cid(n)}));
        desk.take_one(console, "ack");
    }
    desk.send(console, &json!({"t": "claim", "cid": cid(52)}));
    assert_eq!(desk.take_one(console, "error")["code"], "forbidden");
    desk.send(console, &json!({"t": "state", "status": "accepting", "capacity": 4}));
    assert_eq!(desk.take_one(console, "error")["code"], "bad_request");
    desk.send(console, &json!({"t": "state", "status": "accepting", "capacity": 3}));
    desk.send(console, &json!({"t": "claim", "cid": cid(53)}));
    desk.take_one(console, "ack");
}

#[test]
fn operators_take_visitors_of_their_areas_only() {
    let mut desk = TestDesk::with_config(&format!(
        "{CONFIG}\n[[areas]]\nid = \"north\"\nname = \"North\"\n[[areas]]\nid = \"south\"\nname = \"South\"\n"
    ));
    let mut join = |n: u8, area: &str| {
        let conn = desk.visitor(n);
        let mut frame = start(n);
        frame["area"] = json!(area);
        desk.send(conn, &frame);
        desk.take_one(conn, "ack")["conv"].clone()
    };
    let north = join(1, "north");
    let south = join(2, "south");
    let token = desk.operator_for("ada", "Ada", &["south"]);
    let console = desk.console(&token, 9);
    desk.send(console, &json!({"t": "state", "status": "accepting", "capacity": 3}));
    desk.send(console, &json!({"t": "claim", "cid": cid(50), "conv": north}));
    assert_eq!(desk.take_one(console, "error")["code"], "forbidden");
    desk.send(console, &json!({"t": "claim", "cid": cid(51)}));
    assert_eq!(desk.take_one(console, "ack")["conv"], south);
    desk.send(console, &json!({"t": "claim", "cid": cid(52)}));
    assert_eq!(desk.take_one(console, "error")["code"], "not_found");
}

#[test]
fn the_next_one_is_somebody_whose_language_the_operator_speaks() {
    let mut desk = TestDesk::new();
    let mut join = |n: u8, lang: &str| {
        let conn = desk.visitor(n);
        let mut frame = start(n);
        frame["lang"] = json!(lang);
        desk.send(conn, &frame);
        desk.take_one(conn, "ack")["conv"].clone()
    };
    let french = join(1, "fr");
    let german = join(2, "DE-at");
    let token = desk.operator("ada", "Ada");
    desk.change("ada", |duties| duties.languages = vec!["en".to_owned(), "de-DE".to_owned()]);
    let console = desk.console(&token, 9);
    desk.send(console, &json!({"t": "state", "status": "accepting", "capacity": 3}));
    desk.send(console, &json!({"t": "claim", "cid": cid(50)}));
    assert_eq!(desk.take_one(console, "ack")["conv"], german);
    desk.send(console, &json!({"t": "claim", "cid": cid(51)}));
    assert_eq!(desk.take_one(console, "error")["code"], "not_found");
    desk.send(console, &json!({"t": "claim", "cid": cid(52), "conv": french}));
    assert_eq!(desk.take_one(console, "ack")["conv"], french, "whoever is picked may speak any language");
}

#[test]
fn a_claim_of_something_that_is_not_there_finds_nothing() {
    let mut desk = TestDesk::new();
    let console = desk.accepting("ada", 1);
    desk.send(console, &json!({"t": "claim", "cid": cid(50)}));
    assert_eq!(desk.take_one(console, "error")["code"], "not_found");
    desk.send(console, &json!({"t": "claim", "cid": cid(51), "conv": "nowhere"}));
    assert_eq!(desk.take_one(console, "error")["code"], "not_found");
}

#[test]
fn nobody_speaks_in_somebody_elses_conversation() {
    let mut desk = TestDesk::new();
    let (visitor, _, conv, claim) = desk.talking();
    let other = desk.accepting("ben", 1);
    desk.take(other);
    for frame in [
        json!({"t": "send", "cid": cid(60), "conv": conv, "claim": claim, "text": "Hello"}),
        json!({"t": "end", "cid": cid(61), "conv": conv, "claim": claim}),
    ] {
        desk.send(other, &frame);
        assert_eq!(desk.take_one(other, "error")["code"], "conflict");
    }
    desk.send(other, &json!({"t": "sync", "conv": conv, "after": 0}));
    assert_eq!(desk.take_one(other, "error")["code"], "forbidden");
    desk.send(other, &json!({"t": "typing", "conv": conv, "on": true}));
    desk.send(other, &json!({"t": "mark", "conv": conv, "delivered": 2, "read": 2}));
    assert!(desk.take(visitor).is_empty());
}

#[test]
fn the_board_shows_who_waits_who_talks_and_who_is_there() {
    let mut desk = TestDesk::new();
    let (visitor, conv) = desk.waiting(1);
    desk.send(visitor, &json!({"t": "send", "cid": cid(2), "text": "Hello?"}));
    desk.advance(300);
    let token = desk.operator("ada", "Ada");
    let console = desk.connect();
    desk.send(console, &tealight_server::testing::operator_hello(&token, 9));
    let ready = desk.take_one(console, "ready");
    let board = &ready["board"];
    assert_eq!(board["full"], true);
    assert_eq!(board["waiting"][0]["conv"], conv);
    assert_eq!(board["waiting"][0]["messages"], 1);
    assert_eq!(board["waiting"][0]["presence"], "here");
    assert_eq!(board["waiting"][0]["since"], "2026-11-21T20:00:00.000Z");
    let mut rev = board["rev"].as_u64().unwrap();

    desk.send(console, &json!({"t": "state", "status": "accepting", "capacity": 2}));
    desk.advance(300);
    desk.send(console, &json!({"t": "claim", "cid": cid(50)}));
    desk.advance(300);
    let mut status = None;
    let mut active = None;
    for delta in desk.take_all(console, "board") {
        rev += 1;
        assert_eq!(delta["rev"], rev, "boards follow each other without a gap");
        if delta["operators"][0].is_object() {
            status = Some(delta["operators"][0].clone());
        }
        if delta["active"][0].is_object() {
            active = Some(delta["active"][0]["conv"].clone());
        }
    }
    let status = status.unwrap();
    assert_eq!(
        (&status["status"], &status["capacity"], &status["active"]),
        (&json!("accepting"), &json!(2), &json!(1))
    );
    assert_eq!(active, Some(json!(conv)));

    desk.send(console, &json!({"t": "query", "cid": cid(60), "what": "board"}));
    let full = desk.take_one(console, "board");
    assert_eq!((&full["full"], &full["rev"]), (&json!(true), &json!(rev)));
    assert_eq!(full["active"][0]["conv"], conv);

    desk.send(visitor, &json!({"t": "end", "cid": cid(9)}));
    desk.advance(300);
    let gone = desk.take_all(console, "board").pop().unwrap();
    assert_eq!(gone["gone"], json!([conv]));
}

#[test]
fn pre_written_messages_are_there_for_the_asking() {
    let mut desk = TestDesk::new();
    let token = desk.operator("ada", "Ada");
    let console = desk.console(&token, 9);
    desk.send(console, &json!({"t": "query", "cid": cid(60), "what": "canned"}));
    let result = desk.take_one(console, "result");
    assert_eq!(result["cid"], cid(60));
    assert_eq!(result["items"][0]["title"], "Hello");
    desk.send(console, &json!({"t": "query", "cid": cid(61), "what": "secrets"}));
    assert_eq!(desk.take_one(console, "error")["code"], "unsupported");
}

#[test]
fn the_last_chat_ends_in_a_pause() {
    let mut desk = TestDesk::new();
    let (_, console, conv, claim) = desk.talking();
    desk.send(console, &json!({"t": "state", "status": "accepting", "capacity": 1, "last_chat": true}));
    desk.advance(300);
    desk.take(console);
    desk.send(console, &json!({"t": "end", "cid": cid(60), "conv": conv, "claim": claim}));
    desk.advance(300);
    let boards = desk.take_all(console, "board");
    let entry = boards.iter().rev().find_map(|b| b["operators"].get(0).cloned()).unwrap();
    assert_eq!((&entry["status"], &entry["last_chat"]), (&json!("paused"), &json!(false)));
}

#[test]
fn an_operator_who_was_removed_meanwhile_is_cut_off_within_seconds() {
    let mut desk = TestDesk::new();
    let (_, console, ..) = desk.talking();
    desk.advance(10_000);
    assert_eq!(desk.closed(console), None);
    desk.desk.store().write(|tx| tx.delete_operator("ada")).map_err(|e: StoreError| e).unwrap();
    desk.take(console);
    desk.send(console, &json!({"t": "state", "status": "accepting", "capacity": 3}));
    desk.take_one(console, "error");
    desk.advance(10_000);
    assert_eq!(desk.closed(console), Some(CloseCode::Expired));
}

#[test]
fn a_console_whose_hello_was_long_under_way_does_not_replace_its_newer_socket() {
    let mut desk = TestDesk::new();
    let token = desk.operator("ada", "Ada");
    let (slow, quick) = (desk.connect(), desk.connect());
    desk.send(quick, &operator_hello(&token, 1));
    desk.send(slow, &operator_hello(&token, 1));
    assert_eq!([slow, quick].map(|conn| desk.closed(conn)), [Some(CloseCode::Replaced), None]);
}
