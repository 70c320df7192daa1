//! One case being asked: its sockets, its visitors and operators, and what has to be cleaned up after it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::bench::{Account, Bench};
use super::case::{Check, Stop, failed};
use super::ids;
use super::opening::{Opening, Refused};
use super::operator::Operator;
use super::record::Record;
use super::socket::{Next, Pace, SOON, Socket};
use super::visitor::{Visitor, Who};

/// How long a connection is tried again because the backend says that there were too many.
const PATIENCE: Duration = Duration::from_secs(90);

/// What a case and its sockets share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    complaints: Mutex<Vec<String>>,
    /// Conversations that still run, by secret, with the address they are at.
    guests: Mutex<BTreeMap<String, String>>,
}

impl Shared {
    /// A frame was not as the specification has it.
    pub(super) fn complain(&self, what: &str) {
        lock(&self.complaints).push(what.to_owned());
    }

    /// A conversation is over.
    pub(super) fn over(&self, secret: &str) {
        lock(&self.guests).remove(secret);
    }

    pub(super) fn first_complaint(&self) -> Option<String> {
        lock(&self.complaints).first().cloned()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One case being asked.
#[derive(Debug)]
pub(crate) struct Trial {
    /// Everything that all cases share.
    pub(crate) bench: Arc<Bench>,
    /// The record of this case.
    pub(crate) record: Arc<Record>,
    pub(super) shared: Arc<Shared>,
    notes: Mutex<Vec<String>>,
    names: AtomicU32,
}

impl Trial {
    pub(super) fn new(bench: Arc<Bench>) -> Self {
        Self {
            bench,
            record: Arc::default(),
            shared: Arc::default(),
            notes: Mutex::default(),
            names: AtomicU32::new(1),
        }
    }

    /// Says something in the report that is true also when the case passes.
    pub(crate) fn note(&self, what: impl Into<String>) {
        lock(&self.notes).push(what.into());
    }

    pub(super) fn notes(&self) -> Vec<String> {
        lock(&self.notes).clone()
    }

    /// How a client that knows this protocol opens a socket.
    pub(crate) fn opening(&self) -> Opening {
        Opening {
            url: self.bench.url.clone(),
            protocols: "tealight.v1, tealight".to_owned(),
            origin: self.bench.options.origin.clone(),
            narrow: false,
        }
    }

    /// A name for the next socket in the record.
    pub(super) fn name(&self, kind: char) -> String {
        format!("{kind}{}", self.names.fetch_add(1, Ordering::Relaxed))
    }

    /// Opens a socket; waits where the backend says that there were too many.
    pub(crate) async fn open_as(&self, opening: &Opening, kind: char) -> Check<Socket> {
        let began = Instant::now();
        loop {
            match self.try_open(opening, kind).await {
                Ok((socket, _)) => return Ok(socket),
                Err(Refused { status: Some(429 | 503), retry_after, .. }) if began.elapsed() < PATIENCE => {
                    let wait = retry_after.unwrap_or(2).clamp(1, 20);
                    self.record.note("", &format!("too many sockets: waiting {wait} s"));
                    tokio::time::sleep(Duration::from_secs(wait)).await;
                }
                Err(refused) => return Err(failed("that a socket can be opened", refused.why)),
            }
        }
    }

    /// Opens a visitor's socket.
    pub(crate) async fn open(&self) -> Check<Socket> {
        self.open_as(&self.opening(), 'v').await
    }

    /// Opens a socket, says `hello`, and returns it with the `ready`.
    pub(crate) async fn greet_at(&self, opening: &Opening, hello: &Value) -> Check<(Socket, Value)> {
        let operator = hello["role"] == "operator";
        let mut socket = self.open_as(opening, if operator { 'o' } else { 'v' }).await?;
        socket.operator = operator;
        socket.secret = hello["secret"].as_str().map(str::to_owned);
        socket.send(hello).await;
        let ready = match socket.next(SOON).await {
            Next::Frame(frame) if frame["t"] == "ready" => frame,
            Next::Frame(frame) => {
                return Err(failed("ready, before any other frame", super::record::shortened(&frame)));
            }
            Next::Closed(closed) => return Err(failed("ready", super::socket::said(&closed))),
            Next::Silence => return Err(failed("ready", "nothing within 10 s")),
        };
        let limit = |name: &str, default: u64| ready["limits"][name].as_u64().unwrap_or(default);
        socket.pace = Pace::new(limit("burst", 20), limit("per_s", 2));
        Ok((socket, ready))
    }

    /// The same at the usual address.
    pub(crate) async fn greet(&self, hello: &Value) -> Check<(Socket, Value)> {
        self.greet_at(&self.opening(), hello).await
    }

    /// A visitor's first frame, who has no conversation.
    pub(crate) fn hello(&self) -> Value {
        json!({
            "t": "hello", "role": "visitor", "inst": ids::instance(), "lang": "en",
            "caps": ["typing", "marks", "offers", "survey", "links", "transfer"], "visible": true,
        })
    }

    /// A visitor who looks around.
    pub(crate) async fn look(&self) -> Check<(Socket, Value)> {
        self.greet(&self.hello()).await
    }

    /// The command that begins a conversation; in the first open area, where there are several.
    pub(crate) fn start(&self) -> Value {
        self.start_in(0)
    }

    /// The same in a certain one of the open areas.
    pub(crate) fn start_in(&self, area: usize) -> Value {
        let mut start = json!({"t": "start", "cid": ids::cid(), "secret": ids::secret(), "lang": "en", "route": "standard"});
        if let Some(area) = self.bench.areas().get(area) {
            start["area"] = json!(area);
        }
        start
    }

    /// A visitor in the waiting room.
    pub(crate) async fn join(&self) -> Check<Visitor> {
        self.join_as(&self.opening(), &self.hello(), &self.start()).await
    }

    /// A visitor in the waiting room of a certain area.
    pub(crate) async fn join_in(&self, area: usize) -> Check<Visitor> {
        self.join_as(&self.opening(), &self.hello(), &self.start_in(area)).await
    }

    /// A visitor whose page is out of sight.
    pub(crate) async fn join_hidden(&self) -> Check<Visitor> {
        let mut hello = self.hello();
        hello["visible"] = json!(false);
        self.join_as(&self.opening(), &hello, &self.start()).await
    }

    /// A visitor who joins in a certain way.
    pub(crate) async fn join_as(&self, opening: &Opening, hello: &Value, start: &Value) -> Check<Visitor> {
        let (mut socket, ready) = self.greet_at(opening, hello).await?;
        self.expect_guest(start, &opening.url);
        socket.secret = start["secret"].as_str().map(str::to_owned);
        let ack = socket.ack(start).await?;
        let conv = ack["conv"].as_str().ok_or_else(|| failed("ack of start with conv", ack.to_string()))?;
        let who = Who {
            url: opening.url.clone(),
            inst: text(&hello["inst"]),
            secret: text(&start["secret"]),
            epoch: text(&ready["epoch"]),
            conv: conv.to_owned(),
            start: start.clone(),
        };
        socket.event("the event started", |event| event["seq"] == 1).await?;
        Ok(Visitor { socket, who })
    }

    /// Remembers that a conversation may have begun, so that it is ended in the end.
    pub(crate) fn expect_guest(&self, start: &Value, url: &str) {
        if let Some(secret) = start["secret"].as_str() {
            lock(&self.shared.guests).insert(secret.to_owned(), url.to_owned());
        }
    }

    /// Comes back to a conversation as the same page.
    pub(crate) async fn back(&self, who: &Who, after: Option<u64>) -> Check<(Socket, Value)> {
        self.back_as(who, &who.inst, after).await
    }

    /// Comes back to a conversation as some page.
    pub(crate) async fn back_as(&self, who: &Who, inst: &str, after: Option<u64>) -> Check<(Socket, Value)> {
        let mut hello = self.hello();
        hello["inst"] = json!(inst);
        hello["secret"] = json!(who.secret);
        if let Some(after) = after {
            hello["after"] = json!(after);
            hello["epoch"] = json!(who.epoch);
        }
        let opening = Opening { url: who.url.clone(), ..self.opening() };
        let (socket, ready) = self.greet_at(&opening, &hello).await?;
        if ready["conv"].is_null() {
            return Err(failed("ready with the conversation of the secret", "conv is null"));
        }
        Ok((socket, ready))
    }

    /// The whole log of a conversation, as another page of its visitor gets it.
    pub(crate) async fn log(&self, who: &Who) -> Check<Vec<Value>> {
        let (mut socket, ready) = self.back_as(who, &ids::instance(), None).await?;
        let mut log = events(&ready["conv"]["events"]);
        let mut more = ready["conv"]["more"] == true;
        while more {
            let last = log.last().map_or(0, |event| event["seq"].as_u64().unwrap_or_default());
            socket.command(&json!({"t": "sync", "after": last})).await;
            let page = socket.take("history", SOON, |f| f["t"] == "history").await?;
            let next = events(&page["events"]);
            if next.is_empty() {
                return Err(failed("a page of history with events", "an empty page that says more"));
            }
            log.extend(next);
            more = page["more"] == true;
        }
        socket.leave().await;
        Ok(log)
    }

    /// An operator on duty who holds no conversation.
    pub(crate) async fn operator(&self, nth: usize) -> Check<Operator> {
        let account = self
            .bench
            .plain_accounts()
            .nth(nth)
            .cloned()
            .ok_or_else(|| Stop::NotOffered("no account for another operator".to_owned()))?;
        self.on_duty(&account).await
    }

    /// A certain operator on duty who holds no conversation.
    pub(crate) async fn on_duty(&self, account: &Account) -> Check<Operator> {
        let mut operator = Operator::arrive(self, account, &self.opening()).await?;
        operator.clear().await?;
        Ok(operator)
    }

    /// Ends what the case left behind.
    pub(super) async fn clean_up(&self) {
        let guests = lock(&self.shared.guests).clone();
        for (secret, url) in guests {
            let mut hello = self.hello();
            hello["secret"] = json!(secret);
            let opening = Opening { url, ..self.opening() };
            let Ok((mut socket, ready)) = self.greet_at(&opening, &hello).await else { continue };
            if ready["conv"]["state"] != "ended" {
                let _ = socket.answer(&json!({"t": "end", "cid": ids::cid()})).await;
            }
            socket.leave().await;
        }
    }
}

/// The events in a list.
pub(crate) fn events(list: &Value) -> Vec<Value> {
    list.as_array().cloned().unwrap_or_default()
}

/// The text of a field, or nothing.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The numbers of events.
pub(crate) fn numbers(events: &[Value]) -> Vec<u64> {
    events.iter().filter_map(|event| event["seq"].as_u64()).collect()
}
