//! The real sessions of visitors and operators, and the real desk, over a wire that can be cut anywhere.
//!
//! One thread, one clock that only a test moves, no sockets. Everything that chance decides comes from one seed,
//! so the same seed gives the same run. It fakes the network, the storage of a tab and the process of the
//! server, and nothing else.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot be set up must stop at once")]

mod delivery;
mod disk;
mod weather;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;
use serde_json::Value;
use tealight_protocol::{ConversationId, Event as LogEvent};
use tealight_server::Moment;
use tealight_server::config::Config;
use tealight_server::desk::{ConnId, Desk, Input, Settings};
use tealight_server::operators;
use tealight_server::store::{Conversation, OperatorSession, Store as _, StoreError};
use tealight_server::testing::START;
use tealight_session::{ConnectionId, Entropy, Fact, operator, visitor};

pub use disk::Disk;
pub use weather::{Fault, HalfOpen};

/// More steps than any run takes: who gets here goes round in a circle.
const MOST_STEPS: u32 = 2_000_000;

/// A page with a session in it: a visitor's tab or an operator's console.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PeerId(pub usize);

/// What passed at the desk's side of the wire, for whoever checks a run.
#[derive(Clone, Debug)]
pub enum Passed {
    /// The desk got a frame.
    In(PeerId, ConnId, Value),
    /// The desk sent a frame that left the process.
    Out(PeerId, ConnId, Value),
    /// The desk knows that this connection is gone.
    Lost(ConnId),
    /// The desk was started again.
    Restarted,
    /// The database is an earlier one again, under a new name.
    Restored,
    /// What waits for a socket after a frame was added: frames and bytes.
    Queued(ConnId, usize, usize),
    /// What one input made the desk say on one socket: frames and bytes.
    Burst(ConnId, usize, usize),
}

/// The world of a test.
#[derive(Debug)]
pub struct Wire {
    /// What time it is.
    pub now: u64,
    /// Chance.
    pub rng: ChaCha20Rng,
    /// What passed since somebody last took it.
    pub passed: Vec<Passed>,
    /// The greatest delay of a frame, in milliseconds.
    pub latency: u64,
    /// Of a thousand frames, so many take twenty times as long.
    pub spikes: u32,
    /// Pages that something happened to since somebody last took it.
    pub touched: BTreeSet<PeerId>,
    settings: Settings,
    disk: Disk,
    desk: Desk<Disk>,
    peers: Vec<Peer>,
    links: BTreeMap<ConnId, Link>,
    next_conn: u64,
    sequence: u64,
    in_flight: BinaryHeap<Reverse<(u64, u64, Arrival)>>,
    boundaries: u64,
    planned: Option<(u64, Fault)>,
}

#[derive(Debug)]
struct Peer {
    role: Role,
    /// Told apart from an earlier session of the same page.
    generation: u32,
    stored: Option<String>,
    /// Until when nothing gets through, without anybody noticing.
    dark_until: u64,
    /// How far the device's clock is ahead.
    skew: u64,
    /// Until when the device sleeps.
    asleep_until: u64,
    /// The browser lets its timer fire only at multiples of this, in milliseconds.
    throttle: u64,
    /// Whether the storage of the tab still takes what is saved.
    storage_works: bool,
}

#[derive(Debug)]
enum Role {
    Visitor(Box<visitor::Session>),
    Operator(Box<operator::Session>, String),
    Closed,
}

#[derive(Debug)]
struct Link {
    peer: PeerId,
    generation: u32,
    id: ConnectionId,
    up_at: u64,
    down_at: u64,
    left_by_peer: bool,
    /// Frames and bytes that the desk sent and the page has not got.
    queued: (usize, usize),
    /// Nothing gets from the page to the desk any more.
    up_is_dead: bool,
    /// Nothing gets from the desk to the page any more.
    down_is_dead: bool,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Arrival {
    Opened(ConnId),
    AtDesk(ConnId, String),
    AtPeer(ConnId, String),
    DeskLoses(ConnId),
    PeerLoses(PeerId, u32, ConnectionId, u16),
}

impl Wire {
    /// A desk over an empty database in memory, which outlives the desk.
    pub fn new(toml: &str, seed: u64) -> Self {
        Self::over(Disk::in_memory(), toml, seed)
    }

