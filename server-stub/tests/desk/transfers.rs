//! A visitor is passed on: to a colleague, to an area, back to the room. Nothing is told twice, nobody is dropped.

use serde_json::{Value, json};
use tealight_server::desk::ConnId;
use tealight_server::store::SqliteStore;
use tealight_server::testing::{CONFIG, START, TestDesk, cid, instance, operator_hello, resume, start};

const AREAS: &str = "\n[[areas]]\nid = \"north\"\nname = \"The north\"\n[[areas]]\nid = \"south\"\nname = \"The south\"\n\
    [[areas]]\nid = \"west\"\nname = \"The west\"\nopen = false\n";

#[test]
fn passed_on_to_a_colleague_the_visitor_is_told_and_the_colleague_has_the_whole_log() {
    let mut desk = TestDesk::new();
    let (visitor, ada, conv, claim) = desk.talking();
    let (newcomer, _) = desk.waiting(7);
    let ben = desk.accepting("ben", 1);
    take_all(&mut desk, &[visitor, ada, ben, newcomer]);
    desk.send(
        ada,
        &transfer(60, &conv, claim, &json!({"operator": "op:2"}), Some("Ben knows more."), Some("Sleep.")),
    );
    let told = desk.take(ada);
    assert_eq!(told[0], json!({"t": "ack", "cid": cid(60), "conv": conv, "seq": 3}));
    assert_eq!(told[1], json!({"t": "released", "conv": conv, "reason": "transferred"}));
    let heard = desk.take(visitor);
    assert_eq!(
        (&heard[0]["kind"], &heard[0]["from"], &heard[0]["to"], &heard[0]["reason"], &heard[0]["state"]),
        (
            &json!("transferred"),
            &json!("op:1"),
            &json!({"operator": "op:2", "name": "ben"}),
            &json!("Ben knows more."),
            &json!("waiting")
        )
    );
    assert_eq!((&heard[1]["t"], &heard[1]["place"]), (&json!("queue"), &json!(1)));
    assert!(!json!(heard).to_string().contains("Sleep"), "the note is not for the visitor");
    desk.advance(300);
    let waiting = last_of(&desk.take_all(ben, "board"), "waiting", &conv);
    assert_eq!((&waiting["reserved_for"], &waiting["place"]), (&json!("op:2"), &json!(1)));

    // A late word of the old operator finds no conversation; the transfer said again is answered as before.
    desk.send(
        ada,
        &json!({"t": "send", "cid": cid(61), "conv": conv, "claim": claim, "text": "One more thing"}),
    );
    assert_eq!(desk.take_one(ada, "error")["code"], "conflict");
    desk.send(
        ada,
        &transfer(60, &conv, claim, &json!({"operator": "op:2"}), Some("Ben knows more."), Some("Sleep.")),
    );
    assert_eq!(
        desk.take(ada).iter().filter(|f| f["t"] != "board").count(),
        1,
        "the ack, and nothing happens again"
    );
    desk.send(ada, &transfer(60, &conv, claim, &json!({}), None, None));
    assert_eq!(desk.take_one(ada, "error")["code"], "conflict");

    desk.send(ben, &json!({"t": "claim", "cid": cid(70)}));
    let sent = desk.take(ben);
    let ack = sent.iter().find(|f| f["t"] == "ack").unwrap();
    assert_eq!((&ack["conv"], &ack["claim"]), (&json!(conv), &json!(claim + 1)));
    let assigned = &sent.iter().find(|f| f["t"] == "assigned").unwrap()["conversation"];
    let kinds: Vec<_> = assigned["events"].as_array().unwrap().iter().map(|e| e["kind"].clone()).collect();
    assert_eq!(kinds, ["started", "joined", "transferred", "joined"]);
    desk.send(ben, &json!({"t": "query", "cid": cid(71), "what": "notes", "conv": conv}));
    let notes = desk.take_one(ben, "result")["notes"].clone();
    assert_eq!(
        (&notes[0]["n"], &notes[0]["from"], &notes[0]["text"]),
        (&json!(1), &json!("op:1"), &json!("Sleep."))
    );
    desk.send(ada, &json!({"t": "query", "cid": cid(62), "what": "notes", "conv": conv}));
    assert_eq!(desk.take_one(ada, "error")["code"], "forbidden");
}

