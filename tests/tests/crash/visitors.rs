//! A visitor who writes as fast as the limits allow, comes back whenever the socket dies, and believes nothing.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use tealight_tests::client::{Client, Received, new_cid, new_inst, new_secret, start};
use tokio::sync::watch;

use crate::ledger::{Ledger, Promise};

/// Commands that one socket takes at once, less one for whatever the protocol needs.
const BURST: usize = 18;

/// Commands that may be under way at once.
const WINDOW: usize = 8;

/// How long the steady rate makes one wait for the next command, with a little slack.
const STEADY: Duration = Duration::from_millis(520);

/// How long to wait before knocking again at a server that is not there.
pub(crate) const KNOCK: Duration = Duration::from_millis(10);

/// How many commands this socket may still send.
#[derive(Debug)]
pub(crate) struct Allowance {
    left: usize,
    next: Instant,
}

impl Allowance {
    pub(crate) fn new() -> Self {
        Self { left: BURST, next: Instant::now() + STEADY }
    }

    pub(crate) fn is_there(&mut self) -> bool {
        if self.left == 0 && Instant::now() >= self.next {
            self.left = 1;
            self.next = Instant::now() + STEADY;
        }
        self.left > 0
    }

    /// Takes one, without which the server would refuse.
    pub(crate) fn take(&mut self) {
        self.left = self.left.saturating_sub(1);
    }
}

/// One visitor, and one conversation after the other.
#[derive(Debug)]
pub(crate) struct Visitor {
    server: SocketAddr,
    ledger: Ledger,
    dice: StdRng,
    area: &'static str,
    inst: String,
    secret: String,
    conv: Option<String>,
    epoch: String,
    last: u64,
    said: u64,
    /// How many messages this conversation will have.
    length: u64,
    ended: bool,
    /// Commands without an answer, oldest first.
    outbox: VecDeque<(String, Value)>,
    /// Names of what was shown, in order.
    shown: Vec<String>,
    pub(crate) places: Vec<u64>,
}

impl Visitor {
    pub(crate) fn new(server: SocketAddr, ledger: &Ledger, area: &'static str, seed: u64) -> Self {
        let mut visitor = Self {
            server,
            ledger: ledger.clone(),
            dice: StdRng::seed_from_u64(seed),
            area,
            inst: new_inst(),
            secret: String::new(),
            conv: None,
            epoch: String::new(),
            last: 0,
            said: 0,
            length: 0,
            ended: false,
            outbox: VecDeque::new(),
            shown: Vec::new(),
            places: Vec::new(),
        };
        visitor.begin();
        visitor
    }

    /// A new conversation, under a new secret.
    fn begin(&mut self) {
        self.secret = new_secret();
        self.conv = None;
        (self.last, self.said, self.ended) = (0, 0, false);
        // Who only waits says nothing: the place is all there is to keep.
        self.length = if self.area == "late" { 0 } else { self.dice.random_range(10..60) };
        self.shown.clear();
        let cid = new_cid();
        self.outbox = VecDeque::from([(cid.clone(), start(&cid, &self.secret, Some(self.area)))]);
    }

    /// Lives until told to stop, and until then every command has its answer.
    pub(crate) async fn live(mut self, mut stop: watch::Receiver<bool>) -> Result<Self> {
        loop {
            if let Ok(client) = Client::connect(self.server).await {
                self.converse(client, &mut stop).await?;
            }
            if *stop.borrow() && self.outbox.is_empty() {
                return Ok(self);
            }
            tokio::time::sleep(KNOCK).await;
        }
    }

