//! The server's core under any frames on any sockets: it never panics, never spins, says little for each input,
//! acknowledges only what is in the log, and leaves dense logs behind, whatever its database refuses and however
//! often it starts anew.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use tealight_protocol::{Cid, EventKind, Instance, Secret, limits};
use tealight_server::config::Config;
use tealight_server::desk::{ConnId, Desk, Input, Output, Settings};
use tealight_server::store::{OperatorSession, SqliteStore, Store, StoreError, Transaction};
use tealight_server::testing::{CONFIG, START};
use tealight_server::{Moment, operators};

use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;

use crate::script::{self, Step};
use crate::seeds::{self, Line};

/// Sockets, secrets, commands and pages are few, so that they meet.
const FEW: u8 = 6;

pub(crate) fn run(bytes: &[u8]) {
    let mut run = Run::new();
    for step in script::read(bytes) {
        run.step(&step);
    }
    run.check_logs();
}

/// The recorded sessions, as the server hears them.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let recorded = seeds::sessions().into_iter().map(|lines| script::write(&script_of(&lines)));
    let frames =
        ["visitor-to-server", "operator-to-server"].into_iter().flat_map(seeds::frames).map(|frame| {
            let steps =
                [Step::new(0, 0, 0), Step::new(3, 0, 0), Step::new(4, 0, 0), Step::with(1, 0, 0, &frame)];
            script::write(&steps)
        });
    let whole = [
        Step::new(0, 0, 0),
        Step::new(3, 0, 0),
        Step::new(4, 0, 0),
        Step::new(0, 1, 0),
        Step::new(10, 1, 0),
        Step::new(13, 1, 9),
        Step::new(11, 1, 1),
        Step::with(5, 0, 1, "Hello?"),
        Step::with(12, 1, 2, "Hello!"),
        Step::new(8, 0, 255),
        Step::new(15, 1, 3),
        Step::new(7, 0, 4),
        Step::new(6, 0, 5),
    ];
    recorded.chain(frames).chain([script::write(&whole)]).collect()
}

/// A recorded session as steps: whatever visitor and operator sent, by the names that are known here.
fn script_of(lines: &[Line]) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut sockets = BTreeMap::new();
    for line in lines {
        if line.from == "server" {
            continue;
        }
        let next = u8::try_from(sockets.len()).unwrap_or(u8::MAX);
        let socket = *sockets.entry(line.socket.clone()).or_insert_with(|| {
            steps.push(Step::new(0, next, 0));
            next
        });
        let text = line.frame["text"].as_str().unwrap_or_default();
        steps.push(match (line.from.as_str(), line.frame["t"].as_str()) {
            ("visitor", Some("hello")) => {
                Step::new(3, socket, u8::from(line.frame["secret"].is_string()) * 16)
            }
            ("visitor", Some("start")) => Step::new(4, socket, 0),
            ("visitor", Some("send")) => Step::with(5, socket, 1, text),
            ("visitor", Some("end")) => Step::new(7, socket, 0),
            ("visitor", Some("erase")) => Step::new(6, socket, 0),
            ("operator", Some("hello")) => Step::new(10, socket, 0),
            ("operator", Some("state")) => Step::new(13, socket, 9),
            ("operator", Some("claim")) => Step::new(11, socket, 0),
            ("operator", Some("send")) => Step::with(12, socket, 2, text),
            ("operator", Some("end")) => Step::new(15, socket, 0),
            (_, None) => Step::new(2, socket, 0),
            _ => Step::with(1, socket, 0, &line.frame.to_string()),
        });
    }
    steps
}

struct Run {
    desk: Desk<Disk>,
    disk: Disk,
    now: Moment,
    next: u64,
    /// The sockets by the numbers that steps use.
    sockets: BTreeMap<u8, ConnId>,
    tokens: Vec<String>,
    /// The newest conversation, as any frame named it.
    conv: String,
    claim: u64,
    /// What was acknowledged as an event: conversation, number and name.
    acked: BTreeMap<ConnId, Vec<(String, u64, String)>>,
    erased: BTreeSet<String>,
    talks_in: BTreeMap<ConnId, String>,
}

impl Run {
    fn new() -> Self {
        let mut disk = Disk(Arc::new(Mutex::new((SqliteStore::in_memory().expect("a database"), 0))));
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let tokens = ["ada", "bob"].map(|name| {
            let (token, digest) = operators::new_token(&mut rng);
            let done: Result<(), StoreError> = disk.write(|tx| {
                let account = tx.insert_operator(name, name, "no password", &[])?;
                let expires_at = START.plus_ms(12 * 60 * 60 * 1_000);
                tx.insert_session(&OperatorSession { token: digest, operator: account.id, expires_at })
            });
            done.expect("an account");
            token
        });
        let desk = Desk::open(settings(), disk.clone(), [7; 32], START).expect("a desk");
        Self {
            desk,
            disk,
            now: START,
            next: 1,
            sockets: BTreeMap::new(),
            tokens: tokens.to_vec(),
            conv: "c".to_owned(),
            claim: 0,
            acked: BTreeMap::new(),
            erased: BTreeSet::new(),
            talks_in: BTreeMap::new(),
        }
    }

