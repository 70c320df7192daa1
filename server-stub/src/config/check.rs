//! Finding what is wrong with a configuration, and saying where.

use std::collections::HashSet;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use tealight_protocol::{Text, limits};

use super::{Config, OpeningHours, ServiceConfig, Shift, ShiftConfig, exit, roster};

/// Between which waits a helpline can stop to offer the chat, in minutes: those that visitors are told.
const OFFER_BELOW_MINUTES: std::ops::RangeInclusive<u32> = 2..=120;

/// What is wrong with a configuration file: where, what, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file.
    pub file: String,
    /// Line and column, from 1, where they are known.
    pub position: Option<(usize, usize)>,
    /// What is wrong.
    pub problem: String,
    /// What to do about it.
    pub fix: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            Some((line, column)) => write!(f, "{}:{line}:{column}: {}", self.file, self.problem)?,
            None => write!(f, "{}: {}", self.file, self.problem)?,
        }
        write!(f, "\n  fix: {}", self.fix)
    }
}

impl std::error::Error for ConfigError {}

impl ConfigError {
    pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> Self {
        Self {
            file: path.display().to_string(),
            position: None,
            problem: format!("the file cannot be read: {error}"),
            fix: "name a readable file with --config; tealight.example.toml is one to start from".to_owned(),
        }
    }

    pub(super) fn toml(file: &str, text: &str, error: &toml::de::Error) -> Self {
        let problem = error.message().trim().replace('\n', "; ");
        let fix = if problem.contains("unknown field") {
            "correct the spelling or remove the line; tealight.example.toml lists every key"
        } else if problem.contains("missing field") {
            "add the key to this table; tealight.example.toml shows it"
        } else if problem.contains("invalid type") || problem.contains("unknown variant") {
            "give the key a value of the kind tealight.example.toml shows"
        } else {
            "mend the line so that it is valid TOML: strings stand in quotation marks, lists in [ ]"
        };
        Self {
            file: file.to_owned(),
            position: error.span().map(|span| position(text, span.start)),
            problem,
            fix: fix.to_owned(),
        }
    }
}

pub(super) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |start| start.chars().count()) + 1;
    (line, column)
}

/// Where in the text a value stands: the first line on which `key` is given this value.
fn find(text: &str, key: &str, value: &str) -> Option<(usize, usize)> {
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let code = line.trim_start();
        if !code.starts_with('#')
            && (key.is_empty() || line.contains(key))
            && let Some(column) = line.find(value)
        {
            return Some(position(text, offset + column));
        }
        offset += line.len();
    }
    None
}

struct Checker<'a> {
    file: &'a str,
    text: &'a str,
}

impl Checker<'_> {
    fn fail(&self, key: &str, value: &str, problem: String, fix: &str) -> Result<(), ConfigError> {
        let position = find(self.text, key, value).or_else(|| find(self.text, "", value));
        Err(ConfigError { file: self.file.to_owned(), position, problem, fix: fix.to_owned() })
    }
}

pub(super) fn check(config: &Config, file: &str, text: &str) -> Result<(), ConfigError> {
    let at = Checker { file, text };
    addresses(config, &at)?;
    service(config, &at)?;
    if let Some((problem, fix)) = exit::fault(config) {
        at.fail("exit_url", &config.service.exit_url, problem, fix)?;
    }
    people(config, &at)?;
    numbers(config, &at)?;
    offering(config, &at)?;
    roster::check(config, file, text)
}

fn addresses(config: &Config, at: &Checker<'_>) -> Result<(), ConfigError> {
    let demo = config.demo_site.as_ref().map(|demo| demo.listen.as_str());
    let listeners = config.server.listen.iter().chain(config.server.metrics_listen.as_deref()).chain(demo);
    for address in listeners {
        if address.parse::<SocketAddr>().is_err() {
            at.fail(
                "listen",
                address,
                format!("“{address}” is not an address to listen on"),
                "write an IP address and a port, such as \"127.0.0.1:8080\" or \"[::]:8080\"",
            )?;
        }
    }
    for origin in &config.server.allowed_origins {
        if !is_origin(origin) {
            at.fail(
                "",
                origin,
                format!("“{origin}” is not an origin"),
                "write scheme and host and nothing after them, such as \"https://www.example.org\"; \
                 list each origin: there are no wildcards",
            )?;
        }
    }
    if let Some(url) = &config.server.public_url
        && !is_origin(url)
    {
        at.fail(
            "public_url",
            url,
            format!("“{url}” is not the address of a server"),
            "write scheme and host, and no path, such as \"https://chat.example.org\"",
        )?;
    }
    Ok(())
}

