//! What each visitor who waits is told of the place and the wait, and how often.

use tealight_protocol::{ConversationId, PlaceUpdate, QueueState, ToVisitor, limits};

use super::{ConnId, Desk, Timer};
use crate::Moment;
use crate::desk::connections::Phase;
use crate::store::Store;

/// Two ends of a hold that are this near are one, in seconds: each was rounded twice.
const HOLD_SLACK_S: u64 = 2;

impl<S: Store> Desk<S> {
    /// Tells everybody who waits what changed for them, as often as the protocol allows.
    pub(in crate::desk) fn tell_places(&mut self, now: Moment) {
        if !std::mem::take(&mut self.waiting.untold) {
            return;
        }
        for (id, place) in self.places() {
            let conns = self.rooms.get(&id).map(|room| room.sockets.clone()).unwrap_or_default();
            for conn in conns {
                self.tell_place(now, conn, &id, place);
            }
        }
    }

    pub(in crate::desk) fn place_may_be_told(&mut self, now: Moment, conn: ConnId) {
        let Some(Phase::Visitor(visitor)) = self.sockets.get_mut(&conn).map(|s| &mut s.phase) else { return };
        visitor.place_armed = false;
        let Some(id) = visitor.conv.clone() else { return };
        if let Some((_, place)) = self.places().into_iter().find(|(other, _)| *other == id) {
            self.tell_place(now, conn, &id, place);
        }
    }

    fn tell_place(&mut self, now: Moment, conn: ConnId, id: &ConversationId, place: u32) {
        let Some(update) = self.place_update(now, id, place) else { return };
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
        visitor.place = Some((now, update.clone()));
        if let Some(room) = self.rooms.get_mut(id) {
            room.rev = update.rev;
        }
        self.send(conn, &ToVisitor::Queue(update));
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
        let (_, place) = self.places().into_iter().find(|(other, _)| other == id)?;
        let update = self.place_update(now, id, place)?;
        if let Some(room) = self.rooms.get_mut(id) {
            room.rev = update.rev;
        }
        if let Some(Phase::Visitor(visitor)) = self.sockets.get_mut(&conn).map(|s| &mut s.phase) {
            visitor.place = Some((now, update.clone()));
        }
        Some(update)
    }

    fn place_update(&self, now: Moment, id: &ConversationId, place: u32) -> Option<PlaceUpdate> {
        let room = self.rooms.get(id).filter(|room| room.is_waiting())?;
        let state = match &room.hold {
            Some(_) => QueueState::Ready,
            None if room.held => QueueState::Held,
            None => QueueState::Waiting,
        };
        Some(PlaceUpdate {
            rev: room.rev + 1,
            state,
            place: Some(place),
            wait: self.waiting.estimate_for(room.record.area.as_ref(), place),
            promised_by: None,
            worse: false,
            may_close_first: false,
            hold_s: room
                .hold
                .as_ref()
                .map(|hold| hold.until.since(now).as_secs().try_into().unwrap_or(u32::MAX)),
        })
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
    same_hold && (told.state, told.place, told.wait) == (update.state, update.place, update.wait)
}
