//! Random states and nonsense: an estimate is believable, or there is none.

use proptest::prelude::*;
use tealight_wait::{
    Calibration, Change, Class, Estimate, Estimates, HandlingTimes, LADDER_MINUTES, Minutes, Patience,
    Picture, Quote, Shift, Slots, State, Waiting, estimate,
};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_the_state_the_estimate_is_believable_or_there_is_none(world in world()) {
        let estimates = world.estimates(1);
        for place in 1..=world.waiting.len() as u32 + 2 {
            believable(&estimates.for_place(place))?;
        }
        believable(&estimates.for_newcomer())?;
    }

    #[test]
    fn who_is_behind_waits_no_less(world in world()) {
        let estimates = world.estimates(2);
        let classes: Vec<Class> = world.waiting.iter().map(|waiting| waiting.class).collect();
        let mut places: Vec<u32> = (1..=classes.len() as u32).collect();
        places.sort_by_key(|place| classes[*place as usize - 1]);
        places.push(classes.len() as u32 + 1);
        for pair in places.windows(2) {
            let (before, behind) = (estimates.for_place(pair[0]), estimates.for_place(pair[1]));
            prop_assert!(before.q25() <= behind.q25() && before.q50() <= behind.q50(), "{pair:?}");
            prop_assert!(before.q80() <= behind.q80() && before.q90() <= behind.q90(), "{pair:?}");
            prop_assert!(before.mean() <= behind.mean() && before.past_closing() <= behind.past_closing());
            for minutes in [1.0, 10.0, 60.0] {
                prop_assert!(before.exceeds(Minutes(minutes)) <= behind.exceeds(Minutes(minutes)));
            }
        }
    }

    #[test]
    fn the_same_seed_makes_the_same_estimates(world in world(), seed: u64) {
        let (one, other) = (world.estimates(seed), world.estimates(seed));
        for place in 1..=world.waiting.len() as u32 + 1 {
            let (one, other) = (one.for_place(place), other.for_place(place));
            prop_assert_eq!(one.has_number(), other.has_number());
            prop_assert!(!one.has_number() || one == other);
        }
    }

    #[test]
    fn waits_from_elsewhere_make_an_estimate_or_none(waits in prop::collection::vec(number(), 0..40), closes in number()) {
        let waits: Vec<_> = waits.into_iter().map(Minutes).collect();
        believable(&Estimate::from_waits(&waits, Some(Minutes(closes)), &Calibration::new()))?;
    }
}

#[test]
fn ten_thousand_people_and_five_hundred_operators_are_no_trouble() {
    let waiting: Vec<_> = (0..10_000)
        .map(|i| Waiting { waited: Minutes(f64::from(10_000 - i) / 60.0), class: Class::Usual })
        .collect();
    let running = vec![Minutes(12.0); 500];
    let world = World { waiting, running, slots: Slots::constant(500), ..World::usual() };
    let estimates = world.estimates(1);
    for place in [1, 100, 9_999, 10_000, 10_001, u32::MAX] {
        let told = estimates.for_place(place);
        believable(&told).unwrap();
        assert!(told.has_number());
    }
    assert!(estimates.for_place(1).q90() < Some(Minutes(5.0)));
    assert!(matches!(estimates.for_newcomer().quote(), Quote::Range { low: 90.., high: None }));
}

#[test]
fn one_operator_for_ten_thousand_people_is_more_than_anybody_waits() {
    let waiting = vec![Waiting { waited: Minutes(0.0), class: Class::Usual }; 10_000];
    let patience = Patience::constant(0.0);
    let world = World { waiting, patience, slots: Slots::constant(1), ..World::usual() };
    let told = world.estimates(1).for_newcomer();
    assert_eq!((told.q25(), told.issued_q25()), (Some(Minutes(480.0)), None));
    assert_eq!(told.quote(), Quote::Range { low: 120, high: None });
}

#[test]
fn a_crowd_of_overtakers_ends_too() {
    let world = World { overtaking: f64::MAX, slots: Slots::constant(50), ..World::usual() };
    believable(&world.estimates(1).for_newcomer()).unwrap();
    let lengths = HandlingTimes::from_samples(&[Minutes(0.0); 40], None, &[]);
    let quick =
        World { overtaking: 60.0, handling: lengths, slots: Slots::constant(10_000), ..World::usual() };
    believable(&quick.estimates(1).for_newcomer()).unwrap();
}

fn believable(told: &Estimate) -> Result<(), TestCaseError> {
    let quantiles = [told.q25(), told.q50(), told.q80(), told.q90()];
    match told.state() {
        State::Unknown | State::Closed => {
            prop_assert!(!told.has_number() && quantiles == [None; 4] && told.mean().is_none());
            prop_assert!(matches!(told.quote(), Quote::Unknown | Quote::Closed));
        }
        State::Open | State::Warn | State::NotAdmitting => {
            let values: Vec<f64> = quantiles.iter().map(|quantile| quantile.unwrap().0).collect();
            prop_assert!(values.iter().all(|value| (0.0..=480.0).contains(value)), "{values:?}");
            prop_assert!(values.is_sorted(), "{values:?}");
            prop_assert!((0.0..=480.0).contains(&told.mean().unwrap().0));
            let Quote::Range { low, high } = told.quote() else {
                return Err(TestCaseError::fail("a number, and no range"));
            };
            prop_assert!(low == 0 || LADDER_MINUTES.contains(&low) && low > 1, "{low}");
            prop_assert!(high.is_none_or(|high| high >= 2 && low < high && LADDER_MINUTES.contains(&high)));
        }
    }
    for raw in [told.issued_q25(), told.issued_q90()].into_iter().flatten() {
        prop_assert!((0.0..=480.0).contains(&raw.0));
    }
    for minutes in [f64::NAN, f64::NEG_INFINITY, -1.0, 0.0, 5.0, 1e300, f64::INFINITY] {
        prop_assert!((0.0..=1.0).contains(&told.exceeds(Minutes(minutes))));
    }
    prop_assert!((0.0..=1.0).contains(&told.past_closing()));
    Ok(())
}

