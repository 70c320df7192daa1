//! What can be wrong with a backend, one fault at a time, and the case that must see it.

use serde_json::{Value, json};

use crate::spoiler::{Fault, Memory, SOUND};

/// Backends with one fault each. What is not named is in order.
pub(crate) const FAULTS: [Fault; 43] = [
    Fault {
        what: "closes a second hello with another code",
        case: 4,
        close: |code| if code == 4400 { 4000 } else { code },
        ..SOUND
    },
    Fault {
        what: "acknowledges a start without saying which conversation",
        case: 10,
        down: |_, f| vec![without(f, "ack", "conv")],
        ..SOUND
    },
    Fault {
        what: "takes the same cid with another body for the same command",
        case: 12,
        down: |memory, f| vec![conflict_is_ack(memory, f)],
        ..SOUND
    },
    Fault {
        what: "sends every event twice",
        case: 13,
        down: |_, f| if f["t"] == "event" { vec![f.clone(), f] } else { vec![f] },
        ..SOUND
    },
    Fault {
        what: "loses the cid of its echoes",
        case: 13,
        down: |_, f| vec![without(f, "event", "cid")],
        ..SOUND
    },
    Fault { what: "leaves a number out", case: 14, down: |_, f| vec![gap(f)], ..SOUND },
    Fault {
        what: "forgets that it was asked before",
        case: 15,
        down: |memory, f| vec![own_cid(memory, f)],
        up: other_cid,
        ..SOUND
    },
    Fault {
        what: "brings everything, whatever was seen",
        case: 18,
        up: |_, f| without(f, "hello", "after"),
        ..SOUND
    },
    Fault {
        what: "never says reset",
        case: 20,
        down: |_, f| vec![with_conv(f, |conv| conv["reset"] = json!(false))],
        ..SOUND
    },
    Fault {
        what: "says that a page is the last when it is not",
        case: 21,
        down: |_, f| vec![with_conv(f, |conv| conv["more"] = json!(false))],
        ..SOUND
    },
    Fault {
        what: "says that an unknown secret was erased",
        case: 25,
        close: |code| if code == 4404 { 4410 } else { code },
        ..SOUND
    },
    Fault {
        what: "calls a text that is too long malformed",
        case: 27,
        down: |_, f| vec![recoded(f, "too_large", "bad_request")],
        ..SOUND
    },
    Fault {
        what: "does not say when to try again",
        case: 28,
        down: |_, f| vec![without(f, "error", "retry_ms")],
        ..SOUND
    },
    Fault {
        what: "never answers a ping",
        case: 30,
        down: |_, f| if f["t"] == "pong" { vec![] } else { vec![f] },
        ..SOUND
    },
    Fault {
        what: "does not say which command was wrong",
        case: 33,
        down: |_, f| vec![without(f, "error", "cid")],
        ..SOUND
    },
    Fault { what: "lets places grow", case: 35, down: |memory, f| vec![grown(memory.frames, f)], ..SOUND },
    Fault {
        what: "sends a place without a rev",
        case: 40,
        down: |_, f| vec![without(f, "queue", "rev")],
        ..SOUND
    },
    Fault {
        what: "forgets marks",
        case: 44,
        down: |_, f| vec![with_conv(f, |conv| conv["marks"] = json!({}))],
        ..SOUND
    },
    Fault { what: "lets every link through", case: 47, up: |_, f| without(f, "send", "link"), ..SOUND },
    Fault { what: "escapes markup", case: 50, down: |_, f| vec![escaped(f)], ..SOUND },
    Fault {
        what: "gives a conversation to both",
        case: 51,
        down: |memory, f| vec![conflict_is_ack(memory, f)],
        ..SOUND
    },
    Fault { what: "leaves numbers of the board out", case: 57, down: |_, f| vec![skipping(f)], ..SOUND },
    Fault {
        what: "keeps a socket that never says hello for nothing",
        case: 3,
        close: |code| if code == 4408 { 1000 } else { code },
        ..SOUND
    },
    Fault { what: "takes an unknown type for a mistake", case: 7, up: |_, f| misunderstood(f), ..SOUND },
    Fault {
        what: "has a conversation for who only looks",
        case: 9,
        down: |_, f| vec![if f["conv"].is_null() { without(f, "ready", "conv") } else { f }],
        ..SOUND
    },
    Fault {
        what: "makes a new conversation of every start",
        case: 11,
        down: |memory, f| vec![another_conversation(memory, f)],
        ..SOUND
    },
    Fault { what: "brings the last event again and again", case: 19, up: |_, f| earlier(f), ..SOUND },
    Fault {
        what: "lets the old socket go as if all were well",
        case: 22,
        close: |code| if code == 4409 { 1000 } else { code },
        ..SOUND
    },
    Fault {
        what: "shows a page only what it said itself",
        case: 23,
        down: |memory, f| if heard(memory, &f) { vec![f] } else { vec![] },
        ..SOUND
    },
    Fault {
        what: "closes with another code on too big a frame",
        case: 26,
        close: |code| if code == 1009 { 1011 } else { code },
        ..SOUND
    },
    Fault {
        what: "calls the end a conflict",
        case: 34,
        down: |_, f| vec![recoded(f, "ended", "conflict")],
        ..SOUND
    },
    Fault {
        what: "counts places without counting their news",
        case: 36,
        down: |_, f| vec![set(f, "queue", "rev", json!(7))],
        ..SOUND
    },
    Fault {
        what: "promises a minute and a bit",
        case: 37,
        down: |_, f| vec![set(f, "queue", "wait", json!({"kind": "range", "low_s": 61, "high_s": 100}))],
        ..SOUND
    },
    Fault {
        what: "replays typing",
        case: 45,
        down: |_, f| {
            if f["conv"].is_object() {
                vec![f, json!({"t": "typing", "from": "op:1", "on": true})]
            } else {
                vec![f]
            }
        },
        ..SOUND
    },
    Fault {
        what: "says goodbye to who erased everything as to anybody",
        case: 49,
        close: |code| if code == 4410 { 1000 } else { code },
        ..SOUND
    },
    Fault {
        what: "says nobody is there when the hands are full",
        case: 52,
        down: |_, f| vec![recoded(f, "forbidden", "not_found")],
        ..SOUND
    },
    Fault {
        what: "forgets what an operator had",
        case: 54,
        down: |_, f| vec![set(f, "ready", "convs", json!([]))],
        ..SOUND
    },
    Fault {
        what: "takes a second answer",
        case: 46,
        down: |memory, f| vec![conflict_is_ack(memory, f)],
        ..SOUND
    },
    Fault {
        what: "keeps to itself why somebody is passed on",
        case: 48,
        down: |_, f| vec![if f["kind"] == "transferred" { without(f, "event", "reason") } else { f }],
        ..SOUND
    },
    Fault { what: "does not number its notes", case: 55, down: |_, f| vec![without(f, "ack", "n")], ..SOUND },
    Fault {
        what: "does not know why nobody may watch",
        case: 58,
        down: |_, f| vec![recoded(f, "forbidden", "not_found")],
        ..SOUND
    },
    Fault {
        what: "begins every page at the beginning",
        case: 59,
        up: |_, f| without(f, "query", "after"),
        ..SOUND
    },
    Fault {
        what: "does not know whose shift it is",
        case: 61,
        down: |_, f| vec![recoded(f, "forbidden", "not_found")],
        ..SOUND
    },
];

