//! How long conversations take, as a distribution to draw from.
//!
//! The distribution is kept as a sorted table of equally likely lengths. With enough measured conversations these
//! are the measured lengths themselves. While few have been measured, the table is filled up from a log-normal
//! prior: service times of calls are close to log-normal (Brown et al., "Statistical analysis of a telephone call
//! center", JASA 100, 2005). And while the first conversations still run, those that are over are the short ones;
//! the product-limit estimate counts the running ones as "at least this long" (Kaplan and Meier, "Nonparametric
//! estimation from incomplete observations", JASA 53, 1958).
//!
//! What is left of a conversation that runs is drawn from the lengths that exceed its age. Where hardly any do,
//! it is exponential with the mean excess over a high threshold, the simplest of the tails of Balkema and de
//! Haan ("Residual life time at great age", Annals of Probability 2, 1974).

use statrs::distribution::{ContinuousCDF as _, Normal};

use crate::Minutes;
use crate::chance::Chance;

/// How many measured conversations it takes to speak without a prior.
pub const ENOUGH_HANDLING_TIMES: usize = 30;

/// How many of the newest measured conversations count.
pub const HANDLING_TIMES_KEPT: usize = 400;

/// Below this many measured conversations, the running ones count as censored.
const COLD_START: usize = 100;

/// Spread of the prior: standard deviation over mean.
const PRIOR_VARIATION: f64 = 0.6;

/// Entries of a table that is not made of measured lengths alone.
const TABLE: usize = 512;

/// With fewer measured lengths left above an age, the rest is drawn from the tail.
const FEW_LEFT: usize = 8;

/// The tail's mean is taken over this share of the lengths.
const TAIL_SHARE: f64 = 0.1;

/// The tail's mean is at least this, in minutes.
const LEAST_TAIL: f64 = 3.0;

/// What counts as a conversation, in minutes: nobody talks for less, and beyond the upper end somebody forgot to
/// end it.
const BELIEVABLE: std::ops::RangeInclusive<f64> = 0.0..=12.0 * 60.0;

/// The shortest conversation that is drawn, in minutes.
const LEAST_LENGTH: f64 = 0.1;

/// Lengths of conversations, from joining to the end, wrap-up included.
#[derive(Clone, Debug, PartialEq)]
pub struct HandlingTimes {
    /// Equally likely lengths, in minutes, sorted. Empty when too little is known.
    table: Vec<f64>,
    /// Fewer entries than this above an age are too few to draw from.
    few: usize,
    /// Mean of what lies beyond the table, in minutes.
    tail: f64,
    mean: f64,
}

impl HandlingTimes {
    /// From measured lengths (the newest last), from what the helpline says a conversation takes on average, and
    /// from the ages of the conversations that run. Whatever is no length of a conversation is left out.
    pub fn from_samples(samples: &[Minutes], prior: Option<Minutes>, running: &[Minutes]) -> Self {
        let believable = |m: &Minutes| m.believable().filter(|length| BELIEVABLE.contains(length));
        let mut lengths: Vec<f64> = samples
            .iter()
            .rev()
            .filter_map(believable)
            .take(HANDLING_TIMES_KEPT)
            .map(|length| length.max(LEAST_LENGTH))
            .collect();
        lengths.sort_by(f64::total_cmp);
        let prior = prior.as_ref().and_then(believable).filter(|mean| *mean > 0.0);
        let mut ages: Vec<f64> = running.iter().filter_map(believable).filter(|age| *age > 0.0).collect();
        if lengths.len() >= COLD_START {
            ages.clear();
        }
        let missing = ENOUGH_HANDLING_TIMES.saturating_sub(lengths.len());
        match prior {
            _ if missing == 0 && ages.is_empty() => Self::of_table(lengths, FEW_LEFT),
            _ if missing == 0 => {
                let few = (FEW_LEFT * TABLE).div_ceil(lengths.len());
                Self::of_table(table_of(&product_limit(&lengths, &ages), TABLE), few)
            }
            Some(mean) => {
                let from_prior = TABLE * missing / ENOUGH_HANDLING_TIMES;
                let mut table = log_normal(mean, from_prior);
                table.extend(table_of(&product_limit(&lengths, &ages), TABLE - from_prior));
                table.sort_by(f64::total_cmp);
                Self::of_table(table, FEW_LEFT)
            }
            None => Self::of_table(Vec::new(), FEW_LEFT),
        }
    }

    fn of_table(mut table: Vec<f64>, few: usize) -> Self {
        for length in &mut table {
            *length = length.clamp(LEAST_LENGTH, *BELIEVABLE.end());
        }
        let mean = if table.is_empty() { 0.0 } else { table.iter().sum::<f64>() / table.len() as f64 };
        Self { tail: mean_excess(&table), few, mean, table }
    }

