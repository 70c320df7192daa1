//! How a chat ends, in a real browser: who ended it, the survey, and what the device forgets.

use anyhow::{Result, ensure};
use tealight_tests::browser::{Kept, Place};
use tealight_tests::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_ends_only_after_saying_yes() -> Result<()> {
    let stage = Stage::set().await?;
    let (visitor, volunteer) = stage.talk().await?;
    visitor.says("Thank you.").await?;
    volunteer.hears("Thank you.").await?;
    visitor.press("^End this chat").await?;
    visitor.page.wait_for(Place::Chat, "[role=alertdialog]").await?;
    visitor.press("^Stay").await?;
    visitor.page.wait_gone(Place::Chat, "[role=alertdialog]").await?;
    visitor.on_screen("talking").await?;

    visitor.ends().await?;
    visitor.reads("The chat has ended").await?;
    visitor.reads("Thank you for talking").await?;
    visitor.reads("Call 0808 157 0199").await?;
    volunteer.sees(|view| view.conversations.iter().any(|conv| conv.ended.is_some()).then_some(())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_volunteer_can_end_too_and_the_visitor_is_told() -> Result<()> {
    let stage = Stage::set().await?;
    let (visitor, volunteer) = stage.talk().await?;
    volunteer.says("Good night.").await?;
    visitor.has_message("operator", "Good night.").await?;
    volunteer.ends().await?;
    visitor.on_screen("ended").await?;
    visitor.reads("The chat has ended").await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_survey_can_be_answered() -> Result<()> {
    let stage = Stage::set().await?;
    let (visitor, _volunteer) = stage.talk().await?;
    visitor.ends().await?;
    visitor.page.wait_for(Place::Chat, ".survey").await?;
    visitor.reads("Did this chat help you").await?;
    visitor.page.press_on(Place::Chat, ".choice").await?;
    visitor.press("^Send answers").await?;
    visitor.reads("Your answers help us").await?;
    visitor.page.wait_gone(Place::Chat, ".survey").await?;
    let answers: i64 = rusqlite::Connection::open(stage.server.database())?.query_row(
        "SELECT count(*) FROM survey_answers",
        [],
        |row| row.get(0),
    )?;
    ensure!(answers >= 1, "the answer is kept");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_survey_can_be_skipped() -> Result<()> {
    let stage = Stage::set().await?;
    let (visitor, _volunteer) = stage.talk().await?;
    visitor.ends().await?;
    visitor.page.wait_for(Place::Chat, ".survey").await?;
    visitor.press("^Skip").await?;
    visitor.page.wait_gone(Place::Chat, ".survey").await?;
    visitor.press("^Start a new chat").await?;
    visitor.on_screen("welcome").await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_device_keeps_one_key_while_it_lasts_and_nothing_afterwards() -> Result<()> {
    let stage = Stage::set().await?;
    let visitor = tealight_tests::people::Visitor::arrive(
        &stage.browser,
        &stage.server,
        tealight_tests::browser::Screen::PHONE,
    )
    .await?;
    let nothing = Kept::only(&[]);
    ensure!(visitor.page.kept(Place::Top).await? == nothing, "before anything");
    visitor.open_chat().await?;
    ensure!(visitor.page.kept(Place::Chat).await? == nothing, "before joining");

    visitor.join().await?;
    ensure!(visitor.page.kept(Place::Chat).await? == Kept::only(&["tealight"]), "while waiting");
    let volunteer = tealight_tests::people::Volunteer::on_duty(&stage.server).await?;
    volunteer.takes_next().await?;
    visitor.on_screen("talking").await?;
    visitor.says("Remember me not.").await?;
    volunteer.hears("Remember me not.").await?;
    ensure!(visitor.page.kept(Place::Chat).await? == Kept::only(&["tealight"]), "while talking");
    let snapshot: String =
        visitor.page.run(Place::Chat, "return sessionStorage.getItem('tealight')", Vec::new()).await?;
    ensure!(!snapshot.contains("Remember me not"), "what was said is not kept on the device");

    visitor.ends().await?;
    visitor.press("^Skip").await?;
    visitor.page.wait_gone(Place::Chat, ".survey").await?;
    ensure!(visitor.page.kept(Place::Chat).await? == nothing, "after the end");
    ensure!(visitor.page.kept(Place::Top).await? == nothing, "on the charity's page");
    Ok(())
}
