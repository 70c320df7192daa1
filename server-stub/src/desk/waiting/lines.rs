//! Who waits for whom: the waiting room as one or several lines, each in front of the operators who can take its
//! visitors.
//!
//! Where every operator takes everybody there is one line, and its estimates are those of the room. Areas and
//! languages part it: visitors whom the same operators can take stand in one line. Two lines in front of some of
//! the same operators take slots from each other; somebody of another line counts by the share of their operators'
//! slots that are this line's, too.

use std::collections::HashMap;

use tealight_protocol::{Area, ConversationId, OperatorId};
use tealight_wait::{Class, Estimate, Estimates, Minutes, Waiting};

use super::Desk;
use crate::Moment;
use crate::desk::operator::{Operator, primary};
use crate::desk::rooms::Room;
use crate::store::{Store, WaitClass};

/// Lines that are estimated, at most. Visitors of a rarer kind are told what the whole room is told.
const MOST_LINES: usize = 8;

/// What decides which operators can take a visitor.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::desk) struct Kind {
    pub(super) area: Option<Area>,
    /// The first part of the language's tag.
    pub(super) lang: String,
}

impl Kind {
    pub(super) fn of(room: &Room) -> Self {
        Self { area: room.record.area.clone(), lang: primary(&room.record.lang) }
    }
}

/// Somebody in a line, or in another line in front of some of the same operators.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) id: ConversationId,
    pub(super) waiting: Waiting,
}

/// A line in front of some operators.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    /// One of the kinds that stand here; none: anybody.
    pub(super) kind: Option<Kind>,
    /// Who can take them now.
    pub(super) operators: Vec<OperatorId>,
    pub(super) slots: u32,
    /// Who is to be met, in order.
    pub(super) members: Vec<Member>,
    /// Ages of the conversations that take up slots.
    pub(super) running: Vec<Minutes>,
}

/// The room in lines. The first is that of everybody together.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines {
    pub(super) lines: Vec<Line>,
    kinds: HashMap<Kind, usize>,
    places: HashMap<ConversationId, (usize, u32)>,
}

impl Lines {
    /// In which line somebody stands, and where from 1.
    pub(super) fn place(&self, id: &ConversationId) -> Option<(usize, u32)> {
        self.places.get(id).copied()
    }
}

/// What was estimated last.
#[derive(Debug, Default)]
pub(super) struct Estimated {
    pub(super) lines: Lines,
    pub(super) estimates: Vec<Estimates>,
    /// For whoever joined now.
    pub(super) newcomer: Option<Estimate>,
}

impl Estimated {
    pub(super) fn new(lines: Lines, estimates: Vec<Estimates>) -> Self {
        let newcomer = estimates.first().map(Estimates::for_newcomer);
        Self { lines, estimates, newcomer }
    }

    pub(super) fn of(&self, id: &ConversationId) -> Option<Estimate> {
        let (line, place) = self.lines.place(id)?;
        Some(self.estimates.get(line)?.for_place(place))
    }

    /// What the next newcomer was told, for whoever has become that newcomer: behind everybody who was there.
    pub(super) fn of_next(&self, kind: &Kind, place: u32) -> Option<Estimate> {
        let line = *self.lines.kinds.get(kind)?;
        let is_next = self.lines.lines.get(line)?.members.len() + 1 == place as usize;
        let estimates = self.estimates.get(line).filter(|_| is_next)?;
        Some(estimates.for_newcomer()).filter(Estimate::has_number)
    }
}

