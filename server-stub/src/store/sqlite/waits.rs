//! Waits, and what of them is known later, in SQL.

use rusqlite::{Row, params};
use tealight_protocol::Area;

use super::rows::{one_of, signed, unsigned};
use super::work::Work;
use crate::Moment;
use crate::store::{
    OfferedWait, Standing, StoreError, WAITS_KEPT, WAITS_KEPT_FOR, WaitClass, WaitOutcome, WaitRecord,
};

const COLUMNS: &str =
    "joined, ended, area, class, outcome, issued_q25, issued_q90, first_upper, offered, pending";

impl Work<'_> {
    pub(super) fn add_wait(&self, wait: &WaitRecord) -> Result<(), StoreError> {
        let offered = match wait.offered {
            OfferedWait::Known(ms) => Some(signed(ms)),
            OfferedWait::Pending | OfferedWait::Never => None,
        };
        self.run(
            &format!("insert into waits ({COLUMNS}) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"),
            params![
                signed(wait.joined.0),
                signed(wait.ended.0),
                wait.area,
                class_number(wait.class),
                outcome_word(wait.outcome),
                wait.issued_q25,
                wait.issued_q90,
                wait.first_upper,
                offered,
                wait.offered == OfferedWait::Pending,
            ],
        )?;
        self.run("delete from waits where id <= last_insert_rowid() - ?1", [WAITS_KEPT])?;
        Ok(())
    }

    pub(super) fn let_waits_be_known(
        &self,
        area: Option<&Area>,
        behind: Option<Standing>,
        now: Moment,
    ) -> Result<Vec<WaitRecord>, StoreError> {
        let (class, joined) = match behind {
            Some(standing) => (class_number(standing.class), signed(standing.joined.0)),
            None => (i64::MAX, i64::MAX),
        };
        let mut known = self.many(
            &format!(
                "update waits set offered = max(?4, ended) - joined, pending = 0 \
                 where pending and area is ?1 and (class, joined) < (?2, ?3) returning {COLUMNS}"
            ),
            params![area, class, joined, signed(now.0)],
            wait,
        )?;
        known.sort_by_key(|wait| Standing { class: wait.class, joined: wait.joined });
        Ok(known)
    }

    pub(super) fn give_up_pending_waits(&self, ended_before: Moment) -> Result<(), StoreError> {
        self.run("update waits set pending = 0 where pending and ended < ?1", [signed(ended_before.0)])?;
        Ok(())
    }

    pub(super) fn last_waits(&self, limit: usize) -> Result<Vec<WaitRecord>, StoreError> {
        let sql = format!("select {COLUMNS} from waits order by id desc limit ?1");
        self.many(&sql, [signed(limit as u64)], wait)
    }

    pub(super) fn forget_waits(&self, now: Moment) -> Result<(), StoreError> {
        self.run("delete from waits where ended < ?1", [signed(now.minus(WAITS_KEPT_FOR).0)])?;
        Ok(())
    }
}

fn wait(row: &Row<'_>) -> rusqlite::Result<WaitRecord> {
    Ok(WaitRecord {
        joined: Moment(unsigned(row, 0)?),
        ended: Moment(unsigned(row, 1)?),
        area: row.get(2)?,
        class: if row.get::<_, i64>(3)? == class_number(WaitClass::First) {
            WaitClass::First
        } else {
            WaitClass::Usual
        },
        outcome: one_of([WaitOutcome::Met, WaitOutcome::Left, WaitOutcome::SentAway], outcome_word, row, 4)?,
        issued_q25: row.get(5)?,
        issued_q90: row.get(6)?,
        first_upper: row.get(7)?,
        offered: match (row.get::<_, Option<i64>>(8)?, row.get(9)?) {
            (Some(ms), _) => OfferedWait::Known(ms.max(0) as u64),
            (None, true) => OfferedWait::Pending,
            (None, false) => OfferedWait::Never,
        },
    })
}

/// The smaller is met first, as with the variants themselves.
fn class_number(class: WaitClass) -> i64 {
    match class {
        WaitClass::First => 0,
        WaitClass::Usual => 1,
    }
}

fn outcome_word(outcome: WaitOutcome) -> &'static str {
    match outcome {
        WaitOutcome::Met => "met",
        WaitOutcome::Left => "left",
        WaitOutcome::SentAway => "sent",
    }
}
