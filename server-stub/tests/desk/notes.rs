//! Notes beside a conversation: kept, numbered, paged, and never on a visitor's socket.

use serde_json::{Value, json};
use tealight_server::testing::{CONFIG, TestDesk, cid};

#[test]
fn a_note_is_numbered_acknowledged_and_told_to_every_console_of_its_author() {
    let mut desk = TestDesk::new();
    let (visitor, ada, conv, claim) = desk.talking();
    let second = desk.console(&TestDesk::new().operator("ada", "ada"), 9);
    for conn in [ada, second] {
        desk.take(conn);
    }
    desk.send(ada, &note(60, &conv, Some(claim), "Careful"));
    let sent = desk.take(ada);
    assert_eq!(sent[0], json!({"t": "ack", "cid": cid(60), "conv": conv, "n": 1}));
    let told = &sent[1];
    assert_eq!(
        (&told["t"], &told["n"], &told["from"], &told["text"], &told["cid"]),
        (&json!("note"), &json!(1), &json!("op:1"), &json!("Careful"), &json!(cid(60)))
    );
    assert_eq!(desk.take(second), std::slice::from_ref(told));
    desk.send(ada, &note(60, &conv, Some(claim), "Careful"));
    assert_eq!(desk.take(ada), [json!({"t": "ack", "cid": cid(60), "conv": conv, "n": 1})]);
    desk.send(ada, &note(60, &conv, Some(claim), "Other"));
    assert_eq!(desk.take_one(ada, "error")["code"], "conflict");
    desk.send(ada, &note(61, &conv, Some(claim), "Again"));
    assert_eq!(desk.take_one(ada, "ack")["n"], 2);
    assert!(desk.take(visitor).is_empty());
    desk.send(visitor, &json!({"t": "send", "cid": cid(9), "text": "Hello"}));
    assert_eq!(desk.take_one(visitor, "ack")["seq"], 3, "notes leave no gap in the log");
}

#[test]
fn only_who_has_the_conversation_writes_and_reads_notes() {
    let mut desk = TestDesk::new();
    let (_, ada, conv, claim) = desk.talking();
    let ben = desk.accepting("ben", 1);
    for (n, conv, claim, code) in [
        (60, conv.as_str(), Some(claim), "conflict"),
        (61, &conv, None, "forbidden"),
        (62, "nowhere", Some(claim), "not_found"),
    ] {
        desk.take(ben);
        desk.send(ben, &note(n, conv, claim, "Mine?"));
        assert_eq!(desk.take_one(ben, "error")["code"], code);
    }
    desk.send(ben, &query(63, Some(&conv), 0));
    assert_eq!(desk.take_one(ben, "error")["code"], "forbidden");
    desk.send(ben, &query(64, Some("nowhere"), 0));
    assert_eq!(desk.take_one(ben, "error")["code"], "not_found");
    desk.send(ben, &query(65, None, 0));
    assert_eq!(desk.take_one(ben, "error")["code"], "bad_request");
    desk.take(ada);
    desk.send(ada, &note(66, &conv, Some(claim + 1), "Old"));
    assert_eq!(desk.take_one(ada, "error")["code"], "conflict");
    desk.send(ada, &note(67, &conv, None, "Whisper to myself"));
    assert_eq!(desk.take_one(ada, "error")["code"], "forbidden");
    desk.send(ada, &query(68, Some(&conv), 0));
    assert_eq!(desk.take_one(ada, "result")["notes"], json!([]));
}

