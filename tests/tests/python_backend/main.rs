//! The backend in Python of `docs/examples`: a stranger's backend, and the unchanged client against it.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Tests, and helpers of tests.

#[cfg(feature = "browser")]
mod conversation;
mod wire;
