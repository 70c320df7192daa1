//! The end, the survey, the expiry, and erasing.

use std::path::Path;

use serde_json::json;
use tealight_protocol::{CloseCode, ConversationId};
use tealight_server::store::{SqliteStore, Store as _, StoreError};
use tealight_server::testing::{CONFIG, TestDesk, cid, resume};

#[test]
fn either_side_ends_and_both_are_told() {
    for by_visitor in [true, false] {
        let mut desk = TestDesk::new();
        let (visitor, console, conv, claim) = desk.talking();
        let (conn, frame, by) = if by_visitor {
            (visitor, json!({"t": "end", "cid": cid(9)}), "visitor")
        } else {
            (console, json!({"t": "end", "cid": cid(9), "conv": conv, "claim": claim}), "operator")
        };
        desk.take(console);
        desk.send(conn, &frame);
        for side in [visitor, console] {
            let sent = desk.take(side);
            let kinds: Vec<_> =
                sent.iter().filter(|f| f["t"] == "event").map(|f| f["kind"].clone()).collect();
            assert_eq!(kinds, ["ended", "survey"]);
            let ended = sent.iter().find(|f| f["kind"] == "ended").unwrap();
            assert_eq!((&ended["by"], &ended["reason"]), (&json!(by), &json!("done")));
        }
        desk.send(visitor, &json!({"t": "send", "cid": cid(10), "text": "one more thing"}));
        assert_eq!(desk.take_one(visitor, "error")["code"], "ended");
        desk.send(console, &json!({"t": "send", "cid": cid(11), "conv": conv, "claim": claim, "text": "x"}));
        assert_eq!(desk.take_one(console, "error")["code"], "ended");
    }
}

#[test]
fn the_same_end_again_has_the_same_answer_and_another_finds_it_over() {
    let mut desk = TestDesk::new();
    let (visitor, ..) = desk.talking();
    desk.send(visitor, &json!({"t": "end", "cid": cid(9)}));
    let seq = desk.take_one(visitor, "ack")["seq"].clone();
    desk.send(visitor, &json!({"t": "end", "cid": cid(9)}));
    assert_eq!(desk.take_one(visitor, "ack")["seq"], seq);
    desk.send(visitor, &json!({"t": "end", "cid": cid(10)}));
    assert_eq!(desk.take_one(visitor, "error")["code"], "ended");
}

#[test]
fn the_survey_is_answered_once_and_only_with_its_own_answers() {
    let mut desk = TestDesk::new();
    let (visitor, ..) = desk.talking();
    desk.send(visitor, &json!({"t": "answer", "cid": cid(20), "ref": "survey", "data": {"heard": "Yes"}}));
    assert_eq!(desk.take_one(visitor, "error")["code"], "not_found", "it has not been asked yet");
    desk.send(visitor, &json!({"t": "end", "cid": cid(9)}));
    let survey = desk.take_all(visitor, "event").pop().unwrap();
    assert_eq!(survey["id"], "survey");
    assert_eq!(survey["questions"][0]["id"], "better");
    for data in [json!({"heard": "Perhaps"}), json!({"unasked": "Yes"})] {
        desk.send(visitor, &json!({"t": "answer", "cid": cid(21), "ref": "survey", "data": data}));
        assert_eq!(desk.take_one(visitor, "error")["code"], "bad_request");
    }
    let answer = json!({"t": "answer", "cid": cid(22), "ref": "survey", "data": {"heard": "Yes"}});
    desk.send(visitor, &answer);
    desk.take_one(visitor, "ack");
    desk.send(visitor, &answer);
    desk.take_one(visitor, "ack");
    desk.send(visitor, &json!({"t": "answer", "cid": cid(23), "ref": "survey", "data": {"heard": "No"}}));
    assert_eq!(desk.take_one(visitor, "error")["code"], "conflict");
}

#[test]
fn nobody_who_talked_with_nobody_is_asked_how_it_was() {
    let mut desk = TestDesk::new();
    let (visitor, _) = desk.waiting(1);
    desk.send(visitor, &json!({"t": "end", "cid": cid(9)}));
    assert_eq!(desk.take_one(visitor, "event")["kind"], "ended");
}

