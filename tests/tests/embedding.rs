//! On a charity's page: nothing of the page moves, nothing is asked of strangers, wasm comes on intent only.

use std::collections::HashMap;

use anyhow::{Result, ensure};
use serde_json::Value;
use tealight_tests::browser::{Page, Place, Screen};
use tealight_tests::people::{Visitor, Volunteer};
use tealight_tests::server::{OPERATOR, Settings, TestServer};
use tealight_tests::site::HostPage;
use tealight_tests::stage::Stage;

const LOADER: &str = r#"<script async src="__TEALIGHT_SERVER__/tealight.js"></script>"#;

#[tokio::test(flavor = "multi_thread")]
async fn the_charitys_page_looks_the_same_with_the_loader() -> Result<()> {
    let stage = Stage::set().await?;
    for screen in [Screen::PHONE, Screen::DESKTOP] {
        let page = stage.browser.open(screen).await?;
        page.goto(&stage.server.site("/?without-loader")).await?;
        let before = boxes(&page).await?;
        ensure!(before.len() > 10, "a believable page has more than {} elements", before.len());
        page.goto(&stage.server.site("/")).await?;
        page.wait_for(Place::Top, ".launcher").await?;
        ensure!(boxes(&page).await? == before, "the loader moved something on {screen:?}");
        page.press_on(Place::Top, ".launcher").await?;
        page.wait_for(Place::Chat, ".screen[data-screen=welcome]").await?;
        ensure!(boxes(&page).await? == before, "the open chat moved something on {screen:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn wasm_is_fetched_on_intent_only_and_nobody_else_is_asked() -> Result<()> {
    let stage = Stage::set().await?;
    let visitor = Visitor::arrive(&stage.browser, &stage.server, Screen::PHONE).await?;
    visitor.page.wait_for(Place::Top, ".launcher").await?;
    let early = visitor.page.requests().await?;
    let ours = |address: &&String| address.starts_with(&stage.server.url());
    let mut asked: Vec<&str> =
        early.iter().filter(ours).filter_map(|address| address.strip_prefix(&stage.server.url())).collect();
    asked.sort_unstable();
    ensure!(asked == ["/tealight.js", "/v1/status"], "before the launcher was activated: {asked:?}");

    visitor.open_chat().await?;
    visitor.join().await?;
    let volunteer = Volunteer::on_duty(&stage.server).await?;
    volunteer.takes_next().await?;
    visitor.is_joined_by(OPERATOR.alias).await?;
    visitor.says("Hello.").await?;
    volunteer.says("Hello to you.").await?;
    visitor.has_message("operator", "Hello to you.").await?;
    visitor.ends().await?;

    let late = visitor.page.requests().await?;
    ensure!(late.iter().any(|address| address.ends_with(".wasm")), "no wasm among {late:?}");
    only_these_origins(&stage.server, early.iter().chain(&late))?;
    nothing_on_the_console(&visitor.page).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_with_a_strict_policy_can_have_the_chat() -> Result<()> {
    let page = HostPage {
        html: html(r#"<html lang="en">"#, &format!("{LOADER}<h1>Strict</h1><p>Nothing inline here.</p>")),
        policy: Some(
            "default-src 'none'; img-src data:; script-src __TEALIGHT_SERVER__; frame-src __TEALIGHT_SERVER__; \
             connect-src __TEALIGHT_SERVER__"
                .to_owned(),
        ),
    };
    let stage = stage_with("/strict", page).await?;
    let visitor = Visitor::arrive_at(&stage.browser, &stage.server.site("/strict"), Screen::DESKTOP).await?;
    visitor.open_chat().await?;
    visitor.join().await?;
    nothing_on_the_console(&visitor.page).await
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_right_to_left_page_the_launcher_and_the_chat_stand_at_their_end() -> Result<()> {
    let page = HostPage {
        html: html(r#"<html lang="ar" dir="rtl">"#, &format!("<h1>مرحبا</h1>{LOADER}")),
        policy: None,
    };
    let stage = stage_with("/rtl", page).await?;
    let visitor = Visitor::arrive_at(&stage.browser, &stage.server.site("/rtl"), Screen::DESKTOP).await?;
    let launcher = visitor.page.wait_for(Place::Top, ".launcher").await?;
    ensure!(launcher.rect().await?.x < 100.0, "the end of a right-to-left page is on the left");
    visitor.open_chat().await?;
    visitor.join().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_page_app_may_remove_the_element_and_put_it_back() -> Result<()> {
    let body = format!("<h1>App</h1><main id=view></main>{}", LOADER.replace("async", "async data-auto=off"));
    let page = HostPage { html: html(r#"<html lang="en">"#, &body), policy: None };
    let stage = stage_with("/app", page).await?;
    let visitor = Visitor::arrive_at(&stage.browser, &stage.server.site("/app"), Screen::DESKTOP).await?;
    let insert = "window.chat ??= document.createElement('tealight-chat'); document.querySelector('main').append(chat)";
    visitor.page.run::<()>(Place::Top, insert, Vec::new()).await?;
    visitor.open_chat().await?;
    visitor.join().await?;
    visitor.types("Still mine").await?;

    visitor.page.run::<()>(Place::Top, "window.chat.remove()", Vec::new()).await?;
    visitor.page.wait_gone(Place::Top, ".launcher").await?;
    visitor.page.run::<()>(Place::Top, insert, Vec::new()).await?;
    visitor.open_again("waiting").await?;
    visitor.has_draft("Still mine").await?;
    nothing_on_the_console(&visitor.page).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_loader_works_in_the_head_and_twice() -> Result<()> {
    let html = format!(
        "<!doctype html><html lang=en><head><link rel=icon href=data:,><title>x</title>{LOADER}{LOADER}</head><body><h1>x</h1></body></html>"
    );
    let stage = stage_with("/head", HostPage { html, policy: None }).await?;
    let visitor = Visitor::arrive_at(&stage.browser, &stage.server.site("/head"), Screen::DESKTOP).await?;
    visitor.open_chat().await?;
    let count: u32 = visitor
        .page
        .run(Place::Top, "return document.querySelectorAll('tealight-chat').length", Vec::new())
        .await?;
    ensure!(count == 1, "{count} launchers");
    nothing_on_the_console(&visitor.page).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_frame_is_refused_to_a_site_that_the_helpline_does_not_know() -> Result<()> {
    let stage = Stage::set().await?;
    let page = stage.browser.open(Screen::PHONE).await?;
    page.goto(&stage.server.strange_site("/")).await?;
    page.press_on(Place::Top, ".launcher").await?;
    // Not the chat, but not an empty box either.
    page.reads(Place::Top, "You can still reach us").await?;
    page.reads(Place::Top, "0808 157 0199").await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_element_can_be_opened_and_closed_by_script_and_tells_of_it_without_words() -> Result<()> {
    let stage = Stage::set().await?;
    let visitor = Visitor::arrive(&stage.browser, &stage.server, Screen::DESKTOP).await?;
    visitor.page.wait_for(Place::Top, ".launcher").await?;
    let listen = "window.heard = [];
        for (const name of ['ready', 'open', 'close', 'unread', 'state'])
          document.addEventListener('tealight-' + name, (e) => heard.push([name, JSON.stringify(e.detail ?? null)]));
        document.querySelector('tealight-chat').open();";
    visitor.page.run::<()>(Place::Top, listen, Vec::new()).await?;
    visitor.on_screen("welcome").await?;
    visitor.join().await?;
    visitor.says("This is nobody's business.").await?;
    visitor.page.run::<()>(Place::Top, "document.querySelector('tealight-chat').close()", Vec::new()).await?;
    visitor.page.wait_for(Place::Top, ".launcher").await?;
    let heard: Vec<(String, String)> = visitor.page.run(Place::Top, "return heard", Vec::new()).await?;
    let names: Vec<&str> = heard.iter().map(|(name, _)| name.as_str()).collect();
    ensure!(names == ["open", "ready", "close"], "{names:?}");
    ensure!(heard.iter().all(|(_, detail)| !detail.contains("business")));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_charitys_page_hears_no_key_that_is_struck_in_the_chat() -> Result<()> {
    let stage = Stage::set().await?;
    let visitor = Visitor::arrive(&stage.browser, &stage.server, Screen::DESKTOP).await?;
    let listen = "window.keys = 0; for (const name of ['keydown', 'keyup', 'input', 'beforeinput'])
        addEventListener(name, () => keys++, true)";
    visitor.page.run::<()>(Place::Top, listen, Vec::new()).await?;
    visitor.open_chat().await?;
    visitor.join().await?;
    visitor.types("secret").await?;
    visitor.has_draft("secret").await?;
    let keys: u32 = visitor.page.run(Place::Top, "return window.keys", Vec::new()).await?;
    ensure!(keys == 0);
    Ok(())
}

fn html(open: &str, body: &str) -> String {
    format!(
        "<!doctype html>{open}<head><meta charset=utf-8><link rel=icon href=data:,><title>Host</title></head><body>{body}</body></html>"
    )
}

async fn stage_with(path: &str, page: HostPage) -> Result<Stage> {
    let pages = HashMap::from([(path.to_owned(), page)]);
    Stage::with(Settings { pages, prior_mean_minutes: Some(10.0), ..Settings::default() }).await
}

/// Where everything on the page is, in the order of the document, without what is ours.
async fn boxes(page: &Page) -> Result<Vec<Value>> {
    let script = "return [...document.querySelectorAll('*')]
        .filter((e) => !['SCRIPT', 'TEALIGHT-CHAT'].includes(e.tagName))
        .map((e) => { const b = e.getBoundingClientRect(); return [e.tagName, b.x, b.y, b.width, b.height]; })
        .concat([['scroll', scrollX, scrollY, document.documentElement.scrollWidth,
                  document.documentElement.scrollHeight]])";
    page.run(Place::Top, script, Vec::new()).await
}

fn only_these_origins<'a>(server: &TestServer, asked: impl Iterator<Item = &'a String>) -> Result<()> {
    let allowed = [server.url(), server.url().replace("http://", "ws://"), server.site("")];
    let strangers: Vec<_> =
        asked.filter(|address| !allowed.iter().any(|origin| address.starts_with(origin))).collect();
    ensure!(strangers.is_empty(), "asked of strangers: {strangers:?}");
    Ok(())
}

async fn nothing_on_the_console(page: &Page) -> Result<()> {
    let lines = page.console().await?;
    ensure!(lines.is_empty(), "on the console: {lines:#?}");
    Ok(())
}
