//! What was said and what happened, as entries in order.

use std::sync::Arc;

use tealight_protocol::json::digits;
use tealight_protocol::{Event, EventKind, OfferChoice, OperatorId, Party, Person, Seq};

use super::durable::Durable;
use super::{Entry, EntryKind, OfferAnswer};
use crate::Delivery;
use crate::log::{Arrival, Log};
use crate::outbox::{ItemState, Outbox};

/// The committed part of a conversation.
#[derive(Default)]
pub(super) struct Transcript {
    pub(super) log: Log,
    entries: Vec<Arc<Entry>>,
    people: Vec<Person>,
    /// How far the operator has come.
    theirs: tealight_protocol::Watermark,
    version: u32,
}

impl Transcript {
    /// Grows whenever an entry changed.
    pub(super) fn version(&self) -> u32 {
        self.version
    }

    /// Forgets everything, because the backend begins again.
    pub(super) fn reset(&mut self) {
        *self = Self { version: self.version + 1, ..Self::default() };
    }

    /// Judges an event by its position, and keeps it if it is the next.
    pub(super) fn arrived(&mut self, event: &Event) -> Arrival {
        let arrival = self.log.arrived(event.seq);
        if arrival == Arrival::Next {
            self.keep(event);
        }
        arrival
    }

    /// How far the operator has come. It only grows.
    pub(super) fn marked(&mut self, mark: tealight_protocol::Watermark) {
        let merged = self.theirs.merged(mark);
        if merged == self.theirs {
            return;
        }
        self.theirs = merged;
        self.version += 1;
        for entry in &mut self.entries {
            if let (EntryKind::Own { delivery, .. }, Some(seq)) = (&entry.kind, entry.seq)
                && *delivery != delivery_of(merged, seq)
                && let EntryKind::Own { delivery, .. } = &mut Arc::make_mut(entry).kind
            {
                *delivery = delivery_of(merged, seq);
            }
        }
    }

    /// How many entries from others stand after this position.
    pub(super) fn unread_after(&self, read: Seq) -> u32 {
        let unread = self.entries.iter().rev().take_while(|entry| entry.seq > Some(read));
        let is_theirs = |entry: &&Arc<Entry>| match entry.kind {
            EntryKind::Theirs { .. } | EntryKind::Joined(_) | EntryKind::Offer { .. } => true,
            EntryKind::Own { .. } | EntryKind::Left { .. } | EntryKind::Transferred { .. } => false,
        };
        unread.filter(is_theirs).count() as u32
    }

    /// Whether the visitor said something after this position.
    pub(super) fn has_own_after(&self, seq: Seq) -> bool {
        let mut later = self.entries.iter().rev().take_while(|entry| entry.seq > Some(seq));
        later.any(|entry| matches!(entry.kind, EntryKind::Own { .. }))
    }

    /// Everything for the screen: what is committed, then what is on its way.
    pub(super) fn list(&self, outbox: &Outbox<Durable>) -> Vec<Arc<Entry>> {
        let mut list = self.entries.clone();
        for item in outbox.items() {
            let delivery = match item.state {
                ItemState::Waiting | ItemState::InFlight { .. } | ItemState::Deferred { .. } => {
                    Delivery::Sending
                }
                ItemState::Committed => Delivery::Sent,
                ItemState::Refused => Delivery::NotSent,
            };
            match &item.command {
                Durable::Send { text } => {
                    let kind = EntryKind::Own { cid: item.cid.clone(), text: text.clone(), delivery };
                    list.push(Arc::new(Entry { key: own_key(&item.cid), seq: None, at: None, kind }));
                }
                Durable::Choose { offer, taken } => {
                    let choice = if *taken { OfferChoice::Taken } else { OfferChoice::Declined };
                    let answer = match delivery {
                        Delivery::Sending => OfferAnswer::Sending(choice),
                        Delivery::NotSent => OfferAnswer::NotSent(choice),
                        Delivery::Sent | Delivery::Delivered | Delivery::Seen => OfferAnswer::Given(choice),
                    };
                    answer_offer(&mut list, offer, answer);
                }
                Durable::Start { .. } | Durable::Answer { .. } | Durable::End | Durable::Erase => {}
            }
        }
        list
    }

    /// Whether there is such an offer and nobody has answered it.
    pub(super) fn has_open_offer(&self, wanted: &str) -> bool {
        self.entries.iter().any(|entry| {
            matches!(&entry.kind, EntryKind::Offer { id, answer: OfferAnswer::Open, .. } if id == wanted)
        })
    }

    fn keep(&mut self, event: &Event) {
        let mut key = digits(event.seq);
        let kind = match &event.kind {
            EventKind::Message { from: Party::Visitor, cid: Some(cid), text, .. } => {
                key = own_key(cid);
                // A backend that tells one message under two numbers breaks its promise; the screen keeps ours.
                if self.entries.iter().any(|entry| entry.key == key) {
                    return;
                }
                let delivery = delivery_of(self.theirs, event.seq);
                EntryKind::Own { cid: cid.clone(), text: text.clone(), delivery }
            }
            EventKind::Message { from, text, link, automatic, .. } => EntryKind::Theirs {
                from: from.clone(),
                name: match from {
                    Party::Operator(id) => self.name_of(id),
                    Party::Visitor | Party::System => None,
                },
                text: text.clone(),
                link: link.clone().filter(tealight_protocol::Link::is_allowed),
                automatic: *automatic || *from == Party::System,
            },
            EventKind::Joined { who } => {
                self.people.retain(|person| person.id != who.id);
                self.people.push(who.clone());
                EntryKind::Joined(who.clone())
            }
            EventKind::Left { who, reason, .. } => {
                EntryKind::Left { name: self.name_of(who), reason: *reason }
            }
            EventKind::Transferred { from, to, reason, .. } => {
                EntryKind::Transferred { name: self.name_of(from), to: to.clone(), reason: reason.clone() }
            }
            EventKind::Offer { id, from, alternative } => EntryKind::Offer {
                id: id.clone(),
                from: Party::Operator(from.clone()),
                name: self.name_of(from),
                alternative: alternative.clone(),
                answer: OfferAnswer::Open,
            },
            EventKind::Answered { reference, choice } => {
                self.version += 1;
                return answer_offer(&mut self.entries, reference, OfferAnswer::Given(*choice));
            }
            EventKind::Started { .. }
            | EventKind::Survey { .. }
            | EventKind::Ended { .. }
            | EventKind::Unknown => return,
        };
        self.version += 1;
        self.entries.push(Arc::new(Entry { key, seq: Some(event.seq), at: Some(event.at.clone()), kind }));
    }

    fn name_of(&self, id: &OperatorId) -> Option<String> {
        self.people.iter().find(|person| person.id == *id).map(|person| person.name.clone())
    }
}

/// Answers an offer that nobody has answered for good.
fn answer_offer(entries: &mut [Arc<Entry>], wanted: &str, given: OfferAnswer) {
    for entry in entries {
        if let EntryKind::Offer { id, answer: OfferAnswer::Open, .. } = &entry.kind
            && id == wanted
            && let EntryKind::Offer { answer, .. } = &mut Arc::make_mut(entry).kind
        {
            *answer = given;
        }
    }
}

fn own_key(cid: &tealight_protocol::Cid) -> String {
    cid.as_str().to_owned()
}

fn delivery_of(mark: tealight_protocol::Watermark, seq: Seq) -> Delivery {
    if mark.read >= seq {
        Delivery::Seen
    } else if mark.delivered >= seq {
        Delivery::Delivered
    } else {
        Delivery::Sent
    }
}
