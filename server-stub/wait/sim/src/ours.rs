//! The rule under trial: what the server would estimate and promise, from what the server would know.

use std::cell::OnceCell;
use std::collections::HashMap;

use tealight_wait::{
    Calibration, Class, Estimate, Estimates, HandlingTimes, Minutes, Moment, Patience, Picture, Promise,
    Quote, Shift, Slots, Waiting, estimate, turnout,
};

use crate::contender::{Estimator, Forecast, Quantiles, Shown, Told};
use crate::helpline::Room;
use crate::history::History;
use crate::scenario::DAY;

/// Wait estimates of the crate `tealight-wait`, with their calibration and their promises.
#[derive(Debug)]
pub struct Ours {
    seed: u64,
    looks: u64,
    handling: Option<(u64, HandlingTimes)>,
    patience: Option<(u64, Patience)>,
    calibration: Calibration,
    estimates: Option<Estimates>,
    /// Of each place, once it was asked for.
    places: Vec<OnceCell<Estimate>>,
    promises: HashMap<usize, Promise>,
    /// Quantiles as they were given out when somebody joined, until it is known what became of it.
    records: HashMap<usize, (Minutes, Minutes)>,
}

impl Ours {
    /// Nothing learned yet. All its chance comes from the seed.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            looks: 0,
            handling: None,
            patience: None,
            calibration: Calibration::new(),
            estimates: None,
            places: Vec::new(),
            promises: HashMap::new(),
            records: HashMap::new(),
        }
    }

    fn estimate_at(&self, place: usize) -> Option<&Estimate> {
        let estimates = self.estimates.as_ref()?;
        Some(self.places.get(place)?.get_or_init(|| estimates.for_place(place as u32 + 1)))
    }
}

impl Estimator for Ours {
    fn look(&mut self, room: &Room<'_>) {
        self.looks += 1;
        let running: Vec<Minutes> = room.running.iter().map(|begun| Minutes(room.now - begun)).collect();
        let handling = remembered(&mut self.handling, room.history.finished, || {
            HandlingTimes::from_samples(&minutes(&room.history.handling), None, &running)
        });
        let patience = remembered(&mut self.patience, room.history.ended, || {
            let waits = room.history.waits.iter();
            Patience::from_records(waits.map(|(waited, left)| (Minutes(*waited), *left)))
        });
        let waiting: Vec<Waiting> = room
            .waiting
            .iter()
            .map(|waiting| Waiting {
                waited: Minutes(room.now - waiting.joined),
                class: if waiting.first { Class::First } else { Class::Usual },
            })
            .collect();
        let slots = slots(room);
        let picture = Picture {
            is_open: true,
            closes_in: None,
            slots: &slots,
            running: &running,
            waiting: &waiting,
            handling,
            patience,
            overtaking_per_minute: overtaking(room.history, room.now),
            // Free slots are handed out at once here.
            pick_up: Minutes(0.0),
        };
        self.places = vec![OnceCell::new(); room.waiting.len()];
        self.estimates = Some(estimate(&picture, &self.calibration, self.seed ^ self.looks));
    }

    fn forecast(&self, _: &Room<'_>, place: usize) -> Option<Forecast> {
        let estimate = self.estimate_at(place)?;
        let [q25, q50, q80, q90] = [estimate.q25(), estimate.q50(), estimate.q80(), estimate.q90()];
        let quantiles = Quantiles { q25: q25?.0, q50: q50?.0, q80: q80?.0, q90: q90?.0 };
        Some(Forecast { mean: estimate.mean()?.0, quantiles: Some(quantiles) })
    }

    fn mean(&self, _: &Room<'_>, place: usize) -> Option<f64> {
        self.estimate_at(place)?.mean().map(|mean| mean.0)
    }

    fn tell(&mut self, room: &Room<'_>, place: usize) -> Told {
        let unknown = Told::only(Shown::Nothing);
        let (Some(waiting), Some(estimates), Some(cell)) =
            (room.waiting.get(place), self.estimates.as_ref(), self.places.get(place))
        else {
            return unknown;
        };
        let estimate = cell.get_or_init(|| estimates.for_place(place as u32 + 1));
        let now = moment(room.now);
        let told = if let Some(promise) = self.promises.get_mut(&waiting.id) {
            promise.update(now, estimate)
        } else {
            if let (Some(q25), Some(q90)) = (estimate.issued_q25(), estimate.issued_q90()) {
                self.records.insert(waiting.id, (q25, q90));
            }
            let promise = Promise::new(now, estimate);
            let told = promise.told(now, estimate);
            self.promises.insert(waiting.id, promise);
            told
        };
        let shown = match told.quote {
            Quote::Unknown | Quote::Closed => return unknown,
            Quote::Range { low, high } => Shown::Range { low, high },
        };
        Told { shown, by: told.by.map(|by| by.0 as f64 / 60_000.0), sorry: told.worse }
    }

    fn ended(&mut self, id: usize) {
        self.promises.remove(&id);
    }

    fn offered(&mut self, id: usize, wait: f64) {
        if let Some((q25, q90)) = self.records.remove(&id) {
            self.calibration.observe(q25, q90, Minutes(wait));
        }
    }
}

/// What was made for this state of the history, or newly made.
fn remembered<T>(kept: &mut Option<(u64, T)>, state: u64, make: impl FnOnce() -> T) -> &T {
    if kept.as_ref().is_some_and(|(made_for, _)| *made_for != state) {
        *kept = None;
    }
    &kept.get_or_insert_with(|| (state, make())).1
}

fn minutes<'a>(lengths: impl IntoIterator<Item = &'a f64>) -> Vec<Minutes> {
    lengths.into_iter().map(|length| Minutes(*length)).collect()
}

/// Who accepts, now and later: as in the real server, the roster corrected by who is there and who came lately.
fn slots(room: &Room<'_>) -> Slots {
    let shifts = room.roster.shifts(room.now, DAY).map(|(from, to, at_once)| Shift {
        from: Minutes(from - room.now),
        to: Minutes(to - room.now),
        at_once,
    });
    Slots::from_shifts(room.slots, &shifts.collect::<Vec<_>>())
        .with_turnout(turnout(room.history.shifts.iter().copied()))
}

/// How many people per minute join who go before others.
fn overtaking(history: &History, now: f64) -> f64 {
    history.first.len() as f64 / now.clamp(60.0, DAY)
}

fn moment(minutes: f64) -> Moment {
    Moment((minutes * 60_000.0).round() as u64)
}
