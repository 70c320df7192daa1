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

/// The middle of the offered waits and their ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OfferedWaits {
    /// Half of them are no longer.
    pub q50: Minutes,
    /// Four in five are no longer.
    pub q80: Minutes,
    /// Nine in ten are no longer.
    pub q90: Minutes,
}

/// Quantiles of offered waits; `None` without any. Nonsense is left out.
pub fn offered_waits(offered: impl IntoIterator<Item = Minutes>) -> Option<OfferedWaits> {
    let mut sorted: Vec<f64> = offered.into_iter().filter_map(Minutes::believable).collect();
    sorted.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let rank = (share * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.max(1) - 1).copied().map(Minutes)
    };
    Some(OfferedWaits { q50: at(0.5)?, q80: at(0.8)?, q90: at(0.9)? })
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
    let over_first_upper = share(
        newest
            .iter()
            .map(|(outcome, offered)| outcome.first_upper.is_some_and(|upper| *offered > f64::from(upper))),
    )?;
    let quantiles: Vec<bool> = newest
        .iter()
        .filter_map(|(outcome, offered)| outcome.issued_q90?.believable().map(|q90| *offered > q90))
        .collect();
    let over_q90 = share(quantiles.iter().copied());
    let too_many = newest.len() >= COVERAGE_FROM && over_first_upper > *COVERAGE_BAND.end();
    let off_the_mark =
        quantiles.len() >= COVERAGE_FROM && over_q90.is_some_and(|over| !COVERAGE_BAND.contains(&over));
    let alarm = too_many || off_the_mark;
    Some(Coverage { promises: newest.len(), over_first_upper, over_q90, alarm })
}

fn share(those: impl IntoIterator<Item = bool>) -> Option<f64> {
    let (mut yes, mut all) = (0_u32, 0_u32);
    for this in those {
        all += 1;
        yes += u32::from(this);
    }
    (all > 0).then(|| f64::from(yes) / f64::from(all))
}

/// The share of those who left, without whoever left within ten seconds. `None` without anybody.
pub fn abandonment(waits: impl IntoIterator<Item = (Minutes, Ended)>) -> Option<f64> {
    share(counted(waits).map(|(_, ended)| ended == Ended::Left))
}

/// The share of those who were met within five minutes, of all who did not leave within ten seconds. `None`
/// without anybody.
pub fn answered_soon(waits: impl IntoIterator<Item = (Minutes, Ended)>) -> Option<f64> {
    share(counted(waits).map(|(waited, ended)| ended == Ended::Met && waited <= ANSWERED_SOON.0))
}

fn counted(waits: impl IntoIterator<Item = (Minutes, Ended)>) -> impl Iterator<Item = (f64, Ended)> {
    waits
        .into_iter()
        .filter_map(|(waited, ended)| waited.believable().map(|waited| (waited, ended)))
        .filter(|(waited, ended)| *ended == Ended::Met || *waited >= SHORTEST_ABANDONED.0)
}
