//! A rehearsal: made-up visitors and volunteers as real protocol clients, so that one person alone sees a living
//! waiting room. It is no load test: everybody takes their time, as people do.

mod lines;
mod visitor;
mod volunteer;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::task::JoinSet;

/// What a rehearsal is made with.
#[derive(Clone)]
pub struct Config {
    /// Address of the socket, `ws://…/v1/ws`.
    pub socket: String,
    /// Address to log in at, `http://…/v1/operator/login`.
    pub login: String,
    /// How many visitors are about at any time.
    pub visitors: usize,
    /// Name and password of each volunteer.
    pub operators: Vec<(String, String)>,
    /// The same seed makes the same people.
    pub seed: u64,
    /// How long everything takes, in hundredths of what people take.
    pub pace_percent: u32,
}

/// Never shows a password.
impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("socket", &self.socket)
            .field("visitors", &self.visitors)
            .field("operators", &self.operators.len())
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

/// What has happened so far.
#[derive(Debug, Default)]
pub struct Tally {
    joined: AtomicU64,
    left: AtomicU64,
    met: AtomicU64,
    said: AtomicU64,
    ended: AtomicU64,
    answered: AtomicU64,
}

/// A look at the tally.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Visitors who joined the waiting room.
    pub joined: u64,
    /// Visitors who left it before their turn.
    pub left: u64,
    /// Visitors who met a volunteer.
    pub met: u64,
    /// Messages, from both sides.
    pub said: u64,
    /// Chats that ended.
    pub ended: u64,
    /// Surveys that were answered.
    pub answered: u64,
}

impl Tally {
    /// How things stand.
    pub fn count(&self) -> Count {
        let read = |number: &AtomicU64| number.load(Ordering::Relaxed);
        Count {
            joined: read(&self.joined),
            left: read(&self.left),
            met: read(&self.met),
            said: read(&self.said),
            ended: read(&self.ended),
            answered: read(&self.answered),
        }
    }
}

/// One more of something.
fn one_more(number: &AtomicU64) {
    number.fetch_add(1, Ordering::Relaxed);
}

/// Has everybody come and go until this future is dropped, or until somebody cannot go on.
pub async fn run(config: Config, tally: Arc<Tally>) -> Result<()> {
    let mut people = JoinSet::new();
    let tokens = log_in_all(&config).await?;
    for (number, token) in tokens.into_iter().enumerate() {
        let one = Person::new(&config, &tally, 1_000 + number as u64);
        people.spawn(volunteer::live(one, token));
    }
    for number in 0..config.visitors {
        let one = Person::new(&config, &tally, number as u64);
        people.spawn(visitor::live(one));
    }
    while let Some(finished) = people.join_next().await {
        finished??;
    }
    Ok(())
}

/// The tokens of all volunteers.
async fn log_in_all(config: &Config) -> Result<Vec<String>> {
    let mut tokens = Vec::new();
    for (name, password) in &config.operators {
        tokens.push(volunteer::log_in(&config.login, name, password).await?);
    }
    Ok(tokens)
}

/// What every made-up person has.
struct Person {
    socket: String,
    tally: Arc<Tally>,
    dice: StdRng,
    pace_percent: u32,
}

impl Person {
    fn new(config: &Config, tally: &Arc<Tally>, number: u64) -> Self {
        Self {
            socket: config.socket.clone(),
            tally: tally.clone(),
            dice: StdRng::seed_from_u64(config.seed.wrapping_mul(31).wrapping_add(number)),
            pace_percent: config.pace_percent,
        }
    }

    /// A while between so many seconds, at this rehearsal's pace.
    fn while_of(&mut self, seconds: std::ops::Range<f64>) -> Duration {
        let seconds = self.dice.random_range(seconds) * f64::from(self.pace_percent) / 100.0;
        Duration::from_secs_f64(seconds)
    }

    /// Lets a while pass.
    async fn rest(&mut self, seconds: std::ops::Range<f64>) {
        tokio::time::sleep(self.while_of(seconds)).await;
    }

    /// Whether something happens that happens so often in a hundred.
    fn happens(&mut self, percent: u32) -> bool {
        self.dice.random_range(0..100) < percent
    }

    /// One of several.
    fn pick<T: Copy>(&mut self, several: &[T]) -> T {
        several[self.dice.random_range(0..several.len())]
    }

    /// 0, 1 or 2.
    fn dice_of_three(&mut self) -> u32 {
        self.dice.random_range(0..3)
    }

    /// How long typing these words takes, in seconds.
    fn typing_time(&mut self, words: &str) -> std::ops::Range<f64> {
        let letters = words.chars().count() as f64;
        let quick = 1.0 + letters * 0.06;
        quick..quick * 2.0
    }
}