    fn step(&mut self, step: &Step) {
        let Step { what, which, how, words } = step;
        let (cid, conv, claim) =
            (cid(*how), self.conv.clone(), self.claim.saturating_sub(u64::from(how >> 7)));
        let frame = match what & 127 {
            0 => return self.open(*which),
            1 => return self.says(*which, words.clone()),
            2 => {
                if let Some(conn) = self.sockets.remove(&(which % FEW)) {
                    self.input(Input::Closed { conn });
                }
                return;
            }
            3 => json!({"t": "hello", "role": "visitor", "inst": instance(how % FEW), "lang": "en",
                        "caps": ["typing", "marks", "offers", "survey", "links"], "visible": how & 64 == 0,
                        "secret": (how & 16 != 0).then(|| secret(how % 3)),
                        "epoch": (how & 32 != 0).then(|| self.desk.epoch().to_owned()),
                        "after": (how & 128 != 0).then_some(how >> 4)}),
            4 => json!({"t": "start", "cid": cid, "secret": secret(how % 3), "lang": "en"}),
            5 => json!({"t": "send", "cid": cid, "text": words}),
            6 => json!({"t": "erase", "cid": cid}),
            7 => json!({"t": "end", "cid": cid}),
            8 => json!({"t": "mark", "delivered": how, "read": how}),
            9 => json!({"t": "presence", "visible": how % 2 == 0}),
            10 => json!({"t": "hello", "role": "operator", "inst": instance(how % FEW),
                         "auth": self.tokens[usize::from(how % 2)], "after": {conv.clone(): u64::from(how >> 4)}}),
            11 => json!({"t": "claim", "cid": cid, "conv": (how & 64 != 0).then_some(conv)}),
            12 => json!({"t": "send", "cid": cid, "conv": conv, "claim": claim, "text": words}),
            13 => json!({"t": "state", "status": if how % 2 == 1 { "accepting" } else { "paused" },
                         "capacity": how >> 3, "last_chat": how & 4 != 0}),
            14 => json!({"t": "sync", "conv": conv, "after": how}),
            15 => json!({"t": "end", "cid": cid, "conv": conv, "claim": claim}),
            16 => json!({"t": "typing", "conv": conv, "on": how % 2 == 0}),
            17 => json!({"t": "mark", "conv": conv, "delivered": how, "read": how}),
            18 => json!({"t": "answer", "cid": cid, "ref": "survey", "data": {"heard": "Yes"}}),
            19 => json!({"t": "transfer", "cid": cid, "conv": conv, "claim": claim, "to": match how % 3 {
                0 => json!({}),
                1 => json!({"operator": format!("op:{}", how >> 6)}),
                _ => json!({"area": "north"}),
            }, "reason": words, "note": words}),
            20 => {
                json!({"t": "note", "cid": cid, "conv": conv, "text": words, "claim": (how & 32 != 0).then_some(claim)})
            }
            21 => json!({"t": "offer", "cid": cid, "conv": conv, "claim": claim, "offer": "phone"}),
            22 => {
                json!({"t": "answer", "cid": cid, "ref": format!("o{}", how >> 4), "data": {"choice": "taken"}})
            }
            23 => json!({"t": "watch", "conv": conv, "on": how % 2 == 0}),
            24 => {
                json!({"t": "query", "cid": cid, "what": (["canned", "board", "notes", "offers"])[usize::from(how % 4)],
                         "conv": conv, "after": how >> 4})
            }
            25 => return self.waits(*which),
            26 => {
                self.now = self.now.plus_ms(u64::from(*which) * 991 * (1 + u64::from(*how)));
                return self.input(Input::Tick);
            }
            27 => {
                self.disk.inner().1 = u32::from(which % 4);
                return;
            }
            28 => return self.restart(which % 2 == 0),
            29 => {
                if let Some(conn) = self.sockets.get(&(which % FEW)).copied() {
                    self.input(Input::Binary { conn });
                }
                return;
            }
            _ => json!({"t": "ping"}),
        };
        self.says(*which, frame.to_string());
    }

    fn open(&mut self, which: u8) {
        let conn = ConnId(self.next);
        self.next += 1;
        if let Some(old) = self.sockets.insert(which % FEW, conn) {
            self.input(Input::Closed { conn: old });
        }
        self.input(Input::Opened { conn, origin: None });
    }

    fn says(&mut self, which: u8, text: String) {
        if let Some(conn) = self.sockets.get(&(which % FEW)).copied() {
            self.input(Input::Frame { conn, text });
        }
    }

    /// Lets the desk's timer fire a few times, each when it is due.
    fn waits(&mut self, times: u8) {
        for _ in 0..=times % 16 {
            let Some(at) = self.desk.poll_timeout() else { return };
            self.now = self.now.max(at);
            self.input(Input::Tick);
            assert!(self.desk.poll_timeout().is_none_or(|at| at > self.now), "the desk spins");
        }
    }

