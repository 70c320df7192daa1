//! What a visitor is told about the wait, in a real browser: the range, how fresh it is, closing times, a turn, and
//! the page that does not offer the chat. The backend's words are the tests' own, the clock can be put forward.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Tests, and helpers of tests.

use anyhow::Result;
use serde_json::json;
use tealight_tests::browser::{Place, Screen};
use tealight_tests::clock::TurnedClock;
use tealight_tests::eventually;
use tealight_tests::people::Visitor;
use tealight_tests::server::Settings;
use tealight_tests::stage::Stage;

mod aloud;
mod closing;
mod offering;
mod pictures;
mod range;
mod turn;

/// A helpline on a certain evening. All times are those of Greenwich.
async fn evening(time: &str) -> Result<Stage> {
    let clock = TurnedClock::showing_civil(&format!("2026-11-21T{time}[UTC]"))?;
    Stage::with(Settings { clock: Some(clock), prior_mean_minutes: Some(10.0), ..Settings::default() }).await
}

/// Somebody on the first screen, who hears only what a test says.
async fn looking(stage: &Stage) -> Result<Visitor> {
    Visitor::who_listens(&stage.browser, &stage.server, Screen::PHONE).await
}

/// Somebody who waits, who hears only what a test says, and was told of third place and 20 to 45 minutes.
async fn waiting(stage: &Stage) -> Result<Visitor> {
    let visitor = looking(stage).await?;
    visitor.is_served("open", json!({})).await?;
    visitor.join().await?;
    visitor.is_placed(1, 3, (20, 45), json!({})).await?;
    visitor.reads("You are number 3").await?;
    Ok(visitor)
}

/// From now on everything is noted that a screen reader would say of the wait.
async fn listen(visitor: &Visitor) -> Result<()> {
    let script = "window.aloud = []; const status = T.all('.tealight > .sr[role=status]')[0];
        new MutationObserver(() => status.textContent && aloud.push(status.textContent))
          .observe(status, { childList: true, characterData: true, subtree: true });";
    // What is due now is said first.
    let quiet = "return T.all('.tealight > .sr[role=status]')[0].textContent !== ''";
    visitor.page.holds(Place::Chat, "the first words", quiet, Vec::new()).await?;
    visitor.page.run::<()>(Place::Chat, script, Vec::new()).await
}

async fn said(visitor: &Visitor) -> Result<Vec<String>> {
    visitor.page.run(Place::Chat, "return aloud", Vec::new()).await
}

async fn says(visitor: &Visitor, count: usize) -> Result<Vec<String>> {
    eventually("words that are said aloud", async || {
        Ok(Some(said(visitor).await?).filter(|said| said.len() >= count))
    })
    .await
}
