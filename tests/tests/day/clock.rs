//! The clock of these tests itself: time passes for pages as it does for the server, and nobody is cut off by that.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tealight_server::Clock as _;
use tealight_tests::browser::{Place, Screen};
use tealight_tests::clock::TurnedClock;
use tealight_tests::people::{Console, Visitor};
use tealight_tests::server::{OPERATOR, Settings};
use tealight_tests::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_passes_on_every_page_in_some_seconds() -> Result<()> {
    let clock = TurnedClock::showing_civil("2026-11-21T23:30[UTC]")?;
    let settings =
        Settings { clock: Some(clock.clone()), prior_mean_minutes: Some(10.0), ..Settings::default() };
    let stage = Stage::with(settings).await?;
    let console = Console::open(&stage.browser, &stage.server, OPERATOR, Screen::DESKTOP).await?;
    let visitor = Visitor::waiting(&stage.browser, &stage.server, Screen::PHONE).await?;
    visitor.page.requests().await?;

    let began = Instant::now();
    stage.advance(Duration::from_secs(3_600)).await?;
    eprintln!("an hour took {:?}", began.elapsed());
    for (page, place) in
        [(&visitor.page, Place::Top), (&visitor.page, Place::Chat), (&console.page, Place::Top)]
    {
        let shown: u64 = page.run(place, "return Date.now()", Vec::new()).await?;
        let difference = clock.now().0.abs_diff(shown);
        ensure!(difference < 2_000, "{place:?} is {difference} ms off");
        let date: String = page.run(place, "return new Date().toISOString()", Vec::new()).await?;
        ensure!(date.starts_with("2026-11-22T00:3"), "{date}");
    }
    // Nobody was cut off, and everybody still hears of the other.
    let again = visitor.page.requests().await?;
    ensure!(!again.iter().any(|address| address.starts_with("ws")), "the socket was opened again: {again:?}");
    console.accepts().await?;
    console.takes_next().await?;
    visitor.is_joined_by(OPERATOR.alias).await?;
    for page in [&visitor.page, &console.page] {
        let lines = page.console().await?;
        ensure!(lines.is_empty(), "on the console: {lines:#?}");
    }
    Ok(())
}
