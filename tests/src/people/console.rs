//! A volunteer at the console, in a browser.

use anyhow::Result;
use serde_json::json;

use crate::browser::{Browser, Page, Place, Screen};
use crate::server::{Account, TestServer};

/// A volunteer at the console.
#[derive(Debug)]
pub struct Console {
    /// The browser.
    pub page: Page,
}

impl Console {
    /// Opens the console and logs in.
    pub async fn open(
        browser: &Browser,
        server: &TestServer,
        account: Account,
        screen: Screen,
    ) -> Result<Self> {
        let page = browser.open(screen).await?;
        page.goto(&format!("{}/console/", server.url())).await?;
        let console = Self { page };
        console.logs_in(account).await?;
        Ok(console)
    }

    /// Fills in the form.
    pub async fn logs_in(&self, account: Account) -> Result<()> {
        self.fills("^Name$", account.login).await?;
        self.fills("^Password$", account.password).await?;
        self.press("^Log in$").await?;
        self.reads(&format!("You are {}", account.alias)).await
    }

    /// Types into a field, in place of what was in it.
    pub async fn fills(&self, field: &str, words: &str) -> Result<()> {
        let field = self.page.wait_for_control(Place::Top, field).await?;
        field.clear().await?;
        field.send_keys(words).await?;
        Ok(())
    }

    /// Presses a control.
    pub async fn press(&self, name: &str) -> Result<()> {
        self.page.press(Place::Top, name).await
    }

    /// Waits until the visible text fits.
    pub async fn reads(&self, pattern: &str) -> Result<()> {
        self.page.reads(Place::Top, pattern).await
    }

    /// Takes visitors.
    pub async fn accepts(&self) -> Result<()> {
        self.press("^Accepting$").await
    }

    /// Takes the next visitor, and sees the conversation.
    pub async fn takes_next(&self) -> Result<()> {
        self.press("^Take (the )?next visitor").await?;
        self.page.wait_for(Place::Top, "[role=log]").await?;
        Ok(())
    }

    /// Types and sends.
    pub async fn says(&self, words: &str) -> Result<()> {
        self.fills("^Your message to", words).await?;
        self.press("^Send$").await
    }

    /// Waits until the conversation holds these words.
    pub async fn hears(&self, words: &str) -> Result<()> {
        self.page
            .holds(
                Place::Top,
                &format!("{words:?} in the conversation"),
                "return (T.first('[role=log]')?.innerText ?? '').includes(arguments[0])",
                vec![json!(words)],
            )
            .await
    }
}
