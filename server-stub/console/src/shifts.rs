//! The plan of shifts as the console shows it: with what the operator wants changed, day by day, as steps of a plot,
//! and what it says about the operator's own shift.

use std::collections::BTreeSet;

use tealight_protocol::{Cid, ErrorCode, OperatorId, PlannedShift, Roster};
use tealight_session::Millis;
use tealight_session::operator::{Change, ChangeView};

use crate::moments::{local_day, millis};

/// So long before its end an operator is told that the shift ends, in milliseconds.
const SOON: Millis = 15 * 60_000;

/// So long after its end an operator who still accepts is told that it has ended, in milliseconds.
const LONG_AGO: Millis = 3 * 3_600_000;

/// One shift of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// The shift.
    pub(crate) shift: PlannedShift,
    /// Its beginning.
    pub(crate) from: Millis,
    /// Its end.
    pub(crate) to: Millis,
    /// Whose it is, where the roster says so.
    pub(crate) name: Option<String>,
    /// Whether it comes from the helpline's configuration.
    pub(crate) fixed: bool,
    /// How it stands.
    pub(crate) state: State,
}

/// How a shift of the plan stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// In the plan.
    Kept,
    /// New or changed here, and on its way into the plan.
    Saving,
    /// Taken out here, and on its way out of the plan.
    Leaving,
    /// The server did not take it, or did not let it go.
    Refused {
        /// Names the change.
        key: Cid,
        /// Why.
        code: ErrorCode,
        /// Whether it was to be taken out.
        leaving: bool,
    },
}

/// The plan, with what is wanted of it: by beginning.
pub(crate) fn lines(roster: &Roster, changes: &[ChangeView]) -> Vec<Line> {
    let mut lines: Vec<Line> = roster
        .shifts
        .iter()
        .filter_map(|entry| line(&entry.shift, entry.name.clone(), entry.fixed, State::Kept))
        .collect();
    for ChangeView { key, change, refused } in changes {
        let state = |leaving| match refused {
            Some(code) => State::Refused { key: key.clone(), code: *code, leaving },
            None if leaving => State::Leaving,
            None => State::Saving,
        };
        match change {
            Change::Announcement { .. } | Change::Review { .. } => {}
            Change::Shift(shift) => {
                let at = lines.iter().position(|line| line.shift.id == shift.id);
                let known = at.map(|at| lines.remove(at));
                let name =
                    known.filter(|line| line.shift.operator == shift.operator).and_then(|line| line.name);
                lines.extend(line(shift, name, false, state(false)));
            }
            Change::Unshift(id) => {
                if let Some(line) = lines.iter_mut().find(|line| line.shift.id == *id) {
                    line.state = state(true);
                }
            }
        }
    }
    lines.sort_by(|a, b| (a.from, a.to, &a.shift.id).cmp(&(b.from, b.to, &b.shift.id)));
    lines
}

fn line(shift: &PlannedShift, name: Option<String>, fixed: bool, state: State) -> Option<Line> {
    let (from, to) = (millis(&shift.from)?, millis(&shift.to)?);
    (from < to).then(|| Line { shift: shift.clone(), from, to, name, fixed, state })
}

impl Line {
    /// Whether it counts: nobody counts on a shift that is being taken out or was refused.
    pub(crate) fn counts(&self) -> bool {
        match &self.state {
            State::Kept | State::Saving => true,
            State::Leaving => false,
            State::Refused { leaving, .. } => *leaving,
        }
    }
}

/// The days from today on, so many of them, and every later one with a shift: counted from 1970, with what begins on
/// them. What began earlier and runs still stands under today.
pub(crate) fn days(
    lines: &[Line],
    today: i64,
    at_least: i64,
    behind_utc_min: impl Fn(Millis) -> i32,
) -> Vec<(i64, Vec<Line>)> {
    let day = |line: &Line| local_day(line.from, behind_utc_min(line.from)).max(today);
    let mut days: BTreeSet<i64> = (today..today + at_least).collect();
    days.extend(lines.iter().map(day));
    days.into_iter()
        .map(|one| (one, lines.iter().filter(|line| day(line) == one).cloned().collect()))
        .collect()
}

