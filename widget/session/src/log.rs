//! Where a client stands in a conversation's log: which event is next, and when to ask for those in between.

use tealight_protocol::{Seq, limits::ACK_TIMEOUT_MS};

use crate::Millis;

/// A position in a log.
#[derive(Debug, Default)]
pub(crate) struct Log {
    last: Seq,
    /// The greatest position heard of. Until `last` is there, the past is still coming in.
    known: Seq,
    /// By when the answer to a `sync` must have come.
    asked: Option<Millis>,
}

/// What to do with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// It is the next one: take it.
    Next,
    /// It is here already: drop it.
    Known,
    /// Others are missing before it: drop it and ask for those.
    Ahead,
}

impl Log {
    /// The last event that was applied.
    pub(crate) fn last(&self) -> Seq {
        self.last
    }

    /// Judges an event, and moves on if it is the next.
    pub(crate) fn arrived(&mut self, seq: Seq) -> Arrival {
        self.known = self.known.max(seq);
        if seq == self.last + 1 {
            self.last = seq;
            Arrival::Next
        } else if seq <= self.last {
            Arrival::Known
        } else {
            Arrival::Ahead
        }
    }

    /// The backend said how far the log goes.
    pub(crate) fn heard_of(&mut self, last: Seq) {
        self.known = self.known.max(last);
    }

    /// Whether every event that was heard of is here.
    pub(crate) fn is_complete(&self) -> bool {
        self.last >= self.known
    }

    /// Where to `sync` from, if events are missing and were not asked for yet.
    pub(crate) fn ask(&mut self, now: Millis) -> Option<Seq> {
        if self.is_complete() || self.asked.is_some() {
            return None;
        }
        self.asked = Some(now + ACK_TIMEOUT_MS);
        Some(self.last)
    }

    /// A page of history came that began after `before`. A page without anything new must not be asked for again
    /// at once, or a confused backend would be asked for ever.
    pub(crate) fn answered(&mut self, before: Seq) {
        if self.last > before || self.is_complete() {
            self.asked = None;
        }
    }

    /// The socket is gone, and the question with it.
    pub(crate) fn disconnected(&mut self) {
        self.asked = None;
        self.known = self.last;
    }

    /// By when the answer to a `sync` must have come.
    pub(crate) fn timeout(&self) -> Option<Millis> {
        self.asked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_next_event_moves_the_log() {
        let mut log = Log::default();
        assert_eq!(log.arrived(1), Arrival::Next);
        assert_eq!(log.arrived(1), Arrival::Known);
        assert_eq!(log.arrived(3), Arrival::Ahead);
        assert_eq!((log.last(), log.is_complete()), (1, false));
        assert_eq!((log.ask(0), log.ask(0)), (Some(1), None));
        assert_eq!((log.arrived(2), log.arrived(3)), (Arrival::Next, Arrival::Next));
        log.answered(1);
        assert!(log.is_complete() && log.timeout().is_none());
    }
}
