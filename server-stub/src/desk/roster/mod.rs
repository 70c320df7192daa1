//! The roster: shifts of the configuration and of the store side by side, and who was really there.

mod ahead;
mod planning;
mod telling;
mod turnout;

use std::collections::HashMap;
use std::time::Duration;

use tealight_protocol::{OperatorId, ShiftId};
use tealight_wait::Slots;

use super::Desk;
use crate::Moment;
use crate::config::Turn;
use crate::digest;
use crate::store::{OperatorRecord, SHIFTS_KEPT_FOR, ShiftRecord, StaffingRecord, Store, StoreError};
use ahead::{Duty, slots_ahead};

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

/// A shift, whoever planned it.
#[derive(Clone, Debug)]
struct Entry {
    shift: ShiftRecord,
    /// Whether it is of the configuration.
    fixed: bool,
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
            .into_iter()
            .map(|entry| entry.shift)
            .filter(|shift| shift.operator.as_ref().is_none_or(takes))
            .map(|shift| Duty {
                operator: shift.operator,
                from: shift.from,
                to: shift.to,
                at_once: u32::from(shift.at_once),
            })
            .collect();
        slots_ahead(now, present, &duties).with_turnout(self.roster.turnout.unwrap_or(1.0))
    }

    /// Shifts of the configuration and of the store that end after one moment and begin before another.
    fn entries(
        &self,
        after: Moment,
        before: Moment,
        planned: &[ShiftRecord],
        accounts: &[OperatorRecord],
    ) -> Vec<Entry> {
        let known = by_name(accounts);
        let fixed = self.settings.roster.between(after, before).into_iter().filter_map(|turn| {
            let operator = match &turn.who {
                Some(name) => Some((*known.get(&name.to_lowercase())?).clone()),
                None => None,
            };
            let Turn { from, to, at_once, .. } = turn;
            Some(Entry {
                shift: ShiftRecord { id: fixed_id(&turn), operator, from, to, at_once },
                fixed: true,
            })
        });
        let planned = planned.iter().filter(|shift| shift.to > after && shift.from < before);
        let planned = planned.map(|shift| Entry { shift: shift.clone(), fixed: false });
        let mut entries: Vec<_> = fixed.chain(planned).collect();
        entries.sort_by(|one, other| {
            let key = |entry: &Entry| (entry.shift.from, entry.shift.to);
            key(one).cmp(&key(other)).then_with(|| one.shift.id.as_str().cmp(other.shift.id.as_str()))
        });
        entries
    }

    /// Keeps how many could be talked with at once, whenever that changed. Runs after every input.
    pub(super) fn record_staffing(&mut self, now: Moment) {
        let accepting = self.operators.values().filter(|operator| operator.is_accepting());
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

/// Identifiers by the names operators log in with, which are the same whatever their case.
fn by_name(accounts: &[OperatorRecord]) -> HashMap<String, &OperatorId> {
    accounts.iter().map(|account| (account.name.to_lowercase(), &account.id)).collect()
}

/// The identifier of a shift of the configuration on one of its days: always the same, and nobody else's.
fn fixed_id(turn: &Turn) -> ShiftId {
    let digest = digest::of(&format!("shift {} {} {}", turn.index, turn.from.0, turn.to.0));
    let mut bytes = [0; ShiftId::BYTES];
    bytes.copy_from_slice(&digest[..ShiftId::BYTES]);
    ShiftId::from_bytes(bytes)
}
