//! Who is compared with whom: the rows of the printed table.

use crate::closed_form::{LastMet, LastTen, QueueLength, QueueLengthMarkov};
use crate::contender::Showing;
use crate::ours::Ours;
use crate::run::{LineUp, Row};
use crate::scenario::Scenario;

/// The row that the gates are about.
pub const OURS: &str = "Tealight";

/// The row that ours has to be at least as exact as.
pub const TEXTBOOK: &str = "QLm";

/// The row of the plain queue-length rule.
pub const QL: &str = "QL";

/// The row of the moving average.
pub const LAST_TEN: &str = "average of the last 10";

/// The row of our own mean as a bare number.
pub const BARE_NUMBER: &str = "Tealight's mean, a bare number";

/// The row of our own range without the promise.
pub const BARE_RANGE: &str = "Tealight's range, no promise";

/// The row of the wait of whoever was met last.
pub const LAST_WAIT: &str = "last wait minus elapsed";

/// Everybody who is compared in every scenario.
pub fn line_up(scenario: &Scenario) -> LineUp {
    let row = |title, rule, showing| Row { title, rule, showing };
    LineUp {
        rules: vec![
            Box::new(QueueLength),
            Box::new(QueueLengthMarkov),
            Box::new(LastTen),
            Box::new(LastMet),
            Box::new(Ours::new(scenario.seed)),
        ],
        rows: vec![
            row(QL, 0, Showing::Number),
            row(TEXTBOOK, 1, Showing::Number),
            row(LAST_TEN, 2, Showing::Number),
            row(LAST_WAIT, 3, Showing::Number),
            row(BARE_NUMBER, 4, Showing::Number),
            row(BARE_RANGE, 4, Showing::Range),
            row(OURS, 4, Showing::Promise),
        ],
    }
}
