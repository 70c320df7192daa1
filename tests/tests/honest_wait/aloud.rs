//! What a screen reader says of the wait: calmly, and what is worse at once.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use tealight_tests::browser::Place;

use crate::{evening, listen, looking, said, says, waiting};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_said_at_most_every_three_minutes_and_the_last_one_is_said() -> Result<()> {
    let stage = evening("20:00").await?;
    let visitor = waiting(&stage).await?;
    listen(&visitor).await?;
    for rev in 2..12 {
        visitor.is_placed(rev, 15 - u32::try_from(rev)?, (20, 45), json!({})).await?;
        visitor.reads(&format!("You are number {}", 15 - rev)).await?;
    }
    ensure!(said(&visitor).await?.is_empty(), "{:?}", said(&visitor).await?);
    stage.advance(3 * MINUTE).await?;
    let said = says(&visitor, 1).await?;
    ensure!(said == ["Most people now wait 20 to 45 minutes. You are number 4."], "{said:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_worse_is_said_at_once_and_once_and_stays_to_be_read() -> Result<()> {
    let stage = evening("20:00").await?;
    let visitor = waiting(&stage).await?;
    listen(&visitor).await?;
    visitor.is_placed(2, 3, (45, 60), json!({"worse": true})).await?;
    let words = "It's taking longer than we expected. We're sorry. Most people now wait 45 to 60 minutes. \
                 You are number 3.";
    ensure!(says(&visitor, 1).await? == [words]);
    visitor.reads("It's taking longer than we expected. We're sorry").await?;
    visitor.reads("You can keep waiting, or try another way below").await?;
    visitor.is_placed(3, 2, (45, 60), json!({})).await?;
    visitor.reads("You are number 2").await?;
    visitor.reads("It's taking longer than we expected").await?;
    ensure!(said(&visitor).await?.len() == 1);
    stage.advance(11 * MINUTE).await?;
    let gone = "return !T.reads('taking longer')";
    visitor.page.holds(Place::Chat, "an apology that is over", gone, Vec::new()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn that_it_may_close_and_that_it_is_ones_turn_do_not_wait() -> Result<()> {
    let stage = evening("20:00").await?;
    let visitor = waiting(&stage).await?;
    visitor.is_served("open", json!({"closes_at": "2026-11-21T22:00:00Z"})).await?;
    listen(&visitor).await?;
    visitor.is_placed(2, 3, (45, 60), json!({"may_close_first": true})).await?;
    let said = says(&visitor, 1).await?;
    ensure!(said[0].contains("We close at 22:00. You may not reach someone today."), "{said:?}");
    visitor.is_placed(3, 1, (0, 2), json!({"state": "ready", "hold_s": 90})).await?;
    let said = says(&visitor, 2).await?;
    ensure!(said[1] == "Someone is ready to talk with you.", "{said:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_is_shown_calmly_and_its_change_is_said_once() -> Result<()> {
    let stage = evening("20:00").await?;
    let visitor = looking(&stage).await?;
    visitor.is_served("open", json!({"notice": "Many people are trying to reach us tonight."})).await?;
    visitor.reads("Many people are trying to reach us tonight").await?;
    visitor.join().await?;
    visitor.is_placed(1, 3, (20, 45), json!({})).await?;
    visitor.reads("Many people are trying to reach us tonight").await?;
    listen(&visitor).await?;
    stage.advance(4 * MINUTE).await?;
    visitor.is_served("open", json!({"notice": "Two of us are ill tonight."})).await?;
    stage.advance(4 * MINUTE).await?;
    let said = says(&visitor, 2).await?;
    ensure!(said[1].ends_with("Two of us are ill tonight."), "{said:?}");
    visitor.is_placed(2, 2, (20, 45), json!({})).await?;
    stage.advance(4 * MINUTE).await?;
    let said = says(&visitor, 3).await?;
    ensure!(said[2] == "Most people now wait 20 to 45 minutes. You are number 2.", "{said:?}");
    Ok(())
}