/// A frame of some type without one of its fields.
fn without(mut frame: Value, t: &str, field: &str) -> Value {
    if frame["t"] == t {
        frame.as_object_mut().unwrap().remove(field);
    }
    frame
}

/// A frame of some type with another value in one of its fields, where it has that.
fn set(mut frame: Value, t: &str, field: &str, value: Value) -> Value {
    if frame["t"] == t && frame.get(field).is_some() {
        frame[field] = value;
    }
    frame
}

/// A send without words in place of what nobody knows.
fn misunderstood(frame: Value) -> Value {
    if frame["t"] == "x-not-yet-invented" { json!({"t": "send", "cid": frame["cid"]}) } else { frame }
}

fn another_conversation(memory: &Memory, mut frame: Value) -> Value {
    if frame["t"] == "ack" && frame["conv"].is_string() {
        frame["conv"] = json!(format!("{}-{}", frame["conv"].as_str().unwrap(), memory.frames));
    }
    frame
}

/// A hello of somebody who has seen one event less.
fn earlier(mut frame: Value) -> Value {
    if frame["t"] == "hello" && frame["after"].as_u64() > Some(1) {
        frame["after"] = json!(frame["after"].as_u64().unwrap() - 1);
    }
    frame
}

/// Whether a frame is no message, or one that was sent on this socket.
fn heard(memory: &Memory, frame: &Value) -> bool {
    frame["kind"] != "message" || frame["cid"].as_str().is_none_or(|cid| memory.commands.contains_key(cid))
}

/// A frame with something else in what it says about the conversation, or in a page of events.
fn with_conv(mut frame: Value, change: fn(&mut Value)) -> Value {
    if frame["conv"].is_object() {
        change(&mut frame["conv"]);
    } else if frame["t"] == "history" {
        change(&mut frame);
    }
    frame
}

/// An acknowledgement where the command was refused with a conflict.
fn conflict_is_ack(memory: &Memory, frame: Value) -> Value {
    if frame["code"] != "conflict" {
        return frame;
    }
    let command = memory.command(&frame);
    let conv = if command["conv"].is_string() { command["conv"].clone() } else { json!("the-same") };
    json!({"t": "ack", "cid": frame["cid"], "conv": conv, "seq": 2, "claim": 7})
}

fn gap(mut frame: Value) -> Value {
    if frame["t"] == "event" && frame["seq"].as_u64() > Some(9) {
        frame["seq"] = json!(frame["seq"].as_u64().unwrap() + 1);
    }
    frame
}

/// Another name for what is sent first after coming back: to the server it is another command.
fn other_cid(memory: &mut Memory, mut frame: Value) -> Value {
    if frame["t"] == "send" && memory.frames <= 1 {
        let cid = frame["cid"].as_str().unwrap().to_owned();
        let other = format!("A{}", &cid[1..]);
        frame["cid"] = json!(other);
        memory.renamed.insert(other, cid);
    }
    frame
}

/// The name of a command as the client knows it.
fn own_cid(memory: &Memory, mut frame: Value) -> Value {
    if let Some(cid) = frame["cid"].as_str().and_then(|cid| memory.renamed.get(cid)) {
        frame["cid"] = json!(cid);
    }
    frame
}

fn recoded(mut frame: Value, from: &str, to: &str) -> Value {
    if frame["code"] == from {
        frame["code"] = json!(to);
    }
    frame
}

fn grown(frames: u64, mut frame: Value) -> Value {
    if frame["t"] == "queue" {
        frame["place"] = json!(frame["place"].as_u64().unwrap() + frames * frames);
    }
    frame
}

fn escaped(mut frame: Value) -> Value {
    if let Some(text) = frame["text"].as_str() {
        frame["text"] = json!(text.replace('<', "&lt;"));
    }
    frame
}

fn skipping(mut frame: Value) -> Value {
    if frame["t"] == "board" && frame["full"] != true {
        frame["rev"] = json!(frame["rev"].as_u64().unwrap() * 2);
    }
    frame
}
