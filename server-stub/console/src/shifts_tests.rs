//! Tests of the plan.

use tealight_protocol::{Notice, RosterEntry, ShiftId, Staffing, Timestamp};

use super::*;
use crate::moments::timestamp;

const HOUR: Millis = 3_600_000;
const MINUTE: Millis = 60_000;

#[test]
fn a_new_shift_stands_in_its_place_before_the_server_has_it() {
    let roster = roster(&[(1, "18:00", "22:00", 1)]);
    let wanted = [change(9, Change::Shift(shift(2, "17:00", "19:00", 2)), None)];
    let lines = lines(&roster, &wanted);
    assert_eq!(lines.iter().map(|line| &line.state).collect::<Vec<_>>(), [&State::Saving, &State::Kept]);
    assert_eq!(lines[1].name.as_deref(), Some("Sam"));
}

#[test]
fn a_changed_shift_keeps_its_name_and_one_for_somebody_else_does_not() {
    let roster = roster(&[(1, "18:00", "22:00", 1)]);
    let later = [change(9, Change::Shift(shift(1, "19:00", "22:00", 1)), None)];
    assert_eq!(lines(&roster, &later)[0].name.as_deref(), Some("Sam"));
    let mut robins = shift(1, "18:00", "22:00", 1);
    robins.operator = Some(OperatorId("op:2".to_owned()));
    assert_eq!(lines(&roster, &[change(9, Change::Shift(robins), None)])[0].name, None);
}

#[test]
fn what_was_refused_says_so_and_does_not_count() {
    let roster = roster(&[(1, "18:00", "22:00", 1)]);
    let refused = |change_| lines(&roster, &[change(9, change_, Some(ErrorCode::Conflict))]);
    let kept = refused(Change::Unshift(shift(1, "18:00", "22:00", 1).id));
    assert!(matches!(kept[0].state, State::Refused { leaving: true, .. }) && kept[0].counts());
    let new = refused(Change::Shift(shift(2, "18:00", "22:00", 1)));
    assert!(
        new.iter().any(|line| matches!(line.state, State::Refused { leaving: false, .. }) && !line.counts())
    );
    let announced = refused(Change::Announcement { notice: Notice::parse("words").ok(), paused: true });
    assert_eq!(announced, lines(&roster, &[]));
}

#[test]
fn a_shift_on_its_way_out_does_not_count() {
    let roster = roster(&[(1, "18:00", "22:00", 1)]);
    let lines = lines(&roster, &[change(9, Change::Unshift(shift(1, "18:00", "22:00", 1).id), None)]);
    assert_eq!((lines[0].state.clone(), lines[0].counts()), (State::Leaving, false));
}

#[test]
fn days_hold_what_begins_on_them_and_what_still_runs_stands_today() {
    let lines = lines(&roster(&[(1, "00:30", "02:00", 1), (2, "18:00", "22:00", 1)]), &[]);
    let today = local_day(at("12:00"), 0);
    let days = days(&lines, today, 3, |_| 60);
    assert_eq!(
        days.iter().map(|(day, lines)| (day - today, lines.len())).collect::<Vec<_>>(),
        [(0, 2), (1, 0), (2, 0)]
    );
}

#[test]
fn the_plan_is_a_staircase_of_all_who_are_there_at_once() {
    let lines =
        lines(&roster(&[(1, "18:00", "22:00", 1), (2, "20:00", "23:00", 2), (3, "22:00", "23:00", 1)]), &[]);
    let steps = planned(&lines, at("19:00"), at("23:30"));
    assert_eq!(
        told(&steps),
        [("19:00", 1), ("20:00", 3), ("23:00", 0)],
        "one goes as another comes at 22:00"
    );
    assert_eq!(count_at(&steps, at("21:00")), 3);
    assert_eq!(planned(&[], at("19:00"), at("23:30")), [Step { at: at("19:00"), count: 0 }]);
}

