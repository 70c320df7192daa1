//! A database that outlives the server's process, and may refuse to be written.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tealight_server::store::{SqliteStore, Store, StoreError, Transaction};
use tempfile::TempDir;

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
