//! The conformance cases: whether a backend, ours or a stranger's, keeps the protocol.
//!
//! A case speaks raw JSON over real sockets and judges what comes; it knows nothing of what is behind them. What
//! only a look inside can show is asked of our own server, as a child process. How to run it: `docs/conformance.md`.

pub mod bench;
pub mod case;
mod cases;
mod ids;
mod opening;
mod operator;
mod own;
mod record;
pub mod report;
mod socket;
mod trial;
mod visitor;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;

pub use bench::{Account, Bench, Options};
pub use case::{Case, Company, Level, Need, Speed};
pub use cases::cases;
pub use own::write_empty_files;
pub use report::{Outcome, Report};

use case::{Stop, failed};
use report::Finding;
use trial::Trial;

/// How many cases run at once.
const AT_ONCE: usize = 6;

/// How long one case may take.
const LONGEST: Duration = Duration::from_secs(180);

/// How long cleaning up after a case may take.
const CLEANING: Duration = Duration::from_secs(30);

/// How many lines of a failed case's record are shown.
const SHOWN: usize = 16;

/// Asks every case up to a level. `tell` hears of each as soon as it is known.
pub async fn run(bench: &Arc<Bench>, level: Level, tell: impl Fn(&Finding)) -> Report {
    let began = Instant::now();
    let only = &bench.options.only;
    let wanted = cases()
        .into_iter()
        .filter(|case| case.level <= level && (only.is_empty() || only.contains(&case.number)));
    let (mut apart, mut beside, mut alone) = (Vec::new(), Vec::new(), Vec::new());
    for case in wanted {
        let company = match case.company {
            Company::Private if bench.binary().is_ok() => Company::Apart,
            Company::Private => Company::Alone,
            given @ (Company::Anybody | Company::Alone | Company::Apart) => given,
        };
        match company {
            Company::Apart => apart.push(tokio::spawn(ask(bench.clone(), case))),
            Company::Anybody => beside.push(case),
            Company::Alone | Company::Private => alone.push(case),
        }
    }
    let mut findings = Vec::new();
    let mut found = |finding: Finding| {
        tell(&finding);
        findings.push(finding);
    };
    let beside = beside.into_iter().map(|case| ask(bench.clone(), case));
    let mut beside = futures_util::stream::iter(beside).buffer_unordered(AT_ONCE);
    while let Some(finding) = beside.next().await {
        found(finding);
    }
    for case in alone {
        found(ask(bench.clone(), case).await);
    }
    for task in apart {
        // A case that panicked is a fault of the runner, and must not be taken for a pass.
        match task.await {
            Ok(finding) => found(finding),
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
    findings.sort_by_key(|finding| finding.number);
    Report { target: bench.url.clone(), level, seconds: began.elapsed().as_secs_f64(), findings }
}

/// Asks one case.
async fn ask(bench: Arc<Bench>, case: Case) -> Finding {
    let began = Instant::now();
    let trial = Trial::new(bench.clone());
    let lacking = case.needs.iter().find_map(|need| bench.lacks(*need));
    let result = if let Some(stop) = lacking {
        Err(stop)
    } else if bench.options.quick && case.speed == Speed::Slow {
        Err(Stop::Skipped("it must wait for long, and --quick was given".to_owned()))
    } else {
        let result = tokio::time::timeout(LONGEST, (case.run)(&trial)).await;
        result.unwrap_or_else(|_| Err(failed("an end within three minutes", "the case went on and on")))
    };
    let outcome = match (result, trial.shared.first_complaint()) {
        (Ok(()), None) => Outcome::Passed,
        (Ok(()) | Err(Stop::Skipped(_)), Some(complaint)) => {
            Outcome::Failed { expected: "frames as the specification has them".to_owned(), came: complaint }
        }
        (Err(Stop::Failed { expected, came }), _) => Outcome::Failed { expected, came },
        (Err(Stop::NotOffered(why)), _) => Outcome::NotOffered(why),
        (Err(Stop::Skipped(why)), None) => Outcome::Skipped(why),
    };
    let ((earlier, frames), sent) = match &outcome {
        Outcome::Failed { .. } => (trial.record.tail(SHOWN), trial.record.last_sent()),
        Outcome::Passed | Outcome::NotOffered(_) | Outcome::Skipped(_) => ((0, Vec::new()), None),
    };
    let seconds = began.elapsed().as_secs_f64();
    let _ = tokio::time::timeout(CLEANING, trial.clean_up()).await;
    Finding {
        number: case.number,
        level: case.level,
        name: case.name,
        demand: case.demand,
        seconds,
        sent,
        notes: trial.notes(),
        outcome,
        earlier,
        frames,
    }
}
