//! Whoever abuses a volunteer is not let in for a while, is told so, and is let in again by a second person.

use serde_json::{Value, json};
use tealight_server::desk::ConnId;
use tealight_server::store::{Deed, SqliteStore, Store as _, StoreError};
use tealight_server::testing::{CONFIG, START, TestDesk, cid, hello, resume, start};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// Where the visitor of these tests comes from.
const HOME: Option<u8> = Some(7);

#[test]
fn a_block_ends_the_conversation_and_says_until_when_with_every_other_way_to_get_help() {
    let mut scene = Scene::new();
    scene.block(40, "threat");
    let sent = scene.desk.take(scene.visitor);
    let ended = sent.iter().find(|frame| frame["kind"] == "ended").unwrap();
    assert_eq!((&ended["by"], &ended["reason"]), (&json!("operator"), &json!("blocked")));
    assert!(!sent.iter().any(|frame| frame["kind"] == "survey"), "nobody is asked how that was");
    let told = sent.iter().find(|frame| frame["t"] == "service").unwrap();
    assert_eq!(told["state"], "blocked");
    assert_eq!(told["next_open"], json!(scene.desk.now.plus_ms(DAY_MS).timestamp().as_str()));
    assert!(told["offers"].as_array().is_some_and(|offers| !offers.is_empty()));
    assert_eq!(scene.desk.closed(scene.visitor), None, "the numbers stay in sight");
}

#[test]
fn who_comes_back_from_there_is_told_at_once_and_refused() {
    let mut scene = Scene::new();
    scene.block(40, "abuse");
    let (again, ready) = scene.arrives(20, HOME);
    assert_eq!(ready["service"]["state"], "blocked");
    scene.desk.send(again, &start(20));
    let refused = scene.desk.take_one(again, "error");
    assert_eq!((&refused["code"], &refused["retry"]), (&json!("closed"), &json!(false)));
    assert_eq!(scene.desk.closed(again), None);
}

#[test]
fn nobody_else_is_kept_out() {
    let mut scene = Scene::new();
    let (waiting, _) = scene.arrives(21, Some(8));
    scene.block(40, "abuse");
    assert!(scene.desk.take_all(waiting, "service").is_empty(), "a neighbour hears nothing of it");
    for (n, from) in [(21, Some(8)), (22, None)] {
        let (conn, ready) = scene.arrives(n, from);
        assert_eq!(ready["service"]["state"], "open", "{from:?}");
        scene.desk.send(conn, &start(n));
        scene.desk.take_one(conn, "ack");
    }
}

#[test]
fn it_goes_by_the_claim_and_happens_once() {
    let mut scene = Scene::new();
    let stale = json!({"t": "block", "cid": cid(39), "conv": scene.conv, "claim": 7, "reason": "abuse"});
    scene.desk.send(scene.console, &stale);
    assert_eq!(scene.desk.take_one(scene.console, "error")["code"], "conflict");
    let unknown = json!({"t": "block", "cid": cid(38), "conv": scene.conv, "claim": 1, "reason": "spite"});
    scene.desk.send(scene.console, &unknown);
    assert_eq!(scene.desk.take_one(scene.console, "error")["code"], "bad_request");
    let first = scene.block(40, "flood");
    let again = scene.block(40, "flood");
    assert_eq!(first["seq"], again["seq"], "the same command again has the same answer");
    let other = json!({"t": "block", "cid": cid(40), "conv": scene.conv, "claim": 1, "reason": "threat"});
    scene.desk.send(scene.console, &other);
    assert_eq!(scene.desk.take_one(scene.console, "error")["code"], "conflict");
    assert_eq!(scene.blocks().len(), 1);
}

#[test]
fn it_is_over_after_a_day_and_whoever_reads_it_is_told() {
    let mut scene = Scene::new();
    scene.block(40, "abuse");
    scene.desk.advance(DAY_MS - 1_000);
    let (reader, ready) = scene.arrives(20, HOME);
    assert_eq!(ready["service"]["state"], "blocked");
    scene.desk.advance(1_000);
    let told = scene.desk.take_all(reader, "service");
    assert_eq!(told.last().unwrap()["state"], "open");
    scene.desk.send(reader, &start(20));
    scene.desk.take_one(reader, "ack");
    assert_eq!(scene.kept(), 1, "it is still there to be looked at");
    scene.desk.advance(8 * DAY_MS);
    assert_eq!(scene.kept(), 0, "and not for ever");
}

