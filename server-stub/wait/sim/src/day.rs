//! One day of a scenario, to be drawn: what everybody was told when they joined, and how long it took.

use std::collections::HashMap;

use crate::contender::{Estimator as _, Shown};
use crate::helpline::{End, Room, Watch, play};
use crate::ours::Ours;
use crate::scenario::{DAY, Roster, Scenario};

/// One person of the day. Times in minutes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrival {
    /// Since the beginning of the day.
    pub joined: f64,
    /// What they were told first; nothing if they did not have to wait.
    pub told: Option<(u32, Option<u32>)>,
    /// The offered wait.
    pub wait: f64,
    /// Whether somebody came.
    pub met: bool,
}

/// A day.
#[derive(Clone, Debug, Default)]
pub struct Day {
    /// Everybody who joined, in order.
    pub arrivals: Vec<Arrival>,
    /// Slots that were planned and slots that were there, from each moment on.
    pub slots: Vec<(f64, u32, u32)>,
}

/// The day of this number (from 0) of a scenario, as our own rule lived through it.
pub fn day(scenario: &Scenario, number: u32) -> Day {
    let from = f64::from(number) * DAY;
    let mut watch =
        Watcher { ours: Ours::new(scenario.seed), from, told: HashMap::new(), day: Day::default() };
    play(scenario, &mut watch);
    let mut day = watch.day;
    day.arrivals.sort_by(|a, b| a.joined.total_cmp(&b.joined));
    let last = scenario.draw_visitors().last().map_or(0.0, |visitor| visitor.joined);
    day.slots = slots(&scenario.draw_roster(last), from);
    day
}

fn slots(roster: &Roster, from: f64) -> Vec<(f64, u32, u32)> {
    let shifts = roster.shifts(from, DAY - 1.0);
    shifts.map(|(at, _, planned)| (at - from, planned, roster.there(at))).collect()
}

struct Watcher {
    ours: Ours,
    from: f64,
    told: HashMap<usize, Arrival>,
    day: Day,
}

impl Watch for Watcher {
    fn joined(&mut self, room: &Room<'_>, place: usize) {
        self.ours.look(room);
        let told = match self.ours.tell(room, place).shown {
            Shown::Range { low, high } => Some((low, high)),
            Shown::Nothing | Shown::Number(_) => None,
        };
        let arrival = Arrival { joined: room.now - self.from, told, wait: f64::NAN, met: true };
        self.told.insert(room.waiting[place].id, arrival);
    }

    fn looked(&mut self, _: &Room<'_>) {}

    fn ended(&mut self, id: usize, _: f64, end: End) {
        self.ours.ended(id);
        if let Some(arrival) = self.told.get_mut(&id) {
            arrival.met = end == End::Met;
        }
    }

    fn offered(&mut self, id: usize, now: f64, wait: f64) {
        self.ours.offered(id, wait);
        let at_once = Arrival { joined: now - self.from, told: None, wait: 0.0, met: true };
        let arrival = Arrival { wait, ..self.told.remove(&id).unwrap_or(at_once) };
        if (0.0..DAY).contains(&arrival.joined) {
            self.day.arrivals.push(arrival);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::scenario;

    #[test]
    fn a_day_has_its_people_its_shifts_and_waits_for_all() {
        let day = day(&scenario('E', 500).expect("a known letter"), 1);
        assert!((100..300).contains(&day.arrivals.len()), "{}", day.arrivals.len());
        assert!(day.arrivals.iter().all(|arrival| arrival.wait.is_finite()));
        assert!(day.arrivals.iter().any(|arrival| arrival.told.is_some()));
        assert_eq!(day.slots.len(), 8);
        assert!(day.slots.iter().all(|(at, planned, there)| (0.0..DAY).contains(at) && there <= planned));
    }
}
