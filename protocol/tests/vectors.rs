//! The files in `vectors/` against the types: what is valid is read as what it is named for, what is invalid
//! is refused in the way it says, and recorded sessions obey the rules of the log.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Tests, and helpers of tests.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{DIRECTIONS, Direction, files_below, read};
use serde_json::{Value, json};
use tealight_protocol::{
    Answers, CloseCode, DecodeError, Event, EventKind, OperatorFrame, ServiceStatus, ToOperator, ToVisitor,
    VisitorFrame, decode, limits,
};

#[test]
fn every_valid_frame_is_read_as_the_type_it_is_filed_under() {
    for (direction, type_name, file, text) in valid_frames() {
        let seen = direction
            .through_types(&text)
            .unwrap_or_else(|error| panic!("{file}: {error} {}", detail(&error)));
        assert_eq!(seen["t"], json!(type_name), "{file}");
    }
}

#[test]
fn every_valid_frame_without_unknown_parts_is_written_as_it_was_read() {
    for (direction, _, file, text) in valid_frames() {
        let original: Value = serde_json::from_str(&text).unwrap();
        let written = direction.through_types(&text).unwrap();
        if is_about_the_unknown(&file) {
            assert_ne!(written, original, "{file} says that it holds something unknown");
        } else {
            assert_eq!(normal(written), normal(original), "{file}");
        }
    }
}

#[test]
fn every_type_has_vectors_with_and_without_surprises() {
    let all = files_below("vectors/valid");
    for (direction, types) in
        DIRECTIONS.into_iter().zip([VISITOR_FRAMES, TO_VISITOR, OPERATOR_FRAMES, TO_OPERATOR])
    {
        let filed: BTreeSet<String> =
            valid_frames().filter(|(of, ..)| *of == direction).map(|(_, type_name, ..)| type_name).collect();
        assert_eq!(filed, types.iter().map(|t| (*t).to_owned()).collect(), "{}", direction.name());
        for type_name in types {
            let folder = format!("{}/{type_name}/", direction.name());
            let of_type = all.iter().filter(|file| file.starts_with(&folder)).count();
            assert!(of_type >= 2, "{folder} has {of_type} vector");
        }
    }
    let kinds: BTreeSet<String> = valid_frames()
        .filter(|(_, type_name, ..)| type_name == "event")
        .map(|(.., text)| serde_json::from_str::<Value>(&text).unwrap()["kind"].as_str().unwrap().to_owned())
        .collect();
    for kind in EVENT_KINDS {
        assert!(kinds.contains(*kind), "no vector for an event {kind}");
    }
}

/// Adding a variant to an enum of frames stops this file from compiling until its name is listed above.
#[test]
fn the_lists_of_types_are_those_of_the_enums() {
    for (direction, _, file, text) in valid_frames() {
        let name = match direction {
            Direction::VisitorToServer => visitor_frame(&decode(&text).unwrap()),
            Direction::ServerToVisitor => to_visitor(&decode(&text).unwrap()),
            Direction::OperatorToServer => operator_frame(&decode(&text).unwrap()),
            Direction::ServerToOperator => to_operator(&decode(&text).unwrap()),
        };
        assert!(file.contains(&format!("/{name}/")), "{file}");
    }
}

#[test]
fn service_states_are_read_and_written_again() {
    for file in files_below("vectors/valid/service-status") {
        let original: Value =
            serde_json::from_str(&read(&format!("vectors/valid/service-status/{file}"))).unwrap();
        let status: ServiceStatus = serde_json::from_value(original.clone()).unwrap();
        if !is_about_the_unknown(&file) {
            assert_eq!(normal(serde_json::to_value(status).unwrap()), normal(original), "{file}");
        }
    }
}

#[test]
fn every_invalid_frame_is_refused_as_it_says() {
    for file in files_below("vectors/invalid") {
        let vector: Value = serde_json::from_str(&read(&format!("vectors/invalid/{file}"))).unwrap();
        let direction = Direction::by_name(vector["direction"].as_str().unwrap());
        let text = match &vector["text"] {
            Value::String(text) => text.clone(),
            _ => vector["frame"].to_string(),
        };
        let (outcome, cid) = match direction.through_types(&text) {
            Ok(_) => judged_by_meaning(direction, &text).unwrap_or_else(|| panic!("{file} was taken")),
            Err(error) => judged_by_shape(direction, &text, error),
        };
        assert_eq!(json!(outcome), vector["outcome"], "{file}");
        assert_eq!(json!(cid), vector["cid"], "{file}");
    }
}