#[test]
fn a_second_person_lifts_it_and_nobody_their_own() {
    let mut scene = Scene::new();
    scene.block(40, "abuse");
    let (reader, _) = scene.arrives(20, HOME);
    let own = json!({"t": "review", "cid": cid(41), "block": 1, "lift": true});
    scene.desk.change("ada", |duties| duties.supervisor = true);
    let ada = scene.ada.clone();
    let ada = scene.desk.console(&ada, 97);
    scene.desk.send(ada, &own);
    assert_eq!(scene.desk.take_one(ada, "error")["code"], "forbidden");
    scene.desk.take(reader);
    let kim = scene.kim;
    for (n, lift, outcome) in [(42, false, "ack"), (43, true, "ack"), (44, false, "error")] {
        scene.desk.send(kim, &json!({"t": "review", "cid": cid(n), "block": 1, "lift": lift}));
        let answer = scene.desk.take_one(kim, outcome);
        assert!(outcome == "ack" || answer["code"] == "conflict", "what was lifted stays lifted");
        let told = scene.desk.take_all(reader, "service");
        assert_eq!(told.iter().any(|frame| frame["state"] == "open"), n == 43);
    }
    scene.desk.send(reader, &start(20));
    scene.desk.take_one(reader, "ack");
    let block = scene.blocks().remove(0);
    assert_eq!((&block["by"], &block["name"]), (&json!("op:2"), &json!("ada")));
    assert_eq!((&block["review"]["by"], &block["review"]["lift"]), (&json!("op:1"), &json!(true)));
    scene.desk.send(kim, &json!({"t": "review", "cid": cid(45), "block": 9, "lift": true}));
    assert_eq!(scene.desk.take_one(kim, "error")["code"], "not_found");
}

#[test]
fn who_waits_or_talks_from_the_same_place_goes_on() {
    let mut scene = Scene::new();
    let (flatmate, _) = scene.arrives(21, HOME);
    scene.desk.send(flatmate, &start(21));
    scene.desk.take_one(flatmate, "ack");
    scene.block(40, "abuse");
    scene.desk.take(flatmate);
    scene.desk.send(flatmate, &json!({"t": "send", "cid": cid(90), "text": "Hello?"}));
    scene.desk.take_one(flatmate, "ack");
}

#[test]
fn every_place_that_the_visitor_wrote_from_is_meant_also_when_they_have_just_gone() {
    let mut scene = Scene::new();
    let moved = scene.desk.connect_from(Some(9));
    let epoch = scene.desk.desk.epoch().to_owned();
    scene.desk.send(moved, &resume(1, 1, &epoch, 0));
    scene.desk.disconnect(moved);
    scene.block(40, "abuse");
    for from in [HOME, Some(9)] {
        assert_eq!(scene.arrives(20, from).1["service"]["state"], "blocked", "{from:?}");
    }
}

#[test]
fn a_restart_forgets_where_they_came_from_and_keeps_the_conversation_and_the_review() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("tealight.db");
    let mut desk = TestDesk::over(SqliteStore::open(&file).unwrap(), CONFIG, START);
    let (_, console, conv, claim) = desk.talking();
    let block = json!({"t": "block", "cid": cid(40), "conv": conv, "claim": claim, "reason": "abuse"});
    desk.send(console, &block);
    drop(desk);
    let mut desk = TestDesk::over(SqliteStore::open(&file).unwrap(), CONFIG, START.plus_ms(60_000));
    let page = desk.connect_from(HOME);
    let epoch = desk.desk.epoch().to_owned();
    desk.send(page, &resume(1, 1, &epoch, 0));
    assert_eq!(desk.take_one(page, "ready")["service"]["state"], "blocked", "the same tab, reloaded");
    let fresh = desk.connect_from(HOME);
    desk.send(fresh, &hello(20));
    assert_eq!(desk.take_one(fresh, "ready")["service"]["state"], "open");
    let kept: Result<_, StoreError> = desk.desk.store().read(|tx| tx.blocks());
    assert_eq!(kept.unwrap().len(), 1);
}

