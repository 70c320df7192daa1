//! A log by itself: no command twice, one operator at a time, nobody speaks who is not there, one answer to an offer.

use std::collections::{BTreeMap, BTreeSet};

use tealight_protocol::{ConversationId, Event, EventKind, OperatorId};

use super::{MARK, Violation, numbers, speaker};

/// Checks a whole log.
pub(super) fn check(conv: &ConversationId, log: &[Event]) -> Result<(), Violation> {
    let mut cids = BTreeSet::new();
    let mut words = BTreeSet::new();
    let mut offers = BTreeMap::new();
    let mut with: Option<&OperatorId> = None;
    let mut ended = false;
    for event in log {
        let (conv, seq) = (conv.clone(), event.seq);
        if ended && !matches!(event.kind, EventKind::Survey { .. }) {
            return Err(Violation::AfterTheEnd { conv, seq });
        }
        match &event.kind {
            EventKind::Joined { who } => {
                let before = with.replace(&who.id);
                require(before.is_none(), || Violation::ClaimsOverlap { conv, seq })?;
            }
            EventKind::Left { who, .. } => {
                let before = with.take();
                require(before == Some(who), || Violation::ClaimsOverlap { conv, seq })?;
            }
            EventKind::Transferred { from, .. } => {
                let before = with.take();
                require(before == Some(from), || Violation::ClaimsOverlap { conv, seq })?;
            }
            EventKind::Offer { id, from, .. } => {
                offers.insert(id, false);
                require(with == Some(from), || Violation::SpokeUninvited { conv, seq })?;
            }
            EventKind::Answered { reference, .. } => {
                // Not offered, or answered before.
                let is_first = offers.insert(reference, true) == Some(false);
                require(is_first, || Violation::AnsweredTwice { conv, seq })?;
            }
            EventKind::Message { from, cid, text, .. } => {
                if let Some(cid) = cid
                    && !cids.insert((String::from(from.clone()), cid.as_str()))
                {
                    return Err(Violation::CommandTwice { conv, cid: cid.as_str().to_owned() });
                }
                if let Some(number) = numbers(text.as_str(), MARK).into_iter().find(|n| !words.insert(*n)) {
                    return Err(Violation::WordsTwice { conv, words: number });
                }
                if speaker(from).is_some_and(|id| with != Some(id)) {
                    return Err(Violation::SpokeUninvited { conv, seq });
                }
            }
            EventKind::Ended { .. } => ended = true,
            _ => {}
        }
    }
    Ok(())
}

fn require(holds: bool, violation: impl FnOnce() -> Violation) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(violation()) }
}
