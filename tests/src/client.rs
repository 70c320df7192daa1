//! A client that is nothing but a socket and frames: what a stranger would write, and what a test can see through.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use futures_util::{SinkExt, StreamExt};
use rand::RngCore;
use serde_json::{Value, json};
use tealight_protocol::{Cid, Instance, Secret};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::child::PASSWORD;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The network that everybody ordinary comes from.
pub const HOME: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 1));

/// One socket.
#[derive(Debug)]
pub struct Client {
    socket: WebSocketStream<TcpStream>,
}

/// What came on it.
#[derive(Clone, Debug, PartialEq)]
pub enum Received {
    /// A frame.
    Frame(Value),
    /// The end, with the code the server gave; 1006 when it gave none.
    Closed(u16),
}

impl Client {
    /// Connects from this machine's usual address.
    pub async fn connect(server: SocketAddr) -> Result<Self> {
        Self::connect_from(server, HOME).await
    }

    /// Connects from another address: on the loopback, all of 127.0.0.0/8 belongs to this machine.
    pub async fn connect_from(server: SocketAddr, source: IpAddr) -> Result<Self> {
        Self::over(stream(server, source, None).await?, server).await
    }

    async fn over(stream: TcpStream, server: SocketAddr) -> Result<Self> {
        let mut request = format!("ws://{server}/v1/ws").into_client_request()?;
        request.headers_mut().insert("Sec-WebSocket-Protocol", "tealight.v1, tealight".parse()?);
        let handshake = tokio_tungstenite::client_async(request, stream);
        let (socket, _) = tokio::time::timeout(PATIENCE, handshake).await??;
        Ok(Self { socket })
    }

    /// A visitor's socket that has been greeted, and its `ready`.
    pub async fn visitor(server: SocketAddr) -> Result<(Self, Value)> {
        let mut client = Self::connect(server).await?;
        client.send(&hello()).await?;
        let ready = client.next("ready").await?;
        Ok((client, ready))
    }

    /// Sends a frame.
    pub async fn send(&mut self, frame: &Value) -> Result<()> {
        Ok(self.socket.send(Message::text(frame.to_string())).await?)
    }

    /// Sends any message.
    pub async fn send_message(&mut self, message: Message) -> Result<()> {
        Ok(self.socket.send(message).await?)
    }