#[test]
fn a_frame_that_was_cut_off_anywhere_is_no_frame() {
    for (direction, _, file, text) in valid_frames() {
        let text = text.trim_end();
        for (end, _) in text.char_indices() {
            assert_eq!(direction.through_types(&text[..end]), Err(DecodeError::NotAFrame), "{file} at {end}");
        }
    }
}

#[test]
fn recorded_sessions_obey_the_rules_of_the_log() {
    for file in files_below("vectors/sessions") {
        let mut log: BTreeMap<u64, Value> = BTreeMap::new();
        let mut sockets: BTreeMap<String, Socket> = BTreeMap::new();
        let mut last_at = 0;
        for (number, line) in read(&format!("vectors/sessions/{file}")).lines().enumerate() {
            let place = format!("{file}:{}", number + 1);
            let line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{place}: {error}"));
            let at = line["at_ms"].as_u64().unwrap();
            assert!(at >= last_at, "{place}: time runs backwards");
            last_at = at;
            let socket = sockets.entry(line["socket"].as_str().unwrap().to_owned()).or_default();
            assert!(!socket.closed, "{place}: the socket was closed before");
            if let Some(code) = line["close"].as_u64() {
                assert!(CloseCode::from_u16(u16::try_from(code).unwrap()).is_some(), "{place}");
                socket.closed = true;
                continue;
            }
            socket.take(&line, &mut log, &place);
        }
        assert!(!log.is_empty() || file == "erase.jsonl", "{file} has no events");
        let seqs: Vec<u64> = log.keys().copied().collect();
        let dense: Vec<u64> = (1..=seqs.len() as u64).collect();
        assert!(seqs == dense, "{file}: {seqs:?}");
    }
}

const VISITOR_FRAMES: &[&str] = &[
    "hello", "sync", "start", "send", "answer", "end", "erase", "typing", "mark", "presence", "ping", "pong",
    "unknown",
];
const TO_VISITOR: &[&str] = &[
    "ready", "ack", "error", "event", "history", "queue", "service", "typing", "marks", "bye", "ping",
    "pong", "unknown",
];
const OPERATOR_FRAMES: &[&str] = &[
    "hello", "sync", "state", "claim", "send", "end", "block", "review", "transfer", "note", "offer",
    "announce", "shift", "unshift", "watch", "typing", "mark", "query", "ping", "pong", "unknown",
];
const TO_OPERATOR: &[&str] = &[
    "ready",
    "ack",
    "error",
    "event",
    "history",
    "assigned",
    "released",
    "board",
    "typing",
    "marks",
    "presence",
    "note",
    "watching",
    "watchers",
    "announcement",
    "result",
    "bye",
    "ping",
    "pong",
    "unknown",
];
const EVENT_KINDS: &[&str] =
    &["started", "message", "joined", "left", "transferred", "offer", "answered", "survey", "ended"];

fn visitor_frame(frame: &VisitorFrame) -> &'static str {
    match frame {
        VisitorFrame::Hello(_) => "hello",
        VisitorFrame::Sync { .. } => "sync",
        VisitorFrame::Start(_) => "start",
        VisitorFrame::Send { .. } => "send",
        VisitorFrame::Answer { .. } => "answer",
        VisitorFrame::End { .. } => "end",
        VisitorFrame::Erase { .. } => "erase",
        VisitorFrame::Typing { .. } => "typing",
        VisitorFrame::Mark(_) => "mark",
        VisitorFrame::Presence { .. } => "presence",
        VisitorFrame::Ping => "ping",
        VisitorFrame::Pong => "pong",
        VisitorFrame::Unknown => "unknown",
    }
}

fn to_visitor(frame: &ToVisitor) -> &'static str {
    match frame {
        ToVisitor::Ready(_) => "ready",
        ToVisitor::Ack { .. } => "ack",
        ToVisitor::Error { .. } => "error",
        ToVisitor::Event(event) => {
            event_kind(event);
            "event"
        }
        ToVisitor::History { .. } => "history",
        ToVisitor::Queue(_) => "queue",
        ToVisitor::Service(_) => "service",
        ToVisitor::Typing { .. } => "typing",
        ToVisitor::Marks(_) => "marks",
        ToVisitor::Bye { .. } => "bye",
        ToVisitor::Ping => "ping",
        ToVisitor::Pong => "pong",
        ToVisitor::Unknown => "unknown",
    }
}

