//! The estimate of the wait: what it rests on, and when it is made anew.

use std::collections::HashMap;
use std::time::Duration;

use tealight_protocol::Area;

use super::{Desk, Timer};
use crate::Moment;
use crate::store::{HandlingTime, STATISTICS_KEPT, Store, StoreError, WAITS_KEPT, WaitOutcome, WaitRecord};
use crate::wait::{Minutes, Patience, Picture, estimate};

/// How often the estimate is renewed though nothing happened.
const ESTIMATE_EVERY: Duration = Duration::from_secs(30);

impl<S: Store> Desk<S> {
    pub(in crate::desk) fn load_statistics(&mut self) -> Result<(), StoreError> {
        let (handling, waits): (Vec<HandlingTime>, Vec<WaitRecord>) = self
            .store
            .read(|tx| Ok::<_, StoreError>((tx.handling_times(STATISTICS_KEPT)?, tx.waits(WAITS_KEPT)?)))?;
        self.waiting.handling =
            handling.iter().map(|time| Minutes::from(Duration::from_millis(time.ms))).collect();
        self.waiting.patience = Patience {
            left: u32::try_from(waits.iter().filter(|wait| wait.outcome == WaitOutcome::Left).count())
                .unwrap_or(u32::MAX),
            exposure: waits.iter().map(|wait| Minutes::from(Duration::from_millis(wait.ms())).0).sum(),
        };
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
            let accepting: Vec<_> = self
                .operators
                .values()
                .filter(|operator| operator.is_accepting() && operator.serves(area.as_deref()))
                .map(|operator| (operator.record.capacity, self.load_of(&operator.record.id)))
                .collect();
            let waiting = self
                .waiting
                .in_order()
                .filter(|id| {
                    area.is_none() || self.rooms.get(*id).is_some_and(|room| room.record.area == area)
                })
                .count();
            let picture = Picture {
                open,
                slots: accepting.iter().map(|(capacity, _)| u32::from(*capacity)).sum(),
                free: accepting
                    .iter()
                    .map(|(capacity, load)| u32::from(capacity.saturating_sub(*load)))
                    .sum(),
                waiting: u32::try_from(waiting).unwrap_or(u32::MAX),
                handling: &self.waiting.handling,
                prior_mean: self.settings.prior_mean,
                patience: self.waiting.patience,
            };
            estimates.insert(area, estimate(&picture));
        }
        self.waiting.estimates = estimates;
        self.service.changed();
    }
}
