//! A conversation with a word of its own in every kind of content.

use serde_json::json;
use tealight_protocol::ConversationId;
use tealight_server::desk::ConnId;
use tealight_server::store::{SqliteStore, Store as _, StoreError};
use tealight_server::testing::{CONFIG, START, TestDesk, cid};

/// The words, and the answer that only a helpline's own survey has.
pub(crate) const SAID_BY_VISITOR: &str = "canary-of-the-visitor";
const WORDS: [&str; 8] = [
    SAID_BY_VISITOR,
    "canary-of-the-volunteer",
    "canary-in-a-link",
    "canary-in-a-note",
    "canary-in-a-whisper",
    "canary-in-a-reason",
    "canary-in-a-note-of-the-transfer",
    "canary-in-an-answer",
];

/// What a thief looks for: each kind of content, and what opens it.
pub(crate) struct Planted {
    pub(crate) visitor: ConnId,
    pub(crate) console: ConnId,
    pub(crate) conv: ConversationId,
    pub(crate) claim: u64,
    pub(crate) words: Vec<&'static str>,
}

/// A desk with a survey that has the word in it.
pub(crate) fn desk(store: SqliteStore, more: &str) -> TestDesk {
    let config = CONFIG.replace("[\"Yes\", \"No\"]", "[\"canary-in-an-answer\", \"No\"]");
    TestDesk::over(store, &format!("{config}\n{more}"), START)
}

/// Plants every word. The conversation is over when this returns, and its survey is answered.
pub(crate) fn plant(desk: &mut TestDesk) -> Planted {
    let (visitor, ada, conv, claim) = desk.talking();
    let sup = desk.supervisor("sup", "Sup");
    let watcher = desk.console(&sup, 77);
    desk.send(watcher, &json!({"t": "watch", "conv": conv, "on": true}));
    let said = json!({"t": "send", "cid": cid(50), "text": WORDS[0]});
    desk.send(visitor, &said);
    let link = json!({"url": format!("https://www.example.org/{}", WORDS[2])});
    desk.send(
        ada,
        &json!({"t": "send", "cid": cid(51), "conv": conv, "claim": claim, "text": WORDS[1], "link": link}),
    );
    desk.send(ada, &json!({"t": "note", "cid": cid(52), "conv": conv, "claim": claim, "text": WORDS[3]}));
    desk.send(watcher, &json!({"t": "note", "cid": cid(53), "conv": conv, "text": WORDS[4]}));
    let transfer = json!({"t": "transfer", "cid": cid(54), "conv": conv, "claim": claim, "to": {},
                          "reason": WORDS[5], "note": WORDS[6]});
    desk.send(ada, &transfer);
    desk.take(ada);
    desk.send(ada, &json!({"t": "claim", "cid": cid(55)}));
    let claim = desk.take_one(ada, "ack")["claim"].as_u64().unwrap();
    // A refusal is a word that came and was not kept: it must not stay anywhere either.
    desk.send(visitor, &json!({"t": "send", "cid": cid(50), "text": format!("{} once more", WORDS[0])}));
    desk.send(visitor, &json!({"t": "end", "cid": cid(56)}));
    let answer = json!({"t": "answer", "cid": cid(57), "ref": "survey", "data": {"heard": WORDS[7]}});
    desk.send(visitor, &answer);
    desk.take(visitor);
    Planted { visitor, console: ada, conv: ConversationId(conv), claim, words: WORDS.to_vec() }
}

/// Everything that stands in the log, among the notes and among the answers, opened.
pub(crate) fn everything_said(store: &mut SqliteStore, conv: &ConversationId) -> String {
    let read: Result<_, StoreError> =
        store.read(|tx| Ok((tx.events(conv, 0, 100)?, tx.notes(conv, 0, 100)?)));
    let (events, notes) = read.unwrap();
    format!("{}{}", json!(events), json!(notes))
}

/// The key of a conversation as it is stored.
pub(crate) fn wrapped_key(store: &mut SqliteStore, conv: &ConversationId) -> Option<Vec<u8>> {
    let key: Result<_, StoreError> = store.read(|tx| tx.wrapped_key(conv));
    key.unwrap().map(|key| key.wrapped)
}
