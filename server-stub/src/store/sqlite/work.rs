//! What is done inside a transaction, in SQL.

use rusqlite::types::Type;
use rusqlite::{OptionalExtension as _, Row, params};
use serde::de::DeserializeOwned;
use tealight_protocol::{
    Area, Availability, ConversationId, ConversationState, Event, Marks, OperatorId, Route, Seq, Watermark,
};

use crate::Moment;
use crate::store::{
    CommandKey, CommandRecord, Conversation, Counterpart, Digest, HandlingTime, OperatorRecord,
    OperatorSession, STATISTICS_KEPT, StoreError, Transaction, WaitRecord,
};

/// One transaction on the file.
pub(super) struct Work<'c>(pub(super) &'c rusqlite::Transaction<'c>);

impl Work<'_> {
    fn run(&self, sql: &str, params: impl rusqlite::Params) -> Result<usize, StoreError> {
        Ok(self.0.prepare_cached(sql)?.execute(params)?)
    }

    fn one<T>(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.0.prepare_cached(sql)?.query_row(params, read).optional()?)
    }

    fn many<T>(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = self.0.prepare_cached(sql)?;
        let rows = statement.query_map(params, read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

const CONVERSATION: &str = "select id, secret, area, lang, route, state, place, operator, claim, last, messages, \
    started_at, waiting_since, joined_at, ended_at, expires_at, survey from conversations";

const OPERATOR: &str =
    "select id, name, alias, password_hash, areas, accepting, capacity, last_chat from operators";

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
             messages, started_at, waiting_since, joined_at, ended_at, expires_at, survey) \
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
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
            ],
        )?;
        Ok(())
    }

    fn update_conversation(&mut self, c: &Conversation) -> Result<(), StoreError> {
        let changed = self.run(
            "update conversations set state = ?2, place = ?3, operator = ?4, claim = ?5, last = ?6, \
             messages = ?7, waiting_since = ?8, joined_at = ?9, ended_at = ?10, expires_at = ?11, survey = ?12 \
             where id = ?1",
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
            ],
        )?;
        if changed == 1 { Ok(()) } else { Err(StoreError::Corrupt("a conversation is missing".to_owned())) }
    }

    fn delete_conversation(&mut self, id: &ConversationId) -> Result<(), StoreError> {
        self.run("delete from conversations where id = ?1", [&id.0])?;
        Ok(())
    }

    fn append(&mut self, conversation: &ConversationId, event: &Event) -> Result<(), StoreError> {
        let last: i64 = self
            .one(
                "select coalesce(max(seq), 0) from events where conversation = ?1",
                [&conversation.0],
                |row| row.get(0),
            )?
            .unwrap_or(0);
        if signed(event.seq) != last + 1 {
            return Err(StoreError::Corrupt(format!("event {} cannot follow event {last}", event.seq)));
        }
        let body = serde_json::to_string(event).map_err(|e| StoreError::Corrupt(e.to_string()))?;
        self.run(
            "insert into events (conversation, seq, body) values (?1, ?2, ?3)",
            params![conversation.0, signed(event.seq), body],
        )?;
        Ok(())
    }

    fn events(
        &mut self,
        conversation: &ConversationId,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<Event>, StoreError> {
        self.many(
            "select body from events where conversation = ?1 and seq > ?2 order by seq limit ?3",
            params![conversation.0, signed(after), signed(limit as u64)],
            |row| json(row, 0),
        )
    }

    fn command(&mut self, key: &CommandKey<'_>) -> Result<Option<CommandRecord>, StoreError> {
        let columns = "select conversation, body, seq, claim from commands where sender = ?1 and cid = ?2";
        match key.about {
            Counterpart::Any => self.one(columns, params![key.sender.as_str(), key.cid.as_str()], command),
            Counterpart::Conversation(id) => self.one(
                &format!("{columns} and conversation = ?3"),
                params![key.sender.as_str(), key.cid.as_str(), id.0],
                command,
            ),
        }
    }

    fn insert_command(&mut self, key: &CommandKey<'_>, record: &CommandRecord) -> Result<(), StoreError> {
        self.run(
            "insert into commands (conversation, sender, cid, body, seq, claim) values (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                record.conversation.0,
                key.sender.as_str(),
                key.cid.as_str(),
                record.body,
                record.seq.map(signed),
                record.claim.map(signed),
            ],
        )?;
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

    fn insert_answers(
        &mut self,
        conversation: &ConversationId,
        survey: &str,
        answers: &str,
        at: Moment,
    ) -> Result<(), StoreError> {
        self.run(
            "insert into survey_answers (conversation, survey, answers, at) values (?1, ?2, ?3, ?4)",
            params![conversation.0, survey, answers, signed(at.0)],
        )?;
        Ok(())
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
        self.run(
            "insert into waits (at, ms, abandoned) values (?1, ?2, ?3)",
            params![signed(wait.at.0), signed(wait.ms), wait.abandoned],
        )?;
        self.run("delete from waits where id <= last_insert_rowid() - ?1", [STATISTICS_KEPT])?;
        Ok(())
    }

    fn waits(&mut self, limit: usize) -> Result<Vec<WaitRecord>, StoreError> {
        self.many(
            "select at, ms, abandoned from waits order by id desc limit ?1",
            [signed(limit as u64)],
            |row| {
                Ok(WaitRecord {
                    at: Moment(unsigned(row, 0)?),
                    ms: unsigned(row, 1)?,
                    abandoned: row.get(2)?,
                })
            },
        )
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

    fn purge_sessions(&mut self, before: Moment) -> Result<(), StoreError> {
        self.run("delete from operator_sessions where expires_at < ?1", [signed(before.0)])?;
        Ok(())
    }
}

fn conversation(row: &Row<'_>) -> rusqlite::Result<Conversation> {
    let moment =
        |index| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(index)?.map(|ms| Moment(ms as u64)));
    Ok(Conversation {
        id: ConversationId(row.get(0)?),
        secret: row.get(1)?,
        area: row.get(2)?,
        lang: row.get(3)?,
        route: one_of([Route::Patient, Route::Standard], route_word, row, 4)?,
        state: one_of(
            [ConversationState::Waiting, ConversationState::Active, ConversationState::Ended],
            state_word,
            row,
            5,
        )?,
        order: row.get(6)?,
        operator: row.get::<_, Option<String>>(7)?.map(OperatorId),
        claim: unsigned(row, 8)?,
        last: unsigned(row, 9)?,
        messages: row.get(10)?,
        started_at: Moment(unsigned(row, 11)?),
        waiting_since: Moment(unsigned(row, 12)?),
        joined_at: moment(13)?,
        ended_at: moment(14)?,
        expires_at: moment(15)?,
        survey: row.get(16)?,
    })
}

