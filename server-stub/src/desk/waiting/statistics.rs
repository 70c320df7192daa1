//! What earlier conversations and waits teach: how long people talk, how long they wait, and how well the estimates
//! were. In memory as in the store, so that nothing is read again while the room is full.

use std::collections::VecDeque;
use std::time::Duration;

use tealight_protocol::{Area, ConversationState};
use tealight_wait::{Calibration, HANDLING_TIMES_KEPT, Minutes, Patience};

use super::Desk;
use crate::Moment;
use crate::config::Opening;
use crate::desk::rooms::Change;
use crate::store::{
    HandlingTime, OfferedWait, STATISTICS_KEPT, Standing, Store, StoreError, Transaction, WAITS_KEPT,
    WAITS_KEPT_FOR, WaitClass, WaitOutcome, WaitRecord,
};

/// Over how long those are counted who were put before others.
const OVERTAKING_OVER: Duration = Duration::from_secs(2 * 60 * 60);

/// Lengths, waits, and what follows from them.
#[derive(Debug, Default)]
pub(in crate::desk) struct Statistics {
    /// Lengths of conversations, the newest last.
    handling: VecDeque<Minutes>,
    /// The newest last.
    waits: VecDeque<WaitRecord>,
    patience: Option<Patience>,
    calibration: Calibration,
    /// Grows with everything that is learned.
    version: u64,
}

impl Statistics {
    fn new(handling: &[HandlingTime], waits: Vec<WaitRecord>) -> Self {
        // The store begins with the newest.
        let handling = handling.iter().rev().map(|time| minutes(time.ms)).collect();
        let waits: VecDeque<_> = waits.into_iter().rev().collect();
        let mut known: Vec<_> = waits.iter().filter_map(|wait| Some((known_at(wait)?, wait))).collect();
        known.sort_by_key(|(at, _)| *at);
        let mut calibration = Calibration::new();
        for (_, wait) in known {
            observe(&mut calibration, wait);
        }
        Self { handling, waits, patience: None, calibration, version: 0 }
    }

    /// Waits that are over, the newest last.
    pub(in crate::desk) fn waits(&self) -> impl Iterator<Item = &WaitRecord> {
        self.waits.iter()
    }

    pub(super) fn handling(&self) -> Vec<Minutes> {
        self.handling.iter().copied().collect()
    }

    pub(super) fn patience(&mut self) -> Patience {
        let left = |wait: &WaitRecord| wait.outcome == WaitOutcome::Left;
        let waits = &self.waits;
        self.patience
            .get_or_insert_with(|| {
                Patience::from_records(waits.iter().map(|wait| (minutes(wait.ms()), left(wait))))
            })
            .clone()
    }

    pub(super) fn calibration(&self) -> &Calibration {
        &self.calibration
    }

    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// How many people a minute were put before all others lately.
    pub(super) fn overtaking_per_minute(&self, now: Moment) -> f64 {
        let since = Moment(now.0.saturating_sub(OVERTAKING_OVER.as_millis() as u64));
        let first = |wait: &&WaitRecord| wait.class == WaitClass::First && wait.joined >= since;
        let count = self.waits.iter().rev().take_while(|wait| wait.ended >= since).filter(first).count();
        count as f64 / Minutes::from(OVERTAKING_OVER).0
    }

    /// Whether it is still open how long somebody would have waited who left from before this standing.
    fn is_pending(&self, area: Option<&Area>, behind: Option<Standing>) -> bool {
        self.waits.iter().any(|wait| {
            wait.offered == OfferedWait::Pending
                && wait.area.as_ref() == area
                && behind.is_none_or(|behind| standing(wait) < behind)
        })
    }

