//! The state machine of a visitor's chat: inputs in, effects and a view out.
//!
//! What a command or a fact changes is decided here and in `frames.rs`; what follows from the change (saving,
//! sending, telling) is done in one place, `settle`, after every input.

use std::sync::Arc;

use tealight_protocol::{
    Answers, Capability, Cid, Epoch, Instance, Role, Secret, Text, VisitorFrame, VisitorHello, limits,
};

use super::conversation::{Conversation, Part};
use super::durable::Durable;
use super::snapshot::{Place, Snapshot, Stored};
use super::{Command, ComposerView, Config, Entry, Input, Phase, StoppedView, View};
use crate::clock::{Clock, earlier};
use crate::draft::Draft;
use crate::link::{Link, Loss, News};
use crate::outbox::{Item, ItemState, Outbox};
use crate::shell::{Shell, encode};
use crate::typing::Typing;
use crate::{Effect, Entropy, Fact, Millis, StopReason};

/// How long a change of the draft may wait before it is saved.
const SAVE_AFTER_MS: Millis = 500;

/// A visitor's session.
pub struct Session {
    config: Config,
    pub(super) shell: Shell,
    clock: Clock,
    pub(super) link: Link,
    inst: Instance,
    pub(super) epoch: Option<Epoch>,
    pub(super) caps: Vec<Capability>,
    pub(super) service: Option<tealight_protocol::ServiceStatus>,
    pub(super) stage: Stage,
    pub(super) draft: Draft,
    /// The name under which the draft is sent when somebody joins, if it shall be.
    pub(super) when_joined: Option<Cid>,
    pub(super) typing: Typing,
    pub(super) outbox: Outbox<Durable>,
    visible: bool,
    /// What the backend knows about `visible`, on this connection.
    pub(super) told_visible: Option<bool>,
    /// When to save, if something is not saved.
    save_at: Option<Millis>,
    saved: Option<Saved>,
    entries: Arc<Vec<Arc<Entry>>>,
    listed: Option<(u32, u32)>,
    unread: u32,
}

/// Where the visitor is.
pub(super) enum Stage {
    /// Reads what this is. The backend knows nobody.
    Welcome { refused: bool },
    /// Pressed Join; the `start` is on its way, and the secret is not yet known to the backend for certain.
    Joining { secret: Secret },
    /// In a conversation: waiting, talking, or after the end.
    Conversation(Box<Conversation>),
    /// Nothing more can be done with what there was.
    Stopped(StoppedView),
}

