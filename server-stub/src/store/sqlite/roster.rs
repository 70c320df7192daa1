//! Shifts, staffing and what all visitors are told, in SQL.

use rusqlite::types::Type;
use rusqlite::{Row, params};
use tealight_protocol::{Notice, OperatorId, ShiftId};

use super::rows::{identifier, number, signed, unsigned};
use super::work::Work;
use crate::Moment;
use crate::store::{
    AnnouncementRecord, DESK_COMMANDS_KEPT_FOR, SHIFTS_KEPT_FOR, STAFFING_KEPT_FOR, ShiftRecord,
    StaffingRecord, StoreError,
};

const SHIFT: &str = "select id, operator, begins, ends, at_once from shifts";

impl Work<'_> {
    pub(super) fn plan_shift(&self, shift: &ShiftRecord) -> Result<(), StoreError> {
        self.run(
            "insert or replace into shifts (id, operator, begins, ends, at_once) values (?1, ?2, ?3, ?4, ?5)",
            params![
                shift.id.as_str(),
                shift.operator.as_ref().map(number).transpose()?,
                signed(shift.from.0),
                signed(shift.to.0),
                shift.at_once,
            ],
        )?;
        Ok(())
    }

    pub(super) fn shift_of(&self, id: &ShiftId) -> Result<Option<ShiftRecord>, StoreError> {
        self.one(&format!("{SHIFT} where id = ?1"), [id.as_str()], shift)
    }

    pub(super) fn shifts_after(&self, after: Moment) -> Result<Vec<ShiftRecord>, StoreError> {
        self.many(&format!("{SHIFT} where ends > ?1 order by begins, ends, id"), [signed(after.0)], shift)
    }

    pub(super) fn add_staffing(&self, staffing: StaffingRecord) -> Result<(), StoreError> {
        self.run(
            "insert or replace into staffing (at, slots) values (?1, ?2)",
            params![signed(staffing.at.0), staffing.slots],
        )?;
        Ok(())
    }

    pub(super) fn staffing_since(&self, since: Moment) -> Result<Vec<StaffingRecord>, StoreError> {
        self.many(
            "select at, slots from staffing \
             where at >= coalesce((select max(at) from staffing where at <= ?1), ?1) order by at",
            [signed(since.0)],
            |row| Ok(StaffingRecord { at: Moment(unsigned(row, 0)?), slots: row.get(1)? }),
        )
    }

    pub(super) fn what_is_announced(&self) -> Result<Option<AnnouncementRecord>, StoreError> {
        self.one("select notice, paused, said_by, at from announcement", [], |row| {
            Ok(AnnouncementRecord {
                notice: row.get::<_, Option<String>>(0)?.map(notice).transpose()?,
                paused: row.get(1)?,
                by: OperatorId(row.get(2)?),
                at: Moment(unsigned(row, 3)?),
            })
        })
    }

    pub(super) fn announce(&self, announcement: &AnnouncementRecord) -> Result<(), StoreError> {
        self.run(
            "insert or replace into announcement (id, notice, paused, said_by, at) values (1, ?1, ?2, ?3, ?4)",
            params![
                announcement.notice.as_ref().map(Notice::as_str),
                announcement.paused,
                announcement.by.0,
                signed(announcement.at.0),
            ],
        )?;
        Ok(())
    }

    pub(super) fn forget_roster(&self, now: Moment) -> Result<(), StoreError> {
        self.run("delete from shifts where ends < ?1", [signed(now.minus(SHIFTS_KEPT_FOR).0)])?;
        let before = signed(now.minus(STAFFING_KEPT_FOR).0);
        self.run("delete from staffing where at < (select max(at) from staffing where at <= ?1)", [before])?;
        let before = signed(now.minus(DESK_COMMANDS_KEPT_FOR).0);
        self.run("delete from desk_commands where at < ?1", [before])?;
        Ok(())
    }
}

fn shift(row: &Row<'_>) -> rusqlite::Result<ShiftRecord> {
    let id = ShiftId::try_from(row.get::<_, String>(0)?).map_err(|error| unreadable(0, error))?;
    Ok(ShiftRecord {
        id,
        operator: row.get::<_, Option<i64>>(1)?.map(identifier),
        from: Moment(unsigned(row, 2)?),
        to: Moment(unsigned(row, 3)?),
        at_once: row.get(4)?,
    })
}

fn notice(text: String) -> rusqlite::Result<Notice> {
    Notice::try_from(text).map_err(|error| unreadable(0, error))
}

fn unreadable(index: usize, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(index, Type::Text, Box::new(error))
}
