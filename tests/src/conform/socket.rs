//! One socket to the backend under test. It reads only when it is told to, so that a case decides what it has seen.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tealight_protocol::{ToOperator, ToVisitor};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use super::case::{Check, Stop, failed};
use super::record::{Record, shortened};
use super::trial::Shared;

/// How long anything that should come at once may take.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// How a socket ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Closed {
    /// The close code; 1006 where no close frame came, 1005 where it had none.
    pub(crate) code: u16,
    /// The words for developers.
    pub(crate) reason: String,
}

/// What came next.
#[derive(Debug)]
pub(crate) enum Next {
    /// A frame.
    Frame(Value),
    /// The end.
    Closed(Closed),
    /// Nothing, for as long as was waited.
    Silence,
}

/// A socket, a record of what was said on it, and the pace that the backend asked for.
#[derive(Debug)]
pub(crate) struct Socket {
    /// What it is called in the record: `v1`, `o2`.
    pub(crate) name: String,
    /// Whether it is an operator's.
    pub(crate) operator: bool,
    /// Whether it answers `ping` by itself.
    pub(crate) answers: bool,
    /// Every frame that was read.
    pub(crate) seen: Vec<(Instant, Value)>,
    /// How it ended, once it did.
    pub(crate) closed: Option<Closed>,
    /// The conversation's secret, to know when nothing is left to clean up.
    pub(crate) secret: Option<String>,
    pub(super) pace: Pace,
    stream: WebSocketStream<TcpStream>,
    waiting: VecDeque<Value>,
    record: Arc<Record>,
    shared: Arc<Shared>,
}

impl Socket {
    pub(super) fn new(
        name: String,
        stream: WebSocketStream<TcpStream>,
        record: Arc<Record>,
        shared: Arc<Shared>,
    ) -> Self {
        Self {
            name,
            operator: false,
            answers: true,
            seen: Vec::new(),
            closed: None,
            secret: None,
            pace: Pace::new(20, 2),
            stream,
            waiting: VecDeque::new(),
            record,
            shared,
        }
    }

    /// Sends a frame, whatever the pace. A socket that is gone shows it when it is read.
    pub(crate) async fn send(&mut self, frame: &Value) {
        self.record.sent(&self.name, frame);
        self.transmit(Message::text(frame.to_string())).await;
    }

    /// Sends something that need not be a frame.
    pub(crate) async fn send_raw(&mut self, message: Message, what: &str) {
        self.record.sent(&self.name, &json!(what));
        self.transmit(message).await;
    }

    async fn transmit(&mut self, message: Message) {
        match timeout(SOON, self.stream.send(message)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => self.record.note(&self.name, &format!("could not be written: {error}")),
            Err(_) => self.record.note(&self.name, "is not read by the backend"),
        }
    }

    /// Sends a command no faster than `ready.limits` allows.
    pub(crate) async fn command(&mut self, frame: &Value) {
        tokio::time::sleep(self.pace.take()).await;
        self.send(frame).await;
    }

    /// Carries a command out and returns its `ack` or `error`. Obeys `rate_limited`.
    pub(crate) async fn answer(&mut self, frame: &Value) -> Check<Value> {
        let cid = frame["cid"].clone();
        self.command(frame).await;
        for _ in 0..20 {
            let answer = self
                .take("ack or error for the command", SOON, |f| {
                    (f["t"] == "ack" || f["t"] == "error") && f["cid"] == cid
                })
                .await?;
            if answer["code"] != "rate_limited" {
                return Ok(answer);
            }
            let wait = answer["retry_ms"].as_u64().unwrap_or(1_000).min(10_000);
            tokio::time::sleep(Duration::from_millis(wait)).await;
            self.send(frame).await;
        }
        Err(failed("a command within the announced rate is carried out", "rate_limited, twenty times"))
    }

