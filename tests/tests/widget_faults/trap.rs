//! The widget's own code breaks down in the middle of a conversation.

use std::collections::HashMap;

use anyhow::{Result, ensure};
use serde_json::json;
use tealight_tests::browser::{Place, Screen};
use tealight_tests::people::{Visitor, Volunteer};
use tealight_tests::server::Settings;
use tealight_tests::site::HostPage;
use tealight_tests::stage::Stage;

use crate::DRAFT;

/// Overwrites the memory of the running module: whatever it does next is a trap of its own.
const SPOILT: &str = "const glue = performance.getEntriesByType('resource').map((entry) => entry.name)
      .find((name) => /widget[.][0-9a-f]+[.]js$/.test(name));
    import(glue).then((glue) => glue.default())
      .then((wasm) => new Uint8Array(wasm.memory.buffer).fill(0xff))
      .then(() => { window.isSpoilt = true; });";

/// A page in which something the widget takes for granted throws: the function in its place wants two arguments. A
/// function of the test's own would not do; what a test's script throws is hidden from the page.
const REFUSING: &str = "document.createElement = document.createElementNS; window.isSpoilt = true;";

const KEPT: &str = "return (sessionStorage.tealight ?? '').includes(arguments[0])";

#[tokio::test(flavor = "multi_thread")]
async fn after_a_trap_the_numbers_are_there_and_the_conversation_can_be_taken_up_again() -> Result<()> {
    let stage = Stage::set().await?;
    let (visitor, volunteer) = stage.talk().await?;
    spoken_and_drafted(&visitor, &volunteer).await?;
    spoil(&visitor, SPOILT).await?;
    // A key press wakes the widget's code.
    visitor.page.keys("x").await?;
    broken_down(&visitor).await?;
    taken_up_again(&visitor, &volunteer).await?;

    // Again, and behind a closed window: opening it is enough.
    visitor.types(DRAFT).await?;
    visitor.page.holds(Place::Chat, "the draft on the device", KEPT, vec![json!(DRAFT)]).await?;
    visitor.press("^Minimise").await?;
    visitor.page.wait_for(Place::Top, ".launcher").await?;
    spoil(&visitor, SPOILT).await?;
    volunteer.says("While the window is closed.").await?;
    let is_in_reserve = "return T.all('.screen').length === 0";
    visitor.page.holds(Place::Chat, "the reserve", is_in_reserve, Vec::new()).await?;
    visitor.open_again("talking").await?;
    visitor.has_message("operator", "While the window is closed.").await?;
    visitor.has_message("visitor", "Before it broke.").await?;
    visitor.has_draft(DRAFT).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exception_in_the_midst_of_the_code_is_no_frozen_box() -> Result<()> {
    let stage = Stage::set().await?;
    let (visitor, volunteer) = stage.talk().await?;
    spoken_and_drafted(&visitor, &volunteer).await?;
    spoil(&visitor, REFUSING).await?;
    // What wakes the code this time is a message.
    volunteer.says("Does this reach you?").await?;
    broken_down(&visitor).await?;
    taken_up_again(&visitor, &volunteer).await?;
    visitor.has_message("operator", "Does this reach you?").await
}

#[tokio::test(flavor = "multi_thread")]
async fn inside_the_host_page_the_chat_can_be_taken_up_again_without_a_reload() -> Result<()> {
    let html = "<!doctype html><html lang=en><title>Inline</title><h1>Inline</h1>
        <script async src='__TEALIGHT_SERVER__/tealight.js' data-mode=inline data-trust-host></script>";
    let host = HostPage { html: html.to_owned(), policy: None };
    let stage = Stage::with(Settings {
        pages: HashMap::from([("/inline".to_owned(), host)]),
        prior_mean_minutes: Some(10.0),
        ..Settings::default()
    })
    .await?;
    let page = stage.browser.open(Screen::PHONE).await?;
    page.goto(&stage.server.site("/inline")).await?;
    page.press_on(Place::Top, ".launcher").await?;
    page.press(Place::Top, "^Join the waiting room").await?;
    let volunteer = Volunteer::on_duty(&stage.server).await?;
    volunteer.takes_next().await?;
    page.wait_for(Place::Top, ".screen[data-screen=talking]").await?;
    page.wait_for(Place::Top, ".composer-input").await?.send_keys(DRAFT).await?;
    page.holds(Place::Top, "the draft on the device", KEPT, vec![json!(DRAFT)]).await?;

    page.run::<()>(Place::Top, SPOILT, Vec::new()).await?;
    page.holds(Place::Top, "a spoilt module", "return window.isSpoilt === true", Vec::new()).await?;
    volunteer.says("Does this reach you?").await?;
    page.wait_for(Place::Top, "a[href='tel:08081570199']").await?;
    page.wait_gone(Place::Top, ".screen").await?;
    page.press(Place::Top, "^Try again").await?;
    page.wait_for(Place::Top, ".screen[data-screen=talking]").await?;
    page.reads(Place::Top, "Does this reach you?").await?;
    let has_draft = "return T.first('.composer-input').value === arguments[0]";
    page.holds(Place::Top, "the draft", has_draft, vec![json!(DRAFT)]).await
}

async fn spoken_and_drafted(visitor: &Visitor, volunteer: &Volunteer) -> Result<()> {
    visitor.says("Before it broke.").await?;
    volunteer.hears("Before it broke.").await?;
    visitor.types(DRAFT).await?;
    visitor.page.holds(Place::Chat, "the draft on the device", KEPT, vec![json!(DRAFT)]).await
}

async fn spoil(visitor: &Visitor, script: &str) -> Result<()> {
    visitor.page.run::<()>(Place::Chat, script, Vec::new()).await?;
    visitor.page.holds(Place::Chat, "a spoilt module", "return window.isSpoilt === true", Vec::new()).await
}

/// No empty box and no frozen one: the ways to reach somebody, and the way out.
async fn broken_down(visitor: &Visitor) -> Result<()> {
    for link in ["tel:999", "tel:08081570199", "mailto:night@example.org"] {
        visitor.page.wait_for(Place::Chat, &format!("#tealight-fallback a[href='{link}']")).await?;
    }
    visitor.page.wait_for(Place::Chat, "#tealight-exit").await?;
    visitor.page.wait_gone(Place::Chat, ".screen").await
}

async fn taken_up_again(visitor: &Visitor, volunteer: &Volunteer) -> Result<()> {
    volunteer.says("Said while it was broken.").await?;
    visitor.press("^Try again").await?;
    visitor.on_screen("talking").await?;
    visitor.has_message("operator", "Said while it was broken.").await?;
    visitor.has_message("visitor", "Before it broke.").await?;
    visitor.has_draft(DRAFT).await?;
    visitor.types(" goes on.").await?;
    visitor.sends().await?;
    ensure!(volunteer.hears(&format!("{DRAFT} goes on.")).await? == 1);
    Ok(())
}
