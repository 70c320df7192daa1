//! Watching: a supervisor's socket follows a conversation of somebody else. It is only in memory, belongs to one
//! socket, and is invisible to the visitor.

use tealight_protocol::{
    CloseCode, ConversationId, ErrorCode, Event, OperatorConversation, OperatorId, ReleaseReason, ToOperator,
    limits,
};

use super::connections::Phase;
use super::rooms::{NO_CONVERSATION, Room};
use super::{ConnId, Desk, Refusal};
use crate::Moment;
use crate::store::{AuditEntry, Deed, Store};

impl<S: Store> Desk<S> {
    pub(super) fn watch(
        &mut self,
        now: Moment,
        conn: ConnId,
        me: &OperatorId,
        id: &ConversationId,
        on: bool,
    ) -> Result<(), Refusal> {
        if !on {
            self.stop_watching(conn, id);
            return Ok(());
        }
        if !self.operators.get(me).is_some_and(|operator| operator.record.supervisor) {
            return Err(Refusal::last_word(ErrorCode::Forbidden, "you may not watch conversations"));
        }
        let room = self.rooms.get(id).ok_or(NO_CONVERSATION)?;
        if room.operator() == Some(me) {
            return Err(Refusal::last_word(ErrorCode::Conflict, "the conversation is your own"));
        }
        let begins = !self.watches(conn, id);
        if begins && self.watched_on(conn).len() >= limits::WATCHED {
            return Err(Refusal::last_word(ErrorCode::Conflict, "no more conversations at once"));
        }
        if begins {
            // Nobody reads along unnoticed: what cannot be written down does not begin.
            let entry = AuditEntry::in_conversation(now, me, Deed::Watched, id);
            self.store.write(|tx| Ok::<_, Refusal>(tx.insert_audit(&entry)?))?;
            if let Some(room) = self.rooms.get_mut(id) {
                room.watchers.push(conn);
            }
            if let Some(Phase::Operator(socket)) = self.sockets.get_mut(&conn).map(|s| &mut s.phase) {
                socket.watching.push(id.clone());
            }
        }
        match self.conversation_for_operator(now, id, None, true) {
            Ok(found) => {
                let conversation = OperatorConversation { claim: 0, hold_s: None, ..found };
                self.send(conn, &ToOperator::Watching { conversation });
                if begins {
                    self.tell_who_watches(id);
                }
                Ok(())
            }
            Err(refusal) => {
                self.forget_watcher(conn, id);
                Err(refusal)
            }
        }
    }

    /// Whether a socket watches a conversation.
    pub(super) fn watches(&self, conn: ConnId, id: &ConversationId) -> bool {
        self.watched_on(conn).contains(id)
    }

    fn watched_on(&self, conn: ConnId) -> &[ConversationId] {
        match self.sockets.get(&conn).map(|socket| &socket.phase) {
            Some(Phase::Operator(socket)) => &socket.watching,
            Some(Phase::Greeting | Phase::Visitor(_)) | None => &[],
        }
    }

    /// Who watches a conversation, each once.
    pub(super) fn watchers_of(&self, room: &Room) -> Vec<OperatorId> {
        let mut who: Vec<_> = room.watchers.iter().filter_map(|conn| self.operator_of(*conn)).collect();
        who.sort();
        who.dedup();
        who
    }

    /// Tells whoever has the conversation who watches it.
    fn tell_who_watches(&mut self, id: &ConversationId) {
        let Some(room) = self.rooms.get(id) else { return };
        let who = self.watchers_of(room);
        if let Some(operator) = room.operator().cloned() {
            self.tell_operator(&operator, &ToOperator::Watchers { conv: id.clone(), who });
        }
    }

    fn stop_watching(&mut self, conn: ConnId, id: &ConversationId) {
        if self.watches(conn, id) {
            self.forget_watcher(conn, id);
            self.tell_who_watches(id);
        }
    }

    fn forget_watcher(&mut self, conn: ConnId, id: &ConversationId) {
        if let Some(room) = self.rooms.get_mut(id) {
            room.watchers.retain(|other| *other != conn);
        }
        if let Some(Phase::Operator(socket)) = self.sockets.get_mut(&conn).map(|s| &mut s.phase) {
            socket.watching.retain(|other| other != id);
        }
    }

    /// A socket that watched these is gone.
    pub(super) fn watcher_detached(&mut self, conn: ConnId, watched: &[ConversationId]) {
        for id in watched {
            self.forget_watcher(conn, id);
            self.tell_who_watches(id);
        }
    }

    /// Who takes a conversation no longer watches it.
    pub(super) fn stop_watching_own(&mut self, me: &OperatorId, id: &ConversationId) {
        let watchers = self.rooms.get(id).map(|room| room.watchers.clone()).unwrap_or_default();
        for conn in watchers {
            if self.operator_of(conn).as_ref() == Some(me) {
                self.forget_watcher(conn, id);
            }
        }
    }

    /// A conversation is no more: whoever watched it forgets it.
    pub(super) fn tell_watchers_it_is_gone(&mut self, id: &ConversationId, watchers: &[ConnId]) {
        for conn in watchers {
            self.forget_watcher(*conn, id);
            let reason = ReleaseReason::Erased;
            self.send(*conn, &ToOperator::Released { conv: id.clone(), reason });
        }
    }

    /// An operator may no longer watch: sockets that do are closed.
    pub(super) fn right_to_watch_was_withdrawn(&mut self, me: &OperatorId) {
        let sockets = self.operators.get(me).map(|operator| operator.sockets.clone()).unwrap_or_default();
        for conn in sockets {
            if !self.watched_on(conn).is_empty() {
                self.close(conn, CloseCode::Forbidden, "you may no longer watch conversations");
            }
        }
    }

    /// Sends a frame to every socket that watches a conversation.
    pub(super) fn tell_watchers(&mut self, id: &ConversationId, frame: &ToOperator) {
        let watchers = self.rooms.get(id).map(|room| room.watchers.clone()).unwrap_or_default();
        for conn in watchers {
            self.send(conn, frame);
        }
    }

    /// Tells events to whoever watches.
    pub(super) fn tell_watchers_events(&mut self, id: &ConversationId, events: &[Event]) {
        for event in events {
            self.tell_watchers(id, &ToOperator::Event { conv: id.clone(), event: event.clone() });
        }
    }

    /// Sends a frame to every console of whoever has a conversation, and to every socket that watches it.
    pub(super) fn tell_operators(&mut self, id: &ConversationId, frame: &ToOperator) {
        if let Some(operator) = self.rooms.get(id).and_then(|room| room.operator().cloned()) {
            self.tell_operator(&operator, frame);
        }
        self.tell_watchers(id, frame);
    }
}
