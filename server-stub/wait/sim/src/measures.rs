//! What is measured of each rule: how wrong it is, how often its bounds hold, and what a person sees of it.

use std::collections::HashMap;

use crate::contender::{Forecast, Shown, Told};

/// What one rule, shown in one way, did in one scenario. Shares are between 0 and 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Measures {
    /// People who had to wait, were scored, and got a number when they joined.
    pub scored: u32,
    /// People who had to wait and got no number.
    pub no_number: u32,
    /// Mean offered wait of the scored, in minutes.
    pub mean_wait: f64,
    /// Root of the mean square error of the mean, in minutes.
    pub rmse: f64,
    /// Mean of forecast minus offered wait, in minutes.
    pub bias: f64,
    /// Shares of offered waits above q25, q50, q80 and q90. Ought to be 0.75, 0.5, 0.2 and 0.1.
    pub above: Option<[f64; 4]>,
    /// Share of offered waits over the first upper bound that was shown.
    pub over_first: f64,
    /// Share of those shown a number or a range to whom it got worse, or who were told that it takes longer.
    pub saw_worse: f64,
    /// Changes of what is shown, per ten minutes of waiting.
    pub changes: f64,
    /// Promises whose time passed, or was put off, while the person waited, without a word on it in time.
    pub unannounced: u32,
    /// Promises that were given.
    pub promises: u32,
}

/// Collects what makes up [`Measures`].
#[derive(Debug, Default)]
pub(crate) struct Tally {
    warm_up: usize,
    open: HashMap<usize, Person>,
    scored: u32,
    no_number: u32,
    waits: f64,
    errors: f64,
    squares: f64,
    with_quantiles: u32,
    above: [u32; 4],
    over_first: u32,
    shown: u32,
    saw_worse: u32,
    changes: u32,
    minutes: f64,
    unannounced: u32,
    promises: u32,
}

/// One person, from joining until the wait is over and the offered wait is known.
#[derive(Debug)]
struct Person {
    joined: f64,
    forecast: Option<Forecast>,
    first_upper: f64,
    last: Told,
    saw_worse: bool,
    changes: u32,
    unannounced: u32,
    promises: u32,
    /// The promise whose time was seen to pass.
    passed: Option<f64>,
}

impl Person {
    /// Counts the promise in force if its time is over; once.
    fn see_time_pass(&mut self, now: f64) {
        if self.last.by.is_some_and(|by| now > by) && self.passed != self.last.by {
            self.passed = self.last.by;
            self.unannounced += 1;
        }
    }
}

impl Tally {
    /// People with a number below `warm_up` are not scored.
    pub(crate) fn new(warm_up: usize) -> Self {
        Self { warm_up, ..Self::default() }
    }

    /// Somebody joined and was told this.
    pub(crate) fn joined(&mut self, id: usize, now: f64, forecast: Option<Forecast>, told: Told) {
        if id < self.warm_up {
            return;
        }
        let person = Person {
            joined: now,
            forecast,
            first_upper: told.shown.upper(),
            last: told,
            saw_worse: false,
            changes: 0,
            unannounced: 0,
            promises: u32::from(told.by.is_some()),
            passed: None,
        };
        self.open.insert(id, person);
    }

    /// Somebody who waits was told this.
    pub(crate) fn told(&mut self, id: usize, now: f64, told: Told) {
        let Some(person) = self.open.get_mut(&id) else { return };
        person.changes += u32::from(told.shown != person.last.shown);
        person.saw_worse |= told.sorry || is_worse(person.last.shown, told.shown);
        // Its time has passed, whether or not it is replaced now: the word on it comes too late.
        person.see_time_pass(now);
        if told.by != person.last.by {
            person.promises += u32::from(told.by.is_some());
            let later = matches!((person.last.by, told.by), (Some(before), Some(by)) if by > before);
            // Not yet over, but taken back without a word.
            if later && !told.sorry && person.passed != person.last.by {
                person.unannounced += 1;
            }
        }
        person.last = told;
    }

    /// A wait is over.
    pub(crate) fn ended(&mut self, id: usize, now: f64) {
        let Some(person) = self.open.get_mut(&id) else { return };
        person.see_time_pass(now);
        if person.last.shown != Shown::Nothing || person.first_upper.is_finite() {
            self.shown += 1;
            self.saw_worse += u32::from(person.saw_worse);
            self.changes += person.changes;
            self.minutes += now - person.joined;
            self.unannounced += person.unannounced;
            self.promises += person.promises;
        }
    }

