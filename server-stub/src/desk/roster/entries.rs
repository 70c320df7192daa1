//! The shifts of the configuration and of the store as one list.

use std::collections::HashMap;

use tealight_protocol::{OperatorId, ShiftId};

use super::ahead::Duty;
use crate::Moment;
use crate::config::{Turn, WeeklyRoster};
use crate::digest;
use crate::store::{OperatorRecord, ShiftRecord};

/// A shift, whoever planned it.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) shift: ShiftRecord,
    /// Whether it is of the configuration.
    pub(crate) fixed: bool,
}

impl Entry {
    pub(super) fn duty(&self) -> Duty {
        let ShiftRecord { operator, from, to, at_once, .. } = &self.shift;
        Duty { operator: operator.clone(), from: *from, to: *to, at_once: u32::from(*at_once) }
    }
}

/// Shifts that end after one moment and begin before another, by their beginning. Those of the configuration whose
/// name nobody logs in with are left out.
pub(crate) fn entries(
    weekly: &WeeklyRoster,
    after: Moment,
    before: Moment,
    planned: &[ShiftRecord],
    accounts: &[OperatorRecord],
) -> Vec<Entry> {
    let known = by_name(accounts);
    let fixed = weekly.between(after, before).into_iter().filter_map(|turn| {
        let operator = match &turn.who {
            Some(name) => Some((*known.get(&name.to_lowercase())?).clone()),
            None => None,
        };
        let Turn { from, to, at_once, .. } = turn;
        Some(Entry { shift: ShiftRecord { id: fixed_id(&turn), operator, from, to, at_once }, fixed: true })
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

/// Identifiers by the names operators log in with, which are the same whatever their case.
pub(super) fn by_name(accounts: &[OperatorRecord]) -> HashMap<String, &OperatorId> {
    accounts.iter().map(|account| (account.name.to_lowercase(), &account.id)).collect()
}

/// The identifier of a shift of the configuration on one of its days: always the same, and nobody else's.
pub(super) fn fixed_id(turn: &Turn) -> ShiftId {
    let digest = digest::of(&format!("shift {} {} {}", turn.index, turn.from.0, turn.to.0));
    let mut bytes = [0; ShiftId::BYTES];
    bytes.copy_from_slice(&digest[..ShiftId::BYTES]);
    ShiftId::from_bytes(bytes)
}
