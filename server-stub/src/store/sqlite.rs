//! The embedded store: SQLite in write-ahead mode, fully synchronous, overwriting what it deletes.

mod audit;
mod back_up;
mod blocks;
mod roster;
mod rows;
mod sealed;
mod waits;
mod work;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use super::keys::{KeyNews, KeySource, Keyring};
use super::{KeyId, Store, StoreError, Transaction, sealing};
use crate::Moment;
pub use back_up::BackUp;
use work::Work;

/// How long a statement waits for somebody else's lock.
const BUSY: Duration = Duration::from_millis(2_000);

/// How long it waits once it waited in vain: the desk has other work than to wait.
const STILL_BUSY: Duration = Duration::from_millis(50);

/// What a message and all that goes with it may need, in bytes, and more.
const ROOM_BYTES: i64 = 64 * 1024;

/// One step per version of the schema, in order. A step that was released is never changed.
const MIGRATIONS: [&str; 6] = [
    include_str!("schema_1.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
    include_str!("schema_5.sql"),
    include_str!("schema_6.sql"),
];

/// The version that seals what was in clear before.
const SEALS: usize = 4;

/// A store in one SQLite file, or in memory.
#[derive(Debug)]
pub struct SqliteStore {
    connection: Connection,
    keys: Keyring,
    schedule: KeySchedule,
    file: Option<File>,
    waited_in_vain: Cell<bool>,
}

/// How long server keys live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeySchedule {
    /// How old the current key becomes.
    pub change_every: Duration,
    /// How long a retired key is kept, so that copies of the database from its time can be read.
    pub keep_retired_for: Duration,
}

impl Default for KeySchedule {
    /// A new key every day; the one before is destroyed at once.
    fn default() -> Self {
        Self { change_every: Duration::from_secs(24 * 3_600), keep_retired_for: Duration::ZERO }
    }
}

/// What becomes of conversations whose key nobody has any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lost {
    /// The store does not open: the key may be found again.
    Waits,
    /// They are destroyed.
    Destroyed,
}

/// The file that was opened, to be told from another that stands in its place.
#[derive(Debug)]
struct File {
    path: PathBuf,
    identity: Option<Identity>,
}

