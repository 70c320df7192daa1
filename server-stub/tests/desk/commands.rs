//! Durable commands: exactly once, in order, within the limits.

use serde_json::json;
use tealight_protocol::CloseCode;
use tealight_server::testing::{TestDesk, cid, hello, secret, start};

#[test]
fn start_is_acknowledged_with_the_conversation_and_its_first_event() {
    let mut desk = TestDesk::new();
    let conn = desk.visitor(1);
    desk.send(conn, &start(1));
    let sent = desk.take(conn);
    assert_eq!(sent[0]["t"], "ack");
    assert_eq!(sent[0]["cid"], cid(1));
    assert_eq!(sent[0]["seq"], 1);
    assert!(sent[0]["conv"].is_string());
    assert_eq!(sent[1]["t"], "event");
    assert_eq!(sent[1]["kind"], "started");
    assert_eq!(sent[2]["t"], "queue");
    assert_eq!(sent[2]["place"], 1);
}

#[test]
fn the_same_start_again_has_the_same_answer_on_any_socket() {
    let mut desk = TestDesk::new();
    let (conn, conv) = desk.waiting(1);
    desk.send(conn, &start(1));
    assert_eq!(desk.take_one(conn, "ack")["conv"], conv);
    desk.disconnect(conn);

    let other = desk.visitor(2);
    desk.send(other, &start(1));
    let sent = desk.take(other);
    assert_eq!(sent[0]["conv"], conv);
    assert_eq!(sent[0]["seq"], 1);
    assert_eq!(sent[1]["kind"], "started");
    assert_eq!(desk.desk.counts().started, 1);
    desk.send(other, &json!({"t": "send", "cid": cid(2), "text": "It follows the conversation."}));
    assert_eq!(desk.take_one(other, "ack")["seq"], 2);
}

#[test]
fn another_start_with_the_same_secret_or_on_the_same_socket_is_a_conflict() {
    let mut desk = TestDesk::new();
    let (conn, _) = desk.waiting(1);
    let other = desk.visitor(2);
    let with =
        |c: u8, s: u8, lang: &str| json!({"t": "start", "cid": cid(c), "secret": secret(s), "lang": lang});
    for (socket, frame) in [(other, with(2, 1, "en")), (other, with(1, 1, "de")), (conn, with(3, 3, "en"))] {
        desk.send(socket, &frame);
        let error = desk.take_one(socket, "error");
        assert_eq!((&error["code"], &error["retry"]), (&json!("conflict"), &json!(false)), "{frame}");
        assert_eq!(error["cid"], frame["cid"]);
    }
    assert_eq!(desk.desk.counts().started, 1);
}

#[test]
fn one_send_is_one_event_that_carries_its_cid() {
    let mut desk = TestDesk::new();
    let (conn, _) = desk.waiting(1);
    desk.send(conn, &json!({"t": "send", "cid": cid(2), "text": "Hello"}));
    let sent = desk.take(conn);
    let ack = sent.iter().find(|f| f["t"] == "ack").unwrap();
    let events: Vec<_> = sent.iter().filter(|f| f["t"] == "event").collect();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["seq"], ack["seq"]);
    assert_eq!(events[0]["cid"], cid(2));
    assert_eq!(events[0]["from"], "visitor");
    assert_eq!(events[0]["text"], "Hello");

    desk.send(conn, &json!({"t": "send", "cid": cid(2), "text": "Hello"}));
    let sent = desk.take(conn);
    assert_eq!(sent.len(), 1, "no second event");
    assert_eq!(sent[0]["seq"], ack["seq"]);
}

#[test]
fn the_same_cid_with_another_body_is_a_conflict() {
    let mut desk = TestDesk::new();
    let (conn, _) = desk.waiting(1);
    desk.send(conn, &json!({"t": "send", "cid": cid(2), "text": "Hello"}));
    desk.take(conn);
    for frame in [json!({"t": "send", "cid": cid(2), "text": "Other"}), json!({"t": "end", "cid": cid(2)})] {
        desk.send(conn, &frame);
        let error = desk.take_one(conn, "error");
        assert_eq!(error["code"], "conflict");
        assert_eq!(error["cid"], cid(2));
    }
}

