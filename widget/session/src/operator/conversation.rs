//! One of the operator's conversations: what was said, what stands in the composer, where the visitor is.

use std::sync::Arc;

use tealight_protocol::limits::TYPING_EXPIRES_MS;
use tealight_protocol::{
    Area, Cid, ConversationId, ConversationState, EndReason, EndedBy, Event, EventKind, Link, Marks,
    OperatorConversation, OperatorId, Party, Person, ReleaseReason, Route, Seq, Timestamp, VisitorPresence,
    Watermark,
};

use super::durable::Durable;
use super::{ConversationView, DraftView, Entry, EntryKind};
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
    state: ConversationState,
    released: Option<ReleaseReason>,
    ended: Option<(EndedBy, EndReason)>,
    lang: String,
    area: Option<Area>,
    route: Route,
    entries: Vec<Arc<Entry>>,
    people: Vec<Person>,
    /// How far the visitor has come.
    theirs: Watermark,
    presence: VisitorPresence,
    presence_since: Timestamp,
    typing_until: Option<Millis>,
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
            state: from.state,
            released: None,
            ended: None,
            lang: from.lang.clone(),
            area: from.area.clone(),
            route: from.route,
            entries: Vec::new(),
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

    /// Takes an event if it is the next; otherwise drops it. Gives the name of an operator's message.
    pub(super) fn apply(&mut self, event: &Event, me: Option<&OperatorId>) -> Option<Cid> {
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
                    echo = Some(cid.clone());
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
            EventKind::Ended { by, reason } => {
                self.state = ConversationState::Ended;
                self.ended = Some((*by, *reason));
                self.typing_until = None;
                EntryKind::Ended(*by, *reason)
            }
            EventKind::Transferred { .. }
            | EventKind::Offer { .. }
            | EventKind::Answered { .. }
            | EventKind::Survey { .. }
            | EventKind::Unknown => return None,
        };
        self.entries.push(Arc::new(Entry { key, seq: Some(event.seq), at: Some(event.at.clone()), kind }));
        echo
    }

    pub(super) fn marked(&mut self, marks: Marks) {
        self.receipts.confirmed(marks.operator);
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

    pub(super) fn visitor_typing(&mut self, on: bool, now: Millis) {
        self.typing_until = (on && self.is_open()).then_some(now + TYPING_EXPIRES_MS);
    }

    pub(super) fn visitor_is(&mut self, presence: VisitorPresence, since: Timestamp) {
        self.presence = presence;
        self.presence_since = since;
    }

    /// It came off the operator's hands, and every word of it goes. An erasure counts whenever it is heard of: after
    /// the end, too, and after the conversation was missed for a reason not yet known.
    pub(super) fn released(&mut self, reason: ReleaseReason) {
        let is_news = !self.is_over() || self.released == Some(ReleaseReason::Unknown);
        if reason == ReleaseReason::Erased {
            self.draft.put(String::new());
            self.link = None;
        } else if !is_news {
            return;
        }
        self.released = Some(reason);
        self.typing_until = None;
        self.forget_words();
    }

    /// Nothing that was said stays on the screen of somebody who no longer has the conversation: its visitor may
    /// erase it, and nobody would be told here. What stood in the composer stays with who wrote it, out of sight,
    /// in case the conversation comes back.
    fn forget_words(&mut self) {
        self.log = Log::default();
        self.entries.clear();
        self.people.clear();
        self.theirs = Watermark::default();
        self.receipts = Receipts::default();
    }

    /// Whether it is the operator's, running or over.
    pub(super) fn is_held(&self) -> bool {
        self.released.is_none()
    }

    /// Whether the backend may have news of it.
    pub(super) fn is_followed(&self) -> bool {
        self.is_held() && self.log.last() > 0
    }

    /// Whether the operator may speak.
    pub(super) fn is_open(&self) -> bool {
        self.state == ConversationState::Active && !self.is_over()
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

    pub(super) fn view(&self, outbox: &Outbox<Durable>) -> ConversationView {
        let mut entries = self.entries.clone();
        let mut pending: Vec<_> = outbox.items().iter().filter_map(|item| self.pending(item)).collect();
        let has_unsent = self.released.is_some() && !pending.is_empty();
        if self.released.is_none() {
            entries.append(&mut pending);
        }
        ConversationView {
            id: self.id.clone(),
            state: self.state,
            released: self.released,
            has_unsent,
            ended: self.ended,
            lang: self.lang.clone(),
            area: self.area.clone(),
            route: self.route,
            entries: Arc::new(entries),
            draft: DraftView {
                text: self.draft.text().to_owned(),
                revision: self.draft.revision(),
                link: self.link.clone(),
                can_send: self.is_open() && self.draft.is_sendable(),
                chars: self.draft.chars(),
                limit: self.draft.limit(),
            },
            presence: self.presence,
            presence_since: Some(self.presence_since.clone()),
            typing: self.typing_until.is_some(),
            unread: self.unread(),
        }
    }

    fn pending(&self, item: &Item<Durable>) -> Option<Arc<Entry>> {
        let Durable::Send { conv, text, link } = &item.command else { return None };
        if *conv != self.id {
            return None;
        }
        let kind = EntryKind::Operator {
            own: true,
            name: None,
            cid: Some(item.cid.clone()),
            text: text.clone(),
            link: link.clone(),
            delivery: match item.state {
                ItemState::Waiting | ItemState::InFlight { .. } | ItemState::Deferred { .. } => {
                    Delivery::Sending
                }
                ItemState::Committed => Delivery::Sent,
                ItemState::Refused => Delivery::NotSent,
            },
        };
        Some(Arc::new(Entry { key: item.cid.as_str().to_owned(), seq: None, at: None, kind }))
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
