//! What every browser test begins with: a server that has files to serve, and a browser.

use std::time::Duration;

use anyhow::Result;

use crate::browser::{Browser, Engine, Screen};
use crate::people::{Visitor, Volunteer};
use crate::server::{OPERATOR, Settings, TestServer, require_dist};

/// A helpline and a browser to look at it with.
#[derive(Debug)]
pub struct Stage {
    /// The browser.
    pub browser: Browser,
    /// The helpline.
    pub server: TestServer,
}

impl Stage {
    /// A helpline that is open day and night.
    pub async fn set() -> Result<Self> {
        require_dist()?;
        Ok(Self { server: TestServer::start().await?, browser: Browser::start().await? })
    }

    /// The same, looked at with a browser of this engine.
    pub async fn set_for(engine: Engine) -> Result<Self> {
        require_dist()?;
        Ok(Self { server: TestServer::start().await?, browser: Browser::of(engine).await? })
    }

    /// A helpline with settings of its own.
    pub async fn with(settings: Settings) -> Result<Self> {
        require_dist()?;
        let browser = match &settings.clock {
            Some(clock) => Browser::start_by(clock.clone()).await?,
            None => Browser::start().await?,
        };
        Ok(Self { server: TestServer::with(settings).await?, browser })
    }

    /// Lets time pass for everybody, where the settings have a clock that can be put forward.
    pub async fn advance(&self, time: Duration) -> Result<()> {
        self.browser.advance(&self.server, time).await
    }

    /// A visitor on a phone, in the waiting room.
    pub async fn waiting_visitor(&self) -> Result<Visitor> {
        Visitor::waiting(&self.browser, &self.server, Screen::PHONE).await
    }

    /// A visitor on a phone, and the volunteer they talk with.
    pub async fn talk(&self) -> Result<(Visitor, Volunteer)> {
        self.talk_on(Screen::PHONE).await
    }

    /// A visitor on some screen, and the volunteer they talk with.
    pub async fn talk_on(&self, screen: Screen) -> Result<(Visitor, Volunteer)> {
        let visitor = Visitor::waiting(&self.browser, &self.server, screen).await?;
        let volunteer = Volunteer::on_duty(&self.server).await?;
        volunteer.takes_next().await?;
        visitor.is_joined_by(OPERATOR.alias).await?;
        Ok((visitor, volunteer))
    }
}
