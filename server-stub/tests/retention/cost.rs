//! What sealing costs: messages stored in a second, sealed and not. A measurement, run by hand:
//! `cargo test --release -p tealight-server --test retention -- --ignored --nocapture`.
#![allow(clippy::print_stdout, reason = "what was measured")]

use std::time::Instant;

use tealight_protocol::{Cid, ConversationId, Event, EventKind, Party, Text};
use tealight_server::Moment;
use tealight_server::store::{
    CommandKey, CommandRecord, Counterpart, SealedCommand, Sender, SqliteStore, Store as _, StoreError,
};
use tealight_server::testing::TestDesk;

/// How many messages are stored each time.
const MESSAGES: u64 = 2_000;

#[test]
#[ignore = "a measurement"]
fn how_many_messages_are_stored_in_a_second() {
    let words = "I don't know how to say this, and I don't know whom else to tell. ".repeat(2);
    for (name, synchronous) in
        [("durably, as the server does", "full"), ("without waiting for the disk", "off")]
    {
        let mut sealed = rate(&words, synchronous, true);
        let mut plain = rate(&words, synchronous, false);
        // The second time round, in the other order: neither is helped by being first.
        plain = plain.max(rate(&words, synchronous, false));
        sealed = sealed.max(rate(&words, synchronous, true));
        println!("{name}: {sealed:.0} messages/s sealed, {plain:.0} in clear, ratio {:.2}", sealed / plain);
    }
}

/// Messages a second, each in a transaction of its own as the desk makes it.
fn rate(words: &str, synchronous: &str, seals: bool) -> f64 {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("tealight.db")).unwrap();
    store.connection().pragma_update(None, "synchronous", synchronous).unwrap();
    let mut desk = TestDesk::over(store, tealight_server::testing::CONFIG, tealight_server::testing::START);
    let (_, conv) = desk.waiting(1);
    let id = ConversationId(conv);
    let store = desk.desk.store();
    let began = Instant::now();
    for n in 0..MESSAGES {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&(n + 1).to_be_bytes());
        let cid = Cid::from_bytes(bytes);
        let key = CommandKey { about: Counterpart::Conversation(&id), sender: Sender::Visitor, cid: &cid };
        let event = message(n + 2, &cid, words);
        let stored: Result<(), StoreError> = store.write(|tx| {
            let (conversation, seq) = (id.clone(), Some(event.seq));
            if seals {
                assert!(tx.command(&key)?.is_none());
                tx.append(&id, &event)?;
                let record = CommandRecord { conversation, body: [1; 32], seq, claim: None, note: None };
                tx.insert_command(&key, &record)
            } else {
                assert!(tx.sealed_command(&key)?.is_none());
                tx.append_sealed(&id, event.seq, &serde_json::to_vec(&event).unwrap())?;
                let body = vec![1; 32];
                let record = SealedCommand { conversation, body, seq, claim: None, note: None };
                tx.insert_sealed_command(&key, &record)
            }
        });
        stored.unwrap();
    }
    MESSAGES as f64 / began.elapsed().as_secs_f64()
}

fn message(seq: u64, cid: &Cid, words: &str) -> Event {
    let kind = EventKind::Message {
        from: Party::Visitor,
        cid: Some(cid.clone()),
        text: Text::parse(words).unwrap(),
        link: None,
        automatic: false,
    };
    Event { seq, at: Moment(seq * 1_000).timestamp(), kind }
}