    /// Whatever comes next.
    pub async fn receive(&mut self) -> Result<Received> {
        let next = async {
            loop {
                match self.socket.next().await {
                    Some(Ok(Message::Text(text))) => {
                        return Ok(Received::Frame(serde_json::from_str(&text)?));
                    }
                    Some(Ok(Message::Close(frame))) => {
                        return Ok(Received::Closed(frame.map_or(1005, |frame| frame.code.into())));
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return Ok(Received::Closed(1006)),
                }
            }
        };
        tokio::time::timeout(PATIENCE, next).await.map_err(|_| anyhow!("nothing came in time"))?
    }

    /// The next frame of a type; what comes before it is dropped.
    pub async fn next(&mut self, t: &str) -> Result<Value> {
        self.find(t, |frame| frame["t"] == t).await
    }

    /// The answer to a command: its `ack` or its `error`; what comes before it is dropped.
    pub async fn answer(&mut self, cid: &str) -> Result<Value> {
        self.find("an answer", |frame| frame["cid"] == cid && (frame["t"] == "ack" || frame["t"] == "error"))
            .await
    }

    /// The next event of a kind; what comes before it is dropped.
    pub async fn event(&mut self, kind: &str) -> Result<Value> {
        self.find(kind, |frame| frame["t"] == "event" && frame["kind"] == kind).await
    }

    /// The next frame that `wanted` wants.
    pub async fn find(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        let search = async {
            loop {
                match self.receive().await? {
                    Received::Frame(frame) if wanted(&frame) => return Ok(frame),
                    Received::Frame(_) => {}
                    Received::Closed(code) => bail!("closed with {code} while waiting for {what}"),
                }
            }
        };
        tokio::time::timeout(PATIENCE, search).await.map_err(|_| anyhow!("no {what} in time"))?
    }

    /// The code the server closes with; what comes before is dropped.
    pub async fn close_code(&mut self) -> Result<u16> {
        let search = async {
            loop {
                if let Received::Closed(code) = self.receive().await? {
                    return Ok(code);
                }
            }
        };
        tokio::time::timeout(PATIENCE, search).await.context("the server does not close")?
    }
}

/// A connection from an address of this machine.
pub async fn stream(server: SocketAddr, source: IpAddr, window: Option<u32>) -> Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    if let Some(bytes) = window {
        socket.set_recv_buffer_size(bytes)?;
    }
    if source != HOME {
        socket.bind(SocketAddr::new(source, 0))?;
    }
    let stream = tokio::time::timeout(PATIENCE, socket.connect(server)).await??;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// A token for an account.
pub async fn log_in(server: SocketAddr, name: &str) -> Result<String> {
    let response = reqwest::Client::new()
        .post(format!("http://{server}/v1/operator/login"))
        .json(&json!({"name": name, "password": PASSWORD}))
        .send()
        .await?
        .error_for_status()?;
    let answer: Value = response.json().await?;
    answer["token"].as_str().map(str::to_owned).context("there is no token in the answer")
}

/// A whole conversation of a visitor and an operator, as on any evening. Returns how long the visitor waited for
/// the `ack` of a message.
pub async fn ordinary_conversation(server: SocketAddr, token: &str, area: Option<&str>) -> Result<Duration> {
    let (mut visitor, _) = Client::visitor(server).await?;
    let secret = new_secret();
    let started = visitor_start(&mut visitor, &secret, area).await?;
    let conv = started["conv"].as_str().context("no conversation in the ack")?.to_owned();
    let (mut console, _) = console(server, token).await?;
    let cid = new_cid();
    console.send(&json!({"t": "claim", "cid": cid, "conv": conv})).await?;
    let claimed = console.answer(&cid).await?;
    anyhow::ensure!(claimed["t"] == "ack", "the claim was refused: {claimed}");
    visitor.event("joined").await?;
    let cid = new_cid();
    let began = Instant::now();
    visitor.send(&json!({"t": "send", "cid": cid, "text": "Is somebody there?"})).await?;
    let ack = visitor.answer(&cid).await?;
    let waited = began.elapsed();
    anyhow::ensure!(ack["t"] == "ack", "a message was refused: {ack}");
    let heard = console.find("the message", |frame| frame["t"] == "event" && frame["cid"] == cid).await?;
    anyhow::ensure!(heard["seq"] == ack["seq"], "{heard} is not {ack}");
    let (cid, claim) = (new_cid(), &claimed["claim"]);
    console
        .send(&json!({"t": "send", "cid": cid, "conv": conv, "claim": claim, "text": "I am here."}))
        .await?;
    visitor.find("the answer", |frame| frame["t"] == "event" && frame["cid"] == cid).await?;
    let cid = new_cid();
    visitor.send(&json!({"t": "end", "cid": cid})).await?;
    visitor.answer(&cid).await?;
    console.find("the end", |frame| frame["t"] == "event" && frame["kind"] == "ended").await?;
    Ok(waited)
}

/// An operator's socket that has been greeted and takes visitors, and its `ready`.
pub async fn console(server: SocketAddr, token: &str) -> Result<(Client, Value)> {
    let mut console = Client::connect(server).await?;
    console.send(&operator_hello(token)).await?;
    let ready = console.next("ready").await?;
    console.send(&json!({"t": "state", "status": "accepting", "capacity": 3, "last_chat": false})).await?;
    Ok((console, ready))
}

/// Starts a conversation, and returns its `ack`.
pub async fn visitor_start(visitor: &mut Client, secret: &str, area: Option<&str>) -> Result<Value> {
    let cid = new_cid();
    visitor.send(&start(&cid, secret, area)).await?;
    let answer = visitor.answer(&cid).await?;
    anyhow::ensure!(answer["t"] == "ack", "the start was refused: {answer}");
    Ok(answer)
}

/// An anonymous visitor's first frame.
pub fn hello() -> Value {
    json!({"t": "hello", "role": "visitor", "inst": new_inst(), "lang": "en", "visible": true})
}

/// The first frame of a visitor who has a conversation.
pub fn resume(inst: &str, secret: &str, epoch: &str, after: u64) -> Value {
    json!({"t": "hello", "role": "visitor", "inst": inst, "lang": "en", "visible": true,
           "secret": secret, "epoch": epoch, "after": after})
}

/// An operator's first frame.
pub fn operator_hello(token: &str) -> Value {
    json!({"t": "hello", "role": "operator", "inst": new_inst(), "auth": token})
}

/// The frame that starts a conversation.
pub fn start(cid: &str, secret: &str, area: Option<&str>) -> Value {
    let mut start = json!({"t": "start", "cid": cid, "secret": secret, "lang": "en"});
    if let Some(area) = area {
        start["area"] = json!(area);
    }
    start
}

/// A command's name that nobody used.
pub fn new_cid() -> String {
    Cid::from_bytes(random()).as_str().to_owned()
}

/// A page that nobody opened.
pub fn new_inst() -> String {
    Instance::from_bytes(random()).as_str().to_owned()
}

/// A secret that nobody has.
pub fn new_secret() -> String {
    Secret::from_bytes(random()).as_str().to_owned()
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}
