//! Points in time, as text. Clients hand them to their platform's clock; nobody calculates with them here.

use std::{cmp::Ordering, fmt};

use serde::{Deserialize, Serialize};

/// A point in time: RFC 3339 in UTC, ending in `Z`, such as `2026-11-21T20:15:02.114Z`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", schemars(extend("pattern" = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$")))]
pub struct Timestamp(String);

/// The string is not an RFC 3339 time in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimestampError;

impl fmt::Display for TimestampError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time must look like 2026-11-21T20:15:02.114Z")
    }
}

impl std::error::Error for TimestampError {}

impl Timestamp {
    /// The time as it stands on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// By time. Two ways to write one moment differ as text, and then the text decides.
impl Ord for Timestamp {
    fn cmp(&self, other: &Self) -> Ordering {
        // Without the `Z`, a shorter fraction is a prefix of a longer one and comes first, as it should.
        self.0.trim_end_matches('Z').cmp(other.0.trim_end_matches('Z'))
    }
}

impl PartialOrd for Timestamp {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl TryFrom<String> for Timestamp {
    type Error = TimestampError;

    fn try_from(s: String) -> Result<Self, TimestampError> {
        let shape_fits = |pattern: &[u8]| {
            s.len() >= pattern.len()
                && pattern
                    .iter()
                    .zip(s.bytes())
                    .all(|(p, b)| if *p == b'0' { b.is_ascii_digit() } else { *p == b })
        };
        let fits = shape_fits(b"0000-00-00T00:00:00") && {
            match &s.as_bytes()[19..] {
                [b'Z'] => true,
                [b'.', digits @ .., b'Z'] => {
                    (1..=9).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)
                }
                _ => false,
            }
        };
        let fits = fits && {
            let part = |at: usize| s[at..at + 2].parse::<u8>().unwrap_or(u8::MAX);
            (1..=12).contains(&part(5))
                && (1..=31).contains(&part(8))
                && part(11) <= 23
                && part(14) <= 59
                && part(17) <= 60
        };
        if fits { Ok(Self(s)) } else { Err(TimestampError) }
    }
}

impl From<Timestamp> for String {
    fn from(time: Timestamp) -> String {
        time.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_utc_are_taken_and_others_refused() {
        for good in ["2026-11-21T20:15:02Z", "2026-11-21T20:15:02.114Z"] {
            assert!(Timestamp::try_from(good.to_owned()).is_ok(), "{good}");
        }
        for bad in [
            "",
            "2026-11-21",
            "2026-11-21T20:15:02",
            "2026-11-21T20:15:02+01:00",
            "2026-11-21T20:15:02.Z",
            "2026-13-21T20:15:02Z",
            "2026-11-21T24:15:02Z",
        ] {
            assert!(Timestamp::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }

    #[test]
    fn times_are_ordered_as_times_whatever_their_precision() {
        let time = |s: &str| Timestamp::try_from(s.to_owned()).unwrap();
        assert!(time("2026-11-21T20:15:02Z") < time("2026-11-21T20:15:02.114Z"));
        assert!(time("2026-11-21T20:15:02.1Z") < time("2026-11-21T20:15:02.114Z"));
        assert!(time("2026-11-21T20:15:02.9Z") < time("2026-11-21T20:15:03Z"));
    }
}