#[test]
fn leaving_by_exit_ends_what_runs_without_a_question() {
    let mut desk = TestDesk::new();
    let (visitor, console, ..) = desk.talking();
    desk.take(console);
    desk.leave(1);
    for side in [visitor, console] {
        let sent = desk.take(side);
        let events: Vec<_> = sent.iter().filter(|f| f["t"] == "event").collect();
        assert_eq!(events.len(), 1, "nobody is asked how it was: {events:?}");
        assert_eq!((&events[0]["kind"], &events[0]["by"]), (&json!("ended"), &json!("visitor")));
        assert_eq!(events[0]["reason"], "exit");
    }
    let (waiting, _) = desk.waiting(2);
    let (behind, _) = desk.waiting(3);
    desk.advance(3_000);
    desk.take(behind);
    desk.leave(2);
    assert_eq!(desk.take_one(waiting, "event")["reason"], "exit");
    assert_eq!(desk.take_one(behind, "queue")["place"], 1, "whoever waits behind moves up");
}

#[test]
fn whoever_was_called_and_left_by_exit_is_awaited_no_longer() {
    let mut desk = TestDesk::new();
    let (visitor, conv) = desk.waiting(1);
    desk.send(visitor, &json!({"t": "presence", "visible": false}));
    let console = desk.accepting("ada", 1);
    desk.send(console, &json!({"t": "claim", "cid": cid(60)}));
    desk.take(console);
    desk.leave(1);
    let sent = desk.take(console);
    let ended = sent.iter().find(|f| f["t"] == "event").unwrap();
    assert_eq!((&ended["kind"], &ended["reason"]), (&json!("ended"), &json!("exit")));
    let released = sent.iter().find(|f| f["t"] == "released").unwrap();
    assert_eq!((&released["conv"], &released["reason"]), (&json!(conv), &json!("left")));
}

#[test]
fn leaving_what_is_over_or_was_never_there_changes_nothing() {
    let mut desk = TestDesk::new();
    let (visitor, console, ..) = desk.talking();
    desk.send(visitor, &json!({"t": "end", "cid": cid(9)}));
    desk.advance(5_000);
    for conn in [visitor, console] {
        desk.take(conn);
    }
    desk.leave(1);
    desk.leave(77);
    assert!(desk.take(visitor).is_empty() && desk.take(console).is_empty());
    desk.send(visitor, &json!({"t": "erase", "cid": cid(10)}));
    desk.leave(1);
    assert_eq!(desk.closed(visitor), Some(CloseCode::Erased));
}

#[test]
fn nobody_is_asked_about_what_is_deleted_at_once() {
    let mut desk = TestDesk::with_config(&format!("{CONFIG}\n[limits]\nretention_hours = 0\n"));
    let (visitor, ..) = desk.talking();
    desk.take(visitor);
    desk.send(visitor, &json!({"t": "end", "cid": cid(9)}));
    assert_eq!(desk.take_one(visitor, "event")["kind"], "ended");
    desk.advance(1);
    assert_eq!(desk.closed(visitor), Some(CloseCode::UnknownSecret));
}

#[test]
fn what_was_said_is_destroyed_when_its_time_is_over() {
    let mut desk = TestDesk::with_config(&format!("{CONFIG}\n[limits]\nretention_hours = 2\n"));
    let (visitor, console, _, _) = desk.talking();
    desk.send(visitor, &json!({"t": "end", "cid": cid(9)}));
    desk.disconnect(visitor);
    desk.disconnect(console);
    let epoch = desk.desk.epoch().to_owned();
    desk.advance(2 * 3_600_000 - 1);
    let back = desk.connect();
    desk.send(back, &resume(1, 1, &epoch, 0));
    let ready = desk.take_one(back, "ready");
    assert_eq!(ready["conv"]["state"], "ended");
    assert_eq!(ready["conv"]["expires_at"], "2026-11-21T22:00:00.000Z");
    desk.advance(1);
    assert_eq!(desk.closed(back), Some(CloseCode::UnknownSecret));
    let kept: Result<_, StoreError> = desk.desk.store().read(|tx| tx.conversations());
    assert!(kept.unwrap().is_empty());
    let again = desk.connect();
    desk.send(again, &resume(1, 1, &epoch, 0));
    assert_eq!(desk.closed(again), Some(CloseCode::UnknownSecret));
}

