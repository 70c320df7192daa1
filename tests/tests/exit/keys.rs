//! Leaving by the keyboard: three times Shift, or Escape where input methods need Shift.

use anyhow::{Result, ensure};
use tealight_tests::browser::{Page, Place, Screen};
use tealight_tests::people::Visitor;
use tealight_tests::server::Settings;
use tealight_tests::stage::Stage;

use crate::{DRAFT, LOADER, left, stage_with};

const SHIFT: &str = "\u{e008}";
const ESCAPE: &str = "\u{e00c}";

#[tokio::test(flavor = "multi_thread")]
async fn three_times_shift_leaves_from_the_frame() -> Result<()> {
    let stage = Stage::set().await?;
    let visitor = Visitor::waiting(&stage.browser, &stage.server, Screen::DESKTOP).await?;
    visitor.types("Words with A Capital Or Two").await?;
    steps_read(&visitor.page, Place::Chat, "").await?;
    strike(&visitor.page, SHIFT).await?;
    steps_read(&visitor.page, Place::Chat, "●○○ Press Shift 2 more times to leave").await?;
    strike(&visitor.page, SHIFT).await?;
    steps_read(&visitor.page, Place::Chat, "●●○ Press Shift 1 more time to leave").await?;
    visitor.page.screenshot("exit-steps-in-the-chat").await?;
    // Another key begins anew.
    strike(&visitor.page, "x").await?;
    steps_read(&visitor.page, Place::Chat, "").await?;
    visitor.has_draft("Words with A Capital Or Twox").await?;
    strike(&visitor.page, SHIFT).await?;
    strike(&visitor.page, SHIFT).await?;
    steps_read(&visitor.page, Place::Chat, "●●○ Press Shift 1 more time to leave").await?;
    strike(&visitor.page, SHIFT).await?;
    left(&visitor.page, &stage).await
}

#[tokio::test(flavor = "multi_thread")]
async fn three_times_shift_leaves_from_the_host_page_while_there_is_a_chat() -> Result<()> {
    let stage = Stage::set().await?;
    let visitor = Visitor::arrive(&stage.browser, &stage.server, Screen::DESKTOP).await?;
    visitor.page.wait_for(Place::Top, ".launcher").await?;
    for _ in 0..4 {
        strike(&visitor.page, SHIFT).await?;
    }
    steps_read(&visitor.page, Place::Top, "").await?;
    visitor.open_chat().await?;
    visitor.join().await?;
    visitor.press("^Minimise").await?;
    visitor.page.wait_for(Place::Top, ".launcher").await?;
    strike(&visitor.page, SHIFT).await?;
    steps_read(&visitor.page, Place::Top, "●○○ Press Shift 2 more times to leave").await?;
    visitor.page.screenshot("exit-steps-on-the-page").await?;
    strike(&visitor.page, SHIFT).await?;
    strike(&visitor.page, SHIFT).await?;
    left(&visitor.page, &stage).await
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_an_input_method_held_keys_and_chords_do_not_count_and_a_pause_begins_anew() -> Result<()> {
    let stage = Stage::set().await?;
    let visitor = Visitor::waiting(&stage.browser, &stage.server, Screen::DESKTOP).await?;
    let strike_all = "const strike = (more, up = more) => {
          T.first('.composer-input').dispatchEvent(new KeyboardEvent('keydown', { key: 'Shift', bubbles: true, composed: true, ...more }));
          T.first('.composer-input').dispatchEvent(new KeyboardEvent('keyup', { key: 'Shift', bubbles: true, composed: true, ...up }));
        };
        const said = () => document.getElementById('tealight-steps').textContent;
        const counted = [];
        for (const more of [{ isComposing: true }, { keyCode: 229 }, { ctrlKey: true }, { altKey: true }, { repeat: true }]) {
          strike(more, {}); strike(more, {}); strike(more, {}); strike(more, {});
          if (said()) counted.push(JSON.stringify(more));
        }
        // Shift while something is clicked, as people mark words.
        for (let i = 0; i < 4; i++) {
          dispatchEvent(new KeyboardEvent('keydown', { key: 'Shift' }));
          dispatchEvent(new PointerEvent('pointerdown'));
          dispatchEvent(new KeyboardEvent('keyup', { key: 'Shift' }));
        }
        if (said()) counted.push('click');
        strike({}); strike({});
        return [counted.join(), said()]";
    let (counted, said): (String, String) = visitor.page.run(Place::Chat, strike_all, Vec::new()).await?;
    ensure!(counted.is_empty(), "these counted: {counted}");
    ensure!(said == "●●○ Press Shift 1 more time to leave", "{said}");
    // After five seconds nothing is left of the two.
    steps_read(&visitor.page, Place::Chat, "").await?;
    strike(&visitor.page, SHIFT).await?;
    steps_read(&visitor.page, Place::Chat, "●○○ Press Shift 2 more times to leave").await
}

#[tokio::test(flavor = "multi_thread")]
async fn where_shift_is_for_input_methods_three_times_escape_leaves_and_is_counted_across_minimising()
-> Result<()> {
    for attributes in ["data-lang=ja", "data-exit-key=escape"] {
        let stage = stage_with("", attributes, Settings::default()).await?;
        let visitor =
            Visitor::arrive_at(&stage.browser, &stage.server.site("/host"), Screen::DESKTOP).await?;
        visitor.open_chat().await?;
        visitor.reads("press Esc three times").await?;
        visitor.join().await?;
        visitor.types(DRAFT).await?;
        for _ in 0..4 {
            strike(&visitor.page, SHIFT).await?;
        }
        steps_read(&visitor.page, Place::Chat, "").await?;
        strike(&visitor.page, ESCAPE).await?;
        visitor.page.wait_for(Place::Top, ".launcher").await?;
        steps_read(&visitor.page, Place::Top, "●○○ Press Esc 2 more times to leave").await?;
        strike(&visitor.page, ESCAPE).await?;
        steps_read(&visitor.page, Place::Top, "●●○ Press Esc 1 more time to leave").await?;
        strike(&visitor.page, ESCAPE).await?;
        left(&visitor.page, &stage).await?;
    }
    Ok(())
}

/// Strikes a key, wherever the focus is.
async fn strike(page: &Page, key: &str) -> Result<()> {
    page.keys(key).await
}

/// Waits until dots and words of the count are these, for eyes and for screen readers.
async fn steps_read(page: &Page, place: Place, words: &str) -> Result<()> {
    let found = match place {
        Place::Top => format!("{LOADER}.querySelector('.steps')"),
        Place::Chat => "document.getElementById('tealight-steps')".to_owned(),
    };
    let script = format!(
        "const steps = {found};
         return steps.role === 'status' && steps.textContent === arguments[0]
           && (!arguments[0] || (steps.firstChild.ariaHidden === 'true' && steps.checkVisibility()))"
    );
    page.holds(place, &format!("the steps {words:?}"), &script, vec![words.into()]).await
}
