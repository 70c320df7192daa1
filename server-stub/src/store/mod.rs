//! Where everything acknowledged is kept. One trait, so that another database can stand behind it.
//!
//! The desk opens one transaction for each durable command and answers only after it has committed. A
//! transaction's methods are small and say what they store, not how: an implementation over a networked
//! database keeps the same meaning, and [`conformance`] holds it to that.

mod audit;
pub mod conformance;
mod keys;
mod records;
mod sealing;
mod sqlite;

pub use audit::{Actor, AuditEntry, Deed, mark_of};
pub use keys::{KEY_VARIABLE, KeyError, KeyId, KeyNews, KeySource, Keyring};
pub use records::{
    AnnouncementRecord, BlockRecord, CommandKey, CommandRecord, Conversation, Counterpart, HandlingTime,
    OfferedWait, OperatorRecord, OperatorSession, PromiseRecord, Reservation, ReviewRecord, Sender,
    ShiftRecord, StaffingRecord, Standing, WaitClass, WaitOutcome, WaitRecord,
};
pub use sealing::{SealedCommand, SealedRows, WrappedKey};
pub use sqlite::{BackUp, KeySchedule, SqliteStore};

use std::time::Duration;

use tealight_protocol::{
    Area, Availability, BlockId, Cid, ConversationId, Event, Marks, Note, OperatorId, Seq, ShiftId,
};

use crate::Moment;
use sealing::{Opener, Place};

/// The SHA-256 of a visitor's secret or of an operator's token: all that is kept of either.
pub type Digest = [u8; 32];

/// Why nothing was stored or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is busy, full, read-only or away. Nothing was changed; the same may be tried again.
    #[error("the database cannot be used just now: {0}")]
    Unavailable(String),
    /// What was read is not what was written: a damaged or foreign file.
    #[error("the database holds something that cannot be read: {0}")]
    Corrupt(String),
    /// The server keys are missing, wrong or out of reach. Nothing was changed, and nothing is lost with this.
    #[error("{0}")]
    Key(#[from] KeyError),
}

/// How many lengths of conversations are kept: older ones are forgotten when new ones come.
pub const STATISTICS_KEPT: usize = 400;

/// How many waits are kept: older ones are forgotten when new ones come.
pub const WAITS_KEPT: usize = 2_000;

/// How long a wait is kept after it was over.
pub const WAITS_KEPT_FOR: Duration = days(30);

/// How long it is known who could be reached when.
pub const STAFFING_KEPT_FOR: Duration = days(2);

/// How long a shift is kept after its end.
pub const SHIFTS_KEPT_FOR: Duration = days(2);

/// How long a command about no conversation is remembered: as long as an operator can stay logged in.
pub const DESK_COMMANDS_KEPT_FOR: Duration = days(7);

/// How long a block is kept after its end, for whoever could not review it before.
pub const BLOCKS_KEPT_FOR: Duration = days(7);

/// How long it is known which operator did what.
pub const AUDIT_KEPT_FOR: Duration = days(90);

const fn days(n: u64) -> Duration {
    Duration::from_secs(n * 24 * 60 * 60)
}

/// A database that runs transactions.
pub trait Store: Send + 'static {
    /// Runs `work` in one transaction that may write. `Ok` is returned only after the commit is durable;
    /// on `Err` nothing at all has changed.
    fn write<R, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut dyn Transaction) -> Result<R, E>,
    ) -> Result<R, E>;

    /// Runs `work` on one consistent view, without writing.
    fn read<R, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut dyn Transaction) -> Result<R, E>,
    ) -> Result<R, E>;

    /// Overwrites what deleted rows left behind in journals. Called after content was destroyed.
    /// On `Err` something may be left: it must be called again.
    fn scrub(&mut self) -> Result<(), StoreError>;

    /// Does what a store has to do for itself from time to time, such as changing its keys. Called every hour.
    fn tend(&mut self, _now: Moment) -> Result<(), StoreError> {
        Ok(())
    }

    /// Finds out whether anything can be stored: writes durably what has no meaning, as much as a long message
    /// would need, and leaves nothing of it.
    fn probe(&mut self) -> Result<(), StoreError> {
        self.write(|tx| match tx.epoch()? {
            Some(epoch) => tx.set_epoch(&epoch),
            None => Ok(()),
        })
    }
}

