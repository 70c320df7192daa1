//! How long the waiting room takes: a range, or an honest "we cannot say". Pure: no clock, no chance, no store.
//!
//! [`estimate`] answers for every place at once, from one picture of the waiting room. It uses QLm, the
//! queue-length rule for M/M/s+M: with `s` slots at rate `μ` and people leaving at rate `θ` each, whoever has
//! `n` people ahead waits for a chain of `n + 1` exponential steps with rates `sμ + iθ` (Whitt, "Improving
//! service by informing customers about anticipated delays", Management Science 45, 1999; Ibrahim and Whitt,
//! "Real-time delay estimation based on delay history", M&SOM 11, 2009). Its quantiles are read from the
//! gamma distribution of the same mean and variance.

mod ladder;
mod qlm;

pub use ladder::{LADDER_MINUTES, quote};
pub use qlm::{Delay, delay};

use std::time::Duration;

use tealight_protocol::Wait;

/// How many measured conversations it takes to speak without a prior.
pub const ENOUGH_HANDLING_TIMES: usize = 30;

/// People who wait leave after this long on average, until the helpline's own numbers say otherwise. An
/// assumption, and a weak one: it weighs as much as [`PATIENCE_WEIGHT_MINUTES`] of one person's waiting.
pub const MEAN_PATIENCE: Minutes = Minutes(60.0);

/// How much waiting the assumption on patience is worth, in person-minutes.
pub const PATIENCE_WEIGHT_MINUTES: f64 = 10.0;

/// How long an operator with a free slot takes to pick up the next visitor, on average. An assumption.
pub const MEAN_PICK_UP: Minutes = Minutes(0.5);

/// A length of time in minutes.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Minutes(pub f64);

impl From<Duration> for Minutes {
    fn from(time: Duration) -> Self {
        Self(time.as_secs_f64() / 60.0)
    }
}

/// The waiting room and the people in it, at one moment.
#[derive(Clone, Debug)]
pub struct Picture<'a> {
    /// Whether the helpline is open.
    pub open: bool,
    /// How many conversations the accepting operators can hold at once.
    pub slots: u32,
    /// How many of these slots are free.
    pub free: u32,
    /// How many people wait.
    pub waiting: u32,
    /// Lengths of the last conversations.
    pub handling: &'a [Minutes],
    /// What a conversation takes while few have been measured, if the helpline says so.
    pub prior_mean: Option<Minutes>,
    /// How people waited lately.
    pub patience: Patience,
}

/// What is known about leaving: how many left, and how long everybody waited.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Patience {
    /// People who left before anybody came.
    pub left: u32,
    /// Waiting of everybody, those who were met included, in person-minutes.
    pub exposure: f64,
}

impl Patience {
    /// Leaving per waiting person and minute.
    pub fn rate(self) -> f64 {
        let prior = PATIENCE_WEIGHT_MINUTES / MEAN_PATIENCE.0;
        let exposure = if self.exposure.is_finite() { self.exposure.max(0.0) } else { 0.0 };
        (f64::from(self.left) + prior) / (exposure + PATIENCE_WEIGHT_MINUTES)
    }
}

/// An estimate for every place: of those who wait, and of whoever would join behind them.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimates {
    places: Vec<Wait>,
}

impl Estimates {
    /// For a place from 1. A place behind the last is that of a newcomer.
    pub fn for_place(&self, place: u32) -> Wait {
        let index = (place.max(1) as usize - 1).min(self.places.len().saturating_sub(1));
        self.places.get(index).copied().unwrap_or(Wait::Unknown)
    }

    /// For somebody who joined now.
    pub fn for_newcomer(&self) -> Wait {
        self.places.last().copied().unwrap_or(Wait::Unknown)
    }
}

