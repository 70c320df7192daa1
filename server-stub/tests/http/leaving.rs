//! Leaving in a hurry: a secret is enough, says nothing about itself, and cannot be tried for ever.

use serde_json::{Value, json};
use tealight_server::testing::{CONFIG, hello, operator_hello, secret, start};

use crate::http_support::{Client, Response, TestServer, exchange, local};

const ALLOWED: &str = "origin: https://www.example.org\r\n";

#[tokio::test]
async fn a_page_that_is_left_ends_its_conversation_and_the_operator_reads_why() {
    let server = TestServer::start().await;
    let (mut visitor, mut console) = talking(&server).await;
    let left = leave(&server, ALLOWED, &secret(1)).await;
    assert_eq!((left.status, left.body.len()), (204, 0));
    for side in [&mut visitor, &mut console] {
        let ended = side.next_event("ended").await;
        assert_eq!((&ended["by"], &ended["reason"]), (&json!("visitor"), &json!("exit")));
    }
    server.stop().await;
}

#[tokio::test]
async fn every_secret_has_the_same_answer() {
    let server = TestServer::start().await;
    let (mut visitor, _console) = talking(&server).await;
    let known = leave(&server, ALLOWED, &secret(1)).await;
    visitor.next_event("ended").await;
    let over = leave(&server, ALLOWED, &secret(1)).await;
    let unknown = leave(&server, ALLOWED, &secret(99)).await;
    visitor.send(&json!({"t": "erase", "cid": tealight_server::testing::cid(8)})).await;
    visitor.next("ack").await;
    let erased = leave(&server, ALLOWED, &secret(1)).await;
    for other in [&over, &unknown, &erased] {
        assert_eq!(seen(other), seen(&known), "an attacker could tell them apart");
    }
    assert_eq!(known.status, 204);
    server.stop().await;
}

#[tokio::test]
async fn what_its_visitor_had_wiped_is_erased_when_they_leave() {
    let server = TestServer::start().await;
    let (mut visitor, mut console) = talking(&server).await;
    let left = leave_by(&server, "/v1/leave?erase", ALLOWED, &secret(1)).await;
    assert_eq!((left.status, left.body.len()), (204, 0));
    assert_eq!(console.next("released").await["reason"], json!("erased"));
    assert_eq!(visitor.close_code().await, 4410);
    // And the same answer to whoever asks for what is no longer there, or never was.
    for n in [1, 99] {
        let again = leave_by(&server, "/v1/leave?erase", ALLOWED, &secret(n)).await;
        assert_eq!(seen(&again), seen(&left), "an attacker could tell them apart");
    }
    server.stop().await;
}

#[tokio::test]
async fn what_is_no_secret_or_comes_from_a_stranger_is_refused() {
    let server = TestServer::start().await;
    for (body, status) in [
        (String::new(), 400),
        ("no secret".to_owned(), 400),
        (format!("{}\n", secret(1)), 400),
        (format!("{}!", &secret(1)[1..]), 400),
        ("x".repeat(128), 400),
        ("x".repeat(129), 413),
        ("x".repeat(4_000), 413),
    ] {
        assert_eq!(leave(&server, ALLOWED, &body).await.status, status, "{} bytes", body.len());
    }
    let same = "sec-fetch-site: same-origin\r\n";
    for (headers, status) in [
        (format!("origin: {}\r\n", server.running.url), 204),
        // A beacon of a page without a referrer, as some browsers send it.
        (format!("origin: null\r\n{same}"), 204),
        ("origin: null\r\n".to_owned(), 403),
        ("origin: null\r\nsec-fetch-site: cross-site\r\n".to_owned(), 403),
        (format!("origin: https://evil.example\r\n{same}"), 403),
        ("origin: https://www.example.org.evil.example\r\n".to_owned(), 403),
    ] {
        assert_eq!(leave(&server, &headers, &secret(1)).await.status, status, "{headers}");
    }
    let get = server.get("/v1/leave", &[]).await;
    assert_eq!(get.status, 405);
    server.stop().await;
}

#[tokio::test]
async fn a_network_that_leaves_too_often_waits_and_ends_nothing_meanwhile() {
    let strict = format!("{}\n[limits]\nsockets_per_minute = 3\n", local(CONFIG));
    let server = TestServer::with_config(&strict).await;
    let mut visitor = waiting(&server).await;
    for n in 40..43 {
        assert_eq!(leave(&server, ALLOWED, &secret(n)).await.status, 204);
    }
    let refused = leave(&server, ALLOWED, &secret(1)).await;
    assert_eq!(refused.status, 429);
    assert!(refused.header("retry-after").is_some());
    visitor.send(&json!({"t": "send", "cid": tealight_server::testing::cid(5), "text": "Still here"})).await;
    assert_eq!(visitor.next("ack").await["cid"], tealight_server::testing::cid(5));
    server.stop().await;
}

async fn waiting(server: &TestServer) -> Client {
    let mut visitor = Client::connect(server).await;
    visitor.send(&hello(1)).await;
    visitor.send(&start(1)).await;
    visitor.next("ack").await;
    visitor
}

async fn talking(server: &TestServer) -> (Client, Client) {
    let token = server.log_in("ada").await;
    let mut visitor = waiting(server).await;
    let mut console = Client::connect(server).await;
    console.send(&operator_hello(&token, 9)).await;
    console.send(&json!({"t": "claim", "cid": tealight_server::testing::cid(4)})).await;
    console.next("assigned").await;
    visitor.next_event("joined").await;
    (visitor, console)
}

/// What can be told of an answer, but for when it was given.
fn seen(response: &Response) -> Value {
    let headers: Vec<_> = response.headers.iter().filter(|(name, _)| name != "date").collect();
    json!({"status": response.status, "headers": headers, "body": response.body})
}

async fn leave(server: &TestServer, headers: &str, body: &str) -> Response {
    leave_by(server, "/v1/leave", headers, body).await
}

async fn leave_by(server: &TestServer, path: &str, headers: &str, body: &str) -> Response {
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: text/plain;charset=UTF-8\r\n\
         {headers}content-length: {}\r\n\r\n{body}",
        body.len()
    );
    exchange(server.running.addr, &request).await
}
