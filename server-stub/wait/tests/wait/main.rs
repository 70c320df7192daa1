//! The estimate of the wait from outside: against formulas, over random states, and as it is told to one person.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Tests, and helpers of tests.

mod against_formulas;
mod calibrating;
mod measuring;
mod promising;
mod states;
mod whatever_comes;
