//! Who has a conversation: claims, leases, fencing numbers, and passing on.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::rich::{talk, talk_with};
use crate::conform::case::{Case, Check, Need, Stop, case, demand, failed};
use crate::conform::ids;
use crate::conform::opening::Opening;
use crate::conform::operator::{Operator, Taken, taken};
use crate::conform::socket::SOON;
use crate::conform::trial::{Trial, events, numbers};

pub(super) const CASES: &[Case] = &[
    case!(
        48,
        L3,
        Alone,
        Quick,
        "passing on",
        [Need::OperatorCapability("transfer"), Need::TwoOperators],
        "A transfer keeps the history and its seq, the visitor is told, and the old claim is void.",
        passing_on_keeps_the_history
    ),
    case!(
        52,
        L4,
        Alone,
        Quick,
        "claiming the next",
        [Need::Operator],
        "Claiming the next respects the operator's capacity, areas and languages.",
        the_next_respects_the_operator
    ),
    case!(
        53,
        L4,
        Alone,
        Slow,
        "an operator is lost",
        [Need::TwoOperators],
        "When an operator is away beyond the lease, the visitor gets left and waits at the head, and a late send gets conflict.",
        lost_operators_lose_the_claim
    ),
    case!(
        54,
        L4,
        Alone,
        Quick,
        "an operator comes back in time",
        [Need::Operator],
        "An operator who comes back within the lease keeps the conversation and its claim.",
        operators_come_back_in_time
    ),
    case!(
        60,
        L4,
        Alone,
        Quick,
        "two nodes",
        [Need::Operator, Need::SecondNode],
        "An operator on one node can claim and talk with a visitor on another.",
        two_nodes_are_one_helpline
    ),
];

async fn passing_on_keeps_the_history(t: &Trial) -> Check {
    let mut colleague = t.operator(1).await?;
    let (mut visitor, mut operator, mine) = talk(t).await?;
    visitor.say("Said before.").await?;
    operator.say(&mine, "I am passing you on.").await?;
    let before = t.log(&visitor.who).await?;
    let pass = json!({
        "t": "transfer", "cid": ids::cid(), "conv": mine.conv, "claim": mine.claim,
        "to": {"operator": colleague.id}, "reason": "My shift ends.",
    });
    let ack = operator.socket.ack(&pass).await?;
    let event = visitor.socket.event("the event transferred", |e| e["kind"] == "transferred").await?;
    demand(
        event["seq"] == before.len() as u64 + 1 && ack["seq"] == event["seq"],
        format!("transferred at seq {}", before.len() + 1),
        event.to_string(),
    )?;
    demand(
        event["state"] == "waiting"
            && event["from"] == operator.id.as_str()
            && event["reason"] == "My shift ends.",
        "transferred with from, state waiting and the reason",
        event.to_string(),
    )?;
    operator.socket.take("released", SOON, |f| f["t"] == "released" && f["conv"] == mine.conv).await?;
    operator.socket.refused(&Operator::sends(&mine, "Too late."), &["conflict"]).await?;
    let again = operator.socket.ack(&pass).await?;
    demand(again["seq"] == ack["seq"], "the same ack for the same transfer", again.to_string())?;
    // Nobody but the colleague can take it while it is kept for them.
    operator.socket.refused(&Operator::claim(Some(&mine.conv)), &["conflict"]).await?;
    visitor.say("Said while waiting.").await?;
    let ack = colleague.socket.ack(&Operator::claim(None)).await?;
    let theirs = taken(&ack)?;
    demand(
        theirs.conv == mine.conv,
        "the conversation that was passed on, as the next",
        theirs.conv.clone(),
    )?;
    demand(theirs.claim > mine.claim, format!("a claim above {}", mine.claim), theirs.claim.to_string())?;
    let fits = |f: &Value| f["t"] == "assigned" && f["conversation"]["id"] == mine.conv;
    let assigned = colleague.socket.take("assigned", SOON, fits).await?;
    let log = events(&assigned["conversation"]["events"]);
    let same = log.len() >= before.len() && log[..before.len()] == before[..];
    demand(same, "the whole log as it was", format!("seq {:?}", numbers(&log)))?;
    let all = t.log(&visitor.who).await?;
    let dense: Vec<u64> = (1..=all.len() as u64).collect();
    demand(numbers(&all) == dense, "a dense log", format!("{:?}", numbers(&all)))?;
    let passed_on = all.iter().filter(|event| event["kind"] == "transferred").count();
    demand(passed_on == 1, "one event transferred", passed_on.to_string())?;
    // Back to the waiting room, for whoever is next: before those who came later.
    let mut behind = t.join().await?;
    let back =
        json!({"t": "transfer", "cid": ids::cid(), "conv": theirs.conv, "claim": theirs.claim, "to": {}});
    colleague.socket.ack(&back).await?;
    visitor.place("queue with place 1, before who came later", |f| f["place"] == 1).await?;
    let next = operator.take(None).await?;
    demand(next.conv == mine.conv, "the conversation from the head", next.conv.clone())?;
    operator.end(&next).await?;
    behind.end().await?;
    operator.go().await?;
    colleague.go().await
}

