//! The reference backend of Tealight, as a library: the binary only calls its command line.
//!
//! [`desk`] decides, [`store`] remembers, [`http`] carries, [`tealight_wait`] estimates, [`config`] is what a helpline
//! says about itself. `desk` knows no socket, thread or clock; only `http` and `server` do.

pub mod command_line;
pub mod config;
pub mod desk;
pub mod digest;
pub mod http;
mod moment;
pub mod operators;
mod runner;
mod server;
pub mod store;
pub mod testing;

pub use moment::{Clock, Moment, SystemClock};
pub use server::{Dependencies, Running, Server, ServerError};
