//! The board: who waits, who talks and who is there, for every operator's console.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use tealight_protocol::{ActiveEntry, Board, OperatorEntry, ToOperator, WaitingEntry};

use super::{Desk, Timer};
use crate::Moment;
use crate::store::Store;

/// Least time between two boards.
const BOARD_EVERY: Duration = Duration::from_millis(200);

/// The board as every console has it.
#[derive(Debug, Default)]
pub(super) struct BoardState {
    rev: u64,
    told: Board,
    changed: bool,
    resting: bool,
}

impl BoardState {
    pub(super) fn changed(&mut self) {
        self.changed = true;
    }

    pub(super) fn may_be_sent(&mut self) {
        self.resting = false;
    }
}

impl<S: Store> Desk<S> {
    /// The board as it was last told, whole: what changed since follows with the next number.
    pub(super) fn whole_board(&self) -> Board {
        Board { rev: self.board.rev, full: true, gone: Vec::new(), ..self.board.told.clone() }
    }

    /// Tells every console what changed on the board, not too often.
    pub(super) fn tell_board(&mut self, now: Moment) {
        if !self.board.changed || self.board.resting {
            return;
        }
        self.board.changed = false;
        self.count_places();
        let board = self.compute_board();
        let mut delta = difference(&self.board.told, &board);
        self.board.told = board;
        if delta == Board::default() {
            return;
        }
        self.board.rev += 1;
        delta.rev = self.board.rev;
        self.board.resting = true;
        self.timers.set(now.plus(BOARD_EVERY), Timer::Board);
        let consoles: Vec<_> =
            self.operators.values().flat_map(|operator| operator.sockets.iter().copied()).collect();
        for conn in consoles {
            self.send(conn, &ToOperator::Board(delta.clone()));
        }
    }

    fn compute_board(&self) -> Board {
        let waiting = self
            .waiting
            .in_order()
            .filter_map(|conv| {
                let room = self.rooms.get(conv)?;
                Some(WaitingEntry {
                    place: self.waiting.place(conv)?,
                    area: room.record.area.clone(),
                    lang: room.record.lang.clone(),
                    route: room.record.route,
                    since: room.record.waiting_since.timestamp(),
                    presence: room.presence,
                    messages: room.record.messages,
                    reserved_for: room.reserved_for(self.clock).cloned(),
                    conv: conv.clone(),
                })
            })
            .collect();
        let mut active: Vec<_> = self
            .rooms
            .values()
            .filter(|room| room.is_active())
            .filter_map(|room| {
                let since = room.record.joined_at.unwrap_or(room.record.started_at).timestamp();
                Some(ActiveEntry {
                    conv: room.record.id.clone(),
                    operator: room.record.operator.clone()?,
                    since,
                })
            })
            .collect();
        active.sort_by(|a, b| (&a.since, &a.conv).cmp(&(&b.since, &b.conv)));
        let operators = self
            .operators
            .values()
            .filter(|operator| operator.is_connected() || operator.lease_until.is_some())
            .map(|operator| OperatorEntry {
                id: operator.record.id.clone(),
                name: operator.record.alias.clone(),
                status: operator.record.status,
                capacity: operator.record.capacity,
                active: self.load_of(&operator.record.id),
                last_chat: operator.record.last_chat,
                connected: operator.is_connected(),
            })
            .collect();
        Board { rev: 0, full: false, waiting, active, operators, gone: Vec::new() }
    }
}

/// What must be said to whoever knows `old`, so that they know `new`.
fn difference(old: &Board, new: &Board) -> Board {
    let here: HashSet<&str> = names(new).collect();
    Board {
        rev: 0,
        full: false,
        waiting: new_or_changed(&old.waiting, &new.waiting, |entry| &entry.conv.0),
        active: new_or_changed(&old.active, &new.active, |entry| &entry.conv.0),
        operators: new_or_changed(&old.operators, &new.operators, |entry| &entry.id.0),
        gone: names(old).filter(|name| !here.contains(name)).map(str::to_owned).collect(),
    }
}

/// The names of all entries.
fn names(board: &Board) -> impl Iterator<Item = &str> {
    (board.waiting.iter().map(|entry| entry.conv.0.as_str()))
        .chain(board.active.iter().map(|entry| entry.conv.0.as_str()))
        .chain(board.operators.iter().map(|entry| entry.id.0.as_str()))
}

fn new_or_changed<T: PartialEq + Clone>(old: &[T], new: &[T], name: impl Fn(&T) -> &str) -> Vec<T> {
    let old: HashMap<&str, &T> = old.iter().map(|entry| (name(entry), entry)).collect();
    new.iter().filter(|entry| old.get(name(entry)).copied() != Some(*entry)).cloned().collect()
}
