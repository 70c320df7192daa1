//! How long the waiting room takes: a range, or an honest "we cannot say". Pure: no clock, no store, and chance only
//! from a seed that is handed in.
//!
//! [`estimate`] plays the waiting room forward some hundred times, from one [`Picture`] of it, and answers for
//! every place at once. What it answers is the *offered wait*: the time until a slot would be given to this
//! person, or to somebody behind them, had they stayed. Unlike the time until somebody was met, it exists for
//! those who left, too, so that it can be scored and calibrated without looking only at the patient (Ibrahim
//! and Whitt, "Real-time delay estimation based on delay history", M&SOM 11, 2009, call it the potential delay).
//!
//! [`Calibration`] learns from what became of earlier estimates, [`Promise`] turns the estimates of one waiting
//! person into words that do not jump, and [`gauges`] is the arithmetic of how well all that went.
//! [`closed_form`] holds the formulas that the tests and the simulation compare with; no visitor is told them.

mod calibration;
mod chance;
pub mod closed_form;
mod course;
mod estimate;
pub mod gauges;
mod handling;
mod ladder;
mod patience;
mod promise;
mod slots;

pub use calibration::{Calibration, ENOUGH_OBSERVATIONS};
pub use estimate::{Class, Estimate, Estimates, Picture, State, Waiting, estimate};
pub use handling::{ENOUGH_HANDLING_TIMES, HANDLING_TIMES_KEPT, HandlingTimes};
pub use ladder::{LADDER_MINUTES, Quote, ladder_down, ladder_up};
pub use patience::{PATIENCE_EDGES, Patience};
pub use promise::{Moment, Promise, PromiseParts, Told};
pub use slots::{Change, Shift, Slots, turnout};

use std::time::Duration;

/// A length of time in minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Minutes(pub f64);

impl Minutes {
    /// The value, if it is one: finite and not negative.
    fn believable(self) -> Option<f64> {
        (self.0.is_finite() && self.0 >= 0.0).then_some(self.0)
    }
}

impl From<Duration> for Minutes {
    fn from(time: Duration) -> Self {
        Self(time.as_secs_f64() / 60.0)
    }
}
