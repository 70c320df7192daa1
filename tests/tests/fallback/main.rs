//! When the chat cannot run: the numbers, never an empty box; and the chat as plain pages.

mod numbers;
mod plain;

use anyhow::{Result, ensure};
use serde_json::json;
use tealight_tests::browser::{Page, Place, Screen};
use tealight_tests::server::{Settings, require_dist};
use tealight_tests::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn with_wasm_blocked_the_numbers_are_there() -> Result<()> {
    let stage = Stage::set().await?;
    let page = stage.browser.open(Screen::PHONE).await?;
    page.block(&["*.wasm"]).await?;
    page.goto(&stage.server.site("/")).await?;
    page.press_on(Place::Top, ".launcher").await?;
    shows_contacts(&page, Place::Chat).await
}

#[tokio::test(flavor = "multi_thread")]
async fn with_nothing_in_the_wasm_file_the_numbers_are_there() -> Result<()> {
    let crippled = crippled_dist(|_| Vec::new())?;
    let stage = stage_with_assets(&crippled).await?;
    let page = stage.browser.open(Screen::PHONE).await?;
    page.goto(&stage.server.site("/")).await?;
    page.press_on(Place::Top, ".launcher").await?;
    shows_contacts(&page, Place::Chat).await
}

#[tokio::test(flavor = "multi_thread")]
async fn with_wasm_corrupt_the_numbers_are_there() -> Result<()> {
    let crippled = crippled_dist(|mut bytes| {
        bytes.truncate(bytes.len() / 2);
        bytes
    })?;
    let stage = stage_with_assets(&crippled).await?;
    let page = stage.browser.open(Screen::PHONE).await?;
    page.goto(&stage.server.site("/")).await?;
    page.press_on(Place::Top, ".launcher").await?;
    shows_contacts(&page, Place::Chat).await
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_server_away_the_loader_has_the_numbers() -> Result<()> {
    let mut stage = Stage::set().await?;
    let page = stage.browser.open(Screen::PHONE).await?;
    page.goto(&stage.server.site("/")).await?;
    page.wait_for(Place::Top, ".launcher").await?;
    stage.server.stop().await?;
    page.press_on(Place::Top, ".launcher").await?;
    page.reads(Place::Top, "You can still reach us").await?;
    page.reads(Place::Top, "0808 157 0199").await?;
    ensure!(page.has_control(Place::Top, "^Exit").await?);

    // And when it is back, so is the chat.
    stage.server.start_again().await?;
    page.press(Place::Top, "^Try again").await?;
    page.wait_for(Place::Chat, ".screen[data-screen=welcome]").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_javascript_the_frame_is_a_page_of_numbers() -> Result<()> {
    let stage = Stage::set().await?;
    for path in ["/frame", "/chat"] {
        let page = stage.browser.open(Screen::PHONE).await?;
        page.devtools("Emulation.setScriptExecutionDisabled", json!({"value": true})).await?;
        page.goto(&format!("{}{path}", stage.server.url())).await?;
        shows_contacts(&page, Place::Top).await?;
        page.reads(Place::Top, "life was in danger").await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chat_is_also_a_page_of_its_own() -> Result<()> {
    let stage = Stage::set().await?;
    let page = stage.browser.open(Screen::PHONE).await?;
    page.goto(&format!("{}/chat", stage.server.url())).await?;
    page.wait_for(Place::Top, ".screen[data-screen=welcome]").await?;
    page.press(Place::Top, "^Join the waiting room").await?;
    page.wait_for(Place::Top, ".screen[data-screen=waiting]").await?;
    ensure!(!page.has_control(Place::Top, "^Minimise").await?, "there is nothing to minimise into");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_widget_that_breaks_down_later_leaves_the_numbers() -> Result<()> {
    let stage = Stage::set().await?;
    let visitor = stage.waiting_visitor().await?;
    let trap = "setTimeout(() => {
        const bytes = Uint8Array.of(0,97,115,109,1,0,0,0,1,4,1,96,0,0,3,2,1,0,7,5,1,1,102,0,0,10,5,1,3,0,0,11);
        WebAssembly.instantiate(bytes).then(({ instance }) => instance.exports.f());
    })";
    visitor.page.run::<()>(Place::Chat, trap, Vec::new()).await?;
    shows_contacts(&visitor.page, Place::Chat).await
}

/// The panel with the ways to reach somebody, and the way out.
async fn shows_contacts(page: &Page, place: Place) -> Result<()> {
    page.wait_for(place, "#tealight-fallback a[href='tel:08081570199']").await?;
    page.wait_for(place, "#tealight-fallback a[href='tel:999']").await?;
    page.wait_for(place, "#tealight-fallback a[href='mailto:night@example.org']").await?;
    page.wait_for(place, "#tealight-plain").await?;
    page.wait_for(place, "#tealight-exit").await?;
    page.wait_gone(place, ".screen").await
}

/// A copy of the built files in which the widget's wasm is changed.
fn crippled_dist(change: impl Fn(Vec<u8>) -> Vec<u8>) -> Result<tempfile::TempDir> {
    let whole = require_dist()?;
    let copy = tempfile::tempdir()?;
    for folder in [whole.clone(), whole.join("w")] {
        let target = copy.path().join(folder.strip_prefix(&whole)?);
        std::fs::create_dir_all(&target)?;
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if !entry.file_type()?.is_file() {
                continue;
            }
            let is_wasm = name.starts_with("widget.") && name.contains(".wasm");
            let bytes = std::fs::read(entry.path())?;
            let bytes = if is_wasm { change(bytes) } else { bytes };
            std::fs::write(target.join(name), bytes)?;
        }
    }
    Ok(copy)
}

async fn stage_with_assets(assets: &tempfile::TempDir) -> Result<Stage> {
    let assets = Some(assets.path().to_owned());
    Stage::with(Settings { assets, prior_mean_minutes: Some(10.0), ..Settings::default() }).await
}
