//! It is somebody's turn, and their page is out of sight: the operator waits a little, nobody is dropped.

use serde_json::json;
use tealight_server::desk::ConnId;
use tealight_server::testing::{CONFIG, TestDesk, cid, resume};

#[test]
fn an_operator_waits_for_a_hidden_visitor_to_look() {
    let mut desk = TestDesk::new();
    let (visitor, conv) = desk.waiting(1);
    desk.send(visitor, &json!({"t": "presence", "visible": false}));
    let console = desk.accepting("ada", 1);
    desk.advance(2_000);
    desk.take(console);
    desk.take(visitor);
    desk.send(console, &json!({"t": "claim", "cid": cid(50)}));
    let sent = desk.take(console);
    let ack = sent.iter().find(|f| f["t"] == "ack").unwrap();
    assert_eq!(ack["conv"], conv);
    assert!(ack.get("seq").is_none());
    let assigned = &sent.iter().find(|f| f["t"] == "assigned").unwrap()["conversation"];
    assert_eq!((&assigned["state"], &assigned["hold_s"]), (&json!("waiting"), &json!(90)));
    assert_eq!(assigned["presence"], "hidden");
    desk.advance(2_000);
    let queue = desk.take_all(visitor, "queue").pop().unwrap();
    assert_eq!(queue["state"], "ready");
    assert!(queue["hold_s"].as_u64().unwrap() >= 88);

    desk.send(visitor, &json!({"t": "presence", "visible": true}));
    assert_eq!(desk.take_one(visitor, "event")["kind"], "joined");
    let assigned = desk.take_one(console, "assigned")["conversation"].clone();
    assert_eq!(assigned["state"], "active");
    assert!(assigned.get("hold_s").is_none());
    let send = json!({"t": "send", "cid": cid(51), "conv": conv, "claim": ack["claim"], "text": "Hello"});
    desk.send(console, &send);
    desk.take_one(console, "ack");
}

#[test]
fn a_claim_that_is_told_again_hears_what_became_of_the_conversation() {
    let mut desk = TestDesk::new();
    let (visitor, conv) = desk.waiting(1);
    desk.send(visitor, &json!({"t": "presence", "visible": false}));
    let console = desk.accepting("ada", 1);
    let claim = json!({"t": "claim", "cid": cid(50)});
    desk.send(console, &claim);
    let ack = desk.take_one(console, "ack");
    desk.send(console, &claim);
    let sent = desk.take(console);
    assert_eq!((&sent[0], &sent[1]["t"]), (&ack, &json!("assigned")), "it is still kept for the operator");
    assert_eq!(sent[1]["conversation"]["id"], conv);
    for _ in 0..10 {
        desk.send(console, &json!({"t": "pong"}));
        desk.send(visitor, &json!({"t": "pong"}));
        desk.advance(10_000);
    }
    desk.take(console);
    desk.send(console, &claim);
    let sent = desk.take(console);
    assert_eq!((&sent[0], &sent[1]["t"]), (&ack, &json!("released")), "the hold is over");
}

