//! Host pages whose own policy forbids nearly everything: the recipes of `docs/embedding.md`.

use anyhow::{Result, ensure};
use tealight_tests::browser::{Place, Screen};
use tealight_tests::people::{Visitor, Volunteer};
use tealight_tests::server::OPERATOR;
use tealight_tests::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn the_strictest_policies_need_no_exception_for_the_chat() -> Result<()> {
    for page in ["strict-csp", "strict-nonce", "strict-hash"] {
        let stage = Stage::set().await?;
        let address = stage.server.site(&format!("/demo-site/{page}.html"));
        let visitor = Visitor::arrive_at(&stage.browser, &address, Screen::DESKTOP).await?;
        visitor.open_chat().await?;
        visitor.join().await?;
        let volunteer = Volunteer::on_duty(&stage.server).await?;
        volunteer.takes_next().await?;
        visitor.is_joined_by(OPERATOR.alias).await?;
        visitor.says("Hello.").await?;
        volunteer.says("Hello to you.").await?;
        visitor.has_message("operator", "Hello to you.").await?;
        visitor.press("^Minimise").await?;
        visitor.page.wait_for(Place::Top, ".launcher").await?;
        visitor.open_again("talking").await?;
        visitor.ends().await?;
        let lines = visitor.page.console().await?;
        ensure!(lines.is_empty(), "{page}: {lines:#?}");
        // The page really forbids: a script of its own in the page does not run, nor does a style of an element.
        let forbidden =
            "document.body.insertAdjacentElement('beforeend', Object.assign(document.createElement('script'),
            { src: location.href })); return 'added'";
        let outcome = visitor.page.run::<String>(Place::Top, forbidden, Vec::new()).await;
        ensure!(outcome.is_err(), "{page} lets scripts be made of strings");
    }
    Ok(())
}
