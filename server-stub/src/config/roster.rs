//! `[[shifts]]`: who means to be there every week. Written in local time, followed through daylight saving and past
//! midnight as the opening hours are.

use jiff::ToSpan as _;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use serde::Deserialize;
use tealight_protocol::limits;
use toml::Spanned;

use super::check::{ConfigError, parse_days, parse_time, position};
use super::hours::instant;
use super::{Config, ServiceConfig};
use crate::Moment;

/// How to write a shift, for whoever wrote another.
const HOW: &str = "write days = [\"mon\", \"tue\"], from = \"18:00\", to = \"21:00\"; “daily” stands for every day, \
                   and a shift that ends before it begins ends on the next day";

/// Minutes of a week.
const WEEK: u32 = 7 * 24 * 60;

/// One of `[[shifts]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeeklyShiftConfig {
    /// The name the operator logs in with; without one, only the number of people is planned.
    #[serde(default)]
    pub who: Option<Spanned<String>>,
    /// `mon` … `sun`, or `daily`.
    pub days: Spanned<Vec<String>>,
    /// `HH:MM`.
    pub from: Spanned<String>,
    /// `HH:MM`; `24:00` is midnight.
    pub to: Spanned<String>,
    /// How many conversations at once: 1 to [`limits::CAPACITY`].
    #[serde(default = "one")]
    pub at_once: Spanned<u8>,
}

fn one() -> Spanned<u8> {
    Spanned::new(0..0, 1)
}

/// Who means to be there every week.
#[derive(Clone, Debug)]
pub struct WeeklyRoster {
    zone: TimeZone,
    name: String,
    shifts: Vec<WeeklyShift>,
    closed_on: Vec<Date>,
}

#[derive(Clone, Debug)]
struct WeeklyShift {
    who: Option<String>,
    days: Vec<Weekday>,
    from: Time,
    to: Time,
    at_once: u8,
}

/// A shift of the week on one of its days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Which of the configuration's shifts, from 0.
    pub index: usize,
    /// The name the operator logs in with.
    pub who: Option<String>,
    /// Its beginning.
    pub from: Moment,
    /// Its end.
    pub to: Moment,
    /// How many conversations at once.
    pub at_once: u8,
}

impl WeeklyRoster {
    /// The turns that end after one moment and begin before another, by their beginning.
    pub fn between(&self, after: Moment, before: Moment) -> Vec<Turn> {
        let day_of = |moment: Moment| moment.civil().to_zoned(self.zone.clone()).date();
        let mut turns = Vec::new();
        // The day before yesterday: what begins late on it may be still on after a night that is an hour longer.
        let Ok(mut day) = day_of(after).checked_sub(2.days()) else { return turns };
        let last = day_of(before);
        while day <= last {
            turns.extend(self.on(day).filter(|turn| turn.to > after && turn.from < before));
            let Ok(next) = day.tomorrow() else { break };
            day = next;
        }
        turns.sort_by_key(|turn| (turn.from, turn.to, turn.index));
        turns
    }

    fn on(&self, day: Date) -> impl Iterator<Item = Turn> {
        let closed = self.closed_on.contains(&day);
        self.shifts.iter().enumerate().filter_map(move |(index, shift)| {
            if closed || !shift.days.contains(&day.weekday()) {
                return None;
            }
            let last_day = if shift.to > shift.from { day } else { day.tomorrow().ok()? };
            let from = instant(day, shift.from, &self.zone)?;
            let to = instant(last_day, shift.to, &self.zone)?;
            (from < to).then(|| Turn { index, who: shift.who.clone(), from, to, at_once: shift.at_once })
        })
    }

    /// The last midnight of the roster's zone: the beginning of the day of a moment.
    pub fn midnight_before(&self, now: Moment) -> Moment {
        now.civil()
            .to_zoned(self.zone.clone())
            .start_of_day()
            .map_or(now, |day| Moment::from(day.timestamp()))
    }

    /// A moment on the helpline's own clock, to the minute, for people to read.
    pub fn local(&self, moment: Moment) -> String {
        moment.civil().to_zoned(self.zone.clone()).strftime("%a %Y-%m-%d %H:%M").to_string()
    }

