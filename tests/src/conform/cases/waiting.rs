//! The waiting room and the service.

use std::time::{Duration, Instant};

use serde_json::Value;
use tealight_protocol::limits;

use crate::conform::bench::http_of;
use crate::conform::case::{Case, Check, Need, Stop, case, demand, failed, trouble};
use crate::conform::opening::Opening;
use crate::conform::socket::SOON;
use crate::conform::trial::{Trial, text};
use crate::conform::visitor::{Visitor, Who};

/// A small waiting room holds fewer.
const SMALL: usize = 20;

pub(super) const CASES: &[Case] = &[
    case!(
        35,
        L2,
        Alone,
        Quick,
        "places",
        [],
        "A place is 1 for the next, and never grows.",
        places_never_grow
    ),
    case!(
        36,
        L2,
        Alone,
        Slow,
        "how often places come",
        [],
        "queue frames come at most once in 2 s on a socket, with a growing rev.",
        places_come_slowly
    ),
    case!(
        37,
        L2,
        Alone,
        Quick,
        "honest waits",
        [],
        "A wait is a range on the ladder, unknown or closed; whoever does not know says unknown.",
        waits_are_honest
    ),
    case!(
        38,
        L2,
        Anybody,
        Quick,
        "closed",
        [Need::Closed],
        "A closed helpline says so, with next_open, and refuses start with closed.",
        closed_helplines_refuse
    ),
    case!(
        39,
        L2,
        Anybody,
        Quick,
        "a full waiting room",
        [Need::Small],
        "A full waiting room refuses start with queue_full, and takes visitors again when one leaves.",
        full_rooms_refuse
    ),
    case!(
        40,
        L2,
        Alone,
        Quick,
        "leaving while waiting",
        [],
        "When somebody leaves the waiting room, everybody behind moves up.",
        leaving_moves_others_up
    ),
    case!(
        42,
        L2,
        Alone,
        Quick,
        "the status over HTTP",
        [],
        "GET /v1/status is the same object as ready.service, and may be cached.",
        status_is_the_service
    ),
    case!(
        43,
        L2,
        Alone,
        Quick,
        "first come, first served",
        [],
        "Places, and claims of the next, follow the order of joining within each area.",
        first_come_first_served
    ),
];

/// The last place a visitor was told.
async fn place(visitor: &mut Visitor) -> Check<u64> {
    let queue = visitor.place("queue with a place", |f| f["place"].is_u64()).await?;
    queue["place"].as_u64().ok_or_else(|| failed("a place", queue.to_string()))
}

async fn places_never_grow(t: &Trial) -> Check {
    let mut visitors = Vec::new();
    let mut last = Vec::new();
    for nth in 0..3 {
        let mut visitor = t.join().await?;
        let place = place(&mut visitor).await?;
        demand(place >= 1, "a place of 1 or more", place.to_string())?;
        if let Some(before) = last.last() {
            demand(
                place == before + 1,
                format!("place {} for visitor {}", before + 1, nth + 1),
                place.to_string(),
            )?;
        }
        visitors.push(visitor);
        last.push(place);
    }
    // Somebody in the middle goes and comes back, and the first leaves: nobody's place grows by it.
    let (socket, ready) = t.back(&visitors[1].who, Some(1)).await?;
    let again = ready["conv"]["queue"]["place"].as_u64();
    demand(
        again.is_some_and(|p| p <= last[1]),
        format!("place {} or better after resuming", last[1]),
        format!("{again:?}"),
    )?;
    visitors[1].socket = socket;
    visitors[0].end().await?;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    for (visitor, first) in visitors.iter_mut().zip(&last).skip(1) {
        visitor.socket.settle().await?;
        let mut before = *first;
        for queue in visitor.socket.drain("queue") {
            let now = queue["place"].as_u64().unwrap_or(1);
            demand(now >= 1 && now <= before, format!("place {before} or better"), queue.to_string())?;
            before = now;
        }
    }
    Ok(())
}

