//! A clock that is set forwards and backwards by hours, as when a telephone hears the time from its network.

use anyhow::{Result, ensure};
use serde_json::json;
use tealight_tests::browser::Place;
use tealight_tests::eventually;
use tealight_tests::people::Visitor;
use tealight_tests::proxy::Cut;

use crate::{DRAFT, joined, outdoors, waiting_with};

const HOUR_MS: i64 = 3_600_000;

/// A clock that can be set, and a record of every wait.
const CLOCK: &str = "const now = Date.now; window.ahead = 0; Date.now = () => now() + window.ahead;
    const wait = window.setTimeout; window.waits = [];
    window.setTimeout = (then, ms, ...rest) => { window.waits.push(ms ?? 0); return wait(then, ms, ...rest); };";

/// Longer than the client ever waits for anything while it is connected or tries to be.
const LONGEST_WAIT_MS: i64 = 120_000;

#[tokio::test(flavor = "multi_thread")]
async fn clock_jumps_close_nothing_and_break_no_wait() -> Result<()> {
    let stage = outdoors().await?;
    let proxy = stage.server.proxy()?;
    let first = stage.waiting_visitor().await?;
    let visitor = waiting_with(&stage, CLOCK).await?;
    visitor.reads("You are number 2").await?;
    visitor.types(DRAFT).await?;
    for hours in [2, -2] {
        set(&visitor, hours).await?;
        let before = proxy.counters().connections;
        proxy.cut(Cut::Reset).await?;
        let counted = || proxy.counters().connections;
        eventually("another connection", async || Ok((counted() > before).then_some(()))).await?;
        visitor.page.wait_gone(Place::Chat, ".strip p").await?;
        visitor.reads("You are number 2").await?;
        visitor.reads("Checked a moment ago").await?;
        visitor.on_screen("waiting").await?;
        visitor.has_draft(DRAFT).await?;
        waits_are_sane(&visitor).await?;
    }
    visitor.empties().await?;

    set(&visitor, 0).await?;
    // Not the volunteer's business: until a visitor is back after a cut, the next one is taken first.
    first.press("^Leave the waiting room").await?;
    first.press("^Leave$").await?;
    visitor.reads("You are next").await?;
    let volunteer = joined(&stage, &visitor).await?;
    for hours in [2, -2] {
        let words = format!("By this clock it is {} hours later.", hours + 4);
        visitor.says(&words).await?;
        set(&visitor, hours).await?;
        ensure!(volunteer.hears(&words).await? == 1);
        visitor.message_is(&words, "delivered").await?;
        let reply = format!("By mine it is not. {}", hours + 4);
        volunteer.says(&reply).await?;
        visitor.has_message("operator", &reply).await?;
        visitor.on_screen("talking").await?;
        waits_are_sane(&visitor).await?;
    }
    Ok(())
}

async fn set(visitor: &Visitor, hours: i64) -> Result<()> {
    let script = "window.ahead = arguments[0]; window.waits = [];";
    visitor.page.run::<()>(Place::Chat, script, vec![json!(hours * HOUR_MS)]).await
}

/// No wait is negative or longer than it may be, on the clock or in words.
async fn waits_are_sane(visitor: &Visitor) -> Result<()> {
    let waits: Vec<i64> = visitor.page.run(Place::Chat, "return window.waits", Vec::new()).await?;
    ensure!(waits.iter().all(|wait| (0..=LONGEST_WAIT_MS).contains(wait)), "{waits:?}");
    let negative: bool =
        visitor.page.run(Place::Chat, "return T.reads('[-\u{2212}][0-9]')", Vec::new()).await?;
    ensure!(!negative, "{}", visitor.page.text(Place::Chat).await?);
    Ok(())
}
