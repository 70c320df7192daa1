//! What each visitor was promised: kept in the store, looked at with every new estimate, and told by [`super::places`].

use std::time::Duration;

use tealight_protocol::ConversationId;
use tealight_wait::{Estimate, Minutes, Promise, PromiseParts, State};

use super::lines::{Estimated, Kind, Lines};
use super::{Desk, Timer};
use crate::Moment;
use crate::desk::rooms::Room;
use crate::store::{Conversation, PromiseRecord, Store, StoreError};

/// Two looks at a promise are at least this far apart: what comes and goes within seconds is no news.
const BETWEEN_LOOKS: Duration = Duration::from_secs(10);

/// Whoever is likelier than this not to be met before it closes is told so.
pub(super) const WARN_ABOVE: f64 = 0.5;

/// Whoever was told so is told otherwise only below this: an estimate that wavers tells nobody two things.
pub(super) const WARN_UNTIL: f64 = 0.4;

/// What somebody who waits was told, and is to be told.
#[derive(Debug)]
pub(in crate::desk) struct Expectation {
    pub(super) promise: Promise,
    /// What was estimated last.
    pub(super) estimate: Estimate,
    pub(super) may_close_first: bool,
    /// How often it was said that it takes longer. Each socket remembers how many of these it was told.
    pub(in crate::desk) worse: u32,
    /// How many of these any socket was told.
    pub(in crate::desk) worse_told: u32,
    looked_at: Moment,
    stored: bool,
}

impl Expectation {
    fn new(now: Moment, promise: Promise, estimate: Estimate) -> Self {
        Self {
            promise,
            estimate,
            may_close_first: false,
            worse: 0,
            worse_told: 0,
            looked_at: now,
            stored: false,
        }
    }

    /// What a server that ran before this one promised.
    pub(in crate::desk) fn restored(record: &Conversation, now: Moment) -> Option<Self> {
        let promise = record.promise.as_ref()?;
        let parts = PromiseParts {
            by: promise.by.map(theirs),
            low: promise.lower,
            first_upper: promise.first_upper,
            sorry_at: promise.sorry_at.map(theirs),
        };
        let promise = Promise::restored(parts, theirs(now));
        let estimate = Estimate::without_number(State::Unknown);
        Some(Self { stored: true, ..Self::new(now, promise, estimate) })
    }

    fn look(&mut self, now: Moment, estimate: &Estimate) -> bool {
        let told = self.promise.update(theirs(now), estimate);
        self.looked_at = now;
        self.worse += u32::from(told.worse);
        told.changed
    }

    fn is_due(&self, now: Moment) -> bool {
        let has_run_out = self.promise.look_at().is_some_and(|at| ours(at) <= now);
        // A clock that was set back makes it due, too: the promise moves with it.
        let is_empty = self.promise.parts().low.is_none();
        is_empty || has_run_out || now >= self.looked_at.plus(BETWEEN_LOOKS) || now < self.looked_at
    }
}

impl<S: Store> Desk<S> {
    /// Whoever has just joined is promised what they read before joining: what a newcomer was told.
    pub(super) fn promise_to_newcomers(&mut self, now: Moment, lines: &Lines, before: &Estimated) {
        for id in self.waiting.by_order.values() {
            let Some(room) = self.rooms.get_mut(id).filter(|room| room.expectation.is_none()) else {
                continue;
            };
            let told = lines.place(id).map(|(_, place)| place).filter(|_| room.record.order > 0);
            if let Some(estimate) = told.and_then(|place| before.of_next(&Kind::of(room), place)) {
                begin(now, room, &estimate);
            }
        }
    }

    /// Looks at every promise with a new estimate, and keeps what changed.
    pub(super) fn look_at_promises(&mut self, now: Moment) {
        let Self { waiting, rooms, .. } = self;
        for id in waiting.by_order.values() {
            let (Some(room), Some(estimate)) = (rooms.get_mut(id), waiting.estimated.of(id)) else {
                continue;
            };
            match &mut room.expectation {
                None => begin(now, room, &estimate),
                Some(expectation) if expectation.is_due(now) => {
                    let had_number = expectation.promise.parts().low.is_some();
                    if expectation.look(now, &estimate) {
                        expectation.stored = false;
                        let parts = expectation.promise.parts();
                        record(&mut room.record, &parts, (!had_number).then_some((now, &estimate)));
                    }
                }
                Some(_) => {}
            }
            if let Some(expectation) = &mut room.expectation {
                expectation.may_close_first = may_close_first(&estimate, expectation.may_close_first);
                expectation.estimate = estimate;
            }
        }
        self.store_promises();
        self.look_again(now);
    }

