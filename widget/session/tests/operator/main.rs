//! The operator's session against a scripted backend.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../support/mod.rs"]
mod support;

mod backend;

mod board;
mod conversations;
mod fuzz;
mod notes;
mod offers;
mod roster;
mod shift;
mod transfer;
mod watching;
