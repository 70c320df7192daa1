//! The roster: shifts of the configuration and of the store side by side, and who was really there.

mod ahead;
mod entries;
mod planning;
mod telling;
mod turnout;

use std::time::Duration;

use tealight_protocol::OperatorId;
use tealight_wait::Slots;

use super::Desk;
use crate::Moment;
use crate::store::{OperatorRecord, SHIFTS_KEPT_FOR, ShiftRecord, StaffingRecord, Store, StoreError};
use ahead::slots_ahead;
use entries::by_name;

pub(crate) use entries::{Entry, entries};
pub(crate) use planning::PLANNED_AHEAD_MS;

/// How far ahead the estimate looks at the roster.
const LOOK_AHEAD: Duration = Duration::from_secs(24 * 60 * 60);

/// Least time between two entries of how many could be talked with: who reloads a console twice a second makes no
/// history.
pub(super) const STAFFING_EVERY: Duration = Duration::from_secs(15);

/// The roster in memory: a copy of what the store has, and what was written there last.
#[derive(Debug, Default)]
pub(super) struct RosterState {
    shifts: Vec<ShiftRecord>,
    accounts: Vec<OperatorRecord>,
    staffed: Option<StaffingRecord>,
    /// The share of planned slots that were there lately; nothing while nobody has looked.
    turnout: Option<f64>,
}

impl<S: Store> Desk<S> {
    /// Takes up the roster where the store left it, and says whom of the configuration nobody knows.
    pub(super) fn load_roster(&mut self, now: Moment) -> Result<(), StoreError> {
        let staffed = self.store.read(|tx| tx.staffing(now))?;
        self.roster.staffed = staffed.last().copied();
        self.read_roster(now)?;
        for name in self.unknown_names() {
            tracing::error!(
                "[[shifts]] plans “{name}”, but there is no operator of that name, and the shift is left out\n  \
                 fix: correct `who`, or add the operator with `tealight-server operator add {name}`"
            );
        }
        Ok(())
    }

    /// Reads the roster again: shifts, and accounts that the command line may have changed.
    pub(super) fn roster_is_old(&mut self, now: Moment) {
        if let Err(error) = self.read_roster(now) {
            tracing::warn!(%error, "the roster could not be read; the estimate rests on an older one");
        }
    }

    fn read_roster(&mut self, now: Moment) -> Result<(), StoreError> {
        let past = now.minus(SHIFTS_KEPT_FOR);
        let (mut shifts, accounts, staffed) = self
            .store
            .read(|tx| Ok::<_, StoreError>((tx.shifts(past)?, tx.operators()?, tx.staffing(past)?)))?;
        let entries = self.entries(past, now, &shifts, &accounts);
        self.roster.turnout = Some(turnout::turnout(now, &entries, &staffed));
        shifts.retain(|shift| shift.to > now);
        self.roster.shifts = shifts;
        self.roster.accounts = accounts;
        self.waiting.time_or_plan_changed();
        Ok(())
    }

    /// Names of the configuration's shifts that no operator logs in with, each once.
    fn unknown_names(&self) -> Vec<String> {
        let known = by_name(&self.roster.accounts);
        let names = self.settings.roster.names().filter(|name| !known.contains_key(&name.to_lowercase()));
        let mut names: Vec<_> = names.map(str::to_owned).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The slots ahead for visitors whom some operators take: `present` are those of them who accept now.
    pub(super) fn rostered_slots(
        &self,
        now: Moment,
        present: &[(OperatorId, u32)],
        takes: impl Fn(&OperatorRecord) -> bool,
    ) -> Slots {
        let accounts = &self.roster.accounts;
        let takes = |id: &OperatorId| accounts.iter().any(|account| account.id == *id && takes(account));
        let duties: Vec<_> = self
            .entries(now, now.plus(LOOK_AHEAD), &self.roster.shifts, accounts)
            .iter()
            .filter(|entry| entry.shift.operator.as_ref().is_none_or(takes))
            .map(Entry::duty)
            .collect();
        slots_ahead(now, present, &duties).with_turnout(self.roster.turnout.unwrap_or(1.0))
    }

    /// When the next shift begins or ends, if that is soon.
    pub(super) fn next_turn(&self, now: Moment) -> Option<Moment> {
        let entries = self.entries(now, now.plus(LOOK_AHEAD), &self.roster.shifts, &self.roster.accounts);
        let edges = entries.iter().flat_map(|entry| [entry.shift.from, entry.shift.to]);
        edges.filter(|edge| *edge > now).min()
    }

    fn entries(
        &self,
        after: Moment,
        before: Moment,
        planned: &[ShiftRecord],
        accounts: &[OperatorRecord],
    ) -> Vec<Entry> {
        entries(&self.settings.roster, after, before, planned, accounts)
    }

    /// Keeps how many could be talked with at once, whenever that changed. Runs after every input.
    pub(super) fn record_staffing(&mut self, now: Moment) {
        let accepting = self.operators.values().filter(|operator| operator.counts(now));
        let slots = accepting.map(|operator| u32::from(operator.record.capacity)).sum();
        let is_known = match &self.roster.staffed {
            Some(last) => last.slots == slots || now < last.at.plus(STAFFING_EVERY),
            None => slots == 0,
        };
        if is_known || self.storing.fails() {
            return;
        }
        let staffing = StaffingRecord { at: now, slots };
        match self.store.write(|tx| tx.insert_staffing(&staffing)) {
            Ok(()) => self.roster.staffed = Some(staffing),
            Err(error) => {
                let error: StoreError = error;
                tracing::warn!(%error, "who could be reached could not be stored; it will be tried again");
            }
        }
    }
}
