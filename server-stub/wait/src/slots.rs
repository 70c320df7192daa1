//! How many conversations can be begun at once, now and later.
//!
//! A slot is one conversation that one operator can hold. When operators finish, their slots go, and with them the
//! conversations they have: these are held to the end and make room for nobody. Whose slots go is known by
//! name only to the helpline; here any slot is as likely as any other.

use crate::Minutes;

/// Changes beyond this many are not looked at: a roster of one evening has a handful.
const MOST_STEPS: usize = 200;

/// Most slots that are counted. More than any helpline has.
const MOST_SLOTS: u32 = 10_000;

/// How many slots' worth of shifts in which everybody came are assumed before any was seen.
const TURNOUT_PRIOR: f64 = 10.0;

/// A change of staff at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// From now.
    pub at: Minutes,
    /// Slots of those who finish.
    pub leaving: u32,
    /// Slots of those who begin.
    pub joining: u32,
}

/// A stretch of one operator's duty that is not over, or one to come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shift {
    /// From now; not positive while it runs.
    pub from: Minutes,
    /// From now.
    pub to: Minutes,
    /// How many conversations this operator holds at once.
    pub at_once: u32,
}

/// What changes at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Step {
    /// From now, in minutes.
    pub(crate) at: f64,
    pub(crate) staff: Staff,
}

/// How many there are afterwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Staff {
    /// As many as planned, whoever they are.
    Planned(u32),
    /// Some finish, others begin.
    Relieved { leaving: u32, joining: u32 },
}

/// The accepting slots from now on.
#[derive(Clone, Debug, PartialEq)]
pub struct Slots {
    now: u32,
    steps: Vec<Step>,
    turnout: f64,
}

impl Slots {
    /// As many as now, for good.
    pub fn constant(now: u32) -> Self {
        Self { now, steps: Vec::new(), turnout: 1.0 }
    }

    /// `now` slots, and how many are planned from each later moment on. A step down takes slots away, a step up
    /// adds free ones.
    pub fn from_steps(now: u32, later: impl IntoIterator<Item = (Minutes, u32)>) -> Self {
        let steps = later
            .into_iter()
            .map(|(at, slots)| Step { at: at.0, staff: Staff::Planned(slots.min(MOST_SLOTS)) });
        Self::of_steps(now, steps)
    }

    /// `now` slots and what changes later. One evening's operators who are relieved by others are a change with
    /// both: the old ones finish what they have, the new ones are free.
    pub fn from_changes(now: u32, changes: impl IntoIterator<Item = Change>) -> Self {
        let staff = |change: &Change| Staff::Relieved {
            leaving: change.leaving.min(MOST_SLOTS),
            joining: change.joining.min(MOST_SLOTS),
        };
        let steps = changes.into_iter().map(|change| Step { at: change.at.0, staff: staff(&change) });
        Self::of_steps(now, steps)
    }

    fn of_steps(now: u32, steps: impl Iterator<Item = Step>) -> Self {
        let mut steps: Vec<_> = steps.filter(|step| step.at.is_finite() && step.at > 0.0).collect();
        steps.sort_by(|a, b| a.at.total_cmp(&b.at));
        steps.truncate(MOST_STEPS);
        Self { now: now.min(MOST_SLOTS), steps, turnout: 1.0 }
    }

    /// The share of planned slots that are really there, as earlier shifts showed: who is there now counts in
    /// full, everybody who is planned for later comes with this chance.
    #[must_use]
    pub fn with_turnout(self, share: f64) -> Self {
        let turnout = if share.is_finite() { share.clamp(0.0, 1.0) } else { 1.0 };
        Self { turnout, ..self }
    }

    /// The roster, corrected by who is really there: `actual` slots accept now. Who of the running shifts is
    /// missing stays missing until these shifts end, and who helps out stays as long as the last of them. With
    /// no shift running, who is there stays.
    pub fn from_shifts(actual: u32, shifts: &[Shift]) -> Self {
        let valid = |shift: &&Shift| {
            shift.from.0.is_finite() && shift.to.0.is_finite() && shift.to.0 > shift.from.0.max(0.0)
        };
        let mut running: Vec<&Shift> =
            shifts.iter().filter(valid).filter(|shift| shift.from.0 <= 0.0).collect();
        running.sort_by(|a, b| a.to.0.total_cmp(&b.to.0));
        let rostered: u64 = running.iter().map(|shift| u64::from(shift.at_once)).sum();
        let mut changes: Vec<Change> = Vec::new();
        let (mut ended, mut left) = (0, 0);
        for (index, shift) in running.iter().enumerate() {
            ended += u64::from(shift.at_once);
            let is_last = index + 1 == running.len();
            let gone = if is_last || rostered == 0 {
                u64::from(actual)
            } else {
                // As many of those who are there as of those who should be.
                (u64::from(actual).min(rostered) * ended).div_ceil(rostered.max(1))
            };
            let leaving = u32::try_from(gone.saturating_sub(left)).unwrap_or(u32::MAX);
            left = left.max(gone);
            changes.push(Change { at: shift.to, leaving, joining: 0 });
        }
        for shift in shifts.iter().filter(valid).filter(|shift| shift.from.0 > 0.0) {
            changes.push(Change { at: shift.from, leaving: 0, joining: shift.at_once });
            changes.push(Change { at: shift.to, leaving: shift.at_once, joining: 0 });
        }
        Self::from_changes(actual, changes)
    }

