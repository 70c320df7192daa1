//! The operator's session against a scripted backend.

#[path = "../support/mod.rs"]
mod support;

mod backend;

mod board;
mod conversations;
mod shift;
