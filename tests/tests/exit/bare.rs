//! Exit where something is missing or in the way: no WebAssembly, no frame, a modal dialog, a wipe that nobody heard of.

use anyhow::{Result, ensure};
use tealight_session::operator::ConversationView;
use tealight_tests::browser::{Kept, Page, Place, Screen};
use tealight_tests::people::Visitor;
use tealight_tests::server::Settings;
use tealight_tests::site::NOWHERE;
use tealight_tests::stage::Stage;

use crate::{DRAFT, left, press_exit, stage_with};

const SHIFT: &str = "\u{e008}";

/// A browser without it, as in Lockdown Mode.
const NO_WASM: &str = "delete window.WebAssembly";

/// From the press to a frame without a word, in milliseconds.
const COVERED_MS: f64 = 50.0;

#[tokio::test(flavor = "multi_thread")]
async fn without_webassembly_exit_leaves_from_the_panel_from_the_launcher_and_by_the_keys() -> Result<()> {
    let stage = stage_with("", "", Settings::default()).await?;
    for way in ["panel", "launcher", "keys"] {
        let page = opened(&stage, NO_WASM, &[]).await?;
        page.wait_for(Place::Chat, "#tealight-exit").await?;
        page.wait_for(Place::Chat, "#tealight-fallback[data-state=failed]").await?;
        match way {
            "panel" => {
                let exit = page.wait_for(Place::Chat, "#tealight-exit").await?;
                let _ = exit.click().await;
            }
            "launcher" => {
                page.press(Place::Chat, "^Close").await?;
                page.wait_for(Place::Top, ".launcher").await?;
                press_exit(&page, Place::Top).await?;
            }
            _ => thrice_shift(&page).await?,
        }
        left(&page, &stage).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_frame_exit_leaves_from_the_loaders_panel_to_where_the_server_says() -> Result<()> {
    let stage = stage_with("", "", Settings::default()).await?;
    for by_keys in [false, true] {
        let page = opened(&stage, NO_WASM, &["*/frame*"]).await?;
        page.reads(Place::Top, "You can still reach us").await?;
        if by_keys {
            thrice_shift(&page).await?;
        } else {
            press_exit(&page, Place::Top).await?;
        }
        left(&page, &stage).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn under_a_modal_dialog_of_the_page_the_keys_leave() -> Result<()> {
    let dialog = "<dialog><p>We like biscuits.</p><input value=biscuits><button>Fine</button></dialog>";
    let stage = stage_with(dialog, "", Settings::default()).await?;
    for minimised in [false, true] {
        let visitor =
            Visitor::arrive_at(&stage.browser, &stage.server.site("/host"), Screen::DESKTOP).await?;
        visitor.open_chat().await?;
        visitor.join().await?;
        visitor.types(DRAFT).await?;
        if minimised {
            visitor.press("^Minimise").await?;
        }
        let show = "document.querySelector('dialog').showModal()";
        visitor.page.run::<()>(Place::Top, show, Vec::new()).await?;
        let has_focus = "return document.querySelector('dialog').contains(document.activeElement)";
        visitor.page.holds(Place::Top, "the focus in the dialog", has_focus, Vec::new()).await?;
        thrice_shift(&visitor.page).await?;
        left(&visitor.page, &stage).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_frame_everything_is_covered_in_the_task_of_the_press() -> Result<()> {
    let settings = Settings { exit: Some(NOWHERE), prior_mean_minutes: Some(10.0), ..Settings::default() };
    let stage = Stage::with(settings).await?;
    for on in ["button", "keys"] {
        let visitor = stage.waiting_visitor().await?;
        visitor.types(DRAFT).await?;
        // Everything happens in the task of the press, so that the next picture, whenever it comes, is of what is there
        // when the task is over.
        let press = "const strike = (type) => dispatchEvent(new KeyboardEvent(type, { key: 'Shift' }));
            if (arguments[0] === 'keys') { for (const type of ['keydown', 'keyup', 'keydown', 'keyup', 'keydown']) strike(type); }
            const pressed = performance.now();
            if (arguments[0] === 'keys') strike('keyup'); else T.first('[part~=exit]').click();
            const took = performance.now() - pressed;
            const look = () => [document.body.innerText.trim(), getComputedStyle(document.documentElement).backgroundColor];
            const now = look();
            return new Promise((done) => requestAnimationFrame(() => done([took, now, look()])));";
        let (ms, now, drawn): (f64, [String; 2], [String; 2]) =
            visitor.page.run(Place::Chat, press, vec![on.into()]).await?;
        for [words, colour] in [now, drawn] {
            ensure!(words.is_empty(), "by the {on} the frame still shows {words:?}");
            ensure!(
                !colour.starts_with("rgba"),
                "by the {on} what is under the frame shines through: {colour}"
            );
        }
        ensure!(ms <= COVERED_MS, "by the {on} it took {ms} ms");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn exit_while_a_wipe_has_not_been_heard_leaves_nothing_here_and_has_it_erased_there() -> Result<()> {
    for minimised in [false, true] {
        let stage = Stage::set().await?;
        let (visitor, volunteer) = stage.talk().await?;
        visitor.says("Words to be wiped").await?;
        volunteer.hears("Words to be wiped").await?;
        // From here on nothing that the page says over its socket arrives.
        let mute = "WebSocket.prototype.send = () => {}";
        visitor.page.run::<()>(Place::Chat, mute, Vec::new()).await?;
        visitor.press("^Help and privacy").await?;
        visitor.press("^Wipe this chat").await?;
        visitor.press("^Wipe$").await?;
        visitor.reads("The words are gone from this screen").await?;
        ensure!(visitor.page.kept(Place::Chat).await? == Kept::only(&["tealight"]), "it is still to be done");
        if minimised {
            visitor.press("^Minimise").await?;
            press_exit(&visitor.page, Place::Top).await?;
        } else {
            press_exit(&visitor.page, Place::Chat).await?;
        }
        left(&visitor.page, &stage).await?;
        let emptied = |one: &ConversationView| one.released.is_some() && one.entries.is_empty();
        volunteer.sees(|view| view.conversations.iter().all(|one| emptied(one)).then_some(())).await?;
        visitor.page.goto(&stage.server.site("/")).await?;
        visitor.open_chat().await?;
        ensure!(visitor.page.kept(Place::Chat).await? == Kept::only(&[]), "something is left on the device");
    }
    Ok(())
}

/// The charity's page with the panel open, in a browser that lacks something.
async fn opened(stage: &Stage, before: &str, blocked: &[&str]) -> Result<Page> {
    let page = stage.browser.open(Screen::DESKTOP).await?;
    page.before_every_document(before).await?;
    if !blocked.is_empty() {
        page.block(blocked).await?;
    }
    page.goto(&stage.server.site("/host")).await?;
    page.press_on(Place::Top, ".launcher").await?;
    Ok(page)
}

async fn thrice_shift(page: &Page) -> Result<()> {
    for _ in 0..3 {
        // After the third the page may be gone before the driver has its answer.
        let _ = page.keys(SHIFT).await;
    }
    Ok(())
}
