//! The built files, read once at the start and served from memory.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use sha2::{Digest as _, Sha384};

use crate::digest;

/// Files without which no visitor and no operator is served.
const NEEDED: [&str; 11] = [
    "tealight.js",
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

/// Why the built files cannot be served.
#[derive(Debug, thiserror::Error)]
#[error(
    "the built files are not complete: {problem} ({})\n  fix: build them with `cargo xtask dist`, \
     or name their folder with `assets_dir` in [server]",
    path.display()
)]
pub struct AssetsError {
    /// What is wrong.
    pub problem: String,
    /// With which file.
    pub path: PathBuf,
}

#[derive(Deserialize)]
struct Manifest {
    files: HashMap<String, Entry>,
}

#[derive(Deserialize)]
struct Entry {
    path: String,
}

/// One file with its compressed siblings.
#[derive(Debug)]
struct Asset {
    mime: &'static str,
    etag: HeaderValue,
    plain: Bytes,
    brotli: Option<Bytes>,
    gzip: Option<Bytes>,
}

/// All files, by path and by logical name.
#[derive(Clone, Debug, Default)]
pub struct Assets {
    by_path: Arc<HashMap<String, Asset>>,
    paths: Arc<HashMap<String, String>>,
}

impl Assets {
    /// Reads what the manifest in a folder names.
    pub fn load(dir: &Path) -> Result<Self, AssetsError> {
        let fail = |path: &Path, problem: String| AssetsError { problem, path: path.to_owned() };
        let manifest_path = dir.join("manifest.json");
        let text = std::fs::read(&manifest_path).map_err(|e| fail(&manifest_path, e.to_string()))?;
        let manifest: Manifest =
            serde_json::from_slice(&text).map_err(|e| fail(&manifest_path, e.to_string()))?;
        if let Some(name) = NEEDED.iter().find(|name| !manifest.files.contains_key(**name)) {
            return Err(fail(&manifest_path, format!("the manifest lacks {name}")));
        }
        let mut by_path = HashMap::new();
        for Entry { path } in manifest.files.values() {
            let file = dir.join(path);
            let plain = std::fs::read(&file).map_err(|e| fail(&file, e.to_string()))?;
            let sibling =
                |ending: &str| std::fs::read(dir.join(format!("{path}{ending}"))).ok().map(Bytes::from);
            by_path.insert(path.clone(), Asset::new(path, plain, sibling(".br"), sibling(".gz")));
        }
        let paths = manifest.files.into_iter().map(|(name, entry)| (name, entry.path)).collect();
        Ok(Self { by_path: Arc::new(by_path), paths: Arc::new(paths) })
    }

    /// Files that are handed over, under their logical names, unhashed. For tests.
    pub fn of(files: &[(&str, &str)]) -> Self {
        let path = |name: &str| if name == "tealight.js" { name.to_owned() } else { format!("w/{name}") };
        Self {
            by_path: Arc::new(
                files
                    .iter()
                    .map(|(name, text)| {
                        let plain = text.as_bytes().to_vec();
                        (path(name), Asset::new(name, plain, None, None))
                    })
                    .collect(),
            ),
            paths: Arc::new(files.iter().map(|(name, _)| ((*name).to_owned(), path(name))).collect()),
        }
    }

    /// Where a file is served, by its logical name.
    pub(super) fn url(&self, name: &str) -> String {
        self.paths.get(name).map_or_else(|| format!("/w/{name}"), |path| format!("/{path}"))
    }

    /// What a page writes into `integrity` to load exactly this file; nothing for a file that is not there.
    pub(super) fn integrity(&self, name: &str) -> String {
        let asset = self.paths.get(name).and_then(|path| self.by_path.get(path));
        asset
            .map(|asset| format!("sha384-{}", STANDARD.encode(Sha384::digest(&asset.plain))))
            .unwrap_or_default()
    }

    /// The languages there are words for, with where these are served.
    pub(super) fn locales(&self) -> impl Iterator<Item = (&str, String)> {
        self.paths.iter().filter_map(|(name, path)| {
            let lang = name.strip_suffix(".json")?;
            Some((lang, format!("/{path}")))
        })
    }

    /// The words of each language.
    pub(super) fn words(&self) -> impl Iterator<Item = (&str, &str)> {
        self.paths.iter().filter_map(|(name, path)| {
            let lang = name.strip_suffix(".json")?;
            Some((lang, std::str::from_utf8(&self.by_path.get(path)?.plain).ok()?))
        })
    }

    /// Serves a file in the best encoding the client takes.
    pub(super) fn serve(&self, path: &str, headers: &HeaderMap, caching: &'static str) -> Response {
        let Some(asset) = self.by_path.get(path) else { return StatusCode::NOT_FOUND.into_response() };
        let accepts = |name: &str| {
            headers
                .get_all(header::ACCEPT_ENCODING)
                .iter()
                .filter_map(|value| value.to_str().ok())
                .flat_map(|value| value.split(','))
                .any(|offer| takes(offer, name))
        };
        let unchanged = headers
            .get(header::IF_NONE_MATCH)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|tags| tags.split(',').any(|tag| tag.trim().trim_start_matches("W/") == asset.etag));
        let (body, encoding) = match (&asset.brotli, &asset.gzip) {
            (Some(brotli), _) if accepts("br") => (brotli, Some("br")),
            (_, Some(gzip)) if accepts("gzip") => (gzip, Some("gzip")),
            _ => (&asset.plain, None),
        };
        let mut response = if unchanged {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            Response::new(Body::from(body.clone()))
        };
        let out = response.headers_mut();
        if !unchanged {
            out.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.mime));
            if let Some(encoding) = encoding {
                out.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
            }
        }
        out.insert(header::ETAG, asset.etag.clone());
        out.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
        out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        out.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        let (name, value) = super::headers::FOR_EVERYBODY;
        out.insert(name, value);
        response
    }
}

impl Asset {
    fn new(path: &str, plain: Vec<u8>, brotli: Option<Bytes>, gzip: Option<Bytes>) -> Self {
        let digest = digest::base64url(&digest::of_bytes(&plain));
        let etag = HeaderValue::try_from(format!("\"{}\"", &digest[..16]))
            .unwrap_or_else(|_| unreachable!("base64url is a valid header value"));
        Self { mime: mime(path), etag, plain: plain.into(), brotli, gzip }
    }
}

/// Whether one entry of `Accept-Encoding` takes an encoding.
fn takes(offer: &str, name: &str) -> bool {
    let mut parts = offer.split(';').map(str::trim);
    let named = parts.next().is_some_and(|offer| offer.eq_ignore_ascii_case(name));
    named && !parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
}

pub(super) fn mime(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "html" => "text/html; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "jpg" | "jpeg" => "image/jpeg",
        "ico" => "image/x-icon",
        "txt" => "text/plain; charset=utf-8",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_is_taken_unless_it_is_refused() {
        assert!(takes("br", "br"));
        assert!(takes(" br;q=0.5", "br"));
        assert!(!takes("br;q=0", "br"));
        assert!(!takes("brotli", "br"));
    }

    #[test]
    fn a_missing_build_names_the_command_that_makes_it() {
        let error = Assets::load(Path::new("/nowhere")).unwrap_err().to_string();
        assert!(error.contains("cargo xtask dist") && error.contains("assets_dir"), "{error}");
    }
}
