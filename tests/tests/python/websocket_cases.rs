//! The cases of the Autobahn suite against our WebSocket layer: frames that no browser would send.
//!
//! The suite wants everything said back to it, so it talks to an echo that is set up like the real socket.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use tealight_tests::python::python;

/// Runs the cases that the second argument names against the address in the first, and prints one JSON object a line.
const RUNNER: &str = r#"
import asyncio, json, os, sys
from kosoku import FailureError, run_fuzzingclient

async def run():
    try:
        return await run_fuzzingclient(sys.argv[1], sys.argv[2].split(","), concurrency=4)
    except FailureError as failure:
        return failure.results

for case in asyncio.run(run()):
    why = f"{case.result} {case.result_close}"
    print(json.dumps({"id": case.case_id, "behaviour": case.behavior.value, "close": case.behavior_close.value, "why": why}))
sys.stdout.flush()
os._exit(0)  # the runner's own threads do not always end in peace
"#;

/// One case, as the runner judged it.
#[derive(Deserialize)]
struct Case {
    id: String,
    behaviour: String,
    close: String,
    why: String,
}

/// The longest message of the cases about long messages.
const LONGEST: usize = 16 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn framing_pings_fragments_text_and_closing() -> Result<()> {
    // With exactly the limits of the real socket.
    let cases = run(None, "1.*,2.*,3.*,4.*,5.*,6.*,7.*,10.*").await?;
    ensure!(cases.len() == 247, "{} cases", cases.len());
    // Non-strict: invalid text is found at the end of a message, not inside it. Informational: left open by the RFC.
    ensure_all(&cases, &["OK", "NON-STRICT", "INFORMATIONAL"])?;
    let strict = cases.iter().filter(|case| case.behaviour == "OK" && case.close == "OK").count();
    ensure!(strict >= 242, "{strict} cases went exactly as they should");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_far_longer_than_ours() -> Result<()> {
    let cases = run(Some(LONGEST + 1024), "9.*").await?;
    ensure!(cases.len() == 54, "{} cases", cases.len());
    ensure_all(&cases, &["OK"])
}

#[tokio::test(flavor = "multi_thread")]
async fn compression_is_not_offered() -> Result<()> {
    let cases = run(None, "12.*,13.*").await?;
    ensure!(cases.len() > 200, "{} cases", cases.len());
    ensure_all(&cases, &["UNIMPLEMENTED"])
}

/// Runs cases against the echo.
async fn run(longest: Option<usize>, cases: &str) -> Result<Vec<Case>> {
    let python = python()?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("ws://{}", listener.local_addr()?);
    let server =
        tokio::spawn(async move { axum::serve(listener, tealight_server::http::echo(longest)).await });
    let cases = cases.to_owned();
    let runner = tokio::task::spawn_blocking(move || {
        std::process::Command::new(python).args(["-c", RUNNER, &address, &cases]).output()
    });
    let output =
        tokio::time::timeout(Duration::from_secs(300), runner).await.context("the runner is stuck")??;
    server.abort();
    let output = output?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout)?;
    lines.lines().map(|line| serde_json::from_str(line).with_context(|| line.to_owned())).collect()
}

/// Fails with every case that came out otherwise, and says why.
fn ensure_all(cases: &[Case], allowed: &[&str]) -> Result<()> {
    let is_good = |case: &&Case| {
        allowed.contains(&case.behaviour.as_str()) && ["OK", "INFORMATIONAL"].contains(&case.close.as_str())
    };
    let bad: BTreeMap<_, _> = cases
        .iter()
        .filter(|case| !is_good(case))
        .map(|case| (&case.id, (&case.behaviour, &case.close, &case.why)))
        .collect();
    ensure!(bad.is_empty(), "{bad:#?}");
    Ok(())
}
