//! The connection is cut at the worst moments: before the words are at the server, in the middle of them, and after
//! the server has kept them and before it could say so.

use anyhow::{Result, ensure};
use tealight_tests::people::Ledger;
use tealight_tests::proxy::{Cut, Direction, Way, Weather};
use tealight_tests::soak::rounds;
use tealight_tests::{Said, eventually};

use crate::{DRAFT, comes_through, outdoors};

#[tokio::test(flavor = "multi_thread")]
async fn words_that_never_reached_the_server_are_sent_again_by_themselves() -> Result<()> {
    let stage = outdoors().await?;
    let (visitor, volunteer) = stage.talk().await?;
    let (server, proxy) = (&stage.server, stage.server.proxy()?);
    let mut ledger = Ledger::new("cut before the words reached the server");
    for round in 0..rounds(2, 60) {
        proxy.set(Weather { up: Way::Held, ..Weather::default() });
        let words = format!("On the way {round}.");
        ledger.visitor_says(&visitor, &words).await?;
        visitor.types(DRAFT).await?;
        // The other direction goes on, and tells nothing about these words.
        let reply = format!("Are you there? {round}");
        ledger.volunteer_says(&volunteer, &reply).await?;
        visitor.has_message("operator", &reply).await?;
        ledger.truthful(&visitor, server).await?;
        visitor.message_is(&words, "sending").await?;
        ensure!(!server.log()?.contains(&Said::by_visitor(&words)));

        let cuts = proxy.cut(if round % 2 == 0 { Cut::Reset } else { Cut::Orderly }).await?;
        proxy.clear();
        comes_through(&visitor, &words).await?;
        ensure!(volunteer.hears(&words).await? == 1);
        visitor.has_draft(DRAFT).await?;
        visitor.empties().await?;
        ledger.round(cuts as u64);
    }
    ledger.settle(&visitor, &volunteer, server).await
}

#[tokio::test(flavor = "multi_thread")]
async fn words_cut_in_the_middle_are_sent_again_whole() -> Result<()> {
    let stage = outdoors().await?;
    let (visitor, volunteer) = stage.talk().await?;
    let proxy = stage.server.proxy()?;
    let mut ledger = Ledger::new("cut in the middle of a frame, either way");
    for round in 0..rounds(3, 80) {
        let direction = if round % 2 == 0 { Direction::Up } else { Direction::Down };
        let words =
            format!("These words are cut somewhere, at one letter or another, and said whole: {round}.");
        let before = proxy.counters().cuts;
        // Over the rounds, every part of such a frame.
        proxy.cut_after(direction, round * 37 % 110);
        ledger.visitor_says(&visitor, &words).await?;
        proxy.has_cut(before + 1).await?;
        ledger.truthful(&visitor, &stage.server).await?;
        comes_through(&visitor, &words).await?;
        ledger.round(proxy.counters().cuts - before);
    }
    ledger.settle(&visitor, &volunteer, &stage.server).await
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_the_server_kept_and_could_not_acknowledge_are_there_once() -> Result<()> {
    let stage = outdoors().await?;
    let (visitor, volunteer) = stage.talk().await?;
    let (server, proxy) = (&stage.server, stage.server.proxy()?);
    let mut ledger = Ledger::new("cut after the commit, before ack and event");
    for round in 0..rounds(2, 60) {
        proxy.set(Weather { down: Way::Held, ..Weather::default() });
        let words = format!("Kept, and nobody says so {round}.");
        ledger.visitor_says(&visitor, &words).await?;
        eventually("the commit", async || {
            Ok(server.log()?.contains(&Said::by_visitor(&words)).then_some(()))
        })
        .await?;
        ensure!(volunteer.hears(&words).await? == 1);
        let reply = format!("I heard that {round}.");
        ledger.volunteer_says(&volunteer, &reply).await?;
        visitor.types(DRAFT).await?;
        // Nothing has told the visitor's side: it may not claim to know.
        visitor.message_is(&words, "sending").await?;
        ledger.truthful(&visitor, server).await?;

        let cuts = proxy.cut(if round % 2 == 0 { Cut::Reset } else { Cut::Orderly }).await?;
        proxy.clear();
        comes_through(&visitor, &words).await?;
        ensure!(volunteer.hears(&words).await? == 1);
        visitor.has_message("operator", &reply).await?;
        visitor.has_draft(DRAFT).await?;
        visitor.empties().await?;
        ledger.round(cuts as u64);
    }
    ledger.settle(&visitor, &volunteer, server).await
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_come_too_late_are_given_back_and_never_called_sent() -> Result<()> {
    let stage = outdoors().await?;
    let (visitor, volunteer) = stage.talk().await?;
    let (server, proxy) = (&stage.server, stage.server.proxy()?);
    proxy.set(Weather { up: Way::Held, ..Weather::default() });
    let words = "One more thing.";
    visitor.says(words).await?;
    visitor.types(DRAFT).await?;
    volunteer.ends().await?;
    visitor.on_screen("ended").await?;
    proxy.cut(Cut::Reset).await?;
    proxy.clear();

    visitor.reads(&format!("was not sent(.|\n)*{words}(.|\n)*{DRAFT}")).await?;
    ensure!(!server.log()?.contains(&Said::by_visitor(words)));
    visitor.on_screen("ended").await
}
