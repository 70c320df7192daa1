//! Attempts to log in that failed, and whether one more may be made.
//!
//! Every attempt counts as failed until it is known to have succeeded, so that many at once gain nothing. Two things
//! hold somebody up: a bucket that drains within a minute, and, for one name from one network, a wait that doubles
//! with every failure too many. Whoever logged in from a network lately is held up only by what comes from there, so
//! that nobody elsewhere can lock a volunteer out by trying their name.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::Moment;

/// How long a failure counts.
const MINUTE_MS: u64 = 60_000;

/// The first wait after more failures than a minute allows, and the longest.
const FIRST_WAIT_MS: u64 = 30_000;
const LONGEST_WAIT_MS: u64 = 15 * MINUTE_MS;

/// After how long without another failure they are forgotten, and with them how long the next wait would be.
const FORGOTTEN_MS: u64 = 60 * MINUTE_MS;

/// How long it is known that a name was logged in from a network.
const KNOWN_MS: u64 = 24 * 60 * MINUTE_MS;

/// How many times more failures a whole network, or a name over all networks, may have: enough for an office
/// full of volunteers, and for one whose name a stranger keeps trying from elsewhere.
const WIDER: u64 = 10;

/// How many different keys are counted before the quiet ones are forgotten.
const KEPT: usize = 10_000;

/// Eight bytes that stand for a network or a name.
type Short = [u8; 8];

/// Who tries, as whom.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    /// The network, unrecognisable.
    pub(super) network: Short,
    /// The name, unrecognisable.
    pub(super) name: Short,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key {
    /// One name from one network: the tight limit.
    Both(Short, Short),
    /// Any name from one network.
    Network(Short),
    /// One name from anywhere.
    Name(Short),
}

/// What is known of the failures under a key.
#[derive(Clone, Copy, Debug, Default)]
struct Record {
    /// When the last of them will have drained away.
    drained: Moment,
    /// How many there were, without a success or a long silence between.
    failures: u32,
    /// Until when nothing more is taken.
    closed_until: Moment,
    /// Until when they are remembered.
    forgotten_at: Moment,
    /// Until when it is known that the name was logged in from the network.
    known_until: Moment,
}

/// Failures by key.
#[derive(Debug)]
pub(super) struct Failures {
    per_minute: u64,
    records: Mutex<HashMap<Key, Record>>,
}

impl Attempt {
    fn both(self) -> Key {
        Key::Both(self.network, self.name)
    }

    fn keys(self) -> [Key; 3] {
        [self.both(), Key::Network(self.network), Key::Name(self.name)]
    }
}

impl Record {
    fn is_over(&self, now: Moment) -> bool {
        !self.holds_up(now) && self.forgotten_at <= now && self.known_until <= now
    }

    fn holds_up(&self, now: Moment) -> bool {
        self.drained > now || self.closed_until > now
    }
}

impl Failures {
    pub(super) fn new(per_minute: u32) -> Self {
        Self { per_minute: u64::from(per_minute.max(1)), records: Mutex::default() }
    }

    /// Counts an attempt, or says how long to wait. Who is told to wait is not counted again for it.
    pub(super) fn admit(&self, now: Moment, attempt: Attempt) -> Result<(), Duration> {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        if records.len() > KEPT {
            records.retain(|_, record| !record.is_over(now));
        }
        if records.len() > KEPT {
            // Whoever tries so many names that this happens is slowed down by their network's limit.
            records.retain(|_, record| record.holds_up(now) || record.known_until > now);
        }
        let known = |key| records.get(&key).copied().unwrap_or_default();
        let is_known_here = known(attempt.both()).known_until > now;
        let full = now.plus_ms(MINUTE_MS);
        let mut after = Vec::with_capacity(3);
        let mut wait = Duration::ZERO;
        for key in attempt.keys() {
            if is_known_here && matches!(key, Key::Name(_)) {
                continue;
            }
            let record = known(key);
            let drained = record.drained.max(now).plus_ms(self.cost_ms(key));
            wait = wait.max(drained.since(full)).max(record.closed_until.since(now));
            after.push((key, Record { drained, ..record }));
        }
        if !wait.is_zero() {
            return Err(wait);
        }
        for (key, mut record) in after {
            if key == attempt.both() {
                self.count(now, &mut record);
            }
            records.insert(key, record);
        }
        Ok(())
    }

    /// One more failure of a name from a network. Beyond what a minute allows, each closes the door for twice as long
    /// as the one before.
    fn count(&self, now: Moment, record: &mut Record) {
        if record.forgotten_at <= now {
            record.failures = 0;
        }
        record.failures = record.failures.saturating_add(1);
        record.forgotten_at = now.plus_ms(FORGOTTEN_MS);
        let allowed = u32::try_from(self.per_minute).unwrap_or(u32::MAX);
        if let Some(beyond) = record.failures.checked_sub(allowed).filter(|beyond| *beyond > 0) {
            let doubled = FIRST_WAIT_MS.checked_shl(beyond.min(16)).unwrap_or(LONGEST_WAIT_MS);
            record.closed_until = now.plus_ms(doubled.min(LONGEST_WAIT_MS));
        }
    }

    /// Takes back an attempt that did not fail, because nobody could say whether it was right.
    pub(super) fn take_back(&self, attempt: Attempt) {
        self.forgive(attempt, |record| record.failures = record.failures.saturating_sub(1));
    }