#[test]
fn there_is_an_end_to_notes_and_their_length() {
    let mut desk = TestDesk::new();
    let (_, ada, conv, claim) = desk.talking();
    desk.send(ada, &note(1, &conv, Some(claim), &"ä".repeat(1_001)));
    assert_eq!(desk.take_one(ada, "error")["code"], "too_large");
    for n in 1..=100u8 {
        desk.advance(500);
        desk.send(ada, &note(n, &conv, Some(claim), &"ä".repeat(1_000)));
        assert_eq!(desk.take_one(ada, "ack")["n"], n);
    }
    desk.advance(500);
    desk.send(ada, &note(101, &conv, Some(claim), "One more"));
    assert_eq!(desk.take_one(ada, "error")["code"], "too_large");

    let (mut after, mut seen, mut pages) = (0, Vec::new(), 0);
    loop {
        desk.advance(500);
        desk.send(ada, &query(110, Some(&conv), after));
        let result = desk.take_one(ada, "result");
        assert!(result.to_string().len() < 128 * 1024);
        let page = result["notes"].as_array().unwrap().clone();
        assert!(!page.is_empty() && page.len() <= 50);
        seen.extend(page.iter().map(|note| note["n"].as_u64().unwrap()));
        after = *seen.last().unwrap();
        pages += 1;
        if result["more"] != true {
            break;
        }
    }
    assert_eq!(seen, (1..=100).collect::<Vec<_>>());
    assert!(pages >= 3, "{pages} pages of 64 KiB for 200 KB");
}

#[test]
fn pre_written_messages_come_in_pages_too() {
    let many: String = (1..=73)
        .map(|n| format!("[[canned]]\nid = \"c{n}\"\ntitle = \"T\"\ntext = \"Text {n}\"\n"))
        .collect();
    let mut desk = TestDesk::with_config(&format!("{CONFIG}\n{many}"));
    let ada = desk.accepting("ada", 1);
    let mut page = |n: u8, after: u64| {
        desk.send(ada, &json!({"t": "query", "cid": cid(n), "what": "canned", "after": after}));
        let result = desk.take_one(ada, "result");
        (result["items"].as_array().unwrap().len(), result["more"].clone())
    };
    assert_eq!(page(60, 0), (50, json!(true)));
    assert_eq!(page(61, 50), (24, Value::Null));
    assert_eq!(page(62, 74), (0, Value::Null));
    assert_eq!(page(63, u64::MAX), (0, Value::Null));
}

#[test]
fn after_the_end_notes_are_read_and_no_longer_written_and_erased_they_are_gone() {
    let mut desk = TestDesk::new();
    let (visitor, ada, conv, claim) = desk.talking();
    desk.send(ada, &note(60, &conv, Some(claim), "a marker that nobody else says"));
    desk.send(visitor, &json!({"t": "end", "cid": cid(9)}));
    desk.take(ada);
    desk.send(ada, &note(61, &conv, Some(claim), "Too late"));
    assert_eq!(desk.take_one(ada, "error")["code"], "ended");
    desk.send(ada, &query(62, Some(&conv), 0));
    assert_eq!(desk.take_one(ada, "result")["notes"][0]["n"], 1);
    desk.send(visitor, &json!({"t": "erase", "cid": cid(10)}));
    desk.take(ada);
    desk.send(ada, &query(63, Some(&conv), 0));
    assert_eq!(desk.take_one(ada, "error")["code"], "not_found");
    let kept: i64 =
        desk.desk.store().connection().query_row("select count(*) from notes", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, 0);
}

#[test]
fn who_waits_for_a_visitor_to_look_may_write_already() {
    let mut desk = TestDesk::new();
    let (visitor, conv) = desk.waiting(1);
    desk.send(visitor, &json!({"t": "presence", "visible": false}));
    let ada = desk.accepting("ada", 1);
    desk.send(ada, &json!({"t": "claim", "cid": cid(50)}));
    let claim = desk.take_one(ada, "ack")["claim"].as_u64();
    desk.send(ada, &note(60, &conv, claim, "Not looking yet"));
    assert_eq!(desk.take_one(ada, "ack")["n"], 1);
}

fn note(n: u8, conv: &str, claim: Option<u64>, text: &str) -> Value {
    let mut frame = json!({"t": "note", "cid": cid(n), "conv": conv, "text": text});
    if let Some(claim) = claim {
        frame["claim"] = json!(claim);
    }
    frame
}

fn query(n: u8, conv: Option<&str>, after: u64) -> Value {
    let mut frame = json!({"t": "query", "cid": cid(n), "what": "notes", "after": after});
    if let Some(conv) = conv {
        frame["conv"] = json!(conv);
    }
    frame
}
