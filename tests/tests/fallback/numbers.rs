//! The numbers that a charity's page carries itself: there whatever becomes of the chat, and in the loader's own panel
//! where the server gave none.

use std::collections::HashMap;

use anyhow::{Result, ensure};
use serde_json::json;
use tealight_tests::browser::{Page, Place, Screen};
use tealight_tests::server::Settings;
use tealight_tests::site::HostPage;
use tealight_tests::stage::Stage;

/// What `docs/embedding.md` tells a charity to paste, with numbers of its own.
const NUMBERS: &str = r#"<nav data-tealight-numbers aria-label="Get help now">
  <p>In danger now? <a href="tel:112">Call 112</a></p>
  <ul>
    <li><a href="tel:+448081570900">Call 0808 157 0900</a></li>
    <li><a href="mailto:help@example.org">Write to help@example.org</a></li>
    <li><a href="__TEALIGHT_SERVER__/plain">Chat on a simple page</a></li>
  </ul>
</nav>"#;

/// The rows of the loader's own panel.
const ROWS: &str = "[...document.querySelector('tealight-chat').shadowRoot.querySelectorAll('.plain a')]";

#[tokio::test(flavor = "multi_thread")]
async fn without_javascript_the_page_has_its_numbers_and_leads_to_the_plain_pages() -> Result<()> {
    let stage = stage_with(None).await?;
    let page = stage.browser.open(SCREEN).await?;
    page.devtools("Emulation.setScriptExecutionDisabled", json!({"value": true})).await?;
    page.goto(&stage.server.site("/host")).await?;
    stand_on_the_page(&page).await?;
    page.press(Place::Top, "^Chat on a simple page").await?;
    page.reads(Place::Top, "Talk with someone").await
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_loader_blocked_by_a_policy_the_page_has_its_numbers() -> Result<()> {
    let stage = stage_with(Some("default-src 'none'; style-src 'self'")).await?;
    let page = stage.browser.open(SCREEN).await?;
    page.goto(&stage.server.site("/host")).await?;
    stand_on_the_page(&page).await?;
    let is_plain = "return document.querySelector('tealight-chat') === null";
    ensure!(page.run::<bool>(Place::Top, is_plain, Vec::new()).await?, "the policy let the loader in");
    page.press(Place::Top, "^Chat on a simple page").await?;
    page.reads(Place::Top, "Talk with someone").await
}

#[tokio::test(flavor = "multi_thread")]
async fn with_wasm_blocked_the_page_keeps_its_numbers_and_the_panel_has_the_servers() -> Result<()> {
    let stage = stage_with(None).await?;
    let page = stage.browser.open(SCREEN).await?;
    page.block(&["*.wasm"]).await?;
    page.goto(&stage.server.site("/host")).await?;
    page.press_on(Place::Top, ".launcher").await?;
    super::shows_contacts(&page, Place::Chat).await?;
    stand_on_the_page(&page).await
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_server_away_the_page_has_its_numbers() -> Result<()> {
    let mut stage = stage_with(None).await?;
    stage.server.stop().await?;
    let page = stage.browser.open(SCREEN).await?;
    page.goto(&stage.server.site("/host")).await?;
    stand_on_the_page(&page).await
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_server_says_nothing_the_loaders_panel_has_the_pages_numbers_each_once() -> Result<()> {
    let stage = stage_with(None).await?;
    let page = stage.browser.open(SCREEN).await?;
    page.block(&["*/v1/status", "*/frame*"]).await?;
    page.goto(&stage.server.site("/host")).await?;
    page.press_on(Place::Top, ".launcher").await?;
    let shown = ["Call 112", "Call 0808 157 0900", "Write to help@example.org", "Chat on a simple page"];
    has_rows(&page, &shown).await?;
    page.reads(Place::Top, "You can still reach us").await?;
    stand_on_the_page(&page).await?;
    page.screenshot("numbers-in-the-panel").await?;

    // An attribute of the tag adds a number only where there is none.
    let set = "document.querySelector('tealight-chat').setAttribute('phone', '0808 157 0199')";
    page.run::<()>(Place::Top, set, Vec::new()).await?;
    has_rows(&page, &shown).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_loaders_panel_leads_to_the_plain_pages_and_repeats_no_number_of_the_server() -> Result<()> {
    let stage = stage_with(None).await?;
    let page = stage.browser.open(Screen::PHONE).await?;
    page.block(&["*/frame*"]).await?;
    page.goto(&stage.server.site("/host")).await?;
    page.press_on(Place::Top, ".launcher").await?;
    page.reads(Place::Top, "You can still reach us").await?;
    let shown = [
        "Call 999",
        "Call 0808 157 0199Day and night",
        "Text TALK to 60777Day and night",
        "Write to night@example.orgAn answer within two days",
        "Chat on a simple page",
    ];
    has_rows(&page, &shown).await?;
    page.screenshot("loaders-panel-with-plain-pages").await?;
    page.press_on(Place::Top, ".plain a[href*='/plain?lang=en']").await?;
    page.reads(Place::Top, "Talk with someone").await
}

/// Large enough to have the page beside the panel.
const SCREEN: Screen = Screen { width: 1024, height: 900, touch: false };

async fn stage_with(policy: Option<&str>) -> Result<Stage> {
    let html = format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8>
         <meta name=viewport content=\"width=device-width\"><link rel=icon href=data:,><title>Host</title></head>
         <body><h1>Host</h1>{NUMBERS}<script src=\"__TEALIGHT_SERVER__/tealight.js\"></script></body></html>"
    );
    let policy = policy.map(str::to_owned);
    let pages = HashMap::from([("/host".to_owned(), HostPage { html, policy })]);
    Stage::with(Settings { pages, prior_mean_minutes: Some(10.0), ..Settings::default() }).await
}

/// Every link of the page's own is there, drawn, and under the finger.
async fn stand_on_the_page(page: &Page) -> Result<()> {
    let script = "const links = [...document.querySelectorAll('nav a')];
        return links.length === 4 && links.every((link) => {
          const box = link.getBoundingClientRect();
          return box.height > 0 && document.elementFromPoint(box.x + 5, box.y + box.height / 2) === link;
        })";
    page.holds(Place::Top, "the page's own numbers", script, Vec::new()).await
}

async fn has_rows(page: &Page, rows: &[&str]) -> Result<()> {
    let script = format!(
        "return JSON.stringify({ROWS}.map((row) => row.textContent)) === JSON.stringify(arguments[0])
           && {ROWS}.every((row) => row.checkVisibility() && row.getBoundingClientRect().height >= 44)"
    );
    page.holds(Place::Top, "the rows of the panel", &script, vec![json!(rows)]).await
}
