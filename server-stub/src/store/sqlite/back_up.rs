//! Copies of the database, made while it is in use.

use std::fs::OpenOptions;
use std::path::Path;

use rusqlite::Connection;

use super::{Keyring, SqliteStore, migrate};
use crate::store::{KeySource, StoreError};

/// What a copy holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackUp {
    /// Accounts, shifts, figures and announcements: nothing that was said, and no key.
    WithoutConversations,
    /// The conversations, too, sealed, with their wrapped keys: who has the server key of that day can read them.
    Everything,
}

/// What goes into every copy, in an order in which each table finds those it refers to. The others are left out:
/// conversations with all that is theirs, blocks among it, sessions, and what only keeps a running server from doing
/// things twice.
pub(super) const CARRIED: [&str; 7] =
    ["operators", "shifts", "staffing", "handling_times", "waits", "announcement", "audit"];

impl SqliteStore {
    /// Writes a copy to a file that must not be there yet, for its owner alone. In the copy the log has no name any
    /// more, so that a server started on it gives it a new one and widgets notice.
    pub fn back_up(&self, to: &Path, what: BackUp) -> Result<(), StoreError> {
        let unusable = |why: String| StoreError::Unavailable(format!("{}: {why}", to.display()));
        let name = to.to_str().ok_or_else(|| unusable("its name is not plain text".to_owned()))?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(to).map_err(|error| unusable(error.to_string()))?;
        let written = match what {
            BackUp::WithoutConversations => self.copy_tables(name),
            BackUp::Everything => self.copy_everything(name),
        };
        if written.is_err() {
            let _ = std::fs::remove_file(to);
        }
        written
    }

    fn copy_everything(&self, name: &str) -> Result<(), StoreError> {
        self.connection.execute("vacuum into ?1", [name])?;
        Ok(Connection::open(name)?.execute_batch("delete from meta where key = 'epoch'")?)
    }

    fn copy_tables(&self, name: &str) -> Result<(), StoreError> {
        let mut copy = Connection::open(name)?;
        migrate(&mut copy, &mut Keyring::open(KeySource::Nowhere, true)?)?;
        drop(copy);
        self.connection.execute("attach ?1 as copy", [name])?;
        let copied = CARRIED
            .iter()
            .map(|table| format!("insert into copy.{table} select * from main.{table};"))
            .collect::<String>();
        let copied = self.connection.execute_batch(&format!("begin; {copied} commit"));
        if copied.is_err() {
            let _ = self.connection.execute_batch("rollback");
        }
        self.connection.execute_batch("detach copy")?;
        Ok(copied?)
    }
}