    /// An offered wait is known; always after the wait is over.
    pub(crate) fn offered(&mut self, id: usize, wait: f64) {
        let Some(person) = self.open.remove(&id) else { return };
        let Some(forecast) = person.forecast else {
            self.no_number += 1;
            return;
        };
        let error = forecast.mean - wait;
        self.scored += 1;
        self.waits += wait;
        self.errors += error;
        self.squares += error * error;
        self.over_first += u32::from(wait > person.first_upper);
        if let Some(q) = forecast.quantiles {
            self.with_quantiles += 1;
            for (count, bound) in self.above.iter_mut().zip([q.q25, q.q50, q.q80, q.q90]) {
                *count += u32::from(wait > bound);
            }
        }
    }

    pub(crate) fn measures(&self) -> Measures {
        let of = |sum: f64, count: u32| if count == 0 { f64::NAN } else { sum / f64::from(count) };
        let share = |part: u32, count: u32| of(f64::from(part), count);
        Measures {
            scored: self.scored,
            no_number: self.no_number,
            mean_wait: of(self.waits, self.scored),
            rmse: of(self.squares, self.scored).sqrt(),
            bias: of(self.errors, self.scored),
            above: (self.with_quantiles > 0)
                .then(|| self.above.map(|count| share(count, self.with_quantiles))),
            over_first: share(self.over_first, self.scored),
            saw_worse: share(self.saw_worse, self.shown),
            changes: 10.0 * f64::from(self.changes) / self.minutes,
            unannounced: self.unannounced,
            promises: self.promises,
        }
    }
}

/// Whether the longest wait that the words allow has become longer.
fn is_worse(before: Shown, now: Shown) -> bool {
    before != Shown::Nothing && now != Shown::Nothing && now.upper() > before.upper()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_and_bounds_are_counted_over_offered_waits_and_not_over_the_warm_up() {
        let mut tally = Tally::new(1);
        let forecast = |mean| Some(Forecast { mean, quantiles: None });
        for (id, wait) in [(0, 500.0), (1, 8.0), (2, 16.0)] {
            tally.joined(id, 0.0, forecast(10.0), number(10));
            tally.ended(id, 4.0);
            tally.offered(id, wait);
        }
        tally.joined(3, 0.0, None, Told::only(Shown::Nothing));
        tally.ended(3, 4.0);
        tally.offered(3, 70.0);
        let found = tally.measures();
        assert_eq!((found.scored, found.no_number), (2, 1));
        assert_eq!((found.mean_wait, found.bias, found.rmse), (12.0, -2.0, 20.0_f64.sqrt()));
        assert_eq!(found.over_first, 0.5);
    }

    #[test]
    fn it_got_worse_for_whoever_saw_a_longer_bound_or_was_told_so() {
        let sorry = Told { sorry: true, ..number(10) };
        for (tellings, worse, changes) in [
            (vec![number(9), number(8)], 0.0, 2.0),
            (vec![number(10), number(11)], 1.0, 1.0),
            (vec![number(10), sorry], 1.0, 0.0),
            (vec![Told::only(Shown::Range { low: 5, high: None })], 1.0, 1.0),
            (vec![Told::only(Shown::Nothing), number(40)], 0.0, 2.0),
        ] {
            let mut tally = Tally::new(0);
            tally.joined(0, 0.0, None, number(10));
            for (minute, told) in tellings.iter().enumerate() {
                tally.told(0, minute as f64 + 1.0, *told);
            }
            tally.ended(0, 10.0);
            let found = tally.measures();
            assert_eq!((found.saw_worse, found.changes), (worse, changes), "{tellings:?}");
        }
    }

    #[test]
    fn a_promise_is_broken_unannounced_when_its_time_passes_or_is_put_off_without_a_word() {
        let word = |by, sorry| Told { sorry, ..promised(by) };
        for (tellings, until, unannounced) in [
            (vec![(5.0, promised(10.0))], 9.0, 0),
            (vec![(5.0, promised(10.0))], 10.5, 1),
            (vec![(9.0, word(30.0, true))], 20.0, 0),
            (vec![(9.0, word(30.0, true))], 31.0, 1),
            (vec![(9.0, promised(30.0))], 20.0, 1),
            (vec![(9.0, promised(8.5))], 9.1, 1),
            (vec![(5.0, promised(8.0))], 7.0, 0),
            // The word came when the time was over already: once, however often it is looked at.
            (vec![(10.5, word(30.0, true)), (11.0, promised(30.0))], 20.0, 1),
            (vec![(10.5, promised(10.0)), (11.0, promised(10.0))], 12.0, 1),
            (vec![(9.0, Told::only(Shown::Nothing))], 20.0, 0),
        ] {
            let mut tally = Tally::new(0);
            tally.joined(0, 0.0, None, promised(10.0));
            for (now, told) in &tellings {
                tally.told(0, *now, *told);
            }
            tally.ended(0, until);
            assert_eq!(tally.measures().unannounced, unannounced, "{tellings:?} until {until}");
        }
    }

    fn number(minutes: u32) -> Told {
        Told::only(Shown::Number(minutes))
    }

    fn promised(by: f64) -> Told {
        Told { by: Some(by), ..number(10) }
    }
}
