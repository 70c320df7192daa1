//! Figures of waits, for a coordinator's page and for `/metrics`. They are made from what is kept of waits anyway, and
//! name nobody.

use tealight_protocol::{OfferedWaits, Promises, Share, Visitors, Waits, WaitsOfHour};
use tealight_wait::Minutes;
use tealight_wait::gauges::{
    self, COVERAGE_BAND, COVERAGE_FROM, Ended, Outcome, abandonment, answered_soon, coverage, offered_waits,
};

use super::Desk;
use crate::Moment;
use crate::store::{OfferedWait, Store, WaitClass, WaitOutcome, WaitRecord};

/// Over how many of the last visitors quantiles and shares are counted.
const LAST: usize = 200;

/// With fewer visitors there is no quantile, no share and no number, nobody apart: it would say more of one of them than
/// of the wait.
const ENOUGH: usize = 10;

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
        let (hours, day) = self.hours(now, &waits);
        let kept = coverage(&waits.iter().filter_map(|wait| outcome(wait)).collect::<Vec<_>>());
        Waits {
            waiting: count(self.waiting.len()),
            oldest: waiting.map(|room| room.record.waiting_since).min().map(Moment::timestamp),
            slots,
            busy,
            offered: offered(waits.iter().rev().filter_map(|wait| known(wait)).take(LAST)),
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
            hours,
            day,
        }
    }

    fn waits_of_newcomers(&self) -> impl Iterator<Item = &WaitRecord> {
        self.waiting.statistics().waits().filter(|wait| wait.class == WaitClass::Usual)
    }

    fn hours(&self, now: Moment, waits: &[&WaitRecord]) -> (Vec<WaitsOfHour>, Visitors) {
        let this = now.0 / HOUR_MS;
        let waiting: Vec<Moment> = self
            .waiting
            .in_order()
            .filter_map(|id| self.rooms.get(id))
            .filter(|room| room.record.standing().class == WaitClass::Usual)
            .map(|room| room.record.waiting_since)
            .collect();
        let hours = || (0..HOURS).rev().map(|back| this.saturating_sub(back));
        let within = |hour: u64| move |at: Moment| at.0 / HOUR_MS == hour;
        let came = |hour: u64| waits.iter().filter(move |wait| within(hour)(wait.joined));
        let over = |hour: u64, met: bool| {
            let those = waits.iter().filter(move |wait| within(hour)(wait.ended));
            those.filter(|wait| (wait.outcome == WaitOutcome::Met) == met).count()
        };
        let still_wait = |hour: u64| waiting.iter().filter(|at| within(hour)(**at)).count();
        let (came_in, came_all) = told(hours().map(|hour| came(hour).count() + still_wait(hour)));
        let (met_in, met_all) = told(hours().map(|hour| over(hour, true)));
        let (left_in, left_all) = told(hours().map(|hour| over(hour, false)));
        let counts = came_in.into_iter().zip(met_in).zip(left_in);
        let told = hours().zip(counts).map(|(hour, ((came_in, met), left))| WaitsOfHour {
            at: Moment(hour * HOUR_MS).timestamp(),
            visitors: Visitors { came: came_in, met, left },
            offered: offered(came(hour).filter_map(|wait| known(wait))),
        });
        (told.collect(), Visitors { came: came_all, met: met_all, left: left_all })
    }
}

/// What is told of numbers of visitors, and of their sum. What is left out must be many together, or it could be worked
/// out of the sum: where it is not, greater numbers are left out, too.
fn told(numbers: impl Iterator<Item = usize>) -> (Vec<Option<u32>>, Option<u32>) {
    let is_few = |number: usize| (1..ENOUGH).contains(&number);
    let numbers: Vec<usize> = numbers.collect();
    let mut told: Vec<Option<usize>> = numbers.iter().map(|n| Some(*n).filter(|n| !is_few(*n))).collect();
    let sum: usize = numbers.iter().sum();
    while is_few(sum - told.iter().flatten().sum::<usize>()) {
        let Some(next) = told.iter_mut().filter(|one| one.is_some_and(|n| n > 0)).min() else { break };
        *next = None;
    }
    let sum = Some(sum).filter(|sum| !is_few(*sum));
    (told.into_iter().map(|one| one.map(count)).collect(), sum.map(count))
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

fn offered(waits: impl Iterator<Item = Minutes>) -> Option<OfferedWaits> {
    let waits = offered_waits(waits).filter(|waits| waits.of >= ENOUGH)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_few_visitors_is_not_told_and_cannot_be_worked_out() {
        assert_eq!(told([0, 12, 30].into_iter()), (vec![Some(0), Some(12), Some(30)], Some(42)));
        assert_eq!(told([3, 9, 30].into_iter()), (vec![None, None, Some(30)], Some(42)));
        assert_eq!(told([0, 9, 30, 12].into_iter()), (vec![Some(0), None, Some(30), None], Some(51)));
        assert_eq!(told([0, 9, 0].into_iter()), (vec![Some(0), None, Some(0)], None));
        assert_eq!(told([1, 1, 30, 40].into_iter()), (vec![None, None, None, Some(40)], Some(72)));
        assert_eq!(told([4, 5, 1].into_iter()), (vec![None, None, None], Some(10)));
        assert_eq!(told([0, 0].into_iter()), (vec![Some(0), Some(0)], Some(0)));
    }

    #[test]
    fn whatever_the_numbers_no_few_can_be_worked_out_from_a_sum() {
        for seed in 0..4_000_usize {
            let numbers = [seed % 14, seed / 14 % 14, seed / 196 % 20];
            let (parts, sum) = told(numbers.into_iter());
            if let Some(sum) = sum {
                let left_out = sum - parts.iter().flatten().sum::<u32>();
                assert!(!(1..10).contains(&left_out), "{numbers:?}");
            }
            assert!(parts.iter().flatten().chain(&sum).all(|n| *n == 0 || *n >= 10), "{numbers:?}");
        }
    }
}
