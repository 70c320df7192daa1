//! The roster as operators get it.

use tealight_protocol::{
    Cid, Colleague, OperatorId, PlannedShift, Roster, RosterEntry, Staffing, ToOperator,
};

use super::Entry;
use super::planning::PLANNED_AHEAD_MS;
use crate::Moment;
use crate::desk::{ConnId, Desk, Refusal};
use crate::store::{OperatorRecord, StaffingRecord, Store, StoreError};

/// Most shifts in one answer: as many as can be planned, and twice as many of the configuration. One is some two
/// hundred bytes; what waits for a socket must stay below the limit of a queue.
const TOLD: usize = 1_000;

/// Above this many changes of staff since midnight, only the last of every five minutes is told.
const STAFFED_TOLD: usize = 300;

const FIVE_MINUTES_MS: u64 = 5 * 60 * 1_000;

impl<S: Store> Desk<S> {
    /// Answers `query` for the roster.
    pub(in crate::desk) fn tell_roster(
        &mut self,
        now: Moment,
        conn: ConnId,
        me: &OperatorId,
        cid: Cid,
    ) -> Result<(), Refusal> {
        let midnight = self.settings.roster.midnight_before(now);
        let (planned, accounts, staffed) = self.store.read(|tx| {
            Ok::<_, StoreError>((tx.shifts(midnight)?, tx.operators()?, tx.staffing(midnight)?))
        })?;
        let mut entries = self.entries(midnight, now.plus_ms(PLANNED_AHEAD_MS), &planned, &accounts);
        let more = entries.len() > TOLD;
        entries.truncate(TOLD);
        let roster = Roster {
            time_zone: self.settings.roster.zone_name().to_owned(),
            shifts: entries.into_iter().map(|entry| told(entry, &accounts)).collect(),
            staffed: thinned(staffed).into_iter().map(staffing).collect(),
            people: if self.coordinates(me) { people(&accounts) } else { Vec::new() },
        };
        let roster = Some(roster);
        let (items, offers, notes, waits) = (None, None, None, None);
        self.send(conn, &ToOperator::Result { cid, items, offers, notes, roster, waits, blocks: None, more });
        Ok(())
    }
}

fn told(entry: Entry, accounts: &[OperatorRecord]) -> RosterEntry {
    let Entry { shift, fixed } = entry;
    let owner = accounts.iter().find(|account| Some(&account.id) == shift.operator.as_ref());
    RosterEntry {
        name: owner.map(|account| account.alias.clone()),
        shift: PlannedShift {
            id: shift.id,
            operator: shift.operator,
            from: shift.from.timestamp(),
            to: shift.to.timestamp(),
            at_once: shift.at_once,
        },
        fixed,
    }
}

fn people(accounts: &[OperatorRecord]) -> Vec<Colleague> {
    let colleague =
        |account: &OperatorRecord| Colleague { id: account.id.clone(), name: account.alias.clone() };
    let mut people: Vec<_> = accounts.iter().map(colleague).collect();
    people.sort_by(|one, other| one.name.cmp(&other.name).then_with(|| one.id.cmp(&other.id)));
    people
}

fn staffing(record: StaffingRecord) -> Staffing {
    Staffing { at: record.at.timestamp(), slots: record.slots }
}

/// All of it, or what held at the end of every five minutes.
fn thinned(staffed: Vec<StaffingRecord>) -> Vec<StaffingRecord> {
    if staffed.len() <= STAFFED_TOLD {
        return staffed;
    }
    let mut kept: Vec<StaffingRecord> = Vec::with_capacity(STAFFED_TOLD);
    for record in staffed {
        match kept.last_mut() {
            Some(last) if last.at.0 / FIVE_MINUTES_MS == record.at.0 / FIVE_MINUTES_MS => *last = record,
            _ => kept.push(record),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use tealight_protocol::limits;

    use super::*;

    #[test]
    fn a_restless_day_is_told_in_steps_of_five_minutes() {
        let restless: Vec<_> = (0..=4 * 60 * 24)
            .map(|n: u64| StaffingRecord { at: Moment(n * 15_000), slots: n as u32 % 3 })
            .collect();
        let told = thinned(restless.clone());
        assert_eq!(told.len(), 24 * 12 + 1);
        assert_eq!(told.first(), restless.get(19), "the last of the first five minutes");
        assert_eq!(told.last(), restless.last());
        assert_eq!(thinned(restless[..STAFFED_TOLD].to_vec()).len(), STAFFED_TOLD);
    }

    #[test]
    fn the_longest_answer_waits_for_a_socket_without_closing_it() {
        let entry = RosterEntry {
            shift: PlannedShift {
                id: tealight_protocol::ShiftId::from_bytes([255; 16]),
                operator: Some(OperatorId("op:123456".to_owned())),
                from: Moment(1_795_291_200_000).timestamp(),
                to: Moment(1_795_291_200_000).timestamp(),
                at_once: 3,
            },
            name: Some("A name".to_owned()),
            fixed: true,
        };
        let bytes = serde_json::to_string(&entry).unwrap().len() * TOLD;
        assert!(bytes < limits::QUEUED_BYTES, "{bytes}");
    }
}