#[test]
fn who_does_not_look_keeps_the_place_and_the_next_has_the_turn() {
    let mut desk = TestDesk::new();
    let (hidden, first) = desk.waiting(1);
    desk.send(hidden, &json!({"t": "presence", "visible": false}));
    let console = desk.accepting("ada", 1);
    desk.send(console, &json!({"t": "claim", "cid": cid(50)}));
    let (there, second) = desk.waiting(2);
    for _ in 0..9 {
        for conn in [hidden, there, console] {
            desk.send(conn, &json!({"t": "pong"}));
        }
        desk.advance(10_000);
    }
    let sent = desk.take(console);
    let released = sent.iter().find(|f| f["t"] == "released").unwrap();
    assert_eq!((&released["conv"], &released["reason"]), (&json!(first), &json!("not_back")));
    let next = sent.iter().rfind(|f| f["t"] == "assigned").unwrap();
    assert_eq!(next["conversation"]["id"], second);
    assert_eq!(next["conversation"]["state"], "active");
    desk.advance(2_000);
    let queue = desk.take_all(hidden, "queue").pop().unwrap();
    assert_eq!((&queue["state"], &queue["place"]), (&json!("held"), &json!(1)));
    desk.send(hidden, &json!({"t": "presence", "visible": true}));
    desk.advance(2_000);
    let places = desk.take_all(hidden, "queue");
    assert!(places.iter().all(|place| place["state"] == "held"), "told for a while yet: {places:?}");
    let epoch = desk.desk.epoch().to_owned();
    let another = desk.connect();
    desk.send(another, &resume(3, 1, &epoch, 1));
    let queue = desk.take_one(another, "ready")["conv"]["queue"].clone();
    assert_eq!(queue["state"], "held", "every page of theirs says so");
    for _ in 0..12 {
        for conn in [hidden, another, there, console] {
            desk.send(conn, &json!({"t": "pong"}));
        }
        desk.advance(10_000);
    }
    for page in [hidden, another] {
        let queue = desk.take_all(page, "queue").pop().unwrap();
        assert_eq!((&queue["state"], &queue["place"]), (&json!("waiting"), &json!(1)));
    }
}

#[test]
fn who_missed_their_turn_and_looks_is_taken_like_everybody() {
    let mut desk = TestDesk::new();
    let (visitor, conv) = desk.waiting(1);
    desk.send(visitor, &json!({"t": "presence", "visible": false}));
    let console = desk.accepting("ada", 1);
    desk.send(console, &json!({"t": "claim", "cid": cid(50)}));
    for _ in 0..9 {
        for conn in [visitor, console] {
            desk.send(conn, &json!({"t": "pong"}));
        }
        desk.advance(10_000);
    }
    assert_eq!(desk.take_one(console, "released")["conv"], conv);
    desk.send(visitor, &json!({"t": "presence", "visible": true}));
    desk.send(console, &json!({"t": "claim", "cid": cid(51)}));
    assert_eq!(desk.take_one(console, "ack")["conv"], conv);
    assert_eq!(desk.take_one(visitor, "event")["kind"], "joined");
}

#[test]
fn the_next_is_taken_past_those_who_are_gone() {
    let mut desk = TestDesk::new();
    let (gone, first) = desk.waiting(1);
    let (_, second) = desk.waiting(2);
    desk.disconnect(gone);
    let console = desk.accepting("ada", 2);
    desk.send(console, &json!({"t": "claim", "cid": cid(50)}));
    assert_eq!(desk.take_one(console, "ack")["conv"], second);
    // Nobody else is left: now the operator waits for the one who is away.
    desk.send(console, &json!({"t": "claim", "cid": cid(51)}));
    assert_eq!(desk.take_one(console, "ack")["conv"], first);
    let back = desk.connect();
    let epoch = desk.desk.epoch().to_owned();
    desk.send(back, &resume(1, 1, &epoch, 1));
    let ready = desk.take_one(back, "ready");
    assert_eq!(ready["conv"]["state"], "active");
    assert_eq!(ready["conv"]["events"][0]["kind"], "joined");
}

#[test]
fn leaving_while_it_is_ones_turn_frees_the_operator() {
    let mut desk = TestDesk::new();
    let (visitor, conv) = desk.waiting(1);
    desk.send(visitor, &json!({"t": "presence", "visible": false}));
    let console = desk.accepting("ada", 1);
    desk.send(console, &json!({"t": "claim", "cid": cid(50)}));
    desk.take(console);
    desk.send(visitor, &json!({"t": "end", "cid": cid(9)}));
    let released = desk.take_one(console, "released");
    assert_eq!((&released["conv"], &released["reason"]), (&json!(conv), &json!("left")));
}

#[test]
fn an_operator_who_goes_away_waits_for_nobody() {
    let mut desk = TestDesk::new();
    let (visitor, conv) = desk.waiting(1);
    desk.send(visitor, &json!({"t": "presence", "visible": false}));
    let first = desk.accepting("ada", 1);
    desk.send(first, &json!({"t": "claim", "cid": cid(50)}));
    desk.disconnect(first);
    let second = desk.accepting("ben", 1);
    desk.take(second);
    desk.send(second, &json!({"t": "claim", "cid": cid(51), "conv": conv}));
    assert_eq!(desk.take_one(second, "ack")["claim"], 2);
}