#[test]
fn while_kept_for_a_colleague_nobody_else_takes_the_visitor() {
    let mut desk = TestDesk::new();
    let (visitor, ada, conv, claim) = desk.talking();
    let (other, other_conv) = desk.waiting(7);
    let ben = desk.accepting("ben", 1);
    let cleo = desk.accepting("cleo", 3);
    desk.send(ada, &transfer(60, &conv, claim, &json!({"operator": "op:2"}), None, None));
    take_all(&mut desk, &[visitor, ada, ben, cleo, other]);
    desk.send(cleo, &json!({"t": "claim", "cid": cid(70), "conv": conv}));
    assert_eq!(desk.take_one(cleo, "error")["code"], "conflict");
    desk.send(cleo, &json!({"t": "claim", "cid": cid(71)}));
    assert_eq!(desk.take_one(cleo, "ack")["conv"], other_conv, "next passes over who is kept");
    desk.send(cleo, &json!({"t": "claim", "cid": cid(72)}));
    assert_eq!(desk.take_one(cleo, "error")["code"], "not_found");
    keep_alive(&mut desk, &[visitor, ada, ben, cleo], 60);
    desk.take(cleo);
    desk.send(cleo, &json!({"t": "claim", "cid": cid(73)}));
    assert_eq!(desk.take_one(cleo, "ack")["conv"], conv, "after a minute anybody may help");
}

#[test]
fn a_reservation_ends_when_the_colleague_pauses_or_goes() {
    for pauses in [true, false] {
        let mut desk = TestDesk::new();
        let (_, ada, conv, claim) = desk.talking();
        let ben = desk.accepting("ben", 1);
        let cleo = desk.accepting("cleo", 1);
        desk.advance(300);
        desk.send(ada, &transfer(60, &conv, claim, &json!({"operator": "op:2"}), None, None));
        if pauses {
            desk.send(ben, &json!({"t": "state", "status": "paused", "capacity": 1}));
        } else {
            desk.disconnect(ben);
        }
        desk.advance(300);
        let entry = last_of(&desk.take_all(cleo, "board"), "waiting", &conv);
        assert_eq!(entry["reserved_for"], Value::Null);
        desk.send(cleo, &json!({"t": "claim", "cid": cid(70)}));
        assert_eq!(desk.take_one(cleo, "ack")["conv"], conv);
    }
}

#[test]
fn a_colleague_takes_who_was_passed_on_whatever_the_area_and_language_but_within_the_capacity() {
    let mut desk = TestDesk::with_config(&format!("{CONFIG}{AREAS}"));
    let visitor = desk.visitor(1);
    let mut frame = start(1);
    frame["area"] = json!("north");
    desk.send(visitor, &frame);
    let conv = desk.take_one(visitor, "ack")["conv"].as_str().unwrap().to_owned();
    let ada = desk.accepting("ada", 1);
    let token = desk.operator_for("ben", "Ben", &["south"]);
    desk.change("ben", |duties| duties.languages = vec!["de".to_owned()]);
    let ben = desk.console(&token, 9);
    desk.send(ben, &json!({"t": "state", "status": "accepting", "capacity": 1}));
    desk.send(ada, &json!({"t": "claim", "cid": cid(50)}));
    let claim = desk.take_one(ada, "ack")["claim"].as_u64().unwrap();
    desk.send(ada, &transfer(60, &conv, claim, &json!({"operator": "op:2"}), None, None));
    // Somebody whom Ben would otherwise take comes first in time, and second in turn.
    let south = desk.visitor(2);
    let mut frame = start(2);
    (frame["area"], frame["lang"]) = (json!("south"), json!("de-CH"));
    desk.send(south, &frame);
    desk.take(ben);
    desk.send(ben, &json!({"t": "claim", "cid": cid(70)}));
    assert_eq!(desk.take_one(ben, "ack")["conv"], conv);
    desk.send(ben, &json!({"t": "claim", "cid": cid(71)}));
    assert_eq!(desk.take_one(ben, "error")["code"], "forbidden");
}

#[test]
fn passed_on_to_an_area_the_visitor_is_first_there_and_behind_those_who_were_passed_on_before() {
    let mut desk = TestDesk::with_config(&format!("{CONFIG}{AREAS}"));
    let mut join = |n: u8, area: &str| {
        let conn = desk.visitor(n);
        let mut frame = start(n);
        frame["area"] = json!(area);
        desk.send(conn, &frame);
        (conn, desk.take_one(conn, "ack")["conv"].as_str().unwrap().to_owned())
    };
    let (first, one) = join(1, "north");
    let (second, two) = join(2, "north");
    let (newcomer, _) = join(3, "south");
    let ada = desk.accepting("ada", 3);
    let claims: Vec<_> = [(50, &one), (51, &two)]
        .map(|(n, conv)| {
            desk.send(ada, &json!({"t": "claim", "cid": cid(n), "conv": conv}));
            desk.take_one(ada, "ack")["claim"].as_u64().unwrap()
        })
        .into();
    take_all(&mut desk, &[first, second, newcomer]);
    desk.send(ada, &transfer(60, &one, claims[0], &json!({"area": "south"}), None, None));
    desk.send(ada, &transfer(61, &two, claims[1], &json!({"area": "south"}), None, None));
    desk.advance(5_000);
    let heard = desk.take(first);
    let event = heard.iter().find(|f| f["kind"] == "transferred").unwrap();
    assert_eq!(event["to"], json!({"area": "south", "name": "The south"}));
    assert_eq!(place(&heard), 1);
    assert_eq!(place(&desk.take(second)), 2);
    assert_eq!(place(&desk.take(newcomer)), 3);
    let ben = desk.operator_for("ben", "Ben", &["south"]);
    let ben = desk.console(&ben, 9);
    desk.send(ben, &json!({"t": "claim", "cid": cid(70)}));
    assert_eq!(desk.take_one(ben, "ack")["conv"], json!(one));
}