    /// A desk over an empty database in a file, opened anew with every start.
    pub fn on_disk(toml: &str, seed: u64) -> Self {
        Self::over(Disk::in_a_file(), toml, seed)
    }

    fn over(disk: Disk, toml: &str, seed: u64) -> Self {
        let settings = Settings::from(&Config::parse(toml, "test.toml").unwrap());
        let desk = Desk::open(settings.clone(), disk.clone(), [7; 32], START).unwrap();
        Self {
            now: START.0,
            rng: ChaCha20Rng::seed_from_u64(seed),
            passed: Vec::new(),
            latency: 80,
            spikes: 0,
            touched: BTreeSet::new(),
            settings,
            disk,
            desk,
            peers: Vec::new(),
            links: BTreeMap::new(),
            next_conn: 1,
            sequence: 0,
            in_flight: BinaryHeap::new(),
            boundaries: 0,
            planned: None,
        }
    }

    /// A visitor opens the page.
    pub fn visitor(&mut self) -> PeerId {
        let session = visitor::Session::new(visitor_config(), self.entropy());
        let peer = self.page(Role::Visitor(Box::new(session)));
        self.visitor_does(peer, visitor::Command::Open);
        peer
    }

    /// A copy of a visitor's tab, with a copy of its storage.
    pub fn duplicate(&mut self, of: PeerId) -> PeerId {
        let stored = self.peers[of.0].stored.clone();
        let session = restored(stored.as_deref(), self.entropy());
        let peer = self.page(Role::Visitor(Box::new(session)));
        self.peers[peer.0].stored = stored;
        self.visitor_does(peer, visitor::Command::Open);
        peer
    }

    /// A new operator opens a console and logs in.
    pub fn operator(&mut self, name: &str) -> PeerId {
        self.operator_for(name, &[])
    }

    /// The same, for some areas only.
    pub fn operator_for(&mut self, name: &str, areas: &[String]) -> PeerId {
        let mut token_rng = ChaCha20Rng::seed_from_u64(self.rng.random());
        let (token, digest) = operators::new_token(&mut token_rng);
        let expires_at = Moment(self.now).plus_ms(12 * 60 * 60 * 1_000);
        self.disk
            .write(|tx| {
                let account = tx.insert_operator(name, name, "no password", areas)?;
                // Speaks everything, and may watch.
                tx.set_duties(&account.id, &[], true)?;
                tx.insert_session(&OperatorSession { token: digest, operator: account.id, expires_at })
            })
            .map_err(|error: StoreError| error.to_string())
            .unwrap();
        let config = operator::Config { token: token.clone() };
        let session = operator::Session::new(config, self.entropy());
        let peer = self.page(Role::Operator(Box::new(session), token));
        self.operator_does(peer, operator::Command::Open);
        peer
    }

    /// A second console of the same operator.
    pub fn second_console(&mut self, of: PeerId) -> Option<PeerId> {
        let Role::Operator(_, token) = &self.peers[of.0].role else { return None };
        let token = token.clone();
        let session = operator::Session::new(operator::Config { token: token.clone() }, self.entropy());
        let peer = self.page(Role::Operator(Box::new(session), token));
        self.operator_does(peer, operator::Command::Open);
        Some(peer)
    }

