//! Frames between an operator's console and a backend: the visitor's rules, for several conversations at once.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    Alternative, Announcement, Area, Block, BlockId, BlockReason, Board, ByeCode, Canned, Capability, Cid,
    ConversationId, ConversationState, Epoch, ErrorCode, Event, Instance, Limits, Link, Marks, NoteText,
    Notice, OperatorId, Person, PlannedShift, QueryKind, Reason, Role, Roster, Route, Seq, ShiftId, Text,
    Timestamp, Waits, Watermark,
};

/// What an operator's console sends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum OperatorFrame {
    /// First frame on a socket.
    Hello(OperatorHello),
    /// Asks for the events of a conversation after a position.
    Sync {
        /// The conversation.
        conv: ConversationId,
        /// The last event that was applied.
        after: Seq,
    },
    /// Says how the operator is available. The last word counts.
    State {
        /// Whether visitors can be taken.
        status: Availability,
        /// How many conversations at once: 1 to 3.
        capacity: u8,
        /// Whether the running conversations are the last of this shift.
        #[serde(default)]
        last_chat: bool,
    },
    /// Takes a visitor: the one named, or the next. Durable.
    Claim {
        /// Names the command.
        cid: Cid,
        /// The one to take; absent: the next.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        conv: Option<ConversationId>,
    },
    /// Says something. Durable.
    Send {
        /// Names the command.
        cid: Cid,
        /// The conversation.
        conv: ConversationId,
        /// The claim that allows it.
        claim: u64,
        /// What.
        text: Text,
        /// A link to show under it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        link: Option<Link>,
    },
    /// Ends a conversation. Durable.
    End {
        /// Names the command.
        cid: Cid,
        /// The conversation.
        conv: ConversationId,
        /// The claim that allows it.
        claim: u64,
    },
    /// Ends a conversation because of how the operator was spoken to, and lets nobody in from there for
    /// [`crate::limits::BLOCK_HOURS`] hours. Durable.
    Block {
        /// Names the command.
        cid: Cid,
        /// The conversation.
        conv: ConversationId,
        /// The claim that allows it.
        claim: u64,
        /// Why.
        reason: BlockReason,
    },
    /// Says what a second person made of a block. Durable.
    Review {
        /// Names the command.
        cid: Cid,
        /// The block.
        block: BlockId,
        /// Whether the visitor is let in again; otherwise the block stays until its end.
        lift: bool,
    },
    /// Passes a conversation on: to a colleague, to another area, or back to the waiting room. Durable.
    Transfer {
        /// Names the command.
        cid: Cid,
        /// The conversation.
        conv: ConversationId,
        /// The claim that allows it.
        claim: u64,
        /// Where to.
        to: TransferTarget,
        /// Why, for the visitor to read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Reason>,
        /// What the next operator should know. The visitor never sees it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<NoteText>,
    },
    /// Writes something beside the conversation, for operators alone. Durable.
    Note {
        /// Names the command.
        cid: Cid,
        /// The conversation.
        conv: ConversationId,
        /// The claim that allows it. Absent: the sender watches, and whispers to whoever holds it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        claim: Option<u64>,
        /// What.
        text: NoteText,
    },
    /// Offers the visitor another way to get help. Durable.
    Offer {
        /// Names the command.
        cid: Cid,
        /// The conversation.
        conv: ConversationId,
        /// The claim that allows it.
        claim: u64,
        /// The alternative, by its identifier.
        offer: String,
    },
    /// Says something to all visitors, and lets nobody new in or lets them in again. The last word counts. Durable.
    Announce {
        /// Names the command.
        cid: Cid,
        /// The sentence for everybody; absent: the helpline's usual one, if it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        notice: Option<Notice>,
        /// Whether nobody new is let in for now.
        #[serde(default)]
        paused: bool,
    },
    /// Plans a shift, or changes the one of the same identifier. Durable.
    Shift {
        /// Names the command.
        cid: Cid,
        /// The shift.
        shift: PlannedShift,
    },
    /// Takes a shift out of the plan. Durable; one that is not there is as good as taken out.
    Unshift {
        /// Names the command.
        cid: Cid,
        /// The shift.
        id: ShiftId,
    },
    /// Begins to watch a conversation of somebody else, or stops. Holds for this socket alone.
    Watch {
        /// The conversation.
        conv: ConversationId,
        /// Watching, or no longer.
        on: bool,
    },
    /// Tells whether the operator is typing.
    Typing {
        /// The conversation.
        conv: ConversationId,
        /// Typing, or no longer.
        on: bool,
    },
    /// Tells how far the operator has come.
    Mark {
        /// The conversation.
        conv: ConversationId,
        /// How far.
        #[serde(flatten)]
        mark: Watermark,
    },
    /// Asks for something to read.
    Query {
        /// Names the question.
        cid: Cid,
        /// What.
        what: QueryKind,
        /// The conversation, where the question is about one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        conv: Option<ConversationId>,
        /// How many entries are known already; of notes, the last number.
        #[serde(default, skip_serializing_if = "is_zero")]
        after: u64,
    },
    /// Asks for a `pong`.
    Ping,
    /// Answers a `ping`.
    Pong,
    /// A later type that this build has not heard of.
    #[serde(other)]
    Unknown,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes what it asks about by reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Where a conversation is passed on to: a colleague, an area, or, with neither, the waiting room it came from.
