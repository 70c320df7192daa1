//! What clients were promised, and whether the database keeps it. The file is read by another connection than the
//! server's, from a copy, so that the server itself has to mend what a kill left behind.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tealight_server::store::{SqliteStore, Store as _, StoreError};
use tealight_tests::soak::Tally;

/// A command that was acknowledged.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Promise {
    pub(crate) conv: String,
    pub(crate) sender: String,
    pub(crate) cid: String,
    pub(crate) ack: Value,
    /// For messages: how many this sender had sent in this conversation before.
    pub(crate) number: Option<u64>,
}

/// All promises, shared by all clients.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger(Arc<Mutex<Book>>);

#[derive(Debug, Default)]
struct Book {
    promises: Vec<Promise>,
    /// The acknowledgement of each command, so that a second one can be held against it.
    acks: HashMap<String, Value>,
    /// The claim of each fencing number of a conversation.
    claims: HashMap<String, BTreeMap<u64, String>>,
    repeated: u64,
    caught: u64,
}

impl Ledger {
    /// An acknowledgement came: for the first time, or again.
    pub(crate) fn promised(&self, promise: Promise) {
        let mut book = self.book();
        if let Some(known) = book.acks.get(&promise.cid) {
            assert_eq!(*known, promise.ack, "a command got two different answers");
            book.repeated += 1;
            return;
        }
        if let Some(claim) = promise.ack["claim"].as_u64() {
            let claims = book.claims.entry(promise.conv.clone()).or_default();
            let other = claims.insert(claim, promise.cid.clone());
            assert_eq!(other, None, "the fencing number {claim} was given to two claims");
        }
        book.acks.insert(promise.cid.clone(), promise.ack.clone());
        book.promises.push(promise);
    }

    /// Any command that was acknowledged to this sender in this conversation.
    pub(crate) fn any_ack(&self, conv: &str, sender: &str, nth: usize) -> Option<Promise> {
        let book = self.book();
        let mut theirs = book.promises.iter().filter(|p| p.conv == conv && p.sender == sender).cycle();
        theirs.nth(nth % book.promises.len().max(1)).cloned()
    }

    pub(crate) fn len(&self) -> usize {
        self.book().promises.len()
    }

    /// How many commands were sent again and got the answer of the first time.
    pub(crate) fn repeated(&self) -> u64 {
        self.book().repeated
    }

    /// How many commands were stored when the server died, and their senders did not know it yet.
    pub(crate) fn caught(&self) -> u64 {
        self.book().caught
    }

    /// How often a visitor was passed on.
    pub(crate) fn passed_on(&self) -> usize {
        let is_transfer =
            |p: &&Promise| p.sender != "visitor" && p.number.is_none() && p.ack["claim"].is_null();
        self.book().promises.iter().filter(is_transfer).count()
    }

    /// How many claims were acknowledged.
    pub(crate) fn claims(&self) -> usize {
        self.book().claims.values().map(BTreeMap::len).sum()
    }

    /// Holds every promise against a copy of the database in `data`. What is wrong goes into the tally.
    pub(crate) fn audit(&self, data: &Path, tally: &mut Tally) {
        let copy = tempfile::tempdir().unwrap();
        for entry in std::fs::read_dir(data).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
        }
        let mut store = SqliteStore::open(&copy.path().join("tealight.db")).unwrap();
        let file = store.connection();
        let verdict: String = file.query_row("pragma integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(verdict, "ok", "the database is damaged");
        let log = Log::read(&mut store);
        let mut book = self.book();
        for promise in &book.promises {
            log.hold(promise, tally);
        }
        log.hold_all(tally);
        let unknown = log.commands.keys().filter(|(_, _, cid)| !book.acks.contains_key(cid)).count();
        book.caught += unknown as u64;
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Conversation, sender and name of a command.
type CommandName = (String, String, String);

/// Number of the event and fencing number that a command got.
type Outcome = (Option<u64>, Option<u64>);

/// What is in the file.
struct Log {
    /// Events of each conversation, in the order of their numbers.
    events: HashMap<String, Vec<(u64, Value)>>,
    /// Number and claim of each command, by conversation, sender and name.
    commands: HashMap<CommandName, Outcome>,
    claims: HashMap<String, u64>,
}

impl Log {
    fn read(store: &mut SqliteStore) -> Self {
        let events: Result<_, StoreError> = store.read(|tx| {
            let mut logs = HashMap::new();
            for conversation in tx.conversations()? {
                let log = tx.events(&conversation.id, 0, usize::MAX)?;
                let log = log.iter().map(|event| (event.seq, serde_json::to_value(event).unwrap()));
                logs.insert(conversation.id.0, log.collect());
            }
            Ok(logs)
        });
        let events = events.unwrap();
        let file = store.connection();
        let mut rows = file.prepare("select conversation, sender, cid, seq, claim from commands").unwrap();
        let rows = rows
            .query_map([], |row| Ok(((row.get(0)?, row.get(1)?, row.get(2)?), (row.get(3)?, row.get(4)?))));
        let commands = rows.unwrap().map(Result::unwrap).collect();
        let mut rows = file.prepare("select id, claim from conversations").unwrap();
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        let claims = rows.unwrap().map(Result::unwrap).collect();
        Self { events, commands, claims }
    }

    /// One promise.
    fn hold(&self, promise: &Promise, tally: &mut Tally) {
        let Promise { conv, sender, cid, ack, number } = promise;
        let key = (conv.clone(), sender.clone(), cid.clone());
        let Some((seq, claim)) = self.commands.get(&key) else {
            tally.lost += 1;
            eprintln!("lost: {sender} in {conv}, acknowledged with {ack}");
            return;
        };
        assert_eq!((seq, claim), (&ack["seq"].as_u64(), &ack["claim"].as_u64()), "not what was acknowledged");
        if let Some(claim) = claim {
            assert!(self.claims[conv] >= *claim, "a fencing number would be given again");
        }
        if number.is_some() {
            let at = self.events[conv].iter().filter(|(_, event)| event["cid"] == **cid).count();
            tally.lost += u64::from(at == 0);
            tally.doubled += u64::from(at > 1);
        }
    }

    /// What holds for every conversation, promised or not.
    fn hold_all(&self, tally: &mut Tally) {
        for (conv, events) in &self.events {
            let mut names = HashSet::new();
            let mut said: HashMap<String, u64> = HashMap::new();
            let mut with: Option<&str> = None;
            for (n, (seq, event)) in events.iter().enumerate() {
                assert_eq!((*seq, &event["seq"]), (n as u64 + 1, &Value::from(*seq)), "{conv} has a gap");
                match event["kind"].as_str().unwrap() {
                    "joined" => {
                        assert_eq!(with, None, "{conv} is with two operators at once");
                        with = event["who"]["id"].as_str();
                    }
                    "transferred" | "left" | "ended" => with = None,
                    "message" if event["from"] != "visitor" => {
                        assert_eq!(event["from"].as_str(), with, "somebody else speaks in {conv}");
                    }
                    _ => {}
                }
                let Some(cid) = event["cid"].as_str() else { continue };
                tally.doubled += u64::from(!names.insert(cid));
                let text = event["text"].as_str().unwrap();
                let number: u64 = text.split(' ').next().unwrap().parse().unwrap();
                let before = said.insert(event["from"].to_string(), number);
                if before.is_some_and(|before| before >= number) {
                    tally.reordered += 1;
                    eprintln!("reordered: {} in {conv}", event["from"]);
                }
            }
        }
    }
}
