//! Opening hours: shifts of local time in a time zone, followed through daylight saving and past midnight.

use jiff::ToSpan as _;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;

use crate::Moment;

/// How far ahead the next opening is looked for, in days.
const HORIZON_DAYS: i32 = 15;

/// When a helpline is open.
#[derive(Clone, Debug)]
pub enum OpeningHours {
    /// Day and night.
    Always,
    /// In shifts.
    Shifts {
        /// The zone the shifts are written in.
        zone: TimeZone,
        /// The shifts of a week.
        shifts: Vec<Shift>,
        /// Days on which no shift begins.
        closed_on: Vec<Date>,
    },
}

/// One shift, on some days of the week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// The days on which it begins.
    pub days: Vec<Weekday>,
    /// Its beginning.
    pub from: Time,
    /// Its end; on the next day when it is not after the beginning.
    pub to: Time,
}

/// Open or closed, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// Open.
    Open {
        /// When it closes, if it does.
        closes_at: Option<Moment>,
    },
    /// Closed.
    Closed {
        /// When it closed, if that was lately.
        since: Option<Moment>,
        /// When it opens next, if that is soon enough to be known.
        next_open: Option<Moment>,
    },
}

impl OpeningHours {
    /// Open or closed at a moment.
    pub fn at(&self, now: Moment) -> Opening {
        let (zone, shifts, closed_on) = match self {
            Self::Always => return Opening::Open { closes_at: None },
            Self::Shifts { zone, shifts, closed_on } => (zone, shifts, closed_on),
        };
        let spans = merged(spans_around(now, zone, shifts, closed_on));
        let horizon = now.plus_ms(u64::from(HORIZON_DAYS.unsigned_abs() - 1) * 86_400_000);
        if let Some((_, end)) = spans.iter().find(|(start, end)| *start <= now && now < *end) {
            return Opening::Open { closes_at: (*end < horizon).then_some(*end) };
        }
        Opening::Closed {
            since: spans.iter().rev().find(|(_, end)| *end <= now).map(|(_, end)| *end),
            next_open: spans.iter().find(|(start, _)| *start > now).map(|(start, _)| *start),
        }
    }
}

fn spans_around(now: Moment, zone: &TimeZone, shifts: &[Shift], closed_on: &[Date]) -> Vec<(Moment, Moment)> {
    let today = now.civil().to_zoned(zone.clone()).date();
    let mut spans = Vec::new();
    for offset in -2..=HORIZON_DAYS {
        let Ok(day) = today.checked_add(offset.days()) else { continue };
        if closed_on.contains(&day) {
            continue;
        }
        for shift in shifts.iter().filter(|shift| shift.days.contains(&day.weekday())) {
            let last_day = if shift.to > shift.from { Ok(day) } else { day.tomorrow() };
            let (Some(start), Some(end)) =
                (instant(day, shift.from, zone), last_day.ok().and_then(|day| instant(day, shift.to, zone)))
            else {
                continue;
            };
            if start < end {
                spans.push((start, end));
            }
        }
    }
    spans
}

/// A wall-clock time that daylight saving skips or repeats is read as the platform's calendars read it:
/// the later reading in a gap, the earlier in a fold.
pub(super) fn instant(day: Date, time: Time, zone: &TimeZone) -> Option<Moment> {
    let zoned = day.to_datetime(time).to_zoned(zone.clone()).ok()?;
    Some(Moment::from(zoned.timestamp()))
}

