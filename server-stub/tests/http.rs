//! Everything over HTTP and real sockets: handshakes, documents, files, logging in, stopping.
#![allow(clippy::unwrap_used, reason = "helpers of tests stop at what cannot be")]

#[path = "http/headers.rs"]
mod headers;
mod http_support;
#[path = "http/leaving.rs"]
mod leaving;
#[path = "http/sessions.rs"]
mod sessions;
#[path = "http/static_hosting.rs"]
mod static_hosting;

use futures_util::SinkExt as _;
use http_support::{Client, TestServer, get, local};
use serde_json::{Value, json};
use tealight_server::testing::{CONFIG, cid, hello, operator_hello, resume, start};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::{Error, Message};

#[tokio::test]
async fn the_handshake_picks_the_version_and_refuses_others() {
    let server = TestServer::start().await;
    let mut client = Client::try_connect(&server, "other.v7, tealight.v1, tealight", None).await.unwrap();
    client.send(&hello(1)).await;
    client.next("ready").await;
    let mut client = Client::try_connect(&server, "tealight.v9, tealight", None).await.unwrap();
    assert_eq!(client.close_code().await, 4406);
    assert_eq!(refusal(Client::try_connect(&server, "chat.v1", None).await), 400);
    server.stop().await;
}

#[tokio::test]
async fn nothing_is_compressed_whoever_offers_to() {
    // What is compressed beside a secret tells of the secret by its length.
    let server = TestServer::start().await;
    let request = "GET /v1/ws HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
                   sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                   sec-websocket-protocol: tealight.v1\r\n\
                   sec-websocket-extensions: permessage-deflate; client_max_window_bits\r\n\r\n";
    let head = http_support::head_of(server.running.addr, request).await;
    assert!(
        head.starts_with("HTTP/1.1 101") && head.contains("sec-websocket-protocol: tealight.v1"),
        "{head}"
    );
    assert!(!head.contains("sec-websocket-extensions"), "{head}");
    server.stop().await;
}

#[tokio::test]
async fn only_listed_pages_open_a_socket() {
    let server = TestServer::start().await;
    let own = server.running.url.clone();
    for origin in ["https://www.example.org", own.as_str()] {
        assert!(Client::try_connect(&server, "tealight.v1", Some(origin)).await.is_ok(), "{origin}");
    }
    for origin in ["https://evil.example", "null", "https://www.example.org.evil.example"] {
        let refused = Client::try_connect(&server, "tealight.v1", Some(origin)).await;
        assert_eq!(refusal(refused), 403, "{origin}");
    }
    server.stop().await;
    let strict = local(CONFIG).replace("[server]", "[server]\nallow_no_origin = false");
    let server = TestServer::with_config(&strict).await;
    assert_eq!(refusal(Client::try_connect(&server, "tealight.v1", None).await), 403);
    server.stop().await;
}

#[tokio::test]
async fn frames_that_cannot_be_taken_close_the_socket_and_the_server_lives_on() {
    let server = TestServer::start().await;
    for (message, code) in [
        (Message::text("not json"), 4400),
        (Message::binary(vec![1, 2, 3]), 4400),
        (Message::text("x".repeat(20_000)), 1009),
        (Message::text("x".repeat(100_000)), 1009),
        (raw(Data::Text, &[0xFF, 0xFE]), 1007),
        (raw(Data::Reserved(3), b"x"), 1002),
    ] {
        let mut client = Client::connect(&server).await;
        client.send(&hello(1)).await;
        client.next("ready").await;
        client.socket.send(message).await.unwrap();
        assert_eq!(client.close_code().await, code);
    }
    let mut client = Client::connect(&server).await;
    client.send(&hello(1)).await;
    client.next("ready").await;
    server.stop().await;
}

