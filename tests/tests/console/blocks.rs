//! A volunteer who is abused says it, ends or blocks; the visitor reads until when; a second person lets them in again.

use anyhow::{Result, ensure};
use tealight_tests::browser::{Place, Screen};
use tealight_tests::people::{Console, Visitor};
use tealight_tests::server::SUPERVISOR;
use tealight_tests::stage::Stage;

use super::talk;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_blocked_reads_until_when_and_is_let_in_again_by_a_second_person() -> Result<()> {
    let stage = Stage::set().await?;
    let (visitor, console) = talk(&stage).await?;
    console.press("^Abuse…$").await?;
    console.press("^Say it first$").await?;
    let boundary = "return T.control('^Your message to')?.value.startsWith('I want to be here for you.')";
    console.page.holds(Place::Top, "the sentence in the composer", boundary, vec![]).await?;
    ensure!(visitor.messages().await?.is_empty(), "nothing is sent by one press");
    console.press("^Abuse…$").await?;
    console.press("^Threats$").await?;
    console.page.screenshot("console-abuse").await?;
    console.press("^Block for 24 hours$").await?;
    console.reads("the visitor is blocked for 24 hours").await?;

    visitor.on_screen("ended").await?;
    is_told(&visitor).await?;
    let again = Visitor::arrive(&stage.browser, &stage.server, Screen::PHONE).await?;
    again.open_again("closed").await?;
    is_told(&again).await?;
    again.page.screenshot("phone-blocked").await?;

    console.press("^Log out$").await?;
    let second = Console::open(&stage.browser, &stage.server, SUPERVISOR, Screen::DESKTOP).await?;
    second.press("^Blocks").await?;
    second.reads("Nobody has looked at it yet").await?;
    second.page.screenshot("console-blocks").await?;
    second.press("^Let them in again$").await?;
    second.reads("let them in again:").await?;
    again.on_screen("welcome").await?;
    again.join().await?;
    visitor.press("^Start a new chat").await?;
    visitor.on_screen("welcome").await
}

/// Until when, why, and both numbers.
async fn is_told(visitor: &Visitor) -> Result<()> {
    visitor.reads("Chat is closed for you now").await?;
    visitor.reads("It opens (today|tomorrow|on)").await?;
    visitor.reads("A second person looks at this").await?;
    visitor.reads("Call 0808 157 0199").await?;
    let number = "return T.all('.crisis a[href=\"tel:999\"]').length > 0";
    visitor.page.holds(Place::Chat, "a number to call", number, vec![]).await
}
