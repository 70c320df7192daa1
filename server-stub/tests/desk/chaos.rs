//! Everything at once, at random but from a seed: what must hold always holds.

use std::collections::BTreeMap;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};
use serde_json::{Value, json};
use tealight_server::desk::ConnId;
use tealight_server::testing::{TestDesk, operator_hello, resume, start};

const VISITORS: usize = 8;
const OPERATORS: usize = 3;

/// What operators write to each other. No visitor may ever read it.
const BESIDE: &str = "between-us";

#[test]
fn whatever_happens_logs_are_dense_and_nobody_is_lost() {
    let (mut joined, mut passed_on, mut answered, mut noted) = (0, 0, 0, 0);
    for seed in 0..40u8 {
        let mut world = World::new(seed);
        world.run(400);
        joined += world.joined;
        passed_on += world.passed_on;
        answered += world.answered;
        noted += world.noted;
    }
    let happened = [joined, passed_on, answered, noted];
    assert!(joined > 200 && happened.iter().all(|n| *n > 30), "too quiet to show anything: {happened:?}");
}

struct Visitor {
    number: u8,
    conn: Option<ConnId>,
    started: bool,
    last: u64,
    state: String,
    offer: String,
}

struct Volunteer {
    number: u8,
    token: String,
    conn: Option<ConnId>,
    held: BTreeMap<String, u64>,
    watched: Option<String>,
    /// The last note that was seen beside each conversation.
    notes: BTreeMap<String, u64>,
}

struct World {
    desk: TestDesk,
    rng: ChaCha20Rng,
    visitors: Vec<Visitor>,
    operators: Vec<Volunteer>,
    commands: u64,
    /// The greatest fencing number that was given for each conversation.
    claims: BTreeMap<String, u64>,
    joined: usize,
    passed_on: usize,
    answered: usize,
    noted: usize,
}

impl World {
    fn new(seed: u8) -> Self {
        let mut desk = TestDesk::new();
        let operators = (0..OPERATORS as u8)
            .map(|n| {
                let name = format!("operator-{n}");
                let token = if n == 0 {
                    desk.supervisor(&name, "Somebody")
                } else {
                    desk.operator(&name, "Somebody")
                };
                Volunteer {
                    number: 200 + n,
                    token,
                    conn: None,
                    held: BTreeMap::new(),
                    watched: None,
                    notes: BTreeMap::new(),
                }
            })
            .collect();
        let visitors = (0..VISITORS as u8)
            .map(|n| Visitor {
                number: n + 1,
                conn: None,
                started: false,
                last: 0,
                state: String::new(),
                offer: String::new(),
            })
            .collect();
        Self {
            desk,
            rng: ChaCha20Rng::from_seed([seed; 32]),
            visitors,
            operators,
            commands: 0,
            claims: BTreeMap::new(),
            joined: 0,
            passed_on: 0,
            answered: 0,
            noted: 0,
        }
    }

    fn run(&mut self, steps: usize) {
        for _ in 0..steps {
            if self.roll(5) < 3 {
                let n = self.roll(VISITORS);
                self.visitor_acts(n);
            } else {
                let n = self.roll(OPERATORS);
                self.operator_acts(n);
            }
            let ms = [0, 10, 500, 3_000, 20_000][self.roll(5)];
            self.desk.advance(ms);
            self.listen();
        }
        self.everybody_comes_back();
    }

    fn visitor_acts(&mut self, n: usize) {
        let cid = self.cid();
        let Visitor { number, conn, started, last, .. } = &self.visitors[n];
        let (number, started, last) = (*number, *started, *last);
        let Some(conn) = *conn else {
            let conn = self.desk.connect();
            self.visitors[n].conn = Some(conn);
            let epoch = self.desk.desk.epoch().to_owned();
            let mut frame = if started {
                resume(number, number, &epoch, last)
            } else {
                tealight_server::testing::hello(number)
            };
            frame["caps"] = json!(["offers"]);
            return self.desk.send(conn, &frame);
        };
        match self.roll(12) {
            10 | 11 if !self.visitors[n].offer.is_empty() => {
                let offer = self.visitors[n].offer.clone();
                let choice = ["taken", "declined"][self.roll(2)];
                let answer = json!({"t": "answer", "cid": cid, "ref": offer, "data": {"choice": choice}});
                self.desk.send(conn, &answer);
            }
            0 if !started => {
                self.desk.send(conn, &start(number));
                self.visitors[n].started = true;
            }
            1 => {
                self.desk.disconnect(conn);
                self.visitors[n].conn = None;
            }
            2 => self.desk.send(conn, &json!({"t": "presence", "visible": false})),
            3 => self.desk.send(conn, &json!({"t": "presence", "visible": true})),
            4 => self.desk.send(conn, &json!({"t": "typing", "on": true})),
            5 => self.desk.send(conn, &json!({"t": "mark", "delivered": last, "read": last})),
            6 if self.commands.is_multiple_of(7) => self.desk.send(conn, &json!({"t": "end", "cid": cid})),
            _ => self.desk.send(conn, &json!({"t": "send", "cid": cid, "text": "Hello"})),
        }
    }

