//! `test`: every check of this repository in one order, quick ones first, stopping at the first failure.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::Args;

use crate::dist::{self, DistArgs};
use crate::progress::{command_line, elapsed, run as run_command};
use crate::setup::{self, WASM_TARGET};
use crate::size::{self, SizeArgs};
use crate::workspace::Workspace;

#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Only what needs no browser and no Python: format, lints, and the tests of everything that runs on this machine.
    #[arg(long)]
    quick: bool,
}

/// Adds the tests in a real browser, and of what is written in Python, to all others.
const ALL_TESTS: [&str; 2] = ["--features", "tealight-tests/browser,tealight-tests/python"];

/// What has been done so far, for the summary at the end.
#[derive(Debug, Default)]
struct Report(Vec<(String, Duration)>);

pub(crate) fn run(workspace: &Workspace, args: &TestArgs) -> Result<()> {
    let mut report = Report::default();
    let outcome = steps(workspace, args.quick, &mut report);
    report.print();
    outcome
}

fn steps(workspace: &Workspace, quick: bool, report: &mut Report) -> Result<()> {
    let python = report.step("tools", || {
        setup::wasm_target(workspace)?;
        if quick {
            return Ok(None);
        }
        setup::engines()?;
        setup::python(workspace).map(Some)
    })?;
    report.cargo(workspace, "format", &["fmt", "--all", "--check"], |_| {})?;

    // The same packages and features for lints and tests, so that dependencies are compiled once. The browser
    // crates are among them: what in them needs no browser is tested on this machine.
    let features: &[&str] = if quick { &[] } else { &ALL_TESTS };
    let deny = ["--", "--deny", "warnings"];
    let native = [&["clippy", "--workspace", "--all-targets"], features, &deny].concat();
    report.cargo(workspace, "lints", &native, |_| {})?;
    // The profile of the size build, so that both share what runs while compiling.
    let wasm =
        ["clippy", "--package", "tealight-widget", "--package", "tealight-console", "--target", WASM_TARGET];
    let wasm = [wasm.as_slice(), &["--profile", "wasm-release"], &deny].concat();
    report.cargo(workspace, "lints, browser crates", &wasm, |cargo| {
        cargo.env("CARGO_TARGET_DIR", workspace.target("wasm"));
    })?;

    let tests = [&["test", "--workspace"], features].concat();
    if quick {
        return report.cargo(workspace, "tests", &tests, |cargo| {
            // Some tests have parts that must wait for more than a minute: they leave these out.
            cargo.env("TEALIGHT_QUICK", "1");
        });
    }
    let files = report.step("files for the browser", || dist::build(workspace, &DistArgs::default()))?;
    report.step("sizes", || size::run(workspace, &SizeArgs { dir: Some(files.clone()) }))?;
    report.cargo(workspace, "tests, in a real browser too", &tests, |cargo| {
        cargo.env("TEALIGHT_DIST", &files);
        if let Some(python) = &python {
            cargo.env("TEALIGHT_PYTHON", python);
        }
        // One browser at a time: two of them on two cores make each other miss what a person would have seen.
        cargo.env("RUST_TEST_THREADS", "1");
    })
}

impl Report {
    fn step<T>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        eprintln!("\n==> {name}");
        let started = Instant::now();
        let outcome = work();
        let mark = if outcome.is_ok() { "ok    " } else { "FAILED" };
        self.0.push((format!("{mark}  {name}"), started.elapsed()));
        outcome
    }

    /// A step that is one cargo command; on failure the error names the command to run again.
    fn cargo(
        &mut self,
        workspace: &Workspace,
        name: &str,
        arguments: &[&str],
        adjust: impl FnOnce(&mut Command),
    ) -> Result<()> {
        let mut cargo = workspace.cargo();
        cargo.args(arguments);
        adjust(&mut cargo);
        let again = rerun(&cargo);
        self.step(name, || match run_command(&mut cargo, "see above") {
            Ok(()) => Ok(()),
            Err(_) => bail!("{name}: see above; to run only this step again:\n\n    {again}\n"),
        })
    }

    fn print(&self) {
        println!();
        for (name, duration) in &self.0 {
            println!("{:>14}  {name}", elapsed(*duration));
        }
        println!("{:>14}  in all", elapsed(self.0.iter().map(|(_, duration)| *duration).sum()));
    }
}

/// The command with the variables we set for it, as one could type it.
fn rerun(command: &Command) -> String {
    let mut line = String::new();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            line.push_str(&format!("{}={} ", name.to_string_lossy(), value.to_string_lossy()));
        }
    }
    line + &command_line(command)
}
