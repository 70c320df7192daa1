//! From one volunteer to another, with everything that was said; another way to get help, suggested; and a supervisor
//! who reads along without the visitor's page showing it.

use anyhow::{Result, ensure};
use tealight_tests::browser::{Place, Screen};
use tealight_tests::people::{Console, Visitor};
use tealight_tests::server::{Account, OPERATOR, SECOND_OPERATOR, SUPERVISOR};
use tealight_tests::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_is_passed_on_and_nobody_says_anything_twice() -> Result<()> {
    let stage = Stage::set().await?;
    let (visitor, sam) = talk(&stage).await?;
    let robin = Console::open(&stage.browser, &stage.server, SECOND_OPERATOR, Screen::DESKTOP).await?;
    robin.accepts().await?;
    visitor.says("I have not slept for days.").await?;
    sam.says("That sounds very hard.").await?;
    visitor.has_message("operator", "That sounds very hard.").await?;
    sam.fills("^Write a note", "A neighbour helps with the children.").await?;
    sam.press("^Keep note").await?;
    visitor.types("It is worse at night").await?;

    sam.press("^Pass on…").await?;
    sam.page.wait_for(Place::Top, "[role=dialog]").await?;
    sam.press("^Robin").await?;
    sam.fills("^Words for the visitor", "My shift is over. Robin has time for you.").await?;
    sam.fills("^Note for your colleague", "Ask about the nights.").await?;
    sam.press("^Pass on$").await?;
    sam.reads("You passed this visitor on").await?;
    sam.page
        .holds(
            Place::Top,
            "no word left",
            "return !document.body.innerText.includes('not slept')",
            Vec::new(),
        )
        .await?;

    visitor.on_screen("waiting").await?;
    visitor.reads("Sam is passing you on to Robin").await?;
    visitor.reads("My shift is over. Robin has time for you.").await?;
    visitor.has_message("visitor", "I have not slept for days.").await?;
    visitor.has_draft("It is worse at night").await?;

    robin.reads("Passed on to you").await?;
    robin.takes_next().await?;
    robin.hears("I have not slept for days.").await?;
    robin.hears("My shift is over. Robin has time for you.").await?;
    robin.reads("A neighbour helps with the children").await?;
    robin.reads("Ask about the nights").await?;
    visitor.is_joined_by(SECOND_OPERATOR.alias).await?;
    visitor.has_draft("It is worse at night").await?;
    visitor.sends().await?;
    robin.hears("It is worse at night").await?;
    robin.says("I am here. Tell me about the nights.").await?;
    visitor.has_message("operator", "I am here. Tell me about the nights.").await?;
    for frame in visitor.page.frames().await? {
        ensure!(!frame.contains("neighbour") && !frame.contains("Ask about"), "a note reached the visitor");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_can_be_thought_better_of_and_the_dialog_keeps_the_keyboard() -> Result<()> {
    let stage = Stage::set().await?;
    let (visitor, sam) = talk(&stage).await?;
    sam.press("^Pass on…").await?;
    let in_dialog = "return !!T.active()?.closest('[role=dialog]')";
    sam.page.holds(Place::Top, "the focus in the dialog", in_dialog, Vec::new()).await?;
    sam.page.keys("\u{e00c}").await?; // Escape
    sam.page.wait_gone(Place::Top, "[role=dialog]").await?;
    let back = "return T.active()?.id === 'chat-pass'";
    sam.page.holds(Place::Top, "the focus on the button again", back, Vec::new()).await?;
    visitor.on_screen("talking").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suggestion_is_answered_once_and_its_link_stays() -> Result<()> {
    let stage = Stage::set().await?;
    let (visitor, sam) = talk(&stage).await?;
    sam.press("^Suggest another way").await?;
    sam.press("^Call 0808 157 0199").await?;
    visitor.reads("Sam suggests another way to get help. This chat stays open.").await?;
    let link = visitor.page.wait_for(Place::Chat, ".suggestion a.card").await?;
    ensure!(link.attr("href").await?.as_deref() == Some("tel:08081570199"));
    sam.reads("No answer yet").await?;
    visitor.press("^Yes, thank you").await?;
    visitor.reads("You said yes").await?;
    sam.reads("The visitor said yes").await?;
    visitor.on_screen("talking").await?;

    visitor.page.reload().await?;
    visitor.open_again("talking").await?;
    visitor.reads("You said yes").await?;
    ensure!(!visitor.page.has_control(Place::Chat, "^Yes, thank you").await?, "it can be answered again");
    visitor.page.wait_for(Place::Chat, ".suggestion a.card").await?;
    visitor.says("Thank you.").await?;
    sam.hears("Thank you.").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supervisor_watches_and_whispers_and_the_visitors_page_shows_nothing_of_it() -> Result<()> {
    let stage = Stage::set().await?;
    let (visitor, sam) = talk(&stage).await?;
    visitor.says("Hello.").await?;
    sam.hears("Hello.").await?;
    visitor.page.frames().await?;

    let kim = Console::open(&stage.browser, &stage.server, SUPERVISOR, Screen::DESKTOP).await?;
    kim.press("^Watch the conversation of Sam").await?;
    kim.reads("You are watching. Sam sees that, the visitor does not.").await?;
    kim.hears("Hello.").await?;
    sam.reads("Kim is watching").await?;
    ensure!(!kim.page.has_control(Place::Top, "^Your message to").await?, "who watches cannot write");
    kim.fills("^Whisper to the volunteer", "Ask whether they are safe now.").await?;
    kim.press("^Whisper$").await?;
    sam.reads("Kim whispers").await?;
    sam.reads("Ask whether they are safe now").await?;
    visitor.says("Are you there?").await?;
    kim.hears("Are you there?").await?;

    let seen = visitor.page.text(Place::Chat).await?;
    ensure!(!seen.contains("Kim") && !seen.contains("safe now"), "the page shows it: {seen}");
    let frames = visitor.page.frames().await?;
    ensure!(!frames.is_empty(), "the page's socket can be read");
    for frame in frames {
        ensure!(!frame.contains("Kim") && !frame.contains("safe now"), "it reached the visitor");
    }
    kim.press("^Stop watching").await?;
    kim.page
        .holds(Place::Top, "no word left", "return !document.body.innerText.includes('Hello.')", Vec::new())
        .await?;
    sam.page
        .holds(
            Place::Top,
            "nobody watching",
            "return !document.body.innerText.includes('is watching')",
            Vec::new(),
        )
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_no_supervisor_has_no_way_to_watch() -> Result<()> {
    let stage = Stage::set().await?;
    let (_visitor, _sam) = talk(&stage).await?;
    let robin = Console::open(&stage.browser, &stage.server, SECOND_OPERATOR, Screen::DESKTOP).await?;
    robin.reads("Sam").await?;
    ensure!(!robin.page.has_control(Place::Top, "^Watch the conversation").await?);
    Ok(())
}

/// A visitor on a phone and the first volunteer at the console, talking.
async fn talk(stage: &Stage) -> Result<(Visitor, Console)> {
    let Account { alias, .. } = OPERATOR;
    let console = Console::open(&stage.browser, &stage.server, OPERATOR, Screen::DESKTOP).await?;
    console.accepts().await?;
    let visitor = Visitor::waiting(&stage.browser, &stage.server, Screen::PHONE).await?;
    console.reads("1 person is waiting").await?;
    console.takes_next().await?;
    visitor.is_joined_by(alias).await?;
    Ok((visitor, console))
}
