//! What the operator's console shows. Plain values, cheap to clone; no words of any language.

use std::sync::Arc;

use tealight_protocol::{
    Alternative, Announcement, Area, Availability, Block, BlockId, Board, Canned, Cid, ConversationId,
    ConversationState, EndReason, EndedBy, ErrorCode, LeftReason, Link, NoteText, Notice, OfferChoice,
    OperatorId, PassedTo, Person, PlannedShift, Reason, ReleaseReason, Roster, Route, Seq, ShiftId, Text,
    Timestamp, VisitorPresence, Waits,
};

use crate::{Connection, Delivery, Millis};

/// Everything the console shows.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// How the connection is.
    pub connection: Connection,
    /// The operator, as visitors see them.
    pub who: Option<Person>,
    /// Whether visitors can be taken.
    pub status: Availability,
    /// How many at once.
    pub capacity: u8,
    /// Whether the running conversations are the last.
    pub last_chat: bool,
    /// The whole board, as last heard, in order.
    pub board: Arc<Board>,
    /// The operator's conversations, and those that are watched, in the order in which they came.
    pub conversations: Arc<Vec<Arc<ConversationView>>>,
    /// The pre-written messages.
    pub canned: Arc<Vec<Canned>>,
    /// The other ways to get help that can be offered.
    pub offers: Arc<Vec<Alternative>>,
    /// What can be done here.
    pub abilities: Abilities,
    /// What all visitors are told, and whether anybody new is let in, as last heard.
    pub announcement: Announcement,
    /// Who means to be there, and who was.
    pub roster: Option<Heard<Roster>>,
    /// How long people waited.
    pub waits: Option<Heard<Waits>>,
    /// Who is not let in for a while, the newest first.
    pub blocks: Option<Heard<Vec<Block>>>,
    /// What the operator wants changed of the roster and the announcement, and is not so yet.
    pub changes: Vec<ChangeView>,
    /// Whether a claim is on its way.
    pub claiming: bool,
    /// What was refused last, until it is dismissed.
    pub refusal: Option<Refusal>,
}

/// What backend and operator can do beyond talking. What is not there is not shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Abilities {
    /// Passing a conversation on.
    pub transfer: bool,
    /// Notes beside a conversation.
    pub notes: bool,
    /// Offering another way to get help.
    pub offers: bool,
    /// Watching conversations of others.
    pub watch: bool,
    /// Ending a conversation because of how the operator was spoken to, and letting nobody in from there for a while.
    pub block: bool,
    /// Planning one's own shifts.
    pub roster: bool,
    /// Planning those of others, reading how long people wait, and telling all visitors something.
    pub coordinate: bool,
}

/// Something that is asked for again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard<T> {
    /// When it came, by the shell's clock, in milliseconds.
    pub at: Millis,
    /// What.
    pub what: Arc<T>,
}

/// A change that the operator wants, of the roster or of what all visitors are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Another announcement.
    Announcement {
        /// The sentence for everybody.
        notice: Option<Notice>,
        /// Whether nobody new is let in.
        paused: bool,
    },
    /// A shift, new or in place of the one of the same identifier.
    Shift(PlannedShift),
    /// A shift less.
    Unshift(ShiftId),
    /// What a second person makes of a block.
    Review {
        /// Which.
        block: BlockId,
        /// Whether the visitor is let in again.
        lift: bool,
    },
}

impl Change {
    /// The shift it is about, if it is about one.
    pub fn shift(&self) -> Option<&ShiftId> {
        match self {
            Self::Announcement { .. } | Self::Review { .. } => None,
            Self::Shift(shift) => Some(&shift.id),
            Self::Unshift(id) => Some(id),
        }
    }
}

/// A change that is not so yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeView {
    /// Names it.
    pub key: Cid,
    /// What is wanted.
    pub change: Change,
    /// Why it will not be, if it was refused. Otherwise it is on its way.
    pub refused: Option<ErrorCode>,
}

/// Something that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub code: ErrorCode,
    /// What.
    pub what: Refused,
}

/// What can be refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Taking a visitor.
    Claim,
    /// Ending a conversation.
    End,
    /// Passing one on.
    Transfer,
    /// Offering another way to get help.
    Offer,
    /// Watching a conversation.
    Watch,
}

