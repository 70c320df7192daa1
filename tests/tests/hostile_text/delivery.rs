//! Through a real server, from each side to the other.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tealight_tests::client::{Client, console, new_cid, new_secret, visitor_start};
use tealight_tests::server::TestServer;

use crate::corpus::{Case, cases};
use crate::mouths::Mouth;

#[tokio::test]
async fn every_hostile_text_reaches_the_operator_byte_for_byte_or_not_at_all() -> Result<()> {
    let mut talk = Talk::begin().await?;
    for case in cases()? {
        hears(&mut talk.visitor, &mut talk.console, &case).await?;
    }
    Ok(())
}

#[tokio::test]
async fn every_hostile_text_reaches_the_visitor_byte_for_byte_or_not_at_all() -> Result<()> {
    let mut talk = Talk::begin().await?;
    for case in cases()? {
        hears(&mut talk.operator, &mut talk.page, &case).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_link_that_hides_where_it_leads_is_refused() -> Result<()> {
    let mut talk = Talk::begin().await?;
    for (url, title, is_taken) in [
        ("https://example.org/calm", None, true),
        ("https://example.org/calm", Some("Calm <b>exercises</b>"), true),
        ("http://example.org/", None, false),
        ("javascript:alert(1)", None, false),
        ("https://www.bank.example@elsewhere.example/", None, false),
        ("https://elsewhere.example\\@bank.example/", None, false),
        ("https://example.org/\u{202E}gpj.exe", None, false),
        ("https://exam\u{AD}ple.org/", None, false),
        ("https://example.org/", Some("Your \u{202E}bank"), false),
        ("https://example.org/", Some("Calm\nSam has left the chat."), false),
    ] {
        let cid = new_cid();
        let mut link = json!({"url": url});
        if let Some(title) = title {
            link["title"] = json!(title);
        }
        let send = json!({"t": "send", "cid": cid, "conv": talk.claimed["conv"], "claim": talk.claimed["claim"],
                          "text": "A page:", "link": link});
        talk.console.send(&send).await?;
        let answer = talk.console.answer(&cid).await?;
        ensure!((answer["t"] == "ack") == is_taken, "{url} {title:?}: {answer}");
    }
    Ok(())
}

/// A visitor and an operator, each with somebody who listens and somebody who speaks.
struct Talk {
    page: Client,
    visitor: Mouth,
    console: Client,
    operator: Mouth,
    claimed: Value,
    // Last: everybody else has hung up by then.
    _server: TestServer,
}

impl Talk {
    async fn begin() -> Result<Self> {
        let server = TestServer::start().await?;
        let addr: SocketAddr = server.url().trim_start_matches("http://").parse()?;
        let (mut page, ready) = Client::visitor(addr).await?;
        let epoch = ready["epoch"].as_str().context("an epoch")?;
        let secret = new_secret();
        let started = visitor_start(&mut page, &secret, None).await?;
        let token = server.log_in().await?;
        let (mut console, _) = console(addr, &token).await?;
        let cid = new_cid();
        console.send(&json!({"t": "claim", "cid": cid, "conv": started["conv"]})).await?;
        let mut claimed = console.answer(&cid).await?;
        ensure!(claimed["t"] == "ack", "{claimed}");
        claimed["conv"] = started["conv"].clone();
        let visitor = Mouth::of_visitor(addr, &secret, epoch);
        let operator = Mouth::of_operator(addr, &token, &claimed);
        Ok(Self { page, visitor, console, operator, claimed, _server: server })
    }
}

/// One side says it, and the other hears what the corpus says. That nothing was heard of what was refused shows at the
/// next case: what is heard then is that.
async fn hears(speaker: &mut Mouth, listener: &mut Client, case: &Case) -> Result<()> {
    let said = match &case.raw {
        Some(raw) => speaker.says_raw(raw).await,
        None => speaker.says(&case.typed()).await,
    };
    let stored = said.with_context(|| case.name.clone())?;
    ensure!(stored.is_none() == case.refused, "{}: stored as {stored:?}", case.name);
    let Some(cid) = stored else { return Ok(()) };
    let heard = listener
        .find("a message", |frame| {
            frame["t"] == "event" && frame["kind"] == "message" && frame["text"].is_string()
        })
        .await?;
    ensure!(heard["cid"] == cid, "{}: heard something else first", case.name);
    let (text, expected) = (heard["text"].as_str().unwrap_or_default(), case.expected());
    ensure!(text == expected, "{}: {text:?} instead of {expected:?}", case.name);
    Ok(())
}
