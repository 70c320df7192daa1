//! The state machine of a visitor's chat: inputs in, effects and a view out.
//!
//! What a command or a fact changes is decided here, in `ending.rs` and in `frames.rs`; what follows from the
//! change (saving, sending, telling) is done in one place, `settle.rs`, after every input.

use std::sync::Arc;

use tealight_protocol::{
    Capability, Cid, Epoch, Instance, OfferChoice, Role, Secret, Text, VisitorFrame, VisitorHello, lean,
};

use super::conversation::{Conversation, Part};
use super::durable::Durable;
use super::snapshot::{Place, Snapshot, Stored};
use super::{Command, ComposerView, Config, Entry, Input, Phase, StoppedView, View};
use crate::clock::{Clock, earlier};
use crate::draft::Draft;
use crate::link::{Link, Loss, News};
use crate::outbox::{Item, ItemState, Outbox};
use crate::shell::Shell;
use crate::typing::Typing;
use crate::{Effect, Entropy, Fact, Millis, StopReason};

/// How long a change of the draft may wait before it is saved.
const SAVE_AFTER_MS: Millis = 500;

/// A visitor's session.
pub struct Session {
    pub(super) config: Config,
    pub(super) shell: Shell,
    pub(super) clock: Clock,
    pub(super) link: Link,
    pub(super) inst: Instance,
    pub(super) epoch: Option<Epoch>,
    pub(super) caps: Vec<Capability>,
    /// How long the backend keeps a place without a connection, in seconds, once it has said so.
    pub(super) keep_s: Option<u32>,
    pub(super) service: Option<tealight_protocol::ServiceStatus>,
    pub(super) stage: Stage,
    pub(super) draft: Draft,
    /// The name under which the draft is sent when somebody joins, if it shall be.
    pub(super) when_joined: Option<Cid>,
    pub(super) typing: Typing,
    pub(super) outbox: Outbox<Durable>,
    /// The `start` that waits for work, and the salt that is worked on.
    pub(super) working: Option<(Cid, String)>,
    /// What the work on this connection found.
    pub(super) found: Option<u64>,
    pub(super) visible: bool,
    /// What the backend knows about `visible`, on this connection.
    pub(super) told_visible: Option<bool>,
    /// When to save, if something is not saved.
    pub(super) save_at: Option<Millis>,
    pub(super) saved: Option<Saved>,
    pub(super) entries: Arc<Vec<Arc<Entry>>>,
    pub(super) listed: Option<(u32, u32)>,
    pub(super) unread: u32,
}

/// Where the visitor is.
pub(super) enum Stage {
    /// Reads what this is. The backend knows nobody.
    Welcome { refused: bool },
    /// Pressed Join; the `start` is on its way, and the secret is not yet known to the backend for certain.
    Joining { secret: Secret },
    /// In a conversation: waiting, talking, or after the end.
    Conversation(Box<Conversation>),
    /// Everything is erased here, and not yet for certain at the backend. A `start` that is not known to be taken
    /// goes before the `erase`.
    Erasing { secret: Secret },
    /// Nothing more can be done with what there was.
    Stopped(StoppedView),
}

/// What the last snapshot said, as far as it matters whether a new one is due at once.
#[derive(PartialEq, Eq)]
pub(super) struct Saved {
    pub(super) outbox: u32,
    pub(super) place: u8,
    pub(super) when_joined: Option<Cid>,
}

/// A snapshot that cannot be restored: broken, or of another version. Start with a new session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestoreError;

impl std::fmt::Display for RestoreError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the snapshot cannot be restored")
    }
}

impl std::error::Error for RestoreError {}

/// Says nothing about the conversation.
impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Session(…)")
    }
}

impl Session {
    /// A session that knows nothing yet. Nothing happens before `Command::Open`.
    pub fn new(config: Config, entropy: Box<dyn Entropy>) -> Self {
        let mut shell = Shell::new(entropy);
        Self {
            inst: Instance::from_bytes(shell.bytes()),
            config,
            shell,
            clock: Clock::default(),
            link: Link::new(),
            epoch: None,
            caps: Vec::new(),
            keep_s: None,
            service: None,
            stage: Stage::Welcome { refused: false },
            draft: Draft::default(),
            when_joined: None,
            typing: Typing::default(),
            outbox: Outbox::new(),
            working: None,
            found: None,
            visible: true,
            told_visible: None,
            save_at: None,
            saved: None,
            entries: Arc::default(),
            listed: None,
            unread: 0,
        }
    }

