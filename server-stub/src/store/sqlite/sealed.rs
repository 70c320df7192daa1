//! What the embedded store does with sealed content, and how it seals what an earlier version kept in clear.

use rusqlite::{OptionalExtension as _, params};
use tealight_protocol::{ConversationId, Seq};
use zeroize::Zeroizing;

use super::rows::{signed, unsigned};
use super::work::Work;
use crate::Moment;
use crate::store::sealing::{self, Place};
use crate::store::{
    CommandKey, Counterpart, KeyId, Keyring, SealedCommand, SealedRows, StoreError, Transaction as _,
    WrappedKey,
};

impl SealedRows for Work<'_> {
    fn keyring(&mut self) -> &mut Keyring {
        self.keys
    }

    fn server_key(&mut self) -> Result<Option<KeyId>, StoreError> {
        self.one("select value from meta where key = 'server_key'", [], |row| row.get(0).map(KeyId))
    }

    fn set_server_key(&mut self, id: &KeyId) -> Result<(), StoreError> {
        self.run("insert or replace into meta (key, value) values ('server_key', ?1)", [&id.0])?;
        Ok(())
    }

    fn wrapped_key(&mut self, conversation: &ConversationId) -> Result<Option<WrappedKey>, StoreError> {
        self.one(
            "select server_key, wrapped from data_keys where conversation = ?1",
            [&conversation.0],
            |row| Ok(WrappedKey { server_key: KeyId(row.get(0)?), wrapped: row.get(1)? }),
        )
    }

    fn put_wrapped_key(&mut self, conversation: &ConversationId, key: &WrappedKey) -> Result<(), StoreError> {
        self.run(
            "insert or replace into data_keys (conversation, server_key, wrapped) values (?1, ?2, ?3)",
            params![conversation.0, key.server_key.0, key.wrapped],
        )?;
        Ok(())
    }

    fn wrapped_keys(&mut self) -> Result<Vec<(ConversationId, WrappedKey)>, StoreError> {
        self.many("select conversation, server_key, wrapped from data_keys", [], |row| {
            let key = WrappedKey { server_key: KeyId(row.get(1)?), wrapped: row.get(2)? };
            Ok((ConversationId(row.get(0)?), key))
        })
    }

    fn append_sealed(
        &mut self,
        conversation: &ConversationId,
        seq: Seq,
        body: &[u8],
    ) -> Result<(), StoreError> {
        let last = self
            .one(
                "select coalesce(max(seq), 0) from events where conversation = ?1",
                [&conversation.0],
                |row| unsigned(row, 0),
            )?
            .unwrap_or(0);
        if seq != last + 1 {
            return Err(StoreError::Corrupt(format!("event {seq} cannot follow event {last}")));
        }
        self.run(
            "insert into events (conversation, seq, body) values (?1, ?2, ?3)",
            params![conversation.0, signed(seq), body],
        )?;
        Ok(())
    }

    fn sealed_events(
        &mut self,
        conversation: &ConversationId,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<(Seq, Vec<u8>)>, StoreError> {
        self.many(
            "select seq, body from events where conversation = ?1 and seq > ?2 order by seq limit ?3",
            params![conversation.0, signed(after), signed(limit as u64)],
            |row| Ok((unsigned(row, 0)?, row.get(1)?)),
        )
    }

    fn insert_sealed_note(
        &mut self,
        conversation: &ConversationId,
        n: u64,
        body: &[u8],
    ) -> Result<(), StoreError> {
        let last = self.last_note(conversation)?;
        if n != last + 1 {
            return Err(StoreError::Corrupt(format!("note {n} cannot follow note {last}")));
        }
        self.run(
            "insert into notes (conversation, n, body) values (?1, ?2, ?3)",
            params![conversation.0, signed(n), body],
        )?;
        Ok(())
    }

    fn sealed_notes(
        &mut self,
        conversation: &ConversationId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        self.many(
            "select n, body from notes where conversation = ?1 and n > ?2 order by n limit ?3",
            params![conversation.0, signed(after), signed(limit as u64)],
            |row| Ok((unsigned(row, 0)?, row.get(1)?)),
        )
    }

    fn insert_sealed_answers(
        &mut self,
        conversation: &ConversationId,
        survey: &str,
        answers: &[u8],
        at: Moment,
    ) -> Result<(), StoreError> {
        self.run(
            "insert into survey_answers (conversation, survey, answers, at) values (?1, ?2, ?3, ?4)",
            params![conversation.0, survey, answers, signed(at.0)],
        )?;
        Ok(())
    }

    fn sealed_command(&mut self, key: &CommandKey<'_>) -> Result<Option<SealedCommand>, StoreError> {
        let columns =
            "select conversation, body, seq, claim, note from commands where sender = ?1 and cid = ?2";
        match key.about {
            Counterpart::Any => self.one(columns, params![key.sender.as_str(), key.cid.as_str()], command),
            Counterpart::Conversation(id) => self.one(
                &format!("{columns} and conversation = ?3"),
                params![key.sender.as_str(), key.cid.as_str(), id.0],
                command,
            ),
        }
    }

    fn insert_sealed_command(
        &mut self,
        key: &CommandKey<'_>,
        command: &SealedCommand,
    ) -> Result<(), StoreError> {
        self.run(
            "insert into commands (conversation, sender, cid, body, seq, claim, note) \
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                command.conversation.0,
                key.sender.as_str(),
                key.cid.as_str(),
                command.body,
                command.seq.map(signed),
                command.claim.map(signed),
                command.note.map(signed),
            ],
        )?;
        Ok(())
    }
}

