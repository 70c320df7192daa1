//! An operator who takes everybody that waits, answers as fast as the limits allow, and comes back after each fall.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use serde_json::{Value, json};
use tealight_tests::client::{Client, Received, new_cid, new_inst};
use tokio::sync::watch;

use crate::ledger::{Ledger, Promise};
use crate::visitors::{Allowance, KNOCK, number_of, text, told};

/// How many conversations at once.
const CAPACITY: usize = 3;

/// After how many messages a visitor is passed on.
const PASSED_ON_AFTER: u64 = 9;

/// How many commands may be under way at once.
const WINDOW: usize = 6;

/// How often to look whether somebody waits.
const GLANCE: Duration = Duration::from_millis(60);

/// A conversation, as an operator has it.
#[derive(Debug, Default)]
struct Talk {
    claim: u64,
    last: u64,
    said: u64,
    active: bool,
}

/// One operator.
#[derive(Debug)]
pub(crate) struct Operator {
    server: SocketAddr,
    ledger: Ledger,
    id: String,
    inst: String,
    token: String,
    talks: BTreeMap<String, Talk>,
    /// How far the numbers of the messages in each conversation have come, those before this claim included.
    said: BTreeMap<String, u64>,
    outbox: VecDeque<(String, Value)>,
    waiting: bool,
}

impl Operator {
    pub(crate) fn new(server: SocketAddr, ledger: &Ledger, token: String) -> Self {
        Self {
            server,
            ledger: ledger.clone(),
            id: String::new(),
            inst: new_inst(),
            token,
            talks: BTreeMap::new(),
            said: BTreeMap::new(),
            outbox: VecDeque::new(),
            waiting: true,
        }
    }

    /// Works until told to stop, and until then every command has its answer.
    pub(crate) async fn live(mut self, mut stop: watch::Receiver<bool>) -> Result<()> {
        loop {
            if let Ok(client) = Client::connect(self.server).await {
                self.work(client, &mut stop).await?;
            }
            if *stop.borrow() && self.outbox.is_empty() {
                return Ok(());
            }
            tokio::time::sleep(KNOCK).await;
        }
    }

    async fn work(&mut self, mut client: Client, stop: &mut watch::Receiver<bool>) -> Result<()> {
        let hello = json!({"t": "hello", "role": "operator", "inst": self.inst, "auth": self.token});
        if client.send(&hello).await.is_err() {
            return Ok(());
        }
        let ready = loop {
            match client.receive().await? {
                Received::Frame(frame) if frame["t"] == "ready" => break frame,
                Received::Frame(_) => {}
                Received::Closed(1006 | 1012) => return Ok(()),
                Received::Closed(code) => bail!("an operator was sent away with {code}"),
            }
        };
        self.id = ready["who"]["id"].as_str().unwrap_or_default().to_owned();
        // Nothing was asked for after a position, so everything comes from the beginning again.
        self.talks.clear();
        for conversation in ready["convs"].as_array().into_iter().flatten() {
            self.assigned(conversation);
        }
        let mut allowance = Allowance::new();
        let state = json!({"t": "state", "status": "accepting", "capacity": CAPACITY, "last_chat": false});
        let unanswered = self.outbox.iter().map(|(_, frame)| frame.clone());
        for frame in std::iter::once(state).chain(unanswered).collect::<Vec<_>>() {
            allowance.take();
            if client.send(&frame).await.is_err() {
                return Ok(());
            }
        }
        self.waiting = true;
        loop {
            if *stop.borrow() && self.outbox.is_empty() {
                return Ok(());
            }
            while !*stop.borrow() && self.outbox.len() < WINDOW && allowance.is_there() {
                let Some(frame) = self.next_command() else { break };
                allowance.take();
                if client.send(&frame).await.is_err() {
                    return Ok(());
                }
            }
            let received = tokio::select! {
                received = client.receive() => received?,
                () = tokio::time::sleep(GLANCE) => {
                    self.waiting = true;
                    continue;
                }
                _ = stop.changed() => continue,
            };
            match received {
                Received::Frame(frame) => self.frame(&frame)?,
                Received::Closed(1006 | 1012) => return Ok(()),
                Received::Closed(code) => bail!("an operator was sent away with {code}"),
            }
        }
    }

    fn frame(&mut self, frame: &Value) -> Result<()> {
        let conv = frame["conv"].as_str().unwrap_or_default();
        match frame["t"].as_str().unwrap_or_default() {
            "assigned" => self.assigned(&frame["conversation"]),
            "released" => drop(self.talks.remove(conv)),
            "event" => {
                if let Some(talk) = self.talks.get_mut(conv) {
                    let seq = frame["seq"].as_u64().unwrap_or_default();
                    ensure!(seq <= talk.last + 1, "an operator missed something before {seq}");
                    talk.last = talk.last.max(seq);
                    talk.active |= frame["kind"] == "joined";
                }
                if frame["kind"] == "ended" {
                    self.talks.remove(conv);
                }
            }
            "ack" => self.acked(frame),
            "error" => self.refused(frame)?,
            _ => {}
        }
        Ok(())
    }

    fn assigned(&mut self, conversation: &Value) {
        let Some(id) = conversation["id"].as_str() else { return };
        let talk = Talk {
            claim: conversation["claim"].as_u64().unwrap_or_default(),
            last: conversation["last"].as_u64().unwrap_or_default(),
            said: self.said.get(id).copied().unwrap_or_default(),
            active: conversation["state"] == "active",
        };
        if conversation["state"] != "ended" {
            self.talks.insert(id.to_owned(), talk);
        }
    }

    fn acked(&mut self, ack: &Value) {
        let (cid, conv) = (ack["cid"].as_str().unwrap_or_default(), ack["conv"].as_str().unwrap_or_default());
        let Some(at) = self.outbox.iter().position(|(known, _)| known == cid) else { return };
        let number = number_of(&self.outbox[at].1);
        self.outbox.remove(at);
        let (conv, cid, ack) = (conv.to_owned(), cid.to_owned(), told(ack));
        self.ledger.promised(Promise { conv, sender: self.id.clone(), cid, ack, number });
    }

    /// Nobody waits, the visitor has gone, or another number holds by now: the command is void.
    fn refused(&mut self, error: &Value) -> Result<()> {
        let code = error["code"].as_str().unwrap_or_default();
        ensure!(["not_found", "conflict", "ended", "forbidden"].contains(&code), "refused with {error}");
        self.outbox.retain(|(cid, _)| error["cid"] != **cid);
        self.waiting &= code != "not_found";
        Ok(())
    }

    fn next_command(&mut self) -> Option<Value> {
        let cid = new_cid();
        let claiming = self.outbox.iter().any(|(_, frame)| frame["t"] == "claim");
        let frame = if self.talks.len() < CAPACITY && self.waiting && !claiming {
            json!({"t": "claim", "cid": cid})
        } else {
            let (conv, talk) =
                self.talks.iter_mut().filter(|(_, talk)| talk.active).min_by_key(|(_, talk)| talk.said)?;
            talk.said += 1;
            self.said.insert(conv.clone(), talk.said);
            if talk.said.is_multiple_of(PASSED_ON_AFTER) {
                // Back to the head of the waiting room. What is under way with the old number is void.
                let frame = json!({"t": "transfer", "cid": cid, "conv": conv, "claim": talk.claim, "to": {}});
                self.outbox.push_back((cid, frame.clone()));
                return Some(frame);
            }
            json!({"t": "send", "cid": cid, "conv": conv, "claim": talk.claim, "text": text(talk.said)})
        };
        self.outbox.push_back((cid, frame.clone()));
        Some(frame)
    }
}
