//! The end of a conversation, and of everything that is known of it.

use tealight_protocol::{
    Cid, CloseCode, ConversationId, ConversationState, EndReason, EndedBy, Event, EventKind, ReleaseReason,
    ToOperator, VisitorPresence,
};

use super::rooms::Change;
use super::visitor::{ENDED, once, visitor_command};
use super::waiting::learn_from_end;
use super::{ConnId, Desk, Refusal, Timer};
use crate::Moment;
use crate::store::{Actor, AuditEntry, Deed, Digest, Store, StoreError, Transaction, WaitOutcome, mark_of};

/// How long it is remembered that a secret's conversation was erased.
const TOMBSTONES_MS: u64 = 30 * 24 * 60 * 60 * 1_000;

/// How often sessions and tombstones are looked through.
const PURGE_EVERY_MS: u64 = 60 * 60 * 1_000;

/// When to try again to clean the journal.
const SCRUB_AGAIN_MS: u64 = 60_000;

/// The survey's name in `answer.ref`: there is one to a conversation.
pub(super) const SURVEY: &str = "survey";

impl<S: Store> Desk<S> {
    pub(super) fn visitor_ends(
        &mut self,
        now: Moment,
        conn: ConnId,
        cid: &Cid,
        body: Digest,
    ) -> Result<(), Refusal> {
        let id = self.own_conversation(conn)?;
        let ending = self.ending(&id, EndedBy::Visitor, None);
        let (seq, events) = self.commit(now, &id, |tx, change| {
            once(tx, visitor_command(&id, cid), body, |tx| end(tx, change, &ending).map(Some))
        })?;
        self.ack(conn, cid, None, seq);
        self.ended(&id, &events);
        Ok(())
    }

    /// A page was left by Exit. Nobody is told whether the secret opens anything, or what became of it.
    pub(super) fn left_by_exit(&mut self, now: Moment, secret: &Digest, erased: bool) {
        let Some(id) = self.by_secret.get(secret).cloned() else { return };
        if erased {
            // What could not be erased has been logged, and expires by itself once it is over.
            if self.destroy(now, &id).is_ok() {
                return;
            }
        }
        if self.rooms.get(&id).is_none_or(|room| room.is_ended()) {
            return;
        }
        let ending = self.ending(&id, EndedBy::Visitor, Some(EndReason::Exit));
        // What could not be stored has been logged. The visitor is then away, as when the signal is lost.
        if let Ok((_, events)) = self.commit(now, &id, |tx, change| end(tx, change, &ending)) {
            self.ended(&id, &events);
        }
    }

    /// Ends a conversation that nobody in it ended.
    pub(super) fn end_by_system(&mut self, now: Moment, id: &ConversationId, reason: EndReason) -> bool {
        let ending = self.ending(id, EndedBy::System, Some(reason));
        match self.commit(now, id, |tx, change| end(tx, change, &ending)) {
            Ok((_, events)) => {
                self.ended(id, &events);
                true
            }
            Err(_) => false,
        }
    }

    pub(super) fn ending(&self, id: &ConversationId, by: EndedBy, reason: Option<EndReason>) -> Ending {
        // What is deleted at once leaves nothing for answers to belong to.
        let kept = !self.settings.retention.is_zero();
        let talked = self.rooms.get(id).is_some_and(|room| room.record.joined_at.is_some());
        let waiting = self.rooms.get(id).is_some_and(|room| room.is_waiting());
        let done = if waiting { EndReason::LeftWaiting } else { EndReason::Done };
        let reason = reason.unwrap_or(done);
        // Whoever left in a hurry is asked nothing: nobody may be there to answer but the one they left from. Nor is
        // whoever was sent away.
        let asked = talked && kept && !matches!(reason, EndReason::Exit | EndReason::Blocked);
        Ending {
            by,
            reason,
            now: self.clock,
            expires_at: self.clock.plus(self.settings.retention),
            survey: if asked { self.settings.survey.clone() } else { Vec::new() },
        }
    }

    /// What follows from an end that was committed.
    pub(super) fn ended(&mut self, id: &ConversationId, events: &[Event]) {
        if events.is_empty() {
            return;
        }
        self.tell_events(id, events);
        let Some(room) = self.rooms.get_mut(id) else { return };
        room.typing = Default::default();
        room.origins.clear();
        let hold = room.hold.take();
        let expires_at = room.record.expires_at;
        let operator = room.record.operator.clone();
        self.waiting.changed();
        if let Some(expires_at) = expires_at {
            self.timers.set(expires_at, Timer::Expiry(id.clone()));
        }
        if let Some(hold) = hold {
            let released = ToOperator::Released { conv: id.clone(), reason: ReleaseReason::Left };
            self.tell_operator(&hold.operator, &released);
            self.operator_is_done(&hold.operator);
        }
        if let Some(operator) = operator {
            self.operator_is_done(&operator);
        }
    }

    /// Destroys a conversation at its visitor's wish.
    pub(super) fn erase(&mut self, now: Moment, conn: ConnId, cid: &Cid) -> Result<(), Refusal> {
        let id = self.own_conversation(conn)?;
        self.delete(now, &id)?;
        self.ack(conn, cid, None, None);
        self.forget(&id, CloseCode::Erased, "the conversation was erased");
        Ok(())
    }

    /// The same for a visitor who has gone.
    fn destroy(&mut self, now: Moment, id: &ConversationId) -> Result<(), Refusal> {
        self.delete(now, id)?;
        self.forget(id, CloseCode::Erased, "the conversation was erased");
        Ok(())
    }

