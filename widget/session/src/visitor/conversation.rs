//! A conversation as its visitor follows it: the events make the parts, and the parts make the screens.

use tealight_protocol::limits::TYPING_EXPIRES_MS;
use tealight_protocol::{
    Cid, EndReason, EndedBy, Event, EventKind, Party, Person, PlaceUpdate, Question, QueueState, Secret, Seq,
    Text, Wait,
};

use super::transcript::Transcript;
use super::{EndedView, Phase, SurveyView, TalkingView, WaitingView, WaitsAgain};
use crate::Millis;
use crate::log::Arrival;
use crate::receipts::Receipts;

/// A conversation that the backend has taken, or that a snapshot says it has.
pub(super) struct Conversation {
    pub(super) secret: Secret,
    pub(super) transcript: Transcript,
    pub(super) receipts: Receipts,
    pub(super) part: Part,
    was_joined: bool,
    /// The last event at which an operator was there: what was said up to it was said to somebody.
    heard: Seq,
}

/// Where a conversation stands.
pub(super) enum Part {
    /// Waits for an operator to join. The visitor sees a place and a range.
    Waiting(Room),
    /// An operator is there.
    Talking(Talk),
    /// Over. What is left is the survey, if there is one.
    Ended(End),
}

pub(super) struct Room {
    view: WaitingView,
    /// The last `rev` on this connection.
    rev: Option<u64>,
}

pub(super) struct Talk {
    pub(super) with: Person,
    typing_until: Option<Millis>,
}

pub(super) struct End {
    by: EndedBy,
    reason: EndReason,
    pub(super) survey: Option<Survey>,
    pub(super) answered: bool,
    /// Until when the connection stays for a survey to follow; set once the backend itself has said "ended".
    pub(super) linger: Option<Millis>,
}

pub(super) struct Survey {
    pub(super) id: String,
    questions: Vec<Question>,
    pub(super) sending: bool,
}

/// What an event means beyond the conversation.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Applied {
    /// Nothing.
    Nothing,
    /// One of our own messages came back.
    Echo(Cid, Text),
    /// An offer is answered.
    Answered(String),
    /// It is over.
    Ended,
}

/// How long the connection stays after the end for a survey to follow.
pub(super) const LINGER_MS: Millis = 10_000;

impl Conversation {
    pub(super) fn new(secret: Secret, part: Part) -> Self {
        Self {
            secret,
            transcript: Transcript::default(),
            receipts: Receipts::default(),
            was_joined: matches!(part, Part::Talking(_)),
            part,
            heard: 0,
        }
    }

    /// Takes an event if it is the next; otherwise drops it.
    pub(super) fn apply(&mut self, event: Event, now: Millis) -> Applied {
        if self.transcript.arrived(&event) != Arrival::Next {
            return Applied::Nothing;
        }
        if let Part::Talking(_) = self.part {
            self.heard = event.seq;
        }
        let over = matches!(self.part, Part::Ended(_));
        match event.kind {
            EventKind::Message { from: Party::Visitor, cid: Some(cid), text, .. } => {
                return Applied::Echo(cid, text);
            }
            EventKind::Message { .. } => {
                self.receipts.delivered(event.seq);
                if let Part::Talking(talk) = &mut self.part {
                    talk.typing_until = None;
                }
            }
            EventKind::Joined { who } => {
                self.receipts.delivered(event.seq);
                self.was_joined = true;
                self.heard = event.seq;
                if !over {
                    self.part = Part::talking(who);
                }
            }
            EventKind::Left { reason, .. } => {
                self.receipts.delivered(event.seq);
                if !over {
                    self.part = Part::waiting(Some(WaitsAgain::Lost(reason)));
                }
            }
            EventKind::Transferred { .. } => {
                self.receipts.delivered(event.seq);
                if !over {
                    self.part = Part::waiting(Some(WaitsAgain::PassedOn));
                }
            }
            EventKind::Offer { .. } => self.receipts.delivered(event.seq),
            EventKind::Answered { reference, .. } => return Applied::Answered(reference),
            EventKind::Ended { by, reason } => {
                self.part = Part::Ended(End { linger: Some(now + LINGER_MS), ..End::new(by, reason) });
                return Applied::Ended;
            }
            EventKind::Survey { id, mut questions } => {
                questions.truncate(tealight_protocol::limits::SURVEY_QUESTIONS);
                if let Part::Ended(end) = &mut self.part
                    && !questions.is_empty()
                    && !end.answered
                {
                    end.survey = Some(Survey { id, questions, sending: false });
                    end.linger = None;
                }
            }
            EventKind::Started { .. } | EventKind::Unknown => {}
        }
        Applied::Nothing
    }