    /// One socket, until it dies or everything is said.
    async fn converse(&mut self, mut client: Client, stop: &mut watch::Receiver<bool>) -> Result<()> {
        let visible = self.dice.random_bool(0.7);
        let mut hello =
            json!({"t": "hello", "role": "visitor", "inst": self.inst, "lang": "en", "visible": visible});
        if self.conv.is_some() {
            hello["secret"] = json!(self.secret);
            hello["epoch"] = json!(self.epoch);
            hello["after"] = json!(self.last);
        }
        let mut allowance = Allowance::new();
        if client.send(&hello).await.is_err() {
            return Ok(());
        }
        let ready = loop {
            match client.receive().await? {
                Received::Frame(frame) if frame["t"] == "ready" => break frame,
                Received::Frame(_) => {}
                Received::Closed(1006 | 1012) => return Ok(()),
                Received::Closed(code) => bail!("a visitor was sent away with {code}"),
            }
        };
        self.epoch = ready["epoch"].as_str().unwrap_or_default().to_owned();
        let more = self.resumed(&ready)?;
        // Everything without an answer is sent again, and now and then something that has one.
        let mut again: Vec<Value> = self.outbox.iter().map(|(_, frame)| frame.clone()).collect();
        if let Some(conv) = &self.conv
            && let Some(old) = self.ledger.any_ack(conv, "visitor", self.dice.random_range(0..1_000))
            && let Some(number) = old.number
        {
            again.push(json!({"t": "send", "cid": old.cid, "text": text(number)}));
        }
        if more {
            again.insert(0, json!({"t": "sync", "after": self.last}));
        }
        for frame in again {
            allowance.take();
            if client.send(&frame).await.is_err() {
                return Ok(());
            }
        }
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
                () = tokio::time::sleep(STEADY) => continue,
                _ = stop.changed() => continue,
            };
            match received {
                Received::Frame(frame) => {
                    if let Some(answer) = self.frame(&frame)?
                        && client.send(&answer).await.is_err()
                    {
                        return Ok(());
                    }
                }
                Received::Closed(1006 | 1012) => return Ok(()),
                Received::Closed(code) => bail!("a visitor was sent away with {code}"),
            }
            if self.ended && self.outbox.is_empty() && !*stop.borrow() {
                // The next conversation starts on a socket of its own.
                self.begin();
                return Ok(());
            }
        }
    }

    /// What `ready` says about the conversation. Whether there is more of it than it holds.
    fn resumed(&mut self, ready: &Value) -> Result<bool> {
        if self.conv.is_none() {
            return Ok(false);
        }
        let conv = &ready["conv"];
        ensure!(conv["id"] == json!(self.conv), "another conversation was resumed");
        ensure!(conv["reset"] != true, "the server lost events that were shown");
        for event in conv["events"].as_array().into_iter().flatten() {
            self.event(event)?;
        }
        if let Some(place) = conv["queue"]["place"].as_u64() {
            self.places.push(place);
        }
        Ok(conv["more"] == true)
    }

    fn frame(&mut self, frame: &Value) -> Result<Option<Value>> {
        match frame["t"].as_str().unwrap_or_default() {
            "ack" => self.acked(frame)?,
            "event" => self.event(frame)?,
            "history" => {
                for event in frame["events"].as_array().into_iter().flatten() {
                    self.event(event)?;
                }
                if frame["more"] == true {
                    return Ok(Some(json!({"t": "sync", "after": self.last})));
                }
            }
            "queue" if frame["state"] == "ready" => {
                return Ok(Some(json!({"t": "presence", "visible": true})));
            }
            "ping" => return Ok(Some(json!({"t": "pong"}))),
            "error" => bail!("a visitor was refused: {frame}"),
            _ => {}
        }
        Ok(None)
    }

    fn acked(&mut self, ack: &Value) -> Result<()> {
        let cid = ack["cid"].as_str().unwrap_or_default();
        if let Some(conv) = ack["conv"].as_str() {
            ensure!(self.conv.as_deref().is_none_or(|known| known == conv), "one secret, two conversations");
            self.conv = Some(conv.to_owned());
        }
        let Some(conv) = self.conv.clone() else { bail!("an ack without a conversation") };
        let at = self.outbox.iter().position(|(known, _)| known == cid);
        let number = at.and_then(|at| number_of(&self.outbox[at].1));
        if let Some(at) = at {
            let (_, frame) = self.outbox.remove(at).into_iter().next().unwrap_or_default();
            self.ended |= frame["t"] == "end";
        }
        let (sender, cid, ack) = ("visitor".to_owned(), cid.to_owned(), told(ack));
        self.ledger.promised(Promise { conv, sender, cid, ack, number });
        Ok(())
    }

    fn event(&mut self, event: &Value) -> Result<()> {
        let seq = event["seq"].as_u64().unwrap_or_default();
        if seq <= self.last {
            return Ok(());
        }
        ensure!(seq == self.last + 1, "a gap from {} to {seq}", self.last);
        self.last = seq;
        if let Some(cid) = event["cid"].as_str() {
            ensure!(!self.shown.iter().any(|shown| shown == cid), "a message was shown twice");
            self.shown.push(cid.to_owned());
        }
        Ok(())
    }

    fn next_command(&mut self) -> Option<Value> {
        let (cid, conv) = (new_cid(), self.conv.is_some());
        let frame = if conv && self.said < self.length {
            self.said += 1;
            json!({"t": "send", "cid": cid, "text": text(self.said)})
        } else if conv && self.length > 0 && self.said == self.length && !self.ended {
            self.said += 1;
            json!({"t": "end", "cid": cid})
        } else {
            return None;
        };
        self.outbox.push_back((cid, frame.clone()));
        Some(frame)
    }
}

/// Every message says how many came before it; some are long.
pub(crate) fn text(number: u64) -> String {
    let length = if number.is_multiple_of(7) { 3_000 } else { number % 40 };
    format!("{number} {}", "ü".repeat(usize::try_from(length).unwrap_or_default()))
}

/// The number in a message that is to be sent.
pub(crate) fn number_of(frame: &Value) -> Option<u64> {
    frame["text"].as_str()?.split(' ').next()?.parse().ok()
}

/// The part of an acknowledgement that must be the same each time it is given.
pub(crate) fn told(ack: &Value) -> Value {
    json!({"conv": ack["conv"], "seq": ack["seq"], "claim": ack["claim"]})
}
