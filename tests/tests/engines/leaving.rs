//! The way out, and what is left on the device.

use anyhow::{Result, ensure};
use tealight_tests::browser::{Engine, Kept, Page, Place, Screen};
use tealight_tests::people::Visitor;
use tealight_tests::stage::Stage;

const SECRET_WORDS: &str = "Nobody may see this";

pub(super) async fn exit_leaves_from_every_screen_and_back_shows_nothing(engine: Engine) -> Result<()> {
    for screen in ["welcome", "waiting", "talking", "ended"] {
        let stage = Stage::set_for(engine).await?;
        let (visitor, _volunteer) = match screen {
            "welcome" | "waiting" => {
                let visitor = Visitor::arrive(&stage.browser, &stage.server, Screen::PHONE).await?;
                visitor.open_chat().await?;
                if screen == "waiting" {
                    visitor.join().await?;
                    visitor.types(SECRET_WORDS).await?;
                }
                (visitor, None)
            }
            _ => {
                let (visitor, volunteer) = stage.talk().await?;
                visitor.says(SECRET_WORDS).await?;
                if screen == "ended" {
                    visitor.ends().await?;
                }
                (visitor, Some(volunteer))
            }
        };
        visitor.press("^Exit").await?;
        left(&visitor.page, &stage).await?;
        visitor.page.back().await?;
        let shown = visitor.page.text(Place::Top).await?;
        ensure!(!shown.contains(SECRET_WORDS), "Back from {screen} shows: {shown}");
        ensure!(
            visitor.page.find(Place::Top, ".window").await?.is_none(),
            "Back from {screen} shows a window of the chat"
        );
    }
    Ok(())
}

pub(super) async fn a_page_that_the_browser_kept_comes_back_without_chat_and_draft(
    engine: Engine,
) -> Result<()> {
    let stage = Stage::set_for(engine).await?;
    let visitor = stage.waiting_visitor().await?;
    visitor.types(SECRET_WORDS).await?;
    visitor.page.run::<()>(Place::Top, "window.isKept = true", Vec::new()).await?;
    visitor.page.goto(&stage.server.site("/?second")).await?;
    visitor.open_again("waiting").await?;
    visitor.press("^Exit").await?;
    left(&visitor.page, &stage).await?;
    visitor.page.back().await?;
    let is_kept = "return window.isKept === true";
    visitor.page.holds(Place::Top, "the earlier page, kept whole", is_kept, Vec::new()).await?;
    visitor.page.wait_for(Place::Top, ".launcher").await?;
    visitor.page.wait_gone(Place::Top, ".window").await?;
    visitor.open_again("welcome").await?;
    let words = "return [T.text(), ...T.all('textarea').map((field) => field.value)].join(' ')";
    let words: String = visitor.page.run(Place::Chat, words, Vec::new()).await?;
    ensure!(!words.contains(SECRET_WORDS), "Back shows: {words}");
    ensure!(visitor.page.kept(Place::Chat).await? == Kept::only(&[]), "Back found something that was kept");
    Ok(())
}

pub(super) async fn exit_waits_for_nobody(engine: Engine) -> Result<()> {
    let mut stage = Stage::set_for(engine).await?;
    let visitor = stage.waiting_visitor().await?;
    stage.server.stop().await?;
    visitor.press("^Exit").await?;
    left(&visitor.page, &stage).await
}

pub(super) async fn nothing_is_kept_before_joining_one_entry_after_it_and_nothing_in_the_end(
    engine: Engine,
) -> Result<()> {
    let stage = Stage::set_for(engine).await?;
    let visitor = Visitor::arrive(&stage.browser, &stage.server, Screen::PHONE).await?;
    visitor.open_chat().await?;
    for place in [Place::Top, Place::Chat] {
        ensure!(visitor.page.kept(place).await? == Kept::only(&[]), "before joining, in {place:?}");
    }
    visitor.join().await?;
    visitor.types(SECRET_WORDS).await?;
    visitor
        .page
        .holds(Place::Chat, "an entry", "return Object.keys(sessionStorage).length === 1", Vec::new())
        .await?;
    ensure!(visitor.page.kept(Place::Top).await? == Kept::only(&[]), "the host page keeps nothing");
    visitor.press("^Leave").await?;
    visitor.page.wait_for(Place::Chat, "[role=alertdialog]").await?;
    visitor.press("^Leave$").await?;
    visitor.on_screen("ended").await?;
    for place in [Place::Top, Place::Chat] {
        ensure!(visitor.page.kept(place).await? == Kept::only(&[]), "in the end, in {place:?}");
    }
    Ok(())
}

async fn left(page: &Page, stage: &Stage) -> Result<()> {
    let elsewhere = stage.server.elsewhere();
    tealight_tests::eventually("the neutral page", async || {
        Ok((page.address().await? == elsewhere).then_some(()))
    })
    .await
}
