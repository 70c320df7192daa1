//! Exactly once, whatever happens to the connection.

use std::time::Duration;

use serde_json::{Value, json};

use crate::conform::case::{Case, Check, case, demand, failed};
use crate::conform::ids;
use crate::conform::socket::{SOON, Socket};
use crate::conform::trial::{Trial, events, numbers};
use crate::conform::visitor::{Who, send};

pub(super) const CASES: &[Case] = &[
    case!(
        14,
        L1,
        Anybody,
        Quick,
        "a hundred in a row",
        [],
        "A hundred sends, pipelined, become events in their order, and seq is dense.",
        a_hundred_keep_their_order
    ),
    case!(
        15,
        L1,
        Anybody,
        Quick,
        "sent again after reconnecting",
        [],
        "A command that is sent again on a new socket gets the same seq, and one event comes of it.",
        sent_again_is_the_same
    ),
    case!(
        16,
        L1,
        Anybody,
        Quick,
        "cut before the ack",
        [],
        "A command whose connection is cut at once, and that is then sent again, becomes one event.",
        cut_before_the_ack
    ),
    case!(
        17,
        L1,
        Anybody,
        Quick,
        "cut after the commit",
        [],
        "What was committed and not seen when the connection is cut comes exactly once with resuming.",
        cut_after_the_commit
    ),
    case!(
        22,
        L1,
        Anybody,
        Quick,
        "a newer socket of the same page",
        [],
        "A hello with a known inst closes the older socket with 4409, and what still arrives on that has no effect.",
        the_newer_socket_replaces
    ),
    case!(
        23,
        L1,
        Anybody,
        Quick,
        "two pages",
        [],
        "Every page instance of a conversation gets every event.",
        two_pages_get_everything
    ),
];

async fn a_hundred_keep_their_order(t: &Trial) -> Check {
    let visitor = t.join().await?;
    let who = visitor.who.clone();
    visitor.socket.leave().await;
    let frames: Vec<Value> = (1..=100).map(|n| send(&format!("Number {n}."))).collect();
    pipeline(t, &who, &frames).await?;
    let log = t.log(&who).await?;
    let dense: Vec<u64> = (1..=101).collect();
    demand(numbers(&log) == dense, "seq 1 to 101 without a gap", format!("{:?}", numbers(&log)))?;
    for (event, frame) in log[1..].iter().zip(&frames) {
        demand(
            event["cid"] == frame["cid"],
            format!("{} at seq {}", frame["text"], event["seq"]),
            event["text"].to_string(),
        )?;
    }
    Ok(())
}

/// Sends commands without waiting for acks, as many at once as the backend says it takes, on one socket after another.
pub(super) async fn pipeline(t: &Trial, who: &Who, frames: &[Value]) -> Check {
    let mut left = frames;
    let mut after = None;
    while !left.is_empty() {
        let (mut socket, ready) = t.back(who, after).await?;
        let at_once = left.len().min(socket.pace.burst as usize);
        let batch;
        (batch, left) = left.split_at(at_once);
        let mut last = ready["conv"]["last"].as_u64().unwrap_or_default();
        for frame in batch {
            socket.send(frame).await;
        }
        for frame in batch {
            let answer = socket
                .take("an ack for each command within the announced burst", SOON, |f| {
                    f["cid"] == frame["cid"] && f["t"] != "event"
                })
                .await?;
            demand(answer["t"] == "ack", "ack within the announced burst", answer.to_string())?;
            let event = socket.event("the echo of each command", |e| e["cid"] == frame["cid"]).await?;
            last += 1;
            demand(event["seq"] == last, format!("seq {last}"), format!("seq {}", event["seq"]))?;
        }
        socket.leave().await;
        after = Some(last);
    }
    Ok(())
}

async fn sent_again_is_the_same(t: &Trial) -> Check {
    let mut visitor = t.join().await?;
    let frame = send("Sent twice.");
    let first = visitor.socket.ack(&frame).await?;
    visitor.socket.cut();
    let (mut socket, _) = t.back(&visitor.who, Some(1)).await?;
    let second = socket.ack(&frame).await?;
    demand(first["seq"] == second["seq"], format!("seq {}", first["seq"]), format!("seq {}", second["seq"]))?;
    one_each(t, &visitor.who, &[frame]).await
}

