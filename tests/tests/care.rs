//! Gentle care in the chat, in a real browser: the hint at a personal detail, wiping a chat, numbers and confidentiality
//! one press away, and neutral words for those who are watched.

use anyhow::{Result, ensure};
use serde_json::json;
use tealight_session::operator::ConversationView;
use tealight_tests::browser::{Kept, Place, Screen};
use tealight_tests::people::{Visitor, Volunteer};
use tealight_tests::server::Settings;
use tealight_tests::stage::Stage;

const NUMBER: &str = "Call me on 07700 900123";
const HINT: &str = "You just typed a phone number. You can leave it out.";

#[tokio::test(flavor = "multi_thread")]
async fn a_personal_detail_is_hinted_at_and_nothing_else_happens() -> Result<()> {
    let stage = Stage::set().await?;
    let visitor = stage.waiting_visitor().await?;
    visitor.types("Call 0808 157 0199 or 999 since 12/05/2024?").await?;
    visitor.empties().await?;
    visitor.types(NUMBER).await?;
    visitor.reads(HINT).await?;
    visitor.has_draft(NUMBER).await?;
    has_focus(&visitor).await?;
    ensure!(aloud(&visitor).await?.contains(HINT), "it is said aloud");
    visitor.types("4").await?;
    visitor.press("^OK$").await?;
    visitor.page.wait_gone(Place::Chat, ".detail").await?;
    has_focus(&visitor).await?;
    visitor.types(" tonight").await?;
    visitor.has_draft(&[NUMBER, "4 tonight"].concat()).await?;
    ensure!(visitor.page.find(Place::Chat, ".detail").await?.is_none(), "it was read once");

    // Another number is hinted at without a word aloud, and sent all the same.
    visitor.empties().await?;
    visitor.types("or +44 7700 900456").await?;
    visitor.page.wait_for(Place::Chat, ".detail").await?;
    ensure!(!aloud(&visitor).await?.contains(HINT), "a kind is said aloud once");
    visitor.sends().await?;
    visitor.has_message("visitor", "or +44 7700 900456").await?;
    visitor.page.wait_gone(Place::Chat, ".detail").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_helpline_can_do_without_the_hint_and_without_its_name() -> Result<()> {
    let settings = Settings { service: "discreet = true\ndetail_hint = false", ..Settings::default() };
    let stage = Stage::with(settings).await?;
    let visitor = stage.waiting_visitor().await?;
    visitor.types(NUMBER).await?;
    visitor.has_draft(NUMBER).await?;
    ensure!(visitor.page.find(Place::Chat, ".detail").await?.is_none());
    is_unnamed(&visitor, Place::Chat).await?;

    let alone = stage.browser.open(Screen::PHONE).await?;
    alone.goto(&format!("{}/chat", stage.server.url())).await?;
    alone.wait_for(Place::Top, ".screen[data-screen=welcome]").await?;
    is_unnamed(&Visitor { page: alone }, Place::Top).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_is_wiped_while_waiting_while_talking_and_after_the_end() -> Result<()> {
    let stage = Stage::set().await?;
    let visitor = stage.waiting_visitor().await?;
    visitor.says("Nobody has read this").await?;
    opens_menu(&visitor).await?;
    visitor.press("^Wipe this chat").await?;
    visitor.page.wait_for(Place::Chat, "[role=alertdialog]").await?;
    visitor.reads("We keep only numbers").await?;
    ensure!(!visitor.page.text(Place::Chat).await?.contains("may have read"), "nobody has read it");
    visitor.press("^Keep it").await?;
    visitor.page.wait_gone(Place::Chat, "[role=alertdialog]").await?;
    visitor.on_screen("waiting").await?;
    wipes(&visitor, "Nobody has read this").await?;
    visitor.press("^Start a new chat").await?;
    visitor.on_screen("welcome").await?;

    let (visitor, volunteer) = stage.talk().await?;
    visitor.says("Words to be wiped").await?;
    volunteer.hears("Words to be wiped").await?;
    wipes(&visitor, "Words to be wiped").await?;
    let emptied = |one: &ConversationView| one.released.is_some() && one.entries.is_empty();
    volunteer.sees(|view| view.conversations.iter().all(|one| emptied(one)).then_some(())).await?;

    let (visitor, volunteer) = stage.talk().await?;
    visitor.says("Words to be wiped later").await?;
    volunteer.hears("Words to be wiped later").await?;
    visitor.ends().await?;
    visitor.press("^Wipe this chat").await?;
    visitor.reads("may have read them").await?;
    visitor.press("^Wipe$").await?;
    is_wiped(&visitor, "Words to be wiped later").await?;
    volunteer.sees(|view| view.conversations.iter().all(|one| emptied(one)).then_some(())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_connection_wiping_is_promised_and_done_after_a_reload() -> Result<()> {
    let mut stage = Stage::set().await?;
    let (visitor, volunteer) = stage.talk().await?;
    visitor.says("Words to be wiped").await?;
    volunteer.hears("Words to be wiped").await?;
    stage.server.stop().await?;
    visitor.reads("Connection lost|No connection").await?;
    opens_menu(&visitor).await?;
    visitor.press("^Wipe this chat").await?;
    visitor.press("^Wipe$").await?;
    visitor.reads("they are still on our server").await?;
    let text = visitor.page.text(Place::Chat).await?;
    ensure!(!text.contains("Words to be wiped") && !text.contains("is wiped"), "{text}");
    visitor.reads("Call 0808 157 0199").await?;
    ensure!(visitor.page.kept(Place::Chat).await? == Kept::only(&["tealight"]), "the way back");

    stage.server.start_again().await?;
    visitor.page.reload().await?;
    visitor.page.press_on(Place::Top, ".launcher").await?;
    is_wiped(&visitor, "Words to be wiped").await
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_and_confidentiality_are_one_press_away_on_every_screen() -> Result<()> {
    let stage = Stage::set().await?;
    let visitor = Visitor::arrive(&stage.browser, &stage.server, Screen::PHONE).await?;
    visitor.open_chat().await?;
    visitor.reads("stays between us").await?;
    is_one_press_away(&visitor, "welcome").await?;
    visitor.join().await?;
    // Both are in sight by themselves until something was sent.
    visitor.reads("stays between us").await?;
    is_one_press_away(&visitor, "waiting").await?;
    let volunteer = Volunteer::on_duty(&stage.server).await?;
    volunteer.takes_next().await?;
    visitor.on_screen("talking").await?;
    visitor.reads("stays between us").await?;
    visitor.says("Hello").await?;
    ensure!(!visitor.page.text(Place::Chat).await?.contains("stays between us"), "no crowd");
    is_one_press_away(&visitor, "talking").await?;
    visitor.ends().await?;
    visitor.page.wait_for(Place::Chat, ".survey").await?;
    is_one_press_away(&visitor, "ended").await?;
    opens_menu(&visitor).await?;
    visitor.press("^Wipe this chat").await?;
    visitor.press("^Wipe$").await?;
    visitor.reads("This chat is wiped").await?;
    is_one_press_away(&visitor, "stopped").await
}

/// Unfolds help and privacy, reads it, and folds it with Escape, which minimises only the next time.
async fn is_one_press_away(visitor: &Visitor, screen: &str) -> Result<()> {
    visitor
        .page
        .holds(
            Place::Chat,
            "a number to call",
            "return T.all('.crisis a[href=\"tel:999\"]').length > 0",
            vec![],
        )
        .await?;
    opens_menu(visitor).await?;
    let script = "const menu = T.first('.menu'); const box = menu.getBoundingClientRect();
        return menu.querySelector('.crisis a[href=\"tel:999\"]') !== null && menu.textContent.includes('stays between us')
          && menu.querySelector('a[href=\"https://www.example.org/confidential\"]') !== null
          && box.top >= 0 && box.left >= 0 && box.right <= innerWidth && box.bottom <= innerHeight";
    visitor.page.holds(Place::Chat, "numbers and confidentiality in sight", script, vec![]).await?;
    visitor.page.keys("\u{e00c}").await?;
    visitor.page.wait_gone(Place::Chat, ".menu").await?;
    visitor.on_screen(screen).await?;
    let script = "return T.active()?.classList.contains('menu-button')";
    visitor.page.holds(Place::Chat, "the focus where it was", script, vec![]).await
}

async fn opens_menu(visitor: &Visitor) -> Result<()> {
    visitor.press("^Help and privacy").await?;
    visitor.page.wait_for(Place::Chat, ".menu").await?;
    Ok(())
}

async fn wipes(visitor: &Visitor, words: &str) -> Result<()> {
    opens_menu(visitor).await?;
    visitor.press("^Wipe this chat").await?;
    visitor.page.wait_for(Place::Chat, "[role=alertdialog]").await?;
    visitor.press("^Wipe$").await?;
    is_wiped(visitor, words).await
}

async fn is_wiped(visitor: &Visitor, words: &str) -> Result<()> {
    visitor.reads("This chat is wiped").await?;
    visitor.reads("We keep only numbers").await?;
    ensure!(!visitor.page.text(Place::Chat).await?.contains(words), "{words:?} is still there");
    ensure!(visitor.page.kept(Place::Chat).await? == Kept::only(&[]), "nothing is kept on the device");
    Ok(())
}

async fn has_focus(visitor: &Visitor) -> Result<()> {
    let script = "return T.active()?.classList.contains('composer-input')";
    visitor.page.holds(Place::Chat, "the focus in the composer", script, vec![]).await
}

/// What live regions hold now.
async fn aloud(visitor: &Visitor) -> Result<String> {
    let script = "return T.all('[role=status]').map((region) => region.textContent).join(' ')";
    visitor.page.run(Place::Chat, script, vec![]).await
}

/// The helpline's name is nowhere in the document, nor in its title.
async fn is_unnamed(visitor: &Visitor, place: Place) -> Result<()> {
    let script = "return [document.title, T.first('.bar-name').textContent, T.text()]";
    let (title, bar, text): (String, String, String) = visitor.page.run(place, script, vec![]).await?;
    ensure!((title.as_str(), bar.as_str()) == ("Message", "Message"), "{title:?} {bar:?}");
    ensure!(!text.contains("Lantern"), "the name is on the screen");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_device_works_for_a_moment_and_is_let_in() -> Result<()> {
    let stage = Stage::with(Settings { limits: "work = \"always\"", ..Settings::default() }).await?;
    let visitor = Visitor { page: stage.browser.open(Screen::PHONE).await? };
    let page = &visitor.page;
    page.goto(&format!("{}/chat", stage.server.url())).await?;
    page.wait_for(Place::Top, ".screen[data-screen=welcome] .button").await?;
    ensure!(work_files(&visitor).await?.is_empty(), "nothing is fetched before somebody asks");
    page.devtools("Emulation.setCPUThrottlingRate", json!({"rate": 6})).await?;
    page.run::<()>(Place::Top, PULSE, Vec::new()).await?;
    page.press(Place::Top, "^Join the waiting room").await?;
    page.wait_for(Place::Top, ".screen[data-screen=waiting]").await?;
    let (beats, longest): (u32, f64) = page.run(Place::Top, "return self.pulse", Vec::new()).await?;
    ensure!(beats > 3, "the page stood still, {longest:.0} ms at once");
    let files = work_files(&visitor).await?;
    ensure!(files.len() == 1, "{files:?}");

    // What a device does in a second, for docs/safety.md.
    let tried: f64 = page.run(Place::Top, RATE, vec![json!(files[0])]).await?;
    println!("{tried:.0} tries a second at a sixth of this machine's speed; longest gap {longest:.0} ms");
    let lines = page.console().await?;
    ensure!(lines.is_empty(), "on the console: {lines:#?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_work_cannot_be_had_the_visitor_is_told_and_can_try_again() -> Result<()> {
    let stage = Stage::with(Settings { limits: "work = \"always\"", ..Settings::default() }).await?;
    let visitor = Visitor::arrive(&stage.browser, &stage.server, Screen::PHONE).await?;
    visitor.open_chat().await?;
    visitor.page.devtools("Network.enable", json!({})).await?;
    visitor.page.devtools("Network.setBlockedURLs", json!({"urls": ["*/work.*.js", "*/work-*.js"]})).await?;
    visitor.press("^Join the waiting room").await?;
    visitor.reads("We could not let you in just now").await?;
    visitor.reads("Call 0808 157 0199").await?;
    visitor.on_screen("welcome").await
}

/// Counts turns of the page, and the longest time between two.
const PULSE: &str = "self.pulse = [0, 0]; let last = performance.now(); (function beat() { const now = performance.now(); \
                     self.pulse[0]++; self.pulse[1] = Math.max(self.pulse[1], now - last); last = now; \
                     requestAnimationFrame(beat); })()";

/// Works for some salts, and tells how many numbers were tried in a second.
const RATE: &str = "return (async () => { const { solve } = await import(arguments[0]); let tried = 0; const began = performance.now(); \
                    for (let n = 0; n < 8; n++) tried += 1 + await solve(('salt' + n).padEnd(22, 'x'), 15); \
                    return tried / (performance.now() - began) * 1000; })()";

async fn work_files(visitor: &Visitor) -> Result<Vec<String>> {
    let script = "return performance.getEntriesByType('resource').map((one) => one.name) \
                  .filter((name) => /\\/work\\b[^/]*[.]js$/.test(name))";
    visitor.page.run(Place::Top, script, Vec::new()).await
}
