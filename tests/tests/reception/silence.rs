//! The other side is gone and the socket does not know: bytes vanish in both directions or in one, for minutes.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tealight_tests::browser::Place;
use tealight_tests::people::Ledger;
use tealight_tests::proxy::{Way, Weather};
use tealight_tests::soak::rounds;

use crate::{DRAFT, comes_through, outdoors};

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_silent_for_long_is_found_out_and_nothing_is_lost() -> Result<()> {
    use Way::{Open, Swallowed};
    let stage = outdoors().await?;
    let (visitor, volunteer) = stage.talk().await?;
    let (server, proxy) = (&stage.server, stage.server.proxy()?);
    let mut ledger = Ledger::new("half-open for two minutes: both ways, up, down");
    let silence = Duration::from_secs(rounds(2, 120));
    let is_short = rounds(1, 0) == 1;
    let ways = [(Swallowed, Swallowed), (Swallowed, Open), (Open, Swallowed)];
    for (round, (up, down)) in ways.into_iter().take(rounds(1, 3) as usize).enumerate() {
        let faults = proxy.counters().faults();
        proxy.set(Weather { up, down, ..Weather::default() });
        let began = Instant::now();
        let reply = format!("Said into silence {round}.");
        ledger.volunteer_says(&volunteer, &reply).await?;
        let words = format!("Said into silence as well {round}.");
        if is_short {
            ledger.visitor_says(&visitor, &words).await?;
        }
        visitor.types(DRAFT).await?;
        let mut was_found_out = false;
        while began.elapsed() < silence || !was_found_out {
            if is_short {
                // Whoever looks at the telephone again has it ask whether the other side is still there.
                let hidden = visitor.page.hide().await?;
                visitor.page.show(&hidden).await?;
            }
            let messages = ledger.truthful(&visitor, server).await?;
            if (up, down) == (Swallowed, Swallowed) {
                ensure!(!messages.iter().any(|message| message.text == reply), "nothing comes through");
            }
            was_found_out |= visitor.page.find(Place::Chat, ".strip p").await?.is_some();
            ensure!(began.elapsed() < silence + Duration::from_secs(60), "the silence is never found out");
        }
        if !is_short {
            visitor.empties().await?;
            ledger.visitor_says(&visitor, &words).await?;
            visitor.message_is(&words, "sending").await?;
            visitor.types(DRAFT).await?;
        }
        proxy.clear();
        comes_through(&visitor, &words).await?;
        visitor.has_message("operator", &reply).await?;
        visitor.has_draft(DRAFT).await?;
        visitor.empties().await?;
        ledger.round(proxy.counters().faults() - faults);
    }
    ledger.settle(&visitor, &volunteer, server).await
}