/// What the last snapshot said, as far as it matters whether a new one is due at once.
#[derive(PartialEq, Eq)]
struct Saved {
    outbox: u32,
    place: u8,
    when_joined: Option<Cid>,
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
            service: None,
            stage: Stage::Welcome { refused: false },
            draft: Draft::default(),
            when_joined: None,
            typing: Typing::default(),
            outbox: Outbox::new(),
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
        };
        session.saved = session.to_be_saved();
        session.refresh();
        Ok(session)
    }

    /// Takes one input.
    pub fn handle(&mut self, now: Millis, input: Input) {
        let time = self.clock.advance(now);
        match input {
            Input::Fact(fact) => self.fact(time, now, fact),
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
                Stage::Conversation(conversation) => conversation.phase(self.has_unread_words()),
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

    fn fact(&mut self, time: Millis, now: Millis, fact: Fact) {
        match self.link.fact(time, &fact, &mut self.shell) {
            News::Nothing => {}
            News::Opened => self.greet(),
            News::Received => {
                if let Fact::SocketReceived(_, text) = &fact {
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
            }
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

    fn open(&mut self, time: Millis) {
        let is_over = match &self.stage {
            Stage::Welcome { .. } | Stage::Joining { .. } => false,
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
            Stage::Welcome { .. } | Stage::Joining { .. } | Stage::Stopped(_) => (None, None),
        };
        let after = after.filter(|after| *after > 0);
        let hello = VisitorFrame::Hello(VisitorHello {
            role: Role::Visitor,
            inst: self.inst.clone(),
            lang: self.config.lang.clone(),
            caps: vec![Capability::Typing, Capability::Marks, Capability::Survey, Capability::Links],
            visible: self.visible,
            secret,
            epoch: after.and(self.epoch.clone()),
            after,
        });
        self.told_visible = Some(self.visible);
        self.transmit(&hello);
    }

    /// The socket is gone.
    fn lost(&mut self, loss: Loss) {
        self.outbox.disconnected();
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

    /// The connection ended for good.
    pub(super) fn stopped(&mut self, reason: StopReason) {
        if reason == StopReason::Erased {
            return self.erased();
        }
        let is_over = matches!(
            &self.stage,
            Stage::Conversation(conversation) if conversation.is_over()
        );
        if is_over {
            // The end screen stays to be read; only its survey has lost its way.
            self.outbox.retain(|item| matches!(item.command, Durable::Send { .. }));
            return self.leave_end();
        }
        // Where the backend still keeps the conversation, a reload may find the way back to it.
        if matches!(reason, StopReason::Expired | StopReason::Forbidden) {
            self.forget();
        }
        let unread_words = self.has_unread_words();
        self.when_joined = None;
        self.stage = Stage::Stopped(StoppedView { reason, unread_words });
        self.outbox.retain(|_| false);
    }

    /// Everything is erased: nothing may be left here either.
    pub(super) fn erased(&mut self) {
        self.link.stop(StopReason::Erased, &mut self.shell);
        self.forget();
        self.wipe();
        self.stage = Stage::Stopped(StoppedView { reason: StopReason::Erased, unread_words: false });
    }

    fn wipe(&mut self) {
        self.outbox.retain(|_| false);
        self.draft.put(String::new());
        self.when_joined = None;
        self.epoch = None;
        self.entries = Arc::default();
        self.listed = None;
        self.unread = 0;
    }

    /// The device forgets the conversation.
    pub(super) fn forget(&mut self) {
        self.save_at = None;
        self.saved = None;
        self.shell.want(Effect::Forget);
    }

    fn end(&mut self) {
        let is_wanted = self.outbox.items().iter().any(|item| item.command == Durable::End);
        match &self.stage {
            Stage::Joining { .. } if !self.start_may_be_known() => self.back_to_welcome(false),
            Stage::Joining { .. } => {
                if !is_wanted {
                    self.push(Durable::End);
                }
            }
            Stage::Conversation(conversation) if !conversation.is_over() => {
                if !is_wanted {
                    self.push(Durable::End);
                }
                if !self.link.is_ready() {
                    self.end_here();
                }
            }
            Stage::Welcome { .. } | Stage::Conversation(_) | Stage::Stopped(_) => {}
        }
    }

    /// The visitor wants to end and nobody can be reached: it is over here at once, and the backend is told when
    /// it can be.
    fn end_here(&mut self) {
        if let Stage::Conversation(conversation) = &mut self.stage
            && !conversation.is_over()
        {
            conversation.end_here();
            self.ended();
        }
    }

    /// It is over. What is on its way will not arrive.
    pub(super) fn ended(&mut self) {
        self.when_joined = None;
        self.outbox.refuse(|command| matches!(command, Durable::Send { .. }));
        self.forget();
    }

    fn answer(&mut self, time: Millis, answers: std::collections::BTreeMap<String, String>) {
        let Stage::Conversation(conversation) = &mut self.stage else { return };
        let Part::Ended(end) = &mut conversation.part else { return };
        let Some(survey) = end.survey.as_mut().filter(|survey| !survey.sending) else { return };
        survey.sending = true;
        let short = |answer: String| answer.chars().take(limits::ANSWER_CHARS).collect();
        let answers = answers.into_iter().map(|(question, answer)| (question, short(answer))).collect();
        let survey = survey.id.clone();
        self.push(Durable::Answer { survey, answers: Answers(answers) });
        self.link.open(time, &mut self.shell);
    }

    /// After the end: nothing more is wanted from the backend, unless something is still to be told.
    pub(super) fn leave_end(&mut self) {
        if let Stage::Conversation(conversation) = &mut self.stage
            && let Part::Ended(end) = &mut conversation.part
        {
            end.survey = None;
            end.linger = Some(0);
        }
    }

    fn erase(&mut self, time: Millis) {
        match &self.stage {
            Stage::Joining { .. } if !self.start_may_be_known() => {
                self.wipe();
                self.back_to_welcome(false);
            }
            Stage::Joining { .. } | Stage::Conversation(_) => {
                if self.outbox.items().iter().any(|item| item.command == Durable::Erase) {
                    return;
                }
                self.outbox.retain(|item| matches!(item.command, Durable::Start { .. }));
                self.draft.put(String::new());
                self.when_joined = None;
                self.push(Durable::Erase);
                self.link.open(time, &mut self.shell);
            }
            Stage::Welcome { .. } | Stage::Stopped(_) => {
                self.wipe();
                self.forget();
            }
        }
    }

    fn start_afresh(&mut self, time: Millis) {
        let keeps_draft = match &self.stage {
            Stage::Stopped(stopped) => stopped.reason == StopReason::Expired,
            Stage::Conversation(conversation) if conversation.is_over() => false,
            Stage::Welcome { .. } | Stage::Joining { .. } | Stage::Conversation(_) => return,
        };
        let draft = if keeps_draft { self.draft.text().to_owned() } else { String::new() };
        self.wipe();
        self.forget();
        self.draft.put(draft);
        self.link.close(&mut self.shell);
        self.lost(Loss::Retrying);
        self.stage = Stage::Welcome { refused: false };
        self.link.open(time, &mut self.shell);
    }

    /// A new conversation did not come about.
    pub(super) fn back_to_welcome(&mut self, refused: bool) {
        self.outbox.retain(|_| false);
        self.when_joined = None;
        self.stage = Stage::Welcome { refused };
        self.forget();
    }

    /// Whether the `start` has ever been on a socket.
    fn start_may_be_known(&self) -> bool {
        self.outbox.items().iter().any(|item| matches!(item.command, Durable::Start { .. }) && item.sends > 0)
    }

    /// What follows from whatever just happened, in this order: the words that were to be sent by themselves,
    /// missing events, the snapshot before anything is sent that depends on it, the outbox, small news, the list.
    fn settle(&mut self, time: Millis) {
        if self.link.is_ready() {
            let late = match &self.stage {
                Stage::Conversation(conversation) => conversation.transcript.log.timeout(),
                Stage::Welcome { .. } | Stage::Joining { .. } | Stage::Stopped(_) => None,
            };
            if (late.is_some_and(|at| time >= at) || self.outbox.is_overdue(time))
                && let News::Lost(loss) = self.link.restart(time, &mut self.shell)
            {
                self.lost(loss);
            }
        }
        if let Stage::Conversation(conversation) = &mut self.stage {
            conversation.tick(time);
            let is_current = conversation.transcript.log.is_complete() && self.link.is_ready();
            if is_current && let Part::Talking(_) = conversation.part {
                self.send_as_ticked();
            }
        }
        self.save(time);
        if self.link.is_ready() {
            self.pump(time);
            self.tell(time);
        }
        self.close_after_end(time);
        self.refresh();
    }

    /// Somebody has joined: sends the draft, if that was wanted.
    fn send_as_ticked(&mut self) {
        if self.draft.is_sendable()
            && let Some(cid) = self.when_joined.take()
        {
            self.send_draft(cid);
        }
    }

    fn send_draft(&mut self, cid: Cid) {
        if let Some(text) = self.draft.take() {
            self.outbox.push(cid, Durable::Send { text });
            self.when_joined = None;
            let told = self.typing.finished();
            self.tell_typing(told);
        }
    }

    fn pump(&mut self, time: Millis) {
        let secret = match &self.stage {
            Stage::Joining { secret } => secret,
            Stage::Conversation(conversation) => &conversation.secret,
            Stage::Welcome { .. } | Stage::Stopped(_) => return,
        };
        while let Some(item) = self.outbox.next_due(time) {
            if let Some(text) = encode(&item.command.frame(item.cid.clone(), secret)) {
                self.link.transmit(text, &mut self.shell);
            }
        }
    }

    /// Tells what is not durable: presence, marks, typing.
    fn tell(&mut self, time: Millis) {
        if self.is_talking() {
            let told = self.typing.tick(time);
            self.tell_typing(told);
        } else {
            self.typing.disconnected();
        }
        let can_mark = self.can(Capability::Marks);
        let Stage::Conversation(conversation) = &mut self.stage else { return };
        if conversation.is_over() {
            return;
        }
        let mark = if can_mark { conversation.receipts.due(time) } else { None };
        if self.told_visible != Some(self.visible) {
            self.told_visible = Some(self.visible);
            self.transmit(&VisitorFrame::Presence { visible: self.visible });
        }
        if let Some(mark) = mark {
            self.transmit(&VisitorFrame::Mark(mark));
        }
    }

    fn tell_typing(&mut self, told: Option<bool>) {
        if let Some(on) = told
            && self.link.is_ready()
            && self.can(Capability::Typing)
        {
            self.transmit(&VisitorFrame::Typing { on });
        }
    }

    /// After the end, the connection goes as soon as nothing more is to be said or heard on it.
    fn close_after_end(&mut self, time: Millis) {
        let is_silent = self.has_nothing_to_tell();
        if let Stage::Conversation(conversation) = &mut self.stage
            && let Part::Ended(end) = &mut conversation.part
            && end.linger.is_some_and(|until| time >= until)
            && is_silent
        {
            end.linger = None;
            self.link.close(&mut self.shell);
            conversation.disconnected();
            self.typing.disconnected();
        }
    }

    /// Whether nothing but words that can no longer be sent is left in the outbox.
    fn has_nothing_to_tell(&self) -> bool {
        self.outbox.items().iter().all(|item| matches!(item.command, Durable::Send { .. }))
    }

    fn save_soon(&mut self, time: Millis) {
        self.save_at = self.save_at.map(|_| time);
    }

    fn save(&mut self, time: Millis) {
        let Some(state) = self.to_be_saved() else {
            self.save_at = None;
            return;
        };
        if self.saved.as_ref() == Some(&state) && self.save_at.is_none_or(|at| time < at) {
            return;
        }
        self.save_at = None;
        self.saved = Some(state);
        if let Some(text) = self.snapshot().as_ref().and_then(encode) {
            self.shell.want(Effect::Save(text));
        }
    }

    /// What a snapshot would say now, or `None` where nothing may be kept.
    fn to_be_saved(&self) -> Option<Saved> {
        let place = match &self.stage {
            Stage::Welcome { .. } | Stage::Stopped(_) => return None,
            Stage::Joining { .. } => 0,
            Stage::Conversation(conversation) => match conversation.part {
                Part::Waiting(_) => 1,
                Part::Talking(_) => 2,
                Part::Ended(_) => return None,
            },
        };
        Some(Saved { outbox: self.outbox.version(), place, when_joined: self.when_joined.clone() })
    }

    fn snapshot(&self) -> Option<Snapshot> {
        let (secret, place) = match &self.stage {
            Stage::Welcome { .. } | Stage::Stopped(_) => return None,
            Stage::Joining { secret } => (secret, Place::Joining),
            Stage::Conversation(conversation) => match &conversation.part {
                Part::Waiting(_) => (&conversation.secret, Place::Waiting),
                Part::Talking(talk) => (&conversation.secret, Place::Talking(talk.with.clone())),
                Part::Ended(_) => return None,
            },
        };
        let stored = |item: &Item<Durable>| Stored {
            cid: item.cid.clone(),
            refused: item.state == ItemState::Refused,
            command: item.command.clone(),
        };
        let outbox = self.outbox.items().iter().map(stored).collect();
        let draft = self.draft.text().to_owned();
        Some(Snapshot::new(secret.clone(), place, draft, self.when_joined.clone(), outbox))
    }

    /// Makes the list of entries anew if it changed.
    fn refresh(&mut self) {
        if let Stage::Conversation(conversation) = &self.stage {
            let versions = Some((conversation.transcript.version(), self.outbox.version()));
            if self.listed != versions {
                self.listed = versions;
                self.entries = Arc::new(conversation.transcript.list(&self.outbox));
            }
            self.unread = conversation.transcript.unread_after(conversation.receipts.last_read());
        }
    }

    fn has_unread_words(&self) -> bool {
        let is_unheard = match &self.stage {
            Stage::Conversation(conversation) => conversation.has_unheard(),
            Stage::Welcome { .. } | Stage::Joining { .. } | Stage::Stopped(_) => false,
        };
        let is_pending = self.outbox.items().iter().any(|item| matches!(item.command, Durable::Send { .. }));
        is_unheard || is_pending || !self.draft.is_blank()
    }

    pub(super) fn push(&mut self, command: Durable) {
        let cid = self.shell.cid();
        self.outbox.push(cid, command);
    }

    pub(super) fn transmit(&mut self, frame: &VisitorFrame) {
        if let Some(text) = encode(frame) {
            self.link.transmit(text, &mut self.shell);
        }
    }

    pub(super) fn can(&self, capability: Capability) -> bool {
        self.caps.contains(&capability)
    }

    fn is_joining(&self) -> bool {
        matches!(self.stage, Stage::Joining { .. })
    }

    fn is_waiting(&self) -> bool {
        matches!(&self.stage, Stage::Conversation(c) if matches!(c.part, Part::Waiting(_)))
    }

    fn is_talking(&self) -> bool {
        matches!(&self.stage, Stage::Conversation(c) if matches!(c.part, Part::Talking(_)))
    }

    pub(super) fn is_visible(&self) -> bool {
        self.visible
    }
}
