//! One connection at a time: when to open it, when to give it up, when to try again.
//!
//! It knows nothing of conversations. It does not read frames either: whoever owns it says when `ready` came.

use tealight_protocol::close::{CloseCode, Verdict};
use tealight_protocol::limits::{
    BACKOFF_BASE_MS, BACKOFF_MAX_MS, CLOCK_JUMP_MS, CONNECT_TIMEOUT_MS, DEAD_MAN_SLACK_MS, HELLO_TIMEOUT_MS,
    STABLE_MS, WAKE_PONG_MS,
};

use crate::shell::Shell;
use crate::{Connection, ConnectionId, Effect, Fact, Millis, StopReason};

/// The frame that asks for a `pong`, the same for both roles.
pub(crate) const PING: &str = r#"{"t":"ping"}"#;

/// The frame that answers a `ping`, the same for both roles.
pub(crate) const PONG: &str = r#"{"t":"pong"}"#;

/// While ready, the timer fires at least this often. A longer gap then means that the device slept.
const HEARTBEAT_MS: Millis = 20_000;

/// How often a connection that a proxy refuses is tried again.
const SLOW_TRIES: u32 = 5;

/// How much slower each of those tries comes.
const SLOW_FACTOR: Millis = 4;

/// Least delay after "too many", and the most that chance adds to it.
const LATER_MS: Millis = 30_000;

/// How long chat that is switched off is left alone, and the most that chance adds to it.
const SWITCHED_OFF_MS: Millis = 300_000;

/// The connection.
#[derive(Debug)]
pub(crate) struct Link {
    state: State,
    last_id: ConnectionId,
    /// Attempts and connections that ended since the last stable one.
    failures: u32,
    slow_tries: u32,
    oversizes: u32,
    online: bool,
    was_ready: bool,
    observed: Millis,
}

#[derive(Debug)]
enum State {
    /// No connection is wanted.
    Idle,
    /// A socket was asked for and is not open.
    Opening { socket: Socket, deadline: Millis },
    /// The socket is open, `hello` is said, `ready` has not come.
    Greeting { socket: Socket, deadline: Millis },
    /// `ready` came. `pong_by` is set while an answer to our own `ping` is due.
    Ready { socket: Socket, since: Millis, heard: Millis, silence: Millis, pong_by: Option<Millis> },
    /// The next attempt comes at a moment; only a `hasty` one may come earlier when there is reason for hope.
    Retrying { at: Millis, hasty: bool },
    /// The device has no network: the next attempt comes when it has.
    Offline,
    /// The page is in the browser's history: the next attempt comes when it is back.
    Away,
    /// No further attempt.
    Stopped(StopReason),
}

#[derive(Debug)]
struct Socket {
    id: ConnectionId,
    /// What `bye` said about coming back.
    spread_ms: Option<Millis>,
}

/// What a fact means for whoever owns the connection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// Nothing.
    Nothing,
    /// The socket is open: say `hello`.
    Opened,
    /// The frame is from the live socket: read it.
    Received,
    /// The socket is gone. Whatever was in flight on it is uncertain.
    Lost(Loss),
}

/// How a socket was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// It will be tried again.
    Retrying,
    /// It will be tried again, and the command that was too big must not come again.
    TooBig,
    /// It will not be tried again.
    Stopped(StopReason),
}

impl Link {
    pub(crate) fn new() -> Self {
        Self {
            state: State::Idle,
            last_id: 0,
            failures: 0,
            slow_tries: 0,
            oversizes: 0,
            online: true,
            was_ready: false,
            observed: 0,
        }
    }

    /// Wants a connection, and now: an attempt that waits for no good reason comes at once.
    pub(crate) fn open(&mut self, now: Millis, shell: &mut Shell) {
        match self.state {
            State::Idle
            | State::Offline
            | State::Away
            | State::Stopped(_)
            | State::Retrying { hasty: true, .. } => self.connect(now, shell),
            State::Opening { .. }
            | State::Greeting { .. }
            | State::Ready { .. }
            | State::Retrying { hasty: false, .. } => {}
        }
    }

