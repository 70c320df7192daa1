//! A token bucket: so many commands at once, then a steady rate.

use tealight_protocol::limits;

use crate::Moment;

/// Thousandths of a token, so that nothing is lost to rounding.
const TOKEN: u64 = 1_000;

/// The tokens of one socket.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    burst: u64,
    per_second: u64,
    level: u64,
    filled_at: Moment,
}

impl Bucket {
    /// For durable commands and questions: the limits that `ready` announces.
    pub(super) fn of_commands(now: Moment) -> Self {
        Self::new(now, u64::from(limits::BURST), u64::from(limits::PER_SECOND))
    }

    /// For frames of any kind: far above what a client in order sends.
    pub(super) fn of_frames(now: Moment) -> Self {
        Self::new(now, 400, 40)
    }

    fn new(now: Moment, burst: u64, per_second: u64) -> Self {
        Self { burst, per_second, level: burst * TOKEN, filled_at: now }
    }

    /// Takes a token, or says in how many milliseconds there will be one.
    pub(super) fn take(&mut self, now: Moment) -> Result<(), u64> {
        let elapsed = now.0.saturating_sub(self.filled_at.0);
        self.level = (self.level + elapsed.saturating_mul(self.per_second)).min(self.burst * TOKEN);
        self.filled_at = self.filled_at.max(now);
        if self.level >= TOKEN {
            self.level -= TOKEN;
            Ok(())
        } else {
            Err((TOKEN - self.level).div_ceil(self.per_second))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_followed_by_the_steady_rate() {
        let mut bucket = Bucket::of_commands(Moment(0));
        for _ in 0..limits::BURST {
            assert_eq!(bucket.take(Moment(0)), Ok(()));
        }
        assert_eq!(bucket.take(Moment(0)), Err(500));
        assert_eq!(bucket.take(Moment(499)), Err(1));
        assert_eq!(bucket.take(Moment(500)), Ok(()));
        assert_eq!(bucket.take(Moment(500)), Err(500));
    }
}
