//! What can be said, and to whom.

use tealight_wait::{
    Calibration, Change, Class, Estimates, HandlingTimes, Minutes, Patience, Picture, Quote, Shift, Slots,
    State, Waiting, estimate,
};

#[test]
fn with_nobody_on_duty_or_nothing_measured_there_is_no_number() {
    for world in [
        World { slots: Slots::constant(0), ..World::default() },
        World { slots: Slots::from_steps(0, [(Minutes(20.0), 4)]), ..World::default() },
        World { handling: HandlingTimes::from_samples(&[], None, &[]), ..World::default() },
        World { handling: HandlingTimes::from_samples(&[Minutes(30.0); 29], None, &[]), ..World::default() },
    ] {
        let told = world.estimates();
        for estimate in [told.for_place(1), told.for_newcomer()] {
            assert_eq!((estimate.state(), estimate.quote()), (State::Unknown, Quote::Unknown));
            assert_eq!((estimate.q25(), estimate.q90(), estimate.mean()), (None, None, None));
            assert_eq!((estimate.issued_q25(), estimate.issued_q90()), (None, None));
        }
    }
}

#[test]
fn a_closed_helpline_says_so_whatever_else() {
    let told = World { is_open: false, slots: Slots::constant(0), ..World::default() }.estimates();
    assert_eq!((told.for_place(1).state(), told.for_newcomer().quote()), (State::Closed, Quote::Closed));
}

#[test]
fn near_closing_time_it_warns_and_then_lets_nobody_in() {
    let state = |closes_in: f64| {
        World { closes_in: Some(Minutes(closes_in)), ..World::default() }.estimates().for_newcomer().state()
    };
    assert_eq!([300.0, 45.0, 1.0].map(state), [State::Open, State::Warn, State::NotAdmitting]);
    assert_eq!([-5.0, 0.0].map(state), [State::NotAdmitting; 2]);
    assert_eq!([f64::NAN, f64::INFINITY].map(state), [State::Open; 2], "that is no closing time");
}

#[test]
fn a_free_operator_means_a_short_wait_for_one() {
    let world =
        World { running: vec![Minutes(1.0); 2], slots: Slots::constant(3), pick_up: 0.5, ..World::default() };
    let told = world.estimates();
    assert_eq!(told.for_place(1).quote(), Quote::Range { low: 0, high: Some(2) });
    assert!(told.for_place(2).q50() > Some(Minutes(5.0)));
}

#[test]
fn who_is_relieved_finishes_outside_and_the_next_shift_is_free_at_once() {
    let relief = Change { at: Minutes(10.0), leaving: 2, joining: 2 };
    let running = vec![Minutes(1.0); 2];
    let world = World {
        slots: Slots::from_changes(2, [relief]),
        running: running.clone(),
        handling: HandlingTimes::from_samples(&[Minutes(60.0); 40], None, &[]),
        ..World::default()
    };
    assert_eq!(world.estimates().for_place(1).q90(), Some(Minutes(10.0)));
    assert_eq!(world.estimates().for_place(2).q90(), Some(Minutes(10.0)));
    // The same numbers by a planned level: nobody new comes, so it takes as long as they talk.
    let level = World { slots: Slots::from_steps(2, [(Minutes(10.0), 2)]), ..world };
    assert_eq!(level.estimates().for_place(1).q90(), Some(Minutes(59.0)));
}

#[test]
fn when_everybody_goes_home_no_upper_end_is_made_up() {
    let shifts = [Shift { from: Minutes(-60.0), to: Minutes(5.0), at_once: 2 }];
    let told = World { slots: Slots::from_shifts(2, &shifts), ..World::default() }.estimates();
    let last = told.for_newcomer();
    assert_eq!(last.q90(), Some(Minutes(480.0)));
    assert_eq!((last.issued_q90(), last.exceeds(Minutes(1e9))), (None, 1.0));
    assert_eq!(last.quote(), Quote::Range { low: 120, high: None });
}

