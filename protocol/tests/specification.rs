//! `PROTOCOL.md` against the code: its examples are the vector files, and what it lists is what there is,
//! no more and no less.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Tests, and helpers of tests.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{DIRECTIONS, Direction, compare_or_bless, files_below, read};
use serde_json::Value;
use tealight_protocol::{
    CloseCode, LEAVE_PATH, OPERATOR_PREFIX, SOCKET_PATH, STATUS_PATH, SUBPROTOCOL, SUBPROTOCOL_ANY,
    WORK_LABEL, limits, schema,
};

const SPECIFICATION: &str = "PROTOCOL.md";

#[test]
fn the_examples_are_the_vector_files() {
    let found = read(SPECIFICATION);
    compare_or_bless(SPECIFICATION, &with_examples_from_files(&found));
}

#[test]
fn every_block_of_json_names_its_file() {
    let text = read(SPECIFICATION);
    let lines: Vec<&str> = text.lines().collect();
    let mut blocks = 0;
    for (number, line) in lines.iter().enumerate() {
        if line.starts_with("```json") {
            assert!(vector_of(lines[number - 1]).is_some(), "{SPECIFICATION}:{}", number + 1);
            blocks += 1;
        }
    }
    assert!(blocks > 40, "only {blocks} examples");
}

#[test]
fn every_frame_type_has_its_section_and_every_section_its_type() {
    for direction in DIRECTIONS {
        let mut described = direction_sections(direction);
        // Said once for everybody.
        if direction != Direction::ServerToVisitor {
            described.extend(direction_sections(Direction::ServerToVisitor).into_iter().filter(
                |(name, _)| {
                    ["ping", "pong"].contains(&name.as_str())
                        || direction == Direction::ServerToOperator
                            && ["bye", "error"].contains(&name.as_str())
                },
            ));
        }
        let described: BTreeSet<String> = described.into_keys().collect();
        assert_eq!(described, frame_types(direction).into_keys().collect(), "{}", direction.name());
    }
}

#[test]
fn every_section_keeps_the_same_order() {
    for direction in DIRECTIONS {
        for (name, section) in direction_sections(direction) {
            let mut from = 0;
            for part in ["Direction.", "When.", "Fields.", "Example.", "The receiver", "Errors."] {
                let found = section[from..].find(&format!("**{part}**"));
                from += found.unwrap_or_else(|| panic!("{name} in {}: {part}", direction.name()));
            }
        }
    }
}

#[test]
fn every_field_is_named_in_the_section_of_its_frame() {
    for direction in DIRECTIONS {
        let sections = direction_sections(direction);
        for (name, fields) in frame_types(direction) {
            let Some(section) = sections.get(&name).filter(|section| !section.contains("| … |")) else {
                continue;
            };
            for field in fields {
                // One row may stand for all that is "as for a visitor".
                assert!(section.contains(&format!("`{field}`")), "{} {name}: {field}", direction.name());
            }
        }
    }
}

#[test]
fn every_event_kind_and_field_is_described() {
    let described: BTreeMap<String, String> = sections(&part("Events"))
        .into_iter()
        .filter_map(|(title, text)| Some((quoted(title.strip_prefix("Event ")?), text)))
        .collect();
    let kinds = event_kinds();
    assert_eq!(described.keys().collect::<Vec<_>>(), kinds.keys().collect::<Vec<_>>());
    for (kind, fields) in kinds {
        for field in fields {
            assert!(described[&kind].contains(&format!("| `{field}` |")), "{kind}: {field}");
        }
    }
}

#[test]
fn the_close_codes_and_what_a_client_does_are_those_of_the_code() {
    let described: Vec<(String, String)> = rows(&part("Close codes"))
        .into_iter()
        .filter(|row| row[0].parse::<u16>().is_ok())
        .map(|row| (row[0].clone(), row[2].clone()))
        .collect();
    let coded: Vec<(String, String)> = CloseCode::ALL
        .into_iter()
        .map(|code| {
            let verdict = format!("{:?}", CloseCode::verdict(code.as_u16())).to_lowercase();
            (code.as_u16().to_string(), verdict)
        })
        .collect();
    assert_eq!(described, coded);
    let explained: BTreeSet<String> = rows(&part("Close codes"))
        .into_iter()
        .filter(|row| row.len() == 2)
        .map(|row| row[0].clone())
        .collect();
    for (_, verdict) in coded {
        assert!(explained.contains(&verdict), "{verdict} is not explained");
    }
}

#[test]
fn the_error_codes_are_those_of_the_code() {
    let described: BTreeSet<String> =
        rows(&part("Error codes")).into_iter().skip(1).map(|row| quoted(&row[0])).collect();
    let schema = schema_of(Direction::ServerToVisitor);
    let coded: BTreeSet<String> = words(&schema["$defs"]["ErrorCode"]["examples"]);
    assert_eq!(described, coded);
    assert!(!coded.is_empty());
}

#[test]
fn every_word_of_an_open_list_is_in_the_text() {
    let text = read(SPECIFICATION);
    for direction in DIRECTIONS {
        for (name, definition) in schema_of(direction)["$defs"].as_object().unwrap() {
            for word in words(&definition["examples"]) {
                assert!(text.contains(&format!("`{word}`")), "{name}: {word}");
            }
        }
    }
}

