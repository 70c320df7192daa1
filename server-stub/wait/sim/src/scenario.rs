//! The five scenarios: how people arrive, how long they stay, and who is on duty.
//!
//! A is the textbook's queue, where theory knows every answer. B and C are small helplines under constant load.
//! D has busy and quiet hours and a roster; in E not everybody comes to the shift, and some visitors go first.

use crate::chance::{Chance, Length};

/// Visitors in a full run of one scenario.
pub const VISITORS: usize = 20_000;

/// The first part of a run is not scored: the helpline has nothing measured yet.
pub const WARM_UP_SHARE: f64 = 0.1;

/// How often those who wait are told anew unless a scenario says otherwise, in minutes.
pub const LOOK_EVERY: f64 = 1.0;

/// Minutes in a day.
pub(crate) const DAY: f64 = 1_440.0;

/// A helpline to simulate. Times in minutes.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// `A` to `E`.
    pub letter: char,
    /// What it is, in a few words.
    pub title: &'static str,
    /// How people arrive.
    pub arrivals: Arrivals,
    /// How long a conversation takes, with everything around it.
    pub handling: Length,
    /// How long people wait before they leave.
    pub patience: Length,
    /// Who is on duty.
    pub staffing: Staffing,
    /// Share of visitors who go before all others.
    pub first_share: f64,
    /// How often those who wait are looked at and told anew, in minutes.
    pub look_every: f64,
    /// How many visitors arrive.
    pub visitors: usize,
    /// Everything drawn in this scenario comes from this number.
    pub seed: u64,
}

/// A Poisson process whose rate swings once a day around its mean.
#[derive(Clone, Copy, Debug)]
pub struct Arrivals {
    /// Mean rate per minute.
    pub per_minute: f64,
    /// 0: always the same; 0.5: between half and one and a half times the mean.
    pub swing: f64,
}

/// How many conversations can be held at once.
#[derive(Clone, Copy, Debug)]
pub enum Staffing {
    /// Always the same.
    Constant(u32),
    /// Shifts of three hours, planned as a coordinator would: more people in the hours when more visitors come. At
    /// the end of a shift everybody ends the conversation they have, and others begin.
    Shifts {
        /// Fewest planned slots.
        from: u32,
        /// Most planned slots.
        to: u32,
        /// The chance that a planned slot stays empty for a whole shift.
        no_show: f64,
    },
}

/// Length of a shift.
const SHIFT: f64 = 180.0;

/// How much later the busy hours really come than the roster of D and E thinks, in minutes.
const RUSH_AFTER_ROSTER: f64 = 90.0;

/// Handling times of B to E.
const HANDLING: Length = Length::LogNormal { mean: 45.0, cv: 0.6 };

/// Patience of B to E.
const PATIENCE: Length = Length::Mixed { soon_share: 0.25, soon_mean: 4.0, mean: 70.0, cv: 1.0 };

/// All scenarios, with `visitors` in each.
pub fn all(visitors: usize) -> Vec<Scenario> {
    "ABCDE".chars().filter_map(|letter| scenario(letter, visitors)).collect()
}

/// The scenario of this letter, with `visitors` in it.
pub fn scenario(letter: char, visitors: usize) -> Option<Scenario> {
    let constant = |title, load: f64, slots: u32, seed| Scenario {
        letter,
        title,
        arrivals: Arrivals { per_minute: load * f64::from(slots) / 45.0, swing: 0.0 },
        handling: HANDLING,
        patience: PATIENCE,
        staffing: Staffing::Constant(slots),
        first_share: 0.0,
        look_every: LOOK_EVERY,
        visitors,
        seed,
    };
    let shifts = |title, no_show, first_share, seed| Scenario {
        arrivals: Arrivals { per_minute: 1.2 * 5.0 / 45.0, swing: 0.6 },
        staffing: Staffing::Shifts { from: 2, to: 8, no_show },
        first_share,
        ..constant(title, 1.2, 5, seed)
    };
    Some(match letter {
        'A' => Scenario {
            handling: Length::Exponential(45.0),
            patience: Length::Exponential(40.0),
            ..constant("M/M/20+M, load 1.2", 1.2, 20, 101)
        },
        'B' => constant("4 slots, load 1.3", 1.3, 4, 102),
        'C' => constant("2 slots, load 1.2", 1.2, 2, 103),
        'D' => shifts("shifts of 2 to 8 slots", 0.0, 0.0, 104),
        'E' => shifts("as D, 20 % no-shows, 12 % first", 0.2, 0.12, 105),
        _ => return None,
    })
}

/// A person who will come.
#[derive(Clone, Copy, Debug)]
pub struct Visitor {
    /// When they join, in minutes from the beginning.
    pub joined: f64,
    /// How long their conversation would take.
    pub handling: f64,
    /// How long they would wait.
    pub patience: f64,
    /// Whether they go before all others.
    pub first: bool,
}

/// Slots over time: planned, and really there.
#[derive(Clone, Debug)]
pub struct Roster {
    shift: f64,
    planned: Vec<u32>,
    there: Vec<u32>,
}

impl Roster {
    /// Slots planned at a moment.
    pub fn planned(&self, at: f64) -> u32 {
        self.planned[self.index(at)]
    }

    /// Slots really there at a moment.
    pub fn there(&self, at: f64) -> u32 {
        self.there[self.index(at)]
    }

