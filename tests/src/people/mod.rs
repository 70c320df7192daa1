//! People: a visitor in front of a browser, a volunteer at the console, and a volunteer who is only there to answer.

mod console;
mod ledger;
mod range;
mod told;
mod visitor;
mod volunteer;

pub use console::Console;
pub use ledger::Ledger;
pub use range::Range;
pub use visitor::{Message, Visitor};
pub use volunteer::Volunteer;
