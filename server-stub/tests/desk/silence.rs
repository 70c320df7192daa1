//! Silence in a conversation: normal, never cut short by surprise, and broken by any sign of either side.

use serde_json::{Value, json};
use tealight_server::desk::ConnId;
use tealight_server::testing::{CONFIG, TestDesk, cid};

const MINUTE: u64 = 60 * 1_000;

/// Makes a frame for a conversation, its claim and the number of a command; and whether it is the visitor's.
type Sign = fn(&str, u64, u8) -> (bool, Value);

#[test]
fn by_default_no_silence_is_too_long() {
    let mut desk = TestDesk::new();
    let (visitor, console, ..) = desk.talking();
    for _ in 0..6 * 60 {
        pass(&mut desk, visitor, console, MINUTE);
    }
    assert_eq!(read(&mut desk, visitor), (0, false));
}

#[test]
fn a_silent_conversation_is_closed_after_a_warning_that_both_sides_read() {
    let mut desk = desk_with(20);
    let (visitor, console, ..) = desk.talking();
    for _ in 0..17 {
        pass(&mut desk, visitor, console, MINUTE);
    }
    assert_eq!(warnings(&mut desk, visitor), 0, "nothing is said before the 18th minute");
    pass(&mut desk, visitor, console, MINUTE);
    assert_eq!((warnings(&mut desk, visitor), warnings(&mut desk, console)), (1, 1));
    pass(&mut desk, visitor, console, 2 * MINUTE - 1_000);
    assert!(!is_over(&mut desk, visitor), "two minutes are two minutes");
    pass(&mut desk, visitor, console, 1_000);
    assert!(is_over(&mut desk, visitor));
}

#[test]
fn a_word_a_short_answer_or_typing_of_either_side_begins_the_time_anew() {
    let signs: [Sign; 4] = [
        |_, _, n| (true, json!({"t": "send", "cid": cid(n), "text": "Still here"})),
        |_, _, _| (true, json!({"t": "typing", "on": true})),
        |conv, claim, n| {
            (
                false,
                json!({"t": "send", "cid": cid(n), "conv": conv, "claim": claim, "text": "Take your time."}),
            )
        },
        |conv, _, _| (false, json!({"t": "typing", "conv": conv, "on": true})),
    ];
    for sign in signs {
        let mut desk = desk_with(10);
        let (visitor, console, conv, claim) = desk.talking();
        // Far more often than anybody would have to.
        for n in 0..15 {
            pass(&mut desk, visitor, console, 9 * MINUTE);
            assert_eq!(warnings(&mut desk, visitor), 1);
            let (is_visitors, frame) = sign(&conv, claim, 100 + n);
            desk.send(if is_visitors { visitor } else { console }, &frame);
            pass(&mut desk, visitor, console, 7 * MINUTE);
            assert_eq!(read(&mut desk, visitor), (0, false), "{frame}");
            let (is_visitors, frame) = sign(&conv, claim, 150 + n);
            desk.send(if is_visitors { visitor } else { console }, &frame);
        }
    }
}

#[test]
fn whoever_waits_again_or_comes_back_has_the_whole_time() {
    let mut desk = desk_with(10);
    let (visitor, console, conv, claim) = desk.talking();
    pass(&mut desk, visitor, console, 9 * MINUTE);
    assert_eq!(warnings(&mut desk, visitor), 1);
    let room = json!({"t": "transfer", "cid": cid(90), "conv": conv, "claim": claim, "to": {}});
    desk.send(console, &room);
    desk.take_one(console, "ack");
    pass(&mut desk, visitor, console, 30 * MINUTE);
    assert!(!is_over(&mut desk, visitor), "waiting is no silence");
}

fn desk_with(minutes: u32) -> TestDesk {
    TestDesk::with_config(&format!("{CONFIG}\n[limits]\nsilence_minutes = {minutes}\n"))
}

/// Lets time pass in steps in which both sides answer what keeps their sockets alive.
fn pass(desk: &mut TestDesk, visitor: ConnId, console: ConnId, ms: u64) {
    let mut left = ms;
    while left > 0 {
        let step = left.min(20_000);
        desk.advance(step);
        for conn in [visitor, console] {
            desk.send(conn, &json!({"t": "ping"}));
        }
        left -= step;
    }
}

/// How many warnings a side has been given since the last look, and whether it was told that it is over.
fn read(desk: &mut TestDesk, conn: ConnId) -> (usize, bool) {
    let events = desk.take_all(conn, "event");
    let warnings = events.iter().filter(|event| event["automatic"] == true && event["from"] == "system");
    (warnings.count(), events.iter().any(|event| event["kind"] == "ended" && event["by"] == "system"))
}

fn warnings(desk: &mut TestDesk, conn: ConnId) -> usize {
    read(desk, conn).0
}

fn is_over(desk: &mut TestDesk, conn: ConnId) -> bool {
    read(desk, conn).1
}