    /// Wants no connection any more.
    pub(crate) fn close(&mut self, shell: &mut Shell) {
        self.drop_socket(CloseCode::Normal, shell);
        self.state = State::Idle;
        self.failures = 0;
        self.was_ready = false;
    }

    /// No connection any more, for good.
    pub(crate) fn stop(&mut self, reason: StopReason, shell: &mut Shell) {
        self.drop_socket(CloseCode::Normal, shell);
        self.state = State::Stopped(reason);
    }

    /// Gives up a socket that does not answer, and tries again soon.
    pub(crate) fn restart(&mut self, now: Millis, shell: &mut Shell) -> News {
        if self.socket().is_none() {
            return News::Nothing;
        }
        self.drop_socket(CloseCode::DeadMan, shell);
        self.lost(now, CloseCode::DeadMan.as_u16(), shell)
    }

    /// `ready` came. False if it was not awaited.
    pub(crate) fn ready(&mut self, now: Millis, ping_s: u32) -> bool {
        let State::Greeting { socket, .. } = &mut self.state else { return false };
        let socket = Socket { id: socket.id, spread_ms: socket.spread_ms };
        // A backend that never pings, or all the time, must not make the connection flutter.
        let silence = 2_000 * Millis::from(ping_s.clamp(5, 600)) + DEAD_MAN_SLACK_MS;
        self.state = State::Ready { socket, since: now, heard: now, silence, pong_by: None };
        self.was_ready = true;
        true
    }

    /// `bye` came: when the socket closes, come back at a random moment within this time.
    pub(crate) fn bye(&mut self, spread: Millis) {
        if let State::Opening { socket, .. } | State::Greeting { socket, .. } | State::Ready { socket, .. } =
            &mut self.state
        {
            socket.spread_ms = Some(spread);
        }
    }

    /// Sends a frame, if there is an open socket.
    pub(crate) fn transmit(&self, frame: String, shell: &mut Shell) {
        if let State::Greeting { socket, .. } | State::Ready { socket, .. } = &self.state {
            shell.want(Effect::Transmit(socket.id, frame));
        }
    }

    pub(crate) fn is_ready(&self) -> bool {
        matches!(self.state, State::Ready { .. })
    }

    /// What the screens show. `kept` tells whether the backend keeps something for this client, so that even a
    /// first attempt that fails is a connection lost.
    pub(crate) fn connection(&self, kept: bool) -> Connection {
        match self.state {
            State::Idle => Connection::Idle,
            State::Ready { .. } => Connection::Ready,
            State::Stopped(reason) => Connection::Stopped(reason),
            State::Opening { .. }
            | State::Greeting { .. }
            | State::Retrying { .. }
            | State::Offline
            | State::Away => {
                if self.was_ready || (kept && self.failures > 0) {
                    Connection::Lost
                } else {
                    Connection::Connecting
                }
            }
        }
    }

    /// When the next `Tick` is due.
    pub(crate) fn timeout(&self) -> Option<Millis> {
        match self.state {
            State::Opening { deadline, .. } | State::Greeting { deadline, .. } => Some(deadline),
            State::Ready { heard, silence, pong_by, .. } => {
                Some(pong_by.unwrap_or(heard + silence).min(self.observed + HEARTBEAT_MS))
            }
            State::Retrying { at, .. } => Some(at),
            State::Idle | State::Offline | State::Away | State::Stopped(_) => None,
        }
    }

    /// Looks at the clock when something other than a fact is handled.
    pub(crate) fn observe(&mut self, now: Millis, shell: &mut Shell) {
        if now.saturating_sub(self.observed) > CLOCK_JUMP_MS {
            self.ask(now, shell);
        }
        self.observed = now;
    }

