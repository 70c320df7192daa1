//! `wait-sim` and `bench wait`: whether the estimate of the wait is good enough to be shown, and what it costs.

mod bench;
mod plots;
mod table;

use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Args;
use tealight_wait_sim::{
    LOOK_EVERY, OURS, Outcome, Scenario, TEXTBOOK, VISITORS, all, day, judge, line_up, run_all, scenario,
};

pub(crate) use bench::{BenchArgs, run as bench};

use crate::progress::{elapsed, step};
use crate::workspace::Workspace;

#[derive(Debug, Args)]
pub(crate) struct WaitSimArgs {
    /// Only these scenarios, such as `B,D`. The document and the plots stay as they are.
    #[arg(long, value_name = "A-E", value_delimiter = ',')]
    only: Vec<char>,
    /// Visitors in each scenario. With another number the document and the plots stay as they are.
    #[arg(long, default_value_t = VISITORS)]
    visitors: usize,
    /// How often those who wait are looked at, in seconds. With another number the document and the plots stay as they are.
    #[arg(long, value_name = "SECONDS", default_value_t = (60.0 * LOOK_EVERY) as u32)]
    look_every: u32,
    /// Leave the document and the plots as they are.
    #[arg(long)]
    check: bool,
}

/// Where the printed table is kept for those who read.
const DOCUMENT: &str = "docs/wait.md";

/// Which day of which scenario is drawn: its fourteenth, when the estimate has learned what it can.
const DRAWN: (char, u32, usize) = ('E', 14, 3_200);

pub(crate) fn run(workspace: &Workspace, args: &WaitSimArgs) -> Result<()> {
    let scenarios = chosen(args)?;
    let visitors = args.visitors;
    let started = Instant::now();
    let outcomes = step(&format!("{} scenarios with {visitors} visitors each", scenarios.len()), || {
        Ok(run_all(&scenarios, line_up))
    })?;
    println!("\n{}", table::measures(&outcomes));
    let gates = judge(&outcomes, OURS, TEXTBOOK);
    println!("{}", table::gates(&gates));
    let usual = args.only.is_empty() && visitors == VISITORS && looks_every(args) == LOOK_EVERY;
    if usual && !args.check {
        step("docs/wait.md and its plots", || write(workspace, &outcomes))?;
    }
    let failed = gates.iter().filter(|gate| !gate.is_passed()).count();
    if failed > 0 {
        bail!("{failed} of {} gates are not passed: see above", gates.len());
    }
    eprintln!("all {} gates passed in {}", gates.len(), elapsed(started.elapsed()));
    Ok(())
}

fn chosen(args: &WaitSimArgs) -> Result<Vec<Scenario>> {
    if args.visitors < 100 || args.look_every == 0 {
        bail!("with fewer than 100 visitors, or never a look, there is nothing to measure");
    }
    let scenarios = if args.only.is_empty() {
        all(args.visitors)
    } else {
        let known = |letter: &char| {
            scenario(letter.to_ascii_uppercase(), args.visitors)
                .with_context(|| format!("there is no scenario {letter}: they are A, B, C, D and E"))
        };
        args.only.iter().map(known).collect::<Result<_>>()?
    };
    let look_every = looks_every(args);
    Ok(scenarios.into_iter().map(|scenario| Scenario { look_every, ..scenario }).collect())
}

/// In minutes.
fn looks_every(args: &WaitSimArgs) -> f64 {
    f64::from(args.look_every) / 60.0
}

/// Renews what `docs/wait.md` shows of a full run.
fn write(workspace: &Workspace, outcomes: &[Outcome]) -> Result<()> {
    let path = workspace.path(DOCUMENT);
    let text = fs::read_to_string(&path).with_context(|| format!("{DOCUMENT} cannot be read"))?;
    let text = table::into_document(&text, &table::measures(outcomes))?;
    fs::write(&path, text).with_context(|| format!("{DOCUMENT} cannot be written"))?;
    let images = workspace.path("docs/images");
    let (letter, number, visitors) = DRAWN;
    let drawn = scenario(letter, visitors).context("the drawn scenario exists")?;
    let write = |name: &str, svg: String| save(&images.join(name), &svg);
    write("wait-error.svg", plots::errors(outcomes)?)?;
    write("wait-bounds.svg", plots::bounds(outcomes)?)?;
    write("wait-shown.svg", plots::shown(outcomes)?)?;
    write("wait-day.svg", plots::day(&day(&drawn, number))?)
}

fn save(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
}
