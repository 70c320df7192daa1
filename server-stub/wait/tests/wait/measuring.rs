//! The numbers for those who run a helpline.

use tealight_wait::Minutes;
use tealight_wait::gauges::{Ended, Outcome, Share, abandonment, answered_soon, coverage, offered_waits};

#[test]
fn offered_waits_have_a_middle_and_ends() {
    let waits = offered_waits((1..=10).map(|wait| Minutes(f64::from(wait)))).unwrap();
    assert_eq!([waits.q25, waits.q50, waits.q80, waits.q90].map(|wait| wait.0), [3.0, 5.0, 8.0, 9.0]);
    assert_eq!(waits.of, 10);
    let one = offered_waits([Minutes(f64::NAN), Minutes(-2.0), Minutes(7.0)]).unwrap();
    assert_eq!([one.q25, one.q50, one.q80, one.q90].map(|wait| wait.0), [7.0; 4]);
    assert_eq!(offered_waits([]), None);
    assert_eq!(offered_waits([Minutes(f64::INFINITY)]), None);
}

#[test]
fn coverage_looks_at_the_newest_two_hundred() {
    let mut promises = vec![outcome(25.0); 300];
    promises.extend(vec![outcome(15.0); 160]);
    promises.extend(vec![outcome(19.0); 20]);
    promises.extend(vec![outcome(25.0); 20]);
    let told = coverage(&promises).unwrap();
    assert_eq!((told.promises, told.over_first_upper, told.over_q90), (200, 0.1, Some(0.2)));
    assert_eq!(coverage(&[outcome(f64::NAN)]), None);
}

#[test]
fn coverage_alarms_when_promises_break_or_the_quantile_is_none() {
    let alarm = |offered: &[(f64, usize)]| {
        let outcomes: Vec<_> = offered.iter().flat_map(|(offered, n)| vec![outcome(*offered); *n]).collect();
        coverage(&outcomes).unwrap().alarm
    };
    assert!(!alarm(&[(15.0, 90), (19.0, 5), (25.0, 5)]));
    assert!(alarm(&[(15.0, 80), (25.0, 20)]), "one promise in five is broken");
    assert!(alarm(&[(15.0, 80), (19.0, 20)]), "only the steps of the ladder save the promises");
    assert!(alarm(&[(15.0, 60)]), "everybody is told too much");
    assert!(!alarm(&[(25.0, 10)]), "ten prove nothing");
    let above_the_ladder = Outcome { first_upper: None, issued_q90: None, ..outcome(500.0) };
    let told = coverage(&[above_the_ladder; 60]).unwrap();
    assert_eq!((told.over_first_upper, told.over_q90, told.alarm), (0.0, None, false));
}

#[test]
fn who_leaves_at_once_has_not_given_up() {
    let seconds = |s: f64| Minutes(s / 60.0);
    let waits = [
        (seconds(4.0), Ended::Left),
        (seconds(10.0), Ended::Left),
        (seconds(2.0), Ended::Met),
        (Minutes(6.0), Ended::Met),
        (Minutes(5.0), Ended::Met),
        (Minutes(-1.0), Ended::Left),
    ];
    assert_eq!(abandonment(waits), Some(Share { share: 0.25, of: 4 }));
    assert_eq!(answered_soon(waits), Some(Share { share: 2.0 / 3.0, of: 3 }));
    assert_eq!((abandonment([]), answered_soon([(seconds(3.0), Ended::Left)])), (None, None));
}

/// Told: up to 20 minutes, from a quantile of 18.
fn outcome(offered: f64) -> Outcome {
    Outcome { first_upper: Some(20), issued_q90: Some(Minutes(18.0)), offered: Minutes(offered) }
}
