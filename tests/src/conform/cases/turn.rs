//! The visitor's turn: called, and looking or not.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::conform::case::{Case, Check, Need, Stop, case, demand, failed};
use crate::conform::operator::Operator;
use crate::conform::socket::SOON;
use crate::conform::trial::Trial;

pub(super) const CASES: &[Case] = &[case!(
    41,
    L2,
    Alone,
    Slow,
    "ready and hold",
    [Need::Taker],
    "A visitor who does not look is called with ready and hold_s; then the next is called, and the place is held, never dropped.",
    nobody_is_dropped
)];

/// Who takes visitors here.
enum Taker {
    Operator(Box<Operator>),
    Hook,
}

impl Taker {
    async fn of(t: &Trial) -> Check<Self> {
        match t.operator(0).await {
            Ok(operator) => Ok(Self::Operator(Box::new(operator))),
            Err(Stop::NotOffered(_)) => Ok(Self::Hook),
            Err(stop) => Err(stop),
        }
    }

    async fn take(&mut self, t: &Trial, conv: &str) -> Check {
        match self {
            Self::Operator(operator) => operator.take(Some(conv)).await.map(drop),
            Self::Hook => t.bench.hook(&json!({"do": "take", "conv": conv})).await,
        }
    }
}

async fn nobody_is_dropped(t: &Trial) -> Check {
    let mut taker = Taker::of(t).await?;
    // Somebody who looks is joined at once; somebody who comes to look when called, too.
    let mut attentive = t.join_hidden().await?;
    taker.take(t, &attentive.who.conv).await?;
    let called = attentive.place("queue with state ready", |f| f["state"] == "ready").await?;
    let hold_s = called["hold_s"].as_u64().ok_or_else(|| failed("hold_s with ready", called.to_string()))?;
    attentive.socket.send(&json!({"t": "presence", "visible": true})).await;
    attentive.socket.event("joined, once the visitor looks", |e| e["kind"] == "joined").await?;
    attentive.end().await?;

    let hold = Duration::from_secs(hold_s);
    if hold > t.bench.options.patience {
        return Err(Stop::Skipped(format!(
            "the hold is {hold_s} s: --patience {} waits for it, or an instance with a shorter one",
            hold_s + 5
        )));
    }
    let mut absent = t.join_hidden().await?;
    let mut next = t.join().await?;
    let place = absent.place("queue with a place", |f| f["state"] == "waiting").await?["place"].clone();
    let began = Instant::now();
    taker.take(t, &absent.who.conv).await?;
    absent.place("queue with state ready", |f| f["state"] == "ready").await?;
    if let Taker::Operator(_) = taker {
        let joined = |f: &Value| f["t"] == "event" && f["kind"] == "joined";
        next.socket.take("joined for the next visitor, once the hold is over", hold + SOON, joined).await?;
        let waited = began.elapsed();
        demand(
            waited + Duration::from_secs(2) > hold,
            format!("a swap after {hold_s} s"),
            format!("{waited:.1?}"),
        )?;
    } else {
        tokio::time::sleep(hold + Duration::from_secs(1)).await;
        t.note("that the next is taken instead was not asked: a hook takes one visitor at a time");
    }
    let held = absent.place("queue with state held", |f| f["state"] == "held").await?;
    demand(held["place"] == place, format!("the place of before, {place}"), held["place"].to_string())?;
    absent.socket.send(&json!({"t": "presence", "visible": true})).await;
    // A backend may say `held` for a while yet, so that it can be read: what counts is that it can be their turn again.
    next.end().await?;
    taker.take(t, &absent.who.conv).await?;
    absent.socket.event("joined for who looks now", |e| e["kind"] == "joined").await?;
    absent.end().await?;
    if let Taker::Operator(operator) = taker {
        operator.go().await?;
    }
    Ok(())
}
