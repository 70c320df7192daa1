//! Conversations in memory: what is stored of them, and who is listening.

use std::time::Duration;

use tealight_protocol::{
    ConversationId, ConversationState, Event, EventKind, Marks, OperatorId, Seq, ToOperator, ToVisitor,
    VisitorPresence, limits,
};

use super::connections::Phase;
use super::silence::Silence;
use super::waiting::{Expectation, Learned};
use super::{ConnId, Desk, Origin, Refusal, Timer};
use crate::Moment;
use crate::store::{Conversation, Store, StoreError, Transaction};

/// How long somebody who missed their turn is told so once they look: long enough to read it.
const MISSED_TOLD: Duration = Duration::from_secs(120);

/// How long marks may wait to be stored together.
const MARKS_EVERY: Duration = Duration::from_millis(1_000);

/// A conversation and those who follow it.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) record: Conversation,
    pub(super) marks: Marks,
    pub(super) marks_stored: bool,
    pub(super) sockets: Vec<ConnId>,
    /// Where the visitor's last pages came from, until the conversation is over.
    pub(super) origins: Vec<Origin>,
    /// Sockets of operators who watch.
    pub(super) watchers: Vec<ConnId>,
    /// Whether the page that came last can show offers.
    pub(super) takes_offers: bool,
    /// The operator who passed it on last, to be told so on coming back.
    pub(super) passed_on_by: Option<OperatorId>,
    pub(super) presence: VisitorPresence,
    pub(super) presence_since: Moment,
    pub(super) typing: TypingSides,
    pub(super) silence: Silence,
    pub(super) hold: Option<Hold>,
    /// Since when the visitor could be met: connected, and not missed at the last turn.
    pub(super) there_since: Moment,
    /// Until when the operator who was handed the visitor is to give a first sign.
    pub(super) sign_until: Option<Moment>,
    /// What the visitor was told about the wait; nothing before the first estimate.
    pub(super) expectation: Option<Expectation>,
    /// Whether a hold ran out and the visitor has not looked since.
    pub(super) held: bool,
    /// Until when somebody who was not there at their turn, and has looked since, is told so.
    pub(super) missed_until: Option<Moment>,
    /// The `rev` of the last place told. Begins at the time of loading, so that it grows across restarts.
    pub(super) rev: u64,
}

/// An operator waits for the visitor to look.
#[derive(Clone, Debug)]
pub(super) struct Hold {
    pub(super) operator: OperatorId,
    pub(super) until: Moment,
    /// Whether the visitor was handed out rather than taken.
    pub(super) handed: bool,
}

/// Until when each side counts as typing, and when that was last passed on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TypingSides {
    pub(super) visitor: Typing,
    pub(super) operator: Typing,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Typing {
    pub(super) until: Option<Moment>,
    pub(super) told_at: Option<Moment>,
}

impl Room {
    pub(super) fn new(record: Conversation, marks: Marks, now: Moment) -> Self {
        let expectation = Expectation::restored(&record, now);
        Self {
            record,
            expectation,
            marks,
            marks_stored: true,
            sockets: Vec::new(),
            origins: Vec::new(),
            watchers: Vec::new(),
            takes_offers: false,
            passed_on_by: None,
            presence: VisitorPresence::Gone,
            presence_since: now,
            typing: TypingSides::default(),
            silence: Silence::new(now),
            hold: None,
            held: false,
            missed_until: None,
            there_since: now,
            sign_until: None,
            rev: now.0,
        }
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.record.state == ConversationState::Waiting
    }

    pub(super) fn is_active(&self) -> bool {
        self.record.state == ConversationState::Active
    }

    /// Whether somebody waits who could be met now.
    pub(super) fn is_there(&self) -> bool {
        self.is_waiting() && self.hold.is_none() && self.presence != VisitorPresence::Gone && !self.held
    }

    pub(super) fn is_ended(&self) -> bool {
        self.record.state == ConversationState::Ended
    }

    /// The operator whose console shows the conversation.
    pub(super) fn operator(&self) -> Option<&OperatorId> {
        self.record.operator.as_ref().or(self.hold.as_ref().map(|hold| &hold.operator))
    }
}

/// A conversation while it is being changed: nothing of it counts before the commit.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) record: Conversation,
    pub(super) events: Vec<Event>,
    pub(super) learned: Learned,
    now: Moment,
}

impl Change {
    pub(super) fn new(record: Conversation, now: Moment) -> Self {
        Self { record, events: Vec::new(), learned: Learned::default(), now }
    }

