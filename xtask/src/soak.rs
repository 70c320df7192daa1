//! `soak`: the long forms of the tests of endurance, each bounded in time, and one table of what they found.
//!
//! A test knows its own long form (`tests/src/soak.rs`); here is only which tests have one, how long each may take,
//! and how their tallies are read. A test that fails or does not come to its end makes the whole command fail.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;
use serde::Deserialize;

use crate::dist::{self, DistArgs};
use crate::progress::{command_line, elapsed, run as run_command};
use crate::setup;
use crate::workspace::Workspace;

#[derive(Debug, Args)]
pub(crate) struct SoakArgs {
    /// Only the parts of these names; --list shows them.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<String>,
    /// Show the parts and how long each may take, and do nothing.
    #[arg(long)]
    list: bool,
}

/// One test binary with a long form.
struct Part {
    name: &'static str,
    about: &'static str,
    needs: Needs,
    /// Ended as a failure beyond this.
    minutes: u64,
}

/// What a part needs besides cargo.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needs {
    Nothing,
    /// Chromium and the built files.
    Browser,
    /// An interpreter with libraries, Chromium and the built files.
    Python,
}

const PARTS: [Part; 7] = [
    Part {
        name: "session_with_desk",
        about: "the real cores over a virtual wire: thousands of random worlds",
        needs: Needs::Nothing,
        minutes: 15,
    },
    Part {
        name: "crash",
        about: "a real server killed under load; a full disk",
        needs: Needs::Nothing,
        minutes: 15,
    },
    Part {
        name: "hostile",
        about: "peers that flood, stall, lie and race",
        needs: Needs::Nothing,
        minutes: 15,
    },
    Part {
        name: "conform",
        about: "every conformance case against our own server",
        needs: Needs::Nothing,
        minutes: 15,
    },
    Part {
        name: "python",
        about: "the socket against the Autobahn cases; a backend in Python",
        needs: Needs::Python,
        minutes: 15,
    },
    Part { name: "reception", about: "real browsers on a bad line", needs: Needs::Browser, minutes: 45 },
    Part {
        name: "widget_faults",
        about: "real browsers that sleep, forget and break",
        needs: Needs::Browser,
        minutes: 15,
    },
];

/// What a test reports of itself. The same fields as `tealight_tests::soak::Tally`.
#[derive(Debug, Deserialize)]
struct Tally {
    name: String,
    rounds: u64,
    faults: u64,
    messages: u64,
    lost: u64,
    doubled: u64,
    reordered: u64,
}

pub(crate) fn run(workspace: &Workspace, args: &SoakArgs) -> Result<()> {
    let parts = chosen(&args.only)?;
    if args.list {
        for part in parts {
            println!("{:<18} up to {:>2} min  {}", part.name, part.minutes, part.about);
        }
        return Ok(());
    }
    let tools = tools(workspace, &parts)?;
    let report = workspace.target("soak.jsonl");
    forget(&report)?;

    let mut failed = Vec::new();
    let mut times = Vec::new();
    for part in &parts {
        eprintln!("\n==> {}: {}", part.name, part.about);
        let mut command = command(workspace, part, &report, &tools);
        let started = Instant::now();
        if run_command(&mut command, "see above").is_err() {
            failed.push(format!("{}: `{}`", part.name, command_line(&command)));
        }
        times.push((part.name, started.elapsed()));
    }
    let tallies = read(&report)?;
    print(&tallies, &times);
    if !failed.is_empty() {
        bail!("these did not come to a good end; their last words are above:\n  {}", failed.join("\n  "));
    }
    Ok(())
}

fn chosen(only: &[String]) -> Result<Vec<&'static Part>> {
    if let Some(unknown) = only.iter().find(|name| PARTS.iter().all(|part| part.name != **name)) {
        let known: Vec<_> = PARTS.iter().map(|part| part.name).collect();
        bail!("there is no part `{unknown}`; there are: {}", known.join(", "));
    }
    Ok(PARTS.iter().filter(|part| only.is_empty() || only.iter().any(|name| name == part.name)).collect())
}

