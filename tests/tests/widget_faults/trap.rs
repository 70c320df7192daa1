//! The widget's own code breaks down in the middle of a conversation.

use anyhow::{Result, ensure};
use serde_json::json;
use tealight_tests::browser::Place;
use tealight_tests::people::{Visitor, Volunteer};
use tealight_tests::stage::Stage;

use crate::DRAFT;

/// Overwrites the memory of the running module: whatever it does next is a trap of its own.
const SPOILT: &str = "const { assets } = JSON.parse(document.getElementById('tealight-config').textContent);
    import(assets.glue).then((glue) => glue.default())
      .then((wasm) => new Uint8Array(wasm.memory.buffer).fill(0xff))
      .then(() => { window.isSpoilt = true; });";

/// A page in which something the widget takes for granted throws: the function in its place wants two arguments. A
/// function of the test's own would not do; what a test's script throws is hidden from the page.
const REFUSING: &str = "document.createElement = document.createElementNS; window.isSpoilt = true;";

#[tokio::test(flavor = "multi_thread")]
async fn after_a_trap_the_numbers_are_there_and_the_conversation_can_be_taken_up_again() -> Result<()> {
    let stage = Stage::set().await?;
    let (visitor, volunteer) = stage.talk().await?;
    spoken_and_drafted(&visitor, &volunteer).await?;
    spoil(&visitor, SPOILT).await?;
    // A key press wakes the widget's code.
    visitor.page.keys("x").await?;
    broken_down(&visitor).await?;
    taken_up_again(&visitor, &volunteer).await
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
async fn a_trap_behind_a_closed_window_is_mended_when_it_is_opened() -> Result<()> {
    let stage = Stage::set().await?;
    let (visitor, volunteer) = stage.talk().await?;
    spoken_and_drafted(&visitor, &volunteer).await?;
    visitor.press("^Minimise").await?;
    visitor.page.wait_for(Place::Top, ".launcher").await?;
    spoil(&visitor, SPOILT).await?;
    volunteer.says("While the window is closed.").await?;
    visitor
        .page
        .holds(Place::Chat, "the reserve", "return T.all('.screen').length === 0", Vec::new())
        .await?;
    visitor.open_again("talking").await?;
    visitor.has_message("operator", "While the window is closed.").await?;
    visitor.has_message("visitor", "Before it broke.").await?;
    visitor.has_draft(DRAFT).await
}

async fn spoken_and_drafted(visitor: &Visitor, volunteer: &Volunteer) -> Result<()> {
    visitor.says("Before it broke.").await?;
    volunteer.hears("Before it broke.").await?;
    visitor.types(DRAFT).await?;
    let kept = "return (sessionStorage.tealight ?? '').includes(arguments[0])";
    visitor.page.holds(Place::Chat, "the draft on the device", kept, vec![json!(DRAFT)]).await
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
