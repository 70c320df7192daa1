//! The program as a stranger meets it.

use std::process::{Command, Output};

use serde_json::Value;
use tealight_tests::conform::cases;

use crate::faults::FAULTS;
use crate::mutants::Faulty;
use crate::spoiler::SOUND;

/// The runner's program, built beside these tests.
const PROGRAM: &str = env!("CARGO_BIN_EXE_tealight-conform");

#[test]
fn all_cases_are_listed_without_a_backend() {
    let output = conform(&["--list"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), cases().len());
}

#[test]
fn what_cannot_run_says_why_and_ends_with_two() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("ws://{nobody}/v1/ws");
    for (arguments, words) in [
        (vec!["--only", "255", url.as_str()], "there is no case 255"),
        (vec![url.as_str()], "no socket can be opened"),
        (vec!["https://chat.example.org/v1/ws"], "does not begin with ws://"),
        (vec!["--accounts", "no-such-file", url.as_str()], "no-such-file cannot be read"),
    ] {
        let output = conform(&arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exit_status_and_the_report_say_whether_anything_failed() {
    for (fault, status, outcome) in [(SOUND, 0, "passed"), (FAULTS[0], 1, "failed")] {
        let backend = Faulty::start(fault).await.unwrap();
        let url = backend.url.clone();
        let output =
            tokio::task::spawn_blocking(move || conform(&["--json", "--only", "4", &url])).await.unwrap();
        assert_eq!(output.status.code(), Some(status));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["cases"][0]["outcome"], outcome, "{report}");
    }
}

fn conform(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).output().unwrap()
}