impl SqliteStore {
    /// Opens the file, makes it when it is missing, and brings its schema up to date. Its keys are in a file beside it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_with(path, KeySource::beside(path))
    }

    /// The same with keys from elsewhere.
    pub fn open_with(path: &Path, keys: KeySource) -> Result<Self, StoreError> {
        let connection = Connection::open(path)?;
        let file = File { path: path.to_owned(), identity: identity(path) };
        Self::prepare(connection, Some(file), keys)
    }

    /// Opens the file though keys are lost for good: the conversations that needed them are destroyed. Returns how
    /// many these were.
    pub fn open_without_lost(path: &Path, keys: KeySource) -> Result<(Self, usize), StoreError> {
        let connection = Connection::open(path)?;
        let file = File { path: path.to_owned(), identity: identity(path) };
        let mut store = Self::unsettled(connection, Some(file), keys, Lost::Destroyed)?;
        let destroyed = store.write(|tx| {
            let mut destroyed = 0;
            for (conversation, key) in tx.wrapped_keys()? {
                if !tx.keyring().has(&key.server_key) {
                    tx.delete_conversation(&conversation)?;
                    destroyed += 1;
                }
            }
            Ok::<_, StoreError>(destroyed)
        })?;
        store.settle()?;
        store.scrub()?;
        Ok((store, destroyed))
    }

    /// A look at a file that another program writes. Nothing can be written through it.
    pub fn open_to_read(path: &Path) -> Result<Self, StoreError> {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY)?;
        let file = File { path: path.to_owned(), identity: identity(path) };
        let keys = Keyring::open(KeySource::beside(path), false)?;
        let waited_in_vain = Cell::new(false);
        Ok(Self { connection, keys, schedule: KeySchedule::default(), file: Some(file), waited_in_vain })
    }

    /// A store that is gone with the value.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::prepare(Connection::open_in_memory()?, None, KeySource::Nowhere)
    }

    /// With server keys that live so long.
    #[must_use]
    pub fn with_schedule(mut self, schedule: KeySchedule) -> Self {
        self.schedule = schedule;
        self
    }

    /// What can be told of the server keys, and how many conversations each of them opens.
    pub fn key_news(&mut self) -> Result<Vec<(KeyNews, usize)>, StoreError> {
        let wrapped = self.read(|tx| tx.wrapped_keys())?;
        let opens = |id: &KeyId| wrapped.iter().filter(|(_, key)| key.server_key == *id).count();
        Ok(self
            .keys
            .news()
            .into_iter()
            .map(|news| (opens(&news.id), news))
            .map(|(n, news)| (news, n))
            .collect())
    }

    /// The key file that opening this store made, if it made one.
    pub fn made_key_file(&self) -> Option<&Path> {
        self.keys.made_file()
    }

    /// Makes a new server key, rewraps the keys of all conversations with it, and destroys those that are retired for
    /// long enough. Returns how many keys were rewrapped. Killed at any point, the next start goes on with it.
    pub fn change_server_key(&mut self, now: Moment) -> Result<usize, StoreError> {
        // The lock on the database is the lock on the key file, too.
        let rewrapped = self.write(|tx| {
            tx.keyring().read_again()?;
            tx.keyring().change(now)?;
            sealing::settle(tx)
        })?;
        // The journal holds the keys as they were wrapped before; with their server key gone that is only tidy.
        if let Err(error) = self.scrub() {
            tracing::warn!(%error, "the journal could not be cleaned after a change of keys");
        }
        self.destroy_retired(now)?;
        Ok(rewrapped)
    }

    fn destroy_retired(&mut self, now: Moment) -> Result<(), StoreError> {
        if self.keys.news().len() < 2 {
            return Ok(());
        }
        let before = now.minus(self.schedule.keep_retired_for);
        self.write(|tx| {
            tx.keyring().read_again()?;
            if sealing::is_settled(tx)? {
                tx.keyring().destroy_retired(before)?;
            }
            Ok(())
        })
    }

    /// Lets the current server key wrap everything, if it does not yet.
    fn settle(&mut self) -> Result<(), StoreError> {
        if !self.read(|tx| sealing::is_settled(tx))? {
            self.write(|tx| sealing::settle(tx))?;
        }
        Ok(())
    }

    /// The connection itself, for tests that make the database fail.
    #[doc(hidden)]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    fn prepare(connection: Connection, file: Option<File>, keys: KeySource) -> Result<Self, StoreError> {
        let mut store = Self::unsettled(connection, file, keys, Lost::Waits)?;
        store.settle()?;
        if let Err(error) = sealed::rewrite_if_due(&store.connection) {
            tracing::warn!(%error, "the database could not be rewritten; it will be tried at the next start");
        }
        Ok(store)
    }

    fn unsettled(
        mut connection: Connection,
        file: Option<File>,
        keys: KeySource,
        lost: Lost,
    ) -> Result<Self, StoreError> {
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "secure_delete", true)?;
        let mut keys = Keyring::open(keys, lost == Lost::Destroyed || !sealed::holds_anything(&connection)?)?;
        migrate(&mut connection, &mut keys)?;
        let verdict: String = connection.query_row("pragma quick_check(1)", [], |row| row.get(0))?;
        if verdict != "ok" {
            return Err(StoreError::Corrupt(verdict));
        }
        if let Some(path) = keys.made_file() {
            tracing::info!(file = %path.display(), "made the key file: keep it apart from copies of the database");
        }
        let waited_in_vain = Cell::new(false);
        Ok(Self { connection, keys, schedule: KeySchedule::default(), file, waited_in_vain })
    }

    fn transact<R, E: From<StoreError>>(
        &mut self,
        behaviour: TransactionBehavior,
        work: impl FnOnce(&mut dyn Transaction) -> Result<R, E>,
    ) -> Result<R, E> {
        // Unchecked: that no other transaction is open follows from `&mut self`.
        let transaction = match rusqlite::Transaction::new_unchecked(&self.connection, behaviour) {
            Ok(transaction) => transaction,
            Err(error) => return Err(self.failed(error).into()),
        };
        let result = work(&mut Work { transaction: &transaction, keys: &mut self.keys })?;
        transaction.commit().map_err(StoreError::from)?;
        Ok(result)
    }

    /// Who waited in vain for a lock does not wait as long the next time.
    fn failed(&self, error: rusqlite::Error) -> StoreError {
        if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) {
            self.waited_in_vain.set(true);
            let _ = self.connection.busy_timeout(STILL_BUSY);
        }
        error.into()
    }

    fn worked(&self) {
        if self.waited_in_vain.take() {
            let _ = self.connection.busy_timeout(BUSY);
        }
    }

    /// What is written to a file that was moved away or deleted would be gone with the next start.
    fn is_in_its_place(&self) -> Result<(), StoreError> {
        match &self.file {
            Some(file) if identity(&file.path) != file.identity => {
                Err(StoreError::Unavailable("the database file is not where it was".to_owned()))
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// What tells a file from others: its device and its number there.
#[cfg(unix)]
type Identity = (u64, u64);

#[cfg(unix)]
fn identity(path: &Path) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

/// Elsewhere, an open file cannot be moved.
#[cfg(not(unix))]
type Identity = ();

#[cfg(not(unix))]
fn identity(_: &Path) -> Option<Identity> {
    None
}

fn migrate(connection: &mut Connection, keys: &mut Keyring) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: usize = transaction
        .query_row("pragma user_version", [], |row| row.get::<_, i64>(0))?
        .try_into()
        .map_err(|_| StoreError::Corrupt("the schema version is negative".to_owned()))?;
    if version > MIGRATIONS.len() {
        return Err(StoreError::Corrupt(format!(
            "its schema has version {version}, but this server knows versions up to {}: use the newer server",
            MIGRATIONS.len()
        )));
    }
    for (before, step) in MIGRATIONS.iter().enumerate().skip(version) {
        transaction.execute_batch(step)?;
        if before + 1 == SEALS {
            sealed::seal_plain_rows(&mut Work { transaction: &transaction, keys })?;
        }
    }
    // Written even if it says so already: a file that may only be read is found out now, not by the first visitor.
    transaction.pragma_update(None, "user_version", MIGRATIONS.len() as i64)?;
    match transaction.commit() {
        // A disk without room may have some later. Until then the server is there to say so.
        Err(error) if version == MIGRATIONS.len() && is_of_the_disk(&error) => {
            tracing::error!(%error, "nothing can be stored just now");
            Ok(())
        }
        done => Ok(done?),
    }
}

/// Whether the file would take what the disk does not.
fn is_of_the_disk(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure))
}