fn command(row: &Row<'_>) -> rusqlite::Result<CommandRecord> {
    Ok(CommandRecord {
        conversation: ConversationId(row.get(0)?),
        body: row.get(1)?,
        seq: row.get::<_, Option<i64>>(2)?.map(|n| n as u64),
        claim: row.get::<_, Option<i64>>(3)?.map(|n| n as u64),
    })
}

fn operator(row: &Row<'_>) -> rusqlite::Result<OperatorRecord> {
    Ok(OperatorRecord {
        id: identifier(row.get(0)?),
        name: row.get(1)?,
        alias: row.get(2)?,
        password_hash: row.get(3)?,
        areas: json(row, 4)?,
        status: if row.get(5)? { Availability::Accepting } else { Availability::Paused },
        capacity: row.get(6)?,
        last_chat: row.get(7)?,
    })
}

fn identifier(number: i64) -> OperatorId {
    OperatorId(format!("{}{number}", tealight_protocol::OPERATOR_PREFIX))
}

fn number(id: &OperatorId) -> Result<i64, StoreError> {
    id.0.strip_prefix(tealight_protocol::OPERATOR_PREFIX)
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| StoreError::Corrupt("an operator's identifier is not a number".to_owned()))
}

fn json<T: DeserializeOwned>(row: &Row<'_>, index: usize) -> rusqlite::Result<T> {
    let text: String = row.get(index)?;
    serde_json::from_str(&text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(index, Type::Text, Box::new(error)))
}

/// The value that a column's word stands for. A word that stands for none was not written by this server.
fn one_of<T: Copy, const N: usize>(
    known: [T; N],
    word: fn(T) -> &'static str,
    row: &Row<'_>,
    index: usize,
) -> rusqlite::Result<T> {
    let text: String = row.get(index)?;
    known
        .into_iter()
        .find(|value| word(*value) == text)
        .ok_or_else(|| rusqlite::Error::FromSqlConversionFailure(index, Type::Text, "an unknown word".into()))
}

/// SQLite's integers are signed. Nothing that is counted here comes near their end.
fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn unsigned(row: &Row<'_>, index: usize) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(index)?.max(0) as u64)
}

fn route_word(route: Route) -> &'static str {
    match route {
        Route::Patient => "patient",
        Route::Standard => "standard",
    }
}

fn state_word(state: ConversationState) -> &'static str {
    match state {
        ConversationState::Waiting => "waiting",
        ConversationState::Active => "active",
        ConversationState::Ended => "ended",
    }
}
