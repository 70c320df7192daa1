//! Exit, in a real browser: there on every screen, at once, and no way back.

use anyhow::{Result, ensure};
use tealight_tests::browser::{Page, Place, Screen};
use tealight_tests::people::Visitor;
use tealight_tests::stage::Stage;

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
            visitor.types("Nobody may see this").await?;
        }
        exit_in_sight(&visitor.page).await?;
        let length: u32 = visitor.page.run(Place::Top, "return history.length", Vec::new()).await?;
        press_exit(&visitor.page).await?;
        left(&visitor.page, &stage).await?;
        let after: u32 = visitor.page.run(Place::Top, "return history.length", Vec::new()).await?;
        ensure!(after <= length, "from {screen}: {after} entries instead of {length}");
        if matches!(screen, "welcome" | "waiting") {
            visitor.page.back().await?;
            let address = visitor.page.address().await?;
            ensure!(address == before, "Back led to {address}");
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn exit_waits_for_nobody() -> Result<()> {
    let mut stage = Stage::set().await?;
    let visitor = stage.waiting_visitor().await?;
    stage.server.stop().await?;
    press_exit(&visitor.page).await?;
    left(&visitor.page, &stage).await
}

#[tokio::test(flavor = "multi_thread")]
async fn exit_is_beside_the_launcher_while_the_chat_is_minimised() -> Result<()> {
    let stage = Stage::set().await?;
    let visitor = stage.waiting_visitor().await?;
    visitor.press("^Minimise").await?;
    visitor.page.wait_for_control(Place::Top, "^Exit").await?;
    Ok(())
}

/// Exit is drawn, at the top, large enough, and nothing lies over it.
async fn exit_in_sight(page: &Page) -> Result<()> {
    let script = "const exit = T.first('[part~=exit]'); if (!exit) return false;
        const box = exit.getBoundingClientRect();
        const top = exit.getRootNode().elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
        return box.top >= 0 && box.bottom < 120 && box.height >= 44 && box.width >= 44 && exit.contains(top);";
    page.holds(Place::Chat, "Exit in sight", script, Vec::new()).await
}

/// Presses Exit in the chat.
async fn press_exit(page: &Page) -> Result<()> {
    let exit = page.wait_for_control(Place::Chat, "^Exit").await?;
    // The frame may be gone before the driver has its answer. Whether the page was left is looked at afterwards.
    let _ = exit.click().await;
    Ok(())
}

async fn left(page: &Page, stage: &Stage) -> Result<()> {
    let elsewhere = stage.server.elsewhere();
    tealight_tests::eventually("the neutral page", async || {
        // In between there is no page to ask.
        Ok(page.address().await.is_ok_and(|address| address == elsewhere).then_some(()))
    })
    .await
}
