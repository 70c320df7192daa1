//! One of the operator's conversations, or one that is watched: what was said, what stands in the composer and
//! beside it, where the visitor is.

use std::sync::Arc;

use tealight_protocol::limits::TYPING_EXPIRES_MS;
use tealight_protocol::{
    Area, Cid, ConversationId, ConversationState, EndReason, EndedBy, Event, EventKind, Link, Marks, Note,
    OfferChoice, OperatorConversation, OperatorId, Party, Person, ReleaseReason, Route, Seq, Timestamp,
    VisitorPresence, Watermark,
};

use super::durable::Durable;
use super::notes::Notes;
use super::{ConversationView, DraftView, Entry, EntryKind, NoteEntry};
use crate::draft::Draft;
use crate::log::{Arrival, Log};
use crate::outbox::{Item, ItemState, Outbox};
use crate::receipts::Receipts;
use crate::typing::Typing;
use crate::{Delivery, Millis};

/// A conversation.
pub(super) struct Conversation {
    pub(super) id: ConversationId,
    pub(super) claim: u64,
    pub(super) log: Log,
    pub(super) draft: Draft,
    pub(super) link: Option<Link>,
    pub(super) typing: Typing,
    pub(super) receipts: Receipts,
    pub(super) notes: Notes,
    /// Whether it is somebody else's, and only watched.
    pub(super) watched: bool,
    pub(super) watchers: Vec<OperatorId>,
    state: ConversationState,
    released: Option<ReleaseReason>,
    ended: Option<(EndedBy, EndReason)>,
    lang: String,
    area: Option<Area>,
    route: Route,
    entries: Vec<Arc<Entry>>,
    /// The offers among the entries, by name.
    offers: Vec<(String, usize)>,
    people: Vec<Person>,
    /// How far the visitor has come.
    theirs: Watermark,
    presence: VisitorPresence,
    presence_since: Timestamp,
    typing_until: Option<Millis>,
}

/// One of our own commands, by what it became.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Echo {
    /// A message, by its name.
    Message(Cid),
    /// An offer, by its alternative.
    Offer(String),
}

impl Conversation {
    pub(super) fn new(from: &OperatorConversation) -> Self {
        Self {
            id: from.id.clone(),
            claim: from.claim,
            log: Log::default(),
            draft: Draft::default(),
            link: None,
            typing: Typing::default(),
            receipts: Receipts::default(),
            notes: Notes::default(),
            watched: false,
            watchers: Vec::new(),
            state: from.state,
            released: None,
            ended: None,
            lang: from.lang.clone(),
            area: from.area.clone(),
            route: from.route,
            entries: Vec::new(),
            offers: Vec::new(),
            people: Vec::new(),
            theirs: Watermark::default(),
            presence: from.presence,
            presence_since: from.presence_since.clone(),
            typing_until: None,
        }
    }

    /// Takes the backend's word for everything but the events, which are applied one by one.
    pub(super) fn updated(&mut self, from: &OperatorConversation) {
        if from.reset {
            self.forget_words();
            self.ended = None;
        }
        self.claim = from.claim;
        self.watchers.clone_from(&from.watchers);
        self.notes.look_again();
        self.released = None;
        self.state = from.state;
        self.lang.clone_from(&from.lang);
        self.area.clone_from(&from.area);
        self.route = from.route;
        self.presence = from.presence;
        self.presence_since.clone_from(&from.presence_since);
        self.marked(from.marks);
        self.log.heard_of(from.last);
    }

