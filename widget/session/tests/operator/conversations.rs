//! Several conversations at once, each with its own composer, log and place.

use serde_json::{Value, json};
use tealight_protocol::{Link, ReleaseReason, VisitorPresence};
use tealight_session::Delivery::*;
use tealight_session::Fact;
use tealight_session::operator::{Command, Refusal, Refused};

use crate::backend::*;

#[test]
fn a_message_carries_the_claim_that_counts_when_it_goes() {
    let mut rig = chatting();
    assert_eq!(rig.say("c1", "hello")["claim"], 5);
    rig.closed(1006);
    rig.command(Command::Edit(id("c1"), "second".to_owned()));
    rig.command(Command::Send(id("c1")));
    rig.until_reconnect();
    rig.opened();
    rig.take_sent();
    rig.hear(ready(vec![conversation("c1", 6, 2, vec![])]));
    let first = rig.take_one("send");
    assert_eq!((&first["claim"], &first["text"]), (&json!(6), &json!("hello")));
    rig.hear(ack(&first, Some(3)));
    let second = rig.take_one("send");
    assert_eq!((&second["claim"], &second["text"]), (&json!(6), &json!("second")));
}

#[test]
fn what_was_erased_while_the_console_was_away_goes_from_its_screen() {
    let mut rig = chatting();
    rig.hear(event("c1", 3, visitors("a secret")));
    let hello = rig.reconnect();
    assert_eq!(hello["after"]["c1"], 3);
    rig.hear(ready(vec![]));
    rig.hear(json!({"t": "released", "conv": "c1", "reason": "erased"}));
    assert!(rig.conv("c1").entries.is_empty());
    assert_eq!(rig.conv("c1").released, Some(ReleaseReason::Erased));
}

#[test]
fn what_was_erased_after_the_end_goes_from_the_screen() {
    for away in [false, true] {
        let mut rig = chatting();
        rig.hear(event("c1", 3, visitors("a secret")));
        rig.hear(event("c1", 4, ended()));
        if away {
            let hello = rig.reconnect();
            assert_eq!(hello["after"]["c1"], 4, "an ended conversation is followed as long as it is shown");
            rig.hear(ready(vec![]));
        }
        rig.hear(json!({"t": "released", "conv": "c1", "reason": "erased"}));
        assert!(rig.conv("c1").entries.is_empty());
    }
}

#[test]
fn a_message_goes_through_its_states_and_stays_one() {
    let mut rig = chatting();
    let send = rig.say("c1", "hello");
    rig.hear(event("c1", 3, own(&send)));
    rig.hear(ack(&send, Some(3)));
    assert_eq!(rig.bubbles("c1"), [("hello".to_owned(), Sent)]);
    rig.hear(json!({"t": "marks", "conv": "c1", "visitor": {"delivered": 3, "read": 3}}));
    assert_eq!(rig.bubbles("c1"), [("hello".to_owned(), Seen)]);
}

#[test]
fn each_conversation_has_its_own_composer() {
    let mut rig = chatting();
    rig.hear(json!({"t": "assigned", "conversation": conversation("c2", 8, 1, vec![entry(1, started())])}));
    rig.command(Command::Edit(id("c1"), "for one".to_owned()));
    rig.command(Command::Edit(id("c2"), "for two".to_owned()));
    rig.command(Command::Send(id("c2")));
    assert_eq!(rig.conv("c1").draft.text, "for one");
    assert_eq!(rig.conv("c2").draft.text, "");
    assert_eq!(rig.take_one("send")["conv"], "c2");
}

#[test]
fn a_pre_written_message_opens_in_the_composer_and_is_not_sent() {
    let mut rig = chatting();
    let before = rig.conv("c1").draft.revision;
    rig.command(Command::Edit(id("c1"), "Hello.".to_owned()));
    rig.command(Command::UseCanned(id("c1"), "Take your time.".to_owned()));
    let draft = rig.conv("c1").draft.clone();
    assert_eq!(draft.text, "Hello.\nTake your time.");
    assert!(draft.revision > before && draft.can_send);
    assert_eq!(rig.take("send"), [Value::Null; 0]);
}

