//! A page that does not offer the chat: the other ways at once, nothing loaded, and a way back for whoever is in a
//! conversation.

use anyhow::{Result, ensure};
use tealight_tests::browser::{Page, Place, Screen};
use tealight_tests::people::Visitor;
use tealight_tests::stage::Stage;

use crate::evening;

#[tokio::test(flavor = "multi_thread")]
async fn where_the_chat_is_not_offered_the_launcher_opens_the_other_ways_and_loads_nothing() -> Result<()> {
    let stage = evening("20:00").await?;
    let visitor = unoffered(&stage).await?;
    visitor.page.reads(Place::Top, "Get help").await?;
    visitor.page.requests().await?;
    visitor.page.press_on(Place::Top, ".launcher").await?;
    visitor.page.reads(Place::Top, "We can't offer a chat just now. You can reach us here").await?;
    for address in ["tel:08081570199", "mailto:night@example.org"] {
        visitor.page.wait_for(Place::Top, &format!("a[href='{address}']")).await?;
    }
    ensure!(visitor.page.has_control(Place::Top, "^Exit").await?);
    let asked = visitor.page.requests().await?;
    ensure!(asked.is_empty(), "{asked:?}");
    visitor.page.press(Place::Top, "^Close").await?;
    visitor.page.wait_for(Place::Top, ".launcher").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_a_chat_goes_back_to_it_from_such_a_page() -> Result<()> {
    let stage = evening("20:00").await?;
    let visitor = Visitor::waiting(&stage.browser, &stage.server, Screen::PHONE).await?;
    visitor.types("Half a sentence").await?;
    stop_offering(&visitor.page).await?;
    visitor.page.reload().await?;
    visitor.page.reads(Place::Top, "Get help").await?;
    visitor.page.press_on(Place::Top, ".launcher").await?;
    visitor.page.press(Place::Top, "^Go back to my chat").await?;
    visitor.on_screen("waiting").await?;
    visitor.has_draft("Half a sentence").await?;
    // And it stays a chat on this page.
    visitor.press("^Minimise").await?;
    visitor.open_again("waiting").await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_answer_holds_as_long_as_the_page_is_there() -> Result<()> {
    let stage = evening("20:00").await?;
    let visitor = unoffered(&stage).await?;
    visitor.page.reads(Place::Top, "Get help").await?;
    // An app that takes the element away and puts it back has it ask again; the answer would be another one now.
    let script =
        "window.tealightOffered = true; const chat = document.querySelector('tealight-chat'); chat.remove();
        document.body.append(chat)";
    visitor.page.run::<()>(Place::Top, script, Vec::new()).await?;
    visitor.page.holds(Place::Top, "another answer", "return window.tealightAsked === 2", Vec::new()).await?;
    visitor.page.press_on(Place::Top, ".launcher").await?;
    visitor.page.reads(Place::Top, "We can't offer a chat just now").await
}

async fn unoffered(stage: &Stage) -> Result<Visitor> {
    let page = stage.browser.open(Screen::PHONE).await?;
    stop_offering(&page).await?;
    page.goto(&stage.server.site("/")).await?;
    Ok(Visitor { page })
}

/// From the next document on, the server's answer to the loader says that this page does not offer the chat.
pub(crate) async fn stop_offering(page: &Page) -> Result<()> {
    page.before_every_document(
        "const ask = window.fetch; window.tealightOffered = false; window.tealightAsked = 0;
         window.fetch = async (...what) => {
           const answer = await ask(...what);
           if (!String(what[0]).endsWith('/v1/status')) return answer;
           const status = { ...await answer.json(), offered: window.tealightOffered };
           window.tealightAsked++;
           return new Response(JSON.stringify(status), { headers: { 'content-type': 'application/json' } });
         };",
    )
    .await
}
