//! What becomes of conversations when their operator goes away: kept for a while, then given back to the room.

use std::time::Duration;

use tealight_protocol::{
    Availability, CloseCode, ConversationId, ConversationState, EventKind, LeftReason, OperatorId,
};

use super::connections::{OperatorSocket, Phase};
use super::operator::Operator;
use super::{ConnId, Desk, Refusal, Timer};
use crate::Moment;
use crate::store::{Actor, AuditEntry, Deed, Digest, OperatorRecord, OperatorSession, Store, StoreError};

/// How often it is looked whether a connected operator's session is still there.
const SESSION_EVERY: Duration = Duration::from_secs(10);

/// Which sessions of an operator are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sessions {
    /// The one that is named.
    This,
    /// All there are: on every device.
    All,
}

impl<S: Store> Desk<S> {
    /// An operator has a conversation from before the restart: the lease begins now.
    pub(super) fn expect_operator(&mut self, now: Moment, account: &OperatorRecord) {
        let lease_until = now.plus(self.settings.lease);
        self.timers.set(lease_until, Timer::Lease(account.id.clone()));
        self.operators.entry(account.id.clone()).or_insert_with(|| Operator {
            record: account.clone(),
            sockets: Vec::new(),
            lease_until: Some(lease_until),
            free_since: None,
            lost: Vec::new(),
        });
    }

    pub(super) fn operator_detached(&mut self, now: Moment, conn: ConnId, me: &OperatorId) {
        let Some(operator) = self.operators.get_mut(me) else { return };
        operator.sockets.retain(|other| *other != conn);
        if operator.is_connected() {
            return;
        }
        let lease_until = now.plus(self.settings.lease);
        operator.lease_until = Some(lease_until);
        self.timers.set(lease_until, Timer::Lease(me.clone()));
        self.drop_holds_of(me);
        self.drop_reservations_of(now, me);
        self.board.changed();
        self.waiting.changed();
    }

    /// The operator was away for too long: the visitors wait again, before all others.
    pub(super) fn lease_may_be_over(&mut self, now: Moment, me: &OperatorId) {
        match self.operators.get(me) {
            Some(operator) if operator.is_connected() => return,
            Some(Operator { lease_until: Some(until), .. }) if *until > now => return,
            Some(_) | None => {}
        }
        let mut theirs: Vec<_> = self
            .rooms
            .values()
            .filter(|room| room.is_active() && room.record.operator.as_ref() == Some(me))
            .map(|room| (room.record.joined_at, room.record.id.clone()))
            .collect();
        // The longest conversation is put back first, and so comes first.
        theirs.sort();
        for (_, id) in theirs {
            if self.take_back(now, &id, me, LeftReason::ConnectionLost).is_err() {
                self.timers.set(now.plus_ms(5_000), Timer::Lease(me.clone()));
                return;
            }
        }
        let Some(operator) = self.operators.get(me) else { return };
        let (status, capacity) = (operator.record.status, operator.record.capacity);
        if status == Availability::Accepting
            && let Err(error) = self.keep_state(me, Availability::Paused, capacity, false)
        {
            tracing::warn!(%error, "an operator's pause could not be stored");
        }
        if let Some(operator) = self.operators.get_mut(me) {
            // Whether or not it could be stored, who is away takes nobody.
            operator.record.status = Availability::Paused;
            operator.lease_until = None;
            if operator.lost.is_empty() {
                self.operators.remove(me);
            }
        }
        self.board.changed();
    }

    /// The visitor waits again, before all who were not talked with.
    pub(super) fn take_back(
        &mut self,
        now: Moment,
        id: &ConversationId,
        me: &OperatorId,
        reason: LeftReason,
    ) -> Result<(), Refusal> {
        let order = self.waiting.order_before_newcomers();
        let ((), events) = self.commit(now, id, |_, change| {
            change.record.state = ConversationState::Waiting;
            change.record.operator = None;
            change.record.order = order;
            change.record.waiting_since = now;
            change.event(EventKind::Left { who: me.clone(), reason, state: ConversationState::Waiting });
            Ok(())
        })?;
        if let Some(operator) = self.operators.get_mut(me).filter(|operator| !operator.is_connected()) {
            operator.lost.push(id.clone());
        }
        if let Some(room) = self.rooms.get_mut(id) {
            room.typing = Default::default();
            room.sign_until = None;
        }
        self.forget_told_places(id);
        self.tell_events(id, &events);
        self.timers.set(now.plus(self.settings.place_hold), Timer::Away(id.clone()));
        Ok(())
    }

