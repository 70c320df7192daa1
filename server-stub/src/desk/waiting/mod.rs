//! The waiting room: who waits, in which order, and in which place.

mod claims;
mod estimates;
mod hold;
mod lines;
mod places;
mod promises;
mod statistics;

use std::collections::{BTreeMap, HashMap};

use tealight_protocol::{Area, ConversationId, Wait};
use tealight_wait::{Estimate, Quote};

pub(super) use promises::{Expectation, may_close_first};
pub(super) use statistics::{Learned, Statistics, learn_from_end};

use super::{ConnId, Desk, Refusal, Timer};
use crate::Moment;
use crate::store::Store;
use estimates::Ration;
use lines::Estimated;

/// Where the orders of those who were talked with begin. Newcomers have orders from 1.
const BEFORE_NEWCOMERS: i64 = -(1 << 40);

/// Who waits, in order, and how long it takes.
#[derive(Debug, Default)]
pub(super) struct WaitingRoom {
    by_order: BTreeMap<i64, ConversationId>,
    orders: HashMap<ConversationId, i64>,
    highest: i64,
    /// Within each area, from 1.
    places: HashMap<ConversationId, u32>,
    /// How many of each area were counted.
    counted: HashMap<Option<Area>, u32>,
    uncounted: bool,
    statistics: Statistics,
    estimated: Estimated,
    ration: Ration,
    /// What the estimate rests on, the passing of time apart.
    picture: Option<u64>,
    /// Something changed that the estimate may rest on.
    stale: bool,
    /// Time has passed for it.
    is_old: bool,
    /// It will be made as soon as the ration allows.
    put_off: bool,
    /// When the next promise runs out.
    look_at: Option<Moment>,
    /// Everybody is to be told of their place.
    untold: bool,
    /// Only these are: they came last, and nobody moved.
    newcomers: Vec<ConversationId>,
    /// Before this moment not everybody is told again.
    told_until: Option<Moment>,
    told_later: bool,
    changed_for_operators: bool,
    may_resolve: bool,
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
        self.may_resolve = true;
    }

    /// What is planned changed, or time has passed: the estimate is made anew though the room is as it was.
    pub(super) fn time_or_plan_changed(&mut self) {
        self.is_old = true;
        self.changed();
    }

    /// Somebody may be handed out who could not be before.
    pub(super) fn changed_for_operators(&mut self) {
        self.changed_for_operators = true;
        self.may_resolve = true;
    }

    pub(super) fn take_changed_for_operators(&mut self) -> bool {
        std::mem::take(&mut self.changed_for_operators)
    }

    pub(super) fn remove(&mut self, id: &ConversationId) {
        if let Some(order) = self.orders.remove(id) {
            self.by_order.remove(&order);
            self.uncounted = true;
            self.changed();
        }
    }

    fn insert(&mut self, id: &ConversationId, order: i64) {
        self.highest = self.highest.max(order);
        let before = self.orders.insert(id.clone(), order);
        if before != Some(order) {
            if let Some(before) = before {
                self.by_order.remove(&before);
            }
            self.by_order.insert(order, id.clone());
            self.uncounted = true;
            self.changed();
        }
    }

    /// Somebody joins behind everybody who waits: nobody else has another place for it.
    fn append(&mut self, id: &ConversationId, order: i64, area: Option<&Area>) {
        self.highest = self.highest.max(order);
        self.orders.insert(id.clone(), order);
        self.by_order.insert(order, id.clone());
        if !self.uncounted {
            let place = self.counted.entry(area.cloned()).and_modify(|place| *place += 1).or_insert(1);
            self.places.insert(id.clone(), *place);
        }
        self.newcomers.push(id.clone());
        self.stale = true;
        self.changed_for_operators();
    }

    /// Who waits, the next first.
    pub(super) fn in_order(&self) -> impl Iterator<Item = &ConversationId> {
        self.by_order.values()
    }

    /// The place of somebody who waits, as it was counted last.
    pub(super) fn place(&self, id: &ConversationId) -> Option<u32> {
        self.places.get(id).copied()
    }

    /// What came of earlier waits.
    pub(super) fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// How long somebody would wait who joined now.
    pub(super) fn estimate_for_newcomer(&self) -> Option<&Estimate> {
        self.estimated.newcomer.as_ref()
    }
}

/// Words as the protocol says them.
pub(super) fn wait_of(quote: Quote) -> Wait {
    match quote {
        Quote::Unknown => Wait::Unknown,
        Quote::Closed => Wait::Closed,
        Quote::Range { low, high } => Wait::Range { low_s: low * 60, high_s: high.map(|high| high * 60) },
    }
}

impl<S: Store> Desk<S> {
    /// Brings the waiting room in step with a conversation's state.
    pub(super) fn reindex(&mut self, id: &ConversationId) {
        let Some(room) = self.rooms.get(id).filter(|room| room.is_waiting()) else {
            return self.waiting.remove(id);
        };
        let order = room.record.order;
        let is_last = self.waiting.by_order.keys().next_back().is_none_or(|last| *last < order);
        if is_last && !self.waiting.orders.contains_key(id) {
            self.waiting.append(id, order, room.record.area.as_ref());
        } else {
            self.waiting.insert(id, order);
        }
    }

    /// Counts the places of everybody who waits: 1 for the next of an area.
    pub(super) fn count_places(&mut self) {
        if !std::mem::take(&mut self.waiting.uncounted) {
            return;
        }
        let Self { waiting, rooms, .. } = self;
        waiting.counted.clear();
        let counted = &mut waiting.counted;
        let places = waiting.by_order.values().map(|id| {
            let area = rooms.get(id).and_then(|room| room.record.area.clone());
            let place = counted.entry(area).and_modify(|place| *place += 1).or_insert(1);
            (id.clone(), *place)
        });
        waiting.places = places.collect();
    }
}
