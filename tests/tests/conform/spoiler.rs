//! A go-between that turns our own server into one with a fault.

use std::collections::HashMap;

use anyhow::{Context as _, Result};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{accept_hdr_async, client_async};

/// What is wrong with a backend.
#[derive(Clone, Copy)]
pub(crate) struct Fault {
    /// In words.
    pub(crate) what: &'static str,
    /// The case that must find it.
    pub(crate) case: u8,
    /// What becomes of a frame to a client.
    pub(crate) down: fn(&mut Memory, Value) -> Vec<Value>,
    /// What becomes of a frame from a client.
    pub(crate) up: fn(&mut Memory, Value) -> Value,
    /// What becomes of a close code.
    pub(crate) close: fn(u16) -> u16,
}

/// What the go-between remembers of one socket.
#[derive(Default)]
pub(crate) struct Memory {
    /// The frames from the client that have a `cid`, by that.
    pub(crate) commands: HashMap<String, Value>,
    /// How many frames went to the client.
    pub(crate) frames: u64,
    /// The names of commands that were given other names.
    pub(crate) renamed: HashMap<String, String>,
}

/// A backend in perfect order.
pub(crate) const SOUND: Fault = Fault {
    what: "nothing",
    case: 0,
    down: |_, frame| vec![frame],
    up: |_, frame| frame,
    close: |code| code,
};

/// Puts a fault in front of a server. Returns the address of the faulty socket.
pub(crate) async fn spoil(server: &str, fault: Fault) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("ws://{}/v1/ws", listener.local_addr()?);
    let server = server.to_owned();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = server.clone();
            // A broken connection is what some cases are about.
            tokio::spawn(async move { drop(carry(client, &server, fault).await) });
        }
    });
    Ok(url)
}

async fn carry(mut client: TcpStream, server: &str, fault: Fault) -> Result<()> {
    let address =
        server.strip_prefix("ws://").and_then(|rest| rest.split('/').next()).context("an address")?;
    let mut upstream = TcpStream::connect(address).await?;
    client.set_nodelay(true)?;
    upstream.set_nodelay(true)?;
    let mut start = [0; 10];
    while client.peek(&mut start).await? < start.len() {
        client.readable().await?;
    }
    if &start != b"GET /v1/ws" {
        copy_bidirectional(&mut client, &mut upstream).await?;
        return Ok(());
    }
    let mut request = server.into_client_request()?;
    request.headers_mut().insert("Sec-WebSocket-Protocol", "tealight.v1".parse()?);
    let (server, _) = client_async(request, upstream).await?;
    let client = accept_hdr_async(client, choose).await?;
    let (mut to_client, mut from_client) = client.split();
    let (mut to_server, mut from_server) = server.split();
    let mut memory = Memory::default();
    loop {
        tokio::select! {
            message = from_client.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    let text = match serde_json::from_str(&text) {
                        Ok(frame) => {
                            let frame: Value = (fault.up)(&mut memory, frame);
                            if let Some(cid) = frame["cid"].as_str() {
                                memory.commands.insert(cid.to_owned(), frame.clone());
                            }
                            frame.to_string()
                        }
                        Err(_) => text.to_string(),
                    };
                    to_server.send(Message::text(text)).await?;
                }
                Some(Ok(message)) => to_server.send(message).await?,
                Some(Err(_)) | None => return Ok(()),
            },
            message = from_server.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    memory.frames += 1;
                    for frame in (fault.down)(&mut memory, serde_json::from_str(&text)?) {
                        to_client.send(Message::text(frame.to_string())).await?;
                    }
                }
                Some(Ok(Message::Close(Some(frame)))) => {
                    let code = (fault.close)(frame.code.into());
                    let close = CloseFrame { code: code.into(), reason: frame.reason };
                    to_client.send(Message::Close(Some(close))).await?;
                    while let Some(Ok(_)) = from_client.next().await {}
                    return Ok(());
                }
                Some(Ok(message)) => to_client.send(message).await?,
                Some(Err(_)) | None => return Ok(()),
            },
        }
    }
}

#[allow(clippy::result_large_err, reason = "the type is that of the library's callback")]
fn choose(_: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    response.headers_mut().insert("Sec-WebSocket-Protocol", "tealight.v1".parse().unwrap());
    Ok(response)
}

impl Memory {
    /// The command that a frame answers.
    pub(crate) fn command(&self, frame: &Value) -> Value {
        frame["cid"].as_str().and_then(|cid| self.commands.get(cid)).cloned().unwrap_or(json!({}))
    }
}
