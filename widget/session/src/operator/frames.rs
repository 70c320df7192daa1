//! What a backend's frames change in an operator's session.

use std::sync::Arc;

use tealight_protocol::{
    Alternative, Block, Board, Canned, Capability, Cid, ConversationId, ErrorCode, Event, Note,
    OperatorConversation, OperatorFrame, OperatorReady, ReleaseReason, Roster, Seq, ToOperator, Waits,
    limits::ACK_TIMEOUT_MS,
};

use super::asks::Ask;
use super::board::{self, Change};
use super::conversation::{Conversation, Echo};
use super::durable::{Durable, Transfer};
use super::session::{Avail, Awaited, Session};
use super::{Refusal, Refused};
use crate::Millis;
use crate::link::PONG;
use crate::outbox::ItemState;

impl Session {
    /// Takes a frame of the live socket. One that cannot be read is as good as one of a later version.
    pub(super) fn frame(&mut self, time: Millis, text: &str) {
        let Ok(frame) = serde_json::from_str::<ToOperator>(text) else { return };
        match frame {
            ToOperator::Ready(ready) => self.ready(time, ready),
            ToOperator::Ack { cid, conv, seq, n, .. } => self.acknowledged(time, &cid, conv, seq, n),
            ToOperator::Error { cid: Some(cid), code, retry, retry_ms, .. } => {
                if self.asks.is_open(&cid) {
                    self.unanswered(time, &cid, retry, retry_ms);
                } else if retry {
                    self.outbox.defer(&cid, time, retry_ms);
                } else {
                    self.refused(time, &cid, code);
                }
            }
            ToOperator::Error { cid: None, code, retry, retry_ms, .. } => {
                if let Some(conv) = self.watches.refused(time, retry, retry_ms) {
                    self.watch_refused(&conv, code);
                }
            }
            ToOperator::Event { conv, event } => self.event(&conv, &event),
            ToOperator::History { conv, events, last, .. } => {
                let before = self.followed(&conv).map_or(0, |one| one.log.last());
                for event in &events {
                    self.event(&conv, event);
                }
                if let Some(conversation) = self.followed(&conv) {
                    conversation.log.heard_of(last);
                    conversation.log.answered(before);
                }
            }
            ToOperator::Assigned { conversation } => self.assigned(&conversation),
            ToOperator::Watching { conversation } => self.watching(&conversation),
            ToOperator::Watchers { conv, who } => {
                if let Some(conversation) = self.followed(&conv) {
                    conversation.watchers = who;
                }
            }
            ToOperator::Note { conv, note } => {
                if let Some(cid) = self.followed(&conv).and_then(|conversation| conversation.noted(note)) {
                    self.outbox.remove(&cid);
                }
            }
            ToOperator::Released { conv, reason } => self.released(&conv, reason),
            ToOperator::Board(board) => self.board(time, board),
            ToOperator::Typing { conv, on } => {
                if let Some(conversation) = self.followed(&conv) {
                    conversation.visitor_typing(on, time);
                }
            }
            ToOperator::Marks { conv, marks } => {
                if let Some(conversation) = self.followed(&conv) {
                    conversation.marked(marks);
                }
            }
            ToOperator::Presence { conv, presence, since } => {
                if let Some(conversation) = self.followed(&conv) {
                    conversation.visitor_is(presence, since);
                }
            }
            ToOperator::Result { cid, items, offers, notes, roster, waits, blocks, more } => {
                let page = Page { items, offers, notes, roster, waits, blocks, more };
                self.answered(time, &cid, page);
            }
            ToOperator::Bye { spread_ms, .. } => self.link.bye(spread_ms),
            ToOperator::Ping => self.link.transmit(PONG.to_owned(), &mut self.shell),
            ToOperator::Announcement(announcement) => self.announcement = announcement,
            ToOperator::Pong | ToOperator::Unknown => {}
        }
    }