    /// Takes a fact. Whatever an earlier socket still has to say ends here.
    pub(crate) fn fact(&mut self, now: Millis, fact: &Fact, shell: &mut Shell) -> News {
        if let Fact::SocketOpened(id) | Fact::SocketReceived(id, _) | Fact::SocketClosed(id, _) = fact {
            if self.socket().map(|socket| socket.id) != Some(*id) {
                return News::Nothing;
            }
        } else {
            self.observe(now, shell);
        }
        let news = match fact {
            Fact::SocketOpened(_) => self.opened(now),
            Fact::SocketReceived(..) => self.received(now),
            Fact::SocketClosed(_, code) => self.lost(now, *code, shell),
            Fact::Shown => {
                self.hope(now, shell);
                News::Nothing
            }
            Fact::Online => {
                self.online = true;
                self.hope(now, shell);
                News::Nothing
            }
            Fact::PageRestored => {
                self.hope(now, shell);
                News::Nothing
            }
            Fact::Hidden => News::Nothing,
            Fact::Offline => {
                self.online = false;
                if matches!(self.state, State::Retrying { hasty: true, .. }) {
                    self.state = State::Offline;
                }
                News::Nothing
            }
            Fact::PageLeft => self.leave(shell),
            Fact::Tick => self.tick(now, shell),
            Fact::Solved(..) => News::Nothing,
        };
        self.observed = now;
        news
    }

    fn opened(&mut self, now: Millis) -> News {
        let State::Opening { socket, .. } = &mut self.state else { return News::Nothing };
        let socket = Socket { id: socket.id, spread_ms: None };
        self.state = State::Greeting { socket, deadline: now + HELLO_TIMEOUT_MS };
        News::Opened
    }

    fn received(&mut self, now: Millis) -> News {
        match &mut self.state {
            State::Ready { heard, pong_by, .. } => {
                *heard = now;
                *pong_by = None;
                News::Received
            }
            State::Greeting { .. } => News::Received,
            State::Opening { .. }
            | State::Idle
            | State::Retrying { .. }
            | State::Offline
            | State::Away
            | State::Stopped(_) => News::Nothing,
        }
    }

    /// There is reason to hope that the network works, or to doubt that the socket still does.
    pub(crate) fn hope(&mut self, now: Millis, shell: &mut Shell) {
        match self.state {
            State::Ready { .. } => self.ask(now, shell),
            State::Offline | State::Away | State::Retrying { hasty: true, .. } => self.connect(now, shell),
            State::Idle
            | State::Opening { .. }
            | State::Greeting { .. }
            | State::Retrying { hasty: false, .. }
            | State::Stopped(_) => {}
        }
    }

    /// Asks the other side whether it is still there, unless that was asked already.
    fn ask(&mut self, now: Millis, shell: &mut Shell) {
        if let State::Ready { socket, pong_by, .. } = &mut self.state
            && pong_by.is_none()
        {
            *pong_by = Some(now + WAKE_PONG_MS);
            shell.want(Effect::Transmit(socket.id, PING.to_owned()));
        }
    }

    fn leave(&mut self, shell: &mut Shell) -> News {
        match self.state {
            State::Idle | State::Stopped(_) | State::Away => News::Nothing,
            State::Retrying { .. } | State::Offline => {
                self.state = State::Away;
                News::Nothing
            }
            State::Opening { .. } | State::Greeting { .. } | State::Ready { .. } => {
                self.drop_socket(CloseCode::Normal, shell);
                self.state = State::Away;
                News::Lost(Loss::Retrying)
            }
        }
    }

