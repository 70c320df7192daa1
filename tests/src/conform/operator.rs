//! An operator as a case needs one.

use serde_json::{Value, json};

use super::bench::Account;
use super::case::{Check, failed};
use super::ids;
use super::opening::Opening;
use super::socket::{SOON, Socket};
use super::trial::{Trial, text};
use super::visitor::Said;

/// An operator on a socket.
#[derive(Debug)]
pub(crate) struct Operator {
    /// The socket.
    pub(crate) socket: Socket,
    /// The `ready`.
    pub(crate) ready: Value,
    /// Who it is on the wire.
    pub(crate) id: String,
    /// The page.
    pub(crate) inst: String,
    /// The account.
    pub(crate) account: Account,
}

/// A conversation that an operator took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    /// The conversation.
    pub(crate) conv: String,
    /// The fencing number.
    pub(crate) claim: u64,
}

/// A question.
pub(crate) fn query(what: &str) -> Value {
    json!({"t": "query", "cid": ids::cid(), "what": what})
}

impl Operator {
    /// Logs in, unless that was done before, and says `hello`.
    pub(crate) async fn arrive(trial: &Trial, account: &Account, opening: &Opening) -> Check<Self> {
        Self::return_as(trial, account, opening, &ids::instance(), None).await
    }

    /// Comes back as a certain page, with what it had: the epoch, and the last event of each conversation.
    pub(crate) async fn return_as(
        trial: &Trial,
        account: &Account,
        opening: &Opening,
        inst: &str,
        had: Option<(&Value, Value)>,
    ) -> Check<Self> {
        let token = trial.bench.token(account, &opening.url).await?;
        let mut hello = json!({
            "t": "hello", "role": "operator", "inst": inst, "auth": token,
            "caps": ["typing", "marks", "offers", "survey", "links", "transfer", "notes", "watch", "roster"],
        });
        if let Some((epoch, after)) = had {
            hello["epoch"] = epoch.clone();
            hello["after"] = after;
        }
        let (socket, ready) = trial.greet_at(opening, &hello).await?;
        let id = text(&ready["who"]["id"]);
        Ok(Self { socket, ready, id, inst: inst.to_owned(), account: account.clone() })
    }

    /// Ends whatever the operator still holds, and takes visitors again, up to three.
    pub(crate) async fn clear(&mut self) -> Check {
        let left = self.ready["convs"].as_array().cloned().unwrap_or_default();
        for conversation in left.iter().filter(|conversation| conversation["state"] != "ended") {
            let end = json!({
                "t": "end", "cid": ids::cid(), "conv": conversation["id"], "claim": conversation["claim"],
            });
            self.socket.answer(&end).await?;
        }
        self.accept(3).await
    }

    /// Takes visitors, so many at once.
    pub(crate) async fn accept(&mut self, capacity: u8) -> Check {
        self.socket
            .command(&json!({"t": "state", "status": "accepting", "capacity": capacity, "last_chat": false}))
            .await;
        self.socket.settle().await
    }

    /// The command that takes a visitor: a certain one, or the next.
    pub(crate) fn claim(conv: Option<&str>) -> Value {
        let mut frame = json!({"t": "claim", "cid": ids::cid()});
        if let Some(conv) = conv {
            frame["conv"] = json!(conv);
        }
        frame
    }

    /// Takes a visitor, and waits until the conversation is there.
    pub(crate) async fn take(&mut self, conv: Option<&str>) -> Check<Taken> {
        let ack = self.socket.ack(&Self::claim(conv)).await?;
        let taken = taken(&ack)?;
        let expected = format!("assigned with the conversation {}", taken.conv);
        self.socket
            .take(&expected, SOON, |f| f["t"] == "assigned" && f["conversation"]["id"] == taken.conv)
            .await?;
        Ok(taken)
    }

    /// The command that says something.
    pub(crate) fn sends(taken: &Taken, words: &str) -> Value {
        json!({"t": "send", "cid": ids::cid(), "conv": taken.conv, "claim": taken.claim, "text": words})
    }

    /// Says something, and waits for the `ack`.
    pub(crate) async fn say(&mut self, taken: &Taken, words: &str) -> Check<Said> {
        let frame = Self::sends(taken, words);
        let ack = self.socket.ack(&frame).await?;
        let seq = ack["seq"].as_u64().ok_or_else(|| failed("ack of send with seq", ack.to_string()))?;
        Ok(Said { cid: text(&frame["cid"]), seq })
    }

    /// Ends a conversation.
    pub(crate) async fn end(&mut self, taken: &Taken) -> Check {
        let end = json!({"t": "end", "cid": ids::cid(), "conv": taken.conv, "claim": taken.claim});
        self.socket.ack(&end).await.map(drop)
    }

    /// Goes off duty.
    pub(crate) async fn go(mut self) -> Check {
        self.socket
            .command(&json!({"t": "state", "status": "paused", "capacity": 1, "last_chat": false}))
            .await;
        self.socket.settle().await?;
        self.socket.leave().await;
        Ok(())
    }

    /// A word in `ready.caps`.
    pub(crate) fn can(&self, capability: &str) -> bool {
        has(&self.ready["caps"], capability)
    }
}

/// What an `ack` of `claim` gave.
pub(crate) fn taken(ack: &Value) -> Check<Taken> {
    match (ack["conv"].as_str(), ack["claim"].as_u64()) {
        (Some(conv), Some(claim)) => Ok(Taken { conv: conv.to_owned(), claim }),
        (_, _) => Err(failed("ack of claim with conv and claim", ack.to_string())),
    }
}

/// Whether a list of words holds one.
pub(crate) fn has(list: &Value, word: &str) -> bool {
    list.as_array().is_some_and(|words| words.iter().any(|known| known == word))
}
