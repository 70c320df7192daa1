//! From a picture of the waiting room to an estimate for every place.
//!
//! The picture is played forward many times with chance: what is left of the conversations that run, who gives up,
//! who begins and finishes. The estimate for a place is the empirical distribution of what came out there. That a
//! simulation from the present state, with the ages of what runs, beats formulas on the queue's length as soon as
//! staff changes and handling times are not exponential follows Whitt, "Predicting queueing delays", Management
//! Science 45, 1999.

use crate::Minutes;
use crate::calibration::Calibration;
use crate::chance::Chance;
use crate::course::{FreeAt, HORIZON, Person, Running, Scene};
use crate::handling::HandlingTimes;
use crate::ladder::Quote;
use crate::patience::Patience;
use crate::slots::Slots;

/// Courses played for a waiting room of usual size.
const MOST_COURSES: usize = 400;

/// Courses played however many wait.
const FEWEST_COURSES: usize = 100;

/// Places times courses that are worth their time.
const WORTH: usize = 60_300;

/// Most people of the first class who come in a minute.
const MOST_OVERTAKING: f64 = 60.0;

/// With a smaller chance to be met before closing, visitors are warned.
const WARN_BELOW: f64 = 0.5;

/// With a smaller chance to be met before closing, nobody new is let in.
const ADMIT_FROM: f64 = 0.1;

/// In which order people are met: the first class before the usual one, each in its own order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Those who were talked with already, or whom somebody marked.
    First,
    /// Everybody else.
    #[default]
    Usual,
}

/// Somebody who waits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Waiting {
    /// How long already.
    pub waited: Minutes,
    /// Whether they are overtaken by people of the first class who come later.
    pub class: Class,
}

/// The waiting room and the people in it, at one moment.
#[derive(Clone, Debug)]
pub struct Picture<'a> {
    /// Whether the helpline is open.
    pub is_open: bool,
    /// How long until it closes, if it does.
    pub closes_in: Option<Minutes>,
    /// Who accepts, now and later.
    pub slots: &'a Slots,
    /// Ages of the conversations that take up one of the accepting slots. Those of operators who have their
    /// last chat or are gone take up none.
    pub running: &'a [Minutes],
    /// Who waits, the next first.
    pub waiting: &'a [Waiting],
    /// How long conversations take.
    pub handling: &'a HandlingTimes,
    /// How long people wait before they leave.
    pub patience: &'a Patience,
    /// How many people of the first class come in a minute.
    pub overtaking_per_minute: f64,
    /// How long a free slot stays free on average while somebody waits: until an operator takes the next visitor.
    pub pick_up: Minutes,
}

/// What can be said about a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing: nobody accepts, or too little is known.
    Unknown,
    /// The helpline is closed.
    Closed,
    /// There is an estimate.
    Open,
    /// There is one, and likelier than not it closes first.
    Warn,
    /// There is one, and hardly anybody would be met before it closes.
    NotAdmitting,
}

/// An estimate for every place: of those who wait, and of whoever would join behind them.
#[derive(Clone, Debug)]
pub struct Estimates {
    /// What can be said to everybody, where there is no number.
    state: State,
    /// The waits of all places, those of one place side by side, as sortable bits; in the order of being met, with the
    /// newcomer at the end. Empty when there is no number.
    waits: Vec<u32>,
    courses: usize,
    /// For each place in the picture, which one it is in the order of being met.
    met_as: Vec<usize>,
    /// By what each of the sorted waits is multiplied.
    factors: Vec<f32>,
    closes_in: Option<f64>,
}

impl Estimates {
    /// For a place from 1, in the order of the picture. A place behind the last is that of a newcomer.
    pub fn for_place(&self, place: u32) -> Estimate {
        let met_as = self.met_as.get(place.max(1) as usize - 1).copied().unwrap_or(self.met_as.len());
        let waits = self.waits.chunks_exact(self.courses.max(1)).nth(met_as).unwrap_or_default();
        if waits.is_empty() {
            return Estimate::without_number(self.state);
        }
        let mut sorted = waits.to_vec();
        sorted.sort_unstable();
        let sorted = sorted.into_iter().map(f32::from_bits).collect();
        Estimate::of_sorted(sorted, &self.factors, self.closes_in)
    }

    /// For somebody of the usual class who joined now.
    pub fn for_newcomer(&self) -> Estimate {
        self.for_place(u32::MAX)
    }

