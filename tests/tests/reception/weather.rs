//! A long conversation in bad reception: everything takes a third of a second, and connections break again and again.

use std::time::Duration;

use anyhow::Result;
use tealight_tests::people::Ledger;
use tealight_tests::proxy::{Cut, Weather};
use tealight_tests::soak::rounds;

use crate::outdoors;

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_in_bad_reception_is_whole_in_the_end() -> Result<()> {
    let stage = outdoors().await?;
    let (visitor, volunteer) = stage.talk().await?;
    let proxy = stage.server.proxy()?;
    proxy.set(Weather {
        latency: Duration::from_millis(300),
        jitter: Duration::from_millis(200),
        cut_per_second: 0.03,
        ..Weather::default()
    });
    let mut ledger = Ledger::new("bad reception: 300 ms ± 200, 3 % of connections cut each second");
    // Two messages a round, one from each side; neither waits for the other.
    let mut cuts = 0;
    for round in 0..rounds(10, 100) {
        ledger.visitor_says(&visitor, &format!("From the train {round}.")).await?;
        ledger.volunteer_says(&volunteer, &format!("From a quiet room {round}.")).await?;
        ledger.truthful(&visitor, &stage.server).await?;
        if round == 5 {
            // A short conversation may have luck with the weather.
            proxy.cut(Cut::Reset).await?;
        }
        let before = std::mem::replace(&mut cuts, proxy.counters().cuts);
        ledger.round(cuts - before);
    }
    // What is on the way comes through the same weather.
    let settled = ledger.settle(&visitor, &volunteer, &stage.server).await;
    settled.map_err(|error| error.context(format!("{:?}", proxy.counters())))
}
