//! What the store keeps, as plain data.

use serde::{Deserialize, Serialize};
use tealight_protocol::{
    Area, Availability, BlockId, BlockReason, Cid, ConversationId, ConversationState, Notice, OperatorId,
    Route, Seq, ShiftId,
};

use super::Digest;
use crate::Moment;

/// A conversation without its log.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversation {
    /// Its name.
    pub id: ConversationId,
    /// What opens it.
    pub secret: Digest,
    /// The area it waits for.
    pub area: Option<Area>,
    /// The visitor's language.
    pub lang: String,
    /// The visitor's route.
    pub route: Route,
    /// Where it stands.
    pub state: ConversationState,
    /// Its order in the waiting room: the smaller comes first.
    pub order: i64,
    /// The operator it is with.
    pub operator: Option<OperatorId>,
    /// Its fencing number: grows with every claim.
    pub claim: u64,
    /// The last event of its log.
    pub last: Seq,
    /// How many messages its visitor has sent.
    pub messages: u32,
    /// When it started.
    pub started_at: Moment,
    /// Since when it waits, or waited last.
    pub waiting_since: Moment,
    /// Since when an operator is there, or was there last.
    pub joined_at: Option<Moment>,
    /// When it ended.
    pub ended_at: Option<Moment>,
    /// When its content is destroyed.
    pub expires_at: Option<Moment>,
    /// The survey its visitor was asked.
    pub survey: Option<String>,
    /// For whom it is kept while it waits.
    pub reserved: Option<Reservation>,
    /// What its visitor was told about the wait, from the first estimate until somebody comes.
    pub promise: Option<PromiseRecord>,
}

impl Conversation {
    /// Where it stands in the waiting room of its area. Newcomers have orders from 1.
    pub fn standing(&self) -> Standing {
        let class = if self.order <= 0 { WaitClass::First } else { WaitClass::Usual };
        Standing { class, joined: self.waiting_since }
    }
}

/// What a waiting visitor was told, so that a restart breaks no promise. Minutes are of waiting, moments of the clock.
///
/// Every field may be missing in what an earlier version wrote: a new one must have a default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PromiseRecord {
    /// A quarter of all visitors in this place would wait no longer: as told at joining, in minutes.
    pub issued_q25: Option<f64>,
    /// Nine tenths of them: as told at joining, in minutes.
    pub issued_q90: Option<f64>,
    /// The upper end of the range that was told first, in minutes.
    pub first_upper: Option<u32>,
    /// The lower end of the range as it was told last, in minutes.
    pub lower: Option<u32>,
    /// Until when somebody is promised to come.
    pub by: Option<Moment>,
    /// How many updates running said that the promise will more likely be broken than kept.
    pub doubts: u32,
    /// How many updates running said that much less time is needed.
    pub hopes: u32,
    /// When it was last said that it takes longer.
    pub sorry_at: Option<Moment>,
}

/// A visitor was passed on to somebody, who alone may take them for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// Who.
    pub operator: OperatorId,
    /// Until when.
    pub until: Moment,
}

/// Who gave a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender<'a> {
    /// The conversation's visitor.
    Visitor,
    /// An operator.
    Operator(&'a OperatorId),
}

impl Sender<'_> {
    /// As one word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Visitor => "visitor",
            Self::Operator(id) => &id.0,
        }
    }
}

/// What a command is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counterpart<'a> {
    /// One conversation.
    Conversation(&'a ConversationId),
    /// Whichever conversation came of it: a claim.
    Any,
}

/// Names a command: unique for the life of what it is about.
#[derive(Clone, Copy, Debug)]
pub struct CommandKey<'a> {
    /// What it is about.
    pub about: Counterpart<'a>,
    /// Who gave it.
    pub sender: Sender<'a>,
    /// The sender's name for it.
    pub cid: &'a Cid,
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandRecord {
    /// The conversation it was about.
    pub conversation: ConversationId,
    /// SHA-256 of what was asked for.
    pub body: Digest,
    /// The event it became.
    pub seq: Option<Seq>,
    /// The fencing number it brought.
    pub claim: Option<u64>,
    /// The note it became.
    pub note: Option<u64>,
}

/// The length of one finished conversation. Nothing else is kept of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandlingTime {
    /// When it was over.
    pub at: Moment,
    /// How long it was, in milliseconds.
    pub ms: u64,
}

/// One wait. Nothing else is kept of it: no words, and nobody's name.
#[derive(Clone, Debug, PartialEq)]
pub struct WaitRecord {
    /// When it began.
    pub joined: Moment,
    /// When it was over.
    pub ended: Moment,
    /// The area the visitor waited for.
    pub area: Option<Area>,
    /// Whether the visitor waited before others.
    pub class: WaitClass,
    /// How it was over.
    pub outcome: WaitOutcome,
    /// A quarter of all visitors in this place would wait no longer: as told at joining, in minutes.
    pub issued_q25: Option<f64>,
    /// Nine tenths of them: as told at joining, in minutes.
    pub issued_q90: Option<f64>,
    /// The upper end of the range that was told first, in minutes.
    pub first_upper: Option<u32>,
    /// How long it would have been, had the visitor stayed.
    pub offered: OfferedWait,
}