    /// The zone's name, as the configuration has it.
    pub fn zone_name(&self) -> &str {
        &self.name
    }

    /// The names that the configuration plans.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.shifts.iter().filter_map(|shift| shift.who.as_deref())
    }
}

/// The shifts of a checked configuration.
pub(super) fn weekly(config: &Config) -> WeeklyRoster {
    let ServiceConfig { time_zone, closed_on, .. } = &config.service;
    WeeklyRoster {
        zone: TimeZone::get(time_zone).unwrap_or(TimeZone::UTC),
        name: time_zone.clone(),
        shifts: config.shifts.iter().filter_map(|shift| parsed(shift).ok()).collect(),
        closed_on: closed_on.iter().filter_map(|day| day.parse().ok()).collect(),
    }
}

/// What is wrong with a shift, and where in the text.
struct Wrong {
    at: usize,
    problem: String,
    fix: &'static str,
}

pub(super) fn check(config: &Config, file: &str, text: &str) -> Result<(), ConfigError> {
    let found = find_wrong(&config.shifts).err().map(|wrong| ConfigError {
        file: file.to_owned(),
        position: Some(position(text, wrong.at)),
        problem: wrong.problem,
        fix: wrong.fix.to_owned(),
    });
    found.map_or(Ok(()), Err)
}

fn find_wrong(shifts: &[WeeklyShiftConfig]) -> Result<(), Wrong> {
    let mut known: Vec<WeeklyShift> = Vec::with_capacity(shifts.len());
    for config in shifts {
        let shift = parsed(config)?;
        if let Some(earlier) = known.iter().find(|earlier| meet(earlier, &shift))
            && let Some(who) = &config.who
        {
            let name = who.get_ref();
            return Err(Wrong {
                at: who.span().start,
                problem: format!(
                    "two shifts of “{name}” overlap: {} to {} and {} to {}",
                    clock(earlier.from),
                    clock(earlier.to),
                    clock(shift.from),
                    clock(shift.to)
                ),
                fix: "let one begin when the other ends, or make one of both with another at_once",
            });
        }
        known.push(shift);
    }
    Ok(())
}

fn parsed(config: &WeeklyShiftConfig) -> Result<WeeklyShift, Wrong> {
    let wrong = |at: usize, problem: String, fix| Wrong { at, problem, fix };
    let (from, to) = (config.from.span().start, config.to.span().start);
    let who = match &config.who {
        Some(name) if name.get_ref().trim().is_empty() => {
            let fix =
                "write the name they log in with, or leave the line out to plan a number of people only";
            return Err(wrong(name.span().start, "a shift is nobody's".to_owned(), fix));
        }
        who => who.as_ref().map(|name| name.get_ref().clone()),
    };
    let at_once = *config.at_once.get_ref();
    if !(1..=limits::CAPACITY).contains(&at_once) {
        let problem = format!("at_once is {at_once}");
        let fix = "choose how many conversations the operator has at once: 1 to 3";
        return Err(wrong(config.at_once.span().start, problem, fix));
    }
    Ok(WeeklyShift {
        who,
        days: parse_days(config.days.get_ref())
            .map_err(|(_, problem)| wrong(config.days.span().start, problem, HOW))?,
        from: parse_time(config.from.get_ref()).map_err(|(_, problem)| wrong(from, problem, HOW))?,
        to: parse_time(config.to.get_ref()).map_err(|(_, problem)| wrong(to, problem, HOW))?,
        at_once,
    })
}

/// Whether somebody would be in two places at once.
fn meet(one: &WeeklyShift, other: &WeeklyShift) -> bool {
    let same = match (&one.who, &other.who) {
        // Names to log in with are the same whatever their case.
        (Some(one), Some(other)) => one.to_lowercase() == other.to_lowercase(),
        (None, _) | (_, None) => false,
    };
    same && weekly_minutes(one).iter().any(|(start, length)| {
        weekly_minutes(other).iter().any(|(begin, lasts)| {
            let ahead = (begin + WEEK - start) % WEEK;
            let behind = (start + WEEK - begin) % WEEK;
            ahead < *length || behind < *lasts
        })
    })
}

