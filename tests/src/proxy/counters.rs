//! What a proxy did so far.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Direction;

/// What a proxy did so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Connections that were accepted.
    pub connections: u64,
    /// Connections that are open now.
    pub open: usize,
    /// Bytes that arrived at the server.
    pub up: u64,
    /// Bytes that arrived at clients.
    pub down: u64,
    /// Bytes that arrived nowhere.
    pub swallowed: u64,
    /// Connections that were cut.
    pub cuts: u64,
    /// Connections that were held back or silent in a direction at least once, counted for each direction.
    pub silences: u64,
    /// Connections that were accepted and nothing more.
    pub stalls: u64,
    /// How often nobody listened any more.
    pub refusals: u64,
}

impl Counters {
    /// Faults that were put in, not counting delays.
    pub fn faults(&self) -> u64 {
        self.cuts + self.silences + self.stalls + self.refusals
    }
}

/// The same, while it is counted.
#[derive(Debug, Default)]
pub(super) struct Tracked {
    connections: AtomicU64,
    passed: [AtomicU64; 2],
    swallowed: AtomicU64,
    cuts: AtomicU64,
    silences: AtomicU64,
    stalls: AtomicU64,
    refusals: AtomicU64,
}

impl Tracked {
    pub(super) fn connected(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn passed(&self, direction: Direction, bytes: usize) {
        self.passed[direction as usize].fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn swallowed(&self, bytes: usize) {
        self.swallowed.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn cut(&self) {
        self.cuts.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn silenced(&self) {
        self.silences.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn stalled(&self) {
        self.stalls.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn refused(&self) {
        self.refusals.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn counters(&self, open: usize) -> Counters {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counters {
            connections: read(&self.connections),
            open,
            up: read(&self.passed[Direction::Up as usize]),
            down: read(&self.passed[Direction::Down as usize]),
            swallowed: read(&self.swallowed),
            cuts: read(&self.cuts),
            silences: read(&self.silences),
            stalls: read(&self.stalls),
            refusals: read(&self.refusals),
        }
    }
}
