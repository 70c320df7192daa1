//! Passing a visitor on: to a colleague, to another area, or back to the waiting room. Whoever it is for, the
//! visitor waits first in the room; a colleague only has the first word for a while.

use std::time::Duration;

use tealight_protocol::{
    ConversationId, ConversationState, ErrorCode, EventKind, NoteText, OperatorId, PassedTo, Reason,
    ReleaseReason, ToOperator, TransferTarget,
};

use super::notes::add_note;
use super::operator::Said;
use super::rooms::Room;
use super::speaking::check_claim;
use super::visitor::once;
use super::{Desk, Refusal, Timer};
use crate::Moment;
use crate::store::{AuditEntry, Deed, Reservation, Store};

/// When to try again to store that a reservation is over.
const TRY_AGAIN: Duration = Duration::from_secs(5);

impl Room {
    /// The operator who alone may take the visitor now.
    pub(super) fn reserved_for(&self, now: Moment) -> Option<&OperatorId> {
        let reserved = self.record.reserved.as_ref().filter(|reserved| reserved.until > now)?;
        self.is_waiting().then_some(&reserved.operator)
    }
}

impl<S: Store> Desk<S> {
    pub(super) fn transfer(
        &mut self,
        now: Moment,
        said: &Said<'_>,
        claim: u64,
        to: &TransferTarget,
        reason: Option<Reason>,
        note: Option<NoteText>,
    ) -> Result<(), Refusal> {
        let (id, me) = (said.conv, said.me);
        let target = self.target(me, to);
        let watches = self.watches(said.conn, id);
        let order = self.waiting.order_before_newcomers();
        let until = now.plus(self.settings.transfer_hold);
        let mut beside = None;
        let (seq, events) = self.commit(now, id, |tx, change| {
            once(tx, said.key(), said.body, |tx| {
                check_claim(&change.record, me, claim, watches)?;
                let to = target?;
                tx.insert_audit(&AuditEntry::in_conversation(now, me, Deed::Transferred, id))?;
                if let Some(text) = note {
                    beside = Some(add_note(tx, now, said, text)?);
                }
                let record = &mut change.record;
                record.state = ConversationState::Waiting;
                record.operator = None;
                record.order = order;
                record.waiting_since = now;
                record.area = to.area.clone().or(record.area.take());
                record.reserved = to.operator.clone().map(|operator| Reservation { operator, until });
                let state = ConversationState::Waiting;
                Ok(Some(change.event(EventKind::Transferred { from: me.clone(), to, reason, state })))
            })
        })?;
        self.ack_operator(said, seq);
        if events.is_empty() {
            return Ok(());
        }
        if let Some(room) = self.rooms.get_mut(id) {
            room.typing = Default::default();
            room.sign_until = None;
            room.passed_on_by = Some(me.clone());
        }
        self.timers.set(until, Timer::Reservation(id.clone()));
        self.timers.set(now.plus(self.settings.place_hold), Timer::Away(id.clone()));
        self.forget_told_places(id);
        self.tell_events(id, &events);
        if let Some(note) = beside {
            self.tell_operators(id, &ToOperator::Note { conv: id.clone(), note });
        }
        let released = ToOperator::Released { conv: id.clone(), reason: ReleaseReason::Transferred };
        self.tell_operator(me, &released);
        self.operator_is_done(me);
        Ok(())
    }

    /// Whom a visitor would be passed on to, by the name that the visitor reads.
    fn target(&self, me: &OperatorId, to: &TransferTarget) -> Result<PassedTo, Refusal> {
        match (&to.operator, &to.area) {
            (None, None) => Ok(PassedTo::default()),
            (Some(_), Some(_)) => {
                Err(Refusal::last_word(ErrorCode::BadRequest, "a colleague or an area, not both"))
            }
            (Some(colleague), None) if colleague == me => {
                Err(Refusal::last_word(ErrorCode::BadRequest, "you have this conversation already"))
            }
            (Some(colleague), None) => {
                let there = self.operators.get(colleague).filter(|operator| operator.is_connected());
                let there =
                    there.ok_or(Refusal::last_word(ErrorCode::NotFound, "this colleague is not here"))?;
                let name = Some(there.record.alias.clone());
                Ok(PassedTo { operator: Some(colleague.clone()), area: None, name })
            }
            (None, Some(area)) => {
                let known = self.settings.areas.iter().find(|known| known.id == *area);
                let known =
                    known.ok_or(Refusal::last_word(ErrorCode::BadRequest, "there is no such area"))?;
                if !known.open {
                    return Err(Refusal::last_word(ErrorCode::Closed, "this area is closed"));
                }
                Ok(PassedTo { operator: None, area: Some(area.clone()), name: Some(known.name.clone()) })
            }
        }
    }

    pub(super) fn reservation_may_be_over(&mut self, now: Moment, id: &ConversationId) {
        let reserved = self.rooms.get(id).and_then(|room| room.record.reserved.clone());
        if reserved.is_some_and(|reserved| reserved.until <= now) {
            self.end_reservation(now, id);
        }
    }

    /// A colleague takes nobody now: whoever was kept for them, anybody may take.
    pub(super) fn drop_reservations_of(&mut self, now: Moment, me: &OperatorId) {
        let kept: Vec<_> = self
            .rooms
            .values()
            .filter(|room| room.record.reserved.as_ref().is_some_and(|reserved| reserved.operator == *me))
            .map(|room| room.record.id.clone())
            .collect();
        for id in kept {
            self.end_reservation(now, &id);
        }
    }

    fn end_reservation(&mut self, now: Moment, id: &ConversationId) {
        let stored = self.commit(now, id, |_, change| {
            change.record.reserved = None;
            Ok(())
        });
        if stored.is_err()
            && let Some(room) = self.rooms.get_mut(id)
        {
            // Over all the same; what is stored says until when at the latest, and follows when it can.
            let until = now.0.saturating_sub(1);
            room.record.reserved =
                room.record.reserved.take().map(|r| Reservation { until: Moment(until), ..r });
            self.timers.set(now.plus(TRY_AGAIN), Timer::Reservation(id.clone()));
        }
        self.waiting.changed();
        self.board.changed();
    }
}
