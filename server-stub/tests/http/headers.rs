//! What every answer carries: each route in its orders and disorders, on every listener.

use std::net::SocketAddr;

use tealight_server::testing::CONFIG;

use crate::http_support::{Response, TestServer, exchange, local};

/// Where the routes stand.
const ROUTES: [&str; 2] =
    [include_str!("../../src/http/mod.rs"), include_str!("../../src/http/plain/mod.rs")];

/// Which listener is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
enum At {
    Main,
    Metrics,
    Demo,
}

/// What the answer may be used for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// Nothing runs, nothing is framed, nobody else loads it.
    Nothing,
    /// The same, but other origins may load it.
    Loadable,
    /// A document with a policy of its own that nobody frames.
    Page,
    /// A document with a policy of its own that the listed origins frame.
    Framed,
}

#[tokio::test]
async fn every_answer_of_every_route_carries_its_headers() {
    let (server, _demo) = whole_server("http://127.0.0.1").await;
    let long = "x".repeat(5_000);
    let json = "content-type: application/json\r\n";
    let table = [
        (At::Main, "GET", "/v1/ws", "", "", 400, Kind::Nothing),
        (At::Main, "GET", "/v1/status", "", "", 200, Kind::Loadable),
        (At::Main, "POST", "/v1/status", "", "", 405, Kind::Nothing),
        (At::Main, "POST", "/v1/leave", "", "nonsense", 400, Kind::Nothing),
        (At::Main, "POST", "/v1/leave", "", &long, 413, Kind::Nothing),
        (At::Main, "POST", "/v1/leave", "origin: https://evil.example\r\n", "", 403, Kind::Nothing),
        (At::Main, "POST", "/v1/operator/login", "", "{}", 415, Kind::Nothing),
        (At::Main, "POST", "/v1/operator/login", json, "{}", 422, Kind::Nothing),
        (At::Main, "POST", "/v1/operator/login", json, &long, 413, Kind::Nothing),
        (At::Main, "POST", "/v1/operator/login", json, r#"{"name":"x","password":"y"}"#, 401, Kind::Nothing),
        (At::Main, "POST", "/v1/operator/logout", "", "", 401, Kind::Nothing),
        (
            At::Main,
            "POST",
            "/v1/operator/logout-everywhere",
            "authorization: Bearer x\r\n",
            "",
            204,
            Kind::Nothing,
        ),
        (At::Main, "GET", "/tealight.js", "", "", 200, Kind::Loadable),
        (At::Main, "HEAD", "/tealight.js", "", "", 200, Kind::Loadable),
        (At::Main, "GET", "/w/widget.js", "", "", 200, Kind::Loadable),
        (At::Main, "GET", "/w/nothing.js", "", "", 404, Kind::Nothing),
        (At::Main, "GET", "/frame", "", "", 200, Kind::Framed),
        (At::Main, "GET", "/frame?lang=a&lang=b", "", "", 400, Kind::Nothing),
        (At::Main, "GET", "/chat", "", "", 200, Kind::Page),
        (At::Main, "GET", "/console/", "", "", 200, Kind::Page),
        (At::Main, "GET", "/console", "", "", 308, Kind::Nothing),
        (At::Main, "GET", "/plain", "", "", 200, Kind::Nothing),
        (At::Main, "GET", "/plain.css", "", "", 200, Kind::Nothing),
        (At::Main, "GET", "/healthz", "", "", 200, Kind::Nothing),
        (At::Main, "GET", "/nowhere", "", "", 404, Kind::Nothing),
        (At::Main, "DELETE", "/chat", "", "", 405, Kind::Nothing),
        (At::Main, "OPTIONS", "/v1/operator/login", "", "", 405, Kind::Nothing),
        (At::Metrics, "GET", "/metrics", "", "", 200, Kind::Nothing),
        (At::Metrics, "GET", "/nowhere", "", "", 404, Kind::Nothing),
    ];
    for (at, method, path, headers, body, status, kind) in table {
        let answer = ask(address(&server, at), method, path, headers, body).await;
        let what = format!("{method} {path}");
        assert_eq!(answer.status, status, "{what}: {}", String::from_utf8_lossy(&answer.body));
        check(&what, &answer, kind);
        assert_eq!(answer.header("strict-transport-security"), None, "{what}: plain HTTP promises no TLS");
    }
    let mut asked: Vec<_> =
        table.iter().filter(|row| row.6 != Kind::Nothing || row.5 != 404).map(|row| row.2).collect();
    asked.retain(|path| !path.contains('?') && *path != "/w/nothing.js");
    asked.sort_unstable();
    asked.dedup();
    assert_eq!(asked.len(), ROUTES.join("").matches(".route(").count(), "a route is missing in the table");

    for path in ["/", "/demo-site/plain.html", "/nowhere"] {
        let answer = ask(address(&server, At::Demo), "GET", path, "", "").await;
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"), "{path}");
    }
    server.stop().await;
}

#[tokio::test]
async fn what_is_known_over_tls_stays_there() {
    let (server, _demo) = whole_server("https://chat.example.org").await;
    for path in ["/chat", "/nowhere", "/tealight.js"] {
        let answer = server.get(path, &[]).await;
        assert_eq!(answer.header("strict-transport-security"), Some("max-age=31536000"), "{path}");
    }
    server.stop().await;
}

#[tokio::test]
async fn what_is_no_request_at_all_is_answered_without_a_word() {
    let (server, _demo) = whole_server("http://127.0.0.1").await;
    let huge = format!("GET / HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "y".repeat(20_000));
    for request in
        ["NONSENSE\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET / HTTP/1.1\r\nbad header\r\n\r\n", &huge]
    {
        let answer = exchange(server.running.addr, request).await;
        assert!((400..500).contains(&answer.status) && answer.body.is_empty(), "{}", answer.status);
    }
    server.stop().await;
}

fn check(what: &str, answer: &Response, kind: Kind) {
    let header = |name: &str| answer.header(name).unwrap_or_else(|| panic!("{what} has no {name}"));
    assert_eq!(header("x-content-type-options"), "nosniff", "{what}");
    // A form of a page without any referrer would be sent from nowhere.
    let referrer = if what.starts_with("GET /plain") { "same-origin" } else { "no-referrer" };
    assert_eq!(header("referrer-policy"), referrer, "{what}");
    assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{what}");
    assert_eq!(header("origin-agent-cluster"), "?1", "{what}");
    assert!(header("permissions-policy").contains("camera=()"), "{what}");
    assert!(!header("cache-control").is_empty(), "{what}");
    let others = if matches!(kind, Kind::Loadable | Kind::Framed) { "cross-origin" } else { "same-origin" };
    assert_eq!(header("cross-origin-resource-policy"), others, "{what}");
    let policy = header("content-security-policy");
    for part in ["default-src 'none'", "base-uri 'none'", "frame-ancestors "] {
        assert!(policy.contains(part), "{what}: {policy}");
    }
    assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{what}: {policy}");
    let runs = matches!(kind, Kind::Page | Kind::Framed);
    assert_eq!(policy.contains("script-src"), runs, "{what}: {policy}");
    if runs {
        assert!(policy.contains("require-trusted-types-for 'script'"), "{what}: {policy}");
    }
    let framed = kind == Kind::Framed;
    assert_eq!(policy.contains("frame-ancestors 'none'"), !framed, "{what}: {policy}");
    assert_eq!(answer.header("x-frame-options"), (!framed).then_some("DENY"), "{what}");
    for name in ["server", "x-powered-by", "set-cookie"] {
        assert_eq!(answer.header(name), None, "{what}");
    }
}

async fn whole_server(public_url: &str) -> (TestServer, tempfile::TempDir) {
    let demo = tempfile::tempdir().unwrap();
    std::fs::create_dir(demo.path().join("demo-site")).unwrap();
    for page in ["index.html", "demo-site/plain.html"] {
        std::fs::write(demo.path().join(page), "<p>Hello</p>").unwrap();
    }
    let keys = format!("[server]\nmetrics_listen = \"127.0.0.1:0\"\npublic_url = \"{public_url}\"");
    let config = local(CONFIG).replace("[server]", &keys);
    let site = format!("\n[demo_site]\nlisten = \"127.0.0.1:0\"\ndir = {:?}\n", demo.path());
    (TestServer::with_config(&format!("{config}{site}")).await, demo)
}

fn address(server: &TestServer, at: At) -> SocketAddr {
    match at {
        At::Main => server.running.addr,
        At::Metrics => server.running.metrics_addr.unwrap(),
        At::Demo => server.running.demo_addr.unwrap(),
    }
}

async fn ask(addr: SocketAddr, method: &str, path: &str, headers: &str, body: &str) -> Response {
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    );
    exchange(addr, &request).await
}
