//! An operator's session under any inputs in any order: the same promises as a visitor's, for several
//! conversations at once.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tealight_protocol::{Availability, Cid, ConversationId, OperatorFrame, ShiftId, decode};
use tealight_session::operator::{Change, Command, Config, EntryKind, Input, Session};
use tealight_session::{ConnectionId, Delivery, Effect, Fact};

use crate::dice::Dice;
use crate::script::{self, Step};
use crate::seeds::{self, Line};
use crate::told;
use crate::visitor::{CODES, FACTS};

/// More effects than any one input asks for, with every conversation having something to tell.
const MOST_EFFECTS: usize = 64;

/// How often a session may want its timer at once before it counts as spinning.
const MOST_TICKS_AT_ONCE: u32 = 4;

pub(crate) fn run(bytes: &[u8]) {
    let mut run = Run::new();
    for step in script::read(bytes) {
        run.step(&step);
        run.drain();
        run.check();
    }
    for _ in 0..20 {
        run.wait();
    }
}

/// The recorded sessions, from the operator's chair.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let recorded = seeds::sessions().into_iter().map(|lines| script::write(&script_of(&lines)));
    let frames = seeds::frames("server-to-operator").into_iter().map(|frame| {
        let steps =
            [Step::new(0, 0, 0), Step::new(2, 0, 0), Step::new(9, 255, 0), Step::with(8, 0, 0, &frame)];
        script::write(&steps)
    });
    recorded.chain(frames).collect()
}

fn script_of(lines: &[Line]) -> Vec<Step> {
    let mut steps = vec![Step::new(0, 0, 0), Step::new(2, 0, 0)];
    for line in lines.iter().filter(|line| line.socket.starts_with('o')) {
        let frame = &line.frame;
        match (line.from.as_str(), frame["t"].as_str()) {
            ("server", Some("ack")) => steps.push(Step::new(10, 0, 0)),
            ("server", Some(_)) => steps.push(Step::with(8, 0, 0, &frame.to_string())),
            ("operator", Some("claim")) => steps.push(Step::new(0, 2, 0)),
            ("operator", Some("send")) => {
                steps.push(Step::with(1, 0, 0, frame["text"].as_str().unwrap_or_default()));
                steps.push(Step::new(0, 3, 0));
            }
            ("operator", Some("end")) => steps.push(Step::new(0, 6, 0)),
            ("operator", Some("hello")) => steps.push(Step::new(2, 0, 0)),
            ("operator", None) => steps.push(Step::new(3, 2, 0)),
            _ => steps.push(Step::new(5, 0, 0)),
        }
    }
    steps
}

struct Run {
    session: Session,
    now: u64,
    last: ConnectionId,
    open: Option<ConnectionId>,
    /// Durable commands that were on a socket: their names, conversations and words.
    sent: Vec<Value>,
    under_way: Option<String>,
    /// What a backend said that it took, or showed in a log.
    taken: BTreeSet<String>,
    /// The last event the backend told of each conversation.
    logs: [u64; 4],
    board: u64,
}

impl Run {
    fn new() -> Self {
        Self {
            session: Session::new(Config { token: "token".to_owned() }, Dice::boxed(1)),
            now: 1_000_000,
            last: 0,
            open: None,
            sent: Vec::new(),
            under_way: None,
            taken: BTreeSet::new(),
            logs: [0; 4],
            board: 0,
        }
    }

