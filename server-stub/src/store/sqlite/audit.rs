//! The audit log, in SQL.

use rusqlite::params;
use rusqlite::types::Type;
use tealight_protocol::OperatorId;

use super::rows::{signed, unsigned};
use super::work::Work;
use crate::Moment;
use crate::store::audit::{Actor, AuditEntry, Deed};
use crate::store::{AUDIT_KEPT_FOR, StoreError};

/// How long deeds that are counted are one entry, in milliseconds.
const HOUR_MS: u64 = 60 * 60 * 1_000;

impl Work<'_> {
    pub(super) fn add_audit(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        let (who, what) = (entry.who.word(), entry.what.word());
        let counted = entry.what.is_counted();
        let at = if counted { entry.at.0 - entry.at.0 % HOUR_MS } else { entry.at.0 };
        if counted {
            let more = "update audit set times = times + ?4 where at = ?1 and who = ?2 and what = ?3";
            if self.run(more, params![signed(at), who, what, entry.times])? > 0 {
                return Ok(());
            }
        }
        self.run(
            "insert into audit (at, who, what, conversation, about, times) values (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                signed(at),
                who,
                what,
                entry.conversation,
                entry.about.as_ref().map(|id| id.0.as_str()),
                entry.times,
            ],
        )?;
        Ok(())
    }

    pub(super) fn audit_after(&self, after: u64, limit: usize) -> Result<Vec<(u64, AuditEntry)>, StoreError> {
        self.many(
            "select id, at, who, what, conversation, about, times from audit where id > ?1 order by id limit ?2",
            params![signed(after), signed(limit as u64)],
            |row| {
                let what: String = row.get(3)?;
                let unknown = || {
                    let error = "no deed has this name".into();
                    rusqlite::Error::FromSqlConversionFailure(3, Type::Text, error)
                };
                let entry = AuditEntry {
                    at: Moment(unsigned(row, 1)?),
                    who: Actor::of_word(row.get(2)?),
                    what: Deed::of_word(&what).ok_or_else(unknown)?,
                    conversation: row.get(4)?,
                    about: row.get::<_, Option<String>>(5)?.map(OperatorId),
                    times: row.get(6)?,
                };
                Ok((unsigned(row, 0)?, entry))
            },
        )
    }

    pub(super) fn forget_audit(&self, now: Moment) -> Result<(), StoreError> {
        self.run("delete from audit where at < ?1", [signed(now.minus(AUDIT_KEPT_FOR).0)])?;
        Ok(())
    }
}
