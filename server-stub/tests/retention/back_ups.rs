//! Copies of the database: what is in them, who can read them, and for how long.

use std::path::Path;

use serde_json::json;
use tealight_server::store::{BackUp, KeyError, KeySchedule, SqliteStore, Store as _, StoreError};
use tealight_server::testing::{CONFIG, TestDesk, cid};
use tealight_server::{Clock as _, SystemClock};

use crate::files;
use crate::planting::{SAID_BY_VISITOR, desk, everything_said, plant, wrapped_key};

/// What a back-up leaves out, and why. A new table has to stand here, or be carried.
const LEFT_OUT: [&str; 11] = [
    // What was said, and what belongs to it.
    "conversations",
    "events",
    "notes",
    "survey_answers",
    "commands",
    "marks",
    "data_keys",
    // They hold for a day, and name conversations.
    "blocks",
    // Whose conversations were erased is nobody's business any more.
    "tombstones",
    // Everybody logs in again.
    "operator_sessions",
    // They keep a running server from doing things twice.
    "desk_commands",
];

const CARRIED: [&str; 7] =
    ["operators", "shifts", "staffing", "handling_times", "waits", "announcement", "audit"];

#[test]
fn a_back_up_without_conversations_holds_no_trace_of_one() {
    let folder = tempfile::tempdir().unwrap();
    let copies = tempfile::tempdir().unwrap();
    let mut desk = desk(open(folder.path()), "");
    let planted = plant(&mut desk);
    let key = wrapped_key(desk.desk.store(), &planted.conv).unwrap();
    let file = copies.path().join("copy.db");
    desk.desk.store().back_up(&file, BackUp::WithoutConversations).unwrap();
    for trace in [&key[..], planted.conv.0.as_bytes(), b"canary-"] {
        assert_eq!(files::with(copies.path(), trace), [""; 0]);
    }
    is_for_its_owner(&file);
    assert!(
        desk.desk.store().back_up(&file, BackUp::WithoutConversations).is_err(),
        "nothing is overwritten"
    );
    let mut restored = SqliteStore::open(&file).unwrap();
    let read: Result<_, StoreError> =
        restored.read(|tx| Ok((tx.epoch()?, tx.operators()?, tx.conversations()?, tx.waits(10)?)));
    let (epoch, operators, conversations, waits) = read.unwrap();
    assert_eq!(epoch, None, "a server started on it gives the log a new name");
    assert_eq!((operators.len(), conversations.len(), waits.len()), (2, 0, 2));
    let mut helpline = TestDesk::over(restored, CONFIG, tealight_server::testing::START);
    helpline.waiting(9);
}

#[test]
fn every_table_is_carried_or_left_out_on_purpose() {
    let store = SqliteStore::in_memory().unwrap();
    let tables = "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'";
    let mut rows = store.connection().prepare(tables).unwrap();
    let mut found: Vec<String> = rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut known: Vec<_> = CARRIED.iter().chain(&LEFT_OUT).chain(&["meta"]).copied().collect();
    found.sort();
    known.sort_unstable();
    assert_eq!(found, known, "say in this test and in the back-up whether a new table goes along");
}

#[test]
fn a_copy_that_holds_conversations_opens_with_the_key_of_its_day() {
    let folder = tempfile::tempdir().unwrap();
    let copies = tempfile::tempdir().unwrap();
    let mut desk = desk(open(folder.path()), "");
    let planted = plant(&mut desk);
    let file = copies.path().join("tealight.db");
    desk.desk.store().back_up(&file, BackUp::Everything).unwrap();
    is_for_its_owner(&file);
    assert_eq!(files::with(copies.path(), b"canary-"), [""; 0], "sealed");
    assert!(matches!(SqliteStore::open(&file), Err(StoreError::Key(KeyError::FileMissing(_)))));
    std::fs::copy(folder.path().join("tealight.key"), copies.path().join("tealight.key")).unwrap();
    let mut restored = SqliteStore::open(&file).unwrap();
    assert!(everything_said(&mut restored, &planted.conv).contains(SAID_BY_VISITOR));
    let epoch: Result<_, StoreError> = restored.read(|tx| tx.epoch());
    assert_eq!(epoch.unwrap(), None);
}

#[test]
fn what_was_erased_can_be_read_from_no_copy_once_the_server_key_of_its_day_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let copies = tempfile::tempdir().unwrap();
    let mut desk = desk(open(folder.path()), "");
    let planted = plant(&mut desk);
    // Somebody copies the files as they are: the worst back-up there is.
    files::copy(folder.path(), copies.path());
    std::fs::remove_file(copies.path().join("tealight.key")).unwrap();
    desk.send(planted.visitor, &json!({"t": "erase", "cid": cid(90)}));
    desk.take_one(planted.visitor, "ack");
    let with_key_of = |folder: &Path| {
        let both = tempfile::tempdir().unwrap();
        files::copy(copies.path(), both.path());
        std::fs::copy(folder.join("tealight.key"), both.path().join("tealight.key")).unwrap();
        let opened = SqliteStore::open(&both.path().join("tealight.db"));
        opened.map(|mut store| everything_said(&mut store, &planted.conv))
    };
    assert!(
        with_key_of(folder.path()).unwrap().contains(SAID_BY_VISITOR),
        "the same day it can still be read"
    );
    let store = desk.desk.store();
    store.tend(SystemClock.now().plus(KeySchedule::default().change_every)).unwrap();
    let error = with_key_of(folder.path()).unwrap_err();
    assert!(matches!(error, StoreError::Key(KeyError::Unknown { .. })), "{error}");
}

fn open(folder: &Path) -> SqliteStore {
    SqliteStore::open(&folder.join("tealight.db")).unwrap()
}

fn is_for_its_owner(file: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o077, 0);
    }
    assert!(file.exists());
}
