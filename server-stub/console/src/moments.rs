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

/// The wire time of a moment.
pub(crate) fn timestamp(moment: Millis) -> Option<Timestamp> {
    let (year, month, day) = date_of((moment as i64).div_euclid(DAY));
    let seconds = moment / 1_000 % 86_400;
    let text = format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    );
    Timestamp::try_from(text).ok()
}

/// The moment of a local day (counted from 1970) and a minute of it. Of a minute that a day has twice it is one, and a
/// minute that summer time leaves out counts on from the one before, as the clocks do.
pub(crate) fn moment(local_day: i64, minute: i64, behind_utc_min: impl Fn(Millis) -> i32) -> Millis {
    let local = local_day * DAY + minute * MINUTE as i64;
    let at = |behind: i32| Millis::try_from(local + i64::from(behind) * MINUTE as i64).unwrap_or(0);
    // The zone's distance is asked for near the moment, then at the moment that follows from it.
    let near = behind_utc_min(at(0));
    let first = at(near);
    let second = at(behind_utc_min(first));
    // Where the two distances never agree, the minute does not exist: the clocks jumped over it.
    if behind_utc_min(second) == behind_utc_min(first) || second > first { second } else { first }
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

/// Year, month and day of a day counted from 1970; from the same source.
fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
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

    #[test]
    fn moments_become_wire_times_and_moments_again() {
        for text in
            ["1970-01-01T00:00:00Z", "2024-02-29T23:59:59Z", "2026-11-21T20:15:02Z", "2100-03-01T00:00:00Z"]
        {
            assert_eq!(timestamp(at(text)).unwrap().as_str(), text);
        }
    }

    #[test]
    fn a_local_time_is_found_on_both_sides_of_a_change_to_summer_time() {
        // Paris, 2026: on 29 March clocks go from 02:00 to 03:00, on 25 October from 03:00 to 02:00.
        let (spring, autumn) = (at("2026-03-29T01:00:00Z"), at("2026-10-25T01:00:00Z"));
        let paris = |moment: Millis| if (spring..autumn).contains(&moment) { -120 } else { -60 };
        let day = |text: &str| local_day(at(text), 0);
        let tell = |day: i64, minute: i64| timestamp(moment(day, minute, paris)).unwrap().as_str().to_owned();
        assert_eq!(tell(day("2026-03-28T00:00:00Z"), 18 * 60), "2026-03-28T17:00:00Z");
        assert_eq!(tell(day("2026-03-29T00:00:00Z"), 90), "2026-03-29T00:30:00Z");
        assert_eq!(tell(day("2026-03-29T00:00:00Z"), 180), "2026-03-29T01:00:00Z");
        assert_eq!(tell(day("2026-03-29T00:00:00Z"), 18 * 60), "2026-03-29T16:00:00Z");
        assert_eq!(tell(day("2026-03-29T00:00:00Z"), 150), "2026-03-29T01:30:00Z", "02:30 is not there");
        assert_eq!(tell(day("2026-10-25T00:00:00Z"), 60), "2026-10-24T23:00:00Z");
        assert_eq!(tell(day("2026-10-25T00:00:00Z"), 18 * 60), "2026-10-25T17:00:00Z");
        assert!(
            ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"]
                .contains(&&*tell(day("2026-10-25T00:00:00Z"), 150))
        );
    }

    fn at(text: &str) -> Millis {
        millis(&Timestamp::try_from(text.to_owned()).unwrap()).unwrap()
    }
}
