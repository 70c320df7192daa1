//! Durable commands on their way: each is sent in order, again after every reconnect, until the backend has
//! committed or refused it. Nothing here knows what a command says.

use tealight_protocol::{Cid, limits::ACK_TIMEOUT_MS};

use crate::Millis;
use crate::clock::earlier;

/// How long a command waits that shall be sent again without the backend having said when.
const RETRY_MS: Millis = 2_000;

/// The commands, oldest first.
#[derive(Clone, Debug)]
pub(crate) struct Outbox<C> {
    items: Vec<Item<C>>,
    /// Grows whenever something changed that a screen or a snapshot shows.
    version: u32,
}

/// One command.
#[derive(Clone, Debug)]
pub(crate) struct Item<C> {
    /// Names the command; the same through every resend.
    pub(crate) cid: Cid,
    /// What it says.
    pub(crate) command: C,
    /// How far it has come.
    pub(crate) state: ItemState,
    /// How often it has been on a socket. After the first time it may be committed without our knowing.
    pub(crate) sends: u32,
}

/// How far a command has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ItemState {
    /// Waits for the connection.
    Waiting,
    /// On the live socket; without an answer by the deadline, the socket is given up.
    InFlight { deadline: Millis },
    /// The backend asked to send it again, not before this.
    Deferred { at: Millis },
    /// Committed; its event has not come yet.
    Committed,
    /// Refused for good.
    Refused,
}

impl<C> Outbox<C> {
    pub(crate) fn new() -> Self {
        Self { items: Vec::new(), version: 0 }
    }

    pub(crate) fn version(&self) -> u32 {
        self.version
    }

    pub(crate) fn items(&self) -> &[Item<C>] {
        &self.items
    }

    pub(crate) fn push(&mut self, cid: Cid, command: C) {
        self.restore(Item { cid, command, state: ItemState::Waiting, sends: 0 });
    }

    /// Takes up a command from a snapshot.
    pub(crate) fn restore(&mut self, item: Item<C>) {
        self.version += 1;
        self.items.push(item);
    }

    pub(crate) fn find(&self, cid: &Cid) -> Option<&Item<C>> {
        self.items.iter().find(|item| item.cid == *cid)
    }

    pub(crate) fn set(&mut self, cid: &Cid, state: ItemState) {
        if let Some(item) = self.items.iter_mut().find(|item| item.cid == *cid) {
            item.state = state;
            self.version += 1;
        }
    }

    /// Gives a command another name, because somebody else used the first.
    pub(crate) fn rename(&mut self, cid: &Cid, fresh: Cid) {
        if let Some(item) = self.items.iter_mut().find(|item| item.cid == *cid) {
            item.cid = fresh;
            self.version += 1;
        }
    }

    pub(crate) fn remove(&mut self, cid: &Cid) -> Option<Item<C>> {
        let at = self.items.iter().position(|item| item.cid == *cid)?;
        self.version += 1;
        Some(self.items.remove(at))
    }

    pub(crate) fn retain(&mut self, keep: impl FnMut(&Item<C>) -> bool) {
        self.version += 1;
        self.items.retain(keep);
    }

    /// Has a command sent again later, as the backend asked.
    pub(crate) fn defer(&mut self, cid: &Cid, now: Millis, retry_ms: Option<u64>) {
        self.set(cid, ItemState::Deferred { at: now.saturating_add(retry_ms.unwrap_or(RETRY_MS)) });
    }

    /// Puts a refused command back at the end of the line under a new name: the old name stands for a refusal.
    pub(crate) fn try_again(&mut self, cid: &Cid, fresh: Cid) {
        if self.find(cid).is_some_and(|item| item.state == ItemState::Refused)
            && let Some(item) = self.remove(cid)
        {
            self.push(fresh, item.command);
        }
    }

    /// Gives up what is not committed, where nothing more can arrive.
    pub(crate) fn refuse(&mut self, concerns: impl Fn(&C) -> bool) {
        for item in &mut self.items {
            if concerns(&item.command) && item.state != ItemState::Committed {
                item.state = ItemState::Refused;
                self.version += 1;
            }
        }
    }

    /// The socket is gone: what was in flight on it goes again on the next.
    pub(crate) fn disconnected(&mut self) {
        for item in &mut self.items {
            if let ItemState::InFlight { .. } = item.state {
                item.state = ItemState::Waiting;
            }
        }
    }

    /// The backend's log began a new life: what it had committed and not yet shown may be gone. Sending it again
    /// under the same name is safe.
    pub(crate) fn log_reset(&mut self) {
        for item in &mut self.items {
            if item.state == ItemState::Committed {
                item.state = ItemState::Waiting;
                self.version += 1;
            }
        }
    }

    /// The next command to send, marked as in flight. One without an answer, or that must wait, holds up those
    /// behind it: were two under way, the first could be asked for again and the second be taken before it. One
    /// that is refused holds up nobody.
    pub(crate) fn next_due(&mut self, now: Millis) -> Option<&Item<C>> {
        for item in &mut self.items {
            let due = match item.state {
                ItemState::Waiting => true,
                ItemState::Deferred { at } if now >= at => true,
                ItemState::Deferred { .. } | ItemState::InFlight { .. } => return None,
                ItemState::Committed | ItemState::Refused => false,
            };
            if due {
                item.state = ItemState::InFlight { deadline: now + ACK_TIMEOUT_MS };
                item.sends += 1;
                return Some(item);
            }
        }
        None
    }

    /// Whether a command has been in flight for too long.
    pub(crate) fn is_overdue(&self, now: Millis) -> bool {
        self.items
            .iter()
            .any(|item| matches!(item.state, ItemState::InFlight { deadline } if now >= deadline))
    }

    /// When to look again, while the connection is ready.
    pub(crate) fn timeout(&self) -> Option<Millis> {
        let mut next = None;
        let mut held_up = false;
        for item in &self.items {
            match item.state {
                ItemState::InFlight { deadline } => next = earlier(next, Some(deadline)),
                ItemState::Deferred { at } if !held_up => {
                    held_up = true;
                    next = earlier(next, Some(at));
                }
                ItemState::Deferred { .. }
                | ItemState::Waiting
                | ItemState::Committed
                | ItemState::Refused => {}
            }
        }
        next
    }
}