#[test]
fn an_operator_who_paused_meanwhile_gets_nobody_else() {
    for (frame, paused) in [
        (json!({"t": "state", "status": "paused", "capacity": 1}), false),
        (json!({"t": "state", "status": "accepting", "capacity": 1, "last_chat": true}), true),
    ] {
        let mut desk = TestDesk::new();
        let (hidden, first) = desk.waiting(1);
        desk.send(hidden, &json!({"t": "presence", "visible": false}));
        let console = desk.accepting("ada", 1);
        desk.send(console, &json!({"t": "claim", "cid": cid(50)}));
        let (there, _) = desk.waiting(2);
        desk.send(console, &frame);
        for _ in 0..10 {
            for conn in [hidden, there, console] {
                desk.send(conn, &json!({"t": "pong"}));
            }
            desk.advance(10_000);
        }
        let sent = desk.take(console);
        let released = sent.iter().position(|f| f["t"] == "released").unwrap();
        assert_eq!(sent[released]["conv"], json!(first));
        assert!(sent[released..].iter().all(|f| f["t"] != "assigned"), "nobody was asked for");
        let mine = |f: &serde_json::Value| f["operators"].get(0).cloned();
        let last = sent[released..].iter().filter_map(mine).next_back().unwrap();
        assert_eq!((last["active"].as_u64(), last["last_chat"].as_bool()), (Some(0), Some(false)));
        assert!(!paused || last["status"] == "paused", "the last chat of the shift came to nothing");
    }
}

#[test]
fn a_last_chat_that_leaves_before_looking_ends_the_shift() {
    let mut desk = TestDesk::new();
    let (hidden, _) = desk.waiting(1);
    desk.send(hidden, &json!({"t": "presence", "visible": false}));
    let console = desk.accepting("ada", 1);
    desk.send(console, &json!({"t": "claim", "cid": cid(50)}));
    desk.send(console, &json!({"t": "state", "status": "accepting", "capacity": 1, "last_chat": true}));
    desk.advance(300);
    desk.send(hidden, &json!({"t": "end", "cid": cid(2)}));
    desk.advance(300);
    let boards = desk.take_all(console, "board");
    let entry = boards.iter().rev().find_map(|board| board["operators"].get(0).cloned()).unwrap();
    assert_eq!((&entry["status"], &entry["active"]), (&json!("paused"), &json!(0)));
}

#[test]
fn a_page_that_falls_asleep_while_it_is_its_turn_is_met_when_it_wakes() {
    let mut desk = TestDesk::new();
    let (visitor, conv) = desk.waiting(1);
    desk.send(visitor, &json!({"t": "presence", "visible": false}));
    let console = desk.accepting("ada", 1);
    desk.send(console, &json!({"t": "claim", "cid": cid(50)}));
    desk.take(console);
    desk.disconnect(visitor);
    stay(&mut desk, &[console], 60);
    assert!(desk.take_all(console, "released").is_empty(), "the hold goes on without a socket");
    let back = desk.connect();
    let epoch = desk.desk.epoch().to_owned();
    let mut hidden = resume(1, 1, &epoch, 1);
    hidden["visible"] = json!(false);
    desk.send(back, &hidden);
    let queue = desk.take_one(back, "ready")["conv"]["queue"].clone();
    assert_eq!((&queue["state"], &queue["hold_s"]), (&json!("ready"), &json!(30)), "still its turn");
    desk.send(back, &json!({"t": "presence", "visible": true}));
    assert_eq!(desk.take_one(back, "event")["kind"], "joined");
    assert_eq!(desk.take_one(console, "assigned")["conversation"]["id"], conv);
}

