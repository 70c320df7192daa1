//! What somebody fills in for a shift, and what is wrong with it. Nothing here is lost by being wrong.

use tealight_protocol::limits::{ROSTER_DAYS, SHIFT_HOURS};
use tealight_protocol::{OperatorId, PlannedShift, ShiftId};
use tealight_session::Millis;

use crate::clock::minute_of_day;
use crate::moments::{local_day, local_time, moment, timestamp};
use crate::shifts::Line;

/// The form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ShiftForm {
    /// The shift's identifier.
    pub(crate) id: ShiftId,
    /// Whether it is new.
    pub(crate) is_new: bool,
    /// Whose it is; none: only the number is planned.
    pub(crate) who: Option<OperatorId>,
    /// The local day it begins on, counted from 1970.
    pub(crate) day: i64,
    /// What was typed for its beginning.
    pub(crate) from: String,
    /// What was typed for its end.
    pub(crate) to: String,
    /// How many at once.
    pub(crate) at_once: u8,
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing stands there.
    Empty,
    /// Something stands there that is no time.
    NoTime,
    /// The shift would begin and end at the same time.
    SameTime,
    /// It would be over already.
    Past,
    /// It would begin later than anything is planned.
    TooFar,
    /// It would be longer than a shift may be.
    TooLong,
    /// The same person is planned already, from then to then.
    Overlaps(Millis, Millis),
}

/// What is wrong, by field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Faults {
    /// With the beginning.
    pub(crate) from: Option<Fault>,
    /// With the end.
    pub(crate) to: Option<Fault>,
}

impl ShiftForm {
    /// An empty form.
    pub(crate) fn new(id: ShiftId, who: Option<OperatorId>, today: i64, at_once: u8) -> Self {
        Self { id, is_new: true, who, day: today, from: String::new(), to: String::new(), at_once }
    }

    /// The form of a shift that is to be changed.
    pub(crate) fn of(line: &Line, is_new: bool, behind_utc_min: impl Fn(Millis) -> i32) -> Self {
        Self {
            id: line.shift.id.clone(),
            is_new,
            who: line.shift.operator.clone(),
            day: local_day(line.from, behind_utc_min(line.from)),
            from: local_time(line.from, behind_utc_min(line.from)),
            to: local_time(line.to, behind_utc_min(line.to)),
            at_once: line.shift.at_once,
        }
    }

    /// Whether the end is on the day after the beginning, as far as both are known.
    pub(crate) fn ends_next_day(&self) -> bool {
        match (minute_of_day(&self.from), minute_of_day(&self.to)) {
            (Some(from), Some(to)) => to < from,
            (Some(_) | None, _) => false,
        }
    }

    /// The shift, if everything is right.
    pub(crate) fn check(
        &self,
        others: &[Line],
        now: Millis,
        behind_utc_min: impl Fn(Millis) -> i32,
    ) -> Result<PlannedShift, Faults> {
        let (from, to) = match (read(&self.from), read(&self.to)) {
            (Ok(from), Ok(to)) => (from, to),
            (from, to) => return Err(Faults { from: from.err(), to: to.err() }),
        };
        if from == to {
            return Err(Faults { to: Some(Fault::SameTime), ..Faults::default() });
        }
        let begins = moment(self.day, i64::from(from), &behind_utc_min);
        let day_of_end = if to < from { self.day + 1 } else { self.day };
        let ends = moment(day_of_end, i64::from(to), &behind_utc_min);
        let overlap = others.iter().find(|line| {
            line.shift.id != self.id
                && line.counts()
                && self.who.is_some()
                && line.shift.operator == self.who
                && line.from < ends
                && line.to > begins
        });
        if ends <= now {
            return Err(Faults { to: Some(Fault::Past), ..Faults::default() });
        }
        if ends.saturating_sub(begins) > SHIFT_HOURS * 3_600_000 {
            return Err(Faults { to: Some(Fault::TooLong), ..Faults::default() });
        }
        if begins.saturating_sub(now) > ROSTER_DAYS * 86_400_000 {
            return Err(Faults { from: Some(Fault::TooFar), ..Faults::default() });
        }
        if let Some(other) = overlap {
            let fault = Some(Fault::Overlaps(other.from, other.to));
            return Err(if other.from <= begins {
                Faults { from: fault, to: None }
            } else {
                Faults { from: None, to: fault }
            });
        }
        match (timestamp(begins), timestamp(ends)) {
            (Some(from), Some(to)) if begins < ends => Ok(PlannedShift {
                id: self.id.clone(),
                operator: self.who.clone(),
                from,
                to,
                at_once: self.at_once,
            }),
            // Both in the hour that summer time leaves out.
            (_, _) => Err(Faults { to: Some(Fault::SameTime), ..Faults::default() }),
        }
    }
}

