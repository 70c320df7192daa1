//! Every target on the ordinary compiler: all seeds, and damaged copies of them, the same in every run.
//!
//! `TEALIGHT_FUZZ_FILE=path cargo test -p tealight-fuzz --test replay one_file` runs what libFuzzer has kept of a
//! failure; its target is the name of the folder or the beginning of the file's name.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "tests, and helpers of tests"
)]

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tealight_fuzz::{TARGETS, Target, mutation};

#[test]
fn frames_of_all_directions_are_read_or_refused() {
    replay("frames", 20_000);
}

#[test]
fn a_visitors_session_keeps_its_promises_under_any_inputs() {
    replay("visitor_session", 3_000);
}

#[test]
fn an_operators_session_keeps_its_promises_under_any_inputs() {
    replay("operator_session", 3_000);
}

#[test]
fn any_snapshot_is_restored_or_refused() {
    replay("snapshot", 10_000);
}

#[test]
fn any_configuration_is_taken_or_refused_with_a_line() {
    replay("config", 2_000);
}

#[test]
fn the_desk_keeps_its_promises_under_any_frames() {
    replay("desk", 400);
}

#[test]
fn one_file_that_a_fuzzer_kept() {
    let Some(path) = std::env::var_os("TEALIGHT_FUZZ_FILE").map(std::path::PathBuf::from) else { return };
    let shown = path.display().to_string();
    let target =
        TARGETS.iter().find(|target| shown.contains(target.name)).expect("a path that names a target");
    (target.run)(&std::fs::read(&path).unwrap());
}

fn replay(name: &str, rounds: u64) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    let seeds = (target.seeds)();
    assert!(!seeds.is_empty(), "where are the vectors?");
    for (number, seed) in seeds.iter().enumerate() {
        attempt(target, seed, &format!("seed {number}"));
    }
    for round in 0..rounds {
        let mut rng = ChaCha8Rng::seed_from_u64(round);
        let mut bytes = seeds[rng.random_range(0..seeds.len())].clone();
        mutation::damage(&mut bytes, &seeds, &mut rng);
        attempt(target, &bytes, &format!("round {round}"));
    }
}

fn attempt(target: &Target, bytes: &[u8], which: &str) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (target.run)(bytes))) {
        eprintln!("this was {which} of {}: {:?}", target.name, String::from_utf8_lossy(bytes));
        resume_unwind(panic);
    }
}
