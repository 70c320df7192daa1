//! The database fails: nothing is acknowledged, nothing is forgotten, and the work goes on afterwards.

use serde_json::json;
use tealight_server::store::SqliteStore;
use tealight_server::testing::{CONFIG, START, TestDesk, cid, hello, start};

#[test]
fn a_database_that_cannot_be_written_refuses_and_recovers() {
    let mut desk = TestDesk::new();
    let (visitor, _) = desk.waiting(1);
    let late = desk.visitor(2);
    break_it(&mut desk, "pragma query_only = on");
    desk.send(visitor, &json!({"t": "send", "cid": cid(2), "text": "Is this kept?"}));
    let sent = desk.take(visitor);
    assert_eq!((&sent[0]["code"], &sent[0]["retry"]), (&json!("unavailable"), &json!(true)));
    assert!(sent.iter().all(|frame| frame["t"] == "error" || frame["t"] == "service"), "{sent:?}");
    desk.send(visitor, &json!({"t": "end", "cid": cid(3)}));
    assert_eq!(desk.take_one(visitor, "error")["code"], "unavailable");
    desk.send(late, &start(2));
    assert_eq!(desk.take_one(late, "error")["code"], "unavailable");
    assert_eq!(desk.desk.counts().waiting, 1);

    break_it(&mut desk, "pragma query_only = off");
    desk.send(visitor, &json!({"t": "send", "cid": cid(2), "text": "Is this kept?"}));
    assert_eq!(desk.take_one(visitor, "ack")["seq"], 2);
    desk.send(late, &start(2));
    desk.take_one(late, "ack");
}

#[test]
fn while_nothing_can_be_stored_nobody_is_invited_and_the_other_ways_stay_in_sight() {
    let mut desk = TestDesk::new();
    let (visitor, _) = desk.waiting(1);
    let looking = desk.visitor(2);
    break_it(&mut desk, "pragma query_only = on");
    desk.send(visitor, &json!({"t": "send", "cid": cid(2), "text": "Is this kept?"}));
    let told = desk.take_one(looking, "service");
    assert_eq!((&told["state"], &told["wait"]["kind"]), (&json!("closed"), &json!("closed")));
    assert_eq!(told["offers"][0]["uri"], "tel:08081570123");
    assert!(desk.desk.health(desk.now).is_err());
    let newcomer = desk.connect();
    desk.send(newcomer, &hello(3));
    assert_eq!(desk.take_one(newcomer, "ready")["service"]["state"], "closed");
    desk.advance(20_000);
    assert!(desk.take_all(looking, "service").is_empty(), "nothing new to tell");

    break_it(&mut desk, "pragma query_only = off");
    desk.advance(2_000);
    assert_eq!(desk.take_one(looking, "service")["state"], "open");
    assert!(desk.desk.health(desk.now).is_ok());
}

#[test]
fn a_disk_that_takes_nothing_is_found_before_a_visitor_finds_it() {
    let mut desk = TestDesk::new();
    let looking = desk.visitor(1);
    break_it(&mut desk, "pragma query_only = on");
    desk.advance(61_000);
    assert_eq!(desk.take_one(looking, "service")["state"], "closed");
}

#[test]
fn a_database_file_that_was_moved_takes_nothing_until_it_is_back() {
    let directory = tempfile::tempdir().unwrap();
    let (file, elsewhere) = (directory.path().join("tealight.db"), directory.path().join("moved.db"));
    let mut desk = TestDesk::over(SqliteStore::open(&file).unwrap(), CONFIG, START);
    let (visitor, _) = desk.waiting(1);
    std::fs::rename(&file, &elsewhere).unwrap();
    let send = json!({"t": "send", "cid": cid(2), "text": "Hello"});
    desk.send(visitor, &send);
    assert_eq!(desk.take_one(visitor, "error")["code"], "unavailable");
    std::fs::rename(&elsewhere, &file).unwrap();
    desk.send(visitor, &send);
    assert_eq!(desk.take_one(visitor, "ack")["seq"], 2);
}

#[test]
fn who_waited_for_a_lock_in_vain_does_not_keep_everybody_waiting() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("tealight.db");
    let mut desk = TestDesk::over(SqliteStore::open(&file).unwrap(), CONFIG, START);
    let (visitor, _) = desk.waiting(1);
    let other = SqliteStore::open(&file).unwrap();
    other.connection().execute_batch("begin immediate").unwrap();
    desk.send(visitor, &json!({"t": "send", "cid": cid(2), "text": "Hello"}));
    let began = std::time::Instant::now();
    for n in 3..8 {
        desk.send(visitor, &json!({"t": "send", "cid": cid(n), "text": "Hello"}));
    }
    assert!(began.elapsed().as_secs() < 2, "the desk did nothing else for {:?}", began.elapsed());
    assert_eq!(desk.take_all(visitor, "error").len(), 6);
}

#[test]
fn a_visitor_who_looked_while_nothing_could_be_stored_is_joined_as_soon_as_it_can() {
    let mut desk = TestDesk::new();
    let (visitor, _) = desk.waiting(1);
    desk.send(visitor, &json!({"t": "presence", "visible": false}));
    let console = desk.accepting("ada", 1);
    desk.send(console, &json!({"t": "claim", "cid": cid(50)}));
    break_it(&mut desk, "pragma query_only = on");
    desk.send(visitor, &json!({"t": "presence", "visible": true}));
    desk.advance(3_000);
    assert_eq!(desk.take_all(visitor, "event").iter().filter(|f| f["kind"] == "joined").count(), 0);
    break_it(&mut desk, "pragma query_only = off");
    desk.advance(1_000);
    assert_eq!(desk.take_one(visitor, "event")["kind"], "joined");
    let assigned = desk.take_all(console, "assigned").pop().unwrap()["conversation"].clone();
    assert_eq!(assigned["state"], "active");
}

