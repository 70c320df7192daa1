//! Passing a conversation on: once, whatever is lost on the way.

use serde_json::{Value, json};
use tealight_protocol::{ErrorCode, NoteText, OperatorId, Reason, ReleaseReason, TransferTarget};
use tealight_session::Delivery::NotSent;
use tealight_session::operator::{Command, EntryKind, Refusal, Refused};

use crate::backend::*;

#[test]
fn passing_on_names_whom_and_why_and_the_conversation_goes() {
    let mut rig = able();
    rig.command(pass_on());
    rig.command(pass_on());
    let transfer = rig.take_one("transfer");
    assert_eq!(transfer["claim"], 5);
    assert_eq!(transfer["to"], json!({"operator": "op:9"}));
    assert_eq!((&transfer["reason"], &transfer["note"]), (&json!("My shift is over."), &json!("Likes tea.")));
    assert!(rig.conv("c1").transferring);
    rig.hear(ack(&transfer, Some(3)));
    rig.hear(json!({"t": "released", "conv": "c1", "reason": "transferred"}));
    let one = rig.conv("c1");
    assert_eq!((one.released, one.transferring), (Some(ReleaseReason::Transferred), false));
    assert!(one.entries.is_empty() && one.notes.is_empty() && !one.has_unsent);
}

#[test]
fn nothing_is_said_while_it_is_being_passed_on() {
    let mut rig = able();
    rig.command(Command::Edit(id("c1"), "hello".to_owned()));
    rig.command(Command::EditNote(id("c1"), "hello".to_owned()));
    rig.command(pass_on());
    rig.take_sent();
    let one = rig.conv("c1");
    assert!(!one.draft.can_send && !one.note_draft.can_send);
    rig.command(Command::Send(id("c1")));
    rig.command(Command::SendNote(id("c1")));
    rig.command(Command::End(id("c1")));
    assert_eq!(rig.take_sent(), [Value::Null; 0]);
}

#[test]
fn words_that_went_before_arrive_before() {
    let mut rig = able();
    let send = rig.say("c1", "goodbye");
    rig.command(pass_on());
    assert_eq!(rig.take("transfer"), [Value::Null; 0], "the answer to the words is awaited");
    rig.hear(ack(&send, Some(3)));
    rig.take_one("transfer");
}

#[test]
fn a_transfer_in_flight_is_told_again_if_it_was_not_done() {
    let mut rig = able();
    rig.command(pass_on());
    let transfer = rig.take_one("transfer");
    rig.reconnect();
    rig.hear(ready_for_all(vec![conversation("c1", 5, 2, vec![])]));
    assert_eq!(rig.take_one("transfer"), transfer);
    rig.hear(ack(&transfer, Some(3)));
    assert_eq!(rig.conv("c1").released, Some(ReleaseReason::Transferred));
    rig.reconnect();
    rig.hear(ready_for_all(vec![]));
    assert_eq!(rig.take("transfer"), [Value::Null; 0]);
}

#[test]
fn a_transfer_that_was_done_before_the_cut_is_asked_about_and_shown_as_done() {
    let mut rig = able();
    rig.command(pass_on());
    let transfer = rig.take_one("transfer");
    rig.reconnect();
    rig.hear(ready_for_all(vec![]));
    rig.hear(json!({"t": "released", "conv": "c1", "reason": "lease"}));
    assert_eq!(rig.take_one("transfer"), transfer, "under the same name");
    rig.hear(ack(&transfer, Some(3)));
    assert_eq!(rig.conv("c1").released, Some(ReleaseReason::Transferred));
}

#[test]
fn a_transfer_of_what_was_lost_meanwhile_is_given_up_quietly() {
    let mut rig = able();
    rig.command(pass_on());
    rig.reconnect();
    rig.hear(ready_for_all(vec![]));
    rig.hear(json!({"t": "released", "conv": "c1", "reason": "lease"}));
    let transfer = rig.take_one("transfer");
    rig.hear(error(&transfer, "conflict", false, None));
    assert_eq!((rig.conv("c1").released, rig.session.view().refusal), (Some(ReleaseReason::Lease), None));
}

