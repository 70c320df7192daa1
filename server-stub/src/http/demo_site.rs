//! The demonstration's static pages, on an origin of their own. Not for production: a charity has its own site.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};

use super::Shared;
use super::assets::mime;

/// What the pages write where the server's address belongs, the hash of its loader, and a number used once.
const SERVER: &str = "__TEALIGHT_SERVER__";
const INTEGRITY: &str = "__TEALIGHT_INTEGRITY__";
const NONCE: &str = "__TEALIGHT_NONCE__";

#[derive(Debug)]
struct Site {
    dir: PathBuf,
    shared: Shared,
    integrity: String,
}

/// `index.html` and `demo-site/` below a folder, and nothing else of it.
pub(super) fn site(dir: PathBuf, shared: Shared) -> Router {
    let integrity = shared.pages.assets.integrity("tealight.js");
    Router::new().fallback(page).with_state(Arc::new(Site { dir, shared, integrity }))
}

async fn page(State(site): State<Arc<Site>>, uri: Uri) -> Response {
    let Some(file) = file_for(uri.path()) else { return StatusCode::NOT_FOUND.into_response() };
    let Ok(bytes) = tokio::fs::read(site.dir.join(&file)).await else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kind = mime(&file.to_string_lossy());
    let body = match String::from_utf8(bytes) {
        Ok(text) if kind.starts_with("text/html") => text
            .replace(SERVER, &site.shared.pages.server)
            .replace(INTEGRITY, &site.integrity)
            .replace(NONCE, &site.shared.new_token().0)
            .into_bytes(),
        Ok(text) => text.into_bytes(),
        Err(bytes) => bytes.into_bytes(),
    };
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")];
    (headers, body).into_response()
}

fn file_for(path: &str) -> Option<PathBuf> {
    let path = path.trim_start_matches('/');
    let relative = match path {
        "" | "index.html" => "index.html".to_owned(),
        "demo-site" => "demo-site/index.html".to_owned(),
        folder if folder.ends_with('/') => format!("{folder}index.html"),
        file => file.to_owned(),
    };
    let relative = Path::new(&relative);
    let plain = relative.components().all(|part| matches!(part, Component::Normal(_)));
    let inside = relative == Path::new("index.html") || relative.starts_with("demo-site");
    (plain && inside).then(|| relative.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_the_pages_is_served() {
        assert_eq!(file_for("/"), Some("index.html".into()));
        assert_eq!(file_for("/demo-site/"), Some("demo-site/index.html".into()));
        assert_eq!(file_for("/demo-site/plain.html"), Some("demo-site/plain.html".into()));
        for bad in ["/Cargo.toml", "/demo-site/../Cargo.toml", "//etc/passwd", "/demo-site/%2e%2e/x/../../y"]
        {
            assert_eq!(file_for(bad), None, "{bad}");
        }
    }
}