#[tokio::test]
async fn a_client_that_closes_gets_its_answer() {
    let server = TestServer::start().await;
    let mut client = Client::connect(&server).await;
    client.send(&hello(1)).await;
    client.next("ready").await;
    let done = CloseFrame { code: 1000.into(), reason: "".into() };
    client.socket.send(Message::Close(Some(done))).await.unwrap();
    assert_eq!(client.close_code().await, 1000, "a browser would report 1006 otherwise");
    server.stop().await;
}

#[tokio::test]
async fn a_stop_says_goodbye_and_a_start_goes_on_where_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let open = || tealight_server::store::SqliteStore::open(&directory.path().join("tealight.db")).unwrap();
    let server = TestServer::over(open(), &local(CONFIG)).await;
    let mut visitor = Client::connect(&server).await;
    visitor.send(&hello(1)).await;
    let epoch = visitor.next("ready").await["epoch"].as_str().unwrap().to_owned();
    visitor.send(&start(1)).await;
    visitor.send(&json!({"t": "send", "cid": cid(2), "text": "Hello"})).await;
    visitor.next("ack").await;
    visitor.next("ack").await;
    let stopping = tokio::spawn(server.stop());
    assert_eq!(visitor.next("bye").await["code"], "restart");
    assert_eq!(visitor.close_code().await, 1012);
    stopping.await.unwrap();

    let server = TestServer::over(open(), &local(CONFIG)).await;
    let mut visitor = Client::connect(&server).await;
    visitor.send(&resume(1, 1, &epoch, 1)).await;
    let ready = visitor.next("ready").await;
    assert_eq!(ready["conv"]["reset"], false);
    assert_eq!(ready["conv"]["events"][0]["text"], "Hello");
    server.stop().await;
}

#[tokio::test]
async fn a_client_that_floods_without_reading_is_cut_off_and_harms_nobody() {
    let server = TestServer::start().await;
    let token = server.log_in("ada").await;
    let mut visitor = Client::connect(&server).await;
    visitor.send(&hello(1)).await;
    let epoch = visitor.next("ready").await["epoch"].as_str().unwrap().to_owned();
    visitor.send(&start(1)).await;
    let conv = visitor.next("ack").await["conv"].clone();
    let mut console = Client::connect(&server).await;
    console.send(&operator_hello(&token, 9)).await;
    console.send(&json!({"t": "claim", "cid": cid(2)})).await;
    console.next("assigned").await;
    // Every ping is answered; the answers are not read. There are more than any client in order sends.
    for n in 0..1_000u32 {
        console.socket.feed(Message::text(json!({"t": "ping", "n": n}).to_string())).await.unwrap();
    }
    console.socket.flush().await.unwrap();
    assert_eq!(console.close_code().await, 4429);
    visitor.send(&json!({"t": "send", "cid": cid(3), "text": "Still here"})).await;
    assert_eq!(visitor.next("ack").await["seq"], 3);
    drop(visitor);
    let mut visitor = Client::connect(&server).await;
    visitor.send(&resume(1, 1, &epoch, 2)).await;
    assert_eq!(visitor.next("ready").await["conv"]["id"], conv);
    server.stop().await;
}

#[tokio::test]
async fn the_status_is_the_one_of_ready_and_may_be_kept_for_a_while() {
    let server = TestServer::start().await;
    let response = server.get("/v1/status", &[]).await;
    assert_eq!(response.status, 200);
    assert_eq!(response.header("cache-control"), Some("public, max-age=15"));
    assert_eq!(response.header("access-control-allow-origin"), Some("*"));
    let mut status: Value = serde_json::from_slice(&response.body).unwrap();
    // A page is told where Exit leads, before there is a frame that knows it.
    assert_eq!(status["exit_url"], "https://www.wikipedia.org/");
    status.as_object_mut().unwrap().remove("exit_url");
    let mut client = Client::connect(&server).await;
    client.send(&hello(1)).await;
    assert_eq!(client.next("ready").await["service"], status);
    assert_eq!(server.get("/healthz", &[]).await.text(), "ok");
    server.stop().await;
}

