//! The unchanged widget in a real browser, on a charity's page, with the backend in Python behind it.

use std::collections::HashMap;

use anyhow::{Result, ensure};
use serde_json::json;
use tealight_tests::browser::{Browser, Place, Screen};
use tealight_tests::people::{Message, Visitor};
use tealight_tests::python::PythonBackend;
use tealight_tests::server::require_dist;
use tealight_tests::site::{HostPage, Site};

const OFFERS: &str = r#"
[[offers]]
id = "phone"
channel = "phone"
uri = "tel:08081570199"
label = "Call 0808 157 0199"
open = true
"#;

const INLINE: &str = r#"<!doctype html><html lang="en"><title>A charity</title><h1>A charity</h1>
<script async src="__TEALIGHT_SERVER__/tealight.js" data-mode="inline" data-trust-host></script></html>"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_conversation_with_the_unchanged_widget() -> Result<()> {
    let (mut backend, site) = stage().await?;
    let browser = Browser::start().await?;
    let visitor = Visitor::arrive_at(&browser, &format!("{}/", site.origin()), Screen::PHONE).await?;
    visitor.open_chat().await?;
    visitor.reads("Call 0808 157 0199").await?;
    visitor.join().await?;
    visitor.reads("You are next|You are number 1").await?;
    visitor.says("Hello, is somebody there?").await?;
    backend.terminal_says("joined; 1 waiting").await?;
    ensure!(
        backend.terminal().iter().all(|line| !line.contains("Hello")),
        "words on the screen before /take"
    );

    backend.types("/take")?;
    backend.terminal_says("visitor: Hello, is somebody there?").await?;
    visitor.is_joined_by("Sam").await?;
    backend.types("I am here. <b>Take</b> your time.")?;
    visitor.has_message("operator", "I am here. <b>Take</b> your time.").await?;
    visitor.says("Thank you.").await?;
    backend.terminal_says("visitor: Thank you.").await?;

    visitor.types("Half a sentence").await?;
    visitor.page.reload().await?;
    visitor.open_again("talking").await?;
    visitor.has_draft("Half a sentence").await?;
    ensure!(visitor.messages().await?.len() == 3, "{:?}", visitor.messages().await?);

    // A power cut, and words that are sent into it.
    backend.kill()?;
    visitor.reads("We keep your place|connection|Connecting").await?;
    visitor.types(" that goes on").await?;
    visitor.sends().await?;
    visitor.message_is("Half a sentence that goes on", "sending").await?;
    backend.start_again().await?;
    backend.terminal_says("visitor: Half a sentence that goes on").await?;
    visitor.message_is("Half a sentence that goes on", "sent").await?;
    backend.types("Nothing is lost.")?;
    visitor.has_message("operator", "Nothing is lost.").await?;

    let said = visitor.messages().await?;
    let expected = [
        ("visitor", "Hello, is somebody there?"),
        ("operator", "I am here. <b>Take</b> your time."),
        ("visitor", "Thank you."),
        ("visitor", "Half a sentence that goes on"),
        ("operator", "Nothing is lost."),
    ];
    ensure!(said.iter().map(pair).eq(expected), "{said:?}");
    let on_terminal = backend.terminal().iter().filter(|line| line.contains("goes on")).count();
    ensure!(on_terminal == 1, "it stands on the terminal {on_terminal} times");

    visitor.ends().await?;
    backend.terminal_says("ended by the visitor").await?;
    backend.stop().await
}

/// A look into the shadow root inside the loader's, where the widget lives in inline mode.
const INSIDE: &str = "
    const boxes = [...document.querySelector('tealight-chat').shadowRoot.querySelectorAll('.window > div')];
    const widget = boxes.find((box) => box.shadowRoot)?.shadowRoot;
    const seen = widget?.querySelector(arguments[0]);
    if (seen && arguments[1]) seen.click();
    return Boolean(seen && T.visible(seen));";

#[tokio::test(flavor = "multi_thread")]
async fn the_widget_also_lives_in_the_page_and_as_a_page_of_its_own() -> Result<()> {
    let (mut backend, site) = stage().await?;
    let browser = Browser::start().await?;
    let inline = browser.open(Screen::DESKTOP).await?;
    inline.goto(&format!("{}/inline", site.origin())).await?;
    inline.press_on(Place::Top, ".launcher").await?;
    let join = vec![json!(".screen[data-screen=welcome] [part~=button-primary]"), json!(true)];
    inline.holds(Place::Top, "the button to join", INSIDE, join).await?;
    let place = vec![json!(".screen[data-screen=waiting] [part~=place]"), json!(false)];
    inline.holds(Place::Top, "the place", INSIDE, place).await?;

    let alone = browser.open(Screen::PHONE).await?;
    alone.goto(&format!("{}/chat", backend.url())).await?;
    alone.press(Place::Top, "^Join the waiting room").await?;
    alone.reads(Place::Top, "You are number 2").await?;
    let lines = alone.console().await?;
    ensure!(lines.is_empty(), "on the console: {lines:#?}");
    backend.stop().await
}

/// A backend, and a charity's site that it allows.
async fn stage() -> Result<(PythonBackend, Site)> {
    require_dist()?;
    let mut backend = PythonBackend::start(OFFERS).await?;
    let inline = HostPage { html: INLINE.to_owned(), policy: None };
    let site = Site::start(&backend.url(), HashMap::from([("/inline".to_owned(), inline)])).await?;
    backend.stop().await?;
    backend.set(&format!("origins = [{:?}]\n{OFFERS}", site.origin()));
    backend.start_again().await?;
    Ok((backend, site))
}

fn pair(message: &Message) -> (&str, &str) {
    (&message.from, &message.text)
}
