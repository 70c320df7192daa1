//! A run: one scenario, all rules at once, each judged by the same people.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::contender::{Estimator, Showing, Told};
use crate::helpline::{End, Room, Watch, play};
use crate::measures::{Measures, Tally};
use crate::scenario::{Scenario, WARM_UP_SHARE};

/// A rule and how it is shown: one row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// What it is called.
    pub title: &'static str,
    /// Which of the rules of the line-up.
    pub rule: usize,
    /// How it is shown.
    pub showing: Showing,
}

/// The rules of a run, and the rows that are made of them.
pub struct LineUp {
    /// Each looks at every room once, whatever the number of rows it has.
    pub rules: Vec<Box<dyn Estimator>>,
    /// What is measured.
    pub rows: Vec<Row>,
}

impl std::fmt::Debug for LineUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LineUp").field("rows", &self.rows).finish_non_exhaustive()
    }
}

/// What came out of one scenario.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The scenario.
    pub scenario: Scenario,
    /// The rows of the line-up with what was measured.
    pub rows: Vec<(&'static str, Measures)>,
}

impl Outcome {
    /// The measures of the row of this title.
    pub fn of(&self, title: &str) -> Option<&Measures> {
        self.rows.iter().find(|(name, _)| *name == title).map(|(_, measures)| measures)
    }
}

/// Plays one scenario before the rules of a line-up.
pub fn run(scenario: &Scenario, line_up: LineUp) -> Outcome {
    let warm_up = (scenario.visitors as f64 * WARM_UP_SHARE) as usize;
    let tallies = line_up.rows.iter().map(|_| Tally::new(warm_up)).collect();
    let promised = vec![HashMap::new(); line_up.rows.len()];
    let mut board = Board { line_up, tallies, promised, wake_at: None };
    play(scenario, &mut board);
    let rows = board.line_up.rows.iter().zip(&board.tallies);
    Outcome {
        scenario: scenario.clone(),
        rows: rows.map(|(row, tally)| (row.title, tally.measures())).collect(),
    }
}

/// Plays all scenarios, on as many threads as there are processors. The result does not depend on how many.
pub fn run_all(scenarios: &[Scenario], line_up: impl Fn(&Scenario) -> LineUp + Sync) -> Vec<Outcome> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(scenarios.len());
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(scenario) = scenarios.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = run(scenario, line_up(scenario));
                    outcomes.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(outcome);
                }
            });
        }
    });
    let mut outcomes = outcomes.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    outcomes.sort_by_key(|outcome| outcome.scenario.letter);
    outcomes
}

struct Board {
    line_up: LineUp,
    tallies: Vec<Tally>,
    /// By when somebody was promised to be met, of those who wait; for each row that promises.
    promised: Vec<HashMap<usize, f64>>,
    wake_at: Option<f64>,
}

impl Board {
    fn tell(&mut self, row: usize, room: &Room<'_>, place: usize) -> Told {
        let Row { rule, showing, .. } = self.line_up.rows[row];
        let told = showing.told(self.line_up.rules[rule].as_mut(), room, place);
        if showing == Showing::Promise {
            let id = room.waiting[place].id;
            match told.by {
                Some(by) => self.promised[row].insert(id, by),
                None => self.promised[row].remove(&id),
            };
        }
        told
    }

    /// The next promise that runs out.
    fn set_alarm(&mut self, now: f64) {
        let ahead = self.promised.iter().flat_map(HashMap::values).copied().filter(|by| *by > now);
        self.wake_at = ahead.reduce(f64::min);
    }
}

impl Watch for Board {
    fn joined(&mut self, room: &Room<'_>, place: usize) {
        self.line_up.rules.iter_mut().for_each(|rule| rule.look(room));
        for row in 0..self.tallies.len() {
            let forecast = self.line_up.rules[self.line_up.rows[row].rule].forecast(room, place);
            let told = self.tell(row, room, place);
            self.tallies[row].joined(room.waiting[place].id, room.now, forecast, told);
        }
        self.set_alarm(room.now);
    }

    fn looked(&mut self, room: &Room<'_>) {
        self.line_up.rules.iter_mut().for_each(|rule| rule.look(room));
        for row in 0..self.tallies.len() {
            for (place, waiting) in room.waiting.iter().enumerate() {
                let told = self.tell(row, room, place);
                self.tallies[row].told(waiting.id, room.now, told);
            }
        }
        self.set_alarm(room.now);
    }

    /// Those whose promise runs out now are looked at; nobody else.
    fn woke(&mut self, room: &Room<'_>) {
        self.line_up.rules.iter_mut().for_each(|rule| rule.look(room));
        for row in 0..self.tallies.len() {
            for (place, waiting) in room.waiting.iter().enumerate() {
                if self.promised[row].get(&waiting.id).is_some_and(|by| *by == room.now) {
                    let told = self.tell(row, room, place);
                    self.tallies[row].told(waiting.id, room.now, told);
                }
            }
        }
        self.set_alarm(room.now);
    }

    fn wake_at(&self) -> Option<f64> {
        self.wake_at
    }

    fn ended(&mut self, id: usize, now: f64, _: End) {
        self.line_up.rules.iter_mut().for_each(|rule| rule.ended(id));
        self.tallies.iter_mut().for_each(|tally| tally.ended(id, now));
        for promised in &mut self.promised {
            promised.remove(&id);
        }
        self.set_alarm(now);
    }

    fn offered(&mut self, id: usize, _: f64, wait: f64) {
        self.line_up.rules.iter_mut().for_each(|rule| rule.offered(id, wait));
        self.tallies.iter_mut().for_each(|tally| tally.offered(id, wait));
    }
}