#[test]
fn planned_slots_that_often_stay_empty_count_for_less() {
    let wait = |turnout: f64| {
        let slots = Slots::from_steps(1, [(Minutes(5.0), 6)]).with_turnout(turnout);
        World { slots, running: vec![Minutes(1.0)], ..World::default() }.estimates().for_newcomer()
    };
    assert!(wait(0.5).q90() > wait(1.0).q90());
    assert_eq!(wait(f64::NAN), wait(1.0));
    let relief = Change { at: Minutes(5.0), leaving: 1, joining: 6 };
    let relieved = |turnout: f64| {
        let slots = Slots::from_changes(1, [relief]).with_turnout(turnout);
        World { slots, running: vec![Minutes(1.0)], ..World::default() }.estimates().for_newcomer().q90()
    };
    assert_eq!(relieved(0.0), Some(Minutes(480.0)));
    assert_eq!(relieved(1.0), Some(Minutes(5.0)));
}

#[test]
fn who_was_talked_with_already_comes_first_and_is_overtaken_by_nobody() {
    let usual = Waiting { waited: Minutes(1.0), class: Class::Usual };
    let first = Waiting { waited: Minutes(1.0), class: Class::First };
    let mixed = World { waiting: vec![usual, usual, first], ..World::default() }.estimates();
    let sorted = World { waiting: vec![first, usual, usual], ..World::default() }.estimates();
    assert_eq!(mixed.for_place(3), sorted.for_place(1));
    assert_eq!(mixed.for_place(1), sorted.for_place(2));
    let overtaken = World { waiting: vec![first, usual, usual], overtaking: 0.2, ..World::default() };
    let overtaken = overtaken.estimates();
    let mean = |estimates: &Estimates, place| estimates.for_place(place).mean().unwrap().0;
    assert!((mean(&overtaken, 1) / mean(&sorted, 1) - 1.0).abs() < 0.2);
    assert!(mean(&overtaken, 3) > 1.3 * mean(&sorted, 3));
}

#[test]
fn a_wait_past_midnight_or_past_an_hour_is_a_range_like_any_other() {
    let waiting = vec![Waiting { waited: Minutes(50.0), class: Class::Usual }; 3];
    let lengths: Vec<_> = (0..100).map(|i| Minutes(f64::from(20 + i % 20))).collect();
    let handling = HandlingTimes::from_samples(&lengths, None, &[]);
    let world = World {
        waiting,
        handling,
        slots: Slots::constant(1),
        running: vec![Minutes(2.0)],
        ..World::default()
    };
    let Quote::Range { low, high } = world.estimates().for_newcomer().quote() else { panic!("a range") };
    assert!(low >= 60 && high.is_none_or(|high| high > 60), "{low} {high:?}");
}

/// Two operators who talk, four people who wait, open without end.
struct World {
    is_open: bool,
    closes_in: Option<Minutes>,
    slots: Slots,
    running: Vec<Minutes>,
    waiting: Vec<Waiting>,
    handling: HandlingTimes,
    overtaking: f64,
    pick_up: f64,
}

impl Default for World {
    fn default() -> Self {
        Self {
            is_open: true,
            closes_in: None,
            slots: Slots::constant(2),
            running: vec![Minutes(10.0), Minutes(20.0)],
            waiting: vec![Waiting { waited: Minutes(1.0), class: Class::Usual }; 2],
            handling: HandlingTimes::from_samples(&[], Some(Minutes(45.0)), &[]),
            overtaking: 0.0,
            pick_up: 0.0,
        }
    }
}

impl World {
    fn estimates(&self) -> Estimates {
        let patience = Patience::constant(0.0);
        let picture = Picture {
            is_open: self.is_open,
            closes_in: self.closes_in,
            slots: &self.slots,
            running: &self.running,
            waiting: &self.waiting,
            handling: &self.handling,
            patience: &patience,
            overtaking_per_minute: self.overtaking,
            pick_up: Minutes(self.pick_up),
        };
        estimate(&picture, &Calibration::new(), 3)
    }
}
