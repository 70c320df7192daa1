//! A volunteer who is only there to answer: the operator's session over a real socket, without a screen.

use anyhow::{Context, Result};
use tealight_protocol::{Availability, ConversationId, Link, Reason, TransferTarget};
use tealight_session::operator::{Command, ConversationView, EntryKind, View};

use crate::Said;
use crate::peer::Operator;
use crate::server::{Account, OPERATOR, TestServer};

/// A volunteer who takes whoever is next.
#[derive(Debug)]
pub struct Volunteer {
    /// The session.
    pub peer: Operator,
}

impl Volunteer {
    /// Logs in and accepts one visitor at a time.
    pub async fn on_duty(server: &TestServer) -> Result<Self> {
        Self::on_duty_as(server, OPERATOR).await
    }

    /// The same, with another account.
    pub async fn on_duty_as(server: &TestServer, account: Account) -> Result<Self> {
        let peer =
            Operator::arrive_by(server.clock().clone(), &server.socket(), server.log_in_as(account).await?)?;
        peer.wants(Command::Open);
        peer.wants(Command::Avail { status: Availability::Accepting, capacity: 1, last_chat: false });
        let volunteer = Self { peer };
        volunteer
            .sees(|view| (view.status == Availability::Accepting && view.who.is_some()).then_some(()))
            .await?;
        Ok(volunteer)
    }

    /// Waits until the view has something.
    pub async fn sees<T>(&self, look: impl FnMut(&View) -> Option<T>) -> Result<T> {
        self.peer.sees(look).await
    }

    /// Takes the next visitor, as soon as somebody waits.
    pub async fn takes_next(&self) -> Result<ConversationId> {
        self.sees(|view| (!view.board.waiting.is_empty()).then_some(())).await.context("nobody waits")?;
        self.peer.wants(Command::Claim(None));
        self.sees(|view| running(view).map(|conv| conv.id.clone())).await.context("nobody could be taken")
    }

    /// Says something in the conversation.
    pub async fn says(&self, words: &str) -> Result<()> {
        let id = self.conversation().await?;
        self.peer.wants(Command::Edit(id.clone(), words.to_owned()));
        self.peer.wants(Command::Send(id));
        Ok(())
    }

    /// Says something, with a link.
    pub async fn points_to(&self, words: &str, url: &str) -> Result<()> {
        let id = self.conversation().await?;
        self.peer.wants(Command::Edit(id.clone(), words.to_owned()));
        self.peer.wants(Command::Attach(id.clone(), Some(Link { url: url.to_owned(), title: None })));
        self.peer.wants(Command::Send(id));
        Ok(())
    }

    /// Suggests another way to get help, by its identifier.
    pub async fn suggests(&self, offer: &str) -> Result<()> {
        let id = self.conversation().await?;
        self.sees(|view| view.offers.iter().any(|one| one.id == offer).then_some(()))
            .await
            .context("offers")?;
        self.peer.wants(Command::Offer(id, offer.to_owned()));
        Ok(())
    }

    /// Passes the visitor on to a colleague who is there.
    pub async fn passes_on_to(&self, colleague: &str, reason: &str) -> Result<()> {
        let conv = self.conversation().await?;
        let colleague = self
            .sees(|view| {
                view.board.operators.iter().find(|one| one.name == colleague).map(|one| one.id.clone())
            })
            .await
            .context("the colleague is not there")?;
        let to = TransferTarget { operator: Some(colleague), area: None };
        self.peer.wants(Command::Transfer { conv, to, reason: Reason::parse(reason).ok(), note: None });
        self.sees(|view| running(view).is_none().then_some(())).await.context("the visitor is still here")
    }

    /// Writes so many letters of something, and does not send them.
    pub async fn types(&self, letters: usize) -> Result<()> {
        self.peer.wants(Command::Edit(self.conversation().await?, "m".repeat(letters)));
        Ok(())
    }

    /// Has read everything.
    pub async fn reads(&self) -> Result<()> {
        let (id, last) = self.sees(|view| running(view).map(|conv| (conv.id.clone(), last(conv)))).await?;
        self.peer.wants(Command::Read(id, last));
        Ok(())
    }

    /// Waits for these words from the visitor, and returns how often they are there.
    pub async fn hears(&self, words: &str) -> Result<usize> {
        self.sees(|view| {
            let count = said(running(view)?, words);
            (count > 0).then_some(count)
        })
        .await
        .with_context(|| format!("{words:?} was not heard"))
    }

    /// Everything the visitor said.
    pub fn heard(&self) -> Vec<String> {
        let view = self.peer.view();
        let Some(conv) = running(&view) else { return Vec::new() };
        conv.entries
            .iter()
            .filter_map(|entry| match &entry.kind {
                EntryKind::Visitor(text) => Some(text.as_str().to_owned()),
                _ => None,
            })
            .collect()
    }

    /// Everything that was said, as the volunteer sees it.
    pub fn transcript(&self) -> Vec<Said> {
        let view = self.peer.view();
        let Some(conv) = running(&view) else { return Vec::new() };
        conv.entries
            .iter()
            .filter_map(|entry| match &entry.kind {
                EntryKind::Visitor(text) => Some(Said::by_visitor(text.as_str())),
                EntryKind::Operator { text, .. } => Some(Said::by_operator(text.as_str())),
                _ => None,
            })
            .collect()
    }

    /// Waits until the visitor is seen typing, or no longer.
    pub async fn sees_typing(&self, on: bool) -> Result<()> {
        self.sees(|view| (running(view)?.typing == on).then_some(())).await.context("typing")
    }

    /// Ends the conversation.
    pub async fn ends(&self) -> Result<()> {
        self.peer.wants(Command::End(self.conversation().await?));
        Ok(())
    }

    async fn conversation(&self) -> Result<ConversationId> {
        self.sees(|view| running(view).map(|conv| conv.id.clone())).await.context("there is no conversation")
    }
}

fn running(view: &View) -> Option<&ConversationView> {
    let running = |conv: &&ConversationView| conv.ended.is_none() && conv.released.is_none();
    view.conversations.iter().map(std::ops::Deref::deref).find(running)
}

fn said(conv: &ConversationView, words: &str) -> usize {
    let fits = |kind: &EntryKind| matches!(kind, EntryKind::Visitor(text) if text.as_str() == words);
    conv.entries.iter().filter(|entry| fits(&entry.kind)).count()
}

fn last(conv: &ConversationView) -> u64 {
    conv.entries.iter().filter_map(|entry| entry.seq).max().unwrap_or_default()
}