#[test]
fn back_to_the_waiting_room_anybody_may_take_the_visitor() {
    let mut desk = TestDesk::new();
    let (visitor, ada, conv, claim) = desk.talking();
    desk.send(ada, &transfer(60, &conv, claim, &json!({}), None, None));
    let heard = desk.take(visitor);
    assert_eq!(heard[0]["to"], json!({}));
    desk.take(ada);
    desk.send(ada, &json!({"t": "claim", "cid": cid(61)}));
    let ack = desk.take_one(ada, "ack");
    assert_eq!((&ack["conv"], &ack["claim"]), (&json!(conv), &json!(claim + 1)));
    desk.send(ada, &json!({"t": "send", "cid": cid(62), "conv": conv, "claim": claim, "text": "Late"}));
    assert_eq!(desk.take_one(ada, "error")["code"], "conflict");
}

#[test]
fn a_transfer_that_leads_nowhere_is_refused_and_changes_nothing() {
    let mut desk = TestDesk::with_config(&format!("{CONFIG}{AREAS}"));
    let visitor = desk.visitor(1);
    let mut frame = start(1);
    frame["area"] = json!("north");
    desk.send(visitor, &frame);
    let conv = desk.take_one(visitor, "ack")["conv"].as_str().unwrap().to_owned();
    let ada = desk.accepting("ada", 1);
    let ben = desk.accepting("ben", 1);
    desk.disconnect(ben);
    desk.send(ada, &json!({"t": "claim", "cid": cid(50)}));
    let claim = desk.take_one(ada, "ack")["claim"].as_u64().unwrap();
    desk.take(visitor);
    let refused = [
        (json!({"operator": "op:1"}), "bad_request"),
        (json!({"operator": "op:2"}), "not_found"),
        (json!({"operator": "op:99"}), "not_found"),
        (json!({"area": "moon"}), "bad_request"),
        (json!({"area": "west"}), "closed"),
        (json!({"operator": "op:2", "area": "south"}), "bad_request"),
    ];
    for (n, (to, code)) in (60..).zip(refused) {
        desk.send(ada, &transfer(n, &conv, claim, &to, None, Some("A note")));
        assert_eq!(desk.take_one(ada, "error")["code"], code);
    }
    desk.send(ada, &transfer(80, "nowhere", claim, &json!({}), None, None));
    assert_eq!(desk.take_one(ada, "error")["code"], "not_found");
    desk.send(ada, &transfer(81, &conv, claim + 1, &json!({}), None, None));
    assert_eq!(desk.take_one(ada, "error")["code"], "conflict");
    let long = "ä".repeat(201);
    desk.send(ada, &transfer(82, &conv, claim, &json!({}), Some(&long), None));
    assert_eq!(desk.take_one(ada, "error")["code"], "too_large");
    assert!(desk.take_all(visitor, "event").is_empty());
    desk.send(ada, &json!({"t": "query", "cid": cid(83), "what": "notes", "conv": conv}));
    assert_eq!(desk.take_one(ada, "result")["notes"], json!([]), "a refused transfer leaves no note");
    desk.send(ada, &json!({"t": "end", "cid": cid(84), "conv": conv, "claim": claim}));
    desk.take(ada);
    desk.send(ada, &transfer(85, &conv, claim, &json!({}), None, None));
    assert_eq!(desk.take_one(ada, "error")["code"], "ended");
}

#[test]
fn who_is_only_kept_until_they_look_cannot_be_passed_on() {
    let mut desk = TestDesk::new();
    let (visitor, conv) = desk.waiting(1);
    desk.send(visitor, &json!({"t": "presence", "visible": false}));
    let ada = desk.accepting("ada", 1);
    desk.send(ada, &json!({"t": "claim", "cid": cid(50)}));
    let claim = desk.take_one(ada, "ack")["claim"].as_u64().unwrap();
    desk.send(ada, &transfer(60, &conv, claim, &json!({}), None, None));
    assert_eq!(desk.take_one(ada, "error")["code"], "conflict");
}

