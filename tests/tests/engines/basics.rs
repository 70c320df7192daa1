//! The journey, a reload, a server that goes and comes back.

use anyhow::{Result, ensure};
use tealight_tests::browser::Engine;
use tealight_tests::people::Volunteer;
use tealight_tests::server::OPERATOR;
use tealight_tests::stage::Stage;

const DRAFT: &str = "Half a sentence that";

pub(super) async fn from_the_launcher_to_a_person_who_listens_and_to_the_end(engine: Engine) -> Result<()> {
    let stage = Stage::set_for(engine).await?;
    let visitor = stage.waiting_visitor().await?;
    visitor.reads("You're in the waiting room").await?;
    visitor.types("Hello, is somebody there?").await?;
    visitor.page.screenshot(&format!("engines-{engine:?}-waiting")).await?;
    let volunteer = Volunteer::on_duty(&stage.server).await?;
    volunteer.takes_next().await?;
    visitor.is_joined_by(OPERATOR.alias).await?;
    visitor.has_draft("Hello, is somebody there?").await?;
    visitor.sends().await?;
    ensure!(volunteer.hears("Hello, is somebody there?").await? == 1);
    visitor.message_is("Hello, is somebody there?", "delivered").await?;
    volunteer.says("I am here. Take your time.").await?;
    visitor.has_message("operator", "I am here. Take your time.").await?;
    visitor.page.screenshot(&format!("engines-{engine:?}-talking")).await?;
    visitor.ends().await?;
    visitor.reads("Thank you for talking").await
}

pub(super) async fn a_reload_keeps_the_place_and_the_draft(engine: Engine) -> Result<()> {
    let stage = Stage::set_for(engine).await?;
    let _first = stage.waiting_visitor().await?;
    let visitor = stage.waiting_visitor().await?;
    visitor.reads("You are number 2").await?;
    visitor.types(DRAFT).await?;
    visitor.page.reload().await?;
    visitor.open_again("waiting").await?;
    visitor.reads("You are number 2").await?;
    visitor.has_draft(DRAFT).await
}

pub(super) async fn a_reload_in_the_chat_keeps_every_word_once(engine: Engine) -> Result<()> {
    let stage = Stage::set_for(engine).await?;
    let (visitor, volunteer) = stage.talk().await?;
    visitor.says("Before the reload.").await?;
    volunteer.says("I read that.").await?;
    visitor.has_message("operator", "I read that.").await?;
    visitor.message_is("Before the reload.", "delivered").await?;
    visitor.types(DRAFT).await?;
    visitor.has_draft(DRAFT).await?;
    let before = visitor.messages().await?;
    visitor.page.reload().await?;
    visitor.open_again("talking").await?;
    visitor.has_message("operator", "I read that.").await?;
    visitor.has_draft(DRAFT).await?;
    ensure!(visitor.messages().await? == before, "the same bubbles, in the same order");
    Ok(())
}

pub(super) async fn a_server_that_stops_and_starts_loses_no_word(engine: Engine) -> Result<()> {
    let mut stage = Stage::set_for(engine).await?;
    let (visitor, volunteer) = stage.talk().await?;
    visitor.says("Before.").await?;
    volunteer.hears("Before.").await?;
    stage.server.stop().await?;
    visitor.reads("Connection lost|No connection").await?;
    visitor.says("Said to nobody yet.").await?;
    visitor.types(DRAFT).await?;
    stage.server.start_again().await?;
    ensure!(volunteer.hears("Said to nobody yet.").await? == 1);
    visitor.message_is("Said to nobody yet.", "delivered").await?;
    visitor.has_message("visitor", "Before.").await?;
    visitor.has_draft(DRAFT).await
}