    fn restart(&mut self, gently: bool) {
        self.disk.inner().1 = 0;
        if gently {
            self.input(Input::Stop);
        }
        self.sockets.clear();
        self.talks_in.clear();
        self.desk = Desk::open(settings(), self.disk.clone(), [8; 32], self.now).expect("a desk");
        self.drain();
    }

    fn input(&mut self, input: Input) {
        self.desk.handle(self.now, input);
        self.drain();
    }

    fn drain(&mut self) {
        let mut said: BTreeMap<ConnId, (usize, usize)> = BTreeMap::new();
        while let Some(output) = self.desk.poll_output() {
            match output {
                Output::Send { conn, text } => {
                    let (frames, bytes) = said.entry(conn).or_default();
                    *frames += 1;
                    *bytes += text.len();
                    assert!(
                        *frames <= limits::QUEUED_FRAMES && *bytes <= limits::QUEUED_BYTES,
                        "one input, and more for a socket than may wait for it"
                    );
                    self.heard(conn, &serde_json::from_str(&text).expect("the desk writes JSON"));
                }
                Output::Close { conn, .. } => self.sockets.retain(|_, other| *other != conn),
            }
        }
    }

    fn heard(&mut self, conn: ConnId, frame: &Value) {
        if let Some(conv) = frame["conv"]["id"].as_str().or(frame["conv"].as_str()) {
            self.conv = conv.to_owned();
            if frame["t"] == "ready" || (frame["t"] == "ack" && frame["claim"].is_null()) {
                self.talks_in.insert(conn, conv.to_owned());
            }
        }
        if let Some(claim) = frame["claim"].as_u64() {
            self.claim = claim;
        }
        if let ("ack", Some(seq), Some(cid)) =
            (frame["t"].as_str().unwrap_or_default(), frame["seq"].as_u64(), frame["cid"].as_str())
            && let Some(conv) =
                frame["conv"].as_str().map(str::to_owned).or(self.talks_in.get(&conn).cloned())
        {
            self.acked.entry(conn).or_default().push((conv, seq, cid.to_owned()));
        }
    }

    /// Every log is dense, no command is in it twice, and what was acknowledged stands where the ack said.
    fn check_logs(&mut self) {
        self.disk.inner().1 = 0;
        let logs: Result<BTreeMap<_, _>, StoreError> = self.disk.read(|tx| {
            let all = tx.conversations()?.into_iter();
            all.map(|one| Ok((one.id.0.clone(), (one.last, tx.events(&one.id, 0, usize::MAX >> 1)?))))
                .collect()
        });
        let logs = logs.expect("the logs can be read");
        for (last, log) in logs.values() {
            assert_eq!(log.len() as u64, *last, "a conversation does not know its log");
            let mut cids = BTreeSet::new();
            for (at, event) in log.iter().enumerate() {
                assert_eq!(event.seq, at as u64 + 1, "a hole in a log");
                if let EventKind::Message { from, cid: Some(cid), .. } = &event.kind {
                    assert!(
                        cids.insert((String::from(from.clone()), cid.as_str())),
                        "one command, two events"
                    );
                }
            }
        }
        for (conv, seq, cid) in self.acked.values().flatten().filter(|(conv, ..)| !self.erased.contains(conv))
        {
            // What is not there any more was erased.
            let Some((_, log)) = logs.get(conv) else { continue };
            let event = log
                .get(usize::try_from(*seq).unwrap_or(usize::MAX) - 1)
                .expect("what was acknowledged is stored");
            if let EventKind::Message { cid: stored, .. } = &event.kind {
                assert_eq!(
                    stored.as_ref().map(Cid::as_str),
                    Some(cid.as_str()),
                    "an ack for another command"
                );
            }
        }
    }
}

fn settings() -> Settings {
    Settings::from(&Config::parse(CONFIG, "fuzz.toml").expect("a configuration"))
}

fn cid(how: u8) -> String {
    Cid::from_bytes([how % 32; 16]).as_str().to_owned()
}

fn instance(n: u8) -> String {
    Instance::from_bytes([n; 16]).as_str().to_owned()
}

fn secret(n: u8) -> String {
    Secret::from_bytes([n; 32]).as_str().to_owned()
}

/// The real store in memory, which outlives the desk and refuses as many writes as it was told to.
#[derive(Clone, Debug)]
struct Disk(Arc<Mutex<(SqliteStore, u32)>>);

impl Disk {
    fn inner(&self) -> std::sync::MutexGuard<'_, (SqliteStore, u32)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Disk {
    fn write<R, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut dyn Transaction) -> Result<R, E>,
    ) -> Result<R, E> {
        let mut inner = self.inner();
        if inner.1 > 0 {
            inner.1 -= 1;
            return Err(StoreError::Unavailable("by order of a test".to_owned()).into());
        }
        inner.0.write(work)
    }

    fn read<R, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut dyn Transaction) -> Result<R, E>,
    ) -> Result<R, E> {
        self.inner().0.read(work)
    }

    fn scrub(&mut self) -> Result<(), StoreError> {
        self.inner().0.scrub()
    }
}
