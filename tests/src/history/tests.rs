//! The checker catches what it is there to catch: a whole history passes, and each broken one is told apart.

use serde_json::{Value, json};
use tealight_protocol::{ConversationId, Event, OperatorId};
use tealight_session::Delivery;

use super::{History, Seen, Shown, Side, Violation, Waiter};

#[test]
fn a_whole_history_passes() {
    let mut run = Run::default();
    run.stores(whole());
    run.sees(acked("visitor", CID, 2));
    run.sees(claimed("op:1", 1));
    run.sees(told(&whole()[1]));
    run.sees(shows(1, Side::Operator, vec![seen(1, None), seen(2, Some("say-1.")), seen(3, None)]));
    run.sees(shows(0, Side::Visitor, vec![own(2, "say-1.", CID, Delivery::Delivered), seen(3, None)]));
    run.sees(shows(
        0,
        Side::Visitor,
        vec![
            own(2, "say-1.", CID, Delivery::Delivered),
            seen(3, None),
            seen(4, Some("say-2.")),
            under_way("say-9.", OTHER_CID, Delivery::Sending),
        ],
    ));
    run.sees(Seen::Queued { frames: 256, bytes: 1 });
    run.sees(Seen::TookNext {
        conv: conv(),
        areas: vec!["north".to_owned()],
        earlier: vec![waiter("south")],
    });
    run.sees(Seen::Destroyed(conv()));
    run.sees(Seen::Sent { to: Side::Visitor, text: "say-10.".to_owned() });
    run.history.settled().unwrap();
}

#[test]
fn a_hole_in_a_log_is_caught() {
    let mut log = whole();
    log.remove(2);
    assert!(matches!(Run::default().store(log), Err(Violation::Hole { after: 2, seq: 4, .. })));
}

#[test]
fn a_conversation_that_counts_more_events_than_there_are_is_caught() {
    let stored = Seen::Stored { conv: conv(), claim: 1, holder: None, last: 5, news: whole() };
    assert!(matches!(Run::default().history.see(stored), Err(Violation::Hole { after: 4, seq: 5, .. })));
}

#[test]
fn a_command_that_became_two_events_is_caught() {
    let mut log = whole();
    log.push(event(5, json!({"kind": "message", "from": "visitor", "cid": CID, "text": "other"})));
    assert!(matches!(Run::default().store(log), Err(Violation::CommandTwice { .. })));
}

#[test]
fn words_that_were_stored_twice_under_two_names_are_caught() {
    let mut log = whole();
    log.push(event(5, json!({"kind": "message", "from": "visitor", "cid": OTHER_CID, "text": "say-1."})));
    assert!(matches!(Run::default().store(log), Err(Violation::WordsTwice { words: 1, .. })));
}

#[test]
fn two_operators_at_once_are_caught() {
    let mut log = whole();
    log.push(event(5, joined("op:2")));
    assert!(matches!(Run::default().store(log), Err(Violation::ClaimsOverlap { seq: 5, .. })));
}

#[test]
fn an_operator_who_leaves_without_having_been_there_is_caught() {
    let mut log = whole();
    log.push(event(
        5,
        json!({"kind": "left", "who": "op:2", "reason": "connection_lost", "state": "waiting"}),
    ));
    assert!(matches!(Run::default().store(log), Err(Violation::ClaimsOverlap { seq: 5, .. })));
}

#[test]
fn an_operator_who_speaks_without_being_there_is_caught() {
    let mut log = whole();
    log.push(event(5, json!({"kind": "message", "from": "op:2", "cid": OTHER_CID, "text": "hello"})));
    assert!(matches!(Run::default().store(log), Err(Violation::SpokeUninvited { seq: 5, .. })));
}

#[test]
fn an_operator_who_speaks_after_passing_the_conversation_on_is_caught() {
    let mut log = whole();
    log.push(event(5, json!({"kind": "transferred", "from": "op:1", "to": {}, "state": "waiting"})));
    log.push(event(6, json!({"kind": "message", "from": "op:1", "cid": OTHER_CID, "text": "hello"})));
    assert!(matches!(Run::default().store(log), Err(Violation::SpokeUninvited { seq: 6, .. })));
}