    /// Takes everything that is stored of it.
    fn delete(&mut self, now: Moment, id: &ConversationId) -> Result<(), Refusal> {
        let Some(secret) = self.rooms.get(id).map(|room| room.record.secret) else {
            return Err(super::rooms::NO_CONVERSATION);
        };
        self.store.write(|tx| {
            tx.delete_conversation(id)?;
            tx.insert_tombstone(&secret, now)?;
            let entry = AuditEntry::new(now, Actor::Visitor, Deed::Erased);
            tx.insert_audit(&AuditEntry { conversation: Some(mark_of(id)), ..entry })?;
            Ok::<_, Refusal>(())
        })?;
        self.scrub(now);
        Ok(())
    }

    pub(super) fn conversation_may_have_expired(&mut self, now: Moment, id: &ConversationId) {
        let due = self.rooms.get(id).and_then(|room| room.record.expires_at);
        if due.is_none_or(|due| due > now) {
            return;
        }
        let destroyed = self.store.write(|tx| {
            tx.delete_conversation(id)?;
            let entry = AuditEntry::new(now, Actor::Server, Deed::Expired);
            tx.insert_audit(&AuditEntry { conversation: Some(mark_of(id)), ..entry })
        });
        match destroyed {
            Ok(()) => {
                self.scrub(now);
                self.forget(id, CloseCode::UnknownSecret, "the conversation has expired");
            }
            Err(error) => {
                let error: StoreError = error;
                tracing::error!(%error, "an expired conversation could not be deleted; it will be tried again");
                self.timers.set(now.plus_ms(60_000), Timer::Expiry(id.clone()));
            }
        }
    }

    /// Forgets a conversation that is no longer stored.
    fn forget(&mut self, id: &ConversationId, code: CloseCode, reason: &'static str) {
        let Some(room) = self.rooms.remove(id) else { return };
        self.by_secret.remove(&room.record.secret);
        self.forget_name_in_blocks(id);
        self.waiting.remove(id);
        self.board.changed();
        for conn in &room.sockets {
            self.close(*conn, code, reason);
        }
        self.tell_watchers_it_is_gone(id, &room.watchers);
        if let Some(operator) = room.operator() {
            let released = ToOperator::Released { conv: id.clone(), reason: ReleaseReason::Erased };
            self.tell_operator(operator, &released);
            self.operator_is_done(operator);
        }
    }

    /// Overwrites what a deletion left in the journal, now or as soon as nobody else reads it.
    pub(super) fn scrub(&mut self, now: Moment) {
        if let Err(error) = self.store.scrub() {
            tracing::warn!(%error, "the journal could not be cleaned; it will be tried again");
            self.timers.set(now.plus_ms(SCRUB_AGAIN_MS), Timer::Scrub);
        }
    }

    /// The place of a visitor who is not connected is kept, but not for ever.
    pub(super) fn visitor_may_be_away(&mut self, now: Moment, id: &ConversationId) {
        let Some(room) = self.rooms.get(id).filter(|room| room.is_waiting()) else { return };
        if room.presence != VisitorPresence::Gone {
            return;
        }
        // Whoever waits again, after a conversation, has the whole time again.
        let until = room.presence_since.max(room.record.waiting_since).plus(self.settings.place_hold);
        // Nobody loses the place while it is their turn.
        let until = room.hold.as_ref().map_or(until, |hold| until.max(hold.until.plus_ms(1)));
        if until > now {
            self.timers.set(until, Timer::Away(id.clone()));
        } else if !self.end_by_system(now, id, EndReason::Away) {
            self.timers.set(now.plus_ms(10_000), Timer::Away(id.clone()));
        }
    }

    pub(super) fn purge(&mut self, now: Moment) {
        let before = Moment(now.0.saturating_sub(TOMBSTONES_MS));
        let purged = self.store.write(|tx| {
            tx.purge_tombstones(before)?;
            tx.forget(now)?;
            tx.purge_sessions(now)
        });
        if let Err(error) = purged {
            let error: StoreError = error;
            tracing::warn!(%error, "old sessions could not be removed; it will be tried again");
        }
        if let Err(error) = self.store.tend(now) {
            tracing::warn!(%error, "the store could not do its own work; it will be tried again");
        }
        self.forget_old_waits(now);
        self.timers.set(now.plus_ms(PURGE_EVERY_MS), Timer::Purge);
    }
}

/// How a conversation is to end.
#[derive(Debug)]
pub(super) struct Ending {
    by: EndedBy,
    reason: EndReason,
    now: Moment,
    expires_at: Moment,
    survey: Vec<tealight_protocol::Question>,
}

/// Ends a conversation inside a transaction. Returns the number of the event `ended`.
pub(super) fn end(tx: &mut dyn Transaction, change: &mut Change, ending: &Ending) -> Result<u64, Refusal> {
    if change.record.state == ConversationState::Ended {
        return Err(ENDED);
    }
    let outcome = match ending.reason {
        EndReason::Closed => WaitOutcome::SentAway,
        EndReason::Done
        | EndReason::LeftWaiting
        | EndReason::Away
        | EndReason::Exit
        | EndReason::Blocked
        | EndReason::Unknown => WaitOutcome::Left,
    };
    learn_from_end(tx, change, outcome)?;
    change.record.state = ConversationState::Ended;
    change.record.reserved = None;
    change.record.ended_at = Some(ending.now);
    change.record.expires_at = Some(ending.expires_at);
    let seq = change.event(EventKind::Ended { by: ending.by, reason: ending.reason });
    if !ending.survey.is_empty() {
        change.record.survey = Some(SURVEY.to_owned());
        change.event(EventKind::Survey { id: SURVEY.to_owned(), questions: ending.survey.clone() });
    }
    Ok(seq)
}
