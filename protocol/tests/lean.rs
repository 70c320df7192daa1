//! The frames that a widget reads by hand are the frames that serde reads.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Tests, and helpers of tests.

mod common;

use common::{files_below, read};
use serde_json::Value;
use tealight_protocol::{ToVisitor, lean};

#[test]
fn every_vector_reads_the_same_both_ways() {
    let files = files_below("vectors/valid/server-to-visitor");
    assert!(files.len() > 20, "where are the vectors?");
    for file in files {
        agree(&read(&format!("vectors/valid/server-to-visitor/{file}")), &file);
    }
}

#[test]
fn every_damaged_vector_reads_the_same_both_ways() {
    for file in files_below("vectors/valid/server-to-visitor") {
        let whole: Value =
            serde_json::from_str(&read(&format!("vectors/valid/server-to-visitor/{file}"))).unwrap();
        let mut damaged = 0;
        for_every_place(&whole, &mut |copy| {
            damaged += 1;
            agree(&copy.to_string(), &file);
        });
        assert!(damaged > 0, "{file}");
    }
}

#[test]
fn what_is_no_frame_is_none() {
    for bad in ["", "{", "[]", "null", "7", r#"["ping"]"#, r#"{"t":7}"#, "{}"] {
        assert_eq!(lean::to_visitor(bad), None, "{bad}");
    }
}

fn agree(text: &str, file: &str) {
    let derived = serde_json::from_str::<ToVisitor>(text).ok();
    assert_eq!(lean::to_visitor(text), derived, "{file}: {text}");
}

/// Calls with a copy for every field: without it, and with it as each of a few other things.
fn for_every_place(whole: &Value, call: &mut impl FnMut(&Value)) {
    for pointer in pointers(whole, "") {
        let mut copy = whole.clone();
        remove(&mut copy, &pointer);
        call(&copy);
        for other in
            [Value::Bool(true), Value::from(7), Value::from(-1), Value::from("word"), serde_json::json!({})]
        {
            // serde takes a number for the index of a variant (and an array for an object), which no backend means.
            if other.is_u64() && (pointer.ends_with("/kind") || pointer == "/t") {
                continue;
            }
            let mut copy = whole.clone();
            *copy.pointer_mut(&pointer).unwrap() = other;
            call(&copy);
        }
    }
}

fn pointers(value: &Value, here: &str) -> Vec<String> {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(i, value)| (i.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    let mut found = Vec::new();
    for (name, child) in children {
        let there = format!("{here}/{name}");
        found.extend(pointers(child, &there));
        found.push(there);
    }
    found
}

fn remove(value: &mut Value, pointer: &str) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match value.pointer_mut(parent).unwrap() {
        Value::Object(fields) => drop(fields.remove(name)),
        Value::Array(items) => drop(items.remove(name.parse().unwrap())),
        _ => unreachable!(),
    }
}
