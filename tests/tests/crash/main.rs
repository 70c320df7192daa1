//! The real server as a process, on a real file: killed in the middle of its work, and with a disk that takes
//! nothing more. What was acknowledged is there afterwards, once, in order; what was not is not pretended.
#![allow(clippy::unwrap_used, clippy::expect_used)] // Tests, and helpers of tests.
#![allow(clippy::print_stdout, clippy::print_stderr)] // The seed, and what was measured.

mod killed;
mod ledger;
mod operators;
mod starved;
mod visitors;

/// The server's program, built beside these tests.
const PROGRAM: &str = env!("CARGO_BIN_EXE_tealight-child");
