//! The browser's Back, with and without a page that it kept whole.

use anyhow::{Result, ensure};
use tealight_tests::browser::{Page, Place, Screen};
use tealight_tests::people::Visitor;
use tealight_tests::stage::Stage;

use crate::{DRAFT, left, press_exit};

const TYPED: &str = "return T.all('textarea').some((field) => field.value !== '')";

#[tokio::test(flavor = "multi_thread")]
async fn back_to_an_earlier_page_of_the_charity_shows_neither_chat_nor_draft() -> Result<()> {
    for flags in [&[][..], &["--disable-features=BackForwardCache"][..]] {
        let stage = Stage::set().await?;
        let page = stage.browser.open_with(Screen::PHONE, flags).await?;
        page.goto(&stage.server.site("/")).await?;
        let visitor = Visitor { page };
        visitor.open_chat().await?;
        visitor.join().await?;
        visitor.types(DRAFT).await?;
        visitor.page.run::<()>(Place::Top, "window.isKept = true", Vec::new()).await?;

        visitor.page.goto(&stage.server.site("/?second")).await?;
        visitor.open_again("waiting").await?;
        visitor.has_draft(DRAFT).await?;
        press_exit(&visitor.page, Place::Chat).await?;
        left(&visitor.page, &stage).await?;
        visitor.page.back().await?;
        let is_kept: bool = visitor.page.run(Place::Top, "return window.isKept === true", Vec::new()).await?;
        ensure!(is_kept == flags.is_empty(), "whether the browser kept the page: {is_kept}");
        // The panel is closed, and behind it is a first screen.
        visitor.page.wait_for(Place::Top, ".launcher").await?;
        visitor.page.wait_gone(Place::Top, ".window").await?;
        ensure!(!visitor.page.text(Place::Top).await?.contains(DRAFT));
        visitor.open_again("welcome").await?;
        ensure!(!visitor.page.run::<bool>(Place::Chat, TYPED, Vec::new()).await?, "the draft is back");
        nothing_kept(&visitor.page, Place::Chat).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn back_to_an_earlier_chat_page_shows_neither_chat_nor_draft() -> Result<()> {
    let stage = Stage::set().await?;
    let page = stage.browser.open(Screen::PHONE).await?;
    page.goto(&format!("{}/chat", stage.server.url())).await?;
    page.press(Place::Top, "^Join the waiting room").await?;
    let visitor = Visitor { page };
    let field = visitor.page.wait_for(Place::Top, ".composer-input").await?;
    field.send_keys(DRAFT).await?;
    visitor.page.run::<()>(Place::Top, "window.isKept = true", Vec::new()).await?;
    visitor.page.goto(&format!("{}/chat?second", stage.server.url())).await?;
    visitor.page.wait_for(Place::Top, ".screen[data-screen=waiting]").await?;
    press_exit(&visitor.page, Place::Top).await?;
    left(&visitor.page, &stage).await?;

    visitor.page.back().await?;
    visitor.page.wait_for(Place::Top, ".screen[data-screen=welcome]").await?;
    ensure!(!visitor.page.text(Place::Top).await?.contains(DRAFT));
    ensure!(!visitor.page.run::<bool>(Place::Top, TYPED, Vec::new()).await?, "the draft is back");
    nothing_kept(&visitor.page, Place::Top).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_left_shows_nothing_and_one_that_comes_back_without_its_entry_begins_anew()
-> Result<()> {
    let stage = Stage::set().await?;
    let visitor = stage.waiting_visitor().await?;
    visitor.types(DRAFT).await?;
    let hide = "dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }));
        return getComputedStyle(T.root().host).visibility === 'hidden'";
    ensure!(visitor.page.run::<bool>(Place::Chat, hide, Vec::new()).await?, "the chat can still be seen");
    let show = "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
        return getComputedStyle(T.root().host).visibility === 'visible'";
    ensure!(
        visitor.page.run::<bool>(Place::Chat, show, Vec::new()).await?,
        "the chat is theirs and not shown"
    );
    visitor.has_draft(DRAFT).await?;

    // On the host page the panel is closed before the browser keeps it.
    let closed = "dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }));
        return T.root().querySelector('.window').hidden";
    ensure!(visitor.page.run::<bool>(Place::Top, closed, Vec::new()).await?, "the panel is still open");
    visitor.open_again("waiting").await?;

    // Another page of this tab was left by Exit meanwhile.
    let left_elsewhere =
        "sessionStorage.clear(); dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }));
        sessionStorage.clear(); dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))";
    visitor.page.run::<()>(Place::Chat, left_elsewhere, Vec::new()).await?;
    visitor.on_screen("welcome").await
}

/// A document keeps nothing on the device.
async fn nothing_kept(page: &Page, place: Place) -> Result<()> {
    let kept = page.kept(place).await?;
    ensure!(kept == tealight_tests::browser::Kept::only(&[]), "{kept:?}");
    Ok(())
}