/// How many there are from a moment on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// From when.
    pub(crate) at: Millis,
    /// How many.
    pub(crate) count: u32,
}

/// How many visitors the plan can talk with at once, from a moment to another.
pub(crate) fn planned(lines: &[Line], from: Millis, to: Millis) -> Vec<Step> {
    let counted: Vec<&Line> =
        lines.iter().filter(|line| line.counts() && line.from < to && line.to > from).collect();
    let mut moments: BTreeSet<Millis> = BTreeSet::from([from]);
    moments.extend(counted.iter().flat_map(|line| [line.from, line.to]).filter(|at| (from..to).contains(at)));
    let at_once = |at: Millis| {
        let there = counted.iter().filter(|line| (line.from..line.to).contains(&at));
        there.map(|line| u32::from(line.shift.at_once)).sum()
    };
    merged(moments.into_iter().map(|at| Step { at, count: at_once(at) }))
}

/// How many visitors could be talked with at once, from a moment to now.
pub(crate) fn staffed(roster: &Roster, from: Millis, now: Millis) -> Vec<Step> {
    let told = roster.staffed.iter().filter_map(|one| Some(Step { at: millis(&one.at)?, count: one.slots }));
    let mut steps: Vec<Step> = told.filter(|step| step.at <= now).collect();
    steps.sort_by_key(|step| step.at);
    // What began earlier holds still when the plot begins.
    let begun = steps.iter().rposition(|step| step.at <= from);
    steps.drain(..begun.unwrap_or(0));
    merged(steps.into_iter().map(|step| Step { at: step.at.max(from), ..step }))
}

/// Without steps that change nothing.
fn merged(steps: impl Iterator<Item = Step>) -> Vec<Step> {
    let mut merged: Vec<Step> = Vec::new();
    for step in steps {
        merged.pop_if(|last| last.at == step.at);
        if merged.last().is_none_or(|last| last.count != step.count) {
            merged.push(step);
        }
    }
    merged
}

/// The count at a moment.
pub(crate) fn count_at(steps: &[Step], at: Millis) -> u32 {
    steps.iter().rfind(|step| step.at <= at).map_or(0, |step| step.count)
}

/// The span that today's plot shows: the local day, and the whole of every shift that touches it.
pub(crate) fn span(lines: &[Line], midnight: Millis, next_midnight: Millis) -> (Millis, Millis) {
    let touches =
        lines.iter().filter(|line| line.counts() && line.from < next_midnight && line.to > midnight);
    touches.fold((midnight, next_midnight), |(from, to), line| (from.min(line.from), to.max(line.to)))
}

/// What there is to say to an operator about their own shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OwnShift {
    /// It ends soon: when.
    EndsSoon(Millis),
    /// It has ended: when.
    Ended(Millis),
}

/// Whether the operator's shift ends soon, or has ended not long ago. Shifts that follow upon each other are one.
pub(crate) fn own_shift(lines: &[Line], me: &OperatorId, now: Millis) -> Option<OwnShift> {
    let mine: Vec<&Line> =
        lines.iter().filter(|line| line.counts() && line.shift.operator.as_ref() == Some(me)).collect();
    let begun = mine.iter().filter(|line| line.from <= now);
    let mut end = begun.map(|line| line.to).max()?;
    while let Some(next) =
        mine.iter().filter(|line| line.from <= end && line.to > end).map(|line| line.to).max()
    {
        end = next;
    }
    if end > now {
        (end - now <= SOON).then_some(OwnShift::EndsSoon(end))
    } else {
        let is_soon_again = mine.iter().any(|line| line.from > now && line.from - now <= SOON);
        (now - end <= LONG_AGO && !is_soon_again).then_some(OwnShift::Ended(end))
    }
}

#[cfg(test)]
#[path = "shifts_tests.rs"]
mod tests;