    fn ready(&mut self, time: Millis, ready: OperatorReady) {
        if !self.link.ready(time, ready.ping_s) {
            return;
        }
        self.epoch = Some(ready.epoch);
        self.caps = ready.caps;
        self.rights = ready.rights;
        self.text_limit = ready.limits.text;
        self.who = Some(ready.who);
        let heard = Avail { status: ready.status, capacity: ready.capacity, last_chat: ready.last_chat };
        match self.said {
            Some(said) if said != heard => self.say_availability(),
            Some(_) | None => {
                self.said = None;
                self.availability = heard;
            }
        }
        if ready.convs.iter().any(|conversation| conversation.reset) {
            self.outbox.log_reset();
        }
        // Whatever is not named is no longer ours; what became of it meanwhile was not for us to hear.
        let lost: Vec<ConversationId> = self
            .conversations
            .iter()
            .filter(|one| one.is_held() && !ready.convs.iter().any(|named| named.id == one.id))
            .map(|one| one.id.clone())
            .collect();
        for conv in &lost {
            self.released(conv, ReleaseReason::Unknown);
        }
        for conversation in &ready.convs {
            self.assigned(conversation);
        }
        if self.awaited.take().is_some_and(|awaited| self.held(&awaited.conv).is_none()) {
            self.refusal = Some(Refusal { code: ErrorCode::NotFound, what: Refused::Claim });
        }
        self.board = Arc::new(Board { full: true, ..ready.board });
        self.announcement = ready.announcement.unwrap_or_default();
        if !self.has_canned {
            self.wonder(time, Ask::Canned);
        }
        if self.can(Capability::Offers) {
            self.wonder(time, Ask::Offers);
        }
        if self.can(Capability::Roster) {
            self.roster.connected(time);
            self.waits.connected(time);
        }
        if self.reviews() {
            self.blocks.connected(time);
        }
    }

    /// A conversation is ours, with what we do not have of it yet.
    fn assigned(&mut self, from: &OperatorConversation) {
        self.awaited.take_if(|awaited| awaited.conv == from.id);
        let limit = self.text_limit;
        let conversation = match self.conversations.iter().position(|one| one.id == from.id) {
            Some(at) => &mut self.conversations[at],
            None => self.conversations.push_mut(Conversation::new(from)),
        };
        conversation.draft.set_limit(limit);
        if conversation.watched {
            // Watched until now, and ours from here on.
            conversation.watched = false;
            conversation.forget_words();
            self.watches.drop(&from.id);
            self.transmit(&OperatorFrame::Watch { conv: from.id.clone(), on: false });
        }
        let Some(conversation) = self.find(&from.id) else { return };
        conversation.updated(from);
        for event in &from.events {
            self.event(&from.id, event);
        }
    }

    /// A conversation of somebody else is watched from here on, and begins anew on this screen.
    fn watching(&mut self, from: &OperatorConversation) {
        if self.held(&from.id).is_some() || !self.watches.answered(&from.id) {
            return self.transmit(&OperatorFrame::Watch { conv: from.id.clone(), on: false });
        }
        let conversation = match self.conversations.iter().position(|one| one.id == from.id) {
            Some(at) => &mut self.conversations[at],
            None => self.conversations.push_mut(Conversation::new(from)),
        };
        conversation.watched = true;
        conversation.forget_words();
        conversation.updated(from);
        for event in &from.events {
            self.event(&from.id, event);
        }
    }

    /// A conversation cannot be watched, or not any more.
    fn watch_refused(&mut self, conv: &ConversationId, code: ErrorCode) {
        if self.find(conv).is_some_and(|one| one.watched) {
            let is_gone = code == ErrorCode::NotFound;
            let reason = if is_gone { ReleaseReason::Erased } else { ReleaseReason::Unknown };
            self.released(conv, reason);
        } else {
            self.refusal = Some(Refusal { code, what: Refused::Watch });
        }
    }