/// A whole picture, with what it refers to.
#[derive(Clone, Debug)]
struct World {
    is_open: bool,
    closes_in: Option<Minutes>,
    slots: Slots,
    running: Vec<Minutes>,
    waiting: Vec<Waiting>,
    handling: HandlingTimes,
    patience: Patience,
    overtaking: f64,
    pick_up: f64,
    calibration: Calibration,
}

impl World {
    fn usual() -> Self {
        Self {
            is_open: true,
            closes_in: None,
            slots: Slots::constant(3),
            running: vec![Minutes(5.0); 3],
            waiting: vec![Waiting { waited: Minutes(3.0), class: Class::Usual }; 3],
            handling: HandlingTimes::from_samples(&[], Some(Minutes(45.0)), &[]),
            patience: Patience::default(),
            overtaking: 0.0,
            pick_up: 0.5,
            calibration: Calibration::new(),
        }
    }

    fn estimates(&self, seed: u64) -> Estimates {
        let picture = Picture {
            is_open: self.is_open,
            closes_in: self.closes_in,
            slots: &self.slots,
            running: &self.running,
            waiting: &self.waiting,
            handling: &self.handling,
            patience: &self.patience,
            overtaking_per_minute: self.overtaking,
            pick_up: Minutes(self.pick_up),
        };
        estimate(&picture, &self.calibration, seed)
    }
}

/// A number as life brings them, and now and then one that is none.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        12 => 0.0..200.0_f64,
        1 => -1e9..1e9_f64,
        1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, 1e300, 1e-300]),
    ]
}

fn minutes() -> impl Strategy<Value = Minutes> {
    number().prop_map(Minutes)
}

fn slots() -> impl Strategy<Value = Slots> {
    let now = prop_oneof![8 => 0..12_u32, 1 => 0..2_000_u32];
    let many = prop_oneof![9 => 0..12_u32, 1 => any::<u32>()];
    let steps = prop::collection::vec((minutes(), many.clone()), 0..6);
    let changes = prop::collection::vec((minutes(), many.clone(), many.clone()), 0..6);
    let shifts = prop::collection::vec((minutes(), minutes(), many, any::<bool>()), 0..6);
    (now, steps, changes, shifts, 0..3, number()).prop_map(|(now, steps, changes, shifts, kind, turnout)| {
        let slots = match kind {
            0 => Slots::from_steps(now, steps),
            1 => Slots::from_changes(
                now,
                changes.into_iter().map(|(at, leaving, joining)| Change { at, leaving, joining }),
            ),
            _ => {
                let shift = |(from, to, at_once, runs): (Minutes, Minutes, u32, bool)| Shift {
                    from: if runs { Minutes(-from.0) } else { from },
                    to,
                    at_once,
                };
                Slots::from_shifts(now, &shifts.into_iter().map(shift).collect::<Vec<_>>())
            }
        };
        slots.with_turnout(turnout / 100.0)
    })
}

fn handling() -> impl Strategy<Value = HandlingTimes> {
    let samples = prop_oneof![
        prop::collection::vec(minutes(), 0..60),
        prop::collection::vec(minutes(), 0..450),
        (minutes(), 0..50_usize).prop_map(|(length, count)| vec![length; count]),
    ];
    (samples, prop::option::of(minutes()), prop::collection::vec(minutes(), 0..20))
        .prop_map(|(samples, prior, running)| HandlingTimes::from_samples(&samples, prior, &running))
}

fn calibration() -> impl Strategy<Value = Calibration> {
    (number(), 0..300_u32).prop_map(|(offered, count)| {
        let mut calibration = Calibration::new();
        for n in 1..=count {
            let spread = f64::from(n % 7 + 1);
            calibration.observe(Minutes(5.0), Minutes(30.0), Minutes(offered / spread));
        }
        calibration
    })
}

fn world() -> impl Strategy<Value = World> {
    let person = (minutes(), any::<bool>()).prop_map(|(waited, first)| Waiting {
        waited,
        class: if first { Class::First } else { Class::Usual },
    });
    let patience = prop::collection::vec((minutes(), any::<bool>()), 0..50).prop_map(Patience::from_records);
    (
        (prop::bool::weighted(0.9), prop::option::of(minutes()), slots()),
        prop::collection::vec(minutes(), 0..30),
        prop::collection::vec(person, 0..40),
        (handling(), patience, calibration()),
        (prop_oneof![4 => Just(0.0), 1 => number()], number()),
    )
        .prop_map(|((is_open, closes_in, slots), running, waiting, learned, (overtaking, pick_up))| {
            let (handling, patience, calibration) = learned;
            World {
                is_open,
                closes_in,
                slots,
                running,
                waiting,
                handling,
                patience,
                overtaking,
                pick_up,
                calibration,
            }
        })
}
