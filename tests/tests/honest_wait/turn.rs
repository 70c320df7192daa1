//! Being told of one's turn: only who asked for it, and with nothing that says what it is about.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tealight_tests::browser::{Place, Screen};
use tealight_tests::people::Visitor;
use tealight_tests::stage::Stage;

use crate::{evening, waiting};

/// Notes what a device would do.
const DEVICE: &str = "window.done = [];
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (at) { done.push(['tone', this.context.state]); return start.call(this, at); };
    Navigator.prototype.vibrate = (pattern) => done.push(['buzz', pattern]);
    window.Notification = class {
      static permission = 'default';
      static async requestPermission() { done.push(['asked']); return (Notification.permission = 'granted'); }
      constructor(title, options) { done.push(['notice', title, options.body ?? null]); }
      close() {}
    };";

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_makes_no_sound_unless_somebody_asked_for_it() -> Result<()> {
    let stage = evening("20:00").await?;
    let visitor = with_device(&stage).await?;
    ready(&visitor).await?;
    visitor.reads("Someone is ready to talk with you").await?;
    ensure!(done(&visitor).await?.is_empty());
    let asked = visitor.page.requests().await?;
    ensure!(!asked.iter().any(|address| address.contains("alert")), "{asked:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asked_hears_a_soft_sound_once_and_the_page_keeps_its_title() -> Result<()> {
    let stage = evening("20:00").await?;
    let visitor = with_device(&stage).await?;
    let title: String = visitor.page.run(Place::Top, "return document.title", Vec::new()).await?;
    visitor.press("^Tell me when it's my turn").await?;
    ready(&visitor).await?;
    visitor.page.holds(Place::Chat, "a sound", "return done.length === 2", Vec::new()).await?;
    visitor.is_placed(4, 1, (0, 2), json!({"state": "ready", "hold_s": 80})).await?;
    let done = done(&visitor).await?;
    // In sight, and in a frame: no buzz, no notification, no question of the browser's.
    ensure!(done.iter().all(|did| did[0] == "tone") && done.len() == 2, "{done:?}");
    let now: String = visitor.page.run(Place::Top, "return document.title", Vec::new()).await?;
    ensure!(now == title, "the title was {title}, and is {now}");
    ensure!(visitor.page.console().await?.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn out_of_sight_it_buzzes_and_sounds_again_until_the_page_is_looked_at() -> Result<()> {
    let stage = evening("20:00").await?;
    let visitor = with_device(&stage).await?;
    visitor.press("^Tell me when it's my turn").await?;
    visitor
        .page
        .holds(Place::Chat, "the box", "return T.first('.alert .tick-box').checked", Vec::new())
        .await?;
    // It has been fetched by the time the page is out of sight.
    let later = "globalThis.later = () => tealightTell({ t: 'queue', rev: 9000000000000009, state: 'ready', place: 1, hold_s: 90,
        wait: { kind: 'range', low_s: 0, high_s: 120 } });
        document.addEventListener('visibilitychange', () => document.hidden && later(), { once: true });
        return performance.getEntriesByType('resource').some((entry) => /alert/.test(entry.name))";
    visitor.page.holds(Place::Chat, "the module", later, Vec::new()).await?;
    let hidden = visitor.page.hide().await?;
    visitor.page.show(&hidden).await?;
    let done = done(&visitor).await?;
    let count = |what: &str| done.iter().filter(|did| did[0] == what).count();
    ensure!(count("tone") == 6 && count("buzz") == 1 && count("notice") == 0, "{done:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn on_its_own_page_a_notification_says_one_neutral_word() -> Result<()> {
    let stage = evening("20:00").await?;
    let page = stage.browser.open(Screen::PHONE).await?;
    Visitor::listen(&page).await?;
    page.before_every_document(DEVICE).await?;
    page.goto(&format!("{}/chat", stage.server.url())).await?;
    page.press(Place::Top, "^Join the waiting room").await?;
    page.press(Place::Top, "^Tell me when it's my turn").await?;
    page.holds(
        Place::Top,
        "a question of the browser's",
        "return done.some((did) => did[0] === 'asked')",
        Vec::new(),
    )
    .await?;
    let later =
        "document.addEventListener('visibilitychange', () => document.hidden && tealightTell({ t: 'queue',
        rev: 9000000000000009, state: 'ready', place: 1, hold_s: 90, wait: { kind: 'unknown' } }), { once: true })";
    page.run::<()>(Place::Top, later, Vec::new()).await?;
    let hidden = page.hide().await?;
    page.show(&hidden).await?;
    page.holds(Place::Top, "a notification", "return done.some((did) => did[0] === 'notice')", Vec::new())
        .await?;
    let done: Vec<Vec<Value>> = page.run(Place::Top, "return done", Vec::new()).await?;
    let notices: Vec<_> = done.iter().filter(|did| did[0] == "notice").collect();
    ensure!(notices == [&vec![json!("notice"), json!("Message"), Value::Null]], "{done:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tick_whose_sound_cannot_be_had_is_taken_back() -> Result<()> {
    let stage = evening("20:00").await?;
    let visitor = with_device(&stage).await?;
    visitor.page.block(&["*/alert.*"]).await?;
    visitor.press("^Tell me when it's my turn").await?;
    let box_is = "return T.first('.alert .tick-box').checked === false
        && performance.getEntriesByType('resource').some((entry) => /alert/.test(entry.name))";
    visitor.page.holds(Place::Chat, "no tick", box_is, Vec::new()).await?;
    visitor.on_screen("waiting").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_minimised_chat_shows_on_the_launcher_that_somebody_is_ready() -> Result<()> {
    let stage = evening("20:00").await?;
    let visitor = waiting(&stage).await?;
    visitor.press("^Minimise").await?;
    visitor.page.wait_for(Place::Top, ".launcher").await?;
    ready(&visitor).await?;
    visitor.page.reads(Place::Top, "1 new").await
}

async fn with_device(stage: &Stage) -> Result<Visitor> {
    let page = stage.browser.open(Screen::PHONE).await?;
    Visitor::listen(&page).await?;
    page.before_every_document(DEVICE).await?;
    page.goto(&stage.server.site("/")).await?;
    let visitor = Visitor { page };
    visitor.open_chat().await?;
    visitor.join().await?;
    visitor.is_placed(1, 2, (5, 10), json!({})).await?;
    visitor.reads("You are number 2").await?;
    visitor.page.requests().await?;
    Ok(visitor)
}

async fn ready(visitor: &Visitor) -> Result<()> {
    visitor.is_placed(3, 1, (0, 2), json!({"state": "ready", "hold_s": 90})).await
}

async fn done(visitor: &Visitor) -> Result<Vec<Vec<Value>>> {
    visitor.page.run(Place::Chat, "return done", Vec::new()).await
}