async fn the_next_respects_the_operator(t: &Trial) -> Check {
    let mut operator = t.operator(0).await?;
    operator.socket.refused(&Operator::claim(None), &["not_found"]).await?;
    operator.accept(1).await?;
    let mut first = t.join().await?;
    let mut second = t.join().await?;
    let mine = operator.take(None).await?;
    demand(mine.conv == first.who.conv, "the first who waits", mine.conv.clone())?;
    operator.socket.refused(&Operator::claim(None), &["forbidden"]).await?;
    operator.socket.refused(&Operator::claim(Some(&second.who.conv)), &["forbidden"]).await?;
    first.end().await?;
    let mine = operator.take(None).await?;
    demand(mine.conv == second.who.conv, "the next, once there is room", mine.conv)?;
    second.end().await?;
    operator.go().await?;
    areas_are_respected(t).await?;
    languages_are_respected(t).await
}

async fn areas_are_respected(t: &Trial) -> Check {
    if t.bench.lacks(Need::AreaOperator).is_some() {
        t.note("areas were not asked: --accounts names no operator of one area among several");
        return Ok(());
    }
    let areas = t.bench.areas();
    let restricted = t.bench.options.accounts.iter().find(|account| !account.areas.is_empty()).cloned();
    let Some(account) = restricted else { return Ok(()) };
    let serves = |area: &String| account.areas.contains(area);
    let (Some(own), Some(other)) = (areas.iter().position(serves), areas.iter().position(|a| !serves(a)))
    else {
        t.note("areas were not asked: the operator's areas are not among the open ones");
        return Ok(());
    };
    let mut operator = t.on_duty(&account).await?;
    let mut stranger = t.join_in(other).await?;
    let mut theirs = t.join_in(own).await?;
    let mine = operator.take(None).await?;
    demand(mine.conv == theirs.who.conv, "the first of the operator's own area", mine.conv)?;
    operator.socket.refused(&Operator::claim(None), &["not_found"]).await?;
    operator.socket.refused(&Operator::claim(Some(&stranger.who.conv)), &["forbidden"]).await?;
    theirs.end().await?;
    stranger.end().await?;
    operator.go().await
}

async fn languages_are_respected(t: &Trial) -> Check {
    let account = t.bench.options.accounts.iter().find(|account| !account.languages.is_empty()).cloned();
    let Some(account) = account else {
        t.note("languages were not asked: --accounts names no operator of some languages");
        return Ok(());
    };
    let mut operator = t.on_duty(&account).await?;
    let mut start = t.start();
    start["lang"] = json!("tlh");
    let mut stranger = t.join_as(&t.opening(), &t.hello(), &start).await?;
    let mut start = t.start();
    start["lang"] = json!(format!("{}-x-a", account.languages[0]));
    let mut theirs = t.join_as(&t.opening(), &t.hello(), &start).await?;
    let mine = operator.take(None).await?;
    demand(mine.conv == theirs.who.conv, "the first of the operator's language", mine.conv)?;
    operator.socket.refused(&Operator::claim(None), &["not_found"]).await?;
    theirs.end().await?;
    stranger.end().await?;
    operator.go().await
}

