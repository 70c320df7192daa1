//! What must hold before an estimate may be shown to anybody.

use std::fmt;

use crate::measures::Measures;
use crate::run::Outcome;

/// One condition in one scenario, and what was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// `A` to `E`.
    pub scenario: char,
    /// What is asked.
    pub asked: Asked,
    /// What was measured, in the unit of the bounds. Not a number if there was nothing to measure.
    pub found: f64,
    /// The least that is allowed.
    pub least: f64,
    /// The most that is allowed.
    pub most: f64,
}

/// The conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// Root mean square error in minutes; at most that of QLm.
    Error,
    /// Bias of the mean, as a share of the mean wait.
    Bias,
    /// Share of offered waits above the calibrated 90 % quantile.
    AboveQ90,
    /// Share of offered waits over the first upper bound that was shown.
    OverFirst,
    /// Share of people to whom it got worse on the screen.
    SawWorse,
    /// Changes of what is shown, per ten minutes.
    Changes,
    /// Promises broken without a word before.
    Unannounced,
    /// Share of people who had to wait and were told no number. Silence must not be a way to be right.
    NoNumber,
}

impl Asked {
    /// All, in the order in which they are printed.
    pub const ALL: [Self; 8] = [
        Self::Error,
        Self::Bias,
        Self::AboveQ90,
        Self::OverFirst,
        Self::SawWorse,
        Self::Changes,
        Self::Unannounced,
        Self::NoNumber,
    ];
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error of the mean (RMSE), min",
            Self::Bias => "bias over mean wait",
            Self::AboveQ90 => "share of waits above q90",
            Self::OverFirst => "share over first upper bound",
            Self::SawWorse => "share who saw it worsen",
            Self::Changes => "changes per 10 min",
            Self::Unannounced => "promises broken unannounced",
            Self::NoNumber => "share without a number",
        })
    }
}

impl Gate {
    /// Whether what was found is allowed. What is not a number is not.
    pub fn is_passed(&self) -> bool {
        self.least <= self.found && self.found <= self.most
    }
}

/// All gates for the row `ours`, with the row `textbook` as the one to be at least as good as.
pub fn judge(outcomes: &[Outcome], ours: &str, textbook: &str) -> Vec<Gate> {
    let nothing = Measures { rmse: f64::NAN, ..Measures::default() };
    let mut gates = Vec::new();
    for asked in Asked::ALL {
        for outcome in outcomes {
            let scenario = outcome.scenario.letter;
            let (ours, textbook) =
                (outcome.of(ours).unwrap_or(&nothing), outcome.of(textbook).unwrap_or(&nothing));
            let (least, most) = match asked {
                // In A the textbook is exact. In E it is not told of those who go first.
                Asked::Error if !('B'..='D').contains(&scenario) => continue,
                Asked::Error => (0.0, textbook.rmse),
                Asked::Bias => (-0.05, 0.05),
                Asked::AboveQ90 => (0.08, 0.12),
                Asked::OverFirst => (0.0, 0.12),
                Asked::SawWorse => (0.0, 0.10),
                Asked::Changes => (0.0, 2.0),
                Asked::Unannounced => (0.0, 0.0),
                Asked::NoNumber => (0.0, 0.01),
            };
            let found = found(asked, ours);
            gates.push(Gate { scenario, asked, found, least, most });
        }
    }
    gates
}

fn found(asked: Asked, measures: &Measures) -> f64 {
    let met = f64::from(measures.scored + measures.no_number);
    match asked {
        _ if measures.scored == 0 => f64::NAN,
        Asked::Error => measures.rmse,
        Asked::Bias => measures.bias / measures.mean_wait,
        Asked::AboveQ90 => measures.above.map_or(f64::NAN, |above| above[3]),
        Asked::OverFirst => measures.over_first,
        Asked::SawWorse => measures.saw_worse,
        Asked::Changes => measures.changes,
        // Nothing promised is nothing kept.
        Asked::Unannounced if measures.promises == 0 => f64::NAN,
        Asked::Unannounced => f64::from(measures.unannounced),
        Asked::NoNumber => f64::from(measures.no_number) / met,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::all;

    #[test]
    fn good_measures_pass_every_gate() {
        assert_eq!(failed(good()), []);
    }

    #[test]
    fn each_gate_is_failed_by_the_measure_it_asks_for() {
        let above = |share| Measures { above: Some([0.75, 0.5, 0.2, share]), ..good() };
        for (asked, bad) in [
            (Asked::Error, Measures { rmse: 10.1, ..good() }),
            (Asked::Bias, Measures { bias: 1.01, ..good() }),
            (Asked::Bias, Measures { bias: -1.01, ..good() }),
            (Asked::AboveQ90, above(0.079)),
            (Asked::AboveQ90, above(0.121)),
            (Asked::AboveQ90, above(f64::NAN)),
            (Asked::AboveQ90, Measures { above: None, ..good() }),
            (Asked::OverFirst, Measures { over_first: 0.121, ..good() }),
            (Asked::OverFirst, Measures { over_first: f64::NAN, ..good() }),
            (Asked::SawWorse, Measures { saw_worse: 0.101, ..good() }),
            (Asked::Changes, Measures { changes: 2.01, ..good() }),
            (Asked::Unannounced, Measures { unannounced: 1, ..good() }),
            (Asked::Unannounced, Measures { promises: 0, ..good() }),
            (Asked::NoNumber, Measures { no_number: 11, ..good() }),
        ] {
            assert_eq!(failed(bad), [asked], "{bad:?}");
        }
    }

    #[test]
    fn a_row_that_is_not_there_fails_every_gate() {
        let gates = judge(&outcomes(good()), "nobody", "textbook");
        assert!(!gates.is_empty() && !gates.iter().any(Gate::is_passed));
    }

    fn failed(ours: Measures) -> Vec<Asked> {
        let gates = judge(&outcomes(ours), "ours", "textbook");
        let mut failed: Vec<Asked> =
            gates.iter().filter(|gate| !gate.is_passed()).map(|gate| gate.asked).collect();
        failed.dedup();
        failed
    }

    fn outcomes(ours: Measures) -> Vec<Outcome> {
        let textbook = Measures { rmse: 10.0, ..good() };
        let rows = vec![("ours", ours), ("textbook", textbook)];
        all(10).into_iter().map(|scenario| Outcome { scenario, rows: rows.clone() }).collect()
    }

    fn good() -> Measures {
        Measures {
            scored: 1_000,
            no_number: 3,
            mean_wait: 20.0,
            rmse: 9.0,
            bias: -0.5,
            above: Some([0.75, 0.5, 0.2, 0.1]),
            over_first: 0.08,
            saw_worse: 0.07,
            changes: 1.5,
            unannounced: 0,
            promises: 1_000,
        }
    }
}