/// Estimates from a picture.
pub fn estimate(picture: &Picture<'_>) -> Estimates {
    let places = 0..=picture.waiting;
    let all = |wait: Wait| Estimates { places: places.clone().map(|_| wait).collect() };
    if !picture.open {
        return all(Wait::Closed);
    }
    let Some(mean) = mean_handling_time(picture.handling, picture.prior_mean) else {
        return all(Wait::Unknown);
    };
    if picture.slots == 0 {
        return all(Wait::Unknown);
    }
    let theta = picture.patience.rate();
    let places = places
        .map(|ahead| {
            let quantiles = if ahead < picture.free {
                qlm::quantiles(Delay::exponential(MEAN_PICK_UP))
            } else {
                qlm::quantiles(delay(ahead - picture.free, picture.slots, mean, theta))
            };
            quantiles.map_or(Wait::Unknown, |(low, high)| quote(low, high))
        })
        .collect();
    Estimates { places }
}

/// The mean conversation. While few were measured, the prior fills up what is missing.
fn mean_handling_time(measured: &[Minutes], prior: Option<Minutes>) -> Option<Minutes> {
    let valid = || measured.iter().map(|m| m.0).filter(|m| m.is_finite() && *m >= 0.0);
    let (count, sum) = (valid().count(), valid().sum::<f64>());
    let missing = ENOUGH_HANDLING_TIMES.saturating_sub(count) as f64;
    let mean = match prior {
        _ if missing == 0.0 => sum / count as f64,
        Some(prior) => (sum + missing * prior.0) / (count as f64 + missing),
        None => return None,
    };
    (mean.is_finite() && mean > 0.0).then_some(Minutes(mean.max(0.1)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn with_nobody_on_duty_or_nothing_measured_there_is_no_number() {
        assert_eq!(estimate(&Picture { slots: 0, ..picture() }).for_place(1), Wait::Unknown);
        let nothing = Picture { handling: &[], prior_mean: None, ..picture() };
        assert_eq!(estimate(&nothing).for_place(1), Wait::Unknown);
        assert_eq!(estimate(&Picture { open: false, ..picture() }).for_newcomer(), Wait::Closed);
    }

    #[test]
    fn the_prior_speaks_until_enough_was_measured() {
        assert_eq!(mean_handling_time(&[], Some(Minutes(45.0))), Some(Minutes(45.0)));
        let few = [Minutes(15.0); 15];
        assert_eq!(mean_handling_time(&few, Some(Minutes(45.0))), Some(Minutes(30.0)));
        assert_eq!(mean_handling_time(&few, None), None);
        let many = [Minutes(15.0); 30];
        assert_eq!(mean_handling_time(&many, Some(Minutes(45.0))), Some(Minutes(15.0)));
    }

    #[test]
    fn a_free_operator_means_a_short_wait() {
        let free = Picture { free: 1, ..picture() };
        assert_eq!(estimate(&free).for_place(1), Wait::Range { low_s: 0, high_s: Some(120) });
        assert_ne!(estimate(&free).for_place(2), Wait::Range { low_s: 0, high_s: Some(120) });
    }

    proptest! {
        #[test]
        fn estimates_are_ranges_that_grow_with_the_place(
            slots in 1u32..60,
            free in 0u32..4,
            waiting in 0u32..80,
            mean in 0.01f64..500.0,
            left in 0u32..1000,
            exposure in 0.0f64..1e6,
        ) {
            let picture = Picture {
                open: true,
                slots,
                free: free.min(slots),
                waiting,
                handling: &[],
                prior_mean: Some(Minutes(mean)),
                patience: Patience { left, exposure },
            };
            let estimates = estimate(&picture);
            let mut before = (0, 0);
            for place in 1..=waiting + 1 {
                let Wait::Range { low_s, high_s } = estimates.for_place(place) else {
                    return Err(TestCaseError::fail("no range"));
                };
                let high = high_s.unwrap_or(u32::MAX);
                prop_assert!(high > 0 && low_s < high);
                prop_assert!(low_s >= before.0 && high >= before.1, "place {place}");
                before = (low_s, high);
            }
        }
    }

    fn picture() -> Picture<'static> {
        Picture {
            open: true,
            slots: 2,
            free: 0,
            waiting: 3,
            handling: &[],
            prior_mean: Some(Minutes(45.0)),
            patience: Patience::default(),
        }
    }
}
