//! The conformance runner against the backend in Python, at the levels that it has.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use serde_json::Value;
use tealight_tests::conform::report::Outcome;
use tealight_tests::conform::{Bench, Level, Options, run};
use tealight_tests::python::PythonBackend;
use tokio::sync::Mutex;

/// An origin that the backend allows.
const ORIGIN: &str = "https://www.example.org";

/// Cases that need a look inside, which only our own server allows and for which `backend.rs` asks the same of this one;
/// and the work of newcomers, which it never demands.
const NOT_OFFERED: [u8; 3] = [24, 32, 64];

#[tokio::test(flavor = "multi_thread")]
async fn every_case_of_levels_one_and_two_is_passed() -> Result<()> {
    // Short waits, so that whoever stays silent or does not look is soon noticed.
    let short = format!("origins = [{ORIGIN:?}]\nping_s = 3\nhold_s = 3\n");
    let backend = PythonBackend::start(&short).await?;
    let mut small = PythonBackend::start(&format!("{short}capacity = 3\n")).await?;
    let mut closed = PythonBackend::start(&closed_now(&short)).await?;
    let address = backend.socket();
    let backend = Arc::new(Mutex::new(backend));
    let options = Options {
        origin: Some(ORIGIN.to_owned()),
        closed: Some(closed.socket()),
        small: Some(small.socket()),
        operator_hook: Some(hook(backend.clone()).await?),
        patience: Duration::from_secs(10),
        ..Options::default()
    };
    let bench = Bench::at(&address, options).await?;
    let report = run(&bench, Level::L2, |_| {}).await;

    let not_asked: Vec<_> =
        report.findings.iter().filter(|f| f.outcome != Outcome::Passed).map(|f| f.number).collect();
    let failed = report.findings.iter().filter(|f| matches!(f.outcome, Outcome::Failed { .. }));
    let failed: Vec<_> = failed.map(ToString::to_string).collect();
    ensure!(failed.is_empty(), "{}", failed.join("\n"));
    ensure!(not_asked == NOT_OFFERED, "{report}");
    for backend in [&mut *backend.lock().await, &mut small, &mut closed] {
        backend.stop().await?;
        ensure!(!backend.complaints().contains("ERROR"), "{}", backend.complaints());
    }
    Ok(())
}

/// Settings of a helpline that opens in two hours.
fn closed_now(settings: &str) -> String {
    let hour = |more| {
        let at = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(more);
        at.to_zoned(jiff::tz::TimeZone::UTC).strftime("%H:%M:%S").to_string()
    };
    format!("{settings}opens = {}\ncloses = {}\n", hour(2), hour(3))
}

/// Where the runner asks for an operator who takes a visitor. Returns the address.
async fn hook(backend: Arc<Mutex<PythonBackend>>) -> Result<String> {
    async fn take(State(backend): State<Arc<Mutex<PythonBackend>>>, body: String) -> StatusCode {
        let wish: Value = serde_json::from_str(&body).unwrap_or_default();
        let typed = match (wish["do"].as_str(), wish["conv"].as_str()) {
            (Some("take"), Some(conv)) => backend.lock().await.types(&format!("/take {conv}")),
            _ => return StatusCode::BAD_REQUEST,
        };
        if typed.is_ok() { StatusCode::NO_CONTENT } else { StatusCode::SERVICE_UNAVAILABLE }
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}/", listener.local_addr()?);
    let router = Router::new().route("/", post(take)).with_state(backend);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}
