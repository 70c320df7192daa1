//! A run: one scenario, all rules at once, each judged by the same people.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::contender::{Estimator, Showing};
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
    let mut board = Board { line_up, tallies };
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
}

impl Watch for Board {
    fn joined(&mut self, room: &Room<'_>, place: usize) {
        let LineUp { rules, rows } = &mut self.line_up;
        rules.iter_mut().for_each(|rule| rule.look(room));
        let id = room.waiting[place].id;
        for (row, tally) in rows.iter().zip(&mut self.tallies) {
            let rule = rules[row.rule].as_mut();
            let forecast = rule.forecast(room, place);
            tally.joined(id, room.now, forecast, row.showing.told(rule, room, place));
        }
    }

    fn looked(&mut self, room: &Room<'_>) {
        let LineUp { rules, rows } = &mut self.line_up;
        rules.iter_mut().for_each(|rule| rule.look(room));
        for (row, tally) in rows.iter().zip(&mut self.tallies) {
            for (place, waiting) in room.waiting.iter().enumerate() {
                let told = row.showing.told(rules[row.rule].as_mut(), room, place);
                tally.told(waiting.id, room.now, told);
            }
        }
    }

    fn ended(&mut self, id: usize, now: f64, _: End) {
        self.line_up.rules.iter_mut().for_each(|rule| rule.ended(id));
        self.tallies.iter_mut().for_each(|tally| tally.ended(id, now));
    }

    fn offered(&mut self, id: usize, _: f64, wait: f64) {
        self.line_up.rules.iter_mut().for_each(|rule| rule.offered(id, wait));
        self.tallies.iter_mut().for_each(|tally| tally.offered(id, wait));
    }
}
