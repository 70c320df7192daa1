//! The desk under a virtual clock: one file per kind of behaviour.
#![allow(clippy::unwrap_used, reason = "helpers of tests stop at what cannot be")]

mod announcement;
mod audit;
mod authorisation;
mod blocks;
mod chaos;
mod commands;
mod ending;
mod figures;
mod greeting;
mod hand_out;
mod liveness;
mod losing_operators;
mod many;
mod marks_and_typing;
mod notes;
mod offers;
mod operators;
mod promises;
mod ready_protocol;
mod resuming;
mod roster;
mod service;
mod silence;
mod storage;
mod transfers;
mod waiting_room;
mod watching;
mod work;
