//! It is somebody's turn: a page in sight, a page behind another, a telephone that sleeps.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde::Deserialize;
use tealight_protocol::VisitorPresence;
use tealight_session::operator::{Command, View};
use tealight_tests::browser::{Page, Place, Screen};
use tealight_tests::clock::TurnedClock;
use tealight_tests::people::{Visitor, Volunteer};
use tealight_tests::server::{OPERATOR, Settings};
use tealight_tests::stage::Stage;

/// Writes down every note of the sound, every buzz and every notification, with whether the page was out of sight.
const LISTENING: &str = "
globalThis.rung = [];
const hear = (what) => rung.push({ what, hidden: document.hidden });
if (globalThis.OscillatorNode) {
  globalThis.OscillatorNode = class extends OscillatorNode { start(when) { hear('note'); super.start(when); } };
}
navigator.vibrate = () => { hear('buzz'); return true; };
const { Notification: Shown } = globalThis;
globalThis.Notification = class {
  static permission = 'granted';
  static requestPermission = () => Promise.resolve('granted');
  constructor(title, options) { rung.push({ what: 'notice', hidden: document.hidden, title, body: options?.body }); }
  close() {}
};";

/// What a page did to be noticed.
#[derive(Debug, Deserialize)]
struct Rung {
    what: String,
    hidden: bool,
    title: Option<String>,
    body: Option<String>,
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asked_for_it_hears_a_soft_sound_while_the_page_is_out_of_sight() -> Result<()> {
    let stage = Stage::set().await?;
    let visitor = listening(&stage).await?;
    visitor.press("^Tell me when it's my turn").await?;
    let title: String = visitor.page.run(Place::Top, "return document.title", Vec::new()).await?;
    let volunteer = Volunteer::on_duty(&stage.server).await?;
    visitor.page.cover().await?;
    claims_from_afar(&volunteer).await?;

    let rung = eventually_rung(&visitor.page, Place::Chat).await?;
    ensure!(rung.iter().all(|one| one.hidden), "{rung:?}");
    ensure!(rung.iter().any(|one| one.what == "note"), "{rung:?}");
    ensure!(
        !rung.iter().any(|one| one.what == "notice"),
        "no notification from inside another page: {rung:?}"
    );
    let now: String = visitor.page.run(Place::Top, "return document.title", Vec::new()).await?;
    ensure!(now == title, "the title of the page says nothing of it: {now}");

    visitor.page.uncover().await?;
    visitor.is_joined_by(OPERATOR.alias).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_the_chat_itself_notifies_with_one_word_that_says_nothing() -> Result<()> {
    let stage = Stage::set().await?;
    let page = stage.browser.open(Screen::PHONE).await?;
    page.before_every_document(LISTENING).await?;
    page.goto(&format!("{}/chat", stage.server.url())).await?;
    page.press(Place::Top, "^Join the waiting room").await?;
    page.press(Place::Top, "^Tell me when it's my turn").await?;
    let volunteer = Volunteer::on_duty(&stage.server).await?;
    page.cover().await?;
    claims_from_afar(&volunteer).await?;
    let rung = eventually_rung(&page, Place::Top).await?;
    let notices: Vec<_> = rung.iter().filter(|one| one.what == "notice").collect();
    ensure!(notices.len() == 1 && notices[0].title.as_deref() == Some("Message"), "{rung:?}");
    ensure!(notices[0].body.is_none(), "{rung:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_did_not_ask_for_it_hears_nothing() -> Result<()> {
    let stage = Stage::set().await?;
    let visitor = listening(&stage).await?;
    let volunteer = Volunteer::on_duty(&stage.server).await?;
    visitor.page.cover().await?;
    claims_from_afar(&volunteer).await?;
    visitor.page.uncover().await?;
    visitor.is_joined_by(OPERATOR.alias).await?;
    let rung: Vec<Rung> = visitor.page.run(Place::Chat, "return rung", Vec::new()).await?;
    ensure!(rung.is_empty(), "{rung:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_look_in_time_changes_with_the_next_and_keeps_the_place() -> Result<()> {
    let stage = by_the_clock().await?;
    let first = stage.waiting_visitor().await?;
    let second = stage.waiting_visitor().await?;
    second.reads("You are number 2").await?;
    let volunteer = Volunteer::on_duty(&stage.server).await?;
    first.page.cover().await?;
    claims_from_afar(&volunteer).await?;
    second.reads("You are number 2").await?;
    stage.advance(Duration::from_secs(100)).await?;
    second.is_joined_by(OPERATOR.alias).await?;

    first.page.uncover().await?;
    first.reads("It was your turn while you were away. We kept your place").await?;
    first.reads("You are next").await?;
    volunteer.ends().await?;
    volunteer.takes_next().await?;
    first.is_joined_by(OPERATOR.alias).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_place_is_kept_while_the_telephone_sleeps_for_some_minutes() -> Result<()> {
    let stage = by_the_clock().await?;
    let first = stage.waiting_visitor().await?;
    let second = stage.waiting_visitor().await?;
    first.reads("We keep your place for 5 minutes").await?;
    first.page.freeze().await?;
    stage.advance(Duration::from_secs(4 * 60)).await?;
    second.reads("You are number 2").await?;
    first.page.thaw().await?;
    stage.advance(Duration::from_secs(1)).await?;
    first.reads("You are next").await?;
    first.on_screen("waiting").await?;

    first.page.freeze().await?;
    stage.advance(Duration::from_secs(8 * 60)).await?;
    second.reads("You are next").await?;
    first.page.thaw().await?;
    stage.advance(Duration::from_secs(1)).await?;
    first.on_screen("ended").await?;
    first.reads("Your place was given to someone else").await?;
    first.reads("Call 0808 157 0199").await
}

/// A helpline whose clock can be put forward.
async fn by_the_clock() -> Result<Stage> {
    let clock = Some(TurnedClock::default());
    Stage::with(Settings { clock, prior_mean_minutes: Some(20.0), ..Settings::default() }).await
}

/// A visitor in the waiting room, on a page where every sound is written down.
async fn listening(stage: &Stage) -> Result<Visitor> {
    let page = stage.browser.open(Screen::PHONE).await?;
    page.before_every_document(LISTENING).await?;
    page.goto(&stage.server.site("/")).await?;
    let visitor = Visitor { page };
    visitor.open_chat().await?;
    visitor.join().await?;
    Ok(visitor)
}

/// The volunteer takes the next visitor, whose page is out of sight by now, and waits for a look.
async fn claims_from_afar(volunteer: &Volunteer) -> Result<()> {
    volunteer.sees(|view| is_out_of_sight(view).then_some(())).await?;
    volunteer.peer.wants(Command::Claim(None));
    volunteer.sees(|view| (!view.claiming && view.conversations.len() == 1).then_some(())).await
}

fn is_out_of_sight(view: &View) -> bool {
    let hidden = |presence: &VisitorPresence| matches!(presence, VisitorPresence::Hidden);
    view.board.waiting.first().is_some_and(|entry| hidden(&entry.presence))
}

async fn eventually_rung(page: &Page, place: Place) -> Result<Vec<Rung>> {
    tealight_tests::eventually("a sign that it is their turn", async || {
        let rung: Vec<Rung> = page.run(place, "return rung", Vec::new()).await?;
        Ok((!rung.is_empty()).then_some(rung))
    })
    .await
}