    fn tick(&mut self, now: Millis, shell: &mut Shell) -> News {
        match self.state {
            State::Retrying { at, .. } if now >= at => {
                self.connect(now, shell);
                News::Nothing
            }
            State::Opening { deadline, .. } | State::Greeting { deadline, .. } if now >= deadline => {
                self.drop_socket(CloseCode::DeadMan, shell);
                self.lost(now, CloseCode::Timeout.as_u16(), shell)
            }
            State::Ready { heard, silence, pong_by, .. } if now >= pong_by.unwrap_or(heard + silence) => {
                self.restart(now, shell)
            }
            State::Idle
            | State::Opening { .. }
            | State::Greeting { .. }
            | State::Ready { .. }
            | State::Retrying { .. }
            | State::Offline
            | State::Away
            | State::Stopped(_) => News::Nothing,
        }
    }

    fn connect(&mut self, now: Millis, shell: &mut Shell) {
        self.last_id = self.last_id.wrapping_add(1);
        let socket = Socket { id: self.last_id, spread_ms: None };
        shell.want(Effect::OpenSocket(socket.id));
        self.state = State::Opening { socket, deadline: now + CONNECT_TIMEOUT_MS };
    }

    /// The socket is gone with this code: what next?
    fn lost(&mut self, now: Millis, code: u16, shell: &mut Shell) -> News {
        if let State::Ready { since, .. } = self.state
            && now.saturating_sub(since) >= STABLE_MS
        {
            self.failures = 0;
            self.slow_tries = 0;
            self.oversizes = 0;
        }
        let spread = self.socket().and_then(|socket| socket.spread_ms);
        let backoff = (BACKOFF_BASE_MS << self.failures.min(5)).min(BACKOFF_MAX_MS);
        self.failures = self.failures.saturating_add(1);
        let mut loss = Loss::Retrying;
        let (delay, hasty) = match CloseCode::verdict(code) {
            // Nobody here wanted it closed: had we, it would no longer be the live socket.
            Verdict::Done | Verdict::Backoff => (shell.up_to(backoff), true),
            Verdict::Spread => (shell.up_to(spread.unwrap_or(backoff)), false),
            Verdict::Soon => (shell.up_to(BACKOFF_BASE_MS), true),
            Verdict::Slow if self.slow_tries < SLOW_TRIES => {
                self.slow_tries += 1;
                (SLOW_FACTOR * shell.up_to(backoff), false)
            }
            Verdict::Once if self.oversizes == 0 => {
                self.oversizes += 1;
                loss = Loss::TooBig;
                (shell.up_to(backoff), true)
            }
            Verdict::Later => (LATER_MS + shell.up_to(LATER_MS), false),
            Verdict::Poll => (SWITCHED_OFF_MS + shell.up_to(LATER_MS), false),
            Verdict::Slow | Verdict::Once | Verdict::Stop => {
                let reason = stop_reason(code);
                self.state = State::Stopped(reason);
                return News::Lost(Loss::Stopped(reason));
            }
        };
        self.state = if !self.online && hasty {
            State::Offline
        } else {
            State::Retrying { at: now.saturating_add(delay), hasty }
        };
        News::Lost(loss)
    }

    fn socket(&self) -> Option<&Socket> {
        match &self.state {
            State::Opening { socket, .. } | State::Greeting { socket, .. } | State::Ready { socket, .. } => {
                Some(socket)
            }
            State::Idle | State::Retrying { .. } | State::Offline | State::Away | State::Stopped(_) => None,
        }
    }

    fn drop_socket(&self, code: CloseCode, shell: &mut Shell) {
        if let Some(socket) = self.socket() {
            shell.want(Effect::CloseSocket(socket.id, code.as_u16()));
        }
    }
}

/// Why a connection is not tried again after this code.
fn stop_reason(code: u16) -> StopReason {
    match CloseCode::from_u16(code) {
        Some(CloseCode::Expired) => StopReason::LoggedOut,
        Some(CloseCode::Forbidden) => StopReason::Forbidden,
        Some(CloseCode::UnknownSecret) => StopReason::Expired,
        Some(CloseCode::Replaced) => StopReason::Replaced,
        Some(CloseCode::Erased) => StopReason::Erased,
        _ => StopReason::Incompatible,
    }
}