/// One conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct ConversationView {
    /// Its identifier.
    pub id: ConversationId,
    /// Where it stands. `Waiting`: kept for the operator until the visitor looks.
    pub state: ConversationState,
    /// Whether it is somebody else's, and only watched.
    pub watched: bool,
    /// How it came off the operator's hands, if it did. No word of it is in sight then.
    pub released: Option<ReleaseReason>,
    /// Whether it was released before something the operator said had certainly arrived.
    pub has_unsent: bool,
    /// Who ended it, if it ended.
    pub ended: Option<(EndedBy, EndReason)>,
    /// The visitor's language.
    pub lang: String,
    /// The area.
    pub area: Option<Area>,
    /// The route.
    pub route: Route,
    /// Everything so far, oldest first.
    pub entries: Arc<Vec<Arc<Entry>>>,
    /// The composer.
    pub draft: DraftView,
    /// Whether it is being passed on.
    pub transferring: bool,
    /// What operators wrote beside it, oldest first.
    pub notes: Arc<Vec<NoteEntry>>,
    /// The field for the next note.
    pub note_draft: DraftView,
    /// Who watches it.
    pub watchers: Vec<OperatorId>,
    /// Where the visitor is.
    pub presence: VisitorPresence,
    /// Since when.
    pub presence_since: Option<Timestamp>,
    /// Whether the visitor is typing.
    pub typing: bool,
    /// How many of the visitor's messages have not been on the screen.
    pub unread: u32,
}

/// The composer of a conversation.
#[derive(Clone, Default, PartialEq)]
pub struct DraftView {
    /// What stands in it; see the visitor's composer about `revision`.
    pub text: String,
    /// Grows when the session itself changed the draft.
    pub revision: u32,
    /// The link that goes with it.
    pub link: Option<Link>,
    /// Whether there is something that may be sent now.
    pub can_send: bool,
    /// Characters.
    pub chars: usize,
    /// How many may be sent.
    pub limit: usize,
}

/// Never shows what was typed.
impl std::fmt::Debug for DraftView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DraftView")
            .field("revision", &self.revision)
            .field("can_send", &self.can_send)
            .finish_non_exhaustive()
    }
}

/// One note beside a conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct NoteEntry {
    /// Stable through every change of state: for keyed lists.
    pub key: String,
    /// When the backend committed it.
    pub at: Option<Timestamp>,
    /// Who wrote it.
    pub from: Option<OperatorId>,
    /// Whether it is this operator's own.
    pub own: bool,
    /// Whether its writer was never in the conversation, and so whispered.
    pub whisper: bool,
    /// The words.
    pub text: NoteText,
    /// Names it, where it was not sent and can be sent again.
    pub again: Option<Cid>,
    /// How far it has come.
    pub delivery: Delivery,
}

/// One entry of a conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Stable through every change of state: for keyed lists.
    pub key: String,
    /// Its position in the log, once committed.
    pub seq: Option<Seq>,
    /// When the backend committed it.
    pub at: Option<Timestamp>,
    /// What it is.
    pub kind: EntryKind,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq)]
pub enum EntryKind {
    /// The visitor joined the waiting room.
    Started,
    /// The visitor's words.
    Visitor(Text),
    /// An operator's words.
    Operator {
        /// Whether they are this operator's own.
        own: bool,
        /// The name to show, where known.
        name: Option<String>,
        /// Names the message, where it is this operator's own.
        cid: Option<Cid>,
        /// The words.
        text: Text,
        /// A link with them.
        link: Option<Link>,
        /// How far they have come.
        delivery: Delivery,
    },
    /// Words that no person wrote.
    Automatic(Text),
    /// Somebody joined.
    Joined(Person),
    /// Somebody left.
    Left {
        /// The name to show, where known.
        name: Option<String>,
        /// Why.
        reason: LeftReason,
    },
    /// Somebody passed the visitor on.
    Transferred {
        /// Whether it was this operator.
        own: bool,
        /// The name to show, where known.
        name: Option<String>,
        /// Where to.
        to: PassedTo,
        /// Why, as the visitor reads it.
        reason: Option<Reason>,
    },
    /// Somebody offered another way to get help.
    Offer {
        /// Whether it was this operator.
        own: bool,
        /// The name to show, where known.
        name: Option<String>,
        /// What.
        alternative: Alternative,
        /// Names it, where it was not sent and can be sent again.
        again: Option<Cid>,
        /// How far it has come.
        delivery: Delivery,
        /// What the visitor made of it.
        answer: Option<OfferChoice>,
    },
    /// It ended.
    Ended(EndedBy, EndReason),
}
