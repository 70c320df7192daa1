//! The life of a conversation on good days: starting, sending, being refused, ending.

use std::time::Duration;

use serde_json::{Value, json};

use crate::conform::case::{Case, Check, case, demand, trouble};
use crate::conform::ids;
use crate::conform::opening::Opening;
use crate::conform::own::{OwnServer, Profile};
use crate::conform::socket::SOON;
use crate::conform::trial::{Trial, text};
use crate::conform::visitor::send;

pub(super) const CASES: &[Case] = &[
    case!(
        9,
        L1,
        Anybody,
        Quick,
        "looking around",
        [],
        "A hello without secret is answered with conv null, and stores nothing.",
        looking_stores_nothing
    ),
    case!(
        10,
        L1,
        Anybody,
        Quick,
        "starting",
        [],
        "start is answered with an ack that names conversation and seq, and the event started is number 1.",
        start_is_acknowledged
    ),
    case!(
        11,
        L1,
        Anybody,
        Quick,
        "the same start again",
        [],
        "The same start, on the same socket or on another, is the same conversation.",
        the_same_start_is_the_same_conversation
    ),
    case!(
        12,
        L1,
        Anybody,
        Quick,
        "a cid with another body",
        [],
        "A cid that was used for another body is refused with conflict, and changes nothing.",
        another_body_is_a_conflict
    ),
    case!(
        13,
        L1,
        Anybody,
        Quick,
        "sending",
        [],
        "A send becomes exactly one event, which carries its cid, at the seq that the ack names.",
        a_send_is_one_event
    ),
    case!(
        26,
        L1,
        Anybody,
        Quick,
        "a frame that is too big",
        [],
        "A frame over the limit closes with 1009 (or 4400), and the server lives on.",
        too_big_a_frame_closes
    ),
    case!(
        27,
        L1,
        Anybody,
        Quick,
        "a text that is too long",
        [],
        "A text over the limit is refused with too_large, and no event comes of it.",
        too_long_a_text_is_refused
    ),
    case!(
        33,
        L1,
        Anybody,
        Quick,
        "what errors say",
        [],
        "An error names the cid it is about, its code, and whether to retry.",
        errors_name_the_command
    ),
    case!(
        34,
        L1,
        Anybody,
        Quick,
        "after the end",
        [],
        "After ended, send is refused with ended, and resuming still brings the log until it expires.",
        after_the_end
    ),
];

async fn looking_stores_nothing(t: &Trial) -> Check {
    let (socket, ready) = t.look().await?;
    let conv = ready.get("conv");
    demand(conv == Some(&Value::Null), "conv: null", format!("conv: {conv:?}"))?;
    for field in ["epoch", "ping_s", "service"] {
        demand(!ready[field].is_null(), format!("ready with {field}"), ready.to_string())?;
    }
    socket.leave().await;
    let Ok(binary) = t.bench.binary() else {
        t.note("that nothing is stored was not looked for: only --own-server lets us");
        return Ok(());
    };
    let server = OwnServer::start(binary, Profile::Victim).await.map_err(trouble)?;
    let mut hello = t.hello();
    hello["lang"] = json!("art-x-passing");
    let opening = Opening { url: server.url.clone(), ..t.opening() };
    let (socket, _) = t.greet_at(&opening, &hello).await?;
    socket.leave().await;
    for words in ["art-x-passing", hello["inst"].as_str().unwrap_or_default()] {
        let files = server.files_with(words).map_err(trouble)?;
        demand(files.is_empty(), "no trace in any file", format!("“{words}” in {files:?}"))?;
    }
    Ok(())
}

async fn start_is_acknowledged(t: &Trial) -> Check {
    let (mut socket, _) = t.look().await?;
    let start = t.start();
    t.expect_guest(&start, &t.bench.url);
    let ack = socket.ack(&start).await?;
    let conv = text(&ack["conv"]);
    demand(
        !conv.is_empty() && conv.chars().count() <= 64,
        "conv, of at most 64 characters",
        ack.to_string(),
    )?;
    demand(ack["seq"] == 1, "ack with seq 1", ack.to_string())?;
    let event = socket.event("the event number 1", |event| event["seq"] == 1).await?;
    demand(event["kind"] == "started", "kind started", event.to_string())
}

async fn the_same_start_is_the_same_conversation(t: &Trial) -> Check {
    let mut visitor = t.join().await?;
    let start = visitor.who.start.clone();
    let again = visitor.socket.ack(&start).await?;
    let same = |ack: &Value| ack["conv"] == visitor.who.conv.as_str() && ack["seq"] == 1;
    demand(same(&again), format!("conversation {}, seq 1", visitor.who.conv), again.to_string())?;
    let (mut other, _) = t.look().await?;
    let there = other.ack(&start).await?;
    demand(same(&there), "the same conversation on another socket", there.to_string())?;
    other.ack(&send("From the other socket.")).await?;
    let log = t.log(&visitor.who).await?;
    demand(log.len() == 2, "started and one message in one log", format!("{} events", log.len()))
}

async fn another_body_is_a_conflict(t: &Trial) -> Check {
    let mut visitor = t.join().await?;
    let said = visitor.say("The first body.").await?;
    let other = json!({"t": "send", "cid": said.cid, "text": "Another body."});
    visitor.socket.refused(&other, &["conflict"]).await?;
    let end = json!({"t": "end", "cid": said.cid});
    visitor.socket.refused(&end, &["conflict"]).await?;
    let mut start = visitor.who.start.clone();
    start["route"] = json!("patient");
    visitor.socket.refused(&start, &["conflict"]).await?;
    let log = t.log(&visitor.who).await?;
    demand(log.len() == 2, "started and one message", format!("{} events", log.len()))
}

