//! The embedded store against the suite, in memory and on disk.

use tealight_server::Moment;
use tealight_server::store::{
    OfferedWait, SqliteStore, Store as _, StoreError, Transaction, WaitClass, WaitOutcome, conformance,
};
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
fn a_file_of_the_first_version_is_brought_up_to_date_with_everything_in_it() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("tealight.db");
    let old = rusqlite::Connection::open(&file).unwrap();
    old.execute_batch(include_str!("../src/store/schema_1.sql")).unwrap();
    old.execute_batch(
        "pragma user_version = 1;
         insert into conversations (id, secret, lang, route, state, place, claim, last, messages, started_at,
             waiting_since) values ('c1', zeroblob(32), 'en', 'standard', 'waiting', -3, 2, 0, 0, 10, 10);
         insert into commands (conversation, sender, cid, body, seq)
             values ('c1', 'visitor', 'AAAAAAAAAAAAAAAAAAAAAA', zeroblob(32), 1);
         insert into operators (name, alias, password_hash, areas) values ('ada', 'Ada', 'hash', '[\"north\"]');",
    )
    .unwrap();
    drop(old);
    for opened in 0..2 {
        let mut store = SqliteStore::open(&file).unwrap();
        let read = |tx: &mut dyn Transaction| {
            let conversations = tx.conversations()?;
            let id = conversations[0].id.clone();
            Ok::<_, StoreError>((conversations, tx.operators()?, tx.last_note(&id)?))
        };
        let (conversations, operators, notes) = store.read(read).unwrap();
        let one = &conversations[0];
        assert_eq!((one.order, one.claim, &one.reserved), (-3, 2, &None));
        assert_eq!((operators[0].areas.len(), operators[0].supervisor), (1, false));
        assert!(operators[0].languages.is_empty());
        assert_eq!(notes, 0);
        let version: i64 = store.connection().query_row("pragma user_version", [], |row| row.get(0)).unwrap();
        assert_eq!(version, 6, "opened {opened} times before");
    }
}

#[test]
fn waits_of_the_second_version_are_carried_over_without_a_guess() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("tealight.db");
    let old = rusqlite::Connection::open(&file).unwrap();
    old.execute_batch(include_str!("../src/store/schema_1.sql")).unwrap();
    old.execute_batch(include_str!("../src/store/schema_2.sql")).unwrap();
    old.execute_batch(
        "pragma user_version = 2;
         insert into conversations (id, secret, lang, route, state, place, claim, last, messages, started_at,
             waiting_since) values ('c1', zeroblob(32), 'en', 'standard', 'waiting', 7, 2, 0, 0, 10, 10);
         insert into waits (at, ms, abandoned) values (500, 200, 0), (600, 250, 1), (3, 7, 1);",
    )
    .unwrap();
    drop(old);
    let mut store = SqliteStore::open(&file).unwrap();
    let (waits, conversations) =
        store.read(|tx| Ok::<_, StoreError>((tx.waits(10)?, tx.conversations()?))).unwrap();
    let carried: Vec<_> = waits.iter().map(|w| (w.joined.0, w.ended.0, w.outcome, w.offered)).collect();
    assert_eq!(
        carried,
        [
            (0, 3, WaitOutcome::Left, OfferedWait::Never),
            (350, 600, WaitOutcome::Left, OfferedWait::Never),
            (300, 500, WaitOutcome::Met, OfferedWait::Known(200)),
        ]
    );
    assert_eq!((waits[0].class, waits[0].issued_q90, waits[0].first_upper), (WaitClass::Usual, None, None));
    assert_eq!(conversations[0].promise, None);
    let resolved: Result<_, StoreError> = store.write(|tx| tx.resolve_waits(None, None, Moment(900)));
    assert!(resolved.unwrap().is_empty(), "what was not written down stays unknown");
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
