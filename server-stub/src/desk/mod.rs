//! The desk: everything the server knows and decides, without sockets, threads or a clock of its own.
//!
//! How to run it:
//! 1. [`Desk::handle`] one input, with the time it came at;
//! 2. take every [`Desk::poll_output`] and carry it out, in order;
//! 3. read [`Desk::poll_timeout`]; when that moment comes first, handle [`Input::Tick`].
//!
//! The store is the truth. Memory holds sockets, typing, presence, holds and copies of what is stored; a
//! durable command is one transaction, and no output about it exists before the commit.

mod absence;
mod announcement;
mod blocks;
mod board;
mod bucket;
mod connections;
mod ending;
mod figures;
mod hand_out;
mod notes;
mod offers;
mod operator;
mod queries;
mod refusal;
mod rooms;
mod roster;
mod service;
mod settings;
mod silence;
mod speaking;
mod storing;
mod timers;
mod transfer;
mod visitor;
mod waiting;
mod watch;
mod work;

use std::collections::{BTreeMap, HashMap, VecDeque};

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};
use tealight_protocol::{CloseCode, ConversationId, Epoch, OperatorId};

pub use absence::Sessions;
pub use hand_out::HAND_OUT_ANSWER;
pub(crate) use roster::{Entry, PLANNED_AHEAD_MS, entries};
pub use settings::Settings;
pub use work::PLAIN_STARTS;

use crate::Moment;
use crate::digest::base64url;
use crate::store::{AnnouncementRecord, Digest, Store, StoreError};
use blocks::InForce;
use board::BoardState;
use connections::Socket;
use operator::Operator;
use refusal::Refusal;
use rooms::Room;
use roster::RosterState;
use service::ServiceBoard;
use storing::Storing;
use timers::{Timer, Timers};
use waiting::WaitingRoom;
use work::Starts;

/// One socket, named by whoever opened it. A number is never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnId(pub u64);

/// Where a visitor comes from, for whoever must know it again and nothing more: eight bytes of a keyed digest. The key is
/// made at every start and is never stored, and neither is this.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Origin(pub [u8; 8]);

/// Says nothing.
impl std::fmt::Debug for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Origin(…)")
    }
}

/// What happened outside.
#[derive(Clone, PartialEq, Eq)]
pub enum Input {
    /// A socket was accepted.
    Opened {
        /// Which.
        conn: ConnId,
        /// Where it comes from, if that is known.
        origin: Option<Origin>,
    },
    /// A socket that was accepted is a plain page's: nothing at its other end can compute.
    Plain {
        /// Which.
        conn: ConnId,
    },
    /// A text frame arrived.
    Frame {
        /// Where.
        conn: ConnId,
        /// What.
        text: String,
    },
    /// A binary frame arrived.
    Binary {
        /// Where.
        conn: ConnId,
    },
    /// A socket is gone.
    Closed {
        /// Which.
        conn: ConnId,
    },
    /// A page was left by Exit, and said so without a socket.
    Left {
        /// The SHA-256 of the secret it told.
        secret: Digest,
        /// Whether the visitor had wiped the chat before, and it is still to be erased.
        erased: bool,
    },
    /// Time has passed.
    Tick,
    /// The server is about to stop.
    Stop,
}

/// Never shows what a frame says.
impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Opened { conn, .. } => write!(f, "Opened({})", conn.0),
            Self::Plain { conn } => write!(f, "Plain({})", conn.0),
            Self::Frame { conn, text } => write!(f, "Frame({}, … {} bytes)", conn.0, text.len()),
            Self::Binary { conn } => write!(f, "Binary({})", conn.0),
            Self::Closed { conn } => write!(f, "Closed({})", conn.0),
            Self::Left { .. } => f.write_str("Left"),
            Self::Tick => f.write_str("Tick"),
            Self::Stop => f.write_str("Stop"),
        }
    }
}

