//! The vectors of the protocol, as bytes to begin with.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// One line of a recorded session.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// Who spoke: `visitor`, `operator` or `server`.
    pub(crate) from: String,
    /// On which socket.
    pub(crate) socket: String,
    /// What was said; null where a socket closed.
    pub(crate) frame: Value,
}

/// Every frame of a folder of `protocol/vectors/valid`.
pub(crate) fn frames(direction: &str) -> Vec<String> {
    files(&vectors().join("valid").join(direction)).iter().map(|file| read(file)).collect()
}

/// Every frame that must be refused, of whatever direction.
pub(crate) fn invalid() -> Vec<String> {
    let cases = files(&vectors().join("invalid"));
    let frame = |case: Value| match &case["frame"] {
        Value::Null => case["text"].as_str().unwrap_or_default().to_owned(),
        frame => frame.to_string(),
    };
    cases.iter().filter_map(|file| serde_json::from_str(&read(file)).ok()).map(frame).collect()
}

/// Every recorded session.
pub(crate) fn sessions() -> Vec<Vec<Line>> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let line = |line: &str| {
        let line: Value = serde_json::from_str(line).expect("a vector is JSON");
        Line { from: text(&line["from"]), socket: text(&line["socket"]), frame: line["frame"].clone() }
    };
    files(&vectors().join("sessions")).iter().map(|file| read(file).lines().map(line).collect()).collect()
}

/// A file of the repository.
pub(crate) fn repository(path: &str) -> String {
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path))
}

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocol/vectors")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every file below a folder, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for entry in entries {
            let path = entry.expect("a folder of the repository can be read").path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}
