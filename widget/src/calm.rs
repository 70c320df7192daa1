//! Which changes of the wait are said aloud, and when. Pure: words and time come in, a decision goes out.
//!
//! Somebody who listens to a screen must be able to do something else meanwhile, so most changes wait their turn. What
//! cannot wait is said at once, and said once.

/// The least time between two changes that are said aloud, in milliseconds.
pub(crate) const CALM_MS: f64 = 3.0 * 60.0 * 1000.0;

/// How long what is said stays there to be heard, in milliseconds.
const HEARD_MS: f64 = 15_000.0;

/// What does not wait.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Pressing {
    /// When the wait was last made worse.
    pub(crate) worse_at: Option<u64>,
    /// Whether it may close first.
    pub(crate) is_closing: bool,
    /// Whether it is the visitor's turn, or over.
    pub(crate) is_decided: bool,
}

/// What was said, and when.
#[derive(Debug)]
pub(crate) struct Calm {
    said: String,
    said_at: f64,
    pressing: Pressing,
}

impl Calm {
    pub(crate) fn new() -> Self {
        Self { said: String::new(), said_at: f64::NEG_INFINITY, pressing: Pressing::default() }
    }

    /// What of it is new, and must be said before the rest.
    pub(crate) fn news(&self, now: Pressing) -> Pressing {
        Pressing {
            worse_at: now.worse_at.filter(|at| Some(*at) != self.pressing.worse_at),
            is_closing: now.is_closing && !self.pressing.is_closing,
            is_decided: now.is_decided && !self.pressing.is_decided,
        }
    }

    /// Whether the words are to be said now. `is_asked`: the visitor wants to hear them.
    pub(crate) fn says(&mut self, now: f64, words: &str, pressing: Pressing, is_asked: bool) -> bool {
        let is_pressing = self.news(pressing) != Pressing::default();
        // The second half of this: the clock was set back.
        let is_due = now - self.said_at >= CALM_MS || now < self.said_at;
        let is_said = is_asked || is_pressing || (is_due && words != self.said);
        // What is no longer so may become so again, and is news then.
        self.pressing = pressing;
        if is_said {
            words.clone_into(&mut self.said);
            self.said_at = now;
        }
        is_said
    }

    /// Whether what was said last has been heard by now.
    pub(crate) fn is_past(&self, now: f64) -> bool {
        now - self.said_at >= HEARD_MS
    }

    /// Takes words for said that were there to be read from the start.
    pub(crate) fn takes_as_read(&mut self, words: &str) {
        words.clone_into(&mut self.said);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: f64 = 60_000.0;
    const NOTHING: Pressing = Pressing { worse_at: None, is_closing: false, is_decided: false };

    #[test]
    fn changes_are_said_at_most_every_three_minutes_and_the_last_one_counts() {
        let mut calm = Calm::new();
        let mut said = Vec::new();
        for second in 0..600 {
            let words = format!("You are number {}.", 700 - second);
            if calm.says(f64::from(second) * 1000.0, &words, NOTHING, false) {
                said.push(second);
            }
        }
        assert_eq!(said, [0, 180, 360, 540]);
    }

    #[test]
    fn what_has_not_changed_is_not_said_again() {
        let mut calm = Calm::new();
        assert!(calm.says(0.0, "20 to 45 minutes", NOTHING, false));
        assert!(!calm.says(60.0 * MINUTE, "20 to 45 minutes", NOTHING, false));
    }

    #[test]
    fn what_gets_worse_is_said_at_once_and_once() {
        let mut calm = Calm::new();
        assert!(calm.says(0.0, "20 to 45 minutes", NOTHING, false));
        let worse = Pressing { worse_at: Some(7), ..NOTHING };
        assert!(calm.news(worse).worse_at.is_some());
        assert!(calm.says(1000.0, "45 to 60 minutes", worse, false));
        assert_eq!(calm.news(worse), NOTHING);
        assert!(!calm.says(3000.0, "45 to 60 minutes. You are number 2.", worse, false));
        assert!(calm.says(20_000.0, "1 to 2 hours", Pressing { worse_at: Some(9), ..NOTHING }, false));
    }

    #[test]
    fn closing_and_a_turn_do_not_wait_and_can_come_again() {
        let mut calm = Calm::new();
        let closing = Pressing { is_closing: true, ..NOTHING };
        let turn = Pressing { is_decided: true, ..NOTHING };
        assert!(calm.says(0.0, "5 to 10 minutes", NOTHING, false));
        assert!(calm.says(1000.0, "We close at 22:00.", closing, false));
        assert!(!calm.says(2000.0, "You are next.", closing, false));
        assert!(calm.says(3000.0, "Someone is ready.", turn, false));
        assert!(!calm.says(4000.0, "You are next.", NOTHING, false));
        assert!(calm.says(5000.0, "Someone is ready.", turn, false));
    }

    #[test]
    fn what_is_asked_for_is_said_again_and_counts_as_said() {
        let mut calm = Calm::new();
        assert!(calm.says(0.0, "20 to 45 minutes", NOTHING, false));
        assert!(calm.says(1000.0, "20 to 45 minutes", NOTHING, true));
        assert!(!calm.says(3.0 * MINUTE, "20 to 30 minutes", NOTHING, false));
        assert!(calm.says(3.0 * MINUTE + 1000.0, "20 to 30 minutes", NOTHING, false));
    }

    #[test]
    fn a_clock_that_is_set_back_silences_nothing() {
        let mut calm = Calm::new();
        assert!(calm.says(100.0 * MINUTE, "20 to 45 minutes", NOTHING, false));
        assert!(calm.says(MINUTE, "15 to 30 minutes", NOTHING, false));
    }

    #[test]
    fn what_was_there_to_be_read_is_not_said() {
        let mut calm = Calm::new();
        calm.takes_as_read("Many people are here tonight.");
        assert!(!calm.says(0.0, "Many people are here tonight.", NOTHING, false));
        assert!(calm.says(1.0, "We are short of people.", NOTHING, false));
    }
}
