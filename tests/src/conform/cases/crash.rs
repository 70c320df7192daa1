//! A server that is killed, and one that is stopped. Only our own can be asked.

use serde_json::{Value, json};

use super::delivery::one_each;
use crate::conform::case::{Case, Check, Need, case, demand, failed, trouble};
use crate::conform::ids;
use crate::conform::opening::Opening;
use crate::conform::own::{OwnServer, Profile};
use crate::conform::socket::{Next, SOON, Socket};
use crate::conform::trial::Trial;
use crate::conform::visitor::{Visitor, send};

/// How often the server is killed.
const KILLS: usize = 5;

pub(super) const CASES: &[Case] = &[
    case!(
        24,
        L1,
        Apart,
        Quick,
        "killed between commit and ack",
        [Need::OwnServer],
        "After kill -9 and a restart, what was acknowledged is there, and what is sent again gets one event and the same seq.",
        killed_servers_forget_nothing
    ),
    case!(
        32,
        L1,
        Apart,
        Quick,
        "a graceful stop",
        [Need::OwnServer],
        "A server that stops says bye with spread_ms, closes with 1012, and loses nothing that it acknowledged.",
        stopping_servers_say_so
    ),
];

async fn join(t: &Trial, url: &str) -> Check<Visitor> {
    let opening = Opening { url: url.to_owned(), ..t.opening() };
    let start = json!({"t": "start", "cid": ids::cid(), "secret": ids::secret(), "lang": "en"});
    t.join_as(&opening, &t.hello(), &start).await
}

async fn killed_servers_forget_nothing(t: &Trial) -> Check {
    let mut server = OwnServer::start(t.bench.binary()?, Profile::Victim).await.map_err(trouble)?;
    let visitor = join(t, &server.url).await?;
    let mut who = visitor.who;
    visitor.socket.leave().await;
    let mut said: Vec<(Value, Option<u64>)> = Vec::new();
    for kill in 0..KILLS {
        let (mut socket, _) = t.back(&who, None).await?;
        let frames: Vec<Value> = (0..15).map(|n| send(&format!("Kill {kill}, message {n}."))).collect();
        for frame in &frames {
            socket.send(frame).await;
        }
        // The commands are on their way: some are stored and acknowledged, some stored only, some neither.
        let acked = acks(&mut socket, 1 + kill * 3).await;
        server.kill();
        let late = acks(&mut socket, usize::MAX).await;
        for frame in frames {
            let seq = acked.iter().chain(&late).find(|(cid, _)| *cid == frame["cid"]).map(|(_, seq)| *seq);
            said.push((frame, seq));
        }
        server.start_again().await.map_err(trouble)?;
        who.url = server.url.clone();
        let (mut socket, _) = t.back(&who, None).await?;
        for (frame, seq) in said.iter_mut().rev().take(15).rev() {
            let ack = socket.ack(frame).await?;
            let now = ack["seq"].as_u64();
            demand(
                seq.is_none() || *seq == now,
                format!("{} at seq {seq:?}, as acknowledged before the crash", frame["text"]),
                format!("seq {now:?}"),
            )?;
            *seq = now;
        }
        socket.leave().await;
    }
    t.note(format!("{KILLS} kills, {} messages", said.len()));
    let frames: Vec<Value> = said.iter().map(|(frame, _)| frame.clone()).collect();
    one_each(t, &who, &frames).await
}

/// Reads until so many acks have come, or the end.
async fn acks(socket: &mut Socket, most: usize) -> Vec<(Value, u64)> {
    let mut acks = Vec::new();
    while acks.len() < most {
        match socket.next(SOON).await {
            Next::Frame(frame) if frame["t"] == "ack" => {
                acks.push((frame["cid"].clone(), frame["seq"].as_u64().unwrap_or_default()));
            }
            Next::Frame(_) => {}
            Next::Closed(_) | Next::Silence => break,
        }
    }
    acks
}

async fn stopping_servers_say_so(t: &Trial) -> Check {
    let mut server = OwnServer::start(t.bench.binary()?, Profile::Victim).await.map_err(trouble)?;
    let mut visitor = join(t, &server.url).await?;
    let (mut silent, _) = t.greet_at(&Opening { url: server.url.clone(), ..t.opening() }, &t.hello()).await?;
    let frames: Vec<Value> = (0..15).map(|n| send(&format!("On the way {n}."))).collect();
    for frame in &frames {
        visitor.socket.send(frame).await;
    }
    let mut acked = acks(&mut visitor.socket, 1).await;
    server.ask_to_stop().map_err(trouble)?;
    for socket in [&mut visitor.socket, &mut silent] {
        let mut bye = None;
        loop {
            match socket.next(SOON).await {
                Next::Frame(frame) if frame["t"] == "ack" => {
                    acked.push((frame["cid"].clone(), frame["seq"].as_u64().unwrap_or_default()));
                }
                Next::Frame(frame) if frame["t"] == "bye" => bye = Some(frame),
                Next::Frame(frame) => {
                    demand(bye.is_none(), "nothing after bye", frame["t"].to_string())?;
                }
                Next::Closed(closed) => {
                    demand(closed.code == 1012, "close 1012", closed.code.to_string())?;
                    break;
                }
                Next::Silence => return Err(failed("close 1012", "nothing within 10 s")),
            }
        }
        let bye = bye.ok_or_else(|| failed("bye before the close", "none"))?;
        demand(
            bye["code"] == "restart" && bye["spread_ms"].is_u64(),
            "bye with code restart and spread_ms",
            bye.to_string(),
        )?;
    }
    demand(server.stopped().await.map_err(trouble)?, "exit status 0", "another exit status")?;
    server.start_again().await.map_err(trouble)?;
    let mut who = visitor.who;
    who.url = server.url.clone();
    let log = t.log(&who).await?;
    for (cid, seq) in &acked {
        let kept = log.iter().any(|event| event["cid"] == *cid && event["seq"] == *seq);
        demand(kept, format!("the acknowledged event {seq} after the restart"), "it is gone")?;
    }
    t.note(format!("{} of {} were acknowledged before the stop", acked.len(), frames.len()));
    let (mut socket, _) = t.back(&who, None).await?;
    for frame in &frames {
        socket.ack(frame).await?;
    }
    socket.leave().await;
    one_each(t, &who, &frames).await
}
