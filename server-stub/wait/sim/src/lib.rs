//! A simulated helpline that tries rules for telling the wait, and judges them.
//!
//! [`run_all`] plays seeded [`Scenario`]s, event by event, before a [`LineUp`] of rules: the textbook's, those that
//! others use, and ours. Everybody's *offered wait* is known in the end, of those who left too, and so it can be
//! counted how wrong each rule was and what a person saw of it ([`Measures`]). [`judge`] says whether that is good
//! enough. Nothing here is shipped; `cargo xtask wait-sim` prints it, and a short run is one of the tests.
//!
//! All times are minutes as plain numbers.

mod chance;
mod closed_form;
mod contender;
mod day;
mod gates;
mod helpline;
mod history;
mod line_up;
mod measures;
mod ours;
mod run;
mod scenario;

pub use chance::{Chance, Length};
pub use closed_form::{LastMet, LastTen, QueueLength, QueueLengthMarkov};
pub use contender::{Estimator, Forecast, Quantiles, Showing, Shown, Told};
pub use day::{Arrival, Day, day};
pub use gates::{Asked, Gate, judge};
pub use helpline::{End, Room, Waiting, Watch, play};
pub use history::{ANSWERED, HANDLING_TIMES, History, SHIFTS, WAITS};
pub use line_up::{BARE_NUMBER, BARE_RANGE, LAST_TEN, LAST_WAIT, OURS, QL, TEXTBOOK, line_up};
pub use measures::Measures;
pub use ours::Ours;
pub use run::{LineUp, Outcome, Row, run, run_all};
pub use scenario::{
    Arrivals, LOOK_EVERY, Roster, Scenario, Staffing, VISITORS, Visitor, WARM_UP_SHARE, all, scenario,
};
