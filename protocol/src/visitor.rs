//! Frames between a visitor's widget and a backend.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    Area, Capability, Cid, ConversationId, ConversationState, Epoch, Event, Instance, Limits, Marks, Party,
    Role, Secret, Seq, ServiceStatus, Text, Timestamp, Wait, Watermark, Work,
};

/// What a visitor's widget sends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum VisitorFrame {
    /// First frame on a socket.
    Hello(VisitorHello),
    /// Asks for the events after a position.
    Sync {
        /// The last event that was applied.
        after: Seq,
    },
    /// Joins the waiting room. Durable.
    Start(Start),
    /// Says something. Durable.
    Send {
        /// Names the command.
        cid: Cid,
        /// What.
        text: Text,
    },
    /// Answers questions. Durable.
    Answer {
        /// Names the command.
        cid: Cid,
        /// The survey or question that is answered.
        #[serde(rename = "ref")]
        reference: String,
        /// The answers.
        data: Answers,
    },
    /// Ends the conversation, or leaves the waiting room. Durable.
    End {
        /// Names the command.
        cid: Cid,
    },
    /// Has the conversation erased, now, for ever. Durable.
    Erase {
        /// Names the command.
        cid: Cid,
    },
    /// Tells whether the visitor is typing. Only while an operator is there.
    Typing {
        /// Typing, or no longer.
        on: bool,
    },
    /// Tells how far the visitor has come.
    Mark(Watermark),
    /// Tells whether the visitor's page is in sight.
    Presence {
        /// In sight.
        visible: bool,
    },
    /// Asks for a `pong`.
    Ping,
    /// Answers a `ping`.
    Pong,
    /// A later type that this build has not heard of.
    #[serde(other)]
    Unknown,
}

/// A visitor's first frame: anonymous, or with the secret of a conversation to come back to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VisitorHello {
    /// Always `visitor`.
    pub role: Role,
    /// This page instance.
    pub inst: Instance,
    /// The visitor's language, as a BCP 47 tag.
    pub lang: String,
    /// What the widget can do.
    #[serde(default)]
    pub caps: Vec<Capability>,
    /// Whether the page is in sight.
    #[serde(default = "yes")]
    pub visible: bool,
    /// The secret of the conversation to resume.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
    /// The backend's epoch when the conversation was last seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<Epoch>,
    /// The last event that was applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Seq>,
}

fn yes() -> bool {
    true
}

/// Joins the waiting room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Start {
    /// Names the command.
    pub cid: Cid,
    /// Made on the device; opens the conversation again later.
    pub secret: Secret,
    /// The area, where the service has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<Area>,
    /// The visitor's language, as a BCP 47 tag.
    pub lang: String,
    /// The visitor's route.
    #[serde(default)]
    pub route: Route,
    /// What solves the last [`Work`] that was asked for on this socket. No part of what the command says: the same
    /// `start` with other work, or none, is the same command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<u64>,
}

/// How a visitor wants to be met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// With more time and short messages.
    Patient,
    /// As usual, and whatever this build has not heard of.
    #[default]
    #[serde(other)]
    Standard,
}

// In the order of the questions' names, one for each. So few need no tree, and a widget none of a tree's code.
/// Answers to questions, by question.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct Answers(Vec<(String, String)>);

impl Answers {
    /// Puts an answer in place of the one there was.
    pub fn put(&mut self, question: String, answer: String) {
        match self.0.binary_search_by(|(known, _)| known.cmp(&question)) {
            Ok(at) => self.0[at].1 = answer,
            Err(at) => self.0.insert(at, (question, answer)),
        }
    }

    /// The answer to a question.
    #[must_use]
    pub fn get(&self, question: &str) -> Option<&str> {
        self.iter().find(|(known, _)| *known == question).map(|(_, answer)| answer)
    }

    /// Questions and answers.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(question, answer)| (question.as_str(), answer.as_str()))
    }

    /// How many questions have an answer.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was answered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(String, String)> for Answers {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(all: I) -> Self {
        let mut answers = Self::default();
        for (question, answer) in all {
            answers.put(question, answer);
        }
        answers
    }
}

