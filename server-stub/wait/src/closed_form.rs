//! Formulas that a wait can be compared with. Simple, and wrong where staff changes or handling times are not
//! exponential: nobody is told them.

use statrs::distribution::{ContinuousCDF as _, Gamma};

use crate::Minutes;

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

    /// A quantile, from the gamma distribution of the same mean and variance. `None` when the moments make no
    /// distribution.
    pub fn quantile(self, share: f64) -> Option<Minutes> {
        let shape = self.mean.0 * self.mean.0 / self.variance;
        let rate = self.mean.0 / self.variance;
        // The search for a quantile stops at an absolute error: at the rate 1 that is small for any wait.
        let gamma = Gamma::new(shape, 1.0).ok().filter(|_| (0.0..1.0).contains(&share))?;
        let value = gamma.inverse_cdf(share) / rate;
        (value.is_finite() && value >= 0.0).then_some(Minutes(value))
    }
}

/// QL, the plain queue-length rule: `ahead + 1` conversations end at the rate `slots / mean`. Too high as soon as people
/// leave (Whitt, "Predicting queueing delays", Management Science 45, 1999).
pub fn ql(ahead: u32, slots: u32, mean: Minutes) -> Delay {
    qlm(ahead, slots, mean, 0.0)
}

/// QLm, the queue-length rule for M/M/s+M: the sum of `ahead + 1` exponential steps; while `i` people are ahead the
/// next comes at the rate `slots / mean + i·leaving`, with `leaving` per person and minute (Whitt, "Improving
/// service by informing customers about anticipated delays", Management Science 45, 1999; Ibrahim and Whitt,
/// "Real-time delay estimation in overloaded multiserver queues with abandonments", Management Science 55, 2009).
pub fn qlm(ahead: u32, slots: u32, mean: Minutes, leaving: f64) -> Delay {
    let service = f64::from(slots) / mean.0;
    let (mut sum, mut variance) = (0.0, 0.0);
    for i in 0..=ahead {
        let step = 1.0 / (service + f64::from(i) * leaving);
        sum += step;
        variance += step * step;
    }
    Delay { mean: Minutes(sum), variance }
}

/// The average of the newest waits (the newest last) of people who were met. `None` without any.
pub fn average_of_last(waits: &[Minutes], count: usize) -> Option<Minutes> {
    let newest = &waits[waits.len().saturating_sub(count)..];
    let sum: f64 = newest.iter().map(|wait| wait.0).sum();
    (!newest.is_empty()).then(|| Minutes(sum / newest.len() as f64))
}

/// LES: the wait of whoever was met last (Ibrahim and Whitt, "Real-time delay estimation based on delay history",
/// M&SOM 11, 2009).
pub fn last_to_enter_service(waits: &[Minutes]) -> Option<Minutes> {
    waits.last().copied()
}

/// HOL: how long the next in line has waited so far (Ibrahim and Whitt, as for LES). `None` when nobody waits.
pub fn head_of_line(waited: &[Minutes]) -> Option<Minutes> {
    waited.first().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_ahead_is_one_exponential_step() {
        let delay = qlm(0, 3, Minutes(45.0), 0.02);
        assert!((delay.mean.0 - 15.0).abs() < 1e-9);
        assert!((delay.variance - 225.0).abs() < 1e-9);
        let (low, high) = (delay.quantile(0.25).unwrap(), delay.quantile(0.9).unwrap());
        // Quantiles of an exponential: −mean·ln(1 − p).
        assert!((low.0 + 15.0 * 0.75_f64.ln()).abs() < 1e-3, "{low:?}");
        assert!((high.0 + 15.0 * 0.1_f64.ln()).abs() < 1e-3, "{high:?}");
    }

    #[test]
    fn the_shortest_steps_have_quantiles_too() {
        for slots in 1..200 {
            let delay = qlm(0, slots, Minutes(0.1), 1.0 / 60.0);
            let (low, high) = (delay.quantile(0.25).unwrap(), delay.quantile(0.9).unwrap());
            let expected = -delay.mean.0 * 0.1_f64.ln();
            assert!(low.0 < high.0 && (high.0 / expected - 1.0).abs() < 1e-3, "{slots}: {high:?}");
        }
    }

    #[test]
    fn people_who_leave_shorten_the_wait_of_those_behind() {
        let patient = ql(5, 2, Minutes(40.0));
        let impatient = qlm(5, 2, Minutes(40.0), 0.05);
        assert!((patient.mean.0 - 120.0).abs() < 1e-9);
        assert!(impatient.mean.0 < patient.mean.0);
    }
}
