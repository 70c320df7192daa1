//! A device that sleeps: its scripts stand still, its clock does not, and its connection dies without a sound.

use anyhow::{Result, ensure};
use tealight_tests::people::Ledger;
use tealight_tests::proxy::{Cut, Way, Weather};
use tealight_tests::soak::rounds;

use crate::{DRAFT, joined, outdoors, waiting_with};

/// Whenever the page goes on after standing still, ten minutes have passed.
const SLEEPER: &str = "const now = Date.now; let slept = 0; Date.now = () => now() + slept;
    document.addEventListener('resume', () => { slept += 600000; });";

#[tokio::test(flavor = "multi_thread")]
async fn after_a_sleep_the_conversation_goes_on_where_it_was() -> Result<()> {
    let stage = outdoors().await?;
    let proxy = stage.server.proxy()?;
    let visitor = waiting_with(&stage, SLEEPER).await?;
    let volunteer = joined(&stage, &visitor).await?;
    let mut ledger = Ledger::new("device sleep with a dead connection");
    for round in 0..rounds(2, 12) {
        let before = proxy.counters().faults();
        let words = format!("Before I sleep {round}.");
        ledger.visitor_says(&visitor, &words).await?;
        visitor.types(DRAFT).await?;
        visitor.message_is(&words, "delivered").await?;

        visitor.page.freeze().await?;
        // Every other time the connection is cut where the sleeper cannot hear of it, or just stays silent.
        proxy.set(Weather { up: Way::Swallowed, down: Way::Swallowed, ..Weather::default() });
        let reply = format!("While you sleep {round}.");
        ledger.volunteer_says(&volunteer, &reply).await?;
        if round % 2 == 1 {
            proxy.cut(Cut::Reset).await?;
        }
        proxy.clear();
        visitor.page.thaw().await?;

        visitor.has_message("operator", &reply).await?;
        visitor.has_draft(DRAFT).await?;
        visitor.on_screen("talking").await?;
        ledger.truthful(&visitor, &stage.server).await?;
        visitor.empties().await?;
        ledger.round(proxy.counters().faults() - before);
    }
    ensure!(proxy.counters().cuts > 0);
    ledger.settle(&visitor, &volunteer, &stage.server).await
}
