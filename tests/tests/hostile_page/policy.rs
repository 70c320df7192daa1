//! The policies of our own documents over whole journeys: nothing in them is ever refused by them.

use anyhow::{Result, ensure};
use tealight_tests::browser::{Page, Place, Screen};
use tealight_tests::people::{Console, Visitor, Volunteer};
use tealight_tests::server::{OPERATOR, SUPERVISOR};
use tealight_tests::stage::Stage;

/// Keeps what the browser refused.
const COLLECT: &str = "addEventListener('securitypolicyviolation', (event) =>
    (window.violations ??= []).push(event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample))";

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_conversation_in_the_frame_violates_no_policy() -> Result<()> {
    let stage = Stage::set().await?;
    let page = stage.browser.open(Screen::PHONE).await?;
    page.before_every_document(COLLECT).await?;
    page.goto(&stage.server.site("/")).await?;
    let visitor = Visitor { page };
    visitor.open_chat().await?;
    journey(&stage, &visitor).await?;
    is_clean(&visitor.page, Place::Chat).await?;
    is_clean(&visitor.page, Place::Top).await?;
    would_be_seen(&visitor.page, Place::Chat).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_conversation_on_its_own_page_violates_no_policy() -> Result<()> {
    let stage = Stage::set().await?;
    let page = stage.browser.open(Screen::DESKTOP).await?;
    page.before_every_document(COLLECT).await?;
    page.goto(&format!("{}/chat", stage.server.url())).await?;
    page.wait_for(Place::Top, ".screen[data-screen=welcome]").await?;
    page.press(Place::Top, "^Join the waiting room").await?;
    page.wait_for(Place::Top, ".screen[data-screen=waiting]").await?;
    page.press(Place::Top, "^Leave the waiting room").await?;
    page.press(Place::Top, "^Leave$").await?;
    page.wait_for(Place::Top, ".screen[data-screen=ended]").await?;
    is_clean(&page, Place::Top).await?;
    would_be_seen(&page, Place::Top).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_evening_at_the_console_violates_no_policy() -> Result<()> {
    let stage = Stage::set().await?;
    let page = stage.browser.open(Screen::DESKTOP).await?;
    page.before_every_document(COLLECT).await?;
    page.goto(&format!("{}/console/", stage.server.url())).await?;
    let console = Console { page };
    console.logs_in(SUPERVISOR).await?;
    console.accepts().await?;
    let visitor = stage.waiting_visitor().await?;
    console.reads("1 person is waiting").await?;
    console.takes_next().await?;
    visitor.is_joined_by(SUPERVISOR.alias).await?;
    console.says("Hello. There is a page: https://www.example.org/calm").await?;
    visitor.has_message("operator", "Hello. There is a page: https://www.example.org/calm").await?;
    console.fills("^Write a note", "A neighbour helps with the children.").await?;
    console.press("^Keep note").await?;
    for tab in ["^Shifts", "^Waits"] {
        console.press(tab).await?;
    }
    is_clean(&console.page, Place::Top).await?;
    would_be_seen(&console.page, Place::Top).await
}

/// Everything that a conversation can have, on the screens that it goes through.
async fn journey(stage: &Stage, visitor: &Visitor) -> Result<()> {
    visitor.join().await?;
    visitor.press("^Tell me when it's my turn").await?;
    let volunteer = Volunteer::on_duty(&stage.server).await?;
    volunteer.takes_next().await?;
    visitor.is_joined_by(OPERATOR.alias).await?;
    visitor.says("<b>Hello</b> <img src=x onerror=alert(1)>").await?;
    volunteer.points_to("See https://www.example.org/a and this:", "https://www.example.org/calm").await?;
    visitor.page.wait_for(Place::Chat, ".card").await?;
    volunteer.suggests("phone").await?;
    visitor.press("^Not now").await?;
    visitor
        .page
        .run::<()>(
            Place::Top,
            "document.querySelector('tealight-chat').setAttribute('theme', 'dark')",
            Vec::new(),
        )
        .await?;
    visitor.press("^Minimise").await?;
    visitor.open_again("talking").await?;
    visitor.press("^End this chat").await?;
    visitor.page.wait_for(Place::Chat, "[role=alertdialog]").await?;
    visitor.press("^End$").await?;
    visitor.page.wait_for(Place::Chat, ".survey").await?;
    visitor.press("^Skip").await?;
    visitor.on_screen("ended").await
}

async fn is_clean(page: &Page, place: Place) -> Result<()> {
    let violations: Vec<String> = page.run(place, "return window.violations ?? []", Vec::new()).await?;
    ensure!(violations.is_empty(), "refused in {place:?}: {violations:#?}");
    let lines = page.console().await?;
    ensure!(lines.is_empty(), "on the console: {lines:#?}");
    Ok(())
}

/// If something had been refused, it would have been seen, and what makes elements of strings is refused.
async fn would_be_seen(page: &Page, place: Place) -> Result<()> {
    let breach = "try { document.createElement('div').innerHTML = '<b>x</b>'; return 'made' } catch { return 'refused' }";
    let outcome: String = page.run(place, breach, Vec::new()).await?;
    ensure!(outcome == "refused", "the string became an element");
    page.holds(place, "a violation", "return window.violations?.length > 0", Vec::new()).await
}