    /// The same for everybody: when there is no number.
    fn without_number(state: State) -> Self {
        Self {
            state,
            waits: Vec::new(),
            courses: 0,
            met_as: Vec::new(),
            factors: Vec::new(),
            closes_in: None,
        }
    }
}

/// The offered wait at one place, as a distribution.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    state: State,
    /// Calibrated, in minutes, sorted; infinity beyond the horizon. Empty when there is no number.
    sorted: Box<[f32]>,
    mean: f64,
    past_closing: f64,
}

impl Estimate {
    /// An estimate that is only a state: [`State::Unknown`] or [`State::Closed`].
    pub fn without_number(state: State) -> Self {
        Self { state, sorted: Box::default(), mean: 0.0, past_closing: 0.0 }
    }

    /// An estimate from equally likely waits, for another way to estimate and for tests. What is no length of time
    /// is left out; if nothing is left, the state is [`State::Unknown`].
    pub fn from_waits(waits: &[Minutes], closes_in: Option<Minutes>, calibration: &Calibration) -> Self {
        let within = |wait: f64| if wait > HORIZON { f32::INFINITY } else { wait as f32 };
        let valid = waits.iter().map(|wait| wait.0).filter(|wait| *wait >= 0.0);
        let mut sorted: Vec<f32> = valid.map(within).collect();
        sorted.sort_unstable_by(f32::total_cmp);
        let factors = calibration.factors(sorted.len());
        Self::of_sorted(sorted.into_boxed_slice(), &factors, closing(closes_in))
    }

    fn of_sorted(mut sorted: Box<[f32]>, factors: &[f32], closes_in: Option<f64>) -> Self {
        if sorted.is_empty() {
            return Self::without_number(State::Unknown);
        }
        let mean = sorted.iter().map(|wait| f64::from(*wait).min(HORIZON)).sum::<f64>() / sorted.len() as f64;
        let mut least = 0.0_f32;
        for (wait, factor) in sorted.iter_mut().zip(factors) {
            least = least.max(*wait * factor);
            *wait = least;
        }
        let mut estimate = Self { state: State::Open, sorted, mean, past_closing: 0.0 };
        if let Some(closes_in) = closes_in {
            estimate.past_closing = estimate.exceeds(Minutes(closes_in));
            estimate.state = match 1.0 - estimate.past_closing {
                met if met < ADMIT_FROM => State::NotAdmitting,
                met if met < WARN_BELOW => State::Warn,
                _ => State::Open,
            };
        }
        estimate
    }

    /// What can be said.
    pub fn state(&self) -> State {
        self.state
    }

    /// Whether there is a number.
    pub fn has_number(&self) -> bool {
        !self.sorted.is_empty()
    }

    /// One in four waits no longer.
    pub fn q25(&self) -> Option<Minutes> {
        self.quantile(0.25)
    }

    /// One in two waits no longer.
    pub fn q50(&self) -> Option<Minutes> {
        self.quantile(0.5)
    }

    /// Four in five wait no longer.
    pub fn q80(&self) -> Option<Minutes> {
        self.quantile(0.8)
    }

    /// Nine in ten wait no longer.
    pub fn q90(&self) -> Option<Minutes> {
        self.quantile(0.9)
    }

    /// A quantile after calibration. What lies beyond eight hours counts as eight hours.
    pub fn quantile(&self, share: f64) -> Option<Minutes> {
        self.has_number().then(|| Minutes(f64::from(quantile(&self.sorted, share)).min(HORIZON)))
    }

    /// The mean. Calibration moves the two ends of a range and leaves it alone. What lies beyond eight hours counts
    /// as eight hours.
    pub fn mean(&self) -> Option<Minutes> {
        self.has_number().then_some(Minutes(self.mean))
    }

    /// The chance to wait longer than this, after calibration. 1 when there is no number, or `time` is none.
    pub fn exceeds(&self, time: Minutes) -> f64 {
        if !self.has_number() || time.0.is_nan() {
            return 1.0;
        }
        let within = self.sorted.partition_point(|wait| f64::from(*wait) <= time.0);
        // What lies beyond the horizon is longer than anything.
        let finite = self.sorted.partition_point(|wait| wait.is_finite());
        1.0 - within.min(finite) as f64 / self.sorted.len() as f64
    }

