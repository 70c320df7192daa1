//! Our own server: everything that can be asked of it passes, at every level.

use std::path::Path;

use anyhow::Result;
use tealight_tests::conform::{Bench, Level, Options, Outcome, cases, run};
use tealight_tests::soak::{is_quick, rounds};

/// The server's program, built beside these tests.
const PROGRAM: &str = env!("CARGO_BIN_EXE_tealight-child");

/// What cannot be asked of it: it has one node.
const NOT_OFFERED: [u8; 1] = [60];

#[tokio::test(flavor = "multi_thread")]
async fn our_own_server_passes_every_case_that_it_can_be_asked() -> Result<()> {
    let claims = usize::try_from(rounds(100, 1_000))?;
    let options = Options { rounds: Some(claims), quick: is_quick(), ..Options::default() };
    let bench = Bench::own(Path::new(PROGRAM), options).await?;
    let report = run(&bench, Level::L4, |_| {}).await;
    for finding in &report.findings {
        println!("{finding}");
    }
    println!("{report}");
    assert!(!report.has_failed(), "{report}");
    assert_eq!(report.findings.len(), cases().len());
    assert_eq!(report.numbers(|outcome| matches!(outcome, Outcome::NotOffered(_))), NOT_OFFERED);
    if is_quick() {
        return Ok(());
    }
    assert_eq!(report.numbers(|outcome| matches!(outcome, Outcome::Skipped(_))), [0; 0]);
    for level in Level::ALL {
        assert!(report.has_level(level), "{}", report.line(level));
    }
    Ok(())
}
