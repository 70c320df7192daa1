//! How well all that went: the numbers for the people who run a helpline.

use crate::Minutes;

/// Over how many of the newest promises coverage is counted.
pub const COVERAGE_OVER: usize = 200;

/// With fewer promises there is no alarm: a handful proves nothing.
pub const COVERAGE_FROM: usize = 50;

/// The share of waits above the first upper end that is as it should be.
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

/// How the newest promises were kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coverage {
    /// How many promises this is about.
    pub promises: usize,
    /// The share of waits above the upper end that was told first.
    pub over: f64,
    /// Whether enough promises were broken, or kept too easily, to look into it.
    pub alarm: bool,
}

/// How promises were kept: upper ends told first (minutes; `None` for "more than") and offered waits, the newest last.
pub fn coverage(promises: &[(Option<u32>, Minutes)]) -> Option<Coverage> {
    let valid: Vec<_> = promises
        .iter()
        .rev()
        .filter_map(|(upper, offered)| offered.believable().map(|offered| (*upper, offered)))
        .take(COVERAGE_OVER)
        .collect();
    if valid.is_empty() {
        return None;
    }
    let over = valid.iter().filter(|(upper, offered)| upper.is_some_and(|upper| *offered > f64::from(upper)));
    let over = over.count() as f64 / valid.len() as f64;
    let alarm = valid.len() >= COVERAGE_FROM && !COVERAGE_BAND.contains(&over);
    Some(Coverage { promises: valid.len(), over, alarm })
}

/// The share of those who left, without whoever left within ten seconds. `None` without anybody.
pub fn abandonment(waits: impl IntoIterator<Item = (Minutes, Ended)>) -> Option<f64> {
    let (mut left, mut all) = (0_u32, 0_u32);
    for ended in counted(waits).map(|(_, ended)| ended) {
        all += 1;
        left += u32::from(ended == Ended::Left);
    }
    (all > 0).then(|| f64::from(left) / f64::from(all))
}

/// The share of those who were met within five minutes, of all who did not leave within ten seconds. `None`
/// without anybody.
pub fn answered_soon(waits: impl IntoIterator<Item = (Minutes, Ended)>) -> Option<f64> {
    let (mut soon, mut all) = (0_u32, 0_u32);
    for (waited, ended) in counted(waits) {
        all += 1;
        soon += u32::from(ended == Ended::Met && waited <= ANSWERED_SOON.0);
    }
    (all > 0).then(|| f64::from(soon) / f64::from(all))
}

fn counted(waits: impl IntoIterator<Item = (Minutes, Ended)>) -> impl Iterator<Item = (f64, Ended)> {
    waits
        .into_iter()
        .filter_map(|(waited, ended)| waited.believable().map(|waited| (waited, ended)))
        .filter(|(waited, ended)| *ended == Ended::Met || *waited >= SHORTEST_ABANDONED.0)
}
