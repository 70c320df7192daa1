//! Two who want the same thing at the same moment, and one secret in two hands.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tealight_tests::child::Setup;
use tealight_tests::client::{
    Client, console, hello, log_in, new_cid, new_inst, new_secret, resume, start, visitor_start,
};
use tealight_tests::soak::{Tally, rounds};

use crate::Target;

#[tokio::test]
async fn of_two_operators_exactly_one_gets_the_visitor_and_fencing_numbers_grow() -> Result<()> {
    let setup = Setup {
        operators: vec![("sam", vec![]), ("robin", vec![])],
        limits: "sockets_per_minute = 1000000".to_owned(),
        ..Setup::default()
    };
    let target = Target::with(&setup).await?;
    let server = target.server.addr();
    let tokens = [target.token.clone(), log_in(server, "robin").await?];
    let mut visitor = Client::connect(server).await?;
    let mut hidden = hello();
    // Out of sight: the operator is kept waiting, and lets go when the socket does.
    hidden["visible"] = json!(false);
    visitor.send(&hidden).await?;
    let conv = visitor_start(&mut visitor, &new_secret(), None).await?["conv"].clone();
    let mut tally = Tally::new("two operators, one visitor");
    let (mut highest, mut still_held) = (0, 0);
    let wanted = rounds(100, 1_000);
    while tally.rounds < wanted {
        ensure!(still_held < 10 * wanted, "the visitor is not let go");
        let (mut one, _) = console(server, &tokens[0]).await?;
        let (mut other, _) = console(server, &tokens[1]).await?;
        let (answer, another) = tokio::join!(claim(&mut one, &conv), claim(&mut other, &conv));
        let answers = [answer?, another?];
        let acks: Vec<&Value> = answers.iter().filter(|answer| answer["t"] == "ack").collect();
        let refusals = answers.iter().filter(|answer| answer["code"] == "conflict").count();
        match acks[..] {
            [ack] => {
                ensure!(refusals == 1, "{answers:?}");
                let number = ack["claim"].as_u64().context("an ack without a fencing number")?;
                ensure!(number > highest, "the fencing number {number} after {highest}");
                highest = number;
                tally.rounds += 1;
                tally.messages += 1;
            }
            [] => {
                // The last one's socket is closed, and the server has not heard of it yet.
                ensure!(refusals == 2, "{answers:?}");
                still_held += 1;
            }
            _ => anyhow::bail!("both got the visitor: {answers:?}"),
        }
    }
    println!(
        "{} races, {still_held} of them before the last hold was over; fencing number {highest}",
        tally.rounds
    );
    tally.settle();
    target.still_serves().await
}

#[tokio::test]
async fn of_two_tabs_that_start_at_once_exactly_one_does() -> Result<()> {
    let target = Target::start().await?;
    let server = target.server.addr();
    let mut tally = Tally::new("two tabs, one secret");
    for round in 0..rounds(100, 1_000) {
        let (mut one, _) = Client::visitor(server).await?;
        let (mut other, _) = Client::visitor(server).await?;
        let (secret, first, second) = (new_secret(), new_cid(), new_cid());
        // The same command from a duplicated tab, or each tab's own.
        let second = if round.is_multiple_of(2) { first.clone() } else { second };
        one.send(&start(&first, &secret, None)).await?;
        other.send(&start(&second, &secret, None)).await?;
        let (answer, another) = tokio::join!(one.answer(&first), other.answer(&second));
        let (answer, another) = (answer?, another?);
        if first == second {
            ensure!(answer["t"] == "ack" && answer == another, "{answer} {another}");
        } else {
            let acks = [&answer, &another].into_iter().filter(|answer| answer["t"] == "ack").count();
            let conflicts = [&answer, &another].into_iter().filter(|a| a["code"] == "conflict").count();
            ensure!((acks, conflicts) == (1, 1), "{answer} {another}");
        }
        let (kept, cid) = (if answer["t"] == "ack" { &mut one } else { &mut other }, new_cid());
        // Out of the waiting room again.
        kept.send(&json!({"t": "end", "cid": cid})).await?;
        ensure!(kept.answer(&cid).await?["t"] == "ack");
        tally.rounds += 1;
        tally.messages += 1;
    }
    tally.settle();
    target.still_serves().await
}

#[tokio::test]
async fn a_stolen_secret_throws_nobody_out_and_ends_with_its_owner_s_word() -> Result<()> {
    let target = Target::start().await?;
    let server = target.server.addr();
    let (mut owner, ready) = Client::visitor(server).await?;
    let epoch = ready["epoch"].as_str().context("no epoch")?.to_owned();
    let secret = new_secret();
    let conv = visitor_start(&mut owner, &secret, None).await?["conv"].clone();
    let (mut operator, _) = console(server, &target.token).await?;
    ensure!(claim(&mut operator, &conv).await?["t"] == "ack");
    owner.event("joined").await?;

    let mut thieves = Vec::new();
    for _ in 0..3 {
        let mut thief = Client::connect(server).await?;
        thief.send(&resume(&new_inst(), &secret, &epoch, 0)).await?;
        ensure!(thief.next("ready").await?["conv"]["id"] == conv);
        thieves.push(thief);
    }
    let mut fifth = Client::connect(server).await?;
    fifth.send(&resume(&new_inst(), &secret, &epoch, 0)).await?;
    ensure!(fifth.close_code().await? == 4429, "a conversation has at most four pages");
    // The owner's page is still there; whatever a thief says comes from the visitor, and the owner sees it.
    let cid = new_cid();
    thieves[0].send(&json!({"t": "send", "cid": cid, "text": "Not me"})).await?;
    ensure!(owner.find("the thief's words", |frame| frame["cid"] == *cid).await?["from"] == "visitor");
    let cid = new_cid();
    owner.send(&json!({"t": "send", "cid": cid, "text": "That was not me"})).await?;
    ensure!(owner.answer(&cid).await?["t"] == "ack");
    for thief in &mut thieves {
        thief.find("the owner's words", |frame| frame["t"] == "event" && frame["cid"] == *cid).await?;
    }
    // The same page again takes its own place, not a thief's.
    let cid = new_cid();
    owner.send(&json!({"t": "erase", "cid": cid})).await?;
    ensure!(owner.close_code().await? == 4410);
    for thief in &mut thieves {
        ensure!(thief.close_code().await? == 4410, "the owner's word holds for everybody");
    }
    let mut late = Client::connect(server).await?;
    late.send(&resume(&new_inst(), &secret, &epoch, 0)).await?;
    ensure!(late.close_code().await? == 4410);
    target.still_serves().await
}

async fn claim(console: &mut Client, conv: &Value) -> Result<Value> {
    let cid = new_cid();
    console.send(&json!({"t": "claim", "cid": cid, "conv": conv})).await?;
    console.answer(&cid).await
}