impl IntoIterator for Answers {
    type Item = (String, String);
    type IntoIter = std::vec::IntoIter<(String, String)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl From<BTreeMap<String, String>> for Answers {
    fn from(map: BTreeMap<String, String>) -> Self {
        // A map is in order and has each once.
        Self(map.into_iter().collect())
    }
}

impl From<Answers> for BTreeMap<String, String> {
    fn from(answers: Answers) -> Self {
        answers.into_iter().collect()
    }
}

/// Answers are somebody's words: only their number is printed.
impl std::fmt::Debug for Answers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Answers(… {})", self.0.len())
    }
}

/// What a backend sends to a visitor's widget.
#[allow(clippy::large_enum_variant, reason = "one frame at a time is alive, and matching stays plain")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum ToVisitor {
    /// Answers `hello`.
    Ready(VisitorReady),
    /// A durable command is committed.
    Ack {
        /// The command.
        cid: Cid,
        /// The conversation, for `start`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        conv: Option<ConversationId>,
        /// The event it became, where it became one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seq: Option<Seq>,
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
        /// For developers, in English. Never shown to a visitor.
        message: String,
        /// What must be done first, with `work_needed`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        work: Option<Work>,
    },
    /// Something happened.
    Event(Event),
    /// Answers `sync`: events in order, and whether there are more after them.
    History {
        /// The events after `sync.after`.
        events: Vec<Event>,
        /// The last event there is.
        last: Seq,
        /// Whether the client must ask again.
        more: bool,
    },
    /// The visitor's place in the waiting room.
    Queue(PlaceUpdate),
    /// The service changed.
    Service(ServiceStatus),
    /// Somebody is typing, or no longer.
    Typing {
        /// Who.
        from: Party,
        /// Typing, or no longer.
        on: bool,
    },
    /// How far both sides have come.
    Marks(Marks),
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

/// Answers a visitor's `hello`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VisitorReady {
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
    /// The service.
    pub service: ServiceStatus,
    /// The conversation, when `hello` had a secret.
    pub conv: Option<ConversationSnapshot>,
}

/// A conversation as its visitor finds it on coming back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ConversationSnapshot {
    /// Its identifier.
    pub id: ConversationId,
    /// Where it stands.
    pub state: ConversationState,
    /// The last event there is.
    pub last: Seq,
    /// Whether the client must forget its copy first: `events` then begins at 1.
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
    /// The place, while waiting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<PlaceUpdate>,
    /// When its content is destroyed, once ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// A visitor's place in the waiting room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PlaceUpdate {
    /// Grows with every update; an update with a smaller one is late and is dropped.
    pub rev: u64,
    /// What the visitor waits for.
    pub state: QueueState,
    /// 1 for the next; absent where the helpline hides it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<u32>,
    /// How long it takes from now.
    pub wait: Wait,
    /// The moment the estimate promised, where the backend keeps promises.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promised_by: Option<Timestamp>,
    /// Whether the estimate was just made worse, so that it must be said.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub worse: bool,
    /// Whether this visitor will more likely than not meet nobody before it closes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub may_close_first: bool,
    /// How long an operator waits for the visitor to look, in seconds, while `ready`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold_s: Option<u32>,
}

/// What a waiting visitor waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum QueueState {
    /// An operator is there and waits for the visitor to look.
    Ready,
    /// The visitor was not there when it was their turn; the place is kept.
    Held,
    /// An operator, and whatever this build has not heard of.
    #[serde(other)]
    Waiting,
}

/// Why a frame was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// It breaks the protocol, though the socket may stay.
    BadRequest,
    /// Nobody is known by this token.
    Unauthorized,
    /// Known, but not allowed.
    Forbidden,
    /// What it names is not there.
    NotFound,
    /// The service is closed.
    Closed,
    /// The waiting room is full.
    QueueFull,
    /// Too fast.
    RateLimited,
    /// Too long.
    TooLarge,
    /// Another body under the same `cid`, or somebody else was faster.
    Conflict,
    /// The backend lacks this capability.
    Unsupported,
    /// The conversation is over.
    Ended,
    /// It cannot be stored just now.
    Unavailable,
    /// A fault in the backend.
    Internal,
    /// The device must do some work first, so that nobody comes a thousand times: see [`Work`].
    WorkNeeded,
    /// A later code that this build has not heard of: follow `retry`.
    #[serde(other)]
    Unknown,
}

/// Why a backend says goodbye.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ByeCode {
    /// It restarts.
    Restart,
    /// A later reason that this build has not heard of.
    #[serde(other)]
    Unknown,
}
