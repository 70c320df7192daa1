//! Attempts to log in that failed, and whether one more may be made.
//!
//! Every attempt counts as failed until it is known to have succeeded, so that many at once gain nothing.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::Moment;

/// How long a failure counts.
const MINUTE_MS: u64 = 60_000;

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

/// A count of failures that drains evenly within a minute.
#[derive(Debug)]
pub(super) struct Failures {
    per_minute: u64,
    /// When the last failure under a key will have drained away.
    drained: Mutex<HashMap<Key, Moment>>,
}

impl Attempt {
    fn keys(self) -> [Key; 3] {
        [Key::Both(self.network, self.name), Key::Network(self.network), Key::Name(self.name)]
    }
}

impl Failures {
    pub(super) fn new(per_minute: u32) -> Self {
        Self { per_minute: u64::from(per_minute.max(1)), drained: Mutex::default() }
    }

    /// Counts an attempt, or says how long to wait. Who is told to wait is not counted again for it.
    pub(super) fn admit(&self, now: Moment, attempt: Attempt) -> Result<(), Duration> {
        let mut drained = self.drained.lock().unwrap_or_else(PoisonError::into_inner);
        if drained.len() > KEPT {
            drained.retain(|_, until| *until > now);
        }
        let after = attempt.keys().map(|key| {
            let from = drained.get(&key).map_or(now, |until| (*until).max(now));
            (key, from.plus_ms(self.cost_ms(key)))
        });
        let full = now.plus_ms(MINUTE_MS);
        let wait = after.iter().map(|(_, until)| until.since(full)).max().unwrap_or_default();
        if wait.is_zero() {
            drained.extend(after);
            Ok(())
        } else {
            Err(wait)
        }
    }

    /// Takes back an attempt that did not fail.
    pub(super) fn forgive(&self, attempt: Attempt) {
        let mut drained = self.drained.lock().unwrap_or_else(PoisonError::into_inner);
        for key in attempt.keys() {
            if let Some(until) = drained.get_mut(&key) {
                *until = Moment(until.0.saturating_sub(self.cost_ms(key)));
            }
        }
    }

    /// Forgets whatever has drained.
    pub(super) fn forget_the_quiet(&self, now: Moment) {
        self.drained.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, until| *until > now);
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
    fn a_name_tried_from_everywhere_is_guarded_in_the_end() {
        let failures = Failures::new(2);
        let admitted = (0..100).filter(|n| failures.admit(NOW, attempt(*n, 1)).is_ok()).count();
        assert_eq!(admitted, 20);
        assert!(failures.admit(NOW, attempt(1, 2)).is_ok());
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
            failures.forgive(attempt(1, 1));
        }
    }

    #[test]
    fn what_has_drained_is_forgotten() {
        let failures = Failures::new(2);
        failures.admit(NOW, attempt(1, 1)).unwrap();
        failures.forget_the_quiet(NOW.plus_ms(MINUTE_MS));
        assert!(failures.drained.lock().unwrap().is_empty());
    }

    fn attempt(network: u8, name: u8) -> Attempt {
        Attempt { network: [network; 8], name: [name; 8] }
    }
}
