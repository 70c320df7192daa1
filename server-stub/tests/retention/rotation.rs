//! Server keys: changed on time and on demand, killed half-way, wrong, lost.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use tealight_protocol::ConversationId;
use tealight_server::Moment;
use tealight_server::store::{KeyError, KeySchedule, KeySource, SqliteStore, Store as _, StoreError};
use tealight_server::testing::{START, cid};

use crate::files;
use crate::planting::{SAID_BY_VISITOR, desk, everything_said, plant, wrapped_key};

const DAY_MS: u64 = 24 * 3_600_000;

#[test]
fn a_new_key_opens_everything_and_the_old_one_is_gone() {
    let place = Place::new();
    let conv = place.planted();
    let (old_key, old_wrapped) = (place.key_file(), place.wrapped(&conv));
    let mut store = place.open();
    assert_eq!(store.change_server_key(START).unwrap(), 1);
    assert!(everything_said(&mut store, &conv).contains(SAID_BY_VISITOR));
    let news = store.key_news().unwrap();
    assert_eq!(news.iter().map(|(key, opens)| (key.is_current, *opens)).collect::<Vec<_>>(), [(true, 1)]);
    drop(store);
    assert!(everything_said(&mut place.open(), &conv).contains(SAID_BY_VISITOR), "after a restart, too");
    assert_ne!(place.wrapped(&conv), old_wrapped);
    assert_eq!(files::with(place.folder.path(), &old_wrapped), [""; 0], "as it was wrapped before");
    assert_eq!(files::with(place.folder.path(), secret(&old_key).as_bytes()), [""; 0], "the old key");
}

#[test]
fn a_key_is_changed_every_day_by_the_server_itself() {
    let place = Place::new();
    place.open();
    place.age_keys_since(START);
    let store = place.open();
    // Two days of looking whether the disk still works would take long.
    store.connection().pragma_update(None, "synchronous", "off").unwrap();
    let mut desk = desk(store, "[limits]\nretention_hours = 720");
    let conv = plant(&mut desk).conv;
    let before = place.key_file();
    desk.advance(DAY_MS - 3_600_000);
    assert_eq!(place.key_file(), before, "not before its time");
    desk.advance(2 * 3_600_000);
    let after = place.key_file();
    assert_ne!(after, before);
    assert_eq!(keys_in(&after), 1);
    assert!(everything_said(desk.desk.store(), &conv).contains(SAID_BY_VISITOR));
    desk.advance(DAY_MS);
    assert_ne!(place.key_file(), after);
    drop(desk);
    assert!(everything_said(&mut place.open(), &conv).contains(SAID_BY_VISITOR));
}

#[test]
fn a_retired_key_is_kept_for_copies_as_long_as_it_is_wanted_and_no_longer() {
    let place = Place::new();
    place.planted();
    let schedule =
        KeySchedule { keep_retired_for: Duration::from_secs(3 * 24 * 3_600), ..KeySchedule::default() };
    let mut store = place.open().with_schedule(schedule);
    let at = |days: u64| now().plus_ms(days * DAY_MS);
    let mut kept = Vec::new();
    for day in 1..=6 {
        store.tend(at(day)).unwrap();
        kept.push(keys_in(&place.key_file()));
    }
    assert_eq!(kept, [2, 3, 4, 4, 4, 4], "the current one and those of three days");
}

#[test]
fn whoever_is_killed_half_way_goes_on_at_the_next_start() {
    // The new key is in the file, and nothing is wrapped with it yet.
    let place = Place::new();
    let conv = place.planted();
    let key_of_before = place.key_file();
    place.open().change_server_key(now()).unwrap();
    let changed = place.key_file();
    let new_line = changed.lines().last().unwrap();
    let old_line = key_of_before.lines().last().unwrap();
    let other = Place::new();
    let conv_of_other = other.planted();
    let old_of_other = other.key_file().lines().last().unwrap().to_owned();
    let retired = old_of_other.replace("current", "retired");
    other.write_key_file(&format!("{retired}\n{new_line}\n"));
    let mut store = other.open();
    assert!(everything_said(&mut store, &conv_of_other).contains(SAID_BY_VISITOR));
    store.tend(now()).unwrap();
    assert_eq!(other.key_file().lines().last().unwrap(), new_line);
    assert_eq!(keys_in(&other.key_file()), 1, "the old one is destroyed once nothing needs it");
    assert!(everything_said(&mut other.open(), &conv_of_other).contains(SAID_BY_VISITOR));

    // Everything is rewrapped, and the old key is still in the file.
    place.write_key_file(&format!("{}\n{new_line}\n", old_line.replace("current", "retired")));
    let mut store = place.open();
    store.tend(now()).unwrap();
    assert_eq!(keys_in(&place.key_file()), 1);
    assert!(everything_said(&mut store, &conv).contains(SAID_BY_VISITOR));
}

#[test]
fn a_change_that_cannot_be_stored_loses_nothing() {
    let place = Place::new();
    let conv = place.planted();
    let mut store = place.open();
    store
        .connection()
        .execute_batch(
            "create trigger no before update on meta begin select raise(fail, 'no'); end;
        create trigger no2 before insert on meta begin select raise(fail, 'no'); end;",
        )
        .unwrap();
    assert!(store.change_server_key(START).is_err());
    assert!(everything_said(&mut store, &conv).contains(SAID_BY_VISITOR));
    drop(store);
    assert!(matches!(SqliteStore::open(&place.database()), Err(StoreError::Corrupt(_))));
    rusqlite::Connection::open(place.database())
        .unwrap()
        .execute_batch("drop trigger no; drop trigger no2")
        .unwrap();
    let mut store = place.open();
    assert!(everything_said(&mut store, &conv).contains(SAID_BY_VISITOR));
}

