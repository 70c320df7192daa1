//! What is written down of what operators do: everything that matters, and nothing of what anybody says.

use serde_json::json;
use tealight_protocol::ConversationId;
use tealight_server::desk::Sessions;
use tealight_server::store::{AUDIT_KEPT_FOR, Actor, Deed, Store as _, StoreError, mark_of};
use tealight_server::testing::{TestDesk, cid};

#[test]
fn what_operators_do_is_written_down_without_a_word_of_what_was_said() {
    let mut desk = TestDesk::new();
    let token = desk.supervisor("kim", "Kim");
    let kim = desk.console(&token, 9);
    let (visitor, ada, conv, _) = desk.talking();
    let secret_words = "words-of-somebody";
    desk.send(visitor, &json!({"t": "send", "cid": cid(2), "text": secret_words}));
    for _ in 0..2 {
        desk.send(kim, &json!({"t": "watch", "conv": conv, "on": true}));
    }
    let back =
        json!({"t": "transfer", "cid": cid(60), "conv": conv, "claim": 1, "to": {}, "note": secret_words});
    for _ in 0..2 {
        desk.send(ada, &back);
    }
    desk.send(ada, &json!({"t": "claim", "cid": cid(61), "conv": conv}));
    desk.send(ada, &json!({"t": "end", "cid": cid(62), "conv": conv, "claim": 1}));
    desk.send(ada, &json!({"t": "end", "cid": cid(63), "conv": conv, "claim": 2}));
    desk.send(kim, &json!({"t": "announce", "cid": cid(64), "notice": secret_words, "paused": true}));
    desk.send(kim, &json!({"t": "announce", "cid": cid(65), "paused": false}));
    desk.send(ada, &json!({"t": "announce", "cid": cid(66), "paused": true}));
    desk.send(visitor, &json!({"t": "erase", "cid": cid(67)}));
    let in_it = |who: &str, what: Deed| (who.to_owned(), what, Some(mark(&conv)));
    let beside = |who: &str, what: Deed| (who.to_owned(), what, None);
    assert_eq!(
        entries(&mut desk),
        [
            in_it("op:2", Deed::Claimed),
            in_it("op:1", Deed::Watched),
            in_it("op:2", Deed::Transferred),
            in_it("op:2", Deed::Claimed),
            in_it("op:2", Deed::Ended),
            beside("op:1", Deed::Paused),
            beside("op:1", Deed::Announced),
            in_it("visitor", Deed::Erased),
        ],
        "each once, and nothing that was refused"
    );
    let log: Result<_, StoreError> = desk.desk.store().read(|tx| tx.audit(0, 100));
    let log = format!("{:?}", log.unwrap());
    assert!(!log.contains(secret_words) && !log.contains(&conv), "not even the name of what was erased");
}

#[test]
fn logins_are_written_down_and_failures_are_counted_by_the_hour() {
    let mut desk = TestDesk::new();
    let token = tealight_server::digest::of(&desk.operator("ada", "Ada"));
    let ada = tealight_protocol::OperatorId("op:1".to_owned());
    let now = desk.now;
    for _ in 0..50 {
        desk.desk.login_failed(now, Some(ada.clone())).unwrap();
        desk.desk.login_failed(now, None).unwrap();
    }
    desk.desk.login_failed(now.plus_ms(3_600_000), None).unwrap();
    desk.desk.log_out(now, &token, Sessions::All).unwrap();
    desk.desk.log_out(now, &token, Sessions::All).unwrap();
    let log: Result<_, StoreError> = desk.desk.store().read(|tx| tx.audit(0, 100));
    let log: Vec<_> = log.unwrap().into_iter().map(|(_, e)| (e.who, e.what, e.times)).collect();
    let of_ada = Actor::Operator(ada);
    assert_eq!(
        log,
        [
            (of_ada.clone(), Deed::LoginFailed, 50),
            (Actor::Nobody, Deed::LoginFailed, 50),
            (Actor::Nobody, Deed::LoginFailed, 1),
            (of_ada, Deed::LoggedOutEverywhere, 1),
        ]
    );
}

#[test]
fn an_entry_outlives_the_conversation_and_goes_when_its_own_time_is_over() {
    let mut desk = TestDesk::new();
    let (visitor, console, conv, _) = desk.talking();
    desk.send(visitor, &json!({"t": "end", "cid": cid(9)}));
    desk.disconnect(visitor);
    desk.disconnect(console);
    let day = 24 * 60 * 60 * 1_000;
    desk.advance(2 * day);
    let kept = entries(&mut desk);
    assert_eq!(kept[0], ("op:1".to_owned(), Deed::Claimed, Some(mark(&conv))));
    assert_eq!(kept[1], ("server".to_owned(), Deed::Expired, Some(mark(&conv))));
    let days = AUDIT_KEPT_FOR.as_secs() / 86_400;
    assert_eq!(days, 90);
    let later = desk.now.plus(AUDIT_KEPT_FOR);
    let gone: Result<_, StoreError> = desk.desk.store().write(|tx| {
        tx.forget(later)?;
        tx.audit(0, 100)
    });
    assert!(gone.unwrap().is_empty());
}

#[test]
fn what_cannot_be_written_down_is_not_watched() {
    let mut desk = TestDesk::new();
    let token = desk.supervisor("kim", "Kim");
    let kim = desk.console(&token, 9);
    let (_, ada, conv, _) = desk.talking();
    desk.take(kim);
    desk.desk.store().connection().execute_batch("pragma query_only = on").unwrap();
    desk.send(kim, &json!({"t": "watch", "conv": conv, "on": true}));
    assert_eq!(desk.take_all(kim, "watching").len(), 0);
    assert!(desk.take_all(ada, "watchers").is_empty());
}

fn mark(conv: &str) -> String {
    mark_of(&ConversationId(conv.to_owned()))
}

fn entries(desk: &mut TestDesk) -> Vec<(String, Deed, Option<String>)> {
    let log: Result<_, StoreError> = desk.desk.store().read(|tx| tx.audit(0, 100));
    let log = log.unwrap().into_iter().map(|(_, entry)| entry);
    log.map(|entry| (entry.who.word().to_owned(), entry.what, entry.conversation)).collect()
}
