//! The visitor's session against a scripted backend, one file for each family of behaviours.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../support/mod.rs"]
mod support;

mod backend;

mod connection;
mod draft;
mod end;
mod exactly_once;
mod fuzz;
mod offers;
mod privacy;
mod resume;
mod snapshot;
mod transfer;
mod waiting;
mod work;
