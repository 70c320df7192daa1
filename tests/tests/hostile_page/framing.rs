//! Who else wants to show the chat, or to speak with it: other sites, pages around pages, frames beside it.

use anyhow::{Result, ensure};
use tealight_tests::browser::{Page, Place, Screen};
use tealight_tests::eventually;
use tealight_tests::stage::Stage;

use super::{html, stage_with};

/// Shows addresses of the chat's server in frames, and counts the documents that came, those in place of refused ones
/// included.
const BAIT: &str = "<script>window.loads = 0;
    for (const path of ['/frame', '/chat', '/console/']) {
      const frame = document.createElement('iframe');
      frame.onload = () => loads++;
      frame.src = '__TEALIGHT_SERVER__' + path;
      frame.style.cssText = 'opacity:0.01;position:fixed;inset:0';
      document.body.append(frame);
    }</script><button>You have won</button>";

#[tokio::test(flavor = "multi_thread")]
async fn no_stranger_can_put_the_chat_or_the_console_under_its_own_buttons() -> Result<()> {
    let stage = stage_with(&[("/bait", html("", BAIT))]).await?;
    let page = stage.browser.open(Screen::DESKTOP).await?;
    page.goto(&stage.server.strange_site("/bait")).await?;
    let started = programs_started(&page).await?;
    ensure!(started.is_empty(), "in frames of a stranger ran {started:?}");

    // A site that the helpline knows may show the frame, and still neither of the pages.
    page.goto(&stage.server.site("/bait")).await?;
    let started = programs_started(&page).await?;
    ensure!(started == ["frame"], "in frames of a known site ran {started:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_around_a_known_page_does_not_get_the_frame_either() -> Result<()> {
    let around = "<script>const inner = document.createElement('iframe');
        window.loads = 0;
        inner.onload = () => loads = 3;
        inner.src = location.href.replace('localhost', '127.0.0.1').replace('/around', '/inner');
        document.body.append(inner);</script>";
    let inner = "<iframe src='__TEALIGHT_SERVER__/frame'></iframe>";
    let stage = stage_with(&[("/around", html("", around)), ("/inner", html("", inner))]).await?;
    let page = stage.browser.open(Screen::DESKTOP).await?;
    page.goto(&stage.server.strange_site("/around")).await?;
    let started = programs_started(&page).await?;
    ensure!(started.is_empty(), "ran {started:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_beside_the_chat_cannot_speak_with_it_and_its_parent_can() -> Result<()> {
    // It knows the frame, and says what the loader would say, again and again.
    let sibling = "<script>let tries = 0, heard = 0;
        setInterval(() => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => heard++;
          parent.frames[0].postMessage({ tealight: 1, type: 'connect' }, '*', [port2]);
          parent.postMessage({ tries: ++tries, heard }, '*');
        }, 20);</script>";
    let family = "<iframe src='__TEALIGHT_SERVER__/frame'></iframe><script>
        window.beside = { tries: 0, heard: 0 };
        window.mine = [];
        addEventListener('message', ({ data }) => (beside = data));
        const sibling = document.createElement('iframe');
        sibling.src = location.href.replace('127.0.0.1', 'localhost').replace('/family', '/sibling');
        document.body.append(sibling);
        window.connect = (target) => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = ({ data }) => mine.push(data.type);
          frames[0].postMessage({ tealight: 1, type: 'connect' }, target, [port2]);
        };</script>";
    let stage = stage_with(&[("/family", html("", family)), ("/sibling", html("", sibling))]).await?;
    let page = stage.browser.open(Screen::DESKTOP).await?;
    page.goto(&stage.server.site("/family")).await?;
    // The frame listens before it asks for the widget.
    asks_for(&page, ".wasm").await?;
    let more = "window.from ??= beside.tries; return beside.tries > from + 20";
    page.holds(Place::Top, "a sibling that tried", more, Vec::new()).await?;
    let connect = format!("connect('{}')", stage.server.url());
    page.run::<()>(Place::Top, &connect, Vec::new()).await?;
    page.holds(Place::Top, "the parent's answer", "return mine.includes('booted')", Vec::new()).await?;
    let heard: u32 = page.run(Place::Top, "return beside.heard", Vec::new()).await?;
    ensure!(heard == 0, "the sibling heard {heard} messages");

    // Who has connected is the one; nobody takes the place over.
    page.run::<()>(Place::Top, &format!("mine.length = 0; {connect}; from = beside.tries"), Vec::new())
        .await?;
    page.holds(Place::Top, "a while", "return beside.tries > from + 10", Vec::new()).await?;
    let again: Vec<String> = page.run(Place::Top, "return mine", Vec::new()).await?;
    ensure!(!again.contains(&"booted".to_owned()), "a second port was taken: {again:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chat_cannot_be_found_among_the_frames_of_the_page() -> Result<()> {
    let stage = Stage::set().await?;
    let page = stage.browser.open(Screen::DESKTOP).await?;
    page.goto(&stage.server.site("/")).await?;
    page.press_on(Place::Top, ".launcher").await?;
    page.wait_for(Place::Chat, ".screen[data-screen=welcome]").await?;
    let frames: u32 = page.run(Place::Top, "return window.length", Vec::new()).await?;
    ensure!(frames == 0, "any frame on the page finds the chat among {frames}");
    let name: String = page.run(Place::Chat, "return window.name", Vec::new()).await?;
    ensure!(name.is_empty(), "the frame is named {name}");
    let about: (String, String) =
        page.run(Place::Chat, "return [document.referrer, location.href]", Vec::new()).await?;
    let address = format!("{}/frame?lang=en-GB&key=Shift", stage.server.url());
    ensure!(about == (String::new(), address), "{about:?}");
    Ok(())
}

/// Which of our programs ran, once every frame has got whatever it got.
async fn programs_started(page: &Page) -> Result<Vec<&'static str>> {
    page.holds(Place::Top, "three documents", "return window.loads >= 3", Vec::new()).await?;
    let asked = page.requests().await?;
    let programs = [("frame", "/w/frame."), ("console", "/w/console-boot.")];
    let has = |part: &str| asked.iter().any(|address| address.contains(part) && address.ends_with(".js"));
    Ok(programs.into_iter().filter(|(_, part)| has(part)).map(|(name, _)| name).collect())
}

async fn asks_for(page: &Page, ending: &str) -> Result<()> {
    eventually(&format!("a request for {ending}"), async || {
        Ok(page.requests().await?.iter().any(|address| address.ends_with(ending)).then_some(()))
    })
    .await
}
