//! One evening at a small helpline with two volunteers, from the first visitor to the last.

use anyhow::{Context as _, Result, ensure};
use tealight_protocol::ServiceState;
use tealight_tests::browser::Screen;
use tealight_tests::people::{Console, Visitor};
use tealight_tests::server::{Hours, OPERATOR, SECOND_OPERATOR, Settings};

use crate::town::Town;

/// What conversations of the weeks before took, in minutes: half an hour, more or less, and sometimes an hour.
const TALKS_BEFORE: [u32; 20] =
    [12, 55, 20, 31, 9, 64, 28, 17, 42, 25, 71, 14, 33, 22, 48, 19, 26, 58, 30, 11];

/// The words of the last visitor.
const UNREAD: &str = "I do not know whom else to tell.";

#[tokio::test(flavor = "multi_thread")]
async fn an_evening_at_a_small_helpline() -> Result<()> {
    let settings = Settings {
        hours: Hours::Daily("17:00", "22:00"),
        talks_before: TALKS_BEFORE.repeat(2),
        ..Settings::default()
    };
    let mut town = Town::at("2026-11-21T16:55[UTC]", settings).await?;
    let (first, sam) = it_opens(&mut town).await?;
    nobody_waits_long(&mut town, first, &sam).await?;
    let second = the_rush(&mut town, &sam).await?;
    a_volunteer_leaves(&mut town, sam, &second).await?;
    robin_takes_one_after_the_other(&mut town, second).await?;
    it_closes(&mut town).await
}

/// Five minutes before opening, somebody looks already. The page notices by itself when it is time.
async fn it_opens(town: &mut Town) -> Result<(Visitor, Console)> {
    let first = visitor(town).await?;
    first.open_again("closed").await?;
    first.reads("It opens today at 17:00").await?;
    first.reads("Call 0808 157 0199").await?;
    let sam = Console::open(&town.stage.browser, &town.stage.server, OPERATOR, Screen::DESKTOP).await?;
    sam.accepts().await?;
    town.begins(SECOND_OPERATOR).await?;
    town.pass_until("17:00").await?;
    first.on_screen("welcome").await?;
    Ok((first, sam))
}

/// Two volunteers, one visitor.
async fn nobody_waits_long(town: &mut Town, first: Visitor, sam: &Console) -> Result<()> {
    first.reads(r"Right now most people wait\s+less than 2 minutes").await?;
    first.join().await?;
    sam.takes_next().await?;
    first.is_joined_by(OPERATOR.alias).await?;
    sam.says("Hello. I have time. What happened?").await?;
    first.has_message("operator", "Hello. I have time. What happened?").await?;
    town.pass(24).await?;
    first.says("Thank you. I think I can sleep now.").await?;
    first.ends().await?;
    sam.press("^Take off the list").await
}

/// Within ten minutes five people come, and then one more. Both volunteers are talking.
async fn the_rush(town: &mut Town, sam: &Console) -> Result<Visitor> {
    town.pass_until("18:30").await?;
    for _ in 0..5 {
        town.comes().await?;
        town.pass(2).await?;
    }
    sam.takes_next().await?;
    let second = visitor(town).await?;
    second.open_chat().await?;
    second.join().await?;
    second.reads("You are number 4").await?;
    let told = second.told().await?;
    ensure!(told.low >= 15 && told.high.is_none_or(|high| high >= 45), "{told:?}");
    second.reads(r"We close at 22:00\.").await?;
    Ok(second)
}

/// Sam goes home early: what was told before no longer holds, and the visitor is told so.
async fn a_volunteer_leaves(town: &mut Town, sam: Console, second: &Visitor) -> Result<()> {
    town.pass(15).await?;
    let before = second.told().await?;
    sam.press("^End$").await?;
    sam.press("^End it").await?;
    sam.press("^Log out$").await?;
    town.pass(2).await?;
    second.reads("It's taking longer than we expected. We're sorry").await?;
    second.reads("You can keep waiting, or try another way below").await?;
    second.reads("Call 0808 157 0199").await?;
    let after = second.told().await?;
    ensure!(after.low >= before.low && after.high.is_none_or(|high| Some(high) > before.high), "{after:?}");
    Ok(())
}

/// Robin alone takes who is left, until it is the visitor's turn.
async fn robin_takes_one_after_the_other(town: &mut Town, second: Visitor) -> Result<()> {
    second.types("Are you still there?").await?;
    while town.waiting().await? > 0 {
        town.pass(1).await?;
        ensure!(town.time().as_str() < "21:00", "nobody came");
    }
    second.is_joined_by(SECOND_OPERATOR.alias).await?;
    ensure!(second.draft().await? == "Are you still there?", "the first message was kept");
    second.sends().await?;
    second.message_is("Are you still there?", "delivered").await
}

/// The last whom the helpline lets in reads that it may close first. Who comes after that would not be reached, and is
/// not let in.
async fn it_closes(town: &mut Town) -> Result<()> {
    town.pass_until("20:40").await?;
    while !town.status().await?.may_close_first {
        town.comes().await?;
        town.pass(3).await?;
        let status = town.status().await?;
        ensure!(status.state == ServiceState::Open, "at {}: {status:?}", town.time());
    }
    let last = visitor(town).await?;
    last.open_chat().await?;
    last.reads("We close at 22:00. You may not reach someone today").await?;
    last.join().await?;
    last.reads("We close at 22:00. You may not reach someone today").await?;
    last.says(UNREAD).await?;
    last.message_is(UNREAD, "sent").await?;
    while town.status().await?.state == ServiceState::Open {
        town.pass(1).await?;
    }
    let late = visitor(town).await?;
    late.open_again("closed").await?;
    late.reads("Chat closes soon").await?;
    late.reads("We close at 22:00. You would not reach someone today").await?;
    late.reads("It opens tomorrow at 17:00").await?;
    late.reads("Call 0808 157 0199").await?;
    drop(late);

    town.pass_until("22:00").await?;
    last.on_screen("waiting").await.context("whoever waited until closing time is not sent away at once")?;
    town.pass_until("22:16").await?;

    last.on_screen("ended").await?;
    last.reads("Chat has closed for today").await?;
    last.reads("Nobody has read your message").await?;
    last.reads(UNREAD).await?;
    for way in ["Call 999", "Call 0808 157 0199", "Text TALK to 60777", "Write to night@example.org"] {
        last.reads(way).await?;
    }
    let tomorrow = visitor(town).await?;
    tomorrow.open_again("closed").await?;
    tomorrow.reads("It opens tomorrow at 17:00").await
}

async fn visitor(town: &Town) -> Result<Visitor> {
    Visitor::arrive(&town.stage.browser, &town.stage.server, Screen::PHONE).await
}
