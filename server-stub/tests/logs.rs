//! What people say, who they are and what lets them in never reaches the log, however much is logged.
//! A program of its own: it sets the log of the whole process.
#![allow(clippy::unwrap_used, reason = "helpers of tests stop at what cannot be")]

mod http_support;

use std::io::Write;
use std::sync::{Arc, Mutex};

use http_support::{Client, PASSWORD, TestServer, local};
use serde_json::json;
use tealight_server::store::SqliteStore;
use tealight_server::testing::{CONFIG, cid, hello, operator_hello, secret, start};

/// Where the visitor is, as the proxy says, and the part of it that is enough to be found by.
const ADDRESS: &str = "203.0.113.77";
const NETWORK: &str = "203.0.113";
const NEIGHBOUR: &str = "203.0.113.78";

#[tokio::test]
async fn no_word_secret_token_password_or_address_is_logged() {
    let log = Captured::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .init();
    let marker = "a-marker-in-what-was-said";

    let shift = "[[shifts]]\nwho = \"grace\"\ndays = [\"daily\"]\nfrom = \"18:00\"\nto = \"21:00\"\n";
    let proxied = local(&format!("{CONFIG}{shift}"))
        .replace("[server]", "[server]\nclient_address_header = \"x-real-ip\"");
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&directory.path().join("tealight.db")).unwrap();
    let server = TestServer::over(store, &proxied).await;
    server.post_login("ada", "a-wrong-password").await;
    let token = server.log_in("ada").await;
    let mut visitor = Client::connect_from(&server, ADDRESS).await;
    visitor.send(&hello(1)).await;
    visitor.send(&start(1)).await;
    let conv = visitor.next("ack").await["conv"].clone();
    visitor.send(&json!({"t": "send", "cid": cid(2), "text": marker})).await;
    visitor.send(&json!({"t": "send", "cid": cid(2), "text": format!("{marker} again")})).await;
    visitor.next("error").await;
    visitor.send(&json!({"t": "send", "cid": cid(3), "text": marker.repeat(300)})).await;
    visitor.next("error").await;
    let mut console = Client::connect(&server).await;
    console.send(&operator_hello(&token, 9)).await;
    let ready = console.next("ready").await;
    console.send(&json!({"t": "claim", "cid": cid(4)})).await;
    let assigned = console.next("assigned").await;
    console.send(&json!({"t": "query", "cid": cid(9), "what": "board"})).await;
    let board = console.next("board").await;
    for frame in [ready, assigned, board] {
        assert!(!frame.to_string().contains(NETWORK), "an operator reads a visitor's address: {frame}");
    }
    console.send(&json!({"t": "send", "cid": cid(5), "conv": conv, "claim": 1, "text": marker})).await;
    console.next("ack").await;
    let note = json!({"t": "note", "cid": cid(6), "conv": conv, "claim": 1, "text": marker});
    console.send(&note).await;
    console.next("note").await;
    console
        .send(&json!({"t": "note", "cid": cid(6), "conv": conv, "claim": 1, "text": marker.repeat(60)}))
        .await;
    console.next("error").await;
    let transfer = json!({"t": "transfer", "cid": cid(7), "conv": conv, "claim": 1, "to": {},
                          "reason": marker, "note": marker});
    console.send(&transfer).await;
    console.next("released").await;
    console.send(&json!({"t": "announce", "cid": cid(8), "notice": marker, "paused": false})).await;
    console.next("error").await;
    console.send(&json!({"t": "claim", "cid": cid(10), "conv": conv})).await;
    console.next("assigned").await;
    console.send(&json!({"t": "block", "cid": cid(11), "conv": conv, "claim": 2, "reason": "threat"})).await;
    let mut again = Client::connect_from(&server, ADDRESS).await;
    again.send(&hello(2)).await;
    assert_eq!(again.next("ready").await["service"]["state"], "blocked");
    let mut neighbour = Client::connect_from(&server, NEIGHBOUR).await;
    neighbour.send(&hello(3)).await;
    assert_eq!(neighbour.next("ready").await["service"]["state"], "open", "of the same network");
    let mut broken = Client::connect(&server).await;
    broken.send(&json!({"t": "hello", "role": "visitor", "lang": marker})).await;
    assert_eq!(broken.close_code().await, 4400);
    server.stop().await;
    for file in std::fs::read_dir(directory.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        for hidden in [NETWORK, "127.0.0.1", PASSWORD, &token, &secret(1)] {
            let found = bytes.windows(hidden.len()).any(|window| window == hidden.as_bytes());
            assert!(!found, "{hidden} is in the database");
        }
        let octets: Vec<u8> = ADDRESS.split('.').map(|octet| octet.parse().unwrap()).collect();
        assert!(!bytes.windows(4).any(|window| window == octets), "an address is in the database");
    }

    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    // Only this project's own lines: a library's trace of this test's own client is the client's affair.
    let own: String = text.lines().filter(|line| line.contains("tealight_server")).collect();
    for hidden in [marker, &secret(1), &token, PASSWORD, "a-wrong-password", NETWORK] {
        assert!(!own.contains(hidden), "{hidden} is in the log");
    }
    assert!(
        own.contains("[[shifts]] plans “grace”, but there is no operator of that name"),
        "it is said at the start"
    );
    let info: String =
        text.lines().filter(|line| !line.contains("TRACE") && !line.contains("DEBUG")).collect();
    for hidden in [marker, &secret(1), &token, PASSWORD, "127.0.0.1", NETWORK] {
        assert!(!info.contains(hidden), "{hidden} is in the log");
    }
}

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
