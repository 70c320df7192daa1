//! Exit can be seen and pressed in every state, whatever else lies on the page.

use anyhow::{Result, ensure};
use tealight_tests::browser::{Page, Place, Screen};
use tealight_tests::people::Visitor;
use tealight_tests::server::Settings;
use tealight_tests::stage::Stage;

use crate::{left, press_exit, stage_with};

#[tokio::test(flavor = "multi_thread")]
async fn exit_is_at_the_top_in_every_state_and_is_not_scrolled_away() -> Result<()> {
    let stage = Stage::set().await?;
    let small = Screen { width: 320, height: 480, touch: true };
    let visitor = Visitor::arrive(&stage.browser, &stage.server, small).await?;
    visitor.open_chat().await?;
    exit_in_sight(&visitor.page).await?;
    visitor.join().await?;
    exit_in_sight(&visitor.page).await?;
    let volunteer = tealight_tests::people::Volunteer::on_duty(&stage.server).await?;
    volunteer.takes_next().await?;
    visitor.on_screen("talking").await?;
    exit_in_sight(&visitor.page).await?;
    visitor.press("^End this chat").await?;
    visitor.page.wait_for(Place::Chat, "[role=alertdialog]").await?;
    exit_in_sight(&visitor.page).await?;
    visitor.press("^End$").await?;
    visitor.page.wait_for(Place::Chat, ".survey").await?;
    exit_in_sight(&visitor.page).await?;
    visitor.press("^Skip").await?;
    visitor.on_screen("ended").await?;
    exit_in_sight(&visitor.page).await?;
    visitor.press("^Minimise").await?;
    visitor.page.wait_for_control(Place::Top, "^Exit").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_exit_does_is_on_the_first_screen_of_a_phone_without_scrolling() -> Result<()> {
    let stage = Stage::set().await?;
    let visitor = Visitor::arrive(&stage.browser, &stage.server, Screen::PHONE).await?;
    visitor.open_chat().await?;
    let script = "return ['.note', '[part~=button-primary]'].every((part) => {
        const box = T.first(part)?.getBoundingClientRect();
        return !!box && box.top >= 0 && box.bottom <= innerHeight;
    })";
    visitor.page.holds(Place::Chat, "the note and Join on one screen", script, Vec::new()).await?;
    visitor.reads("press Exit[^]*Your browser may still remember").await?;
    // Once in the session.
    visitor.join().await?;
    ensure!(!visitor.page.text(Place::Chat).await?.contains("may still remember"), "it is said again");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_page_lays_over_exit_makes_it_move() -> Result<()> {
    let stage = stage_with("", "", Settings::default()).await?;
    let visitor = Visitor::arrive_at(&stage.browser, &stage.server.site("/host"), Screen::DESKTOP).await?;
    visitor.open_chat().await?;
    visitor.join().await?;

    // A banner over the whole page lies over the open panel.
    lay_over(&visitor.page, "inset: 0").await?;
    is_ours(&visitor.page, ".window", "(box) => [box.right - 60, box.top + 30]").await?;
    visitor.press("^Minimise").await?;

    // And one at the bottom over the launcher.
    visitor.page.reload().await?;
    visitor.open_again("waiting").await?;
    visitor.press("^Minimise").await?;
    visitor.page.wait_for_control(Place::Top, "^Exit").await?;
    lay_over(&visitor.page, "inset: auto 0 0 0; height: 200px").await?;
    is_ours(
        &visitor.page,
        "[part~=launcher-exit]",
        "(box) => [box.x + box.width / 2, box.y + box.height / 2]",
    )
    .await?;
    press_exit(&visitor.page, Place::Top).await?;
    left(&visitor.page, &stage).await
}

async fn lay_over(page: &Page, style: &str) -> Result<()> {
    let script = "const banner = document.createElement('div');
        banner.style = 'position: fixed; z-index: 99999; background: pink; ' + arguments[0];
        banner.textContent = 'We like biscuits.'; document.body.append(banner)";
    page.run::<()>(Place::Top, script, vec![style.into()]).await
}

/// Waits until a point of something of ours is not covered by the page.
async fn is_ours(page: &Page, selector: &str, point: &str) -> Result<()> {
    let script = format!(
        "const [x, y] = ({point})(T.first(arguments[0]).getBoundingClientRect());
         return document.elementFromPoint(x, y)?.localName === 'tealight-chat'"
    );
    page.holds(Place::Top, &format!("{selector} above the banner"), &script, vec![selector.into()]).await
}

/// Exit is drawn, at the top, large enough, nothing lies over it, and scrolling does not take it away.
async fn exit_in_sight(page: &Page) -> Result<()> {
    let script = "const exit = T.first('[part~=exit]'); if (!exit) return false;
        for (const part of T.all('*')) part.scrollTop = part.scrollHeight;
        const box = exit.getBoundingClientRect();
        const top = exit.getRootNode().elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
        return box.top >= 0 && box.bottom < 120 && box.height >= 44 && box.width >= 44 && exit.contains(top);";
    page.holds(Place::Chat, "Exit in sight", script, Vec::new()).await?;
    ensure!(page.has_control(Place::Chat, "^Exit").await?);
    Ok(())
}
