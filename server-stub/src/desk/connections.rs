//! Sockets: greeting, liveness, limits, and the way of a frame to the one who understands it.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use tealight_protocol::{
    ByeCode, Cid, CloseCode, ConversationId, DecodeError, ErrorCode, FirstFrame, Instance, OperatorFrame,
    OperatorId, PlaceUpdate, Role, ToOperator, ToVisitor, VisitorFrame, decode_value, limits,
};

use super::bucket::Bucket;
use super::work::Challenge;
use super::{ConnId, Desk, Origin, Output, Refusal, Timer};
use crate::Moment;
use crate::store::{Digest, Store};

/// How many commands a socket may have refused for speed before it is closed.
const STRIKES: u32 = 120;

/// How many `ping` may stay without any answer.
const SILENT_PINGS: u32 = 2;

/// One socket.
#[derive(Debug)]
pub(super) struct Socket {
    pub(super) phase: Phase,
    pub(super) origin: Option<Origin>,
    heard_at: Moment,
    pings: u32,
    commands: Bucket,
    frames: Bucket,
    strikes: u32,
    /// Whether it is a plain page's.
    pub(super) is_plain: bool,
}

/// Who is at the other end.
#[derive(Debug)]
pub(super) enum Phase {
    /// Nobody has said so yet.
    Greeting,
    /// A visitor.
    Visitor(VisitorSocket),
    /// An operator.
    Operator(OperatorSocket),
}

/// A visitor's socket.
#[derive(Debug)]
pub(super) struct VisitorSocket {
    pub(super) inst: Instance,
    pub(super) visible: bool,
    /// Whether the page can show offers.
    pub(super) offers: bool,
    pub(super) conv: Option<ConversationId>,
    /// Whether the conversation's frames may go out here. Not before `ready`, which says where they begin.
    pub(super) follows: bool,
    /// The place as it was last told here, and when.
    pub(super) place: Option<(Moment, PlaceUpdate)>,
    pub(super) place_armed: bool,
    /// How many of the times that it takes longer were told here.
    pub(super) worse_told: u32,
    /// The work that was asked for last, until somebody tries.
    pub(super) challenge: Option<Challenge>,
}

/// An operator's socket.
#[derive(Debug)]
pub(super) struct OperatorSocket {
    pub(super) inst: Instance,
    pub(super) operator: OperatorId,
    pub(super) token: Digest,
    pub(super) session_ends: Moment,
    /// Conversations of others that are followed here.
    pub(super) watching: Vec<ConversationId>,
}

impl Socket {
    /// Whether the other end has yet to say `hello`, or to answer a `ping`.
    pub(super) fn is_silent(&self) -> bool {
        self.pings > 0 || matches!(self.phase, Phase::Greeting)
    }
}

impl<S: Store> Desk<S> {
    pub(super) fn opened(&mut self, now: Moment, conn: ConnId, origin: Option<Origin>) {
        if self.stopped || self.sockets.len() >= self.settings.sockets {
            self.outputs.push_back(Output::Close {
                conn,
                code: CloseCode::TryLater,
                reason: "no room just now",
            });
            return;
        }
        let socket = Socket {
            phase: Phase::Greeting,
            origin,
            heard_at: now,
            pings: 0,
            commands: Bucket::of_commands(now),
            frames: Bucket::of_frames(now),
            strikes: 0,
            is_plain: false,
        };
        self.sockets.insert(conn, socket);
        self.timers.set(now.plus_ms(limits::HELLO_TIMEOUT_MS), Timer::Hello(conn));
        self.timers.set(now.plus(ping_after()), Timer::Idle(conn));
    }