    fn step(&mut self, step: &Step) {
        let Step { what, which, how, words } = step;
        let conv = ConversationId(name(*how));
        match what & 127 {
            0 => {
                if let Some(command) = self.command(*which, *how) {
                    self.input(Input::Command(command));
                }
            }
            1 => {
                // A recorded conversation has another name: whatever is on the screen is meant.
                let shown = self.session.view().conversations.iter().map(|one| one.id.clone()).next();
                let conv = shown.filter(|_| *how == 0).unwrap_or(conv);
                self.input(Input::Command(if which % 2 == 0 {
                    Command::Edit(conv, words.clone())
                } else {
                    Command::UseCanned(conv, words.clone())
                }));
            }
            2 => {
                self.open = Some(self.last);
                self.fact(Fact::SocketOpened(self.last));
            }
            3 => {
                let id = self.last.wrapping_sub(u32::from(*how % 3));
                self.closed(id);
                self.fact(Fact::SocketClosed(id, CODES[usize::from(*which) % CODES.len()]));
            }
            4 => self.fact(FACTS[usize::from(*which) % FACTS.len()].clone()),
            5 => self.wait(),
            6 => self.now += u64::from(*which) * 997 * (1 + u64::from(how % 64)),
            7 => self.now = self.now.saturating_sub(u64::from(*which) * 10_007),
            8 => self.hears(words.clone(), u32::from(*how % 3)),
            9 => self.ready(*which, *how),
            10 => self.answers_command(*which, *how),
            11 => self.refuses_command(*which, *how),
            12 => {
                let event = self.event(*which, *how, words);
                self.hears(event.to_string(), 0);
            }
            13 => {
                let events: Vec<_> =
                    (0..how >> 5).map(|n| self.event(which.wrapping_add(n), *how, words)).collect();
                let last = self.logs[usize::from(how % 4)] + u64::from(how & 16 != 0);
                let frame = json!({"t": "history", "conv": name(*how), "events": events, "last": last, "more": false});
                self.hears(frame.to_string(), 0);
            }
            14 => {
                let conversation = self.conversation(*which, *how);
                self.hears(json!({"t": "assigned", "conversation": conversation}).to_string(), 0);
            }
            15 => {
                let reasons = ["lease", "not_back", "left", "erased", "transferred", "later"];
                let reason = reasons[usize::from(*which) % reasons.len()];
                self.hears(json!({"t": "released", "conv": name(*how), "reason": reason}).to_string(), 0);
            }
            16 => self.board(*which, *how),
            17 => self.hears(
                json!({"t": "marks", "conv": name(*how), "visitor": {"delivered": which, "read": which}})
                    .to_string(),
                0,
            ),
            _ => self.hears(json!({"t": "typing", "conv": name(*how), "on": which % 2 == 0}).to_string(), 0),
        }
    }

    fn command(&self, which: u8, how: u8) -> Option<Command> {
        let shown = self.session.view().conversations;
        let conv = (!shown.is_empty()).then(|| shown[usize::from(how) % shown.len()].clone());
        Some(match which % 15 {
            0 => Command::Open,
            1 => Command::Avail {
                status: if how.is_multiple_of(2) { Availability::Accepting } else { Availability::Paused },
                capacity: how >> 4,
                last_chat: how & 2 != 0,
            },
            2 => Command::Claim(None),
            3 => Command::Send(conv?.id.clone()),
            4 => Command::Claim(Some(ConversationId(name(how)))),
            5 => Command::Read(conv?.id.clone(), u64::from(how)),
            6 => Command::End(conv?.id.clone()),
            7 => Command::Dismiss(conv?.id.clone()),
            8 => Command::DismissRefusal,
            9 => Command::Close,
            10 => {
                let conv = conv?;
                let own = conv.entries.iter().find_map(|entry| match &entry.kind {
                    EntryKind::Operator { cid: Some(cid), delivery: Delivery::NotSent, .. } => {
                        Some(cid.clone())
                    }
                    _ => None,
                });
                Command::TryAgain(conv.id.clone(), own?)
            }
            11 => Command::Change(Change::Announcement { notice: None, paused: how.is_multiple_of(2) }),
            12 => Command::Change(Change::Unshift(ShiftId::from_bytes([how % 3; 16]))),
            13 => Command::FollowWaits(how.is_multiple_of(2)),
            _ => Command::Attach(conv?.id.clone(), None),
        })
    }

    fn ready(&mut self, which: u8, how: u8) {
        let convs: Vec<_> = (0..4)
            .filter(|n| which & (1 << n) != 0)
            .map(|n| self.conversation(which, how.wrapping_add(n)))
            .collect();
        let caps: &[&str] =
            if which & 16 == 0 { &["typing", "marks", "offers", "notes", "watch", "roster"] } else { &[] };
        let frame = json!({"t": "ready", "epoch": format!("e{}", how >> 7), "ping_s": u32::from(how) * 40, "caps": caps,
            "who": {"id": "op:7", "name": "Sam", "role": "operator"}, "status": "accepting",
            "rights": ["coordinate"], "capacity": which >> 5, "convs": convs, "board": {"rev": self.board, "full": true}});
        self.hears(frame.to_string(), 0);
    }