impl Store for SqliteStore {
    fn write<R, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut dyn Transaction) -> Result<R, E>,
    ) -> Result<R, E> {
        self.is_in_its_place()?;
        let result = self.transact(TransactionBehavior::Immediate, work)?;
        self.worked();
        Ok(result)
    }

    fn read<R, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut dyn Transaction) -> Result<R, E>,
    ) -> Result<R, E> {
        self.transact(TransactionBehavior::Deferred, work)
    }

    fn scrub(&mut self) -> Result<(), StoreError> {
        let busy: bool =
            self.connection.query_row("pragma wal_checkpoint(truncate)", [], |row| row.get(0))?;
        if busy {
            return Err(StoreError::Unavailable("somebody else is reading the journal".to_owned()));
        }
        Ok(())
    }

    fn tend(&mut self, now: Moment) -> Result<(), StoreError> {
        self.is_in_its_place()?;
        self.keys.read_again()?;
        let since = self.keys.may_be_changed_since();
        if since.is_some_and(|since| now.since(since) >= self.schedule.change_every) {
            self.change_server_key(now)?;
            return Ok(());
        }
        self.settle()?;
        self.destroy_retired(now)
    }

    fn probe(&mut self) -> Result<(), StoreError> {
        self.is_in_its_place()?;
        let fill = "insert or replace into meta (key, value) values ('room', hex(zeroblob(?1 / 2)))";
        let filled = self.connection.execute(fill, [ROOM_BYTES]);
        let emptied = self.connection.execute("delete from meta where key = 'room'", []);
        filled.and(emptied).map_err(|error| self.failed(error))?;
        self.worked();
        Ok(())
    }
}

impl From<rusqlite::Error> for StoreError {
    /// What SQLite says about a value may quote it; what it says about the file may not.
    fn from(error: rusqlite::Error) -> Self {
        match &error {
            rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
                ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt => Self::Corrupt(failure.to_string()),
                // The same again would break the same rule again.
                ErrorCode::ConstraintViolation => Self::Corrupt(failure.to_string()),
                _ => Self::Unavailable(failure.to_string()),
            },
            rusqlite::Error::FromSqlConversionFailure(column, kind, _) => {
                Self::Corrupt(format!("column {column} ({kind}) has another shape"))
            }
            _ => Self::Corrupt("an unexpected answer".to_owned()),
        }
    }
}
