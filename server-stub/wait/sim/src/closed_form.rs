//! The rules that others use, and the textbook's: the formulas of `tealight_wait::closed_form`, fed with what the
//! helpline knows.

use tealight_wait::Minutes;
use tealight_wait::closed_form::{Delay, ql, qlm};

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
        let (slots, mean) = slots_and_mean(room)?;
        Some(Forecast { mean: ql(place as u32, slots, mean).mean.0, quantiles: None })
    }
}

impl Estimator for QueueLengthMarkov {
    fn look(&mut self, _: &Room<'_>) {}

    fn forecast(&self, room: &Room<'_>, place: usize) -> Option<Forecast> {
        let delay = delay(room, place)?;
        let quantile = |share| delay.quantile(share).map(|wait| wait.0);
        let quantiles =
            Quantiles { q25: quantile(0.25)?, q50: quantile(0.5)?, q80: quantile(0.8)?, q90: quantile(0.9)? };
        Some(Forecast { mean: delay.mean.0, quantiles: Some(quantiles) })
    }

    fn mean(&self, room: &Room<'_>, place: usize) -> Option<f64> {
        delay(room, place).map(|delay| delay.mean.0)
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

fn delay(room: &Room<'_>, place: usize) -> Option<Delay> {
    let (slots, mean) = slots_and_mean(room)?;
    Some(qlm(place as u32, slots, mean, room.history.leaving()))
}

/// Slots that are there, and the mean handling time.
fn slots_and_mean(room: &Room<'_>) -> Option<(u32, Minutes)> {
    let mean = room.history.mean_handling()?;
    (room.slots > 0 && mean > 0.0).then_some((room.slots, Minutes(mean)))
}
