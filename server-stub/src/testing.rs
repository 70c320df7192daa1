//! The real desk in a test's hands: in memory, under a clock that only the test moves.
//!
//! For this crate's tests and for those of other crates that want a real server core to talk to.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot be set up must stop at once")]

use std::collections::HashMap;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use serde_json::{Value, json};
use tealight_protocol::{Cid, CloseCode, Instance, Secret, is_worked, work_text};

use crate::Moment;
use crate::config::Config;
use crate::desk::{ConnId, Desk, Input, Origin, Output, Settings};
use crate::digest;
use crate::operators;
use crate::store::{OperatorSession, SqliteStore, Store};

/// When a test begins: Saturday, 21 November 2026, 20:00:00 UTC.
pub const START: Moment = Moment(1_795_291_200_000);

/// A small configuration: always open, three questions, two pre-written messages, conversations of 45 minutes.
pub const CONFIG: &str = r#"
[server]
[service]
name = "Night Line"
[[alternatives]]
id = "phone"
channel = "phone"
uri = "tel:08081570123"
label = "Call 0808 157 0123"
[survey]
questions = [
  { id = "better", label = "Do you feel a little better?", options = ["Yes", "A little", "No"] },
  { id = "heard", label = "Did you feel heard?", options = ["Yes", "No"] },
]
[[canned]]
id = "hello"
title = "Hello"
text = "Hello, I'm here now."
[wait]
prior_mean_minutes = 45
"#;

/// A desk, its clock, and what it sent so far.
#[derive(Debug)]
pub struct TestDesk<S: Store = SqliteStore> {
    /// The desk itself.
    pub desk: Desk<S>,
    /// What time it is.
    pub now: Moment,
    next_conn: u64,
    next_id: u8,
    sent: HashMap<ConnId, Vec<Value>>,
    closed: HashMap<ConnId, CloseCode>,
}

impl TestDesk<SqliteStore> {
    /// A desk with [`CONFIG`] over an empty database in memory.
    pub fn new() -> Self {
        Self::with_config(CONFIG)
    }

    /// A desk with another configuration.
    pub fn with_config(toml: &str) -> Self {
        Self::over(SqliteStore::in_memory().unwrap(), toml, START)
    }
}

impl Default for TestDesk<SqliteStore> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Store> TestDesk<S> {
    /// A desk over a store that may hold something already.
    pub fn over(store: S, toml: &str, now: Moment) -> Self {
        let config = Config::parse(toml, "test.toml").unwrap();
        let desk = Desk::open(Settings::from(&config), store, [7; 32], now).unwrap();
        Self { desk, now, next_conn: 1, next_id: 1, sent: HashMap::new(), closed: HashMap::new() }
    }

    /// Adds an operator and logs them in. Returns the session token.
    pub fn operator(&mut self, name: &str, alias: &str) -> String {
        self.operator_for(name, alias, &[])
    }

    /// The same, for some areas only.
    pub fn operator_for(&mut self, name: &str, alias: &str, areas: &[&str]) -> String {
        let areas: Vec<_> = areas.iter().map(|area| (*area).to_owned()).collect();
        self.next_id += 1;
        let mut rng = ChaCha20Rng::from_seed([self.next_id; 32]);
        let store = self.desk.store();
        let record = store
            .write(|tx| tx.insert_operator(name, alias, "no password", &areas))
            .map_err(|error: crate::store::StoreError| error.to_string())
            .unwrap();
        let (token, digest) = operators::new_token(&mut rng);
        let expires_at = self.now.plus_ms(12 * 60 * 60 * 1_000);
        let session = OperatorSession { token: digest, operator: record.id, expires_at };
        store
            .write(|tx| tx.insert_session(&session))
            .map_err(|error: crate::store::StoreError| error.to_string())
            .unwrap();
        token
    }

    /// Adds an operator who may watch, and logs them in.
    pub fn supervisor(&mut self, name: &str, alias: &str) -> String {
        let token = self.operator(name, alias);
        self.change(name, |duties| duties.supervisor = true);
        token
    }

    /// Changes what an operator speaks and may, as the command line does.
    pub fn change(&mut self, name: &str, change: impl FnOnce(&mut operators::Duties)) {
        operators::change(self.desk.store(), name, change).unwrap();
    }

    /// Opens a socket.
    pub fn connect(&mut self) -> ConnId {
        self.connect_from(None)
    }

    /// The same from somewhere: visitors of one number share an address.
    pub fn connect_from(&mut self, origin: Option<u8>) -> ConnId {
        let conn = ConnId(self.next_conn);
        self.next_conn += 1;
        self.input(Input::Opened { conn, origin: origin.map(|n| Origin([n; 8])) });
        conn
    }

    /// The client closes its socket.
    pub fn disconnect(&mut self, conn: ConnId) {
        self.input(Input::Closed { conn });
    }

    /// Sends a frame.
    pub fn send(&mut self, conn: ConnId, frame: &Value) {
        self.send_text(conn, &frame.to_string());
    }

    /// Sends any text.
    pub fn send_text(&mut self, conn: ConnId, text: &str) {
        self.input(Input::Frame { conn, text: text.to_owned() });
    }

    /// A page of the visitor with the secret of this number is left by Exit.
    pub fn leave(&mut self, n: u8) {
        self.input(Input::Left { secret: digest::of(&secret(n)), erased: false });
    }

