//! What the cases found, for people and for programs.

use std::fmt;

use serde_json::{Value, json};

use super::case::Level;

/// How a case came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The backend does what the case demands.
    Passed,
    /// It does something else.
    Failed {
        /// What was expected.
        expected: String,
        /// What came.
        came: String,
    },
    /// The backend cannot be asked, because of this.
    NotOffered(String),
    /// It could have been asked, and was not, because of this.
    Skipped(String),
}

/// What a case found.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The case.
    pub number: u8,
    /// Its level.
    pub level: Level,
    /// Its name.
    pub name: &'static str,
    /// What the specification demands.
    pub demand: &'static str,
    /// How long it took.
    pub seconds: f64,
    /// How it came out.
    pub outcome: Outcome,
    /// The frame that was sent last, where it failed.
    pub sent: Option<String>,
    /// What else is worth knowing.
    pub notes: Vec<String>,
    /// How many lines of the record are left out.
    pub earlier: usize,
    /// The last lines of the record, where it failed.
    pub frames: Vec<String>,
}

/// What all cases found.
#[derive(Clone, Debug)]
pub struct Report {
    /// The address of the backend.
    pub target: String,
    /// The level that was asked for.
    pub level: Level,
    /// How long it took.
    pub seconds: f64,
    /// The findings, by number.
    pub findings: Vec<Finding>,
}

/// How many cases of a level came out how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// All cases of the level.
    pub all: usize,
    /// Those that passed.
    pub passed: usize,
    /// Those that failed.
    pub failed: usize,
    /// Those that cannot be asked.
    pub not_offered: usize,
    /// Those that were left out.
    pub skipped: usize,
}

impl Report {
    /// The numbers of the cases that came out in a certain way.
    pub fn numbers(&self, wanted: impl Fn(&Outcome) -> bool) -> Vec<u8> {
        self.findings.iter().filter(|f| wanted(&f.outcome)).map(|f| f.number).collect()
    }

    /// Whether any case failed.
    pub fn has_failed(&self) -> bool {
        self.findings.iter().any(|finding| matches!(finding.outcome, Outcome::Failed { .. }))
    }

    /// How the cases of a level came out.
    pub fn sum(&self, level: Level) -> Sum {
        let mut sum = Sum::default();
        for finding in self.findings.iter().filter(|finding| finding.level == level) {
            sum.all += 1;
            match finding.outcome {
                Outcome::Passed => sum.passed += 1,
                Outcome::Failed { .. } => sum.failed += 1,
                Outcome::NotOffered(_) => sum.not_offered += 1,
                Outcome::Skipped(_) => sum.skipped += 1,
            }
        }
        sum
    }

    /// Whether the backend has a level: everything that can be asked of it and of those below it was, and passed.
    pub fn has_level(&self, level: Level) -> bool {
        Level::ALL.into_iter().filter(|below| *below <= level).all(|below| {
            let sum = self.sum(below);
            sum.passed > 0 && sum.failed == 0 && sum.skipped == 0
        })
    }

    /// One line for a level.
    pub fn line(&self, level: Level) -> String {
        let sum = self.sum(level);
        let mut line = format!("{level}: {} of {} passed", sum.passed, sum.all);
        for (count, what) in
            [(sum.failed, "FAILED"), (sum.not_offered, "not offered"), (sum.skipped, "skipped")]
        {
            if count > 0 {
                line += &format!(", {count} {what}");
            }
        }
        line
    }

    /// The same as a program reads it.
    pub fn to_json(&self) -> Value {
        let levels: Vec<_> = self
            .levels()
            .map(|level| {
                let sum = self.sum(level);
                json!({
                    "level": level.to_string(), "cases": sum.all, "passed": sum.passed, "failed": sum.failed,
                    "not_offered": sum.not_offered, "skipped": sum.skipped, "has_level": self.has_level(level),
                })
            })
            .collect();
        let cases: Vec<_> = self.findings.iter().map(Finding::to_json).collect();
        json!({
            "target": self.target, "level": self.level.to_string(), "seconds": tenths(self.seconds),
            "levels": levels, "cases": cases,
        })
    }

    fn levels(&self) -> impl Iterator<Item = Level> {
        Level::ALL.into_iter().filter(|level| self.sum(*level).all > 0)
    }
}

impl Finding {
    fn to_json(&self) -> Value {
        let mut case = json!({
            "case": self.number, "level": self.level.to_string(), "name": self.name, "demand": self.demand,
            "seconds": tenths(self.seconds),
        });
        match &self.outcome {
            Outcome::Passed => case["outcome"] = json!("passed"),
            Outcome::NotOffered(why) => {
                case["outcome"] = json!("not_offered");
                case["why"] = json!(why);
            }
            Outcome::Skipped(why) => {
                case["outcome"] = json!("skipped");
                case["why"] = json!(why);
            }
            Outcome::Failed { expected, came } => {
                case["outcome"] = json!("failed");
                case["sent"] = json!(self.sent);
                case["expected"] = json!(expected);
                case["came"] = json!(came);
                case["frames"] = json!(self.frames);
            }
        }
        if !self.notes.is_empty() {
            case["notes"] = json!(self.notes);
        }
        case
    }
}

/// Seconds as people read them.
fn tenths(seconds: f64) -> f64 {
    (seconds * 10.0).round() / 10.0
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match &self.outcome {
            Outcome::Passed => "passed",
            Outcome::Failed { .. } => "FAILED",
            Outcome::NotOffered(_) => "not offered",
            Outcome::Skipped(_) => "skipped",
        };
        write!(f, "{:>3}  {}  {word:<11}  {:>5.1} s  {}", self.number, self.level, self.seconds, self.name)?;
        match &self.outcome {
            Outcome::Passed => {}
            Outcome::NotOffered(why) | Outcome::Skipped(why) => write!(f, ": {why}")?,
            Outcome::Failed { expected, came } => {
                write!(f, "\n       demanded  {}", self.demand)?;
                if let Some(sent) = &self.sent {
                    write!(f, "\n       sent      {sent}")?;
                }
                write!(f, "\n       expected  {expected}")?;
                write!(f, "\n       came      {came}")?;
                if self.earlier > 0 {
                    write!(f, "\n       ({} lines before these)", self.earlier)?;
                }
                for line in &self.frames {
                    write!(f, "\n       {line}")?;
                }
            }
        }
        for note in &self.notes {
            write!(f, "\n       {note}")?;
        }
        Ok(())
    }
}

/// The summary: a line for each level, and what follows from them.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for level in self.levels() {
            writeln!(f, "{}", self.line(level))?;
        }
        let complete = super::cases().iter().filter(|case| case.level <= self.level).count();
        let verdict = if self.findings.len() < complete {
            "only some cases were asked: this proves no level".to_owned()
        } else {
            match Level::ALL.into_iter().rev().find(|level| *level <= self.level && self.has_level(*level)) {
                Some(level) => format!("everything that could be asked up to {level} passed"),
                None if self.has_failed() => "no level is proven".to_owned(),
                None => "no level is proven: cases were skipped".to_owned(),
            }
        };
        write!(f, "{} in {:.0} s: {verdict}", self.target, self.seconds)
    }
}
