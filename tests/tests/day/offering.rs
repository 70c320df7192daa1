//! A pilot: the chat is offered to a share of the pages, or only while the wait is short. The others show other ways.

use anyhow::{Result, ensure};
use tealight_tests::browser::{Kept, Place, Screen};
use tealight_tests::people::{Visitor, Volunteer};
use tealight_tests::server::Settings;
use tealight_tests::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_not_offered_the_chat_shows_the_numbers_and_loads_nothing_of_it() -> Result<()> {
    let stage = Stage::with(Settings { wait: "offer_share = 0.0", ..Settings::default() }).await?;
    let visitor = Visitor::arrive(&stage.browser, &stage.server, Screen::PHONE).await?;
    visitor.page.reads(Place::Top, "Get help").await?;
    visitor.page.press_on(Place::Top, ".launcher").await?;
    visitor.page.reads(Place::Top, "We can't offer a chat just now. You can reach us here").await?;
    visitor.page.reads(Place::Top, "Call 0808 157 0199").await?;
    let asked = visitor.page.requests().await?;
    ensure!(!asked.iter().any(|url| url.contains("/frame") || url.contains(".wasm")), "{asked:?}");
    let kept = visitor.page.kept(Place::Top).await?;
    ensure!(kept == Kept::only(&[]), "{kept:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_page_was_told_holds_as_long_as_it_is_there_and_is_drawn_anew_for_the_next() -> Result<()> {
    let stage = Stage::with(Settings { wait: "offer_share = 0.5", ..Settings::default() }).await?;
    let visitor = Visitor::arrive(&stage.browser, &stage.server, Screen::PHONE).await?;
    let mut seen = [false; 2];
    // Forty pages in a row that are told the same: once in a million millions.
    for _ in 0..40 {
        visitor.page.reads(Place::Top, "Get help|Chat with us").await?;
        let offered = is_offered(&visitor).await?;
        seen[usize::from(offered)] = true;
        if seen == [true, true] {
            return Ok(());
        }
        visitor.page.reload().await?;
    }
    anyhow::bail!("the chat is always offered, or never: {seen:?}")
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_wait_is_long_it_is_not_offered_and_whoever_waits_goes_on() -> Result<()> {
    let settings =
        Settings { prior_mean_minutes: Some(20.0), wait: "offer_below_minutes = 15", ..Settings::default() };
    let stage = Stage::with(settings).await?;
    let _volunteer = Volunteer::on_duty(&stage.server).await?;
    let visitor = Visitor::arrive(&stage.browser, &stage.server, Screen::PHONE).await?;
    visitor.page.reads(Place::Top, "Chat with us").await?;
    visitor.open_chat().await?;
    visitor.join().await?;

    let second = Visitor::arrive(&stage.browser, &stage.server, Screen::PHONE).await?;
    second.page.reads(Place::Top, "Get help").await?;
    second.page.press_on(Place::Top, ".launcher").await?;
    second.page.reads(Place::Top, "We can't offer a chat just now").await?;

    visitor.on_screen("waiting").await?;
    visitor.page.reload().await?;
    visitor.page.press_on(Place::Top, ".launcher").await?;
    visitor.page.press(Place::Top, "^Go back to my chat").await?;
    visitor.on_screen("waiting").await?;
    visitor.reads("You are next").await
}

async fn is_offered(visitor: &Visitor) -> Result<bool> {
    Ok(visitor.page.text(Place::Top).await?.contains("Chat with us"))
}
