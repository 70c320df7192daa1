//! Handing out: nobody waits while somebody who could take them sits idle for longer than the helpline allows.

use std::collections::BTreeMap;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};
use serde_json::{Value, json};
use tealight_server::desk::{ConnId, HAND_OUT_ANSWER};
use tealight_server::testing::{CONFIG, TestDesk, cid, resume};

/// How long the helpline of these tests lets somebody wait beside a free operator.
const AFTER_MS: u64 = 10_000;

#[test]
fn by_default_operators_take_visitors_themselves() {
    let mut desk = TestDesk::new();
    let (visitor, _) = desk.waiting(1);
    let console = desk.accepting("ada", 1);
    stay(&mut desk, &[visitor, console], 120);
    assert!(desk.take_all(console, "assigned").is_empty());
}

#[test]
fn who_waits_beside_a_free_operator_is_handed_out_after_a_while() {
    let mut desk = handing_out();
    let console = desk.accepting("ada", 1);
    let (visitor, conv) = desk.waiting(1);
    desk.take(console);
    desk.advance(AFTER_MS - 1);
    assert!(desk.take_all(console, "assigned").is_empty(), "the operator may still choose");
    desk.advance(1);
    let assigned = desk.take_one(console, "assigned")["conversation"].clone();
    assert_eq!((&assigned["id"], &assigned["state"]), (&json!(conv), &json!("active")));
    assert_eq!(desk.take_one(visitor, "event")["kind"], "joined");
    let claim = assigned["claim"].as_u64().unwrap();
    let send = json!({"t": "send", "cid": cid(50), "conv": conv, "claim": claim, "text": "Hello"});
    desk.send(console, &send);
    desk.take_one(console, "ack");
}

#[test]
fn an_operator_has_the_same_time_after_each_conversation() {
    let mut desk = handing_out();
    let (_, console, first, claim) = desk.talking();
    let (_, second) = desk.waiting(2);
    desk.send(console, &json!({"t": "typing", "conv": first, "on": true}));
    desk.advance(60_000);
    desk.send(console, &json!({"t": "end", "cid": cid(60), "conv": first, "claim": claim}));
    desk.take(console);
    desk.advance(AFTER_MS - 1);
    assert!(desk.take_all(console, "assigned").is_empty());
    desk.advance(1);
    assert_eq!(desk.take_one(console, "assigned")["conversation"]["id"], second);
}

#[test]
fn who_is_paused_or_full_or_speaks_another_language_is_handed_nobody() {
    let mut desk = handing_out();
    let paused = desk.accepting("ada", 1);
    desk.send(paused, &json!({"t": "state", "status": "paused", "capacity": 1}));
    let last = desk.accepting("ben", 1);
    desk.send(last, &json!({"t": "state", "status": "accepting", "capacity": 1, "last_chat": true}));
    let token = desk.operator("eva", "Eva");
    desk.change("eva", |duties| duties.languages = vec!["de".to_owned()]);
    let german = desk.console(&token, 140);
    desk.send(german, &json!({"t": "state", "status": "accepting", "capacity": 1}));
    let (visitor, _) = desk.waiting(1);
    stay(&mut desk, &[paused, last, german, visitor], 60);
    for console in [paused, last, german] {
        assert!(desk.take_all(console, "assigned").is_empty());
    }
}

#[test]
fn whoever_has_been_free_for_longest_comes_first() {
    let mut desk = handing_out();
    let ada = desk.accepting("ada", 1);
    desk.advance(1_000);
    let ben = desk.accepting("ben", 1);
    desk.advance(1_000);
    let (_, first) = desk.waiting(1);
    let (_, second) = desk.waiting(2);
    desk.advance(AFTER_MS);
    assert_eq!(desk.take_one(ada, "assigned")["conversation"]["id"], first);
    assert_eq!(desk.take_one(ben, "assigned")["conversation"]["id"], second);
}

#[test]
fn a_page_out_of_sight_is_called_once_and_not_again_before_it_looked() {
    let mut desk = handing_out();
    let console = desk.accepting("ada", 1);
    let (visitor, conv) = desk.waiting(1);
    desk.send(visitor, &json!({"t": "presence", "visible": false}));
    desk.take(console);
    stay(&mut desk, &[visitor, console], 10);
    let assigned = desk.take_one(console, "assigned")["conversation"].clone();
    assert_eq!((&assigned["id"], &assigned["hold_s"]), (&json!(conv), &json!(90)));
    stay(&mut desk, &[visitor, console], 300);
    let sent = desk.take(console);
    assert_eq!(sent.iter().filter(|f| f["t"] == "released").count(), 1);
    assert!(sent.iter().all(|f| f["t"] != "assigned"), "nobody is called without end");
    desk.send(visitor, &json!({"t": "presence", "visible": true}));
    stay(&mut desk, &[visitor, console], 10);
    assert_eq!(desk.take_one(console, "assigned")["conversation"]["state"], "active");
}

