//! The promise to one waiting person: a range that falls by itself, and is never made worse without saying so.
//!
//! The first upper end is a promise: "by then". It stands until the estimate says, twice running, that it is likelier
//! broken than kept; then there is a new one, and the person is told that it takes longer. What gets better is
//! told by and by: the upper end falls with the clock, and is replaced only when the estimate has been clearly
//! better three times running.

use crate::Minutes;
use crate::estimate::{Estimate, State};
use crate::ladder::{Quote, ladder_down, ladder_up};

/// A promise that is likelier broken than kept for this many looks running is given up.
const LOOKS_UNTIL_WORSE: u8 = 2;

/// An estimate that is clearly better for this many looks running is told.
const LOOKS_UNTIL_BETTER: u8 = 3;

/// Looks closer together than this count as one: a crowd of small changes within a second is no second opinion.
const LOOKS_APART_MS: u64 = 10_000;

/// Clearly better: below this share of what was promised.
const CLEARLY_BETTER: f64 = 0.5;

/// A promise is likelier broken than kept above this chance.
const LIKELIER_BROKEN: f64 = 0.5;

/// Nobody is told more often than this that it takes longer. What is promised then holds at least as long, so that
/// it cannot run out before the next word is allowed.
const BETWEEN_SORRIES: Minutes = Minutes(10.0);

/// A point in time, in milliseconds of any one clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub u64);

impl Moment {
    /// This many whole minutes later.
    #[must_use]
    pub fn plus_minutes(self, minutes: u32) -> Self {
        self.plus_ms(u64::from(minutes) * 60_000)
    }

    fn plus_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// How long it is from `now` until then. Negative when it is over.
    fn ahead_of(self, now: Self) -> Minutes {
        let ms = if self >= now { (self.0 - now.0) as f64 } else { -((now.0 - self.0) as f64) };
        Minutes(ms / 60_000.0)
    }

    fn back(self, ms: u64) -> Self {
        Self(self.0.saturating_sub(ms))
    }
}

/// What is stored of a promise, so that a restart keeps it. Nothing in it: nothing was promised yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PromiseParts {
    /// By when. `None` beside a `low`: "more than".
    pub by: Option<Moment>,
    /// The lower end that was told last, in minutes.
    pub low: Option<u32>,
    /// The upper end that was told first, in minutes. `None` beside a `low`: it was "more than".
    pub first_upper: Option<u32>,
    /// When the person was last told that it takes longer.
    pub sorry_at: Option<Moment>,
}

/// What one waiting person was told, and what they are to be told next.
#[derive(Clone, Debug, PartialEq)]
pub struct Promise {
    parts: PromiseParts,
    seen_at: Moment,
    /// The last look that counted.
    counted_at: Option<Moment>,
    /// The upper end at the last look.
    upper: Option<u32>,
    doubts: u8,
    better: u8,
}

/// What to tell after a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// The words on the screen.
    pub quote: Quote,
    /// By when, if there is a range and it has an end.
    pub by: Option<Moment>,
    /// It has just become worse: say so.
    pub worse: bool,
    /// The parts are no longer what they were: store them.
    pub changed: bool,
}

impl Promise {
    /// A promise to somebody who joins now.
    pub fn new(now: Moment, estimate: &Estimate) -> Self {
        let mut promise = Self::restored(PromiseParts::default(), now);
        promise.begin(now, estimate);
        promise
    }

    /// A promise from what was stored of it.
    pub fn restored(parts: PromiseParts, now: Moment) -> Self {
        let mut promise = Self { parts, seen_at: now, counted_at: None, upper: None, doubts: 0, better: 0 };
        promise.upper = promise.upper(now);
        promise
    }

    /// What to store.
    pub fn parts(&self) -> PromiseParts {
        self.parts
    }

    /// The upper end that was told first, in minutes. `None` when nothing was told yet or it was "more than".
    pub fn first_upper(&self) -> Option<u32> {
        self.parts.first_upper
    }

    /// When to look again at the latest, whatever happens: the moment the promise runs out.
    pub fn look_at(&self) -> Option<Moment> {
        self.parts.by.filter(|by| *by > self.seen_at)
    }

    /// What is told now, without a new look.
    pub fn told(&self, now: Moment, estimate: &Estimate) -> Told {
        let quote = self.quote(now, estimate);
        let by = self.parts.by.filter(|_| matches!(quote, Quote::Range { .. }));
        Told { quote, by, worse: false, changed: false }
    }