#[test]
fn a_transfer_that_cannot_be_stored_leaves_everything_as_it_was() {
    let mut desk = TestDesk::new();
    let (visitor, ada, conv, claim) = desk.talking();
    let ben = desk.accepting("ben", 1);
    desk.advance(300);
    for conn in [visitor, ada, ben] {
        desk.take(conn);
    }
    let transfer = json!({"t": "transfer", "cid": cid(60), "conv": conv, "claim": claim,
                          "to": {"operator": "op:2"}, "note": "For Ben"});
    break_it(&mut desk, "pragma query_only = on");
    desk.send(ada, &transfer);
    assert_eq!(desk.take_one(ada, "error")["code"], "unavailable");
    desk.send(ada, &json!({"t": "note", "cid": cid(61), "conv": conv, "claim": claim, "text": "Kept?"}));
    assert_eq!(desk.take_one(ada, "error")["code"], "unavailable");
    assert!(desk.take_all(visitor, "event").is_empty());
    assert_eq!(desk.desk.counts().active, 1);

    break_it(&mut desk, "pragma query_only = off");
    desk.send(ada, &transfer);
    assert_eq!(desk.take_one(ada, "ack")["seq"], 3);
    // The colleague goes while nothing can be stored: nobody waits for them all the same.
    break_it(&mut desk, "pragma query_only = on");
    desk.disconnect(ben);
    desk.advance(300);
    let boards = desk.take_all(ada, "board");
    let entry =
        boards.iter().flat_map(|b| b["waiting"].as_array().into_iter().flatten()).next_back().unwrap();
    assert_eq!(entry["reserved_for"], serde_json::Value::Null);
    break_it(&mut desk, "pragma query_only = off");
    desk.advance(10_000);
    let kept: i64 = (desk.desk.store().connection())
        .query_row("select count(*) from conversations where reserved_for is not null", [], |row| row.get(0))
        .unwrap();
    assert_eq!(kept, 0, "and that is stored as soon as it can be");
    desk.send(ada, &json!({"t": "claim", "cid": cid(62)}));
    assert_eq!(desk.take_one(ada, "ack")["conv"], json!(conv));
    desk.send(ada, &json!({"t": "query", "cid": cid(63), "what": "notes", "conv": conv}));
    assert_eq!(desk.take_one(ada, "result")["notes"].as_array().unwrap().len(), 1);
}

#[test]
fn a_full_database_refuses_and_recovers() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&directory.path().join("tealight.db")).unwrap();
    let mut desk = TestDesk::over(store, CONFIG, START);
    let (visitor, _) = desk.waiting(1);
    let pages: i64 =
        desk.desk.store().connection().query_row("pragma page_count", [], |row| row.get(0)).unwrap();
    break_it(&mut desk, &format!("pragma max_page_count = {pages}"));
    let mut acked = 0;
    let mut refused = 0;
    for n in 10..60u8 {
        desk.send(visitor, &json!({"t": "send", "cid": cid(n), "text": "x".repeat(3_000)}));
        for frame in desk.take(visitor) {
            match frame["t"].as_str() {
                Some("ack") => acked += 1,
                Some("error") => {
                    assert_eq!(frame["code"], "unavailable");
                    refused += 1;
                }
                _ => {}
            }
        }
        desk.advance(500);
    }
    assert!(refused > 0 && acked < 50);
    break_it(&mut desk, "pragma max_page_count = 100000");
    desk.send(visitor, &json!({"t": "send", "cid": cid(60), "text": "There is room again."}));
    assert_eq!(desk.take_one(visitor, "ack")["seq"], acked + 2, "no gap where others were refused");
}

#[test]
fn a_database_that_somebody_else_has_locked_refuses_and_recovers() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("tealight.db");
    let mut desk = TestDesk::over(SqliteStore::open(&file).unwrap(), CONFIG, START);
    let (visitor, _) = desk.waiting(1);
    desk.desk.store().connection().busy_timeout(std::time::Duration::from_millis(10)).unwrap();
    let other = SqliteStore::open(&file).unwrap();
    other.connection().execute_batch("begin immediate").unwrap();
    desk.send(visitor, &json!({"t": "send", "cid": cid(2), "text": "Hello"}));
    assert_eq!(desk.take_one(visitor, "error")["code"], "unavailable");
    other.connection().execute_batch("rollback").unwrap();
    desk.send(visitor, &json!({"t": "send", "cid": cid(2), "text": "Hello"}));
    assert_eq!(desk.take_one(visitor, "ack")["seq"], 2);
}

#[test]
fn a_file_that_is_no_database_is_refused_in_plain_words() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("tealight.db");
    std::fs::write(&file, "this is a shopping list, not a database, and it is long enough to be read as one")
        .unwrap();
    let error = SqliteStore::open(&file).unwrap_err().to_string();
    assert!(error.contains("cannot be read"), "{error}");
}

#[test]
fn a_database_of_a_newer_server_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("tealight.db");
    let store = SqliteStore::open(&file).unwrap();
    store.connection().execute_batch("pragma user_version = 99").unwrap();
    drop(store);
    let error = SqliteStore::open(&file).unwrap_err().to_string();
    assert!(error.contains("newer server"), "{error}");
}

fn break_it(desk: &mut TestDesk, sql: &str) {
    desk.desk.store().connection().execute_batch(sql).unwrap();
}