impl WaitRecord {
    /// The wait of a conversation that waits, as it is over now. Whoever is met had the wait they were offered; of
    /// whoever leaves, that is still to be seen; whoever is sent away was offered none.
    pub fn of(conversation: &Conversation, ended: Moment, outcome: WaitOutcome) -> Self {
        let promise = conversation.promise.as_ref();
        let Standing { class, joined } = conversation.standing();
        Self {
            joined,
            ended,
            area: conversation.area.clone(),
            class,
            outcome,
            issued_q25: promise.and_then(|promise| promise.issued_q25),
            issued_q90: promise.and_then(|promise| promise.issued_q90),
            first_upper: promise.and_then(|promise| promise.first_upper),
            offered: match outcome {
                WaitOutcome::Met => OfferedWait::Known(ended.ms_since(joined)),
                WaitOutcome::Left => OfferedWait::Pending,
                WaitOutcome::SentAway => OfferedWait::Never,
            },
        }
    }

    /// How long the visitor waited, in milliseconds.
    pub fn ms(&self) -> u64 {
        self.ended.ms_since(self.joined)
    }
}

/// Who is met before whom. The order of the variants is that order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WaitClass {
    /// Somebody who was talked with already and waits again.
    First,
    /// Everybody else.
    Usual,
}

/// Where somebody stood in the waiting room of an area: the smaller is met first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Standing {
    /// Before the time of joining counts this.
    pub class: WaitClass,
    /// When they joined.
    pub joined: Moment,
}

/// How a wait was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitOutcome {
    /// Somebody came.
    Met,
    /// The visitor left before.
    Left,
    /// The helpline went home before.
    SentAway,
}

/// How long a wait would have been, had the visitor stayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfferedWait {
    /// This long, in milliseconds.
    Known(u64),
    /// That will be known when somebody behind is met, or when somebody is free with nobody waiting.
    Pending,
    /// Nobody will ever know.
    Never,
}

/// A shift that was planned by an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShiftRecord {
    /// Its identifier.
    pub id: ShiftId,
    /// Who; nobody where only a number of people is planned.
    pub operator: Option<OperatorId>,
    /// Its beginning.
    pub from: Moment,
    /// Its end.
    pub to: Moment,
    /// How many conversations at once.
    pub at_once: u8,
}

/// How many conversations all accepting operators together could have at once, from a moment on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StaffingRecord {
    /// From when.
    pub at: Moment,
    /// How many.
    pub slots: u32,
}

/// What all visitors are told, and whether anybody new is let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnouncementRecord {
    /// The sentence in place of the usual one.
    pub notice: Option<Notice>,
    /// Whether nobody new is let in.
    pub paused: bool,
    /// Who said so.
    pub by: OperatorId,
    /// When.
    pub at: Moment,
}

/// A visitor who is not let in for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockRecord {
    /// Its number.
    pub id: BlockId,
    /// The conversation it came of, until that is erased.
    pub conversation: Option<ConversationId>,
    /// Why.
    pub reason: BlockReason,
    /// Who blocked.
    pub by: OperatorId,
    /// When.
    pub at: Moment,
    /// When it ends by itself.
    pub until: Moment,
    /// What a second person made of it.
    pub review: Option<ReviewRecord>,
}

/// What a second person made of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewRecord {
    /// Who.
    pub by: OperatorId,
    /// When.
    pub at: Moment,
    /// Whether the visitor was let in again.
    pub lifted: bool,
}

/// An operator's account.
#[derive(Clone, PartialEq, Eq)]
pub struct OperatorRecord {
    /// Their identifier on the wire.
    pub id: OperatorId,
    /// The name they log in with.
    pub name: String,
    /// The name visitors read.
    pub alias: String,
    /// Their password, through Argon2.
    pub password_hash: String,
    /// The areas they take visitors of; none means all.
    pub areas: Vec<Area>,
    /// The languages they speak, as BCP 47 tags; none means all.
    pub languages: Vec<String>,
    /// Whether they may watch conversations of others.
    pub supervisor: bool,
    /// Whether they take visitors.
    pub status: Availability,
    /// How many at once.
    pub capacity: u8,
    /// Whether their running conversations are their last.
    pub last_chat: bool,
}

impl OperatorRecord {
    /// Whether they take visitors of an area, or those without one.
    pub fn serves(&self, area: Option<&str>) -> bool {
        area.is_none_or(|area| self.areas.is_empty() || self.areas.iter().any(|own| own == area))
    }
}

impl std::fmt::Debug for OperatorRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OperatorRecord").field("id", &self.id).finish_non_exhaustive()
    }
}

/// One login of an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorSession {
    /// SHA-256 of the token.
    pub token: Digest,
    /// Whose it is.
    pub operator: OperatorId,
    /// Until when it is good.
    pub expires_at: Moment,
}
