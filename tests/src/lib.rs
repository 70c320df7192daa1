//! What the tests of several parts at once have in common: a real server, peers over real sockets, a rehearsal
//! crowd, and people in front of real browsers.
//!
//! Nothing in here is a test, and nothing in here fakes a part of Tealight.

#[cfg(feature = "browser")]
pub mod browser;
pub mod crowd;
pub mod peer;
#[cfg(feature = "browser")]
pub mod people;
pub mod server;
pub mod site;
#[cfg(feature = "browser")]
pub mod stage;
mod waiting;

pub use waiting::eventually;