    pub(super) fn now(&self) -> Moment {
        self.now
    }

    /// Adds an event with the next number.
    pub(super) fn event(&mut self, kind: EventKind) -> Seq {
        self.record.last += 1;
        self.events.push(Event { seq: self.record.last, at: self.now.timestamp(), kind });
        self.record.last
    }
}

/// Events after a position, as many as fit one frame.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) events: Vec<Event>,
    pub(super) more: bool,
}

impl<S: Store> Desk<S> {
    pub(super) fn load_rooms(&mut self, now: Moment) -> Result<(), StoreError> {
        let rooms = self.store.read(|tx| {
            let mut rooms = Vec::new();
            for record in tx.conversations()? {
                let marks = tx.marks(&record.id)?;
                rooms.push(Room::new(record, marks, now));
            }
            Ok::<_, StoreError>(rooms)
        })?;
        let accounts = self.store.read(|tx| tx.operators())?;
        for room in rooms {
            let id = room.record.id.clone();
            if room.is_waiting() {
                self.timers.set(now.plus(self.settings.place_hold), Timer::Away(id.clone()));
            }
            if let Some(expires_at) = room.record.expires_at {
                self.timers.set(expires_at, Timer::Expiry(id.clone()));
            }
            if let Some(reserved) = &room.record.reserved {
                self.timers.set(reserved.until, Timer::Reservation(id.clone()));
            }
            if let Some(operator) = room.record.operator.clone().filter(|_| room.is_active()) {
                self.listen_for_silence(now, &id);
                match accounts.iter().find(|account| account.id == operator) {
                    Some(account) => self.expect_operator(now, account),
                    None => self.timers.set(now, Timer::Lease(operator)),
                }
            }
            self.by_secret.insert(room.record.secret, id.clone());
            self.rooms.insert(id.clone(), room);
            self.reindex(&id);
        }
        Ok(())
    }

    /// Changes a conversation in one transaction. Memory follows only after the commit; the events that
    /// came of it are returned, and have been told to nobody yet.
    pub(super) fn commit<R>(
        &mut self,
        now: Moment,
        id: &ConversationId,
        work: impl FnOnce(&mut dyn Transaction, &mut Change) -> Result<R, Refusal>,
    ) -> Result<(R, Vec<Event>), Refusal> {
        let Some(room) = self.rooms.get(id) else { return Err(NO_CONVERSATION) };
        let mut change = Change::new(room.record.clone(), now);
        change.learned.may_resolve = self.may_resolve(room.record.area.as_ref(), room.record.standing());
        let result = self.store.write(|tx| {
            let result = work(tx, &mut change)?;
            for event in &change.events {
                tx.append(id, event)?;
            }
            tx.update_conversation(&change.record)?;
            Ok::<_, Refusal>(result)
        })?;
        let messages = change.events.iter().filter(|e| matches!(e.kind, EventKind::Message { .. })).count();
        self.totals.messages += messages as u64;
        let mut begins = false;
        if let Some(room) = self.rooms.get_mut(id) {
            let was_active = room.is_active();
            room.record = change.record;
            room.silence.hears(&change.events, now);
            begins |= !was_active && room.is_active();
            if !room.is_waiting() {
                room.expectation = None;
            }
        }
        if begins {
            self.listen_for_silence(now, id);
        }
        self.learn(change.learned);
        self.reindex(id);
        self.board.changed();
        Ok((result, change.events))
    }

    /// Tells events to everybody who follows the conversation.
    pub(super) fn tell_events(&mut self, id: &ConversationId, events: &[Event]) {
        self.tell_visitors_events(id, events);
        for event in events {
            self.tell_operators(id, &ToOperator::Event { conv: id.clone(), event: event.clone() });
        }
    }

    /// Tells events to the visitor's sockets alone.
    pub(super) fn tell_visitors_events(&mut self, id: &ConversationId, events: &[Event]) {
        for event in events {
            self.tell_visitors(id, &ToVisitor::Event(event.clone()));
        }
    }

    /// Sends a frame to every socket of a conversation's visitor.
    pub(super) fn tell_visitors(&mut self, id: &ConversationId, frame: &ToVisitor) {
        let Some(room) = self.rooms.get(id) else { return };
        for conn in room.sockets.clone() {
            if self.follows(conn) {
                self.send(conn, frame);
            }
        }
    }

    fn follows(&self, conn: ConnId) -> bool {
        match self.sockets.get(&conn).map(|socket| &socket.phase) {
            Some(Phase::Visitor(visitor)) => visitor.follows,
            Some(Phase::Greeting | Phase::Operator(_)) | None => false,
        }
    }