    pub(super) fn frame(&mut self, now: Moment, conn: ConnId, text: &str) {
        let Some(socket) = self.sockets.get_mut(&conn) else { return };
        socket.heard_at = now;
        socket.pings = 0;
        if socket.frames.take(now).is_err() {
            self.refuse_socket(conn, CloseCode::TooMany, "too many frames");
            return;
        }
        if text.len() > limits::FRAME_BYTES {
            self.refuse_socket(conn, CloseCode::TooBig, "the frame is too big");
            return;
        }
        let value: Value = match serde_json::from_str(text) {
            Ok(value) => value,
            Err(_) => return self.refuse_socket(conn, CloseCode::Violation, "the frame is not JSON"),
        };
        let Some(t) = value.get("t").and_then(Value::as_str) else {
            return self.refuse_socket(conn, CloseCode::Violation, "the frame has no type");
        };
        match (&socket.phase, t) {
            (Phase::Greeting, "hello") => self.greet(now, conn, value),
            (Phase::Greeting, _) => {
                self.refuse_socket(conn, CloseCode::Violation, "the first frame must be hello");
            }
            (Phase::Visitor(_) | Phase::Operator(_), "hello") => {
                self.refuse_socket(conn, CloseCode::Violation, "a second hello");
            }
            (Phase::Visitor(_), _) => match understand(value) {
                Ok(frame) => self.visitor_frame(now, conn, frame),
                Err((cid, refusal)) => self.refuse_visitor(conn, cid, refusal),
            },
            (Phase::Operator(_), _) => match understand(value) {
                Ok(frame) => self.operator_frame(now, conn, frame),
                Err((cid, refusal)) => self.refuse_operator(conn, cid, refusal),
            },
        }
    }

    fn greet(&mut self, now: Moment, conn: ConnId, value: Value) {
        let Ok(first) = serde_json::from_value::<FirstFrame>(value.clone()) else {
            return self.refuse_socket(conn, CloseCode::Violation, "hello names no role that is known here");
        };
        match first.role {
            Some(Role::Visitor) => match serde_json::from_value(value) {
                Ok(VisitorFrame::Hello(hello)) => self.visitor_hello(now, conn, &hello),
                Ok(_) | Err(_) => self.refuse_socket(conn, CloseCode::Violation, "hello is malformed"),
            },
            Some(Role::Operator) => match serde_json::from_value(value) {
                Ok(OperatorFrame::Hello(hello)) => self.operator_hello(now, conn, &hello),
                Ok(_) | Err(_) => self.refuse_socket(conn, CloseCode::Violation, "hello is malformed"),
            },
            None => self.refuse_socket(conn, CloseCode::Violation, "hello names no role"),
        }
    }

    /// Takes a token for a command. On failure the client has been told, or the socket is closed.
    pub(super) fn may_command(&mut self, now: Moment, conn: ConnId, cid: Option<&Cid>) -> bool {
        let Some(socket) = self.sockets.get_mut(&conn) else { return false };
        let Err(retry_ms) = socket.commands.take(now) else { return true };
        socket.strikes += 1;
        if socket.strikes > STRIKES {
            self.refuse_socket(conn, CloseCode::TooMany, "too many commands");
            return false;
        }
        let refusal = Refusal::later(ErrorCode::RateLimited, retry_ms, "too many commands");
        match socket.phase {
            Phase::Operator(_) => self.refuse_operator(conn, cid.cloned(), refusal),
            Phase::Visitor(_) | Phase::Greeting => self.refuse_visitor(conn, cid.cloned(), refusal),
        }
        false
    }

    pub(super) fn refuse_visitor(&mut self, conn: ConnId, cid: Option<Cid>, refusal: Refusal) {
        self.totals.errors += 1;
        self.note_refusal(refusal);
        self.send(conn, &refusal.to_visitor(cid));
    }

    pub(super) fn refuse_operator(&mut self, conn: ConnId, cid: Option<Cid>, refusal: Refusal) {
        self.totals.errors += 1;
        self.note_refusal(refusal);
        self.send(conn, &refusal.to_operator(cid));
    }

    pub(super) fn send<T: Serialize>(&mut self, conn: ConnId, frame: &T) {
        match serde_json::to_string(frame) {
            Ok(text) => self.outputs.push_back(Output::Send { conn, text }),
            Err(error) => tracing::error!(%error, "a frame could not be written"),
        }
    }

