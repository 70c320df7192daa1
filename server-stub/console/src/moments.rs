//! Moments and how long ago they were. The zone is an argument: minutes that local time is behind UTC, as browsers
//! count them.

use tealight_protocol::Timestamp;
use tealight_session::Millis;

const MINUTE: Millis = 60_000;
const DAY: i64 = 86_400_000;

/// How long something has lasted, in the steps a person cares about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lasted {
    /// Less than a minute.
    Moments,
    /// Whole minutes, below an hour.
    Minutes(u64),
    /// Hours and minutes.
    Hours(u64, u64),
}

/// How long it is from one moment to another. Clocks differ: a moment still to come is as good as now.
pub(crate) fn lasted(since: Millis, now: Millis) -> Lasted {
    match now.saturating_sub(since) / MINUTE {
        0 => Lasted::Moments,
        minutes @ 1..60 => Lasted::Minutes(minutes),
        minutes => Lasted::Hours(minutes / 60, minutes % 60),
    }
}

/// A wire time in milliseconds since 1970. `None` only for a date that no calendar has.
pub(crate) fn millis(time: &Timestamp) -> Option<Millis> {
    let text = time.as_str();
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let seconds = days_since_1970(year, month, day) * 86_400
        + number(11, 13)? * 3_600
        + number(14, 16)? * 60
        + number(17, 19)?;
    let fraction: String =
        text.get(20..).unwrap_or("").trim_end_matches('Z').chars().chain("000".chars()).take(3).collect();
    let thousandths = fraction.parse::<i64>().unwrap_or(0);
    Millis::try_from(seconds * 1_000 + thousandths).ok()
}

/// The local day a moment falls on, counted from 1970.
pub(crate) fn local_day(moment: Millis, behind_utc_min: i32) -> i64 {
    local(moment, behind_utc_min).div_euclid(DAY)
}

/// The local time of day: `21:04`.
pub(crate) fn local_time(moment: Millis, behind_utc_min: i32) -> String {
    let minutes = local(moment, behind_utc_min).rem_euclid(DAY) / MINUTE as i64;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

fn local(moment: Millis, behind_utc_min: i32) -> i64 {
    moment as i64 - i64::from(behind_utc_min) * MINUTE as i64
}

/// Days from 1970-01-01 in the Gregorian calendar; Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wire_times_become_milliseconds() {
        assert_eq!(at("1970-01-01T00:00:00Z"), 0);
        assert_eq!(at("2026-11-21T20:15:02.114Z"), 1_795_292_102_114);
        assert_eq!(at("2024-02-29T12:00:00.5Z"), 1_709_208_000_500);
    }

    #[test]
    fn a_wait_is_told_in_minutes_and_then_in_hours() {
        assert_eq!(lasted(0, 59_999), Lasted::Moments);
        assert_eq!(lasted(0, 12 * MINUTE + 30_000), Lasted::Minutes(12));
        assert_eq!(lasted(0, 65 * MINUTE), Lasted::Hours(1, 5));
        assert_eq!(lasted(5 * MINUTE, 0), Lasted::Moments);
    }

    #[test]
    fn local_times_follow_the_zone_over_midnight() {
        let moment = at("2026-11-21T23:30:00Z");
        assert_eq!(local_time(moment, 0), "23:30");
        assert_eq!(local_time(moment, -60), "00:30");
        assert_eq!(local_time(moment, 300), "18:30");
        assert_eq!(local_day(moment, -60), local_day(moment, 0) + 1);
    }

    fn at(text: &str) -> Millis {
        millis(&Timestamp::try_from(text.to_owned()).unwrap()).unwrap()
    }
}
