//! What each visitor who waits is told of the place and the wait, and how often.

use tealight_protocol::{ConversationId, PlaceUpdate, QueueState, ToVisitor, Wait, limits};
use tealight_wait::Quote;

use super::promises::{ours, theirs};
use super::{ConnId, Desk, Timer, wait_of};
use crate::Moment;
use crate::desk::connections::Phase;
use crate::desk::rooms::Room;
use crate::store::Store;

/// Two ends of a hold that are this near are one, in seconds: each was rounded twice.
const HOLD_SLACK_S: u64 = 2;

/// How many can always be told at once.
const FEW: u64 = 100;

/// Of how many places it is looked within a second whether they are to be told again.
const TOLD_A_SECOND: u64 = 10_000;

impl<S: Store> Desk<S> {
    /// Tells everybody who waits what changed for them, as often as the protocol allows.
    pub(in crate::desk) fn tell_places(&mut self, now: Moment) {
        let mut newcomers = std::mem::take(&mut self.waiting.newcomers);
        if self.waiting.untold && self.may_tell_everybody(now) {
            self.waiting.untold = false;
            newcomers = self.waiting.in_order().cloned().collect();
        }
        if newcomers.is_empty() {
            return;
        }
        self.count_places();
        for id in newcomers {
            let conns = self.rooms.get(&id).map(|room| room.sockets.clone()).unwrap_or_default();
            for conn in conns {
                self.tell_place(now, conn, &id);
            }
        }
    }

    /// In a full room not every change is told to everybody at once: whoever is told of each would be told of
    /// thousands.
    fn may_tell_everybody(&mut self, now: Moment) -> bool {
        if let Some(until) = self.waiting.told_until.filter(|until| *until > now) {
            if !std::mem::replace(&mut self.waiting.told_later, true) {
                self.timers.set(until, Timer::Places);
            }
            return false;
        }
        let waiting = self.waiting.len() as u64;
        self.waiting.told_until = (waiting > FEW).then(|| now.plus_ms(waiting * 1_000 / TOLD_A_SECOND));
        true
    }

    pub(in crate::desk) fn everybody_may_be_told(&mut self) {
        self.waiting.told_later = false;
    }

    pub(in crate::desk) fn place_may_be_told(&mut self, now: Moment, conn: ConnId) {
        let Some(Phase::Visitor(visitor)) = self.sockets.get_mut(&conn).map(|s| &mut s.phase) else { return };
        visitor.place_armed = false;
        let Some(id) = visitor.conv.clone() else { return };
        self.count_places();
        self.tell_place(now, conn, &id);
    }

    fn tell_place(&mut self, now: Moment, conn: ConnId, id: &ConversationId) {
        if self.waiting.put_off && self.rooms.get(id).is_none_or(|room| room.expectation.is_none()) {
            // The first thing that somebody reads is not that nobody knows: it is known in a moment.
            return;
        }
        let Some(update) = self.place_update(now, conn, id) else { return };
        let Some(Phase::Visitor(visitor)) = self.sockets.get_mut(&conn).map(|s| &mut s.phase) else { return };
        if let Some(told) = &visitor.place {
            if says_the_same(told, now, &update) {
                return;
            }
            let allowed_at = told.0.plus_ms(limits::QUEUE_EVERY_MS);
            if allowed_at > now {
                if !std::mem::replace(&mut visitor.place_armed, true) {
                    self.timers.set(allowed_at, Timer::Queue(conn));
                }
                return;
            }
        }
        self.place_is_told(now, conn, id, &update);
        self.send(conn, &ToVisitor::Queue(update));
    }

    fn place_is_told(&mut self, now: Moment, conn: ConnId, id: &ConversationId, update: &PlaceUpdate) {
        let Some(room) = self.rooms.get_mut(id) else { return };
        room.rev = update.rev;
        let Some(Phase::Visitor(visitor)) = self.sockets.get_mut(&conn).map(|s| &mut s.phase) else { return };
        visitor.place = Some((now, update.clone()));
        if let Some(expectation) = &mut room.expectation {
            visitor.worse_told = expectation.worse;
            expectation.worse_told = expectation.worse;
        }
    }