    /// Whether enough is known to speak of a wait.
    pub fn is_enough(&self) -> bool {
        !self.table.is_empty()
    }

    /// The mean length, if enough is known.
    pub fn mean(&self) -> Option<Minutes> {
        self.is_enough().then_some(Minutes(self.mean))
    }

    /// How much of a conversation of this age is left on average, if enough is known.
    pub fn mean_left(&self, age: Minutes) -> Option<Minutes> {
        let age = age.believable().unwrap_or(0.0);
        let above = &self.table[self.first_above(age)..];
        self.is_enough().then(|| {
            if above.len() < self.few {
                Minutes(self.tail)
            } else {
                Minutes(above.iter().map(|length| length - age).sum::<f64>() / above.len() as f64)
            }
        })
    }

    /// How long a new conversation takes.
    pub(crate) fn draw(&self, chance: &mut Chance) -> f64 {
        self.table.get(chance.index(self.table.len())).copied().unwrap_or(LEAST_LENGTH)
    }

    /// What is left of a conversation, given [`Self::first_above`] of its age.
    pub(crate) fn draw_left(&self, age: f64, first_above: usize, chance: &mut Chance) -> f64 {
        let above = self.table.get(first_above..).unwrap_or_default();
        if above.len() < self.few {
            return self.tail * chance.exponential();
        }
        above.get(chance.index(above.len())).map_or(0.0, |length| (length - age).max(0.0))
    }

    /// Where in the table the lengths begin that exceed an age.
    pub(crate) fn first_above(&self, age: f64) -> usize {
        self.table.partition_point(|length| *length <= age)
    }
}

/// The mean excess over the threshold that [`TAIL_SHARE`] of the lengths exceed.
fn mean_excess(table: &[f64]) -> f64 {
    let from = ((1.0 - TAIL_SHARE) * table.len() as f64).floor() as usize;
    let Some(threshold) = from.checked_sub(1).and_then(|at| table.get(at)) else { return LEAST_TAIL };
    let above = &table[from..];
    let excess = above.iter().map(|length| length - threshold).sum::<f64>() / above.len().max(1) as f64;
    excess.max(LEAST_TAIL)
}

/// `count` quantiles of a log-normal distribution, in the middle of equal shares.
fn log_normal(mean: f64, count: usize) -> Vec<f64> {
    let variance = (PRIOR_VARIATION * PRIOR_VARIATION).ln_1p();
    let Ok(normal) = Normal::new(mean.ln() - variance / 2.0, variance.sqrt()) else { return Vec::new() };
    (0..count).map(|i| normal.inverse_cdf((i as f64 + 0.5) / count as f64).exp()).collect()
}

/// Lengths with their shares, by the product-limit estimate, and what is left beyond the last of them.
#[derive(Debug)]
struct ProductLimit {
    shares: Vec<(f64, f64)>,
    /// Beyond this length, with this share.
    beyond: (f64, f64),
}

fn product_limit(lengths: &[f64], ages: &[f64]) -> ProductLimit {
    let mut all: Vec<(f64, bool)> =
        lengths.iter().map(|length| (*length, true)).chain(ages.iter().map(|age| (*age, false))).collect();
    // At the same moment, what was seen to end ends first.
    all.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
    let mut surviving = 1.0;
    let mut shares = Vec::with_capacity(lengths.len());
    for (index, (length, ended)) in all.iter().enumerate() {
        if *ended {
            let share = surviving / (all.len() - index) as f64;
            shares.push((*length, share));
            surviving -= share;
        }
    }
    let last = all.last().map_or(0.0, |(length, _)| *length);
    ProductLimit { shares, beyond: (last, surviving.max(0.0)) }
}