async fn lost_operators_lose_the_claim(t: &Trial) -> Check {
    let mut colleague = t.operator(1).await?;
    let (mut visitor, operator, mine) = talk(t).await?;
    let mut behind = t.join().await?;
    behind.place("queue with a place", |f| f["place"].is_u64()).await?;
    let began = Instant::now();
    let (inst, account) = (operator.inst.clone(), operator.account.clone());
    let (id, epoch) = (operator.id.clone(), operator.ready["epoch"].clone());
    operator.socket.cut();
    let patience = t.bench.options.patience;
    let left = visitor
        .socket
        .take("left, once the lease is over", patience, |f| f["t"] == "event" && f["kind"] == "left")
        .await;
    let left = match left {
        Ok(left) => left,
        Err(_) if visitor.socket.closed.is_none() && patience < Duration::from_secs(60) => {
            return Err(Stop::Skipped(format!(
                "the lease is longer than {} s: --patience 70 waits longer",
                patience.as_secs()
            )));
        }
        Err(stop) => return Err(stop),
    };
    t.note(format!("the lease lasted {:.1} s", began.elapsed().as_secs_f64()));
    demand(
        left["who"] == id.as_str() && left["state"] == "waiting",
        format!("left by {id}, state waiting"),
        left.to_string(),
    )?;
    visitor.place("queue with place 1", |f| f["place"] == 1).await?;
    // The old operator comes back, too late, and still believes.
    let after = json!({&mine.conv: left["seq"].as_u64().unwrap_or(2) - 1});
    let mut late = Operator::return_as(t, &account, &t.opening(), &inst, Some((&epoch, after))).await?;
    let fits = |f: &Value| f["t"] == "released" && f["conv"] == mine.conv;
    late.socket.take("released, for who comes back too late", SOON, fits).await?;
    late.socket.refused(&Operator::sends(&mine, "Too late."), &["conflict"]).await?;
    let next = colleague.take(None).await?;
    demand(next.conv == mine.conv, "the lost conversation, before who waited behind", next.conv.clone())?;
    demand(next.claim > mine.claim, format!("a claim above {}", mine.claim), next.claim.to_string())?;
    late.socket.refused(&Operator::sends(&mine, "Too late again."), &["conflict"]).await?;
    colleague.say(&next, "I am here now.").await?;
    visitor.end().await?;
    behind.end().await?;
    late.go().await?;
    colleague.go().await
}

async fn operators_come_back_in_time(t: &Trial) -> Check {
    let (mut visitor, operator, mine) = talk(t).await?;
    let (inst, account) = (operator.inst.clone(), operator.account.clone());
    let epoch = operator.ready["epoch"].clone();
    operator.socket.cut();
    let said = visitor.say("Said while the operator is away.").await?;
    let after = json!({&mine.conv: 2});
    let mut back = Operator::return_as(t, &account, &t.opening(), &inst, Some((&epoch, after))).await?;
    let kept = back.ready["convs"].as_array().cloned().unwrap_or_default();
    let conversation = kept
        .iter()
        .find(|conversation| conversation["id"] == mine.conv)
        .cloned()
        .ok_or_else(|| failed("the conversation in ready.convs", json!(kept).to_string()))?;
    demand(
        conversation["claim"] == mine.claim,
        format!("claim {}", mine.claim),
        conversation["claim"].to_string(),
    )?;
    let missed = numbers(&events(&conversation["events"]));
    demand(missed == [said.seq], format!("the missed event {}", said.seq), format!("{missed:?}"))?;
    let answer = Operator::sends(&mine, "I am back.");
    back.socket.ack(&answer).await?;
    visitor.socket.event("the operator's message", |e| e["cid"] == answer["cid"]).await?;
    visitor.socket.settle().await?;
    let heard = visitor.socket.drain("event");
    demand(!heard.iter().any(|e| e["kind"] == "left"), "no left", json!(heard).to_string())?;
    visitor.end().await?;
    back.go().await
}

async fn two_nodes_are_one_helpline(t: &Trial) -> Check {
    let Some(url) = t.bench.options.second_node.clone() else { return Ok(()) };
    let account = t.bench.plain_accounts().next().cloned();
    let account = account.ok_or_else(|| Stop::NotOffered("no operator".to_owned()))?;
    let opening = Opening { url, ..t.opening() };
    let mut operator = Operator::arrive(t, &account, &opening).await?;
    operator.clear().await?;
    let (mut visitor, mine): (_, Taken) = talk_with(t, &mut operator).await?;
    let said = visitor.say("From the first node.").await?;
    operator.socket.event("the visitor's message", |e| e["cid"] == said.cid).await?;
    let frame = Operator::sends(&mine, "From the second node.");
    operator.socket.ack(&frame).await?;
    visitor.socket.event("the operator's message", |e| e["cid"] == frame["cid"]).await?;
    visitor.end().await?;
    operator.go().await
}