#[test]
fn a_restart_keeps_a_visitor_for_the_colleague_until_the_time_is_over() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("tealight.db");
    let open = || SqliteStore::open(&file).unwrap();
    let mut before = TestDesk::over(open(), CONFIG, START);
    let (_, ada, conv, claim) = before.talking();
    let token = before.operator("ben", "Ben");
    before.console(&token, 9);
    let cleo = before.operator("cleo", "Cleo");
    before.send(
        ada,
        &transfer(60, &conv, claim, &json!({"operator": "op:2"}), Some("Ben knows."), Some("A note")),
    );
    before.take_one(ada, "ack");
    let now = before.now.plus_ms(10_000);
    drop(before);
    let mut desk = TestDesk::over(open(), CONFIG, now);
    let cleo = desk.console(&cleo, 10);
    desk.send(cleo, &json!({"t": "claim", "cid": cid(70)}));
    assert_eq!(desk.take_one(cleo, "error")["code"], "not_found");
    let ben = desk.console(&token, 9);
    desk.send(ben, &json!({"t": "claim", "cid": cid(71)}));
    assert_eq!(desk.take_one(ben, "ack")["conv"], json!(conv));
    desk.send(ben, &json!({"t": "query", "cid": cid(72), "what": "notes", "conv": conv}));
    assert_eq!(desk.take_one(ben, "result")["notes"][0]["text"], "A note");
}

#[test]
fn after_a_lost_answer_the_operator_hears_that_the_visitor_was_passed_on() {
    let mut desk = TestDesk::new();
    let (_, ada, conv, claim) = desk.talking();
    let frame = transfer(60, &conv, claim, &json!({}), None, None);
    desk.send(ada, &frame);
    desk.disconnect(ada);
    let again = desk.connect();
    let epoch = desk.desk.epoch().to_owned();
    let mut hello = operator_hello(&TestDesk::new().operator("ada", "ada"), 77);
    (hello["epoch"], hello["after"], hello["inst"]) = (json!(epoch), json!({&conv: 2}), json!(instance(77)));
    desk.send(again, &hello);
    assert_eq!(
        desk.take_one(again, "released"),
        json!({"t": "released", "conv": conv, "reason": "transferred"})
    );
    desk.send(again, &frame);
    assert_eq!(desk.take_one(again, "ack")["seq"], 3);
    assert_eq!(desk.desk.counts().waiting, 1);
}

#[test]
fn a_visitor_who_is_not_there_when_passed_on_keeps_the_place_for_the_whole_time() {
    let mut desk = TestDesk::new();
    let (visitor, ada, conv, claim) = desk.talking();
    desk.disconnect(visitor);
    keep_alive(&mut desk, &[ada], 290);
    desk.send(ada, &transfer(60, &conv, claim, &json!({}), None, None));
    keep_alive(&mut desk, &[ada], 290);
    assert_eq!(desk.desk.counts().waiting, 1);
    let epoch = desk.desk.epoch().to_owned();
    let back = desk.connect();
    desk.send(back, &resume(1, 1, &epoch, 2));
    let ready = desk.take_one(back, "ready");
    assert_eq!(ready["conv"]["events"][0]["kind"], "transferred");
    assert_eq!(ready["conv"]["queue"]["place"], 1);
    desk.disconnect(back);
    keep_alive(&mut desk, &[ada], 301);
    assert_eq!(desk.desk.counts().waiting, 0);
}

fn transfer(n: u8, conv: &str, claim: u64, to: &Value, reason: Option<&str>, note: Option<&str>) -> Value {
    let mut frame = json!({"t": "transfer", "cid": cid(n), "conv": conv, "claim": claim, "to": to});
    for (field, value) in [("reason", reason), ("note", note)] {
        if let Some(value) = value {
            frame[field] = json!(value);
        }
    }
    frame
}

fn place(frames: &[Value]) -> u64 {
    frames.iter().rfind(|f| f["t"] == "queue").unwrap()["place"].as_u64().unwrap()
}

/// The newest entry of a conversation in a list of the boards.
fn last_of(boards: &[Value], list: &str, conv: &str) -> Value {
    let mut entries = boards.iter().flat_map(|board| board[list].as_array().into_iter().flatten());
    entries.rfind(|entry| entry["conv"] == conv).unwrap().clone()
}

fn take_all(desk: &mut TestDesk, sockets: &[ConnId]) {
    for conn in sockets {
        desk.take(*conn);
    }
}

fn keep_alive(desk: &mut TestDesk, sockets: &[ConnId], seconds: u64) {
    for _ in 0..seconds {
        for conn in sockets {
            desk.send(*conn, &json!({"t": "pong"}));
        }
        desk.advance(1_000);
    }
}
