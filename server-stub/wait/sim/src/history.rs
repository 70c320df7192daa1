//! What a helpline has measured so far. Nothing of the future is in it, and nothing that a real one cannot know.

use std::collections::VecDeque;

/// How many handling times are remembered.
pub const HANDLING_TIMES: usize = 400;

/// How many waits are remembered.
pub const WAITS: usize = 2_000;

/// How many answered waits the average is made of.
pub const ANSWERED: usize = 10;

/// How many shifts are remembered: two days.
pub const SHIFTS: usize = 16;

/// Past lengths, in minutes.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Handling times, newest last.
    pub handling: VecDeque<f64>,
    /// How long each person waited, and whether they left; newest last.
    pub waits: VecDeque<(f64, bool)>,
    /// Waits of those who were met last, newest last.
    pub answered: VecDeque<f64>,
    /// Moments at which somebody joined who goes before others, of the last day.
    pub first: VecDeque<f64>,
    /// Slots that were planned for each shift, and slots that were there; newest last.
    pub shifts: VecDeque<(u32, u32)>,
    /// Changes with each finished conversation.
    pub finished: u64,
    /// Changes with each ended wait.
    pub ended: u64,
    handling_sum: f64,
    left: u32,
    exposure: f64,
}

impl History {
    /// A conversation has ended.
    pub(crate) fn conversation(&mut self, handling: f64) {
        self.handling_sum += handling;
        self.handling_sum -= keep(&mut self.handling, handling, HANDLING_TIMES).unwrap_or(0.0);
        self.finished += 1;
    }

    /// A wait has ended.
    pub(crate) fn wait(&mut self, waited: f64, left: bool) {
        self.exposure += waited;
        self.left += u32::from(left);
        if let Some((old, old_left)) = keep(&mut self.waits, (waited, left), WAITS) {
            self.exposure -= old;
            self.left -= u32::from(old_left);
        }
        if !left {
            keep(&mut self.answered, waited, ANSWERED);
        }
        self.ended += 1;
    }

    /// Somebody has joined who goes before others.
    pub(crate) fn joined_first(&mut self, now: f64, window: f64) {
        self.first.push_back(now);
        while self.first.front().is_some_and(|at| *at < now - window) {
            self.first.pop_front();
        }
    }

    /// A shift has begun.
    pub(crate) fn shift(&mut self, planned: u32, there: u32) {
        keep(&mut self.shifts, (planned, there), SHIFTS);
    }

    /// Mean handling time in minutes.
    pub fn mean_handling(&self) -> Option<f64> {
        (!self.handling.is_empty()).then(|| self.handling_sum / self.handling.len() as f64)
    }

    /// People who leave, per waiting person and minute. The assumption of one hour weighs ten minutes.
    pub fn leaving(&self) -> f64 {
        (f64::from(self.left) + 10.0 / 60.0) / (self.exposure.max(0.0) + 10.0)
    }

    /// Mean of the last answered waits.
    pub fn mean_answered(&self) -> Option<f64> {
        (!self.answered.is_empty()).then(|| self.answered.iter().sum::<f64>() / self.answered.len() as f64)
    }

    /// Wait of whoever was met last.
    pub fn last_answered(&self) -> Option<f64> {
        self.answered.back().copied()
    }
}

/// Adds `value` and returns what had to go for it.
fn keep<T>(values: &mut VecDeque<T>, value: T, most: usize) -> Option<T> {
    values.push_back(value);
    if values.len() > most { values.pop_front() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_lengths_count() {
        let mut history = History::default();
        assert_eq!((history.mean_handling(), history.mean_answered()), (None, None));
        for length in 0..1_000 {
            history.conversation(f64::from(length));
            history.wait(f64::from(length), length % 2 == 0);
        }
        assert_eq!(history.mean_handling(), Some(799.5));
        assert_eq!(history.mean_answered(), Some(990.0));
        assert_eq!(history.last_answered(), Some(999.0));
        for _ in 0..WAITS {
            history.wait(1.0, false);
        }
        assert!((history.leaving() - (1.0 / 6.0) / 2_010.0).abs() < 1e-9);
    }
}