async fn places_come_slowly(t: &Trial) -> Check {
    let mut ahead = Vec::new();
    for _ in 0..5 {
        ahead.push(t.join().await?);
    }
    let mut last = t.join().await?;
    for visitor in &mut ahead {
        visitor.end().await?;
        last.socket.listen(Duration::from_millis(350)).await;
    }
    last.socket.listen(Duration::from_millis(5_000)).await;
    let told: Vec<(Instant, Value)> =
        last.socket.seen.iter().filter(|(_, frame)| frame["t"] == "queue").cloned().collect();
    demand(told.len() >= 2, "queue after start, and when others leave", format!("{} frames", told.len()))?;
    for pair in told.windows(2) {
        let [(earlier, first), (later, second)] = pair else { continue };
        let apart = later.duration_since(*earlier);
        // What is measured is when a frame was read: on a busy machine the first of two may be read a little late.
        let least = Duration::from_millis(limits::QUEUE_EVERY_MS - 600);
        demand(apart >= least, "2 s between two queue frames", format!("{apart:.2?}"))?;
        let (rev, next) = (rev(first), rev(second));
        demand(rev < next, format!("a rev above {rev}"), next.to_string())?;
    }
    let moved = told[0].1["place"].as_u64().zip(told[told.len() - 1].1["place"].as_u64());
    demand(
        moved.is_none_or(|(first, last)| last + 5 == first),
        "in the end, the place after five have left",
        format!("{moved:?}"),
    )?;
    let (_, ready) = t.back(&last.who, Some(1)).await?;
    let (now, before) = (rev(&ready["conv"]["queue"]), rev(&told[told.len() - 1].1));
    demand(now > before, format!("a rev above {before} after resuming"), now.to_string())
}

fn rev(queue: &Value) -> u64 {
    queue["rev"].as_u64().unwrap_or_default()
}

/// What is wrong with a wait, if anything is.
fn wrong_wait(wait: &Value) -> Option<String> {
    let on_ladder = |seconds: &Value| {
        seconds
            .as_u64()
            .is_some_and(|s| s == 0 || limits::WAIT_LADDER_MIN.iter().any(|m| u64::from(*m) * 60 == s))
    };
    let right = match wait["kind"].as_str() {
        Some("unknown" | "closed") => wait.get("low_s").is_none() && wait.get("high_s").is_none(),
        Some("range") => {
            on_ladder(&wait["low_s"])
                && (wait.get("high_s").is_none()
                    || (on_ladder(&wait["high_s"]) && wait["high_s"].as_u64() > wait["low_s"].as_u64()))
        }
        _ => false,
    };
    (!right).then(|| wait.to_string())
}

async fn waits_are_honest(t: &Trial) -> Check {
    let mut visitor = t.join().await?;
    let queue = visitor.place("queue with wait", |f| !f["wait"].is_null()).await?;
    let (socket, ready) = t.look().await?;
    socket.leave().await;
    let service = &ready["service"]["wait"];
    for wait in [service, &queue["wait"]] {
        let wrong = wrong_wait(wait);
        demand(wrong.is_none(), "a range on the ladder, unknown or closed", wrong.unwrap_or_default())?;
    }
    let (socket, back) = t.back(&visitor.who, Some(1)).await?;
    socket.leave().await;
    let told = &back["conv"]["queue"]["wait"];
    demand(wrong_wait(told).is_none(), "an honest wait in ready.conv.queue", told.to_string())?;
    if service["kind"] == "unknown" {
        demand(queue["wait"]["kind"] == "unknown", "unknown for who waits too", queue["wait"].to_string())
    } else {
        t.note("this helpline knows a range: that it would say unknown was not seen");
        Ok(())
    }
}

async fn closed_helplines_refuse(t: &Trial) -> Check {
    let Some(url) = t.bench.options.closed.clone() else { return Ok(()) };
    let opening = Opening { url, ..t.opening() };
    let (mut socket, ready) = t.greet_at(&opening, &t.hello()).await?;
    let service = &ready["service"];
    demand(service["state"] == "closed", "state closed", service["state"].to_string())?;
    demand(service["next_open"].is_string(), "next_open", service.to_string())?;
    demand(service["wait"]["kind"] == "closed", "a wait of kind closed", service["wait"].to_string())?;
    let start = start_in(t, service);
    let error = socket.refused(&start, &["closed"]).await?;
    demand(error["retry"] == false, "retry: false", error.to_string())?;
    let mut hello = t.hello();
    hello["secret"] = start["secret"].clone();
    let mut back = t.open_as(&opening, 'v').await?;
    back.send(&hello).await;
    back.closes(&[4404], SOON).await.map(drop)
}

async fn full_rooms_refuse(t: &Trial) -> Check {
    let Some(url) = t.bench.options.small.clone() else { return Ok(()) };
    let opening = Opening { url, ..t.opening() };
    let (socket, ready) = t.greet_at(&opening, &t.hello()).await?;
    let service = ready["service"].clone();
    socket.leave().await;
    let mut inside: Vec<Visitor> = Vec::new();
    loop {
        let start = start_in(t, &service);
        let (mut socket, ready) = t.greet_at(&opening, &t.hello()).await?;
        let state = text(&ready["service"]["state"]);
        t.expect_guest(&start, &opening.url);
        let answer = socket.answer(&start).await?;
        if answer["t"] == "error" {
            demand(answer["code"] == "queue_full", "queue_full", answer.to_string())?;
            demand(state == "full", "ready.service with state full", state)?;
            demand(!inside.is_empty(), "room for somebody", "a room that is full when nobody waits")?;
            t.shared.over(start["secret"].as_str().unwrap_or_default());
            break;
        }
        demand(state == "open", "ready.service with state open", state)?;
        if inside.len() >= SMALL {
            return Err(failed(format!("queue_full after at most {SMALL}"), "room for more"));
        }
        socket.secret = start["secret"].as_str().map(str::to_owned);
        let who = Who {
            url: opening.url.clone(),
            inst: String::new(),
            secret: text(&start["secret"]),
            epoch: text(&ready["epoch"]),
            conv: text(&answer["conv"]),
            start,
        };
        inside.push(Visitor { socket, who });
    }
    if let Some(first) = inside.first_mut() {
        first.end().await?;
    }
    t.join_as(&opening, &t.hello(), &start_in(t, &service)).await.map(drop)
}

