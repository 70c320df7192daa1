//! `tealight-conform`: holds a backend against the protocol, case by case.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use tealight_tests::conform::{Account, Bench, Level, Options, Report, cases, run};

/// Asks a backend every conformance case up to a level.
///
/// Run it against an instance that nobody else uses: it starts and ends conversations and takes whoever waits.
/// Exit status: 0 nothing failed, 1 something failed, 2 it could not run.
#[derive(Debug, Parser)]
#[command(name = "tealight-conform", version, arg_required_else_help = true)]
struct Arguments {
    /// Address of the socket, such as ws://127.0.0.1:8080/v1/ws
    #[arg(required_unless_present_any = ["own_server", "list"], conflicts_with = "own_server")]
    url: Option<String>,
    /// The level to ask for, with all below it
    #[arg(long, value_enum, default_value = "L1")]
    level: Level,
    /// Only these cases, such as 13,14
    #[arg(long, value_delimiter = ',', value_name = "CASES")]
    only: Vec<u8>,
    /// Leave out cases that must wait for long
    #[arg(long)]
    quick: bool,
    /// List all cases, and ask none
    #[arg(long)]
    list: bool,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// Operators to log in as: a JSON list of {"name","password"}, with "areas", "languages", "supervisor" where
    /// an account has them. Name two that have none of these
    #[arg(long, value_name = "FILE")]
    accounts: Option<PathBuf>,
    /// An instance of the same backend that is outside its opening hours (case 38)
    #[arg(long, value_name = "URL")]
    closed: Option<String>,
    /// An instance of the same backend whose waiting room holds at most 20 (case 39)
    #[arg(long, value_name = "URL")]
    small: Option<String>,
    /// An instance of the same backend that always asks for work before the door (case 64)
    #[arg(long, value_name = "URL")]
    work: Option<String>,
    /// A second node of the same backend (case 60)
    #[arg(long, value_name = "URL")]
    second_node: Option<String>,
    /// An origin that the backend allows (case 8), sent with every socket
    #[arg(long)]
    origin: Option<String>,
    /// Where to POST {"do":"take","conv":"…"} to have an operator take a visitor, for backends without level 4
    #[arg(long, value_name = "URL")]
    operator_hook: Option<String>,
    /// How often two operators claim at once (case 51); as a rule 25, with --own-server 1000
    #[arg(long)]
    rounds: Option<usize>,
    /// The longest hold and lease that is waited for, in seconds (cases 41, 53)
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    patience: u64,
    /// The program tealight-server: start it, ask it everything, kill it, look into its files
    #[arg(long, value_name = "PATH")]
    own_server: Option<PathBuf>,
}

fn main() -> ExitCode {
    match start(&Arguments::parse()) {
        Ok(false) => ExitCode::SUCCESS,
        Ok(true) => ExitCode::from(1),
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Whether anything failed.
fn start(arguments: &Arguments) -> Result<bool> {
    let all = cases();
    if arguments.list {
        let mut out = std::io::stdout();
        for case in &all {
            writeln!(out, "{:>3}  {}  {}: {}", case.number, case.level, case.name, case.demand)?;
        }
        return Ok(false);
    }
    if let Some(unknown) = arguments.only.iter().find(|n| all.iter().all(|case| case.number != **n)) {
        bail!("there is no case {unknown}; --list names them all");
    }
    let (level, json) = (arguments.level, arguments.json);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let report: Result<Report> = runtime.block_on(async {
        let bench = match (&arguments.own_server, &arguments.url) {
            (Some(program), _) => Bench::own(program, options(arguments)?).await?,
            (None, Some(url)) => Bench::at(url, options(arguments)?).await?,
            (None, None) => bail!("name the address of a backend"),
        };
        Ok(run(&bench, level, |finding| {
            // Whoever closes our output still gets the exit status.
            if !json {
                let _ = writeln!(std::io::stdout(), "{finding}");
            }
        })
        .await)
    });
    let report = report?;
    if json {
        writeln!(std::io::stdout(), "{:#}", report.to_json())?;
    } else {
        writeln!(std::io::stdout(), "\n{report}")?;
    }
    Ok(report.has_failed())
}

fn options(arguments: &Arguments) -> Result<Options> {
    Ok(Options {
        only: arguments.only.clone(),
        quick: arguments.quick,
        origin: arguments.origin.clone(),
        accounts: arguments.accounts.as_deref().map(accounts).transpose()?.unwrap_or_default(),
        closed: arguments.closed.clone(),
        small: arguments.small.clone(),
        work: arguments.work.clone(),
        second_node: arguments.second_node.clone(),
        operator_hook: arguments.operator_hook.clone(),
        rounds: arguments.rounds,
        patience: Duration::from_secs(arguments.patience),
    })
}

fn accounts(file: &Path) -> Result<Vec<Account>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is no list of accounts", file.display()))
}
