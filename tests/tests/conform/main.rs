//! The conformance runner: what it says of our own server, and that it finds what is wrong with others.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot be set up must stop at once")]

mod command_line;
mod faults;
mod mutants;
mod own;
mod spoiler;
mod table;
