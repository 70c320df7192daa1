//! Where a formula is exact, the simulation comes to the same.

use tealight_wait::closed_form::{ql, qlm};
use tealight_wait::{
    Calibration, Class, Estimate, HandlingTimes, Minutes, Patience, Picture, Slots, Waiting, estimate,
};

#[test]
fn one_exponential_server_makes_an_exponential_wait() {
    // Memoryless: whatever the age, the wait is exponential with the mean of a conversation.
    let told = newcomer(&Case { slots: 1, ahead: 0, mean: 20.0, leaving: 0.0 });
    close(told.mean().unwrap(), 20.0, 0.08);
    close(told.q25().unwrap(), 20.0 * (4.0_f64 / 3.0).ln(), 0.20);
    close(told.q50().unwrap(), 20.0 * 2.0_f64.ln(), 0.12);
    close(told.q90().unwrap(), 20.0 * 10.0_f64.ln(), 0.12);
    assert!((told.exceeds(Minutes(20.0)) - (-1.0_f64).exp()).abs() < 0.05);
}

#[test]
fn with_exponential_times_the_queue_length_rule_with_abandonment_is_met() {
    for (slots, ahead, leaving) in
        [(1, 4, 0.02), (3, 10, 0.03), (20, 30, 0.02), (5, 12, 0.0), (20, 200, 0.05)]
    {
        let case = Case { slots, ahead, mean: 30.0, leaving };
        let told = newcomer(&case);
        let rule = qlm(ahead, slots, Minutes(30.0), leaving);
        // The mean of some hundred courses: within three standard errors of it, and the table's own error.
        let error = 3.0 * (rule.variance / 300.0).sqrt() / rule.mean.0 + 0.02;
        close(told.mean().unwrap(), rule.mean.0, error);
        for (found, share) in [(told.q25(), 0.25), (told.q50(), 0.5), (told.q80(), 0.8), (told.q90(), 0.9)] {
            let expected = rule.quantile(share).unwrap().0;
            close(found.unwrap(), expected, 0.25);
        }
        if leaving == 0.0 {
            assert_eq!(rule, ql(ahead, slots, Minutes(30.0)));
        }
    }
}

#[test]
fn conversations_that_have_lasted_long_end_sooner_where_lengths_are_alike() {
    let lengths: Vec<_> = (0..100).map(|i| Minutes(40.0 + f64::from(i % 21))).collect();
    let handling = HandlingTimes::from_samples(&lengths, None, &[]);
    let slots = Slots::constant(3);
    let mean_with = |age: f64| {
        let running = [Minutes(age); 3];
        let picture = Picture { running: &running, ..picture(&slots, &handling) };
        estimate(&picture, &Calibration::new(), 5).for_newcomer().mean().unwrap().0
    };
    let (young, old) = (mean_with(1.0), mean_with(45.0));
    // The soonest of three ends: long after joining for the young ones, within minutes for the old ones.
    assert!(young > 38.0 && old < 6.0, "{young} {old}");
    let by_formula = ql(0, 3, Minutes(50.0)).mean.0;
    assert!(old < by_formula && by_formula < young, "what a formula without ages cannot know");
}

#[test]
fn who_leaves_first_leaves_the_place_to_those_behind() {
    let handling = HandlingTimes::from_samples(&exponential_lengths(30.0), None, &[]);
    let slots = Slots::constant(2);
    let waiting = [Waiting { waited: Minutes(0.0), class: Class::Usual }; 6];
    let running = [Minutes(3.0); 2];
    let mean_with = |patience: &Patience| {
        let picture =
            Picture { running: &running, waiting: &waiting, patience, ..picture(&slots, &handling) };
        estimate(&picture, &Calibration::new(), 5).for_newcomer().mean().unwrap().0
    };
    let patient = mean_with(&Patience::constant(0.0));
    let impatient = mean_with(&Patience::constant(0.1));
    assert!(impatient < 0.6 * patient, "{impatient} {patient}");
}

#[test]
fn whoever_goes_first_may_leave_too() {
    let handling = HandlingTimes::from_samples(&exponential_lengths(10.0), None, &[]);
    let slots = Slots::constant(1);
    let median_with = |patience: &Patience| {
        // Three times as many as one operator can talk with.
        let overtaking_per_minute = 0.3;
        let picture = Picture {
            running: &[Minutes(3.0)],
            patience,
            overtaking_per_minute,
            ..picture(&slots, &handling)
        };
        estimate(&picture, &Calibration::new(), 5).for_newcomer().q50().unwrap().0
    };
    assert!(median_with(&Patience::constant(0.0)) > 400.0, "nobody else is ever met");
    let (impatient, alone) = (median_with(&Patience::constant(0.2)), 10.0 * 2.0_f64.ln());
    assert!(2.0 * alone < impatient && impatient < 100.0, "{impatient}");
}

/// A helpline as the formulas know it.
struct Case {
    slots: u32,
    ahead: u32,
    mean: f64,
    leaving: f64,
}

fn newcomer(case: &Case) -> Estimate {
    let handling = HandlingTimes::from_samples(&exponential_lengths(case.mean), None, &[]);
    let patience = Patience::constant(case.leaving);
    let waiting = vec![Waiting { waited: Minutes(2.0), class: Class::Usual }; case.ahead as usize];
    let running = vec![Minutes(7.0); case.slots as usize];
    let slots = Slots::constant(case.slots);
    let picture =
        Picture { running: &running, waiting: &waiting, patience: &patience, ..picture(&slots, &handling) };
    estimate(&picture, &Calibration::new(), 11).for_newcomer()
}

/// The middles of equal shares of an exponential distribution.
fn exponential_lengths(mean: f64) -> Vec<Minutes> {
    (0..400).map(|i| Minutes(-mean * (1.0 - (f64::from(i) + 0.5) / 400.0).ln())).collect()
}

fn picture<'a>(slots: &'a Slots, handling: &'a HandlingTimes) -> Picture<'a> {
    static PATIENT: std::sync::OnceLock<Patience> = std::sync::OnceLock::new();
    Picture {
        is_open: true,
        closes_in: None,
        slots,
        running: &[],
        waiting: &[],
        handling,
        patience: PATIENT.get_or_init(|| Patience::constant(0.0)),
        overtaking_per_minute: 0.0,
        pick_up: Minutes(0.0),
    }
}

fn close(found: Minutes, expected: f64, share: f64) {
    assert!((found.0 / expected - 1.0).abs() < share, "{found:?} is not {expected} within {share}");
}