    fn learn(&mut self, learned: Learned) {
        let Learned { handling, wait, known, .. } = learned;
        if handling.is_none() && wait.is_none() && known.is_empty() {
            return;
        }
        self.version += 1;
        self.patience = None;
        if let Some(time) = handling {
            self.handling.push_back(minutes(time.ms));
            while self.handling.len() > HANDLING_TIMES_KEPT.min(STATISTICS_KEPT) {
                self.handling.pop_front();
            }
        }
        for wait in known {
            observe(&mut self.calibration, &wait);
            let same = |other: &&mut WaitRecord| {
                other.offered == OfferedWait::Pending
                    && (other.joined, other.ended, &other.area) == (wait.joined, wait.ended, &wait.area)
            };
            if let Some(pending) = self.waits.iter_mut().find(same) {
                *pending = wait;
            }
        }
        if let Some(wait) = wait {
            observe(&mut self.calibration, &wait);
            self.waits.push_back(wait);
            while self.waits.len() > WAITS_KEPT {
                self.waits.pop_front();
            }
        }
    }

    /// Nobody will ever know how long those would have waited who left before a moment.
    fn give_up(&mut self, ended_before: Moment) {
        for wait in &mut self.waits {
            if wait.offered == OfferedWait::Pending && wait.ended < ended_before {
                wait.offered = OfferedWait::Never;
            }
        }
    }

    fn forget(&mut self, now: Moment) {
        let before = self.waits.len();
        self.waits.retain(|wait| wait.ended.plus(WAITS_KEPT_FOR) >= now);
        if self.waits.len() != before {
            self.patience = None;
            self.version += 1;
        }
    }
}

/// What a change of a conversation teaches, once it is committed.
#[derive(Debug, Default)]
pub(in crate::desk) struct Learned {
    handling: Option<HandlingTime>,
    wait: Option<WaitRecord>,
    /// Earlier waits whose length is known now.
    known: Vec<WaitRecord>,
    /// Whether somebody's unknown wait may become known by this.
    pub(in crate::desk) may_resolve: bool,
}

impl Change {
    /// The visitor waits no longer. What was promised has been kept, or not.
    pub(in crate::desk) fn wait_is_over(
        &mut self,
        tx: &mut dyn Transaction,
        outcome: WaitOutcome,
    ) -> Result<(), StoreError> {
        let wait = WaitRecord::of(&self.record, self.now(), outcome);
        tx.insert_wait(&wait)?;
        if self.learned.may_resolve && outcome == WaitOutcome::Met {
            let behind = self.record.standing();
            self.learned.known = tx.resolve_waits(self.record.area.as_ref(), Some(behind), self.now())?;
        }
        self.learned.wait = Some(wait);
        self.record.promise = None;
        Ok(())
    }

    /// The conversation is over that an operator had.
    pub(in crate::desk) fn talk_is_over(
        &mut self,
        tx: &mut dyn Transaction,
        since: Moment,
    ) -> Result<(), StoreError> {
        let time = HandlingTime { at: self.now(), ms: self.now().ms_since(since) };
        tx.insert_handling_time(&time)?;
        self.learned.handling = Some(time);
        Ok(())
    }
}

impl<S: Store> Desk<S> {
    pub(in crate::desk) fn load_statistics(&mut self, now: Moment) -> Result<(), StoreError> {
        let (handling, waits) = self
            .store
            .read(|tx| Ok::<_, StoreError>((tx.handling_times(STATISTICS_KEPT)?, tx.waits(WAITS_KEPT)?)))?;
        self.waiting.statistics = Statistics::new(&handling, waits);
        // Whoever left before the helpline closed would have met nobody that day: it may have closed while this
        // server did not run.
        let closed_since = |wait: &&WaitRecord| match self.settings.hours.at(wait.ended) {
            Opening::Open { closes_at } => closes_at.is_some_and(|at| at <= now),
            Opening::Closed { .. } => true,
        };
        let pending = self.waiting.statistics.waits.iter().filter(|w| w.offered == OfferedWait::Pending);
        if let Some(last) = pending.filter(closed_since).map(|wait| wait.ended).max() {
            self.give_up_waits(last.plus_ms(1));
        }
        self.waiting.changed();
        Ok(())
    }

    /// Whether a wait that becomes known has somebody to become known for.
    pub(in crate::desk) fn may_resolve(&self, area: Option<&Area>, behind: Standing) -> bool {
        self.waiting.statistics.is_pending(area, Some(behind))
    }