/// What can be done inside a transaction.
///
/// What people say goes through the methods that are written here, which seal and open it; what a database has to do
/// for them is in [`SealedRows`].
pub trait Transaction: SealedRows {
    /// The epoch of this log, once one has been given.
    fn epoch(&mut self) -> Result<Option<String>, StoreError>;
    /// Gives the log its epoch.
    fn set_epoch(&mut self, epoch: &str) -> Result<(), StoreError>;

    /// Every conversation that still has content, in the order of their start.
    fn conversations(&mut self) -> Result<Vec<Conversation>, StoreError>;
    /// The conversation a secret opens.
    fn conversation_by_secret(&mut self, secret: &Digest) -> Result<Option<Conversation>, StoreError>;
    /// Adds a conversation.
    fn insert_conversation(&mut self, conversation: &Conversation) -> Result<(), StoreError>;
    /// Replaces what is known of a conversation; its log is left alone.
    fn update_conversation(&mut self, conversation: &Conversation) -> Result<(), StoreError>;
    /// Destroys a conversation with all that belongs to it, its key before all.
    fn delete_conversation(&mut self, id: &ConversationId) -> Result<(), StoreError>;

    /// Appends to a conversation's log. `event.seq` must be one more than the last.
    fn append(&mut self, conversation: &ConversationId, event: &Event) -> Result<(), StoreError> {
        let body = sealing::seal(self, conversation, Place::Event(event.seq), event)?;
        self.append_sealed(conversation, event.seq, &body)
    }
    /// Up to `limit` events after a position, in order.
    fn events(
        &mut self,
        conversation: &ConversationId,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<Event>, StoreError> {
        let rows = self.sealed_events(conversation, after, limit)?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let opener = Opener::of(self, conversation)?;
        rows.iter().map(|(seq, body)| opener.open(Place::Event(*seq), body)).collect()
    }

    /// What became of a command, if it was done before.
    fn command(&mut self, key: &CommandKey<'_>) -> Result<Option<CommandRecord>, StoreError> {
        let Some(SealedCommand { conversation, body, seq, claim, note }) = self.sealed_command(key)? else {
            return Ok(None);
        };
        let body = Opener::of(self, &conversation)?.bytes(Place::of_command(key), &body)?;
        let body = Digest::try_from(body.as_slice())
            .map_err(|_| StoreError::Corrupt("the digest of a command has another length".to_owned()))?;
        Ok(Some(CommandRecord { conversation, body, seq, claim, note }))
    }
    /// Remembers what became of a command.
    fn insert_command(&mut self, key: &CommandKey<'_>, record: &CommandRecord) -> Result<(), StoreError> {
        let CommandRecord { conversation, body, seq, claim, note } = record.clone();
        let body = sealing::seal_bytes(self, &conversation, Place::of_command(key), &body)?;
        self.insert_sealed_command(key, &SealedCommand { conversation, body, seq, claim, note })
    }

    /// How far both sides of a conversation have come.
    fn marks(&mut self, conversation: &ConversationId) -> Result<Marks, StoreError>;
    /// Moves the marks of a conversation.
    fn set_marks(&mut self, conversation: &ConversationId, marks: &Marks) -> Result<(), StoreError>;

    /// Adds a note beside a conversation. `note.n` must be one more than the last.
    fn insert_note(&mut self, conversation: &ConversationId, note: &Note) -> Result<(), StoreError> {
        let body = sealing::seal(self, conversation, Place::Note(note.n), note)?;
        self.insert_sealed_note(conversation, note.n, &body)
    }
    /// The number of a conversation's last note; 0 without any.
    fn last_note(&mut self, conversation: &ConversationId) -> Result<u64, StoreError>;
    /// Up to `limit` notes after a number, in order.
    fn notes(
        &mut self,
        conversation: &ConversationId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Note>, StoreError> {
        let rows = self.sealed_notes(conversation, after, limit)?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let opener = Opener::of(self, conversation)?;
        rows.iter().map(|(n, body)| opener.open(Place::Note(*n), body)).collect()
    }

    /// Keeps the answers to a survey or an offer, as JSON.
    fn insert_answers(
        &mut self,
        conversation: &ConversationId,
        survey: &str,
        answers: &str,
        at: Moment,
    ) -> Result<(), StoreError> {
        let body = sealing::seal_bytes(self, conversation, Place::Answers(survey), answers.as_bytes())?;
        self.insert_sealed_answers(conversation, survey, &body, at)
    }
    /// Whether a survey or an offer of a conversation has been answered.
    fn is_answered(&mut self, conversation: &ConversationId, survey: &str) -> Result<bool, StoreError>;

    /// Remembers that a secret's conversation was erased.
    fn insert_tombstone(&mut self, secret: &Digest, at: Moment) -> Result<(), StoreError>;
    /// Whether a secret's conversation was erased.
    fn is_erased(&mut self, secret: &Digest) -> Result<bool, StoreError>;
    /// Forgets tombstones from before a moment.
    fn purge_tombstones(&mut self, before: Moment) -> Result<(), StoreError>;

    /// Adds the length of a finished conversation to the statistics, and forgets all but [`STATISTICS_KEPT`].
    fn insert_handling_time(&mut self, time: &HandlingTime) -> Result<(), StoreError>;
    /// The most recent lengths, newest first.
    fn handling_times(&mut self, limit: usize) -> Result<Vec<HandlingTime>, StoreError>;
    /// Adds a wait to the statistics, and forgets all but [`WAITS_KEPT`].
    fn insert_wait(&mut self, wait: &WaitRecord) -> Result<(), StoreError>;
    /// Lets the pending offered waits of an area be known that are known now: of those who left and stood before
    /// `behind`, or of all of them without it. Returns these waits, in the order of the waiting room.
    fn resolve_waits(
        &mut self,
        area: Option<&Area>,
        behind: Option<Standing>,
        now: Moment,
    ) -> Result<Vec<WaitRecord>, StoreError>;
    /// Nobody will ever know how long those would have waited who left before a moment and are still pending.
    fn give_up_waits(&mut self, ended_before: Moment) -> Result<(), StoreError>;
    /// The waits that were over last, newest first.
    fn waits(&mut self, limit: usize) -> Result<Vec<WaitRecord>, StoreError>;
    /// Keeps what a waiting visitor was told, or that there is nothing to keep any more.
    fn set_promise(
        &mut self,
        conversation: &ConversationId,
        promise: Option<&PromiseRecord>,
    ) -> Result<(), StoreError>;

    /// Plans a shift, in place of the one of the same identifier.
    fn put_shift(&mut self, shift: &ShiftRecord) -> Result<(), StoreError>;
    /// Takes a shift out of the plan. `false` when it is not there.
    fn delete_shift(&mut self, id: &ShiftId) -> Result<bool, StoreError>;
    /// One shift.
    fn shift(&mut self, id: &ShiftId) -> Result<Option<ShiftRecord>, StoreError>;
    /// The shifts that end after a moment, by their beginning.
    fn shifts(&mut self, after: Moment) -> Result<Vec<ShiftRecord>, StoreError>;

    /// Keeps how many could be talked with from a moment on. The last word on a moment counts.
    fn insert_staffing(&mut self, staffing: &StaffingRecord) -> Result<(), StoreError>;
    /// What held at a moment and what came later, the oldest first.
    fn staffing(&mut self, since: Moment) -> Result<Vec<StaffingRecord>, StoreError>;

    /// What all visitors are told, once somebody said something.
    fn announcement(&mut self) -> Result<Option<AnnouncementRecord>, StoreError>;
    /// Keeps what all visitors are told, in place of what they were told before.
    fn set_announcement(&mut self, announcement: &AnnouncementRecord) -> Result<(), StoreError>;

    /// What a command of an operator that is about no conversation asked for, if it was done before.
    fn desk_command(&mut self, sender: &OperatorId, cid: &Cid) -> Result<Option<Digest>, StoreError>;
    /// Remembers a command that is about no conversation.
    fn insert_desk_command(
        &mut self,
        sender: &OperatorId,
        cid: &Cid,
        body: &Digest,
        at: Moment,
    ) -> Result<(), StoreError>;

    /// Keeps a block. Its number is made here; that of `block`, and its review, are not looked at. When its conversation
    /// is deleted, the block loses that name and stays.
    fn insert_block(&mut self, block: &BlockRecord) -> Result<BlockId, StoreError>;
    /// Every block that is kept, the newest first.
    fn blocks(&mut self) -> Result<Vec<BlockRecord>, StoreError>;
    /// Keeps what a second person made of a block, in place of what was made of it before. `false` when it is not there.
    fn review_block(&mut self, id: BlockId, review: &ReviewRecord) -> Result<bool, StoreError>;

    /// Writes down what somebody did. What is counted by the hour becomes one entry an hour.
    fn insert_audit(&mut self, entry: &AuditEntry) -> Result<(), StoreError>;
    /// Up to `limit` entries after a number, in order, with their numbers.
    fn audit(&mut self, after: u64, limit: usize) -> Result<Vec<(u64, AuditEntry)>, StoreError>;

    /// Forgets what is older than [`WAITS_KEPT_FOR`], [`STAFFING_KEPT_FOR`], [`SHIFTS_KEPT_FOR`],
    /// [`BLOCKS_KEPT_FOR`], [`DESK_COMMANDS_KEPT_FOR`] and [`AUDIT_KEPT_FOR`] say. How many could be talked with last is
    /// never forgotten.
    fn forget(&mut self, now: Moment) -> Result<(), StoreError>;

    /// Adds an operator and names them.
    fn insert_operator(
        &mut self,
        name: &str,
        alias: &str,
        password_hash: &str,
        areas: &[Area],
    ) -> Result<OperatorRecord, StoreError>;
    /// Keeps what an operator speaks, and whether they may watch conversations of others.
    fn set_duties(
        &mut self,
        operator: &OperatorId,
        languages: &[String],
        supervisor: bool,
    ) -> Result<(), StoreError>;
    /// Gives an operator another password.
    fn set_password(&mut self, operator: &OperatorId, password_hash: &str) -> Result<(), StoreError>;
    /// Removes an operator with their sessions. `false` when there is none of that name.
    fn delete_operator(&mut self, name: &str) -> Result<bool, StoreError>;
    /// Every operator, by name.
    fn operators(&mut self) -> Result<Vec<OperatorRecord>, StoreError>;
    /// The operator who logs in with this name.
    fn operator_by_name(&mut self, name: &str) -> Result<Option<OperatorRecord>, StoreError>;
    /// Keeps how an operator said to be available.
    fn set_availability(
        &mut self,
        operator: &OperatorId,
        status: Availability,
        capacity: u8,
        last_chat: bool,
    ) -> Result<(), StoreError>;

    /// Opens a session.
    fn insert_session(&mut self, session: &OperatorSession) -> Result<(), StoreError>;
    /// The session a token opens, expired or not.
    fn session(&mut self, token: &Digest) -> Result<Option<OperatorSession>, StoreError>;
    /// Closes a session.
    fn delete_session(&mut self, token: &Digest) -> Result<(), StoreError>;
    /// Closes every session of an operator.
    fn delete_sessions_of(&mut self, operator: &OperatorId) -> Result<(), StoreError>;
    /// Closes every session that expired before a moment.
    fn purge_sessions(&mut self, before: Moment) -> Result<(), StoreError>;
}
