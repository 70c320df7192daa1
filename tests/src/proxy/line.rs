//! One connection through the proxy: two directions, each a reader, a queue and a writer.
//!
//! The reader stamps what it reads with the moment of its arrival. The writer waits for that moment, and then for
//! whatever the weather is by then.

use std::time::Duration;

use rand::Rng;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::{Cut, Direction, Door, Shared, Way, Weather};

/// How much is read at once.
const CHUNK_BYTES: usize = 16 * 1024;

/// How many of them wait in one direction before nothing more is read.
const CHUNKS: usize = 64;

/// How long the server may take to accept.
const CONNECTING: Duration = Duration::from_secs(5);

/// How long both sides have to hear of an orderly cut.
const PARTING: Duration = Duration::from_secs(1);

/// With a limit on bytes in a second, pieces for this share of a second pass at once.
const PIECES_PER_SECOND: u32 = 20;

/// Something on its way.
struct Parcel {
    due: Instant,
    what: What,
}

enum What {
    Bytes(Vec<u8>),
    /// The sender has closed its side.
    End,
    /// The sender has reset the connection.
    Broken,
}

/// How one direction came to its end.
enum Outcome {
    /// The end was passed on, or will never be.
    Finished,
    /// The whole connection is to be cut.
    Cut(Cut),
}

/// Carries one connection until it is over.
pub(super) async fn carry(mut client: TcpStream, number: u64, seed: u64, shared: &Shared) {
    let mut cut = shared.cut.subscribe();
    let mut ordered = std::pin::pin!(async move {
        match cut.wait_for(|(last, _)| *last >= number).await {
            Ok(cut) => cut.1,
            Err(_) => Cut::Reset,
        }
    });
    let mut rng = ChaCha20Rng::seed_from_u64(seed.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    tokio::select! {
        how = &mut ordered => {
            shared.tracked.cut();
            return part(client, None, how).await;
        }
        () = admitted(shared) => {}
    }
    // Not given up half-way: a server that has accepted already could not be told of a reset.
    let server = timeout(CONNECTING, TcpStream::connect(shared.upstream)).await;
    let Ok(Ok(mut server)) = server else { return part(client, None, Cut::Reset).await };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));

    let (up, down) = (rng.random(), rng.random());
    let how = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let both = async {
            let up = lane(Direction::Up, from_client, to_server, up, shared);
            let down = lane(Direction::Down, from_server, to_client, down, shared);
            tokio::pin!(up, down);
            // The first to finish leaves the other running: half a connection is one.
            let (first, is_up) = tokio::select! {
                outcome = &mut up => (outcome, true),
                outcome = &mut down => (outcome, false),
            };
            match first {
                Outcome::Cut(how) => Some(how),
                Outcome::Finished => match if is_up { down.await } else { up.await } {
                    Outcome::Cut(how) => Some(how),
                    Outcome::Finished => None,
                },
            }
        };
        tokio::select! {
            biased;
            how = &mut ordered => Some(how),
            how = both => how,
            () = struck(&mut rng, shared) => Some(Cut::Reset),
        }
    };
    if let Some(how) = how {
        shared.tracked.cut();
        part(client, Some(server), how).await;
    }
}

/// Returns when the door is open. Until then nothing is read: what the client says already stays with it, as with a
/// server that is too busy.
async fn admitted(shared: &Shared) {
    let mut weather = shared.weather.subscribe();
    if weather.borrow().door == Door::Stalled {
        shared.tracked.stalled();
        // Fails only when the proxy itself is gone, and then the connection is cut.
        let _ = weather.wait_for(|weather| weather.door != Door::Stalled).await;
    }
}

/// Returns when chance has it.
async fn struck(rng: &mut ChaCha20Rng, shared: &Shared) {
    loop {
        sleep(Duration::from_secs(1)).await;
        let chance = shared.weather.borrow().cut_per_second;
        if chance > 0.0 && rng.random_bool(chance) {
            return;
        }
    }
}

/// Lets go of both sides.
async fn part(client: TcpStream, server: Option<TcpStream>, how: Cut) {
    for mut side in [Some(client), server].into_iter().flatten() {
        match how {
            Cut::Reset => drop(side.set_zero_linger()),
            Cut::Orderly => {
                let _ = side.shutdown().await;
                // A socket that is dropped with bytes unread resets instead.
                let unread = async {
                    let mut rest = [0; 1024];
                    while side.read(&mut rest).await.is_ok_and(|read| read > 0) {}
                };
                let _ = timeout(PARTING, unread).await;
            }
        }
    }
}

