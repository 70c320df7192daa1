//! The numbers for those who run a helpline.

use tealight_wait::Minutes;
use tealight_wait::gauges::{Ended, abandonment, answered_soon, coverage, offered_waits};

#[test]
fn offered_waits_have_a_middle_and_ends() {
    let waits = offered_waits((1..=10).map(|wait| Minutes(f64::from(wait)))).unwrap();
    assert_eq!([waits.q50, waits.q80, waits.q90].map(|wait| wait.0), [5.0, 8.0, 9.0]);
    let one = offered_waits([Minutes(f64::NAN), Minutes(-2.0), Minutes(7.0)]).unwrap();
    assert_eq!([one.q50, one.q80, one.q90].map(|wait| wait.0), [7.0; 3]);
    assert_eq!(offered_waits([]), None);
    assert_eq!(offered_waits([Minutes(f64::INFINITY)]), None);
}

#[test]
fn coverage_looks_at_the_newest_two_hundred() {
    let kept = (Some(20), Minutes(15.0));
    let broken = (Some(20), Minutes(25.0));
    let mut promises = vec![broken; 300];
    promises.extend(vec![kept; 180]);
    promises.extend(vec![broken; 20]);
    let told = coverage(&promises).unwrap();
    assert_eq!((told.promises, told.over, told.alarm), (200, 0.1, false));
    let cautious = coverage(&vec![kept; 60]).unwrap();
    assert_eq!((cautious.over, cautious.alarm), (0.0, true));
    let few = coverage(&[broken; 10]).unwrap();
    assert_eq!((few.over, few.alarm), (1.0, false), "ten prove nothing");
    assert_eq!(coverage(&[(None, Minutes(500.0))]).unwrap().over, 0.0, "more than two hours is kept by more");
    assert_eq!(coverage(&[(Some(5), Minutes(f64::NAN))]), None);
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
    assert_eq!(abandonment(waits), Some(0.25));
    assert_eq!(answered_soon(waits), Some(0.5));
    assert_eq!((abandonment([]), answered_soon([(seconds(3.0), Ended::Left)])), (None, None));
}
