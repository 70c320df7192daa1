//! What was said on a case's sockets, shortened, for whoever has to find out why it failed.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde_json::{Map, Value};

/// Longest text that is shown whole, in characters.
const TEXT: usize = 40;

/// Longest line, in characters.
const LINE: usize = 300;

/// How many lines are kept. A case with more has more than anybody reads.
const KEPT: usize = 400;

/// Fields that open something, or that nobody can tell apart.
const MASKED: [&str; 2] = ["auth", "token"];

/// The record of one case.
#[derive(Debug)]
pub(crate) struct Record {
    began: Instant,
    lines: Mutex<Vec<String>>,
    last_sent: Mutex<Option<String>>,
}

impl Default for Record {
    fn default() -> Self {
        Self { began: Instant::now(), lines: Mutex::default(), last_sent: Mutex::default() }
    }
}

impl Record {
    /// A frame went out.
    pub(crate) fn sent(&self, socket: &str, frame: &Value) {
        let text = shortened(frame);
        self.push(&format!("{socket} → {text}"));
        *lock(&self.last_sent) = Some(text);
    }

    /// A frame came.
    pub(crate) fn came(&self, socket: &str, frame: &Value) {
        self.push(&format!("{socket} ← {}", shortened(frame)));
    }

    /// Something else happened.
    pub(crate) fn note(&self, socket: &str, what: &str) {
        self.push(&format!("{socket} · {what}"));
    }

    /// The frame that went out last.
    pub(crate) fn last_sent(&self) -> Option<String> {
        lock(&self.last_sent).clone()
    }

    /// The last lines, and how many came before them.
    pub(crate) fn tail(&self, most: usize) -> (usize, Vec<String>) {
        let lines = lock(&self.lines);
        let before = lines.len().saturating_sub(most);
        (before, lines[before..].to_vec())
    }

    fn push(&self, line: &str) {
        let mut lines = lock(&self.lines);
        if lines.len() >= KEPT {
            lines.drain(..KEPT / 2);
        }
        let line: String = line.chars().take(LINE).collect();
        lines.push(format!("{:>6.2} s  {line}", self.began.elapsed().as_secs_f64()));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A frame in one line: long texts cut, lists of events by their numbers, nothing that opens a door.
pub(crate) fn shortened(frame: &Value) -> String {
    let mut shown = short(frame);
    // Who reads a frame looks for its type first.
    match shown.as_object_mut().and_then(|fields| fields.remove("t")) {
        Some(t) => {
            let rest = shown.to_string();
            let comma = if rest == "{}" { "" } else { "," };
            format!("{{\"t\":{t}{comma}{}", &rest[1..])
        }
        None => shown.to_string(),
    }
}

fn short(value: &Value) -> Value {
    match value {
        Value::String(text) if text.chars().count() > TEXT => {
            let start: String = text.chars().take(TEXT / 2).collect();
            Value::String(format!("{start}… ({} characters)", text.chars().count()))
        }
        Value::Array(items) if items.iter().all(|item| item["seq"].is_u64()) && items.len() > 2 => {
            Value::String(format!(
                "events {}…{} ({} of them)",
                items[0]["seq"],
                items[items.len() - 1]["seq"],
                items.len()
            ))
        }
        Value::Array(items) => Value::Array(items.iter().map(short).collect()),
        Value::Object(fields) => {
            let mut shown = Map::new();
            for (name, field) in fields {
                let field = if MASKED.contains(&name.as_str()) {
                    Value::String("…".to_owned())
                } else if name == "service" || name == "board" {
                    Value::String("{…}".to_owned())
                } else {
                    short(field)
                };
                shown.insert(name.clone(), field);
            }
            Value::Object(shown)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_shows_no_token_and_no_long_text() {
        let line = shortened(&json!({"t": "hello", "auth": "a-token", "text": "x".repeat(4_000)}));
        assert!(line.starts_with(r#"{"t":"hello","#), "{line}");
        assert!(!line.contains("a-token") && line.len() < 120, "{line}");
        assert_eq!(shortened(&json!({"t": "ping"})), r#"{"t":"ping"}"#);
    }

    #[test]
    fn the_last_lines_are_kept_and_the_others_counted() {
        let record = Record::default();
        for n in 0..10 {
            record.sent("v1", &json!({"t": "sync", "after": n}));
        }
        let (before, lines) = record.tail(3);
        assert_eq!((before, lines.len()), (7, 3));
        assert!(lines[2].contains("\"after\":9"));
    }
}
