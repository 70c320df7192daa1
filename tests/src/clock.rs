//! A clock that goes like any other, and whose hands can be put forward: an evening passes while a test looks on.
//!
//! Everything that belongs to one helpline goes by the same clock: the server, peers and pages. Whoever waits for a
//! moment of it wakes when the hands have passed that moment, however they got there.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use tealight_server::{Clock, Moment};
use tokio::sync::watch;

/// A clock with hands. All copies of it show the same time.
#[derive(Clone, Debug)]
pub struct TurnedClock(Arc<Hands>);

#[derive(Debug)]
struct Hands {
    started: Instant,
    start: Moment,
    /// How far the hands were put forward since.
    ahead: watch::Sender<Duration>,
}

impl TurnedClock {
    /// A clock that shows this moment now.
    pub fn showing(start: Moment) -> Self {
        Self(Arc::new(Hands { started: Instant::now(), start, ahead: watch::Sender::default() }))
    }

    /// A clock that shows this time now, as in `2026-11-21T17:50[Europe/London]`.
    pub fn showing_civil(time: &str) -> Result<Self> {
        let time: jiff::Zoned = time.parse().with_context(|| format!("{time} is no time"))?;
        Ok(Self::showing(Moment::from(time.timestamp())))
    }

    /// Puts the hands forward.
    pub fn put_forward(&self, time: Duration) {
        self.0.ahead.send_modify(|ahead| *ahead += time);
    }

    /// How far it is from this to a moment that is to come; nothing once that has passed.
    pub fn until(&self, moment: Moment) -> Duration {
        moment.since(self.now())
    }

    /// How far it is ahead of the clock of this machine, in milliseconds; negative when that one is ahead.
    pub fn ahead_ms(&self) -> i64 {
        let machine = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let difference = i128::from(self.now().0) - i128::try_from(machine).unwrap_or_default();
        i64::try_from(difference).unwrap_or_default()
    }

    /// Returns once it shows this moment or a later one.
    pub async fn shows(&self, moment: Moment) {
        let mut ahead = self.0.ahead.subscribe();
        loop {
            let left = self.until(moment);
            if left.is_zero() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(left) => {}
                // The sender is part of this clock.
                _ = ahead.changed() => {}
            }
        }
    }
}

/// The time of this machine, until somebody puts it forward.
impl Default for TurnedClock {
    fn default() -> Self {
        Self::showing(tealight_server::SystemClock.now())
    }
}

impl Clock for TurnedClock {
    fn now(&self) -> Moment {
        self.0.start.plus(self.0.started.elapsed()).plus(*self.0.ahead.borrow())
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
    async fn whoever_waits_for_a_moment_wakes_when_the_hands_have_passed_it() -> Result<()> {
        let clock = TurnedClock::showing_civil("2026-11-21T17:50[UTC]")?;
        let evening = clock.now().plus(Duration::from_secs(3_600));
        let waiting = tokio::spawn({
            let clock = clock.clone();
            async move { clock.shows(evening).await }
        });
        for step in steps(Duration::from_secs(3_605)) {
            clock.put_forward(step);
        }
        tokio::time::timeout(Duration::from_secs(5), waiting).await??;
        assert!(clock.until(evening).is_zero());
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