/// What is to be done outside.
#[derive(Clone, PartialEq, Eq)]
pub enum Output {
    /// Send a text frame.
    Send {
        /// Where.
        conn: ConnId,
        /// What.
        text: String,
    },
    /// Close a socket. Nothing more is sent on it, and what still arrives on it is ignored.
    Close {
        /// Which.
        conn: ConnId,
        /// Why.
        code: CloseCode,
        /// Why, for developers.
        reason: &'static str,
    },
}

/// Never shows what a frame says.
impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Send { conn, text } => write!(f, "Send({}, … {} bytes)", conn.0, text.len()),
            Self::Close { conn, code, reason } => write!(f, "Close({}, {code:?}, {reason})", conn.0),
        }
    }
}

/// What the desk counts, for `/metrics`. Totals since the start; the others are of this moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Open sockets.
    pub sockets: usize,
    /// Those of them that owe a word: a `hello`, or an answer to `ping`.
    pub silent: usize,
    /// Conversations in the waiting room.
    pub waiting: usize,
    /// Conversations with an operator.
    pub active: usize,
    /// Connected operators.
    pub operators: usize,
    /// Conversations started, in total.
    pub started: u64,
    /// Messages committed, in total.
    pub messages: u64,
    /// Frames refused with an error, in total.
    pub errors: u64,
    /// Sockets that the server closed for a fault of the client, in total.
    pub violations: u64,
    /// Starts refused until the device has worked, in total.
    pub work_needed: u64,
    /// Starts that came with the work that was asked for, in total.
    pub worked: u64,
    /// Starts of plain pages refused because there were too many while others had to work, in total.
    pub plain_refused: u64,
}

/// The server's core. See the module's description.
#[derive(Debug)]
pub struct Desk<S> {
    settings: Settings,
    store: S,
    rng: ChaCha20Rng,
    epoch: Epoch,
    sockets: HashMap<ConnId, Socket>,
    rooms: HashMap<ConversationId, Room>,
    by_secret: HashMap<Digest, ConversationId>,
    operators: BTreeMap<OperatorId, Operator>,
    waiting: WaitingRoom,
    starts: Starts,
    board: BoardState,
    service: ServiceBoard,
    roster: RosterState,
    announcement: Option<AnnouncementRecord>,
    blocks: Vec<InForce>,
    storing: Storing,
    timers: Timers,
    outputs: VecDeque<Output>,
    totals: Counts,
    marks_armed: bool,
    stopped: bool,
    /// The time of the input that is being handled.
    clock: Moment,
}

impl<S: Store> Desk<S> {
    /// Takes up the work where the store left it. The seed is for identifiers; draw it from the system.
    pub fn open(settings: Settings, store: S, seed: [u8; 32], now: Moment) -> Result<Self, StoreError> {
        let mut desk = Self {
            service: ServiceBoard::default(),
            roster: RosterState::default(),
            announcement: None,
            blocks: Vec::new(),
            storing: Storing::default(),
            settings,
            store,
            rng: ChaCha20Rng::from_seed(seed),
            epoch: String::new(),
            sockets: HashMap::new(),
            rooms: HashMap::new(),
            by_secret: HashMap::new(),
            operators: BTreeMap::new(),
            waiting: WaitingRoom::default(),
            starts: Starts::default(),
            board: BoardState::default(),
            timers: Timers::default(),
            outputs: VecDeque::new(),
            totals: Counts::default(),
            marks_armed: false,
            stopped: false,
            clock: now,
        };
        desk.epoch = desk.open_epoch()?;
        desk.load_rooms(now)?;
        desk.load_roster(now)?;
        desk.load_announcement()?;
        desk.load_blocks(now)?;
        desk.load_statistics(now)?;
        desk.purge(now);
        desk.storing_may_work(now);
        // Whatever a server that was killed had no time to clean.
        desk.scrub(now);
        desk.timers.set(now, Timer::Hours);
        desk.timers.set(now, Timer::Estimate);
        desk.settle(now);
        Ok(desk)
    }