async fn cut_before_the_ack(t: &Trial) -> Check {
    let visitor = t.join().await?;
    let who = visitor.who.clone();
    let mut frames = Vec::new();
    let mut socket = visitor.socket;
    for wait in [0, 0, 1, 3, 10, 30] {
        let frame = send(&format!("Cut after {wait} ms."));
        socket.send(&frame).await;
        tokio::time::sleep(Duration::from_millis(wait)).await;
        socket.cut();
        (socket, _) = t.back(&who, Some(1)).await?;
        socket.ack(&frame).await?;
        frames.push(frame);
    }
    socket.leave().await;
    one_each(t, &who, &frames).await
}

async fn cut_after_the_commit(t: &Trial) -> Check {
    let mut visitor = t.join().await?;
    let (mut witness, _) = t.back_as(&visitor.who, &ids::instance(), None).await?;
    let frame = send("Committed, and not seen.");
    // The first socket reads nothing from here on: what comes on it is lost with it.
    visitor.socket.send(&frame).await;
    let event = witness.event("the event on another page", |e| e["cid"] == frame["cid"]).await?;
    visitor.socket.cut();
    let (mut socket, ready) = t.back(&visitor.who, Some(1)).await?;
    let missed = events(&ready["conv"]["events"]);
    demand(
        missed.len() == 1 && missed[0]["cid"] == frame["cid"] && missed[0]["seq"] == event["seq"],
        format!("the one missed event, seq {}", event["seq"]),
        format!("seq {:?}", numbers(&missed)),
    )?;
    socket.settle().await?;
    let again = socket.drain("event");
    demand(again.is_empty(), "no event a second time", json!(again).to_string())?;
    one_each(t, &visitor.who, &[frame]).await
}

/// Every command is in the log exactly once, and nothing else but `started`.
pub(super) async fn one_each(t: &Trial, who: &Who, frames: &[Value]) -> Check {
    let log = t.log(who).await?;
    for frame in frames {
        let times = log.iter().filter(|event| event["cid"] == frame["cid"]).count();
        demand(times == 1, format!("{} once in the log", frame["text"]), format!("{times} times"))?;
    }
    let dense: Vec<u64> = (1..=log.len() as u64).collect();
    demand(numbers(&log) == dense, "a dense log", format!("{:?}", numbers(&log)))?;
    demand(
        log.len() == frames.len() + 1,
        format!("{} events", frames.len() + 1),
        format!("{} events", log.len()),
    )
}

async fn the_newer_socket_replaces(t: &Trial) -> Check {
    let visitor = t.join().await?;
    let mut old: Socket = visitor.socket;
    let (mut new, _) = t.back(&visitor.who, Some(1)).await?;
    // The old socket has not read its close yet: a client that is a moment late sends this.
    old.send(&send("From the old socket, too late.")).await;
    old.closes(&[4409], SOON).await?;
    new.settle().await?;
    new.listen(Duration::from_millis(300)).await;
    let heard = new.drain("event");
    demand(heard.is_empty(), "no event from the old socket", json!(heard).to_string())?;
    new.ack(&send("From the new socket.")).await?;
    let log = t.log(&visitor.who).await?;
    demand(log.len() == 2, "started and the message of the new socket", format!("{} events", log.len()))
}

async fn two_pages_get_everything(t: &Trial) -> Check {
    let mut first = t.join().await?;
    let (mut second, ready) = t.back_as(&first.who, &ids::instance(), None).await?;
    let last =
        ready["conv"]["last"].as_u64().ok_or_else(|| failed("conv.last", ready["conv"].to_string()))?;
    demand(last == 1, "last 1", format!("last {last}"))?;
    let (one, two) = (send("From the first page."), send("From the second page."));
    first.socket.ack(&one).await?;
    second.ack(&two).await?;
    for socket in [&mut first.socket, &mut second] {
        for (frame, seq) in [(&one, 2), (&two, 3)] {
            let event = socket.event("every event on every page", |e| e["cid"] == frame["cid"]).await?;
            demand(event["seq"] == seq, format!("seq {seq}"), event.to_string())?;
        }
    }
    Ok(())
}
