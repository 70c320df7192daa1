//! The people of one evening who are in front of no browser: callers who wait, talk and go, and volunteers who take
//! whoever is next. They do in the minutes of the clock what the test says, over real sockets.

use std::time::Duration;

use anyhow::{Context, Result};
use tealight_protocol::{ConversationId, Route, ServiceStatus};
use tealight_server::{Clock as _, Moment};
use tealight_session::operator::ConversationView;
use tealight_session::visitor::{Command, Phase};
use tealight_tests::clock::TurnedClock;
use tealight_tests::peer::Visitor as Caller;
use tealight_tests::people::Volunteer;
use tealight_tests::server::{Account, Settings};
use tealight_tests::stage::Stage;

/// How long one conversation takes after the other, in minutes: half an hour, and longer when it is late.
const TALKS: [u64; 8] = [26, 34, 22, 31, 30, 45, 50, 45];

/// A helpline, a browser, and everybody else of that evening.
pub(crate) struct Town {
    /// The helpline and the browser.
    pub(crate) stage: Stage,
    clock: TurnedClock,
    volunteers: Vec<OnDuty>,
    callers: Vec<Caller>,
    talks: usize,
}

/// A volunteer without a screen.
struct OnDuty {
    volunteer: Volunteer,
    /// With whom they talk, and until when.
    talk: Option<(ConversationId, Moment)>,
}

impl Town {
    /// A town where it is this time now, as in `2026-11-21T16:50[UTC]`.
    pub(crate) async fn at(time: &str, settings: Settings) -> Result<Self> {
        let clock = TurnedClock::showing_civil(time)?;
        let stage = Stage::with(Settings { clock: Some(clock.clone()), ..settings }).await?;
        Ok(Self { stage, clock, volunteers: Vec::new(), callers: Vec::new(), talks: 0 })
    }

    /// What the clock on the wall shows, as in `18:05`.
    pub(crate) fn time(&self) -> String {
        self.clock.now().civil().to_zoned(jiff::tz::TimeZone::UTC).strftime("%H:%M").to_string()
    }

    /// A volunteer begins.
    pub(crate) async fn begins(&mut self, account: Account) -> Result<()> {
        let volunteer = Volunteer::on_duty_as(&self.stage.server, account).await?;
        self.volunteers.push(OnDuty { volunteer, talk: None });
        Ok(())
    }

    /// Somebody comes and waits.
    pub(crate) async fn comes(&mut self) -> Result<()> {
        let caller = Caller::arrive_by(self.clock.clone(), &self.stage.server.socket())?;
        caller.wants(Command::Open);
        caller.wants(Command::Join { area: None, route: Route::Standard });
        caller.sees(|view| has_joined(&view.phase).then_some(())).await.context("nobody could join")?;
        self.callers.push(caller);
        Ok(())
    }

    /// Lets minutes pass. After each, whoever has talked enough ends, and whoever is free takes the next.
    pub(crate) async fn pass(&mut self, minutes: u64) -> Result<()> {
        for _ in 0..minutes {
            self.stage.advance(Duration::from_secs(60)).await?;
            self.look_around().await.with_context(|| format!("at {}", self.time()))?;
        }
        Ok(())
    }

    /// Lets time pass until the clock on the wall shows this.
    pub(crate) async fn pass_until(&mut self, time: &str) -> Result<()> {
        while self.time().as_str() < time {
            self.pass(1).await?;
        }
        Ok(())
    }

    /// How many wait.
    pub(crate) async fn waiting(&self) -> Result<usize> {
        Ok(self.stage.server.is_in_step(0).await?.waiting)
    }

    /// What a page is told of the service that opens now.
    pub(crate) async fn status(&self) -> Result<ServiceStatus> {
        let answer = reqwest::get(format!("{}/v1/status", self.stage.server.url())).await?;
        Ok(answer.error_for_status()?.json().await?)
    }

    async fn look_around(&mut self) -> Result<()> {
        let now = self.clock.now();
        for one in &mut self.volunteers {
            if let Some((id, _)) = one.talk.take_if(|(_, until)| *until <= now) {
                one.volunteer.ends().await?;
                let over = |conv: &ConversationView| conv.id == id && conv.ended.is_some();
                one.volunteer
                    .sees(|view| view.conversations.iter().any(|conv| over(conv)).then_some(()))
                    .await
                    .context("a conversation that was ended goes on")?;
            }
            let waiting = self.stage.server.is_in_step(0).await?.waiting;
            if one.talk.is_none() && waiting > 0 {
                let minutes = TALKS[self.talks % TALKS.len()];
                self.talks += 1;
                let id = one.volunteer.takes_next().await?;
                one.talk = Some((id, now.plus(Duration::from_secs(minutes * 60))));
            }
        }
        self.callers.retain(|caller| !is_over(&caller.view().phase));
        Ok(())
    }
}

fn has_joined(phase: &Phase) -> bool {
    match phase {
        Phase::Waiting(_) | Phase::Talking(_) => true,
        Phase::Welcome { .. } | Phase::Joining | Phase::Erasing | Phase::Stopped(_) | Phase::Ended(_) => {
            false
        }
    }
}

fn is_over(phase: &Phase) -> bool {
    match phase {
        Phase::Erasing | Phase::Stopped(_) | Phase::Ended(_) => true,
        Phase::Welcome { .. } | Phase::Joining | Phase::Waiting(_) | Phase::Talking(_) => false,
    }
}