#[test]
fn erasing_the_conversation_leaves_the_block_without_its_name() {
    let mut scene = Scene::new();
    scene.block(40, "abuse");
    scene.desk.send(scene.visitor, &json!({"t": "erase", "cid": cid(50)}));
    let block = scene.blocks().remove(0);
    assert_eq!(block["conv"], Value::Null);
    assert_eq!(scene.arrives(20, HOME).1["service"]["state"], "blocked");
}

#[test]
fn whoever_reviews_can_read_what_it_was_about_and_all_of_it_is_written_down() {
    let mut scene = Scene::new();
    scene.block(40, "sexual");
    let kim = scene.kim;
    scene.desk.send(kim, &json!({"t": "watch", "conv": scene.conv, "on": true}));
    let seen = scene.desk.take_one(kim, "watching");
    assert_eq!(seen["conversation"]["state"], "ended");
    scene.desk.send(kim, &json!({"t": "review", "cid": cid(41), "block": 1, "lift": false}));
    scene.desk.send(kim, &json!({"t": "review", "cid": cid(42), "block": 1, "lift": true}));
    let log: Result<_, StoreError> = scene.desk.desk.store().read(|tx| tx.audit(0, 100));
    let log = log.unwrap();
    let last: Vec<_> = log.iter().rev().take(4).rev().map(|(_, entry)| entry.what).collect();
    assert_eq!(last, [Deed::Blocked, Deed::Watched, Deed::BlockKept, Deed::BlockLifted]);
    let (_, lifted) = log.last().unwrap();
    assert_eq!(lifted.about.as_ref().map(|id| id.0.as_str()), Some("op:2"), "whose block it was");
    assert!(!format!("{log:?}").contains("sexual"), "not even why");
}

/// A visitor who talks with Ada, and Kim, who supervises.
struct Scene {
    desk: TestDesk,
    kim: ConnId,
    /// Ada's session.
    ada: String,
    visitor: ConnId,
    console: ConnId,
    conv: String,
}

impl Scene {
    fn new() -> Self {
        let mut desk = TestDesk::new();
        let token = desk.supervisor("kim", "Kim");
        let kim = desk.console(&token, 99);
        let visitor = desk.connect_from(HOME);
        desk.send(visitor, &hello(1));
        desk.send(visitor, &start(1));
        let conv = desk.take_one(visitor, "ack")["conv"].as_str().unwrap().to_owned();
        let ada = desk.operator("ada", "ada");
        let console = desk.console(&ada, 98);
        desk.send(console, &json!({"t": "claim", "cid": cid(200)}));
        for conn in [kim, visitor, console] {
            desk.take(conn);
        }
        Self { desk, kim, ada, visitor, console, conv }
    }

    fn block(&mut self, n: u8, reason: &str) -> Value {
        let block = json!({"t": "block", "cid": cid(n), "conv": self.conv, "claim": 1, "reason": reason});
        self.desk.send(self.console, &block);
        self.desk.take_one(self.console, "ack")
    }

    /// Somebody opens the chat: their socket, and what they are told first.
    fn arrives(&mut self, inst: u8, from: Option<u8>) -> (ConnId, Value) {
        let conn = self.desk.connect_from(from);
        self.desk.send(conn, &hello(inst));
        (conn, self.desk.take_one(conn, "ready"))
    }

    /// The blocks as a supervisor is told of them.
    fn blocks(&mut self) -> Vec<Value> {
        self.desk.send(self.kim, &json!({"t": "query", "cid": cid(60), "what": "blocks"}));
        let told = self.desk.take_one(self.kim, "result");
        told["blocks"].as_array().unwrap().clone()
    }

    fn kept(&mut self) -> usize {
        let kept: Result<_, StoreError> = self.desk.desk.store().read(|tx| tx.blocks());
        kept.unwrap().len()
    }
}
