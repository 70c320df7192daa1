//! The visitor's way with the keyboard alone.

use anyhow::{Result, bail, ensure};
use tealight_tests::browser::{Place, Screen};
use tealight_tests::people::{Visitor, Volunteer};
use tealight_tests::server::OPERATOR;
use tealight_tests::stage::Stage;

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_way_can_be_gone_with_the_keyboard() -> Result<()> {
    let stage = Stage::set().await?;
    let visitor = Visitor::arrive(&stage.browser, &stage.server, Screen::DESKTOP).await?;
    visitor.page.wait_for(Place::Top, ".launcher").await?;
    tab_to(&visitor, Place::Top, "Chat with us").await?;
    visitor.page.keys(ENTER).await?;
    visitor.on_screen("welcome").await?;
    // Opening puts the focus on the heading, so that the first words are read first.
    visitor
        .page
        .holds(Place::Chat, "the focus on the heading", "return T.active()?.tagName === 'H2'", Vec::new())
        .await?;
    tab_to(&visitor, Place::Chat, "Join the waiting room").await?;
    visitor.page.keys(ENTER).await?;
    visitor.on_screen("waiting").await?;
    tab_to(&visitor, Place::Chat, "Your message").await?;
    visitor.page.keys("Hello").await?;

    let volunteer = Volunteer::on_duty(&stage.server).await?;
    volunteer.takes_next().await?;
    visitor.is_joined_by(OPERATOR.alias).await?;
    visitor.page.keys(ENTER).await?;
    volunteer.hears("Hello").await?;

    tab_to(&visitor, Place::Chat, "End this chat").await?;
    visitor.page.keys(ENTER).await?;
    visitor.page.wait_for(Place::Chat, "[role=alertdialog]").await?;
    tab_to(&visitor, Place::Chat, "End").await?;
    visitor.page.keys(ENTER).await?;
    visitor.on_screen("ended").await?;
    tab_to(&visitor, Place::Chat, "Skip").await?;
    visitor.page.keys(ENTER).await?;
    visitor.page.wait_gone(Place::Chat, ".survey").await
}

#[tokio::test(flavor = "multi_thread")]
async fn escape_minimises_and_never_ends_and_the_focus_goes_to_the_launcher() -> Result<()> {
    let stage = Stage::set().await?;
    let visitor = Visitor::waiting(&stage.browser, &stage.server, Screen::DESKTOP).await?;
    visitor.types("A thought").await?;
    visitor.page.keys(ESCAPE).await?;
    visitor.page.wait_for(Place::Top, ".launcher").await?;
    visitor
        .page
        .holds(
            Place::Top,
            "the focus on the launcher",
            "return T.active()?.classList.contains('launcher')",
            Vec::new(),
        )
        .await?;
    visitor.open_again("waiting").await?;
    visitor.has_draft("A thought").await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_a_log_and_the_field_has_a_name_and_no_helpers() -> Result<()> {
    let stage = Stage::set().await?;
    let visitor = stage.waiting_visitor().await?;
    let script = "const field = T.first('.composer-input');
        return [T.all('[role=log]').length, field.autocomplete, String(field.spellcheck), T.name(field)]";
    let found: (u32, String, String, String) = visitor.page.run(Place::Chat, script, Vec::new()).await?;
    ensure!(found == (1, "off".to_owned(), "false".to_owned(), "Your message".to_owned()), "{found:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_slow_device_nobody_loses_the_field_they_have_begun_to_write_in() -> Result<()> {
    let stage = Stage::set().await?;
    let visitor = Visitor::arrive(&stage.browser, &stage.server, Screen::PHONE).await?;
    visitor.open_chat().await?;
    let late = "globalThis.late = []; globalThis.requestAnimationFrame = (run) => late.push(run);";
    visitor.page.run::<()>(Place::Chat, late, Vec::new()).await?;
    visitor.join().await?;
    visitor.types("Hello").await?;
    let frame = "const due = late.splice(0); due.forEach((run) => run(performance.now())); return due.length";
    let due: u32 = visitor.page.run(Place::Chat, frame, Vec::new()).await?;
    ensure!(due > 0, "a frame was due");
    visitor.page.keys(", it is me").await?;
    visitor.has_draft("Hello, it is me").await
}

/// Strikes Tab until the control with this name has the focus.
async fn tab_to(visitor: &Visitor, place: Place, name: &str) -> Result<()> {
    let mut seen = Vec::new();
    for _ in 0..60 {
        let focused: Option<String> =
            visitor.page.run(place, "const a = T.active(); return a && T.name(a)", Vec::new()).await?;
        if focused.as_deref() == Some(name) {
            return Ok(());
        }
        seen.extend(focused);
        visitor.page.keys(TAB).await?;
    }
    bail!("{name} never had the focus; these had: {seen:?}");
}