/// What the chosen parts need, as the variables that tell the tests where it is.
fn tools(workspace: &Workspace, parts: &[&Part]) -> Result<Vec<(&'static str, PathBuf)>> {
    let mut tools = Vec::new();
    if parts.iter().any(|part| part.needs != Needs::Nothing) {
        setup::browser()?;
        tools.push(("TEALIGHT_DIST", dist::build(workspace, &DistArgs::default())?));
    }
    if parts.iter().any(|part| part.needs == Needs::Python) {
        tools.push(("TEALIGHT_PYTHON", setup::python(workspace)?));
    }
    Ok(tools)
}

/// `timeout` ends the whole group, servers and browsers included, when a part takes too long.
fn command(workspace: &Workspace, part: &Part, report: &Path, tools: &[(&'static str, PathBuf)]) -> Command {
    let cargo = workspace.cargo();
    let mut command = Command::new("timeout");
    command.args(["--kill-after", "30", &format!("{}m", part.minutes)]).arg(cargo.get_program());
    command.args(["test", "--package", "tealight-tests"]);
    match part.needs {
        Needs::Nothing => {}
        Needs::Browser => drop(command.args(["--features", "browser"])),
        Needs::Python => drop(command.args(["--features", "browser,python"])),
    }
    command.args(["--test", part.name, "--", "--nocapture", "--test-threads", "1"]);
    for (name, value) in cargo.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.current_dir(workspace.root()).envs(tools.iter().cloned());
    command.env("TEALIGHT_SOAK", "1").env("TEALIGHT_SOAK_REPORT", report);
    command
}

fn forget(report: &Path) -> Result<()> {
    match fs::remove_file(report) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", report.display()))
        }
        _ => Ok(()),
    }
}

fn read(report: &Path) -> Result<Vec<Tally>> {
    let lines = match fs::read_to_string(report) {
        Ok(lines) => lines,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("{} cannot be read", report.display())),
    };
    lines.lines().map(|line| serde_json::from_str(line).context("a tally cannot be read")).collect()
}

fn print(tallies: &[Tally], times: &[(&str, Duration)]) {
    println!("\n{}", table(tallies));
    for (name, time) in times {
        println!("{name}: {}", elapsed(*time));
    }
}

/// As a Markdown table, so that it can stand in a document as it is.
fn table(tallies: &[Tally]) -> String {
    let mut text = String::from(
        "| Tried | Rounds | Faults | Messages | Lost | Doubled | Reordered |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n",
    );
    for Tally { name, rounds, faults, messages, lost, doubled, reordered } in tallies {
        text.push_str(&format!(
            "| {name} | {rounds} | {faults} | {messages} | {lost} | {doubled} | {reordered} |\n"
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_does_not_exist_is_named() {
        let error = chosen(&["crush".to_owned()]).map(drop).map_err(|error| error.to_string());
        let error = error.err().unwrap_or_default();
        assert!(error.contains("`crush`") && error.contains("crash"), "{error}");
    }

    #[test]
    fn every_part_is_a_test_of_that_name() {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/tests");
        for part in &PARTS {
            let file = tests.join(format!("{}.rs", part.name));
            assert!(file.is_file() || tests.join(part.name).join("main.rs").is_file(), "{}", part.name);
        }
    }

    #[test]
    fn tallies_become_a_table_with_one_line_each() -> Result<()> {
        let line = r#"{"name":"cuts","rounds":3,"faults":2,"messages":9,"lost":0,"doubled":0,"reordered":0}"#;
        let tally: Tally = serde_json::from_str(line)?;
        assert!(table(&[tally]).ends_with("| cuts | 3 | 2 | 9 | 0 | 0 | 0 |\n"));
        Ok(())
    }
}