#[test]
fn whoever_comes_back_is_handed_out_as_soon_as_anybody() {
    let mut desk = handing_out();
    let epoch = desk.desk.epoch().to_owned();
    let (visitor, conv) = desk.waiting(1);
    desk.disconnect(visitor);
    let console = desk.accepting("ada", 1);
    desk.take(console);
    stay(&mut desk, &[console], 60);
    assert!(desk.take_all(console, "assigned").is_empty(), "nobody is there to be met");
    let back = desk.connect();
    desk.send(back, &resume(1, 1, &epoch, 1));
    stay(&mut desk, &[console, back], 10);
    assert_eq!(desk.take_one(console, "assigned")["conversation"]["id"], conv);
}

#[test]
fn an_empty_chair_is_paused_and_the_visitor_stands_first_again() {
    let mut desk = handing_out();
    let chair = desk.accepting("ada", 1);
    let (visitor, conv) = desk.waiting(1);
    stay(&mut desk, &[chair, visitor], 10);
    let (other, _) = desk.waiting(2);
    desk.take(chair);
    stay(&mut desk, &[chair, visitor, other], HAND_OUT_ANSWER.as_secs() + 3);
    let sent = desk.take(visitor);
    let left = sent.iter().find(|f| f["kind"] == "left").unwrap();
    assert_eq!((&left["reason"], &left["state"]), (&json!("no_answer"), &json!("waiting")));
    assert_eq!(sent.iter().rfind(|f| f["t"] == "queue").unwrap()["place"], 1);
    let sent = desk.take(chair);
    let released = sent.iter().find(|f| f["t"] == "released").unwrap();
    assert_eq!((&released["conv"], &released["reason"]), (&json!(conv), &json!("lease")));
    let me = sent.iter().rev().find_map(|f| f["operators"].get(0).cloned()).unwrap();
    assert_eq!((&me["status"], &me["active"]), (&json!("paused"), &json!(0)));
    assert!(sent.iter().all(|f| f["t"] != "assigned"), "nobody else is handed to the empty chair");
    let present = desk.accepting("ben", 1);
    stay(&mut desk, &[chair, visitor, other, present], 10);
    assert_eq!(desk.take_one(present, "assigned")["conversation"]["id"], conv);
}

#[test]
fn typing_or_a_message_shows_that_somebody_sits_there() {
    for sign in ["typing", "send"] {
        let mut desk = handing_out();
        let console = desk.accepting("ada", 1);
        let (visitor, conv) = desk.waiting(1);
        stay(&mut desk, &[console, visitor], 10);
        let claim = desk.take_one(console, "assigned")["conversation"]["claim"].clone();
        stay(&mut desk, &[console, visitor], HAND_OUT_ANSWER.as_secs() - 1);
        let frame = match sign {
            "typing" => json!({"t": "typing", "conv": conv, "on": true}),
            _ => json!({"t": "send", "cid": cid(70), "conv": conv, "claim": claim, "text": "Hello"}),
        };
        desk.send(console, &frame);
        stay(&mut desk, &[console, visitor], 300);
        assert!(desk.take_all(console, "released").is_empty(), "{sign}");
    }
}

#[test]
fn whoever_took_a_visitor_by_hand_is_not_hurried() {
    let mut desk = handing_out();
    let (visitor, console, _, _) = desk.talking();
    stay(&mut desk, &[visitor, console], 600);
    assert!(desk.take_all(console, "released").is_empty());
}

/// Random hours: nobody who can be met waits for longer than allowed while one and the same operator is free.
#[test]
fn nobody_waits_beside_an_idle_operator_for_longer_than_allowed() {
    let mut met = 0;
    for seed in 0..20u8 {
        let mut hour = Hour::new(seed);
        for _ in 0..200 {
            hour.somebody_acts();
            for _ in 0..hour.roll(6) {
                hour.a_second_passes();
            }
        }
        met += hour.met;
    }
    assert!(met > 200, "too quiet to show anything: {met}");
}

/// An hour of a small helpline, as visitors and operators hear of it.
struct Hour {
    desk: TestDesk,
    rng: ChaCha20Rng,
    seconds: u64,
    command: u8,
    met: usize,
    operators: Vec<Volunteer>,
    visitors: Vec<Visitor>,
    /// Since which second an operator was free and a visitor could be met.
    beside: BTreeMap<(usize, usize), u64>,
}

struct Volunteer {
    conn: ConnId,
    accepting: bool,
    has: Vec<Value>,
}

struct Visitor {
    conn: ConnId,
    can_be_met: bool,
}