    /// Takes an event if it is the next; otherwise drops it. Tells whether it was ours.
    pub(super) fn apply(&mut self, event: &Event, me: Option<&OperatorId>) -> Option<Echo> {
        if self.log.arrived(event.seq) != Arrival::Next {
            return None;
        }
        let mut key = event.seq.to_string();
        let mut echo = None;
        let kind = match &event.kind {
            EventKind::Started { .. } => EntryKind::Started,
            EventKind::Message { automatic: true, text, .. }
            | EventKind::Message { from: Party::System, text, .. } => EntryKind::Automatic(text.clone()),
            EventKind::Message { from: Party::Visitor, text, .. } => {
                self.typing_until = None;
                self.receipts.delivered(event.seq);
                EntryKind::Visitor(text.clone())
            }
            EventKind::Message { from: Party::Operator(id), cid, text, link, .. } => {
                if let Some(cid) = cid {
                    cid.as_str().clone_into(&mut key);
                    echo = Some(Echo::Message(cid.clone()));
                }
                EntryKind::Operator {
                    own: me == Some(id),
                    name: self.name_of(id),
                    cid: cid.clone(),
                    text: text.clone(),
                    link: link.clone().filter(Link::is_allowed),
                    delivery: delivery_of(self.theirs, event.seq),
                }
            }
            EventKind::Joined { who } => {
                self.people.retain(|person| person.id != who.id);
                self.people.push(who.clone());
                if self.ended.is_none() {
                    self.state = ConversationState::Active;
                }
                EntryKind::Joined(who.clone())
            }
            EventKind::Left { who, reason, state } => {
                if self.ended.is_none() {
                    self.state = *state;
                }
                EntryKind::Left { name: self.name_of(who), reason: *reason }
            }
            EventKind::Transferred { from, to, reason, state } => {
                if self.ended.is_none() {
                    self.state = *state;
                }
                EntryKind::Transferred {
                    own: me == Some(from),
                    name: self.name_of(from),
                    to: to.clone(),
                    reason: reason.clone(),
                }
            }
            EventKind::Offer { id, from, alternative } => {
                let own = me == Some(from);
                if own {
                    echo = Some(Echo::Offer(alternative.id.clone()));
                }
                self.offers.push((id.clone(), self.entries.len()));
                EntryKind::Offer {
                    own,
                    name: self.name_of(from),
                    alternative: alternative.clone(),
                    again: None,
                    delivery: Delivery::Sent,
                    answer: None,
                }
            }
            EventKind::Answered { reference, choice } => {
                self.answered(reference, *choice);
                return None;
            }
            EventKind::Ended { by, reason } => {
                self.state = ConversationState::Ended;
                self.ended = Some((*by, *reason));
                self.typing_until = None;
                EntryKind::Ended(*by, *reason)
            }
            EventKind::Survey { .. } | EventKind::Unknown => return None,
        };
        self.entries.push(Arc::new(Entry { key, seq: Some(event.seq), at: Some(event.at.clone()), kind }));
        echo
    }

    pub(super) fn marked(&mut self, marks: Marks) {
        // What whoever has the conversation has read, a watcher may not have seen.
        if !self.watched {
            self.receipts.confirmed(marks.operator);
        }
        let merged = self.theirs.merged(marks.visitor);
        if merged == self.theirs {
            return;
        }
        self.theirs = merged;
        for entry in &mut self.entries {
            if let (EntryKind::Operator { delivery, .. }, Some(seq)) = (&entry.kind, entry.seq)
                && *delivery != delivery_of(merged, seq)
                && let EntryKind::Operator { delivery, .. } = &mut Arc::make_mut(entry).kind
            {
                *delivery = delivery_of(merged, seq);
            }
        }
    }

    /// The visitor answered an offer. The first answer counts.
    fn answered(&mut self, offer: &str, choice: OfferChoice) {
        let found = self.offers.iter().find(|(name, _)| name == offer).map(|(_, at)| *at);
        if let Some(entry) = found.and_then(|at| self.entries.get_mut(at))
            && let EntryKind::Offer { answer: answer @ None, .. } = &mut Arc::make_mut(entry).kind
        {
            *answer = Some(choice);
        }
    }

    /// Takes a note. Gives the name of the command it was.
    pub(super) fn noted(&mut self, note: Note) -> Option<Cid> {
        self.notes.arrived(note)
    }

    pub(super) fn visitor_typing(&mut self, on: bool, now: Millis) {
        self.typing_until = (on && self.is_running()).then_some(now + TYPING_EXPIRES_MS);
    }

