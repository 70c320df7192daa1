//! `sessionStorage` that fails. That it may be denied altogether is tested with the reloads, in `continuity.rs`.

use anyhow::{Result, ensure};
use tealight_tests::browser::Place;
use tealight_tests::people::Visitor;
use tealight_tests::stage::Stage;

use crate::{DRAFT, joined, waiting_with};

const NOTHING_KEPT: &str = "If you reload this page, the chat ends";

#[tokio::test(flavor = "multi_thread")]
async fn storage_that_throws_on_every_access_costs_nothing_but_the_reload() -> Result<()> {
    let stage = Stage::set().await?;
    let throws = "for (const name of ['getItem', 'setItem', 'removeItem', 'clear', 'key'])
        Storage.prototype[name] = () => { throw new DOMException('broken', 'InvalidStateError'); };";
    let visitor = waiting_with(&stage, throws).await?;
    visitor.reads(NOTHING_KEPT).await?;
    visitor.types(DRAFT).await?;
    let volunteer = joined(&stage, &visitor).await?;
    visitor.reads(NOTHING_KEPT).await?;
    visitor.has_draft(DRAFT).await?;
    visitor.sends().await?;
    ensure!(volunteer.hears(DRAFT).await? == 1);
    visitor.message_is(DRAFT, "delivered").await?;
    volunteer.says("I read that.").await?;
    visitor.has_message("operator", "I read that.").await
}

#[tokio::test(flavor = "multi_thread")]
async fn storage_that_is_full_in_mid_chat_stops_nothing_and_what_is_kept_is_never_old() -> Result<()> {
    let stage = Stage::set().await?;
    let may_be_full = "const setItem = Storage.prototype.setItem;
        Storage.prototype.setItem = function (...words) {
          if (window.isFull) throw new DOMException('full', 'QuotaExceededError');
          setItem.apply(this, words);
        };";
    let visitor = waiting_with(&stage, may_be_full).await?;
    let volunteer = joined(&stage, &visitor).await?;
    visitor.says("There is room.").await?;
    volunteer.hears("There is room.").await?;
    ensure!(!visitor.page.text(Place::Chat).await?.contains(NOTHING_KEPT));

    full(&visitor, true).await?;
    visitor.says("There is no room.").await?;
    visitor.reads(NOTHING_KEPT).await?;
    ensure!(volunteer.hears("There is no room.").await? == 1);
    volunteer.says("We go on all the same.").await?;
    visitor.has_message("operator", "We go on all the same.").await?;
    let kept: bool = visitor.page.run(Place::Chat, "return 'tealight' in sessionStorage", Vec::new()).await?;
    ensure!(!kept, "an old snapshot would bring back what is no longer true");

    full(&visitor, false).await?;
    visitor.types(DRAFT).await?;
    visitor.page.holds(Place::Chat, "room again", KEPT_AGAIN, vec![DRAFT.into()]).await?;
    ensure!(!visitor.page.text(Place::Chat).await?.contains(NOTHING_KEPT));
    for words in ["There is room.", "There is no room."] {
        visitor.message_is(words, "delivered").await?;
    }
    let before = visitor.messages().await?;
    visitor.page.reload().await?;
    visitor.open_again("talking").await?;
    visitor.has_message("operator", "We go on all the same.").await?;
    visitor.has_draft(DRAFT).await?;
    ensure!(visitor.messages().await? == before, "the same bubbles, in the same order");
    Ok(())
}

const KEPT_AGAIN: &str = "return (sessionStorage.tealight ?? '').includes(arguments[0])";

async fn full(visitor: &Visitor, is_full: bool) -> Result<()> {
    visitor.page.run::<()>(Place::Chat, "window.isFull = arguments[0]", vec![is_full.into()]).await
}
