//! The steps in which waits are told. A finer number would claim to know more than anybody does.

use tealight_protocol::Wait;

use super::Minutes;

/// The steps, in minutes. Above the last there is only "more than".
pub const LADDER_MINUTES: [u32; 12] = [1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120];

/// The range that is told for a lower and an upper quantile: down to a step, up to a step.
/// Under two minutes the lower end is left out ("less than"), above two hours the upper.
pub fn quote(low: Minutes, high: Minutes) -> Wait {
    let high_step = LADDER_MINUTES.iter().copied().find(|step| f64::from(*step) >= high.0);
    let mut low_step =
        LADDER_MINUTES.iter().copied().rev().find(|step| f64::from(*step) <= low.0).unwrap_or(0);
    if Some(low_step) == high_step {
        low_step = LADDER_MINUTES.iter().copied().rev().find(|step| *step < low_step).unwrap_or(0);
    }
    if low_step < 2 {
        low_step = 0;
    }
    Wait::Range { low_s: low_step * 60, high_s: high_step.map(|step| step.max(2) * 60) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_stand_on_the_ladder() {
        let told = |low, high| quote(Minutes(low), Minutes(high));
        assert_eq!(told(6.0, 19.0), range(5, Some(20)));
        assert_eq!(told(61.0, 75.0), range(60, Some(90)));
        assert_eq!(told(0.2, 0.7), range(0, Some(2)));
        assert_eq!(told(1.5, 4.0), range(0, Some(5)));
        assert_eq!(told(100.0, 121.0), range(90, None));
        assert_eq!(told(500.0, 900.0), range(120, None));
        assert_eq!(told(10.0, 10.0), range(5, Some(10)));
    }

    fn range(low: u32, high: Option<u32>) -> Wait {
        Wait::Range { low_s: low * 60, high_s: high.map(|minutes| minutes * 60) }
    }
}
