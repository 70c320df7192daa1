//! What pages show, against the logs: a prefix without a gap, and nothing said of a message that is not so.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use tealight_protocol::{ConversationId, Event, EventKind, Timestamp};
use tealight_session::Delivery;

use super::{Log, Violation, text_of};

/// Whose page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// A visitor's.
    Visitor,
    /// An operator's.
    Operator,
}

/// One entry on a screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its key in the list.
    pub key: String,
    /// Its position in the log; none while it is under way.
    pub seq: Option<u64>,
    /// When it was committed.
    pub at: Option<Timestamp>,
    /// Its words, where it has any.
    pub words: Option<String>,
    /// Of the page's own messages: the name, and how far it says they have come.
    pub own: Option<(String, Delivery)>,
}

/// What pages have shown.
#[derive(Debug, Default)]
pub(super) struct Screens {
    /// How many entries of a conversation a page has shown.
    most: HashMap<(usize, ConversationId), usize>,
    /// The last event of a conversation that any page of a side has shown.
    reach: HashMap<(ConversationId, Side), u64>,
    /// The conversation a page showed last.
    last: HashMap<usize, ConversationId>,
}

impl Screens {
    pub(super) fn emptied(&mut self, page: usize, conv: Option<&ConversationId>) {
        self.most.retain(|(other, of), _| *other != page || conv.is_some_and(|conv| conv != of));
        if conv.is_none() {
            self.last.remove(&page);
        }
    }

    pub(super) fn conversation(&self, page: usize) -> Option<&ConversationId> {
        self.last.get(&page)
    }
}

pub(super) fn shows(
    screens: &mut Screens,
    logs: &BTreeMap<ConversationId, Log>,
    page: usize,
    side: Side,
    conv: Option<&ConversationId>,
    entries: &[Shown],
) -> Result<(), Violation> {
    let mut keys = BTreeSet::new();
    let mut pending = false;
    for entry in entries {
        if !keys.insert(&entry.key) {
            return Err(Violation::ShownTwice { page, key: entry.key.clone() });
        }
        if entry.seq.is_some() && pending {
            return Err(Violation::ShownOutOfOrder { page });
        }
        pending |= entry.seq.is_none();
    }
    let committed: Vec<_> = entries.iter().filter(|entry| entry.seq.is_some()).collect();
    let first = screens.last.get(&page).cloned();
    let found = match conv {
        Some(conv) => prefix_of(logs, conv, side, &committed).then(|| conv.clone()),
        None if committed.is_empty() => first.clone(),
        // The one it showed before is the likeliest.
        None => {
            let candidates = first.iter().chain(logs.keys());
            candidates.into_iter().find(|conv| prefix_of(logs, conv, side, &committed)).cloned()
        }
    };
    let Some(conv) = found else {
        return if committed.is_empty() { Ok(()) } else { Err(Violation::NoPrefix { page }) };
    };
    screens.last.insert(page, conv.clone());
    let is_former = logs.get(&conv).is_some_and(|log| !log.former.is_empty() || log.is_destroyed);
    let most = screens.most.entry((page, conv.clone())).or_default();
    if committed.len() < *most && !is_former {
        return Err(Violation::Unshown { page });
    }
    *most = committed.len();
    let reach = screens.reach.entry((conv.clone(), side)).or_default();
    *reach = (*reach).max(committed.last().and_then(|entry| entry.seq).unwrap_or(0));
    let other = if side == Side::Visitor { Side::Operator } else { Side::Visitor };
    let reached = screens.reach.get(&(conv.clone(), other)).copied().unwrap_or(0);
    for entry in entries {
        let Some((cid, delivery)) = &entry.own else { continue };
        let is_logged = logs
            .get(&conv)
            .is_some_and(|log| log.is_destroyed || lives(log).flatten().any(|event| has_cid(event, cid)));
        let is_seen = entry.seq.is_some_and(|seq| seq <= reached);
        let is_true = match delivery {
            Delivery::Sending | Delivery::NotSent => true,
            Delivery::Sent => is_logged,
            Delivery::Delivered | Delivery::Seen => is_logged && is_seen,
        };
        if !is_true {
            return Err(Violation::Untrue { page, key: entry.key.clone() });
        }
    }
    Ok(())
}

/// Which events of a log a side's screen shows.
pub(super) fn is_shown(event: &Event, side: Side) -> bool {
    match side {
        Side::Visitor => !matches!(
            event.kind,
            EventKind::Started { .. }
                | EventKind::Answered { .. }
                | EventKind::Survey { .. }
                | EventKind::Ended { .. }
                | EventKind::Unknown
        ),
        Side::Operator => {
            !matches!(event.kind, EventKind::Answered { .. } | EventKind::Survey { .. } | EventKind::Unknown)
        }
    }
}

fn prefix_of(
    logs: &BTreeMap<ConversationId, Log>,
    conv: &ConversationId,
    side: Side,
    committed: &[&Shown],
) -> bool {
    let shows = |log: &Log| lives(log).any(|life| begins_with(life, side, committed, log.is_destroyed));
    logs.get(conv).is_some_and(shows)
}

/// Of a log that was destroyed nobody can say any more what its last events were.
fn begins_with(log: &[Event], side: Side, committed: &[&Shown], is_destroyed: bool) -> bool {
    let last = log.last().map_or(0, |event| event.seq);
    if is_destroyed && !committed.iter().any(|entry| entry.seq <= Some(last)) {
        return false;
    }
    let mut visible = log.iter().filter(|event| is_shown(event, side));
    committed.iter().filter(|entry| !is_destroyed || entry.seq <= Some(last)).all(|entry| {
        visible.next().is_some_and(|event| {
            entry.seq == Some(event.seq)
                && entry.at.as_ref() == Some(&event.at)
                && match (text_of(event), &entry.words) {
                    (Some(said), Some(shown)) => said == shown,
                    (None, None) => true,
                    (Some(_), None) | (None, Some(_)) => false,
                }
        })
    })
}

fn lives(log: &Log) -> impl Iterator<Item = &Vec<Event>> {
    [&log.events].into_iter().chain(&log.former)
}

fn has_cid(event: &Event, wanted: &str) -> bool {
    matches!(&event.kind, EventKind::Message { cid: Some(cid), .. } if cid.as_str() == wanted)
}
