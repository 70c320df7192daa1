//! Everything that is due later, in one heap.
//!
//! A timer is never cancelled. When it goes off, its handler looks whether what it was set for still holds:
//! that is simpler than keeping handles in step with the state they guard.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use tealight_protocol::{ConversationId, OperatorId};

use super::ConnId;
use crate::Moment;

/// What a timer was set for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    /// A new socket has not said `hello`.
    Hello(ConnId),
    /// A socket has been silent.
    Idle(ConnId),
    /// An operator's session may have ended.
    Session(ConnId),
    /// The next `queue` frame of a socket may go out.
    Queue(ConnId),
    /// A `typing` of a conversation may no longer hold.
    Typing(ConversationId),
    /// An operator has waited long enough for a visitor to look.
    Hold(ConversationId),
    /// A visitor may no longer be kept for the operator they were passed on to.
    Reservation(ConversationId),
    /// A visitor has been away for too long to keep the place.
    Away(ConversationId),
    /// The content of a conversation is due for destruction.
    Expiry(ConversationId),
    /// An operator has been away for too long to keep conversations.
    Lease(OperatorId),
    /// Marks wait to be stored.
    Marks,
    /// The board may be sent again.
    Board,
    /// The service status may be sent again.
    Service,
    /// Somebody has waited long enough for an operator with a free place.
    HandOut,
    /// A conversation may have been silent for long.
    Silence(ConversationId),
    /// An operator who was handed a visitor may have given no sign.
    Sign(ConversationId),
    /// The opening hours may have changed the service.
    Hours,
    /// An estimate that was put off may be made.
    PutOff,
    /// Everybody may be told of their place again.
    Places,
    /// A promise runs out.
    Promise,
    /// Time has passed for the estimate.
    Estimate,
    /// Something can be stored again, or no longer.
    Storing,
    /// The journal could not be cleaned.
    Scrub,
    /// A block may be over.
    Block,
    /// Sessions and tombstones may have grown old.
    Purge,
}

#[derive(Debug, Default)]
pub(super) struct Timers {
    heap: BinaryHeap<Reverse<(Moment, Timer)>>,
}

impl Timers {
    pub(super) fn set(&mut self, at: Moment, timer: Timer) {
        self.heap.push(Reverse((at, timer)));
    }

    pub(super) fn next(&self) -> Option<Moment> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }

    pub(super) fn pop_due(&mut self, now: Moment) -> Option<Timer> {
        if self.next()? > now {
            return None;
        }
        self.heap.pop().map(|Reverse((_, timer))| timer)
    }
}