#[test]
fn an_offer_that_was_answered_twice_or_never_made_is_caught() {
    let alternative =
        json!({"id": "phone", "channel": "phone", "uri": "tel:112", "label": "Call", "open": true});
    let offer = json!({"kind": "offer", "id": "o5", "from": "op:1", "alternative": alternative});
    let answer = json!({"kind": "answered", "ref": "o5", "choice": "taken"});
    let mut log = whole();
    log.extend([event(5, offer), event(6, answer.clone()), event(7, answer.clone())]);
    assert!(matches!(Run::default().store(log), Err(Violation::AnsweredTwice { seq: 7, .. })));
    let mut log = whole();
    log.push(event(5, answer));
    assert!(matches!(Run::default().store(log), Err(Violation::AnsweredTwice { seq: 5, .. })));
}

#[test]
fn words_after_the_end_are_caught() {
    let mut log = whole();
    log.push(event(5, json!({"kind": "ended", "by": "visitor", "reason": "done"})));
    log.push(event(6, json!({"kind": "message", "from": "visitor", "text": "hello?"})));
    assert!(matches!(Run::default().store(log), Err(Violation::AfterTheEnd { seq: 6, .. })));
}

#[test]
fn an_ack_of_what_is_not_stored_is_caught() {
    let mut run = Run::default();
    run.stores(whole());
    assert!(matches!(run.see(acked("visitor", OTHER_CID, 5)), Err(Violation::NotStored { seq: 5, .. })));
}

#[test]
fn an_ack_with_the_number_of_another_event_is_caught() {
    let mut run = Run::default();
    run.stores(whole());
    assert!(matches!(run.see(acked("visitor", CID, 4)), Err(Violation::OtherCommand { seq: 4, .. })));
    assert!(matches!(run.see(acked("op:1", CID, 2)), Err(Violation::OtherCommand { seq: 2, .. })));
}

#[test]
fn one_command_that_is_acknowledged_as_two_events_is_caught() {
    let mut run = Run::default();
    run.stores(whole());
    run.sees(acked("visitor", OTHER_CID, 1));
    assert!(matches!(
        run.see(acked("visitor", OTHER_CID, 3)),
        Err(Violation::AckedTwice { first: 1, then: 3, .. })
    ));
}

#[test]
fn an_event_that_is_told_before_it_is_stored_is_caught() {
    let mut run = Run::default();
    run.stores(whole());
    let early = event(5, json!({"kind": "message", "from": "visitor", "text": "say-3."}));
    assert!(matches!(run.see(told(&early)), Err(Violation::NotStored { seq: 5, .. })));
}

#[test]
fn an_event_that_is_told_otherwise_than_it_is_stored_is_caught() {
    let mut run = Run::default();
    run.stores(whole());
    let other = event(2, json!({"kind": "message", "from": "visitor", "cid": CID, "text": "say-7."}));
    assert!(matches!(run.see(told(&other)), Err(Violation::ToldOtherwise { seq: 2, .. })));
}

#[test]
fn a_fencing_number_that_falls_is_caught() {
    let mut run = Run::default();
    run.sees(held(3, "op:1"));
    assert!(matches!(run.see(held(2, "op:1")), Err(Violation::FencingFell { from: 3, to: 2, .. })));
}

#[test]
fn a_conversation_that_changes_hands_under_the_same_number_is_caught() {
    let mut run = Run::default();
    run.sees(held(3, "op:1"));
    run.sees(Seen::Stored { conv: conv(), claim: 3, holder: None, last: 0, news: Vec::new() });
    assert!(matches!(run.see(held(3, "op:2")), Err(Violation::FencingKept { claim: 3, .. })));
}

#[test]
fn a_number_that_two_operators_were_given_is_caught() {
    let mut run = Run::default();
    run.sees(claimed("op:1", 1));
    run.sees(claimed("op:1", 1));
    assert!(matches!(run.see(claimed("op:2", 1)), Err(Violation::FencingShared { claim: 1, .. })));
}

#[test]
fn somebody_who_was_overtaken_is_caught() {
    let took = |earlier| Seen::TookNext { conv: conv(), areas: Vec::new(), earlier: vec![earlier] };
    assert!(matches!(Run::default().see(took(waiter("south"))), Err(Violation::Overtaken { .. })));
    Run::default().sees(took(Waiter { is_here: false, ..waiter("south") }));
    Run::default().sees(took(Waiter { is_kept: true, ..waiter("south") }));
}

#[test]
fn a_queue_without_end_is_caught() {
    let too_many = Seen::Queued { frames: 257, bytes: 1 };
    assert!(matches!(Run::default().see(too_many), Err(Violation::QueueTooLong { .. })));
    let too_much = Seen::Queued { frames: 1, bytes: 262_145 };
    assert!(matches!(Run::default().see(too_much), Err(Violation::QueueTooLong { .. })));
}

