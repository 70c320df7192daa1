//! The operator's session: several conversations, one board.

mod asks;
mod board;
mod changes;
mod commands;
mod conversation;
mod durable;
mod frames;
mod fresh;
mod notes;
mod session;
mod view;
mod watches;

pub use session::Session;
pub use view::{
    Abilities, Change, ChangeView, ConversationView, DraftView, Entry, EntryKind, Heard, NoteEntry, Refusal,
    Refused, View,
};

use tealight_protocol::{
    Availability, BlockReason, Cid, ConversationId, Link, NoteText, Reason, Seq, TransferTarget,
};

use crate::Fact;

/// What a session is made with.
#[derive(Clone, PartialEq, Eq)]
pub struct Config {
    /// The token from logging in.
    pub token: String,
}

/// What can happen to an operator's session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The world changed.
    Fact(Fact),
    /// The operator wants something.
    Command(Command),
}

/// What an operator wants.
#[derive(Clone, PartialEq, Eq)]
pub enum Command {
    /// Connect.
    Open,
    /// Say how to be available.
    Avail {
        /// Whether visitors can be taken.
        status: Availability,
        /// How many at once, 1 to 3.
        capacity: u8,
        /// Whether the running conversations are the last.
        last_chat: bool,
    },
    /// Take the next visitor, or this one.
    Claim(Option<ConversationId>),
    /// The composer of a conversation holds these words now.
    Edit(ConversationId, String),
    /// The link that goes with the words, or none.
    Attach(ConversationId, Option<Link>),
    /// Put a pre-written message into the composer, for editing.
    UseCanned(ConversationId, String),
    /// Send what stands in the composer.
    Send(ConversationId),
    /// Send a message, an offer or a note again that was not sent.
    TryAgain(ConversationId, Cid),
    /// Offer another way to get help, by its identifier.
    Offer(ConversationId, String),
    /// Look again which other ways can be offered.
    LookUpOffers,
    /// Pass a conversation on. The confirmation is the screen's business.
    Transfer {
        /// Which.
        conv: ConversationId,
        /// Where to.
        to: TransferTarget,
        /// Why, for the visitor to read.
        reason: Option<Reason>,
        /// What the next operator should know.
        note: Option<NoteText>,
    },
    /// The field for notes of a conversation holds these words now.
    EditNote(ConversationId, String),
    /// Write down what stands in the field for notes.
    SendNote(ConversationId),
    /// Watch a conversation of somebody else.
    Watch(ConversationId),
    /// Watch it no longer.
    Unwatch(ConversationId),
    /// Everything up to this event has been on the screen.
    Read(ConversationId, Seq),
    /// End the conversation. The confirmation is the screen's business.
    End(ConversationId),
    /// End the conversation because of how the operator was spoken to, and let nobody in from there for a while. The
    /// confirmation is the screen's business.
    Block(ConversationId, BlockReason),
    /// Take an ended conversation off the list.
    Dismiss(ConversationId),
    /// The refusal has been read.
    DismissRefusal,
    /// Change the plan of shifts, or what all visitors are told.
    Change(Change),
    /// That this change was refused has been read.
    DismissChange(Cid),
    /// Keep the roster fresh for somebody who looks at it, or no longer.
    FollowRoster(bool),
    /// Keep the list of blocks fresh for somebody who looks at it, or no longer.
    FollowBlocks(bool),
    /// Keep the figures of waits fresh for somebody who looks at them, or no longer.
    FollowWaits(bool),
    /// Disconnect, for logging out.
    Close,
}

/// Never shows what was typed.
impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Command(…)")
    }
}

/// Never shows the token.
impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Config(…)")
    }
}
