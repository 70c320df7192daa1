//! A clock that goes like any other, and whose hands can be put forward: an evening passes while a test looks on.
//!
//! Everything that belongs to one helpline goes by the same clock: the server, peers and pages. When the hands are put
//! forward, everybody who follows does what is due by then, each thing at its own time, before they are moved again:
//! a device that found itself half a minute later would think that it had slept.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use tealight_server::{Clock, Moment};
use tokio::sync::watch;

/// A clock with hands. All copies of it show the same time.
#[derive(Clone, Debug)]
pub struct TurnedClock(Arc<Hands>);

#[derive(Debug)]
struct Hands {
    started: Instant,
    start: Moment,
    turns: watch::Sender<Turn>,
    /// The last turn that each of them has seen.
    followers: Mutex<Vec<Weak<AtomicU64>>>,
}

/// How often the hands were put forward, and how far in all.
#[derive(Clone, Copy, Debug, Default)]
struct Turn {
    number: u64,
    ahead: Duration,
}

impl TurnedClock {
    /// A clock that shows this moment now.
    pub fn showing(start: Moment) -> Self {
        let (started, turns, followers) = (Instant::now(), watch::Sender::default(), Mutex::default());
        Self(Arc::new(Hands { started, start, turns, followers }))
    }

    /// A clock that shows this time now, as in `2026-11-21T17:50[Europe/London]`.
    pub fn showing_civil(time: &str) -> Result<Self> {
        let time: jiff::Zoned = time.parse().with_context(|| format!("{time} is no time"))?;
        Ok(Self::showing(Moment::from(time.timestamp())))
    }

    /// Puts the hands forward.
    pub fn put_forward(&self, time: Duration) {
        self.0.turns.send_modify(|turn| {
            turn.number += 1;
            turn.ahead += time;
        });
    }

    /// How far it is ahead of the clock of this machine, in milliseconds; negative when that one is ahead.
    pub fn ahead_ms(&self) -> i64 {
        let machine = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let difference = i128::from(self.now().0) - i128::try_from(machine).unwrap_or_default();
        i64::try_from(difference).unwrap_or_default()
    }

    /// Somebody who goes by this clock from now on, until it is dropped.
    pub fn follow(&self) -> Follower {
        let turns = self.0.turns.subscribe();
        let seen = Arc::new(AtomicU64::new(turns.borrow().number));
        self.followers().push(Arc::downgrade(&seen));
        Follower { clock: self.clone(), turns, seen }
    }