    /// The page is loaded again: a visitor's from what its tab stored, an operator's from nothing.
    pub fn reload(&mut self, peer: PeerId) {
        self.close_page(peer);
        let entropy = self.entropy();
        let page = &mut self.peers[peer.0];
        page.generation += 1;
        match std::mem::replace(&mut page.role, Role::Closed) {
            Role::Visitor(_) => {
                page.role = Role::Visitor(Box::new(restored(page.stored.as_deref(), entropy)));
                self.visitor_does(peer, visitor::Command::Open);
            }
            Role::Operator(_, token) => {
                let config = operator::Config { token: token.clone() };
                page.role = Role::Operator(Box::new(operator::Session::new(config, entropy)), token);
                self.operator_does(peer, operator::Command::Open);
            }
            Role::Closed => {}
        }
    }

    /// The tab or the window is closed for good.
    pub fn close(&mut self, peer: PeerId) {
        self.close_page(peer);
        let page = &mut self.peers[peer.0];
        page.generation += 1;
        page.role = Role::Closed;
    }

    /// Whether the page is still open.
    pub fn is_open(&self, peer: PeerId) -> bool {
        !matches!(self.peers[peer.0].role, Role::Closed)
    }

    /// What the tab has in its storage.
    pub fn stored(&self, peer: PeerId) -> Option<&str> {
        self.peers[peer.0].stored.as_deref()
    }

    /// A visitor does something.
    pub fn visitor_does(&mut self, peer: PeerId, command: visitor::Command) {
        let now = self.now + self.peers[peer.0].skew;
        if let Role::Visitor(session) = &mut self.peers[peer.0].role {
            session.handle(now, visitor::Input::Command(command));
        }
        self.drain_peer(peer);
    }

    /// An operator does something.
    pub fn operator_does(&mut self, peer: PeerId, command: operator::Command) {
        let now = self.now + self.peers[peer.0].skew;
        if let Role::Operator(session, _) = &mut self.peers[peer.0].role {
            session.handle(now, operator::Input::Command(command));
        }
        self.drain_peer(peer);
    }

    /// The world changes around a page.
    pub fn fact(&mut self, peer: PeerId, fact: Fact) {
        let now = self.now + self.peers[peer.0].skew;
        match &mut self.peers[peer.0].role {
            Role::Visitor(session) => session.handle(now, visitor::Input::Fact(fact)),
            Role::Operator(session, _) => session.handle(now, operator::Input::Fact(fact)),
            Role::Closed => {}
        }
        self.drain_peer(peer);
    }

    /// What a visitor sees.
    pub fn visitor_view(&self, peer: PeerId) -> visitor::View {
        match &self.peers[peer.0].role {
            Role::Visitor(session) => session.view(),
            Role::Operator(..) | Role::Closed => panic!("{peer:?} is no open page of a visitor"),
        }
    }

    /// What an operator sees.
    pub fn operator_view(&self, peer: PeerId) -> operator::View {
        match &self.peers[peer.0].role {
            Role::Operator(session, _) => session.view(),
            Role::Visitor(_) | Role::Closed => panic!("{peer:?} is no open console"),
        }
    }

    /// Every open page of a visitor.
    pub fn visitors(&self) -> Vec<PeerId> {
        self.pages(|role| matches!(role, Role::Visitor(_)))
    }

    /// Every open console.
    pub fn operators(&self) -> Vec<PeerId> {
        self.pages(|role| matches!(role, Role::Operator(..)))
    }

    /// Every conversation in the store.
    pub fn conversations(&mut self) -> Vec<Conversation> {
        self.disk.read(|tx| tx.conversations()).map_err(|e: StoreError| e.to_string()).unwrap()
    }

    /// A conversation's log in the store, from an event on.
    pub fn log_after(&mut self, conversation: &ConversationId, after: u64) -> Vec<LogEvent> {
        let events = self.disk.read(|tx| tx.events(conversation, after, 10_000));
        events.map_err(|e: StoreError| e.to_string()).unwrap()
    }

    /// Lets time pass.
    pub fn run(&mut self, ms: u64) {
        let end = self.now + ms;
        let mut steps = 0;
        while self.step(end) {
            steps += 1;
            assert!(steps < MOST_STEPS, "the world goes round in a circle");
        }
        self.now = end;
    }

