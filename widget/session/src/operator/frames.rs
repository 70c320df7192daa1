//! What a backend's frames change in an operator's session.

use std::sync::Arc;

use tealight_protocol::{
    Board, Cid, ConversationId, ErrorCode, Event, OperatorConversation, OperatorReady, QueryKind,
    ReleaseReason, Seq, ToOperator, limits::ACK_TIMEOUT_MS,
};

use super::Refusal;
use super::board::{self, Change};
use super::conversation::Conversation;
use super::durable::Durable;
use super::session::{Avail, Awaited, Session};
use crate::Millis;
use crate::link::PONG;
use crate::outbox::ItemState;

impl Session {
    /// Takes a frame of the live socket. One that cannot be read is as good as one of a later version.
    pub(super) fn frame(&mut self, time: Millis, text: &str) {
        let Ok(frame) = serde_json::from_str::<ToOperator>(text) else { return };
        match frame {
            ToOperator::Ready(ready) => self.ready(time, ready),
            ToOperator::Ack { cid, conv, seq, .. } => self.acknowledged(time, &cid, conv, seq),
            ToOperator::Error { cid: Some(cid), code, retry, retry_ms, .. } => {
                if retry {
                    self.outbox.defer(&cid, time, retry_ms);
                } else {
                    self.refused(&cid, code);
                }
            }
            ToOperator::Event { conv, event } => self.event(&conv, &event),
            ToOperator::History { conv, events, last, .. } => {
                let before = self.held(&conv).map_or(0, |one| one.log.last());
                for event in &events {
                    self.event(&conv, event);
                }
                if let Some(conversation) = self.held(&conv) {
                    conversation.log.heard_of(last);
                    conversation.log.answered(before);
                }
            }
            ToOperator::Assigned { conversation } => self.assigned(&conversation),
            ToOperator::Released { conv, reason } => self.released(&conv, reason),
            ToOperator::Board(board) => self.board(board),
            ToOperator::Typing { conv, on } => {
                if let Some(conversation) = self.held(&conv) {
                    conversation.visitor_typing(on, time);
                }
            }
            ToOperator::Marks { conv, marks } => {
                if let Some(conversation) = self.held(&conv) {
                    conversation.marked(marks);
                }
            }
            ToOperator::Presence { conv, presence, since } => {
                if let Some(conversation) = self.held(&conv) {
                    conversation.visitor_is(presence, since);
                }
            }
            ToOperator::Result { cid, items, .. } => {
                if self.canned_query.as_ref() == Some(&cid) {
                    self.canned_query = None;
                    self.has_canned = true;
                    self.canned = Arc::new(items.unwrap_or_default());
                }
            }
            ToOperator::Bye { spread_ms, .. } => self.link.bye(spread_ms),
            ToOperator::Ping => self.link.transmit(PONG.to_owned(), &mut self.shell),
            ToOperator::Note { .. }
            | ToOperator::Watching { .. }
            | ToOperator::Watchers { .. }
            | ToOperator::Error { cid: None, .. }
            | ToOperator::Pong
            | ToOperator::Unknown => {}
        }
    }

    fn ready(&mut self, time: Millis, ready: OperatorReady) {
        if !self.link.ready(time, ready.ping_s) {
            return;
        }
        self.epoch = Some(ready.epoch);
        self.caps = ready.caps;
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
            .filter(|one| !ready.convs.iter().any(|named| named.id == one.id))
            .map(|one| one.id.clone())
            .collect();
        for conv in &lost {
            self.released(conv, ReleaseReason::Unknown);
        }
        for conversation in &ready.convs {
            self.assigned(conversation);
        }
        if self.awaited.take().is_some_and(|awaited| self.held(&awaited.conv).is_none()) {
            self.refusal = Some(Refusal { code: ErrorCode::NotFound, claim: true });
        }
        self.board = Arc::new(Board { full: true, ..ready.board });
        if !self.has_canned {
            let cid = self.query(QueryKind::Canned);
            self.canned_query = Some(cid);
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
        conversation.updated(from);
        for event in &from.events {
            self.event(&from.id, event);
        }
    }

    fn event(&mut self, conv: &ConversationId, event: &Event) {
        let me = self.me();
        let Some(conversation) = self.held(conv) else { return };
        let echo = conversation.apply(event, me.as_ref());
        let is_over = conversation.is_over();
        if let Some(cid) = echo {
            self.outbox.remove(&cid);
        }
        if is_over {
            self.give_up(conv);
        }
    }

    fn released(&mut self, conv: &ConversationId, reason: ReleaseReason) {
        if let Some(conversation) = self.find(conv) {
            conversation.released(reason);
        }
        if self.awaited.take_if(|awaited| awaited.conv == *conv).is_some() {
            self.refusal = Some(Refusal { code: ErrorCode::NotFound, claim: true });
        }
        if reason == ReleaseReason::Erased {
            self.outbox.retain(|item| item.command.conversation() != Some(conv));
        }
        self.give_up(conv);
    }

    /// What is on its way to a conversation that is no longer ours will not arrive.
    fn give_up(&mut self, conv: &ConversationId) {
        let end = Durable::End { conv: conv.clone() };
        self.outbox.retain(|item| item.command != end);
        self.outbox.refuse(|command| command.conversation() == Some(conv));
    }

    fn board(&mut self, news: Board) {
        let is_full = news.full;
        match board::apply(&mut self.board, news) {
            Change::Taken => {
                if is_full {
                    self.board_asked = false;
                }
                self.hear_availability();
            }
            Change::Late => {}
            Change::Gap => {
                if !self.board_asked {
                    self.board_asked = true;
                    self.query(QueryKind::Board);
                }
            }
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

    fn acknowledged(&mut self, time: Millis, cid: &Cid, conv: Option<ConversationId>, seq: Option<Seq>) {
        let Some(item) = self.outbox.find(cid) else { return };
        match item.command.clone() {
            Durable::Send { conv, .. } => {
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
            Durable::End { .. } => {
                self.outbox.remove(cid);
            }
        }
    }

    /// A command was refused for good.
    fn refused(&mut self, cid: &Cid, code: ErrorCode) {
        let Some(item) = self.outbox.find(cid) else { return };
        let claim = matches!(item.command, Durable::Claim(_));
        if let Durable::Send { .. } = item.command {
            self.outbox.set(cid, ItemState::Refused);
        } else {
            self.outbox.remove(cid);
            self.refusal = Some(Refusal { code, claim });
        }
    }
}