/// Both at once is no target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TransferTarget {
    /// The colleague.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<OperatorId>,
    /// The area.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<Area>,
}

/// An operator's first frame.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OperatorHello {
    /// Always `operator`.
    pub role: Role,
    /// This page instance.
    pub inst: Instance,
    /// The session token from logging in.
    pub auth: String,
    /// What the console can do.
    #[serde(default)]
    pub caps: Vec<Capability>,
    /// The backend's epoch when the conversations were last seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<Epoch>,
    /// The last event that was applied, by conversation.
    #[serde(default)]
    pub after: BTreeMap<ConversationId, Seq>,
}

/// Never shows the token.
impl std::fmt::Debug for OperatorHello {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OperatorHello")
            .field("inst", &self.inst)
            .field("after", &self.after)
            .finish_non_exhaustive()
    }
}

/// Whether an operator takes visitors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// Takes visitors.
    Accepting,
    /// There, but takes nobody new; also whatever this build has not heard of.
    #[default]
    #[serde(other)]
    Paused,
}

/// What a backend sends to an operator's console.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum ToOperator {
    /// Answers `hello`.
    Ready(OperatorReady),
    /// A durable command is committed.
    Ack {
        /// The command.
        cid: Cid,
        /// The conversation.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        conv: Option<ConversationId>,
        /// The event it became, where it became one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seq: Option<Seq>,
        /// The fencing number of a successful claim.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        claim: Option<u64>,
        /// The number of the note it became, where it became one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        n: Option<u64>,
    },
    /// A frame was refused.
    Error {
        /// The command, where it could be told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cid: Option<Cid>,
        /// Why.
        code: ErrorCode,
        /// Whether the same frame may be sent again.
        retry: bool,
        /// After how long, in milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_ms: Option<u64>,
        /// For developers, in English.
        message: String,
    },
    /// Something happened in one of the operator's conversations.
    Event {
        /// The conversation.
        conv: ConversationId,
        /// What happened.
        #[serde(flatten)]
        event: Event,
    },
    /// Answers `sync`.
    History {
        /// The conversation.
        conv: ConversationId,
        /// The events after `sync.after`.
        events: Vec<Event>,
        /// The last event there is.
        last: Seq,
        /// Whether the client must ask again.
        more: bool,
    },
    /// A conversation is the operator's, or is kept for the operator until its visitor looks.
    Assigned {
        /// The conversation, with everything so far.
        conversation: OperatorConversation,
    },
    /// A conversation is no longer the operator's.
    Released {
        /// The conversation.
        conv: ConversationId,
        /// Why.
        reason: ReleaseReason,
    },
    /// Who waits, who talks and who is there.
    Board(Board),
    /// The visitor is typing, or no longer.
    Typing {
        /// The conversation.
        conv: ConversationId,
        /// Typing, or no longer.
        on: bool,
    },
    /// How far both sides have come.
    Marks {
        /// The conversation.
        conv: ConversationId,
        /// How far.
        #[serde(flatten)]
        marks: Marks,
    },
    /// Where the visitor is.
    Presence {
        /// The conversation.
        conv: ConversationId,
        /// Where.
        presence: VisitorPresence,
        /// Since when.
        since: Timestamp,
    },
    /// Something was written beside a conversation.
    Note {
        /// The conversation.
        conv: ConversationId,
        /// What.
        #[serde(flatten)]
        note: Note,
    },
    /// This socket watches a conversation from here on.
    Watching {
        /// The conversation, with everything so far.
        conversation: OperatorConversation,
    },
    /// Who watches a conversation of this operator.
    Watchers {
        /// The conversation.
        conv: ConversationId,
        /// All of them.
        who: Vec<OperatorId>,
    },
    /// What all visitors are told, whenever that changed.
    Announcement(Announcement),
    /// Answers `query`: one of the lists, as it was asked for.
    Result {
        /// The question.
        cid: Cid,
        /// The pre-written messages.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        items: Option<Vec<Canned>>,
        /// The service's alternatives.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        offers: Option<Vec<Alternative>>,
        /// The notes of a conversation.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        notes: Option<Vec<Note>>,
        /// Who means to be there, and who was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        roster: Option<Roster>,
        /// How long people waited.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        waits: Option<Waits>,
        /// Visitors who are not let in for a while, the newest first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        blocks: Option<Vec<Block>>,
        /// Whether there are more after these.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        more: bool,
    },
    /// The backend is about to close the socket.
    Bye {
        /// Why.
        code: ByeCode,
        /// Reconnect at a random moment within this time, in milliseconds.
        spread_ms: u64,
    },
    /// Asks for a `pong`.
    Ping,
    /// Answers a `ping`.
    Pong,
    /// A later type that this build has not heard of.
    #[serde(other)]
    Unknown,
}

