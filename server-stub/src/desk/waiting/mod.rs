//! The waiting room: who waits, in which order, and in which place.

mod claims;
mod estimates;
mod hold;
mod places;

use std::collections::{BTreeMap, HashMap};

use tealight_protocol::{Area, ConversationId, Wait};
use tealight_wait::{Estimate, Estimates, Minutes, Patience, Quote};

use super::{ConnId, Desk, Refusal, Timer};
use crate::store::Store;

/// Where the orders of those who were talked with begin. Newcomers have orders from 1.
const BEFORE_NEWCOMERS: i64 = -(1 << 40);

/// Who waits, in order, and how long it takes.
#[derive(Debug, Default)]
pub(super) struct WaitingRoom {
    by_order: BTreeMap<i64, ConversationId>,
    orders: HashMap<ConversationId, i64>,
    highest: i64,
    estimates: HashMap<Option<Area>, Estimates>,
    handling: Vec<Minutes>,
    patience: Patience,
    stale: bool,
    untold: bool,
    changed_for_operators: bool,
}

impl WaitingRoom {
    pub(super) fn len(&self) -> usize {
        self.by_order.len()
    }

    /// The order of somebody who was talked with already: before everybody who was not, and behind those who
    /// were passed on or lost their operator earlier.
    pub(super) fn order_before_newcomers(&self) -> i64 {
        let first = self.by_order.keys().next().copied().unwrap_or(0);
        match self.by_order.range(..=0).next_back() {
            Some((last, _)) if *last < 0 => (*last).max(BEFORE_NEWCOMERS) + 1,
            Some(_) => first - 1,
            None => BEFORE_NEWCOMERS,
        }
    }

    /// The highest order that was ever given.
    pub(super) fn last_order(&self) -> i64 {
        self.highest
    }

    /// Something changed that places or estimates hang on.
    pub(super) fn changed(&mut self) {
        self.stale = true;
        self.untold = true;
        self.changed_for_operators = true;
    }

    /// Somebody may be handed out who could not be before.
    pub(super) fn changed_for_operators(&mut self) {
        self.changed_for_operators = true;
    }

    pub(super) fn take_changed_for_operators(&mut self) -> bool {
        std::mem::take(&mut self.changed_for_operators)
    }

    pub(super) fn remove(&mut self, id: &ConversationId) {
        if let Some(order) = self.orders.remove(id) {
            self.by_order.remove(&order);
            self.changed();
        }
    }

    fn insert(&mut self, id: &ConversationId, order: i64) {
        self.highest = self.highest.max(order);
        if self.orders.insert(id.clone(), order) != Some(order) {
            self.by_order.insert(order, id.clone());
            self.changed();
        }
    }

    /// Who waits, the next first.
    pub(super) fn in_order(&self) -> impl Iterator<Item = &ConversationId> {
        self.by_order.values()
    }

    pub(super) fn estimate_for(&self, area: Option<&Area>, place: u32) -> Wait {
        self.estimates
            .get(&area.cloned())
            .map_or(Wait::Unknown, |estimates| told(&estimates.for_place(place)))
    }

    pub(super) fn estimate_for_newcomer(&self) -> Wait {
        self.estimates.get(&None).map_or(Wait::Unknown, |estimates| told(&estimates.for_newcomer()))
    }
}

/// An estimate as the protocol says it.
fn told(estimate: &Estimate) -> Wait {
    match estimate.quote() {
        Quote::Unknown => Wait::Unknown,
        Quote::Closed => Wait::Closed,
        Quote::Range { low, high } => Wait::Range { low_s: low * 60, high_s: high.map(|high| high * 60) },
    }
}

impl<S: Store> Desk<S> {
    /// Brings the waiting room in step with a conversation's state.
    pub(super) fn reindex(&mut self, id: &ConversationId) {
        match self.rooms.get(id).filter(|room| room.is_waiting()).map(|room| room.record.order) {
            Some(order) => self.waiting.insert(id, order),
            None => self.waiting.remove(id),
        }
    }

    /// The places of everybody who waits, by conversation: 1 for the next of an area.
    pub(super) fn places(&self) -> Vec<(ConversationId, u32)> {
        let mut by_area: HashMap<Option<&Area>, u32> = HashMap::new();
        let mut places = Vec::with_capacity(self.waiting.len());
        for id in self.waiting.in_order() {
            let area = self.rooms.get(id).and_then(|room| room.record.area.as_ref());
            let place = by_area.entry(area).and_modify(|place| *place += 1).or_insert(1);
            places.push((id.clone(), *place));
        }
        places
    }
}
