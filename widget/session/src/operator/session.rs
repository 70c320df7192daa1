//! The state machine of an operator's console: inputs in, effects and a view out.
//!
//! As with a visitor, commands and frames change the state, and `settle` does what follows from the change.

use std::sync::Arc;

use tealight_protocol::{
    Alternative, Announcement, Availability, Block, Board, Canned, Capability, ConversationId, Instance,
    OperatorFrame, OperatorHello, OperatorId, Person, QueryKind, Right, Role, Roster, Waits, limits,
};

use super::asks::{Ask, Asks, Paged};
use super::changes::RefusedChange;
use super::conversation::Conversation;
use super::durable::{Durable, Transfer};
use super::fresh::Fresh;
use super::watches::Watches;
use super::{Abilities, Config, ConversationView, Input, Refusal, View};
use crate::clock::{Clock, earlier};
use crate::link::{Link, Loss, News};
use crate::outbox::{Item, ItemState, Outbox};
use crate::shell::{Shell, encode};
use crate::{Effect, Entropy, Fact, Millis};

/// How often the roster is asked for while somebody looks at it, and otherwise, in milliseconds.
const ROSTER_OFTEN_MS: Millis = 15_000;
const ROSTER_SELDOM_MS: Millis = 300_000;

/// How often the list of blocks is asked for while somebody looks at it, and otherwise, in milliseconds.
const BLOCKS_OFTEN_MS: Millis = 10_000;
const BLOCKS_SELDOM_MS: Millis = 60_000;

/// How often the figures of waits are asked for while somebody looks at them, in milliseconds.
const WAITS_OFTEN_MS: Millis = 5_000;

/// An operator's session.
pub struct Session {
    config: Config,
    pub(super) shell: Shell,
    clock: Clock,
    pub(super) link: Link,
    inst: Instance,
    pub(super) epoch: Option<tealight_protocol::Epoch>,
    pub(super) caps: Vec<Capability>,
    pub(super) text_limit: u32,
    pub(super) who: Option<Person>,
    pub(super) availability: Avail,
    /// What this session said last, until the backend shows that it was heard.
    pub(super) said: Option<Avail>,
    pub(super) rights: Vec<Right>,
    pub(super) board: Arc<Board>,
    pub(super) asks: Asks,
    pub(super) canned: Paged<Canned>,
    pub(super) has_canned: bool,
    pub(super) offers: Paged<Alternative>,
    pub(super) watches: Watches,
    pub(super) conversations: Vec<Conversation>,
    pub(super) outbox: Outbox<Durable>,
    pub(super) refusal: Option<Refusal>,
    /// A conversation that a claim has won, and that has not come.
    pub(super) awaited: Option<Awaited>,
    pub(super) announcement: Announcement,
    pub(super) roster: Fresh<Roster>,
    pub(super) waits: Fresh<Waits>,
    pub(super) blocks: Fresh<Vec<Block>>,
    /// Changes that were refused, until that was read.
    pub(super) refused_changes: Vec<RefusedChange>,
    pub(super) visible: bool,
    shown: Arc<Vec<Arc<ConversationView>>>,
}

/// What must follow on the `ack` of a claim: the conversation, as much as the `ack` itself. The answer to a claim
/// that was told again may be older than what became of it.
#[derive(Debug)]
pub(super) struct Awaited {
    pub(super) conv: ConversationId,
    pub(super) by: Millis,
}

/// How an operator is available.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Avail {
    pub(super) status: Availability,
    pub(super) capacity: u8,
    pub(super) last_chat: bool,
}

