//! Shifts: planned, changed and taken out, by the keyboard, beside others, and across a lost connection.

use anyhow::{Result, ensure};
use serde_json::json;
use tealight_tests::browser::{Place, Screen};
use tealight_tests::people::Console;
use tealight_tests::server::{OPERATOR, SECOND_OPERATOR};
use tealight_tests::stage::Stage;

use crate::{ENTER, TAB};

const DOWN: &str = "\u{e015}";

#[tokio::test(flavor = "multi_thread")]
async fn a_shift_is_planned_with_the_keyboard_alone_changed_and_taken_out() -> Result<()> {
    let stage = Stage::set().await?;
    let sam = Console::open(&stage.browser, &stage.server, OPERATOR, Screen::DESKTOP).await?;
    let robin = Console::open(&stage.browser, &stage.server, SECOND_OPERATOR, Screen::SMALL_DESKTOP).await?;
    sam.page.alt("s").await?;
    sam.reads("All times are yours").await?;
    has_focus(&sam, ".page-title").await?;
    sam.page.keys(format!("{TAB}{ENTER}")).await?;
    has_focus(&sam, ".dialog").await?;
    // Tomorrow, from six to ten in the evening.
    sam.page.keys(format!("{TAB}{DOWN}{TAB}18{TAB}10 pm{ENTER}")).await?;
    sam.reads("Sam \\(you\\)\\s+18:00 to 22:00 · 1 at once").await?;
    has_focus(&sam, "#shift-add").await?;

    robin.press("^Shifts$").await?;
    robin.reads("Tomorrow, [^\n]*\\s+Sam\\s+18:00 to 22:00").await?;
    ensure!(!robin.page.has_control(Place::Top, "^Change the shift").await?, "it is not Robin's to change");
    ensure!(!robin.page.has_control(Place::Top, "^Waits$").await?, "Robin does not coordinate");

    sam.press("^Change the shift of Sam").await?;
    sam.reads("Change the shift").await?;
    holds(&sam, "#shift-from", "18:00").await?;
    sam.fills("^To$", "2").await?;
    sam.reads("This is on the next day").await?;
    sam.page.press_on(Place::Top, ".dialog .segment:nth-of-type(2)").await?;
    sam.press("^Save$").await?;
    sam.reads("18:00 to 02:00 the next day · 2 at once").await?;
    has_focus(&sam, ".page-title").await?;
    sam.press("^Remove the shift of Sam").await?;
    sam.press("^Keep it$").await?;
    sam.press("^Remove the shift of Sam").await?;
    sam.press("^Remove it$").await?;
    sam.page.wait_gone(Place::Top, ".shift").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shift_that_is_saved_without_a_connection_is_saved_when_it_is_back() -> Result<()> {
    let mut stage = Stage::set().await?;
    let sam = Console::open(&stage.browser, &stage.server, OPERATOR, Screen::DESKTOP).await?;
    sam.press("^Shifts$").await?;
    sam.press("^Add a shift$").await?;
    tomorrow(&sam).await?;
    sam.fills("^From$", "18").await?;
    sam.fills("^To$", "22").await?;
    stage.server.stop().await?;
    sam.reads("Connection lost").await?;
    sam.press("^Save$").await?;
    sam.reads("It will be saved as soon as the connection is back").await?;
    holds(&sam, "#shift-to", "22").await?;
    stage.server.start_again().await?;
    sam.page.wait_gone(Place::Top, ".dialog").await?;
    sam.reads("Sam \\(you\\)\\s+18:00 to 22:00").await
}

/// The second of the days that can be chosen.
async fn tomorrow(console: &Console) -> Result<()> {
    console.page.wait_for_control(Place::Top, "^Day").await?.send_keys(DOWN).await?;
    console
        .page
        .holds(
            Place::Top,
            "tomorrow",
            "return T.control('^Day')?.selectedOptions[0]?.textContent.startsWith('Tomorrow')",
            Vec::new(),
        )
        .await
}

async fn has_focus(console: &Console, selector: &str) -> Result<()> {
    let script = "return T.active()?.matches(arguments[0]) ?? false";
    console.page.holds(Place::Top, &format!("the focus on {selector}"), script, vec![json!(selector)]).await
}

async fn holds(console: &Console, selector: &str, value: &str) -> Result<()> {
    let script = "return T.first(arguments[0])?.value === arguments[1]";
    let what = format!("{value:?} in {selector}");
    console.page.holds(Place::Top, &what, script, vec![json!(selector), json!(value)]).await
}
