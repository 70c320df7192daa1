//! Two people who say what no page would let them type, over sockets of their own: raw frames, and so many on each
//! socket as the limits allow at once.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tealight_tests::client::{Client, Received, new_cid, new_inst, operator_hello, resume};
use tokio_tungstenite::tungstenite::Message;

/// So many commands go over one socket before another is opened.
const AT_ONCE: usize = 15;

/// Somebody who speaks in one conversation.
pub(crate) struct Mouth {
    server: SocketAddr,
    hello: Value,
    /// What every `send` has besides its words.
    about: Value,
    socket: Option<(Client, usize)>,
}

impl Mouth {
    /// The visitor whose secret this is.
    pub(crate) fn of_visitor(server: SocketAddr, secret: &str, epoch: &str) -> Self {
        let hello = resume(&new_inst(), secret, epoch, 0);
        Self { server, hello, about: json!({}), socket: None }
    }

    /// The operator with this token, in a conversation that is theirs.
    pub(crate) fn of_operator(server: SocketAddr, token: &str, claimed: &Value) -> Self {
        let about = json!({"conv": claimed["conv"], "claim": claimed["claim"]});
        Self { server, hello: operator_hello(token), about, socket: None }
    }

    /// Says something, and returns its name if it was stored, or nothing if it was refused.
    pub(crate) async fn says(&mut self, text: &str) -> Result<Option<String>> {
        self.says_raw(&serde_json::to_string(text)?).await
    }

    /// The same with a JSON string as it is to stand in the frame.
    pub(crate) async fn says_raw(&mut self, text: &str) -> Result<Option<String>> {
        let cid = new_cid();
        let mut frame = self.about.clone();
        frame["t"] = json!("send");
        frame["cid"] = json!(cid);
        frame["text"] = json!("TEXT");
        let frame = frame.to_string().replace("\"TEXT\"", text);
        let socket = self.socket().await?;
        socket.send_message(Message::text(frame)).await?;
        loop {
            match socket.receive().await? {
                Received::Frame(frame) if frame["cid"] == cid && frame["t"] == "ack" => return Ok(Some(cid)),
                Received::Frame(frame) if frame["t"] == "error" => {
                    ensure!(frame["code"] != "rate_limited", "too much at once: {frame}");
                    return Ok(None);
                }
                Received::Frame(_) => {}
                Received::Closed(code) => {
                    ensure!(code == 4400, "closed with {code}");
                    self.socket = None;
                    return Ok(None);
                }
            }
        }
    }

    async fn socket(&mut self) -> Result<&mut Client> {
        if self.socket.as_ref().is_none_or(|(_, said)| *said == AT_ONCE) {
            self.socket = None;
            let mut client = Client::connect(self.server).await?;
            client.send(&self.hello).await?;
            client.next("ready").await?;
            self.socket = Some((client, 0));
        }
        let (client, said) = self.socket.as_mut().context("a socket was just opened")?;
        *said += 1;
        Ok(client)
    }
}
