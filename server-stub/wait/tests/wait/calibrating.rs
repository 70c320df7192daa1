//! What is learned from estimates that were too low or too high.

use tealight_wait::{Calibration, ENOUGH_OBSERVATIONS, Estimate, Minutes};

#[test]
fn nothing_moves_before_enough_was_observed() {
    let mut calibration = Calibration::new();
    for n in 1..ENOUGH_OBSERVATIONS {
        calibration.observe(Minutes(5.0), Minutes(20.0), Minutes(60.0));
        assert_eq!((calibration.offsets(), calibration.observations()), ((0.0, 0.0), n));
    }
    calibration.observe(Minutes(5.0), Minutes(20.0), Minutes(60.0));
    assert!(calibration.offsets().1 > 0.8, "{:?}", calibration.offsets());
}

#[test]
fn one_step_is_the_one_by_hand() {
    let mut calibration = Calibration::new();
    for _ in 0..ENOUGH_OBSERVATIONS {
        calibration.observe(Minutes(10.0), Minutes(20.0), Minutes(15.0));
    }
    // Neither end was passed: the upper comes down by 0.02·0.1 each time, the lower goes up by 0.02·0.25.
    let (low, high) = calibration.offsets();
    assert!((low - 50.0 * 0.005).abs() < 1e-12 && (high + 50.0 * 0.002).abs() < 1e-12, "{low} {high}");
}

#[test]
fn estimates_that_are_half_of_the_truth_come_to_hold_as_often_as_they_say() {
    // The truth is uniform on 0..100 minutes, the raw quantiles are half of what they should be.
    let mut calibration = Calibration::new();
    let (mut over, mut within, mut counted) = (0, 0, 0);
    for n in 0..20_000_u32 {
        let offered = Minutes(f64::from(n * 61 % 997) / 997.0 * 100.0);
        let (low, high) = calibration.offsets();
        let issued = (Minutes(12.5 * low.exp()), Minutes(45.0 * high.exp()));
        if n >= 2_000 {
            counted += 1;
            over += u32::from(offered > issued.1);
            within += u32::from(offered <= issued.0);
        }
        calibration.observe(issued.0, issued.1, offered);
    }
    let share = |count: u32| f64::from(count) / f64::from(counted);
    assert!((share(over) - 0.10).abs() < 0.01, "{}", share(over));
    assert!((share(within) - 0.25).abs() < 0.01, "{}", share(within));
}

#[test]
fn an_end_is_moved_to_a_third_or_to_seven_times_and_no_further() {
    let mut calibration = Calibration::new();
    for _ in 0..20_000 {
        calibration.observe(Minutes(5.0), Minutes(20.0), Minutes(1e6));
    }
    assert_eq!(calibration.offsets(), (2.0, 2.0));
    for _ in 0..20_000 {
        calibration.observe(Minutes(5.0), Minutes(20.0), Minutes(0.0));
    }
    assert_eq!(calibration.offsets(), (-1.0, -1.0));
}

#[test]
fn nonsense_is_not_counted() {
    let mut calibration = Calibration::new();
    for wrong in [f64::NAN, f64::INFINITY, -1.0].map(Minutes) {
        calibration.observe(wrong, Minutes(20.0), Minutes(10.0));
        calibration.observe(Minutes(5.0), wrong, Minutes(10.0));
        calibration.observe(Minutes(5.0), Minutes(20.0), wrong);
    }
    assert_eq!(calibration, Calibration::new());
}

#[test]
fn an_estimate_is_moved_at_its_ends_and_stays_in_order() {
    let mut calibration = Calibration::new();
    for _ in 0..50 {
        // Too low at the upper end, too high at the lower.
        calibration.observe(Minutes(20.0), Minutes(40.0), Minutes(60.0));
        calibration.observe(Minutes(20.0), Minutes(40.0), Minutes(2.0));
    }
    let (low, high) = calibration.offsets();
    assert!(low < -0.2 && high > 0.2, "{low} {high}");
    let waits: Vec<_> = (1..=399).map(|wait| Minutes(f64::from(wait) / 4.0)).collect();
    let raw = Estimate::from_waits(&waits, None, &Calibration::new());
    let moved = Estimate::from_waits(&waits, None, &calibration);
    let ratio = |a: Option<Minutes>, b: Option<Minutes>| (a.unwrap().0 / b.unwrap().0).ln();
    assert!((ratio(moved.q25(), raw.q25()) - low).abs() < 1e-3);
    assert!((ratio(moved.q90(), raw.q90()) - high).abs() < 1e-3);
    assert!(moved.q25() <= moved.q50() && moved.q50() <= moved.q80() && moved.q80() <= moved.q90());
    assert_eq!((moved.issued_q25(), moved.issued_q90()), (moved.q25(), moved.q90()));
    assert_eq!(moved.mean(), raw.mean());
    let promised = moved.q90().unwrap();
    assert!((moved.exceeds(promised) - 0.1).abs() < 0.005, "{}", moved.exceeds(promised));
}
