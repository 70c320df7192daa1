//! The words that a Tealight widget and a backend say to each other: frames, identifiers, limits, close codes.
//!
//! The specification is `PROTOCOL.md` beside this crate; where the two disagree, the specification is right
//! and a test fails. Nothing here opens a socket, reads a clock or draws a random number.
//!
//! Beside the source: `vectors/` (frames and sessions to test any implementation against) and `schema/` (JSON
//! Schema of every frame). The schemas and the examples in `PROTOCOL.md` are written by the tests: after a change
//! of types or vectors, run `TEALIGHT_BLESS=1 cargo test -p tealight-protocol` and read the difference. The feature
//! `schema`, which needs schemars, is on in this crate's own tests and off for everybody who depends on it.

mod blocks;
mod board;
pub mod close;
mod decode;
mod event;
mod id;
pub mod json;
pub mod lean;
pub mod limits;
pub mod links;
mod marks;
mod operator;
mod query;
pub mod range;
mod roster;
#[cfg(feature = "schema")]
pub mod schema;
mod service;
mod text;
mod time;
mod visitor;
mod waits;
mod work;

pub use blocks::{Block, BlockId, BlockReason, BlockReview};
pub use board::{ActiveEntry, Board, OperatorEntry, WaitingEntry};
pub use close::CloseCode;
pub use decode::{DecodeError, decode, decode_value};
pub use event::{
    ConversationState, EndReason, EndedBy, Event, EventKind, LeftReason, Link, Marks, OfferChoice, Party,
    PassedTo, Person, PersonRole, Question, Watermark,
};
pub use id::{
    Area, Cid, ConversationId, Epoch, IdError, Instance, OPERATOR_PREFIX, OperatorId, Secret, Seq, ShiftId,
};
pub use operator::{
    Availability, Note, OperatorConversation, OperatorFrame, OperatorHello, OperatorReady, ReleaseReason,
    Right, ToOperator, TransferTarget, VisitorPresence,
};
pub use query::{Canned, CannedId, QueryKind};
pub use roster::{Announcement, Colleague, PlannedShift, Roster, RosterEntry, Staffing};
pub use service::{Alternative, AlternativeChannel, AreaStatus, Limits, ServiceState, ServiceStatus, Wait};
pub use text::{NoteText, Notice, Reason, Text, TextError, says_where_it_leads};
pub use time::{Timestamp, TimestampError};
pub use visitor::{
    Answers, ByeCode, ConversationSnapshot, ErrorCode, PlaceUpdate, QueueState, Route, Start, ToVisitor,
    VisitorFrame, VisitorHello, VisitorReady,
};
pub use waits::{OfferedWaits, Promises, Share, Visitors, Waits, WaitsOfHour};
pub use work::{WORK_LABEL, Work, is_worked, work_text};

use serde::{Deserialize, Serialize};

/// The subprotocol a client offers first, and the only version there is so far.
pub const SUBPROTOCOL: &str = "tealight.v1";

/// The subprotocol that carries nothing but the refusal of every offered version (close code 4406).
pub const SUBPROTOCOL_ANY: &str = "tealight";

/// Path of the WebSocket endpoint on a backend.
pub const SOCKET_PATH: &str = "/v1/ws";

/// Path of the cacheable service status on a backend.
pub const STATUS_PATH: &str = "/v1/status";

/// Path that a page which is being left tells so, on a backend.
pub const LEAVE_PATH: &str = "/v1/leave";

/// Who speaks on a socket. Said once, in `hello`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Somebody who came to the helpline's page.
    Visitor,
    /// A volunteer.
    Operator,
}

/// An optional part of the protocol, named in `caps` by both sides; what one side lacks, the other hides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// `typing` frames.
    Typing,
    /// `mark` and `marks` frames.
    Marks,
    /// Alternatives offered inside a conversation.
    Offers,
    /// A survey after the end.
    Survey,
    /// Links from operators.
    Links,
    /// Passing a conversation on.
    Transfer,
    /// Notes between operators.
    Notes,
    /// Watching conversations of others.
    Watch,
    /// Shifts, announcements and figures of waits.
    Roster,
    /// Visitors who are not let in for a while.
    Blocks,
    /// A later capability that this build has not heard of.
    #[serde(other)]
    Unknown,
}

/// The first look at a first frame: is it a `hello`, and whose?
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FirstFrame {
    /// The frame's type.
    pub t: String,
    /// The role a `hello` names.
    #[serde(default)]
    pub role: Option<Role>,
}
