//! The frame document: a page that helps without any script, and becomes the chat where scripts run.

use std::collections::BTreeMap;

use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse as _, Response};
use serde::{Deserialize, Serialize};

use super::{Pages, Shared};

const TEMPLATE: &str = include_str!("frame.html");

/// What the frame's script is told. It holds nothing that is not public.
#[derive(Debug, Serialize)]
struct FrameConfig<'a> {
    server: &'a str,
    socket: &'a str,
    embedded: bool,
    hosts: &'a [String],
    name: &'a str,
    exit_url: &'a str,
    assets: FrameAssets,
    confidentiality_url: Option<&'a str>,
    safety_url: Option<&'a str>,
    discreet: bool,
    detail_hint: bool,
}

#[derive(Debug, Serialize)]
struct FrameAssets {
    element: String,
    glue: String,
    wasm: String,
    css: String,
    locales: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct FrameQuery {
    #[serde(default)]
    lang: Option<String>,
    /// Whatever it holds: the host page wants neutral words.
    #[serde(default)]
    discreet: Option<String>,
}

impl FrameQuery {
    pub(super) fn lang(&self) -> Option<&str> {
        self.lang.as_deref()
    }
}

/// `GET /frame`: for host pages.
pub(super) async fn embedded(State(shared): State<Shared>, Query(query): Query<FrameQuery>) -> Response {
    document(&shared, &query, true)
}

/// `GET /chat`: a page of its own, for links and posters.
pub(super) async fn alone(State(shared): State<Shared>, Query(query): Query<FrameQuery>) -> Response {
    document(&shared, &query, false)
}

fn document(shared: &Shared, query: &FrameQuery, embedded: bool) -> Response {
    let pages = &shared.pages;
    let lang = pages.language(query.lang.as_deref());
    let discreet = query.discreet.is_some() || pages.config.service.discreet;
    let html = render(shared, &lang, embedded, discreet);
    let ancestors = if !embedded {
        "'none'".to_owned()
    } else if pages.allowed_origins.is_empty() {
        "'self'".to_owned()
    } else {
        format!("'self' {}", pages.allowed_origins.join(" "))
    };
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
         connect-src 'self' {}; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}; \
         require-trusted-types-for 'script'",
        pages.socket_origin,
    );
    let mut response = Html(html).into_response();
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::try_from(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // The frame is meant to be embedded by other origins; the page of its own is not.
    if embedded {
        let (name, value) = super::headers::FOR_EVERYBODY;
        headers.insert(name, value);
    }
    response
}

fn render(shared: &Shared, lang: &str, embedded: bool, discreet: bool) -> String {
    let Pages { config, assets, server, socket, allowed_origins, .. } = &*shared.pages;
    let frame_config = FrameConfig {
        server,
        socket,
        embedded,
        hosts: if embedded { allowed_origins } else { &[] },
        name: if discreet { "" } else { &config.service.name },
        exit_url: &config.service.exit_url,
        assets: FrameAssets {
            element: assets.url("element.js"),
            glue: assets.url("widget.js"),
            wasm: assets.url("widget.wasm"),
            css: assets.url("tealight.css"),
            locales: shared.pages.locales().map(|(lang, url)| (lang.to_owned(), url)).collect(),
        },
        confidentiality_url: config.texts.confidentiality_url.as_deref(),
        safety_url: config.texts.safety_url.as_deref(),
        discreet,
        detail_hint: config.service.detail_hint,
    };
    // Inside a script element only “<” can end the data early.
    let frame_config = serde_json::to_string(&frame_config).unwrap_or_default().replace('<', "\\u003c");
    let alternatives: String = config
        .alternatives()
        .iter()
        .filter(|alternative| alternative.open)
        .map(|alternative| {
            let hours = alternative.hours.as_deref().map(|hours| format!(" <span>{}</span>", escape(hours)));
            format!(
                "<li{}><a href=\"{}\" rel=\"noreferrer\">{}</a>{}</li>\n",
                if alternative.crisis { " class=\"crisis\"" } else { "" },
                escape(&alternative.uri),
                escape(&alternative.label),
                hours.unwrap_or_default(),
            )
        })
        .collect();
    let plain = if config.service.plain {
        format!(
            "<p><a id=\"tealight-plain\" href=\"{}?lang={}\" target=\"_top\" rel=\"noreferrer\">{}</a></p>",
            super::plain::PATH,
            escape(lang),
            escape(&config.texts.plain),
        )
    } else {
        String::new()
    };
    fill(TEMPLATE, |slot| match slot {
        "lang" => escape(lang),
        "dir" => if is_right_to_left(lang) { "rtl" } else { "ltr" }.to_owned(),
        "frame_css" => escape(&assets.url("frame.css")),
        "frame_js" => escape(&assets.url("frame.js")),
        "heading" => escape(&config.texts.fallback_heading),
        "opening" => escape(&config.texts.opening),
        "text" => escape(&config.texts.fallback_text),
        "confidentiality" => escape(&config.texts.confidentiality),
        "exit_url" => escape(&config.service.exit_url),
        "exit" => escape(&config.texts.exit),
        "alternatives" => alternatives.clone(),
        "plain" => plain.clone(),
        "config" => frame_config.clone(),
        _ => String::new(),
    })
}

/// Fills the slots of a template in one pass: what is filled in is never looked at again.
pub(super) fn fill(template: &str, value: impl Fn(&str) -> String) -> String {
    let mut filled = String::with_capacity(template.len() * 2);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        match after.split_once("}}") {
            Some((slot, after)) => {
                filled.push_str(&value(slot));
                rest = after;
            }
            None => rest = after,
        }
    }
    filled.push_str(rest);
    filled
}

/// Text for use in HTML, between tags and inside quoted attributes.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

pub(super) fn is_right_to_left(lang: &str) -> bool {
    matches!(lang.split('-').next(), Some("ar" | "fa" | "he" | "ur" | "yi" | "ps" | "ckb"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_is_escaped_and_not_read_again() {
        let filled = fill("a {{x}} b {{y}}", |slot| match slot {
            "x" => escape("<\"{{y}}'&"),
            _ => "Y".to_owned(),
        });
        assert_eq!(filled, "a &lt;&quot;{{y}}&#39;&amp; b Y");
    }
}
