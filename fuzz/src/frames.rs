//! Frames of all four directions: no bytes make a reader panic, what was read can be written and read again, and
//! the reader that widgets use reads what serde reads.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tealight_protocol::{OperatorFrame, ToOperator, ToVisitor, VisitorFrame, decode, lean};

use crate::seeds;

pub(crate) fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    there_and_back::<VisitorFrame>(text);
    there_and_back::<ToVisitor>(text);
    there_and_back::<OperatorFrame>(text);
    there_and_back::<ToOperator>(text);
    // A field given twice is the one thing on which the two readers may differ; a tree has each once.
    match serde_json::from_str::<Value>(text) {
        Ok(tree) => both_agree(&tree),
        // A number larger than any is JSON all the same, and no number that a frame means.
        Err(error) if error.to_string().starts_with("number out of range") => {}
        Err(_) => assert_eq!(lean::to_visitor(text), None, "what is not JSON is no frame"),
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let directions = [
        "visitor-to-server",
        "server-to-visitor",
        "operator-to-server",
        "server-to-operator",
        "service-status",
    ];
    let valid = directions.into_iter().flat_map(seeds::frames);
    valid.chain(seeds::invalid()).map(String::into_bytes).collect()
}

fn there_and_back<F: DeserializeOwned + Serialize + PartialEq + Debug>(text: &str) {
    let frame = match decode::<F>(text) {
        Ok(frame) => frame,
        Err(error) => {
            assert!(format!("{error:?} {error}").len() < 100, "an error never quotes the frame");
            return;
        }
    };
    let written = serde_json::to_string(&frame).expect("every frame can be written");
    let again = decode::<F>(&written);
    assert_eq!(again.as_ref(), Ok(&frame), "read, written, and read as something else");
}

fn both_agree(tree: &Value) {
    let text = tree.to_string();
    let derived = serde_json::from_str::<ToVisitor>(&text).ok();
    let lean = lean::to_visitor(&text);
    if lean == derived {
        return;
    }
    // serde also takes a list for an object and a number for a word of a closed set, which no backend means.
    let lax = lean.is_none()
        && derived.is_some_and(|frame| {
            let meant = serde_json::to_value(&frame).expect("every frame can be written");
            !has_shape(tree, &meant)
        });
    assert!(lax, "two readers, two frames: {text}");
}

/// Whether everything in `meant` stands in `tree` as a value of the same kind.
fn has_shape(tree: &Value, meant: &Value) -> bool {
    match (tree, meant) {
        (Value::Object(tree), Value::Object(meant)) => meant.iter().all(|(name, meant)| {
            // What is not there is a default.
            tree.get(name).is_none_or(|value| has_shape(value, meant))
        }),
        (Value::Array(tree), Value::Array(meant)) => tree.iter().zip(meant).all(|(t, m)| has_shape(t, m)),
        (Value::String(_), Value::String(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::Bool(_), Value::Bool(_))
        | (Value::Null, _) => true,
        (Value::Object(_) | Value::Array(_) | Value::String(_) | Value::Number(_) | Value::Bool(_), _) => {
            false
        }
    }
}