impl<S: Store> Desk<S> {
    /// The room in lines, as it is now.
    pub(super) fn lines(&self, now: Moment) -> Lines {
        let operators: Vec<&Operator> = self.operators.values().filter(|o| o.counts(now)).collect();
        let waiting: Vec<&Room> = self.waiting.in_order().filter_map(|id| self.rooms.get(id)).collect();
        let everybody = Line::before(None, (0..operators.len()).collect(), &operators);
        let mut lines = Lines { lines: vec![everybody.0], ..Lines::default() };
        let mut sets: Vec<Vec<usize>> = vec![everybody.1];
        let particular = operators.iter().any(|operator| operator.is_particular());
        for room in waiting.iter().filter(|_| particular) {
            let kind = Kind::of(room);
            if lines.kinds.contains_key(&kind) {
                continue;
            }
            let set: Vec<_> = (0..operators.len()).filter(|index| operators[*index].may_meet(room)).collect();
            let line = match sets.iter().position(|other| *other == set) {
                Some(line) => line,
                None if sets.len() < MOST_LINES => {
                    let (line, set) = Line::before(Some(kind.clone()), set, &operators);
                    lines.lines.push(line);
                    sets.push(set);
                    sets.len() - 1
                }
                None => 0,
            };
            lines.kinds.insert(kind, line);
        }
        let shares = shares(&sets, &operators);
        let mut counted = vec![0.5_f64; sets.len()];
        for room in waiting {
            let kind = Kind::of(room);
            let own = if particular { lines.kinds.get(&kind).copied().unwrap_or(0) } else { 0 };
            lines.kinds.entry(kind).or_insert(own);
            let member = Member { id: room.record.id.clone(), waiting: waiting_in(room, now) };
            for (index, line) in lines.lines.iter_mut().enumerate() {
                if index == own {
                    line.members.push(member.clone());
                    let place = u32::try_from(line.members.len()).unwrap_or(u32::MAX);
                    lines.places.insert(member.id.clone(), (own, place));
                    continue;
                }
                counted[index] += shares[own][index];
                if counted[index] >= 1.0 {
                    counted[index] -= 1.0;
                    line.members.push(member.clone());
                }
            }
        }
        self.who_talks(now, &operators, &sets, &mut lines);
        lines
    }

    fn who_talks(&self, now: Moment, operators: &[&Operator], sets: &[Vec<usize>], lines: &mut Lines) {
        for room in self.rooms.values().filter(|room| room.is_active()) {
            let Some(me) = &room.record.operator else { continue };
            let Some(index) = operators.iter().position(|operator| operator.record.id == *me) else {
                continue;
            };
            let age = Minutes::from(now.since(room.record.joined_at.unwrap_or(now)));
            for (line, set) in lines.lines.iter_mut().zip(sets) {
                if set.contains(&index) {
                    line.running.push(age);
                }
            }
        }
        for line in &mut lines.lines {
            // The same picture, whatever order the conversations are kept in.
            line.running.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
    }
}

impl Line {
    fn before(kind: Option<Kind>, set: Vec<usize>, operators: &[&Operator]) -> (Self, Vec<usize>) {
        let line = Self {
            kind,
            slots: set.iter().map(|index| u32::from(operators[*index].record.capacity)).sum(),
            operators: set.iter().map(|index| operators[*index].record.id.clone()).collect(),
            ..Self::default()
        };
        (line, set)
    }
}

/// Which share of one line's slots are another line's, too.
fn shares(sets: &[Vec<usize>], operators: &[&Operator]) -> Vec<Vec<f64>> {
    let slots = |index: &usize| f64::from(operators[*index].record.capacity);
    let share = |of: &Vec<usize>, with: &Vec<usize>| {
        let all: f64 = of.iter().map(slots).sum();
        let common: f64 = of.iter().filter(|index| with.contains(index)).map(slots).sum();
        if all > 0.0 { common / all } else { 0.0 }
    };
    sets.iter().map(|of| sets.iter().map(|with| share(of, with)).collect()).collect()
}

fn waiting_in(room: &Room, now: Moment) -> Waiting {
    Waiting {
        waited: Minutes::from(now.since(room.record.waiting_since)),
        class: match room.record.standing().class {
            WaitClass::First => Class::First,
            WaitClass::Usual => Class::Usual,
        },
    }
}
