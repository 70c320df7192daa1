//! Visitors who are not let in for a while: by whom, why, until when, and what a second person made of it.

use serde::{Deserialize, Serialize};

use crate::{ConversationId, OperatorId, Timestamp};

/// Identifies a block.
pub type BlockId = u64;

/// Why a visitor is not let in for a while. No words: what was said stays in the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum BlockReason {
    /// Insults, or humiliation.
    Abuse,
    /// Threats against the operator or somebody else.
    Threat,
    /// Use of the operator for sexual purposes.
    Sexual,
    /// The chat is filled or kept busy on purpose.
    Flood,
    /// A later reason that this build has not heard of. No backend takes it in a command.
    #[serde(other)]
    Unknown,
}

impl BlockReason {
    /// All that there are.
    pub const ALL: [Self; 4] = [Self::Abuse, Self::Threat, Self::Sexual, Self::Flood];

    /// The reason as it stands on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Abuse => "abuse",
            Self::Threat => "threat",
            Self::Sexual => "sexual",
            Self::Flood => "flood",
            Self::Unknown => "unknown",
        }
    }
}

/// One block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Block {
    /// Its identifier.
    pub id: BlockId,
    /// The conversation it came of; absent once that was erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conv: Option<ConversationId>,
    /// Why.
    pub reason: BlockReason,
    /// Who.
    pub by: OperatorId,
    /// Whom that is, by the name visitors read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When it began.
    pub at: Timestamp,
    /// When it ends by itself.
    pub until: Timestamp,
    /// What a second person made of it; absent as long as nobody has looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<BlockReview>,
}

/// What a second person made of a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BlockReview {
    /// Who.
    pub by: OperatorId,
    /// Whom that is, by the name visitors read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Whether the visitor was let in again. Otherwise the block stays until its end.
    pub lift: bool,
}