/// The command that begins a conversation at an instance that may have other areas.
pub(super) fn start_in(t: &Trial, service: &Value) -> Value {
    let mut start = t.start();
    if let Some(fields) = start.as_object_mut() {
        fields.remove("area");
    }
    if service["areas"][0]["id"].is_string() {
        start["area"] = service["areas"][0]["id"].clone();
    }
    start
}

async fn leaving_moves_others_up(t: &Trial) -> Check {
    let mut first = t.join().await?;
    let mut second = t.join().await?;
    let mut third = t.join().await?;
    let (second_place, third_place) = (place(&mut second).await?, place(&mut third).await?);
    first.end().await?;
    for (visitor, before) in [(&mut second, second_place), (&mut third, third_place)] {
        let expected = format!("queue with place {}", before - 1);
        visitor.place(&expected, |f| f["place"] == before - 1).await?;
    }
    second.end().await?;
    let expected = format!("queue with place {}", third_place - 2);
    third.place(&expected, |f| f["place"] == third_place - 2).await.map(drop)
}

async fn status_is_the_service(t: &Trial) -> Check {
    let url = format!("{}/v1/status", http_of(&t.bench.url).map_err(trouble)?);
    let (socket, ready) = t.look().await?;
    socket.leave().await;
    let response = t.bench.http.get(&url).send().await.map_err(trouble)?;
    demand(response.status() == 200, format!("200 from GET {url}"), response.status().to_string())?;
    let header = |name: &str| {
        response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    };
    let (kind, cache) = (header("content-type"), header("cache-control"));
    demand(kind.starts_with("application/json"), "application/json", kind)?;
    demand(cache.contains("max-age"), "Cache-Control with max-age", cache)?;
    let body = response.text().await.map_err(trouble)?;
    let status: Value = serde_json::from_str(&body).map_err(trouble)?;
    let plain = |service: &Value| {
        let mut service = service.clone();
        // The estimate may have moved between the two, or come out of a cache.
        if let Some(fields) = service.as_object_mut() {
            fields.remove("wait");
            // A page is told where Exit leads; who has a socket knows it.
            fields.remove("exit_url");
        }
        service
    };
    demand(plain(&status) == plain(&ready["service"]), ready["service"].to_string(), status.to_string())?;
    let wrong = wrong_wait(&status["wait"]);
    demand(wrong.is_none(), "an honest wait", wrong.unwrap_or_default())
}

async fn first_come_first_served(t: &Trial) -> Check {
    let areas = t.bench.areas();
    let order: &[usize] = if areas.len() > 1 { &[0, 1, 0, 1, 0] } else { &[0, 0, 0] };
    let mut visitors: Vec<(usize, Visitor)> = Vec::new();
    let mut counts = [0; 2];
    for area in order {
        let mut visitor = t.join_in(*area).await?;
        counts[*area] += 1;
        let place = place(&mut visitor).await?;
        demand(
            place == counts[*area],
            format!("place {} within the area", counts[*area]),
            place.to_string(),
        )?;
        visitors.push((*area, visitor));
    }
    let mut operator = match t.operator(0).await {
        Ok(operator) => operator,
        Err(Stop::NotOffered(_)) => {
            t.note("by places alone: whom an operator gets next was not asked");
            return Ok(());
        }
        Err(stop) => return Err(stop),
    };
    let mut taken = Vec::new();
    for _ in 0..visitors.len() {
        let next = operator.take(None).await?;
        operator.end(&next).await?;
        taken.push(next.conv);
    }
    for area in 0..2 {
        let came: Vec<_> =
            visitors.iter().filter(|(a, _)| *a == area).map(|(_, v)| v.who.conv.clone()).collect();
        let served: Vec<_> = taken.iter().filter(|conv| came.contains(conv)).cloned().collect();
        demand(served == came, format!("the order of joining: {came:?}"), format!("{served:?}"))?;
    }
    operator.go().await
}