    pub(super) fn session_may_have_ended(&mut self, now: Moment, conn: ConnId) {
        let Some(Phase::Operator(socket)) = self.sockets.get(&conn).map(|socket| &socket.phase) else {
            return;
        };
        let (ends, token, me) = (socket.session_ends, socket.token, socket.operator.clone());
        let stored: Result<_, StoreError> = self.store.read(|tx| {
            let account = tx.operators()?.into_iter().find(|account| account.id == me);
            Ok(tx.session(&token)?.and(account))
        });
        match stored {
            _ if ends <= now => self.close(conn, CloseCode::Expired, "the session is over: log in again"),
            Ok(None) => self.close(conn, CloseCode::Expired, "the session is over: log in again"),
            Ok(Some(account)) => {
                self.look_at_session(now, conn, ends);
                self.duties_may_have_changed(account);
            }
            // A database that cannot be read just now ends nobody's session.
            Err(_) => self.look_at_session(now, conn, ends),
        }
    }

    /// Another program may have changed what an operator speaks and may.
    fn duties_may_have_changed(&mut self, account: OperatorRecord) {
        let Some(operator) = self.operators.get_mut(&account.id) else { return };
        let may_still_watch = account.supervisor || !operator.record.supervisor;
        operator.record.languages = account.languages;
        operator.record.supervisor = account.supervisor;
        if !may_still_watch {
            self.right_to_watch_was_withdrawn(&account.id);
        }
    }

    /// Looks again when the session ends, and soon, because an account may be removed by another program.
    pub(super) fn look_at_session(&mut self, now: Moment, conn: ConnId, ends: Moment) {
        self.timers.set(ends.min(now.plus(SESSION_EVERY)), Timer::Session(conn));
    }

    /// Opens a session.
    pub fn log_in(&mut self, now: Moment, session: &OperatorSession) -> Result<(), StoreError> {
        let entry = AuditEntry::new(now, Actor::Operator(session.operator.clone()), Deed::LoggedIn);
        self.store.write(|tx| {
            tx.insert_session(session)?;
            tx.insert_audit(&entry)
        })
    }

    /// Somebody tried to log in and did not know the password; as whom, if anybody has the name.
    pub fn login_failed(&mut self, now: Moment, who: Option<OperatorId>) -> Result<(), StoreError> {
        let who = who.map_or(Actor::Nobody, Actor::Operator);
        self.store.write(|tx| tx.insert_audit(&AuditEntry::new(now, who, Deed::LoginFailed)))
    }

    /// Ends the session of a token, or every session of whoever it belongs to. Every socket that was opened with one of
    /// these is closed. A token that opens nothing ends nothing, and costs no writing.
    pub fn log_out(&mut self, now: Moment, token: &Digest, sessions: Sessions) -> Result<(), StoreError> {
        self.clock = self.clock.max(now);
        let Some(session) = self.store.read(|tx| tx.session(token))? else { return Ok(()) };
        let me = session.operator;
        self.store.write(|tx| {
            let deed = match sessions {
                Sessions::This => {
                    tx.delete_session(token)?;
                    Deed::LoggedOut
                }
                Sessions::All => {
                    tx.delete_sessions_of(&me)?;
                    Deed::LoggedOutEverywhere
                }
            };
            tx.insert_audit(&AuditEntry::new(now, Actor::Operator(me.clone()), deed))
        })?;
        let is_theirs = |operator: &OperatorSocket| match sessions {
            Sessions::This => operator.token == *token,
            Sessions::All => operator.operator == me,
        };
        let theirs: Vec<_> = self
            .sockets
            .iter()
            .filter(|(_, socket)| matches!(&socket.phase, Phase::Operator(operator) if is_theirs(operator)))
            .map(|(conn, _)| *conn)
            .collect();
        for conn in theirs {
            self.close(conn, CloseCode::Expired, "logged out");
        }
        self.settle(self.clock);
        Ok(())
    }
}
