//! Canaries: words that are planted in every kind of content, and looked for in every byte of every file.

use std::path::Path;

use serde_json::json;
use tealight_server::store::SqliteStore;
use tealight_server::testing::{TestDesk, cid};

use crate::files;
use crate::planting::{Planted, desk, everything_said, plant, wrapped_key};

#[test]
fn a_word_is_found_where_nothing_is_encrypted_so_this_test_can_fail() {
    let folder = tempfile::tempdir().unwrap();
    let plain = rusqlite::Connection::open(folder.path().join("tealight.db")).unwrap();
    plain.pragma_update(None, "journal_mode", "WAL").unwrap();
    plain
        .execute_batch("create table said (words text); insert into said values ('canary-in-clear')")
        .unwrap();
    assert_eq!(files::with(folder.path(), b"canary-in-clear"), ["tealight.db-wal"]);
    plain
        .execute_batch("pragma secure_delete = off; delete from said; pragma wal_checkpoint(truncate)")
        .unwrap();
    assert_eq!(files::with(folder.path(), b"canary-in-clear"), ["tealight.db"], "deleting alone leaves it");
}

#[test]
fn no_word_is_in_any_file_at_any_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(open(folder.path()), "");
    let planted = plant(&mut desk);
    is_readable(&mut desk, &planted);
    no_word_is_in(folder.path(), &planted);
    drop(desk);
    no_word_is_in(folder.path(), &planted);
    let mut again = open(folder.path());
    assert!(everything_said(&mut again, &planted.conv).contains(planted.words[0]), "it is all there");
}

#[test]
fn erasing_destroys_the_key_and_every_trace() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(open(folder.path()), "");
    let planted = plant(&mut desk);
    let traces = traces(&mut desk, &planted);
    are_in(folder.path(), &traces);
    desk.send(planted.visitor, &json!({"t": "erase", "cid": cid(90)}));
    desk.take_one(planted.visitor, "ack");
    are_gone(folder.path(), &traces, &planted);
    drop(desk);
    are_gone(folder.path(), &traces, &planted);
}

#[test]
fn erasing_a_conversation_that_runs_destroys_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(open(folder.path()), "");
    let (visitor, console, conv, claim) = desk.talking();
    let words = vec!["canary-of-the-visitor"];
    desk.send(visitor, &json!({"t": "send", "cid": cid(50), "text": words[0]}));
    let planted = Planted { visitor, console, conv: tealight_protocol::ConversationId(conv), claim, words };
    let traces = traces(&mut desk, &planted);
    are_in(folder.path(), &traces);
    desk.send(planted.visitor, &json!({"t": "erase", "cid": cid(90)}));
    are_gone(folder.path(), &traces, &planted);
    let late = json!({"t": "send", "cid": cid(91), "conv": planted.conv, "claim": planted.claim,
                      "text": planted.words[0]});
    desk.send(planted.console, &late);
    are_gone(folder.path(), &traces, &planted);
}

#[test]
fn what_has_expired_is_destroyed_the_same_way() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = desk(open(folder.path()), "[limits]\nretention_hours = 2");
    let planted = plant(&mut desk);
    let traces = traces(&mut desk, &planted);
    desk.disconnect(planted.visitor);
    desk.advance(2 * 3_600_000 - 60_000);
    are_in(folder.path(), &traces);
    desk.advance(120_000);
    are_gone(folder.path(), &traces, &planted);
}

#[test]
fn what_expired_while_the_server_was_off_is_destroyed_at_its_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = desk(open(folder.path()), "");
    let planted = plant(&mut first);
    let traces = traces(&mut first, &planted);
    drop(first);
    are_in(folder.path(), &traces);
    let later = tealight_server::testing::START.plus_ms(25 * 3_600_000);
    let mut second = TestDesk::over(open(folder.path()), tealight_server::testing::CONFIG, later);
    second.advance(1_000);
    are_gone(folder.path(), &traces, &planted);
}

fn open(folder: &Path) -> SqliteStore {
    SqliteStore::open(&folder.join("tealight.db")).unwrap()
}

fn is_readable(desk: &mut TestDesk, planted: &Planted) {
    let said = everything_said(desk.desk.store(), &planted.conv);
    // Answers to the survey are kept and never read again by the server.
    for word in planted.words.iter().filter(|word| **word != "canary-in-an-answer") {
        assert!(said.contains(word), "{word} was not planted: {said}");
    }
    let answered = "select count(*) from survey_answers";
    let answers: i64 = desk.desk.store().connection().query_row(answered, [], |row| row.get(0)).unwrap();
    assert_eq!(answers, 1);
}

/// What stands in the files for as long as a conversation is kept: its name, and its key.
fn traces(desk: &mut TestDesk, planted: &Planted) -> [Vec<u8>; 2] {
    let key = wrapped_key(desk.desk.store(), &planted.conv).unwrap();
    [planted.conv.0.as_bytes().to_vec(), key]
}

fn are_in(folder: &Path, traces: &[Vec<u8>]) {
    for trace in traces {
        assert!(!files::with(folder, trace).is_empty(), "it is there, so that its going proves something");
    }
}

fn are_gone(folder: &Path, traces: &[Vec<u8>], planted: &Planted) {
    for trace in traces {
        assert_eq!(files::with(folder, trace), [""; 0]);
    }
    no_word_is_in(folder, planted);
}

fn no_word_is_in(folder: &Path, planted: &Planted) {
    for word in &planted.words {
        assert_eq!(files::with(folder, word.as_bytes()), [""; 0], "{word}");
    }
    assert_eq!(files::with(folder, b"canary-"), [""; 0]);
}
