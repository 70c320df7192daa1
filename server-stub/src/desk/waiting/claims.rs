//! An operator takes a visitor: the one named, or the next.

use tealight_protocol::{
    Cid, ConversationId, ConversationState, ErrorCode, EventKind, OperatorId, ReleaseReason, ToOperator,
    VisitorPresence,
};

use super::{ConnId, Desk, Refusal, Timer};
use crate::Moment;
use crate::desk::rooms::{Hold, NO_CONVERSATION, Room};
use crate::desk::visitor::OTHER_BODY;
use crate::store::{
    AuditEntry, CommandKey, CommandRecord, Counterpart, Deed, Digest, Sender, Store, WaitOutcome,
};

impl<S: Store> Desk<S> {
    /// An operator takes a visitor: the one named, or the next.
    pub(in crate::desk) fn claim(
        &mut self,
        now: Moment,
        conn: ConnId,
        me: &OperatorId,
        cid: &Cid,
        wanted: Option<&ConversationId>,
        body: Digest,
    ) -> Result<(), Refusal> {
        let key = CommandKey { about: Counterpart::Any, sender: Sender::Operator(me), cid };
        if let Some(known) = self.store.read(|tx| tx.command(&key))? {
            if known.body != body {
                return Err(OTHER_BODY);
            }
            self.ack_claim(conn, cid, &known.conversation, known.seq, known.claim);
            self.tell_what_became_of(now, conn, me, known.conversation, known.claim);
            return Ok(());
        }
        let Some(operator) = self.operators.get(me) else { return Err(NO_CONVERSATION) };
        if self.load_of(me) >= operator.record.capacity {
            return Err(Refusal::last_word(ErrorCode::Forbidden, "no more conversations than your capacity"));
        }
        let id = match wanted {
            Some(id) => self.claimable(now, me, id)?,
            None => self
                .next_for(now, me, true)
                .ok_or(Refusal::last_word(ErrorCode::NotFound, "nobody is waiting for you"))?,
        };
        let (seq, claim) = self.assign(now, me, &id, Some((cid, body)))?;
        self.ack_claim(conn, cid, &id, seq, Some(claim));
        self.tell_assigned(now, me, &id);
        Ok(())
    }

    fn ack_claim(
        &mut self,
        conn: ConnId,
        cid: &Cid,
        id: &ConversationId,
        seq: Option<u64>,
        claim: Option<u64>,
    ) {
        let (cid, conv) = (cid.clone(), Some(id.clone()));
        self.send(conn, &ToOperator::Ack { cid, conv, seq, claim, n: None });
    }

    /// A claim was told again. The conversation belongs to the answer; or, if it was lost since, the word that it is.
    fn tell_what_became_of(
        &mut self,
        now: Moment,
        conn: ConnId,
        me: &OperatorId,
        conv: ConversationId,
        claim: Option<u64>,
    ) {
        match self.rooms.get(&conv) {
            Some(room) if room.operator() == Some(me) && Some(room.record.claim) == claim => {
                self.tell_assigned(now, me, &conv);
            }
            Some(_) | None => self.send(conn, &ToOperator::Released { conv, reason: ReleaseReason::Lease }),
        }
    }

    fn claimable(
        &self,
        now: Moment,
        me: &OperatorId,
        id: &ConversationId,
    ) -> Result<ConversationId, Refusal> {
        let room = self.rooms.get(id).ok_or(NO_CONVERSATION)?;
        let kept_for = room.reserved_for(now);
        let serves = self.operators.get(me).is_some_and(|o| o.serves(room.record.area.as_deref()));
        if !serves && kept_for != Some(me) {
            return Err(Refusal::last_word(ErrorCode::Forbidden, "you take no visitors of this area"));
        }
        if kept_for.is_some_and(|colleague| colleague != me) {
            return Err(Refusal::last_word(ErrorCode::Conflict, "the visitor is kept for a colleague"));
        }
        if !room.is_waiting() || room.hold.is_some() {
            return Err(Refusal::last_word(ErrorCode::Conflict, "somebody else was faster"));
        }
        Ok(id.clone())
    }