#[test]
fn a_transfer_of_a_conversation_that_came_back_since_does_not_take_it_away_again() {
    let mut rig = able();
    rig.command(pass_on());
    rig.reconnect();
    rig.hear(ready_for_all(vec![conversation(
        "c1",
        6,
        4,
        vec![entry(3, joined("op:9")), entry(4, joined("op:7"))],
    )]));
    let transfer = rig.take_one("transfer");
    assert_eq!(transfer["claim"], 5, "it was about the first time");
    rig.hear(ack(&transfer, Some(3)));
    assert_eq!(rig.conv("c1").released, None);
}

#[test]
fn a_refused_transfer_is_said_and_the_conversation_stays() {
    let mut rig = able();
    let send = rig.say("c1", "hello");
    rig.hear(ack(&send, Some(3)));
    rig.command(pass_on());
    let transfer = rig.take_one("transfer");
    rig.hear(error(&transfer, "not_found", false, None));
    let refusal = rig.session.view().refusal;
    assert_eq!(refusal, Some(Refusal { code: ErrorCode::NotFound, what: Refused::Transfer }));
    let one = rig.conv("c1");
    assert_eq!((one.released, one.transferring, one.entries.len()), (None, false, 3));
    rig.command(pass_on());
    assert_ne!(rig.take_one("transfer")["cid"], transfer["cid"]);
    assert_eq!(rig.session.view().refusal, None);
}

#[test]
fn a_transfer_that_the_backend_cannot_keep_now_is_told_again() {
    let mut rig = able();
    rig.command(pass_on());
    let transfer = rig.take_one("transfer");
    rig.hear(error(&transfer, "unavailable", true, Some(1_000)));
    rig.pass(1_000);
    assert_eq!(rig.take_one("transfer"), transfer);
}

#[test]
fn the_next_operator_reads_who_passed_it_on_and_why() {
    let mut rig = able();
    let passed = json!({"kind": "transferred", "from": "op:9", "to": {"operator": "op:7", "name": "Robin"},
        "reason": "My shift is over.", "state": "waiting"});
    let mut events = vec![entry(1, started()), entry(2, joined("op:9")), entry(3, visitors("hello"))];
    events.extend([entry(4, passed), entry(5, joined("op:7"))]);
    rig.hear(json!({"t": "assigned", "conversation": conversation("c2", 8, 5, events)}));
    let one = rig.conv("c2");
    let EntryKind::Transferred { own, reason, .. } = &one.entries[3].kind else { panic!() };
    assert_eq!((*own, reason.as_ref().unwrap().as_str()), (false, "My shift is over."));
    rig.command(Command::Edit(id("c2"), "hello".to_owned()));
    assert!(rig.conv("c2").draft.can_send);
}

#[test]
fn without_the_capability_nothing_is_passed_on() {
    let mut rig = chatting();
    assert_eq!(rig.session.view().abilities, Default::default());
    rig.command(pass_on());
    rig.command(Command::EditNote(id("c1"), "words".to_owned()));
    rig.command(Command::SendNote(id("c1")));
    rig.command(Command::LookUpOffers);
    assert_eq!(rig.take_sent(), [Value::Null; 0]);
}

#[test]
fn words_that_were_refused_stay_until_the_transfer_is_done() {
    let mut rig = able();
    let send = rig.say("c1", "refused");
    rig.hear(error(&send, "internal", false, None));
    rig.command(pass_on());
    assert_eq!(rig.bubbles("c1"), [("refused".to_owned(), NotSent)]);
    let transfer = rig.take_one("transfer");
    rig.hear(ack(&transfer, Some(3)));
    assert!(rig.conv("c1").has_unsent);
    rig.command(Command::Dismiss(id("c1")));
    assert!(rig.session.view().conversations.is_empty());
}

fn pass_on() -> Command {
    Command::Transfer {
        conv: id("c1"),
        to: TransferTarget { operator: Some(OperatorId("op:9".to_owned())), area: None },
        reason: Some(Reason::parse("My shift is over.").unwrap()),
        note: Some(NoteText::parse("Likes tea.").unwrap()),
    }
}
