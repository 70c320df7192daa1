//! The chat in a browser that runs no scripts: plain pages, which go on by themselves all the same.

use anyhow::{Result, ensure};
use serde_json::json;
use tealight_tests::browser::{Kept, Page, Place, Screen};
use tealight_tests::eventually;
use tealight_tests::people::Volunteer;
use tealight_tests::server::{OPERATOR, Settings};
use tealight_tests::stage::Stage;

/// As large as a telephone. The driver's finger waits for a script of the page's, and here there is none.
const PHONE: Screen = Screen { width: 390, height: 844, touch: false };

const HIDDEN: &str = "Nobody may see this";

#[tokio::test(flavor = "multi_thread")]
async fn without_javascript_somebody_waits_talks_and_ends() -> Result<()> {
    let stage = Stage::set().await?;
    let page = arrived(&stage, PHONE).await?;
    page.reads(Place::Top, "What you say stays between us").await?;
    page.wait_for(Place::Top, ".crisis a[href='tel:999']").await?;
    picture(&page, "plain-welcome-phone").await?;
    page.press(Place::Top, "^Join the waiting room").await?;
    page.reads(Place::Top, "You're in the waiting room[^]*You are next").await?;
    writes(&page, "I began to write before").await?;
    picture(&page, "plain-waiting-phone").await?;

    let volunteer = Volunteer::on_duty(&stage.server).await?;
    volunteer.takes_next().await?;
    page.reads(Place::Top, &format!("You're now with {}", OPERATOR.alias)).await?;
    page.wait_gone(Place::Top, "section.waiting").await?;
    volunteer.says("Hello. I have time for you.").await?;
    page.reads(Place::Top, "I have time for you").await?;
    has_draft(&page, "I began to write before").await?;
    page.press(Place::Top, "^Send").await?;
    volunteer.hears("I began to write before").await?;
    page.reads(Place::Top, "I began to write before").await?;
    has_draft(&page, "").await?;

    for n in 1..=12 {
        volunteer
            .says(&format!("This is number {n} of some lines that fill the screen of a telephone."))
            .await?;
    }
    page.reads(Place::Top, "number 12 of").await?;
    is_on_screen(&page, ".log > :last-child").await?;
    is_on_screen(&page, "textarea").await?;
    is_on_screen(&page, ".exit").await?;
    is_on_screen(&page, ".crisis a").await?;
    picture(&page, "plain-talking-phone").await?;

    page.press(Place::Top, "^End this chat").await?;
    page.reads(Place::Top, "End this chat\\?").await?;
    page.press(Place::Top, "^End$").await?;
    page.reads(Place::Top, "The chat has ended[^]*Did you feel heard").await?;
    picture(&page, "plain-ended-phone").await?;
    page.press(Place::Top, "^Wipe this chat").await?;
    page.press(Place::Top, "^Wipe$").await?;
    page.reads(Place::Top, "This chat is wiped").await?;
    ensure!(page.address().await?.ends_with("/plain"), "nothing of it is in the address");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_javascript_words_that_are_too_long_come_back() -> Result<()> {
    let stage = Stage::set().await?;
    let page = arrived(&stage, Screen::DESKTOP).await?;
    page.press(Place::Top, "^Join the waiting room").await?;
    page.reads(Place::Top, "You're in the waiting room").await?;
    let long = "far too much ".repeat(320);
    page.run::<()>(Place::Top, "T.first('textarea').value = arguments[0]", vec![json!(long)]).await?;
    page.press(Place::Top, "^Send").await?;
    page.reads(Place::Top, "Not sent. Your words are still here.[^]*4159 / 4000").await?;
    has_draft(&page, &long).await?;
    picture(&page, "plain-too-long-desktop").await
}

#[tokio::test(flavor = "multi_thread")]
async fn without_javascript_going_back_doubles_no_message() -> Result<()> {
    let stage = Stage::set().await?;
    let page = arrived(&stage, PHONE).await?;
    page.press(Place::Top, "^Join the waiting room").await?;
    writes(&page, "Only once").await?;
    page.press(Place::Top, "^Send").await?;
    page.wait_for(Place::Top, ".msg.you").await?;
    // As somebody does who is not sure whether it went out.
    page.devtools("Page.reload", json!({})).await?;
    page.wait_for(Place::Top, ".msg.you").await?;
    let volunteer = Volunteer::on_duty(&stage.server).await?;
    volunteer.takes_next().await?;
    volunteer.hears("Only once").await?;
    volunteer.says("Once is enough.").await?;
    page.reads(Place::Top, "Once is enough").await?;
    let own = volunteer.heard().iter().filter(|words| *words == "Only once").count();
    ensure!(own == 1, "{own} times");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_javascript_exit_leads_away_and_back_shows_no_word() -> Result<()> {
    let stage = Stage::set().await?;
    let page = arrived(&stage, PHONE).await?;
    page.press(Place::Top, "^Join the waiting room").await?;
    page.reads(Place::Top, "You're in the waiting room").await?;
    writes(&page, HIDDEN).await?;
    page.press(Place::Top, "^Send").await?;
    page.reads(Place::Top, HIDDEN).await?;
    writes(&page, HIDDEN).await?;
    is_on_screen(&page, ".exit").await?;
    page.press_on(Place::Top, ".exit").await?;
    let elsewhere = stage.server.elsewhere();
    eventually("the neutral page", async || {
        Ok(page.address().await.is_ok_and(|address| address == elsewhere).then_some(()))
    })
    .await?;
    page.reads(Place::Top, "Weather").await?;
    let referrer: String = page.run(Place::Top, "return document.referrer", Vec::new()).await?;
    ensure!(referrer.is_empty(), "the neutral page heard of {referrer}");

    // Without a script nothing takes the pages out of the list. What Back finds there has no word: the browser asks
    // whether to send the form again, and the first page is empty.
    for _ in 0..2 {
        page.back().await?;
        let is_there = "return document.readyState === 'complete' && !T.reads('Weather')";
        page.holds(Place::Top, "another page", is_there, Vec::new()).await?;
        let text = page.text(Place::Top).await?;
        ensure!(!text.contains(HIDDEN), "Back shows {text}");
        let fields = "return T.all('textarea').map((field) => field.value).join('')";
        ensure!(page.run::<String>(Place::Top, fields, Vec::new()).await?.is_empty(), "a field is filled in");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn where_scripts_run_the_plain_pages_have_none_and_keep_nothing() -> Result<()> {
    let stage = Stage::set().await?;
    let page = stage.browser.open_for_unfinished_pages(Screen::DESKTOP).await?;
    page.goto(&format!("{}/plain", stage.server.url())).await?;
    page.press(Place::Top, "^Join the waiting room").await?;
    page.reads(Place::Top, "You're in the waiting room").await?;
    // The page's own policy forbids what a browser would run.
    let smuggle = "window.ran = false; const script = document.createElement('script');
        script.textContent = 'window.ran = true'; document.body.append(script); return [window.ran, document.scripts.length]";
    let (ran, scripts): (bool, u32) = page.run(Place::Top, smuggle, Vec::new()).await?;
    ensure!(!ran, "a script ran");
    ensure!(scripts == 1, "{scripts} scripts instead of the one of this test");
    ensure!(page.kept(Place::Top).await? == Kept::only(&[]));
    let volunteer = Volunteer::on_duty(&stage.server).await?;
    volunteer.takes_next().await?;
    page.reads(Place::Top, &format!("You're now with {}", OPERATOR.alias)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_panel_that_stands_in_leads_to_the_plain_pages() -> Result<()> {
    let stage = Stage::set().await?;
    let page = stage.browser.open_for_unfinished_pages(PHONE).await?;
    page.block(&["*.wasm"]).await?;
    page.goto(&stage.server.site("/")).await?;
    page.press_on(Place::Top, ".launcher").await?;
    page.press_on(Place::Chat, "#tealight-plain").await?;
    page.reads(Place::Top, "Talk with someone").await?;
    ensure!(page.address().await?.contains("/plain?lang="), "{}", page.address().await?);
    page.press(Place::Top, "^Join the waiting room").await?;
    page.reads(Place::Top, "You are next").await
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_pages_fit_small_dark_and_right_to_left_screens() -> Result<()> {
    let more =
        "[[areas]]\nid = \"north\"\nname = \"The north\"\n[[areas]]\nid = \"south\"\nname = \"The south\"\n";
    let settings = Settings { more, prior_mean_minutes: Some(20.0), ..Settings::default() };
    let stage = Stage::with(settings).await?;
    let screens =
        [("phone", PHONE), ("desktop", Screen::DESKTOP), ("narrow", narrow(568)), ("low", narrow(256))];
    for (name, screen) in screens {
        let page = arrived(&stage, screen).await?;
        if name != "phone" {
            page.prefer("dark").await?;
        }
        fits(&page).await?;
        picture(&page, &format!("plain-first-{name}")).await?;
        page.press(Place::Top, "^Join the waiting room").await?;
        page.reads(Place::Top, "You're in the waiting room").await?;
        if name == "desktop" {
            page.run::<()>(Place::Top, "document.documentElement.dir = 'rtl'", Vec::new()).await?;
        }
        fits(&page).await?;
        picture(&page, &format!("plain-second-{name}")).await?;
    }
    Ok(())
}

fn narrow(height: u32) -> Screen {
    Screen { width: 320, height, touch: false }
}

/// A browser that runs no scripts, at the first page.
async fn arrived(stage: &Stage, screen: Screen) -> Result<Page> {
    let page = stage.browser.open_for_unfinished_pages(screen).await?;
    page.devtools("Emulation.setScriptExecutionDisabled", json!({"value": true})).await?;
    page.goto(&format!("{}/plain", stage.server.url())).await?;
    page.reads(Place::Top, "Talk with someone").await?;
    Ok(page)
}

async fn writes(page: &Page, words: &str) -> Result<()> {
    page.wait_for(Place::Top, "textarea").await?.send_keys(words).await?;
    Ok(())
}

async fn has_draft(page: &Page, words: &str) -> Result<()> {
    let script = "return T.first('textarea')?.value === arguments[0]";
    page.holds(Place::Top, "the words in the composer", script, vec![json!(words)]).await
}

async fn is_on_screen(page: &Page, selector: &str) -> Result<()> {
    let script = "const box = T.all(arguments[0]).at(-1)?.getBoundingClientRect();
        return !!box && box.top >= 0 && box.bottom <= innerHeight + 0.5 && box.height > 0";
    page.holds(Place::Top, &format!("{selector} on the screen"), script, vec![json!(selector)]).await
}

/// Nothing is wider than the screen, and whatever is pressed is large enough for a finger.
async fn fits(page: &Page) -> Result<()> {
    let wide = "return document.scrollingElement.scrollWidth <= innerWidth";
    page.holds(Place::Top, "a page as wide as the screen", wide, Vec::new()).await?;
    let small: Vec<String> = page
        .run(
            Place::Top,
            "return T.all('button, .exit, .crisis a, .about li a, summary, textarea, select').filter(T.visible)
               .filter((e) => e.getBoundingClientRect().height < 44).map((e) => e.textContent.trim())",
            Vec::new(),
        )
        .await?;
    ensure!(small.is_empty(), "smaller than a finger: {small:?}");
    Ok(())
}

async fn picture(page: &Page, name: &str) -> Result<()> {
    page.screenshot(name).await
}