#[test]
fn a_link_goes_with_the_words_if_its_scheme_is_allowed() {
    let mut rig = chatting();
    let link = |url: &str| Some(Link { url: url.to_owned(), title: None });
    rig.command(Command::Attach(id("c1"), link("javascript:alert(1)")));
    assert_eq!(rig.conv("c1").draft.link, None);
    rig.command(Command::Attach(id("c1"), link("https://example.org/a")));
    assert_eq!(rig.say("c1", "look")["link"]["url"], "https://example.org/a");
    assert_eq!(rig.conv("c1").draft.link, None);
}

#[test]
fn a_refused_message_can_be_tried_again() {
    let mut rig = chatting();
    let send = rig.say("c1", "hello");
    rig.hear(error(&send, "internal", false, None));
    assert_eq!(rig.bubbles("c1"), [("hello".to_owned(), NotSent)]);
    rig.command(Command::TryAgain(id("c1"), serde_json::from_value(send["cid"].clone()).unwrap()));
    let again = rig.take_one("send");
    assert_ne!(again["cid"], send["cid"]);
    rig.hear(event("c1", 3, own(&again)));
    assert_eq!(rig.bubbles("c1"), [("hello".to_owned(), Sent)]);
}

#[test]
fn missing_events_are_asked_for_in_their_conversation() {
    let mut rig = chatting();
    rig.hear(event("c1", 5, visitors("later")));
    assert_eq!(rig.take_one("sync"), json!({"t": "sync", "conv": "c1", "after": 2}));
    rig.hear(json!({"t": "history", "conv": "c1", "last": 5, "more": false, "events": [
        entry(3, visitors("a")), entry(4, visitors("b")), entry(5, visitors("later")),
    ]}));
    let seqs: Vec<_> = rig.conv("c1").entries.iter().filter_map(|entry| entry.seq).collect();
    assert_eq!(seqs, [1, 2, 3, 4, 5]);
}

#[test]
fn what_was_read_in_sight_is_told() {
    let mut rig = chatting();
    rig.hear(event("c1", 3, visitors("hello")));
    assert_eq!(rig.conv("c1").unread, 1);
    rig.pass(2_000);
    rig.take_sent();
    rig.fact(Fact::Hidden);
    rig.command(Command::Read(id("c1"), 3));
    assert_eq!(rig.take("mark"), [Value::Null; 0]);
    rig.fact(Fact::Shown);
    rig.command(Command::Read(id("c1"), 3));
    assert_eq!(rig.take_one("mark"), json!({"t": "mark", "conv": "c1", "delivered": 3, "read": 3}));
    assert_eq!(rig.conv("c1").unread, 0);
}

#[test]
fn typing_and_presence_are_shown() {
    let mut rig = chatting();
    rig.hear(json!({"t": "typing", "conv": "c1", "on": true}));
    assert!(rig.conv("c1").typing);
    rig.pass(6_000);
    assert!(!rig.conv("c1").typing);
    rig.hear(json!({"t": "presence", "conv": "c1", "presence": "gone", "since": AT}));
    assert_eq!(rig.conv("c1").presence, VisitorPresence::Gone);
}

#[test]
fn a_conversation_that_is_only_kept_cannot_be_spoken_into() {
    let mut rig = ready_operator();
    let mut held = conversation("c1", 5, 1, vec![entry(1, started())]);
    held["state"] = json!("waiting");
    rig.hear(json!({"t": "assigned", "conversation": held}));
    rig.command(Command::Edit(id("c1"), "hello".to_owned()));
    assert!(!rig.conv("c1").draft.can_send);
    rig.hear(event("c1", 2, joined("op:7")));
    assert!(rig.conv("c1").draft.can_send);
}

#[test]
fn a_released_conversation_takes_no_more_words_and_can_be_dismissed() {
    let mut rig = chatting();
    rig.say("c1", "too late");
    rig.command(Command::Edit(id("c1"), "draft".to_owned()));
    rig.hear(json!({"t": "released", "conv": "c1", "reason": "lease"}));
    let one = rig.conv("c1");
    assert_eq!(
        (one.released, one.draft.can_send, one.draft.text.as_str()),
        (Some(ReleaseReason::Lease), false, "draft")
    );
    assert!(one.has_unsent, "what was on its way may not have arrived, and that is said");
    rig.command(Command::Dismiss(id("c1")));
    assert!(rig.session.view().conversations.is_empty());
}

