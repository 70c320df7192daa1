//! Nothing is lost: reloads, a server that stops and starts again, a second tab, a browser that keeps nothing.

use anyhow::{Result, ensure};
use tealight_tests::browser::{Place, Screen};
use tealight_tests::people::{Visitor, Volunteer};
use tealight_tests::server::OPERATOR;
use tealight_tests::stage::Stage;

const DRAFT: &str = "Half a sentence that";

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_while_waiting_keeps_the_place_and_the_draft() -> Result<()> {
    let stage = Stage::set().await?;
    let _first = stage.waiting_visitor().await?;
    let visitor = stage.waiting_visitor().await?;
    let _last = stage.waiting_visitor().await?;
    visitor.reads("You are number 2").await?;
    visitor.types(DRAFT).await?;
    visitor.press("^Send this when someone joins").await?;

    visitor.page.reload().await?;
    visitor.open_again("waiting").await?;
    visitor.reads("You are number 2").await?;
    visitor.has_draft(DRAFT).await?;
    let ticked: bool =
        visitor.page.run(Place::Chat, "return T.first('.composer .tick-box').checked", Vec::new()).await?;
    ensure!(ticked, "the tick is kept");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_in_the_chat_keeps_everything() -> Result<()> {
    let stage = Stage::set().await?;
    let (visitor, volunteer) = stage.talk().await?;
    visitor.says("Before the reload.").await?;
    volunteer.hears("Before the reload.").await?;
    volunteer.says("I read that.").await?;
    visitor.has_message("operator", "I read that.").await?;
    visitor.types(DRAFT).await?;
    visitor.message_is("Before the reload.", "delivered").await?;
    let before = visitor.messages().await?;

    visitor.page.reload().await?;
    visitor.open_again("talking").await?;
    visitor.has_message("operator", "I read that.").await?;
    visitor.has_draft(DRAFT).await?;
    ensure!(visitor.messages().await? == before, "the same bubbles, in the same order");
    visitor.types(" goes on.").await?;
    visitor.sends().await?;
    ensure!(volunteer.hears("Half a sentence that goes on.").await? == 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_and_starts_loses_no_place_and_no_draft() -> Result<()> {
    let mut stage = Stage::set().await?;
    let first = stage.waiting_visitor().await?;
    let second = stage.waiting_visitor().await?;
    second.reads("You are number 2").await?;
    second.types(DRAFT).await?;

    stage.server.stop().await?;
    second.reads("We keep your place").await?;
    ensure!(second.draft().await? == DRAFT);
    second.types(" I write on.").await?;
    stage.server.start_again().await?;

    second.page.wait_gone(Place::Chat, ".strip button").await?;
    second.reads("You are number 2").await?;
    second.has_draft("Half a sentence that I write on.").await?;
    first.reads("You are next|You are number 1").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_and_starts_loses_no_word_of_a_chat() -> Result<()> {
    let mut stage = Stage::set().await?;
    let (visitor, volunteer) = stage.talk().await?;
    visitor.says("Before.").await?;
    volunteer.hears("Before.").await?;

    stage.server.stop().await?;
    visitor.reads("Connection lost|No connection").await?;
    visitor.says("Said to nobody yet.").await?;
    visitor.message_is("Said to nobody yet.", "sending").await?;
    visitor.types(DRAFT).await?;
    stage.server.start_again().await?;

    ensure!(volunteer.hears("Said to nobody yet.").await? == 1);
    visitor.message_is("Said to nobody yet.", "delivered").await?;
    volunteer.says("Here again.").await?;
    visitor.has_message("operator", "Here again.").await?;
    visitor.has_message("visitor", "Before.").await?;
    visitor.has_draft(DRAFT).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duplicated_tab_shows_the_same_conversation() -> Result<()> {
    let stage = Stage::set().await?;
    let (visitor, volunteer) = stage.talk().await?;
    visitor.says("In the first tab.").await?;
    volunteer.hears("In the first tab.").await?;

    let first = visitor.page.duplicate().await?;
    visitor.open_again("talking").await?;
    visitor.has_message("visitor", "In the first tab.").await?;
    visitor.says("In the second tab.").await?;
    ensure!(volunteer.hears("In the second tab.").await? == 1);
    visitor.page.switch_to(&first).await?;
    visitor.has_message("visitor", "In the second tab.").await?;
    visitor.on_screen("talking").await
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_browser_keeps_nothing_the_chat_works_and_says_so() -> Result<()> {
    let stage = Stage::set().await?;
    let page = stage.browser.open(Screen::PHONE).await?;
    page.before_every_document(
        "for (const name of ['sessionStorage', 'localStorage'])
           Object.defineProperty(window, name, { get() { throw new DOMException('denied', 'SecurityError'); } });",
    )
    .await?;
    page.goto(&stage.server.site("/")).await?;
    let visitor = Visitor { page };
    visitor.open_chat().await?;
    visitor.join().await?;
    visitor.reads("If you reload this page, the chat ends").await?;
    let volunteer = Volunteer::on_duty(&stage.server).await?;
    volunteer.takes_next().await?;
    visitor.is_joined_by(OPERATOR.alias).await?;
    visitor.says("It works all the same.").await?;
    volunteer.hears("It works all the same.").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn minimising_keeps_the_conversation_and_counts_what_is_new() -> Result<()> {
    let stage = Stage::set().await?;
    let (visitor, volunteer) = stage.talk().await?;
    visitor.types(DRAFT).await?;
    visitor.press("^Minimise").await?;
    visitor.page.wait_for(Place::Top, ".launcher").await?;
    volunteer.says("Are you still there?").await?;
    visitor.page.wait_for(Place::Top, "[part~=badge]").await?;
    visitor.open_again("talking").await?;
    visitor.has_message("operator", "Are you still there?").await?;
    visitor.has_draft(DRAFT).await
}
