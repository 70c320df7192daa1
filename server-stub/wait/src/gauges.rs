//! How well all that went: the numbers for the people who run a helpline.

use crate::Minutes;

/// Over how many of the newest promises coverage is counted.
pub const COVERAGE_OVER: usize = 200;

/// With fewer promises there is no alarm: a handful proves nothing.
pub const COVERAGE_FROM: usize = 50;

/// The share of waits above the 90 % quantile that is as it should be.
pub const COVERAGE_BAND: std::ops::RangeInclusive<f64> = 0.05..=0.15;

/// Who left sooner is not counted as having given up.
pub const SHORTEST_ABANDONED: Minutes = Minutes(10.0 / 60.0);

/// "Answered soon" means within this.
pub const ANSWERED_SOON: Minutes = Minutes(5.0);

/// How somebody's waiting ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Somebody met them.
    Met,
    /// They left.
    Left,
}

/// A share of so many visitors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// From 0 to 1.
    pub share: f64,
    /// Of how many. Never 0.
    pub of: usize,
}

/// The middle of the offered waits and their ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OfferedWaits {
    /// One in four is no longer.
    pub q25: Minutes,
    /// Half of them are no longer.
    pub q50: Minutes,
    /// Four in five are no longer.
    pub q80: Minutes,
    /// Nine in ten are no longer.
    pub q90: Minutes,
    /// How many waits this is about.
    pub of: usize,
}

/// Quantiles of offered waits; `None` without any. Nonsense is left out.
pub fn offered_waits(offered: impl IntoIterator<Item = Minutes>) -> Option<OfferedWaits> {
    let mut sorted: Vec<f64> = offered.into_iter().filter_map(Minutes::believable).collect();
    sorted.sort_by(f64::total_cmp);
    let at = |percent: usize| {
        let rank = (sorted.len() * percent).div_ceil(100);
        sorted.get(rank.max(1) - 1).copied().map(Minutes)
    };
    Some(OfferedWaits { q25: at(25)?, q50: at(50)?, q80: at(80)?, q90: at(90)?, of: sorted.len() })
}

/// What became of one promise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// The upper end that was told first, in minutes; `None` for "more than", which is kept by any wait.
    pub first_upper: Option<u32>,
    /// The 90 % quantile behind it, if there was one.
    pub issued_q90: Option<Minutes>,
    /// How long it was then.
    pub offered: Minutes,
}

/// How the newest promises were kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coverage {
    /// How many promises this is about.
    pub promises: usize,
    /// The share of waits above the upper end that was told first. As that is rounded up to a step, it is usually
    /// about half of the share above the quantile.
    pub over_first_upper: f64,
    /// The share of waits above the 90 % quantile, where there was one: one in ten, if all is well.
    pub over_q90: Option<f64>,
    /// Whether to look into it: too many promises were broken, or the quantile is not one that a tenth of the waits
    /// exceeds, so that people are told too much or too little.
    pub alarm: bool,
}

/// How promises were kept, the newest last. `None` without any.
pub fn coverage(outcomes: &[Outcome]) -> Option<Coverage> {
    let newest: Vec<_> = outcomes
        .iter()
        .rev()
        .filter_map(|outcome| outcome.offered.believable().map(|offered| (outcome, offered)))
        .take(COVERAGE_OVER)
        .collect();
    let is_over = |(outcome, offered): &(&Outcome, f64)| {
        outcome.first_upper.is_some_and(|upper| *offered > f64::from(upper))
    };
    let over_first_upper = share(newest.iter().map(is_over))?.share;
    let quantiles: Vec<bool> = newest
        .iter()
        .filter_map(|(outcome, offered)| outcome.issued_q90?.believable().map(|q90| *offered > q90))
        .collect();
    let over_q90 = share(quantiles.iter().copied()).map(|over| over.share);
    let too_many = newest.len() >= COVERAGE_FROM && over_first_upper > *COVERAGE_BAND.end();
    let off_the_mark =
        quantiles.len() >= COVERAGE_FROM && over_q90.is_some_and(|over| !COVERAGE_BAND.contains(&over));
    let alarm = too_many || off_the_mark;
    Some(Coverage { promises: newest.len(), over_first_upper, over_q90, alarm })
}

fn share(those: impl IntoIterator<Item = bool>) -> Option<Share> {
    let (mut yes, mut of) = (0_usize, 0_usize);
    for this in those {
        of += 1;
        yes += usize::from(this);
    }
    (of > 0).then(|| Share { share: yes as f64 / of as f64, of })
}

/// The share of those who left, without whoever left within ten seconds. `None` without anybody.
pub fn abandonment(waits: impl IntoIterator<Item = (Minutes, Ended)>) -> Option<Share> {
    let stayed = |(waited, ended): &(f64, Ended)| *ended == Ended::Met || *waited >= SHORTEST_ABANDONED.0;
    share(valid(waits).filter(stayed).map(|(_, ended)| ended == Ended::Left))
}

/// The share of those who were met within five minutes, of all who were met. `None` without anybody.
pub fn answered_soon(waits: impl IntoIterator<Item = (Minutes, Ended)>) -> Option<Share> {
    let met = |(_, ended): &(f64, Ended)| *ended == Ended::Met;
    share(valid(waits).filter(met).map(|(waited, _)| waited <= ANSWERED_SOON.0))
}

fn valid(waits: impl IntoIterator<Item = (Minutes, Ended)>) -> impl Iterator<Item = (f64, Ended)> {
    waits.into_iter().filter_map(|(waited, ended)| waited.believable().map(|waited| (waited, ended)))
}
