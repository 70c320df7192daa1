//! `fuzz`: libFuzzer on every reader of foreign bytes, each for a while, beginning with the vectors.
//!
//! The targets are functions of the crate `tealight-fuzz`, whose ordinary tests replay them without a fuzzer. Here
//! they are compiled once more with coverage counters, by the stable compiler: no nightly and no `cargo fuzz` is
//! needed, and who has the latter may use it in `fuzz/`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::progress::{elapsed, output, run as run_command, step};
use crate::setup;
use crate::workspace::Workspace;

/// What makes the compiler count which code runs and what is compared with what, and check what it can.
const FLAGS: [&str; 7] = [
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cdebuginfo=line-tables-only",
];

/// Longest input, in bytes: half a frame as big as one may be.
const MOST_BYTES: u32 = 8_192;

/// How long one input may take, in seconds, before it counts as a failure.
const SECONDS_PER_INPUT: u32 = 20;

#[derive(Debug, Args)]
pub(crate) struct FuzzArgs {
    /// Only these targets; all of them, one after the other, where none is named.
    targets: Vec<String>,
    /// How long each target runs.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Run this input once instead, on the first target named.
    #[arg(long, value_name = "FILE", requires = "targets")]
    input: Option<PathBuf>,
}

pub(crate) fn run(workspace: &Workspace, args: &FuzzArgs) -> Result<()> {
    let all = targets(workspace)?;
    if let Some(unknown) = args.targets.iter().find(|target| !all.contains(target)) {
        bail!("there is no target {unknown}; there are {}", all.join(", "));
    }
    let wanted = if args.targets.is_empty() { &all } else { &args.targets };
    setup::cpp_compiler()?;
    let binaries = build(workspace, wanted)?;
    if let Some(input) = &args.input {
        let mut once = Command::new(binaries.join(&wanted[0]));
        return run_command(once.arg(input), "the failure is above");
    }
    write_seeds(workspace)?;
    let mut failed = Vec::new();
    for target in wanted {
        let title = format!("{target}, for {}", elapsed(Duration::from_secs(args.seconds)));
        if let Err(error) = step(&title, || fuzz(workspace, &binaries, target, args.seconds)) {
            eprintln!("    {error:#}");
            failed.push(target.as_str());
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    bail!(
        "failures in {}: the inputs are in {}; `cargo xtask fuzz TARGET --input FILE` runs one again",
        failed.join(", "),
        workspace.shown(&workspace.target("fuzz/found"))
    )
}

/// The targets are the files of a folder.
fn targets(workspace: &Workspace) -> Result<Vec<String>> {
    let folder = workspace.path("fuzz/fuzz_targets");
    let entries = fs::read_dir(&folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let mut names: Vec<_> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| Some(entry.path().file_stem()?.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    Ok(names)
}

/// Compiles the targets, and everything below them, with counters. The folder of the binaries.
fn build(workspace: &Workspace, targets: &[String]) -> Result<PathBuf> {
    let host = host(workspace)?;
    let mut cargo = workspace.cargo();
    // With a target named, the flags are not those of build scripts and macros.
    cargo.args(["build", "--package", "tealight-fuzz", "--features", "libfuzzer", "--profile", "fuzz"]);
    cargo.args(["--target", &host]);
    for target in targets {
        cargo.args(["--bin", target]);
    }
    cargo.env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\u{1f}"));
    cargo.env("CARGO_TARGET_DIR", workspace.target("fuzz"));
    step("Compiling the fuzzers", || run_command(&mut cargo, "see above"))?;
    Ok(workspace.target("fuzz").join(host).join("fuzz"))
}

fn host(workspace: &Workspace) -> Result<String> {
    let printed =
        output(Command::new("rustc").arg("-vV").current_dir(workspace.root()), "install Rust with rustup")?;
    let printed = String::from_utf8_lossy(&printed).into_owned();
    let host = printed.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc does not say what machine this is")
}

fn write_seeds(workspace: &Workspace) -> Result<()> {
    let mut cargo = workspace.cargo();
    cargo.args(["run", "--quiet", "--package", "tealight-fuzz", "--bin", "seeds", "--"]);
    cargo.arg(workspace.target("fuzz/seeds"));
    step("Writing the seeds", || run_command(&mut cargo, "see above"))
}

/// Runs one target. What it finds worth keeping grows from run to run; what fails is kept apart.
fn fuzz(workspace: &Workspace, binaries: &Path, target: &str, seconds: u64) -> Result<()> {
    let corpus = workspace.target("fuzz/corpus").join(target);
    let found = workspace.target("fuzz/found");
    for folder in [&corpus, &found] {
        fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    }
    let mut fuzzer = Command::new(binaries.join(target));
    fuzzer.arg(&corpus).arg(workspace.target("fuzz/seeds").join(target));
    fuzzer.arg(format!("-max_total_time={seconds}"));
    fuzzer.arg(format!("-max_len={MOST_BYTES}"));
    fuzzer.arg(format!("-timeout={SECONDS_PER_INPUT}"));
    fuzzer.arg(format!("-artifact_prefix={}/{target}-", found.display()));
    fuzzer.args(["-print_final_stats=1", "-verbosity=0"]);
    fuzzer.current_dir(workspace.path("fuzz"));
    run_command(&mut fuzzer, "the failing input is named above")
}