/// `count` quantiles, in the middle of equal shares. What lies beyond the last length is exponential.
fn table_of(estimate: &ProductLimit, count: usize) -> Vec<f64> {
    let lengths: Vec<f64> = estimate.shares.iter().map(|(length, _)| *length).collect();
    let tail = mean_excess(&lengths);
    let mut table = Vec::with_capacity(count);
    let mut shares = estimate.shares.iter();
    let mut here = shares.next();
    let mut below = 0.0;
    for i in 0..count {
        let level = (i as f64 + 0.5) / count as f64;
        while let Some((_, share)) = here
            && below + share < level
        {
            below += share;
            here = shares.next();
        }
        table.push(match here {
            Some((length, _)) => *length,
            None => {
                let (last, left) = estimate.beyond;
                let exceeding = ((1.0 - level) / left.max(f64::MIN_POSITIVE)).clamp(f64::MIN_POSITIVE, 1.0);
                last - tail * exceeding.ln()
            }
        });
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_product_limit_agrees_with_the_one_by_hand() {
        // Over after 3, 5 and 8 minutes; still running after 4 and 9.
        let estimate = product_limit(&[3.0, 5.0, 8.0], &[4.0, 9.0]);
        // Surviving: 4/5, then of the three left 2/3 of it, then of the two left 1/2 of it.
        let shares: Vec<f64> = estimate.shares.iter().map(|(_, share)| *share).collect();
        for (found, expected) in shares.iter().zip([1.0 / 5.0, 4.0 / 15.0, 4.0 / 15.0]) {
            assert!((found - expected).abs() < 1e-12, "{shares:?}");
        }
        assert_eq!(estimate.beyond.0, 9.0);
        assert!((estimate.beyond.1 - 4.0 / 15.0).abs() < 1e-12);
        let table = table_of(&estimate, 15);
        let count = |length: f64| table.iter().filter(|entry| **entry == length).count();
        assert_eq!((count(3.0), count(5.0), count(8.0)), (3, 4, 4), "{table:?}");
        assert_eq!(table.iter().filter(|entry| **entry > 9.0).count(), 4);
    }

    #[test]
    fn conversations_that_still_run_make_the_first_ones_no_rule() {
        let over = [Minutes(10.0); 40];
        let alone = HandlingTimes::from_samples(&over, None, &[]);
        let beside = HandlingTimes::from_samples(&over, None, &[Minutes(50.0); 20]);
        assert_eq!(alone.mean(), Some(Minutes(10.0)));
        assert!(beside.mean() > Some(Minutes(23.0)), "{:?}", beside.mean());
    }

    #[test]
    fn the_prior_speaks_until_enough_was_measured() {
        let mean = |samples: &[Minutes], prior: Option<f64>| {
            HandlingTimes::from_samples(samples, prior.map(Minutes), &[]).mean().map(|mean| mean.0.round())
        };
        assert_eq!(mean(&[], Some(45.0)), Some(45.0));
        assert_eq!(mean(&[Minutes(15.0); 15], Some(45.0)), Some(30.0));
        assert_eq!(mean(&[Minutes(15.0); 15], None), None);
        assert_eq!(mean(&[Minutes(15.0); 30], Some(45.0)), Some(15.0));
    }

    #[test]
    fn what_is_no_conversation_is_left_out() {
        let mut samples = vec![Minutes(20.0); 30];
        samples.extend([f64::NAN, -3.0, f64::INFINITY, 1e7].map(Minutes));
        let handling = HandlingTimes::from_samples(&samples, Some(Minutes(f64::NAN)), &[]);
        assert_eq!(handling.mean(), Some(Minutes(20.0)));
        let nothing = HandlingTimes::from_samples(&[Minutes(-1.0); 99], Some(Minutes(-45.0)), &[]);
        assert!(!nothing.is_enough());
        assert_eq!((nothing.mean(), nothing.mean_left(Minutes(3.0))), (None, None));
    }

    #[test]
    fn only_the_newest_conversations_count() {
        let mut samples = vec![Minutes(90.0); 500];
        samples.extend([Minutes(20.0); HANDLING_TIMES_KEPT]);
        assert_eq!(HandlingTimes::from_samples(&samples, None, &[]).mean(), Some(Minutes(20.0)));
    }

    #[test]
    fn what_is_left_of_a_conversation_is_what_longer_ones_took() {
        let samples: Vec<_> = (1..=100).map(|length| Minutes(f64::from(length))).collect();
        let handling = HandlingTimes::from_samples(&samples, None, &[]);
        let mut chance = Chance::new(1);
        let first = handling.first_above(80.0);
        let drawn: Vec<f64> = (0..2_000).map(|_| handling.draw_left(80.0, first, &mut chance)).collect();
        assert!(drawn.iter().all(|left| (1.0..=20.0).contains(left)));
        assert_eq!(handling.mean_left(Minutes(80.0)), Some(Minutes(10.5)));
    }

    #[test]
    fn beyond_what_was_ever_seen_the_rest_is_exponential() {
        let samples: Vec<_> = (1..=100).map(|length| Minutes(f64::from(length))).collect();
        let handling = HandlingTimes::from_samples(&samples, None, &[]);
        let mut chance = Chance::new(1);
        for age in [93.0, 300.0] {
            let first = handling.first_above(age);
            let sum: f64 = (0..20_000).map(|_| handling.draw_left(age, first, &mut chance)).sum();
            // The ten longest exceed 90 by 5.5 on average.
            assert!((sum / 20_000.0 - 5.5).abs() < 0.2, "{}", sum / 20_000.0);
        }
        let alike = HandlingTimes::from_samples(&[Minutes(20.0); 50], None, &[]);
        assert_eq!(alike.mean_left(Minutes(25.0)), Some(Minutes(LEAST_TAIL)));
    }
}
