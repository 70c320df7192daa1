//! A conversation as its visitor's page follows it: what the events and frames made of it so far.

use tealight_protocol::{
    ConversationSnapshot, ConversationState, EndReason, Event, EventKind, OperatorId, Party, PassedTo,
    Person, PlaceUpdate, Question, QueueState, Reason, Seq, ServiceStatus, Text, ToVisitor, VisitorReady,
    Wait, limits,
};

/// Where a conversation stands, and what a page needs to say about it.
#[derive(Clone, Debug)]
pub(super) struct Chat {
    pub(super) service: ServiceStatus,
    /// How long a place is kept without a connection, in seconds.
    pub(super) keep_s: u32,
    pub(super) part: Part,
    /// The last event there is.
    pub(super) last: Seq,
    /// Whether anybody was ever there.
    pub(super) was_joined: bool,
    /// What was said to nobody so far.
    pub(super) unheard: Vec<Text>,
    people: Vec<Person>,
}

/// Where it stands.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// In the waiting room.
    Waiting(Room),
    /// With an operator.
    Talking(Person),
    /// Over.
    Ended { reason: EndReason, survey: Vec<Question> },
}

/// The waiting room.
#[derive(Clone, Debug, Default)]
pub(super) struct Room {
    /// As it was last told.
    pub(super) place: Option<PlaceUpdate>,
    /// Whether it was made worse while this page looked.
    pub(super) is_worse: bool,
    /// Why the visitor waits again.
    pub(super) again: Option<Again>,
}

/// Why a visitor waits again.
#[derive(Clone, Debug)]
pub(super) enum Again {
    /// The operator was lost.
    Lost(Option<String>),
    /// The operator passed the visitor on.
    Passed { name: Option<String>, to: PassedTo, reason: Option<Reason> },
}

impl Chat {
    /// From what came with `ready`. The events come by [`Chat::apply`].
    pub(super) fn new(ready: VisitorReady, snapshot: &ConversationSnapshot) -> Self {
        let place = snapshot.queue.clone();
        Self {
            service: ready.service,
            keep_s: ready.limits.keep_s,
            part: Part::Waiting(Room { place, ..Room::default() }),
            last: 0,
            was_joined: false,
            unheard: Vec::new(),
            people: Vec::new(),
        }
    }

    /// Takes an event, if it is the next.
    pub(super) fn apply(&mut self, event: &Event) -> bool {
        if event.seq != self.last + 1 {
            return false;
        }
        self.last = event.seq;
        let is_over = self.is_over();
        match &event.kind {
            EventKind::Message { from: Party::Visitor, text, .. } => {
                if !matches!(self.part, Part::Talking(_)) {
                    self.unheard.push(text.clone());
                }
            }
            EventKind::Joined { who } => {
                self.people.retain(|person| person.id != who.id);
                self.people.push(who.clone());
                self.was_joined = true;
                self.unheard.clear();
                if !is_over {
                    self.part = Part::Talking(who.clone());
                }
            }
            EventKind::Left { who, .. } if !is_over => {
                let again = Again::Lost(self.name_of(who));
                self.part = Part::Waiting(Room { again: Some(again), ..self.room() });
            }
            EventKind::Transferred { from, to, reason, .. } if !is_over => {
                let again =
                    Again::Passed { name: self.name_of(from), to: to.clone(), reason: reason.clone() };
                self.part = Part::Waiting(Room { again: Some(again), ..self.room() });
            }
            EventKind::Ended { reason, .. } => {
                self.part = Part::Ended { reason: *reason, survey: Vec::new() };
            }
            EventKind::Survey { questions, .. } => {
                if let Part::Ended { survey, .. } = &mut self.part {
                    *survey = questions.iter().take(limits::SURVEY_QUESTIONS).cloned().collect();
                }
            }
            EventKind::Started { .. }
            | EventKind::Message { .. }
            | EventKind::Left { .. }
            | EventKind::Transferred { .. }
            | EventKind::Offer { .. }
            | EventKind::Answered { .. }
            | EventKind::Unknown => {}
        }
        true
    }

    /// Takes what a frame says beside events.
    pub(super) fn hear(&mut self, frame: &ToVisitor) {
        match (frame, &mut self.part) {
            (ToVisitor::Queue(update), Part::Waiting(room))
                if room.place.as_ref().is_none_or(|known| known.rev <= update.rev) =>
            {
                room.is_worse |= update.worse;
                room.place = Some(update.clone());
            }
            (ToVisitor::Service(service), _) => self.service = service.clone(),
            _ => {}
        }
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.part, Part::Ended { .. })
    }

    /// The name to show for an operator.
    pub(super) fn name_of(&self, id: &OperatorId) -> Option<String> {
        self.people.iter().find(|person| person.id == *id).map(|person| person.name.clone())
    }

    /// What is known of the place: it holds when the waiting begins anew.
    fn room(&self) -> Room {
        match &self.part {
            Part::Waiting(room) => room.clone(),
            Part::Talking(_) | Part::Ended { .. } => Room::default(),
        }
    }
}

impl Room {
    pub(super) fn wait(&self) -> Wait {
        self.place.as_ref().map_or(Wait::Unknown, |place| place.wait)
    }

    pub(super) fn turn(&self) -> QueueState {
        self.place.as_ref().map_or(QueueState::Waiting, |place| place.state)
    }

    pub(super) fn may_close_first(&self) -> bool {
        self.place.as_ref().is_some_and(|place| place.may_close_first)
    }
}

/// Whether the conversation was over when it was asked for: there is nothing to follow then.
pub(super) fn is_ended(snapshot: &ConversationSnapshot) -> bool {
    snapshot.state == ConversationState::Ended
}
