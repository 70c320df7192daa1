//! Nothing left behind: not in storage, not in the history, not in the form fields a browser remembers.

use anyhow::{Result, ensure};
use tealight_protocol::{EndReason, EndedBy};
use tealight_tests::browser::{Kept, Page, Place, Screen};
use tealight_tests::people::{Visitor, Volunteer};
use tealight_tests::server::Settings;

use crate::{DRAFT, LOADER, left, press_exit, stage_with};

#[tokio::test(flavor = "multi_thread")]
async fn from_arrival_to_exit_one_entry_comes_and_goes_and_the_page_stays_as_it_was() -> Result<()> {
    let stage = stage_with("", "", Settings::default()).await?;
    let visitor = Visitor::arrive_at(&stage.browser, &stage.server.site("/host"), Screen::PHONE).await?;
    let (page, nothing) = (&visitor.page, Kept::only(&[]));
    let face = face(page).await?;
    visitor.open_chat().await?;
    ensure!(page.kept(Place::Chat).await? == nothing, "before joining");
    visitor.join().await?;
    visitor.types(DRAFT).await?;
    let volunteer = Volunteer::on_duty(&stage.server).await?;
    volunteer.takes_next().await?;
    visitor.on_screen("talking").await?;
    visitor.press("^Minimise").await?;
    volunteer.says("Are you there?").await?;
    page.wait_for(Place::Top, "[part~=badge]").await?;
    ensure!(page.kept(Place::Chat).await? == Kept::only(&["tealight"]), "while talking");
    ensure!(page.kept(Place::Top).await? == nothing, "on the charity's page");
    ensure!(self::face(page).await? == face, "title, icon or history changed");

    press_exit(page, Place::Top).await?;
    left(page, &stage).await?;
    // Another page of the same site sees the same storage.
    page.goto(&stage.server.site("/host")).await?;
    visitor.open_chat().await?;
    ensure!(page.kept(Place::Chat).await? == nothing, "after Exit");
    ensure!(page.kept(Place::Top).await? == nothing, "on the charity's page after Exit");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_field_is_spelled_suggested_or_filled_in_again() -> Result<()> {
    let stage = stage_with("", "", Settings::default()).await?;
    let visitor = Visitor::arrive_at(&stage.browser, &stage.server.site("/host"), Screen::DESKTOP).await?;
    visitor.open_chat().await?;
    visitor.join().await?;
    visitor.types(DRAFT).await?;
    let careless = "return T.all('input:not([type=checkbox], [type=radio]), textarea')
        .filter((field) => field.autocomplete !== 'off' || field.spellcheck || field.writingSuggestions !== 'false')
        .map((field) => field.outerHTML)";
    let careless: Vec<String> = visitor.page.run(Place::Chat, careless, Vec::new()).await?;
    ensure!(careless.is_empty(), "{careless:?}");

    // Exit, Back to the page before, forward by its address, and a reload: what browsers fill in again has no words.
    press_exit(&visitor.page, Place::Chat).await?;
    left(&visitor.page, &stage).await?;
    visitor.page.goto(&stage.server.site("/host")).await?;
    visitor.open_chat().await?;
    visitor.join().await?;
    visitor.has_draft("").await?;
    let clear = "sessionStorage.clear(); T.first('.composer-input').value = 'As a browser would restore it'";
    visitor.page.run::<()>(Place::Chat, clear, Vec::new()).await?;
    visitor.page.reload().await?;
    visitor.page.press_on(Place::Top, ".launcher").await?;
    visitor.page.wait_for(Place::Chat, ".screen").await?;
    let filled = "return T.all('textarea').some((field) => field.value !== '')";
    ensure!(
        !visitor.page.run::<bool>(Place::Chat, filled, Vec::new()).await?,
        "a browser restored the field"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn inline_too_exit_forgets_tells_the_backend_and_leads_where_the_server_says() -> Result<()> {
    let stage = stage_with("", "data-mode=inline data-trust-host", Settings::default()).await?;
    let visitor = Visitor::arrive_at(&stage.browser, &stage.server.site("/host"), Screen::DESKTOP).await?;
    let page = &visitor.page;
    page.press_on(Place::Top, ".launcher").await?;
    page.press(Place::Top, "^Join the waiting room").await?;
    page.wait_for(Place::Top, ".screen[data-screen=waiting]").await?;
    ensure!(page.kept(Place::Top).await? == Kept::only(&["tealight"]), "while waiting");
    let volunteer = Volunteer::on_duty(&stage.server).await?;
    volunteer.takes_next().await?;
    page.wait_for(Place::Top, ".screen[data-screen=talking]").await?;
    press_exit(page, Place::Top).await?;
    left(page, &stage).await?;
    let by_exit = Some((EndedBy::Visitor, EndReason::Exit));
    volunteer.sees(|view| view.conversations.iter().any(|conv| conv.ended == by_exit).then_some(())).await?;
    page.goto(&stage.server.site("/host")).await?;
    page.wait_for(Place::Top, ".launcher").await?;
    ensure!(page.kept(Place::Top).await? == Kept::only(&[]), "after Exit");
    Ok(())
}

/// What of a page others could see or remember: title, icons, length of the history, and its address.
async fn face(page: &Page) -> Result<String> {
    let script = format!(
        "return JSON.stringify([document.title, [...document.querySelectorAll('link')].map((link) => link.outerHTML),
           history.length, location.href, document.documentElement.attributes.length, {LOADER} !== null])"
    );
    page.run(Place::Top, &script, Vec::new()).await
}
