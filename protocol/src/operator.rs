//! Frames between an operator's console and a backend: the visitor's rules, for several conversations at once.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    Area, ByeCode, Capability, Cid, ConversationId, ConversationState, Epoch, ErrorCode, Event, Instance,
    Limits, Link, Marks, OperatorId, Person, Role, Route, Seq, Text, Timestamp, Watermark,
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
    },
    /// Asks for a `pong`.
    Ping,
    /// Answers a `ping`.
    Pong,
    /// A later type that this build has not heard of.
    #[serde(other)]
    Unknown,
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

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum QueryKind {
    /// The pre-written messages.
    Canned,
    /// The whole board, as a `board` frame.
    Board,
    /// A later question that this build has not heard of.
    #[serde(other)]
    Unknown,
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
    /// Answers `query`.
    Result {
        /// The question.
        cid: Cid,
        /// The pre-written messages.
        items: Vec<Canned>,
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
    /// The operator's conversations.
    pub convs: Vec<OperatorConversation>,
    /// The whole board.
    pub board: Board,
}

/// A conversation as its operator finds it.
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
    /// The conversation was erased by its visitor.
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