    /// Whether something is on its way.
    pub fn is_busy(&self) -> bool {
        !self.in_flight.is_empty()
    }

    /// Carries out the next thing that happens, if it happens by then. One input for one side at a time.
    pub fn step(&mut self, end: u64) -> bool {
        let arrival = self.in_flight.peek().map(|Reverse((at, ..))| *at);
        let desk = self.desk.poll_timeout().map(|at| at.0);
        let peer = self.next_peer_timeout();
        let next = [arrival, desk, peer.map(|(at, _)| at)].into_iter().flatten().min();
        let Some(at) = next.filter(|at| *at <= end) else { return false };
        self.now = self.now.max(at);
        if arrival == Some(at) {
            let Some(Reverse((_, _, arrival))) = self.in_flight.pop() else { return false };
            self.arrive(arrival);
        } else if desk == Some(at) {
            self.desk_input(Input::Tick);
            self.drain_desk();
        } else if let Some((_, peer)) = peer {
            self.fact(peer, Fact::Tick);
        }
        true
    }

    fn page(&mut self, role: Role) -> PeerId {
        self.peers.push(Peer {
            role,
            generation: 0,
            stored: None,
            dark_until: 0,
            skew: 0,
            asleep_until: 0,
            throttle: 1,
            storage_works: true,
        });
        PeerId(self.peers.len() - 1)
    }

    fn pages(&self, wanted: impl Fn(&Role) -> bool) -> Vec<PeerId> {
        (0..self.peers.len()).map(PeerId).filter(|peer| wanted(&self.peers[peer.0].role)).collect()
    }

    fn entropy(&mut self) -> Box<dyn Entropy> {
        Box::new(Dice(ChaCha20Rng::seed_from_u64(self.rng.random())))
    }

    fn close_page(&mut self, peer: PeerId) {
        let notices = self.rng.random_range(0..=self.latency);
        self.cut(peer, 0, notices);
    }

    fn conns_of(&self, peer: PeerId) -> Vec<ConnId> {
        self.links.iter().filter(|(_, link)| link.peer == peer).map(|(conn, _)| *conn).collect()
    }

    fn schedule(&mut self, at: u64, arrival: Arrival) {
        self.sequence += 1;
        self.in_flight.push(Reverse((at, self.sequence, arrival)));
    }

    fn delay(&mut self) -> u64 {
        let usual = self.rng.random_range(1..=self.latency.max(1));
        let is_spike = self.spikes > 0 && self.rng.random_range(0..1_000) < self.spikes;
        self.now + if is_spike { 20 * usual } else { usual }
    }

    fn next_peer_timeout(&self) -> Option<(u64, PeerId)> {
        let timeouts = self.peers.iter().enumerate().filter_map(|(n, peer)| {
            let at = match &peer.role {
                Role::Visitor(session) => session.poll_timeout(),
                Role::Operator(session, _) => session.poll_timeout(),
                Role::Closed => None,
            };
            let at = at?.saturating_sub(peer.skew).max(peer.asleep_until);
            Some((at.next_multiple_of(peer.throttle), PeerId(n)))
        });
        timeouts.min()
    }
}

/// Random bytes from a seed.
struct Dice(ChaCha20Rng);

impl Entropy for Dice {
    fn fill(&mut self, bytes: &mut [u8]) {
        rand::RngCore::fill_bytes(&mut self.0, bytes);
    }
}

fn visitor_config() -> visitor::Config {
    visitor::Config { lang: "en".to_owned() }
}

fn restored(stored: Option<&str>, entropy: Box<dyn Entropy>) -> visitor::Session {
    match stored {
        Some(snapshot) => visitor::Session::restore(visitor_config(), entropy, snapshot)
            .expect("what a session saved, a session restores"),
        None => visitor::Session::new(visitor_config(), entropy),
    }
}
