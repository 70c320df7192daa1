//! The real sessions and the real desk, in one thread, over a wire that loses what it can.
//!
//! No sockets, no sleeping: time is a number, and chance comes from a seed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

mod cut_points;
mod journeys;
mod losing_operators;
mod people;
mod settled;
mod waiting_room;
mod watch;
mod worlds;