fn event_kind(event: &Event) -> &'static str {
    match event.kind {
        EventKind::Started { .. } => "started",
        EventKind::Message { .. } => "message",
        EventKind::Joined { .. } => "joined",
        EventKind::Left { .. } => "left",
        EventKind::Transferred { .. } => "transferred",
        EventKind::Offer { .. } => "offer",
        EventKind::Answered { .. } => "answered",
        EventKind::Survey { .. } => "survey",
        EventKind::Ended { .. } => "ended",
        EventKind::Unknown => "unknown",
    }
}

fn operator_frame(frame: &OperatorFrame) -> &'static str {
    match frame {
        OperatorFrame::Hello(_) => "hello",
        OperatorFrame::Sync { .. } => "sync",
        OperatorFrame::State { .. } => "state",
        OperatorFrame::Claim { .. } => "claim",
        OperatorFrame::Send { .. } => "send",
        OperatorFrame::End { .. } => "end",
        OperatorFrame::Block { .. } => "block",
        OperatorFrame::Review { .. } => "review",
        OperatorFrame::Transfer { .. } => "transfer",
        OperatorFrame::Note { .. } => "note",
        OperatorFrame::Offer { .. } => "offer",
        OperatorFrame::Announce { .. } => "announce",
        OperatorFrame::Shift { .. } => "shift",
        OperatorFrame::Unshift { .. } => "unshift",
        OperatorFrame::Watch { .. } => "watch",
        OperatorFrame::Typing { .. } => "typing",
        OperatorFrame::Mark { .. } => "mark",
        OperatorFrame::Query { .. } => "query",
        OperatorFrame::Ping => "ping",
        OperatorFrame::Pong => "pong",
        OperatorFrame::Unknown => "unknown",
    }
}

fn to_operator(frame: &ToOperator) -> &'static str {
    match frame {
        ToOperator::Ready(_) => "ready",
        ToOperator::Ack { .. } => "ack",
        ToOperator::Error { .. } => "error",
        ToOperator::Event { .. } => "event",
        ToOperator::History { .. } => "history",
        ToOperator::Assigned { .. } => "assigned",
        ToOperator::Released { .. } => "released",
        ToOperator::Board(_) => "board",
        ToOperator::Typing { .. } => "typing",
        ToOperator::Marks { .. } => "marks",
        ToOperator::Presence { .. } => "presence",
        ToOperator::Note { .. } => "note",
        ToOperator::Watching { .. } => "watching",
        ToOperator::Watchers { .. } => "watchers",
        ToOperator::Announcement(_) => "announcement",
        ToOperator::Result { .. } => "result",
        ToOperator::Bye { .. } => "bye",
        ToOperator::Ping => "ping",
        ToOperator::Pong => "pong",
        ToOperator::Unknown => "unknown",
    }
}

/// Direction, type, file and content of every valid frame.
fn valid_frames() -> impl Iterator<Item = (Direction, String, String, String)> {
    files_below("vectors/valid").into_iter().filter(|file| !file.starts_with("service-status/")).map(|file| {
        let mut parts = file.split('/');
        let direction = Direction::by_name(parts.next().unwrap());
        let type_name = parts.next().unwrap().to_owned();
        let text = read(&format!("vectors/valid/{file}"));
        (direction, type_name, file, text)
    })
}

/// Vectors with words or fields that this version does not know are named for it.
fn is_about_the_unknown(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap();
    ["unknown-", "later-"].iter().any(|start| name.starts_with(start))
        || name.contains("-unknown-")
        || name.contains("-later-")
        || file.contains("/unknown/")
}

/// Without what means the same left out: absent lists, maps, switches and limits that are written explicitly.
fn normal(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut kept: serde_json::Map<String, Value> = fields
                .into_iter()
                .map(|(name, value)| (name, normal(value)))
                .filter(|(_, value)| !is_empty(value))
                .collect();
            if kept.get("keep_s") == Some(&json!(300)) {
                kept.remove("keep_s");
            }
            let limits = json!({"frame": 16384, "text": 4000, "burst": 20, "per_s": 2});
            if kept.get("limits") == Some(&limits) {
                kept.remove("limits");
            }
            if kept.get("visible") == Some(&json!(true)) && kept.contains_key("inst") {
                kept.remove("visible");
            }
            kept.into()
        }
        Value::Array(items) => items.into_iter().map(normal).collect(),
        other => other,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty() || fields.values().all(|mark| mark == &json!(0)),
        Value::String(word) => word == "standard",
        Value::Number(number) => number.as_u64() == Some(0),
        Value::Bool(true) => false,
    }
}

fn detail(error: &DecodeError) -> &str {
    match error {
        DecodeError::BadField { detail, .. } => detail,
        DecodeError::NotAFrame | DecodeError::TooLong { .. } => "",
    }
}