#[tokio::test]
async fn in_a_pilot_each_page_is_told_for_itself_whether_to_offer_the_chat() {
    let server = TestServer::with_config(&local(&format!("{CONFIG}offer_share = 0.5\n"))).await;
    let mut offered = 0;
    for _ in 0..24 {
        let response = server.get("/v1/status", &[]).await;
        assert_eq!(response.header("cache-control"), Some("no-store"));
        let status: Value = serde_json::from_slice(&response.body).unwrap();
        assert_eq!(status["state"], "open");
        // What is not said is offered.
        offered += u32::from(status["offered"] != false);
    }
    assert!((1..24).contains(&offered), "{offered} of 24");
    let mut client = Client::connect(&server).await;
    client.send(&hello(1)).await;
    assert_eq!(client.next("ready").await["service"]["offered"], Value::Null, "whoever is here is welcome");
    client.send(&start(1)).await;
    client.next("ack").await;
    server.stop().await;

    let limited = TestServer::with_config(&local(&format!("{CONFIG}offer_below_minutes = 30\n"))).await;
    let response = limited.get("/v1/status", &[]).await;
    assert_eq!(response.header("cache-control"), Some("no-store"));
    let status: Value = serde_json::from_slice(&response.body).unwrap();
    assert_eq!(status["offered"], false, "nobody is there who could come within half an hour");
    limited.stop().await;
}

#[tokio::test]
async fn operators_log_in_and_out() {
    let server = TestServer::start().await;
    let (status, body) = server.post_login("ada", http_support::PASSWORD).await;
    assert_eq!(status, 200);
    assert_eq!(body["who"]["name"], "Ada");
    assert!(body["expires_at"].is_string());
    let token = body["token"].as_str().unwrap().to_owned();
    assert_eq!(token.len(), 43);
    let mut console = Client::connect(&server).await;
    console.send(&operator_hello(&token, 9)).await;
    assert_eq!(console.next("ready").await["who"]["name"], "Ada");

    let request = format!(
        "POST /v1/operator/logout HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {token}\r\ncontent-length: 0\r\n\r\n"
    );
    assert_eq!(http_support::exchange(server.running.addr, &request).await.status, 204);
    assert_eq!(console.close_code().await, 4401);
    let mut again = Client::connect(&server).await;
    again.send(&operator_hello(&token, 9)).await;
    assert_eq!(again.close_code().await, 4401);
    server.stop().await;
}

#[tokio::test]
async fn guessing_passwords_is_slowed_down() {
    let server =
        TestServer::with_config(&format!("{}\n[limits]\nlogins_per_minute = 3\n", local(CONFIG))).await;
    for _ in 0..5 {
        server.log_in("ada").await;
    }
    for name in ["ada", "nobody", "ada", "ada"] {
        let (status, body) = server.post_login(name, "a wrong password").await;
        assert_eq!((status, &body["code"]), (401, &json!("unauthorized")));
        assert_eq!(body["message"], "the name or the password is wrong");
    }
    let (status, body) = server.post_login("ada", http_support::PASSWORD).await;
    assert_eq!((status, &body["code"]), (429, &json!("rate_limited")));
    assert_eq!(server.post_login("nobody", "a wrong password").await.0, 401, "only that name waits");
    server.stop().await;
}

#[tokio::test]
async fn too_many_sockets_from_one_network_are_refused_for_a_while() {
    let server =
        TestServer::with_config(&format!("{}\n[limits]\nsockets_per_minute = 2\n", local(CONFIG))).await;
    let _first = Client::connect(&server).await;
    let _second = Client::connect(&server).await;
    assert_eq!(refusal(Client::try_connect(&server, "tealight.v1", None).await), 429);
    server.stop().await;
}

