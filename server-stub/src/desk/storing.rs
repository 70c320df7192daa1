//! Whether anything can be stored just now, and what follows when nothing can.
//!
//! A disk fills up, a volume turns read-only, another program holds the lock. Whoever wants something stored hears
//! `unavailable` and tries again; nobody new is invited, for their first word would find no place. It is tried in
//! short steps, and when it works again, everything goes on by itself.

use std::time::Duration;

use tealight_protocol::ErrorCode;

use super::{Desk, Refusal, Timer};
use crate::Moment;
use crate::store::{Store, StoreError};

/// How often it is tried while nothing can be stored.
const TRY_EVERY: Duration = Duration::from_secs(2);

/// How often it is tried though nobody complained: a full disk is found before a visitor finds it.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// How long an answer to `/healthz` may be used again. Each try costs a write.
const BELIEVED: Duration = Duration::from_secs(5);

/// What is known of the store.
#[derive(Debug, Default)]
pub(super) struct Storing {
    fails: bool,
    tried_at: Option<Moment>,
    /// When it is tried next. A timer that goes off before was set when something else held.
    next: Option<Moment>,
}

impl Storing {
    pub(super) fn fails(&self) -> bool {
        self.fails
    }
}

impl<S: Store> Desk<S> {
    /// Whether something can be stored, found out now or a moment ago.
    pub fn health(&mut self, now: Moment) -> Result<(), StoreError> {
        let now = now.max(self.clock);
        let known = self.storing.tried_at.is_some_and(|at| now < at.plus(BELIEVED));
        if !known && !self.storing.fails {
            self.try_to_store(now);
            self.settle(now);
        }
        if self.storing.fails {
            return Err(StoreError::Unavailable("nothing can be stored just now".to_owned()));
        }
        Ok(())
    }

    /// It is time to see whether something can be stored.
    pub(super) fn storing_may_work(&mut self, now: Moment) {
        if self.storing.next.is_none_or(|next| next <= now) {
            self.try_to_store(now);
            self.try_again(now.plus(if self.storing.fails { TRY_EVERY } else { LOOK_EVERY }));
        }
    }

    /// Looks whether a command was refused because nothing can be stored.
    pub(super) fn note_refusal(&mut self, refusal: Refusal) {
        if refusal.code == ErrorCode::Unavailable {
            self.storing_failed(self.clock);
        }
    }

    fn try_to_store(&mut self, now: Moment) {
        self.storing.tried_at = Some(now);
        match self.store.probe() {
            Ok(()) => {
                if std::mem::take(&mut self.storing.fails) {
                    tracing::info!("the database takes what is stored again");
                    self.service.changed();
                }
            }
            Err(error) => {
                tracing::warn!(%error, "nothing can be stored");
                self.storing_failed(now);
            }
        }
    }

    fn storing_failed(&mut self, now: Moment) {
        if !std::mem::replace(&mut self.storing.fails, true) {
            self.service.changed();
            self.try_again(now.plus(TRY_EVERY));
        }
    }

    fn try_again(&mut self, at: Moment) {
        self.storing.next = Some(at);
        self.timers.set(at, Timer::Storing);
    }
}