    /// Takes up what an earlier session of this tab gave as [`Effect::Save`]. Nothing happens before
    /// `Command::Open`.
    pub fn restore(config: Config, entropy: Box<dyn Entropy>, snapshot: &str) -> Result<Self, RestoreError> {
        let snapshot = Snapshot::read(snapshot).ok_or(RestoreError)?;
        let mut session = Self::new(config, entropy);
        session.draft.put(snapshot.draft);
        session.when_joined = snapshot.when_joined;
        for Stored { cid, refused, command } in snapshot.outbox {
            let state = if refused { ItemState::Refused } else { ItemState::Waiting };
            session.outbox.restore(Item { cid, command, state, sends: 1 });
        }
        let conversation =
            |part| Stage::Conversation(Box::new(Conversation::new(snapshot.secret.clone(), part)));
        session.stage = match snapshot.place {
            Place::Joining => Stage::Joining { secret: snapshot.secret.clone() },
            Place::Waiting => conversation(Part::waiting(None)),
            Place::Talking(with) => conversation(Part::talking(with)),
            Place::Erasing => Stage::Erasing { secret: snapshot.secret.clone() },
        };
        session.saved = session.to_be_saved();
        session.refresh();
        Ok(session)
    }

    /// Takes one input.
    pub fn handle(&mut self, now: Millis, input: Input) {
        let time = self.clock.advance(now);
        match input {
            Input::Fact(fact) => self.fact(time, now, &fact),
            Input::Command(command) => {
                self.link.observe(time, &mut self.shell);
                self.command(time, command);
            }
        }
        self.settle(time);
    }