    /// Handles an input and keeps what comes of it.
    pub fn input(&mut self, input: Input) {
        self.desk.handle(self.now, input);
        while let Some(output) = self.desk.poll_output() {
            match output {
                Output::Send { conn, text } => {
                    self.sent.entry(conn).or_default().push(serde_json::from_str(&text).unwrap());
                }
                Output::Close { conn, code, .. } => {
                    self.closed.insert(conn, code);
                }
            }
        }
    }

    /// Lets time pass, stopping wherever the desk wants to be called.
    pub fn advance(&mut self, ms: u64) {
        let end = self.now.plus_ms(ms);
        while let Some(at) = self.desk.poll_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.input(Input::Tick);
        }
        self.now = end;
        self.input(Input::Tick);
    }

    /// Takes what was sent on a socket since the last time.
    pub fn take(&mut self, conn: ConnId) -> Vec<Value> {
        self.sent.remove(&conn).unwrap_or_default()
    }

    /// Takes what was sent on a socket and returns the frames of one type.
    pub fn take_all(&mut self, conn: ConnId, t: &str) -> Vec<Value> {
        self.take(conn).into_iter().filter(|frame| frame["t"] == t).collect()
    }

    /// Takes what was sent on a socket and returns the only frame of one type.
    pub fn take_one(&mut self, conn: ConnId, t: &str) -> Value {
        let taken = self.take(conn);
        let found: Vec<_> = taken.iter().filter(|frame| frame["t"] == t).collect();
        assert_eq!(found.len(), 1, "expected one {t} in {taken:#?}");
        found[0].clone()
    }

    /// The code a socket was closed with, if it was.
    pub fn closed(&self, conn: ConnId) -> Option<CloseCode> {
        self.closed.get(&conn).copied()
    }

    /// An anonymous visitor's socket that has been greeted. What was sent on it has been taken.
    pub fn visitor(&mut self, inst: u8) -> ConnId {
        let conn = self.connect();
        self.send(conn, &hello(inst));
        self.take_one(conn, "ready");
        conn
    }

    /// A visitor in the waiting room: the socket and the conversation.
    pub fn waiting(&mut self, n: u8) -> (ConnId, String) {
        let conn = self.visitor(n);
        self.send(conn, &start(n));
        let ack = self.take_one(conn, "ack");
        (conn, ack["conv"].as_str().unwrap().to_owned())
    }

    /// An operator's socket that has been greeted.
    pub fn console(&mut self, token: &str, inst: u8) -> ConnId {
        let conn = self.connect();
        self.send(conn, &operator_hello(token, inst));
        self.take_one(conn, "ready");
        conn
    }

    /// An operator who takes visitors.
    pub fn accepting(&mut self, name: &str, capacity: u8) -> ConnId {
        let token = self.operator(name, name);
        let inst = 100 + self.next_id;
        let conn = self.console(&token, inst);
        self.send(conn, &json!({"t": "state", "status": "accepting", "capacity": capacity}));
        conn
    }

    /// A visitor and an operator in a conversation: their sockets, the conversation and the claim.
    pub fn talking(&mut self) -> (ConnId, ConnId, String, u64) {
        let (visitor, conv) = self.waiting(1);
        let console = self.accepting("ada", 1);
        self.take(console);
        self.send(console, &json!({"t": "claim", "cid": cid(200)}));
        let ack = self.take_one(console, "ack");
        self.take(visitor);
        (visitor, console, conv, ack["claim"].as_u64().unwrap())
    }
}

/// A visitor's anonymous `hello`.
pub fn hello(inst: u8) -> Value {
    json!({"t": "hello", "role": "visitor", "inst": instance(inst), "lang": "en", "caps": ["offers"]})
}

/// A visitor's `hello` with a secret.
pub fn resume(inst: u8, secret_of: u8, epoch: &str, after: u64) -> Value {
    json!({"t": "hello", "role": "visitor", "inst": instance(inst), "lang": "en",
           "secret": secret(secret_of), "epoch": epoch, "after": after})
}

/// An operator's `hello`.
pub fn operator_hello(token: &str, inst: u8) -> Value {
    json!({"t": "hello", "role": "operator", "inst": instance(inst), "auth": token})
}

/// A visitor's `start`, with the cid and the secret of the same number.
pub fn start(n: u8) -> Value {
    json!({"t": "start", "cid": cid(n), "secret": secret(n), "lang": "en"})
}

/// Does the work that an `error` asks for.
pub fn worked(error: &Value) -> u64 {
    let salt = error["work"]["salt"].as_str().unwrap();
    let bits = error["work"]["bits"].as_u64().unwrap().try_into().unwrap();
    (0..).find(|number| is_worked(&digest::of(&work_text(salt, *number)), bits)).unwrap()
}

/// A command's name, by number.
pub fn cid(n: u8) -> String {
    Cid::from_bytes([n; 16]).as_str().to_owned()
}

/// A page instance, by number.
pub fn instance(n: u8) -> String {
    Instance::from_bytes([n; 16]).as_str().to_owned()
}

/// A secret, by number.
pub fn secret(n: u8) -> String {
    Secret::from_bytes([n; 32]).as_str().to_owned()
}
