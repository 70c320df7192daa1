//! Rates, liveness, and peers that do not read.

use std::time::{Duration, Instant};

use serde_json::json;

use super::delivery::one_each;
use crate::conform::case::{Case, Check, case, demand, failed, trouble};
use crate::conform::ids;
use crate::conform::opening::Opening;
use crate::conform::own::{OwnServer, Profile};
use crate::conform::socket::{Next, SOON};
use crate::conform::trial::{Trial, events, numbers};
use crate::conform::visitor::send;

/// How far our own server's memory may grow for one peer that does not read, in KiB.
const GROWTH_KIB: u64 = 16 * 1024;

pub(super) const CASES: &[Case] = &[
    case!(
        28,
        L1,
        Anybody,
        Quick,
        "too fast",
        [],
        "Commands above the rate get rate_limited with retry_ms, and a client that goes on regardless is closed with 4429.",
        too_fast_is_refused
    ),
    case!(
        29,
        L1,
        Apart,
        Slow,
        "silence",
        [],
        "A silent client gets ping within ping_s, and is closed with 4408 when two stay unanswered.",
        silence_is_noticed
    ),
    case!(
        30,
        L1,
        Anybody,
        Quick,
        "a client's ping",
        [],
        "A client's ping is answered with pong at once.",
        pings_are_answered
    ),
    case!(
        31,
        L1,
        Anybody,
        Quick,
        "a client that does not read",
        [],
        "A client that does not read is closed with 4008 once 256 frames or 256 KiB wait for it, and resuming brings everything.",
        who_does_not_read_is_given_up
    ),
];

async fn too_fast_is_refused(t: &Trial) -> Check {
    let mut visitor = t.join().await?;
    // Fewer than the socket may have refused for good, and more than the burst.
    for n in 0..40 {
        visitor.socket.send(&send(&format!("Too fast {n}."))).await;
    }
    let error = visitor.socket.take("error rate_limited", SOON, |f| f["t"] == "error").await?;
    demand(error["code"] == "rate_limited", "rate_limited", error.to_string())?;
    demand(error["retry"] == true, "retry: true", error.to_string())?;
    let retry_ms = error["retry_ms"].as_u64().unwrap_or_default();
    demand((1..=60_000).contains(&retry_ms), "retry_ms, of at most a minute", error.to_string())?;
    demand(error["cid"].is_string(), "the cid of the refused command", error.to_string())?;
    visitor.socket.settle().await?;
    // Whoever waits is served again.
    tokio::time::sleep(Duration::from_millis(retry_ms + 1_000)).await;
    visitor.socket.ack(&send("Slower now.")).await?;
    for n in 0..1_500 {
        visitor.socket.send(&send(&format!("Regardless {n}."))).await;
        if n % 50 == 49 && !visitor.socket.listen(Duration::from_millis(20)).await {
            break;
        }
    }
    visitor.socket.closes(&[4429], SOON).await.map(drop)
}

async fn silence_is_noticed(t: &Trial) -> Check {
    let (mut socket, ready) = t.look().await?;
    let ping_s = ready["ping_s"].as_u64().unwrap_or(25);
    if ping_s > 40 {
        return Err(failed(
            "ping_s of at most 40, so that proxies keep the socket",
            format!("ping_s {ping_s}"),
        ));
    }
    socket.answers = false;
    let interval = Duration::from_secs(ping_s);
    let slack = Duration::from_secs(4);
    for nth in ["a first ping", "a second ping"] {
        let expected = format!("{nth} within {ping_s} s");
        socket.take(&expected, interval + slack, |f| f["t"] == "ping").await?;
    }
    socket.closes(&[4408], interval + slack).await.map(drop)
}

async fn pings_are_answered(t: &Trial) -> Check {
    let (mut socket, _) = t.look().await?;
    for _ in 0..3 {
        let began = Instant::now();
        socket.settle().await?;
        demand(
            began.elapsed() < Duration::from_secs(3),
            "pong within 3 s",
            format!("{:.1?}", began.elapsed()),
        )?;
    }
    socket.leave().await;
    Ok(())
}

