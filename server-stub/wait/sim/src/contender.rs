//! What is compared: rules that look at a waiting room and say how long each person in it will still wait.

use crate::helpline::Room;

/// What a rule says about one person's wait from now on, in minutes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// Expected value.
    pub mean: f64,
    /// A distribution, from rules that have one.
    pub quantiles: Option<Quantiles>,
}

/// Quantiles of a wait, in minutes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantiles {
    /// One in four waits less.
    pub q25: f64,
    /// Half wait less.
    pub q50: f64,
    /// Four in five wait less.
    pub q80: f64,
    /// Nine in ten wait less.
    pub q90: f64,
}

/// What a person reads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shown {
    /// "We can't say how long."
    Nothing,
    /// A bare number of minutes.
    Number(u32),
    /// From `low` (0: "less than") to `high` minutes (`None`: more than two hours).
    Range {
        /// Lower end.
        low: u32,
        /// Upper end.
        high: Option<u32>,
    },
}

impl Shown {
    /// The longest wait that these words allow. Infinite when they set no bound.
    pub fn upper(self) -> f64 {
        match self {
            Self::Nothing => f64::INFINITY,
            Self::Number(minutes) => f64::from(minutes),
            Self::Range { high, .. } => high.map_or(f64::INFINITY, f64::from),
        }
    }
}

/// What a person is told at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Told {
    /// What they read.
    pub shown: Shown,
    /// The moment by which somebody was promised to come.
    pub by: Option<f64>,
    /// Whether it is said now that it takes longer than expected.
    pub sorry: bool,
}

impl Told {
    /// Words without a promise.
    pub fn only(shown: Shown) -> Self {
        Self { shown, by: None, sorry: false }
    }
}

/// A rule for the wait.
pub trait Estimator {
    /// Looks at the room. All answers until the next look are about this moment.
    fn look(&mut self, room: &Room<'_>);

    /// The wait from now on of the person at this place of the room, from 0.
    fn forecast(&self, room: &Room<'_>, place: usize) -> Option<Forecast>;

    /// The expected value of the same.
    fn mean(&self, room: &Room<'_>, place: usize) -> Option<f64> {
        self.forecast(room, place).map(|forecast| forecast.mean)
    }

    /// What the person at this place is told. Asked once when they join and at each look, and only of rules
    /// that are shown as [`Showing::Promise`].
    fn tell(&mut self, room: &Room<'_>, place: usize) -> Told {
        let _ = (room, place);
        Told::only(Shown::Nothing)
    }

    /// Somebody's wait is over.
    fn ended(&mut self, id: usize) {
        let _ = id;
    }

    /// The offered wait of somebody has become known.
    fn offered(&mut self, id: usize, wait: f64) {
        let _ = (id, wait);
    }
}

/// How what a rule says becomes words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Showing {
    /// The mean in whole minutes, whatever it was before.
    Number,
    /// 25 % and 90 % quantile on the ladder, whatever they were before.
    Range,
    /// The rule's own words: [`Estimator::tell`].
    Promise,
}

/// The steps in which a range is told, in minutes.
const LADDER: [u32; 12] = [1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120];

impl Showing {
    /// The words of a rule for the person at `place`.
    pub fn told(self, estimator: &mut dyn Estimator, room: &Room<'_>, place: usize) -> Told {
        let shown = match self {
            Self::Promise => return estimator.tell(room, place),
            Self::Number => {
                estimator.mean(room, place).map(|mean| Shown::Number(mean.round().max(1.0) as u32))
            }
            Self::Range => estimator.forecast(room, place).and_then(|forecast| forecast.quantiles).map(range),
        };
        Told::only(shown.unwrap_or(Shown::Nothing))
    }
}

fn range(quantiles: Quantiles) -> Shown {
    let low = LADDER.into_iter().rev().find(|step| f64::from(*step) <= quantiles.q25).unwrap_or(0);
    let high = LADDER.into_iter().find(|step| f64::from(*step) >= quantiles.q90).map(|step| step.max(2));
    Shown::Range { low: if low < 2 { 0 } else { low }, high }
}
