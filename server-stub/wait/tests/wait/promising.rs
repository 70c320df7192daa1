//! What one waiting person is told over time.

use proptest::prelude::*;
use tealight_wait::{
    Calibration, Estimate, LADDER_MINUTES, Minutes, Moment, Promise, PromiseParts, Quote, State,
};

#[test]
fn the_first_range_is_a_promise_that_falls_by_itself() {
    let mut promise = Promise::new(at(0.0), &between(22.0, 40.0));
    assert_eq!(promise.told(at(0.0), &between(22.0, 40.0)).quote, range(20, Some(45)));
    assert_eq!((promise.first_upper(), promise.look_at()), (Some(45), Some(at(45.0))));
    let later = promise.update(at(15.5), &between(12.0, 25.0));
    assert_eq!((later.quote, later.by, later.worse), (range(10, Some(30)), Some(at(45.0)), false));
    let later = promise.update(at(31.0), &between(4.0, 12.0));
    assert_eq!((later.quote, later.worse), (range(3, Some(15)), false));
}

#[test]
fn it_takes_two_doubtful_looks_to_say_that_it_takes_longer() {
    let mut promise = Promise::new(at(0.0), &between(8.0, 14.0));
    assert!(!promise.update(at(5.0), &between(20.0, 40.0)).worse);
    assert!(!promise.update(at(5.5), &between(6.0, 9.0)).worse, "a passing doubt is not told");
    assert!(!promise.update(at(6.0), &between(20.0, 40.0)).worse);
    let told = promise.update(at(6.5), &between(20.0, 40.0));
    assert!(told.worse && told.changed);
    assert_eq!((told.quote, told.by), (range(20, Some(45)), Some(at(51.5))));
    assert_eq!(promise.first_upper(), Some(15), "what was said first stays on record");
}

#[test]
fn looks_within_seconds_are_one_look() {
    let mut promise = Promise::new(at(0.0), &between(8.0, 14.0));
    for second in 0..10 {
        let now = at(5.0 + f64::from(second) / 60.0);
        assert!(!promise.update(now, &between(20.0, 40.0)).worse, "{second}");
    }
    assert!(promise.update(at(5.0 + 10.0 / 60.0), &between(20.0, 40.0)).worse);
}

#[test]
fn nobody_hears_twice_within_ten_minutes_that_it_takes_longer() {
    let mut promise = Promise::new(at(0.0), &between(1.0, 4.0));
    promise.update(at(3.0), &between(4.0, 6.0));
    let first = promise.update(at(3.5), &between(3.0, 4.5));
    assert!(first.worse);
    // The new promise holds at least until the next word is allowed.
    assert_eq!((first.quote, first.by), (range(3, Some(10)), Some(at(13.5))));
    for step in 0..19 {
        let now = 4.0 + f64::from(step) / 2.0;
        assert!(!promise.update(at(now), &between(20.0, 40.0)).worse, "{now}");
    }
    let second = promise.update(at(13.5), &between(20.0, 40.0));
    assert_eq!((second.worse, second.by), (true, Some(at(58.5))));
}

#[test]
fn what_is_clearly_better_three_times_running_is_told() {
    let mut promise = Promise::new(at(0.0), &between(30.0, 55.0));
    for minute in [1.0, 2.0] {
        assert_eq!(promise.update(at(minute), &between(5.0, 14.0)).by, Some(at(60.0)));
    }
    let told = promise.update(at(3.0), &between(5.0, 14.0));
    assert_eq!((told.quote, told.by, told.worse), (range(5, Some(15)), Some(at(18.0)), false));
    // A look in between that is not clearly better begins the count anew.
    let mut promise = Promise::new(at(0.0), &between(30.0, 55.0));
    for (minute, high) in [(1.0, 14.0), (1.5, 14.0), (2.0, 40.0), (2.5, 14.0), (3.0, 14.0)] {
        assert_eq!(promise.update(at(minute), &between(5.0, high)).by, Some(at(60.0)));
    }
}

#[test]
fn a_promise_that_runs_out_is_never_passed_over_in_silence() {
    let mut promise = Promise::new(at(0.0), &between(1.0, 4.0));
    let due = promise.look_at().unwrap();
    assert_eq!(due, at(5.0));
    let told = promise.update(due, &between(0.1, 1.0));
    assert!(told.worse);
    assert_eq!(told.quote, range(0, Some(10)));
}

#[test]
fn more_than_two_hours_becomes_a_range_when_it_can() {
    let mut promise = Promise::new(at(0.0), &between(100.0, 200.0));
    assert_eq!((promise.first_upper(), promise.look_at()), (None, None));
    let told = promise.told(at(0.0), &between(100.0, 200.0));
    assert_eq!((told.quote, told.by), (range(90, None), None));
    for minute in [1.0, 2.0, 3.0] {
        promise.update(at(minute), &between(60.0, 100.0));
    }
    let told = promise.told(at(3.0), &between(60.0, 100.0));
    assert_eq!((told.quote, told.by), (range(60, Some(120)), Some(at(123.0))));
}

