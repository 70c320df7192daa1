//! One way the evening may go: conversations end, operators come and go, people give up, and slots are handed on.

use crate::chance::Chance;
use crate::handling::HandlingTimes;
use crate::patience::Patience;
use crate::slots::{Slots, Staff};

/// How far ahead is looked, in minutes. What takes longer is "longer".
pub(crate) const HORIZON: f64 = 8.0 * 60.0;

/// After this many slots handed on to others than those who wait now, a course ends: a crowd of overtakers must not
/// keep it going.
const MOST_HANDED_ON_BESIDES: usize = 5_000;

/// Somebody who waits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Person {
    /// Waited so far, in minutes.
    pub(crate) waited: f64,
    /// The hazard of leaving that has added up so far.
    pub(crate) hazard: f64,
}

/// A conversation that runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Running {
    /// In minutes.
    pub(crate) age: f64,
    /// Where the handling times begin that exceed its age.
    pub(crate) first_above: usize,
}

/// Everything a course begins with.
#[derive(Debug)]
pub(crate) struct Scene<'a> {
    pub(crate) slots: &'a Slots,
    pub(crate) running: &'a [Running],
    /// In the order in which they are met.
    pub(crate) people: &'a [Person],
    /// How many of them nobody overtakes: the first ones.
    pub(crate) not_overtaken: usize,
    pub(crate) overtaking_per_minute: f64,
    /// Mean, in minutes.
    pub(crate) pick_up: f64,
    pub(crate) handling: &'a HandlingTimes,
    pub(crate) patience: &'a Patience,
}

impl Scene<'_> {
    /// Plays one course. `offered` is told for each person, and in the end for a newcomer, when a slot would be
    /// given to them or to somebody behind them; beyond the horizon that is infinity. Never less than for
    /// whoever is before them. `free` is a workspace.
    pub(crate) fn play(&self, chance: &mut Chance, free: &mut FreeAt, mut offered: impl FnMut(usize, f64)) {
        self.begin(chance, free);
        let mut steps = self.slots.steps().iter().peekable();
        let mut absent = 0;
        let mut next_overtaker = self.next_overtaker(0.0, chance);
        let mut next = 0_usize;
        let mut to_hand_on = self.people.len() + MOST_HANDED_ON_BESIDES;
        while next <= self.people.len() && to_hand_on > 0 {
            let at = free.soonest();
            if let Some(step) = steps.next_if(|step| step.at <= at.min(HORIZON)) {
                self.staff_changes(step.at, step.staff, &mut absent, chance, free);
                continue;
            }
            if at > HORIZON {
                break;
            }
            // Everybody who has left by now would have had this slot, had they stayed.
            let taken = loop {
                if next_overtaker <= at && next >= self.not_overtaken {
                    let hazard = self.patience.cumulative(at - next_overtaker);
                    next_overtaker = self.next_overtaker(next_overtaker, chance);
                    // Overtakers leave, too.
                    if chance.has_happened(hazard) {
                        continue;
                    }
                    break true;
                }
                offered(next, at);
                let Some(person) = self.people.get(next) else { break false };
                next += 1;
                let hazard = self.patience.cumulative(person.waited + at) - person.hazard;
                if !chance.has_happened(hazard) {
                    break true;
                }
            };
            if !taken {
                return;
            }
            to_hand_on -= 1;
            free.next_is_free_at(at + self.handling.draw(chance) + self.picked_up(chance));
        }
        for place in next..=self.people.len() {
            offered(place, f64::INFINITY);
        }
    }

    fn begin(&self, chance: &mut Chance, free: &mut FreeAt) {
        free.0.clear();
        for running in self.running {
            let left = self.handling.draw_left(running.age, running.first_above, chance);
            free.0.push(left + self.picked_up(chance));
        }
        let slots = self.slots.now() as usize;
        while free.0.len() > slots {
            free.take_any(chance);
        }
        while free.0.len() < slots {
            free.0.push(self.picked_up(chance));
        }
        free.restore();
    }

    /// `absent`: how many slots of those who did not come, and will not leave.
    fn staff_changes(
        &self,
        at: f64,
        staff: Staff,
        absent: &mut usize,
        chance: &mut Chance,
        free: &mut FreeAt,
    ) {
        match staff {
            Staff::Planned(planned) => {
                *absent = 0;
                let there = self.of_whom_come(planned, chance);
                while free.0.len() > there {
                    free.take_any(chance);
                }
                while free.0.len() < there {
                    free.0.push(at + self.picked_up(chance));
                }
            }
            Staff::Relieved { leaving, joining } => {
                for _ in 0..leaving {
                    if *absent > 0 && chance.index(free.0.len() + *absent) >= free.0.len() {
                        *absent -= 1;
                    } else if !free.0.is_empty() {
                        free.take_any(chance);
                    }
                }
                let there = self.of_whom_come(joining, chance);
                *absent += joining as usize - there;
                for _ in 0..there {
                    free.0.push(at + self.picked_up(chance));
                }
            }
        }
        free.restore();
    }

    fn of_whom_come(&self, planned: u32, chance: &mut Chance) -> usize {
        let turnout = self.slots.turnout();
        if turnout < 1.0 {
            (0..planned).filter(|_| chance.uniform() < turnout).count()
        } else {
            planned as usize
        }
    }

    fn picked_up(&self, chance: &mut Chance) -> f64 {
        if self.pick_up > 0.0 { self.pick_up * chance.exponential() } else { 0.0 }
    }

    fn next_overtaker(&self, after: f64, chance: &mut Chance) -> f64 {
        if self.overtaking_per_minute > 0.0 {
            after + chance.exponential() / self.overtaking_per_minute
        } else {
            f64::INFINITY
        }
    }
}

/// When each slot can be given to somebody, the soonest first: a binary heap.
#[derive(Debug, Default)]
pub(crate) struct FreeAt(Vec<f64>);

impl FreeAt {
    fn soonest(&self) -> f64 {
        self.0.first().copied().unwrap_or(f64::INFINITY)
    }

    /// The soonest slot was given away and is free again later.
    fn next_is_free_at(&mut self, at: f64) {
        if let Some(first) = self.0.first_mut() {
            *first = at;
            self.sink(0);
        }
    }

    /// Any slot goes. [`Self::restore`] is needed afterwards.
    fn take_any(&mut self, chance: &mut Chance) {
        self.0.swap_remove(chance.index(self.0.len()));
    }

    fn restore(&mut self) {
        for index in (0..self.0.len() / 2).rev() {
            self.sink(index);
        }
    }

    fn sink(&mut self, mut index: usize) {
        let times = self.0.as_mut_slice();
        loop {
            let mut child = 2 * index + 1;
            if child >= times.len() {
                return;
            }
            if child + 1 < times.len() && times[child + 1] < times[child] {
                child += 1;
            }
            if times[index] <= times[child] {
                return;
            }
            times.swap(index, child);
            index = child;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_become_free_in_order() {
        let mut free = FreeAt(vec![9.0, 4.0, 7.0, 1.0, 8.0, 2.0]);
        free.restore();
        let mut seen = Vec::new();
        for _ in 0..6 {
            seen.push(free.soonest());
            free.next_is_free_at(f64::INFINITY);
        }
        assert_eq!(seen, [1.0, 2.0, 4.0, 7.0, 8.0, 9.0]);
    }
}
