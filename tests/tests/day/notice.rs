//! What an operator tells all visitors, and a pause: nobody new is let in, and nobody is sent away.

use anyhow::Result;
use tealight_protocol::Notice;
use tealight_session::operator::{Change, Command};
use tealight_tests::browser::{Place, Screen};
use tealight_tests::people::{Visitor, Volunteer};
use tealight_tests::server::{OPERATOR, SUPERVISOR};
use tealight_tests::stage::Stage;

const NOTICE: &str = "Many people are trying to reach us tonight.";

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_is_read_by_everybody_and_sends_nobody_away() -> Result<()> {
    let mut stage = Stage::set().await?;
    let kim = Volunteer::on_duty_as(&stage.server, SUPERVISOR).await?;
    let waiting = stage.waiting_visitor().await?;
    let looking = Visitor::arrive(&stage.browser, &stage.server, Screen::PHONE).await?;
    looking.open_chat().await?;
    announces(&kim, Some(NOTICE), true).await?;
    waiting.reads(NOTICE).await?;
    waiting.on_screen("waiting").await?;
    is_shut(&looking).await?;

    // Who looks later reads the same, and so does everybody after a restart.
    let later = Visitor::arrive(&stage.browser, &stage.server, Screen::PHONE).await?;
    later.page.reads(Place::Top, "Chat is closed").await?;
    later.open_again("closed").await?;
    is_shut(&later).await?;
    stage.server.stop().await?;
    stage.server.start_again().await?;
    looking.page.reload().await?;
    looking.open_again("closed").await?;
    is_shut(&looking).await?;

    // Whoever waited is talked with.
    let sam = Volunteer::on_duty_as(&stage.server, OPERATOR).await?;
    sam.takes_next().await?;
    waiting.is_joined_by(OPERATOR.alias).await?;

    let kim = Volunteer::on_duty_as(&stage.server, SUPERVISOR).await?;
    announces(&kim, None, false).await?;
    looking.on_screen("welcome").await?;
    looking.join().await
}

/// Nobody can join; what helps now is there, with the reason.
async fn is_shut(visitor: &Visitor) -> Result<()> {
    visitor.on_screen("closed").await?;
    visitor.reads(NOTICE).await?;
    visitor.reads("Call 0808 157 0199").await?;
    anyhow::ensure!(!visitor.page.has_control(Place::Chat, "^Join").await?, "nobody new can join");
    Ok(())
}

async fn announces(kim: &Volunteer, notice: Option<&str>, paused: bool) -> Result<()> {
    let notice = notice.map(Notice::parse).transpose()?;
    kim.peer.wants(Command::Change(Change::Announcement { notice: notice.clone(), paused }));
    kim.sees(|view| {
        let said = &view.announcement;
        (view.changes.is_empty() && said.notice == notice && said.paused == paused).then_some(())
    })
    .await
}
