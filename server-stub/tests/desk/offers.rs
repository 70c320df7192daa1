//! Another way to get help, offered in the middle of a conversation.

use serde_json::{Value, json};
use tealight_server::desk::ConnId;
use tealight_server::testing::{CONFIG, TestDesk, cid, instance, resume};

#[test]
fn an_offer_is_answered_once_and_both_sides_see_it() {
    let mut desk = TestDesk::new();
    let (visitor, ada, conv, claim) = desk.talking();
    desk.take(ada);
    desk.send(ada, &offer(60, &conv, claim, "phone"));
    let told = desk.take(ada);
    assert_eq!(told[0], json!({"t": "ack", "cid": cid(60), "conv": conv, "seq": 3}));
    let heard = desk.take_one(visitor, "event");
    assert_eq!(
        (&heard["kind"], &heard["id"], &heard["from"]),
        (&json!("offer"), &json!("o3"), &json!("op:1"))
    );
    assert_eq!(heard["alternative"]["uri"], "tel:08081570123");

    for wrong in [
        json!({"choice": "perhaps"}),
        json!({}),
        json!({"choice": "taken", "more": "x"}),
        json!({"c": "taken"}),
    ] {
        desk.send(visitor, &answer(9, "o3", &wrong));
        assert_eq!(desk.take_one(visitor, "error")["code"], "bad_request");
    }
    for unknown in ["o2", "o4", "o03", "o0", "o99999999999999999999", "offer"] {
        desk.send(visitor, &answer(9, unknown, &json!({"choice": "taken"})));
        assert_eq!(desk.take_one(visitor, "error")["code"], "not_found", "{unknown}");
    }
    desk.send(visitor, &answer(10, "o3", &json!({"choice": "taken"})));
    let sent = desk.take(visitor);
    assert_eq!(sent[0], json!({"t": "ack", "cid": cid(10), "seq": 4}));
    assert_eq!(
        (&sent[1]["kind"], &sent[1]["ref"], &sent[1]["choice"]),
        (&json!("answered"), &json!("o3"), &json!("taken"))
    );
    let seen = desk.take_all(ada, "event").pop().unwrap();
    assert_eq!(
        (&seen["kind"], &seen["choice"], &seen["conv"]),
        (&json!("answered"), &json!("taken"), &json!(conv))
    );
    desk.send(visitor, &answer(10, "o3", &json!({"choice": "taken"})));
    assert_eq!(desk.take(visitor), [json!({"t": "ack", "cid": cid(10), "seq": 4})]);
    desk.send(visitor, &answer(11, "o3", &json!({"choice": "declined"})));
    assert_eq!(desk.take_one(visitor, "error")["code"], "conflict");
    assert_eq!(desk.desk.counts().active, 1, "taking an offer ends nothing");
}

#[test]
fn two_answers_from_two_tabs_are_one() {
    let mut desk = TestDesk::new();
    let (visitor, ada, conv, claim) = desk.talking();
    let epoch = desk.desk.epoch().to_owned();
    let second = desk.connect();
    let mut hello = resume(2, 1, &epoch, 0);
    hello["caps"] = json!(["offers"]);
    desk.send(second, &hello);
    desk.send(ada, &offer(60, &conv, claim, "phone"));
    take(&mut desk, &[visitor, second]);
    desk.send(visitor, &answer(10, "o3", &json!({"choice": "declined"})));
    desk.send(second, &answer(11, "o3", &json!({"choice": "taken"})));
    assert_eq!(desk.take_all(visitor, "event").len(), 1);
    let other = desk.take(second);
    assert_eq!((&other[0]["choice"], &other[1]["code"]), (&json!("declined"), &json!("conflict")));
}

