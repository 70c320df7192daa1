//! What a page hears, sees and can guess of a conversation in the frame on it.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tealight_tests::browser::{Page, Place, Screen};
use tealight_tests::people::{Visitor, Volunteer};
use tealight_tests::server::OPERATOR;
use tealight_tests::stage::Stage;
use thirtyfour::prelude::Key;

use super::loot::Loot;
use super::{LOADER, html, stage_with};

const SPY: &str = include_str!("spy.js");

const TYPED: &str = "Marigold seventeen";
const DRAFT: &str = "Periwinkle unsent";
const PASTED: &str = "Foxglove from elsewhere";
const ANSWERED: &str = "Larkspur to you";
const SECRETS: [&str; 7] =
    ["marigold", "periwinkle", "foxglove", "larkspur", "waiting", "talking", "\"ended"];

#[tokio::test(flavor = "multi_thread")]
async fn a_page_learns_of_a_conversation_that_it_is_open_and_what_is_unread_and_nothing_else() -> Result<()> {
    let stage = hostile_stage().await?;
    let visitor = Visitor::arrive_at(&stage.browser, &stage.server.site("/hostile"), Screen::DESKTOP).await?;
    visitor.open_chat().await?;
    visitor.join().await?;
    visitor.types(TYPED).await?;
    visitor.sends().await?;
    visitor.has_message("visitor", TYPED).await?;
    let volunteer = Volunteer::on_duty(&stage.server).await?;
    volunteer.takes_next().await?;
    visitor.is_joined_by(OPERATOR.alias).await?;
    volunteer.says(ANSWERED).await?;
    visitor.has_message("operator", ANSWERED).await?;
    edits(&visitor).await?;
    visitor.press("^Minimise").await?;
    visitor.page.wait_for(Place::Top, ".launcher").await?;
    volunteer.says("And this is Larkspur again").await?;
    visitor.page.wait_for(Place::Top, "[part=badge]").await?;
    visitor.open_again("talking").await?;
    visitor.ends().await?;

    let pried = pry(&visitor.page, "Marigold").await?;
    let loot = Loot::of(&visitor.page).await?;
    loot.has_none_of(&SECRETS)?;
    let heard = loot.by("from the frame");
    let allowed = |message: &&Value| {
        message["type"] == "booted" && message["tokens"].is_array()
            || **message == json!({"type": "ready"})
            // With how many of the three keys for Exit were struck last.
            || (message["type"] == "minimise" && message["count"].as_u64().is_none_or(|struck| struck < 3))
            || **message == json!({"type": "unread", "count": message["count"].as_u64()})
    };
    let strange: Vec<_> = heard.iter().filter(|message| !allowed(message)).collect();
    ensure!(strange.is_empty(), "the frame said {strange:?}");
    let of_unread = heard.iter().filter(|message| message["type"] == "unread");
    let counts: Vec<_> = of_unread.filter_map(|message| message["count"].as_u64()).collect();
    ensure!(counts == [1, 0], "unread: {counts:?}");
    let told = loot.by("to the frame");
    let tells = |kind: &str| told.iter().any(|values| values[0]["type"] == kind);
    ensure!(tells("shown") && tells("tokens"), "the spy does not overhear the port: {told:?}");

    for way in [
        "postMessage",
        "WebSocket",
        "EventSource",
        "XMLHttpRequest",
        "sendBeacon",
        "BroadcastChannel",
        "Storage",
        "IndexedDB",
        "History",
        "trap",
    ] {
        ensure!(loot.by(way).is_empty(), "{way}: {:?}", loot.by(way));
    }
    let status = format!("{}/v1/status", stage.server.url());
    ensure!(loot.by("fetch").iter().all(|values| values[0] == status), "{:?}", loot.by("fetch"));
    ensure!(!loot.by("define").is_empty(), "the spy came after the loader");
    for (what, got) in pried.as_object().unwrap() {
        ensure!(matches!(got.as_str(), Some("SecurityError" | "null")), "{what} gave {got}");
    }
    measured(&visitor.page, &stage).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_cannot_tell_a_visitor_who_only_looks_from_one_who_talks() -> Result<()> {
    let stage = hostile_stage().await?;
    let quiet = Visitor::arrive_at(&stage.browser, &stage.server.site("/hostile"), Screen::DESKTOP).await?;
    settles_in(&quiet).await?;
    Loot::since_last(&quiet.page).await?;

    let talking = Visitor::arrive_at(&stage.browser, &stage.server.site("/hostile"), Screen::DESKTOP).await?;
    settles_in(&talking).await?;
    Loot::since_last(&talking.page).await?;
    talking.join().await?;
    talking.says(TYPED).await?;
    let volunteer = Volunteer::on_duty(&stage.server).await?;
    volunteer.takes_next().await?;
    talking.is_joined_by(OPERATOR.alias).await?;
    volunteer.says(ANSWERED).await?;
    talking.has_message("operator", ANSWERED).await?;
    edits(&talking).await?;
    volunteer.ends().await?;
    talking.on_screen("ended").await?;

    let of_talking = Loot::since_last(&talking.page).await?.without_pointer();
    let of_quiet = Loot::since_last(&quiet.page).await?.without_pointer();
    ensure!(of_talking == of_quiet, "{of_talking:#?} is not {of_quiet:#?}");
    ensure!(of_quiet.0.is_empty(), "while somebody looks the page sees {of_quiet:?}");

    // The one thing that no frame can keep from the page around it, and that SECURITY.md therefore names.
    let activated = "return (window.activated ?? 0) > 0";
    ensure!(talking.page.run::<bool>(Place::Top, activated, Vec::new()).await?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_answers_for_the_frame_gets_nothing_out_of_it() -> Result<()> {
    // It listens on the port before the loader has it, and asks for everything but to leave, which is its right.
    let thief = "<script>window.heard = [];
        const Channel = MessageChannel;
        window.MessageChannel = function () {
          const { port1, port2 } = new Channel();
          port1.addEventListener('message', ({ data }) => heard.push(data));
          port1.start();
          for (const type of ['state', 'draft', 'text', 'secret', 'history', 'conversation', 'config', 'toString',
                              '__proto__', 'constructor', 'leave', 'open', 'fallback', 'ready', 'unread', 'log'])
            for (const more of [{}, { visible: true }, { tokens: { draft: 'x' } }]) port1.postMessage({ ...more, type });
          for (const odd of [null, 0, '', 'secret', [], [[]], new Date(), new Map([['type', 'draft']]), { type: {} }])
            port1.postMessage(odd);
          return { port1, port2 };
        };</script>";
    let stage = stage_with(&[("/thief", html(thief, LOADER))]).await?;
    let visitor = Visitor::arrive_at(&stage.browser, &stage.server.site("/thief"), Screen::DESKTOP).await?;
    visitor.page.press_on(Place::Top, ".launcher").await?;
    visitor
        .page
        .holds(Place::Top, "ready", "return heard.some((it) => it.type === 'ready')", Vec::new())
        .await?;
    let heard: Vec<Value> = visitor.page.run(Place::Top, "return heard", Vec::new()).await?;
    let kinds: Vec<_> = heard.iter().map(|message| message["type"].as_str().unwrap_or_default()).collect();
    ensure!(kinds == ["booted", "ready"], "{heard:?}");
    Ok(())
}

async fn hostile_stage() -> Result<Stage> {
    let before = format!("<script>{SPY}</script>");
    let after = "<script>for (const type of ['keydown', 'input', 'message', 'paste', 'copy'])
        addEventListener(type, (event) => loot.push(['late', type + event.target]), true)</script>";
    stage_with(&[("/hostile", html(&before, &format!("{LOADER}{after}")))]).await
}

/// Opens the chat and puts pointer and focus into it, as everybody does who uses it.
async fn settles_in(visitor: &Visitor) -> Result<()> {
    visitor.open_chat().await?;
    visitor.page.press_on(Place::Chat, "h2").await?;
    // The spy looks every 20 ms; its own looking is over when a timer behind it has run.
    let looked =
        "const done = arguments[0]; window.seen ??= 0; setTimeout(() => seen++, 100); return seen > 3";
    visitor.page.holds(Place::Top, "a spy who has looked", looked, vec![json!(0)]).await
}

/// Writes, changes, selects, copies, pastes and composes in the composer, and leaves a draft there.
async fn edits(visitor: &Visitor) -> Result<()> {
    visitor.types(DRAFT).await?;
    let page = &visitor.page;
    page.keys(Key::Home + "").await?;
    page.keys(Key::Control + "a").await?;
    page.keys(Key::Control + "c").await?;
    page.keys(Key::End + "").await?;
    page.keys(Key::Control + "v").await?;
    page.devtools("Input.imeSetComposition", json!({"text": "ふう", "selectionStart": 2, "selectionEnd": 2}))
        .await?;
    page.devtools("Input.insertText", json!({"text": "風"})).await?;
    visitor.empties().await?;
    visitor.pastes(PASTED).await?;
    visitor.has_draft(PASTED).await
}

async fn pry(page: &Page, marker: &str) -> Result<Value> {
    page.run(Place::Top, "return window.pry(arguments[0])", vec![json!(marker)]).await
}

/// What the browser measured for the page is about the page, and about the frame's first document.
async fn measured(page: &Page, stage: &Stage) -> Result<()> {
    let timings: Vec<(String, String)> = page.run(Place::Top, "return window.timings", Vec::new()).await?;
    let own = ["/tealight.js", "/v1/status", "/frame?lang=en&key=Shift"]
        .map(|path| format!("{}{path}", stage.server.url()));
    let page_itself = stage.server.site("/hostile");
    for (kind, name) in timings.iter().filter(|(kind, _)| ["resource", "navigation"].contains(&kind.as_str()))
    {
        ensure!(own.contains(name) || *name == page_itself, "{kind}: {name}");
    }
    let names: Vec<_> = timings.iter().map(|(_, name)| name.to_lowercase()).collect();
    ensure!(
        names.iter().all(|name| !SECRETS.iter().any(|secret| name.contains(&secret.to_lowercase()))),
        "{names:?}"
    );
    ensure!(timings.iter().any(|(_, name)| *name == own[2]), "the frame's own document is not measured");
    Ok(())
}
