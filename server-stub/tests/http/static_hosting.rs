//! The headers for hosts other than ours, in `docs/examples/static-hosting/`: what this server answers, in their words.
//!
//! After a change of headers, run with `TEALIGHT_BLESS=1` and read the difference.

use std::fmt::Write as _;
use std::path::Path;

use tealight_server::testing::CONFIG;

use crate::http_support::{TestServer, local};

/// What there is to serve: a path of the server, and how others call everything like it.
const PATHS: [(&str, &str); 4] =
    [("/frame", "/frame"), ("/chat", "/chat"), ("/tealight.js", "/tealight.js"), ("/w/widget.js", "/w/*")];

/// Names in the order in which they are written. What says how a file is sent is every host's own.
const NAMES: [&str; 12] = [
    "content-security-policy",
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "permissions-policy",
    "cross-origin-resource-policy",
    "cross-origin-opener-policy",
    "origin-agent-cluster",
    "strict-transport-security",
    "access-control-allow-origin",
    "cache-control",
    "vary",
];

const SAID: &str = "Written by a test from what tealight-server answers. See README.md beside this file.";

#[tokio::test]
async fn the_headers_for_static_hosts_are_those_of_the_server() {
    let keys = "[server]\npublic_url = \"https://chat.example.org\"";
    let server = TestServer::with_config(&local(CONFIG).replace("[server]", keys)).await;
    let mut rules = Vec::new();
    for (path, pattern) in PATHS {
        let answer = server.get(path, &[]).await;
        assert_eq!(answer.status, 200, "{path}");
        let headers: Vec<(&str, String)> =
            NAMES.into_iter().filter_map(|name| Some((name, answer.header(name)?.to_owned()))).collect();
        let policy = headers.iter().find(|(name, _)| *name == "content-security-policy");
        assert!(policy.is_some_and(|(_, policy)| policy.contains("default-src 'none'")), "{path}");
        rules.push(Rule { pattern, headers });
    }
    server.stop().await;
    for (file, text) in [
        ("_headers", plain(&rules)),
        ("nginx.conf", nginx(&rules)),
        ("apache.conf", apache(&rules)),
        ("Caddyfile", caddy(&rules)),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/examples/static-hosting").join(file);
        if std::env::var_os("TEALIGHT_BLESS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(
            written, text,
            "{file} is not what the server answers: run this test with TEALIGHT_BLESS=1"
        );
    }
}

/// What is sent with everything that fits a pattern.
struct Rule {
    pattern: &'static str,
    headers: Vec<(&'static str, String)>,
}

fn plain(rules: &[Rule]) -> String {
    let mut text = format!("# {SAID}\n");
    for rule in rules {
        writeln!(text, "\n{}", rule.pattern).unwrap();
        for (name, value) in &rule.headers {
            writeln!(text, "  {name}: {value}").unwrap();
        }
    }
    text
}

fn nginx(rules: &[Rule]) -> String {
    let mut text = format!("# {SAID}\n");
    for rule in rules {
        let location = match rule.pattern.strip_suffix('*') {
            Some(folder) => format!("^~ {folder}"),
            None => format!("= {}", rule.pattern),
        };
        writeln!(text, "\nlocation {location} {{").unwrap();
        for (name, value) in &rule.headers {
            writeln!(text, "  add_header {name} \"{value}\" always;").unwrap();
        }
        text.push_str("}\n");
    }
    text
}

fn apache(rules: &[Rule]) -> String {
    let mut text = format!("# {SAID}\n");
    for rule in rules {
        let pattern = match rule.pattern.strip_suffix('*') {
            Some(folder) => format!("^{folder}"),
            None => format!("^{}$", rule.pattern.replace('.', "\\.")),
        };
        writeln!(text, "\n<LocationMatch \"{pattern}\">").unwrap();
        for (name, value) in &rule.headers {
            writeln!(text, "  Header always set {name} \"{value}\"").unwrap();
        }
        text.push_str("</LocationMatch>\n");
    }
    text
}

fn caddy(rules: &[Rule]) -> String {
    let mut text = format!("# {SAID}\n");
    for rule in rules {
        writeln!(text, "\nheader {} {{", rule.pattern).unwrap();
        for (name, value) in &rule.headers {
            writeln!(text, "\t{name} \"{value}\"").unwrap();
        }
        text.push_str("}\n");
    }
    text
}
