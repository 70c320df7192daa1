//! The embedded store against the suite, in memory and on disk.

use tealight_server::store::{SqliteStore, conformance};

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