    pub(in crate::desk) fn learn(&mut self, learned: Learned) {
        self.waiting.statistics.learn(learned);
    }

    /// The helpline is closed: how long those would have waited who left, nobody will ever know.
    pub(in crate::desk) fn give_up_waits(&mut self, ended_before: Moment) {
        if !self.waiting.statistics.waits.iter().any(|wait| wait.offered == OfferedWait::Pending) {
            return;
        }
        let stored = self.store.write(|tx| tx.give_up_waits(ended_before));
        match stored {
            Ok(()) => self.waiting.statistics.give_up(ended_before),
            Err(error) => {
                let error: StoreError = error;
                tracing::warn!(%error, "open waits could not be closed; it will be tried again");
            }
        }
    }

    pub(in crate::desk) fn forget_old_waits(&mut self, now: Moment) {
        self.waiting.statistics.forget(now);
    }

    /// A free operator with nobody to be met: whoever left would have been met by now. Runs after every input.
    pub(in crate::desk) fn resolve_by_idle_operators(&mut self, now: Moment) {
        if !std::mem::take(&mut self.waiting.may_resolve) {
            return;
        }
        let mut areas: Vec<Option<Area>> = Vec::new();
        for wait in self.waiting.statistics.waits.iter().filter(|w| w.offered == OfferedWait::Pending) {
            if !areas.contains(&wait.area) {
                areas.push(wait.area.clone());
            }
        }
        for area in areas {
            if !self.somebody_is_idle_for(area.as_ref()) {
                continue;
            }
            let known = self.store.write(|tx| tx.resolve_waits(area.as_ref(), None, now));
            match known {
                Ok(known) => self.learn(Learned { known, ..Learned::default() }),
                Err(error) => {
                    let error: StoreError = error;
                    tracing::warn!(%error, "open waits could not be closed; it will be tried again");
                }
            }
        }
    }

    fn somebody_is_idle_for(&self, area: Option<&Area>) -> bool {
        let waits = |room: &crate::desk::rooms::Room| room.record.area.as_ref() == area && room.is_there();
        if self.waiting.in_order().filter_map(|id| self.rooms.get(id)).any(waits) {
            return false;
        }
        self.operators.values().any(|operator| {
            operator.is_accepting()
                && operator.serves(area.map(String::as_str))
                && self.load_of(&operator.record.id) < operator.record.capacity
        })
    }
}

/// What an end adds to the statistics: a length, where somebody was talked with; a wait, where nobody came.
pub(in crate::desk) fn learn_from_end(
    tx: &mut dyn Transaction,
    change: &mut Change,
    outcome: WaitOutcome,
) -> Result<(), StoreError> {
    match (change.record.state, change.record.joined_at) {
        (ConversationState::Active, Some(joined)) => change.talk_is_over(tx, joined),
        (ConversationState::Waiting, None) => change.wait_is_over(tx, outcome),
        (ConversationState::Waiting | ConversationState::Active | ConversationState::Ended, _) => {
            change.record.promise = None;
            Ok(())
        }
    }
}

fn observe(calibration: &mut Calibration, wait: &WaitRecord) {
    if let (Some(q25), Some(q90), OfferedWait::Known(ms)) = (wait.issued_q25, wait.issued_q90, wait.offered) {
        calibration.observe(Minutes(q25), Minutes(q90), minutes(ms));
    }
}

/// When it became known how long a wait would have been.
fn known_at(wait: &WaitRecord) -> Option<Moment> {
    match wait.offered {
        OfferedWait::Known(ms) => Some(wait.joined.plus_ms(ms)),
        OfferedWait::Pending | OfferedWait::Never => None,
    }
}

fn standing(wait: &WaitRecord) -> Standing {
    Standing { class: wait.class, joined: wait.joined }
}

pub(super) fn minutes(ms: u64) -> Minutes {
    Minutes::from(Duration::from_millis(ms))
}