    /// Takes one input.
    pub fn handle(&mut self, now: Moment, input: Input) {
        let now = now.max(self.clock);
        self.clock = now;
        self.run_timers(now);
        match input {
            Input::Opened { conn, origin } => self.opened(now, conn, origin),
            Input::Plain { conn } => self.is_plain_page(conn),
            Input::Frame { conn, text } => self.frame(now, conn, &text),
            Input::Binary { conn } => self.refuse_socket(conn, CloseCode::Violation, "frames are text"),
            Input::Closed { conn } => self.detach(now, conn),
            Input::Left { secret, erased } => self.left_by_exit(now, &secret, erased),
            Input::Tick => {}
            Input::Stop => self.stop(now),
        }
        self.settle(now);
    }

    /// The next thing to do outside.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to call [`Desk::handle`] with [`Input::Tick`] if nothing else happens before.
    pub fn poll_timeout(&self) -> Option<Moment> {
        self.timers.next()
    }

    /// The store, for what is not the desk's business.
    pub fn store(&mut self) -> &mut S {
        &mut self.store
    }

    /// This life of the log.
    pub fn epoch(&self) -> &str {
        &self.epoch
    }

    /// What there is to count.
    pub fn counts(&self) -> Counts {
        let active = self.rooms.values().filter(|room| room.is_active()).count();
        Counts {
            sockets: self.sockets.len(),
            silent: self.sockets.values().filter(|socket| socket.is_silent()).count(),
            waiting: self.waiting.len(),
            active,
            operators: self.operators.values().filter(|operator| operator.is_connected()).count(),
            ..self.totals
        }
    }

    fn open_epoch(&mut self) -> Result<Epoch, StoreError> {
        if let Some(epoch) = self.store.read(|tx| tx.epoch())? {
            return Ok(epoch);
        }
        let mut bytes = [0; 6];
        self.rng.fill_bytes(&mut bytes);
        let epoch = base64url(&bytes);
        self.store.write(|tx| tx.set_epoch(&epoch))?;
        Ok(epoch)
    }

    fn run_timers(&mut self, now: Moment) {
        while let Some(timer) = self.timers.pop_due(now) {
            match timer {
                Timer::Hello(conn) => self.hello_is_overdue(conn),
                Timer::Idle(conn) => self.socket_is_idle(now, conn),
                Timer::Session(conn) => self.session_may_have_ended(now, conn),
                Timer::Queue(conn) => self.place_may_be_told(now, conn),
                Timer::Typing(conv) => self.typing_may_have_stopped(now, &conv),
                Timer::Hold(conv) => self.hold_may_be_over(now, &conv),
                Timer::Reservation(conv) => self.reservation_may_be_over(now, &conv),
                Timer::Away(conv) => self.visitor_may_be_away(now, &conv),
                Timer::Expiry(conv) => self.conversation_may_have_expired(now, &conv),
                Timer::Lease(operator) => self.lease_may_be_over(now, &operator),
                Timer::Marks => self.store_marks(now),
                Timer::Board => self.board.may_be_sent(),
                Timer::Service => self.service.may_be_told(),
                Timer::Hours => self.hours_may_have_changed(now),
                Timer::HandOut => self.hand_out_again(),
                Timer::Silence(conv) => self.silence_may_be_long(now, &conv),
                Timer::Sign(conv) => self.sign_may_be_overdue(now, &conv),
                Timer::PutOff => self.estimate_was_put_off(),
                Timer::Places => self.everybody_may_be_told(),
                Timer::Promise => self.promise_may_have_run_out(),
                Timer::Estimate => self.estimate_is_old(now),
                Timer::Storing => self.storing_may_work(now),
                Timer::Scrub => self.scrub(now),
                Timer::Block => self.blocks_may_be_over(now),
                Timer::Purge => self.purge(now),
            }
        }
    }

    /// Tells everybody what follows from what just happened. Runs once after every input.
    fn settle(&mut self, now: Moment) {
        if self.stopped {
            return;
        }
        self.hand_out(now);
        self.record_staffing(now);
        self.resolve_by_idle_operators(now);
        self.refresh_estimates(now);
        self.tell_places(now);
        self.tell_service(now);
        self.tell_board(now);
    }
}
