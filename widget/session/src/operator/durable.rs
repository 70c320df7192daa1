//! An operator's durable commands, as they wait in the outbox.

use tealight_protocol::{Cid, ConversationId, Link, OperatorFrame, Text};

/// A durable command.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Durable {
    /// Takes a visitor: the one named, or the next.
    Claim(Option<ConversationId>),
    /// Says something.
    Send { conv: ConversationId, text: Text, link: Option<Link> },
    /// Ends a conversation.
    End { conv: ConversationId },
}

impl Durable {
    /// The frame that carries the command. `claim` is the fencing number that counts at this moment.
    pub(super) fn frame(&self, cid: Cid, claim: u64) -> OperatorFrame {
        match self.clone() {
            Self::Claim(conv) => OperatorFrame::Claim { cid, conv },
            Self::Send { conv, text, link } => OperatorFrame::Send { cid, conv, claim, text, link },
            Self::End { conv } => OperatorFrame::End { cid, conv, claim },
        }
    }

    /// The conversation it is about, unless it takes one.
    pub(super) fn conversation(&self) -> Option<&ConversationId> {
        match self {
            Self::Claim(_) => None,
            Self::Send { conv, .. } | Self::End { conv } => Some(conv),
        }
    }
}
