//! What is learned from estimates whose outcome is known.
//!
//! Both ends of the range are moved on a logarithmic scale until they are exceeded as often as they should be:
//! after each outcome by a small step, up if the end was exceeded, down if not, in a ratio that comes to rest at
//! the wanted share (Gibbs and Candès, "Adaptive conformal inference under distribution shift", NeurIPS 2021).
//! There is one calibration for the whole day, not one for each hour: the step lets it follow the last hundred or so
//! outcomes anyway, and a small helpline would wait weeks for fifty of them in each hour.

use crate::Minutes;

/// With fewer outcomes than this, nothing is moved.
pub const ENOUGH_OBSERVATIONS: u32 = 50;

/// How far one outcome moves an end, on the logarithmic scale.
const STEP: f64 = 0.02;

/// The share of waits that should exceed the upper end.
const OVER_UPPER: f64 = 0.10;

/// The share of waits that should stay within the lower end.
const WITHIN_LOWER: f64 = 0.25;

/// How far an end may be moved: from a third to seven times.
const BOUNDS: std::ops::RangeInclusive<f64> = -1.0..=2.0;

/// Offsets for the two ends of the range. Replaying what was observed, in order, makes the same offsets again.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Calibration {
    low: f64,
    high: f64,
    seen: u32,
}

impl Calibration {
    /// Nothing has been observed.
    pub fn new() -> Self {
        Self::default()
    }

    /// What became of an estimate: its quantiles as they were given out, and the wait that was offered. Nonsense is
    /// not counted.
    ///
    /// An outcome is known only after the wait, when the offsets have moved on. It is held against what was given
    /// out then: held against today's offsets, a rush would raise the upper end and then be judged by the raised one.
    pub fn observe(&mut self, issued_q25: Minutes, issued_q90: Minutes, offered: Minutes) {
        let (Some(q25), Some(q90), Some(offered)) =
            (issued_q25.believable(), issued_q90.believable(), offered.believable())
        else {
            return;
        };
        self.seen = self.seen.saturating_add(1);
        let over = f64::from(u8::from(offered > q90));
        let within = f64::from(u8::from(offered <= q25));
        self.high = clamp(self.high + STEP * (over - OVER_UPPER));
        self.low = clamp(self.low + STEP * (WITHIN_LOWER - within));
    }

    /// How many outcomes were observed.
    pub fn observations(&self) -> u32 {
        self.seen
    }

    /// The offsets in use on the logarithmic scale, of the lower and the upper end: 0 until enough was observed.
    pub fn offsets(&self) -> (f64, f64) {
        if self.seen < ENOUGH_OBSERVATIONS { (0.0, 0.0) } else { (self.low, self.high) }
    }

    /// By what each of `count` sorted waits is multiplied: at the two quantiles by their offsets, between them by
    /// what lies between, outside as at the nearer one.
    pub(crate) fn factors(&self, count: usize) -> Vec<f32> {
        let (low, high) = self.offsets();
        if (low, high) == (0.0, 0.0) {
            return vec![1.0; count];
        }
        let factor = |rank: usize| {
            let share = (rank as f64 + 1.0) / (count as f64 + 1.0);
            let way = ((share - WITHIN_LOWER) / (1.0 - OVER_UPPER - WITHIN_LOWER)).clamp(0.0, 1.0);
            (low + way * (high - low)).exp() as f32
        };
        (0..count).map(factor).collect()
    }
}

fn clamp(offset: f64) -> f64 {
    offset.clamp(*BOUNDS.start(), *BOUNDS.end())
}
