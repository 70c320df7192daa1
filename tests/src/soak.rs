//! How long the long tests take, and what they found, as a table.
//!
//! A test of endurance has two lengths. With every test run it is short; `cargo xtask soak` sets `TEALIGHT_SOAK`
//! and the same test runs long. Either way it counts what it did and what went wrong into a [`Tally`].

use std::fs::OpenOptions;
use std::io::Write as _;

use serde::{Deserialize, Serialize};

/// Set by `cargo xtask soak`: tests of endurance run their long form.
pub const SOAK: &str = "TEALIGHT_SOAK";

/// Set by `cargo xtask test --quick`: what takes more than a minute is left out.
pub const QUICK: &str = "TEALIGHT_QUICK";

/// A file that every [`Tally`] is appended to, one JSON object a line.
pub const REPORT: &str = "TEALIGHT_SOAK_REPORT";

/// How many rounds a test of endurance runs: `short` as a rule, `long` under `cargo xtask soak`.
pub fn rounds(short: u64, long: u64) -> u64 {
    if std::env::var_os(SOAK).is_some() { long } else { short }
}

/// Whether what takes more than a minute is left out.
pub fn is_quick() -> bool {
    std::env::var_os(QUICK).is_some()
}

/// What a test of endurance did, and what it found wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// What was tried, in a few words.
    pub name: String,
    /// How often.
    pub rounds: u64,
    /// Faults that were put in: cuts, crashes, refusals of the disk.
    pub faults: u64,
    /// Messages that were acknowledged or shown.
    pub messages: u64,
    /// Acknowledged and then missing.
    pub lost: u64,
    /// Shown or stored more than once.
    pub doubled: u64,
    /// Shown or stored in another order than sent.
    pub reordered: u64,
}

impl Tally {
    /// An empty tally.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// Adds this tally to the report, where one is wanted, and fails if a word was lost, doubled or out of order.
    pub fn settle(&self) {
        if let Some(path) = std::env::var_os(REPORT) {
            let line = serde_json::to_string(self).unwrap_or_default();
            let file = OpenOptions::new().create(true).append(true).open(path);
            if let Err(error) = file.and_then(|mut file| writeln!(file, "{line}")) {
                panic!("the report of the long tests cannot be written: {error}");
            }
        }
        assert_eq!((self.lost, self.doubled, self.reordered), (0, 0, 0), "{self:?}");
        assert!(self.rounds > 0 && self.messages > 0, "nothing was tried: {self:?}");
    }
}