    /// News about the place. `heard_at` is the shell's clock.
    pub(super) fn placed(&mut self, update: &PlaceUpdate, heard_at: Millis) {
        let Part::Waiting(room) = &mut self.part else { return };
        if room.rev.is_some_and(|rev| update.rev < rev) {
            return;
        }
        room.rev = Some(update.rev);
        room.view = WaitingView {
            place: update.place,
            wait: update.wait,
            checked_at: Some(heard_at),
            worse_at: if update.worse { Some(heard_at) } else { room.view.worse_at },
            may_close_first: update.may_close_first,
            turn: update.state,
            ..room.view
        };
    }

    /// The backend was heard, and said nothing else about the place.
    pub(super) fn heard_of_backend(&mut self, heard_at: Millis) {
        if let Part::Waiting(room) = &mut self.part
            && room.rev.is_some()
        {
            room.view.checked_at = Some(heard_at);
        }
    }

    pub(super) fn typing(&mut self, on: bool, now: Millis) {
        if let Part::Talking(talk) = &mut self.part {
            talk.typing_until = on.then_some(now + TYPING_EXPIRES_MS);
        }
    }

    /// Lets go what has expired.
    pub(super) fn tick(&mut self, now: Millis) {
        if let Part::Talking(talk) = &mut self.part
            && talk.typing_until.is_some_and(|until| now >= until)
        {
            talk.typing_until = None;
        }
    }

    /// When something expires.
    pub(super) fn timeout(&self) -> Option<Millis> {
        match &self.part {
            Part::Waiting(_) => None,
            Part::Talking(talk) => talk.typing_until,
            Part::Ended(end) => end.linger,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.part, Part::Ended(_))
    }

    /// The backend begins again: whatever was heard is forgotten.
    pub(super) fn reset(&mut self) {
        self.transcript.reset();
        self.receipts = Receipts::default();
        self.heard = 0;
    }

    /// The socket is gone.
    pub(super) fn disconnected(&mut self) {
        self.transcript.log.disconnected();
        self.receipts.disconnected();
        match &mut self.part {
            Part::Waiting(room) => room.rev = None,
            Part::Talking(talk) => talk.typing_until = None,
            Part::Ended(_) => {}
        }
    }

    /// Ends it here without waiting for the backend, because the visitor said so and nobody can be reached.
    pub(super) fn end_here(&mut self) {
        let reason = match self.part {
            Part::Waiting(_) => EndReason::LeftWaiting,
            Part::Talking(_) => EndReason::Done,
            Part::Ended(_) => return,
        };
        self.part = Part::Ended(End::new(EndedBy::Visitor, reason));
    }

    /// Whether something was said to nobody.
    pub(super) fn has_unheard(&self) -> bool {
        self.transcript.has_own_after(self.heard)
    }

    pub(super) fn phase(&self, unread_words: bool, keep_s: Option<u32>) -> Phase {
        match &self.part {
            Part::Waiting(room) => Phase::Waiting(WaitingView { keep_s, ..room.view }),
            Part::Talking(talk) => {
                Phase::Talking(TalkingView { with: talk.with.clone(), typing: talk.typing_until.is_some() })
            }
            Part::Ended(end) => Phase::Ended(EndedView {
                by: end.by,
                reason: end.reason,
                was_joined: self.was_joined,
                unread_words,
                survey: end.survey.as_ref().map(|survey| SurveyView {
                    questions: survey.questions.clone(),
                    sending: survey.sending,
                }),
                answered: end.answered,
            }),
        }
    }
}

impl Part {
    pub(super) fn waiting(again: Option<WaitsAgain>) -> Self {
        let view = WaitingView {
            place: None,
            wait: Wait::Unknown,
            checked_at: None,
            worse_at: None,
            may_close_first: false,
            keep_s: None,
            turn: QueueState::Waiting,
            again,
        };
        Self::Waiting(Room { view, rev: None })
    }

    pub(super) fn talking(with: Person) -> Self {
        Self::Talking(Talk { with, typing_until: None })
    }
}

impl End {
    fn new(by: EndedBy, reason: EndReason) -> Self {
        Self { by, reason, survey: None, answered: false, linger: None }
    }
}
