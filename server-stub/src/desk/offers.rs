//! Another way to get help, offered inside a conversation and answered once. Taking it changes nothing else.

use tealight_protocol::{
    Alternative, Answers, Cid, ConversationState, ErrorCode, EventKind, OfferChoice, Seq,
};

use super::operator::Said;
use super::speaking::check_claim;
use super::visitor::{ENDED, once, visitor_command};
use super::{ConnId, Desk, Refusal};
use crate::Moment;
use crate::store::{Digest, Store};

/// What an offer's identifier begins with; after it stands the event's number.
const PREFIX: &str = "o";

/// The only question that an offer asks.
const CHOICE: &str = "choice";

impl<S: Store> Desk<S> {
    pub(super) fn offer(
        &mut self,
        now: Moment,
        said: &Said<'_>,
        claim: u64,
        offer: &str,
    ) -> Result<(), Refusal> {
        let watches = self.watches(said.conn, said.conv);
        let understood = self.rooms.get(said.conv).is_some_and(|room| room.takes_offers);
        let alternative = self.alternative(offer);
        let (seq, events) = self.commit(now, said.conv, |tx, change| {
            once(tx, said.key(), said.body, |_| {
                check_claim(&change.record, said.me, claim, watches)?;
                let alternative = alternative?;
                if !understood {
                    let why = "the visitor's page cannot show offers";
                    return Err(Refusal::last_word(ErrorCode::Unsupported, why));
                }
                let id = format!("{PREFIX}{}", change.record.last + 1);
                Ok(Some(change.event(EventKind::Offer { id, from: said.me.clone(), alternative })))
            })
        })?;
        self.ack_operator(said, seq);
        self.tell_events(said.conv, &events);
        Ok(())
    }

    fn alternative(&self, id: &str) -> Result<Alternative, Refusal> {
        let known = self.settings.alternatives.iter().find(|known| known.id == id);
        let known = known.ok_or(Refusal::last_word(ErrorCode::NotFound, "there is no such alternative"))?;
        if known.open {
            Ok(known.clone())
        } else {
            Err(Refusal::last_word(ErrorCode::Closed, "this alternative is not there just now"))
        }
    }

    /// The visitor takes an offer, or does not.
    pub(super) fn answer_offer(
        &mut self,
        now: Moment,
        conn: ConnId,
        cid: &Cid,
        reference: &str,
        data: &Answers,
        body: Digest,
    ) -> Result<(), Refusal> {
        let id = self.own_conversation(conn)?;
        let (seq, events) = self.commit(now, &id, |tx, change| {
            once(tx, visitor_command(&id, cid), body, |tx| {
                let offered = match place_of(reference) {
                    Some(seq) => tx.events(&id, seq - 1, 1)?.pop().filter(|event| event.seq == seq),
                    None => None,
                };
                if !matches!(offered.map(|event| event.kind), Some(EventKind::Offer { .. })) {
                    return Err(Refusal::last_word(ErrorCode::NotFound, "there is no such survey or offer"));
                }
                let choice = choice_of(data)?;
                if change.record.state == ConversationState::Ended {
                    return Err(ENDED);
                }
                if tx.is_answered(&id, reference)? {
                    return Err(Refusal::last_word(ErrorCode::Conflict, "the offer was answered already"));
                }
                let word = if choice == OfferChoice::Taken { "\"taken\"" } else { "\"declined\"" };
                tx.insert_answers(&id, reference, word, now)?;
                let reference = reference.to_owned();
                Ok(Some(change.event(EventKind::Answered { reference, choice })))
            })
        })?;
        self.ack(conn, cid, None, seq);
        self.tell_events(&id, &events);
        Ok(())
    }
}

/// The event that made an offer.
fn place_of(reference: &str) -> Option<Seq> {
    let digits = reference.strip_prefix(PREFIX)?;
    let canonical = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    digits.parse().ok().filter(|seq| canonical && *seq > 0)
}

fn choice_of(data: &Answers) -> Result<OfferChoice, Refusal> {
    let choice = (data.len() == 1).then(|| data.get(CHOICE)).flatten();
    match choice {
        Some("taken") => Ok(OfferChoice::Taken),
        Some("declined") => Ok(OfferChoice::Declined),
        Some(_) | None => Err(Refusal::last_word(ErrorCode::BadRequest, "an offer is taken or declined")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_is_named_in_one_way() {
        assert_eq!(place_of("o17"), Some(17));
        for other in ["", "o", "o0", "o07", "o+7", "o-1", "17", "survey", "o7x", "o99999999999999999999"] {
            assert_eq!(place_of(other), None, "{other}");
        }
    }
}
