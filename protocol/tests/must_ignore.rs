//! What a later version, or a sloppy peer, may send, and what the types make of it.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Tests, and helpers of tests.

mod common;

use common::{Direction, files_below, read};
use serde_json::{Value, json};
use tealight_protocol::{
    Cid, EndReason, EndedBy, Event, EventKind, FirstFrame, Limits, Link, OperatorFrame, Party, Promises,
    QueryKind, QueueState, Right, Role, Route, ServiceState, ServiceStatus, Text, ToOperator, ToVisitor,
    VisitorFrame, Wait, decode, limits,
};

#[test]
fn an_unknown_field_changes_nothing_in_any_frame_wherever_it_stands() {
    for file in files_below("vectors/valid") {
        let Some((direction, _)) = file.split_once('/').filter(|(folder, _)| *folder != "service-status")
        else {
            continue;
        };
        let direction = Direction::by_name(direction);
        let frame: Value = serde_json::from_str(&read(&format!("vectors/valid/{file}"))).unwrap();
        let sown = with_weeds(&frame, true);
        assert_ne!(frame, sown);
        assert_eq!(
            direction.through_types(&frame.to_string()).unwrap(),
            direction
                .through_types(&sown.to_string())
                .unwrap_or_else(|error| panic!("{file} with unknown fields: {error}")),
            "{file}"
        );
    }
}

#[test]
fn the_type_may_stand_anywhere_in_a_frame() {
    let frame = r#"{"text":"Hello.","cid":"AAAAAAAAAAAAAAAAAAAAAA","t":"send"}"#;
    assert!(matches!(decode(frame), Ok(VisitorFrame::Send { .. })));
    let event = r#"{"kind":"hiccup","x":{"t":"send"},"at":"2026-11-21T20:15:02Z","seq":3,"t":"event"}"#;
    assert!(matches!(decode(event), Ok(ToVisitor::Event(Event { seq: 3, kind: EventKind::Unknown, .. }))));
}

#[test]
fn an_event_of_a_later_kind_keeps_its_place_whatever_it_carries() {
    let event = json!({
        "t": "event", "conv": "c1", "seq": 7, "at": "2026-11-21T20:15:02Z", "kind": "sticker",
        "text": 5, "from": {"deep": [null, 1.5, -3, u64::MAX]}, "who": null, "reason": ["x"]
    });
    let to_visitor: ToVisitor = decode(&event.to_string()).unwrap();
    assert!(matches!(to_visitor, ToVisitor::Event(Event { seq: 7, kind: EventKind::Unknown, .. })));
    let to_operator: ToOperator = decode(&event.to_string()).unwrap();
    let ToOperator::Event { conv, event } = to_operator else { panic!("{to_operator:?}") };
    assert_eq!((conv.0.as_str(), event.seq, event.kind), ("c1", 7, EventKind::Unknown));
}

#[test]
fn great_numbers_survive_flattening_and_tags() {
    let great = 9_007_199_254_740_991_u64;
    let mark = json!({"t": "mark", "conv": "c1", "delivered": great, "read": great});
    let OperatorFrame::Mark { mark, .. } = decode(&mark.to_string()).unwrap() else { panic!() };
    assert_eq!((mark.delivered, mark.read), (great, great));
    let event = json!({
        "t": "event", "conv": "c1", "seq": great, "at": "2026-11-21T20:15:02Z", "kind": "message",
        "from": "visitor", "text": "x"
    });
    let ToOperator::Event { event, .. } = decode(&event.to_string()).unwrap() else { panic!() };
    assert_eq!(event.seq, great);
    let hello = json!({
        "t": "hello", "role": "operator", "inst": "AAAAAAAAAAAAAAAAAAAAAA", "auth": "x", "after": {"7": great}
    });
    let OperatorFrame::Hello(hello) = decode(&hello.to_string()).unwrap() else { panic!() };
    assert_eq!(hello.after.values().copied().collect::<Vec<_>>(), [great]);
}

#[test]
fn unknown_words_fall_back_to_what_the_specification_says() {
    fn word<T: serde::de::DeserializeOwned>() -> T {
        serde_json::from_value(json!("eclipse")).unwrap()
    }
    assert_eq!(word::<Route>(), Route::Standard);
    assert_eq!(word::<QueueState>(), QueueState::Waiting);
    assert_eq!(word::<EndReason>(), EndReason::Unknown);
    assert_eq!(word::<EndedBy>(), EndedBy::System);
    assert_eq!(word::<Party>(), Party::System);
    let wait: Wait = serde_json::from_value(json!({"kind": "median", "low_s": "soon"})).unwrap();
    assert_eq!(wait, Wait::Unknown);
}

