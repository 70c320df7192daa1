//! From rows to records and back: how the embedded store spells what it keeps.

use rusqlite::Row;
use rusqlite::types::{Type, ValueRef};
use serde::de::DeserializeOwned;
use tealight_protocol::{Availability, ConversationId, ConversationState, OperatorId, Route};

use crate::Moment;
use crate::store::{Conversation, OperatorRecord, PromiseRecord, Reservation, StoreError};

pub(super) fn conversation(row: &Row<'_>) -> rusqlite::Result<Conversation> {
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
        reserved: match (row.get::<_, Option<String>>(17)?, moment(18)?) {
            (Some(operator), Some(until)) => Some(Reservation { operator: OperatorId(operator), until }),
            (Some(_), None) | (None, Some(_) | None) => None,
        },
        promise: optional_json(row, 19)?,
    })
}

pub(super) fn operator(row: &Row<'_>) -> rusqlite::Result<OperatorRecord> {
    Ok(OperatorRecord {
        id: identifier(row.get(0)?),
        name: row.get(1)?,
        alias: row.get(2)?,
        password_hash: row.get(3)?,
        areas: json(row, 4)?,
        status: if row.get(5)? { Availability::Accepting } else { Availability::Paused },
        capacity: row.get(6)?,
        last_chat: row.get(7)?,
        languages: json(row, 8)?,
        supervisor: row.get(9)?,
    })
}

pub(super) fn identifier(number: i64) -> OperatorId {
    OperatorId(format!("{}{number}", tealight_protocol::OPERATOR_PREFIX))
}

pub(super) fn number(id: &OperatorId) -> Result<i64, StoreError> {
    id.0.strip_prefix(tealight_protocol::OPERATOR_PREFIX)
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| StoreError::Corrupt("an operator's identifier is not a number".to_owned()))
}

pub(super) fn json<T: DeserializeOwned>(row: &Row<'_>, index: usize) -> rusqlite::Result<T> {
    let text: String = row.get(index)?;
    serde_json::from_str(&text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(index, Type::Text, Box::new(error)))
}

fn optional_json<T: DeserializeOwned>(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<T>> {
    match row.get_ref(index)? {
        ValueRef::Null => Ok(None),
        _ => json(row, index).map(Some),
    }
}

/// The value that a column's word stands for. A word that stands for none was not written by this server.
pub(super) fn one_of<T: Copy, const N: usize>(
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
pub(super) fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(row: &Row<'_>, index: usize) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(index)?.max(0) as u64)
}

pub(super) fn route_word(route: Route) -> &'static str {
    match route {
        Route::Patient => "patient",
        Route::Standard => "standard",
    }
}

pub(super) fn state_word(state: ConversationState) -> &'static str {
    match state {
        ConversationState::Waiting => "waiting",
        ConversationState::Active => "active",
        ConversationState::Ended => "ended",
    }
}

pub(super) fn promise_text(promise: Option<&PromiseRecord>) -> Result<Option<String>, StoreError> {
    promise.map(serde_json::to_string).transpose().map_err(|error| StoreError::Corrupt(error.to_string()))
}