    /// Carries a command out that must be acknowledged.
    pub(crate) async fn ack(&mut self, frame: &Value) -> Check<Value> {
        let answer = self.answer(frame).await?;
        if answer["t"] == "ack" {
            Ok(answer)
        } else {
            Err(failed(format!("ack of {}", frame["t"]), shortened(&answer)))
        }
    }

    /// Carries a command out that must be refused with one of these codes.
    pub(crate) async fn refused(&mut self, frame: &Value, codes: &[&str]) -> Check<Value> {
        let answer = self.answer(frame).await?;
        if answer["t"] == "error" && codes.iter().any(|code| answer["code"] == *code) {
            Ok(answer)
        } else {
            Err(failed(format!("error {}", codes.join(" or ")), shortened(&answer)))
        }
    }

    /// The first frame that fits, among those that came already and those to come. The others stay for later.
    pub(crate) async fn take(
        &mut self,
        what: &str,
        within: Duration,
        fits: impl Fn(&Value) -> bool,
    ) -> Check<Value> {
        if let Some(at) = self.waiting.iter().position(&fits) {
            return self.waiting.remove(at).ok_or_else(|| failed(what, "nothing"));
        }
        let until = Instant::now() + within;
        loop {
            match self.next(until.saturating_duration_since(Instant::now())).await {
                Next::Frame(frame) if fits(&frame) => return Ok(frame),
                Next::Frame(frame) => self.waiting.push_back(frame),
                Next::Closed(closed) => return Err(failed(what, said(&closed))),
                Next::Silence => {
                    return Err(failed(what, format!("no such frame within {:.1} s", within.as_secs_f64())));
                }
            }
        }
    }

    /// The first event that fits.
    pub(crate) async fn event(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Check<Value> {
        self.take(what, SOON, |f| f["t"] == "event" && fits(f)).await
    }

    /// Waits for the end, which must have one of these codes.
    pub(crate) async fn closes(&mut self, codes: &[u16], within: Duration) -> Check<Closed> {
        let wanted: Vec<_> = codes.iter().map(u16::to_string).collect();
        let expected = format!("close {}", wanted.join(" or "));
        let until = Instant::now() + within;
        loop {
            match self.next(until.saturating_duration_since(Instant::now())).await {
                Next::Frame(frame) => self.waiting.push_back(frame),
                Next::Closed(closed) if codes.contains(&closed.code) => return Ok(closed),
                Next::Closed(closed) => return Err(failed(expected, said(&closed))),
                Next::Silence => {
                    let came = format!("the socket is still open after {:.1} s", within.as_secs_f64());
                    return Err(failed(expected, came));
                }
            }
        }
    }

    /// Reads for so long; what comes stays for later. `false` when the socket ended.
    pub(crate) async fn listen(&mut self, time: Duration) -> bool {
        let until = Instant::now() + time;
        loop {
            match self.next(until.saturating_duration_since(Instant::now())).await {
                Next::Frame(frame) => self.waiting.push_back(frame),
                Next::Closed(_) => return false,
                Next::Silence => return true,
            }
        }
    }

    /// Sends `ping` and reads up to the `pong`: whatever the backend had to say before has been read then.
    pub(crate) async fn settle(&mut self) -> Check {
        self.send(&json!({"t": "ping"})).await;
        self.take("pong", SOON, |f| f["t"] == "pong").await.map(drop)
    }

    /// The frames of a type that were read and not taken, in order. They are taken now.
    pub(crate) fn drain(&mut self, t: &str) -> Vec<Value> {
        let (taken, left): (Vec<_>, Vec<_>) = self.waiting.drain(..).partition(|frame| frame["t"] == t);
        self.waiting = left.into();
        taken
    }

    /// Reads the next frame, or the end.
    pub(crate) async fn next(&mut self, within: Duration) -> Next {
        if let Some(closed) = &self.closed {
            return Next::Closed(closed.clone());
        }
        let until = Instant::now() + within;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let message = match timeout(left, self.stream.next()).await {
                Err(_) => return Next::Silence,
                Ok(message) => message,
            };
            match message {
                Some(Ok(Message::Text(text))) => {
                    let frame = self.read(&text);
                    if frame["t"] == "ping" && self.answers {
                        self.send(&json!({"t": "pong"})).await;
                        continue;
                    }
                    return Next::Frame(frame);
                }
                Some(Ok(Message::Close(frame))) => {
                    let (code, reason) = match frame {
                        Some(CloseFrame { code, reason }) => (u16::from(code), reason.to_string()),
                        None => (1005, String::new()),
                    };
                    return self.ended(code, reason);
                }
                Some(Ok(Message::Binary(_))) => {
                    self.shared.complain(&format!("{} ← a binary message", self.name));
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Err(error)) => return self.ended(1006, error.to_string()),
                None => return self.ended(1006, "the connection broke".to_owned()),
            }
        }
    }