#[test]
fn an_offer_needs_an_alternative_that_is_there_and_a_page_that_can_show_it() {
    let mut desk = TestDesk::with_config(&format!(
        "{CONFIG}\n[[alternatives]]\nid = \"text\"\nchannel = \"sms\"\nuri = \"sms:60777\"\nlabel = \"Text\"\nopen = false\n"
    ));
    let (visitor, ada, conv, claim) = desk.talking();
    let code_of = |desk: &mut TestDesk, frame: &Value| {
        desk.take(ada);
        desk.send(ada, frame);
        desk.take_one(ada, "error")["code"].clone()
    };
    assert_eq!(code_of(&mut desk, &offer(60, &conv, claim, "pigeon")), "not_found");
    assert_eq!(code_of(&mut desk, &offer(61, &conv, claim, "text")), "closed");
    assert_eq!(code_of(&mut desk, &offer(62, &conv, claim + 1, "phone")), "conflict");
    let back = desk.connect();
    let epoch = desk.desk.epoch().to_owned();
    desk.send(back, &resume(1, 1, &epoch, 0));
    assert_eq!(
        code_of(&mut desk, &offer(63, &conv, claim, "phone")),
        "unsupported",
        "an older page came back"
    );
    desk.take(visitor);
    assert!(desk.take_all(back, "event").is_empty());
}

#[test]
fn an_offer_cannot_be_answered_after_the_end_and_a_survey_is_no_offer() {
    let mut desk = TestDesk::new();
    let (visitor, ada, conv, claim) = desk.talking();
    desk.send(ada, &offer(60, &conv, claim, "phone"));
    desk.send(visitor, &json!({"t": "end", "cid": cid(9)}));
    take(&mut desk, &[visitor, ada]);
    desk.send(visitor, &answer(10, "o3", &json!({"choice": "taken"})));
    assert_eq!(desk.take_one(visitor, "error")["code"], "ended");
    desk.send(visitor, &answer(11, "survey", &json!({"better": "Yes"})));
    assert_eq!(desk.take_one(visitor, "ack"), json!({"t": "ack", "cid": cid(11)}));
    assert!(desk.take_all(ada, "event").is_empty(), "answers to a survey are nobody's to see");
    desk.send(ada, &offer(61, &conv, claim, "phone"));
    assert_eq!(desk.take_one(ada, "error")["code"], "ended");
}

#[test]
fn offers_come_again_with_their_answers_on_resuming() {
    let mut desk = TestDesk::new();
    let (visitor, ada, conv, claim) = desk.talking();
    desk.send(ada, &offer(60, &conv, claim, "phone"));
    desk.send(visitor, &answer(10, "o3", &json!({"choice": "taken"})));
    let epoch = desk.desk.epoch().to_owned();
    let back = desk.connect();
    let mut hello = resume(1, 1, &epoch, 2);
    hello["inst"] = json!(instance(5));
    desk.send(back, &hello);
    let events = desk.take_one(back, "ready")["conv"]["events"].clone();
    assert_eq!((&events[0]["kind"], &events[1]["kind"]), (&json!("offer"), &json!("answered")));
}

#[test]
fn the_alternatives_are_there_for_the_asking() {
    let mut desk = TestDesk::new();
    let ada = desk.accepting("ada", 1);
    desk.send(ada, &json!({"t": "query", "cid": cid(60), "what": "offers"}));
    let result = desk.take_one(ada, "result");
    assert_eq!(result["offers"][0]["id"], "phone");
    assert_eq!((&result["items"], &result["more"]), (&Value::Null, &Value::Null));
}

fn offer(n: u8, conv: &str, claim: u64, what: &str) -> Value {
    json!({"t": "offer", "cid": cid(n), "conv": conv, "claim": claim, "offer": what})
}

fn answer(n: u8, reference: &str, data: &Value) -> Value {
    json!({"t": "answer", "cid": cid(n), "ref": reference, "data": data})
}

fn take(desk: &mut TestDesk, sockets: &[ConnId]) {
    for conn in sockets {
        desk.take(*conn);
    }
}
