//! The files in `schema/`: up to date with the types, and of one mind with the vectors.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Tests, and helpers of tests.

mod common;

use common::{DIRECTIONS, Direction, compare_or_bless, files_below, read};
use serde_json::Value;
use tealight_protocol::schema;

#[test]
fn the_schema_files_are_those_of_the_types() {
    for (name, schema) in schema::files() {
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        compare_or_bless(&format!("schema/{name}"), &text);
    }
    let generated: Vec<String> = {
        let mut names: Vec<String> = schema::files().iter().map(|(name, _)| (*name).to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(files_below("schema"), generated, "files in schema/ that nothing generates");
}

#[test]
fn the_schema_of_a_direction_takes_its_valid_frames() {
    for direction in DIRECTIONS {
        takes_everything_in(direction.name(), &direction.schema_file());
    }
    takes_everything_in("service-status", "service-status.schema.json");
}

#[test]
fn the_schema_refuses_frames_of_the_wrong_shape() {
    let mut judged = 0;
    for file in files_below("vectors/invalid") {
        let vector: Value = serde_json::from_str(&read(&format!("vectors/invalid/{file}"))).unwrap();
        let direction = Direction::by_name(vector["direction"].as_str().unwrap());
        let takes = validator(&direction.schema_file()).is_valid(&vector["frame"]);
        match vector["schema"].as_str().unwrap() {
            "refuses" => assert!(!takes, "the schema takes {file}"),
            "takes" => assert!(takes, "the schema refuses {file}, which only its meaning rules out"),
            "none" => assert!(vector["text"].is_string(), "{file}"),
            other => panic!("{file}: {other}"),
        }
        judged += 1;
    }
    assert!(judged > 50, "only {judged} invalid vectors");
}

fn takes_everything_in(folder: &str, schema_file: &str) {
    let validator = validator(schema_file);
    for file in files_below(&format!("vectors/valid/{folder}")) {
        let frame: Value = serde_json::from_str(&read(&format!("vectors/valid/{folder}/{file}"))).unwrap();
        if let Err(error) = validator.validate(&frame) {
            panic!("{schema_file} refuses {folder}/{file}: {error} at {}", error.instance_path());
        }
    }
}

/// A validator made from the types, so that these tests do not depend on the committed files.
fn validator(schema_file: &str) -> jsonschema::Validator {
    let (_, schema) = schema::files().into_iter().find(|(name, _)| *name == schema_file).expect("a schema");
    jsonschema::validator_for(&schema).unwrap()
}
