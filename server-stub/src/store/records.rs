//! What the store keeps, as plain data.

use tealight_protocol::{Area, Availability, Cid, ConversationId, ConversationState, OperatorId, Route, Seq};

use super::Digest;
use crate::Moment;

/// A conversation without its log.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversation {
    /// Its name.
    pub id: ConversationId,
    /// What opens it.
    pub secret: Digest,
    /// The area it waits for.
    pub area: Option<Area>,
    /// The visitor's language.
    pub lang: String,
    /// The visitor's route.
    pub route: Route,
    /// Where it stands.
    pub state: ConversationState,
    /// Its order in the waiting room: the smaller comes first.
    pub order: i64,
    /// The operator it is with.
    pub operator: Option<OperatorId>,
    /// Its fencing number: grows with every claim.
    pub claim: u64,
    /// The last event of its log.
    pub last: Seq,
    /// How many messages its visitor has sent.
    pub messages: u32,
    /// When it started.
    pub started_at: Moment,
    /// Since when it waits, or waited last.
    pub waiting_since: Moment,
    /// Since when an operator is there, or was there last.
    pub joined_at: Option<Moment>,
    /// When it ended.
    pub ended_at: Option<Moment>,
    /// When its content is destroyed.
    pub expires_at: Option<Moment>,
    /// The survey its visitor was asked.
    pub survey: Option<String>,
    /// For whom it is kept while it waits.
    pub reserved: Option<Reservation>,
}

/// A visitor was passed on to somebody, who alone may take them for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// Who.
    pub operator: OperatorId,
    /// Until when.
    pub until: Moment,
}

/// Who gave a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender<'a> {
    /// The conversation's visitor.
    Visitor,
    /// An operator.
    Operator(&'a OperatorId),
}

impl Sender<'_> {
    /// As one word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Visitor => "visitor",
            Self::Operator(id) => &id.0,
        }
    }
}

/// What a command is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counterpart<'a> {
    /// One conversation.
    Conversation(&'a ConversationId),
    /// Whichever conversation came of it: a claim.
    Any,
}

/// Names a command: unique for the life of what it is about.
#[derive(Clone, Copy, Debug)]
pub struct CommandKey<'a> {
    /// What it is about.
    pub about: Counterpart<'a>,
    /// Who gave it.
    pub sender: Sender<'a>,
    /// The sender's name for it.
    pub cid: &'a Cid,
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandRecord {
    /// The conversation it was about.
    pub conversation: ConversationId,
    /// SHA-256 of what was asked for.
    pub body: Digest,
    /// The event it became.
    pub seq: Option<Seq>,
    /// The fencing number it brought.
    pub claim: Option<u64>,
    /// The note it became.
    pub note: Option<u64>,
}

/// The length of one finished conversation. Nothing else is kept of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandlingTime {
    /// When it was over.
    pub at: Moment,
    /// How long it was, in milliseconds.
    pub ms: u64,
}

/// One wait. Nothing else is kept of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitRecord {
    /// When it was over.
    pub at: Moment,
    /// How long it was, in milliseconds.
    pub ms: u64,
    /// Whether the visitor left before anybody came.
    pub abandoned: bool,
}

/// An operator's account.
#[derive(Clone, PartialEq, Eq)]
pub struct OperatorRecord {
    /// Their identifier on the wire.
    pub id: OperatorId,
    /// The name they log in with.
    pub name: String,
    /// The name visitors read.
    pub alias: String,
    /// Their password, through Argon2.
    pub password_hash: String,
    /// The areas they take visitors of; none means all.
    pub areas: Vec<Area>,
    /// The languages they speak, as BCP 47 tags; none means all.
    pub languages: Vec<String>,
    /// Whether they may watch conversations of others.
    pub supervisor: bool,
    /// Whether they take visitors.
    pub status: Availability,
    /// How many at once.
    pub capacity: u8,
    /// Whether their running conversations are their last.
    pub last_chat: bool,
}

impl std::fmt::Debug for OperatorRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OperatorRecord").field("id", &self.id).finish_non_exhaustive()
    }
}

/// One login of an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorSession {
    /// SHA-256 of the token.
    pub token: Digest,
    /// Whose it is.
    pub operator: OperatorId,
    /// Until when it is good.
    pub expires_at: Moment,
}
