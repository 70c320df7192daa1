//! Chromium, driven over WebDriver: one driver process, and one fresh profile for each person.
//!
//! Whoever is dropped last takes the driver with it; no browser outlives its test, whether it passes or not.

mod clock;
mod driver;
mod page;
mod script;
mod watch;

pub use driver::{Browser, Screen};
pub use page::{Page, Place};
pub use watch::{Kept, screenshots_dir};
