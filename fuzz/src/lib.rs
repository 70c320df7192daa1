//! What a fuzzer calls: one plain function for each reader of foreign bytes, and where its bytes begin.
//!
//! A target takes any bytes and panics only when Tealight broke a promise. The binaries in `fuzz_targets/` hand
//! these functions to libFuzzer; the tests of this crate call them with the vectors of the protocol and with
//! damaged copies of those, on the ordinary compiler, so that every run of the tests fuzzes a little.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a target reports what it finds by panicking")]

mod config;
mod desk;
mod dice;
mod frames;
pub mod mutation;
mod operator;
mod script;
mod seeds;
mod snapshot;
mod told;
mod visitor;

/// Something that reads foreign bytes.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name of its binary.
    pub name: &'static str,
    /// Reads the bytes, whatever they are.
    pub run: fn(&[u8]),
    /// Bytes to begin with, made from the vectors.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All of them.
pub const TARGETS: [Target; 6] = [
    Target { name: "frames", run: frames::run, seeds: frames::seeds },
    Target { name: "visitor_session", run: visitor::run, seeds: visitor::seeds },
    Target { name: "operator_session", run: operator::run, seeds: operator::seeds },
    Target { name: "snapshot", run: snapshot::run, seeds: snapshot::seeds },
    Target { name: "config", run: config::run, seeds: config::seeds },
    Target { name: "desk", run: desk::run, seeds: desk::seeds },
];

/// Runs the target of this name.
pub fn run(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name).expect("a target of that name");
    (target.run)(bytes);
}
