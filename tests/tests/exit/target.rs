//! Where Exit leads: to a neutral page of another site, and nobody there hears where somebody came from.

use anyhow::{Result, ensure};
use tealight_tests::browser::{Place, Screen};
use tealight_tests::people::Visitor;
use tealight_tests::server::Settings;

use crate::{LOADER, left, press_exit, stage_with};

#[tokio::test(flavor = "multi_thread")]
async fn search_engines_and_the_same_site_are_refused_with_a_warning() -> Result<()> {
    for (address, is_refused) in [
        ("https://www.google.com/", true),
        ("https://duckduckgo.com/?q=weather", true),
        ("http://127.0.0.1/another-page", true),
        ("javascript:alert(1)", true),
        ("https://www.example.org/weather", false),
    ] {
        let stage = stage_with("", &format!("data-exit-url=\"{address}\""), Settings::default()).await?;
        let visitor =
            Visitor::arrive_at(&stage.browser, &stage.server.site("/host"), Screen::DESKTOP).await?;
        visitor.open_chat().await?;
        let warned = visitor.page.console().await?.iter().any(|line| line.contains("exit-url"));
        ensure!(warned == is_refused, "{address}: warned: {warned}");
        // Where it would lead, read in the task of the press.
        let press = format!(
            "const loader = {LOADER};
             loader.querySelector('[part~=launcher-exit]').click(); return loader.querySelector('.cover a').href"
        );
        let target: String = visitor.page.run(Place::Top, &press, Vec::new()).await?;
        let wanted = if is_refused { stage.server.elsewhere() } else { address.to_owned() };
        ensure!(target == wanted, "{address}: {target}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_loaders_exit_says_nothing_of_where_somebody_was() -> Result<()> {
    let stage = stage_with("", "", Settings::default()).await?;
    let visitor = Visitor::arrive_at(&stage.browser, &stage.server.site("/host"), Screen::DESKTOP).await?;
    visitor.open_chat().await?;
    visitor.press("^Minimise").await?;
    press_exit(&visitor.page, Place::Top).await?;
    left(&visitor.page, &stage).await?;
    let referrer: String = visitor.page.run(Place::Top, "return document.referrer", Vec::new()).await?;
    ensure!(referrer.is_empty(), "the neutral page heard of {referrer}");
    Ok(())
}
