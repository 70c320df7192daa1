//! The board and the claims.

use serde_json::{Value, json};
use tealight_protocol::ErrorCode;
use tealight_session::operator::{Command, Refusal, Refused};

use crate::backend::*;

#[test]
fn changes_build_on_the_whole() {
    let mut rig = ready_operator();
    rig.hear(json!({"t": "board", "rev": 11, "waiting": [waiting_entry("w2", 2)]}));
    rig.hear(json!({"t": "board", "rev": 12, "waiting": [waiting_entry("w2", 1)], "gone": ["w1"]}));
    let board = rig.session.view().board;
    assert_eq!(board.waiting.iter().map(|w| (w.conv.0.as_str(), w.place)).collect::<Vec<_>>(), [("w2", 1)]);
    rig.hear(json!({"t": "board", "rev": 13, "active": [{"conv": "w2", "operator": "op:9", "since": AT}]}));
    let board = rig.session.view().board;
    assert_eq!((board.waiting.len(), board.active.len()), (0, 1), "an entry stands in one list");
}

#[test]
fn a_gap_means_asking_for_the_whole_once() {
    let mut rig = ready_operator();
    rig.take_sent();
    rig.hear(json!({"t": "board", "rev": 13, "gone": ["w1"]}));
    rig.hear(json!({"t": "board", "rev": 14, "gone": ["w1"]}));
    assert_eq!(rig.take_one("query")["what"], "board");
    assert_eq!(rig.session.view().board.waiting.len(), 1);
    rig.hear(json!({"t": "board", "rev": 15, "full": true}));
    assert_eq!(rig.session.view().board.waiting.len(), 0);
    rig.hear(json!({"t": "board", "rev": 15, "gone": ["x"]}));
    rig.hear(json!({"t": "board", "rev": 17, "gone": ["x"]}));
    assert_eq!(rig.take("query").len(), 1, "a late change is dropped, a new gap is asked about");
}

#[test]
fn a_claim_that_wins_brings_the_conversation() {
    let mut rig = ready_operator();
    rig.take_sent();
    rig.command(Command::Claim(None));
    rig.command(Command::Claim(None));
    assert!(rig.session.view().claiming);
    let claim = rig.take_one("claim");
    rig.hear(json!({"t": "ack", "cid": claim["cid"], "conv": "c1", "claim": 5}));
    assert!(rig.session.view().claiming, "the conversation belongs to the answer");
    rig.hear(json!({"t": "assigned", "conversation": conversation("c1", 5, 1, vec![entry(1, started())])}));
    assert!(!rig.session.view().claiming);
    assert_eq!(rig.session.view().conversations.len(), 1);
}

#[test]
fn a_claim_that_loses_is_said_and_not_repeated() {
    for (name, code) in [
        ("conflict", ErrorCode::Conflict),
        ("not_found", ErrorCode::NotFound),
        ("forbidden", ErrorCode::Forbidden),
    ] {
        let mut rig = ready_operator();
        rig.command(Command::Claim(Some(id("w1"))));
        let claim = rig.take_one("claim");
        rig.hear(error(&claim, name, false, None));
        let view = rig.session.view();
        assert_eq!((view.claiming, view.refusal), (false, Some(Refusal { code, what: Refused::Claim })));
        rig.reconnect();
        rig.hear(ready(vec![]));
        assert_eq!(rig.take("claim"), [Value::Null; 0]);
        rig.command(Command::DismissRefusal);
        assert_eq!(rig.session.view().refusal, None);
    }
}

#[test]
fn a_claim_without_an_answer_is_told_again_under_the_same_name() {
    let mut rig = ready_operator();
    rig.command(Command::Claim(None));
    let claim = rig.take_one("claim");
    rig.reconnect();
    rig.hear(ready(vec![]));
    assert_eq!(rig.take_one("claim"), claim);
}

#[test]
fn a_claim_whose_conversation_does_not_come_is_found_out_and_said() {
    let refused = Some(Refusal { code: ErrorCode::NotFound, what: Refused::Claim });
    for came in ["nothing", "another", "released"] {
        let mut rig = ready_operator();
        rig.command(Command::Claim(None));
        let claim = rig.take_one("claim");
        rig.reconnect();
        rig.hear(ready(vec![]));
        assert_eq!(rig.take_one("claim"), claim);
        rig.hear(json!({"t": "ack", "cid": claim["cid"], "conv": "c1", "claim": 5}));
        if came == "released" {
            rig.hear(json!({"t": "released", "conv": "c1", "reason": "not_back"}));
        } else {
            rig.pass(10_000);
            assert_eq!(rig.closes.last().unwrap().1, 4000, "as with an answer that does not come");
            rig.until_reconnect();
            rig.opened();
            rig.hear(ready(if came == "another" { vec![conversation("c2", 6, 0, vec![])] } else { vec![] }));
        }
        let view = rig.session.view();
        assert_eq!((view.claiming, view.refusal), (false, refused), "{came}");
        assert_eq!(rig.take("claim"), [Value::Null; 0]);
    }
}

#[test]
fn a_claim_told_again_that_ready_has_answered_already_is_silent() {
    let mut rig = ready_operator();
    rig.command(Command::Claim(None));
    let claim = rig.take_one("claim");
    rig.reconnect();
    rig.hear(ready(vec![conversation("c1", 5, 1, vec![entry(1, started())])]));
    rig.hear(json!({"t": "ack", "cid": claim["cid"], "conv": "c1", "claim": 5}));
    let view = rig.session.view();
    assert_eq!((view.claiming, view.refusal), (false, None));
}
