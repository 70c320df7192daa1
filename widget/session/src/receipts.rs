//! Telling the other side how far its messages have come, not more often than needed.

use tealight_protocol::{Seq, Watermark};

use crate::Millis;

/// Least time between two marks.
const EVERY_MS: Millis = 1_000;

/// What is known and what was told.
#[derive(Debug, Default)]
pub(crate) struct Receipts {
    wanted: Watermark,
    told: Watermark,
    not_before: Millis,
}

impl Receipts {
    pub(crate) fn delivered(&mut self, seq: Seq) {
        self.wanted = self.wanted.merged(Watermark { delivered: seq, read: 0 });
    }

    pub(crate) fn read(&mut self, seq: Seq) {
        self.wanted = self.wanted.merged(Watermark { delivered: 0, read: seq });
    }

    pub(crate) fn last_read(&self) -> Seq {
        self.wanted.read
    }

    /// The backend said what it knows, perhaps from another page of the same person.
    pub(crate) fn confirmed(&mut self, mark: Watermark) {
        self.wanted = self.wanted.merged(mark);
        self.told = self.told.merged(mark);
    }

    /// What to tell now, if anything.
    pub(crate) fn due(&mut self, now: Millis) -> Option<Watermark> {
        if self.wanted == self.told || now < self.not_before {
            return None;
        }
        self.told = self.wanted;
        self.not_before = now + EVERY_MS;
        Some(self.wanted)
    }

    /// When there will be something to tell.
    pub(crate) fn timeout(&self) -> Option<Millis> {
        (self.wanted != self.told).then_some(self.not_before)
    }

    /// A new connection: `confirmed` says what the backend knows.
    pub(crate) fn disconnected(&mut self) {
        self.told = Watermark::default();
        self.not_before = 0;
    }
}