/// Everything from one side to the other.
async fn lane(
    direction: Direction,
    from: ReadHalf<'_>,
    to: WriteHalf<'_>,
    seed: u64,
    shared: &Shared,
) -> Outcome {
    let (queue, parcels) = mpsc::channel(CHUNKS);
    let reading = read(from, queue, seed, shared);
    let writing =
        Writer { direction, weather: shared.weather.subscribe(), shared, has_lost: false, is_silent: false };
    let writing = writing.write(to, parcels);
    tokio::pin!(writing);
    tokio::select! {
        outcome = &mut writing => outcome,
        () = reading => writing.await,
    }
}

async fn read(mut from: ReadHalf<'_>, queue: mpsc::Sender<Parcel>, seed: u64, shared: &Shared) {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let mut last = Instant::now();
    loop {
        let mut chunk = vec![0; CHUNK_BYTES];
        let what = match from.read(&mut chunk).await {
            Ok(0) => What::End,
            Ok(read) => {
                chunk.truncate(read);
                chunk.shrink_to_fit();
                What::Bytes(chunk)
            }
            Err(_) => What::Broken,
        };
        let is_last = !matches!(what, What::Bytes(_));
        let weather = *shared.weather.borrow();
        last = last.max(Instant::now() + delay(&weather, &mut rng));
        if queue.send(Parcel { due: last, what }).await.is_err() || is_last {
            return;
        }
    }
}

fn delay(weather: &Weather, rng: &mut ChaCha20Rng) -> Duration {
    let most = weather.latency + weather.jitter;
    let least = weather.latency.saturating_sub(weather.jitter);
    if most == least { most } else { rng.random_range(least..=most) }
}

struct Writer<'a> {
    direction: Direction,
    weather: watch::Receiver<Weather>,
    shared: &'a Shared,
    /// Bytes of this direction are gone: nothing may follow them.
    has_lost: bool,
    /// Something was held back or lost here.
    is_silent: bool,
}

impl Writer<'_> {
    async fn write(mut self, mut to: WriteHalf<'_>, mut parcels: mpsc::Receiver<Parcel>) -> Outcome {
        while let Some(parcel) = parcels.recv().await {
            sleep_until(parcel.due).await;
            match parcel.what {
                What::Bytes(bytes) => {
                    if let Some(outcome) = self.pass(&bytes, &mut to).await {
                        return outcome;
                    }
                }
                What::End => {
                    let late = self.weather.borrow().slow_close;
                    sleep(late).await;
                    if self.is_open().await {
                        let _ = to.shutdown().await;
                    }
                }
                What::Broken => {
                    if self.is_open().await {
                        return Outcome::Cut(Cut::Reset);
                    }
                }
            }
        }
        Outcome::Finished
    }

    async fn pass(&mut self, mut bytes: &[u8], to: &mut WriteHalf<'_>) -> Option<Outcome> {
        while !bytes.is_empty() {
            let is_open = self.is_open().await;
            if !is_open {
                self.shared.tracked.swallowed(bytes.len());
                return None;
            }
            let narrow = self.weather.borrow().bytes_per_second;
            let piece = narrow.map_or(bytes.len(), |rate| (rate.div_ceil(PIECES_PER_SECOND)) as usize);
            let (passing, is_cut) = self.shared.allowed(self.direction, piece.min(bytes.len()));
            let (piece, rest) = bytes.split_at(passing);
            if to.write_all(piece).await.is_err() {
                // The other direction hears of it by itself, if it may.
                self.has_lost = true;
                continue;
            }
            self.shared.tracked.passed(self.direction, piece.len());
            if is_cut {
                return Some(Outcome::Cut(Cut::Reset));
            }
            if let Some(rate) = narrow {
                sleep(Duration::from_secs_f64(passing as f64 / f64::from(rate))).await;
            }
            bytes = rest;
        }
        None
    }

    /// Waits for as long as bytes are held back. False: they are gone.
    async fn is_open(&mut self) -> bool {
        if self.has_lost {
            return false;
        }
        let (direction, shared) = (self.direction, self.shared);
        let way = move |weather: &Weather| match direction {
            Direction::Up => weather.up,
            Direction::Down => weather.down,
        };
        if way(&self.weather.borrow_and_update()) != Way::Open
            && !std::mem::replace(&mut self.is_silent, true)
        {
            shared.tracked.silenced();
        }
        match self.weather.wait_for(|weather| way(weather) != Way::Held).await {
            Ok(weather) => self.has_lost = way(&weather) == Way::Swallowed,
            Err(_) => self.has_lost = true,
        }
        !self.has_lost
    }
}