#[test]
fn nobody_loses_the_place_while_it_is_their_turn() {
    let mut desk = TestDesk::new();
    let (visitor, conv) = desk.waiting(1);
    desk.disconnect(visitor);
    let console = desk.accepting("ada", 1);
    stay(&mut desk, &[console], 4 * 60 + 30);
    desk.send(console, &json!({"t": "claim", "cid": cid(50)}));
    assert_eq!(desk.take_one(console, "ack")["conv"], json!(conv));
    stay(&mut desk, &[console], 80);
    let back = desk.connect();
    let epoch = desk.desk.epoch().to_owned();
    desk.send(back, &resume(1, 1, &epoch, 1));
    assert_eq!(
        desk.take_one(back, "ready")["conv"]["state"],
        "active",
        "five minutes are over, the turn is not"
    );
}

#[test]
fn a_place_is_kept_through_a_turn_that_was_missed_for_as_long_as_was_said() {
    for minutes in [2, 5, 15] {
        let config = CONFIG.replace("[wait]", &format!("[wait]\nplace_hold_minutes = {minutes}"));
        let mut desk = TestDesk::with_config(&config);
        let epoch = desk.desk.epoch().to_owned();
        let (visitor, _) = desk.waiting(1);
        desk.disconnect(visitor);
        let console = desk.accepting("ada", 1);
        desk.send(console, &json!({"t": "claim", "cid": cid(50)}));
        stay(&mut desk, &[console], minutes * 60 - 1);
        let back = desk.connect();
        desk.send(back, &resume(1, 1, &epoch, 1));
        let ready = desk.take_one(back, "ready");
        assert_eq!(ready["limits"]["keep_s"], json!(minutes * 60));
        let queue = &ready["conv"]["queue"];
        assert_eq!((&queue["state"], &queue["place"]), (&json!("held"), &json!(1)), "{minutes} min");
        desk.disconnect(back);
        stay(&mut desk, &[console], minutes * 60);
        assert_eq!(desk.desk.counts().waiting, 0, "{minutes} min");
    }
}

#[test]
fn a_second_call_within_moments_tells_its_own_end() {
    let mut desk = TestDesk::new();
    let (visitor, conv) = desk.waiting(1);
    desk.send(visitor, &json!({"t": "presence", "visible": false}));
    let first = desk.accepting("ada", 1);
    desk.send(first, &json!({"t": "claim", "cid": cid(50)}));
    desk.advance(2_000);
    stay(&mut desk, &[visitor, first], 60);
    let second = desk.accepting("ben", 1);
    desk.take(visitor);
    desk.disconnect(first);
    desk.send(second, &json!({"t": "claim", "cid": cid(51), "conv": conv}));
    desk.advance(2_000);
    let queue = desk.take_all(visitor, "queue").pop().unwrap();
    assert_eq!(queue["state"], "ready");
    assert!(queue["hold_s"].as_u64().unwrap() >= 88, "{queue}");
    // A hold that only runs down is not told again.
    stay(&mut desk, &[visitor, second], 40);
    assert!(desk.take_all(visitor, "queue").is_empty());
}

#[test]
fn two_pages_of_one_visitor_count_as_looking_when_one_is_in_sight() {
    let mut desk = TestDesk::new();
    let (first, _) = desk.waiting(1);
    let second = desk.connect();
    let epoch = desk.desk.epoch().to_owned();
    desk.send(second, &resume(2, 1, &epoch, 1));
    desk.send(first, &json!({"t": "presence", "visible": false}));
    desk.send(second, &json!({"t": "presence", "visible": false}));
    let console = desk.accepting("ada", 1);
    desk.send(console, &json!({"t": "claim", "cid": cid(50)}));
    desk.disconnect(second);
    desk.take(console);
    desk.send(first, &json!({"t": "presence", "visible": true}));
    assert_eq!(desk.take_one(console, "assigned")["conversation"]["state"], "active");
}

/// Everybody answers pings, and seconds pass.
fn stay(desk: &mut TestDesk, conns: &[ConnId], seconds: u64) {
    for second in 0..seconds {
        if second % 10 == 0 {
            for conn in conns {
                desk.send(*conn, &json!({"t": "pong"}));
            }
        }
        desk.advance(1_000);
    }
}