#[test]
fn a_server_that_runs_takes_up_keys_that_another_program_changed() {
    let place = Place::new();
    let mut desk = desk(place.open(), "");
    let (visitor, conv) = desk.waiting(1);
    desk.send(visitor, &json!({"t": "send", "cid": cid(50), "text": "before"}));
    place.open().change_server_key(START).unwrap();
    desk.send(visitor, &json!({"t": "send", "cid": cid(51), "text": "after"}));
    assert_eq!(desk.take_all(visitor, "ack").len(), 2);
    let said = everything_said(desk.desk.store(), &ConversationId(conv));
    assert!(said.contains("before") && said.contains("after"), "{said}");
    place.open().change_server_key(START).unwrap();
    let (newcomer, conv) = desk.waiting(2);
    desk.send(newcomer, &json!({"t": "send", "cid": cid(52), "text": "a newcomer"}));
    drop(desk);
    let said = everything_said(&mut place.open(), &ConversationId(conv));
    assert!(said.contains("a newcomer"), "a new conversation is under the newest key: {said}");
}

#[test]
fn a_wrong_or_missing_key_stops_the_start_and_loses_nothing() {
    let place = Place::new();
    let conv = place.planted();
    let right = place.key_file();
    std::fs::remove_file(place.key_path()).unwrap();
    let missing = place.try_open().unwrap_err().to_string();
    assert!(missing.contains("tealight.key is missing") && missing.contains("fix:"), "{missing}");
    assert!(!place.key_path().exists(), "no new one is made in its place");

    place.write_key_file(Place::of_a_stranger().key_file().as_str());
    let error = place.try_open().unwrap_err();
    assert!(matches!(error, StoreError::Key(KeyError::Unknown { conversations: 1, .. })), "{error}");
    assert!(error.to_string().contains("put that key back"), "{error}");

    place.write_key_file(&right);
    assert!(everything_said(&mut place.open(), &conv).contains(SAID_BY_VISITOR));
}

#[test]
fn what_no_key_opens_any_more_is_destroyed_only_on_demand() {
    let place = Place::new();
    let conv = place.planted();
    let wrapped = place.wrapped(&conv);
    std::fs::remove_file(place.key_path()).unwrap();
    assert!(place.try_open().is_err());
    let keys = KeySource::beside(&place.database());
    let (mut store, destroyed) = SqliteStore::open_without_lost(&place.database(), keys.clone()).unwrap();
    assert_eq!(destroyed, 1);
    let left: Result<_, StoreError> = store.read(|tx| Ok((tx.conversations()?, tx.operators()?)));
    let (conversations, operators) = left.unwrap();
    assert_eq!((conversations.len(), operators.len()), (0, 2), "accounts are in clear, and stay");
    assert_eq!(files::with(place.folder.path(), &wrapped), [""; 0]);
    drop(store);
    let (_, destroyed) = SqliteStore::open_without_lost(&place.database(), keys).unwrap();
    assert_eq!(destroyed, 0, "what opens is left alone");
    place.open();
}

#[test]
fn keys_from_the_environment_are_changed_there() {
    let place = Place::new();
    let (old, new) =
        ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=");
    let open =
        |keys: &str| SqliteStore::open_with(&place.database(), KeySource::Variable(keys.to_owned().into()));
    let mut first = desk(open(old).unwrap(), "");
    let conv = plant(&mut first).conv;
    assert!(matches!(first.desk.store().change_server_key(START), Err(StoreError::Key(KeyError::NotOurs))));
    first.desk.store().tend(now().plus_ms(30 * DAY_MS)).unwrap();
    drop(first);
    assert!(!place.key_path().exists());
    assert!(matches!(open(new), Err(StoreError::Key(KeyError::Unknown { .. }))));
    drop(open(&format!("{new},{old}")).unwrap());
    assert!(
        everything_said(&mut open(new).unwrap(), &conv).contains(SAID_BY_VISITOR),
        "rewrapped by that start"
    );
}

/// A database with its key file.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn of_a_stranger() -> Self {
        let place = Self::new();
        place.open();
        place
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("tealight.db")
    }

    fn key_path(&self) -> PathBuf {
        self.folder.path().join("tealight.key")
    }

    fn try_open(&self) -> Result<SqliteStore, StoreError> {
        SqliteStore::open(&self.database())
    }

    fn open(&self) -> SqliteStore {
        self.try_open().unwrap()
    }

    /// Plants a conversation and closes the database.
    fn planted(&self) -> ConversationId {
        plant(&mut desk(self.open(), "")).conv
    }

    fn wrapped(&self, conv: &ConversationId) -> Vec<u8> {
        wrapped_key(&mut self.open(), conv).unwrap()
    }

    fn key_file(&self) -> String {
        std::fs::read_to_string(self.key_path()).unwrap()
    }

    /// As if the keys had been made at that moment.
    fn age_keys_since(&self, moment: Moment) {
        let file = self.key_file();
        let since = file.lines().last().unwrap().split(' ').nth(2).unwrap();
        self.write_key_file(&file.replace(since, &moment.0.to_string()));
    }

    fn write_key_file(&self, text: &str) {
        write_private(&self.key_path(), text);
    }
}

fn write_private(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
}

fn keys_in(key_file: &str) -> usize {
    key_file.lines().filter(|line| !line.starts_with('#')).count()
}

/// The key itself, as it stands in the file.
fn secret(key_file: &str) -> String {
    key_file.lines().last().unwrap().split(' ').next_back().unwrap().to_owned()
}

/// The key files of these tests are made by the clock of this machine.
fn now() -> Moment {
    use tealight_server::Clock as _;
    tealight_server::SystemClock.now()
}