    fn event(&mut self, conv: &ConversationId, event: &Event) {
        let me = self.me();
        let Some(conversation) = self.followed(conv) else { return };
        let echo = conversation.apply(event, me.as_ref());
        let is_over = conversation.is_over();
        match echo {
            Some(Echo::Message(cid)) => drop(self.outbox.remove(&cid)),
            Some(Echo::Offer(id)) => self.offered(conv, &id),
            None => {}
        }
        if is_over {
            self.give_up(conv);
        }
    }

    /// An offer of ours is in the log: of several alike, the one that went first.
    fn offered(&mut self, conv: &ConversationId, id: &str) {
        let is_it = |command: &Durable| matches!(command, Durable::Offer { conv: about, alternative } if about == conv && alternative.id == id);
        if let Some(cid) =
            self.outbox.items().iter().find(|item| is_it(&item.command)).map(|item| item.cid.clone())
        {
            self.outbox.remove(&cid);
        }
    }

    fn released(&mut self, conv: &ConversationId, reason: ReleaseReason) {
        self.watches.drop(conv);
        self.asks.drop(&Ask::Notes(conv.clone()));
        if let Some(conversation) = self.find(conv) {
            conversation.released(reason);
        }
        if self.awaited.take_if(|awaited| awaited.conv == *conv).is_some() {
            self.refusal = Some(Refusal { code: ErrorCode::NotFound, what: Refused::Claim });
        }
        if reason == ReleaseReason::Erased {
            self.outbox.retain(|item| item.command.conversation() != Some(conv));
        }
        self.give_up(conv);
    }

    /// What is on its way to a conversation that is no longer ours will not arrive. Whether it was passed on is still
    /// to be heard, if that was asked for.
    fn give_up(&mut self, conv: &ConversationId) {
        self.outbox.retain(|item| {
            let is_pointless = match &item.command {
                Durable::Transfer(transfer) => transfer.conv == *conv && item.sends == 0,
                Durable::End { conv: other } | Durable::Block { conv: other, .. } => other == conv,
                _ => false,
            };
            !is_pointless
        });
        self.outbox.refuse(|command| {
            command.conversation() == Some(conv) && !matches!(command, Durable::Transfer(_))
        });
    }

    fn board(&mut self, time: Millis, news: Board) {
        let is_full = news.full;
        match board::apply(&mut self.board, news) {
            Change::Taken => {
                if is_full {
                    self.asks.drop(&Ask::Board);
                }
                self.hear_availability();
            }
            Change::Late => {}
            Change::Gap => self.wonder(time, Ask::Board),
        }
    }

    /// The board says how we are available, perhaps from another window of ours.
    fn hear_availability(&mut self) {
        let Some(me) = self.me() else { return };
        let Some(entry) = self.board.operators.iter().find(|entry| entry.id == me) else { return };
        let heard = Avail { status: entry.status, capacity: entry.capacity, last_chat: entry.last_chat };
        if self.said == Some(heard) {
            self.said = None;
        }
        if self.said.is_none() {
            self.availability = heard;
        }
    }

    /// A page of what was asked for.
    fn answered(&mut self, time: Millis, cid: &Cid, page: Page) {
        let Some(ask) = self.asks.answered(cid) else { return };
        let goes_on = match &ask {
            Ask::Canned => {
                let goes_on = self.canned.page(page.items.unwrap_or_default(), page.more);
                self.has_canned = !goes_on;
                goes_on
            }
            Ask::Offers => self.offers.page(page.offers.unwrap_or_default(), page.more),
            Ask::Notes(conv) => {
                let notes = page.notes.unwrap_or_default();
                let named = self.followed(conv).map(|one| one.notes.page(notes, page.more));
                for cid in named.unwrap_or_default() {
                    self.outbox.remove(&cid);
                }
                // Asked again by itself, as long as something is missing.
                false
            }
            Ask::Roster => {
                let at = self.shell_time(time);
                self.roster.answered(time, at, page.roster);
                self.roster_is_here();
                false
            }
            Ask::Waits => {
                let at = self.shell_time(time);
                self.waits.answered(time, at, page.waits);
                false
            }
            Ask::Blocks => {
                let at = self.shell_time(time);
                self.blocks.answered(time, at, page.blocks);
                false
            }
            Ask::Board => false,
        };
        if goes_on {
            self.wonder(time, ask);
        }
    }

