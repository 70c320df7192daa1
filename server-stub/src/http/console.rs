//! The operators' page.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse as _, Response};
use serde_json::json;

use super::Shared;
use super::frame::{escape, fill};

const TEMPLATE: &str = include_str!("console.html");

/// `GET /console/`
pub(super) async fn document(State(shared): State<Shared>) -> Response {
    let pages = &shared.pages;
    let config = json!({
        "server": pages.server,
        "socket": pages.socket,
        "name": pages.config.service.name,
        "glue": pages.assets.url("console.js"),
        "wasm": pages.assets.url("console.wasm"),
    });
    let config = config.to_string().replace('<', "\\u003c");
    let html = fill(TEMPLATE, |slot| match slot {
        "console_css" => escape(&pages.assets.url("console.css")),
        "console_boot_js" => escape(&pages.assets.url("console-boot.js")),
        "config" => config.clone(),
        _ => String::new(),
    });
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
         connect-src 'self' {}; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
        pages.socket_origin,
    );
    let mut response = Html(html).into_response();
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::try_from(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}
