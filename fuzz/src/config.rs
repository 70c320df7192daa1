//! `tealight.toml`: no text makes the reader panic, every refusal names a line, and what was taken can be used.

use std::time::Duration;

use tealight_server::Moment;
use tealight_server::config::Config;
use tealight_server::desk::Settings;
use tealight_server::testing::{CONFIG, START};

use crate::seeds;

/// A file that a person edits is not longer than this, and the time a run takes grows with it.
const MOST_BYTES: usize = 20_000;

pub(crate) fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if text.len() > MOST_BYTES {
        return;
    }
    match Config::parse(text, "tealight.toml") {
        Ok(config) => {
            let settings = Settings::from(&config);
            let mut at = START;
            for _ in 0..40 {
                let _ = settings.hours.at(at);
                at = at.plus(Duration::from_secs(11 * 3_600 + 17));
            }
            let _ = settings.hours.at(Moment(0));
            let _ = config.canned_messages();
        }
        Err(error) => {
            let (line, column) = error.position.unwrap_or_else(|| panic!("no line: {error}"));
            let lines = text.matches('\n').count() + 1;
            assert!((1..=lines).contains(&line) && column >= 1, "a place outside the file: {error}");
            assert!(!error.problem.is_empty() && !error.fix.is_empty(), "nothing to mend it by: {error}");
            assert!(error.to_string().starts_with("tealight.toml:"), "{error}");
        }
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let hours = r#"
[server]
listen = ["127.0.0.1:8080", "[::1]:8080"]
[service]
name = "Night Line"
time_zone = "Europe/London"
hours = [{ days = ["mon", "fri"], from = "18:00", to = "02:00" }, { days = ["daily"], from = "09:00", to = "24:00" }]
closed_on = ["2026-12-25"]
[limits]
retention_hours = 0
"#;
    [
        seeds::repository("server-stub/tealight.example.toml"),
        CONFIG.to_owned(),
        hours.to_owned(),
        String::new(),
    ]
    .map(String::into_bytes)
    .to_vec()
}
