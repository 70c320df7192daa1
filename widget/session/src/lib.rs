//! The client's side of a conversation as a pure state machine: everything a widget or a console must decide,
//! and nothing it must do.
//!
//! There is no socket, no clock, no storage, no random number and no screen in here. A shell owns those and runs
//! one loop, for a [`visitor::Session`] and an [`operator::Session`] alike:
//!
//! 1. hand one input to `handle`, with the time;
//! 2. carry out every effect that `poll_effect` gives, until it gives none;
//! 3. set the one timer to `poll_timeout`, and when it fires hand in `Input::Tick`;
//! 4. show `view`.

mod clock;
mod draft;
mod link;
mod log;
pub mod operator;
mod outbox;
mod receipts;
mod shell;
mod typing;
pub mod visitor;

use std::fmt;

use tealight_protocol::Work;

/// Milliseconds of the wall clock, by whatever origin the shell uses throughout.
pub type Millis = u64;

/// Names one attempt at a socket. Late news of an earlier socket is told by it, and dropped.
pub type ConnectionId = u32;

/// Random bytes, from the shell. A browser gives its cryptographic ones, a test gives the same ones every time.
pub trait Entropy {
    /// Fills the whole of `bytes`.
    fn fill(&mut self, bytes: &mut [u8]);
}

/// What a shell tells both kinds of session about the world.
#[derive(Clone, PartialEq, Eq)]
pub enum Fact {
    /// The socket is open.
    SocketOpened(ConnectionId),
    /// A text frame arrived.
    SocketReceived(ConnectionId, String),
    /// The socket is closed, with the close code if one came (1006 if none).
    SocketClosed(ConnectionId, u16),
    /// The page came into sight.
    Shown,
    /// The page went out of sight, and still runs.
    Hidden,
    /// The page is being left, or frozen in the browser's history: `pagehide`.
    PageLeft,
    /// The page came back from the browser's history: `pageshow`.
    PageRestored,
    /// The device says that it has a network again.
    Online,
    /// The device says that it has no network.
    Offline,
    /// The number that solves the work with this salt; none where it cannot be found here.
    Solved(String, Option<u64>),
    /// The timer fired.
    Tick,
}

/// What a session wants done.
#[derive(Clone, PartialEq, Eq)]
pub enum Effect {
    /// Open a socket and tell about it under this name.
    OpenSocket(ConnectionId),
    /// Send a text frame.
    Transmit(ConnectionId, String),
    /// Close the socket with this code; nothing more will be heard of it.
    CloseSocket(ConnectionId, u16),
    /// Keep this snapshot for a reload, in place of the last one.
    Save(String),
    /// Forget the snapshot.
    Forget,
    /// Find the number that solves this work, without holding up the page, and tell it as [`Fact::Solved`].
    Solve(Work),
}

/// Frames hold what people say: only their length is printed.
impl fmt::Debug for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SocketOpened(id) => write!(f, "SocketOpened({id})"),
            Self::SocketReceived(id, frame) => write!(f, "SocketReceived({id}, … {} bytes)", frame.len()),
            Self::SocketClosed(id, code) => write!(f, "SocketClosed({id}, {code})"),
            Self::Shown => f.write_str("Shown"),
            Self::Hidden => f.write_str("Hidden"),
            Self::PageLeft => f.write_str("PageLeft"),
            Self::PageRestored => f.write_str("PageRestored"),
            Self::Online => f.write_str("Online"),
            Self::Offline => f.write_str("Offline"),
            Self::Solved(..) => f.write_str("Solved"),
            Self::Tick => f.write_str("Tick"),
        }
    }
}

/// Frames and snapshots hold what people say: only their length is printed.
impl fmt::Debug for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OpenSocket(id) => write!(f, "OpenSocket({id})"),
            Self::Transmit(id, frame) => write!(f, "Transmit({id}, … {} bytes)", frame.len()),
            Self::CloseSocket(id, code) => write!(f, "CloseSocket({id}, {code})"),
            Self::Save(snapshot) => write!(f, "Save(… {} bytes)", snapshot.len()),
            Self::Forget => f.write_str("Forget"),
            Self::Solve(work) => write!(f, "Solve({} bits)", work.bits),
        }
    }
}

/// What the screens show about the connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Connection {
    /// None is wanted yet.
    #[default]
    Idle,
    /// The first attempt is under way.
    Connecting,
    /// Ready to talk.
    Ready,
    /// It was ready and is not: trying again. The visitor reads that the place is kept.
    Lost,
    /// It ended for good.
    Stopped(StopReason),
}

/// Why a connection ended for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// The backend speaks no version that this build knows, or took a frame for a violation.
    Incompatible,
    /// This visitor may not chat. Other ways to get help stay in sight.
    Forbidden,
    /// The conversation is no longer there.
    Expired,
    /// The conversation was erased.
    Erased,
    /// Another socket of the same page instance took over.
    Replaced,
    /// The operator must log in again.
    LoggedOut,
}

/// How far one of our own messages has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Delivery {
    /// On its way; not yet committed by the backend.
    Sending,
    /// Refused or undeliverable: "Not sent. Try again."
    NotSent,
    /// Committed.
    Sent,
    /// On the other side's device.
    Delivered,
    /// On the other side's screen.
    Seen,
}
