//! The main job, on both sides of it: from one script tag to a person who listens.

use anyhow::{Result, ensure};
use tealight_tests::browser::{Place, Screen};
use tealight_tests::people::{Console, Visitor};
use tealight_tests::server::OPERATOR;
use tealight_tests::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn from_one_script_tag_to_a_person_who_listens() -> Result<()> {
    let stage = Stage::set().await?;
    let console = Console::open(&stage.browser, &stage.server, OPERATOR, Screen::DESKTOP).await?;
    console.reads("Nobody is waiting").await?;

    // The visitor comes, looks, and joins.
    let visitor = Visitor::arrive(&stage.browser, &stage.server, Screen::PHONE).await?;
    visitor.open_chat().await?;
    visitor.reads("Talk with someone").await?;
    visitor.reads("unless someone's life is at risk").await?;
    visitor.reads("In danger now").await?;
    visitor.reads("Call 0808 157 0199").await?;
    visitor.join().await?;
    visitor.reads("You're in the waiting room").await?;
    visitor.types("Hello, is somebody there?").await?;

    // The volunteer sees that somebody waits, but not a word of the draft.
    console.accepts().await?;
    console.reads("1 person is waiting").await?;
    ensure!(!console.page.text(Place::Top).await?.contains("is somebody there"));
    console.takes_next().await?;

    // They meet; the draft waits for the visitor's own Send.
    visitor.is_joined_by(OPERATOR.alias).await?;
    ensure!(visitor.draft().await? == "Hello, is somebody there?");
    visitor.sends().await?;
    console.hears("Hello, is somebody there?").await?;
    visitor.message_is("Hello, is somebody there?", "seen").await?;

    console.says("I am here. Take your time.").await?;
    visitor.has_message("operator", "I am here. Take your time.").await?;
    console.reads("Seen").await?;
    visitor.says("Thank you.").await?;
    console.hears("Thank you.").await?;

    // The visitor ends it.
    visitor.ends().await?;
    visitor.reads("Thank you for talking").await?;
    visitor.press("^Skip").await?;
    console.reads("The visitor has ended the conversation").await?;

    for page in [&visitor.page, &console.page] {
        let lines = page.console().await?;
        ensure!(lines.is_empty(), "on the console: {lines:#?}");
    }
    Ok(())
}