    /// Sends the same frame to many.
    pub(super) fn send_to_all<T: Serialize>(&mut self, conns: Vec<ConnId>, frame: &T) {
        match serde_json::to_string(frame) {
            Ok(text) => {
                let sends = conns.into_iter().map(|conn| Output::Send { conn, text: text.clone() });
                self.outputs.extend(sends);
            }
            Err(error) => tracing::error!(%error, "a frame could not be written"),
        }
    }

    /// Closes a socket for a fault of its client.
    pub(super) fn refuse_socket(&mut self, conn: ConnId, code: CloseCode, reason: &'static str) {
        if self.sockets.contains_key(&conn) {
            self.totals.violations += 1;
            self.close(conn, code, reason);
        }
    }

    /// Closes a socket and forgets it at once: what still arrives on it finds nobody.
    pub(super) fn close(&mut self, conn: ConnId, code: CloseCode, reason: &'static str) {
        if self.sockets.contains_key(&conn) {
            self.outputs.push_back(Output::Close { conn, code, reason });
            self.detach(self.clock, conn);
        }
    }

    /// Forgets a socket.
    pub(super) fn detach(&mut self, now: Moment, conn: ConnId) {
        let Some(socket) = self.sockets.remove(&conn) else { return };
        match socket.phase {
            Phase::Greeting => {}
            Phase::Visitor(visitor) => {
                if let Some(id) = visitor.conv {
                    if let Some(room) = self.rooms.get_mut(&id) {
                        room.sockets.retain(|other| *other != conn);
                    }
                    self.update_presence(now, &id);
                }
            }
            Phase::Operator(operator) => {
                self.operator_detached(now, conn, &operator.operator);
                self.watcher_detached(conn, &operator.watching);
            }
        }
    }

    pub(super) fn hello_is_overdue(&mut self, conn: ConnId) {
        if matches!(self.sockets.get(&conn), Some(Socket { phase: Phase::Greeting, .. })) {
            self.close(conn, CloseCode::Timeout, "no hello in time");
        }
    }

    pub(super) fn socket_is_idle(&mut self, now: Moment, conn: ConnId) {
        let Some(socket) = self.sockets.get_mut(&conn) else { return };
        let quiet_until = socket.heard_at.plus(ping_after());
        if quiet_until > now && socket.pings == 0 {
            self.timers.set(quiet_until, Timer::Idle(conn));
            return;
        }
        if socket.pings >= SILENT_PINGS {
            self.close(conn, CloseCode::Timeout, "no answer to ping");
            return;
        }
        socket.pings += 1;
        let frame = serde_json::json!({ "t": "ping" });
        if !matches!(socket.phase, Phase::Greeting) {
            self.send(conn, &frame);
        }
        self.timers.set(now.plus(ping_after()), Timer::Idle(conn));
    }

    pub(super) fn stop(&mut self, now: Moment) {
        self.store_marks(now);
        let mut all: Vec<_> = self.sockets.keys().copied().collect();
        all.sort_unstable();
        let spread_ms = (all.len() as u64 * 10).clamp(1_000, 30_000);
        for conn in all {
            let operator = matches!(self.sockets.get(&conn), Some(Socket { phase: Phase::Operator(_), .. }));
            if operator {
                self.send(conn, &ToOperator::Bye { code: ByeCode::Restart, spread_ms });
            } else {
                self.send(conn, &ToVisitor::Bye { code: ByeCode::Restart, spread_ms });
            }
            self.outputs.push_back(Output::Close { conn, code: CloseCode::Restart, reason: "restart" });
        }
        self.sockets.clear();
        self.stopped = true;
    }
}

fn ping_after() -> Duration {
    Duration::from_secs(u64::from(limits::PING_S))
}

/// Reads a frame of a known sender. On failure: the command it would have been, and what is wrong.
fn understand<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, (Option<Cid>, Refusal)> {
    let malformed = Refusal::last_word(ErrorCode::BadRequest, "the frame is malformed");
    decode_value(value).map_err(|error| match error {
        DecodeError::TooLong { cid, .. } => {
            (cid, Refusal::last_word(ErrorCode::TooLarge, "the text is too long"))
        }
        DecodeError::BadField { cid, .. } => (cid, malformed),
        DecodeError::NotAFrame => (None, malformed),
    })
}
