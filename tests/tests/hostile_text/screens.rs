//! On the screens of both sides, in a real browser: as text, inside its own bubble, without a broken line.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use tealight_tests::browser::{Page, Place, Screen};
use tealight_tests::client::{Client, Received, console, new_cid};
use tealight_tests::people::{Console, Visitor};
use tealight_tests::server::{OPERATOR, SUPERVISOR};
use tealight_tests::stage::Stage;
use tokio::task::JoinHandle;

use crate::corpus::{Case, cases};
use crate::mouths::Mouth;

/// A bubble as the browser has it. Boxes in pixels of the page.
#[derive(Debug, Deserialize)]
struct Bubble {
    from: String,
    text: String,
    /// Elements in it, as `NAME.class`.
    elements: Vec<String>,
    links: Vec<Anchor>,
    dir: String,
    isolated: bool,
    clipped: bool,
    /// Whether it has a colour or an edge of its own.
    drawn: bool,
    left: f64,
    right: f64,
    height: f64,
}

#[derive(Debug, Deserialize)]
struct Anchor {
    href: String,
    rel: String,
    target: String,
    dir: String,
}

const BUBBLES: &str = "return T.all('.bubble').map((bubble) => {
    const style = getComputedStyle(bubble), { left, right, height } = bubble.getBoundingClientRect();
    return {
      from: bubble.closest('[data-from]')?.dataset.from ?? '', text: bubble.textContent,
      elements: [...bubble.querySelectorAll('*')].map((it) => it.nodeName + '.' + it.className),
      links: [...bubble.querySelectorAll('a')].map((a) => ({ href: a.getAttribute('href'), rel: a.rel, target: a.target, dir: a.dir })),
      dir: bubble.getAttribute('dir') ?? '', isolated: style.unicodeBidi.includes('isolate'), clipped: style.overflowY === 'clip',
      drawn: style.backgroundColor !== 'rgba(0, 0, 0, 0)' && parseFloat(style.borderTopLeftRadius) > 4, left, right, height,
    };
  })";

/// What can be scrolled sideways, or reaches beyond the page. What is only said aloud is one pixel wide.
const OVERFLOW: &str = "return [document.documentElement, ...T.all('*')]
    .filter((it) => it.clientWidth > 1 && it.scrollWidth > it.clientWidth + 1)
    .filter((it) => it === document.documentElement || !['visible', 'clip'].includes(getComputedStyle(it).overflowX))
    .map((it) => `${it.nodeName}.${it.className}: ${it.scrollWidth} in ${it.clientWidth}`)";

