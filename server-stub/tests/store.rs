//! The embedded store against the suite, in memory and on disk.

use tealight_server::store::{SqliteStore, Store as _, StoreError, conformance};
use tealight_server::testing::TestDesk;

#[test]
fn sqlite_in_memory_conforms() {
    conformance::run(|| SqliteStore::in_memory().unwrap());
}

#[test]
fn sqlite_on_disk_conforms() {
    let directory = tempfile::tempdir().unwrap();
    let mut n = 0;
    conformance::run(|| {
        n += 1;
        SqliteStore::open(&directory.path().join(format!("{n}.db"))).unwrap()
    });
}

#[test]
fn a_word_nobody_wrote_is_an_error_and_no_guess() {
    for column in ["state", "route"] {
        let mut desk = TestDesk::new();
        desk.waiting(1);
        let connection = desk.desk.store().connection();
        connection.pragma_update(None, "ignore_check_constraints", true).unwrap();
        connection.execute(&format!("update conversations set {column} = 'nonsense'"), []).unwrap();
        let read: Result<_, StoreError> = desk.desk.store().read(|tx| tx.conversations());
        assert!(matches!(read, Err(StoreError::Corrupt(_))), "{column}");
    }
}

#[test]
fn the_file_is_kept_safely() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&directory.path().join("tealight.db")).unwrap();
    let pragma = |name: &str| -> String {
        store
            .connection()
            .query_row(&format!("pragma {name}"), [], |row| {
                row.get::<_, String>(0).or_else(|_| row.get::<_, i64>(0).map(|n| n.to_string()))
            })
            .unwrap()
    };
    assert_eq!(pragma("journal_mode"), "wal");
    assert_eq!(pragma("synchronous"), "2");
    assert_eq!(pragma("foreign_keys"), "1");
    assert_eq!(pragma("secure_delete"), "1");
}
