//! Very many people at once: the desk goes on.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tealight_protocol::{Cid, Instance, Secret};
use tealight_server::testing::{CONFIG, TestDesk};

/// How many wait.
const WAITING: u32 = 2_000;

#[test]
fn thousands_who_wait_do_not_stop_the_desk() {
    let config = CONFIG.replace("[wait]", "[wait]\ncapacity = 20000");
    let config = config.replace("[server]", "[limits]\nsockets = 20000\n[server]");
    let mut desk = TestDesk::with_config(&config);
    let consoles: Vec<_> = ["ada", "ben", "cleo"].map(|name| desk.accepting(name, 2)).into();
    let mut longest = Duration::ZERO;
    let mut first = None;
    for n in 0..WAITING {
        let conn = desk.connect();
        desk.send(conn, &json!({"t": "hello", "role": "visitor", "inst": instance(n), "lang": "en"}));
        let begun = Instant::now();
        desk.send(conn, &json!({"t": "start", "cid": cid(n), "secret": secret(n), "lang": "en"}));
        longest = longest.max(begun.elapsed());
        first = first.or(Some(conn));
        desk.advance(1);
    }
    assert_eq!(desk.desk.counts().waiting, WAITING as usize);
    // Somebody is taken: nine thousand move up, and everything is estimated anew.
    for console in consoles {
        let begun = Instant::now();
        desk.send(console, &json!({"t": "claim", "cid": cid(70_000 + console.0 as u32)}));
        eprintln!("claim with {WAITING} waiting: {:?}", begun.elapsed());
        longest = longest.max(begun.elapsed());
        let begun = Instant::now();
        desk.advance(2_100);
        eprintln!("two seconds after it: {:?}", begun.elapsed());
        desk.take(console);
    }
    eprintln!("longest: {longest:?}");
    let queue = desk.take_all(first.unwrap(), "event");
    assert!(queue.iter().any(|event| event["kind"] == "joined"), "{queue:?}");
}

fn bytes<const N: usize>(n: u32) -> [u8; N] {
    let mut bytes = [7; N];
    bytes[..4].copy_from_slice(&n.to_be_bytes());
    bytes
}

fn cid(n: u32) -> Value {
    json!(Cid::from_bytes(bytes(n)).as_str())
}

fn secret(n: u32) -> Value {
    json!(Secret::from_bytes(bytes(n)).as_str())
}

fn instance(n: u32) -> Value {
    json!(Instance::from_bytes(bytes(n)).as_str())
}