    fn operator_acts(&mut self, n: usize) {
        let cid = self.cid();
        let Some(conn) = self.operators[n].conn else {
            let conn = self.desk.connect();
            self.operators[n].conn = Some(conn);
            let frame = operator_hello(&self.operators[n].token, self.operators[n].number);
            return self.desk.send(conn, &frame);
        };
        let mine = self.operators[n].held.iter().next().map(|(conv, claim)| (conv.clone(), *claim));
        match (self.roll(12), mine) {
            (8, Some((conv, claim))) => {
                let targets = [json!({}), json!({"operator": format!("op:{}", 1 + self.roll(OPERATORS))})];
                let to = &targets[self.roll(2)];
                let frame = json!({"t": "transfer", "cid": cid, "conv": conv, "claim": claim, "to": to,
                                   "reason": "Somebody else knows more.", "note": BESIDE});
                self.desk.send(conn, &frame);
            }
            (9, Some((conv, claim))) => {
                let note = json!({"t": "note", "cid": cid, "conv": conv, "claim": claim, "text": BESIDE});
                self.desk.send(conn, &note);
            }
            (10, Some((conv, claim))) => {
                let offer = json!({"t": "offer", "cid": cid, "conv": conv, "claim": claim, "offer": "phone"});
                self.desk.send(conn, &offer);
            }
            (11, _) if !self.claims.is_empty() => match self.operators[n].watched.clone() {
                Some(conv) => {
                    let whisper = json!({"t": "note", "cid": cid, "conv": conv, "text": BESIDE});
                    self.desk.send(conn, &whisper);
                }
                None => {
                    let any = self.roll(self.claims.len());
                    let conv = self.claims.keys().nth(any).unwrap().clone();
                    self.desk.send(conn, &json!({"t": "watch", "conv": conv, "on": true}));
                }
            },
            (0, _) => self.desk.send(conn, &json!({"t": "state", "status": "accepting", "capacity": 2})),
            (1, _) if self.commands.is_multiple_of(5) => {
                self.desk.disconnect(conn);
                self.operators[n].conn = None;
            }
            (2, Some((conv, claim))) if self.commands.is_multiple_of(3) => {
                self.desk.send(conn, &json!({"t": "end", "cid": cid, "conv": conv, "claim": claim}));
            }
            (3 | 4, Some((conv, claim))) => {
                let send = json!({"t": "send", "cid": cid, "conv": conv, "claim": claim, "text": "I'm here"});
                self.desk.send(conn, &send);
            }
            _ => self.desk.send(conn, &json!({"t": "claim", "cid": cid})),
        }
    }

