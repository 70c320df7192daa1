//! What people say, who they are and what lets them in never reaches the log, however much is logged.
//! A program of its own: it sets the log of the whole process.
#![allow(clippy::unwrap_used, reason = "helpers of tests stop at what cannot be")]

mod http_support;

use std::io::Write;
use std::sync::{Arc, Mutex};

use http_support::{Client, PASSWORD, TestServer, local};
use serde_json::json;
use tealight_server::testing::{CONFIG, cid, hello, operator_hello, secret, start};

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
    let server = TestServer::with_config(&local(&format!("{CONFIG}{shift}"))).await;
    server.post_login("ada", "a-wrong-password").await;
    let token = server.log_in("ada").await;
    let mut visitor = Client::connect(&server).await;
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
    console.send(&json!({"t": "claim", "cid": cid(4)})).await;
    console.next("assigned").await;
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
    let mut broken = Client::connect(&server).await;
    broken.send(&json!({"t": "hello", "role": "visitor", "lang": marker})).await;
    assert_eq!(broken.close_code().await, 4400);
    server.stop().await;

    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    // Only this project's own lines: a library's trace of this test's own client is the client's affair.
    let own: String = text.lines().filter(|line| line.contains("tealight")).collect();
    for hidden in [marker, &secret(1), &token, PASSWORD, "a-wrong-password"] {
        assert!(!own.contains(hidden), "{hidden} is in the log");
    }
    assert!(
        own.contains("[[shifts]] plans “grace”, but there is no operator of that name"),
        "it is said at the start"
    );
    let info: String =
        text.lines().filter(|line| !line.contains("TRACE") && !line.contains("DEBUG")).collect();
    for hidden in [marker, &secret(1), &token, PASSWORD, "127.0.0.1"] {
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