    /// Waits until all who follow have done what was due when the hands were last put forward.
    pub async fn is_followed(&self) -> Result<()> {
        const PATIENCE: Duration = Duration::from_secs(20);
        let (number, began) = (self.0.turns.borrow().number, Instant::now());
        loop {
            self.followers().retain(|seen| seen.strong_count() > 0);
            let is_behind = |seen: u64| seen < number;
            let behind = self
                .followers()
                .iter()
                .filter_map(Weak::upgrade)
                .any(|seen| is_behind(seen.load(Ordering::Acquire)));
            if !behind {
                return Ok(());
            }
            ensure!(began.elapsed() < PATIENCE, "somebody does not follow the clock");
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
    }

    fn followers(&self) -> std::sync::MutexGuard<'_, Vec<Weak<AtomicU64>>> {
        self.0.followers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who goes by a clock.
#[derive(Debug)]
pub struct Follower {
    clock: TurnedClock,
    turns: watch::Receiver<Turn>,
    seen: Arc<AtomicU64>,
}

impl Follower {
    /// Looks at the hands. What is due by then is done before [`Follower::has_done`] is told of this look.
    pub fn look(&mut self) -> Look {
        let turn = self.turns.borrow_and_update().number;
        Look { turn, now: self.clock.now() }
    }

    /// Everything that was due at that look is done.
    pub fn has_done(&self, look: Look) {
        self.seen.store(look.turn, Ordering::Release);
    }

    /// Returns when the clock shows this moment, or when its hands were put forward since the last look.
    pub async fn shows(&mut self, moment: Option<Moment>) {
        let reached = async {
            match moment {
                Some(moment) => tokio::time::sleep(moment.since(self.clock.now())).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = reached => {}
            // The sender is part of the clock.
            _ = self.turns.changed() => {}
        }
    }
}

/// One look at the clock.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    turn: u64,
    /// What it showed.
    pub now: Moment,
}

/// The time of this machine, until somebody puts it forward.
impl Default for TurnedClock {
    fn default() -> Self {
        Self::showing(tealight_server::SystemClock.now())
    }
}

impl Clock for TurnedClock {
    fn now(&self) -> Moment {
        self.0.start.plus(self.0.started.elapsed()).plus(self.0.turns.borrow().ahead)
    }
}

/// A while in steps so small that nobody is taken for dead in one: whoever is silent is asked every 25 s.
pub fn steps(time: Duration) -> impl Iterator<Item = Duration> {
    const STEP: Duration = Duration::from_secs(10);
    let mut left = time;
    std::iter::from_fn(move || {
        let step = left.min(STEP);
        left -= step;
        (!step.is_zero()).then_some(step)
    })
}

#[cfg(test)]
mod tests {
    use tealight_protocol::{Availability, Route};
    use tealight_session::{Connection, operator, visitor};

    use super::*;
    use crate::peer::{Operator, Visitor};
    use crate::server::{Settings, TestServer};

    #[tokio::test]
    async fn whoever_follows_has_seen_every_turn_before_the_next() -> Result<()> {
        let clock = TurnedClock::showing_civil("2026-11-21T17:50[UTC]")?;
        let (evening, mut follower) = (clock.now().plus(Duration::from_secs(3_600)), clock.follow());
        let waiting = tokio::spawn(async move {
            let mut looks = 0;
            loop {
                let look = follower.look();
                looks += 1;
                follower.has_done(look);
                if look.now >= evening {
                    return looks;
                }
                follower.shows(Some(evening)).await;
            }
        });
        for step in steps(Duration::from_secs(3_605)) {
            clock.put_forward(step);
            clock.is_followed().await?;
        }
        let looks = tokio::time::timeout(Duration::from_secs(5), waiting).await??;
        assert!(looks >= 360, "only {looks} of the turns were seen");
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn in_three_hours_of_the_clock_nobody_who_answers_is_thrown_out() -> Result<()> {
        let clock = TurnedClock::showing_civil("2026-11-21T17:50[UTC]")?;
        let settings =
            Settings { clock: Some(clock.clone()), prior_mean_minutes: Some(10.0), ..Settings::default() };
        let server = TestServer::with(settings).await?;
        let volunteer = Operator::arrive_by(clock.clone(), &server.socket(), server.log_in().await?)?;
        volunteer.wants(operator::Command::Open);
        let (status, capacity) = (Availability::Accepting, 1);
        volunteer.wants(operator::Command::Avail { status, capacity, last_chat: false });
        let mut visitors = Vec::new();
        for _ in 0..6 {
            let visitor = Visitor::arrive_by(clock.clone(), &server.socket())?;
            visitor.wants(visitor::Command::Open);
            visitor.wants(visitor::Command::Join { area: None, route: Route::Standard });
            visitor.sees(|view| matches!(view.phase, visitor::Phase::Waiting(_)).then_some(())).await?;
            visitors.push(visitor);
        }

        let (began, before) = (Instant::now(), clock.now());
        let counts = server.is_in_step(0).await?;
        server.advance(Duration::from_secs(3 * 3_600)).await?;
        assert!(clock.now().since(before) >= Duration::from_secs(3 * 3_600));
        assert!(began.elapsed() < Duration::from_secs(60), "an hour takes some seconds");
        let after = server.is_in_step(0).await?;
        assert_eq!((after.sockets, after.violations), (counts.sockets, counts.violations));
        assert_eq!((after.waiting, after.operators), (6, 1));
        for visitor in visitors {
            assert_eq!(visitor.view().connection, Connection::Ready);
        }
        Ok(())
    }
}