#[tokio::test(flavor = "multi_thread")]
async fn every_hostile_text_is_only_text_on_both_screens() -> Result<()> {
    let stage = Stage::set().await?;
    let visitor = stage.waiting_visitor().await?;
    let addr: SocketAddr = stage.server.url().trim_start_matches("http://").parse()?;
    let (mut mine, mut theirs, listening) = mouths(&stage, &visitor, addr).await?;
    let kim = Console::open(&stage.browser, &stage.server, SUPERVISOR, Screen::SMALL_DESKTOP).await?;
    kim.press("^Watch the conversation of Sam").await?;

    let cases: Vec<Case> = cases()?.into_iter().filter(|case| !case.refused).collect();
    for case in &cases {
        ensure!(mine.says(&case.typed()).await?.is_some(), "{} was refused", case.name);
        ensure!(theirs.says(&case.typed()).await?.is_some(), "{} was refused", case.name);
    }
    let count = 2 * cases.len();
    let all = "return T.all('.bubble').length === arguments[0]";
    visitor.page.holds(Place::Chat, "all bubbles", all, vec![json!(count)]).await?;
    kim.page.holds(Place::Top, "all bubbles", all, vec![json!(count)]).await?;

    let bubbles: Vec<Bubble> = visitor.page.run(Place::Chat, BUBBLES, Vec::new()).await?;
    for (pair, case) in bubbles.chunks(2).zip(&cases) {
        let [own, other] = pair else { unreachable!("there are two for each case") };
        ensure!(own.from == "visitor" && other.from == "operator", "{}: {own:?} {other:?}", case.name);
        is_text(own, case, &case.expected(), &[])?;
        is_text(other, case, &case.shown(), &case.links)?;
        ensure!(own.left >= 0.0 && own.right <= 390.0, "{} is not on the page: {own:?}", case.name);
        ensure!(other.left >= 0.0 && other.right <= 390.0, "{} is not on the page: {other:?}", case.name);
    }
    pictures(&visitor, &kim).await?;
    no_overflow(&visitor.page, Place::Chat).await?;
    no_overflow(&visitor.page, Place::Top).await?;

    let bubbles: Vec<Bubble> = kim.page.run(Place::Top, BUBBLES, Vec::new()).await?;
    for (pair, case) in bubbles.chunks(2).zip(&cases) {
        let [first, second] = pair else { unreachable!("there are two for each case") };
        ensure!(first.from == "visitor" && second.from != "visitor", "{}: {first:?}", case.name);
        is_text(first, case, &case.expected(), &[])?;
        is_text(second, case, &case.expected(), &[])?;
    }
    no_overflow(&kim.page, Place::Top).await?;

    // Nothing of it ran, asked for anything or complained.
    for page in [&visitor.page, &kim.page] {
        let lines = page.console().await?;
        ensure!(lines.is_empty(), "on the console: {lines:#?}");
        let strange = page
            .requests()
            .await?
            .into_iter()
            .find(|it| it.contains("x.example") || it.contains("elsewhere"));
        ensure!(strange.is_none(), "asked for {strange:?}");
    }
    listening.abort();
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_looks_like_a_line_of_the_system_is_drawn_as_its_senders_words() -> Result<()> {
    let stage = Stage::set().await?;
    let visitor = stage.waiting_visitor().await?;
    let addr: SocketAddr = stage.server.url().trim_start_matches("http://").parse()?;
    let (mut mine, mut theirs, listening) = mouths(&stage, &visitor, addr).await?;
    let cases: Vec<Case> = cases()?.into_iter().filter(|case| case.name.starts_with("look-alike")).collect();
    ensure!(cases.len() >= 10);
    for case in &cases {
        mine.says(&case.typed()).await?;
        theirs.says(&case.typed()).await?;
    }
    let all = "return T.all('.bubble').length === arguments[0]";
    visitor.page.holds(Place::Chat, "all bubbles", all, vec![json!(2 * cases.len())]).await?;
    let bubbles: Vec<Bubble> = visitor.page.run(Place::Chat, BUBBLES, Vec::new()).await?;
    ensure!(bubbles.iter().all(|bubble| bubble.drawn && bubble.height > 20.0), "{bubbles:#?}");
    // Lines of the system stand in no bubble and in nobody's run, and none of them has words from a person.
    let lines: Vec<String> = visitor
        .page
        .run(
            Place::Chat,
            "return T.all('.auto, .day').filter((it) => !it.closest('.run')).map((it) => it.textContent)",
            Vec::new(),
        )
        .await?;
    ensure!(!lines.is_empty());
    for case in &cases {
        ensure!(!lines.contains(&case.expected()), "{} is a line of the system", case.name);
    }
    visitor.page.screenshot("hostile-look-alikes-widget").await?;
    listening.abort();
    Ok(())
}

fn is_text(bubble: &Bubble, case: &Case, expected: &str, links: &[String]) -> Result<()> {
    let name = &case.name;
    ensure!(bubble.text == expected, "{name}: {:?} instead of {expected:?}", bubble.text);
    ensure!(bubble.elements.iter().all(|it| it == "A."), "{name}: elements {:?}", bubble.elements);
    ensure!(bubble.dir == "auto" && bubble.isolated, "{name}: not isolated");
    ensure!(bubble.clipped, "{name}: can run over its neighbours");
    let found: Vec<&str> = bubble.links.iter().map(|link| link.href.as_str()).collect();
    ensure!(found == links, "{name}: links {found:?} instead of {links:?}");
    for link in &bubble.links {
        ensure!(link.rel == "noopener noreferrer" && link.dir == "ltr", "{name}: {link:?}");
        let is_page = link.href.to_lowercase().starts_with("https:");
        ensure!((link.target == "_blank") == is_page, "{name}: {link:?}");
    }
    Ok(())
}

async fn no_overflow(page: &Page, place: Place) -> Result<()> {
    let wide: Vec<String> = page.run(place, OVERFLOW, Vec::new()).await?;
    ensure!(wide.is_empty(), "too wide in {place:?}: {wide:?}");
    Ok(())
}

/// Somebody who speaks for each side, and the operator who has the conversation and stays on the line.
async fn mouths(
    stage: &Stage,
    visitor: &Visitor,
    addr: SocketAddr,
) -> Result<(Mouth, Mouth, JoinHandle<()>)> {
    let token = stage.server.log_in().await?;
    let (mut operator, ready) = console(addr, &token).await?;
    let cid = new_cid();
    operator.send(&json!({"t": "claim", "cid": cid})).await?;
    let assigned = operator.next("assigned").await?;
    let conversation = &assigned["conversation"];
    let claimed = json!({"conv": conversation["id"], "claim": conversation["claim"]});
    visitor.is_joined_by(OPERATOR.alias).await?;
    // The device keeps the secret as one entry of the tab's own storage.
    let kept: Value = visitor
        .page
        .run(Place::Chat, "return JSON.parse(sessionStorage.getItem('tealight'))", Vec::new())
        .await?;
    let secret = kept["secret"].as_str().context("no secret is kept")?;
    let epoch = ready["epoch"].as_str().context("no epoch")?;
    let mine = Mouth::of_visitor(addr, secret, epoch);
    let theirs = Mouth::of_operator(addr, &token, &claimed);
    Ok((mine, theirs, tokio::spawn(stays_on_the_line(operator))))
}

/// Takes whatever comes, and answers when it is quiet for long.
async fn stays_on_the_line(mut operator: Client) {
    loop {
        match tokio::time::timeout(Duration::from_secs(10), operator.receive()).await {
            Ok(Ok(Received::Frame(_))) => {}
            Ok(_) => return,
            Err(_) if operator.send(&json!({"t": "ping"})).await.is_err() => return,
            Err(_) => {}
        }
    }
}

/// To be looked at.
async fn pictures(visitor: &Visitor, kim: &Console) -> Result<()> {
    for (page, place, name) in [(&visitor.page, Place::Chat, "widget"), (&kim.page, Place::Top, "console")] {
        for part in ["towers everywhere", "Arabic with Latin inside", "script element", "one long word"] {
            let case = cases()?.into_iter().find(|case| case.name == part).context("no such case")?;
            let show = "const it = T.all('.bubble').find((it) => it.textContent === arguments[0]);
                it?.scrollIntoView({ block: 'center' }); return it !== undefined";
            ensure!(
                page.run::<bool>(place, show, vec![json!(case.expected())]).await?,
                "{part} is not there"
            );
            page.screenshot(&format!("hostile-{name}-{}", part.replace(' ', "-"))).await?;
        }
    }
    Ok(())
}