    /// Takes what everybody was sent, and looks whether it may be so.
    fn listen(&mut self) {
        for n in 0..VISITORS {
            let Some(conn) = self.visitors[n].conn else { continue };
            for frame in self.desk.take(conn) {
                assert!(!frame.to_string().contains(BESIDE), "a visitor reads what is not for visitors");
                if frame["t"] == "ready" && frame["conv"].is_object() {
                    assert_eq!(frame["conv"]["reset"], false);
                    for event in frame["conv"]["events"].as_array().unwrap().clone() {
                        self.apply(n, &event);
                    }
                    assert_eq!(frame["conv"]["last"], self.visitors[n].last);
                } else if frame["t"] == "event" {
                    self.apply(n, &frame);
                }
            }
            if self.desk.closed(conn).is_some() {
                self.visitors[n].conn = None;
            }
        }
        for operator in &mut self.operators {
            let Some(conn) = operator.conn else { continue };
            for frame in self.desk.take(conn) {
                match frame["t"].as_str().unwrap() {
                    "ack" if frame["claim"].is_u64() => {
                        let claim = frame["claim"].as_u64().unwrap();
                        let before = self.claims.insert(frame["conv"].as_str().unwrap().to_owned(), claim);
                        assert!(before.is_none_or(|before| before < claim), "fencing numbers only grow");
                    }
                    "ack" if frame["n"].is_u64() => self.noted += 1,
                    "note" => {
                        let n = frame["n"].as_u64().unwrap();
                        let before = operator.notes.insert(frame["conv"].as_str().unwrap().to_owned(), n);
                        assert!(before.is_none_or(|before| before < n), "each note once and in order");
                    }
                    "watching" => operator.watched = frame["conversation"]["id"].as_str().map(str::to_owned),
                    "ready" => {
                        operator.held.clear();
                        operator.watched = None;
                        frame["convs"].as_array().unwrap().iter().for_each(|conv| operator.hold(conv));
                    }
                    "assigned" => operator.hold(&frame["conversation"]),
                    "released" => drop(operator.held.remove(frame["conv"].as_str().unwrap())),
                    "event" if frame["kind"] == "ended" => {
                        operator.held.remove(frame["conv"].as_str().unwrap());
                    }
                    _ => {}
                }
            }
            assert!(operator.held.len() <= 2, "more than the capacity");
            if self.desk.closed(conn).is_some() {
                operator.watched = None;
                operator.conn = None;
            }
        }
        let mut claimed: Vec<_> =
            self.operators.iter().filter(|o| o.conn.is_some()).flat_map(|o| o.held.keys()).collect();
        let count = claimed.len();
        claimed.sort();
        claimed.dedup();
        assert_eq!(claimed.len(), count, "two operators have the same conversation");
    }

    fn apply(&mut self, n: usize, event: &Value) {
        let visitor = &mut self.visitors[n];
        assert_eq!(event["seq"], visitor.last + 1, "a gap or a repetition");
        visitor.last += 1;
        let before = visitor.state.clone();
        let kind = event["kind"].as_str().unwrap();
        let after = match (before.as_str(), kind) {
            ("", "started") | ("active", "left" | "transferred") => "waiting",
            ("waiting", "joined") => "active",
            ("waiting" | "active", "ended") => "ended",
            ("ended", "survey") => "ended",
            ("waiting" | "active", "message" | "answered") | ("active", "offer") => before.as_str(),
            other => panic!("{other:?} cannot be"),
        };
        visitor.state = after.to_owned();
        if kind == "offer" {
            event["id"].as_str().unwrap().clone_into(&mut visitor.offer);
        }
        if kind == "answered" {
            assert_eq!(
                event["ref"],
                std::mem::take(&mut visitor.offer).as_str(),
                "an offer is answered once"
            );
        }
        self.joined += usize::from(kind == "joined");
        self.passed_on += usize::from(kind == "transferred");
        self.answered += usize::from(kind == "answered");
    }

    /// In the end everybody finds what the counts say, and nobody who waits is missing from the room.
    fn everybody_comes_back(&mut self) {
        for n in 0..VISITORS {
            if self.visitors[n].conn.is_none() && self.visitors[n].started {
                self.visitor_acts(n);
            }
        }
        self.listen();
        let count = |state: &str| self.visitors.iter().filter(|v| v.state == state).count();
        let counts = self.desk.desk.counts();
        assert_eq!(counts.waiting, count("waiting"));
        assert_eq!(counts.active, count("active"));
    }

    fn roll(&mut self, sides: usize) -> usize {
        self.rng.next_u32() as usize % sides
    }

    fn cid(&mut self) -> String {
        self.commands += 1;
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.commands.to_be_bytes());
        tealight_protocol::Cid::from_bytes(bytes).as_str().to_owned()
    }
}

impl Volunteer {
    fn hold(&mut self, conv: &Value) {
        if conv["state"] != "ended" {
            self.held.insert(conv["id"].as_str().unwrap().to_owned(), conv["claim"].as_u64().unwrap());
        }
    }
}
