//! Figures of waits, for a coordinator's page and for `/metrics`. They are made from what is kept of waits anyway, and
//! name nobody.

use tealight_protocol::{OfferedWaits, Promises, Share, Waits, WaitsOfHour};
use tealight_wait::Minutes;
use tealight_wait::gauges::{
    self, COVERAGE_BAND, COVERAGE_FROM, Ended, Outcome, abandonment, answered_soon, coverage, offered_waits,
};

use super::Desk;
use crate::Moment;
use crate::store::{OfferedWait, Store, WaitClass, WaitOutcome, WaitRecord};

/// Over how many of the last visitors quantiles and shares are counted.
const LAST: usize = 200;

/// With fewer visitors there is no quantile and no share: it would say more of one of them than of the wait.
const ENOUGH: usize = 10;

/// The same for one hour.
const ENOUGH_IN_AN_HOUR: usize = 5;

/// How many hours are told.
const HOURS: u64 = 24;

const HOUR_MS: u64 = 60 * 60 * 1_000;

impl<S: Store> Desk<S> {
    /// How long people wait and waited.
    pub fn waits(&self, now: Moment) -> Waits {
        let now = now.max(self.clock);
        // Whoever waits a second time, after a talk, is no further visitor.
        let waits: Vec<&WaitRecord> = self.waits_of_newcomers().collect();
        let newest = || waits.iter().rev().copied().take(LAST);
        let waiting = self.waiting.in_order().filter_map(|id| self.rooms.get(id));
        let accepting = self.operators.values().filter(|operator| operator.is_accepting());
        let (slots, busy) = accepting.fold((0, 0), |(slots, busy), operator| {
            let capacity = operator.record.capacity;
            let load = self.load_of(&operator.record.id).min(capacity);
            (slots + u32::from(capacity), busy + u32::from(load))
        });
        let kept = coverage(&waits.iter().filter_map(|wait| outcome(wait)).collect::<Vec<_>>());
        Waits {
            waiting: count(self.waiting.len()),
            oldest: waiting.map(|room| room.record.waiting_since).min().map(Moment::timestamp),
            slots,
            busy,
            offered: offered(waits.iter().rev().filter_map(|wait| known(wait)).take(LAST), ENOUGH),
            above_promise: kept
                .filter(|kept| kept.promises >= ENOUGH)
                .map(|kept| Share { percent: percent(kept.over_first_upper), of: count(kept.promises) }),
            promises: match kept {
                Some(kept) if kept.promises >= COVERAGE_FROM => match kept.over_q90 {
                    _ if !kept.alarm => Promises::Good,
                    Some(over) if over < *COVERAGE_BAND.start() => Promises::TooLong,
                    Some(_) | None => Promises::TooShort,
                },
                Some(_) | None => Promises::Unknown,
            },
            abandoned: share(abandonment(newest().map(ending))),
            met_in_five: share(answered_soon(newest().map(ending))),
            hours: self.hours(now, &waits),
        }
    }

    fn waits_of_newcomers(&self) -> impl Iterator<Item = &WaitRecord> {
        self.waiting.statistics().waits().filter(|wait| wait.class == WaitClass::Usual)
    }

    fn hours(&self, now: Moment, waits: &[&WaitRecord]) -> Vec<WaitsOfHour> {
        let this = now.0 / HOUR_MS;
        let waiting: Vec<Moment> = self
            .waiting
            .in_order()
            .filter_map(|id| self.rooms.get(id))
            .filter(|room| room.record.standing().class == WaitClass::Usual)
            .map(|room| room.record.waiting_since)
            .collect();
        let hours = (0..HOURS).rev().map(|back| this.saturating_sub(back));
        hours
            .map(|hour| {
                let within = |at: Moment| at.0 / HOUR_MS == hour;
                let came = || waits.iter().filter(|wait| within(wait.joined));
                let over = |met: bool| {
                    let those = waits.iter().filter(|wait| within(wait.ended));
                    count(those.filter(|wait| (wait.outcome == WaitOutcome::Met) == met).count())
                };
                WaitsOfHour {
                    at: Moment(hour * HOUR_MS).timestamp(),
                    came: count(came().count() + waiting.iter().filter(|at| within(**at)).count()),
                    met: over(true),
                    left: over(false),
                    offered: offered(came().filter_map(|wait| known(wait)), ENOUGH_IN_AN_HOUR),
                }
            })
            .collect()
    }
}

fn outcome(wait: &WaitRecord) -> Option<Outcome> {
    // Without a quantile nothing was promised.
    Some(Outcome {
        first_upper: wait.first_upper,
        issued_q90: Some(Minutes(wait.issued_q90?)),
        offered: known(wait)?,
    })
}

fn known(wait: &WaitRecord) -> Option<Minutes> {
    match wait.offered {
        OfferedWait::Known(ms) => Some(minutes(ms)),
        OfferedWait::Pending | OfferedWait::Never => None,
    }
}

/// Whoever was sent away at closing time was not met either.
fn ending(wait: &WaitRecord) -> (Minutes, Ended) {
    let ended = match wait.outcome {
        WaitOutcome::Met => Ended::Met,
        WaitOutcome::Left | WaitOutcome::SentAway => Ended::Left,
    };
    (minutes(wait.ms()), ended)
}

fn offered(waits: impl Iterator<Item = Minutes>, enough: usize) -> Option<OfferedWaits> {
    let waits = offered_waits(waits).filter(|waits| waits.of >= enough)?;
    Some(OfferedWaits {
        q25_s: seconds(waits.q25),
        q50_s: seconds(waits.q50),
        q80_s: seconds(waits.q80),
        q90_s: seconds(waits.q90),
        of: count(waits.of),
    })
}

fn share(share: Option<gauges::Share>) -> Option<Share> {
    let share = share.filter(|share| share.of >= ENOUGH)?;
    Some(Share { percent: percent(share.share), of: count(share.of) })
}

/// Whole seconds, rounded up; a millisecond of rounding is none.
fn seconds(wait: Minutes) -> u32 {
    let ms = (wait.0 * 60_000.0).round() as u64;
    u32::try_from(ms.div_ceil(1_000)).unwrap_or(u32::MAX)
}

fn percent(share: f64) -> u32 {
    (share * 100.0).round() as u32
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn minutes(ms: u64) -> Minutes {
    Minutes(ms as f64 / 60_000.0)
}