async fn who_does_not_read_is_given_up(t: &Trial) -> Check {
    let server = match t.bench.binary() {
        Ok(binary) => Some(OwnServer::start(binary, Profile::Victim).await.map_err(trouble)?),
        Err(_) => None,
    };
    let url = server.as_ref().map_or(t.bench.url.clone(), |server| server.url.clone());
    let opening = Opening { url, ..t.opening() };
    let start = if server.is_some() {
        json!({"t": "start", "cid": ids::cid(), "secret": ids::secret(), "lang": "en"})
    } else {
        t.start()
    };
    let mut writer = t.join_as(&opening, &t.hello(), &start).await?;
    let before = server.as_ref().and_then(OwnServer::memory_kib);

    let mut hello = t.hello();
    hello["secret"] = json!(writer.who.secret);
    let narrow = Opening { narrow: true, ..opening.clone() };
    let (mut deaf, _) = t.greet_at(&narrow, &hello).await?;
    let deaf_inst = crate::conform::trial::text(&hello["inst"]);

    // Three pages write as much as they may at once: far more than may wait for the one that does not read.
    let mut frames = Vec::new();
    let mut writers = Vec::new();
    for _ in 0..2 {
        writers.push(t.back_as(&writer.who, &ids::instance(), Some(1)).await?.0);
    }
    for socket in std::iter::once(&mut writer.socket).chain(&mut writers) {
        for _ in 0..18 {
            let frame = send(&"\u{1f56f}".repeat(4_000));
            let answer = socket.answer(&frame).await?;
            demand(answer["t"] == "ack", "an ack within the announced burst", answer.to_string())?;
            frames.push(frame);
        }
    }
    let mut bytes = 0;
    let closed = loop {
        match deaf.next(SOON).await {
            Next::Frame(frame) => bytes += frame.to_string().len(),
            Next::Closed(closed) => break Some(closed),
            Next::Silence => break None,
        }
    };
    let Some(closed) = closed else {
        return Err(failed(
            "close 4008 after 256 KiB that nobody reads",
            format!("everything, {} KiB, was kept for the socket and is still coming", bytes / 1024),
        ));
    };
    // Where the network between holds much back, the code itself may not have come through in time.
    demand(
        matches!(closed.code, 4008 | 1006),
        "close 4008",
        format!("close {} {}", closed.code, closed.reason),
    )?;
    if closed.code == 1006 {
        t.note("the connection was given up, but the code 4008 did not come through");
    }
    if let (Some(before), Some(after)) = (before, server.as_ref().and_then(OwnServer::memory_kib)) {
        t.note(format!("memory of the server: {before} KiB before, {after} KiB at most"));
        demand(
            after < before + GROWTH_KIB,
            format!("memory that grows by less than {GROWTH_KIB} KiB"),
            format!("{} KiB more", after - before),
        )?;
    }
    let (mut socket, ready) = t
        .greet_at(&opening, &{
            let mut hello = t.hello();
            hello["inst"] = json!(deaf_inst);
            hello["secret"] = json!(writer.who.secret);
            hello["epoch"] = json!(writer.who.epoch);
            hello["after"] = json!(1);
            hello
        })
        .await?;
    let mut seen = numbers(&events(&ready["conv"]["events"]));
    let mut more = ready["conv"]["more"] == true;
    while more {
        socket.command(&json!({"t": "sync", "after": seen.last()})).await;
        let page = socket.take("history", SOON, |f| f["t"] == "history").await?;
        seen.extend(numbers(&events(&page["events"])));
        more = page["more"] == true;
    }
    let all: Vec<u64> = (2..=1 + frames.len() as u64).collect();
    demand(seen == all, "every event after resuming", format!("{} of {}", seen.len(), all.len()))?;
    socket.leave().await;
    writer.socket.leave().await;
    for socket in writers {
        socket.leave().await;
    }
    one_each(t, &writer.who, &frames).await
}