/// What a receiver does with a frame that could not be read.
fn judged_by_shape(direction: Direction, text: &str, error: DecodeError) -> (&'static str, Option<String>) {
    if matches!(direction, Direction::ServerToVisitor | Direction::ServerToOperator) {
        return ("ignored", None);
    }
    let wire = |cid: Option<tealight_protocol::Cid>| cid.map(String::from);
    match error {
        DecodeError::NotAFrame => ("close 4400", None),
        _ if text.contains(r#""t":"hello""#) => ("close 4400", None),
        DecodeError::TooLong { cid, .. } => ("error too_large", wire(cid)),
        DecodeError::BadField { cid, .. } => ("error bad_request", wire(cid)),
    }
}

/// What a backend does with a frame of the right shape that it still must not take.
fn judged_by_meaning(direction: Direction, text: &str) -> Option<(&'static str, Option<String>)> {
    let refused = |cid: Option<tealight_protocol::Cid>| Some(("error bad_request", cid.map(String::from)));
    match direction {
        Direction::VisitorToServer => match decode(text).ok()? {
            VisitorFrame::Answer { cid, data, .. } if !fits(&data) => refused(Some(cid)),
            _ => None,
        },
        Direction::OperatorToServer => match decode(text).ok()? {
            OperatorFrame::Send { cid, link: Some(link), .. } if !link.is_allowed() => refused(Some(cid)),
            OperatorFrame::Transfer { cid, to, .. } if to.operator.is_some() && to.area.is_some() => {
                refused(Some(cid))
            }
            OperatorFrame::State { capacity, .. } if !(1..=limits::CAPACITY).contains(&capacity) => {
                refused(None)
            }
            OperatorFrame::Shift { cid, shift }
                if shift.to <= shift.from || !(1..=limits::CAPACITY).contains(&shift.at_once) =>
            {
                refused(Some(cid))
            }
            _ => None,
        },
        Direction::ServerToVisitor | Direction::ServerToOperator => None,
    }
}

fn fits(answers: &Answers) -> bool {
    answers.len() <= limits::SURVEY_QUESTIONS
        && answers.iter().all(|(_, answer)| answer.chars().count() <= limits::ANSWER_CHARS)
}

/// What one socket of a recorded session has carried so far.
#[derive(Default)]
struct Socket {
    said_hello: bool,
    closed: bool,
    /// The last event that its client applied.
    last: Option<u64>,
}

impl Socket {
    fn take(&mut self, line: &Value, log: &mut BTreeMap<u64, Value>, place: &str) {
        let from = line["from"].as_str().unwrap();
        let of_operator = line["socket"].as_str().unwrap().starts_with('o');
        let direction = match (from, of_operator) {
            ("server", false) => Direction::ServerToVisitor,
            ("server", true) => Direction::ServerToOperator,
            ("visitor", false) => Direction::VisitorToServer,
            ("operator", true) => Direction::OperatorToServer,
            (other, _) => panic!("{place}: {other} does not speak on this socket"),
        };
        let frame = &line["frame"];
        let written = direction
            .through_types(&frame.to_string())
            .unwrap_or_else(|error| panic!("{place}: {error} {}", detail(&error)));
        assert_eq!(normal(written), normal(frame.clone()), "{place}");
        let is_hello = frame["t"] == "hello";
        assert_eq!(is_hello, !self.said_hello, "{place}: hello is the first frame and only the first");
        self.said_hello = true;
        if is_hello {
            let of_operator = frame["after"].as_object().and_then(|known| known.values().next()?.as_u64());
            self.last = frame["after"].as_u64().or(of_operator);
        }
        let (page, fresh) = match frame["t"].as_str().unwrap() {
            "event" => (vec![frame.clone()], false),
            "ready" => {
                let of_visitor = frame["conv"]["events"].as_array();
                let of_operator = frame["convs"][0]["events"].as_array();
                (of_visitor.or(of_operator).cloned().unwrap_or_default(), false)
            }
            "assigned" | "watching" => {
                (frame["conversation"]["events"].as_array().cloned().unwrap_or_default(), true)
            }
            _ => return,
        };
        if fresh {
            self.last = None;
        }
        for mut event in page {
            let fields = event.as_object_mut().unwrap();
            fields.remove("t");
            fields.remove("conv");
            let seq = event["seq"].as_u64().unwrap();
            assert_eq!(seq, self.last.unwrap_or(0) + 1, "{place}: the events on one socket are dense");
            self.last = Some(seq);
            let known = log.entry(seq).or_insert_with(|| event.clone());
            assert_eq!(known, &event, "{place}: one event is the same for everybody");
        }
    }
}