fn read(typed: &str) -> Result<u32, Fault> {
    match (typed.trim().is_empty(), minute_of_day(typed)) {
        (true, _) => Err(Fault::Empty),
        (false, None) => Err(Fault::NoTime),
        (false, Some(minute)) => Ok(minute),
    }
}

#[cfg(test)]
mod tests {
    use tealight_protocol::{Roster, RosterEntry};

    use super::*;
    use crate::moments::millis;
    use crate::shifts::lines;

    const DAY: Millis = 86_400_000;
    /// Wednesday, and half past twelve by UTC.
    const NOW: Millis = 20_000 * DAY + 12 * 3_600_000 + 1_800_000;

    #[test]
    fn what_is_typed_becomes_a_shift_in_the_zone_of_who_types() {
        let shift = form("18", "22:30").check(&[], NOW, |_| -60).unwrap();
        assert_eq!((time(&shift.from), time(&shift.to)), ((20_000, 17 * 60), (20_000, 21 * 60 + 30)));
    }

    #[test]
    fn an_end_before_the_beginning_is_on_the_next_day() {
        let form = form("22:00", "02:00");
        assert!(form.ends_next_day());
        let shift = form.check(&[], NOW, |_| 0).unwrap();
        assert_eq!((time(&shift.from), time(&shift.to)), ((20_000, 22 * 60), (20_001, 2 * 60)));
    }

    #[test]
    fn a_whole_day_can_be_planned() {
        let shift = form("0", "24").check(&[], NOW, |_| 0).unwrap();
        assert_eq!((time(&shift.from), time(&shift.to)), ((20_000, 0), (20_001, 0)));
    }

    #[test]
    fn each_fault_stands_at_its_field() {
        let faults = |from: &str, to: &str| form(from, to).check(&[], NOW, |_| 0).unwrap_err();
        assert_eq!(faults("", "late"), Faults { from: Some(Fault::Empty), to: Some(Fault::NoTime) });
        assert_eq!(faults("18", "18:00").to, Some(Fault::SameTime));
        assert_eq!(faults("9", "12").to, Some(Fault::Past));
        let far = ShiftForm { day: 20_015, ..form("18", "22") }.check(&[], NOW, |_| 0).unwrap_err();
        assert_eq!(far.from, Some(Fault::TooFar));
        // A day with an hour more, as in autumn.
        let autumn = |moment: Millis| if moment < 20_000 * DAY + 7_200_000 { -60 } else { 0 };
        assert_eq!(form("0", "24").check(&[], NOW, autumn).unwrap_err().to, Some(Fault::TooLong));
    }

    #[test]
    fn nobody_is_planned_twice_at_a_time() {
        let planned = form("18", "22").check(&[], NOW, |_| 0).unwrap();
        let roster = Roster {
            shifts: vec![RosterEntry {
                shift: PlannedShift { id: ShiftId::from_bytes([2; 16]), ..planned },
                name: None,
                fixed: true,
            }],
            ..Roster::default()
        };
        let others = lines(&roster, &[]);
        let fault = Some(Fault::Overlaps(others[0].from, others[0].to));
        assert_eq!(form("19", "23").check(&others, NOW, |_| 0).unwrap_err().from, fault);
        assert_eq!(form("16", "19").check(&others, NOW, |_| 0).unwrap_err().to, fault);
        assert!(form("22", "23").check(&others, NOW, |_| 0).is_ok());
        let robins = ShiftForm { who: Some(OperatorId("op:2".to_owned())), ..form("19", "23") };
        assert!(robins.check(&others, NOW, |_| 0).is_ok());
        let itself = ShiftForm { id: ShiftId::from_bytes([2; 16]), ..form("19", "23") };
        assert!(itself.check(&others, NOW, |_| 0).is_ok());
        let anybody = ShiftForm { who: None, ..form("19", "23") };
        assert!(anybody.check(&others, NOW, |_| 0).is_ok());
    }

    #[test]
    fn a_shift_fills_the_form_as_it_was_filled() {
        let filled = form("22:00", "02:00");
        let shift = filled.check(&[], NOW, |_| -60).unwrap();
        let roster =
            Roster { shifts: vec![RosterEntry { shift, name: None, fixed: false }], ..Roster::default() };
        let again = ShiftForm::of(&lines(&roster, &[])[0], true, |_| -60);
        assert_eq!(again, filled);
    }

    fn form(from: &str, to: &str) -> ShiftForm {
        let who = Some(OperatorId("op:7".to_owned()));
        let mut form = ShiftForm::new(ShiftId::from_bytes([1; 16]), who, 20_000, 1);
        form.from = from.to_owned();
        form.to = to.to_owned();
        form
    }

    fn time(stamp: &tealight_protocol::Timestamp) -> (i64, u64) {
        let at = millis(stamp).unwrap();
        (local_day(at, 0), at % DAY / 60_000)
    }
}
