//! A stranger's backend: the one in Python, whose operator sits at a terminal.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::Value;
use tealight_tests::conform::{Bench, Level, Options, Outcome, cases, run};
use tealight_tests::python::PythonBackend;
use tealight_tests::soak::SOAK;

/// The case of the silent client, which takes 75 s. The long form asks it, too.
const SILENCE: u8 = 29;

/// What a stranger's backend cannot be asked: to be killed and looked into.
const NOT_OFFERED: [u8; 2] = [24, 32];

/// An origin that the backend allows.
const ORIGIN: &str = "https://www.example.org";

#[tokio::test(flavor = "multi_thread")]
async fn the_backend_in_python_passes_the_core_and_the_waiting_room() -> Result<()> {
    let allowed = format!("origins = [\"{ORIGIN}\"]\n");
    let main = PythonBackend::start(&format!("{allowed}hold_s = 5\n")).await?;
    let small = PythonBackend::start(&format!("{allowed}capacity = 2\n")).await?;
    let closed = PythonBackend::start(&format!("{allowed}{}", closed_now())).await?;
    let url = main.socket();
    let operator = Arc::new(Mutex::new(main));
    let only = cases().iter().map(|case| case.number);
    let options = Options {
        only: only.filter(|n| *n != SILENCE || std::env::var_os(SOAK).is_some()).collect(),
        origin: Some(ORIGIN.to_owned()),
        small: Some(small.socket()),
        closed: Some(closed.socket()),
        operator_hook: Some(hook(operator.clone()).await?),
        ..Options::default()
    };
    let bench = Bench::at(&url, options).await?;
    let report = run(&bench, Level::L2, |_| {}).await;
    for finding in &report.findings {
        println!("{finding}");
    }
    assert!(!report.has_failed(), "{report}");
    assert_eq!(report.numbers(|outcome| matches!(outcome, Outcome::NotOffered(_))), NOT_OFFERED);
    assert!(report.has_level(Level::L1) && report.has_level(Level::L2), "{report}");
    Ok(())
}

/// Somebody at the backend's terminal, who takes the next visitor when asked over HTTP.
async fn hook(operator: Arc<Mutex<PythonBackend>>) -> Result<String> {
    let take = async move |Json(asked): Json<Value>| {
        let mut operator = operator.lock().unwrap_or_else(PoisonError::into_inner);
        if asked["do"] == "take" && operator.types("/take").is_ok() {
            StatusCode::NO_CONTENT
        } else {
            StatusCode::BAD_REQUEST
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/", post(take))).await });
    Ok(url)
}

/// Opening hours that are over for today, and a while from beginning again.
fn closed_now() -> String {
    let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC);
    let (opens, closes) = ((now.hour() + 6) % 24, (now.hour() + 8) % 24);
    format!("time_zone = \"UTC\"\nopens = {opens:02}:00:00\ncloses = {closes:02}:00:00\n")
}
