//! The conformance runner: what it says of our own server and of a stranger's, and that it finds what is wrong.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot be set up must stop at once")]

mod mutants;
mod own;
#[cfg(feature = "python")]
mod python;
mod spoiler;
mod table;
