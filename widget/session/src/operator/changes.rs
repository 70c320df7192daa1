//! What a shift and an announcement change: durable commands that concern no conversation.

use tealight_protocol::{Capability, Cid, ErrorCode, OperatorFrame, Right};

use super::durable::Durable;
use super::session::Session;
use super::view::{Change, ChangeView};
use crate::Millis;
use crate::outbox::ItemState;

/// A change that the backend refused, until somebody has read that.
#[derive(Clone, Debug)]
pub(super) struct RefusedChange {
    pub(super) cid: Cid,
    pub(super) change: Change,
    pub(super) code: ErrorCode,
}

impl Change {
    /// Whether both concern the same thing, so that the later one counts.
    fn is_about_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Review { block, .. }, Self::Review { block: other, .. }) => block == other,
            (Self::Review { .. }, _) | (_, Self::Review { .. }) => false,
            // Of announcements there is one; they have no shift.
            _ => self.shift() == other.shift(),
        }
    }

    pub(super) fn frame(self, cid: Cid) -> OperatorFrame {
        match self {
            Self::Announcement { notice, paused } => OperatorFrame::Announce { cid, notice, paused },
            Self::Shift(shift) => OperatorFrame::Shift { cid, shift },
            Self::Unshift(id) => OperatorFrame::Unshift { cid, id },
            Self::Review { block, lift } => OperatorFrame::Review { cid, block, lift },
        }
    }
}

impl Session {
    /// Whether the operator may announce something and plan the shifts of others.
    pub(super) fn coordinates(&self) -> bool {
        self.can(Capability::Roster) && self.rights.contains(&Right::Coordinate)
    }

    /// Whether the operator looks at the blocks of others.
    pub(super) fn reviews(&self) -> bool {
        self.can(Capability::Blocks) && self.rights.contains(&Right::Coordinate)
    }

    /// Wants something changed. A refused or unsent change of the same thing is as good as taken back.
    pub(super) fn change(&mut self, change: Change) {
        let is_allowed = match &change {
            Change::Announcement { .. } => self.coordinates(),
            Change::Review { .. } => self.reviews(),
            Change::Shift(_) | Change::Unshift(_) => self.can(Capability::Roster),
        };
        if !is_allowed {
            return;
        }
        self.refused_changes.retain(|refused| !refused.change.is_about_the_same(&change));
        self.outbox.retain(|item| {
            let is_replaced = item.command.change().is_some_and(|other| other.is_about_the_same(&change));
            !is_replaced || item.sends > 0
        });
        let mut wanted = self.outbox.items().iter().rev().filter_map(|item| item.command.change());
        let last = wanted.find(|other| other.is_about_the_same(&change));
        if last != Some(&change) {
            self.push(Durable::Change(change));
        }
    }

    /// A change is committed.
    pub(super) fn changed(&mut self, time: Millis, cid: &Cid, change: Change) {
        match change {
            Change::Announcement { notice, paused } => {
                self.outbox.remove(cid);
                // The backend tells everybody with moment and name; this must not wait for it.
                if (&self.announcement.notice, self.announcement.paused) != (&notice, paused) {
                    self.announcement.notice = notice;
                    self.announcement.paused = paused;
                    self.announcement.by = self.me();
                    self.announcement.at = None;
                }
            }
            Change::Review { .. } => {
                self.outbox.remove(cid);
                self.blocks.soon(time);
            }
            Change::Shift(_) | Change::Unshift(_) => {
                // It shows as it was wanted until the roster shows it itself.
                self.outbox.set(cid, ItemState::Committed);
                self.roster.soon(time);
            }
        }
    }

    /// A change was refused for good.
    pub(super) fn change_refused(&mut self, time: Millis, cid: &Cid, change: Change, code: ErrorCode) {
        self.outbox.remove(cid);
        // Somebody else may have been quicker: what is true now should stand beside the refusal.
        self.roster.soon(time);
        self.blocks.soon(time);
        self.refused_changes.push(RefusedChange { cid: cid.clone(), change, code });
    }

    /// The roster as it is now is here: whatever was committed is in it.
    pub(super) fn roster_is_here(&mut self) {
        self.outbox.retain(|item| item.command.change().is_none() || item.state != ItemState::Committed);
    }

    /// What the operator wants changed, oldest first: on its way, or refused.
    pub(super) fn changes(&self) -> Vec<ChangeView> {
        let refused = self.refused_changes.iter().map(|one| ChangeView {
            key: one.cid.clone(),
            change: one.change.clone(),
            refused: Some(one.code),
        });
        let on_its_way = self.outbox.items().iter().filter_map(|item| {
            let change = item.command.change()?.clone();
            Some(ChangeView { key: item.cid.clone(), change, refused: None })
        });
        refused.chain(on_its_way).collect()
    }
}
