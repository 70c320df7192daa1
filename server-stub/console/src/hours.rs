//! The hours of a day of waits, as the plots need them.

use tealight_protocol::WaitsOfHour;
use tealight_session::Millis;

use crate::moments::millis;

/// One hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hour {
    /// Its beginning.
    pub(crate) at: Millis,
    /// What was told of it.
    pub(crate) told: WaitsOfHour,
}

/// The hours, the oldest first.
pub(crate) fn hours(told: &[WaitsOfHour]) -> Vec<Hour> {
    let mut hours: Vec<Hour> =
        told.iter().filter_map(|one| Some(Hour { at: millis(&one.at)?, told: one.clone() })).collect();
    hours.sort_by_key(|hour| hour.at);
    hours
}

/// The hour in which half of the visitors waited longest, and how long, in seconds.
pub(crate) fn longest(hours: &[Hour]) -> Option<(Millis, u32)> {
    let medians = hours.iter().filter_map(|hour| Some((hour.at, hour.told.offered?.q50_s)));
    medians.max_by_key(|(_, median)| *median)
}

#[cfg(test)]
mod tests {
    use tealight_protocol::{OfferedWaits, Timestamp, Visitors};

    use super::*;

    #[test]
    fn hours_stand_in_order() {
        let told = [hour("21", 14, Some(600)), hour("19", 12, None), hour("20", 19, Some(1_200))];
        let hours = hours(&told);
        assert_eq!(
            hours.iter().map(|hour| hour.told.visitors.came).collect::<Vec<_>>(),
            [Some(12), Some(19), Some(14)]
        );
        assert_eq!(longest(&hours), Some((hours[1].at, 1_200)));
        assert_eq!(longest(&hours[..1]), None, "too few are known");
    }

    fn hour(name: &str, came: u32, median: Option<u32>) -> WaitsOfHour {
        WaitsOfHour {
            at: Timestamp::try_from(format!("2026-11-21T{name}:00:00Z")).unwrap(),
            visitors: Visitors { came: Some(came), met: Some(0), left: Some(0) },
            offered: median.map(|q50_s| OfferedWaits { q25_s: 0, q50_s, q80_s: q50_s, q90_s: q50_s, of: 9 }),
        }
    }
}
