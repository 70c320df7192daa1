//! What is done inside a transaction, in SQL.

use rusqlite::{OptionalExtension as _, Row, params};
use tealight_protocol::{
    Area, Availability, BlockId, Cid, ConversationId, Marks, OperatorId, ShiftId, Watermark,
};

use super::rows::{
    conversation, identifier, number, operator, promise_text, route_word, signed, state_word, unsigned,
};
use crate::Moment;
use crate::store::{
    AnnouncementRecord, AuditEntry, BlockRecord, Conversation, Digest, HandlingTime, Keyring, OperatorRecord,
    OperatorSession, PromiseRecord, ReviewRecord, STATISTICS_KEPT, ShiftRecord, StaffingRecord, Standing,
    StoreError, Transaction, WaitRecord,
};

/// One transaction on the file, and the keys to what is in it.
pub(super) struct Work<'c> {
    pub(super) transaction: &'c rusqlite::Transaction<'c>,
    pub(super) keys: &'c mut Keyring,
}

impl Work<'_> {
    pub(super) fn run(&self, sql: &str, params: impl rusqlite::Params) -> Result<usize, StoreError> {
        Ok(self.transaction.prepare_cached(sql)?.execute(params)?)
    }

    pub(super) fn one<T>(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.transaction.prepare_cached(sql)?.query_row(params, read).optional()?)
    }

    pub(super) fn many<T>(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = self.transaction.prepare_cached(sql)?;
        let rows = statement.query_map(params, read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

const CONVERSATION: &str = "select id, secret, area, lang, route, state, place, operator, claim, last, messages, \
    started_at, waiting_since, joined_at, ended_at, expires_at, survey, reserved_for, reserved_until, \
    promise from conversations";

const OPERATOR: &str = "select id, name, alias, password_hash, areas, accepting, capacity, last_chat, languages, supervisor \
    from operators";

impl Transaction for Work<'_> {
    fn epoch(&mut self) -> Result<Option<String>, StoreError> {
        self.one("select value from meta where key = 'epoch'", [], |row| row.get(0))
    }

    fn set_epoch(&mut self, epoch: &str) -> Result<(), StoreError> {
        self.run("insert or replace into meta (key, value) values ('epoch', ?1)", [epoch])?;
        Ok(())
    }

    fn conversations(&mut self) -> Result<Vec<Conversation>, StoreError> {
        self.many(&format!("{CONVERSATION} order by started_at, place"), [], conversation)
    }

    fn conversation_by_secret(&mut self, secret: &Digest) -> Result<Option<Conversation>, StoreError> {
        self.one(&format!("{CONVERSATION} where secret = ?1"), [secret], conversation)
    }

    fn insert_conversation(&mut self, c: &Conversation) -> Result<(), StoreError> {
        self.run(
            "insert into conversations (id, secret, area, lang, route, state, place, operator, claim, last, \
             messages, started_at, waiting_since, joined_at, ended_at, expires_at, survey, reserved_for, \
             reserved_until, promise) \
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
            params![
                c.id.0,
                c.secret,
                c.area,
                c.lang,
                route_word(c.route),
                state_word(c.state),
                c.order,
                c.operator.as_ref().map(|id| id.0.as_str()),
                signed(c.claim),
                signed(c.last),
                c.messages,
                signed(c.started_at.0),
                signed(c.waiting_since.0),
                c.joined_at.map(|at| signed(at.0)),
                c.ended_at.map(|at| signed(at.0)),
                c.expires_at.map(|at| signed(at.0)),
                c.survey,
                c.reserved.as_ref().map(|reserved| reserved.operator.0.as_str()),
                c.reserved.as_ref().map(|reserved| signed(reserved.until.0)),
                promise_text(c.promise.as_ref())?,
            ],
        )?;
        Ok(())
    }

    fn update_conversation(&mut self, c: &Conversation) -> Result<(), StoreError> {
        let changed = self.run(
            "update conversations set state = ?2, place = ?3, operator = ?4, claim = ?5, last = ?6, \
             messages = ?7, waiting_since = ?8, joined_at = ?9, ended_at = ?10, expires_at = ?11, survey = ?12, \
             area = ?13, reserved_for = ?14, reserved_until = ?15, promise = ?16 where id = ?1",
            params![
                c.id.0,
                state_word(c.state),
                c.order,
                c.operator.as_ref().map(|id| id.0.as_str()),
                signed(c.claim),
                signed(c.last),
                c.messages,
                signed(c.waiting_since.0),
                c.joined_at.map(|at| signed(at.0)),
                c.ended_at.map(|at| signed(at.0)),
                c.expires_at.map(|at| signed(at.0)),
                c.survey,
                c.area,
                c.reserved.as_ref().map(|reserved| reserved.operator.0.as_str()),
                c.reserved.as_ref().map(|reserved| signed(reserved.until.0)),
                promise_text(c.promise.as_ref())?,
            ],
        )?;
        if changed == 1 { Ok(()) } else { Err(StoreError::Corrupt("a conversation is missing".to_owned())) }
    }

    fn delete_conversation(&mut self, id: &ConversationId) -> Result<(), StoreError> {
        self.run("delete from conversations where id = ?1", [&id.0])?;
        Ok(())
    }

    fn marks(&mut self, conversation: &ConversationId) -> Result<Marks, StoreError> {
        let found = self.one(
            "select visitor_delivered, visitor_read, operator_delivered, operator_read from marks \
             where conversation = ?1",
            [&conversation.0],
            |row| {
                Ok(Marks {
                    visitor: Watermark { delivered: unsigned(row, 0)?, read: unsigned(row, 1)? },
                    operator: Watermark { delivered: unsigned(row, 2)?, read: unsigned(row, 3)? },
                })
            },
        )?;
        Ok(found.unwrap_or_default())
    }

    fn set_marks(&mut self, conversation: &ConversationId, marks: &Marks) -> Result<(), StoreError> {
        self.run(
            "insert or replace into marks (conversation, visitor_delivered, visitor_read, operator_delivered, \
             operator_read) values (?1, ?2, ?3, ?4, ?5)",
            params![
                conversation.0,
                signed(marks.visitor.delivered),
                signed(marks.visitor.read),
                signed(marks.operator.delivered),
                signed(marks.operator.read),
            ],
        )?;
        Ok(())
    }

    fn last_note(&mut self, conversation: &ConversationId) -> Result<u64, StoreError> {
        let last = self.one(
            "select coalesce(max(n), 0) from notes where conversation = ?1",
            [&conversation.0],
            |row| unsigned(row, 0),
        )?;
        Ok(last.unwrap_or(0))
    }

    fn is_answered(&mut self, conversation: &ConversationId, survey: &str) -> Result<bool, StoreError> {
        let found = self.one(
            "select 1 from survey_answers where conversation = ?1 and survey = ?2",
            params![conversation.0, survey],
            |_| Ok(()),
        )?;
        Ok(found.is_some())
    }

    fn insert_tombstone(&mut self, secret: &Digest, at: Moment) -> Result<(), StoreError> {
        self.run(
            "insert or replace into tombstones (secret, at) values (?1, ?2)",
            params![secret, signed(at.0)],
        )?;
        Ok(())
    }

    fn is_erased(&mut self, secret: &Digest) -> Result<bool, StoreError> {
        Ok(self.one("select 1 from tombstones where secret = ?1", [secret], |_| Ok(()))?.is_some())
    }

    fn purge_tombstones(&mut self, before: Moment) -> Result<(), StoreError> {
        self.run("delete from tombstones where at < ?1", [signed(before.0)])?;
        Ok(())
    }

    fn insert_handling_time(&mut self, time: &HandlingTime) -> Result<(), StoreError> {
        self.run(
            "insert into handling_times (at, ms) values (?1, ?2)",
            params![signed(time.at.0), signed(time.ms)],
        )?;
        self.run("delete from handling_times where id <= last_insert_rowid() - ?1", [STATISTICS_KEPT])?;
        Ok(())
    }

    fn handling_times(&mut self, limit: usize) -> Result<Vec<HandlingTime>, StoreError> {
        self.many(
            "select at, ms from handling_times order by id desc limit ?1",
            [signed(limit as u64)],
            |row| Ok(HandlingTime { at: Moment(unsigned(row, 0)?), ms: unsigned(row, 1)? }),
        )
    }

    fn insert_wait(&mut self, wait: &WaitRecord) -> Result<(), StoreError> {
        self.add_wait(wait)
    }

    fn resolve_waits(
        &mut self,
        area: Option<&Area>,
        behind: Option<Standing>,
        now: Moment,
    ) -> Result<Vec<WaitRecord>, StoreError> {
        self.let_waits_be_known(area, behind, now)
    }

    fn give_up_waits(&mut self, ended_before: Moment) -> Result<(), StoreError> {
        self.give_up_pending_waits(ended_before)
    }

    fn waits(&mut self, limit: usize) -> Result<Vec<WaitRecord>, StoreError> {
        self.last_waits(limit)
    }

    fn set_promise(
        &mut self,
        conversation: &ConversationId,
        promise: Option<&PromiseRecord>,
    ) -> Result<(), StoreError> {
        self.run(
            "update conversations set promise = ?2 where id = ?1",
            params![conversation.0, promise_text(promise)?],
        )?;
        Ok(())
    }

    fn put_shift(&mut self, shift: &ShiftRecord) -> Result<(), StoreError> {
        self.plan_shift(shift)
    }

    fn delete_shift(&mut self, id: &ShiftId) -> Result<bool, StoreError> {
        Ok(self.run("delete from shifts where id = ?1", [id.as_str()])? == 1)
    }

    fn shift(&mut self, id: &ShiftId) -> Result<Option<ShiftRecord>, StoreError> {
        self.shift_of(id)
    }

    fn shifts(&mut self, after: Moment) -> Result<Vec<ShiftRecord>, StoreError> {
        self.shifts_after(after)
    }

    fn insert_staffing(&mut self, staffing: &StaffingRecord) -> Result<(), StoreError> {
        self.add_staffing(*staffing)
    }

    fn staffing(&mut self, since: Moment) -> Result<Vec<StaffingRecord>, StoreError> {
        self.staffing_since(since)
    }

    fn announcement(&mut self) -> Result<Option<AnnouncementRecord>, StoreError> {
        self.what_is_announced()
    }

    fn set_announcement(&mut self, announcement: &AnnouncementRecord) -> Result<(), StoreError> {
        self.announce(announcement)
    }

    fn desk_command(&mut self, sender: &OperatorId, cid: &Cid) -> Result<Option<Digest>, StoreError> {
        self.one(
            "select body from desk_commands where sender = ?1 and cid = ?2",
            [sender.0.as_str(), cid.as_str()],
            |row| row.get(0),
        )
    }

    fn insert_desk_command(
        &mut self,
        sender: &OperatorId,
        cid: &Cid,
        body: &Digest,
        at: Moment,
    ) -> Result<(), StoreError> {
        self.run(
            "insert into desk_commands (sender, cid, body, at) values (?1, ?2, ?3, ?4)",
            params![sender.0, cid.as_str(), body, signed(at.0)],
        )?;
        Ok(())
    }

    fn forget(&mut self, now: Moment) -> Result<(), StoreError> {
        self.forget_waits(now)?;
        self.forget_roster(now)?;
        self.forget_blocks(now)?;
        self.forget_audit(now)
    }

    fn insert_block(&mut self, block: &BlockRecord) -> Result<BlockId, StoreError> {
        self.add_block(block)
    }

    fn blocks(&mut self) -> Result<Vec<BlockRecord>, StoreError> {
        self.all_blocks()
    }

    fn review_block(&mut self, id: BlockId, review: &ReviewRecord) -> Result<bool, StoreError> {
        self.review(id, review)
    }

    fn insert_audit(&mut self, entry: &AuditEntry) -> Result<(), StoreError> {
        self.add_audit(entry)
    }

    fn audit(&mut self, after: u64, limit: usize) -> Result<Vec<(u64, AuditEntry)>, StoreError> {
        self.audit_after(after, limit)
    }

    fn insert_operator(
        &mut self,
        name: &str,
        alias: &str,
        password_hash: &str,
        areas: &[Area],
    ) -> Result<OperatorRecord, StoreError> {
        let areas = serde_json::to_string(areas).map_err(|e| StoreError::Corrupt(e.to_string()))?;
        self.run(
            "insert into operators (name, alias, password_hash, areas) values (?1, ?2, ?3, ?4)",
            params![name, alias, password_hash, areas],
        )?;
        self.operator_by_name(name)?
            .ok_or_else(|| StoreError::Corrupt("a new operator cannot be found again".to_owned()))
    }

    fn set_duties(
        &mut self,
        operator: &OperatorId,
        languages: &[String],
        supervisor: bool,
    ) -> Result<(), StoreError> {
        let languages = serde_json::to_string(languages).map_err(|e| StoreError::Corrupt(e.to_string()))?;
        let changed = self.run(
            "update operators set languages = ?2, supervisor = ?3 where id = ?1",
            params![number(operator)?, languages, supervisor],
        )?;
        if changed == 1 { Ok(()) } else { Err(StoreError::Corrupt("an operator is missing".to_owned())) }
    }

    fn set_password(&mut self, operator: &OperatorId, password_hash: &str) -> Result<(), StoreError> {
        let set = "update operators set password_hash = ?2 where id = ?1";
        self.run(set, params![number(operator)?, password_hash])?;
        Ok(())
    }

    fn delete_operator(&mut self, name: &str) -> Result<bool, StoreError> {
        Ok(self.run("delete from operators where name = ?1", [name])? == 1)
    }

    fn operators(&mut self) -> Result<Vec<OperatorRecord>, StoreError> {
        self.many(&format!("{OPERATOR} order by name"), [], operator)
    }

    fn operator_by_name(&mut self, name: &str) -> Result<Option<OperatorRecord>, StoreError> {
        self.one(&format!("{OPERATOR} where name = ?1"), [name], operator)
    }

    fn set_availability(
        &mut self,
        operator: &OperatorId,
        status: Availability,
        capacity: u8,
        last_chat: bool,
    ) -> Result<(), StoreError> {
        let changed = self.run(
            "update operators set accepting = ?2, capacity = ?3, last_chat = ?4 where id = ?1",
            params![number(operator)?, status == Availability::Accepting, capacity, last_chat],
        )?;
        if changed == 1 { Ok(()) } else { Err(StoreError::Corrupt("an operator is missing".to_owned())) }
    }

    fn insert_session(&mut self, session: &OperatorSession) -> Result<(), StoreError> {
        self.run(
            "insert into operator_sessions (token, operator, expires_at) values (?1, ?2, ?3)",
            params![session.token, number(&session.operator)?, signed(session.expires_at.0)],
        )?;
        Ok(())
    }

    fn session(&mut self, token: &Digest) -> Result<Option<OperatorSession>, StoreError> {
        self.one(
            "select token, operator, expires_at from operator_sessions where token = ?1",
            [token],
            |row| {
                Ok(OperatorSession {
                    token: row.get(0)?,
                    operator: identifier(row.get(1)?),
                    expires_at: Moment(unsigned(row, 2)?),
                })
            },
        )
    }

    fn delete_session(&mut self, token: &Digest) -> Result<(), StoreError> {
        self.run("delete from operator_sessions where token = ?1", [token])?;
        Ok(())
    }

    fn delete_sessions_of(&mut self, operator: &OperatorId) -> Result<(), StoreError> {
        self.run("delete from operator_sessions where operator = ?1", [number(operator)?])?;
        Ok(())
    }

    fn purge_sessions(&mut self, before: Moment) -> Result<(), StoreError> {
        self.run("delete from operator_sessions where expires_at < ?1", [signed(before.0)])?;
        Ok(())
    }
}