/// Begin and length of each turn of a shift, in minutes of a week.
fn weekly_minutes(shift: &WeeklyShift) -> Vec<(u32, u32)> {
    let minute =
        |time: Time| u32::from(time.hour().unsigned_abs()) * 60 + u32::from(time.minute().unsigned_abs());
    let (from, to) = (minute(shift.from), minute(shift.to));
    let length = if to > from { to - from } else { to + 24 * 60 - from };
    let start = |day: &Weekday| u32::from(day.to_monday_zero_offset().unsigned_abs()) * 24 * 60 + from;
    shift.days.iter().map(|day| (start(day), length)).collect()
}

fn clock(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_on_its_days_in_the_zone_of_the_helpline() {
        let roster = roster(
            "[[shifts]]\nwho = \"ada\"\ndays = [\"sat\", \"sun\"]\nfrom = \"18:00\"\nto = \"21:00\"\nat_once = 2",
        );
        let turns = roster.between(at("2026-06-01T00:00:00Z"), at("2026-06-08T00:00:00Z"));
        let expected =
            |from, to| Turn { index: 0, who: Some("ada".to_owned()), from: at(from), to: at(to), at_once: 2 };
        assert_eq!(
            turns,
            [
                expected("2026-06-06T17:00:00Z", "2026-06-06T20:00:00Z"),
                expected("2026-06-07T17:00:00Z", "2026-06-07T20:00:00Z"),
            ]
        );
        assert_eq!(roster.names().collect::<Vec<_>>(), ["ada"]);
    }

    #[test]
    fn a_turn_past_midnight_is_found_while_it_is_on() {
        let roster = roster(&anybody("\"sat\"", "22:00", "02:00"));
        let found = |after, before| roster.between(at(after), at(before)).len();
        assert_eq!(found("2026-11-22T01:00:00Z", "2026-11-22T01:01:00Z"), 1, "Sunday, in the night");
        assert_eq!(found("2026-11-22T02:00:00Z", "2026-11-28T22:00:00Z"), 0, "what ends now is over");
    }

    #[test]
    fn a_turn_keeps_its_local_times_when_the_clocks_change() {
        let roster = roster(&anybody("\"daily\"", "18:00", "03:00"));
        let lengths = |day: &str| {
            let noon = at(&format!("{day}T12:00:00Z"));
            let turns = roster.between(noon, noon.plus_ms(12 * 60 * 60 * 1_000));
            turns.iter().map(|turn| turn.to.ms_since(turn.from) / 60_000).collect::<Vec<_>>()
        };
        assert_eq!(lengths("2026-03-27"), [9 * 60]);
        assert_eq!(lengths("2026-03-28"), [8 * 60], "an hour is skipped");
        assert_eq!(lengths("2026-10-24"), [10 * 60], "an hour comes twice");
        let gone = super::tests::roster(&anybody("\"sun\"", "01:00", "02:00"));
        let night = (at("2026-03-28T12:00:00Z"), at("2026-03-29T12:00:00Z"));
        assert!(gone.between(night.0, night.1).is_empty(), "the hour that is skipped is nobody's shift");
    }

    #[test]
    fn nobody_is_planned_for_a_day_without_a_shift_of_the_helpline() {
        let roster = roster(&anybody("\"daily\"", "18:00", "21:00"));
        assert!(roster.between(at("2026-12-25T00:00:00Z"), at("2026-12-26T00:00:00Z")).is_empty());
    }

    #[test]
    fn the_day_begins_at_midnight_of_the_zone() {
        let roster = roster("");
        assert_eq!(roster.midnight_before(at("2026-06-06T23:30:00Z")), at("2026-06-06T23:00:00Z"));
        assert_eq!(roster.midnight_before(at("2026-11-22T23:30:00Z")), at("2026-11-22T00:00:00Z"));
        assert_eq!(roster.zone_name(), "Europe/London");
    }

    #[test]
    fn a_mistake_is_named_with_its_line_and_a_fix() {
        let night = |from: &str, to: &str| {
            format!("who = \"Ada\"\ndays = [\"sun\", \"daily\"]\nfrom = \"{from}\"\nto = \"{to}\"")
        };
        let shift = |lines: &str| format!("[[shifts]]\n{lines}\n");
        let cases = [
            (
                shift("days = [\"monday\"]\nfrom = \"18:00\"\nto = \"20:00\""),
                "7:8",
                "“monday” is not a day",
                "daily",
            ),
            (shift("days = []\nfrom = \"18:00\"\nto = \"20:00\""), "7:8", "on no day", "days = ["),
            (
                shift("days = [\"mon\"]\nfrom = \"18:00\"\nto = \"6 pm\""),
                "9:6",
                "“6 pm” is not a time of day",
                "21:00",
            ),
            (
                shift("days = [\"mon\"]\nfrom = \"18:60\"\nto = \"20:00\""),
                "8:8",
                "“18:60” is not a time of day",
                "write",
            ),
            (shift(&format!("{}\nat_once = 4", night("18:00", "20:00"))), "11:11", "at_once is 4", "1 to 3"),
            (shift(&format!("{}\nat_once = 0", night("18:00", "20:00"))), "11:11", "at_once is 0", "1 to 3"),
            (
                shift("who = \" \"\ndays = [\"mon\"]\nfrom = \"18:00\"\nto = \"20:00\""),
                "7:7",
                "nobody's",
                "log in with",
            ),
            (
                shift("days = [\"mon\"]\nfrom = \"18:00\"\nto = \"20:00\"\nwhom = \"ada\""),
                "10:1",
                "unknown field",
                "spelling",
            ),
            (
                shift(&night("18:00", "20:00"))
                    + &shift("who = \"ada\"\ndays = [\"fri\"]\nfrom = \"19:59\"\nto = \"22:00\""),
                "12:7",
                "two shifts of “ada” overlap: 18:00 to 20:00 and 19:59 to 22:00",
                "begin when the other ends",
            ),
            (
                shift("who = \"ada\"\ndays = [\"sun\"]\nfrom = \"22:00\"\nto = \"02:00\"")
                    + &shift("who = \"ada\"\ndays = [\"mon\"]\nfrom = \"01:00\"\nto = \"03:00\""),
                "12:7",
                "overlap",
                "another at_once",
            ),
        ];
        for (shifts, place, problem, fix) in cases {
            let shown = Config::parse(&format!("{HEAD}{shifts}"), "tealight.toml").unwrap_err().to_string();
            assert!(shown.starts_with(&format!("tealight.toml:{place}: ")), "{place}: {shown}");
            assert!(shown.contains(problem) && shown.contains("fix: ") && shown.contains(fix), "{shown}");
        }
    }

    #[test]
    fn shifts_that_only_touch_and_people_without_a_name_do_not_overlap() {
        let touching = "[[shifts]]\nwho = \"ada\"\ndays = [\"sun\"]\nfrom = \"22:00\"\nto = \"02:00\"\n\
                        [[shifts]]\nwho = \"ada\"\ndays = [\"mon\"]\nfrom = \"02:00\"\nto = \"03:00\"\n\
                        [[shifts]]\nwho = \"grace\"\ndays = [\"sun\"]\nfrom = \"22:00\"\nto = \"22:00\"\n";
        roster(touching);
        roster(&anybody("\"daily\"", "18:00", "20:00").repeat(3));
    }

    const HEAD: &str =
        "[server]\n[service]\nname = \"x\"\ntime_zone = \"Europe/London\"\nclosed_on = [\"2026-12-25\"]\n";

    fn roster(shifts: &str) -> WeeklyRoster {
        Config::parse(&format!("{HEAD}{shifts}"), "test.toml").unwrap().weekly_roster()
    }

    fn anybody(days: &str, from: &str, to: &str) -> String {
        format!("[[shifts]]\ndays = [{days}]\nfrom = \"{from}\"\nto = \"{to}\"\n")
    }

    fn at(text: &str) -> Moment {
        Moment::from(text.parse::<jiff::Timestamp>().unwrap())
    }
}
