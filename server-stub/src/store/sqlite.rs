//! The embedded store: SQLite in write-ahead mode, fully synchronous, overwriting what it deletes.

mod roster;
mod rows;
mod waits;
mod work;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use super::{Store, StoreError, Transaction};
use work::Work;

/// How long a statement waits for somebody else's lock.
const BUSY: Duration = Duration::from_millis(2_000);

/// How long it waits once it waited in vain: the desk has other work than to wait.
const STILL_BUSY: Duration = Duration::from_millis(50);

/// What a message and all that goes with it may need, in bytes, and more.
const ROOM_BYTES: i64 = 64 * 1024;

/// One step per version of the schema, in order. A step that was released is never changed.
const MIGRATIONS: [&str; 3] =
    [include_str!("schema_1.sql"), include_str!("schema_2.sql"), include_str!("schema_3.sql")];

/// A store in one SQLite file, or in memory.
#[derive(Debug)]
pub struct SqliteStore {
    connection: Connection,
    file: Option<File>,
    waited_in_vain: Cell<bool>,
}

/// The file that was opened, to be told from another that stands in its place.
#[derive(Debug)]
struct File {
    path: PathBuf,
    identity: Option<Identity>,
}

impl SqliteStore {
    /// Opens the file, makes it when it is missing, and brings its schema up to date.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = Connection::open(path)?;
        let file = File { path: path.to_owned(), identity: identity(path) };
        Self::prepare(connection, Some(file))
    }

    /// A store that is gone with the value.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::prepare(Connection::open_in_memory()?, None)
    }

    /// The connection itself, for tests that make the database fail.
    #[doc(hidden)]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    fn prepare(mut connection: Connection, file: Option<File>) -> Result<Self, StoreError> {
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "secure_delete", true)?;
        migrate(&mut connection)?;
        let verdict: String = connection.query_row("pragma quick_check(1)", [], |row| row.get(0))?;
        if verdict == "ok" {
            Ok(Self { connection, file, waited_in_vain: Cell::new(false) })
        } else {
            Err(StoreError::Corrupt(verdict))
        }
    }

    fn transact<R, E: From<StoreError>>(
        &mut self,
        behaviour: TransactionBehavior,
        work: impl FnOnce(&mut dyn Transaction) -> Result<R, E>,
    ) -> Result<R, E> {
        // Unchecked: that no other transaction is open follows from `&mut self`.
        let transaction = rusqlite::Transaction::new_unchecked(&self.connection, behaviour)
            .map_err(|error| self.failed(error))?;
        let result = work(&mut Work(&transaction))?;
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

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
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
    for step in MIGRATIONS.iter().skip(version) {
        transaction.execute_batch(step)?;
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