    /// Before anything is told: what was promised outlives a restart.
    fn store_promises(&mut self) {
        let unstored = |room: &&Room| room.expectation.as_ref().is_some_and(|known| !known.stored);
        let rooms = self.waiting.by_order.values().filter_map(|id| self.rooms.get(id));
        let changed: Vec<(ConversationId, PromiseRecord)> = rooms
            .filter(unstored)
            .filter_map(|room| Some((room.record.id.clone(), room.record.promise.clone()?)))
            .collect();
        if changed.is_empty() {
            return;
        }
        let stored = self
            .store
            .write(|tx| changed.iter().try_for_each(|(id, promise)| tx.set_promise(id, Some(promise))));
        match stored {
            Ok(()) => {
                for (id, _) in &changed {
                    if let Some(known) = self.rooms.get_mut(id).and_then(|room| room.expectation.as_mut()) {
                        known.stored = true;
                    }
                }
            }
            Err(error) => {
                // Told all the same, and stored with the next look.
                let error: StoreError = error;
                tracing::warn!(%error, "what was promised could not be stored; it will be tried again");
            }
        }
    }

    /// A promise that runs out is looked at in that moment, not half a minute later.
    fn look_again(&mut self, now: Moment) {
        let rooms = self.waiting.by_order.values().filter_map(|id| self.rooms.get(id));
        let promises = rooms.filter_map(|room| room.expectation.as_ref());
        let next =
            promises.filter_map(|known| known.promise.look_at()).map(ours).filter(|at| *at > now).min();
        if let Some(at) = next
            && self.waiting.look_at.is_none_or(|armed| armed <= now || at < armed)
        {
            self.waiting.look_at = Some(at);
            self.timers.set(at, Timer::Promise);
        }
    }
}

fn begin(now: Moment, room: &mut Room, estimate: &Estimate) {
    let expectation = Expectation::new(now, Promise::new(theirs(now), estimate), estimate.clone());
    let parts = expectation.promise.parts();
    if parts.low.is_some() {
        record(&mut room.record, &parts, Some((now, estimate)));
    }
    room.expectation = Some(expectation);
}

/// What is stored. Where there was no number at joining, what is said later counts from joining, too.
fn record(conversation: &mut Conversation, parts: &PromiseParts, begins: Option<(Moment, &Estimate)>) {
    let mut promise = conversation.promise.take().unwrap_or_default();
    if let Some((now, estimate)) = begins {
        let waited = now.since(conversation.waiting_since);
        let from_joining = |time: Minutes| time.0 + Minutes::from(waited).0;
        promise.issued_q25 = estimate.issued_q25().map(from_joining);
        promise.issued_q90 = estimate.issued_q90().map(from_joining);
        let waited_minutes = u32::try_from(waited.as_secs().div_ceil(60)).unwrap_or(u32::MAX);
        promise.first_upper = parts.first_upper.map(|upper| upper.saturating_add(waited_minutes));
    }
    promise.lower = parts.low;
    promise.by = parts.by.map(ours);
    promise.sorry_at = parts.sorry_at.map(ours);
    conversation.promise = Some(promise);
}

/// Whether it is told that the helpline may close first, after what was told before.
pub(in crate::desk) fn may_close_first(estimate: &Estimate, before: bool) -> bool {
    match estimate.state() {
        State::Unknown | State::Closed => before,
        State::Open | State::Warn | State::NotAdmitting => {
            estimate.past_closing() > if before { WARN_UNTIL } else { WARN_ABOVE }
        }
    }
}

pub(super) fn theirs(moment: Moment) -> tealight_wait::Moment {
    tealight_wait::Moment(moment.0)
}

pub(super) fn ours(moment: tealight_wait::Moment) -> Moment {
    Moment(moment.0)
}
