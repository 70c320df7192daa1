//! How many of those who were planned were really there, over the last days. Pure: no clock, no store.

use super::Entry;
use crate::Moment;
use crate::store::StaffingRecord;

/// A stretch of the plan that was shorter says nothing: who is ten minutes late has come.
const SHORTEST_MS: u64 = 30 * 60 * 1_000;

/// The share of planned slots that were there, from the shifts that are over and from how many could be talked with.
/// From before that was first recorded nothing is known.
pub(super) fn turnout(now: Moment, entries: &[Entry], staffed: &[StaffingRecord]) -> f64 {
    let Some(first) = staffed.first() else { return 1.0 };
    // Between two edges the plan does not change.
    let mut edges: Vec<Moment> =
        entries.iter().flat_map(|entry| [entry.shift.from, entry.shift.to]).collect();
    edges.push(first.at);
    edges.retain(|edge| (first.at..=now).contains(edge));
    edges.sort_unstable();
    edges.dedup();
    let stretches = edges.windows(2).filter_map(|pair| {
        let (from, to) = (pair[0], pair[1]);
        let on_duty = entries.iter().filter(|entry| entry.shift.from <= from && entry.shift.to >= to);
        let planned: u32 = on_duty.map(|entry| u32::from(entry.shift.at_once)).sum();
        let there = average(from, to, planned, staffed);
        (planned > 0 && to.ms_since(from) >= SHORTEST_MS).then_some((planned, there))
    });
    tealight_wait::turnout(stretches)
}

/// How many there were on average over a stretch, counting nobody beyond the plan.
fn average(from: Moment, to: Moment, planned: u32, staffed: &[StaffingRecord]) -> u32 {
    let slot_ms = staffed.iter().enumerate().map(|(index, record)| {
        let until = staffed.get(index + 1).map_or(to, |next| next.at);
        u64::from(record.slots.min(planned)) * until.min(to).ms_since(record.at.max(from))
    });
    let length = to.ms_since(from).max(1);
    u32::try_from((slot_ms.sum::<u64>() + length / 2) / length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use tealight_protocol::ShiftId;

    use super::*;
    use crate::store::ShiftRecord;

    #[test]
    fn who_did_not_come_lowers_the_turnout() {
        // Two were planned for three hours, one came; then three for two hours, and all came.
        let entries = [entry(0, 180, 2), entry(180, 300, 3)];
        let staffed = [there(0, 1), there(180, 3), there(300, 0)];
        assert_eq!(turnout(at(400), &entries, &staffed), (10.0 + 1.0 + 3.0) / (10.0 + 2.0 + 3.0));
    }

    #[test]
    fn a_short_pause_and_a_helping_hand_change_nothing() {
        let entries = [entry(0, 180, 2)];
        let staffed = [there(0, 2), there(60, 1), there(75, 4), there(180, 0)];
        assert_eq!(turnout(at(200), &entries, &staffed), 1.0);
    }

    #[test]
    fn nothing_is_concluded_from_times_without_a_record_or_a_plan() {
        assert_eq!(turnout(at(200), &[entry(0, 180, 2)], &[]), 1.0);
        assert_eq!(turnout(at(200), &[], &[there(0, 1)]), 1.0);
        assert_eq!(turnout(at(200), &[entry(0, 180, 2)], &[there(180, 0)]), 1.0);
        // The shift that runs is not over.
        assert_eq!(turnout(at(100), &[entry(0, 180, 2)], &[there(0, 0)]), 1.0);
    }

    fn at(minutes: u64) -> Moment {
        Moment(1_000_000 + minutes * 60_000)
    }

    fn entry(from: u64, to: u64, at_once: u8) -> Entry {
        let shift = ShiftRecord {
            id: ShiftId::from_bytes([7; ShiftId::BYTES]),
            operator: None,
            from: at(from),
            to: at(to),
            at_once,
        };
        Entry { shift, fixed: true }
    }

    fn there(minutes: u64, slots: u32) -> StaffingRecord {
        StaffingRecord { at: at(minutes), slots }
    }
}
