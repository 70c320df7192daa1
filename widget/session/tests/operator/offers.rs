//! Offering a visitor another way to get help.

use serde_json::{Value, json};
use tealight_protocol::{ErrorCode, OfferChoice};
use tealight_session::Delivery::{self, *};
use tealight_session::operator::{Command, EntryKind, Refusal, Refused};

use crate::backend::*;

#[test]
fn what_can_be_offered_is_asked_for_page_by_page_and_again_on_demand() {
    let mut rig = fresh();
    rig.command(Command::Open);
    rig.opened();
    rig.hear(ready_for_all(vec![]));
    let query = rig.queries("offers").remove(0);
    rig.hear(json!({"t": "result", "cid": query["cid"], "offers": [alternative("a")], "more": true}));
    assert!(rig.session.view().offers.is_empty(), "shown when all are there");
    let query = rig.queries("offers").remove(0);
    assert_eq!(query["after"], 1);
    rig.hear(json!({"t": "result", "cid": query["cid"], "offers": [alternative("b")]}));
    assert_eq!(rig.session.view().offers.len(), 2);
    rig.command(Command::LookUpOffers);
    rig.command(Command::LookUpOffers);
    let query = rig.queries("offers").remove(0);
    assert_eq!(query.get("after"), None);
    rig.hear(json!({"t": "result", "cid": query["cid"], "offers": [alternative("b")]}));
    assert_eq!(rig.session.view().offers.len(), 1);
}

#[test]
fn an_offer_goes_through_its_states_and_stays_one() {
    for echo_first in [false, true] {
        let mut rig = able();
        rig.command(Command::Offer(id("c1"), "tel".to_owned()));
        let sent = rig.take_one("offer");
        assert_eq!((&sent["offer"], &sent["claim"]), (&json!("tel"), &json!(5)));
        assert_eq!(rig.offers(), [(Sending, None)]);
        let frames = [ack(&sent, Some(3)), event("c1", 3, offered("tel"))];
        for at in if echo_first { [1, 0] } else { [0, 1] } {
            rig.hear(frames[at].clone());
            assert_eq!(rig.offers(), [(Sent, None)]);
        }
    }
}

#[test]
fn an_offer_without_an_ack_is_told_again_and_one_that_arrived_is_not() {
    let mut rig = able();
    rig.command(Command::Offer(id("c1"), "tel".to_owned()));
    let sent = rig.take_one("offer");
    rig.reconnect();
    rig.hear(ready_for_all(vec![conversation("c1", 5, 2, vec![])]));
    assert_eq!(rig.take_one("offer"), sent);
    rig.reconnect();
    rig.hear(ready_for_all(vec![conversation("c1", 5, 3, vec![entry(3, offered("tel"))])]));
    assert_eq!(rig.take("offer"), [Value::Null; 0]);
    assert_eq!(rig.offers(), [(Sent, None)]);
}

#[test]
fn the_visitors_answer_is_shown_with_the_offer_and_the_first_one_counts() {
    let mut rig = able();
    rig.hear(event("c1", 3, offered("tel")));
    let answered = |choice: &str| json!({"kind": "answered", "ref": "o3", "choice": choice});
    rig.hear(event("c1", 4, answered("taken")));
    rig.hear(event("c1", 5, answered("declined")));
    assert_eq!(rig.offers(), [(Sent, Some(OfferChoice::Taken))]);
    assert_eq!(rig.take("sync"), [Value::Null; 0], "an answer takes its place in the order");
}

#[test]
fn a_refused_offer_is_said() {
    for (word, code) in [("unsupported", ErrorCode::Unsupported), ("closed", ErrorCode::Closed)] {
        let mut rig = able();
        rig.command(Command::Offer(id("c1"), "tel".to_owned()));
        let sent = rig.take_one("offer");
        rig.hear(error(&sent, word, false, None));
        assert_eq!(rig.session.view().refusal, Some(Refusal { code, what: Refused::Offer }));
        assert!(rig.offers().is_empty());
    }
}

#[test]
fn only_what_is_known_is_offered_and_only_to_somebody_who_is_there() {
    let mut rig = able();
    rig.command(Command::Offer(id("c1"), "unheard of".to_owned()));
    rig.hear(event("c1", 3, ended()));
    rig.command(Command::Offer(id("c1"), "tel".to_owned()));
    assert_eq!(rig.take("offer"), [Value::Null; 0]);
}

#[test]
fn a_log_that_begins_anew_keeps_offers_and_answers_together() {
    let mut rig = able();
    rig.hear(event("c1", 3, offered("tel")));
    rig.reconnect();
    let answered = json!({"kind": "answered", "ref": "o2", "choice": "taken"});
    let mut offer = offered("tel");
    offer["id"] = json!("o2");
    let log = vec![entry(1, started()), entry(2, offer), entry(3, answered)];
    let mut anew = conversation("c1", 5, 3, log);
    anew["reset"] = json!(true);
    rig.hear(ready_for_all(vec![anew]));
    assert_eq!(rig.offers(), [(Sent, Some(OfferChoice::Taken))]);
}

fn offered(alternative_id: &str) -> Value {
    json!({"kind": "offer", "id": "o3", "from": "op:7", "alternative": alternative(alternative_id)})
}

impl Operator {
    fn queries(&mut self, what: &str) -> Vec<Value> {
        self.take("query").into_iter().filter(|query| query["what"] == what).collect()
    }

    fn offers(&self) -> Vec<(Delivery, Option<OfferChoice>)> {
        let offers = |kind: &EntryKind| match kind {
            EntryKind::Offer { delivery, answer, .. } => Some((*delivery, *answer)),
            _ => None,
        };
        self.conv("c1").entries.iter().filter_map(|entry| offers(&entry.kind)).collect()
    }
}
