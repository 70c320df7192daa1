//! What the tests of the specification share: the four directions, the files, and how a committed file is
//! brought up to date (`TEALIGHT_BLESS=1`).

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)] // Test support; no test uses all of it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use tealight_protocol::{DecodeError, OperatorFrame, ToOperator, ToVisitor, VisitorFrame, decode};

/// Who speaks to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    VisitorToServer,
    ServerToVisitor,
    OperatorToServer,
    ServerToOperator,
}

/// Every direction.
pub(crate) const DIRECTIONS: [Direction; 4] = [
    Direction::VisitorToServer,
    Direction::ServerToVisitor,
    Direction::OperatorToServer,
    Direction::ServerToOperator,
];

impl Direction {
    /// Its name in folders and files.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::VisitorToServer => "visitor-to-server",
            Self::ServerToVisitor => "server-to-visitor",
            Self::OperatorToServer => "operator-to-server",
            Self::ServerToOperator => "server-to-operator",
        }
    }

    pub(crate) fn by_name(name: &str) -> Self {
        DIRECTIONS.into_iter().find(|direction| direction.name() == name).expect("a direction")
    }

    /// Reads a frame of this direction and writes it again.
    pub(crate) fn through_types(self, text: &str) -> Result<Value, DecodeError> {
        fn through<F: DeserializeOwned + Serialize>(text: &str) -> Result<Value, DecodeError> {
            decode::<F>(text).map(|frame| serde_json::to_value(frame).unwrap())
        }
        match self {
            Self::VisitorToServer => through::<VisitorFrame>(text),
            Self::ServerToVisitor => through::<ToVisitor>(text),
            Self::OperatorToServer => through::<OperatorFrame>(text),
            Self::ServerToOperator => through::<ToOperator>(text),
        }
    }

    /// The file with the schema of its frames.
    pub(crate) fn schema_file(self) -> String {
        format!("{}.schema.json", self.name())
    }
}

/// A path inside the crate.
pub(crate) fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

/// A file inside the crate.
pub(crate) fn read(relative: &str) -> String {
    fs::read_to_string(path(relative)).unwrap_or_else(|error| panic!("{relative}: {error}"))
}

/// Every file below a folder of the crate, by its path from there, in order.
pub(crate) fn files_below(folder: &str) -> Vec<String> {
    fn walk(root: &Path, folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap().path();
            if entry.is_dir() {
                walk(root, &entry, found);
            } else {
                found.push(entry.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/"));
            }
        }
    }
    let mut found = Vec::new();
    walk(&path(folder), &path(folder), &mut found);
    found.sort();
    found
}

/// Compares a committed file with what it should be, or writes it when `TEALIGHT_BLESS` is set.
pub(crate) fn compare_or_bless(relative: &str, wanted: &str) {
    if std::env::var_os("TEALIGHT_BLESS").is_some() {
        fs::write(path(relative), wanted).unwrap();
        return;
    }
    let found = fs::read_to_string(path(relative)).unwrap_or_default();
    assert!(
        found == wanted,
        "{relative} is out of date; bring it up to date with TEALIGHT_BLESS=1 cargo test -p tealight-protocol"
    );
}
