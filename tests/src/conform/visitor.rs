//! A visitor as a case needs one: raw frames, and the few steps that nearly every case takes.

use serde_json::{Value, json};

use super::case::{Check, failed};
use super::ids;
use super::socket::Socket;

/// What lets somebody come back.
#[derive(Clone, Debug)]
pub(crate) struct Who {
    /// Where the conversation is.
    pub(crate) url: String,
    /// The page.
    pub(crate) inst: String,
    /// What opens the conversation.
    pub(crate) secret: String,
    /// As `ready` said.
    pub(crate) epoch: String,
    /// The conversation.
    pub(crate) conv: String,
    /// The command that began it.
    pub(crate) start: Value,
}

/// Somebody in a conversation.
#[derive(Debug)]
pub(crate) struct Visitor {
    /// The socket.
    pub(crate) socket: Socket,
    /// Who it is.
    pub(crate) who: Who,
}

/// Something that was said.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    /// The name of the command.
    pub(crate) cid: String,
    /// Where it stands in the log.
    pub(crate) seq: u64,
}

/// The command that says something.
pub(crate) fn send(text: &str) -> Value {
    json!({"t": "send", "cid": ids::cid(), "text": text})
}

impl Visitor {
    /// Says something, and waits for `ack` and event.
    pub(crate) async fn say(&mut self, text: &str) -> Check<Said> {
        let frame = send(text);
        let ack = self.socket.ack(&frame).await?;
        let seq = ack["seq"].as_u64().ok_or_else(|| failed("ack of send with seq", ack.to_string()))?;
        self.socket.event("the event of the message", |event| event["seq"] == seq).await?;
        Ok(Said { cid: super::trial::text(&frame["cid"]), seq })
    }

    /// Ends the conversation, or leaves the waiting room.
    pub(crate) async fn end(&mut self) -> Check<u64> {
        let ack = self.socket.ack(&json!({"t": "end", "cid": ids::cid()})).await?;
        self.socket.event("the event ended", |event| event["kind"] == "ended").await?;
        Ok(ack["seq"].as_u64().unwrap_or_default())
    }

    /// The next `queue` frame that fits.
    pub(crate) async fn place(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Check<Value> {
        self.socket.take(what, super::socket::SOON, |f| f["t"] == "queue" && fits(f)).await
    }
}
