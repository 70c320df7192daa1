//! The steps in which waits are told. A finer number would claim to know more than anybody does.

use crate::Minutes;

/// The steps, in minutes. Above the last there is only "more than".
pub const LADDER_MINUTES: [u32; 12] = [1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120];

/// The shortest upper end that is told, in minutes. Nobody can be held to less.
const LEAST_UPPER: u32 = 2;

/// What a person reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quote {
    /// There is no number: too little is known, or nobody is on duty.
    Unknown,
    /// Nobody is let in.
    Closed,
    /// Both ends stand on the ladder, in minutes.
    Range {
        /// From. 0 is left out: "less than …".
        low: u32,
        /// To. `None`: longer than the ladder.
        high: Option<u32>,
    },
}

impl Quote {
    /// The range for a lower and an upper quantile: down to a step, up to a step, and never the same twice.
    /// A value that is no length of time makes [`Quote::Unknown`].
    pub fn of_range(low: Minutes, high: Minutes) -> Self {
        if low.0.is_nan() || high.0.is_nan() {
            return Self::Unknown;
        }
        Self::of_steps(ladder_down(low), ladder_up(high))
    }

    /// The range between two steps; a lower end that is not below the upper goes one step under it.
    pub(crate) fn of_steps(low: u32, high: Option<u32>) -> Self {
        let low = match high {
            Some(high) if low >= high => step_below(high),
            Some(_) | None => low,
        };
        Self::Range { low: if low < LEAST_UPPER { 0 } else { low }, high }
    }
}

/// The step at or above a wait, at least two minutes. `None` above the ladder.
pub fn ladder_up(wait: Minutes) -> Option<u32> {
    let reaches = |step: &u32| f64::from(*step) >= wait.0 && *step >= LEAST_UPPER;
    LADDER_MINUTES.iter().copied().find(reaches)
}

/// The step at or below a wait; 0 below two minutes.
pub fn ladder_down(wait: Minutes) -> u32 {
    let within = |step: &u32| f64::from(*step) <= wait.0 && *step >= LEAST_UPPER;
    LADDER_MINUTES.iter().copied().rev().find(within).unwrap_or(0)
}

fn step_below(high: u32) -> u32 {
    LADDER_MINUTES.iter().copied().rev().find(|step| *step < high).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_stand_on_the_ladder() {
        let told = |low, high| Quote::of_range(Minutes(low), Minutes(high));
        assert_eq!(told(6.0, 19.0), range(5, Some(20)));
        assert_eq!(told(61.0, 75.0), range(60, Some(90)));
        assert_eq!(told(0.2, 0.7), range(0, Some(2)));
        assert_eq!(told(1.5, 4.0), range(0, Some(5)));
        assert_eq!(told(2.0, 2.0), range(0, Some(2)));
        assert_eq!(told(100.0, 121.0), range(90, None));
        assert_eq!(told(500.0, 900.0), range(120, None));
        assert_eq!(told(10.0, 10.0), range(5, Some(10)));
    }

    #[test]
    fn what_is_no_length_of_time_makes_no_range_to_be_ashamed_of() {
        assert_eq!(Quote::of_range(Minutes(f64::NAN), Minutes(5.0)), Quote::Unknown);
        assert_eq!(Quote::of_range(Minutes(-3.0), Minutes(-1.0)), range(0, Some(2)));
        assert_eq!(Quote::of_range(Minutes(f64::INFINITY), Minutes(f64::INFINITY)), range(120, None));
        assert_eq!(ladder_up(Minutes(f64::NAN)), None);
        assert_eq!(ladder_down(Minutes(f64::NAN)), 0);
    }

    fn range(low: u32, high: Option<u32>) -> Quote {
        Quote::Range { low, high }
    }
}