    pub(super) fn visitor_is(&mut self, presence: VisitorPresence, since: Timestamp) {
        self.presence = presence;
        self.presence_since = since;
    }

    /// It came off the operator's hands, and every word of it goes. What the backend says counts after the end, too: a
    /// visitor who was only waited for leaves, and nobody is told here when that conversation is erased. An erasure
    /// counts whenever it is heard of, and a reason counts after one that was not yet known.
    pub(super) fn released(&mut self, reason: ReleaseReason) {
        let is_surer = matches!(self.released, Some(ReleaseReason::Unknown | ReleaseReason::Lease));
        match reason {
            ReleaseReason::Erased => {
                self.draft.put(String::new());
                self.notes.draft.put(String::new());
                self.link = None;
            }
            ReleaseReason::NotBack
            | ReleaseReason::Left
            | ReleaseReason::Lease
            | ReleaseReason::Transferred => {
                if self.released.is_some() && !is_surer {
                    return;
                }
            }
            ReleaseReason::Unknown => {
                if self.is_over() && !is_surer {
                    return;
                }
            }
        }
        self.released = Some(reason);
        self.watchers.clear();
        self.typing_until = None;
        self.forget_words();
    }

    /// Nothing that was said stays on the screen of somebody who no longer has the conversation: its visitor may
    /// erase it, and nobody would be told here. What stood in the composer stays with who wrote it, out of sight,
    /// in case the conversation comes back.
    pub(super) fn forget_words(&mut self) {
        self.log = Log::default();
        self.entries.clear();
        self.offers.clear();
        self.notes.forget();
        self.people.clear();
        self.theirs = Watermark::default();
        self.receipts = Receipts::default();
    }

    /// Whether the backend tells about it: it is the operator's, or watched.
    pub(super) fn is_followed(&self) -> bool {
        self.released.is_none()
    }

    /// Whether it is the operator's, running or over.
    pub(super) fn is_held(&self) -> bool {
        self.is_followed() && !self.watched
    }

    /// Whether somebody talks in it.
    fn is_running(&self) -> bool {
        self.state == ConversationState::Active && !self.is_over()
    }

    /// Whether the operator may speak.
    pub(super) fn is_open(&self) -> bool {
        self.is_running() && self.is_held()
    }

    /// Whether notes may be written.
    pub(super) fn takes_notes(&self) -> bool {
        self.is_followed() && !self.is_over()
    }

    /// Whether it is no longer the operator's.
    pub(super) fn is_over(&self) -> bool {
        self.ended.is_some() || self.released.is_some() || self.state == ConversationState::Ended
    }

    pub(super) fn tick(&mut self, now: Millis) {
        if self.typing_until.is_some_and(|until| now >= until) {
            self.typing_until = None;
        }
    }

    pub(super) fn typing_until(&self) -> Option<Millis> {
        self.typing_until
    }

    pub(super) fn disconnected(&mut self) {
        self.log.disconnected();
        self.receipts.disconnected();
        self.typing.disconnected();
        self.typing_until = None;
    }

    /// What the console shows of it.
    pub(super) fn view(&self, outbox: &Outbox<Durable>, me: Option<&OperatorId>) -> ConversationView {
        let mut entries = self.entries.clone();
        let own = || outbox.items().iter().filter(|item| item.command.conversation() == Some(&self.id));
        let mut pending: Vec<_> = own().filter_map(pending).collect();
        let transferring = own().any(|item| matches!(item.command, Durable::Transfer(_)));
        let mut notes = Vec::new();
        if self.is_followed() {
            notes.extend(self.notes.list().iter().map(|note| self.note(note, me)));
            notes.extend(own().filter_map(|item| self.pending_note(item)));
        }
        let has_unsent = self.released.is_some() && !pending.is_empty();
        if self.released.is_none() {
            entries.append(&mut pending);
        }
        ConversationView {
            id: self.id.clone(),
            state: self.state,
            watched: self.watched,
            released: self.released,
            has_unsent,
            ended: self.ended,
            lang: self.lang.clone(),
            area: self.area.clone(),
            route: self.route,
            entries: Arc::new(entries),
            draft: draft_view(&self.draft, self.link.clone(), self.is_open() && !transferring),
            transferring,
            notes: Arc::new(notes),
            note_draft: draft_view(&self.notes.draft, None, self.takes_notes() && !transferring),
            watchers: self.watchers.clone(),
            presence: self.presence,
            presence_since: Some(self.presence_since.clone()),
            typing: self.typing_until.is_some(),
            unread: self.unread(),
        }
    }