fn command(row: &rusqlite::Row<'_>) -> rusqlite::Result<SealedCommand> {
    let number = |index| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(index)?.map(|n| n as u64));
    Ok(SealedCommand {
        conversation: ConversationId(row.get(0)?),
        body: row.get(1)?,
        seq: number(2)?,
        claim: number(3)?,
        note: number(4)?,
    })
}

/// Says that free pages may hold what was written in clear once, until the file has been rewritten.
const TO_REWRITE: &str = "insert or replace into meta (key, value) values ('rewrite', 'due')";

/// Whether there is something that only the right keys open.
pub(super) fn holds_anything(connection: &rusqlite::Connection) -> rusqlite::Result<bool> {
    let is_there = "select exists (select 1 from sqlite_schema where name = 'data_keys')";
    if !connection.query_row(is_there, [], |row| row.get::<_, bool>(0))? {
        return Ok(false);
    }
    connection.query_row("select exists (select 1 from data_keys)", [], |row| row.get(0))
}

/// Seals what stands in the `plain_…` tables, inside the transaction that made them, and drops them.
pub(super) fn seal_plain_rows(work: &mut Work<'_>) -> Result<(), StoreError> {
    let conversation = |row: &rusqlite::Row<'_>| row.get(0).map(ConversationId);
    let events = "select conversation, seq, body from plain_events order by conversation, seq";
    each(work, events, |work, row| {
        let (conversation, seq, body) = (conversation(row)?, unsigned(row, 1)?, plain(row, 2)?);
        let body = sealing::seal_bytes(work, &conversation, Place::Event(seq), body.as_bytes())?;
        work.append_sealed(&conversation, seq, &body)
    })?;
    let notes = "select conversation, n, body from plain_notes order by conversation, n";
    each(work, notes, |work, row| {
        let (conversation, n, body) = (conversation(row)?, unsigned(row, 1)?, plain(row, 2)?);
        let body = sealing::seal_bytes(work, &conversation, Place::Note(n), body.as_bytes())?;
        work.insert_sealed_note(&conversation, n, &body)
    })?;
    each(work, "select conversation, survey, answers, at from plain_survey_answers", |work, row| {
        let (conversation, survey, answers) = (conversation(row)?, row.get::<_, String>(1)?, plain(row, 2)?);
        let at = Moment(unsigned(row, 3)?);
        let answers = sealing::seal_bytes(work, &conversation, Place::Answers(&survey), answers.as_bytes())?;
        work.insert_sealed_answers(&conversation, &survey, &answers, at)
    })?;
    each(
        work,
        "select conversation, body, seq, claim, note, sender, cid from plain_commands",
        |work, row| {
            let mut command = command(row)?;
            let (sender, cid): (String, String) = (row.get(5)?, row.get(6)?);
            let place = Place::Command { sender: &sender, cid: &cid };
            command.body = sealing::seal_bytes(work, &command.conversation, place, &command.body)?;
            work.run(
                "insert into commands (conversation, sender, cid, body, seq, claim, note) \
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    command.conversation.0,
                    sender,
                    cid,
                    command.body,
                    command.seq.map(signed),
                    command.claim.map(signed),
                    command.note.map(signed),
                ],
            )?;
            Ok(())
        },
    )?;
    for table in ["plain_events", "plain_notes", "plain_survey_answers", "plain_commands"] {
        work.run(&format!("drop table {table}"), [])?;
    }
    work.run(TO_REWRITE, [])?;
    Ok(())
}

/// Rewrites the whole file if it may still hold something in clear. What is interrupted is done at the next start.
pub(super) fn rewrite_if_due(connection: &rusqlite::Connection) -> rusqlite::Result<()> {
    let due: Option<String> = connection
        .query_row("select value from meta where key = 'rewrite'", [], |row| row.get(0))
        .optional()?;
    if due.is_none() {
        return Ok(());
    }
    connection
        .execute_batch("vacuum; delete from meta where key = 'rewrite'; pragma wal_checkpoint(truncate);")
}

/// Text that stands in clear: zeroed when it is dropped.
fn plain(row: &rusqlite::Row<'_>, index: usize) -> rusqlite::Result<Zeroizing<String>> {
    row.get(index).map(Zeroizing::new)
}

fn each(
    work: &mut Work<'_>,
    select: &str,
    mut seal: impl FnMut(&mut Work<'_>, &rusqlite::Row<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let transaction = work.transaction;
    let mut statement = transaction.prepare(select)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        seal(work, row)?;
    }
    Ok(())
}
