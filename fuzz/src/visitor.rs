//! A visitor's session under any inputs in any order: it never panics, never says "sent" of what no backend took,
//! never has two commands under way, shows each event once and in order, and never spins.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tealight_protocol::{Answers, Cid, Route, VisitorFrame, decode, limits};
use tealight_session::visitor::{Command, Config, EntryKind, Input, Session, View};
use tealight_session::{ConnectionId, Delivery, Effect, Fact};

use crate::dice::Dice;
use crate::script::{self, Step};
use crate::seeds::{self, Line};
use crate::told;

/// More effects than any one input asks for.
const MOST_EFFECTS: usize = 16;

/// How often a session may want its timer at once before it counts as spinning.
const MOST_TICKS_AT_ONCE: u32 = 4;

/// Every fact without an argument.
pub(crate) const FACTS: [Fact; 7] =
    [Fact::Tick, Fact::Shown, Fact::Hidden, Fact::PageLeft, Fact::PageRestored, Fact::Online, Fact::Offline];

/// Close codes that mean something, and two that do not.
pub(crate) const CODES: [u16; 22] = [
    1000, 1001, 1006, 1008, 1009, 1011, 1012, 1013, 4000, 4008, 4400, 4401, 4403, 4404, 4406, 4408, 4409,
    4410, 4429, 4503, 4499, 7,
];

pub(crate) fn run(bytes: &[u8]) {
    Run::new().steps(&script::read(bytes));
}

/// The recorded sessions, from the visitor's chair.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let recorded = seeds::sessions().into_iter().map(|lines| script::write(&script_of(&lines)));
    let frames = seeds::frames("server-to-visitor").into_iter().map(|frame| {
        let steps = [Step::new(0, 0, 0), Step::new(2, 0, 0), Step::new(9, 1, 0), Step::with(8, 0, 0, &frame)];
        script::write(&steps)
    });
    recorded.chain(frames).collect()
}

/// A recorded session as steps: what the visitor did and what the backend said.
pub(crate) fn script_of(lines: &[Line]) -> Vec<Step> {
    let mut steps = vec![Step::new(0, 0, 0), Step::new(2, 0, 0)];
    for line in lines.iter().filter(|line| line.socket.starts_with('v')) {
        let frame = &line.frame;
        match (line.from.as_str(), frame["t"].as_str()) {
            ("server", Some("ready")) if frame["conv"].is_null() => steps.push(Step::new(9, 0, 0)),
            ("server", Some("ack")) => steps.push(Step::new(10, 0, 0)),
            ("server", Some(_)) => steps.push(Step::with(8, 0, 0, &frame.to_string())),
            ("visitor", Some("start")) => steps.push(Step::new(0, 1, 0)),
            ("visitor", Some("send")) => {
                steps.push(Step::with(1, 0, 0, frame["text"].as_str().unwrap_or_default()));
                steps.push(Step::new(0, 3, 0));
            }
            ("visitor", Some("answer")) => steps.push(Step::with(1, 3, 0, "Yes")),
            ("visitor", Some("end")) => steps.push(Step::new(0, 5, 0)),
            ("visitor", Some("erase")) => steps.push(Step::new(0, 7, 0)),
            ("visitor", Some("hello")) => steps.push(Step::new(2, 0, 0)),
            ("visitor", None) => steps.push(Step::new(3, 2, 0)),
            _ => steps.push(Step::new(5, 0, 0)),
        }
    }
    steps
}

/// Every snapshot that a script makes the session save.
pub(crate) fn saved_by(steps: &[Step]) -> Vec<String> {
    let mut run = Run::new();
    run.steps(steps);
    run.saved
}

struct Run {
    session: Session,
    now: u64,
    last: ConnectionId,
    /// The socket that is open, as the shell has it.
    open: Option<ConnectionId>,
    /// Durable commands that were on a socket, in order: their names and their frames.
    sent: Vec<(Cid, VisitorFrame)>,
    /// The one that is under way on the live socket.
    under_way: Option<Cid>,
    /// What a backend said that it took, or showed in a log.
    taken: BTreeSet<String>,
    /// The last event the backend told.
    log: u64,
    saved: Vec<String>,
    reloads: u64,
}

impl Run {
    fn new() -> Self {
        let session = Session::new(config(), Dice::boxed(1));
        Self {
            session,
            now: 1_000_000,
            last: 0,
            open: None,
            sent: Vec::new(),
            under_way: None,
            taken: BTreeSet::new(),
            log: 0,
            saved: Vec::new(),
            reloads: 0,
        }
    }

    fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            self.step(step);
            self.drain();
            self.check();
        }
        // Whatever came before, with nothing more to hear the session comes to rest.
        for _ in 0..20 {
            self.wait();
        }
    }

    fn step(&mut self, step: &Step) {
        let Step { what, which, how, words } = step;
        match what & 127 {
            0 => {
                if let Some(command) = self.command(*which, *how) {
                    self.input(Input::Command(command));
                }
            }
            1 => self.input(Input::Command(match which % 4 {
                0 => Command::Edit(words.clone()),
                1 => Command::QuickReply(words.clone()),
                2 => Command::Join { area: Some(words.clone()), route: Route::Patient },
                _ => Command::AnswerSurvey(Answers::from_iter([("heard".to_owned(), words.clone())])),
            })),
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
                let events: Vec<_> = (0..how % 5).map(|n| self.event(which.wrapping_add(n), *how, words)).collect();
                let more = which % 2 == 1;
                let frame = json!({"t": "history", "events": events, "last": self.log + u64::from(how % 3), "more": more});
                self.hears(frame.to_string(), 0);
            }
            14 => self.reload(),
            15 => self.hears(
                json!({"t": "queue", "rev": which, "state": (["waiting", "ready", "held"])[usize::from(how % 3)],
                       "place": which, "wait": {"kind": "unknown"}})
                .to_string(),
                0,
            ),
            16 => self.hears(
                json!({"t": "marks", "operator": {"delivered": which, "read": how}, "visitor": {"read": which}})
                    .to_string(),
                0,
            ),
            17 => self.hears(
                json!({"t": "bye", "code": "restart", "spread_ms": u64::from(*which) << (how % 57)}).to_string(),
                0,
            ),
            _ => self.hears(json!({"t": "typing", "from": "op:7", "on": which % 2 == 0}).to_string(), 0),
        }
    }

    fn command(&self, which: u8, how: u8) -> Option<Command> {
        Some(match which % 11 {
            0 => Command::Open,
            1 => Command::Join { area: None, route: Route::Standard },
            2 => Command::SendWhenJoined(how.is_multiple_of(2)),
            3 => Command::Send,
            4 => Command::Read(u64::from(how)),
            5 => Command::End,
            6 => Command::SkipSurvey,
            7 => Command::Erase,
            8 => Command::StartAfresh,
            9 => Command::TryAgain(self.one_sent(how)?),
            _ => Command::TakeBack(self.one_sent(how)?),
        })
    }

    fn one_sent(&self, which: u8) -> Option<Cid> {
        let view = self.session.view();
        let own: Vec<_> = view
            .entries
            .iter()
            .filter_map(|entry| match &entry.kind {
                EntryKind::Own { cid, .. } => Some(cid.clone()),
                _ => None,
            })
            .collect();
        (!own.is_empty()).then(|| own[usize::from(which) % own.len()].clone())
    }

    fn ready(&mut self, which: u8, how: u8) {
        let state = ["waiting", "active", "ended"][usize::from(how % 3)];
        let reset = how & 8 != 0;
        if reset {
            self.log = 0;
        }
        let events: Vec<_> = (0..how >> 5).map(|n| self.event(which.wrapping_add(n), n, "")).collect();
        let conv = (which % 2 == 1).then(|| {
            json!({"id": "c1", "state": state, "last": self.log + u64::from(how & 16 != 0),
                   "reset": reset, "events": events})
        });
        let service = json!({"name": "Night Line", "state": "open", "wait": {"kind": "unknown"}});
        let caps: &[&str] =
            if which & 2 == 0 { &["typing", "marks", "offers", "survey", "links"] } else { &[] };
        let frame = json!({"t": "ready", "epoch": format!("e{}", which >> 6), "ping_s": u32::from(which) * 40,
            "caps": caps, "service": service, "conv": conv});
        self.hears(frame.to_string(), 0);
    }

    /// The backend's word on a command that was sent: mostly the last, sometimes another.
    fn answers_command(&mut self, which: u8, how: u8) {
        let Some((cid, _)) = self.one_of_the_sent(which) else { return };
        let seq = if how & 128 == 0 { Some(self.log + u64::from(how % 3)) } else { None };
        let frame = json!({"t": "ack", "cid": cid.as_str(), "conv": "c1", "seq": seq});
        self.hears(frame.to_string(), 0);
    }

    fn refuses_command(&mut self, which: u8, how: u8) {
        let Some((cid, _)) = self.one_of_the_sent(which) else { return };
        let codes = [
            "conflict",
            "closed",
            "queue_full",
            "rate_limited",
            "too_large",
            "ended",
            "unavailable",
            "later",
        ];
        let code = codes[usize::from(how) % codes.len()];
        let retry_ms = (how & 32 != 0).then(|| u64::from(which) << (how >> 3));
        let frame = json!({"t": "error", "cid": cid.as_str(), "code": code, "retry": how & 64 != 0,
            "retry_ms": retry_ms, "message": ""});
        self.hears(frame.to_string(), 0);
    }

    fn event(&mut self, which: u8, how: u8, words: &str) -> Value {
        let seq = match how % 8 {
            0 => self.log.max(1),
            1 => self.log + 3,
            _ => self.log + 1,
        };
        self.log = self.log.max(seq);
        let who = json!({"id": "op:7", "name": "Sam", "role": "operator"});
        let text = if words.trim().is_empty() { "words" } else { words };
        let mut event = match which % 9 {
            0 => json!({"kind": "started", "lang": "en"}),
            1 => json!({"kind": "joined", "who": who}),
            2 => json!({"kind": "left", "who": "op:7", "reason": "connection_lost", "state": "waiting"}),
            3 => json!({"kind": "ended", "by": "operator", "reason": "done"}),
            4 => json!({"kind": "survey", "id": "survey",
                        "questions": [{"id": "heard", "label": "?", "options": ["Yes", "No"]}]}),
            5 => json!({"kind": "message", "from": "op:7", "text": text}),
            6 => json!({"kind": "wave"}),
            7 => json!({"kind": "transferred", "from": "op:7", "to": {}, "state": "waiting"}),
            _ => match self.one_of_the_sent(how) {
                Some((cid, VisitorFrame::Send { text, .. })) => {
                    json!({"kind": "message", "from": "visitor", "cid": cid.as_str(), "text": text})
                }
                _ => json!({"kind": "message", "from": "visitor", "text": text}),
            },
        };
        event["t"] = "event".into();
        event["seq"] = seq.into();
        event["at"] = "2026-11-21T20:15:02.114Z".into();
        event
    }

    fn one_of_the_sent(&self, which: u8) -> Option<(Cid, VisitorFrame)> {
        let at = self.sent.len().checked_sub(1 + usize::from(which % 4))?;
        Some(self.sent[at].clone())
    }

    fn reload(&mut self) {
        self.reloads += 1;
        self.session = match self.saved.last() {
            Some(saved) => Session::restore(config(), Dice::boxed(self.reloads + 1), saved)
                .expect("what a session saved, a session restores"),
            None => Session::new(config(), Dice::boxed(self.reloads + 1)),
        };
        self.open = None;
        self.under_way = None;
        self.last = 0;
        self.input(Input::Command(Command::Open));
    }

    fn hears(&mut self, text: String, earlier: u32) {
        let id = self.last.wrapping_sub(earlier);
        if self.open == Some(id) {
            self.note_taken(&text);
        }
        self.fact(Fact::SocketReceived(id, text));
    }

    /// Every name in what a backend said: "sent" may be shown of these and of no others.
    fn note_taken(&mut self, text: &str) {
        let Some((frame, found)) = told::frame_and_names(text) else { return };
        if self.under_way.as_ref().is_some_and(|cid| found.contains(cid.as_str())) {
            self.under_way = None;
        }
        // After the end nothing that was said can still be taken, and nothing waits for its answer.
        if text.contains("\"ended\"") {
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
                Effect::Save(snapshot) => {
                    assert!(
                        Session::restore(config(), Dice::boxed(0), &snapshot).is_ok(),
                        "what a session saves, a session restores"
                    );
                    self.saved.push(snapshot);
                }
                Effect::Forget | Effect::Solve(_) => {}
            }
        }
    }

    fn transmitted(&mut self, id: ConnectionId, text: &str) {
        assert_eq!(Some(id), self.open, "a frame for a socket that is not open");
        let frame = decode::<VisitorFrame>(text).expect("a session writes what a backend reads");
        let cid = match &frame {
            VisitorFrame::Send { cid, .. } => {
                assert!(text.len() <= limits::FRAME_BYTES, "no message is bigger than a frame may be");
                cid
            }
            VisitorFrame::Start(start) => &start.cid,
            VisitorFrame::End { cid } | VisitorFrame::Erase { cid } | VisitorFrame::Answer { cid, .. } => cid,
            VisitorFrame::Unknown => panic!("a session writes no unknown frame"),
            _ => return,
        };
        // Erasing does not wait for words whose answer nobody needs any more.
        let waits = !matches!(frame, VisitorFrame::Erase { .. });
        assert!(self.under_way.is_none() || !waits, "two commands under way at once");
        self.under_way = Some(cid.clone());
        self.sent.push((cid.clone(), frame.clone()));
    }

    fn check(&self) {
        let View { entries, .. } = self.session.view();
        let mut keys = BTreeSet::new();
        let mut last = 0;
        let mut pending = false;
        for entry in entries.iter() {
            assert!(keys.insert(&entry.key), "one entry is shown twice");
            match entry.seq {
                Some(seq) => {
                    assert!(seq > last && !pending, "the log is shown out of order");
                    last = seq;
                }
                None => pending = true,
            }
            if let EntryKind::Own { cid, delivery, .. } = &entry.kind {
                let is_told = *delivery < Delivery::Sent || self.taken.contains(cid.as_str());
                assert!(is_told, "“sent” is shown of what no backend took");
            }
        }
    }
}

fn config() -> Config {
    Config { lang: "en".to_owned() }
}
