//! Who means to be there, and what all visitors are told.

use jiff::ToSpan as _;
use serde_json::{Value, json};

use super::colleagues::supervisor;
use crate::conform::case::{Case, Check, Need, case, demand, failed};
use crate::conform::ids;
use crate::conform::operator::{Operator, has, query};
use crate::conform::socket::SOON;
use crate::conform::trial::Trial;

const NOTICE: &str = "Many people are trying to reach us tonight.";

pub(super) const CASES: &[Case] = &[
    case!(
        61,
        L4,
        Alone,
        Quick,
        "shifts",
        [Need::OperatorCapability("roster"), Need::TwoOperators],
        "A shift is planned once under its id, is in the roster, and is nobody else's to change without the right.",
        shifts_are_planned
    ),
    case!(
        62,
        L4,
        Alone,
        Quick,
        "a pause",
        [Need::OperatorCapability("roster"), Need::TwoOperators, Need::Supervisor],
        "While paused, nobody new gets in, whoever waits stays, and everybody reads the notice; without the right it is forbidden.",
        a_pause_keeps_whoever_waits
    ),
];

async fn shifts_are_planned(t: &Trial) -> Check {
    let mut operator = t.operator(0).await?;
    let mut other = t.operator(1).await?;
    let begins = jiff::Timestamp::now() + 72.hours();
    let (id, ends) = (ids::instance(), begins + 2.hours());
    let shift = json!({"t": "shift", "cid": ids::cid(), "shift": {
        "id": id, "operator": operator.id, "from": time(begins), "to": time(ends), "at_once": 2,
    }});
    operator.socket.ack(&shift).await?;
    operator.socket.ack(&shift).await?;
    let planned = in_roster(&mut operator, &id).await?;
    demand(
        planned.len() == 1 && planned[0]["at_once"] == 2,
        "the shift, once, with at_once 2",
        json!(planned).to_string(),
    )?;
    let mut later = shift.clone();
    (later["cid"], later["shift"]["at_once"]) = (json!(ids::cid()), json!(1));
    operator.socket.ack(&later).await?;
    let planned = in_roster(&mut operator, &id).await?;
    demand(
        planned.len() == 1 && planned[0]["at_once"] == 1,
        "the same shift with at_once 1",
        json!(planned).to_string(),
    )?;

    let mut backwards = shift.clone();
    (backwards["cid"], backwards["shift"]["to"]) = (json!(ids::cid()), json!(time(begins - 1.hour())));
    operator.socket.refused(&backwards, &["bad_request"]).await?;
    let mut twice = shift.clone();
    (twice["cid"], twice["shift"]["id"]) = (json!(ids::cid()), json!(ids::instance()));
    operator.socket.refused(&twice, &["conflict"]).await?;
    let unshift = json!({"t": "unshift", "cid": ids::cid(), "id": id});
    if !has(&other.ready["rights"], "coordinate") {
        other.socket.refused(&unshift, &["forbidden"]).await?;
    }
    operator.socket.ack(&unshift).await?;
    let planned = in_roster(&mut operator, &id).await?;
    demand(planned.is_empty(), "no such shift any more", json!(planned).to_string())?;
    operator.go().await?;
    other.go().await
}

async fn a_pause_keeps_whoever_waits(t: &Trial) -> Check {
    let account = supervisor(t)?;
    let mut coordinator = Operator::arrive(t, &account, &t.opening()).await?;
    let rights = coordinator.ready["rights"].clone();
    demand(has(&rights, "coordinate"), "ready.rights with coordinate", rights.to_string())?;
    let mut other = t.operator(0).await?;
    let mut waiting = t.join().await?;
    let (mut looking, _) = t.look().await?;
    let announce = |paused: bool| {
        let mut frame = json!({"t": "announce", "cid": ids::cid(), "paused": paused});
        if paused {
            frame["notice"] = json!(NOTICE);
        }
        frame
    };
    if !has(&other.ready["rights"], "coordinate") {
        other.socket.refused(&announce(true), &["forbidden"]).await?;
    }
    coordinator.socket.ack(&announce(true)).await?;
    let checked = while_paused(&mut other, &mut looking, &t.start()).await;
    // Whatever came of it: what was announced here is taken back.
    coordinator.socket.ack(&announce(false)).await?;
    checked?;
    waiting.socket.settle().await?;
    let ended = waiting.socket.seen.iter().any(|(_, f)| f["t"] == "event" && f["kind"] == "ended");
    demand(!ended, "whoever waits goes on waiting", "ended")?;
    let fits = |f: &Value| f["t"] == "service" && f["state"] != "closed";
    looking.take("service that is open again", SOON, fits).await?;
    waiting.end().await?;
    coordinator.socket.leave().await;
    other.go().await
}

async fn while_paused(
    other: &mut Operator,
    looking: &mut crate::conform::socket::Socket,
    start: &Value,
) -> Check {
    let fits = |f: &Value| f["t"] == "announcement" && f["paused"] == true && f["notice"] == NOTICE;
    other.socket.take("announcement, for every console", SOON, fits).await?;
    let fits = |f: &Value| f["t"] == "service" && f["state"] == "closed" && f["notice"] == NOTICE;
    looking.take("service closed, with the notice", SOON, fits).await?;
    looking.refused(start, &["closed"]).await.map(drop)
}

/// The shifts of the roster under an id.
async fn in_roster(operator: &mut Operator, id: &str) -> Check<Vec<Value>> {
    let ask = query("roster");
    operator.socket.command(&ask).await;
    let fits = |f: &Value| f["t"] == "result" && f["cid"] == ask["cid"];
    let result = operator.socket.take("result with the roster", SOON, fits).await?;
    let shifts = result["roster"]["shifts"].as_array();
    let shifts = shifts.ok_or_else(|| failed("roster.shifts", result.to_string()))?;
    Ok(shifts.iter().filter(|shift| shift["id"] == id).cloned().collect())
}

fn time(moment: jiff::Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
