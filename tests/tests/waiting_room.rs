//! Waiting, in a real browser: the place, the range, the first message, and leaving.

use anyhow::{Result, ensure};
use tealight_tests::browser::{Place, Screen};
use tealight_tests::people::{Visitor, Volunteer};
use tealight_tests::server::{Hours, OPERATOR, Settings};
use tealight_tests::stage::Stage;

const FIRST: &str = "I am not sure how to begin.";

#[tokio::test(flavor = "multi_thread")]
async fn the_place_is_a_number_and_the_wait_is_a_range_of_the_ladder() -> Result<()> {
    let stage = Stage::set().await?;
    let _volunteer = Volunteer::on_duty(&stage.server).await?;
    let visitor = stage.waiting_visitor().await?;
    visitor.reads("You're in the waiting room").await?;
    // Alone, and with somebody on duty: the next.
    ensure!(
        visitor.place().await?.contains("You are next")
            || visitor.place().await?.contains("You are number 1")
    );
    let second = Visitor::waiting(&stage.browser, &stage.server, Screen::DESKTOP).await?;
    ensure!(second.place().await? == "You are number 2.");
    second.reads("less than \\d+ minutes?|\\d+ to \\d+ (minutes|hours)|more than \\d+ hours").await?;
    second.reads("Checked a moment ago").await?;
    second.reads("Leave the waiting room").await?;
    second.reads("Only you can see this until you press Send").await?;
    second.reads("Call 0808 157 0199").await
}

#[tokio::test(flavor = "multi_thread")]
async fn with_nobody_on_duty_no_number_is_invented() -> Result<()> {
    let stage = Stage::set().await?;
    let visitor = stage.waiting_visitor().await?;
    visitor.reads("We can't say how long").await?;
    let range = visitor.range().await?;
    ensure!(!range.contains(char::is_numeric), "a wait was invented: {range}");
    visitor.reads("Call 0808 157 0199").await
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_time_is_told_while_waiting() -> Result<()> {
    let settings = Settings { hours: Hours::For(4), prior_mean_minutes: Some(10.0), ..Settings::default() };
    let stage = Stage::with(settings).await?;
    let visitor = stage.waiting_visitor().await?;
    visitor.reads(r"We close (tomorrow )?at \d\d:\d\d").await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_message_survives_the_connection_and_the_focus_stays() -> Result<()> {
    let stage = Stage::set().await?;
    let visitor = stage.waiting_visitor().await?;
    visitor.types(FIRST).await?;
    // Puts the cursor into the middle, where it must stay.
    let script = "const field = T.first('.composer-input'); field.focus(); field.setSelectionRange(5, 5); T.field = field;
                  window.fieldBefore = field;";
    visitor.page.run::<()>(Place::Chat, script, Vec::new()).await?;

    let volunteer = Volunteer::on_duty(&stage.server).await?;
    volunteer.takes_next().await?;
    visitor.is_joined_by(OPERATOR.alias).await?;

    ensure!(visitor.draft().await? == FIRST, "the draft has changed");
    ensure!(volunteer.heard().is_empty(), "the draft was sent behind the visitor's back");
    let same: bool = visitor
        .page
        .run(
            Place::Chat,
            "return T.active() === window.fieldBefore && window.fieldBefore.selectionStart === 5",
            Vec::new(),
        )
        .await?;
    ensure!(same, "the focus or the cursor moved");

    visitor.sends().await?;
    ensure!(volunteer.hears(FIRST).await? == 1);
    visitor.has_draft("").await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tick_sends_the_first_message_exactly_once() -> Result<()> {
    let stage = Stage::set().await?;
    let visitor = stage.waiting_visitor().await?;
    visitor.types(FIRST).await?;
    let ticked: bool =
        visitor.page.run(Place::Chat, "return T.first('.composer .tick-box').checked", Vec::new()).await?;
    ensure!(!ticked, "the tick is off until the visitor sets it");
    visitor.press("^Send this when someone joins").await?;

    let volunteer = Volunteer::on_duty(&stage.server).await?;
    volunteer.takes_next().await?;
    visitor.is_joined_by(OPERATOR.alias).await?;
    ensure!(volunteer.hears(FIRST).await? == 1);
    visitor.has_message("visitor", FIRST).await?;
    visitor.has_draft("").await?;

    visitor.says("And this I sent myself.").await?;
    volunteer.hears("And this I sent myself.").await?;
    ensure!(volunteer.heard() == [FIRST, "And this I sent myself."]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_while_waiting_is_there_when_somebody_comes() -> Result<()> {
    let stage = Stage::set().await?;
    let visitor = stage.waiting_visitor().await?;
    visitor.says(FIRST).await?;
    visitor.message_is(FIRST, "sent").await?;
    let volunteer = Volunteer::on_duty(&stage.server).await?;
    volunteer.takes_next().await?;
    ensure!(volunteer.hears(FIRST).await? == 1);
    volunteer.reads().await?;
    visitor.is_joined_by(OPERATOR.alias).await?;
    visitor.message_is(FIRST, "seen").await
}

#[tokio::test(flavor = "multi_thread")]
async fn leaving_asks_first_and_says_that_nobody_has_read() -> Result<()> {
    let stage = Stage::set().await?;
    let visitor = stage.waiting_visitor().await?;
    visitor.types(FIRST).await?;
    visitor.press("^Leave the waiting room").await?;
    visitor.page.wait_for(Place::Chat, "[role=alertdialog]").await?;
    visitor.press("^Stay").await?;
    visitor.page.wait_gone(Place::Chat, "[role=alertdialog]").await?;
    ensure!(visitor.draft().await? == FIRST);

    visitor.press("^Leave the waiting room").await?;
    visitor.press("^Leave$").await?;
    visitor.on_screen("ended").await?;
    visitor.reads("Nobody has read your message").await?;
    visitor.reads("Call 0808 157 0199").await
}

#[tokio::test(flavor = "multi_thread")]
async fn others_move_up_when_somebody_leaves() -> Result<()> {
    let stage = Stage::set().await?;
    let first = stage.waiting_visitor().await?;
    let second = stage.waiting_visitor().await?;
    second.reads("You are number 2").await?;
    first.press("^Leave the waiting room").await?;
    first.press("^Leave$").await?;
    second.reads("You are next|You are number 1").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_helpline_says_when_it_opens_and_what_helps_now() -> Result<()> {
    let stage = Stage::with(Settings { hours: Hours::Closed, ..Settings::default() }).await?;
    let visitor = Visitor::arrive(&stage.browser, &stage.server, Screen::PHONE).await?;
    visitor.page.reads(Place::Top, "Chat is closed").await?;
    visitor.open_again("closed").await?;
    visitor.reads("Chat is closed now").await?;
    visitor.reads(r"It opens .*18:00").await?;
    visitor.reads("Call 0808 157 0199").await?;
    ensure!(!visitor.page.has_control(Place::Chat, "^Join").await?, "nobody can join now");
    Ok(())
}
