//! Real browsers, driven over WebDriver, with a fresh profile for each person. Most tests use Chromium, which can be
//! asked for more; what every engine must do is tried in each of them.
//!
//! Whoever is dropped last takes the driver with it; no browser outlives its test, whether it passes or not.

mod clock;
mod driver;
mod engine;
mod page;
mod script;
mod watch;

pub use driver::{Browser, Screen};
pub use engine::Engine;
pub use page::{Page, Place};
pub use watch::{Kept, screenshots_dir};
