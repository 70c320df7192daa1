//! Mean, variance and quantiles of a wait behind `n` people.

use statrs::distribution::{ContinuousCDF as _, Gamma};

use super::Minutes;

/// A wait as a random variable: its first two moments.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Delay {
    /// Expected value.
    pub mean: Minutes,
    /// Variance, in square minutes.
    pub variance: f64,
}

impl Delay {
    /// A wait that ends at any moment with equal chance.
    pub fn exponential(mean: Minutes) -> Self {
        Self { mean, variance: mean.0 * mean.0 }
    }
}

/// The wait behind `ahead` people: the sum of `ahead + 1` exponential steps. While `i` people are ahead, the
/// next step comes at the rate `slots / mean + i·leaving`.
pub fn delay(ahead: u32, slots: u32, mean: Minutes, leaving: f64) -> Delay {
    let service = f64::from(slots) / mean.0;
    let (mut sum, mut variance) = (0.0, 0.0);
    for i in 0..=ahead {
        let step = 1.0 / (service + f64::from(i) * leaving);
        sum += step;
        variance += step * step;
    }
    Delay { mean: Minutes(sum), variance }
}

/// The 25 % and the 90 % quantile, from the gamma distribution of the same mean and variance.
/// `None` when the moments make no distribution.
pub(super) fn quantiles(delay: Delay) -> Option<(Minutes, Minutes)> {
    let shape = delay.mean.0 * delay.mean.0 / delay.variance;
    let rate = delay.mean.0 / delay.variance;
    // The search for a quantile stops at an absolute error: at the rate 1 that is small for any length of wait.
    let gamma = Gamma::new(shape, 1.0).ok()?;
    let (low, high) = (gamma.inverse_cdf(0.25) / rate, gamma.inverse_cdf(0.9) / rate);
    (low.is_finite() && high.is_finite() && 0.0 <= low && low <= high)
        .then_some((Minutes(low), Minutes(high)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_ahead_is_one_exponential_step() {
        let delay = delay(0, 3, Minutes(45.0), 0.02);
        assert!((delay.mean.0 - 15.0).abs() < 1e-9);
        assert!((delay.variance - 225.0).abs() < 1e-9);
        let (low, high) = quantiles(delay).unwrap();
        // Quantiles of an exponential: −mean·ln(1 − p).
        assert!((low.0 + 15.0 * 0.75_f64.ln()).abs() < 1e-3, "{low:?}");
        assert!((high.0 + 15.0 * 0.1_f64.ln()).abs() < 1e-3, "{high:?}");
    }

    #[test]
    fn the_shortest_steps_have_quantiles_too() {
        for slots in 1..200 {
            let delay = delay(0, slots, Minutes(0.1), 1.0 / 60.0);
            let (low, high) = quantiles(delay).unwrap();
            let expected = -delay.mean.0 * 0.1_f64.ln();
            assert!(low.0 < high.0 && (high.0 / expected - 1.0).abs() < 1e-3, "{slots}: {high:?}");
        }
    }

    #[test]
    fn people_who_leave_shorten_the_wait_of_those_behind() {
        let patient = delay(5, 2, Minutes(40.0), 0.0);
        let impatient = delay(5, 2, Minutes(40.0), 0.05);
        assert!((patient.mean.0 - 120.0).abs() < 1e-9);
        assert!(impatient.mean.0 < patient.mean.0);
    }
}