    /// How many accept now.
    pub fn now(&self) -> u32 {
        self.now
    }

    /// How many are planned for a later moment.
    pub fn at(&self, moment: Minutes) -> u32 {
        let past = self.steps.iter().take_while(|step| step.at <= moment.0);
        past.fold(self.now, |slots, step| match step.staff {
            Staff::Planned(slots) => slots,
            Staff::Relieved { leaving, joining } => slots.saturating_sub(leaving).saturating_add(joining),
        })
    }

    /// What changes, in order.
    pub(crate) fn steps(&self) -> &[Step] {
        &self.steps
    }

    pub(crate) fn turnout(&self) -> f64 {
        self.turnout
    }
}

impl Default for Slots {
    /// Nobody, ever.
    fn default() -> Self {
        Self::constant(0)
    }
}

/// The share of planned slots that are really there, from earlier shifts: slots planned, and slots there. Whoever
/// comes beyond the plan of one shift makes up for nobody in another.
pub fn turnout(shifts: impl IntoIterator<Item = (u32, u32)>) -> f64 {
    let (mut planned, mut there) = (TURNOUT_PRIOR, TURNOUT_PRIOR);
    for (planned_here, there_here) in shifts {
        planned += f64::from(planned_here);
        there += f64::from(there_here.min(planned_here));
    }
    there / planned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_take_slots_away_and_add_free_ones() {
        let slots = Slots::from_steps(4, [(Minutes(60.0), 5), (Minutes(30.0), 2), (Minutes(-5.0), 9)]);
        assert_eq!([0.0, 29.0, 30.0, 59.0, 60.0].map(|at| slots.at(Minutes(at))), [4, 4, 2, 2, 5]);
        assert_eq!(slots.steps().len(), 2);
    }

    #[test]
    fn who_is_missing_stays_missing_until_the_shift_ends() {
        let shifts = [shift(-60.0, 30.0, 2), shift(-60.0, 30.0, 2), shift(30.0, 210.0, 3)];
        let slots = Slots::from_shifts(3, &shifts);
        assert_eq!([0.0, 29.0, 30.0, 100.0, 210.0].map(|at| slots.at(Minutes(at))), [3, 3, 3, 3, 0]);
        let leaving = |step: &Step| match step.staff {
            Staff::Relieved { leaving, .. } if step.at == 30.0 => leaving,
            Staff::Relieved { .. } | Staff::Planned(_) => 0,
        };
        let gone: u32 = slots.steps().iter().map(leaving).sum();
        assert_eq!(gone, 3, "those who are there finish, and others come");
    }

    #[test]
    fn who_helps_out_stays_as_long_as_the_last_shift_that_runs() {
        let slots = Slots::from_shifts(5, &[shift(-60.0, 30.0, 2), shift(-60.0, 90.0, 2)]);
        assert_eq!([0.0, 30.0, 89.0, 90.0].map(|at| slots.at(Minutes(at))), [5, 3, 3, 0]);
        assert_eq!(Slots::from_shifts(2, &[]).at(Minutes(600.0)), 2);
    }

    #[test]
    fn nobody_there_stays_so_until_the_next_shift() {
        let slots = Slots::from_shifts(0, &[shift(-60.0, 30.0, 2), shift(30.0, 90.0, 2)]);
        assert_eq!([0.0, 29.0, 30.0, 90.0].map(|at| slots.at(Minutes(at))), [0, 0, 2, 0]);
    }

    #[test]
    fn turnout_is_learned_from_earlier_shifts() {
        assert_eq!(turnout([]), 1.0);
        assert_eq!(turnout([(10, 5), (20, 20), (0, 3)]), 35.0 / 40.0);
        assert_eq!(turnout([(5, 9)]), 1.0);
    }

    #[test]
    fn shifts_without_a_length_are_left_out() {
        let nonsense = [shift(10.0, 5.0, 2), shift(f64::NAN, 5.0, 2), shift(-9.0, -5.0, 2)];
        assert_eq!(Slots::from_shifts(2, &nonsense), Slots::constant(2));
    }

    fn shift(from: f64, to: f64, at_once: u32) -> Shift {
        Shift { from: Minutes(from), to: Minutes(to), at_once }
    }
}