    /// A look at a new estimate.
    pub fn update(&mut self, now: Moment, estimate: &Estimate) -> Told {
        let before = self.parts;
        self.clock_may_have_been_set_back(now);
        let mut worse = false;
        if !estimate.has_number() {
            self.doubts = 0;
            self.better = 0;
        } else if self.parts.low.is_none() {
            self.begin(now, estimate);
        } else {
            worse = self.look(now, estimate);
            self.lower(now, estimate);
        }
        let told = self.told(now, estimate);
        Told { worse, changed: self.parts != before, ..told }
    }

    fn begin(&mut self, now: Moment, estimate: &Estimate) {
        let (Some(low), Some(high)) = (estimate.q25(), estimate.q90()) else { return };
        let upper = ladder_up(high);
        self.parts.by = upper.map(|upper| now.plus_minutes(upper));
        self.parts.first_upper = upper;
        self.parts.low = Some(ladder_down(low));
        self.upper = upper;
    }

    /// Whether it has become worse.
    fn look(&mut self, now: Moment, estimate: &Estimate) -> bool {
        let Some(high) = estimate.q90() else { return false };
        let left = self.parts.by.map_or(Minutes(f64::INFINITY), |by| by.ahead_of(now));
        let likelier_broken = self.parts.by.is_some() && estimate.exceeds(left) > LIKELIER_BROKEN;
        let counts = self.counted_at.is_none_or(|at| now >= at.plus_ms(LOOKS_APART_MS));
        if counts {
            self.counted_at = Some(now);
            self.doubts = if likelier_broken { self.doubts.saturating_add(1) } else { 0 };
        }
        // At the very moment it runs out there is no second look.
        let is_broken = left.0 <= 0.0;
        let is_doubtful = likelier_broken && self.doubts >= LOOKS_UNTIL_WORSE;
        if (is_doubtful || is_broken) && self.sorry_is_allowed(now) {
            let at_least = now.plus_minutes(BETWEEN_SORRIES.0 as u32);
            self.parts.by = ladder_up(high).map(|upper| now.plus_minutes(upper).max(at_least));
            self.parts.low = estimate.q25().map(ladder_down);
            self.parts.sorry_at = Some(now);
            self.doubts = 0;
            self.better = 0;
            return true;
        }
        if !counts {
            return false;
        }
        let upper = ladder_up(high);
        let is_better =
            upper.is_some_and(|upper| f64::from(upper) < left.0) && high.0 < CLEARLY_BETTER * left.0;
        self.better = if is_better { self.better.saturating_add(1) } else { 0 };
        if self.better >= LOOKS_UNTIL_BETTER {
            self.better = 0;
            let earliest = self.parts.sorry_at.map(|at| at.plus_minutes(BETWEEN_SORRIES.0 as u32));
            let by = upper.map(|upper| now.plus_minutes(upper).max(earliest.unwrap_or(now)));
            self.parts.by = match (self.parts.by, by) {
                (Some(old), Some(new)) => Some(old.min(new)),
                (old, new) => new.or(old),
            };
        }
        false
    }

    fn sorry_is_allowed(&self, now: Moment) -> bool {
        self.parts.sorry_at.is_none_or(|at| now >= at.plus_minutes(BETWEEN_SORRIES.0 as u32))
    }

    /// The lower end only falls, until it takes longer. It does so when the upper end changes, so that there is
    /// one change to read and not two.
    fn lower(&mut self, now: Moment, estimate: &Estimate) {
        let upper = self.upper(now);
        if std::mem::replace(&mut self.upper, upper) == upper {
            return;
        }
        let Some(low) = estimate.q25().map(ladder_down) else { return };
        let told = self.parts.low.map_or(low, |before| before.min(low));
        if let Quote::Range { low, .. } = Quote::of_steps(told, upper) {
            self.parts.low = Some(low);
        }
    }

    fn upper(&self, now: Moment) -> Option<u32> {
        self.parts.by.and_then(|by| ladder_up(by.ahead_of(now)))
    }

    fn quote(&self, now: Moment, estimate: &Estimate) -> Quote {
        match (estimate.state(), self.parts.low) {
            (State::Closed, _) => Quote::Closed,
            (State::Unknown, _) | (_, None) => Quote::Unknown,
            (State::Open | State::Warn | State::NotAdmitting, Some(low)) => {
                Quote::of_steps(low, self.upper(now))
            }
        }
    }

    /// When the clock was set back, as little time has passed as can be: everything moves with it.
    fn clock_may_have_been_set_back(&mut self, now: Moment) {
        if now < self.seen_at {
            let by_ms = self.seen_at.0 - now.0;
            self.parts.by = self.parts.by.map(|by| by.back(by_ms));
            self.parts.sorry_at = self.parts.sorry_at.map(|at| at.back(by_ms));
            self.counted_at = self.counted_at.map(|at| at.back(by_ms));
        }
        self.seen_at = now;
    }
}
