//! The press: what is on the screen in that very task, where it leads, and what it does not wait for.

use anyhow::{Result, ensure};
use tealight_protocol::{EndReason, EndedBy};
use tealight_tests::browser::{Place, Screen};
use tealight_tests::people::Visitor;
use tealight_tests::proxy::{Way, Weather};
use tealight_tests::server::Settings;
use tealight_tests::site::NOWHERE;
use tealight_tests::stage::Stage;

use crate::{DRAFT, LOADER, left, press_exit, stage_with};

/// A host page that asks before it is left.
const ASKING: &str = "<script>addEventListener('beforeunload', (event) => event.preventDefault())</script>";

#[tokio::test(flavor = "multi_thread")]
async fn exit_leaves_from_every_screen_and_back_does_not_return_to_the_chat() -> Result<()> {
    for screen in ["welcome", "waiting", "talking", "ended"] {
        let stage = Stage::set().await?;
        let before = stage.server.site("/?without-loader");
        let visitor = match screen {
            "welcome" | "waiting" => Visitor::arrive_at(&stage.browser, &before, Screen::PHONE).await?,
            _ => {
                let (visitor, _volunteer) = stage.talk().await?;
                if screen == "ended" {
                    visitor.ends().await?;
                }
                visitor
            }
        };
        if matches!(screen, "welcome" | "waiting") {
            visitor.page.goto(&stage.server.site("/")).await?;
            visitor.open_chat().await?;
        }
        if screen == "waiting" {
            visitor.join().await?;
            visitor.types(DRAFT).await?;
        }
        let length: u32 = visitor.page.run(Place::Top, "return history.length", Vec::new()).await?;
        press_exit(&visitor.page, Place::Chat).await?;
        left(&visitor.page, &stage).await?;
        let (after, referrer): (u32, String) =
            visitor.page.run(Place::Top, "return [history.length, document.referrer]", Vec::new()).await?;
        ensure!(after <= length, "from {screen}: {after} entries instead of {length}");
        ensure!(referrer.is_empty(), "the neutral page heard of {referrer}");
        if matches!(screen, "welcome" | "waiting") {
            visitor.page.back().await?;
            let address = visitor.page.address().await?;
            ensure!(address == before, "Back led to {address}");
        }
    }
    Ok(())
}

/// From the press to the beginning of the navigation, in milliseconds.
const SOON_MS: f64 = 100.0;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_delays_nothing() -> Result<()> {
    let stage = Stage::with(Settings { behind_proxy: true, ..Settings::default() }).await?;
    let visitor = stage.waiting_visitor().await?;
    stage.server.proxy()?.set(Weather { up: Way::Held, down: Way::Held, ..Weather::default() });
    visitor.types(DRAFT).await?;
    let press =
        "const now = performance.timeOrigin + performance.now(); T.first('[part~=exit]').click(); return now";
    let pressed: f64 = visitor.page.run(Place::Chat, press, Vec::new()).await?;
    left(&visitor.page, &stage).await?;
    let began: f64 = visitor.page.run(Place::Top, "return performance.timeOrigin", Vec::new()).await?;
    ensure!(began - pressed <= SOON_MS, "the navigation began after {} ms", began - pressed);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_gone_delays_nothing() -> Result<()> {
    let mut stage = Stage::set().await?;
    let visitor = stage.waiting_visitor().await?;
    stage.server.stop().await?;
    press_exit(&visitor.page, Place::Chat).await?;
    left(&visitor.page, &stage).await
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_covered_in_the_task_of_the_press_and_what_leads_nowhere_becomes_a_link() -> Result<()>
{
    let settings = Settings { exit: Some(NOWHERE), prior_mean_minutes: Some(10.0), ..Settings::default() };
    let stage = Stage::with(settings).await?;
    for place in [Place::Chat, Place::Top] {
        let visitor = stage.waiting_visitor().await?;
        visitor.types(DRAFT).await?;
        let covered = match place {
            Place::Chat => {
                "T.first('[part~=exit]').click(); return document.body.innerText === '';".to_owned()
            }
            Place::Top => {
                visitor.press("^Minimise").await?;
                visitor.page.wait_for_control(Place::Top, "^Exit").await?;
                format!(
                    "T.first('[part~=launcher-exit]').click();
                     const cover = {LOADER}.querySelector('.cover');
                     const box = cover.getBoundingClientRect();
                     return !cover.hidden && cover.matches(':popover-open') && box.width >= innerWidth
                       && box.height >= innerHeight && !getComputedStyle(cover).backgroundColor.startsWith('rgba');"
                )
            }
        };
        ensure!(visitor.page.run::<bool>(place, &covered, Vec::new()).await?, "{place:?} is not covered");
        // The page is still there, since the address leads nowhere: it shows a link, and nothing else.
        let link = format!(
            "const link = {LOADER}.querySelector('.cover a');
             return link.checkVisibility() && link.href === arguments[0];"
        );
        let nowhere = stage.server.strange_site(NOWHERE);
        visitor.page.holds(Place::Top, "the link", &link, vec![nowhere.into()]).await?;
        let everywhere = "return [10, innerWidth / 2, innerWidth - 10].every((x) => [10, innerHeight / 2, innerHeight - 10]
            .every((y) => document.elementFromPoint(x, y).localName === 'tealight-chat'))";
        visitor.page.holds(Place::Top, "the cover over everything", everywhere, Vec::new()).await?;
        let shown = visitor.page.text(Place::Chat).await?;
        ensure!(shown.trim().is_empty(), "the frame still shows {shown:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_asks_before_it_is_left_is_left_without_an_answer() -> Result<()> {
    let stage = stage_with(ASKING, "", Settings::default()).await?;
    for minimised in [false, true] {
        let visitor =
            Visitor::arrive_at(&stage.browser, &stage.server.site("/host"), Screen::DESKTOP).await?;
        // Only who has touched the page is asked.
        visitor.page.press_on(Place::Top, "h1").await?;
        visitor.open_chat().await?;
        visitor.join().await?;
        if minimised {
            visitor.press("^Minimise").await?;
            press_exit(&visitor.page, Place::Top).await?;
        } else {
            press_exit(&visitor.page, Place::Chat).await?;
        }
        left(&visitor.page, &stage).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_volunteer_reads_that_the_visitor_left_by_exit_and_no_address_names_them() -> Result<()> {
    for minimised in [false, true] {
        let stage = Stage::set().await?;
        let (visitor, volunteer) = stage.talk().await?;
        let secret: String = visitor
            .page
            .run(Place::Chat, "return JSON.parse(sessionStorage.tealight).secret", Vec::new())
            .await?;
        if minimised {
            visitor.press("^Minimise").await?;
            press_exit(&visitor.page, Place::Top).await?;
        } else {
            press_exit(&visitor.page, Place::Chat).await?;
        }
        left(&visitor.page, &stage).await?;
        let by_exit = Some((EndedBy::Visitor, EndReason::Exit));
        volunteer
            .sees(|view| view.conversations.iter().any(|conv| conv.ended == by_exit).then_some(()))
            .await?;
        let requests = visitor.page.requests().await?;
        ensure!(!requests.iter().any(|address| address.contains(&secret)), "a secret in an address");
    }
    Ok(())
}