/// Scheme, host and perhaps a port, in the spelling browsers send in `Origin`: small letters, no dot at the end, no
/// port that the scheme has anyway. Any other spelling would never be met.
fn is_origin(text: &str) -> bool {
    let (rest, usual) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => (rest, "443"),
        (None, Some(rest)) => (rest, "80"),
        (None, None) => return false,
    };
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        Some(_) | None => (rest, None),
    };
    is_host(host) && port.is_none_or(|port| port != usual && is_port(port))
}

fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok_and(|port| port > 0 && port.to_string() == text)
}

/// A name, or an address in the one way it is written.
fn is_host(text: &str) -> bool {
    if let Some(address) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok_and(|parsed| parsed.to_string() == address);
    }
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_numeric = |label: &str| label.bytes().all(|b| b.is_ascii_digit());
    text.len() <= 253
        && text.split('.').all(is_label)
        // What ends in a number is an address to a browser, and is written as one.
        && (!text.rsplit('.').next().is_some_and(is_numeric) || text.parse::<Ipv4Addr>().is_ok())
}

fn service(config: &Config, at: &Checker<'_>) -> Result<(), ConfigError> {
    let service = &config.service;
    if service.name.trim().is_empty() {
        at.fail("name", "", "the helpline has no name".to_owned(), "write the name visitors know it by")?;
    }
    if TimeZone::get(&service.time_zone).is_err() {
        at.fail(
            "time_zone",
            &service.time_zone,
            format!("“{}” is not a known time zone", service.time_zone),
            "write a name of the IANA time zone database, such as \"Europe/London\"",
        )?;
    }
    for shift in &service.hours {
        if let Err((value, problem)) = parse_shift(shift) {
            at.fail(
                "",
                &value,
                problem,
                "write a shift as { days = [\"mon\", \"tue\"], from = \"18:00\", to = \"02:00\" }; \
                 \"daily\" stands for every day",
            )?;
        }
    }
    for day in &service.closed_on {
        if day.parse::<Date>().is_err() {
            at.fail("", day, format!("“{day}” is not a date"), "write dates as \"2026-12-25\"")?;
        }
    }
    for (key, url) in [
        ("exit_url", Some(&service.exit_url)),
        ("confidentiality_url", config.texts.confidentiality_url.as_ref()),
        ("safety_url", config.texts.safety_url.as_ref()),
    ] {
        if let Some(url) = url
            && !(url.starts_with("https://") || url.starts_with("http://"))
        {
            at.fail(
                key,
                url,
                format!("{key} “{url}” is not the address of a page"),
                "write it in full, beginning with https://",
            )?;
        }
    }
    Ok(())
}

fn people(config: &Config, at: &Checker<'_>) -> Result<(), ConfigError> {
    unique(at, "alternatives", config.alternatives.iter().map(|a| a.id.as_str()))?;
    unique(at, "areas", config.areas.iter().map(|a| a.id.as_str()))?;
    unique(at, "canned", config.canned.iter().map(|c| c.id.as_str()))?;
    unique(at, "survey.questions", config.survey.questions.iter().map(|q| q.id.as_str()))?;
    for alternative in &config.alternatives {
        if !["tel:", "sms:", "mailto:", "https://"].iter().any(|scheme| alternative.uri.starts_with(scheme)) {
            at.fail(
                "uri",
                &alternative.uri,
                format!("“{}” does not lead to another way to get help", alternative.uri),
                "begin it with tel:, sms:, mailto: or https://",
            )?;
        }
    }
    if config.survey.questions.len() > limits::SURVEY_QUESTIONS {
        let question = &config.survey.questions[limits::SURVEY_QUESTIONS];
        at.fail(
            "id",
            &question.id,
            format!("the survey has more than {} questions", limits::SURVEY_QUESTIONS),
            "keep the questions that matter most, and remove the others",
        )?;
    }
    for question in &config.survey.questions {
        if question.options.is_empty() {
            at.fail(
                "id",
                &question.id,
                format!("the question “{}” has no answers to choose from", question.id),
                "add options = [\"Yes\", \"No\"] or the like",
            )?;
        }
    }
    for canned in &config.canned {
        if tealight_protocol::Text::parse(&canned.text).is_err() {
            at.fail(
                "id",
                &canned.id,
                format!("the pre-written message “{}” is empty or too long", canned.id),
                "give it a text of 1 to 4,000 characters",
            )?;
        }
    }
    Ok(())
}

