//! A TCP proxy that makes bad weather when a test says so: slow, narrow, cut anywhere, or silent.
//!
//! A browser's "offline" switch leaves open sockets alone; this does not. It knows bytes and directions, and nothing
//! of what they mean. What a test needs to know of the meaning it gets by holding one direction back: with
//! [`Way::Held`] downwards, a server commits and its answer stays on the way.
//!
//! Everything in it is bounded: how many connections it carries, how many bytes wait in it, how long it delays.

mod counters;
mod line;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use rand::RngCore;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use counters::Counters;
use counters::Tracked;

/// Names the seed of a run that is to be had again.
const SEED: &str = "TEALIGHT_SEED";

/// More connections than this at a time are cut as they come.
const CONNECTIONS: usize = 512;

/// The longest that anything is delayed.
const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// How long a closed door may need to open again at the same address.
const REOPENING: Duration = Duration::from_secs(5);

/// Where bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the client to the server.
    Up,
    /// From the server to the client.
    Down,
}

/// What becomes of bytes in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// They arrive.
    #[default]
    Open,
    /// They wait, and arrive when the way is open again: a tunnel.
    Held,
    /// They are gone, and the socket stays open: a peer that vanished. A connection that lost bytes never carries
    /// any again in that direction, for TCP has no gaps; new connections are whole.
    Swallowed,
}

/// What happens to whoever wants a new connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Door {
    /// They get one.
    #[default]
    Open,
    /// They are accepted, and nothing more, until the door is open.
    Stalled,
    /// Nobody listens.
    Closed,
}

/// How a connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Both sides are told to forget it at once (RST).
    Reset,
    /// Both sides are told that nothing more comes (FIN).
    Orderly,
}

/// The weather. The default is a fine day.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Weather {
    /// How long bytes are on the way, in each direction.
    pub latency: Duration,
    /// By how much that varies, either way. Bytes of one connection never overtake each other.
    pub jitter: Duration,
    /// How many bytes a connection carries in a second, in each direction; none: as many as come.
    pub bytes_per_second: Option<u32>,
    /// From client to server.
    pub up: Way,
    /// From server to client.
    pub down: Way,
    /// The share of connections that is cut in each second, from 0 to 1.
    pub cut_per_second: f64,
    /// New connections.
    pub door: Door,
    /// How much later than the last byte the other side hears that a connection is closed.
    pub slow_close: Duration,
}

/// A running proxy. Dropping it ends it and every connection through it.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    seed: u64,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

/// What all connections have in common.
#[derive(Debug)]
struct Shared {
    upstream: SocketAddr,
    weather: watch::Sender<Weather>,
    /// The last cut: how, and the newest connection that it cuts.
    cut: watch::Sender<(u64, Cut)>,
    /// The connections that are open.
    open: watch::Sender<BTreeSet<u64>>,
    /// How many bytes may still pass before a connection is cut: up and down.
    cut_after: Mutex<[Option<u64>; 2]>,
    tracked: Tracked,
}

