//! The ways in which a run can go wrong.

use std::fmt;

use tealight_protocol::ConversationId;

/// What must never be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are what their names say")]
pub enum Violation {
    /// A log is not dense, or not as long as its conversation says.
    Hole { conv: ConversationId, after: u64, seq: u64 },
    /// One command is in a log twice.
    CommandTwice { conv: ConversationId, cid: String },
    /// One marked text is in a log twice.
    WordsTwice { conv: ConversationId, words: u64 },
    /// Two operators are in a conversation at once, or one leaves who is not there.
    ClaimsOverlap { conv: ConversationId, seq: u64 },
    /// An operator spoke who was not there.
    SpokeUninvited { conv: ConversationId, seq: u64 },
    /// Something happened after the end.
    AfterTheEnd { conv: ConversationId, seq: u64 },
    /// An offer was answered twice, or before it was made.
    AnsweredTwice { conv: ConversationId, seq: u64 },
    /// What was acknowledged or told is not in the log.
    NotStored { conv: ConversationId, seq: u64 },
    /// What was acknowledged as this command is another one in the log.
    OtherCommand { conv: ConversationId, seq: u64 },
    /// One command was acknowledged as two events.
    AckedTwice { conv: ConversationId, cid: String, first: u64, then: u64 },
    /// An event was told that is another one in the log.
    ToldOtherwise { conv: ConversationId, seq: u64 },
    /// A fencing number fell.
    FencingFell { conv: ConversationId, from: u64, to: u64 },
    /// A conversation went from one operator to another under the same number.
    FencingKept { conv: ConversationId, claim: u64 },
    /// One number was given to two operators.
    FencingShared { conv: ConversationId, claim: u64 },
    /// Somebody who was there was overtaken.
    Overtaken { conv: ConversationId, by: ConversationId },
    /// More waits for a socket than may.
    QueueTooLong { frames: usize, bytes: usize },
    /// A screen shows what no log begins with: something is missing, doubled, out of order or different.
    NoPrefix { page: usize },
    /// A screen shows one entry twice.
    ShownTwice { page: usize, key: String },
    /// A screen shows something committed behind something under way.
    ShownOutOfOrder { page: usize },
    /// A screen lost something that it had shown.
    Unshown { page: usize },
    /// A screen says "sent" of what is not in the log, or "delivered" of what nobody was shown.
    Untrue { page: usize, key: String },
    /// Words that were erased are somewhere.
    ErasedWordsFound { words: u64 },
    /// A note of a conversation that was erased is somewhere.
    ErasedNoteFound { note: u64 },
    /// A note went out to a visitor.
    NoteTold { note: u64 },
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Violation {}
