//! Pictures of what is said about the wait, to be looked at: `target/screenshots/`.

use anyhow::Result;
use serde_json::json;
use tealight_tests::browser::{Place, Screen};
use tealight_tests::people::Visitor;
use tealight_tests::stage::Stage;

use crate::{evening, offering::stop_offering};

#[tokio::test(flavor = "multi_thread")]
async fn the_wait_in_pictures() -> Result<()> {
    let stage = evening("21:10").await?;
    for (screen, scheme, look) in [
        (Screen::PHONE, "light", "phone-light"),
        (Screen::PHONE, "dark", "phone-dark"),
        (Screen::DESKTOP, "light", "desktop-light"),
    ] {
        let page = stage.browser.open(screen).await?;
        page.prefer(scheme).await?;
        scenes(&stage, page, look).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wait_in_pictures_with_large_text_and_from_right_to_left() -> Result<()> {
    let stage = evening("21:10").await?;
    for (look, script) in [
        ("phone-large", "document.documentElement.style.fontSize = '200%'"),
        ("phone-rtl", "document.getElementById('tealight-root') && setInterval(() => document.getElementById('tealight-root')
            .shadowRoot?.querySelector('.tealight')?.setAttribute('dir', 'rtl'), 50)"),
    ] {
        let page = stage.browser.open(Screen::PHONE).await?;
        page.before_every_document(&format!("addEventListener('DOMContentLoaded', () => {{ {script} }})")).await?;
        scenes(&stage, page, look).await?;
    }
    Ok(())
}

async fn scenes(stage: &Stage, page: tealight_tests::browser::Page, look: &str) -> Result<()> {
    let shoot =
        async |visitor: &Visitor, name: &str| visitor.page.screenshot(&format!("{look}-{name}")).await;
    Visitor::listen(&page).await?;
    page.goto(&stage.server.site("/")).await?;
    let visitor = Visitor { page };
    visitor.open_chat().await?;
    let night = json!({"closes_at": "2026-11-21T22:00:00Z", "notice": "Many people are trying to reach us tonight.",
        "may_close_first": true, "next_open": "2026-11-22T18:00:00Z"});
    visitor.is_served("open", night.clone()).await?;
    visitor.reads("You may not reach someone today").await?;
    shoot(&visitor, "60-welcome-may-close").await?;
    visitor.is_served("ending", night.clone()).await?;
    visitor.reads("Chat closes soon").await?;
    shoot(&visitor, "61-ending").await?;
    visitor.is_served("full", night.clone()).await?;
    visitor.reads("The waiting room is full").await?;
    shoot(&visitor, "62-full").await?;
    visitor.is_served("closed", json!({"notice": "We need a short break."})).await?;
    visitor.reads("We can't say yet").await?;
    shoot(&visitor, "63-paused").await?;

    visitor.is_served("open", json!({"closes_at": "2026-11-21T22:00:00Z"})).await?;
    visitor.join().await?;
    visitor.is_placed(1, 3, (45, 90), json!({})).await?;
    visitor.reads("45 minutes to 1½ hours").await?;
    shoot(&visitor, "64-waiting").await?;
    let far = json!({"worse": true, "may_close_first": true});
    visitor.is_placed(2, 3, (60, 120), far).await?;
    visitor.reads("longer than we expected").await?;
    shoot(&visitor, "65-waiting-worse").await?;
    visitor.is_placed(3, 3, (0, 0), json!({"wait": {"kind": "unknown"}})).await?;
    visitor.reads("We can't say how long").await?;
    shoot(&visitor, "66-waiting-unknown").await?;
    visitor.press("^Tell me when it's my turn").await?;
    visitor.is_placed(4, 1, (0, 2), json!({"state": "ready", "hold_s": 90})).await?;
    visitor.reads("Someone is ready").await?;
    shoot(&visitor, "67-ready").await?;
    visitor.is_placed(5, 1, (2, 5), json!({"state": "held"})).await?;
    visitor.reads("It was your turn").await?;
    visitor.is_cut_off().await?;
    visitor.reads("Connection lost").await?;
    shoot(&visitor, "68-held-lost").await?;

    stop_offering(&visitor.page).await?;
    visitor.page.reload().await?;
    visitor.page.reads(Place::Top, "Get help").await?;
    shoot(&visitor, "69-unoffered-launcher").await?;
    visitor.page.press_on(Place::Top, ".launcher").await?;
    visitor.page.reads(Place::Top, "We can't offer a chat").await?;
    shoot(&visitor, "70-unoffered").await
}
