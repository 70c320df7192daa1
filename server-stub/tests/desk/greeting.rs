//! The first frame, and frames that are none.

use serde_json::json;
use tealight_protocol::CloseCode;
use tealight_server::desk::Input;
use tealight_server::testing::{TestDesk, cid, hello, instance, operator_hello, start};

#[test]
fn an_anonymous_hello_is_answered_and_nothing_is_stored() {
    let mut desk = TestDesk::new();
    let conn = desk.connect();
    desk.send(conn, &hello(1));
    let ready = desk.take_one(conn, "ready");
    assert_eq!(ready["conv"], json!(null));
    assert_eq!(ready["ping_s"], 25);
    assert_eq!(
        ready["limits"],
        json!({"frame": 16384, "text": 4000, "burst": 20, "per_s": 2, "keep_s": 300})
    );
    assert_eq!(ready["service"]["state"], "open");
    assert_eq!(ready["caps"], json!(["typing", "marks", "offers", "survey", "links"]));
    assert_eq!(desk.desk.counts().started, 0);
    assert_eq!(desk.desk.counts().waiting, 0);
}

#[test]
fn a_socket_that_says_nothing_for_ten_seconds_is_closed() {
    let mut desk = TestDesk::new();
    let silent = desk.connect();
    let greeted = desk.visitor(1);
    desk.advance(9_999);
    assert_eq!(desk.closed(silent), None);
    desk.advance(1);
    assert_eq!(desk.closed(silent), Some(CloseCode::Timeout));
    assert_eq!(desk.closed(greeted), None);
}

#[test]
fn a_second_hello_is_a_violation() {
    let mut desk = TestDesk::new();
    let conn = desk.visitor(1);
    desk.send(conn, &hello(1));
    assert_eq!(desk.closed(conn), Some(CloseCode::Violation));
}

#[test]
fn a_command_before_hello_is_a_violation() {
    let mut desk = TestDesk::new();
    for frame in [start(1), json!({"t": "ping"}), json!({"t": "unheard_of"})] {
        let conn = desk.connect();
        desk.send(conn, &frame);
        assert_eq!(desk.closed(conn), Some(CloseCode::Violation), "{frame}");
    }
}

#[test]
fn frames_that_are_not_json_with_a_type_are_violations() {
    for text in ["", "{", "hello", "[]", "null", "{\"a\":1}", "{\"t\":7}"] {
        let mut desk = TestDesk::new();
        let conn = desk.visitor(1);
        desk.send_text(conn, text);
        assert_eq!(desk.closed(conn), Some(CloseCode::Violation), "{text:?}");
    }
}

#[test]
fn a_binary_frame_is_a_violation() {
    let mut desk = TestDesk::new();
    let conn = desk.visitor(1);
    desk.input(Input::Binary { conn });
    assert_eq!(desk.closed(conn), Some(CloseCode::Violation));
}

#[test]
fn a_malformed_hello_is_a_violation() {
    for frame in [
        json!({"t": "hello"}),
        json!({"t": "hello", "role": "king"}),
        json!({"t": "hello", "role": "visitor", "inst": "short", "lang": "en"}),
        json!({"t": "hello", "role": "visitor", "inst": instance(1), "lang": "<script>"}),
        json!({"t": "hello", "role": "operator", "inst": instance(1)}),
    ] {
        let mut desk = TestDesk::new();
        let conn = desk.connect();
        desk.send(conn, &frame);
        assert_eq!(desk.closed(conn), Some(CloseCode::Violation), "{frame}");
    }
}

#[test]
fn unknown_types_and_fields_are_ignored() {
    let mut desk = TestDesk::new();
    let conn = desk.connect();
    let mut frame = hello(1);
    frame["from_the_future"] = json!({"a": [1]});
    desk.send(conn, &frame);
    desk.take_one(conn, "ready");
    desk.send(conn, &json!({"t": "dance", "with": "me"}));
    assert_eq!(desk.closed(conn), None);
    assert!(desk.take(conn).is_empty());
}

#[test]
fn a_malformed_command_is_an_error_that_names_the_command() {
    let mut desk = TestDesk::new();
    let conn = desk.visitor(1);
    desk.send(conn, &json!({"t": "send", "cid": cid(3)}));
    let error = desk.take_one(conn, "error");
    assert_eq!(error["code"], "bad_request");
    assert_eq!(error["cid"], cid(3));
    assert_eq!(error["retry"], false);
    assert_eq!(desk.closed(conn), None);
}

#[test]
fn late_frames_of_a_closed_socket_are_ignored() {
    let mut desk = TestDesk::new();
    let (conn, _) = desk.waiting(1);
    desk.disconnect(conn);
    desk.send(conn, &json!({"t": "send", "cid": cid(3), "text": "late"}));
    assert!(desk.take(conn).is_empty());
    assert_eq!(desk.desk.counts().messages, 0);
}

#[test]
fn an_operator_needs_a_session_that_is_not_over() {
    let mut desk = TestDesk::new();
    let token = desk.operator("ada", "Ada");
    let stranger = desk.connect();
    desk.send(stranger, &operator_hello("a token nobody gave", 1));
    assert_eq!(desk.closed(stranger), Some(CloseCode::Expired));

    let console = desk.console(&token, 2);
    for _ in 0..12 * 60 * 3 - 1 {
        desk.send(console, &json!({"t": "pong"}));
        desk.advance(20_000);
    }
    assert_eq!(desk.closed(console), None);
    desk.send(console, &json!({"t": "pong"}));
    desk.advance(20_000);
    assert_eq!(desk.closed(console), Some(CloseCode::Expired));
    let again = desk.connect();
    desk.send(again, &operator_hello(&token, 3));
    assert_eq!(desk.closed(again), Some(CloseCode::Expired));
}

#[test]
fn a_visitor_does_not_become_an_operator() {
    let mut desk = TestDesk::new();
    let (_, conv) = desk.waiting(1);
    let other = desk.visitor(2);
    desk.send(other, &json!({"t": "claim", "cid": cid(9), "conv": conv}));
    assert!(desk.take(other).is_empty(), "an operator's frame means nothing to a visitor's socket");
    assert_eq!(desk.desk.counts().active, 0);
}
