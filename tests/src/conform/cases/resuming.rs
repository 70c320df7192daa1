//! Coming back with a secret.

use std::time::{Duration, Instant};

use serde_json::json;

use super::delivery::pipeline;
use crate::conform::case::{Case, Check, case, demand};
use crate::conform::ids;
use crate::conform::socket::SOON;
use crate::conform::trial::{Trial, events, numbers};
use crate::conform::visitor::send;

/// How often each kind of secret is tried, for the timing.
const TRIES: usize = 15;

pub(super) const CASES: &[Case] = &[
    case!(
        18,
        L1,
        Anybody,
        Quick,
        "resuming after k",
        [],
        "Resuming after k brings exactly the events k+1 to the last.",
        resuming_brings_the_rest
    ),
    case!(
        19,
        L1,
        Anybody,
        Quick,
        "resuming with nothing new",
        [],
        "Resuming when nothing is new brings no events, once and again.",
        nothing_new_is_empty
    ),
    case!(
        20,
        L1,
        Anybody,
        Quick,
        "resuming beyond the end",
        [],
        "An after beyond the end, or another epoch, is answered with reset and the log from 1.",
        beyond_the_end_is_a_reset
    ),
    case!(
        21,
        L1,
        Anybody,
        Quick,
        "a long history",
        [],
        "A long log comes in pages of at most 200 events and about 64 KiB, and sync brings the others without a gap.",
        long_histories_come_in_pages
    ),
    case!(
        25,
        L1,
        Alone,
        Quick,
        "a wrong secret",
        [],
        "An unknown secret closes with 4404, and takes as long as a known one.",
        wrong_secrets_are_unknown
    ),
];

async fn resuming_brings_the_rest(t: &Trial) -> Check {
    let mut visitor = t.join().await?;
    for n in 2..=5 {
        visitor.say(&format!("Event {n}.")).await?;
    }
    let who = visitor.who;
    visitor.socket.leave().await;
    for after in 0..=5 {
        let (socket, ready) = t.back(&who, Some(after)).await?;
        let conv = &ready["conv"];
        let came = numbers(&events(&conv["events"]));
        let rest: Vec<u64> = (after + 1..=5).collect();
        demand(came == rest, format!("events {rest:?} after {after}"), format!("{came:?}"))?;
        demand(conv["last"] == 5, "last 5", conv["last"].to_string())?;
        demand(conv["reset"] != true, "no reset", "reset")?;
        demand(ready["epoch"] == who.epoch.as_str(), "the same epoch", ready["epoch"].to_string())?;
        socket.leave().await;
    }
    Ok(())
}

async fn nothing_new_is_empty(t: &Trial) -> Check {
    let mut visitor = t.join().await?;
    let seq = visitor.say("The last there is.").await?.seq;
    visitor.socket.leave().await;
    for _ in 0..2 {
        let (mut socket, ready) = t.back(&visitor.who, Some(seq)).await?;
        let conv = &ready["conv"];
        demand(events(&conv["events"]).is_empty(), "no events", conv["events"].to_string())?;
        demand(conv["reset"] != true && conv["more"] != true, "neither reset nor more", conv.to_string())?;
        socket.settle().await?;
        let heard = socket.drain("event");
        demand(heard.is_empty(), "no event after ready", json!(heard).to_string())?;
        socket.leave().await;
    }
    Ok(())
}

async fn beyond_the_end_is_a_reset(t: &Trial) -> Check {
    let mut visitor = t.join().await?;
    visitor.say("Event 2.").await?;
    let mut other = visitor.who.clone();
    other.epoch = "another-life".to_owned();
    for (who, after, why) in [
        (&visitor.who, 7, "after beyond the end"),
        (&other, 1, "another epoch"),
        (&other, 2, "another epoch"),
    ] {
        let (socket, ready) = t.back(who, Some(after)).await?;
        let conv = &ready["conv"];
        demand(conv["reset"] == true, format!("reset: true for {why}"), conv["reset"].to_string())?;
        let came = numbers(&events(&conv["events"]));
        demand(came == [1, 2], "the whole log, from 1", format!("{came:?}"))?;
        socket.leave().await;
    }
    Ok(())
}

async fn long_histories_come_in_pages(t: &Trial) -> Check {
    let visitor = t.join().await?;
    let who = visitor.who;
    visitor.socket.leave().await;
    let many: Vec<_> = (2..=206).map(|n| send(&format!("Event {n}."))).collect();
    pipeline(t, &who, &many).await?;
    let long: Vec<_> = (0..12).map(|_| send(&"\u{1f56f}".repeat(4_000))).collect();
    pipeline(t, &who, &long).await?;
    let last = 1 + (many.len() + long.len()) as u64;

    let (mut socket, ready) = t.back(&who, Some(0)).await?;
    let mut page = ready["conv"].clone();
    let mut seen = 0;
    loop {
        let list = events(&page["events"]);
        let bytes = page["events"].to_string().len();
        demand(list.len() <= 200, "at most 200 events in a page", format!("{}", list.len()))?;
        demand(bytes <= 96 * 1024 || list.len() == 1, "about 64 KiB in a page", format!("{bytes} bytes"))?;
        demand(!list.is_empty(), "a page with events", "an empty page that was promised")?;
        for event in &list {
            seen += 1;
            demand(event["seq"] == seen, format!("seq {seen}"), format!("seq {}", event["seq"]))?;
        }
        demand(page["last"] == last, format!("last {last} in each page"), page["last"].to_string())?;
        let more = page["more"] == true;
        demand(
            more == (seen < last),
            format!("more: {} at {seen} of {last}", seen < last),
            format!("{more}"),
        )?;
        if !more {
            break;
        }
        socket.command(&json!({"t": "sync", "after": seen})).await;
        page = socket.take("history", SOON, |f| f["t"] == "history").await?;
    }
    socket.command(&json!({"t": "sync", "after": last})).await;
    let empty = socket.take("history", SOON, |f| f["t"] == "history").await?;
    demand(events(&empty["events"]).is_empty(), "an empty page after the last", "events")?;
    socket.leave().await;
    Ok(())
}

async fn wrong_secrets_are_unknown(t: &Trial) -> Check {
    let visitor = t.join().await?;
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for _ in 0..TRIES {
        for (secret, times) in [(visitor.who.secret.clone(), &mut known), (ids::secret(), &mut unknown)] {
            let mut hello = t.hello();
            hello["secret"] = json!(secret);
            hello["after"] = json!(1);
            hello["epoch"] = json!(visitor.who.epoch);
            let mut socket = t.open().await?;
            let began = Instant::now();
            socket.send(&hello).await;
            if secret == visitor.who.secret {
                socket.take("ready", SOON, |f| f["t"] == "ready").await?;
            } else {
                socket.closes(&[4404], SOON).await?;
            }
            times.push(began.elapsed());
            socket.leave().await;
        }
    }
    // The quickest of many: what a busy machine adds to the others says nothing about the backend.
    let quickest = |times: &[Duration]| times.iter().min().copied().unwrap_or_default();
    let (known, unknown) = (quickest(&known), quickest(&unknown));
    t.note(format!("quickest answer: known {known:.1?}, unknown {unknown:.1?}"));
    let allowed = Duration::from_millis(20).max(known / 2);
    demand(
        known.abs_diff(unknown) < allowed,
        format!("answers that differ by less than {allowed:.0?}"),
        format!("{known:.1?} for a known secret, {unknown:.1?} for an unknown one"),
    )
}
