//! A session under a virtual clock, and a backend that says what a test tells it to say.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::needless_pass_by_value
)]

use std::collections::VecDeque;

use serde_json::{Value, json};
use tealight_protocol::Work;
use tealight_session::{ConnectionId, Effect, Entropy, Fact, Millis};

/// What both kinds of session have in common.
pub trait Machine {
    type Command;
    fn fact(&mut self, now: Millis, fact: Fact);
    fn command(&mut self, now: Millis, command: Self::Command);
    fn effect(&mut self) -> Option<Effect>;
    fn timeout(&self) -> Option<Millis>;
}

impl Machine for tealight_session::visitor::Session {
    type Command = tealight_session::visitor::Command;

    fn fact(&mut self, now: Millis, fact: Fact) {
        self.handle(now, tealight_session::visitor::Input::Fact(fact));
    }

    fn command(&mut self, now: Millis, command: Self::Command) {
        self.handle(now, tealight_session::visitor::Input::Command(command));
    }

    fn effect(&mut self) -> Option<Effect> {
        self.poll_effect()
    }

    fn timeout(&self) -> Option<Millis> {
        self.poll_timeout()
    }
}

impl Machine for tealight_session::operator::Session {
    type Command = tealight_session::operator::Command;

    fn fact(&mut self, now: Millis, fact: Fact) {
        self.handle(now, tealight_session::operator::Input::Fact(fact));
    }

    fn command(&mut self, now: Millis, command: Self::Command) {
        self.handle(now, tealight_session::operator::Input::Command(command));
    }

    fn effect(&mut self) -> Option<Effect> {
        self.poll_effect()
    }

    fn timeout(&self) -> Option<Millis> {
        self.poll_timeout()
    }
}

/// The same numbers for the same seed, every time. Xorshift: good enough to be varied, not to be secret.
pub struct Seeded(pub u64);

impl Seeded {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

impl Entropy for Seeded {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = (self.next() >> 24) as u8;
        }
    }
}

/// A shell with a session in it.
pub struct Rig<M> {
    pub session: M,
    pub now: Millis,
    /// The socket that was asked for last and not closed.
    pub socket: Option<ConnectionId>,
    /// Frames that were sent and not looked at.
    pub sent: VecDeque<Value>,
    /// Every close the session asked for.
    pub closes: Vec<(ConnectionId, u16)>,
    /// How many sockets were asked for.
    pub opens: u32,
    /// What the storage holds.
    pub stored: Option<String>,
    pub saves: u32,
    pub forgets: u32,
    /// What was to be worked on.
    pub works: Vec<Work>,
}

impl<M: Machine> Rig<M> {
    pub fn new(session: M) -> Self {
        Self {
            session,
            now: 1_000_000,
            socket: None,
            sent: VecDeque::new(),
            closes: Vec::new(),
            opens: 0,
            stored: None,
            saves: 0,
            forgets: 0,
            works: Vec::new(),
        }
    }

    pub fn fact(&mut self, fact: Fact) {
        self.session.fact(self.now, fact);
        self.drain();
    }

    pub fn command(&mut self, command: M::Command) {
        self.session.command(self.now, command);
        self.drain();
    }

    /// The backend says something on the live socket.
    pub fn hear(&mut self, frame: Value) {
        let id = self.socket.expect("a socket");
        self.fact(Fact::SocketReceived(id, frame.to_string()));
    }

    /// The live socket opens.
    pub fn opened(&mut self) {
        let id = self.socket.expect("a socket");
        self.fact(Fact::SocketOpened(id));
    }

    /// The live socket closes.
    pub fn closed(&mut self, code: u16) {
        let id = self.socket.take().expect("a socket");
        self.fact(Fact::SocketClosed(id, code));
    }

    /// Time passes, and the timer fires whenever it is due.
    pub fn pass(&mut self, ms: Millis) {
        let end = self.now + ms;
        let mut stuck = 0;
        while let Some(at) = self.session.timeout().filter(|at| *at <= end) {
            stuck = if at <= self.now { stuck + 1 } else { 0 };
            assert!(stuck < 5, "the timer fires again and again at {}", self.now);
            self.now = self.now.max(at);
            self.fact(Fact::Tick);
        }
        self.now = end;
    }

    /// The device sleeps: time passes and no timer fires.
    pub fn sleep(&mut self, ms: Millis) {
        self.now += ms;
    }

    /// Lets time pass until another socket is asked for, and tells how long that took.
    pub fn until_reconnect(&mut self) -> Millis {
        let (start, opens) = (self.now, self.opens);
        while self.opens == opens {
            let at = self.session.timeout().expect("an attempt to come");
            self.now = self.now.max(at);
            self.fact(Fact::Tick);
            assert!(self.now < start + 3_600_000, "no attempt came");
        }
        self.now - start
    }

    /// The frames sent since the last look.
    pub fn take_sent(&mut self) -> Vec<Value> {
        self.sent.drain(..).collect()
    }

    /// The frames of one type sent since the last look; the others are gone, too.
    pub fn take(&mut self, t: &str) -> Vec<Value> {
        self.take_sent().into_iter().filter(|frame| frame["t"] == t).collect()
    }

    /// The one frame of a type.
    pub fn take_one(&mut self, t: &str) -> Value {
        let mut found = self.take(t);
        assert_eq!(found.len(), 1, "one {t} in {found:?}");
        found.remove(0)
    }

    fn drain(&mut self) {
        let mut steps = 0;
        while let Some(effect) = self.session.effect() {
            steps += 1;
            assert!(steps < 10_000, "effects never end");
            match effect {
                Effect::OpenSocket(id) => {
                    assert!(self.socket.is_none(), "one socket at a time");
                    self.socket = Some(id);
                    self.opens += 1;
                }
                Effect::Transmit(id, text) => {
                    assert_eq!(Some(id), self.socket, "frames go to the live socket");
                    self.sent.push_back(serde_json::from_str(&text).expect("JSON"));
                }
                Effect::CloseSocket(id, code) => {
                    assert_eq!(self.socket.take(), Some(id), "only the live socket is closed");
                    self.closes.push((id, code));
                }
                Effect::Save(text) => {
                    self.stored = Some(text);
                    self.saves += 1;
                }
                Effect::Solve(work) => self.works.push(work),
                Effect::Forget => {
                    self.stored = None;
                    self.forgets += 1;
                }
            }
        }
    }
}

pub const AT: &str = "2026-11-21T20:15:02.114Z";

pub fn service() -> Value {
    json!({"name": "Night Line", "state": "open", "wait": {"kind": "range", "low_s": 300, "high_s": 1200}})
}

pub fn ack(command: &Value, seq: Option<u64>) -> Value {
    json!({"t": "ack", "cid": command["cid"], "conv": "conv-1", "seq": seq})
}

pub fn error(command: &Value, code: &str, retry: bool, retry_ms: Option<u64>) -> Value {
    json!({"t": "error", "cid": command["cid"], "code": code, "retry": retry, "retry_ms": retry_ms, "message": "no"})
}
