//! Everything over HTTP: the socket's handshake, the files, the documents, logging in.

mod assets;
mod attempts;
mod client;
mod console;
mod demo_site;
mod door;
mod echo;
mod frame;
mod headers;
mod leave;
mod login;
mod metrics;
mod offering;
mod origins;
mod places;
mod plain;
mod socket;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};
use tealight_protocol::{LEAVE_PATH, SOCKET_PATH, STATUS_PATH, ServiceStatus, limits};
use tokio::sync::{Semaphore, mpsc};

pub use assets::{Assets, AssetsError};
pub use echo::echo;

use crate::config::Config;
use crate::operators;
use crate::runner::DeskHandle;
use crate::store::Digest;
use client::{ClientKey, Gate};
pub(crate) use door::{Door, listen};
use offering::Offering;
use origins::Origins;
use places::Place;

/// Longest body of a request, in bytes: but for the plain pages, nothing but a name and a password is posted.
const BODY_BYTES: usize = 4 * 1024;

/// How many passwords are checked at once: each takes 19 MiB and a processor's whole attention.
const HASHING: usize = 2;

/// When a network that has too many connections may try again.
const CROWDED: Duration = Duration::from_secs(30);

/// What every handler sees.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    desk: DeskHandle,
    pages: Arc<Pages>,
    origins: Arc<Origins>,
    gate: Arc<Gate>,
    offering: Arc<Offering>,
    client_address_header: Option<HeaderName>,
    tokens: Arc<Mutex<ChaCha20Rng>>,
    hashing: Arc<Semaphore>,
    open_sockets: mpsc::Sender<()>,
}

/// What the documents are made of.
#[derive(Debug)]
struct Pages {
    config: Arc<Config>,
    assets: Assets,
    /// Scheme and host the browser knows the server by.
    server: String,
    /// The address of the WebSocket.
    socket: String,
    /// Scheme and host of the WebSocket, for policies.
    socket_origin: String,
    allowed_origins: Vec<String>,
    /// What the plain pages say.
    dictionaries: plain::Dictionaries,
}

impl Pages {
    /// The language of a document: the one asked for if there are words for it, else the first there is.
    fn language(&self, wanted: Option<&str>) -> String {
        let known = |lang: &str| self.locales().any(|(known, _)| known == lang);
        let base = |lang: &str| lang.split('-').next().unwrap_or_default().to_owned();
        wanted
            .and_then(|lang| {
                if known(lang) { Some(lang.to_owned()) } else { Some(base(lang)).filter(|base| known(base)) }
            })
            .unwrap_or_else(|| "en".to_owned())
    }

    /// The languages that the helpline offers and there are words for. English is always among them: it stands
    /// in for what another language lacks.
    fn locales(&self) -> impl Iterator<Item = (&str, String)> {
        let offered = &self.config.service.languages;
        self.assets.locales().filter(move |(lang, _)| *lang == "en" || offered.iter().any(|o| o == lang))
    }
}

impl Shared {
    /// `open_sockets` is held by every open socket; its receiver ends when the last is gone.
    pub(crate) fn new(
        desk: DeskHandle,
        config: &Arc<Config>,
        assets: Assets,
        server: String,
        mut rng: ChaCha20Rng,
        open_sockets: mpsc::Sender<()>,
    ) -> Self {
        let socket_origin = server.replacen("http", "ws", 1);
        let mut dice = || {
            let mut seed = [0; 32];
            rng.fill_bytes(&mut seed);
            ChaCha20Rng::from_seed(seed)
        };
        let (of_gate, of_offering) = (dice(), dice());
        Self {
            desk,
            origins: Arc::new(Origins {
                allowed: config.server.allowed_origins.clone(),
                own: server.clone(),
                missing: config.server.allow_no_origin,
            }),
            gate: Arc::new(Gate::new(&config.limits, of_gate)),
            offering: Arc::new(Offering::new(&config.wait, of_offering)),
            client_address_header: config
                .server
                .client_address_header
                .as_ref()
                .and_then(|name| name.parse().ok()),
            tokens: Arc::new(Mutex::new(rng)),
            hashing: Arc::new(Semaphore::new(HASHING)),
            open_sockets,
            pages: Arc::new(Pages {
                config: config.clone(),
                dictionaries: plain::Dictionaries::new(config, &assets),
                assets,
                socket: format!("{socket_origin}{SOCKET_PATH}"),
                socket_origin,
                allowed_origins: config.server.allowed_origins.clone(),
                server,
            }),
        }
    }

