//! A host page that wants to know what is said in the chat on it: its scripts run before the loader and after, and it
//! does whatever a page can do. And pages that are not the host at all, and want to be.
#![allow(clippy::unwrap_used, clippy::expect_used)] // Tests, and helpers of tests.

mod framing;
mod hiding;
mod loot;
mod policy;
mod spying;
mod strict;

use std::collections::HashMap;

use anyhow::Result;
use tealight_tests::server::Settings;
use tealight_tests::site::HostPage;
use tealight_tests::stage::Stage;

/// The loader, as a charity's page has it.
const LOADER: &str = r#"<script src="__TEALIGHT_SERVER__/tealight.js" data-phone="0808 157 0199"></script>"#;

/// A document with something in its head and its body.
fn html(head: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8><link rel=icon href=data:,><title>Host</title>{head}</head>\
         <body><h1>Host</h1><p>Words of the page.</p>{body}</body></html>"
    )
}

/// A helpline, and pages of a charity by their paths.
async fn stage_with(pages: &[(&str, String)]) -> Result<Stage> {
    let page =
        |(path, html): &(&str, String)| ((*path).to_owned(), HostPage { html: html.clone(), policy: None });
    let pages: HashMap<_, _> = pages.iter().map(page).collect();
    Stage::with(Settings { pages, prior_mean_minutes: Some(10.0), ..Settings::default() }).await
}