#[test]
fn two_identical_texts_are_two_messages() {
    let mut desk = TestDesk::new();
    let (conn, _) = desk.waiting(1);
    for n in [2, 3] {
        desk.send(conn, &json!({"t": "send", "cid": cid(n), "text": "Hello?"}));
    }
    assert_eq!(desk.take_all(conn, "event").len(), 2);
}

#[test]
fn a_hundred_sends_keep_their_order_without_a_gap() {
    let mut desk = TestDesk::new();
    let (conn, _) = desk.waiting(1);
    desk.advance(10_000);
    desk.take(conn);
    for n in 0..100u8 {
        desk.send(conn, &json!({"t": "send", "cid": cid(n + 50), "text": format!("{n}")}));
        desk.advance(500);
    }
    let events = desk.take_all(conn, "event");
    let seqs: Vec<_> = events.iter().map(|e| e["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, (2..=101).collect::<Vec<_>>());
    assert!(events.iter().enumerate().all(|(n, e)| e["text"].as_str() == Some(n.to_string().as_str())));
}

#[test]
fn markup_comes_back_as_it_was_sent() {
    let mut desk = TestDesk::new();
    let (conn, _) = desk.waiting(1);
    let markup = "<b onclick=x>& \"quoted\" ; /path </script> 👩‍🚀";
    desk.send(conn, &json!({"t": "send", "cid": cid(2), "text": markup}));
    assert_eq!(desk.take_one(conn, "event")["text"], markup);
}

#[test]
fn texts_that_are_too_long_or_empty_are_told_apart() {
    let mut desk = TestDesk::new();
    let (conn, _) = desk.waiting(1);
    for (text, code) in [("ä".repeat(4_001), "too_large"), (" \n ".to_owned(), "bad_request")] {
        desk.send(conn, &json!({"t": "send", "cid": cid(2), "text": text}));
        let sent = desk.take(conn);
        assert_eq!(sent.len(), 1);
        assert_eq!((&sent[0]["code"], &sent[0]["retry"]), (&json!(code), &json!(false)));
        assert_eq!(sent[0]["cid"], cid(2));
    }
    desk.send(conn, &json!({"t": "send", "cid": cid(2), "text": "ä".repeat(4_000)}));
    assert_eq!(desk.take_one(conn, "ack")["seq"], 2);
}

#[test]
fn a_frame_over_the_limit_closes_the_socket_and_nothing_else() {
    let mut desk = TestDesk::new();
    let (conn, _) = desk.waiting(1);
    let (other, _) = desk.waiting(2);
    desk.send(conn, &json!({"t": "send", "cid": cid(3), "text": "x".repeat(17_000)}));
    assert_eq!(desk.closed(conn), Some(CloseCode::TooBig));
    desk.send(other, &json!({"t": "send", "cid": cid(4), "text": "still here"}));
    assert_eq!(desk.take_one(other, "ack")["seq"], 2);
}

#[test]
fn too_many_commands_are_slowed_down_and_a_flood_is_cut_off() {
    let mut desk = TestDesk::new();
    let (conn, _) = desk.waiting(1);
    let send = |n: u8| json!({"t": "send", "cid": cid(n), "text": "x"});
    for n in 0..19 {
        desk.send(conn, &send(50 + n));
    }
    assert_eq!(desk.take_all(conn, "ack").len(), 19);
    desk.send(conn, &send(100));
    let error = desk.take_one(conn, "error");
    assert_eq!((&error["code"], &error["retry"]), (&json!("rate_limited"), &json!(true)));
    assert_eq!(error["cid"], cid(100));
    let retry_ms = error["retry_ms"].as_u64().unwrap();
    desk.advance(retry_ms);
    desk.send(conn, &send(100));
    desk.take_one(conn, "ack");
    for _ in 0..200 {
        desk.send(conn, &send(101));
    }
    assert_eq!(desk.closed(conn), Some(CloseCode::TooMany));
}

#[test]
fn a_send_without_a_conversation_finds_none() {
    let mut desk = TestDesk::new();
    let conn = desk.connect();
    desk.send(conn, &hello(1));
    desk.take(conn);
    desk.send(conn, &json!({"t": "send", "cid": cid(2), "text": "x"}));
    assert_eq!(desk.take_one(conn, "error")["code"], "not_found");
}
