//! Shifts that operators plan: their own, or those of others where they may.

use std::time::Duration;

use tealight_protocol::{ErrorCode, OperatorId, PlannedShift, ShiftId, Timestamp, limits};

use super::entries::fixed_id;
use crate::Moment;
use crate::desk::announcement::{NOT_COORDINATOR, Ordered};
use crate::desk::{Desk, Refusal};
use crate::store::{ShiftRecord, Store, Transaction};

const HOUR_MS: u64 = 60 * 60 * 1_000;

/// How far ahead a shift may begin, in milliseconds.
pub(crate) const PLANNED_AHEAD_MS: u64 = limits::ROSTER_DAYS * 24 * HOUR_MS;

const FIXED: Refusal =
    Refusal::last_word(ErrorCode::Forbidden, "the shift is the configuration's and is changed there");

impl<S: Store> Desk<S> {
    pub(in crate::desk) fn shift(
        &mut self,
        now: Moment,
        ordered: &Ordered<'_>,
        shift: &PlannedShift,
    ) -> Result<(), Refusal> {
        let coordinates = self.coordinates(ordered.me);
        let is_fixed = self.is_fixed(now, &shift.id);
        let accounts = self.store.read(|tx| tx.operators())?;
        let longest = Duration::from_millis(limits::SHIFT_HOURS * HOUR_MS);
        let latest = now.plus_ms(PLANNED_AHEAD_MS).plus(longest);
        let weekly = self.entries(now.minus(longest), latest, &[], &accounts);
        let me = ordered.me.clone();
        let done = self.order(now, ordered, |tx| {
            if is_fixed {
                return Err(FIXED);
            }
            let record = checked(now, shift)?;
            let before = tx.shift(&record.id)?;
            let mine = |owner: Option<&OperatorId>| owner == Some(&me);
            let was_mine = before.as_ref().is_none_or(|before| mine(before.operator.as_ref()));
            let is_mine = mine(record.operator.as_ref()) && was_mine;
            if !coordinates && !is_mine {
                return Err(NOT_COORDINATOR);
            }
            if let Some(who) = &record.operator
                && !accounts.iter().any(|account| account.id == *who)
            {
                return Err(Refusal::last_word(ErrorCode::NotFound, "there is no such operator"));
            }
            let planned = tx.shifts(now)?;
            if before.is_none() && planned.len() >= limits::SHIFTS {
                return Err(Refusal::last_word(
                    ErrorCode::TooLarge,
                    "there are as many shifts as there may be",
                ));
            }
            if planned.iter().chain(weekly.iter().map(|entry| &entry.shift)).any(|other| meet(&record, other))
            {
                return Err(Refusal::last_word(
                    ErrorCode::Conflict,
                    "it overlaps another shift of the same person",
                ));
            }
            Ok(tx.put_shift(&record)?)
        })?;
        self.ack_order(ordered);
        if done {
            self.roster_is_old(now);
        }
        Ok(())
    }

    pub(in crate::desk) fn unshift(
        &mut self,
        now: Moment,
        ordered: &Ordered<'_>,
        id: &ShiftId,
    ) -> Result<(), Refusal> {
        let coordinates = self.coordinates(ordered.me);
        let is_fixed = self.is_fixed(now, id);
        let me = ordered.me.clone();
        let done = self.order(now, ordered, |tx: &mut dyn Transaction| {
            if is_fixed {
                return Err(FIXED);
            }
            let is_mine = |shift: &ShiftRecord| shift.operator.as_ref() == Some(&me);
            match tx.shift(id)? {
                Some(shift) if !coordinates && !is_mine(&shift) => return Err(NOT_COORDINATOR),
                Some(_) => drop(tx.delete_shift(id)?),
                None => {}
            }
            Ok(())
        })?;
        self.ack_order(ordered);
        if done {
            self.roster_is_old(now);
        }
        Ok(())
    }

    /// Whether an identifier is that of a shift of the configuration, as far as they were ever told.
    fn is_fixed(&self, now: Moment, id: &ShiftId) -> bool {
        let after = self.settings.roster.midnight_before(now);
        let turns = self.settings.roster.between(after, now.plus_ms(PLANNED_AHEAD_MS));
        turns.iter().any(|turn| fixed_id(turn) == *id)
    }
}

/// The shift as it is kept, if it is one that can be planned.
fn checked(now: Moment, shift: &PlannedShift) -> Result<ShiftRecord, Refusal> {
    let bad = |why| Refusal::last_word(ErrorCode::BadRequest, why);
    let (Some(from), Some(to)) = (moment(&shift.from), moment(&shift.to)) else {
        return Err(bad("a time of the shift is on no calendar"));
    };
    if to <= from {
        return Err(bad("a shift ends after it begins"));
    }
    if to.ms_since(from) > limits::SHIFT_HOURS * HOUR_MS {
        return Err(bad("a shift is no longer than 24 hours"));
    }
    if to <= now {
        return Err(bad("the shift is over already"));
    }
    if from > now.plus_ms(PLANNED_AHEAD_MS) {
        return Err(bad("shifts are planned 14 days ahead"));
    }
    if !(1..=limits::CAPACITY).contains(&shift.at_once) {
        return Err(bad("at_once is 1 to 3"));
    }
    let (id, operator, at_once) = (shift.id.clone(), shift.operator.clone(), shift.at_once);
    Ok(ShiftRecord { id, operator, from, to, at_once })
}

/// Whether somebody would be on two shifts at once.
fn meet(one: &ShiftRecord, other: &ShiftRecord) -> bool {
    one.id != other.id
        && one.operator.is_some()
        && one.operator == other.operator
        && one.from < other.to
        && other.from < one.to
}

fn moment(time: &Timestamp) -> Option<Moment> {
    time.as_str().parse::<jiff::Timestamp>().ok().map(Moment::from)
}
