//! A telephone that is looked at now and then: the page is hidden or frozen, and the network goes meanwhile.

use anyhow::{Result, ensure};
use tealight_tests::people::Ledger;
use tealight_tests::proxy::Cut;
use tealight_tests::soak::rounds;

use crate::{DRAFT, comes_through, outdoors};

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_comes_and_goes_misses_nothing() -> Result<()> {
    let stage = outdoors().await?;
    let (visitor, volunteer) = stage.talk().await?;
    let proxy = stage.server.proxy()?;
    let mut ledger = Ledger::new("background and foreground");
    for round in 0..rounds(5, 50) {
        let before = format!("I look away {round}.");
        ledger.visitor_says(&visitor, &before).await?;
        visitor.types(DRAFT).await?;

        // Every second time the page is frozen, and every third time the network goes as well.
        let is_frozen = round % 2 == 1;
        let mut cuts = 0;
        let hidden = if is_frozen {
            visitor.page.freeze().await?;
            None
        } else {
            Some(visitor.page.hide().await?)
        };
        let reply = format!("While you were away {round}.");
        ledger.volunteer_says(&volunteer, &reply).await?;
        if round % 3 == 1 {
            cuts = proxy.cut(if is_frozen { Cut::Reset } else { Cut::Orderly }).await?;
        }
        volunteer.hears(&before).await?;
        match &hidden {
            Some(hidden) => visitor.page.show(hidden).await?,
            None => visitor.page.thaw().await?,
        }

        visitor.has_message("operator", &reply).await?;
        comes_through(&visitor, &before).await?;
        ledger.truthful(&visitor, &stage.server).await?;
        visitor.has_draft(DRAFT).await?;
        visitor.empties().await?;
        ledger.round(1 + cuts as u64);
    }
    ensure!(proxy.counters().cuts > 0);
    ledger.settle(&visitor, &volunteer, &stage.server).await
}
