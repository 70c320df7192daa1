//! The board: who waits, who talks and who is there. It holds nobody's words.

use serde::{Deserialize, Serialize};

use crate::{Area, Availability, ConversationId, OperatorId, Route, Timestamp, VisitorPresence};

/// Who waits, who talks and who is there.
///
/// A board that is not `full` holds only what changed: an entry replaces the one of the same identifier in
/// whichever list it stood; `gone` names what is no longer on the board. Its `rev` is one more than the last
/// board's; on any other `rev`, ask for the whole with `query`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Board {
    /// Grows by one with every board.
    pub rev: u64,
    /// Whether this is everything.
    #[serde(default)]
    pub full: bool,
    /// Who waits, in order, where this is everything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<WaitingEntry>,
    /// Who talks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub active: Vec<ActiveEntry>,
    /// Who is there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operators: Vec<OperatorEntry>,
    /// Conversations and operators that are no longer on the board.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<String>,
}

/// Somebody who waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WaitingEntry {
    /// The conversation.
    pub conv: ConversationId,
    /// 1 for the next.
    pub place: u32,
    /// The area.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<Area>,
    /// The visitor's language.
    pub lang: String,
    /// The route.
    #[serde(default)]
    pub route: Route,
    /// Since when.
    pub since: Timestamp,
    /// Where the visitor is.
    pub presence: VisitorPresence,
    /// How many messages the visitor has sent already.
    #[serde(default)]
    pub messages: u32,
    /// The operator whom the visitor was passed on to, and who alone may take them for now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved_for: Option<OperatorId>,
}

/// A conversation that runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ActiveEntry {
    /// The conversation.
    pub conv: ConversationId,
    /// With whom.
    pub operator: OperatorId,
    /// Since when.
    pub since: Timestamp,
}

/// An operator who is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OperatorEntry {
    /// Who.
    pub id: OperatorId,
    /// Their name.
    pub name: String,
    /// Whether they take visitors.
    pub status: Availability,
    /// How many at once.
    pub capacity: u8,
    /// How many now.
    pub active: u8,
    /// Whether the running ones are the last.
    #[serde(default)]
    pub last_chat: bool,
    /// Whether their console is connected.
    pub connected: bool,
}