#[test]
fn the_limits_are_those_of_the_code() {
    let described: Vec<(String, String)> =
        rows(&part("Limits")).into_iter().skip(1).map(|row| (quoted(&row[0]), row[1].clone())).collect();
    let mut coded: Vec<(String, String)> = read("src/limits.rs")
        .lines()
        .filter_map(|line| {
            let (name, rest) = line.strip_prefix("pub const ")?.split_once(": ")?;
            let (_, value) = rest.trim_end_matches(';').split_once(" = ")?;
            Some((name.to_owned(), evaluated(value)))
        })
        .collect();
    let mut described_sorted = described;
    described_sorted.sort();
    coded.sort();
    assert_eq!(described_sorted, coded);
}

#[test]
fn paths_subprotocols_and_the_ladder_are_those_of_the_code() {
    let text = read(SPECIFICATION);
    for word in
        [SOCKET_PATH, STATUS_PATH, LEAVE_PATH, SUBPROTOCOL, SUBPROTOCOL_ANY, OPERATOR_PREFIX, WORK_LABEL]
    {
        assert!(text.contains(word), "{word}");
    }
    let ladder: Vec<String> = limits::WAIT_LADDER_MIN.iter().map(u32::to_string).collect();
    assert!(part("Common forms").contains(&ladder.join(", ")));
}

#[test]
fn every_session_is_walked_through() {
    let walks = part("Walk-throughs");
    for file in files_below("vectors/sessions") {
        assert!(walks.contains(&format!("`{file}`")), "{file}");
    }
}

/// The text with every example replaced by its file.
fn with_examples_from_files(text: &str) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        filled += line;
        filled += "\n";
        let Some(file) = vector_of(line) else { continue };
        assert_eq!(lines.next(), Some("```json"), "after {line}");
        lines.by_ref().take_while(|line| *line != "```").for_each(drop);
        filled += "```json\n";
        filled += &read(&format!("vectors/{file}"));
        filled += "```\n";
    }
    filled
}

fn vector_of(line: &str) -> Option<&str> {
    line.strip_prefix("<!-- vector: ")?.strip_suffix(" -->")
}

/// What stands under a heading of the second level.
fn part(title: &str) -> String {
    let text = read(SPECIFICATION);
    let heading = format!("\n## {title}\n");
    let from = text.find(&heading).unwrap_or_else(|| panic!("no part {title}")) + heading.len();
    let length = text[from..].find("\n## ").unwrap_or(text.len() - from);
    text[from..from + length].to_owned()
}

/// Headings of the third level, and what stands under each.
fn sections(part: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in part.lines() {
        if let Some(title) = line.strip_prefix("### ") {
            found.push((title.to_owned(), String::new()));
        } else if let Some((_, text)) = found.last_mut() {
            text.push_str(line);
            text.push('\n');
        }
    }
    found
}

fn direction_sections(direction: Direction) -> BTreeMap<String, String> {
    let title = match direction {
        Direction::VisitorToServer => "Frames from a visitor",
        Direction::ServerToVisitor => "Frames to a visitor",
        Direction::OperatorToServer => "Frames from an operator",
        Direction::ServerToOperator => "Frames to an operator",
    };
    sections(&part(title)).into_iter().map(|(title, text)| (quoted(&title), text)).collect()
}

/// The cells of every row of a table, the lines between head and body left out.
fn rows(text: &str) -> Vec<Vec<String>> {
    text.lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| ---"))
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

fn quoted(cell: &str) -> String {
    cell.trim_matches('`').to_owned()
}

/// `16 * 1024` as `16384`, and a list without its brackets.
fn evaluated(value: &str) -> String {
    if let Some(list) = value.strip_prefix('[') {
        return list.trim_end_matches(']').to_owned();
    }
    let factors = value.split('*').map(|factor| factor.trim().replace('_', "").parse::<u64>().unwrap());
    factors.product::<u64>().to_string()
}

fn schema_of(direction: Direction) -> Value {
    let file = direction.schema_file();
    schema::files().into_iter().find(|(name, _)| *name == file).expect("a schema").1
}

fn words(list: &Value) -> BTreeSet<String> {
    list.as_array().into_iter().flatten().map(|word| word.as_str().unwrap().to_owned()).collect()
}

/// Every type of a direction, with its fields.
fn frame_types(direction: Direction) -> BTreeMap<String, BTreeSet<String>> {
    let schema = schema_of(direction);
    alternatives(&schema["oneOf"], &schema, "t")
}

fn event_kinds() -> BTreeMap<String, BTreeSet<String>> {
    let schema = schema_of(Direction::ServerToVisitor);
    alternatives(&schema["$defs"]["Event"]["oneOf"], &schema, "kind")
}

/// The alternatives of an enum of objects by the word in their tag, with their other fields.
fn alternatives(list: &Value, schema: &Value, tag: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    for alternative in list.as_array().expect("alternatives") {
        let Some(word) = alternative["properties"][tag]["const"].as_str() else { continue };
        let referred = alternative["$ref"].as_str().and_then(|path| schema.pointer(&path[1..]));
        let fields = [Some(alternative), referred]
            .into_iter()
            .flatten()
            .filter_map(|one| one["properties"].as_object())
            .flat_map(|properties| properties.keys().cloned())
            .filter(|name| name != tag)
            .collect();
        found.insert(word.to_owned(), fields);
    }
    found
}
