//! The rules that others use, and the textbook's.

use statrs::distribution::{ContinuousCDF as _, Gamma};

use crate::contender::{Estimator, Forecast, Quantiles};
use crate::helpline::Room;

/// Everybody ahead takes a mean handling time, over all slots: `(n + 1)/(sμ)`.
#[derive(Clone, Copy, Debug, Default)]
pub struct QueueLength;

/// The same for M/M/s+M, where people leave: `Σ 1/(sμ + iθ)` for i from 0 to n (Whitt 1999; Ibrahim and Whitt 2009).
/// Its quantiles are those of the gamma distribution with the same mean and variance.
#[derive(Clone, Copy, Debug, Default)]
pub struct QueueLengthMarkov;

/// The average wait of the last ten who were met.
#[derive(Clone, Copy, Debug, Default)]
pub struct LastTen;

/// The wait of whoever was met last, less what this person has waited already.
#[derive(Clone, Copy, Debug, Default)]
pub struct LastMet;

impl Estimator for QueueLength {
    fn look(&mut self, _: &Room<'_>) {}

    fn forecast(&self, room: &Room<'_>, place: usize) -> Option<Forecast> {
        let service = service_rate(room)?;
        Some(Forecast { mean: (place + 1) as f64 / service, quantiles: None })
    }
}

impl Estimator for QueueLengthMarkov {
    fn look(&mut self, _: &Room<'_>) {}

    fn forecast(&self, room: &Room<'_>, place: usize) -> Option<Forecast> {
        let (service, leaving) = (service_rate(room)?, room.history.leaving());
        let (mean, variance) = steps(service, leaving, place);
        let (shape, rate) = (mean * mean / variance, mean / variance);
        let gamma = Gamma::new(shape, 1.0).ok()?;
        let [q25, q50, q80, q90] = [0.25, 0.5, 0.8, 0.9].map(|share| gamma.inverse_cdf(share) / rate);
        Some(Forecast { mean, quantiles: Some(Quantiles { q25, q50, q80, q90 }) })
    }

    fn mean(&self, room: &Room<'_>, place: usize) -> Option<f64> {
        Some(steps(service_rate(room)?, room.history.leaving(), place).0)
    }
}

impl Estimator for LastTen {
    fn look(&mut self, _: &Room<'_>) {}

    fn forecast(&self, room: &Room<'_>, _: usize) -> Option<Forecast> {
        room.history.mean_answered().map(|mean| Forecast { mean, quantiles: None })
    }
}

impl Estimator for LastMet {
    fn look(&mut self, _: &Room<'_>) {}

    fn forecast(&self, room: &Room<'_>, place: usize) -> Option<Forecast> {
        let last = room.history.last_answered()?;
        let waited = room.now - room.waiting.get(place)?.joined;
        Some(Forecast { mean: (last - waited).max(0.0), quantiles: None })
    }
}

/// Mean and variance of the wait behind `ahead` people, in minutes and square minutes.
pub fn steps(service: f64, leaving: f64, ahead: usize) -> (f64, f64) {
    (0..=ahead)
        .map(|i| 1.0 / (service + i as f64 * leaving))
        .fold((0.0, 0.0), |(mean, variance), step| (mean + step, variance + step * step))
}

/// Conversations that end per minute when all slots are busy.
fn service_rate(room: &Room<'_>) -> Option<f64> {
    let mean = room.history.mean_handling()?;
    (room.slots > 0 && mean > 0.0).then(|| f64::from(room.slots) / mean)
}
