//! One case being asked: its sockets, its visitors and operators, and what has to be cleaned up after it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use super::bench::{Account, Bench};
use super::case::{Check, Stop, failed, trouble};
use super::ids;
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

/// How a socket is opened.
#[derive(Clone, Debug)]
pub(crate) struct Opening {
    /// The address.
    pub(crate) url: String,
    /// The subprotocols that are offered.
    pub(crate) protocols: String,
    /// What `Origin` says, if anything.
    pub(crate) origin: Option<String>,
    /// Whether the peer's buffers are to stay small, for who means not to read.
    pub(crate) narrow: bool,
}

/// Why a socket did not open.
#[derive(Debug)]
pub(crate) struct Refused {
    /// The HTTP status, where there was one.
    pub(crate) status: Option<u16>,
    /// In words.
    pub(crate) why: String,
    retry_after: Option<u64>,
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
    fn name(&self, kind: char) -> String {
        format!("{kind}{}", self.names.fetch_add(1, Ordering::Relaxed))
    }

    /// Opens a socket, once. The subprotocol that the backend chose comes with it.
    pub(crate) async fn try_open(
        &self,
        opening: &Opening,
        kind: char,
    ) -> Result<(Socket, Option<String>), Refused> {
        let refused = |why: String| Refused { status: None, why, retry_after: None };
        let mut request =
            opening.url.as_str().into_client_request().map_err(|error| refused(error.to_string()))?;
        let headers = request.headers_mut();
        let header = |text: &str| text.parse().map_err(|_| refused(format!("“{text}” is no header")));
        headers.insert("Sec-WebSocket-Protocol", header(&opening.protocols)?);
        if let Some(origin) = &opening.origin {
            headers.insert("Origin", header(origin)?);
        }
        let stream = connect(&opening.url, opening.narrow)
            .await
            .map_err(|error| refused(format!("{}: {error}", opening.url)))?;
        let name = self.name(kind);
        match timeout(SOON, client_async(request, stream)).await {
            Err(_) => Err(refused("the handshake was not answered within 10 s".to_owned())),
            Ok(Err(Error::Http(response))) => Err(Refused {
                status: Some(response.status().as_u16()),
                why: format!("HTTP status {}", response.status()),
                retry_after: response
                    .headers()
                    .get("retry-after")
                    .and_then(|value| value.to_str().ok())
                    .and_then(|value| value.parse().ok()),
            }),
            Ok(Err(error)) => Err(refused(error.to_string())),
            Ok(Ok((stream, response))) => {
                let chosen = response
                    .headers()
                    .get("sec-websocket-protocol")
                    .and_then(|value| value.to_str().ok())
                    .map(str::to_owned);
                self.record.note(&name, &format!("opened {}", chosen.as_deref().unwrap_or_default()));
                Ok((Socket::new(name, stream, self.record.clone(), self.shared.clone()), chosen))
            }
        }
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

/// Opens the connection below a WebSocket.
async fn connect(url: &str, narrow: bool) -> Result<TcpStream, Stop> {
    let address = super::bench::address_of(url).map_err(trouble)?;
    let found = tokio::net::lookup_host(&address).await.map_err(trouble)?;
    let mut last = trouble("the name leads nowhere");
    for address in found {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
        let socket = socket.map_err(trouble)?;
        if narrow {
            // Small segments and a small window keep what the network holds far below what a backend may queue.
            let _ = socket.set_recv_buffer_size(4 * 1024);
            let _ = socket2::SockRef::from(&socket).set_tcp_mss(536);
        }
        match timeout(SOON, socket.connect(address)).await {
            Ok(Ok(stream)) => {
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => last = trouble(error),
            Err(_) => last = trouble("no answer within 10 s"),
        }
    }
    Err(last)
}

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Stop::Failed { came, .. } => f.write_str(came),
            Stop::NotOffered(why) | Stop::Skipped(why) => f.write_str(why),
        }
    }
}