    /// An attempt was right: what failed before is forgotten, and this network is one the name is known from.
    pub(super) fn succeeded(&self, now: Moment, attempt: Attempt) {
        self.forgive(attempt, |record| {
            record.failures = 0;
            record.known_until = now.plus_ms(KNOWN_MS);
        });
    }

    fn forgive(&self, attempt: Attempt, of_both: impl FnOnce(&mut Record)) {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        for key in attempt.keys() {
            if let Some(record) = records.get_mut(&key) {
                record.drained = Moment(record.drained.0.saturating_sub(self.cost_ms(key)));
            }
        }
        if let Some(record) = records.get_mut(&attempt.both()) {
            record.closed_until = Moment(0);
            of_both(record);
        }
    }

    /// Forgets whatever is over.
    pub(super) fn forget_the_quiet(&self, now: Moment) {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, record| !record.is_over(now));
    }

    fn cost_ms(&self, key: Key) -> u64 {
        let wider = match key {
            Key::Both(..) => 1,
            Key::Network(_) | Key::Name(_) => WIDER,
        };
        MINUTE_MS / (self.per_minute * wider)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment(1_000_000);

    #[test]
    fn a_stranger_elsewhere_locks_nobody_out() {
        let failures = Failures::new(2);
        assert!(failures.admit(NOW, attempt(1, 1)).is_ok());
        assert!(failures.admit(NOW, attempt(1, 1)).is_ok());
        assert_eq!(failures.admit(NOW, attempt(1, 1)), Err(Duration::from_secs(30)));
        assert!(failures.admit(NOW, attempt(2, 1)).is_ok(), "the same name from another network");
        assert!(failures.admit(NOW, attempt(1, 2)).is_ok(), "another name from the same network");
        assert!(failures.admit(NOW.plus_ms(30_000), attempt(1, 1)).is_ok(), "half has drained");
    }

    #[test]
    fn each_failure_too_many_makes_the_next_wait_longer_and_never_longer_than_a_quarter_of_an_hour() {
        let failures = Failures::new(2);
        let mut now = NOW;
        let mut waits = Vec::new();
        for _ in 0..9 {
            while let Err(wait) = failures.admit(now, attempt(1, 1)) {
                waits.push(wait.as_secs());
                now = now.plus(wait);
            }
        }
        assert_eq!(waits, [30, 60, 120, 240, 480, 900, 900]);
        let volunteer = failures.admit(now, attempt(2, 1));
        assert!(volunteer.is_ok(), "only that network waits");
    }

    #[test]
    fn a_success_or_an_hour_of_silence_ends_the_growing() {
        for quiet in [false, true] {
            let failures = Failures::new(1);
            let mut now = NOW;
            for _ in 0..4 {
                while let Err(wait) = failures.admit(now, attempt(1, 1)) {
                    now = now.plus(wait);
                }
            }
            if quiet {
                now = now.plus_ms(FORGOTTEN_MS);
            } else {
                failures.succeeded(now, attempt(1, 1));
                now = now.plus_ms(MINUTE_MS);
            }
            assert!(failures.admit(now, attempt(1, 1)).is_ok());
            assert_eq!(failures.admit(now, attempt(1, 1)), Err(Duration::from_secs(60)), "as at first");
        }
    }

    #[test]
    fn a_name_tried_from_everywhere_is_guarded_but_not_where_it_is_at_home() {
        let failures = Failures::new(2);
        failures.admit(NOW, attempt(200, 1)).unwrap();
        failures.succeeded(NOW, attempt(200, 1));
        let admitted = (0..100).filter(|n| failures.admit(NOW, attempt(*n, 1)).is_ok()).count();
        assert_eq!(admitted, 20);
        assert!(failures.admit(NOW, attempt(1, 2)).is_ok());
        assert!(failures.admit(NOW, attempt(200, 1)).is_ok(), "where the volunteer was today");
        assert!(failures.admit(NOW, attempt(200, 1)).is_ok());
        assert!(failures.admit(NOW, attempt(200, 1)).is_err(), "that network has its own limit all the same");
    }

    #[test]
    fn a_network_that_tries_every_name_is_slowed_down() {
        let failures = Failures::new(2);
        let admitted = (0..100).filter(|n| failures.admit(NOW, attempt(1, *n)).is_ok()).count();
        assert_eq!(admitted, 20);
        assert!(failures.admit(NOW, attempt(2, 1)).is_ok());
    }

    #[test]
    fn a_success_costs_nothing() {
        let failures = Failures::new(2);
        for _ in 0..100 {
            failures.admit(NOW, attempt(1, 1)).unwrap();
            failures.succeeded(NOW, attempt(1, 1));
            failures.admit(NOW, attempt(1, 2)).unwrap();
            failures.take_back(attempt(1, 2));
        }
    }

    #[test]
    fn what_is_over_is_forgotten() {
        let failures = Failures::new(2);
        failures.admit(NOW, attempt(1, 1)).unwrap();
        failures.forget_the_quiet(NOW.plus_ms(MINUTE_MS));
        assert_eq!(
            failures.records.lock().unwrap().len(),
            1,
            "how long the next wait would be is still known"
        );
        failures.forget_the_quiet(NOW.plus_ms(FORGOTTEN_MS));
        assert!(failures.records.lock().unwrap().is_empty());
    }

    fn attempt(network: u8, name: u8) -> Attempt {
        Attempt { network: [network; 8], name: [name; 8] }
    }
}