impl Hour {
    fn new(seed: u8) -> Self {
        let mut desk = handing_out();
        let operators = ["ada", "ben", "eva"].map(|name| Volunteer {
            conn: desk.accepting(name, 2),
            accepting: true,
            has: Vec::new(),
        });
        Self {
            desk,
            rng: ChaCha20Rng::from_seed([seed; 32]),
            seconds: 0,
            command: 0,
            met: 0,
            operators: operators.into(),
            visitors: Vec::new(),
            beside: BTreeMap::new(),
        }
    }

    fn roll(&mut self, sides: usize) -> usize {
        self.rng.next_u32() as usize % sides
    }

    fn somebody_acts(&mut self) {
        let (operator, among) = (self.roll(3), self.visitors.len().max(1));
        let visitor = self.roll(among);
        match self.roll(8) {
            0..=2 if self.visitors.len() < 60 => {
                let conn = self.desk.waiting(self.visitors.len() as u8 + 1).0;
                self.visitors.push(Visitor { conn, can_be_met: true });
            }
            3 if !self.visitors.is_empty() => {
                let visible = self.roll(3) > 0;
                let conn = self.visitors[visitor].conn;
                self.desk.send(conn, &json!({"t": "presence", "visible": visible}));
            }
            4 => {
                let accepting = self.roll(4) > 0;
                self.operators[operator].accepting = accepting;
                let status = if accepting { "accepting" } else { "paused" };
                let conn = self.operators[operator].conn;
                self.desk.send(conn, &json!({"t": "state", "status": status, "capacity": 2}));
            }
            5 | 6 => {
                let Volunteer { conn, has, .. } = &self.operators[operator];
                let Some(conv) = has.iter().find(|conv| conv["state"] == "active") else { return };
                self.command = self.command.wrapping_add(1);
                let (id, claim) = (&conv["id"], &conv["claim"]);
                let end = json!({"t": "end", "cid": cid(self.command), "conv": id, "claim": claim});
                self.desk.send(*conn, &end);
            }
            _ => {}
        }
    }

    fn a_second_passes(&mut self) {
        self.seconds += 1;
        if self.seconds.is_multiple_of(20) {
            let visitors = self.visitors.iter().map(|visitor| visitor.conn);
            let everybody: Vec<_> = self.operators.iter().map(|o| o.conn).chain(visitors).collect();
            for conn in everybody {
                self.desk.send(conn, &json!({"t": "pong"}));
            }
        }
        self.desk.advance(1_000);
        self.listen();
        for (o, operator) in self.operators.iter().enumerate() {
            let free = operator.accepting && operator.has.len() < 2;
            for (v, visitor) in self.visitors.iter().enumerate() {
                if !(free && visitor.can_be_met) {
                    self.beside.remove(&(o, v));
                    continue;
                }
                let since = *self.beside.entry((o, v)).or_insert(self.seconds);
                // A second in which both heard of it, and the two that a visitor may hear of a place late.
                assert!(self.seconds - since <= AFTER_MS / 1_000 + 3, "{o} and {v} at {:?}", self.desk.now);
            }
        }
    }

    fn listen(&mut self) {
        for operator in &mut self.operators {
            for frame in self.desk.take(operator.conn) {
                let conv = &frame["conversation"];
                match frame["t"].as_str().unwrap() {
                    "assigned" => {
                        let typing = json!({"t": "typing", "conv": conv["id"], "on": true});
                        self.desk.send(operator.conn, &typing);
                        self.met += usize::from(conv["state"] == "active");
                        operator.has.retain(|other| other["id"] != conv["id"]);
                        operator.has.push(conv.clone());
                    }
                    "released" => operator.has.retain(|conv| conv["id"] != frame["conv"]),
                    "event" if frame["kind"] == "ended" => {
                        operator.has.retain(|conv| conv["id"] != frame["conv"]);
                    }
                    _ => {}
                }
            }
        }
        for visitor in &mut self.visitors {
            for frame in self.desk.take(visitor.conn) {
                match (frame["t"].as_str().unwrap(), frame["kind"].as_str()) {
                    ("queue", _) => visitor.can_be_met = frame["state"] == "waiting",
                    ("event", Some("joined" | "ended")) => visitor.can_be_met = false,
                    _ => {}
                }
            }
        }
    }
}

fn handing_out() -> TestDesk {
    let config = CONFIG.replace("[wait]", "[wait]\nhand_out_seconds = 10");
    TestDesk::with_config(&config)
}

/// Everybody answers pings, and seconds pass.
fn stay(desk: &mut TestDesk, conns: &[ConnId], seconds: u64) {
    for second in 0..seconds {
        if second % 10 == 0 {
            for conn in conns {
                desk.send(*conn, &json!({"t": "pong"}));
            }
        }
        desk.advance(1_000);
    }
}