#[test]
fn a_screen_that_lacks_an_event_is_caught() {
    let mut run = Run::default();
    run.stores(whole());
    let hole = vec![seen(1, None), seen(3, None)];
    assert!(matches!(run.see(shows(1, Side::Operator, hole)), Err(Violation::NoPrefix { page: 1 })));
    let late = vec![seen(3, None), seen(4, Some("say-2."))];
    assert!(matches!(run.see(shows(0, Side::Visitor, late)), Err(Violation::NoPrefix { page: 0 })));
}

#[test]
fn a_screen_with_other_words_is_caught() {
    let mut run = Run::default();
    run.stores(whole());
    let other = vec![own(2, "say-7.", CID, Delivery::Sent)];
    assert!(matches!(run.see(shows(0, Side::Visitor, other)), Err(Violation::NoPrefix { page: 0 })));
}

#[test]
fn a_screen_that_shows_an_entry_twice_is_caught() {
    let mut run = Run::default();
    run.stores(whole());
    let mut entry = seen(2, Some("say-1."));
    entry.key = "1".to_owned();
    let twice = vec![seen(1, None), entry];
    assert!(matches!(run.see(shows(1, Side::Operator, twice)), Err(Violation::ShownTwice { .. })));
}

#[test]
fn a_screen_with_something_committed_behind_something_under_way_is_caught() {
    let mut run = Run::default();
    run.stores(whole());
    let swapped =
        vec![under_way("say-9.", OTHER_CID, Delivery::Sending), own(2, "say-1.", CID, Delivery::Sent)];
    assert!(matches!(run.see(shows(0, Side::Visitor, swapped)), Err(Violation::ShownOutOfOrder { .. })));
}

#[test]
fn a_screen_that_loses_what_it_showed_is_caught_unless_it_was_emptied() {
    let mut run = Run::default();
    run.stores(whole());
    run.sees(shows(1, Side::Operator, vec![seen(1, None), seen(2, Some("say-1."))]));
    let less = shows(1, Side::Operator, vec![seen(1, None)]);
    assert!(matches!(run.see(less.clone()), Err(Violation::Unshown { page: 1 })));
    run.sees(Seen::Emptied { page: 1, conv: None });
    run.sees(less);
}

#[test]
fn a_message_that_is_called_sent_and_is_not_stored_is_caught() {
    let mut run = Run::default();
    run.stores(whole());
    let lie = vec![own(2, "say-1.", CID, Delivery::Sent), under_way("say-9.", OTHER_CID, Delivery::Sent)];
    assert!(matches!(run.see(shows(0, Side::Visitor, lie)), Err(Violation::Untrue { .. })));
}

#[test]
fn a_message_that_is_called_delivered_and_nobody_was_shown_is_caught() {
    let mut run = Run::default();
    run.stores(whole());
    let lie = vec![own(2, "say-1.", CID, Delivery::Delivered)];
    assert!(matches!(run.see(shows(0, Side::Visitor, lie)), Err(Violation::Untrue { .. })));
}