    /// A question was refused.
    fn unanswered(&mut self, time: Millis, cid: &Cid, retry: bool, retry_ms: Option<u64>) {
        match self.asks.refused(time, cid, retry, retry_ms) {
            Some(Ask::Notes(conv)) => {
                if let Some(conversation) = self.find(&conv) {
                    conversation.notes.give_up();
                }
            }
            Some(Ask::Roster) => {
                self.roster.refused();
                self.roster_is_here();
            }
            Some(Ask::Waits) => self.waits.refused(),
            Some(Ask::Blocks) => self.blocks.refused(),
            Some(Ask::Canned | Ask::Board | Ask::Offers) | None => {}
        }
    }

    fn acknowledged(
        &mut self,
        time: Millis,
        cid: &Cid,
        conv: Option<ConversationId>,
        seq: Option<Seq>,
        n: Option<u64>,
    ) {
        let Some(item) = self.outbox.find(cid) else { return };
        match item.command.clone() {
            Durable::Send { conv, .. } | Durable::Offer { conv, .. } => {
                let last = self.find(&conv).map_or(0, |one| one.log.last());
                if seq.is_some_and(|seq| seq <= last) {
                    self.outbox.remove(cid);
                } else {
                    self.outbox.set(cid, ItemState::Committed);
                }
            }
            Durable::Claim(_) => {
                self.outbox.remove(cid);
                self.awaited = conv
                    .filter(|conv| self.held(conv).is_none())
                    .map(|conv| Awaited { conv, by: time + ACK_TIMEOUT_MS });
            }
            Durable::Note { conv, .. } => {
                let last = self.find(&conv).map_or(0, |one| one.notes.last());
                if n.is_some_and(|n| n <= last) {
                    self.outbox.remove(cid);
                } else {
                    self.outbox.set(cid, ItemState::Committed);
                }
            }
            Durable::Transfer(Transfer { conv, claim, .. }) => {
                self.outbox.remove(cid);
                // It may have left and come back since.
                if self.find(&conv).is_some_and(|one| one.claim == claim) {
                    self.released(&conv, ReleaseReason::Transferred);
                }
            }
            Durable::End { .. } | Durable::Block { .. } => {
                self.outbox.remove(cid);
            }
            Durable::Change(change) => self.changed(time, cid, change),
        }
    }

    /// A command was refused for good.
    fn refused(&mut self, time: Millis, cid: &Cid, code: ErrorCode) {
        let Some(item) = self.outbox.find(cid) else { return };
        let what = match item.command.clone() {
            Durable::Send { .. } | Durable::Note { .. } => return self.outbox.set(cid, ItemState::Refused),
            Durable::Change(change) => return self.change_refused(time, cid, change, code),
            Durable::Claim(_) => Some(Refused::Claim),
            Durable::End { .. } | Durable::Block { .. } => Some(Refused::End),
            Durable::Offer { .. } => Some(Refused::Offer),
            // How it stands is said where it stands, if it is no longer ours to pass on.
            Durable::Transfer(Transfer { conv, claim, .. }) => {
                let is_ours = self.held(&conv).is_some_and(|one| one.claim == claim && !one.is_over());
                is_ours.then_some(Refused::Transfer)
            }
        };
        self.outbox.remove(cid);
        if let Some(what) = what {
            self.refusal = Some(Refusal { code, what });
        }
    }
}

/// A page of an answer.
struct Page {
    items: Option<Vec<Canned>>,
    offers: Option<Vec<Alternative>>,
    notes: Option<Vec<Note>>,
    roster: Option<Roster>,
    waits: Option<Waits>,
    blocks: Option<Vec<Block>>,
    more: bool,
}
