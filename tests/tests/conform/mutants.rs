//! The runner finds what is wrong: our own server with one fault at a time, and the case that must see it.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use tealight_tests::conform::{Account, Bench, Level, Options, Outcome, Report, run, write_empty_files};
use tealight_tests::server::{OPERATOR, SECOND_OPERATOR, Settings, TestServer};

use crate::faults::FAULTS;
use crate::spoiler::{Fault, SOUND, spoil};

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_is_found_by_the_case_that_is_meant_for_it() -> Result<()> {
    let tasks: Vec<_> = FAULTS.into_iter().map(|fault| tokio::spawn(ask(fault, vec![fault.case]))).collect();
    for (task, fault) in tasks.into_iter().zip(FAULTS) {
        let report = task.await??;
        let finding = &report.findings[0];
        println!("a backend that {}:\n{finding}\n", fault.what);
        ensure!(report.findings.len() == 1 && finding.number == fault.case, "{}", fault.what);
        ensure!(
            matches!(finding.outcome, Outcome::Failed { .. }) && !finding.frames.is_empty(),
            "a backend that {} was not found by case {}: {finding}",
            fault.what,
            fault.case,
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_finds_the_faults_finds_none_where_there_is_none() -> Result<()> {
    let cases: BTreeSet<u8> = FAULTS.iter().map(|fault| fault.case).collect();
    let cases: Vec<u8> = cases.into_iter().collect();
    let report = ask(SOUND, cases.clone()).await?;
    ensure!(
        report.numbers(|outcome| *outcome == Outcome::Passed) == cases,
        "{:?}\n{report}",
        report.findings
    );
    Ok(())
}

#[tokio::test]
async fn a_report_says_what_was_sent_what_was_expected_and_what_came() -> Result<()> {
    let fault = FAULTS[0];
    let report = ask(fault, vec![4, 60]).await?;
    let text = report.findings[0].to_string();
    for words in
        ["FAILED", "demanded", r#"sent      {"t":"hello""#, "expected  close 4400", "came      close 4000"]
    {
        ensure!(text.contains(words), "{words:?} is not in\n{text}");
    }
    ensure!(report.findings[1].to_string().contains("not offered"), "{}", report.findings[1]);
    ensure!(report.line(Level::L4) == "L4: 0 of 1 passed, 1 not offered", "{}", report.line(Level::L4));
    ensure!(!report.has_level(Level::L1) && report.has_failed(), "{report}");
    let json = report.to_json();
    ensure!(
        json["cases"][0]["outcome"] == "failed" && json["cases"][1]["outcome"] == "not_offered",
        "{json}"
    );
    ensure!(json["cases"][0]["expected"] == "close 4400", "{json}");
    Ok(())
}

/// Asks a backend with a fault some cases.
async fn ask(fault: Fault, only: Vec<u8>) -> Result<Report> {
    let backend = Faulty::start(fault).await?;
    let account = |account: tealight_tests::server::Account| Account {
        name: account.login.to_owned(),
        password: account.password.to_owned(),
        areas: Vec::new(),
        languages: Vec::new(),
        supervisor: false,
    };
    let accounts = vec![account(OPERATOR), account(SECOND_OPERATOR)];
    let options = Options { only, accounts, rounds: Some(2), ..Options::default() };
    let bench = Bench::at(&backend.url, options).await?;
    Ok(run(&bench, Level::L4, |_| {}).await)
}

/// Our own server with a fault in front.
pub(crate) struct Faulty {
    /// The address of its socket.
    pub(crate) url: String,
    _server: TestServer,
    _files: tempfile::TempDir,
}

impl Faulty {
    pub(crate) async fn start(fault: Fault) -> Result<Self> {
        let files = tempfile::tempdir()?;
        write_empty_files(files.path())?;
        let settings = Settings { assets: Some(files.path().to_owned()), ..Settings::default() };
        let server = TestServer::with(settings).await?;
        Ok(Self { url: spoil(&server.socket(), fault).await?, _server: server, _files: files })
    }
}
