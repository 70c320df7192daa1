//! What is said about the whole service, and when it changes.

use std::time::Duration;

use tealight_protocol::{EndReason, ServiceState, ServiceStatus, ToVisitor, Wait};
use tealight_wait::State;

use super::connections::Phase;
use super::rooms::Room;
use super::waiting::{may_close_first, wait_of};
use super::{Desk, Timer};
use crate::Moment;
use crate::config::Opening;
use crate::store::Store;

/// Least time between two `service` frames that only tell of another wait.
const WAIT_EVERY: Duration = Duration::from_secs(5);

/// Nobody new is let in where hardly anybody would be met before it closes; somebody is again only once that is less
/// likely than this. An estimate that wavers opens and closes no doors.
const ENDING_UNTIL: f64 = 0.8;

/// How often the opening hours are looked at when no change is known to come.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// The status as it was last told.
#[derive(Debug, Default)]
pub(super) struct ServiceBoard {
    told: Option<(Moment, ServiceStatus)>,
    changed: bool,
    armed: bool,
    /// Whoever joined now would meet nobody before it closes.
    ending: bool,
    /// Whoever joined now would likelier than not meet nobody before it closes.
    may_close_first: bool,
}

impl ServiceBoard {
    pub(super) fn may_be_told(&mut self) {
        self.armed = false;
        self.changed = true;
    }

    pub(super) fn changed(&mut self) {
        self.changed = true;
    }
}

impl<S: Store> Desk<S> {
    /// The state of the service: `ready.service`, the `service` frame and `GET /v1/status`.
    pub fn service_status(&self, now: Moment) -> ServiceStatus {
        let (state, closes_at, next_open) = match self.settings.hours.at(now) {
            _ if self.settings.switched_off || self.is_paused() => (ServiceState::Closed, None, None),
            // Who came in now would be refused: they get to see the other ways to get help instead.
            Opening::Open { .. } if self.storing.fails() => (ServiceState::Closed, None, None),
            Opening::Open { closes_at } => {
                let state = self.state_while_open();
                let next_open = closes_at.filter(|_| state == ServiceState::Ending);
                (state, closes_at, next_open.and_then(|closes_at| self.opens_after(closes_at)))
            }
            Opening::Closed { next_open, .. } => (ServiceState::Closed, None, next_open),
        };
        let wait = match state {
            ServiceState::Open | ServiceState::Full => {
                let newcomer = self.waiting.estimate_for_newcomer();
                newcomer.map_or(Wait::Unknown, |estimate| wait_of(estimate.quote()))
            }
            ServiceState::Closed | ServiceState::Ending | ServiceState::Blocked | ServiceState::Unknown => {
                Wait::Closed
            }
        };
        let may_close_first = match state {
            ServiceState::Open | ServiceState::Full => self.service.may_close_first,
            ServiceState::Closed | ServiceState::Ending | ServiceState::Blocked | ServiceState::Unknown => {
                false
            }
        };
        ServiceStatus {
            name: self.settings.name.clone(),
            state,
            closes_at: closes_at.map(Moment::timestamp),
            next_open: next_open.map(Moment::timestamp),
            wait,
            may_close_first,
            offered: true,
            notice: self.notice(),
            areas: self.settings.areas.clone(),
            offers: self.settings.alternatives.clone(),
        }
    }

    /// Whether a conversation may be started now, if it can be stored.
    pub(super) fn state_for_newcomer(&self, now: Moment) -> ServiceState {
        match self.settings.hours.at(now) {
            _ if self.settings.switched_off || self.is_paused() => ServiceState::Closed,
            Opening::Open { .. } => self.state_while_open(),
            Opening::Closed { .. } => ServiceState::Closed,
        }
    }

    fn state_while_open(&self) -> ServiceState {
        if self.service.ending {
            ServiceState::Ending
        } else if self.waiting.len() >= self.settings.waiting_capacity {
            ServiceState::Full
        } else {
            ServiceState::Open
        }
    }

    fn opens_after(&self, closes_at: Moment) -> Option<Moment> {
        match self.settings.hours.at(closes_at) {
            Opening::Open { .. } => None,
            Opening::Closed { next_open, .. } => next_open,
        }
    }

    /// There is another estimate for whoever joins now.
    pub(super) fn estimate_for_newcomer_changed(&mut self) {
        self.service.changed();
        let estimate = self.waiting.estimate_for_newcomer().filter(|estimate| estimate.has_number());
        let Some(estimate) = estimate else {
            self.service.may_close_first = false;
            self.service.ending = false;
            return;
        };
        let before = &self.service;
        let ending = match estimate.state() {
            State::NotAdmitting => true,
            State::Unknown | State::Closed | State::Open | State::Warn => {
                before.ending && estimate.past_closing() > ENDING_UNTIL
            }
        };
        let may_close_first = may_close_first(estimate, before.may_close_first);
        self.service.ending = ending;
        self.service.may_close_first = may_close_first;
    }

    pub(super) fn hours_may_have_changed(&mut self, now: Moment) {
        self.service.changed();
        self.roster_is_old(now);
        self.waiting.changed();
        let look_at = match self.settings.hours.at(now) {
            Opening::Open { closes_at } => closes_at,
            Opening::Closed { since, next_open } => {
                self.give_up_waits(now);
                self.end_waiting_after_closing(now, since);
                next_open
            }
        };
        let latest = now.plus(LOOK_EVERY);
        let look_at = look_at.into_iter().chain(self.next_turn(now)).min();
        let at = look_at.map_or(latest, |at| at.clamp(now.plus_ms(1), latest));
        self.timers.set(at, Timer::Hours);
    }

    /// Nobody is left in the waiting room of a helpline that has gone home.
    fn end_waiting_after_closing(&mut self, now: Moment, closed_at: Option<Moment>) {
        if closed_at.is_some_and(|at| now < at.plus(self.settings.after_closing)) {
            return;
        }
        let left: Vec<_> = self.waiting.in_order().cloned().collect();
        for id in left {
            let expected = |room: &Room| room.hold.is_some() || room.reserved_for(now).is_some();
            if self.rooms.get(&id).is_some_and(|room| !expected(room)) {
                self.end_by_system(now, &id, EndReason::Closed);
            }
        }
    }

    /// Tells every visitor's socket, at once when the state changed, now and then when only the wait did.
    pub(super) fn tell_service(&mut self, now: Moment) {
        if !self.service.changed {
            return;
        }
        let status = self.service_status(now);
        if let Some((told_at, told)) = &self.service.told {
            if *told == status {
                self.service.changed = false;
                return;
            }
            let only_the_wait = ServiceStatus { wait: told.wait, ..status.clone() } == *told;
            let allowed_at = told_at.plus(WAIT_EVERY);
            if only_the_wait && allowed_at > now {
                if !std::mem::replace(&mut self.service.armed, true) {
                    self.timers.set(allowed_at, Timer::Service);
                }
                return;
            }
        }
        self.service.changed = false;
        let first = self.service.told.replace((now, status.clone())).is_none();
        if first {
            return;
        }
        let mut visitors: Vec<_> = self
            .sockets
            .iter()
            .filter(|(_, socket)| matches!(socket.phase, Phase::Visitor(_)))
            .map(|(conn, _)| *conn)
            .collect();
        // Whoever is not let in was told until when, and that does not change with the service.
        visitors.retain(|conn| self.blocked_until(*conn).is_none());
        visitors.sort_unstable();
        self.send_to_all(visitors, &ToVisitor::Service(status));
    }
}