fn unique<'a>(at: &Checker<'_>, table: &str, ids: impl Iterator<Item = &'a str>) -> Result<(), ConfigError> {
    let mut seen = HashSet::new();
    for id in ids {
        if id.is_empty() || !seen.insert(id) {
            at.fail(
                "id",
                id,
                format!("{table}: the id “{id}” is empty or given twice"),
                "give each entry an id of its own",
            )?;
        }
    }
    Ok(())
}

fn numbers(config: &Config, at: &Checker<'_>) -> Result<(), ConfigError> {
    let (wait, limits) = (&config.wait, &config.limits);
    let ranges = [
        ("place_hold_minutes", wait.place_hold_minutes, 2..=15),
        ("ready_hold_seconds", wait.ready_hold_seconds, 10..=300),
        ("hand_out_seconds", wait.hand_out_seconds, 0..=600),
        ("after_closing_minutes", wait.after_closing_minutes, 0..=240),
        ("retention_hours", limits.retention_hours, 0..=720),
        ("new_key_hours", config.storage.new_key_hours, 1..=8_760),
        ("copies_days", config.storage.copies_days, 0..=90),
        ("silence_minutes", limits.silence_minutes, 0..=240),
        ("operator_lease_seconds", limits.operator_lease_seconds, 5..=600),
        ("transfer_hold_seconds", limits.transfer_hold_seconds, 10..=600),
        ("operator_session_hours", limits.operator_session_hours, 1..=168),
        ("sockets_per_minute", limits.sockets_per_minute, 1..=1_000_000),
        ("logins_per_minute", limits.logins_per_minute, 1..=1_000_000),
        ("work_above_starts", limits.work_above_starts, 1..=100_000),
    ];
    for (key, value, range) in ranges {
        if !range.contains(&value) {
            at.fail(
                key,
                &value.to_string(),
                format!("{key} is {value}"),
                &format!("choose a number from {} to {}", range.start(), range.end()),
            )?;
        }
    }
    if (1..10).contains(&limits.silence_minutes) {
        at.fail(
            "silence_minutes",
            &limits.silence_minutes.to_string(),
            format!("silence_minutes is {}", limits.silence_minutes),
            "choose a number from 10 to 240, or 0 to close nothing for silence",
        )?;
    }
    if Text::parse(&config.texts.silence).is_err() {
        at.fail(
            "silence",
            "silence",
            "texts.silence is empty or too long for a message".to_owned(),
            "write a sentence or two",
        )?;
    }
    if wait.prior_mean_minutes.is_some_and(|m| !(m.is_finite() && (1.0..=600.0).contains(&m))) {
        at.fail(
            "prior_mean_minutes",
            "prior_mean_minutes",
            "prior_mean_minutes is no length of a conversation".to_owned(),
            "choose a number from 1 to 600, or remove the line to say “we can't say” until 30 were measured",
        )?;
    }
    Ok(())
}

/// To whom the chat is offered.
fn offering(config: &Config, at: &Checker<'_>) -> Result<(), ConfigError> {
    let wait = &config.wait;
    if !(0.0..=1.0).contains(&wait.offer_share) {
        at.fail(
            "offer_share",
            "offer_share",
            format!("offer_share is {}", wait.offer_share),
            "choose a share from 0 to 1: 0.2 offers the chat to one page in five",
        )?;
    }
    let Some(minutes) = wait.offer_below_minutes else { return Ok(()) };
    if !OFFER_BELOW_MINUTES.contains(&minutes) {
        at.fail(
            "offer_below_minutes",
            "offer_below_minutes",
            format!("offer_below_minutes is {minutes}"),
            &format!(
                "choose a number from {} to {}, or remove the line to offer the chat however long it takes",
                OFFER_BELOW_MINUTES.start(),
                OFFER_BELOW_MINUTES.end()
            ),
        )?;
    }
    if wait.prior_mean_minutes.is_none() {
        at.fail(
            "offer_below_minutes",
            "offer_below_minutes",
            "the wait is not known until 30 conversations were measured, and so none would ever begin"
                .to_owned(),
            "add prior_mean_minutes: what a conversation takes until then, such as 45",
        )?;
    }
    Ok(())
}