fn merged(mut spans: Vec<(Moment, Moment)>) -> Vec<(Moment, Moment)> {
    spans.sort_unstable();
    let mut result: Vec<(Moment, Moment)> = Vec::with_capacity(spans.len());
    for (start, end) in spans {
        match result.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => result.push((start, end)),
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shift_past_midnight_closes_on_the_next_day() {
        let hours = london(&[Weekday::Saturday], (18, 2));
        assert_eq!(hours.at(at("2026-11-21T17:59:59Z")), closed(None, Some("2026-11-21T18:00:00Z")));
        assert_eq!(hours.at(at("2026-11-21T18:00:00Z")), open("2026-11-22T02:00:00Z"));
        assert_eq!(hours.at(at("2026-11-22T01:59:59Z")), open("2026-11-22T02:00:00Z"));
        assert_eq!(
            hours.at(at("2026-11-22T02:00:00Z")),
            closed(Some("2026-11-22T02:00:00Z"), Some("2026-11-28T18:00:00Z"))
        );
    }

    #[test]
    fn the_clocks_going_forward_move_the_opening_in_utc() {
        let hours = london(&EVERY_DAY, (9, 17));
        let Opening::Closed { next_open, .. } = hours.at(at("2026-03-28T20:00:00Z")) else { panic!() };
        assert_eq!(next_open, Some(at("2026-03-29T08:00:00Z")));
        let Opening::Closed { next_open, .. } = hours.at(at("2026-10-24T20:00:00Z")) else { panic!() };
        assert_eq!(next_open, Some(at("2026-10-25T09:00:00Z")));
    }

    #[test]
    fn a_time_inside_the_gap_still_opens() {
        let zone = TimeZone::get("Europe/London").unwrap();
        let shift = Shift {
            days: EVERY_DAY.to_vec(),
            from: jiff::civil::time(1, 30, 0, 0),
            to: jiff::civil::time(4, 0, 0, 0),
        };
        let hours = OpeningHours::Shifts { zone, shifts: vec![shift], closed_on: vec![] };
        assert_eq!(hours.at(at("2026-03-29T01:45:00Z")), open("2026-03-29T03:00:00Z"));
    }

    #[test]
    fn shifts_that_touch_are_one_and_a_full_week_never_closes() {
        let zone = TimeZone::get("Europe/London").unwrap();
        let shift = |from: i8, to: i8| Shift {
            days: EVERY_DAY.to_vec(),
            from: jiff::civil::time(from, 0, 0, 0),
            to: jiff::civil::time(to, 0, 0, 0),
        };
        let two = OpeningHours::Shifts {
            zone: zone.clone(),
            shifts: vec![shift(8, 12), shift(12, 20)],
            closed_on: vec![],
        };
        assert_eq!(two.at(at("2026-11-21T09:00:00Z")), open("2026-11-21T20:00:00Z"));
        let full = OpeningHours::Shifts { zone, shifts: vec![shift(0, 0)], closed_on: vec![] };
        assert_eq!(full.at(at("2026-11-21T09:00:00Z")), Opening::Open { closes_at: None });
    }

    #[test]
    fn no_shift_begins_on_a_closed_day() {
        let zone = TimeZone::get("Europe/London").unwrap();
        let shift = Shift {
            days: EVERY_DAY.to_vec(),
            from: jiff::civil::time(9, 0, 0, 0),
            to: jiff::civil::time(17, 0, 0, 0),
        };
        let hours = OpeningHours::Shifts {
            zone,
            shifts: vec![shift],
            closed_on: vec![jiff::civil::date(2026, 12, 25)],
        };
        let Opening::Closed { next_open, .. } = hours.at(at("2026-12-25T12:00:00Z")) else { panic!() };
        assert_eq!(next_open, Some(at("2026-12-26T09:00:00Z")));
    }

    const EVERY_DAY: [Weekday; 7] = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ];

    fn london(days: &[Weekday], (from, to): (i8, i8)) -> OpeningHours {
        OpeningHours::Shifts {
            zone: TimeZone::get("Europe/London").unwrap(),
            shifts: vec![Shift {
                days: days.to_vec(),
                from: jiff::civil::time(from, 0, 0, 0),
                to: jiff::civil::time(to, 0, 0, 0),
            }],
            closed_on: vec![],
        }
    }

    fn at(text: &str) -> Moment {
        Moment::from(text.parse::<jiff::Timestamp>().unwrap())
    }

    fn open(closes: &str) -> Opening {
        Opening::Open { closes_at: Some(at(closes)) }
    }

    fn closed(since: Option<&str>, next: Option<&str>) -> Opening {
        Opening::Closed { since: since.map(at), next_open: next.map(at) }
    }
}