#[tokio::test]
async fn the_frame_document_helps_without_scripts_and_is_closed_to_strangers() {
    let nasty = local(CONFIG).replace("\"Night Line\"", "\"Night </script><b> Line\"");
    let server = TestServer::with_config(&nasty).await;
    let response = server.get("/frame?lang=xx", &[]).await;
    assert_eq!(response.status, 200);
    assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(response.header("referrer-policy"), Some("no-referrer"));
    let policy = response.header("content-security-policy").unwrap();
    for part in [
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        &format!("connect-src 'self' {}", server.running.url.replace("http", "ws")),
        "frame-ancestors 'self' https://www.example.org",
        "require-trusted-types-for 'script'",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    let html = response.text();
    assert!(html.contains("<html lang=\"en\" dir=\"ltr\">"));
    assert!(html.contains("<a href=\"tel:08081570123\" rel=\"noreferrer\">Call 0808 157 0123</a>"));
    assert!(html.contains("<title>Message</title>"));
    assert!(!html.contains("</script><b>") && !html.contains("<script>"));
    let config = html.split("id=\"tealight-config\">").nth(1).unwrap().split("</script>").next().unwrap();
    let config: Value = serde_json::from_str(config).unwrap();
    assert_eq!(config["name"], "Night </script><b> Line");
    assert_eq!(config["embedded"], true);
    assert_eq!(config["hosts"], json!(["https://www.example.org"]));
    assert_eq!(config["socket"], format!("{}/v1/ws", server.running.url.replace("http", "ws")));
    assert_eq!(config["assets"]["locales"]["en"], "/w/en.json");

    let chat = server.get("/chat", &[]).await;
    assert!(chat.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"));
    assert!(chat.text().contains("\"embedded\":false"));
    let console = server.get("/console/", &[]).await;
    assert!(console.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"));
    assert_eq!(console.header("cross-origin-opener-policy"), Some("same-origin"));
    server.stop().await;
}

#[tokio::test]
async fn built_files_are_served_with_type_age_and_encoding() {
    let directory = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = directory.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let files = [
        "element.js",
        "frame.js",
        "frame.css",
        "widget.js",
        "widget.wasm",
        "tealight.css",
        "console-boot.js",
        "console.js",
        "console.wasm",
        "console.css",
    ];
    let mut manifest = json!({"version": "0.1.0", "files": {"tealight.js": {"path": "tealight.js"}}});
    write("tealight.js", "// loader");
    for name in files {
        manifest["files"][name] = json!({"path": format!("w/1234.{name}")});
        write(&format!("w/1234.{name}"), name);
        write(&format!("w/1234.{name}.br"), "brotli");
        write(&format!("w/1234.{name}.gz"), "gzip");
    }
    let mut incomplete = manifest.clone();
    incomplete["files"].as_object_mut().unwrap().remove("console.wasm");
    write("manifest.json", &incomplete.to_string());
    let error = tealight_server::http::Assets::load(directory.path()).unwrap_err().to_string();
    assert!(error.contains("the manifest lacks console.wasm"), "{error}");
    write("manifest.json", &manifest.to_string());
    let assets = tealight_server::http::Assets::load(directory.path()).unwrap();
    let server = TestServer::with_assets(assets).await;

    let wasm = server.get("/w/1234.widget.wasm", &[("accept-encoding", "gzip, br")]).await;
    assert_eq!(wasm.header("content-type"), Some("application/wasm"));
    assert_eq!(wasm.header("content-encoding"), Some("br"));
    assert_eq!(wasm.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert_eq!(wasm.header("access-control-allow-origin"), Some("*"));
    assert_eq!(wasm.header("vary"), Some("accept-encoding"));
    assert_eq!(wasm.text(), "brotli");
    assert_eq!(server.get("/w/1234.widget.wasm", &[("accept-encoding", "gzip")]).await.text(), "gzip");
    assert_eq!(server.get("/w/1234.widget.wasm", &[]).await.text(), "widget.wasm");
    assert_eq!(server.get("/w/missing.js", &[]).await.status, 404);
    assert_eq!(server.get("/w/..%2fmanifest.json", &[]).await.status, 404);

    let loader = server.get("/tealight.js", &[]).await;
    assert_eq!(loader.header("cache-control"), Some("public, max-age=300"));
    assert_eq!(loader.header("content-type"), Some("text/javascript; charset=utf-8"));
    let etag = loader.header("etag").unwrap().to_owned();
    assert_eq!(server.get("/tealight.js", &[("if-none-match", &etag)]).await.status, 304);
    server.stop().await;
}

#[tokio::test]
async fn metrics_count_and_live_on_a_listener_of_their_own() {
    let config = local(CONFIG).replace("[server]", "[server]\nmetrics_listen = \"127.0.0.1:0\"");
    let server = TestServer::with_config(&config).await;
    let mut visitor = Client::connect(&server).await;
    visitor.send(&hello(1)).await;
    visitor.send(&start(1)).await;
    visitor.next("ack").await;
    let metrics = get(server.running.metrics_addr.unwrap(), "/metrics", &[]).await.text();
    for line in [
        "tealight_sockets 1",
        "tealight_waiting 1",
        "tealight_active 0",
        "tealight_conversations_started_total 1",
        "tealight_slots 0",
        "tealight_promises_too_short 0",
    ] {
        assert!(metrics.lines().any(|known| known == line), "{line} in {metrics}");
    }
    assert!(metrics.contains("tealight_oldest_wait_seconds") && !metrics.contains("ratio"), "{metrics}");
    assert_eq!(server.get("/metrics", &[]).await.status, 404);
    server.stop().await;
}

#[tokio::test]
async fn the_demo_site_is_another_origin_that_knows_the_server() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("demo-site")).unwrap();
    let page = "<script async src=\"__TEALIGHT_SERVER__/tealight.js\"></script>";
    std::fs::write(directory.path().join("index.html"), page).unwrap();
    std::fs::write(directory.path().join("demo-site/plain.html"), page).unwrap();
    std::fs::write(directory.path().join("secret.txt"), "no").unwrap();
    let demo = format!("\n[demo_site]\nlisten = \"127.0.0.1:0\"\ndir = {:?}\n", directory.path());
    let server = TestServer::with_config(&format!("{}{demo}", local(CONFIG))).await;
    let addr = server.running.demo_addr.unwrap();
    let expected = format!("<script async src=\"{}/tealight.js\"></script>", server.running.url);
    assert_eq!(get(addr, "/", &[]).await.text(), expected);
    assert_eq!(get(addr, "/demo-site/plain.html", &[]).await.text(), expected);
    assert_eq!(get(addr, "/secret.txt", &[]).await.status, 404);
    server.stop().await;
}

#[tokio::test]
async fn an_address_in_use_is_named_with_a_fix() {
    let server = TestServer::start().await;
    let taken = local(CONFIG).replace("127.0.0.1:0", &server.running.addr.to_string());
    let config = tealight_server::config::Config::parse(&taken, "test.toml").unwrap();
    let store = tealight_server::store::SqliteStore::in_memory().unwrap();
    let dependencies = TestServer::dependencies(store);
    let error = tealight_server::Server::start(config, dependencies).await.unwrap_err().to_string();
    assert!(error.contains("cannot listen on") && error.contains("fix:"), "{error}");
    server.stop().await;
}

/// A frame that no library would make of its own accord.
fn raw(kind: Data, payload: &'static [u8]) -> Message {
    Message::Frame(Frame::message(payload, OpCode::Data(kind), true))
}

fn refusal(outcome: Result<Client, Box<Error>>) -> u16 {
    match outcome.map_err(|error| *error) {
        Err(Error::Http(response)) => response.status().as_u16(),
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("the socket was opened"),
    }
}