#[test]
fn erased_words_are_found_wherever_they_are() {
    let mut run = Run::default();
    run.stores(whole());
    run.sees(Seen::Destroyed(conv()));
    for seen in [
        Seen::Sent { to: Side::Operator, text: r#"{"text":"say-1."}"#.to_owned() },
        Seen::Kept("in a file: say-2.".to_owned()),
    ] {
        assert!(matches!(run.see(seen), Err(Violation::ErasedWordsFound { .. })));
    }
}

#[test]
fn an_erased_note_is_found_wherever_it_is() {
    let mut run = Run::default();
    run.stores(whole());
    run.sees(Seen::Noted { conv: conv(), note: 4 });
    run.sees(Seen::Kept("note-4.".to_owned()));
    run.sees(Seen::Destroyed(conv()));
    assert!(matches!(run.see(Seen::Kept("note-4.".to_owned())), Err(Violation::ErasedNoteFound { note: 4 })));
}

#[test]
fn a_note_that_goes_to_a_visitor_is_caught() {
    let sent = |to| Seen::Sent { to, text: r#"{"text":"note-4."}"#.to_owned() };
    Run::default().sees(sent(Side::Operator));
    assert!(matches!(Run::default().see(sent(Side::Visitor)), Err(Violation::NoteTold { note: 4 })));
}

#[test]
fn an_acked_command_that_is_gone_in_the_end_is_caught() {
    let mut run = Run::default();
    run.stores(whole());
    run.sees(acked("visitor", CID, 2));
    let log = run.history.logs.get_mut(&conv()).unwrap();
    log.events.truncate(1);
    assert!(matches!(run.history.settled(), Err(Violation::NotStored { seq: 2, .. })));
}

#[test]
fn after_a_back_up_was_restored_a_page_may_show_the_log_of_before_and_nothing_else() {
    let mut run = Run::default();
    run.stores(whole());
    run.sees(Seen::Restored);
    run.stores(whole()[..2].to_vec());
    run.sees(shows(1, Side::Operator, vec![seen(1, None), seen(2, Some("say-1.")), seen(3, None)]));
    let neither = vec![seen(1, None), seen(2, Some("say-3."))];
    assert!(matches!(run.see(shows(1, Side::Operator, neither)), Err(Violation::NoPrefix { .. })));
}

const CID: &str = "AAAAAAAAAAAAAAAAAAAAAA";
const AT: &str = "2026-11-21T20:15:02.114Z";
const OTHER_CID: &str = "BBBBBBBBBBBBBBBBBBBBBB";

#[derive(Default)]
struct Run {
    history: History,
}

impl Run {
    fn see(&mut self, seen: Seen) -> Result<(), Violation> {
        self.history.see(seen)
    }

    fn sees(&mut self, seen: Seen) {
        self.see(seen).unwrap();
    }

    fn store(&mut self, log: Vec<Event>) -> Result<(), Violation> {
        let last = log.last().map_or(0, |event| event.seq);
        let holder = Some(OperatorId("op:1".to_owned()));
        self.see(Seen::Stored { conv: conv(), claim: 1, holder, last, news: log })
    }

    fn stores(&mut self, log: Vec<Event>) {
        self.store(log).unwrap();
    }
}

fn conv() -> ConversationId {
    ConversationId("c1".to_owned())
}

/// Started, a visitor's words, an operator joins and answers.
fn whole() -> Vec<Event> {
    vec![
        event(1, json!({"kind": "started", "lang": "en"})),
        event(2, json!({"kind": "message", "from": "visitor", "cid": CID, "text": "say-1."})),
        event(3, joined("op:1")),
        event(
            4,
            json!({"kind": "message", "from": "op:1", "cid": "CCCCCCCCCCCCCCCCCCCCCC", "text": "say-2."}),
        ),
    ]
}

fn joined(who: &str) -> Value {
    json!({"kind": "joined", "who": {"id": who, "name": "Sam", "role": "operator"}})
}

fn event(seq: u64, mut kind: Value) -> Event {
    kind["seq"] = seq.into();
    kind["at"] = AT.into();
    serde_json::from_value(kind).unwrap()
}

fn acked(sender: &str, cid: &str, seq: u64) -> Seen {
    Seen::Acked { conv: conv(), sender: sender.to_owned(), cid: cid.to_owned(), seq }
}

fn claimed(by: &str, number: u64) -> Seen {
    Seen::Claimed { conv: conv(), by: OperatorId(by.to_owned()), number }
}

fn held(claim: u64, by: &str) -> Seen {
    let holder = Some(OperatorId(by.to_owned()));
    Seen::Stored { conv: conv(), claim, holder, last: 0, news: Vec::new() }
}

fn told(event: &Event) -> Seen {
    Seen::Told { conv: conv(), event: event.clone() }
}

fn shows(page: usize, side: Side, entries: Vec<Shown>) -> Seen {
    let conv = (side == Side::Operator).then(conv);
    Seen::Shows { page, side, conv, entries }
}

fn seen(seq: u64, words: Option<&str>) -> Shown {
    let at = Some(AT.to_owned().try_into().unwrap());
    Shown { key: seq.to_string(), seq: Some(seq), at, words: words.map(str::to_owned), own: None }
}

fn own(seq: u64, words: &str, cid: &str, delivery: Delivery) -> Shown {
    Shown { own: Some((cid.to_owned(), delivery)), key: cid.to_owned(), ..seen(seq, Some(words)) }
}

fn under_way(words: &str, cid: &str, delivery: Delivery) -> Shown {
    Shown { seq: None, at: None, ..own(0, words, cid, delivery) }
}

fn waiter(area: &str) -> Waiter {
    let conv = ConversationId("c0".to_owned());
    Waiter { conv, area: Some(area.to_owned()), is_here: true, is_kept: false }
}