pub(super) fn opening_hours(service: &ServiceConfig) -> Option<OpeningHours> {
    if service.hours.is_empty() {
        return Some(OpeningHours::Always);
    }
    Some(OpeningHours::Shifts {
        zone: TimeZone::get(&service.time_zone).ok()?,
        shifts: service.hours.iter().map(parse_shift).collect::<Result<_, _>>().ok()?,
        closed_on: service.closed_on.iter().filter_map(|day| day.parse().ok()).collect(),
    })
}

/// The shift, or the value that is wrong and what is wrong with it.
fn parse_shift(shift: &ShiftConfig) -> Result<Shift, (String, String)> {
    let days = parse_days(&shift.days)?;
    Ok(Shift { days, from: parse_time(&shift.from)?, to: parse_time(&shift.to)? })
}

/// The days of a shift, each once.
pub(super) fn parse_days(names: &[String]) -> Result<Vec<Weekday>, (String, String)> {
    let mut days = Vec::new();
    for name in names {
        match name.as_str() {
            "mon" => days.push(Weekday::Monday),
            "tue" => days.push(Weekday::Tuesday),
            "wed" => days.push(Weekday::Wednesday),
            "thu" => days.push(Weekday::Thursday),
            "fri" => days.push(Weekday::Friday),
            "sat" => days.push(Weekday::Saturday),
            "sun" => days.push(Weekday::Sunday),
            "daily" => days.extend(Weekday::Monday.cycle_forward().take(7)),
            other => return Err((other.to_owned(), format!("“{other}” is not a day of the week"))),
        }
    }
    days.sort_by_key(|day| day.to_monday_zero_offset());
    days.dedup();
    if days.is_empty() {
        return Err(("days".to_owned(), "a shift is on no day".to_owned()));
    }
    Ok(days)
}

pub(super) fn parse_time(text: &str) -> Result<Time, (String, String)> {
    let parts = text.split_once(':').and_then(|(h, m)| {
        (h.len() == 2 && m.len() == 2).then_some(())?;
        Some((h.parse::<i8>().ok()?, m.parse::<i8>().ok()?))
    });
    match parts {
        Some((24, 0)) => Ok(Time::midnight()),
        Some((hour, minute)) => Time::new(hour, minute, 0, 0)
            .map_err(|_| (text.to_owned(), format!("“{text}” is not a time of day"))),
        None => Err((text.to_owned(), format!("“{text}” is not a time of day"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_spelt_as_browsers_send_it() {
        for good in [
            "https://example.org",
            "https://www.xn--bcher-kva.example",
            "http://localhost:8000",
            "http://127.0.0.1:8080",
            "https://[2001:db8::1]",
            "https://[2001:db8::1]:8443",
            "https://my_host.example.org:1",
        ] {
            assert!(is_origin(good), "{good}");
        }
        for bad in [
            "null",
            "*",
            "https://",
            "https://*.example.org",
            "https://Example.org",
            "https://example.org.",
            "https://example..org",
            "https://-example.org",
            "https://example.org/",
            "https://example.org:",
            "https://example.org:443",
            "http://example.org:80",
            "https://example.org:0",
            "https://example.org:080",
            "https://example.org:65536",
            "https://example.org:80:80",
            "https://user@example.org",
            "https://example.org https://other.example",
            "https://127.1",
            "https://1234",
            "https://127.0.0.01",
            "https://::1",
            "https://[::1",
            "https://[0:0::1]",
            "https://[example.org]",
            "ws://example.org",
            "example.org",
        ] {
            assert!(!is_origin(bad), "{bad}");
        }
    }
}
