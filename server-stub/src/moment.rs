//! Time as the server counts it: milliseconds since the Unix epoch, handed in from outside.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use tealight_protocol::Timestamp;

/// A point in time, in milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(pub u64);

impl Moment {
    /// This long after.
    #[must_use]
    pub fn plus(self, time: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)))
    }

    /// This many milliseconds after.
    #[must_use]
    pub fn plus_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// This long before; the beginning of all time at the earliest.
    #[must_use]
    pub fn minus(self, time: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)))
    }

    /// How long it is since an earlier moment; nothing when that is not earlier.
    #[must_use]
    pub fn since(self, earlier: Moment) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// How many milliseconds it is since an earlier moment; 0 when that is not earlier.
    #[must_use]
    pub fn ms_since(self, earlier: Moment) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// As it stands on the wire, to the millisecond.
    #[must_use]
    pub fn timestamp(self) -> Timestamp {
        let text = self.civil().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        // Invariant: years 0000–9999 print as the pattern above, and `civil` clamps to them.
        Timestamp::try_from(text)
            .unwrap_or_else(|_| unreachable!("a clamped moment has the shape of a timestamp"))
    }

    /// The same point in time for calendar arithmetic.
    #[must_use]
    pub fn civil(self) -> jiff::Timestamp {
        i64::try_from(self.0)
            .ok()
            .and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok())
            .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
}

impl From<jiff::Timestamp> for Moment {
    fn from(civil: jiff::Timestamp) -> Self {
        Self(u64::try_from(civil.as_millisecond()).unwrap_or(0))
    }
}

/// Where the time comes from. Injected, so that a test can turn the hands.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// What time it is.
    fn now(&self) -> Moment;
}

/// The clock of this machine. When somebody sets it back, time does not stand still here until it has caught up: it
/// goes on at half its pace.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

/// What the machine's clock said last, and when that was by the clock that is never set.
static LAST: Mutex<Option<(Moment, Instant)>> = Mutex::new(None);

impl Clock for SystemClock {
    fn now(&self) -> Moment {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let set_to = Moment(u64::try_from(since.as_millis()).unwrap_or(u64::MAX));
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        let read_at = Instant::now();
        let (said, before) = last.unwrap_or((set_to, read_at));
        let now = after(said, read_at.saturating_duration_since(before), set_to);
        if now > said || last.is_none() {
            *last = Some((now, read_at));
        }
        now
    }
}

/// What time it is, so long after a clock said something that is now set to something else.
fn after(said: Moment, passed: Duration, set_to: Moment) -> Moment {
    set_to.max(said.plus(passed / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_back_goes_on_slowly_until_it_is_right_again() {
        let hour = Duration::from_secs(3_600);
        let said = Moment(10 * 3_600_000);
        let set_back = Moment(9 * 3_600_000);
        assert_eq!(after(said, Duration::ZERO, set_back), said);
        assert_eq!(after(said, hour, set_back.plus(hour)), said.plus(hour / 2), "timers go off");
        assert_eq!(
            after(said, 3 * hour, set_back.plus(3 * hour)),
            set_back.plus(3 * hour),
            "it is right again"
        );
        assert_eq!(
            after(said, hour, said.plus(2 * hour)),
            said.plus(2 * hour),
            "forward is followed at once"
        );
    }

    #[test]
    fn a_moment_prints_as_the_wire_wants_it() {
        assert_eq!(Moment(0).timestamp().as_str(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Moment(1_795_000_000_007).timestamp().as_str().len(), 24);
        assert_eq!(Moment(u64::MAX).timestamp().as_str().len(), 24);
    }
}