#[test]
fn what_was_is_drawn_from_the_beginning_of_the_plot_to_now() {
    let mut roster = roster(&[]);
    let one = |time: &str, slots| Staffing { at: stamp(at(time)), slots };
    roster.staffed =
        vec![one("09:00", 2), one("17:00", 1), one("19:00", 1), one("20:00", 3), one("23:00", 9)];
    let steps = staffed(&roster, at("18:00"), at("21:00"));
    assert_eq!(told(&steps), [("18:00", 1), ("20:00", 3)]);
    roster.staffed.remove(0);
    roster.staffed.remove(0);
    assert_eq!(
        told(&staffed(&roster, at("18:00"), at("21:00"))),
        [("19:00", 1), ("20:00", 3)],
        "not known before"
    );
}

#[test]
fn a_shift_over_midnight_is_drawn_whole() {
    let mut roster = roster(&[(1, "22:00", "23:00", 1)]);
    roster.shifts[0].shift.to = stamp(at("00:00") + 26 * HOUR);
    let (from, to) = span(&lines(&roster, &[]), at("00:00"), at("00:00") + 24 * HOUR);
    assert_eq!((from, to), (at("00:00"), at("00:00") + 26 * HOUR));
}

#[test]
fn an_operator_hears_of_the_end_of_the_shift_and_not_of_one_that_goes_on() {
    let me = OperatorId("op:7".to_owned());
    let plan = lines(&roster(&[(1, "18:00", "20:00", 1), (2, "20:00", "22:00", 1)]), &[]);
    assert_eq!(own_shift(&plan, &me, at("17:59")), None);
    assert_eq!(own_shift(&plan, &me, at("19:50")), None, "the next one follows");
    assert_eq!(own_shift(&plan, &me, at("21:45")), Some(OwnShift::EndsSoon(at("22:00"))));
    assert_eq!(own_shift(&plan, &me, at("22:00")), Some(OwnShift::Ended(at("22:00"))));
    assert_eq!(own_shift(&plan, &me, at("22:00") + LONG_AGO + MINUTE), None);
    assert_eq!(own_shift(&plan, &OperatorId("op:1".to_owned()), at("21:45")), None);
    let broken = lines(&roster(&[(1, "18:00", "20:00", 1), (2, "20:10", "22:00", 1)]), &[]);
    assert_eq!(own_shift(&broken, &me, at("20:05")), None, "back in five minutes");
}

fn roster(shifts: &[(u8, &str, &str, u8)]) -> Roster {
    let entry = |(number, from, to, at_once): &(u8, &str, &str, u8)| RosterEntry {
        shift: shift(*number, from, to, *at_once),
        name: Some("Sam".to_owned()),
        fixed: false,
    };
    Roster {
        time_zone: "Etc/UTC".to_owned(),
        shifts: shifts.iter().map(entry).collect(),
        ..Roster::default()
    }
}

fn shift(number: u8, from: &str, to: &str, at_once: u8) -> PlannedShift {
    PlannedShift {
        id: ShiftId::from_bytes([number; 16]),
        operator: Some(OperatorId("op:7".to_owned())),
        from: stamp(at(from)),
        to: stamp(at(to)),
        at_once,
    }
}

fn change(key: u8, change: Change, refused: Option<ErrorCode>) -> ChangeView {
    ChangeView { key: Cid::from_bytes([key; 16]), change, refused }
}

fn at(time: &str) -> Millis {
    millis(&Timestamp::try_from(format!("2026-11-21T{time}:00Z")).unwrap()).unwrap()
}

fn stamp(at: Millis) -> Timestamp {
    timestamp(at).unwrap()
}

fn told(steps: &[Step]) -> Vec<(&'static str, u32)> {
    let times = ["18:00", "19:00", "20:00", "21:00", "22:00", "23:00"];
    let name = |moment| times.into_iter().find(|time| at(time) == moment).unwrap();
    steps.iter().map(|step| (name(step.at), step.count)).collect()
}
