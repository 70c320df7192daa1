//! An operator's durable commands, as they wait in the outbox.

use tealight_protocol::{
    Alternative, BlockReason, Cid, ConversationId, Link, NoteText, OperatorFrame, Reason, Text,
    TransferTarget,
};

use super::Change;

/// A durable command.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Durable {
    /// Takes a visitor: the one named, or the next.
    Claim(Option<ConversationId>),
    /// Says something.
    Send { conv: ConversationId, text: Text, link: Option<Link> },
    /// Offers another way to get help.
    Offer { conv: ConversationId, alternative: Alternative },
    /// Writes something beside a conversation.
    Note { conv: ConversationId, text: NoteText },
    /// Passes a conversation on.
    Transfer(Transfer),
    /// Ends a conversation.
    End { conv: ConversationId },
    /// Ends a conversation because of how the operator was spoken to, and lets nobody in from there for a while.
    Block { conv: ConversationId, reason: BlockReason },
    /// Changes the plan of shifts, or what all visitors are told.
    Change(Change),
}

/// Passes a conversation on.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Transfer {
    pub(super) conv: ConversationId,
    /// The claim under which that was wanted. Another one means that the conversation left and came back.
    pub(super) claim: u64,
    pub(super) to: TransferTarget,
    pub(super) reason: Option<Reason>,
    pub(super) note: Option<NoteText>,
}

impl Durable {
    /// The frame that carries the command. `claim` is the fencing number that counts at this moment; somebody who
    /// only watches has none.
    pub(super) fn frame(&self, cid: Cid, claim: Option<u64>) -> OperatorFrame {
        let number = claim.unwrap_or(0);
        match self.clone() {
            Self::Claim(conv) => OperatorFrame::Claim { cid, conv },
            Self::Send { conv, text, link } => OperatorFrame::Send { cid, conv, claim: number, text, link },
            Self::Offer { conv, alternative } => {
                OperatorFrame::Offer { cid, conv, claim: number, offer: alternative.id }
            }
            Self::Note { conv, text } => OperatorFrame::Note { cid, conv, claim, text },
            Self::Transfer(Transfer { conv, claim, to, reason, note }) => {
                OperatorFrame::Transfer { cid, conv, claim, to, reason, note }
            }
            Self::End { conv } => OperatorFrame::End { cid, conv, claim: number },
            Self::Block { conv, reason } => OperatorFrame::Block { cid, conv, claim: number, reason },
            Self::Change(change) => change.frame(cid),
        }
    }

    /// What it changes of the roster or the announcement, if it does.
    pub(super) fn change(&self) -> Option<&Change> {
        if let Self::Change(change) = self { Some(change) } else { None }
    }

    /// The conversation it is about. One that is to be taken is not known yet.
    pub(super) fn conversation(&self) -> Option<&ConversationId> {
        match self {
            Self::Claim(_) | Self::Change(_) => None,
            Self::Send { conv, .. }
            | Self::Offer { conv, .. }
            | Self::Note { conv, .. }
            | Self::Transfer(Transfer { conv, .. })
            | Self::End { conv }
            | Self::Block { conv, .. } => Some(conv),
        }
    }
}
