//! What an operator wants, and what it changes.

use tealight_protocol::{Capability, ConversationId, ErrorCode, OperatorFrame, limits};

use super::asks::Ask;
use super::conversation::Conversation;
use super::durable::{Durable, Transfer};
use super::session::{Avail, Session};
use super::{Command, Refusal, Refused};
use crate::Millis;
use crate::link::Loss;

impl Session {
    pub(super) fn command(&mut self, time: Millis, command: Command) {
        match command {
            Command::Open => self.link.open(time, &mut self.shell),
            Command::Avail { status, capacity, last_chat } => {
                let capacity = capacity.clamp(1, limits::CAPACITY);
                self.availability = Avail { status, capacity, last_chat };
                self.said = Some(self.availability);
                self.say_availability();
            }
            Command::Claim(conv) => {
                if !self.is_claiming() {
                    self.refusal = None;
                    self.push(Durable::Claim(conv));
                }
            }
            Command::Edit(conv, text) => {
                let Some(conversation) = self.find(&conv) else { return };
                conversation.draft.edit(text);
                let told = if conversation.is_open() {
                    conversation.typing.key(time, conversation.draft.is_blank())
                } else {
                    conversation.typing.finished()
                };
                self.tell_typing(conv, told);
            }
            Command::Attach(conv, link) => {
                if let Some(conversation) = self.find(&conv) {
                    conversation.link = link.filter(tealight_protocol::Link::is_allowed);
                }
            }
            Command::UseCanned(conv, text) => {
                if let Some(conversation) = self.find(&conv) {
                    conversation.draft.put_after(&text);
                }
            }
            Command::Send(conv) => {
                let cid = self.shell.cid();
                let is_going = self.is_passing_on(&conv);
                let Some(conversation) = self.find(&conv) else { return };
                if conversation.is_open()
                    && !is_going
                    && let Some(text) = conversation.draft.take()
                {
                    let link = conversation.link.take();
                    let told = conversation.typing.finished();
                    self.outbox.push(cid, Durable::Send { conv: conv.clone(), text, link });
                    self.tell_typing(conv, told);
                }
            }
            Command::TryAgain(conv, cid) => {
                let fresh = self.shell.cid();
                let is_note =
                    self.outbox.find(&cid).is_some_and(|item| matches!(item.command, Durable::Note { .. }));
                let may = |one: &mut Conversation| if is_note { one.takes_notes() } else { one.is_open() };
                if !self.is_passing_on(&conv) && self.find(&conv).is_some_and(may) {
                    self.outbox.try_again(&cid, fresh);
                }
            }
            Command::Offer(conv, wanted) => {
                let alternative = self.offers.whole().iter().find(|one| one.id == wanted).cloned();
                let may = self.can(Capability::Offers) && !self.is_passing_on(&conv);
                if may
                    && let Some(alternative) = alternative
                    && self.find(&conv).is_some_and(|one| one.is_open())
                {
                    self.refusal = None;
                    self.push(Durable::Offer { conv, alternative });
                }
            }
            Command::LookUpOffers => {
                if self.link.is_ready() && self.can(Capability::Offers) {
                    self.wonder(time, Ask::Offers);
                }
            }
            Command::Transfer { conv, to, reason, note } => {
                let may = self.can(Capability::Transfer) && !self.is_passing_on(&conv);
                if may && let Some(one) = self.find(&conv).filter(|one| one.is_open()) {
                    let (claim, told) = (one.claim, one.typing.finished());
                    self.refusal = None;
                    self.push(Durable::Transfer(Transfer { conv: conv.clone(), claim, to, reason, note }));
                    self.tell_typing(conv, told);
                }
            }
            Command::EditNote(conv, text) => {
                if let Some(conversation) = self.find(&conv) {
                    conversation.notes.draft.edit(text);
                }
            }
            Command::SendNote(conv) => {
                let cid = self.shell.cid();
                let may = self.can(Capability::Notes) && !self.is_passing_on(&conv);
                if may
                    && let Some(conversation) = self.find(&conv).filter(|one| one.takes_notes())
                    && let Some(text) = conversation.notes.take()
                {
                    self.outbox.push(cid, Durable::Note { conv, text });
                }
            }
            Command::Watch(conv) => {
                if self.held(&conv).is_none() && !self.watches.want(time, conv) {
                    self.refusal = Some(Refusal { code: ErrorCode::Conflict, what: Refused::Watch });
                }
            }
            Command::Unwatch(conv) => self.unwatch(&conv),
            Command::Read(conv, seq) => {
                let visible = self.visible;
                if let Some(conversation) = self.find(&conv).filter(|_| visible) {
                    let last = conversation.log.last();
                    conversation.receipts.read(seq.min(last));
                }
            }
            Command::End(conv) => {
                let end = Durable::End { conv: conv.clone() };
                let is_wanted =
                    self.is_passing_on(&conv) || self.outbox.items().iter().any(|item| item.command == end);
                if !is_wanted && self.held(&conv).is_some_and(|conversation| !conversation.is_over()) {
                    self.push(end);
                }
            }
            Command::Block(conv, reason) => {
                let is_ending = |command: &Durable| match command {
                    Durable::End { conv: other } | Durable::Block { conv: other, .. } => *other == conv,
                    _ => false,
                };
                let is_wanted = self.is_passing_on(&conv)
                    || self.outbox.items().iter().any(|item| is_ending(&item.command));
                let may = self.can(Capability::Blocks)
                    && !is_wanted
                    && self.find(&conv).is_some_and(|one| one.is_open());
                if may {
                    self.refusal = None;
                    self.push(Durable::Block { conv, reason });
                }
            }
            Command::Dismiss(conv) => {
                if self.find(&conv).is_some_and(|one| one.watched) {
                    self.unwatch(&conv);
                }
                self.conversations.retain(|one| one.id != conv || !one.is_over());
                if self.find(&conv).is_none() {
                    self.outbox.retain(|item| item.command.conversation() != Some(&conv));
                }
            }
            Command::DismissRefusal => self.refusal = None,
            Command::Change(change) => self.change(change),
            Command::DismissChange(cid) => self.refused_changes.retain(|refused| refused.cid != cid),
            Command::FollowRoster(on) => self.roster.watch(time, on),
            Command::FollowWaits(on) => self.waits.watch(time, on),
            Command::FollowBlocks(on) => self.blocks.watch(time, on),
            Command::Close => {
                self.link.close(&mut self.shell);
                self.lost(Loss::Retrying);
            }
        }
    }

    /// Watches a conversation no longer, and lets go of what was seen of it.
    fn unwatch(&mut self, conv: &ConversationId) {
        if self.watches.drop(conv) && self.link.is_ready() {
            self.transmit(&OperatorFrame::Watch { conv: conv.clone(), on: false });
        }
        self.asks.drop(&Ask::Notes(conv.clone()));
        self.conversations.retain(|one| one.id != *conv || !one.watched);
        if self.find(conv).is_none() {
            self.outbox.retain(|item| item.command.conversation() != Some(conv));
        }
    }
}
