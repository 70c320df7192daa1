//! How long people wait before they leave.
//!
//! The hazard of leaving is taken as constant within each of a few stretches of waiting, and estimated there as
//! events over exposure: the maximum-likelihood estimate for the piecewise exponential model with censoring
//! (Friedman, "Piecewise exponential models for survival data with covariates", Annals of Statistics 10, 1982).
//! Whoever was met is censored at that moment. Each stretch is drawn towards the overall rate by a few minutes of
//! imagined exposure, so that an empty stretch says nothing instead of "never". That people in a hurry leave in
//! the first minutes and the rest stay long is what Brown et al. saw ("Statistical analysis of a telephone call
//! center", JASA 100, 2005), and what a single rate cannot say.

use crate::Minutes;

/// Where the stretches begin, in minutes waited. The last has no end.
pub const PATIENCE_EDGES: [f64; 8] = [0.0, 1.0, 3.0, 6.0, 10.0, 20.0, 40.0, 80.0];

/// People who wait leave after this long on average, until the helpline's own numbers say otherwise. An
/// assumption, and a weak one: it weighs as much as [`PRIOR_EXPOSURE`] of one person's waiting.
const MEAN_PATIENCE: f64 = 60.0;

/// How much waiting an assumption on patience is worth, in person-minutes.
const PRIOR_EXPOSURE: f64 = 10.0;

/// A recorded wait beyond this is a clock that jumped, in minutes.
const LONGEST_WAIT: f64 = 24.0 * 60.0;

/// The hazard of leaving, by time waited.
#[derive(Clone, Debug, PartialEq)]
pub struct Patience {
    /// Leaving per waiting person and minute, for each stretch.
    rates: [f64; PATIENCE_EDGES.len()],
    /// The hazard that has added up at the beginning of each stretch.
    sums: [f64; PATIENCE_EDGES.len()],
    overall: f64,
}

impl Default for Patience {
    /// What is assumed before anything was seen.
    fn default() -> Self {
        Self::from_records(std::iter::empty())
    }
}

impl Patience {
    /// From how long people waited, and whether they left (`true`) or were met. Records that are no length of
    /// time are left out.
    pub fn from_records(records: impl IntoIterator<Item = (Minutes, bool)>) -> Self {
        let mut events = [0.0; PATIENCE_EDGES.len()];
        let mut exposure = [0.0; PATIENCE_EDGES.len()];
        for (waited, left) in records {
            let Some(waited) = waited.believable().filter(|waited| *waited <= LONGEST_WAIT) else { continue };
            for (piece, begin) in PATIENCE_EDGES.iter().enumerate() {
                let end = PATIENCE_EDGES.get(piece + 1).copied().unwrap_or(f64::INFINITY);
                exposure[piece] += (waited.min(end) - begin).max(0.0);
                if left && (*begin..end).contains(&waited) {
                    events[piece] += 1.0;
                }
            }
        }
        let overall = (events.iter().sum::<f64>() + PRIOR_EXPOSURE / MEAN_PATIENCE)
            / (exposure.iter().sum::<f64>() + PRIOR_EXPOSURE);
        let mut rates = [0.0; PATIENCE_EDGES.len()];
        let mut sums = [0.0; PATIENCE_EDGES.len()];
        for piece in 0..rates.len() {
            rates[piece] = (events[piece] + PRIOR_EXPOSURE * overall) / (exposure[piece] + PRIOR_EXPOSURE);
            if piece > 0 {
                let length = PATIENCE_EDGES[piece] - PATIENCE_EDGES[piece - 1];
                sums[piece] = sums[piece - 1] + rates[piece - 1] * length;
            }
        }
        Self { rates, sums, overall }
    }

    /// One rate, however long somebody has waited: leaving per person and minute.
    pub fn constant(rate: f64) -> Self {
        let rate = if rate.is_finite() { rate.max(0.0) } else { 0.0 };
        Self {
            rates: [rate; PATIENCE_EDGES.len()],
            sums: PATIENCE_EDGES.map(|edge| edge * rate),
            overall: rate,
        }
    }

    /// Leaving per waiting person and minute, over all stretches.
    pub fn overall_rate(&self) -> f64 {
        self.overall
    }

    /// Leaving per person and minute for somebody who has waited this long.
    pub fn rate_at(&self, waited: Minutes) -> f64 {
        self.rates[piece_of(waited.0)]
    }

    /// The hazard that adds up from joining until `waited`.
    pub(crate) fn cumulative(&self, waited: f64) -> f64 {
        let piece = piece_of(waited);
        self.sums[piece] + self.rates[piece] * (waited - PATIENCE_EDGES[piece]).max(0.0)
    }
}

fn piece_of(waited: f64) -> usize {
    PATIENCE_EDGES.iter().skip(1).take_while(|edge| waited >= **edge).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_events_over_exposure_drawn_towards_the_whole() {
        // Two people: one left after 2 minutes, one was met after 5.
        let patience = Patience::from_records([(Minutes(2.0), true), (Minutes(5.0), false)]);
        // Exposure 1+1 | 1+2 | 0+2 minutes; one event, in the second stretch.
        let overall = (1.0 + 10.0 / 60.0) / (7.0 + 10.0);
        close(patience.overall_rate(), overall);
        close(patience.rate_at(Minutes(0.5)), 10.0 * overall / 12.0);
        close(patience.rate_at(Minutes(2.0)), (1.0 + 10.0 * overall) / 13.0);
        close(patience.rate_at(Minutes(4.0)), 10.0 * overall / 12.0);
        close(patience.rate_at(Minutes(500.0)), overall);
    }

    #[test]
    fn the_hazard_adds_up_over_the_stretches() {
        let patience = Patience::from_records([(Minutes(2.0), true), (Minutes(5.0), false)]);
        let rate = |waited| patience.rate_at(Minutes(waited));
        close(patience.cumulative(0.0), 0.0);
        close(patience.cumulative(1.0), rate(0.5));
        close(patience.cumulative(4.0), rate(0.5) + 2.0 * rate(2.0) + rate(4.0));
        close(Patience::constant(0.02).cumulative(100.0), 2.0);
    }

    #[test]
    fn without_records_people_leave_after_an_hour_on_average() {
        close(Patience::default().rate_at(Minutes(3.0)), 1.0 / 60.0);
    }

    #[test]
    fn records_that_are_no_lengths_of_time_are_left_out() {
        let nonsense = [f64::NAN, f64::INFINITY, -4.0, 1e9].map(|waited| (Minutes(waited), true));
        assert_eq!(Patience::from_records(nonsense), Patience::default());
    }

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
    }
}
