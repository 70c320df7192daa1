//! A charity's web site on an origin of its own: the repository's `index.html` and `demo-site/`, and pages made for
//! one test.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::task::JoinHandle;

use crate::server::dist;

/// Stand in pages for the address of the Tealight server, the hash of its loader, and a number used once.
const SERVER: &str = "__TEALIGHT_SERVER__";
const INTEGRITY: &str = "__TEALIGHT_INTEGRITY__";
const NONCE: &str = "__TEALIGHT_NONCE__";

/// Where Exit leads in tests: a neutral page on a third site.
pub const ELSEWHERE: &str = "/elsewhere";

/// An address that a browser stays where it is for: there is an answer, and nothing in it.
pub const NOWHERE: &str = "/nowhere";

/// A page made for one test.
#[derive(Clone, Debug, Default)]
pub struct HostPage {
    /// The document. The loader's address is written with the placeholder of `index.html`.
    pub html: String,
    /// The page's content security policy, if it has one, with the same placeholder.
    pub policy: Option<String>,
}

/// A running web site.
#[derive(Debug)]
pub struct Site {
    port: u16,
    task: JoinHandle<()>,
}

impl Site {
    /// Serves pages that embed the chat of `server`.
    pub async fn start(server: &str, pages: HashMap<String, HostPage>) -> Result<Self> {
        let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let port = listener.local_addr()?.port();
        let state = Arc::new(Pages { server: server.to_owned(), pages });
        let router = Router::new().fallback(answer).with_state(state);
        let task = tokio::spawn(async move {
            // It serves until the test is over; a failure shows in the browser.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { port, task })
    }

    /// The origin that visitors come to.
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The same pages under another name: for the browser another site, and for our server a stranger.
    pub fn strange_origin(&self) -> String {
        format!("http://localhost:{}", self.port)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Pages {
    server: String,
    pages: HashMap<String, HostPage>,
}

async fn answer(State(state): State<Arc<Pages>>, request: Request) -> Response {
    let path = request.uri().path();
    if path == ELSEWHERE {
        return html(
            "<!doctype html><html lang=en><title>Weather</title><h1>Weather</h1><p>Mild.</p>".to_owned(),
            None,
        );
    }
    if path == NOWHERE {
        return StatusCode::NO_CONTENT.into_response();
    }
    if let Some(page) = state.pages.get(path) {
        let policy = page.policy.as_ref().map(|policy| policy.replace(SERVER, &state.server));
        return html(page.html.replace(SERVER, &state.server), policy.as_deref());
    }
    let Ok(file) = repository_file(path) else { return StatusCode::NOT_FOUND.into_response() };
    let Ok(bytes) = tokio::fs::read(&file).await else { return StatusCode::NOT_FOUND.into_response() };
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => {
            let mut text = filled(&String::from_utf8_lossy(&bytes), &state.server);
            if request.uri().query() == Some("without-loader") {
                text = without_loader(&text);
            }
            html(text, None)
        }
        Some("css") => ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], bytes).into_response(),
        Some("js") => {
            let text = String::from_utf8_lossy(&bytes).replace(SERVER, &state.server);
            ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], text).into_response()
        }
        Some("svg") => ([(header::CONTENT_TYPE, "image/svg+xml")], bytes).into_response(),
        _ => bytes.into_response(),
    }
}

fn filled(page: &str, server: &str) -> String {
    let nonce = rand::random::<[u8; 16]>().map(|byte| format!("{byte:02x}")).concat();
    page.replace(SERVER, server)
        .replace(INTEGRITY, &loaders_hash().unwrap_or_default())
        .replace(NONCE, &nonce)
}

/// What the manifest of the built files says for `integrity`.
fn loaders_hash() -> Option<String> {
    let manifest = std::fs::read(dist()?.join("manifest.json")).ok()?;
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).ok()?;
    manifest["files"]["tealight.js"]["integrity"].as_str().map(str::to_owned)
}

fn html(text: String, policy: Option<&str>) -> Response {
    let mut response = ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response();
    if let Some(policy) = policy.and_then(|policy| HeaderValue::from_str(policy).ok()) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// The file of the repository that a path names: `index.html`, or something below `demo-site/`.
fn repository_file(path: &str) -> Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the tests have no repository")?;
    let relative = match path.trim_start_matches('/') {
        "" => "index.html",
        path if path.starts_with("demo-site/") && !path.contains("..") => path,
        path => anyhow::bail!("{path} is no page"),
    };
    let file = root.join(relative);
    Ok(if file.is_dir() { file.join("index.html") } else { file })
}

/// The page as it was before the charity pasted the script tag.
fn without_loader(html: &str) -> String {
    let Some(name) = html.find("/tealight.js") else { return html.to_owned() };
    let start = html[..name].rfind("<script").unwrap_or(name);
    let end = html[name..].find("</script>").map_or(html.len(), |at| name + at + "</script>".len());
    format!("{}{}", &html[..start], &html[end..])
}