#[test]
fn no_word_of_a_conversation_stays_with_somebody_who_no_longer_has_it() {
    for reason in ["lease", "not_back", "left", "transferred", "later"] {
        let mut rig = chatting();
        rig.hear(event("c1", 3, visitors("a secret")));
        rig.hear(json!({"t": "released", "conv": "c1", "reason": reason}));
        assert!(rig.conv("c1").entries.is_empty(), "{reason}");
        rig.take_sent();
        rig.hear(event("c1", 4, visitors("said to the next one")));
        rig.hear(
            json!({"t": "history", "conv": "c1", "last": 4, "more": false, "events": [entry(4, started())]}),
        );
        assert!(rig.conv("c1").entries.is_empty(), "{reason}");
        assert_eq!(rig.take_sent(), [Value::Null; 0], "nothing is asked about it");
    }
}

#[test]
fn a_conversation_that_comes_back_has_everything_and_what_was_not_sent() {
    let mut rig = chatting();
    let arrived = rig.say("c1", "arrived after all");
    rig.command(Command::Edit(id("c1"), "never sent".to_owned()));
    rig.command(Command::Send(id("c1")));
    rig.command(Command::Edit(id("c1"), "draft".to_owned()));
    rig.hear(json!({"t": "released", "conv": "c1", "reason": "lease"}));
    rig.hear(json!({"t": "assigned", "conversation": conversation("c1", 7, 4, vec![
        entry(1, started()), entry(2, joined("op:7")), entry(3, own(&arrived)), entry(4, joined("op:7")),
    ])}));
    let one = rig.conv("c1");
    assert_eq!((one.released, one.has_unsent, one.draft.text.as_str()), (None, false, "draft"));
    assert_eq!(
        rig.bubbles("c1"),
        [("arrived after all".to_owned(), Sent), ("never sent".to_owned(), NotSent)]
    );
}

#[test]
fn an_erased_conversation_leaves_no_words() {
    let mut rig = chatting();
    rig.hear(event("c1", 3, visitors("words")));
    rig.say("c1", "pending");
    rig.hear(json!({"t": "released", "conv": "c1", "reason": "erased"}));
    assert!(rig.conv("c1").entries.is_empty());
}

#[test]
fn a_conversation_that_went_away_meanwhile_is_released() {
    let mut rig = chatting();
    rig.reconnect();
    rig.hear(ready(vec![]));
    assert_eq!(rig.conv("c1").released, Some(ReleaseReason::Unknown));
}

#[test]
fn a_running_conversation_cannot_be_dismissed() {
    let mut rig = chatting();
    rig.command(Command::Dismiss(id("c1")));
    assert_eq!(rig.session.view().conversations.len(), 1);
}

#[test]
fn ending_is_told_once_and_shown() {
    let mut rig = chatting();
    rig.command(Command::End(id("c1")));
    rig.command(Command::End(id("c1")));
    let end = rig.take_one("end");
    assert_eq!(end["claim"], 5);
    rig.hear(event("c1", 3, ended()));
    rig.hear(ack(&end, Some(3)));
    assert!(rig.conv("c1").ended.is_some());
    rig.reconnect();
    rig.hear(ready(vec![]));
    assert_eq!(rig.take("end"), [Value::Null; 0]);
    assert_eq!(rig.conv("c1").released, None, "it ended, and that is all there is to say");
}

#[test]
fn a_refused_end_is_said() {
    let mut rig = chatting();
    rig.command(Command::End(id("c1")));
    let end = rig.take_one("end");
    rig.hear(error(&end, "conflict", false, None));
    assert!(matches!(rig.session.view().refusal, Some(Refusal { what: Refused::End, .. })));
}

#[test]
fn conversations_that_did_not_change_stay_the_same_to_the_screen() {
    let mut rig = chatting();
    rig.hear(json!({"t": "assigned", "conversation": conversation("c2", 8, 1, vec![entry(1, started())])}));
    let before = rig.conv("c1");
    rig.hear(event("c2", 2, visitors("hello")));
    assert!(std::sync::Arc::ptr_eq(&before, &rig.conv("c1")));
}