#[test]
fn erasing_leaves_nothing_behind_in_any_state() {
    for state in ["waiting", "active", "ended"] {
        let mut desk = TestDesk::new();
        let (visitor, console) = if state == "waiting" {
            (desk.waiting(1).0, None)
        } else {
            let (visitor, console, _, _) = desk.talking();
            (visitor, Some(console))
        };
        if state == "ended" {
            desk.send(visitor, &json!({"t": "end", "cid": cid(9)}));
        }
        let epoch = desk.desk.epoch().to_owned();
        let second = desk.connect();
        desk.send(second, &resume(2, 1, &epoch, 0));
        desk.take(visitor);
        desk.send(visitor, &json!({"t": "erase", "cid": cid(30)}));
        desk.take_one(visitor, "ack");
        assert_eq!(desk.closed(visitor), Some(CloseCode::Erased), "{state}");
        assert_eq!(desk.closed(second), Some(CloseCode::Erased), "{state}");
        if let Some(console) = console {
            assert_eq!(desk.take_one(console, "released")["reason"], "erased");
        }
        let back = desk.connect();
        desk.send(back, &resume(3, 1, &epoch, 0));
        assert_eq!(desk.closed(back), Some(CloseCode::Erased), "{state}");
        let kept: Result<_, StoreError> = desk.desk.store().read(|tx| tx.conversations());
        assert!(kept.unwrap().is_empty());
    }
}

#[test]
fn erased_words_are_in_no_file_of_the_database_nor_is_their_key() {
    let marker = "a-marker-that-must-vanish";
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&directory.path().join("tealight.db")).unwrap();
    let mut desk = TestDesk::over(store, CONFIG, tealight_server::testing::START);
    let (visitor, ada, conv, claim) = desk.talking();
    let note = json!({"t": "note", "cid": cid(60), "conv": conv, "claim": claim, "text": marker.repeat(30)});
    desk.send(ada, &note);
    desk.send(visitor, &json!({"t": "send", "cid": cid(2), "text": marker}));
    let transfer = json!({"t": "transfer", "cid": cid(61), "conv": conv, "claim": claim, "to": {},
                          "reason": marker, "note": marker});
    desk.send(ada, &transfer);
    desk.take_one(ada, "released");
    let key = wrapped_key(&mut desk, &conv);
    let stands = |what: &[u8]| is_in_files(directory.path(), what);
    assert!(stands(&key) && stands(conv.as_bytes()), "what is there is found");
    assert!(!stands(marker.as_bytes()), "what is said is never there in clear");
    desk.send(visitor, &json!({"t": "erase", "cid": cid(3)}));
    assert!(!stands(&key) && !stands(conv.as_bytes()) && !stands(marker.as_bytes()));
}

#[test]
fn an_erased_key_goes_from_the_journal_as_soon_as_nobody_else_reads_it() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("tealight.db");
    let store = SqliteStore::open(&file).unwrap();
    store.connection().busy_timeout(std::time::Duration::from_millis(10)).unwrap();
    let mut desk = TestDesk::over(store, CONFIG, tealight_server::testing::START);
    let (visitor, conv) = desk.waiting(1);
    desk.send(visitor, &json!({"t": "send", "cid": cid(2), "text": "hello"}));
    desk.take(visitor);
    let key = wrapped_key(&mut desk, &conv);
    let backup = SqliteStore::open(&file).unwrap();
    backup.connection().execute_batch("begin; select count(*) from events").unwrap();
    desk.send(visitor, &json!({"t": "erase", "cid": cid(3)}));
    desk.take_one(visitor, "ack");
    assert!(
        is_in_files(directory.path(), &key),
        "a reader still needs the journal, so this test would prove nothing"
    );
    backup.connection().execute_batch("rollback").unwrap();
    desk.advance(60_000);
    assert!(!is_in_files(directory.path(), &key));
}

/// The key of a conversation as it is stored.
fn wrapped_key(desk: &mut TestDesk, conv: &str) -> Vec<u8> {
    let id = ConversationId(conv.to_owned());
    let key: Result<_, StoreError> = desk.desk.store().read(|tx| tx.wrapped_key(&id));
    key.unwrap().unwrap().wrapped
}

fn is_in_files(folder: &Path, what: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        bytes.windows(what.len()).any(|window| window == what)
    })
}