    /// The chance not to be met before it closes. 0 when it does not close or there is no number.
    pub fn past_closing(&self) -> f64 {
        self.past_closing
    }

    /// The 25 % quantile, for the record that a calibration learns from. `None` when there is none below eight hours.
    pub fn issued_q25(&self) -> Option<Minutes> {
        self.q25().filter(|quantile| quantile.0 < HORIZON)
    }

    /// The 90 % quantile, for the record that a calibration learns from. `None` when there is none below eight hours.
    pub fn issued_q90(&self) -> Option<Minutes> {
        self.q90().filter(|quantile| quantile.0 < HORIZON)
    }

    /// What somebody reads who was promised nothing yet: from the 25 % to the 90 % quantile.
    pub fn quote(&self) -> Quote {
        match (self.state, self.q25(), self.q90()) {
            (State::Closed, _, _) => Quote::Closed,
            (_, Some(low), Some(high)) => Quote::of_range(low, high),
            (State::Unknown | State::Open | State::Warn | State::NotAdmitting, _, _) => Quote::Unknown,
        }
    }
}

/// Estimates from a picture. The same seed makes the same estimates of the same picture.
pub fn estimate(picture: &Picture<'_>, calibration: &Calibration, seed: u64) -> Estimates {
    let count = picture.waiting.len();
    if !picture.is_open {
        return Estimates::without_number(State::Closed);
    }
    if !picture.handling.is_enough() || picture.slots.now() == 0 {
        return Estimates::without_number(State::Unknown);
    }
    // The order in which people are met: for each of them, where they stand in the picture.
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|index| picture.waiting[*index].class);
    let people: Vec<Person> = order.iter().map(|index| person(picture, *index)).collect();
    let running: Vec<Running> = picture
        .running
        .iter()
        .map(|age| age.believable().unwrap_or(0.0))
        .map(|age| Running { age, first_above: picture.handling.first_above(age) })
        .collect();
    let scene = Scene {
        slots: picture.slots,
        running: &running,
        people: &people,
        not_overtaken: picture.waiting.iter().filter(|waiting| waiting.class == Class::First).count(),
        overtaking_per_minute: rate(picture.overtaking_per_minute),
        pick_up: picture.pick_up.believable().unwrap_or(0.0),
        handling: picture.handling,
        patience: picture.patience,
    };
    let waits = play(&scene, seed);
    let courses = waits.len() / (count + 1);
    let mut met_as = vec![0; count];
    for (met_as_this, index) in order.into_iter().enumerate() {
        met_as[index] = met_as_this;
    }
    let factors = calibration.factors(courses);
    Estimates { state: State::Open, waits, courses, met_as, factors, closes_in: closing(picture.closes_in) }
}

/// The waits of all places in all courses: those of one place side by side. The bits of numbers that are not negative
/// sort as the numbers do.
fn play(scene: &Scene<'_>, seed: u64) -> Vec<u32> {
    let places = scene.people.len() + 1;
    let courses = (WORTH / places).clamp(FEWEST_COURSES, MOST_COURSES);
    let mut waits = vec![0; places * courses];
    let mut chance = Chance::new(seed);
    let mut free = FreeAt::default();
    for course in 0..courses {
        scene.play(&mut chance, &mut free, |place, at| {
            waits[place * courses + course] = (at as f32).to_bits();
        });
    }
    waits
}

fn person(picture: &Picture<'_>, index: usize) -> Person {
    let waited = picture.waiting[index].waited.believable().unwrap_or(0.0);
    Person { waited, hazard: picture.patience.cumulative(waited) }
}

fn rate(per_minute: f64) -> f64 {
    if per_minute.is_finite() { per_minute.clamp(0.0, MOST_OVERTAKING) } else { 0.0 }
}

/// How long until it closes. A moment that is over is now; what is no number is no closing time.
fn closing(closes_in: Option<Minutes>) -> Option<f64> {
    closes_in.map(|time| time.0).filter(|time| time.is_finite()).map(|time| time.max(0.0))
}

/// The smallest value that a share of the sorted values do not exceed, counting one more value than there are: so
/// that a new value from the same distribution exceeds it with the right chance.
fn quantile(sorted: &[f32], share: f64) -> f32 {
    let rank = (share * (sorted.len() as f64 + 1.0)).ceil() as usize;
    sorted.get(rank.clamp(1, sorted.len().max(1)) - 1).copied().unwrap_or(f32::NAN)
}