/// Answers an operator's `hello`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OperatorReady {
    /// This life of the backend's log.
    pub epoch: Epoch,
    /// After how much silence the backend sends `ping`, in seconds.
    pub ping_s: u32,
    /// What the backend can do.
    #[serde(default)]
    pub caps: Vec<Capability>,
    /// What the backend allows.
    #[serde(default)]
    pub limits: Limits,
    /// The operator, as visitors see them.
    pub who: Person,
    /// As last said by `state`.
    pub status: Availability,
    /// As last said by `state`.
    pub capacity: u8,
    /// As last said by `state`.
    #[serde(default)]
    pub last_chat: bool,
    /// What the operator may do beyond what everybody may.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rights: Vec<Right>,
    /// What all visitors are told; absent when there is nothing and visitors are let in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announcement: Option<Announcement>,
    /// The operator's conversations.
    pub convs: Vec<OperatorConversation>,
    /// The whole board.
    pub board: Board,
}

/// Something that not every operator may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// Watching conversations of others, and whispering to whoever holds them.
    Watch,
    /// Announcing to all visitors, letting nobody new in, planning the shifts of others, and reviewing the blocks of
    /// others.
    Coordinate,
    /// A later right that this build has not heard of: it means nothing.
    #[serde(other)]
    Unknown,
}

/// A conversation as its operator, or whoever watches it, finds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OperatorConversation {
    /// Its identifier.
    pub id: ConversationId,
    /// Where it stands: `waiting` while it is only kept for the operator.
    pub state: ConversationState,
    /// The fencing number every command about it must carry.
    pub claim: u64,
    /// How long it is kept for the operator until its visitor looks, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold_s: Option<u32>,
    /// The visitor's language.
    pub lang: String,
    /// The area.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<Area>,
    /// The route.
    #[serde(default)]
    pub route: Route,
    /// The last event there is.
    pub last: Seq,
    /// Whether the console must forget its copy first.
    #[serde(default)]
    pub reset: bool,
    /// Whether there are events after those in `events`.
    #[serde(default)]
    pub more: bool,
    /// Events in order.
    pub events: Vec<Event>,
    /// How far both sides have come.
    #[serde(default)]
    pub marks: Marks,
    /// Where the visitor is.
    pub presence: VisitorPresence,
    /// Since when.
    pub presence_since: Timestamp,
    /// Who watches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub watchers: Vec<OperatorId>,
}

/// What an operator wrote beside a conversation, for operators alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Note {
    /// Its position: dense from 1, apart from the events.
    pub n: u64,
    /// Who.
    pub from: OperatorId,
    /// When the backend committed it.
    pub at: Timestamp,
    /// What.
    pub text: NoteText,
    /// The sender's own name for it, so that the sender knows its echo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cid: Option<Cid>,
}

/// Why a conversation is no longer an operator's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReleaseReason {
    /// The visitor did not look in time; the next one follows if there is one.
    NotBack,
    /// The visitor left the waiting room meanwhile.
    Left,
    /// The operator was away for too long.
    Lease,
    /// The operator passed it on.
    Transferred,
    /// The conversation was erased, or what was kept of it has expired.
    Erased,
    /// A later reason that this build has not heard of.
    #[serde(other)]
    Unknown,
}

/// Where a visitor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum VisitorPresence {
    /// Connected, with the page in sight.
    Here,
    /// Connected, with the page out of sight.
    Hidden,
    /// Not connected; also whatever this build has not heard of.
    #[serde(other)]
    Gone,
}
