//! Seeded chance: the only source of randomness in the simulation, and the distributions it draws from.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};

/// A stream of random numbers. The same seed and purpose give the same numbers on every machine.
#[derive(Clone, Debug)]
pub struct Chance(ChaCha8Rng);

impl Chance {
    /// The stream for one purpose. Streams of one seed are independent of each other, so that a change in how
    /// one thing is drawn leaves all others as they were.
    pub fn new(seed: u64, purpose: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(purpose);
        Self(rng)
    }

    /// Uniform in the open interval (0, 1).
    pub fn uniform(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    /// True with the given probability.
    pub fn happens(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// A whole number from `from` to `to`, both included, all equally likely.
    pub fn whole(&mut self, from: u32, to: u32) -> u32 {
        let values = f64::from(to - from + 1);
        from + (self.uniform() * values) as u32
    }

    /// Exponential with this mean.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * self.uniform().ln()
    }

    /// Log-normal with this mean and coefficient of variation.
    pub fn log_normal(&mut self, mean: f64, cv: f64) -> f64 {
        let variance = (1.0 + cv * cv).ln();
        (mean.ln() - variance / 2.0 + variance.sqrt() * self.normal()).exp()
    }

    /// Standard normal, by the method of Box and Muller (1958).
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// How long something takes, as a distribution. Times in minutes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Length {
    /// Exponential with this mean.
    Exponential(f64),
    /// Log-normal.
    LogNormal {
        /// Mean in minutes.
        mean: f64,
        /// Standard deviation over the mean.
        cv: f64,
    },
    /// Two kinds of people: some give up soon, the others are patient.
    Mixed {
        /// Share of those who give up soon.
        soon_share: f64,
        /// After how long on average (exponential), in minutes.
        soon_mean: f64,
        /// Mean patience of the others (log-normal), in minutes.
        mean: f64,
        /// Standard deviation over the mean, of the others.
        cv: f64,
    },
}

impl Length {
    /// One drawn length in minutes.
    pub fn draw(self, chance: &mut Chance) -> f64 {
        match self {
            Self::Exponential(mean) => chance.exponential(mean),
            Self::LogNormal { mean, cv } => chance.log_normal(mean, cv),
            Self::Mixed { soon_share, soon_mean, mean, cv } => {
                if chance.happens(soon_share) {
                    chance.exponential(soon_mean)
                } else {
                    chance.log_normal(mean, cv)
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawn_lengths_have_the_mean_and_spread_they_should() {
        for (length, mean, cv) in [
            (Length::Exponential(45.0), 45.0, 1.0),
            (Length::LogNormal { mean: 45.0, cv: 0.6 }, 45.0, 0.6),
            (Length::Mixed { soon_share: 0.25, soon_mean: 4.0, mean: 70.0, cv: 1.0 }, 53.5, 1.253),
        ] {
            let mut chance = Chance::new(1, 2);
            let drawn: Vec<f64> = (0..200_000).map(|_| length.draw(&mut chance)).collect();
            let found = drawn.iter().sum::<f64>() / 200_000.0;
            let variance = drawn.iter().map(|x| (x - found).powi(2)).sum::<f64>() / 200_000.0;
            assert!((found / mean - 1.0).abs() < 0.02, "{length:?}: mean {found}");
            assert!((variance.sqrt() / found / cv - 1.0).abs() < 0.03, "{length:?}: sd {}", variance.sqrt());
        }
    }

    #[test]
    fn streams_repeat_and_differ() {
        let draw = |seed, purpose| Chance::new(seed, purpose).uniform();
        assert_eq!(draw(1, 1).to_bits(), draw(1, 1).to_bits());
        assert_ne!(draw(1, 1).to_bits(), draw(1, 2).to_bits());
        assert_ne!(draw(1, 1).to_bits(), draw(2, 1).to_bits());
    }

    #[test]
    fn whole_numbers_reach_both_ends() {
        let mut chance = Chance::new(3, 1);
        let drawn: Vec<u32> = (0..1_000).map(|_| chance.whole(2, 8)).collect();
        assert_eq!((drawn.iter().min(), drawn.iter().max()), (Some(&2), Some(&8)));
    }
}
