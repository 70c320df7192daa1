//! A style sheet that wants the chat out of sight.

use anyhow::Result;
use serde_json::json;
use tealight_tests::browser::{Place, Screen};
use tealight_tests::people::Visitor;

use super::{LOADER, html, stage_with};

#[tokio::test(flavor = "multi_thread")]
async fn a_style_sheet_can_neither_hide_nor_move_nor_disable_the_chat() -> Result<()> {
    let sheet = "<style>
        tealight-chat, tealight-chat *, tealight-chat::before, body > *:not(h1, p) {
          display: none !important; visibility: hidden !important; opacity: 0 !important;
          pointer-events: none !important; user-select: none !important; position: absolute !important;
          left: -9999px !important; width: 0 !important; height: 0 !important; overflow: hidden !important;
          transform: scale(0) !important; clip-path: inset(50%) !important; filter: opacity(0) !important;
          font-size: 0 !important; color: transparent !important; zoom: 0.01 !important; content-visibility: hidden !important;
          content: 'x' !important; z-index: -1 !important; animation: none !important; mask: linear-gradient(transparent) !important;
        }
        iframe, button, dialog, [role=dialog], [part] { display: none !important; visibility: hidden !important }
        [hidden] { display: block !important }
        </style>";
    let stage = stage_with(&[("/hiding", html(sheet, LOADER))]).await?;
    for screen in [Screen::PHONE, Screen::DESKTOP] {
        let visitor = Visitor::arrive_at(&stage.browser, &stage.server.site("/hiding"), screen).await?;
        visitor.open_chat().await?;
        visitor.join().await?;
        visitor.press("^Minimise").await?;
        let elsewhere = stage.server.elsewhere();
        let lead = "document.querySelector('tealight-chat').setAttribute('exit-url', arguments[0])";
        visitor.page.run::<()>(Place::Top, lead, vec![json!(elsewhere)]).await?;
        visitor.page.press(Place::Top, "^Exit").await?;
        tealight_tests::eventually("the neutral page", async || {
            Ok((visitor.page.address().await? == elsewhere).then_some(()))
        })
        .await?;
    }
    Ok(())
}
