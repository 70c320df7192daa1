//! Time that never runs backwards, whatever happens to the clock of the device.

use crate::Millis;

/// Turns the shell's clock into one that only grows. All deadlines inside a session are in its time.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    ahead: Millis,
    latest: Millis,
}

impl Clock {
    /// The session's time for the shell's `now`.
    pub(crate) fn advance(&mut self, now: Millis) -> Millis {
        let time = now.saturating_add(self.ahead);
        if time < self.latest {
            self.ahead = self.ahead.saturating_add(self.latest - time);
        } else {
            self.latest = time;
        }
        self.latest
    }

    /// A moment of the session's time by the shell's clock.
    pub(crate) fn to_shell(&self, time: Millis) -> Millis {
        time.saturating_sub(self.ahead)
    }
}

/// The earlier of two deadlines, where there are any.
pub(crate) fn earlier(a: Option<Millis>, b: Option<Millis>) -> Option<Millis> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_back_goes_on_from_where_it_was() {
        let mut clock = Clock::default();
        assert_eq!(clock.advance(10_000), 10_000);
        assert_eq!(clock.advance(4_000), 10_000);
        assert_eq!(clock.advance(4_500), 10_500);
        assert_eq!(clock.to_shell(11_000), 5_000);
    }
}
