//! Text that means harm or only looks strange: through the rules, through a real server in both directions, and onto
//! the screens of both sides. The cases are in `tests/corpus/hostile-text.json`.
#![allow(clippy::unwrap_used, clippy::expect_used)] // Tests, and helpers of tests.

mod corpus;
mod delivery;
mod mouths;
mod rules;
#[cfg(feature = "browser")]
mod screens;
