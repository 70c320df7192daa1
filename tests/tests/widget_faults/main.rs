//! The widget when the device around it fails: storage, clock, history, sleep, and its own code.
//!
//! Whatever goes wrong, the conversation goes on or can be taken up again, and where the chat cannot run, the ways to
//! reach somebody are on the screen.

mod clock;
mod history;
mod sleep;
mod storage;
mod trap;

use anyhow::Result;
use tealight_tests::browser::Screen;
use tealight_tests::people::{Visitor, Volunteer};
use tealight_tests::server::{OPERATOR, Settings};
use tealight_tests::stage::Stage;

/// What stands in the composer while something else goes wrong.
const DRAFT: &str = "Half a sentence that";

/// A helpline whose visitors come through the weather.
async fn outdoors() -> Result<Stage> {
    Stage::with(Settings { behind_proxy: true, prior_mean_minutes: Some(10.0), ..Settings::default() }).await
}

/// A visitor in the waiting room whose browser has run this script in every document.
async fn waiting_with(stage: &Stage, script: &str) -> Result<Visitor> {
    let page = stage.browser.open(Screen::PHONE).await?;
    page.before_every_document(script).await?;
    page.goto(&stage.server.site("/")).await?;
    let visitor = Visitor { page };
    visitor.open_chat().await?;
    visitor.join().await?;
    Ok(visitor)
}

/// The volunteer who takes that visitor.
async fn joined(stage: &Stage, visitor: &Visitor) -> Result<Volunteer> {
    let volunteer = Volunteer::on_duty(&stage.server).await?;
    volunteer.takes_next().await?;
    visitor.is_joined_by(OPERATOR.alias).await?;
    Ok(volunteer)
}
