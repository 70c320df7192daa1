//! The frames that a widget reads by hand are the frames that serde reads.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Tests, and helpers of tests.

mod common;

use common::{files_below, read};
use serde_json::Value;
use tealight_protocol::json::{Node, Writer, digits, quoted};
use tealight_protocol::{Answers, ToVisitor, VisitorFrame, lean};

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

#[test]
fn every_vector_is_written_as_serde_writes_it() {
    let files = files_below("vectors/valid/visitor-to-server");
    assert!(files.len() > 10, "where are the vectors?");
    for file in files {
        let text = read(&format!("vectors/valid/visitor-to-server/{file}"));
        let frame: VisitorFrame = serde_json::from_str(&text).unwrap();
        assert_eq!(lean::from_visitor(&frame), serde_json::to_string(&frame).unwrap(), "{file}");
    }
}

#[test]
fn json_is_what_serde_takes_for_json() {
    let whole = [
        "null",
        "true",
        "false",
        " [ 1 , -2 , 3.5 , 4e+2 , 0 , -0, 1E-7 ]\t\r\n",
        "[ ]",
        "{ }",
        r#"{"a":{"b":[null]},"a":1}"#,
        r#""\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00ü""#,
        "18446744073709551615",
        "18446744073709551616",
        "99999999999999999999",
    ];
    for text in whole {
        let known: Value = serde_json::from_str(text).unwrap();
        let node = Node::parse(text).unwrap();
        assert_eq!(node, node_of(&known, &node), "{text}");
    }
    let damaged = [
        "",
        " ",
        "nul",
        "nulll",
        "tru",
        "True",
        "[",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1]]",
        "{",
        "{1:2}",
        r#"{"a"}"#,
        r#"{"a":}"#,
        r#"{"a":1,}"#,
        "{a:1}",
        "\"",
        r#""\x""#,
        r#""\u12""#,
        r#""\u+123""#,
        r#""\ud800""#,
        r#""\ud800\n""#,
        r#""\ud800\ud800""#,
        r#""\udc00""#,
        "\"\n\"",
        "\"\0\"",
        "01",
        "-",
        "- 1",
        "+1",
        ".5",
        "1.",
        "1.e2",
        "1e",
        "1e+",
        "0x1",
        "1 2",
        "\u{feff}1",
        "NaN",
        "'a'",
        "\u{a0}1",
    ];
    for text in damaged {
        assert!(serde_json::from_str::<Value>(text).is_err(), "{text}");
        assert_eq!(Node::parse(text), None, "{text}");
    }
}

#[test]
fn what_is_nested_too_deeply_is_refused_where_serde_refuses_it() {
    for depth in 120..140 {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let text = format!("{}0{}", open.repeat(depth), close.repeat(depth));
            let known = serde_json::from_str::<Value>(&text).is_ok();
            assert_eq!(Node::parse(&text).is_some(), known, "{depth} {open}");
        }
    }
}

#[test]
fn every_character_is_written_as_serde_writes_it_and_read_again() {
    let signs: Vec<char> = ('\0'..'\u{100}').chain("\u{2028}\u{ffff}😀".chars()).collect();
    let all: String = signs.iter().collect();
    for words in signs.iter().map(char::to_string).chain([all]) {
        assert_eq!(quoted(&words), serde_json::to_string(&words).unwrap());
        assert_eq!(Node::parse(&quoted(&words)), Some(Node::Words(words)));
    }
    for number in [0, 7, 10, 99, 100, 1_234_567_890, u64::MAX] {
        assert_eq!(digits(number), number.to_string());
        assert_eq!(Node::parse(&digits(number)), Some(Node::Number(number)));
    }
}

#[test]
fn an_object_is_written_field_by_field() {
    let empty = Writer::new().finish();
    let text = Writer::new()
        .words("a\"", "b")
        .maybe("left", None)
        .maybe("right", Some("c"))
        .number("d", 7)
        .flag("e", true)
        .json("f", &empty)
        .list("g", std::iter::empty())
        .list("h", ["1".to_owned(), "2".to_owned()].into_iter())
        .finish();
    assert_eq!(text, r#"{"a\"":"b","right":"c","d":7,"e":true,"f":{},"g":[],"h":[1,2]}"#);
}

#[test]
fn answers_are_in_order_and_one_for_each_question() {
    let given =
        [("b", "1"), ("a", "2"), ("b", "3")].map(|(name, answer)| (name.to_owned(), answer.to_owned()));
    let answers = Answers::from_iter(given);
    assert_eq!(answers.iter().collect::<Vec<_>>(), [("a", "2"), ("b", "3")]);
    assert_eq!(answers.get("b"), Some("3"));
    assert_eq!(serde_json::to_string(&answers).unwrap(), lean::answers_to_json(&answers));
    assert_eq!(serde_json::from_str::<Answers>(r#"{"b":"1","a":"2","b":"3"}"#).unwrap(), answers);
}

/// The same value as a node; an object's fields in the order of the node's, of which the last of a name counts.
fn node_of(value: &Value, like: &Node) -> Node {
    match (value, like) {
        (Value::Null, _) => Node::Null,
        (Value::Bool(flag), _) => Node::Flag(*flag),
        (Value::Number(number), _) => number.as_u64().map_or(Node::Other, Node::Number),
        (Value::String(words), _) => Node::Words(words.clone()),
        (Value::Array(items), Node::List(like)) if items.len() == like.len() => {
            Node::List(items.iter().zip(like).map(|(item, like)| node_of(item, like)).collect())
        }
        (Value::Object(fields), Node::Object(like)) => {
            let is_last = |at: usize, name: &str| !like[at + 1..].iter().any(|(later, _)| later == name);
            let field = |(at, (name, like)): (usize, &(String, Node))| match &fields[name] {
                value if is_last(at, name) => (name.clone(), node_of(value, like)),
                _ => (name.clone(), like.clone()),
            };
            Node::Object(like.iter().enumerate().map(field).collect())
        }
        _ => panic!("{value} is not of the same kind"),
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
