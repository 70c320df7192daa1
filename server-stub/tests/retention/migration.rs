//! A database in which everything stands in clear is sealed at the first start with a newer server.

use std::path::Path;

use rusqlite::Connection;
use tealight_protocol::{Cid, ConversationId};
use tealight_server::store::{CommandKey, Counterpart, Sender, SqliteStore, Store as _, StoreError};

use crate::files;

const CANARIES: [&str; 5] =
    ["canary-event", "canary-note", "canary-answer", "canary-of-a-digest-thirty-two-by", "canary-deleted"];

#[test]
fn what_stood_in_clear_is_sealed_and_nowhere_left_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = old_database(folder.path());
    for canary in CANARIES {
        assert!(
            !files::with(folder.path(), canary.as_bytes()).is_empty(),
            "{canary} stands in clear at first"
        );
    }
    for opened in 0..2 {
        let mut store = SqliteStore::open(&file).unwrap();
        no_canary(folder.path());
        everything_is_there(&mut store);
        assert_eq!(due(&store), None, "opened {opened} times before");
    }
    no_canary(folder.path());
}

#[test]
fn a_start_that_was_killed_after_sealing_still_rewrites_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = old_database(folder.path());
    drop(SqliteStore::open(&file).unwrap());
    // As if the rewriting had not come to pass: free pages with old content, and the mark that says so.
    let killed = Connection::open(&file).unwrap();
    killed
        .execute_batch(
            "insert into meta values ('rewrite', 'due');
             create table leftover (words text); insert into leftover values ('canary-event');
             drop table leftover;",
        )
        .unwrap();
    drop(killed);
    assert!(!files::with(folder.path(), b"canary-event").is_empty(), "a free page holds it");
    let mut store = SqliteStore::open(&file).unwrap();
    no_canary(folder.path());
    everything_is_there(&mut store);
}

#[test]
fn a_start_that_fails_while_sealing_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = old_database(folder.path());
    let old = Connection::open(&file).unwrap();
    // An event out of order stops the sealing half-way.
    old.execute_batch("update events set seq = 9 where seq = 2").unwrap();
    let before = dump(&old);
    drop(old);
    assert!(matches!(SqliteStore::open(&file), Err(StoreError::Corrupt(_))));
    let old = Connection::open(&file).unwrap();
    assert_eq!(dump(&old), before);
    old.execute_batch("update events set seq = 2 where seq = 9").unwrap();
    drop(old);
    everything_is_there(&mut SqliteStore::open(&file).unwrap());
}

/// A file as a server of the third version left it: with content, and with deleted content that nobody overwrote.
fn old_database(folder: &Path) -> std::path::PathBuf {
    let file = folder.join("tealight.db");
    let old = Connection::open(&file).unwrap();
    old.pragma_update(None, "journal_mode", "WAL").unwrap();
    for step in [
        include_str!("../../src/store/schema_1.sql"),
        include_str!("../../src/store/schema_2.sql"),
        include_str!("../../src/store/schema_3.sql"),
    ] {
        old.execute_batch(step).unwrap();
    }
    let event = |seq: u32, text: &str| {
        format!(
            r#"{{"seq":{seq},"at":"2026-11-21T20:00:00.000Z","kind":"message","from":"visitor","text":"{text}"}}"#
        )
    };
    let note = r#"{"n":1,"from":"op:1","at":"2026-11-21T20:00:00.000Z","text":"canary-note"}"#;
    old.execute_batch(&format!(
        "pragma user_version = 3;
         insert into conversations (id, secret, lang, route, state, place, claim, last, messages, started_at,
             waiting_since) values ('c1', zeroblob(32), 'en', 'standard', 'active', 1, 2, 2, 2, 10, 10);
         insert into events values ('c1', 1, '{}'), ('c1', 2, '{}');
         insert into notes values ('c1', 1, '{note}');
         insert into survey_answers values ('c1', 'survey', '{{\"a\":\"canary-answer\"}}', 10);
         insert into commands (conversation, sender, cid, body, seq) values
             ('c1', 'visitor', 'AAAAAAAAAAAAAAAAAAAAAA', cast('canary-of-a-digest-thirty-two-by' as blob), 1);
         insert into commands (conversation, sender, cid, body, claim) values
             ('c1', 'op:1', 'AAAAAAAAAAAAAAAAAAAAAQ', zeroblob(32), 2);",
        event(1, "canary-event"),
        event(2, "more"),
    ))
    .unwrap();
    old.execute_batch(
        "create table gone (words text); insert into gone values ('canary-deleted'); drop table gone",
    )
    .unwrap();
    file
}

fn everything_is_there(store: &mut SqliteStore) {
    let id = ConversationId("c1".to_owned());
    let (cid, claim) = (Cid::from_bytes([0; 16]), Cid::try_from("AAAAAAAAAAAAAAAAAAAAAQ".to_owned()));
    let read: Result<_, StoreError> = store.read(|tx| {
        let key = CommandKey { about: Counterpart::Conversation(&id), sender: Sender::Visitor, cid: &cid };
        let said = tx.events(&id, 0, 10)?;
        Ok((said, tx.notes(&id, 0, 10)?, tx.command(&key)?, tx.is_answered(&id, "survey")?))
    });
    let (events, notes, command, answered) = read.unwrap();
    assert!(serde_json::to_string(&events).unwrap().contains("canary-event"));
    assert_eq!((events.len(), notes.len(), notes[0].text.as_str()), (2, 1, "canary-note"));
    let command = command.unwrap();
    assert_eq!((&command.body, command.seq), (b"canary-of-a-digest-thirty-two-by", Some(1)));
    assert!(answered);
    let claim = claim.unwrap();
    let operator = tealight_protocol::OperatorId("op:1".to_owned());
    let key = CommandKey { about: Counterpart::Any, sender: Sender::Operator(&operator), cid: &claim };
    let claim: Result<_, StoreError> = store.read(|tx| tx.command(&key));
    assert_eq!(claim.unwrap().unwrap().claim, Some(2));
}

fn no_canary(folder: &Path) {
    assert_eq!(files::with(folder, b"canary-"), [""; 0]);
}

fn due(store: &SqliteStore) -> Option<String> {
    store.connection().query_row("select value from meta where key = 'rewrite'", [], |row| row.get(0)).ok()
}

fn dump(file: &Connection) -> Vec<String> {
    let mut rows = file
        .prepare(
            "select seq || body from events union all select name || coalesce(sql, '') from sqlite_schema",
        )
        .unwrap();
    let rows = rows.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}