    /// The door for everybody.
    pub(crate) fn door(&self) -> Door {
        let proxied = self.client_address_header.is_some();
        Door::public(self.pages.config.limits.sockets, Some(self.clone()).filter(|_| !proxied))
    }

    /// Lets one more connection to the desk in, with what it holds while it is there, or says how long to wait.
    fn admit(&self, client: ClientKey) -> Result<Option<Place>, Duration> {
        self.gate.admit_socket(client)?;
        // Without a proxy the connection was counted when it came.
        match &self.client_address_header {
            Some(_) => self.gate.keep(client).map(Some).ok_or(CROWDED),
            None => Ok(None),
        }
    }

    fn new_token(&self) -> (String, Digest) {
        operators::new_token(&mut self.tokens.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The main listener's routes.
pub(crate) fn app(shared: Shared) -> Router {
    let over_tls = shared.pages.server.starts_with("https://");
    let router = Router::new()
        .route(SOCKET_PATH, get(socket::upgrade))
        .route(STATUS_PATH, get(status))
        .route(LEAVE_PATH, post(leave::leave).layer(DefaultBodyLimit::max(limits::LEAVE_BYTES)))
        .route("/v1/operator/login", post(login::log_in))
        .route("/v1/operator/logout", post(login::log_out))
        .route("/v1/operator/logout-everywhere", post(login::log_out_everywhere))
        .route("/tealight.js", get(loader))
        .route("/w/{file}", get(asset))
        .route("/frame", get(frame::embedded))
        .route("/chat", get(frame::alone))
        .route("/console/", get(console::document))
        .route("/console", get(|| async { Redirect::permanent("/console/") }))
        .route("/healthz", get(health))
        .merge(plain::routes())
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(middleware::from_fn(door::timely))
        .with_state(shared);
    headers::secured(router, over_tls)
}

/// The routes of the listener for whoever watches the server.
pub(crate) fn metrics_app(shared: Shared) -> Router {
    let router = Router::new().route("/metrics", get(metrics::metrics)).with_state(shared);
    headers::secured(router, false)
}

/// The demonstration's pages.
pub(crate) fn demo_site(dir: PathBuf, shared: Shared) -> Router {
    headers::secured_demo(demo_site::site(dir, shared))
}

/// What a page is told before anybody has opened the chat.
#[derive(serde::Serialize)]
struct Status<'a> {
    #[serde(flatten)]
    status: ServiceStatus,
    /// Where the loader's own Exit leads.
    exit_url: &'a str,
}

async fn status(State(shared): State<Shared>) -> Response {
    match shared.desk.status().await {
        Ok(mut status) => {
            let offering = &shared.offering;
            offering.decide(&mut status);
            let kept = if offering.is_limited() { "no-store" } else { "public, max-age=15" };
            let headers = [(header::CACHE_CONTROL, kept), (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
            let exit_url = &shared.pages.config.service.exit_url;
            let answer = axum::Json(Status { status, exit_url });
            ([headers::FOR_EVERYBODY], headers, answer).into_response()
        }
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn loader(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    shared.pages.assets.serve("tealight.js", &headers, "public, max-age=300")
}

async fn asset(State(shared): State<Shared>, Path(file): Path<String>, headers: HeaderMap) -> Response {
    shared.pages.assets.serve(&format!("w/{file}"), &headers, "public, max-age=31536000, immutable")
}

async fn health(State(shared): State<Shared>) -> Response {
    match shared.desk.health().await {
        Ok(Ok(())) => "ok".into_response(),
        Ok(Err(_)) | Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// Asks a client to come back later.
fn too_many(wait: Duration) -> Response {
    let seconds = wait.as_secs() + 1;
    let body = axum::Json(serde_json::json!({
        "code": "rate_limited",
        "message": "too many attempts: wait a little",
    }));
    (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, seconds.to_string())], body).into_response()
}
