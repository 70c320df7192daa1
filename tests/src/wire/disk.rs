//! A database that outlives the server's process, and may refuse to be written.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tealight_server::store::{SqliteStore, Store, StoreError, Transaction};
use tempfile::TempDir;

/// The file of the last back-up.
const BACK_UP: &str = "back-up.db";

/// The real store, shared by one desk and the next.
#[derive(Clone, Debug)]
pub struct Disk(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    store: SqliteStore,
    directory: Option<TempDir>,
    refusals: u32,
}

impl Disk {
    pub(super) fn in_memory() -> Self {
        Self::around(SqliteStore::in_memory().unwrap(), None)
    }

    pub(super) fn in_a_file() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&directory.path().join("tealight.db")).unwrap();
        Self::around(store, Some(directory))
    }

    /// As a new process finds it. What is in memory only is kept as it is.
    pub(super) fn reopen(&self) {
        let mut inner = self.inner();
        if let Some(directory) = &inner.directory {
            inner.store = SqliteStore::open(&directory.path().join("tealight.db")).unwrap();
        }
    }

    /// A copy of the file, as `sqlite3 tealight.db ".backup …"` makes one.
    pub(super) fn back_up(&self) {
        let inner = self.inner();
        let Some(directory) = &inner.directory else { return };
        let copy = directory.path().join(BACK_UP);
        if copy.exists() {
            std::fs::remove_file(&copy).unwrap();
        }
        inner.store.connection().execute("vacuum into ?1", [copy.to_str().unwrap()]).unwrap();
    }

    pub(super) fn has_back_up(&self) -> bool {
        let inner = self.inner();
        inner.directory.as_ref().is_some_and(|directory| directory.path().join(BACK_UP).exists())
    }

    /// The last copy is the database, under a new name of the log, as the manual says.
    pub(super) fn restore(&self) {
        let mut inner = self.inner();
        inner.refusals = 0;
        let Some(directory) = inner.directory.as_ref().map(|directory| directory.path().to_owned()) else {
            return;
        };
        inner.store = SqliteStore::in_memory().unwrap();
        for journal in ["tealight.db-wal", "tealight.db-shm"] {
            let _ = std::fs::remove_file(directory.join(journal));
        }
        std::fs::copy(directory.join(BACK_UP), directory.join("tealight.db")).unwrap();
        inner.store = SqliteStore::open(&directory.join("tealight.db")).unwrap();
        inner.store.connection().execute("delete from meta where key = 'epoch'", []).unwrap();
    }

    /// What is in the files, back-ups apart.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let inner = self.inner();
        let Some(directory) = &inner.directory else { return Vec::new() };
        let files = ["tealight.db", "tealight.db-wal"].map(|name| std::fs::read(directory.path().join(name)));
        files.into_iter().flat_map(Result::unwrap_or_default).collect()
    }

    pub(super) fn refuse_writes(&self, count: u32) {
        self.inner().refusals = count;
    }

    fn around(store: SqliteStore, directory: Option<TempDir>) -> Self {
        Self(Arc::new(Mutex::new(Inner { store, directory, refusals: 0 })))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Disk {
    fn write<R, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut dyn Transaction) -> Result<R, E>,
    ) -> Result<R, E> {
        let mut inner = self.inner();
        if inner.refusals > 0 {
            inner.refusals -= 1;
            return Err(StoreError::Unavailable("by order of a test".to_owned()).into());
        }
        inner.store.write(work)
    }

    fn read<R, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut dyn Transaction) -> Result<R, E>,
    ) -> Result<R, E> {
        self.inner().store.read(work)
    }

    fn scrub(&mut self) -> Result<(), StoreError> {
        self.inner().store.scrub()
    }
}
