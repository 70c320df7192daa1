//! The browser's side of a session, the same for the visitor's widget and the operator's console: one socket, one
//! timer, the page's lifecycle, random numbers, one place in `sessionStorage`, and the loop that joins them to a
//! [`tealight_session`] core.
//!
//! There are no screens here and no decisions: whatever the core asks for is carried out, whatever happens is told.
//! Nothing here panics on account of the page around it; what a browser denies is reported as a loss.
#![cfg(target_arch = "wasm32")]

mod driver;
mod entropy;
mod lifecycle;
mod listener;
mod socket;
mod storage;
mod timer;

pub use driver::{Core, Driver};
pub use entropy::{NoEntropy, WebEntropy};
pub use lifecycle::{Lifecycle, facts_at_start};
pub use listener::Listener;
pub use socket::{Socket, SocketEvent};
pub use storage::Slot;
pub use timer::Timer;

/// The wall clock, in milliseconds: what every `now` of a session is.
pub fn now() -> tealight_session::Millis {
    js_sys::Date::now() as tealight_session::Millis
}