    /// The next thing to be done.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.shell.poll()
    }

    /// When to hand in the next `Tick`, by the clock of `handle`.
    pub fn poll_timeout(&self) -> Option<Millis> {
        let mut next = earlier(self.link.timeout(), self.save_at);
        if let Stage::Conversation(conversation) = &self.stage {
            if !conversation.is_over() || self.has_nothing_to_tell() {
                next = earlier(next, conversation.timeout());
            }
            if self.link.is_ready() {
                next = earlier(next, conversation.transcript.log.timeout());
                let marks = conversation.receipts.timeout();
                next =
                    earlier(next, marks.filter(|_| self.can(Capability::Marks) && !conversation.is_over()));
            }
        }
        if self.link.is_ready() {
            next = earlier(next, self.outbox.timeout());
            next = earlier(next, self.typing.timeout());
        }
        next.map(|time| self.clock.to_shell(time))
    }

    /// What the screens show.
    pub fn view(&self) -> View {
        let is_open = self.is_waiting() || self.is_talking();
        View {
            phase: match &self.stage {
                Stage::Welcome { refused } => Phase::Welcome { refused: *refused },
                Stage::Joining { .. } => Phase::Joining,
                Stage::Conversation(conversation) => conversation.phase(self.has_unread_words(), self.keep_s),
                Stage::Erasing { .. } => Phase::Erasing,
                Stage::Stopped(stopped) => Phase::Stopped(stopped.clone()),
            },
            connection: self.link.connection(!matches!(self.stage, Stage::Welcome { .. })),
            service: self.service.clone(),
            composer: ComposerView {
                draft: self.draft.text().to_owned(),
                revision: self.draft.revision(),
                chars: self.draft.chars(),
                limit: self.draft.limit(),
                can_send: is_open && self.draft.is_sendable(),
                send_when_joined: self.when_joined.is_some(),
            },
            entries: Arc::clone(&self.entries),
            unread: self.unread,
        }
    }

    fn fact(&mut self, time: Millis, now: Millis, fact: &Fact) {
        match self.link.fact(time, fact, &mut self.shell) {
            News::Nothing => {}
            News::Opened => self.greet(),
            News::Received => {
                if let Fact::SocketReceived(_, text) = fact {
                    self.frame(time, now, text);
                }
            }
            News::Lost(loss) => self.lost(loss),
        }
        match fact {
            Fact::Shown => self.visible = true,
            Fact::Hidden => {
                self.visible = false;
                self.save_soon(time);
            }
            Fact::PageLeft => {
                self.save_soon(time);
                self.leave_end();
                self.clear_end();
            }
            Fact::Solved(salt, number) => self.solved(time, salt, *number),
            Fact::SocketOpened(_)
            | Fact::SocketReceived(..)
            | Fact::SocketClosed(..)
            | Fact::PageRestored
            | Fact::Online
            | Fact::Offline
            | Fact::Tick => {}
        }
    }

    fn command(&mut self, time: Millis, command: Command) {
        match command {
            Command::Open => self.open(time),
            Command::Check => self.link.hope(time, &mut self.shell),
            Command::Join { area, route } => {
                if let Stage::Welcome { .. } = self.stage {
                    let secret = Secret::from_bytes(self.shell.bytes());
                    self.stage = Stage::Joining { secret };
                    self.push(Durable::Start { area, lang: self.config.lang.clone(), route });
                    self.link.open(time, &mut self.shell);
                }
            }
            Command::Edit(text) => {
                self.draft.edit(text);
                self.save_at = earlier(self.save_at, Some(time + SAVE_AFTER_MS));
                let told = if self.is_talking() {
                    self.typing.key(time, self.draft.is_blank())
                } else {
                    self.typing.finished()
                };
                self.tell_typing(told);
            }
            Command::SendWhenJoined(wanted) => {
                self.when_joined =
                    (wanted && (self.is_waiting() || self.is_joining())).then(|| self.shell.cid());
            }
            Command::Send => {
                if self.is_waiting() || self.is_talking() {
                    let cid = self.shell.cid();
                    self.send_draft(cid);
                }
            }
            Command::QuickReply(text) => {
                if (self.is_waiting() || self.is_talking())
                    && let Ok(text) = Text::parse(&text)
                {
                    self.push(Durable::Send { text });
                }
            }
            Command::TryAgain(cid) => {
                if self.is_waiting() || self.is_talking() {
                    let fresh = self.shell.cid();
                    self.outbox.try_again(&cid, fresh);
                }
            }
            Command::TakeBack(cid) => {
                if self.outbox.find(&cid).is_some_and(|item| item.state == ItemState::Refused)
                    && let Some(Item { command: Durable::Send { text }, .. }) = self.outbox.remove(&cid)
                {
                    self.draft.put_before(text.as_str());
                    self.save_soon(time);
                }
            }
            Command::AnswerOffer(offer, choice) => self.answer_offer(offer, choice),
            Command::Read(seq) => {
                if let Stage::Conversation(conversation) = &mut self.stage
                    && self.visible
                {
                    conversation.receipts.read(seq.min(conversation.transcript.log.last()));
                }
            }
            Command::End => self.end(),
            Command::AnswerSurvey(answers) => self.answer(time, answers),
            Command::SkipSurvey => self.leave_end(),
            Command::Erase => self.erase(time),
            Command::StartAfresh => self.start_afresh(time),
        }
    }

    /// Answers an offer that is open, unless an answer is on its way.
    fn answer_offer(&mut self, offer: String, choice: OfferChoice) {
        let Stage::Conversation(conversation) = &self.stage else { return };
        if conversation.is_over() || !conversation.transcript.has_open_offer(&offer) {
            return;
        }
        self.outbox.retain(|item| !(item.command.answers(&offer) && item.state == ItemState::Refused));
        if !self.outbox.items().iter().any(|item| item.command.answers(&offer)) {
            self.push(Durable::Choose { offer, taken: choice == OfferChoice::Taken });
        }
    }

    fn open(&mut self, time: Millis) {
        let is_over = match &self.stage {
            Stage::Welcome { .. } | Stage::Joining { .. } | Stage::Erasing { .. } => false,
            Stage::Conversation(conversation) => conversation.is_over(),
            Stage::Stopped(_) => true,
        };
        if !is_over {
            self.link.open(time, &mut self.shell);
        }
    }

    /// Says `hello`. With a secret only once the backend certainly knows it: an unknown one would end everything.
    fn greet(&mut self) {
        let (secret, after) = match &self.stage {
            Stage::Conversation(conversation) => {
                (Some(conversation.secret.clone()), Some(conversation.transcript.log.last()))
            }
            Stage::Erasing { secret } if !self.start_is_wanted() => (Some(secret.clone()), None),
            Stage::Welcome { .. } | Stage::Joining { .. } | Stage::Erasing { .. } | Stage::Stopped(_) => {
                (None, None)
            }
        };
        let after = after.filter(|after| *after > 0);
        let hello = VisitorFrame::Hello(VisitorHello {
            role: Role::Visitor,
            inst: self.inst.clone(),
            lang: self.config.lang.clone(),
            caps: vec![
                Capability::Typing,
                Capability::Marks,
                Capability::Offers,
                Capability::Survey,
                Capability::Links,
            ],
            visible: self.visible,
            secret,
            epoch: after.and(self.epoch.clone()),
            after,
        });
        self.told_visible = Some(self.visible);
        self.transmit(&hello);
    }

    /// The socket is gone.
    pub(super) fn lost(&mut self, loss: Loss) {
        self.outbox.disconnected();
        self.found = None;
        if let Some((cid, _)) = self.working.take() {
            self.outbox.set(&cid, ItemState::Waiting);
        }
        self.typing.disconnected();
        self.told_visible = None;
        if let Stage::Conversation(conversation) = &mut self.stage {
            conversation.disconnected();
        }
        match loss {
            Loss::Retrying => {}
            Loss::TooBig => self.refuse_largest(),
            // Visitors have no account; to them, an expired identity is an expired conversation.
            Loss::Stopped(StopReason::LoggedOut) => self.stopped(StopReason::Expired),
            Loss::Stopped(reason) => self.stopped(reason),
        }
        if self.outbox.items().iter().any(|item| item.command == Durable::End) {
            self.end_here();
        }
    }

    /// A frame was too big for the backend: that can only have been the longest text.
    fn refuse_largest(&mut self) {
        let sent = self.outbox.items().iter().filter(|item| item.sends > 0);
        let length = |item: &&Item<Durable>| match &item.command {
            Durable::Send { text } if item.state == ItemState::Waiting => text.as_str().len(),
            _ => 0,
        };
        if let Some(cid) =
            sent.max_by_key(length).filter(|item| length(item) > 0).map(|item| item.cid.clone())
        {
            self.outbox.set(&cid, ItemState::Refused);
        }
    }

    pub(super) fn has_unread_words(&self) -> bool {
        let is_unheard = match &self.stage {
            Stage::Conversation(conversation) => conversation.has_unheard(),
            Stage::Welcome { .. } | Stage::Joining { .. } | Stage::Erasing { .. } | Stage::Stopped(_) => {
                false
            }
        };
        let is_pending = self.outbox.items().iter().any(|item| matches!(item.command, Durable::Send { .. }));
        is_unheard || is_pending || !self.draft.is_blank()
    }

    pub(super) fn push(&mut self, command: Durable) {
        let cid = self.shell.cid();
        self.outbox.push(cid, command);
    }

    pub(super) fn transmit(&mut self, frame: &VisitorFrame) {
        self.link.transmit(lean::from_visitor(frame), &mut self.shell);
    }

    pub(super) fn can(&self, capability: Capability) -> bool {
        self.caps.contains(&capability)
    }

    pub(super) fn is_joining(&self) -> bool {
        matches!(self.stage, Stage::Joining { .. })
    }

    pub(super) fn is_waiting(&self) -> bool {
        matches!(&self.stage, Stage::Conversation(c) if matches!(c.part, Part::Waiting(_)))
    }

    pub(super) fn is_talking(&self) -> bool {
        matches!(&self.stage, Stage::Conversation(c) if matches!(c.part, Part::Talking(_)))
    }

    pub(super) fn is_visible(&self) -> bool {
        self.visible
    }
}
