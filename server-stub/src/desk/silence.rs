//! Silence in a conversation. It is normal: nobody is closed out for it unless a helpline wants that, and then only
//! long after the last sign of either side, with a warning before, and as often as somebody says that they are there.

use tealight_protocol::{ConversationId, EndReason, Event, EventKind, Party, Text};

use super::rooms::Room;
use super::{Desk, Refusal, Timer};
use crate::Moment;
use crate::store::Store;

/// How long before the end the warning comes.
const WARNING_MS: u64 = 2 * 60 * 1_000;

/// When to try again what could not be stored.
const TRY_AGAIN_MS: u64 = 10_000;

/// How long a conversation has been silent, as far as this life of the server knows. A restart begins anew.
#[derive(Clone, Copy, Debug)]
pub(super) struct Silence {
    /// When either side last said, typed or answered something, or came.
    sign_at: Moment,
    /// When the warning about it was given.
    warned_at: Option<Moment>,
}

impl Silence {
    pub(super) fn new(now: Moment) -> Self {
        Self { sign_at: now, warned_at: None }
    }

    /// Somebody is there.
    pub(super) fn broken(&mut self, now: Moment) {
        *self = Self::new(now);
    }

    /// The same for what was just written to the log, if a person did it.
    pub(super) fn hears(&mut self, events: &[Event], now: Moment) {
        let is_sign = |event: &Event| match &event.kind {
            EventKind::Message { from, automatic, .. } => !automatic && *from != Party::System,
            EventKind::Joined { .. } | EventKind::Offer { .. } | EventKind::Answered { .. } => true,
            EventKind::Started { .. }
            | EventKind::Left { .. }
            | EventKind::Transferred { .. }
            | EventKind::Ended { .. }
            | EventKind::Survey { .. }
            | EventKind::Unknown => false,
        };
        if events.iter().any(is_sign) {
            self.broken(now);
        }
    }
}

impl<S: Store> Desk<S> {
    /// A conversation runs from now on. What is silent too long is seen by a timer that sets itself again.
    pub(super) fn listen_for_silence(&mut self, now: Moment, id: &ConversationId) {
        if !self.settings.silence.is_zero() {
            self.timers.set(self.warning_is_due(now), Timer::Silence(id.clone()));
        }
    }

    fn warning_is_due(&self, sign_at: Moment) -> Moment {
        Moment(sign_at.plus(self.settings.silence).0.saturating_sub(WARNING_MS))
    }

    pub(super) fn silence_may_be_long(&mut self, now: Moment, id: &ConversationId) {
        let Some(silence) = self.rooms.get(id).filter(|room| room.is_active()).map(|room| room.silence)
        else {
            return;
        };
        let next = match silence.warned_at {
            None => {
                let warn_at = self.warning_is_due(silence.sign_at);
                if now < warn_at {
                    warn_at
                } else if self.warn_of_silence(now, id).is_ok() {
                    now.plus_ms(WARNING_MS)
                } else {
                    now.plus_ms(TRY_AGAIN_MS)
                }
            }
            Some(warned_at) if now < warned_at.plus_ms(WARNING_MS) => warned_at.plus_ms(WARNING_MS),
            Some(_) => {
                if self.end_by_system(now, id, EndReason::Done) {
                    return;
                }
                now.plus_ms(TRY_AGAIN_MS)
            }
        };
        self.timers.set(next, Timer::Silence(id.clone()));
    }

    /// Says in the conversation, where both sides read it, that it is about to close and how it stays open.
    fn warn_of_silence(&mut self, now: Moment, id: &ConversationId) -> Result<(), Refusal> {
        let Ok(text) = Text::parse(&self.settings.silence_text) else { return Ok(()) };
        let ((), events) = self.commit(now, id, |_, change| {
            let from = Party::System;
            change.event(EventKind::Message { from, cid: None, text, link: None, automatic: true });
            Ok(())
        })?;
        if let Some(Room { silence, .. }) = self.rooms.get_mut(id) {
            silence.warned_at = Some(now);
        }
        self.tell_events(id, &events);
        Ok(())
    }
}
