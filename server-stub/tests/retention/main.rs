//! What is kept, for how long, under which keys, and what is left of it afterwards.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests stop at what cannot be")]

mod back_ups;
mod canary;
mod cost;
mod files;
mod migration;
mod planting;
mod rotation;
