//! A visitor in front of a browser.

use anyhow::{Result, ensure};
use serde::Deserialize;
use serde_json::json;
use thirtyfour::prelude::WebElement;

use super::Range;
use crate::browser::{Browser, Page, Place, Screen};
use crate::server::TestServer;

/// One bubble of the conversation.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Message {
    /// `visitor` or `operator`.
    pub from: String,
    /// The words.
    pub text: String,
    /// `sending`, `sent`, `delivered`, `seen` or `failed`; empty for the other side's.
    pub state: String,
    /// What is written under the bubble about that, whether or not it is drawn at the moment; empty for the other
    /// side's.
    pub told: String,
}

/// A visitor in front of a browser.
#[derive(Debug)]
pub struct Visitor {
    /// The browser.
    pub page: Page,
}

impl Visitor {
    /// Comes to the charity's page.
    pub async fn arrive(browser: &Browser, server: &TestServer, screen: Screen) -> Result<Self> {
        Self::arrive_at(browser, &server.site("/"), screen).await
    }

    /// Comes to another page.
    pub async fn arrive_at(browser: &Browser, address: &str, screen: Screen) -> Result<Self> {
        let page = browser.open(screen).await?;
        page.goto(address).await?;
        Ok(Self { page })
    }

    /// Comes to the charity's page and waits in the waiting room.
    pub async fn waiting(browser: &Browser, server: &TestServer, screen: Screen) -> Result<Self> {
        let visitor = Self::arrive(browser, server, screen).await?;
        visitor.open_chat().await?;
        visitor.join().await?;
        Ok(visitor)
    }

    /// Activates the launcher, and sees the first screen.
    pub async fn open_chat(&self) -> Result<()> {
        self.page.press_on(Place::Top, ".launcher").await?;
        self.on_screen("welcome").await
    }

    /// Activates the launcher again, after a reload, and sees whatever is there.
    pub async fn open_again(&self, screen: &str) -> Result<()> {
        self.page.press_on(Place::Top, ".launcher").await?;
        self.on_screen(screen).await
    }

    /// Joins the waiting room.
    pub async fn join(&self) -> Result<()> {
        self.page.press(Place::Chat, "^Join the waiting room").await?;
        self.on_screen("waiting").await
    }

    /// Waits for a screen: `welcome`, `waiting`, `talking`, `ended`, `stopped` or `closed`.
    pub async fn on_screen(&self, screen: &str) -> Result<()> {
        self.page.wait_for(Place::Chat, &format!(".screen[data-screen={screen}]")).await?;
        Ok(())
    }

    /// Waits until somebody has joined.
    pub async fn is_joined_by(&self, name: &str) -> Result<()> {
        self.on_screen("talking").await?;
        self.reads(&format!("You're now with {name}, a trained volunteer")).await
    }

    /// Waits until the visible text fits.
    pub async fn reads(&self, pattern: &str) -> Result<()> {
        self.page.reads(Place::Chat, pattern).await
    }

    /// Presses a control of the chat.
    pub async fn press(&self, name: &str) -> Result<()> {
        self.page.press(Place::Chat, name).await
    }

    /// The composer's text field.
    pub async fn composer(&self) -> Result<WebElement> {
        self.page.wait_for(Place::Chat, ".composer-input").await
    }

    /// Types at the end of what is in the composer.
    pub async fn types(&self, words: &str) -> Result<()> {
        self.composer().await?.send_keys(words).await?;
        Ok(())
    }

    /// Puts text into the composer at once, as from the clipboard.
    pub async fn pastes(&self, words: &str) -> Result<()> {
        self.composer().await?;
        self.page
            .run::<()>(
                Place::Chat,
                "const field = T.first('.composer-input'); field.focus();
                 document.execCommand('insertText', false, arguments[0]);",
                vec![json!(words)],
            )
            .await
    }

    /// Presses Send.
    pub async fn sends(&self) -> Result<()> {
        self.page.press_on(Place::Chat, ".send").await
    }

    /// Types and sends.
    pub async fn says(&self, words: &str) -> Result<()> {
        self.types(words).await?;
        self.sends().await?;
        self.has_message("visitor", words).await
    }

    /// Empties the composer.
    pub async fn empties(&self) -> Result<()> {
        let empty = "const field = T.first('.composer-input'); field.focus(); field.select(); document.execCommand('delete')";
        self.page.run::<()>(Place::Chat, empty, Vec::new()).await?;
        self.has_draft("").await
    }

    /// What stands in the composer.
    pub async fn draft(&self) -> Result<String> {
        self.page.run(Place::Chat, "return T.first('.composer-input').value", Vec::new()).await
    }

    /// Waits until the composer holds these words.
    pub async fn has_draft(&self, words: &str) -> Result<()> {
        self.page
            .holds(
                Place::Chat,
                &format!("{words:?} in the composer"),
                "return T.first('.composer-input')?.value === arguments[0]",
                vec![json!(words)],
            )
            .await
    }

    /// All bubbles.
    pub async fn messages(&self) -> Result<Vec<Message>> {
        self.page
            .run(
                Place::Chat,
                "return T.all('.msg').filter((m) => m.querySelector('.bubble')).map((m) => ({
                   from: m.dataset.from, text: m.querySelector('.bubble').textContent, state: m.dataset.state ?? '',
                   told: m.querySelector('.mark-word, .msg-failed > span')?.textContent ?? '' }))",
                Vec::new(),
            )
            .await
    }

    /// Waits for a bubble, and sees that there is only one like it.
    pub async fn has_message(&self, from: &str, words: &str) -> Result<()> {
        self.page
            .holds(
                Place::Chat,
                &format!("{words:?} from the {from}"),
                "return T.all(`.msg[data-from=${arguments[0]}] .bubble`).some((b) => b.textContent === arguments[1])",
                vec![json!(from), json!(words)],
            )
            .await?;
        let same = self.messages().await?.iter().filter(|m| m.from == from && m.text == words).count();
        ensure!(same == 1, "{words:?} stands there {same} times");
        Ok(())
    }

    /// Waits until the visitor's bubble with these words has come so far.
    pub async fn message_is(&self, words: &str, state: &str) -> Result<()> {
        self.page
            .holds(
                Place::Chat,
                &format!("{words:?} to be {state}"),
                "return T.all('.msg[data-from=visitor]').some((m) =>
                   m.querySelector('.bubble')?.textContent === arguments[0] && m.dataset.state === arguments[1])",
                vec![json!(words), json!(state)],
            )
            .await
    }

    /// The place, as it is written.
    pub async fn place(&self) -> Result<String> {
        let place = self.page.wait_for(Place::Chat, "[part~=place]").await?;
        Ok(place.text().await?)
    }

    /// The range, as it is written.
    pub async fn range(&self) -> Result<String> {
        let range = self.page.wait_for(Place::Chat, "[part~=range]").await?;
        Ok(range.text().await?.replace(['\u{a0}', '\u{202f}'], " "))
    }

    /// The range, in minutes.
    pub async fn told(&self) -> Result<Range> {
        Range::read(&self.range().await?)
    }

    /// Ends the chat, and says yes.
    pub async fn ends(&self) -> Result<()> {
        self.press("^End this chat").await?;
        self.page.wait_for(Place::Chat, "[role=alertdialog]").await?;
        self.press("^End$").await?;
        self.on_screen("ended").await
    }
}
