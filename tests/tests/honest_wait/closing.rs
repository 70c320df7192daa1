//! Closing time and a full house: what is true, when that changes where the visitor is, and what helps now.

use anyhow::{Result, ensure};
use serde_json::json;
use tealight_tests::browser::{Place, Screen};
use tealight_tests::people::Visitor;

use crate::{evening, looking, waiting};

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_is_told_when_it_may_close_first_and_only_then() -> Result<()> {
    let stage = evening("21:00").await?;
    let visitor = waiting(&stage).await?;
    visitor.is_served("open", json!({"closes_at": "2026-11-21T22:00:00Z"})).await?;
    visitor.reads("We close at 22:00").await?;
    ensure!(!visitor.page.text(Place::Chat).await?.contains("may not reach"));
    visitor.is_placed(2, 3, (30, 60), json!({"may_close_first": true})).await?;
    visitor.reads("We close at 22:00. You may not reach someone today").await?;
    visitor.reads("You can keep waiting, or try another way below").await?;
    visitor.is_placed(3, 1, (0, 5), json!({})).await?;
    let gone = "return !T.all('.note').some((note) => /may not reach/.test(note.textContent))";
    visitor.page.holds(Place::Chat, "no warning", gone, Vec::new()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_night_that_ends_tomorrow_is_not_called_today() -> Result<()> {
    let stage = evening("23:30").await?;
    let visitor = looking(&stage).await?;
    let closes = json!({"closes_at": "2026-11-22T00:30:00Z", "may_close_first": true});
    visitor.is_served("open", closes.clone()).await?;
    visitor.reads("We close tomorrow at 00:30. You may not reach someone before then").await?;
    visitor
        .is_served(
            "ending",
            json!({"closes_at": "2026-11-22T00:30:00Z", "next_open": "2026-11-22T18:00:00Z"}),
        )
        .await?;
    visitor.reads("We close tomorrow at 00:30. You would not reach someone before then").await?;
    visitor.reads("It opens tomorrow at 18:00").await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_would_reach_nobody_is_not_let_in_and_reads_when_it_opens() -> Result<()> {
    let stage = evening("21:40").await?;
    let visitor = looking(&stage).await?;
    let more = json!({"closes_at": "2026-11-21T22:00:00Z", "next_open": "2026-11-23T18:00:00Z",
        "notice": "Many people are trying to reach us tonight."});
    visitor.is_served("ending", more).await?;
    visitor.reads("Chat closes soon").await?;
    visitor.reads("We close at 22:00. You would not reach someone today").await?;
    visitor.reads("It opens on Monday,? 23 November at 18:00").await?;
    visitor.reads("Many people are trying to reach us tonight").await?;
    ensure!(!visitor.page.has_control(Place::Chat, "^Join").await?, "nobody is let in");
    has_other_ways(&visitor).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_waiting_room_and_a_pause_say_so_and_show_other_ways() -> Result<()> {
    let stage = evening("20:00").await?;
    let visitor = looking(&stage).await?;
    visitor.is_served("full", json!({"notice": "Many people are trying to reach us tonight."})).await?;
    visitor.reads("The waiting room is full now").await?;
    visitor.reads("Many people are trying to reach us tonight").await?;
    ensure!(!visitor.page.has_control(Place::Chat, "^Join").await?);
    has_other_ways(&visitor).await?;
    visitor
        .is_served("closed", json!({"wait": {"kind": "closed"}, "notice": "We need a short break."}))
        .await?;
    visitor.reads("Chat is closed now").await?;
    visitor.reads("We can't say yet when it opens").await?;
    visitor.reads("We need a short break").await?;
    has_other_ways(&visitor).await?;
    visitor.is_served("open", json!({})).await?;
    visitor.page.wait_for_control(Place::Chat, "^Join the waiting room").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn times_are_those_of_the_visitors_own_clock() -> Result<()> {
    let stage = evening("19:00").await?;
    // The helpline opens in the evening of Greenwich, which is another day in Auckland and another hour in New York.
    for (zone, opens) in
        [("Pacific/Auckland", "It opens today at 19:00"), ("America/New_York", "It opens tomorrow at 01:00")]
    {
        let page = stage.browser.open(Screen::PHONE).await?;
        Visitor::listen(&page).await?;
        page.devtools("Emulation.setTimezoneOverride", json!({"timezoneId": zone})).await?;
        page.goto(&stage.server.site("/")).await?;
        let visitor = Visitor { page };
        visitor.open_chat().await?;
        let closed = json!({"wait": {"kind": "closed"}, "next_open": "2026-11-22T06:00:00Z"});
        visitor.is_served("closed", closed).await?;
        visitor.reads(opens).await?;
    }
    Ok(())
}

async fn has_other_ways(visitor: &Visitor) -> Result<()> {
    for address in ["tel:999", "tel:08081570199", "sms:08081570198", "mailto:night@example.org"] {
        visitor.page.wait_for(Place::Chat, &format!("a[href='{address}']")).await?;
    }
    Ok(())
}
