//! The operator's console, in a real browser.

mod blocks;
mod planning;

use anyhow::{Result, ensure};
use serde_json::json;
use tealight_tests::browser::{Place, Screen};
use tealight_tests::people::{Console, Visitor};
use tealight_tests::server::{Account, OPERATOR, SECOND_OPERATOR};
use tealight_tests::stage::Stage;

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_refused_in_plain_words() -> Result<()> {
    let stage = Stage::set().await?;
    let page = stage.browser.open(Screen::DESKTOP).await?;
    page.goto(&format!("{}/console/", stage.server.url())).await?;
    let console = Console { page };
    console.fills("^Name$", OPERATOR.login).await?;
    console.fills("^Password$", "not the password").await?;
    console.press("^Log in$").await?;
    console.reads("The name or the password is not right").await?;
    console.logs_in(Account { ..OPERATOR }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pre_written_message_opens_in_the_composer_and_is_not_sent() -> Result<()> {
    let stage = Stage::set().await?;
    let (visitor, console) = talk(&stage).await?;
    console.press("Open “Welcome” in the composer").await?;
    let words = "Hello, I am glad you are here. What brings you here tonight?";
    console
        .page
        .holds(
            Place::Top,
            "the words in the composer",
            "return T.control('^Your message to')?.value === arguments[0]",
            vec![json!(words)],
        )
        .await?;
    ensure!(visitor.messages().await?.is_empty(), "nothing is sent by one press");
    console.press("^Send$").await?;
    visitor.has_message("operator", words).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_volunteer_sees_whether_the_visitor_types_is_there_and_is_gone() -> Result<()> {
    let stage = Stage::set().await?;
    let (visitor, console) = talk(&stage).await?;
    console.reads("Connected").await?;
    visitor.types("Hm").await?;
    console.reads("is writing|writing…").await?;
    visitor.page.goto(&stage.server.elsewhere()).await?;
    console.reads("Gone since").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_from_the_console_is_live_for_the_visitor() -> Result<()> {
    let stage = Stage::set().await?;
    let (visitor, console) = talk(&stage).await?;
    console.fills("^Your message to", "This may help tonight.").await?;
    console.press("^Add a link").await?;
    console.fills("^Link, phone number", "https://www.example.org/tonight").await?;
    console.press("^Send$").await?;
    let card = visitor.page.wait_for(Place::Chat, "a.card").await?;
    ensure!(card.attr("href").await?.as_deref() == Some("https://www.example.org/tonight"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_volunteer_ends_after_saying_yes_and_logs_out() -> Result<()> {
    let stage = Stage::set().await?;
    let (visitor, console) = talk(&stage).await?;
    console.press("^End$").await?;
    console.press("^Keep talking").await?;
    visitor.on_screen("talking").await?;
    console.press("^End$").await?;
    console.press("^End it").await?;
    visitor.on_screen("ended").await?;
    console.reads("You have ended the conversation").await?;
    console.press("^Take off the list").await?;
    console.press("^Log out$").await?;
    console.page.wait_for_control(Place::Top, "^Password$").await?;
    let kept: u32 = console
        .page
        .run(
            Place::Top,
            "return sessionStorage.length + localStorage.length + document.cookie.length",
            Vec::new(),
        )
        .await?;
    ensure!(kept == 0, "logging out forgets everything");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_volunteers_see_each_other_and_only_one_gets_the_visitor() -> Result<()> {
    let stage = Stage::set().await?;
    let first = Console::open(&stage.browser, &stage.server, OPERATOR, Screen::DESKTOP).await?;
    let second = Console::open(&stage.browser, &stage.server, SECOND_OPERATOR, Screen::SMALL_DESKTOP).await?;
    first.accepts().await?;
    second.accepts().await?;
    first.reads("Robin").await?;
    second.reads("Sam").await?;
    let visitor = Visitor::waiting(&stage.browser, &stage.server, Screen::PHONE).await?;
    second.reads("1 person is waiting").await?;
    second.takes_next().await?;
    visitor.is_joined_by(SECOND_OPERATOR.alias).await?;
    first.reads("Nobody is waiting").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_of_the_console_keeps_the_conversation() -> Result<()> {
    let stage = Stage::set().await?;
    let (visitor, console) = talk(&stage).await?;
    visitor.says("Do you still read me?").await?;
    console.hears("Do you still read me?").await?;
    console.page.reload().await?;
    console.reads("You are Sam").await?;
    console.reads("Do you still read me?").await?;
    console.says("I do.").await?;
    visitor.has_message("operator", "I do.").await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_can_be_used_with_the_keyboard_alone() -> Result<()> {
    let stage = Stage::set().await?;
    let page = stage.browser.open(Screen::DESKTOP).await?;
    page.goto(&format!("{}/console/", stage.server.url())).await?;
    page.wait_for_control(Place::Top, "^Name$").await?;
    page.holds(Place::Top, "the focus on the name", "return T.active()?.name === 'name'", Vec::new()).await?;
    page.keys(format!("{}{TAB}{}{ENTER}", OPERATOR.login, OPERATOR.password)).await?;
    let console = Console { page };
    console.reads("You are Sam").await?;
    let visitor = Visitor::waiting(&stage.browser, &stage.server, Screen::PHONE).await?;
    console.reads("1 person is waiting").await?;
    console.page.alt("p").await?; // accept
    console.page.alt("n").await?; // take the next
    visitor.is_joined_by(OPERATOR.alias).await?;
    console
        .page
        .holds(
            Place::Top,
            "the focus in the composer",
            "return T.active()?.tagName === 'TEXTAREA'",
            Vec::new(),
        )
        .await?;
    console.page.keys(format!("Hello.{ENTER}")).await?;
    visitor.has_message("operator", "Hello.").await
}

/// A visitor on a phone and a volunteer at the console, talking.
async fn talk(stage: &Stage) -> Result<(Visitor, Console)> {
    let console = Console::open(&stage.browser, &stage.server, OPERATOR, Screen::DESKTOP).await?;
    console.accepts().await?;
    let visitor = Visitor::waiting(&stage.browser, &stage.server, Screen::PHONE).await?;
    console.reads("1 person is waiting").await?;
    console.takes_next().await?;
    visitor.is_joined_by(OPERATOR.alias).await?;
    Ok((visitor, console))
}
