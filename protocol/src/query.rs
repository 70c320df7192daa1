//! What an operator's console can ask for, and the pre-written messages.

use serde::{Deserialize, Serialize};

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum QueryKind {
    /// The pre-written messages.
    Canned,
    /// The whole board, as a `board` frame.
    Board,
    /// The notes of a conversation.
    Notes,
    /// The service's alternatives, for `offer`.
    Offers,
    /// Who means to be there, and who was.
    Roster,
    /// How long people waited.
    Waits,
    /// Visitors who are not let in for a while.
    Blocks,
    /// A later question that this build has not heard of.
    #[serde(other)]
    Unknown,
}

/// Identifies a pre-written message.
pub type CannedId = String;

/// A pre-written message. It opens in the composer for editing and is never sent by one press.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Canned {
    /// Its identifier.
    pub id: CannedId,
    /// What it is called in the list.
    pub title: String,
    /// Its words.
    pub text: String,
    /// The language it is written in.
    pub lang: String,
}
