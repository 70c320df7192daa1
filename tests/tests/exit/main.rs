//! Exit, in a real browser: there in every state, at once, from the keyboard too, and no way back.

mod back;
mod bare;
mod in_sight;
mod keys;
mod leaving;
mod target;
mod traces;

use std::collections::HashMap;

use anyhow::Result;
use tealight_tests::browser::{Page, Place};
use tealight_tests::server::Settings;
use tealight_tests::site::HostPage;
use tealight_tests::stage::Stage;

/// What nobody may see any more.
const DRAFT: &str = "Nobody may see this";

/// The element that has the loader's parts.
const LOADER: &str = "document.querySelector('tealight-chat').shadowRoot";

/// A helpline, and a page of the charity's at `/host` with this in its body and these attributes on the script tag.
async fn stage_with(body: &str, attributes: &str, settings: Settings) -> Result<Stage> {
    let html = format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8>
         <meta name=viewport content=\"width=device-width\"><link rel=icon href=data:,><title>Host</title></head>
         <body><h1>Host</h1>{body}<script src=\"__TEALIGHT_SERVER__/tealight.js\" {attributes}></script></body></html>"
    );
    let pages = HashMap::from([("/host".to_owned(), HostPage { html, policy: None })]);
    Stage::with(Settings { pages, prior_mean_minutes: Some(10.0), ..settings }).await
}

/// Presses Exit, in the chat or beside the launcher.
async fn press_exit(page: &Page, place: Place) -> Result<()> {
    let exit = page.wait_for_control(place, "^Exit").await?;
    // The page may be gone before the driver has its answer. Whether it was left is looked at afterwards.
    let _ = exit.click().await;
    Ok(())
}

/// Waits until the neutral page is there.
async fn left(page: &Page, stage: &Stage) -> Result<()> {
    let elsewhere = stage.server.elsewhere();
    tealight_tests::eventually("the neutral page", async || {
        // In between there is no page to ask.
        Ok(page.address().await.is_ok_and(|address| address == elsewhere).then_some(()))
    })
    .await
}