    /// Whose turn it is: whoever was passed on to this operator; else the first who is there; else the first who
    /// was not there when last it was their turn, or who is not connected. These keep their places and are passed
    /// over only while others wait.
    pub(in crate::desk) fn next_for(
        &self,
        now: Moment,
        me: &OperatorId,
        even_if_away: bool,
    ) -> Option<ConversationId> {
        let kept = self.meant_for(now, me).find(|room| room.reserved_for(now) == Some(me));
        let there = || self.there_for(now, me).next();
        let anybody = || self.meant_for(now, me).next().filter(|_| even_if_away);
        kept.or_else(there).or_else(anybody).map(|room| room.record.id.clone())
    }

    /// Who waits and may be met by an operator, in order, wherever they are.
    fn meant_for(&self, now: Moment, me: &OperatorId) -> impl Iterator<Item = &Room> {
        let operator = self.operators.get(me);
        let rooms = self.waiting.in_order().filter_map(|id| self.rooms.get(id));
        rooms.filter(|room| room.hold.is_none()).filter(move |room| match room.reserved_for(now) {
            Some(colleague) => Some(colleague) == operator.map(|operator| &operator.record.id),
            None => operator.is_some_and(|operator| operator.may_meet(room)),
        })
    }

    /// The same, without those who are not connected and those who did not look when last it was their turn.
    pub(in crate::desk) fn there_for(&self, now: Moment, me: &OperatorId) -> impl Iterator<Item = &Room> {
        self.meant_for(now, me).filter(|room| room.is_there())
    }

    /// Gives a waiting conversation to an operator: at once when the visitor's page is in sight, else for as
    /// long as the operator may be kept waiting. Returns the event `joined`, if any, and the fencing number.
    pub(in crate::desk) fn assign(
        &mut self,
        now: Moment,
        me: &OperatorId,
        id: &ConversationId,
        command: Option<(&Cid, Digest)>,
    ) -> Result<(Option<u64>, u64), Refusal> {
        let here = self.rooms.get(id).is_some_and(|room| room.presence == VisitorPresence::Here);
        let who =
            self.operators.get(me).map(|operator| self.person(&operator.record)).ok_or(NO_CONVERSATION)?;
        let ((seq, claim), events) = self.commit(now, id, |tx, change| {
            change.record.claim += 1;
            change.record.reserved = None;
            let claim = change.record.claim;
            let mut seq = None;
            if here {
                change.wait_is_over(tx, WaitOutcome::Met)?;
                change.record.state = ConversationState::Active;
                change.record.operator = Some(me.clone());
                change.record.joined_at = Some(now);
                seq = Some(change.event(EventKind::Joined { who }));
            }
            let deed = if command.is_some() { Deed::Claimed } else { Deed::Handed };
            tx.insert_audit(&AuditEntry::in_conversation(now, me, deed, id))?;
            if let Some((cid, body)) = command {
                let key = CommandKey { about: Counterpart::Any, sender: Sender::Operator(me), cid };
                tx.insert_command(
                    &key,
                    &CommandRecord { conversation: id.clone(), body, seq, claim: Some(claim), note: None },
                )?;
            }
            Ok((seq, claim))
        })?;
        self.stop_watching_own(me, id);
        if here {
            self.tell_visitors_events(id, &events);
            self.tell_watchers_events(id, &events);
        } else {
            let until = now.plus(self.settings.ready_hold);
            if let Some(room) = self.rooms.get_mut(id) {
                room.hold = Some(Hold { operator: me.clone(), until, handed: false });
            }
            self.timers.set(until, Timer::Hold(id.clone()));
            self.waiting.changed();
        }
        Ok((seq, claim))
    }

    pub(in crate::desk) fn tell_assigned(&mut self, now: Moment, me: &OperatorId, id: &ConversationId) {
        match self.conversation_for_operator(now, id, None, true) {
            Ok(conversation) => self.tell_operator(me, &ToOperator::Assigned { conversation }),
            Err(refusal) => tracing::error!(code = ?refusal.code, "a claimed conversation could not be read"),
        }
    }
}