impl Proxy {
    /// Listens on a port of its own choice, in fine weather. Its random numbers follow from `TEALIGHT_SEED` if that
    /// is set; a test that fails prints the seed it had.
    pub async fn start(upstream: SocketAddr) -> Result<Self> {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), upstream).await
    }

    /// The same at an address of the caller's choice.
    pub async fn start_at(address: SocketAddr, upstream: SocketAddr) -> Result<Self> {
        let seed = std::env::var(SEED).ok().and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or_else(|| rand::rng().next_u64());
        #[expect(clippy::print_stderr, reason = "shown with a test that fails, and with no other")]
        {
            eprintln!("the weather follows {SEED}={seed}");
        }
        let listener = TcpListener::bind(address).await.context("the proxy's address")?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            upstream,
            weather: watch::Sender::new(Weather::default()),
            cut: watch::Sender::new((0, Cut::Reset)),
            open: watch::Sender::new(BTreeSet::new()),
            cut_after: Mutex::default(),
            tracked: Tracked::default(),
        });
        let task = tokio::spawn(accept(listener, address, seed, shared.clone()));
        Ok(Self { address, seed, shared, task })
    }

    /// Where clients come to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What its random numbers follow from.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Changes the weather, for the connections there are and for those to come.
    pub fn set(&self, weather: Weather) {
        let within = |delay: Duration| delay.min(LONGEST_DELAY);
        let weather = Weather {
            latency: within(weather.latency),
            jitter: within(weather.jitter),
            bytes_per_second: weather.bytes_per_second.map(|bytes| bytes.max(1)),
            cut_per_second: weather.cut_per_second.clamp(0.0, 1.0),
            slow_close: within(weather.slow_close),
            ..weather
        };
        if weather.door == Door::Closed && self.shared.weather.borrow().door != Door::Closed {
            self.shared.tracked.refused();
        }
        self.shared.weather.send_replace(weather);
    }

    /// A fine day again.
    pub fn clear(&self) {
        self.set(Weather::default());
    }

    /// Cuts every connection there is, and returns how many there were, once they are gone.
    pub async fn cut(&self, how: Cut) -> Result<usize> {
        let open = self.shared.open.borrow().clone();
        let Some(&last) = open.last() else { return Ok(0) };
        self.shared.cut.send_replace((last, how));
        let mut still = self.shared.open.subscribe();
        let gone = still.wait_for(|open| open.first().is_none_or(|&first| first > last));
        tokio::time::timeout(LONGEST_DELAY, gone).await.context("connections that are to be cut")??;
        Ok(open.len())
    }

    /// Lets exactly so many more bytes pass in one direction; whichever connection carries the last of them is cut
    /// (RST) after it. Happens once.
    pub fn cut_after(&self, direction: Direction, bytes: u64) {
        self.shared.cut_after()[direction as usize] = Some(bytes);
    }

    /// Waits until so many connections were cut since the beginning.
    pub async fn has_cut(&self, cuts: u64) -> Result<()> {
        crate::eventually("a cut", async || Ok((self.counters().cuts >= cuts).then_some(()))).await
    }

    /// What it did so far.
    pub fn counters(&self) -> Counters {
        self.shared.tracked.counters(self.shared.open.borrow().len())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
        self.shared.cut.send_replace((u64::MAX, Cut::Reset));
    }
}

impl Shared {
    fn cut_after(&self) -> std::sync::MutexGuard<'_, [Option<u64>; 2]> {
        self.cut_after.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Of so many bytes, how many may pass, and whether the connection is cut then.
    fn allowed(&self, direction: Direction, bytes: usize) -> (usize, bool) {
        let mut all = self.cut_after();
        let slot = &mut all[direction as usize];
        let Some(left) = *slot else { return (bytes, false) };
        let passing = usize::try_from(left).unwrap_or(usize::MAX).min(bytes);
        let rest = left.saturating_sub(bytes as u64);
        *slot = (rest > 0).then_some(rest);
        (passing, rest == 0)
    }
}

/// Takes connections, and listens only while the door is not closed.
async fn accept(listener: TcpListener, address: SocketAddr, seed: u64, shared: Arc<Shared>) {
    let mut weather = shared.weather.subscribe();
    let mut listener = Some(listener);
    let mut number = 0;
    loop {
        let is_closed = weather.borrow_and_update().door == Door::Closed;
        if is_closed {
            listener = None;
        } else if listener.is_none() {
            listener = reopened(address).await;
        }
        let accepted = async {
            match &listener {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = weather.changed() => if changed.is_err() { return },
            Ok((client, _)) = accepted => {
                number += 1;
                take(client, number, seed, shared.clone());
            }
        }
    }
}

/// The same address again. Another socket may stand in the way for a moment.
async fn reopened(address: SocketAddr) -> Option<TcpListener> {
    let until = tokio::time::Instant::now() + REOPENING;
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => return Some(listener),
            Err(_) if tokio::time::Instant::now() < until => {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            Err(_) => return None,
        }
    }
}

fn take(client: TcpStream, number: u64, seed: u64, shared: Arc<Shared>) {
    let is_room = shared.open.borrow().len() < CONNECTIONS;
    if !is_room || shared.weather.borrow().door == Door::Closed {
        let _ = client.set_zero_linger();
        return;
    }
    shared.tracked.connected();
    shared.open.send_if_modified(|open| open.insert(number));
    tokio::spawn(async move {
        line::carry(client, number, seed, &shared).await;
        shared.open.send_if_modified(|open| open.remove(&number));
    });
}
