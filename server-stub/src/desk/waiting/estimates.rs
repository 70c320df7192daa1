//! The estimate of the wait: what it rests on, and when it is made anew.
//!
//! It is made whenever its picture changed: somebody came or went, a conversation began or ended, an operator came,
//! paused or changed how many they take, something was learned; and every half minute, because time passes. A picture
//! that is the same is not estimated twice. In a storm, estimates are rationed by what they cost: the desk has one
//! thread, and words go before numbers.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use rand_chacha::rand_core::RngCore as _;
use tealight_wait::{HandlingTimes, Minutes, Picture, Slots, estimate};

use super::lines::{Estimated, Line, Lines};
use super::{Desk, Timer};
use crate::Moment;
use crate::config::Opening;
use crate::desk::operator::speaks;
use crate::store::Store;

/// How often the estimate is renewed though nothing happened.
const ESTIMATE_EVERY: Duration = Duration::from_secs(30);

/// How long an operator with a free slot takes to take the next visitor, on average. An assumption.
const MEAN_PICK_UP: Minutes = Minutes(0.5);

/// What estimating may cost in the long run, in places played a second: one place in one course of one line.
const PLACES_A_SECOND: u64 = 2_000_000;

/// What it may cost at once. An estimate is begun while anything of it is left, and what it costs more is waited for:
/// with ten thousand waiting, there is one about every half second.
const PLACES_AT_ONCE: u64 = 4_000_000;

/// What an estimate of one line costs, as far as it hangs on how many wait: about so many courses are played of a
/// short line, and fewer of a long one.
const COURSES: u64 = 400;

/// The fewest courses, however long the line.
const FEWEST_COURSES: u64 = 100;

/// How much estimating may still be done just now.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ration {
    owed: u64,
    paid_at: Moment,
}

impl Ration {
    /// Whether an estimate may be made now, or when.
    fn allows(&mut self, now: Moment) -> Result<(), Moment> {
        let paid = now.ms_since(self.paid_at).saturating_mul(PLACES_A_SECOND) / 1_000;
        self.owed = self.owed.saturating_sub(paid);
        self.paid_at = now;
        match self.owed.checked_sub(PLACES_AT_ONCE) {
            None => Ok(()),
            Some(over) => Err(now.plus_ms(over * 1_000 / PLACES_A_SECOND + 1)),
        }
    }

    fn spend(&mut self, lines: &Lines) {
        let cost = |line: &Line| {
            let places = (line.members.len() + line.running.len() + 1) as u64;
            (places * COURSES).min((COURSES * 300).max(places * FEWEST_COURSES))
        };
        self.owed += lines.lines.iter().map(cost).sum::<u64>();
    }
}

impl<S: Store> Desk<S> {
    pub(in crate::desk) fn estimate_is_old(&mut self, now: Moment) {
        self.waiting.time_or_plan_changed();
        self.timers.set(now.plus(ESTIMATE_EVERY), Timer::Estimate);
    }

    pub(in crate::desk) fn promise_may_have_run_out(&mut self) {
        self.waiting.look_at = None;
        self.waiting.time_or_plan_changed();
    }

    /// Makes the estimate anew if anything changed that it rests on. Runs after every input.
    pub(in crate::desk) fn refresh_estimates(&mut self, now: Moment) {
        if !self.waiting.stale {
            return;
        }
        if let Err(at) = self.waiting.ration.allows(now) {
            if !std::mem::replace(&mut self.waiting.put_off, true) {
                self.timers.set(at, Timer::PutOff);
            }
            return;
        }
        self.waiting.stale = false;
        let lines = self.lines(now);
        let picture = self.picture_of(now, &lines);
        let is_old = std::mem::take(&mut self.waiting.is_old);
        if !is_old && self.waiting.picture == Some(picture) {
            return;
        }
        self.waiting.picture = Some(picture);
        let before = std::mem::take(&mut self.waiting.estimated);
        self.promise_to_newcomers(now, &lines, &before);
        self.waiting.ration.spend(&lines);
        self.waiting.estimated = self.estimate_lines(now, lines);
        self.look_at_promises(now);
        self.waiting.untold = true;
        self.estimate_for_newcomer_changed();
    }

    /// An estimate was put off; now it may be made.
    pub(in crate::desk) fn estimate_was_put_off(&mut self) {
        self.waiting.put_off = false;
    }

    fn estimate_lines(&mut self, now: Moment, lines: Lines) -> Estimated {
        let (is_open, closes_in) = self.open_for_those_who_wait(now);
        let statistics = &mut self.waiting.statistics;
        let (patience, handling) = (statistics.patience(), statistics.handling());
        let pick_up = match self.settings.hand_out {
            after if after.is_zero() => MEAN_PICK_UP,
            after => Minutes(MEAN_PICK_UP.0.min(Minutes::from(after).0)),
        };
        let estimates = lines
            .lines
            .iter()
            .map(|line| {
                let waiting: Vec<_> = line.members.iter().map(|member| member.waiting).collect();
                let handling =
                    HandlingTimes::from_samples(&handling, self.settings.prior_mean, &line.running);
                let picture = Picture {
                    is_open,
                    closes_in,
                    slots: &self.slots_ahead(now, line),
                    running: &line.running,
                    waiting: &waiting,
                    handling: &handling,
                    patience: &patience,
                    overtaking_per_minute: self.waiting.statistics.overtaking_per_minute(now),
                    pick_up,
                };
                estimate(&picture, self.waiting.statistics.calibration(), self.rng.next_u64())
            })
            .collect();
        Estimated::new(lines, estimates)
    }

    /// Whether those who wait can be met, and how long still. After closing it may be over at any moment.
    fn open_for_those_who_wait(&self, now: Moment) -> (bool, Option<Minutes>) {
        match self.settings.hours.at(now) {
            Opening::Open { closes_at } => (true, closes_at.map(|at| Minutes::from(at.since(now)))),
            Opening::Closed { .. } => (self.waiting.len() > 0, Some(Minutes(0.0))),
        }
    }

    /// The slots that a line can hope for, now and by the roster later.
    fn slots_ahead(&self, now: Moment, line: &Line) -> Slots {
        let present: Vec<_> = line
            .operators
            .iter()
            .filter_map(|id| Some((id.clone(), u32::from(self.operators.get(id)?.record.capacity))))
            .collect();
        self.rostered_slots(now, &present, |record| match &line.kind {
            Some(kind) => record.serves(kind.area.as_deref()) && speaks(record, &kind.lang),
            None => true,
        })
    }

    /// What the estimate rests on, the passing of time apart.
    fn picture_of(&self, now: Moment, lines: &Lines) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.open_for_those_who_wait(now).0.hash(&mut hasher);
        self.waiting.statistics.version().hash(&mut hasher);
        for line in &lines.lines {
            line.kind.hash(&mut hasher);
            line.operators.hash(&mut hasher);
            line.slots.hash(&mut hasher);
            line.running.len().hash(&mut hasher);
            line.members.len().hash(&mut hasher);
            line.members.iter().for_each(|member| member.id.hash(&mut hasher));
        }
        hasher.finish()
    }
}