    /// A visitor who waits again hears of the place again, though it may be the one of old.
    pub(in crate::desk) fn forget_told_places(&mut self, id: &ConversationId) {
        let conns = self.rooms.get(id).map(|room| room.sockets.clone()).unwrap_or_default();
        for conn in conns {
            if let Some(Phase::Visitor(visitor)) = self.sockets.get_mut(&conn).map(|s| &mut s.phase) {
                visitor.place = None;
            }
        }
    }

    /// The place inside `ready`. It counts as told.
    pub(in crate::desk) fn place_for_snapshot(
        &mut self,
        now: Moment,
        conn: ConnId,
        id: &ConversationId,
    ) -> Option<PlaceUpdate> {
        self.refresh_estimates(now);
        self.count_places();
        let update = self.place_update(now, conn, id)?;
        self.place_is_told(now, conn, id, &update);
        if let Some(until) = self.rooms.get(id)?.missed_until.filter(|until| now < *until) {
            self.timers.set(until, Timer::Queue(conn));
        }
        Some(update)
    }

    fn place_update(&self, now: Moment, conn: ConnId, id: &ConversationId) -> Option<PlaceUpdate> {
        let room = self.rooms.get(id).filter(|room| room.is_waiting())?;
        let (wait, promised_by) = wait_told(now, room);
        let worse_told = match self.sockets.get(&conn).map(|socket| &socket.phase) {
            Some(Phase::Visitor(visitor)) => visitor.worse_told,
            Some(Phase::Greeting | Phase::Operator(_)) | None => 0,
        };
        let expectation = room.expectation.as_ref();
        let state = match &room.hold {
            Some(_) => QueueState::Ready,
            None if room.held || room.missed_until.is_some_and(|until| now < until) => QueueState::Held,
            None => QueueState::Waiting,
        };
        Some(PlaceUpdate {
            rev: room.rev + 1,
            state,
            place: self.waiting.place(id),
            wait,
            promised_by: promised_by.map(Moment::timestamp),
            worse: expectation.is_some_and(|known| known.worse > worse_told),
            may_close_first: expectation.is_some_and(|known| known.may_close_first),
            hold_s: room
                .hold
                .as_ref()
                .map(|hold| hold.until.since(now).as_secs().try_into().unwrap_or(u32::MAX)),
        })
    }
}

/// How long somebody waits still, in the words of what they were promised, and until when that is.
fn wait_told(now: Moment, room: &Room) -> (Wait, Option<Moment>) {
    let Some(known) = &room.expectation else { return (Wait::Unknown, None) };
    let told = known.promise.told(theirs(now), &known.estimate);
    match told.quote {
        Quote::Unknown | Quote::Closed => (wait_of(told.quote), None),
        Quote::Range { .. } => (wait_of(told.quote), told.by.map(ours)),
    }
}

/// Whether two updates differ in nothing that a visitor would read. The end of a hold is told in seconds from
/// then: one that only came nearer is the same.
fn says_the_same((told_at, told): &(Moment, PlaceUpdate), now: Moment, update: &PlaceUpdate) -> bool {
    let ends = |at: Moment, update: &PlaceUpdate| update.hold_s.map(|left| at.0 / 1_000 + u64::from(left));
    let same_hold = match (ends(*told_at, told), ends(now, update)) {
        (Some(told), Some(ends)) => told.abs_diff(ends) <= HOLD_SLACK_S,
        (told, ends) => told == ends,
    };
    let words = |update: &PlaceUpdate| {
        (update.state, update.place, update.wait, update.promised_by.clone(), update.may_close_first)
    };
    // That it takes longer is said when it happens, and is no state that lasts.
    same_hold && !update.worse && words(told) == words(update)
}