async fn a_send_is_one_event(t: &Trial) -> Check {
    let mut visitor = t.join().await?;
    let frame = send("Said once.");
    let ack = visitor.socket.ack(&frame).await?;
    let event =
        visitor.socket.event("the echo of the message, with its cid", |e| e["cid"] == frame["cid"]).await?;
    demand(
        ack["seq"] == event["seq"],
        format!("an event at seq {}", ack["seq"]),
        format!("seq {}", event["seq"]),
    )?;
    demand(event["seq"] == 2, "seq 2, after started", event.to_string())?;
    demand(
        event["kind"] == "message" && event["from"] == "visitor" && event["text"] == frame["text"],
        "a message from the visitor with these words",
        event.to_string(),
    )?;
    visitor.socket.settle().await?;
    visitor.socket.listen(Duration::from_millis(300)).await;
    let more = visitor.socket.drain("event");
    demand(more.is_empty(), "exactly one event", format!("another: {}", json!(more)))?;
    let again = visitor.socket.ack(&frame).await?;
    demand(again["seq"] == ack["seq"], "the same ack for the same command", again.to_string())?;
    visitor.socket.settle().await?;
    let log = t.log(&visitor.who).await?;
    let times = log.iter().filter(|event| event["cid"] == frame["cid"]).count();
    demand(times == 1, "one event with this cid in the log", format!("{times}"))
}

async fn too_big_a_frame_closes(t: &Trial) -> Check {
    let limit = t.bench.ready()["limits"]["frame"].as_u64().unwrap_or(16_384);
    let limit = usize::try_from(limit).map_err(trouble)?;
    // A backend need not read what is far too big to the end: the code may then be lost to a reset of the connection.
    for (size, codes) in [(limit + 100, [1009, 4400].as_slice()), (1 << 20, &[1009, 4400, 1006])] {
        let mut visitor = t.join().await?;
        let mut frame = send("");
        frame["text"] = json!("x".repeat(size));
        visitor.socket.send(&frame).await;
        visitor.socket.closes(codes, SOON).await?;
        let log = t.log(&visitor.who).await?;
        demand(log.len() == 1, "nothing but started in the log", format!("{} events", log.len()))?;
    }
    let (mut socket, _) = t.look().await?;
    socket.settle().await
}

async fn too_long_a_text_is_refused(t: &Trial) -> Check {
    let limit = t.bench.ready()["limits"]["text"].as_u64().unwrap_or(4_000);
    let limit = usize::try_from(limit).map_err(trouble)?;
    let mut visitor = t.join().await?;
    let error = visitor.socket.refused(&send(&"x".repeat(limit + 1)), &["too_large"]).await?;
    demand(error["retry"] == false, "retry: false", error.to_string())?;
    let longest = "x".repeat(limit);
    let said = visitor.say(&longest).await?;
    demand(said.seq == 2, "the longest text as event 2", format!("event {}", said.seq))?;
    // The longest text of the widest characters is a frame within the limit too.
    visitor.say(&"\u{1f56f}".repeat(limit)).await?;
    visitor.socket.refused(&send("  \n "), &["bad_request"]).await?;
    let log = t.log(&visitor.who).await?;
    demand(log.len() == 3, "started and two messages", format!("{} events", log.len()))
}

async fn errors_name_the_command(t: &Trial) -> Check {
    let (mut socket, _) = t.look().await?;
    let homeless = send("Without a conversation.");
    let mut errors = vec![socket.refused(&homeless, &["not_found"]).await?];
    socket.leave().await;
    let mut visitor = t.join().await?;
    let misshapen =
        [json!({"t": "send", "cid": ids::cid()}), json!({"t": "send", "cid": ids::cid(), "text": 5})];
    for frame in misshapen {
        errors.push(visitor.socket.refused(&frame, &["bad_request"]).await?);
    }
    for error in errors {
        let complete = error["retry"].is_boolean() && error["message"].is_string();
        demand(complete, "retry and message in the error", error.to_string())?;
    }
    visitor.socket.send(&json!({"t": "send", "cid": "too-short", "text": "Unreadable name."})).await;
    let error = visitor.socket.take("error bad_request", SOON, |f| f["t"] == "error").await?;
    demand(error["code"] == "bad_request", "bad_request for a misshapen cid", error.to_string())?;
    visitor.say("The socket stays.").await.map(drop)
}

async fn after_the_end(t: &Trial) -> Check {
    let mut visitor = t.join().await?;
    visitor.say("Before the end.").await?;
    let seq = visitor.end().await?;
    demand(seq == 3, "ack of end with seq 3", format!("seq {seq}"))?;
    let error = visitor.socket.refused(&send("Too late."), &["ended"]).await?;
    demand(error["retry"] == false, "retry: false", error.to_string())?;
    visitor.socket.refused(&json!({"t": "end", "cid": ids::cid()}), &["ended"]).await?;
    let (socket, ready) = t.back(&visitor.who, Some(1)).await?;
    let conv = &ready["conv"];
    demand(conv["state"] == "ended", "state ended", conv["state"].to_string())?;
    if !conv["expires_at"].is_string() {
        t.note("no expires_at says when the log will be gone");
    }
    let last = conv["events"].as_array().and_then(|events| events.last()).cloned().unwrap_or_default();
    demand(
        last["kind"] == "ended" && last["by"] == "visitor",
        "the event ended by the visitor",
        last.to_string(),
    )?;
    socket.leave().await;
    Ok(())
}