    fn read(&mut self, text: &str) -> Value {
        let frame: Value = serde_json::from_str(text).unwrap_or_else(|_| json!(text));
        self.record.came(&self.name, &frame);
        let wrong = if self.operator {
            tealight_protocol::decode::<ToOperator>(text).err()
        } else {
            tealight_protocol::decode::<ToVisitor>(text).err()
        };
        if let Some(wrong) = wrong {
            self.shared.complain(&format!("{wrong} in {} ← {}", self.name, shortened(&frame)));
        }
        if frame["t"] == "event" && frame["kind"] == "ended" {
            self.over();
        }
        self.seen.push((Instant::now(), frame.clone()));
        frame
    }

    fn ended(&mut self, code: u16, reason: String) -> Next {
        self.record.note(&self.name, &format!("closed with {code} {reason}"));
        if matches!(code, 4404 | 4410) {
            self.over();
        }
        let closed = Closed { code, reason };
        self.closed = Some(closed.clone());
        Next::Closed(closed)
    }

    fn over(&self) {
        if let Some(secret) = &self.secret {
            self.shared.over(secret);
        }
    }

    /// Leaves as a page does.
    pub(crate) async fn leave(mut self) {
        let frame = CloseFrame { code: 1000.into(), reason: "".into() };
        self.record.note(&self.name, "leaves with 1000");
        let _ = timeout(Duration::from_secs(1), self.stream.close(Some(frame))).await;
        while let Next::Frame(_) = self.next(Duration::from_secs(1)).await {}
    }

    /// Breaks the connection without a word.
    pub(crate) fn cut(self) {
        self.record.note(&self.name, "the connection is cut");
        let socket = socket2::SockRef::from(self.stream.get_ref());
        // A reset instead of a farewell. Where that cannot be had, dropping the socket is abrupt enough.
        let _ = socket.set_linger(Some(Duration::ZERO));
    }
}

/// What a close says, in words.
pub(crate) fn said(closed: &Closed) -> String {
    format!("close {} {}", closed.code, closed.reason)
}

impl From<&Closed> for Stop {
    fn from(closed: &Closed) -> Self {
        failed("the socket stays open", said(closed))
    }
}

/// A token bucket like the backend's, a little more careful.
#[derive(Debug)]
pub(super) struct Pace {
    tokens: f64,
    pub(super) burst: f64,
    per_second: f64,
    filled: Instant,
}

impl Pace {
    pub(super) fn new(burst: u64, per_second: u64) -> Self {
        let burst = burst.max(1) as f64;
        Self { tokens: burst, burst, per_second: (per_second.max(1) as f64) * 0.95, filled: Instant::now() }
    }

    /// Takes a token that is or will be there. Returns how long to wait for it.
    fn take(&mut self) -> Duration {
        let now = Instant::now();
        let grown = now.duration_since(self.filled).as_secs_f64() * self.per_second;
        self.tokens = (self.tokens + grown).min(self.burst) - 1.0;
        self.filled = now;
        Duration::from_secs_f64((-self.tokens / self.per_second).max(0.0))
    }
}
