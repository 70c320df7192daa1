//! A whole server on a free port, and clients that speak to it over real sockets.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, reason = "shared by several test programs")]

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use serde_json::{Value, json};
use tealight_server::config::Config;
use tealight_server::http::Assets;
use tealight_server::store::{SqliteStore, Store};
use tealight_server::testing::CONFIG;
use tealight_server::{Dependencies, Running, Server, SystemClock, operators};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) const PASSWORD: &str = "a long password";

pub(crate) struct TestServer {
    pub(crate) running: Running,
}

impl TestServer {
    /// A server with an operator called ada.
    pub(crate) async fn start() -> Self {
        Self::with_config(&local(CONFIG)).await
    }

    pub(crate) async fn with_config(toml: &str) -> Self {
        Self::over(SqliteStore::in_memory().unwrap(), toml).await
    }

    pub(crate) async fn over(mut store: SqliteStore, toml: &str) -> Self {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let known = store
            .read(|tx| tx.operator_by_name("ada"))
            .map_err(|e: tealight_server::store::StoreError| e.to_string());
        if known.unwrap().is_none() {
            operators::add(&mut store, &mut rng, "ada", "Ada", PASSWORD, &[]).unwrap();
        }
        Self::serve(toml, Self::dependencies(store)).await
    }

    pub(crate) async fn with_assets(assets: Assets) -> Self {
        let dependencies = Self::dependencies(SqliteStore::in_memory().unwrap());
        Self::serve(&local(CONFIG), Dependencies { assets, ..dependencies }).await
    }

    /// This machine's clock, chance that repeats, and built files that are none.
    pub(crate) fn dependencies(store: SqliteStore) -> Dependencies<SqliteStore> {
        let assets = Assets::of(&[
            ("tealight.js", "// loader"),
            ("element.js", "// element"),
            ("frame.js", "// frame"),
            ("frame.css", "/* frame */"),
            ("widget.js", "// glue"),
            ("widget.wasm", "\0asm"),
            ("tealight.css", "/* widget */"),
            ("en.json", "{}"),
        ]);
        Dependencies { store, clock: Arc::new(SystemClock), seed: [3; 32], assets }
    }

    async fn serve(toml: &str, dependencies: Dependencies<SqliteStore>) -> Self {
        let config = Config::parse(toml, "test.toml").unwrap();
        Self { running: Server::start(config, dependencies).await.unwrap() }
    }

    pub(crate) async fn stop(self) {
        self.running.stop().await;
    }

    pub(crate) async fn log_in(&self, name: &str) -> String {
        let (status, body) = self.post_login(name, PASSWORD).await;
        assert_eq!(status, 200, "{body}");
        body["token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn post_login(&self, name: &str, password: &str) -> (u16, Value) {
        let body = json!({"name": name, "password": password}).to_string();
        let head = format!(
            "POST /v1/operator/login HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        let response = exchange(self.running.addr, &head).await;
        (response.status, serde_json::from_slice(&response.body).unwrap_or(Value::Null))
    }

    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        get(self.running.addr, path, headers).await
    }
}

/// The configuration with free ports.
pub(crate) fn local(toml: &str) -> String {
    toml.replace(
        "[server]",
        "[server]\nlisten = \"127.0.0.1:0\"\nallowed_origins = [\"https://www.example.org\"]",
    )
}

pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

pub(crate) async fn get(addr: std::net::SocketAddr, path: &str, headers: &[(&str, &str)]) -> Response {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    exchange(addr, &format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n")).await
}

pub(crate) async fn exchange(addr: std::net::SocketAddr, request: &str) -> Response {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.unwrap().unwrap();
    let split = bytes.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(bytes[..split].to_vec()).unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    Response { status, headers, body: bytes[split + 4..].to_vec() }
}

/// The head of an answer after which the connection stays, in small letters but for the first line.
pub(crate) async fn head_of(addr: std::net::SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let read = async {
        while !bytes.ends_with(b"\r\n\r\n") {
            bytes.push(stream.read_u8().await.unwrap());
        }
    };
    tokio::time::timeout(PATIENCE, read).await.unwrap();
    let head = String::from_utf8(bytes).unwrap();
    let (first, rest) = head.split_once("\r\n").unwrap();
    format!("{first}\r\n{}", rest.to_ascii_lowercase())
}

pub(crate) struct Client {
    pub(crate) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Client {
    pub(crate) async fn connect(server: &TestServer) -> Self {
        Self::try_connect(server, "tealight.v1, tealight", None).await.unwrap()
    }

    /// A client behind a proxy that names its address.
    pub(crate) async fn connect_from(server: &TestServer, address: &str) -> Self {
        Self::connect_with(server, "tealight.v1, tealight", &[("x-real-ip", address)]).await.unwrap()
    }

    pub(crate) async fn try_connect(
        server: &TestServer,
        protocols: &str,
        origin: Option<&str>,
    ) -> Result<Self, Box<Error>> {
        let headers: Vec<_> = origin.map(|origin| ("origin", origin)).into_iter().collect();
        Self::connect_with(server, protocols, &headers).await
    }

    async fn connect_with(
        server: &TestServer,
        protocols: &str,
        more: &[(&'static str, &str)],
    ) -> Result<Self, Box<Error>> {
        let mut request = format!("ws://{}/v1/ws", server.running.addr).into_client_request().unwrap();
        let headers = request.headers_mut();
        if !protocols.is_empty() {
            headers.insert("sec-websocket-protocol", protocols.parse().unwrap());
        }
        for (name, value) in more {
            headers.insert(*name, value.parse().unwrap());
        }
        let (socket, _) = tokio_tungstenite::connect_async(request).await.map_err(Box::new)?;
        Ok(Self { socket })
    }

    pub(crate) async fn send(&mut self, frame: &Value) {
        self.socket.send(Message::text(frame.to_string())).await.unwrap();
    }

    /// The next frame of a type; what comes before it is dropped.
    pub(crate) async fn next(&mut self, t: &str) -> Value {
        self.find(|frame| frame["t"] == t, t).await
    }

    /// The next event of a kind.
    pub(crate) async fn next_event(&mut self, kind: &str) -> Value {
        self.find(|frame| frame["t"] == "event" && frame["kind"] == kind, kind).await
    }

    async fn find(&mut self, wanted: impl Fn(&Value) -> bool, name: &str) -> Value {
        let search = async {
            loop {
                match self.socket.next().await {
                    Some(Ok(Message::Text(text))) => {
                        let frame: Value = serde_json::from_str(&text).unwrap();
                        if wanted(&frame) {
                            return frame;
                        }
                    }
                    Some(Ok(Message::Close(frame))) => {
                        panic!("closed with {frame:?} while waiting for {name}")
                    }
                    Some(Ok(_)) => {}
                    end => panic!("{end:?} while waiting for {name}"),
                }
            }
        };
        tokio::time::timeout(PATIENCE, search).await.unwrap_or_else(|_| panic!("no {name} in time"))
    }

    /// The code the server closes the socket with; what comes before is dropped.
    pub(crate) async fn close_code(&mut self) -> u16 {
        let search = async {
            loop {
                match self.socket.next().await {
                    Some(Ok(Message::Close(Some(frame)))) => return u16::from(frame.code),
                    Some(Ok(_)) => {}
                    end => panic!("{end:?} while waiting for the close"),
                }
            }
        };
        tokio::time::timeout(PATIENCE, search).await.expect("a close in time")
    }
}
