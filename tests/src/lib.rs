//! What the tests of several parts at once have in common: a real server, peers over real sockets, a rehearsal
//! crowd, people in front of real browsers, a wire without sockets that can be cut anywhere, and the conformance
//! cases that any backend can be held against.
//!
//! Nothing in here is a test, and nothing in here fakes a part of Tealight.

#[cfg(feature = "browser")]
pub mod browser;
pub mod child;
pub mod client;
pub mod clock;
pub mod conform;
pub mod crowd;
pub mod history;
pub mod peer;
#[cfg(feature = "browser")]
pub mod people;
pub mod proxy;
#[cfg(feature = "python")]
pub mod python;
mod said;
pub mod server;
pub mod site;
pub mod soak;
#[cfg(feature = "browser")]
pub mod stage;
mod waiting;
pub mod wire;

pub use said::Said;
pub use waiting::{eventually, eventually_within};