    fn note(&self, note: &Note, me: Option<&OperatorId>) -> NoteEntry {
        let key = note.cid.as_ref().map_or_else(|| note.n.to_string(), |cid| cid.as_str().to_owned());
        NoteEntry {
            key,
            at: Some(note.at.clone()),
            from: Some(note.from.clone()),
            own: me == Some(&note.from),
            whisper: !self.people.iter().any(|person| person.id == note.from),
            text: note.text.clone(),
            again: None,
            delivery: Delivery::Sent,
        }
    }

    fn pending_note(&self, item: &Item<Durable>) -> Option<NoteEntry> {
        let Durable::Note { text, .. } = &item.command else { return None };
        let delivery = delivery_of_item(item);
        Some(NoteEntry {
            key: item.cid.as_str().to_owned(),
            at: None,
            from: None,
            own: true,
            whisper: self.watched,
            text: text.clone(),
            again: (delivery == Delivery::NotSent).then(|| item.cid.clone()),
            delivery,
        })
    }

    fn unread(&self) -> u32 {
        let read = self.receipts.last_read();
        let unread = self.entries.iter().rev().take_while(|entry| entry.seq > Some(read));
        unread.filter(|entry| matches!(entry.kind, EntryKind::Visitor(_))).count() as u32
    }

    fn name_of(&self, id: &OperatorId) -> Option<String> {
        self.people.iter().find(|person| person.id == *id).map(|person| person.name.clone())
    }
}

fn delivery_of(mark: Watermark, seq: Seq) -> Delivery {
    if mark.read >= seq {
        Delivery::Seen
    } else if mark.delivered >= seq {
        Delivery::Delivered
    } else {
        Delivery::Sent
    }
}

fn draft_view(draft: &Draft, link: Option<Link>, is_open: bool) -> DraftView {
    DraftView {
        text: draft.text().to_owned(),
        revision: draft.revision(),
        link,
        can_send: is_open && draft.is_sendable(),
        chars: draft.chars(),
        limit: draft.limit(),
    }
}

/// What is on its way to the visitor, as it stands in the log.
fn pending(item: &Item<Durable>) -> Option<Arc<Entry>> {
    let delivery = delivery_of_item(item);
    let kind = match &item.command {
        Durable::Send { text, link, .. } => EntryKind::Operator {
            own: true,
            name: None,
            cid: Some(item.cid.clone()),
            text: text.clone(),
            link: link.clone(),
            delivery,
        },
        Durable::Offer { alternative, .. } => EntryKind::Offer {
            own: true,
            name: None,
            alternative: alternative.clone(),
            again: (delivery == Delivery::NotSent).then(|| item.cid.clone()),
            delivery,
            answer: None,
        },
        Durable::Claim(_)
        | Durable::Note { .. }
        | Durable::Transfer(_)
        | Durable::End { .. }
        | Durable::Block { .. }
        | Durable::Change(_) => return None,
    };
    Some(Arc::new(Entry { key: item.cid.as_str().to_owned(), seq: None, at: None, kind }))
}

fn delivery_of_item(item: &Item<Durable>) -> Delivery {
    match item.state {
        ItemState::Waiting | ItemState::InFlight { .. } | ItemState::Deferred { .. } => Delivery::Sending,
        ItemState::Committed => Delivery::Sent,
        ItemState::Refused => Delivery::NotSent,
    }
}