#[test]
fn later_words_about_roster_and_service_are_taken_for_the_cautious_thing() {
    let status = json!({"name": "x", "state": "dimmed", "wait": {"kind": "unknown"}, "offers": []});
    let status: ServiceStatus = serde_json::from_value(status).unwrap();
    assert_eq!(status.state, ServiceState::Unknown, "counts as closed");
    assert!(status.offered && !status.may_close_first, "what is not said is offered");
    assert_eq!(serde_json::from_value::<Promises>(json!("wavering")).unwrap(), Promises::Unknown);
    assert_eq!(serde_json::from_value::<Right>(json!("rule")).unwrap(), Right::Unknown);
    assert_eq!(serde_json::from_value::<QueryKind>(json!("horoscope")).unwrap(), QueryKind::Unknown);
    let limits: Limits =
        serde_json::from_value(json!({"frame": 1, "text": 1, "burst": 1, "per_s": 1})).unwrap();
    assert_eq!(limits.keep_s, limits::KEEP_S, "an earlier backend does not say it");
}

#[test]
fn the_closed_lists_are_closed() {
    assert!(serde_json::from_value::<Role>(json!("ghost")).is_err());
    assert!(serde_json::from_value::<tealight_protocol::ConversationState>(json!("floating")).is_err());
}

#[test]
fn a_first_look_tells_whose_hello_it_is_and_reads_nothing_else() {
    let first: FirstFrame =
        serde_json::from_str(r#"{"inst":5,"role":"operator","t":"hello","auth":{"a":[1]}}"#).unwrap();
    assert_eq!(first, FirstFrame { t: "hello".to_owned(), role: Some(Role::Operator) });
    assert_eq!(serde_json::from_str::<FirstFrame>(r#"{"t":"ping"}"#).unwrap().role, None);
}

#[test]
fn null_stands_for_an_absent_value_of_an_optional_field() {
    let event = json!({
        "seq": 1, "at": "2026-11-21T20:15:02Z", "kind": "message", "from": "op:7", "cid": null,
        "text": "x", "link": null
    });
    assert!(serde_json::from_value::<Event>(event).is_ok());
}

#[test]
fn a_deep_frame_is_refused_and_does_not_exhaust_the_stack() {
    let deep = format!(r#"{{"t":"wave","x":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert!(decode::<VisitorFrame>(&deep).is_err());
}

#[test]
fn frames_print_neither_words_nor_links_nor_secrets() {
    let secret = "S".repeat(43);
    let frames = [
        json!({"t": "send", "cid": "AAAAAAAAAAAAAAAAAAAAAA", "text": "marker"}),
        json!({"t": "answer", "cid": "AAAAAAAAAAAAAAAAAAAAAA", "ref": "s1", "data": {"marker": "marker"}}),
        json!({"t": "start", "cid": "AAAAAAAAAAAAAAAAAAAAAA", "secret": secret, "lang": "en"}),
    ];
    for frame in frames {
        let printed = format!("{:?}", decode::<VisitorFrame>(&frame.to_string()).unwrap());
        assert!(!printed.contains("marker") && !printed.contains(&secret), "{printed}");
    }
    let operator = [
        json!({"t": "hello", "role": "operator", "inst": "AAAAAAAAAAAAAAAAAAAAAA", "auth": "marker"}),
        json!({"t": "send", "cid": "AAAAAAAAAAAAAAAAAAAAAA", "conv": "c1", "claim": 1, "text": "marker",
               "link": {"url": "https://example.org/marker", "title": "marker"}}),
    ];
    for frame in operator {
        let printed = format!("{:?}", decode::<OperatorFrame>(&frame.to_string()).unwrap());
        assert!(!printed.contains("marker"), "{printed}");
    }
}

#[test]
fn the_longest_text_fits_the_longest_frame() {
    let text = Text::parse(&"\u{1F56F}".repeat(tealight_protocol::limits::TEXT_CHARS)).unwrap();
    let link = Link { url: "https://www.example.org/plan".to_owned(), title: None };
    let frame = OperatorFrame::Send {
        cid: Cid::from_bytes([0; 16]),
        conv: tealight_protocol::ConversationId("c".repeat(64)),
        claim: u64::MAX,
        text,
        link: Some(link),
    };
    assert!(serde_json::to_string(&frame).unwrap().len() <= tealight_protocol::limits::FRAME_BYTES);
}

/// The value with a field nobody knows in every object, except where the keys are data.
fn with_weeds(value: &Value, is_record: bool) -> Value {
    match value {
        Value::Object(fields) => {
            let mut sown: serde_json::Map<String, Value> = fields
                .iter()
                .map(|(name, value)| {
                    let keys_are_data = name == "data" || name == "after";
                    (name.clone(), with_weeds(value, !keys_are_data))
                })
                .collect();
            if is_record {
                sown.insert("zz_later".to_owned(), json!({"t": "ping", "kind": ["x"], "n": 1.5}));
            }
            sown.into()
        }
        Value::Array(items) => items.iter().map(|item| with_weeds(item, true)).collect(),
        other => other.clone(),
    }
}
