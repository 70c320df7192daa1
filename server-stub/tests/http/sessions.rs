//! Operators' sessions: on every device, ended on one or on all, and what a stolen name or a guess is good for.

use serde_json::json;
use tealight_server::testing::{CONFIG, operator_hello};

use crate::http_support::{Client, Response, TestServer, exchange, local};

#[tokio::test]
async fn logging_out_everywhere_ends_every_session_and_nobody_elses() {
    let server = TestServer::start().await;
    let mut consoles = Vec::new();
    let mut tokens = Vec::new();
    for inst in 1..=3 {
        let token = server.log_in("ada").await;
        let mut console = Client::connect(&server).await;
        console.send(&operator_hello(&token, inst)).await;
        console.next("ready").await;
        consoles.push(console);
        tokens.push(token);
    }
    assert_eq!(post(&server, "/v1/operator/logout", &tokens[0]).await.status, 204);
    assert_eq!(consoles[0].close_code().await, 4401);
    consoles[1].send(&json!({"t": "ping"})).await;
    consoles[1].next("pong").await;

    assert_eq!(post(&server, "/v1/operator/logout-everywhere", &tokens[0]).await.status, 204);
    consoles[1].send(&json!({"t": "ping"})).await;
    consoles[1].next("pong").await;
    assert_eq!(post(&server, "/v1/operator/logout-everywhere", &tokens[1]).await.status, 204);
    for console in &mut consoles[1..] {
        assert_eq!(console.close_code().await, 4401);
    }
    for token in &tokens {
        let mut again = Client::connect(&server).await;
        again.send(&operator_hello(token, 9)).await;
        assert_eq!(again.close_code().await, 4401);
    }
    server.log_in("ada").await;
    server.stop().await;
}

#[tokio::test]
async fn a_token_that_opens_nothing_has_the_same_answer() {
    let server = TestServer::start().await;
    let token = server.log_in("ada").await;
    for path in ["/v1/operator/logout", "/v1/operator/logout-everywhere"] {
        let unknown = post(&server, path, "nonsense").await;
        assert_eq!((unknown.status, unknown.body.len()), (204, 0), "{path}");
        assert_eq!(server.get(path, &[]).await.status, 405);
    }
    let known = post(&server, "/v1/operator/logout-everywhere", &token).await;
    assert_eq!((known.status, known.body.len()), (204, 0));
    server.stop().await;
}

#[tokio::test]
async fn a_stranger_who_keeps_guessing_waits_longer_and_longer_and_the_volunteer_elsewhere_does_not() {
    let config = local(CONFIG).replace("[server]", "[server]\nclient_address_header = \"x-real-ip\"");
    let server = TestServer::with_config(&format!("{config}\n[limits]\nlogins_per_minute = 2\n")).await;
    let try_from = async |address: &str, password: &str| {
        let body = json!({"name": "ada", "password": password}).to_string();
        let head = format!(
            "POST /v1/operator/login HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-real-ip: {address}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        exchange(server.running.addr, &head).await
    };
    for _ in 0..2 {
        assert_eq!(try_from("203.0.113.7", "a guess").await.status, 401);
    }
    let waits = try_from("203.0.113.8", "another guess").await;
    assert_eq!(waits.status, 429, "the same network");
    let seconds: u64 = waits.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
    assert_eq!(try_from("198.51.100.1", crate::http_support::PASSWORD).await.status, 200);
    server.stop().await;
}

async fn post(server: &TestServer, path: &str, token: &str) -> Response {
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {token}\r\n\
         content-length: 0\r\n\r\n"
    );
    exchange(server.running.addr, &request).await
}
