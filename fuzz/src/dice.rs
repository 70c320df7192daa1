//! Chance for a session that must run the same way every time.

use rand::RngCore as _;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use tealight_session::Entropy;

/// Always the same random bytes.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    pub(crate) fn boxed(seed: u64) -> Box<dyn Entropy> {
        Box::new(Self(ChaCha8Rng::seed_from_u64(seed)))
    }
}

impl Entropy for Dice {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }
}
