//! Handing out: an operator who lets somebody wait although a place is free gets them without asking. Only where
//! the helpline wishes it; by default operators take visitors themselves.
//!
//! Nobody is handed to an empty chair for long. An operator who was handed a visitor and gives no sign is paused,
//! and the visitor stands first in the room again.

use std::time::Duration;

use tealight_protocol::{
    Availability, ConversationId, LeftReason, OperatorFrame, OperatorId, ReleaseReason, ToOperator,
};

use super::rooms::Room;
use super::{Desk, Timer};
use crate::Moment;
use crate::store::Store;

/// How long an operator who was handed a visitor has until the first sign: a message, or typing.
pub const HAND_OUT_ANSWER: Duration = Duration::from_secs(120);

/// When it is tried again where nothing could be stored.
const TRY_AGAIN: Duration = Duration::from_secs(5);

impl Room {
    /// Since when somebody could be met who waits.
    fn there_since(&self) -> Moment {
        self.there_since.max(self.record.waiting_since)
    }
}

impl<S: Store> Desk<S> {
    pub(super) fn hand_out_again(&mut self) {
        self.waiting.changed_for_operators();
    }

    /// Gives away whoever waited too long for an operator with a free place. Runs after every input.
    pub(super) fn hand_out(&mut self, now: Moment) {
        let after = self.settings.hand_out;
        if after.is_zero() || !self.waiting.take_changed_for_operators() {
            return;
        }
        self.note_who_is_free(now);
        while let Some((due, me, id)) = self.next_to_hand_out(now, after) {
            if due > now {
                return self.timers.set(due, Timer::HandOut);
            }
            match self.assign(now, &me, &id, None) {
                Ok(_) => {
                    self.handed(now, &id);
                    self.tell_assigned(now, &me, &id);
                    self.note_who_is_free(now);
                }
                Err(refusal) => {
                    tracing::warn!(code = ?refusal.code, "a visitor could not be handed out; it will be tried again");
                    return self.timers.set(now.plus(TRY_AGAIN), Timer::HandOut);
                }
            }
        }
    }

    /// An operator's time begins when a place becomes free, not when somebody comes for it.
    fn note_who_is_free(&mut self, now: Moment) {
        let free: Vec<_> = self
            .operators
            .values()
            .filter(|operator| operator.is_accepting())
            .filter(|operator| self.load_of(&operator.record.id) < operator.record.capacity)
            .map(|operator| operator.record.id.clone())
            .collect();
        for (id, operator) in &mut self.operators {
            operator.free_since = free.contains(id).then(|| operator.free_since.unwrap_or(now));
        }
    }

    /// When somebody is handed out next, to whom, and who. Whoever has been free for longest comes first.
    fn next_to_hand_out(&self, now: Moment, after: Duration) -> Option<(Moment, OperatorId, ConversationId)> {
        let free = self.operators.values().filter_map(|operator| Some((operator.free_since?, operator)));
        free.filter_map(|(free_since, operator)| {
            let me = &operator.record.id;
            let next = self.next_for(now, me, false)?;
            let there_since = self.there_for(now, me).map(Room::there_since).min()?;
            Some((free_since.max(there_since).plus(after), free_since, me.clone(), next))
        })
        .min_by_key(|(due, free_since, _, _)| (*due, *free_since))
        .map(|(due, _, me, next)| (due, me, next))
    }

    /// A visitor was handed out. From when they are together, the operator is expected to give a sign.
    pub(super) fn handed(&mut self, now: Moment, id: &ConversationId) {
        let Some(room) = self.rooms.get_mut(id) else { return };
        match &mut room.hold {
            Some(hold) => hold.handed = true,
            None => self.expect_a_sign(now, id),
        }
    }

    pub(super) fn expect_a_sign(&mut self, now: Moment, id: &ConversationId) {
        let until = now.plus(HAND_OUT_ANSWER);
        if let Some(room) = self.rooms.get_mut(id) {
            room.sign_until = Some(until);
            self.timers.set(until, Timer::Sign(id.clone()));
        }
    }

    /// Whether a frame shows that somebody sits there.
    pub(super) fn see_sign(&mut self, me: &OperatorId, frame: &OperatorFrame) {
        let conv = match frame {
            OperatorFrame::Send { conv, .. }
            | OperatorFrame::End { conv, .. }
            | OperatorFrame::Block { conv, .. }
            | OperatorFrame::Transfer { conv, .. }
            | OperatorFrame::Note { conv, .. }
            | OperatorFrame::Offer { conv, .. }
            | OperatorFrame::Typing { conv, .. } => conv,
            OperatorFrame::Hello(_)
            | OperatorFrame::State { .. }
            | OperatorFrame::Claim { .. }
            | OperatorFrame::Mark { .. }
            | OperatorFrame::Sync { .. }
            | OperatorFrame::Query { .. }
            | OperatorFrame::Watch { .. }
            | OperatorFrame::Announce { .. }
            | OperatorFrame::Review { .. }
            | OperatorFrame::Shift { .. }
            | OperatorFrame::Unshift { .. }
            | OperatorFrame::Ping
            | OperatorFrame::Pong
            | OperatorFrame::Unknown => return,
        };
        if let Some(room) = self.rooms.get_mut(conv).filter(|room| room.operator() == Some(me)) {
            room.sign_until = None;
        }
    }

    /// No sign came: the chair is empty.
    pub(super) fn sign_may_be_overdue(&mut self, now: Moment, id: &ConversationId) {
        let Some(room) = self.rooms.get(id).filter(|room| room.is_active()) else { return };
        let overdue = room.sign_until.is_some_and(|until| until <= now);
        let Some(me) = room.record.operator.clone().filter(|_| overdue) else { return };
        // First the pause: else the visitor would be handed to the same chair again.
        if let Some(operator) = self.operators.get(&me) {
            let capacity = operator.record.capacity;
            if let Err(error) = self.keep_state(&me, Availability::Paused, capacity, false) {
                tracing::warn!(%error, "an operator's pause could not be stored");
            }
        }
        if let Some(operator) = self.operators.get_mut(&me) {
            operator.record.status = Availability::Paused;
        }
        if self.take_back(now, id, &me, LeftReason::NoAnswer).is_err() {
            return self.timers.set(now.plus(TRY_AGAIN), Timer::Sign(id.clone()));
        }
        let released = ToOperator::Released { conv: id.clone(), reason: ReleaseReason::Lease };
        self.tell_operator(&me, &released);
        self.operator_is_done(&me);
    }
}