    /// When the shift that runs at `at` ends. Infinite if there is only one.
    pub fn shift_end(&self, at: f64) -> f64 {
        if self.shift.is_finite() { (self.index(at) + 1) as f64 * self.shift } else { f64::INFINITY }
    }

    /// The shifts from the one that runs at `at` on, as far as they begin within `minutes`: from when to when, and
    /// the slots planned. None if there is only one for good.
    pub fn shifts(&self, at: f64, minutes: f64) -> impl Iterator<Item = (f64, f64, u32)> + '_ {
        let begins =
            std::iter::successors(Some(self.shift_end(at) - self.shift), |begin| Some(begin + self.shift));
        begins
            .take_while(move |begin| begin.is_finite() && *begin <= at + minutes)
            .map(|begin| (begin, begin + self.shift, self.planned(begin)))
    }

    fn index(&self, at: f64) -> usize {
        // A hair later, so that a moment computed as the end of a shift belongs to the next.
        (((at + 1e-6) / self.shift) as usize).min(self.planned.len() - 1)
    }
}

impl Scenario {
    /// Everybody who comes, in order.
    pub fn draw_visitors(&self) -> Vec<Visitor> {
        let [mut arrivals, mut handling, mut patience, mut first] =
            [1, 2, 3, 4].map(|purpose| Chance::new(self.seed, purpose));
        let Arrivals { per_minute, swing } = self.arrivals;
        let most = per_minute * (1.0 + swing);
        let mut now = 0.0;
        (0..self.visitors)
            .map(|_| {
                // Thinning (Lewis and Shedler 1979): candidates at the highest rate, kept at the present one.
                loop {
                    now += arrivals.exponential(1.0 / most);
                    let rate = per_minute * (1.0 + swing * daily(now - RUSH_AFTER_ROSTER));
                    if arrivals.happens(rate / most) {
                        break;
                    }
                }
                Visitor {
                    joined: now,
                    handling: self.handling.draw(&mut handling),
                    patience: self.patience.draw(&mut patience),
                    first: first.happens(self.first_share),
                }
            })
            .collect()
    }

    /// The roster until some days after `last`, the moment of the last arrival.
    pub fn draw_roster(&self, last: f64) -> Roster {
        match self.staffing {
            Staffing::Constant(slots) => {
                Roster { shift: f64::INFINITY, planned: vec![slots], there: vec![slots] }
            }
            Staffing::Shifts { from, to, no_show } => {
                let mut shows = Chance::new(self.seed, 5);
                let shifts = ((last + 7.0 * DAY) / SHIFT) as usize;
                let (middle, span) = (f64::from(from + to) / 2.0, f64::from(to - from) / 2.0);
                let planned: Vec<u32> = (0..shifts)
                    .map(|shift| (middle + span * daily((shift as f64 + 0.5) * SHIFT)).round() as u32)
                    .collect();
                let there = planned
                    .iter()
                    .map(|slots| (0..*slots).filter(|_| !shows.happens(no_show)).count() as u32);
                Roster { shift: SHIFT, there: there.collect(), planned }
            }
        }
    }
}

/// Where in its daily swing a moment lies, from -1 to 1.
fn daily(at: f64) -> f64 {
    (std::f64::consts::TAU * at / DAY).sin()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_arrive_at_the_rate_that_the_load_asks_for() {
        for scenario in all(VISITORS) {
            let visitors = scenario.draw_visitors();
            let rate = visitors.len() as f64 / visitors[visitors.len() - 1].joined;
            let expected = scenario.arrivals.per_minute;
            assert!((rate / expected - 1.0).abs() < 0.03, "{}: {rate} for {expected}", scenario.letter);
            let first = visitors.iter().filter(|visitor| visitor.first).count() as f64;
            assert!((first / visitors.len() as f64 - scenario.first_share).abs() < 0.01);
        }
    }

    #[test]
    fn a_fifth_of_the_planned_slots_stays_empty_in_e_and_none_in_d() {
        for (letter, share) in [('D', 1.0), ('E', 0.8)] {
            let roster = scenario(letter, 10).expect("a known letter").draw_roster(100.0 * DAY);
            assert!(roster.planned.iter().all(|slots| (2..=8).contains(slots)));
            let sum = |slots: &[u32]| f64::from(slots.iter().sum::<u32>());
            assert!((sum(&roster.there) / sum(&roster.planned) - share).abs() < 0.02);
        }
    }

    #[test]
    fn the_roster_ahead_begins_with_the_shift_that_runs() {
        let roster = Roster { shift: 180.0, planned: vec![2, 5, 3, 4], there: vec![1, 5, 2, 4] };
        let begins = |at| roster.shifts(at, 200.0).collect::<Vec<_>>();
        assert_eq!(begins(10.0), [(0.0, 180.0, 2), (180.0, 360.0, 5)]);
        assert_eq!(begins(180.0), [(180.0, 360.0, 5), (360.0, 540.0, 3)]);
        assert_eq!((roster.there(179.9), roster.there(180.0), roster.planned(0.0)), (1, 5, 2));
        let constant = scenario('B', 10).expect("a known letter").draw_roster(0.0);
        assert_eq!(constant.shifts(10.0, 400.0).count(), 0);
    }
}
