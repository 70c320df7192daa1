//! The whole journey over real sockets: start, claim, chat, end.

mod http_support;
mod plain;

use std::time::{Duration, Instant};

use http_support::{Client, TestServer};
use serde_json::json;
use tealight_server::testing::{cid, hello, operator_hello, start};

#[tokio::test]
async fn a_visitor_waits_talks_and_ends() {
    let server = TestServer::start().await;
    let token = server.log_in("ada").await;

    let mut visitor = Client::connect(&server).await;
    visitor.send(&hello(1)).await;
    let ready = visitor.next("ready").await;
    assert_eq!(ready["conv"], json!(null));
    visitor.send(&start(1)).await;
    let conv = visitor.next("ack").await["conv"].clone();
    assert_eq!(visitor.next("queue").await["place"], 1);

    let mut console = Client::connect(&server).await;
    console.send(&operator_hello(&token, 9)).await;
    let ready = console.next("ready").await;
    assert_eq!(ready["board"]["waiting"][0]["conv"], conv);
    console.send(&json!({"t": "state", "status": "accepting", "capacity": 1})).await;
    console.send(&json!({"t": "claim", "cid": cid(2)})).await;
    let claim = console.next("ack").await["claim"].clone();
    assert_eq!(console.next("assigned").await["conversation"]["state"], "active");
    assert_eq!(visitor.next_event("joined").await["who"]["name"], "Ada");

    visitor.send(&json!({"t": "send", "cid": cid(3), "text": "Hello"})).await;
    assert_eq!(visitor.next("ack").await["seq"], 3);
    assert_eq!(console.next_event("message").await["text"], "Hello");
    console
        .send(&json!({"t": "send", "cid": cid(4), "conv": conv, "claim": claim, "text": "I'm here"}))
        .await;
    assert_eq!(visitor.next_event("message").await["cid"], cid(3));
    assert_eq!(visitor.next_event("message").await["text"], "I'm here");

    visitor.send(&json!({"t": "end", "cid": cid(5)})).await;
    assert_eq!(visitor.next_event("ended").await["by"], "visitor");
    assert_eq!(visitor.next_event("survey").await["id"], "survey");
    assert_eq!(console.next_event("ended").await["reason"], "done");
    server.stop().await;
}

#[tokio::test]
async fn an_event_is_not_held_back_behind_its_ack() {
    let server = TestServer::start().await;
    let mut visitor = Client::connect(&server).await;
    visitor.send(&hello(1)).await;
    visitor.send(&start(1)).await;
    visitor.next("ack").await;
    let mut gaps = Vec::new();
    for n in 2..20 {
        visitor.send(&json!({"t": "send", "cid": cid(n), "text": "Hello"})).await;
        visitor.next("ack").await;
        let acked = Instant::now();
        visitor.next_event("message").await;
        gaps.push(acked.elapsed());
    }
    gaps.sort();
    let median = gaps[gaps.len() / 2];
    assert!(median < Duration::from_millis(20), "the second of two small frames came {median:?} later");
    server.stop().await;
}