#[test]
fn without_a_number_nothing_is_said_and_the_promise_stands() {
    let unknown = Estimate::without_number(State::Unknown);
    let mut promise = Promise::new(at(0.0), &unknown);
    assert_eq!(promise.parts(), PromiseParts::default());
    assert_eq!(promise.update(at(1.0), &unknown).quote, Quote::Unknown);
    let told = promise.update(at(2.0), &between(5.0, 14.0));
    assert_eq!((told.quote, told.changed, told.worse), (range(5, Some(15)), true, false));
    let silent = promise.update(at(3.0), &unknown);
    assert_eq!((silent.quote, silent.by, silent.changed), (Quote::Unknown, None, false));
    assert_eq!(promise.update(at(3.0), &Estimate::without_number(State::Closed)).quote, Quote::Closed);
    assert_eq!(promise.update(at(4.0), &between(5.0, 12.0)).by, Some(at(17.0)));
}

#[test]
fn a_restart_keeps_what_was_promised() {
    let mut promise = Promise::new(at(0.0), &between(8.0, 14.0));
    promise.update(at(6.0), &between(20.0, 40.0));
    promise.update(at(6.5), &between(20.0, 40.0));
    let mut restored = Promise::restored(promise.parts(), at(8.0));
    assert_eq!(restored.parts(), promise.parts());
    let (one, other) =
        (restored.update(at(9.0), &between(18.0, 38.0)), promise.update(at(9.0), &between(18.0, 38.0)));
    assert_eq!((one.quote, one.by, one.worse), (other.quote, other.by, other.worse));
}

#[test]
fn a_clock_that_is_set_back_makes_no_wait_longer() {
    let mut promise = Promise::new(at(600.0), &between(8.0, 14.0));
    promise.update(at(604.0), &between(6.0, 11.0));
    let told = promise.update(at(4.0), &between(6.0, 11.0));
    assert_eq!((told.by, told.quote, told.worse), (Some(at(15.0)), range(5, Some(15)), false));
    assert!(told.changed, "the new moment is stored");
}

#[test]
fn midnight_is_an_hour_like_any_other_and_long_waits_are_told_right() {
    let before = 23.0 * 60.0 + 50.0;
    let mut promise = Promise::new(at(before), &between(70.0, 110.0));
    assert_eq!(promise.told(at(before), &between(70.0, 110.0)).quote, range(60, Some(120)));
    let told = promise.update(at(before + 45.0), &between(40.0, 70.0));
    assert_eq!(told.quote, range(30, Some(90)));
}

proptest! {
    #[test]
    fn nothing_gets_worse_without_a_word_and_words_are_rare(
        first in estimates(),
        looks in prop::collection::vec((1..90_u64, estimates(), prop::bool::weighted(0.05)), 1..120),
    ) {
        let mut now = Moment(1_000_000_000);
        let mut promise = Promise::new(now, &first);
        let mut shown = promise.told(now, &first).quote;
        let mut by = promise.look_at();
        let mut last_sorry: Option<Moment> = None;
        for (seconds, estimate, unknown) in looks {
            let estimate = if unknown { Estimate::without_number(State::Unknown) } else { estimate };
            // Somebody looks when a promise runs out.
            let next = Moment(now.0 + seconds * 1_000);
            now = promise.look_at().map_or(next, |look_at| look_at.min(next));
            let told = promise.update(now, &estimate);
            prop_assert_eq!(told.quote, promise.told(now, &estimate).quote);
            if told.worse {
                prop_assert!(last_sorry.is_none_or(|at| now.0 - at.0 >= 600_000));
                last_sorry = Some(now);
            } else if let (Some(before), Some(after)) = (by, told.by) {
                prop_assert!(after <= before, "later without a word");
            }
            if let Quote::Range { low, high } = told.quote {
                prop_assert!(high.is_none_or(|high| low < high && high >= 2 && LADDER_MINUTES.contains(&high)));
                prop_assert!(low == 0 || low >= 2 && LADDER_MINUTES.contains(&low));
                prop_assert!(told.by.is_none_or(|by| by > now), "a promise in the past stands");
                if let Quote::Range { low: low_before, high: Some(high_before) } = shown {
                    let is_worse = low > low_before || high.is_none_or(|high| high > high_before);
                    prop_assert!(told.worse || !is_worse, "{shown:?} → {:?}", told.quote);
                }
                shown = told.quote;
                by = told.by;
            }
        }
    }
}

fn estimates() -> impl Strategy<Value = Estimate> {
    (0.0..150.0_f64, 1.0..4.0_f64).prop_map(|(low, factor)| between(low, low * factor))
}

/// Waits spread evenly, with these quantiles at 25 % and 90 %.
fn between(q25: f64, q90: f64) -> Estimate {
    let step = (q90 - q25) / 65.0;
    let waits: Vec<_> =
        (1..=99).map(|percent| Minutes((q25 + step * (f64::from(percent) - 25.0)).max(0.0))).collect();
    Estimate::from_waits(&waits, None, &Calibration::new())
}

fn at(minutes: f64) -> Moment {
    Moment((minutes * 60_000.0) as u64)
}

fn range(low: u32, high: Option<u32>) -> Quote {
    Quote::Range { low, high }
}