    /// Events after a position.
    pub(super) fn page(&mut self, id: &ConversationId, after: Seq) -> Result<Page, StoreError> {
        let last = self.rooms.get(id).map_or(0, |room| room.record.last);
        let mut events = self.store.read(|tx| tx.events(id, after, limits::PAGE_EVENTS))?;
        let mut bytes = 0;
        let fitting = events
            .iter()
            .take_while(|event| {
                bytes += serde_json::to_string(event).map_or(0, |text| text.len());
                bytes <= limits::PAGE_BYTES
            })
            .count();
        events.truncate(fitting.max(1));
        let more = events.last().is_some_and(|event| event.seq < last);
        Ok(Page { events, more })
    }

    /// Works out where the visitor is from the sockets that are there, and tells those whom it concerns.
    pub(super) fn update_presence(&mut self, now: Moment, id: &ConversationId) {
        let Some(room) = self.rooms.get_mut(id) else { return };
        let mut presence = VisitorPresence::Gone;
        for conn in &room.sockets {
            match self.sockets.get(conn).map(|socket| &socket.phase) {
                Some(Phase::Visitor(visitor)) if visitor.visible => presence = VisitorPresence::Here,
                Some(Phase::Visitor(_)) if presence == VisitorPresence::Gone => {
                    presence = VisitorPresence::Hidden;
                }
                Some(Phase::Greeting | Phase::Visitor(_) | Phase::Operator(_)) | None => {}
            }
        }
        if presence == room.presence {
            return;
        }
        let comes_back = room.presence == VisitorPresence::Gone || room.held;
        room.presence = presence;
        room.presence_since = now;
        self.board.changed();
        let waiting = room.is_waiting();
        if presence == VisitorPresence::Here {
            if std::mem::take(&mut room.held) {
                let until = now.plus(MISSED_TOLD);
                room.missed_until = Some(until);
                for conn in &room.sockets {
                    self.timers.set(until, Timer::Queue(*conn));
                }
            }
            self.waiting.changed();
        }
        if comes_back && presence != VisitorPresence::Gone && !room.held {
            room.there_since = now;
        }
        self.waiting.changed_for_operators();
        if presence == VisitorPresence::Gone && waiting {
            self.timers.set(now.plus(self.settings.place_hold), Timer::Away(id.clone()));
        }
        let since = now.timestamp();
        self.tell_operators(id, &ToOperator::Presence { conv: id.clone(), presence, since });
        if presence == VisitorPresence::Here {
            self.visitor_looked(now, id);
        }
    }

    /// Lets a side's mark grow, and tells both sides.
    pub(super) fn move_marks(
        &mut self,
        now: Moment,
        id: &ConversationId,
        step: impl FnOnce(&mut Marks, Seq),
    ) {
        let Some(room) = self.rooms.get_mut(id) else { return };
        let mut marks = room.marks;
        step(&mut marks, room.record.last);
        if marks == room.marks {
            return;
        }
        room.marks = marks;
        room.marks_stored = false;
        if !self.marks_armed {
            self.marks_armed = true;
            self.timers.set(now.plus(MARKS_EVERY), Timer::Marks);
        }
        self.tell_visitors(id, &ToVisitor::Marks(marks));
        self.tell_operators(id, &ToOperator::Marks { conv: id.clone(), marks });
    }

    /// Stores all marks that moved, together. Marks are no acknowledged words: they may be a second late.
    pub(super) fn store_marks(&mut self, now: Moment) {
        self.marks_armed = false;
        let moved: Vec<_> = self
            .rooms
            .values()
            .filter(|room| !room.marks_stored)
            .map(|room| (room.record.id.clone(), room.marks))
            .collect();
        if moved.is_empty() {
            return;
        }
        let stored = self.store.write(|tx| moved.iter().try_for_each(|(id, marks)| tx.set_marks(id, marks)));
        match stored {
            Ok(()) => {
                for (id, _) in moved {
                    if let Some(room) = self.rooms.get_mut(&id) {
                        room.marks_stored = true;
                    }
                }
            }
            Err(StoreError::Unavailable(_) | StoreError::Corrupt(_) | StoreError::Key(_)) => {
                self.marks_armed = true;
                self.timers.set(now.plus(MARKS_EVERY * 5), Timer::Marks);
            }
        }
    }
}

pub(super) const NO_CONVERSATION: Refusal =
    Refusal::last_word(tealight_protocol::ErrorCode::NotFound, "there is no such conversation");