    fn conversation(&mut self, which: u8, how: u8) -> Value {
        let states = ["active", "waiting", "ended"];
        let reset = which & 128 != 0;
        if reset {
            self.logs[usize::from(how % 4)] = 0;
        }
        let events: Vec<_> =
            (0..(which >> 4) % 4).map(|n| self.event(which.wrapping_add(n), how, "")).collect();
        json!({"id": name(how), "state": states[usize::from(how >> 2) % 3], "claim": which, "lang": "en",
               "last": self.logs[usize::from(how % 4)] + u64::from(how >> 7), "reset": reset, "events": events,
               "presence": "here", "presence_since": "2026-11-21T20:15:02.114Z"})
    }

    fn board(&mut self, which: u8, how: u8) {
        let full = which & 1 != 0;
        self.board += u64::from(how % 3);
        let entry = json!({"id": "op:7", "name": "Sam", "status": if which & 2 == 0 { "paused" } else { "accepting" },
            "capacity": how % 5, "active": 0, "connected": true});
        let waiting = json!({"conv": name(how), "place": which, "lang": "en", "since": "2026-11-21T20:15:02.114Z",
            "presence": "gone"});
        let frame = json!({"t": "board", "rev": self.board, "full": full, "waiting": [waiting], "operators": [entry],
            "gone": [name(which), "op:7"]});
        self.hears(frame.to_string(), 0);
    }

    fn answers_command(&mut self, which: u8, how: u8) {
        let Some(command) = self.one_of_the_sent(which) else { return };
        let seq = (how & 128 == 0).then(|| self.logs[usize::from(how % 4)] + u64::from(how & 16 != 0));
        let frame =
            json!({"t": "ack", "cid": command["cid"], "conv": command["conv"], "seq": seq, "claim": how});
        self.hears(frame.to_string(), 0);
    }

    fn refuses_command(&mut self, which: u8, how: u8) {
        let Some(command) = self.one_of_the_sent(which) else { return };
        let codes = [
            "conflict",
            "forbidden",
            "not_found",
            "rate_limited",
            "too_large",
            "ended",
            "unavailable",
            "later",
        ];
        let retry_ms = (how & 32 != 0).then(|| u64::from(which) << (how >> 3));
        let frame = json!({"t": "error", "cid": command["cid"], "code": codes[usize::from(how) % codes.len()],
            "retry": how & 64 != 0, "retry_ms": retry_ms, "message": ""});
        self.hears(frame.to_string(), 0);
    }

    fn event(&mut self, which: u8, how: u8, words: &str) -> Value {
        let log = &mut self.logs[usize::from(how % 4)];
        let seq = match how >> 5 {
            0 => (*log).max(1),
            1 => *log + 3,
            _ => *log + 1,
        };
        *log = (*log).max(seq);
        let who = json!({"id": "op:7", "name": "Sam", "role": "operator"});
        let text = if words.trim().is_empty() { "words" } else { words };
        let mut event = match which % 8 {
            0 => json!({"kind": "started", "lang": "en"}),
            1 => json!({"kind": "joined", "who": who}),
            2 => json!({"kind": "left", "who": "op:7", "reason": "connection_lost", "state": "waiting"}),
            3 => json!({"kind": "ended", "by": "visitor", "reason": "done"}),
            4 => json!({"kind": "wave"}),
            5 => json!({"kind": "message", "from": "visitor", "text": text}),
            6 => json!({"kind": "transferred", "from": "op:7", "to": {}, "state": "waiting"}),
            _ => match self.one_of_the_sent(how) {
                Some(command) if command["text"].is_string() => {
                    json!({"kind": "message", "from": "op:7", "cid": command["cid"], "text": command["text"]})
                }
                _ => json!({"kind": "message", "from": "op:9", "text": text}),
            },
        };
        event["t"] = "event".into();
        event["conv"] = name(how).into();
        event["seq"] = seq.into();
        event["at"] = "2026-11-21T20:15:02.114Z".into();
        event
    }

    fn one_of_the_sent(&self, which: u8) -> Option<Value> {
        let at = self.sent.len().checked_sub(1 + usize::from(which % 4))?;
        Some(self.sent[at].clone())
    }

