//! What the visitor's screens show. Plain values, cheap to clone; no words of any language.

use std::sync::Arc;

use tealight_protocol::{
    Alternative, Cid, EndReason, EndedBy, LeftReason, Link, OfferChoice, Party, PassedTo, Person, Question,
    QueueState, Reason, Seq, ServiceStatus, Text, Timestamp, Wait,
};

use crate::{Connection, Delivery, Millis, StopReason};

/// Everything the screens show.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// Where the visitor is.
    pub phase: Phase,
    /// How the connection is.
    pub connection: Connection,
    /// The service, as last heard.
    pub service: Option<ServiceStatus>,
    /// The composer.
    pub composer: ComposerView,
    /// The conversation so far, oldest first: what both sides said, and what happened. Own messages that the
    /// backend has not committed stand at the end.
    pub entries: Arc<Vec<Arc<Entry>>>,
    /// How many entries from others have not been on the screen.
    pub unread: u32,
}

/// Where the visitor is.
#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// Reading what this is. Nothing about the visitor has been sent.
    Welcome {
        /// Whether a new conversation was refused because chat is closed or full since the visitor looked.
        refused: bool,
    },
    /// Join was pressed and the backend has not answered yet.
    Joining,
    /// In the waiting room.
    Waiting(WaitingView),
    /// With an operator.
    Talking(TalkingView),
    /// Over.
    Ended(EndedView),
    /// The visitor had everything erased: it is gone here, and the backend has not yet said that it is gone there.
    Erasing,
    /// The connection ended for good and there is nothing to come back to.
    Stopped(StoppedView),
}

/// The waiting room.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WaitingView {
    /// 1 for the next, where it is known and shown.
    pub place: Option<u32>,
    /// How long it takes from now.
    pub wait: Wait,
    /// When the backend last stood by that: it tells every change at once, so whatever it says on a connection on
    /// which it has told the place means that nothing has changed.
    pub checked_at: Option<Millis>,
    /// When it was last made worse, if it was.
    pub worse_at: Option<Millis>,
    /// Whether it will more likely than not close before this visitor meets anybody.
    pub may_close_first: bool,
    /// How long the place is kept without a connection, in seconds, once the backend has said so.
    pub keep_s: Option<u32>,
    /// Whether somebody is there already and waits for the visitor to look.
    pub turn: QueueState,
    /// Why the visitor waits although an operator was there before, if so.
    pub again: Option<WaitsAgain>,
}

/// Why a visitor waits again. The conversation says more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitsAgain {
    /// The operator was lost.
    Lost(LeftReason),
    /// The operator passed the visitor on.
    PassedOn,
}

/// A conversation with an operator.
#[derive(Clone, Debug, PartialEq)]
pub struct TalkingView {
    /// With whom.
    pub with: Person,
    /// Whether they are typing.
    pub typing: bool,
}

/// After the end.
#[derive(Clone, Debug, PartialEq)]
pub struct EndedView {
    /// Who ended it.
    pub by: EndedBy,
    /// Why.
    pub reason: EndReason,
    /// Whether any operator was ever there. If not: "Nobody has read your message."
    pub was_joined: bool,
    /// Whether words were written that nobody has read.
    pub unread_words: bool,
    /// The survey, until it is answered or skipped.
    pub survey: Option<SurveyView>,
    /// Whether the survey was answered.
    pub answered: bool,
}

/// A survey.
#[derive(Clone, Debug, PartialEq)]
pub struct SurveyView {
    /// The questions, at most three.
    pub questions: Vec<Question>,
    /// Whether the answers are on their way.
    pub sending: bool,
}

/// A dead end.
#[derive(Clone, Debug, PartialEq)]
pub struct StoppedView {
    /// Why.
    pub reason: StopReason,
    /// Whether words were written that nobody has read.
    pub unread_words: bool,
}

/// The composer.
#[derive(Clone, Default, PartialEq)]
pub struct ComposerView {
    /// What stands in it. The screen writes it into the text field only when `revision` changes, so that a
    /// keystroke never comes back and moves the cursor.
    pub draft: String,
    /// Grows when the session itself changed the draft: restored, sent, or taken back.
    pub revision: u32,
    /// Characters, as the backend counts them.
    pub chars: usize,
    /// How many may be sent.
    pub limit: usize,
    /// Whether there is something that may be sent now.
    pub can_send: bool,
    /// Whether it is sent by itself when somebody joins.
    pub send_when_joined: bool,
}

/// Never shows what was typed, nor how much.
impl std::fmt::Debug for ComposerView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ComposerView")
            .field("revision", &self.revision)
            .field("can_send", &self.can_send)
            .field("send_when_joined", &self.send_when_joined)
            .finish_non_exhaustive()
    }
}

/// One entry of the conversation.
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
    /// The visitor's own words.
    Own {
        /// Names the message.
        cid: Cid,
        /// The words.
        text: Text,
        /// How far they have come.
        delivery: Delivery,
    },
    /// Somebody else's words.
    Theirs {
        /// Whose.
        from: Party,
        /// The name to show, where known.
        name: Option<String>,
        /// The words.
        text: Text,
        /// A link with them.
        link: Option<Link>,
        /// Whether no person wrote them.
        automatic: bool,
    },
    /// Somebody joined.
    Joined(Person),
    /// Somebody left, and the visitor waits again.
    Left {
        /// The name to show, where known.
        name: Option<String>,
        /// Why.
        reason: LeftReason,
    },
    /// Somebody passed the visitor on, and the visitor waits again.
    Transferred {
        /// The name to show, where known.
        name: Option<String>,
        /// Where to.
        to: PassedTo,
        /// Why, in their words.
        reason: Option<Reason>,
    },
    /// Somebody offered another way to get help.
    Offer {
        /// Names the offer.
        id: String,
        /// Who.
        from: Party,
        /// The name to show, where known.
        name: Option<String>,
        /// What.
        alternative: Alternative,
        /// What the visitor made of it.
        answer: OfferAnswer,
    },
}

/// What a visitor made of an offer, and how far the answer has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfferAnswer {
    /// None yet.
    Open,
    /// On its way.
    Sending(OfferChoice),
    /// Refused or undeliverable. It can be answered again.
    NotSent(OfferChoice),
    /// Given, once and for all.
    Given(OfferChoice),
}
