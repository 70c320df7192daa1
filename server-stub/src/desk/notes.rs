//! What operators write beside a conversation: notes of whoever has it, whispers of whoever watches. Kept apart
//! from the log, so that no frame to a visitor can be made from them.

use tealight_protocol::{
    ConversationId, ConversationState, ErrorCode, Note, NoteText, OperatorId, ToOperator, limits,
};

use super::operator::Said;
use super::rooms::NO_CONVERSATION;
use super::speaking::NO_LONGER_YOURS;
use super::visitor::{ENDED, OTHER_BODY};
use super::{ConnId, Desk, Refusal};
use crate::Moment;
use crate::store::{CommandRecord, Conversation, Store, Transaction};

impl<S: Store> Desk<S> {
    pub(super) fn note(
        &mut self,
        now: Moment,
        said: &Said<'_>,
        claim: Option<u64>,
        text: NoteText,
    ) -> Result<(), Refusal> {
        let id = said.conv;
        let watches = self.watches(said.conn, id);
        let kept_for_me = self
            .rooms
            .get(id)
            .and_then(|room| room.hold.as_ref())
            .is_some_and(|hold| hold.operator == *said.me);
        let ((n, note), _) = self.commit(now, id, |tx, change| {
            if let Some(known) = tx.command(&said.key())? {
                return if known.body == said.body { Ok((known.note, None)) } else { Err(OTHER_BODY) };
            }
            may_note(&change.record, said.me, kept_for_me, claim, watches)?;
            let note = add_note(tx, now, said, text)?;
            let conversation = id.clone();
            let note_n = Some(note.n);
            let record =
                CommandRecord { conversation, body: said.body, seq: None, claim: None, note: note_n };
            tx.insert_command(&said.key(), &record)?;
            Ok((note_n, Some(note)))
        })?;
        let (cid, conv) = (said.cid.clone(), Some(id.clone()));
        self.send(said.conn, &ToOperator::Ack { cid, conv, seq: None, claim: None, n });
        if let Some(note) = note {
            self.tell_operators(id, &ToOperator::Note { conv: id.clone(), note });
        }
        Ok(())
    }

    /// The notes after a number, for whoever has or watches the conversation.
    pub(super) fn notes_for(
        &mut self,
        conn: ConnId,
        me: &OperatorId,
        id: &ConversationId,
        after: u64,
    ) -> Result<Vec<Note>, Refusal> {
        let room = self.rooms.get(id).ok_or(NO_CONVERSATION)?;
        if room.operator() != Some(me) && !self.watches(conn, id) {
            return Err(Refusal::last_word(ErrorCode::Forbidden, "the conversation is not yours"));
        }
        // One more than fits: its being there says that there is more.
        Ok(self.store.read(|tx| tx.notes(id, after, limits::RESULT_ITEMS + 1))?)
    }
}

/// Adds a note under the next number, inside a transaction.
pub(super) fn add_note(
    tx: &mut dyn Transaction,
    now: Moment,
    said: &Said<'_>,
    text: NoteText,
) -> Result<Note, Refusal> {
    let last = tx.last_note(said.conv)?;
    if last >= limits::NOTES {
        return Err(Refusal::last_word(ErrorCode::TooLarge, "there are as many notes as there may be"));
    }
    let (from, cid) = (said.me.clone(), Some(said.cid.clone()));
    let note = Note { n: last + 1, from, at: now.timestamp(), text, cid };
    tx.insert_note(said.conv, &note)?;
    Ok(note)
}

fn may_note(
    record: &Conversation,
    me: &OperatorId,
    kept_for_me: bool,
    claim: Option<u64>,
    watches: bool,
) -> Result<(), Refusal> {
    let mine = record.operator.as_ref() == Some(me) || kept_for_me;
    match claim {
        Some(claim) if !mine || record.claim != claim => Err(NO_LONGER_YOURS),
        None if !watches => {
            Err(Refusal::last_word(ErrorCode::Forbidden, "without a claim, only who watches may whisper"))
        }
        Some(_) | None if record.state == ConversationState::Ended => Err(ENDED),
        Some(_) | None => Ok(()),
    }
}