    fn hears(&mut self, text: String, earlier: u32) {
        let id = self.last.wrapping_sub(earlier);
        if self.open == Some(id) {
            self.note_taken(&text);
        }
        self.fact(Fact::SocketReceived(id, text));
    }

    fn note_taken(&mut self, text: &str) {
        let Some((frame, found)) = told::frame_and_names(text) else { return };
        if self.under_way.as_ref().is_some_and(|cid| found.contains(cid.as_str())) {
            self.under_way = None;
        }
        // Of a conversation that is over or lost nothing more can be taken, and nothing waits for its answer.
        if ["\"ended\"", "\"released\"", "\"ready\"", "\"left\"", "\"transferred\""]
            .iter()
            .any(|word| text.contains(word))
        {
            self.under_way = None;
        }
        if frame["t"] != "error" {
            self.taken.extend(found);
        }
    }

    fn closed(&mut self, id: ConnectionId) {
        if self.open == Some(id) {
            self.open = None;
            self.under_way = None;
        }
    }

    fn wait(&mut self) {
        let Some(at) = self.session.poll_timeout() else { return };
        self.now = self.now.max(at);
        self.fact(Fact::Tick);
        self.drain();
        let mut again = 0;
        while self.session.poll_timeout().is_some_and(|at| at <= self.now) {
            again += 1;
            assert!(again < MOST_TICKS_AT_ONCE, "the session spins");
            self.fact(Fact::Tick);
            self.drain();
        }
        self.check();
    }

    fn fact(&mut self, fact: Fact) {
        self.input(Input::Fact(fact));
    }

    fn input(&mut self, input: Input) {
        // What is taken off the list with its conversation is waited for no longer.
        if matches!(&input, Input::Command(Command::Dismiss(_))) {
            self.under_way = None;
        }
        self.session.handle(self.now, input);
    }

    fn drain(&mut self) {
        let mut effects = 0;
        while let Some(effect) = self.session.poll_effect() {
            effects += 1;
            assert!(effects <= MOST_EFFECTS, "one input, and no end of effects");
            match effect {
                Effect::OpenSocket(id) => {
                    assert_ne!(Some(id), self.open, "a socket's name is used once");
                    self.last = id;
                    self.open = None;
                    self.under_way = None;
                }
                Effect::CloseSocket(id, _) => self.closed(id),
                Effect::Transmit(id, text) => self.transmitted(id, &text),
                Effect::Save(_) | Effect::Forget => panic!("a console keeps nothing on the device"),
                Effect::Solve(_) => panic!("no operator is asked to work"),
            }
        }
    }

    fn transmitted(&mut self, id: ConnectionId, text: &str) {
        assert_eq!(Some(id), self.open, "a frame for a socket that is not open");
        let frame = decode::<OperatorFrame>(text).expect("a session writes what a backend reads");
        assert!(!matches!(frame, OperatorFrame::Unknown), "a session writes no unknown frame");
        let frame: Value = serde_json::from_str(text).expect("a frame is JSON");
        let Some(cid) = frame["cid"].as_str().filter(|_| frame["t"] != "query") else { return };
        assert!(Cid::try_from(cid.to_owned()).is_ok());
        assert!(self.under_way.is_none(), "two commands under way at once");
        self.under_way = Some(cid.to_owned());
        self.sent.push(frame);
    }

    fn check(&self) {
        for one in self.session.view().conversations.iter() {
            let mut keys = BTreeSet::new();
            let mut last = 0;
            let mut pending = false;
            for entry in one.entries.iter() {
                assert!(keys.insert(&entry.key), "one entry is shown twice");
                match entry.seq {
                    Some(seq) => {
                        assert!(seq > last && !pending, "the log is shown out of order");
                        last = seq;
                    }
                    None => pending = true,
                }
                if let EntryKind::Operator { cid: Some(cid), delivery, .. } = &entry.kind {
                    let is_told = *delivery < Delivery::Sent || self.taken.contains(cid.as_str());
                    assert!(is_told, "“sent” is shown of what no backend took");
                }
            }
        }
    }
}

/// One of four conversations.
fn name(which: u8) -> String {
    format!("c{}", which % 4)
}
