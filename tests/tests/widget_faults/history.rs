//! An ordinary link away, and the browser's Back. Only Exit forgets where somebody was; see `exit.rs`.

use anyhow::{Result, ensure};
use tealight_tests::browser::{Place, Screen};
use tealight_tests::people::Visitor;
use tealight_tests::stage::Stage;

use crate::{DRAFT, joined};

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_the_browser_kept_whole_goes_on_where_it_was() -> Result<()> {
    let stage = Stage::set().await?;
    let visitor = stage.waiting_visitor().await?;
    visitor.page.run::<()>(Place::Chat, "window.isTheSame = true", Vec::new()).await?;
    visitor.types(DRAFT).await?;
    away_and_back(&stage, &visitor).await?;
    ensure!(is_the_same(&visitor).await?, "the browser kept the page");
    // It comes back with the chat closed.
    visitor.open_again("waiting").await?;
    visitor.page.wait_gone(Place::Chat, ".strip p").await?;
    visitor.has_draft(DRAFT).await?;

    let volunteer = joined(&stage, &visitor).await?;
    visitor.sends().await?;
    ensure!(volunteer.hears(DRAFT).await? == 1);
    visitor.types("And then").await?;
    visitor.page.goto(&stage.server.elsewhere()).await?;
    volunteer.says("Are you there?").await?;
    visitor.page.back().await?;
    ensure!(is_the_same(&visitor).await?, "the browser kept the page");
    visitor.open_again("talking").await?;
    visitor.has_message("operator", "Are you there?").await?;
    visitor.has_draft("And then").await?;
    visitor.sends().await?;
    ensure!(volunteer.hears("And then").await? == 1);
    visitor.message_is("And then", "delivered").await?;
    ensure!(visitor.messages().await?.len() == 3);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_the_browser_did_not_keep_is_taken_up_again() -> Result<()> {
    let stage = Stage::set().await?;
    let page = stage.browser.open_with(Screen::PHONE, &["--disable-features=BackForwardCache"]).await?;
    page.goto(&stage.server.site("/")).await?;
    let visitor = Visitor { page };
    visitor.open_chat().await?;
    visitor.join().await?;
    let volunteer = joined(&stage, &visitor).await?;
    visitor.says("Before.").await?;
    volunteer.hears("Before.").await?;
    visitor.types(DRAFT).await?;
    visitor.page.goto(&stage.server.elsewhere()).await?;
    volunteer.says("Are you there?").await?;
    visitor.page.back().await?;
    visitor.open_again("talking").await?;
    visitor.has_message("operator", "Are you there?").await?;
    visitor.has_message("visitor", "Before.").await?;
    visitor.has_draft(DRAFT).await
}

async fn away_and_back(stage: &Stage, visitor: &Visitor) -> Result<()> {
    visitor.page.goto(&stage.server.elsewhere()).await?;
    visitor.page.back().await
}

async fn is_the_same(visitor: &Visitor) -> Result<bool> {
    visitor.page.run(Place::Chat, "return window.isTheSame === true", Vec::new()).await
}
