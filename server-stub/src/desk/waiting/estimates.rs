//! The estimate of the wait: what it rests on, and when it is made anew.

use std::collections::HashMap;
use std::time::Duration;

use tealight_protocol::Area;
use tealight_wait::{
    Calibration, Class, HandlingTimes, Minutes, Patience, Picture, Slots, Waiting, estimate,
};

use super::{Desk, Timer};
use crate::Moment;
use crate::desk::operator::Operator;
use crate::desk::rooms::Room;
use crate::store::{HandlingTime, STATISTICS_KEPT, Store, StoreError, WAITS_KEPT, WaitOutcome, WaitRecord};

/// How often the estimate is renewed though nothing happened.
const ESTIMATE_EVERY: Duration = Duration::from_secs(30);

/// How long an operator with a free slot takes to take the next visitor, on average. An assumption.
const MEAN_PICK_UP: Minutes = Minutes(0.5);

/// Always the same chance: an estimate changes when what it rests on changes, and not by itself.
const SEED: u64 = 1;

impl<S: Store> Desk<S> {
    pub(in crate::desk) fn load_statistics(&mut self) -> Result<(), StoreError> {
        let (handling, waits): (Vec<HandlingTime>, Vec<WaitRecord>) = self
            .store
            .read(|tx| Ok::<_, StoreError>((tx.handling_times(STATISTICS_KEPT)?, tx.waits(WAITS_KEPT)?)))?;
        // The store begins with the newest.
        self.waiting.handling = handling.iter().rev().map(|time| minutes(time.ms)).collect();
        let left = |wait: &WaitRecord| wait.outcome == WaitOutcome::Left;
        self.waiting.patience =
            Patience::from_records(waits.iter().map(|wait| (minutes(wait.ms()), left(wait))));
        self.waiting.changed();
        Ok(())
    }

    /// Reads the statistics again after a conversation ended or began. Without them the old ones serve.
    pub(in crate::desk) fn statistics_changed(&mut self) {
        if let Err(error) = self.load_statistics() {
            tracing::warn!(%error, "the statistics could not be read; the estimate rests on older ones");
        }
    }

    pub(in crate::desk) fn estimate_is_old(&mut self, now: Moment) {
        self.waiting.changed();
        self.timers.set(now.plus(ESTIMATE_EVERY), Timer::Estimate);
    }

    pub(in crate::desk) fn refresh_estimates(&mut self, now: Moment) {
        if !std::mem::take(&mut self.waiting.stale) {
            return;
        }
        let open = self.is_open(now) || self.waiting.len() > 0;
        let mut areas: Vec<Option<Area>> = vec![None];
        areas.extend(self.settings.areas.iter().map(|area| Some(area.id.clone())));
        let mut estimates = HashMap::new();
        for area in areas {
            let slots = self.slots_ahead(area.as_ref(), now);
            let running = self.running_for(area.as_ref(), now);
            let waiting = self.waiting_for(area.as_ref(), now);
            let handling =
                HandlingTimes::from_samples(&self.waiting.handling, self.settings.prior_mean, &running);
            let picture = Picture {
                is_open: open,
                closes_in: None,
                slots: &slots,
                running: &running,
                waiting: &waiting,
                handling: &handling,
                patience: &self.waiting.patience,
                overtaking_per_minute: 0.0,
                pick_up: MEAN_PICK_UP,
            };
            estimates.insert(area, estimate(&picture, &Calibration::new(), SEED));
        }
        self.waiting.estimates = estimates;
        self.service.changed();
    }
    /// Whether an operator takes visitors of an area now.
    fn takes_from(&self, operator: &Operator, area: Option<&Area>) -> bool {
        operator.is_accepting() && operator.serves(area.map(|area| area.as_ref()))
    }

    /// The slots that visitors of an area can hope for, now and later.
    fn slots_ahead(&self, area: Option<&Area>, now: Moment) -> Slots {
        let accepting = self.operators.values().filter(|operator| self.takes_from(operator, area));
        let present: Vec<_> = accepting
            .map(|operator| (operator.record.id.clone(), u32::from(operator.record.capacity)))
            .collect();
        self.rostered_slots(now, &present, |record| record.serves(area.map(|area| area.as_ref())))
    }

    /// Ages of the conversations that take up accepting slots. One that waits for the visitor to look begins now.
    fn running_for(&self, area: Option<&Area>, now: Moment) -> Vec<Minutes> {
        let takes_up_a_slot = |room: &&Room| {
            let operator = room.operator().and_then(|id| self.operators.get(id));
            !room.is_ended() && operator.is_some_and(|operator| self.takes_from(operator, area))
        };
        let age = |room: &Room| match room.record.joined_at {
            Some(joined) if room.is_active() => Minutes::from(now.since(joined)),
            Some(_) | None => Minutes(0.0),
        };
        self.rooms.values().filter(takes_up_a_slot).map(age).collect()
    }

    fn waiting_for(&self, area: Option<&Area>, now: Moment) -> Vec<Waiting> {
        let rooms = self.waiting.in_order().filter_map(|id| self.rooms.get(id));
        let waiting = rooms.filter(|room| area.is_none() || room.record.area.as_ref() == area);
        waiting
            .map(|room| Waiting {
                waited: Minutes::from(now.since(room.record.waiting_since)),
                class: if room.record.order <= 0 { Class::First } else { Class::Usual },
            })
            .collect()
    }
}

fn minutes(ms: u64) -> Minutes {
    Minutes::from(Duration::from_millis(ms))
}
