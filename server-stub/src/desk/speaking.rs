//! What an operator says in a conversation: messages, its end, typing and marks. Who may, is settled by the claim.

use tealight_protocol::{
    ConversationId, ConversationState, EndedBy, ErrorCode, EventKind, Link, OperatorId, Party, Text,
    ToVisitor, Watermark, limits,
};

use super::operator::Said;
use super::rooms::Typing;
use super::visitor::{ENDED, once, within};
use super::{Desk, Refusal, Timer};
use crate::Moment;
use crate::store::{AuditEntry, Conversation, Deed, Store};

impl<S: Store> Desk<S> {
    pub(super) fn operator_sends(
        &mut self,
        now: Moment,
        said: &Said<'_>,
        claim: u64,
        text: Text,
        link: Option<Link>,
    ) -> Result<(), Refusal> {
        if link.as_ref().is_some_and(|link| !link.is_allowed()) {
            return Err(Refusal::last_word(ErrorCode::BadRequest, "a link is https:, tel: or mailto:"));
        }
        let watches = self.watches(said.conn, said.conv);
        let (seq, events) = self.commit(now, said.conv, |tx, change| {
            once(tx, said.key(), said.body, |_| {
                check_claim(&change.record, said.me, claim, watches)?;
                Ok(Some(change.event(EventKind::Message {
                    from: Party::Operator(said.me.clone()),
                    cid: Some(said.cid.clone()),
                    text,
                    link,
                    automatic: false,
                })))
            })
        })?;
        self.operator_stopped_typing(said.conv, said.me);
        self.ack_operator(said, seq);
        self.tell_events(said.conv, &events);
        Ok(())
    }

    pub(super) fn operator_ends(&mut self, now: Moment, said: &Said<'_>, claim: u64) -> Result<(), Refusal> {
        let ending = self.ending(said.conv, EndedBy::Operator, None);
        let watches = self.watches(said.conn, said.conv);
        let (seq, events) = self.commit(now, said.conv, |tx, change| {
            once(tx, said.key(), said.body, |tx| {
                check_claim(&change.record, said.me, claim, watches)?;
                tx.insert_audit(&AuditEntry::in_conversation(now, said.me, Deed::Ended, said.conv))?;
                super::ending::end(tx, change, &ending).map(Some)
            })
        })?;
        self.ack_operator(said, seq);
        self.ended(said.conv, &events);
        Ok(())
    }

    pub(super) fn operator_types(&mut self, now: Moment, me: &OperatorId, id: &ConversationId, on: bool) {
        let Some(room) = self.rooms.get_mut(id) else { return };
        if !room.is_active() || room.record.operator.as_ref() != Some(me) {
            return;
        }
        room.silence.broken(now);
        let tell = room.typing.operator.say(now, on);
        self.timers.set(now.plus_ms(limits::TYPING_EXPIRES_MS), Timer::Typing(id.clone()));
        if tell {
            self.tell_visitor_typing(id, me, on);
        }
    }

    fn operator_stopped_typing(&mut self, id: &ConversationId, me: &OperatorId) {
        let Some(room) = self.rooms.get_mut(id) else { return };
        if room.typing.operator.until.take().is_some() {
            self.tell_visitor_typing(id, me, false);
        }
    }

    fn tell_visitor_typing(&mut self, id: &ConversationId, me: &OperatorId, on: bool) {
        self.tell_visitors(id, &ToVisitor::Typing { from: Party::Operator(me.clone()), on });
    }

    /// A `typing` that was not repeated no longer holds.
    pub(super) fn typing_may_have_stopped(&mut self, now: Moment, id: &ConversationId) {
        let Some(room) = self.rooms.get_mut(id) else { return };
        let operator = room.record.operator.clone();
        let visitor_stopped = room.typing.visitor.expire(now);
        let operator_stopped = room.typing.operator.expire(now);
        if visitor_stopped {
            self.tell_operator_typing(id, false);
        }
        if let Some(operator) = operator.filter(|_| operator_stopped) {
            self.tell_visitor_typing(id, &operator, false);
        }
    }

    pub(super) fn operator_marks(
        &mut self,
        now: Moment,
        me: &OperatorId,
        id: &ConversationId,
        mark: Watermark,
    ) {
        if self.rooms.get(id).is_some_and(|room| room.record.operator.as_ref() == Some(me)) {
            self.move_marks(now, id, |marks, last| {
                marks.operator = marks.operator.merged(within(mark, last));
            });
        }
    }
}

/// Fencing: whoever lost the conversation, even without knowing it, no longer speaks in it.
pub(super) fn check_claim(
    record: &Conversation,
    me: &OperatorId,
    claim: u64,
    watches: bool,
) -> Result<(), Refusal> {
    if watches {
        return Err(Refusal::last_word(
            ErrorCode::Forbidden,
            "who watches a conversation does not speak in it",
        ));
    }
    if record.operator.as_ref() != Some(me) || record.claim != claim {
        return Err(NO_LONGER_YOURS);
    }
    match record.state {
        ConversationState::Active => Ok(()),
        ConversationState::Ended => Err(ENDED),
        ConversationState::Waiting => Err(NO_LONGER_YOURS),
    }
}

pub(super) const NO_LONGER_YOURS: Refusal =
    Refusal::last_word(ErrorCode::Conflict, "the conversation is no longer yours");

impl Typing {
    /// Takes what a side says. Whether it is to be passed on.
    pub(super) fn say(&mut self, now: Moment, on: bool) -> bool {
        let was_on = self.until.is_some();
        self.until = on.then(|| now.plus_ms(limits::TYPING_EXPIRES_MS));
        let lately = self.told_at.is_some_and(|at| now < at.plus_ms(limits::TYPING_EVERY_MS));
        let tell = was_on != on || (on && !lately);
        if tell {
            self.told_at = Some(now);
        }
        tell
    }

    /// Whether it has just ceased to hold.
    pub(super) fn expire(&mut self, now: Moment) -> bool {
        let expired = self.until.is_some_and(|until| until <= now);
        if expired {
            self.until = None;
        }
        expired
    }
}