/// Says nothing about the conversations.
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
            text_limit: limits::TEXT_CHARS as u32,
            who: None,
            availability: Avail { status: Availability::Paused, capacity: 1, last_chat: false },
            said: None,
            rights: Vec::new(),
            board: Arc::default(),
            asks: Asks::default(),
            canned: Paged::default(),
            has_canned: false,
            offers: Paged::default(),
            watches: Watches::default(),
            conversations: Vec::new(),
            outbox: Outbox::new(),
            refusal: None,
            awaited: None,
            announcement: Announcement::default(),
            roster: Fresh::new(ROSTER_OFTEN_MS, Some(ROSTER_SELDOM_MS)),
            waits: Fresh::new(WAITS_OFTEN_MS, None),
            blocks: Fresh::new(BLOCKS_OFTEN_MS, Some(BLOCKS_SELDOM_MS)),
            refused_changes: Vec::new(),
            visible: true,
            shown: Arc::default(),
        }
    }

    /// Takes one input.
    pub fn handle(&mut self, now: Millis, input: Input) {
        let time = self.clock.advance(now);
        match input {
            Input::Fact(fact) => self.fact(time, &fact),
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
        let mut next = self.link.timeout();
        for conversation in &self.conversations {
            next = earlier(next, conversation.typing_until());
            if self.link.is_ready() {
                next = earlier(next, conversation.log.timeout());
                next = earlier(next, conversation.typing.timeout());
                let marks = conversation.receipts.timeout();
                next = earlier(next, marks.filter(|_| self.can_mark(conversation)));
            }
        }
        if self.link.is_ready() {
            next = earlier(next, self.outbox.timeout());
            next = earlier(next, self.awaited.as_ref().map(|awaited| awaited.by));
            next = earlier(next, self.asks.timeout());
            next = earlier(next, self.watches.timeout());
            next = earlier(next, self.roster.timeout(self.visible));
            next = earlier(next, self.waits.timeout(self.visible));
            next = earlier(next, self.blocks.timeout(self.visible));
        }
        next.map(|time| self.clock.to_shell(time))
    }

    /// What the console shows.
    pub fn view(&self) -> View {
        View {
            connection: self.link.connection(!self.conversations.is_empty()),
            who: self.who.clone(),
            status: self.availability.status,
            capacity: self.availability.capacity,
            last_chat: self.availability.last_chat,
            board: Arc::clone(&self.board),
            conversations: Arc::clone(&self.shown),
            canned: Arc::clone(self.canned.whole()),
            offers: Arc::clone(self.offers.whole()),
            abilities: Abilities {
                transfer: self.can(Capability::Transfer),
                notes: self.can(Capability::Notes),
                offers: self.can(Capability::Offers),
                watch: self.can(Capability::Watch) && self.rights.contains(&Right::Watch),
                block: self.can(Capability::Blocks),
                roster: self.can(Capability::Roster),
                coordinate: self.coordinates(),
            },
            announcement: self.announcement.clone(),
            roster: self.roster.heard().cloned(),
            waits: self.waits.heard().cloned(),
            blocks: self.blocks.heard().cloned(),
            changes: self.changes(),
            claiming: self.is_claiming(),
            refusal: self.refusal,
        }
    }

    fn fact(&mut self, time: Millis, fact: &Fact) {
        match self.link.fact(time, fact, &mut self.shell) {
            News::Nothing => {}
            News::Opened => self.greet(),
            News::Received => {
                if let Fact::SocketReceived(_, text) = fact {
                    self.frame(time, text);
                }
            }
            News::Lost(loss) => self.lost(loss),
        }
        match fact {
            Fact::Shown => self.visible = true,
            Fact::Hidden => self.visible = false,
            Fact::SocketOpened(_)
            | Fact::SocketReceived(..)
            | Fact::SocketClosed(..)
            | Fact::PageLeft
            | Fact::PageRestored
            | Fact::Online
            | Fact::Offline
            | Fact::Solved(..)
            | Fact::Tick => {}
        }
    }

    fn greet(&mut self) {
        let mine = self.conversations.iter().filter(|one| one.is_held() && one.log.last() > 0);
        let after: std::collections::BTreeMap<ConversationId, u64> =
            mine.map(|one| (one.id.clone(), one.log.last())).collect();
        let hello = OperatorFrame::Hello(OperatorHello {
            role: Role::Operator,
            inst: self.inst.clone(),
            auth: self.config.token.clone(),
            caps: vec![
                Capability::Typing,
                Capability::Marks,
                Capability::Offers,
                Capability::Links,
                Capability::Transfer,
                Capability::Notes,
                Capability::Watch,
                Capability::Roster,
                Capability::Blocks,
            ],
            epoch: self.epoch.clone().filter(|_| !after.is_empty()),
            after,
        });
        self.transmit(&hello);
    }

    pub(super) fn lost(&mut self, loss: Loss) {
        self.outbox.disconnected();
        self.asks.disconnected();
        self.canned.disconnected();
        self.offers.disconnected();
        self.watches.disconnected();
        self.roster.disconnected();
        self.waits.disconnected();
        self.blocks.disconnected();
        for conversation in &mut self.conversations {
            conversation.disconnected();
        }
        match loss {
            // The backend knows the reason for a stop; the view shows it as the connection.
            Loss::Retrying | Loss::Stopped(_) => {}
            Loss::TooBig => self.refuse_largest(),
        }
    }

    fn refuse_largest(&mut self) {
        let sent = self.outbox.items().iter().filter(|item| item.sends > 0);
        let length = |item: &&Item<Durable>| match &item.command {
            Durable::Send { text, .. } if item.state == ItemState::Waiting => text.as_str().len(),
            Durable::Claim(_)
            | Durable::Send { .. }
            | Durable::Offer { .. }
            | Durable::Note { .. }
            | Durable::Transfer(_)
            | Durable::End { .. }
            | Durable::Block { .. }
            | Durable::Change(_) => 0,
        };
        if let Some(cid) =
            sent.max_by_key(length).filter(|item| length(item) > 0).map(|item| item.cid.clone())
        {
            self.outbox.set(&cid, ItemState::Refused);
        }
    }

    /// What follows from whatever just happened: missing events, the outbox, small news, the list.
    fn settle(&mut self, time: Millis) {
        if self.link.is_ready() {
            let is_late = |one: &Conversation| one.log.timeout().is_some_and(|at| time >= at);
            let is_missing = self.awaited.as_ref().is_some_and(|awaited| time >= awaited.by);
            if (is_missing || self.outbox.is_overdue(time) || self.conversations.iter().any(is_late))
                && let News::Lost(loss) = self.link.restart(time, &mut self.shell)
            {
                self.lost(loss);
            }
        }
        for conversation in &mut self.conversations {
            conversation.tick(time);
        }
        if self.link.is_ready() {
            // A whisper is taken only from somebody who watches: that is said before it.
            self.watch(time);
            self.pump(time);
            self.tell(time);
            self.ask(time);
        }
        self.refresh();
    }

    fn pump(&mut self, time: Millis) {
        while let Some(item) = self.outbox.next_due(time) {
            let conv = item.command.conversation();
            let about = self.conversations.iter().find(|one| Some(&one.id) == conv);
            let claim = about.filter(|one| !one.watched).map(|one| one.claim);
            if let Some(text) = encode(&item.command.frame(item.cid.clone(), claim)) {
                self.link.transmit(text, &mut self.shell);
            }
        }
    }

    /// Says what is to be watched.
    fn watch(&mut self, time: Millis) {
        for conv in self.watches.due(time) {
            self.transmit(&OperatorFrame::Watch { conv, on: true });
        }
    }

    /// Asks what is to be known.
    fn ask(&mut self, time: Millis) {
        if self.can(Capability::Notes) {
            let incomplete =
                self.conversations.iter().filter(|one| one.is_followed() && one.notes.is_incomplete());
            for conv in incomplete.map(|one| one.id.clone()).collect::<Vec<_>>() {
                self.wonder(time, Ask::Notes(conv));
            }
        }
        if self.roster.is_due(time, self.visible) {
            self.wonder(time, Ask::Roster);
        }
        if self.waits.is_due(time, self.visible) {
            self.wonder(time, Ask::Waits);
        }
        if self.blocks.is_due(time, self.visible) {
            self.wonder(time, Ask::Blocks);
        }
        for (cid, ask) in self.asks.due(time) {
            let (what, after, conv) = match ask {
                Ask::Canned => (QueryKind::Canned, self.canned.after(), None),
                Ask::Board => (QueryKind::Board, 0, None),
                Ask::Roster => (QueryKind::Roster, 0, None),
                Ask::Waits => (QueryKind::Waits, 0, None),
                Ask::Blocks => (QueryKind::Blocks, 0, None),
                Ask::Offers => (QueryKind::Offers, self.offers.after(), None),
                Ask::Notes(conv) => {
                    let after = self.find(&conv).map_or(0, |one| one.notes.last());
                    (QueryKind::Notes, after, Some(conv))
                }
            };
            self.transmit(&OperatorFrame::Query { cid, what, conv, after });
        }
    }

    /// Tells what is not durable: marks and typing. Asks for missing events.
    fn tell(&mut self, time: Millis) {
        let can_mark = self.caps.contains(&Capability::Marks);
        let can_type = self.caps.contains(&Capability::Typing);
        let mut frames = Vec::new();
        for conversation in &mut self.conversations {
            let conv = conversation.id.clone();
            if let Some(after) = conversation.log.ask(time) {
                frames.push(OperatorFrame::Sync { conv: conv.clone(), after });
            }
            if conversation.is_over() || conversation.watched {
                conversation.typing.disconnected();
                continue;
            }
            if let Some(on) = conversation.typing.tick(time).filter(|_| can_type) {
                frames.push(OperatorFrame::Typing { conv: conv.clone(), on });
            }
            if can_mark && let Some(mark) = conversation.receipts.due(time) {
                frames.push(OperatorFrame::Mark { conv, mark });
            }
        }
        for frame in &frames {
            self.transmit(frame);
        }
    }

    fn can_mark(&self, conversation: &Conversation) -> bool {
        self.can(Capability::Marks) && conversation.is_held() && !conversation.is_over()
    }

    pub(super) fn tell_typing(&mut self, conv: ConversationId, told: Option<bool>) {
        if let Some(on) = told
            && self.link.is_ready()
            && self.can(Capability::Typing)
        {
            self.transmit(&OperatorFrame::Typing { conv, on });
        }
    }

    pub(super) fn say_availability(&mut self) {
        if self.link.is_ready() {
            let Avail { status, capacity, last_chat } = self.availability;
            self.transmit(&OperatorFrame::State { status, capacity, last_chat });
        }
    }

    /// Has a question asked.
    pub(super) fn wonder(&mut self, time: Millis, ask: Ask) {
        let cid = self.shell.cid();
        self.asks.push(time, cid, ask);
    }

    /// Makes the list of conversations anew; those that did not change stay the same.
    fn refresh(&mut self) {
        let mut changed = self.shown.len() != self.conversations.len();
        let mut list = Vec::with_capacity(self.conversations.len());
        for (at, conversation) in self.conversations.iter().enumerate() {
            let view = conversation.view(&self.outbox, self.who.as_ref().map(|who| &who.id));
            match self.shown.get(at) {
                Some(shown) if **shown == view => list.push(Arc::clone(shown)),
                Some(_) | None => {
                    changed = true;
                    list.push(Arc::new(view));
                }
            }
        }
        if changed {
            self.shown = Arc::new(list);
        }
    }

    pub(super) fn is_claiming(&self) -> bool {
        self.awaited.is_some()
            || self.outbox.items().iter().any(|item| matches!(item.command, Durable::Claim(_)))
    }

    /// Whether a conversation is being passed on.
    pub(super) fn is_passing_on(&self, wanted: &ConversationId) -> bool {
        self.outbox
            .items()
            .iter()
            .any(|item| matches!(&item.command, Durable::Transfer(Transfer { conv, .. }) if conv == wanted))
    }

    pub(super) fn can(&self, capability: Capability) -> bool {
        self.caps.contains(&capability)
    }

    pub(super) fn push(&mut self, command: Durable) {
        let cid = self.shell.cid();
        self.outbox.push(cid, command);
    }

    pub(super) fn transmit(&mut self, frame: &OperatorFrame) {
        if let Some(text) = encode(frame) {
            self.link.transmit(text, &mut self.shell);
        }
    }

    pub(super) fn find(&mut self, conv: &ConversationId) -> Option<&mut Conversation> {
        self.conversations.iter_mut().find(|one| one.id == *conv)
    }

    /// A conversation that is the operator's or watched.
    pub(super) fn followed(&mut self, conv: &ConversationId) -> Option<&mut Conversation> {
        self.find(conv).filter(|one| one.is_followed())
    }

    /// A conversation that is the operator's.
    pub(super) fn held(&mut self, conv: &ConversationId) -> Option<&mut Conversation> {
        self.find(conv).filter(|one| one.is_held())
    }

    /// A moment of the session's time by the shell's clock.
    pub(super) fn shell_time(&self, time: Millis) -> Millis {
        self.clock.to_shell(time)
    }

    pub(super) fn me(&self) -> Option<OperatorId> {
        self.who.as_ref().map(|who| who.id.clone())
    }
}
