//! What every answer carries, whoever wrote it: a page, a file, a number, or the word that there is nothing.
//!
//! The strictest is the rule, and a handler that needs less says so itself. Only what the HTTP library answers of its
//! own accord, before there is a request at all, carries nothing; it has no body either.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::Response;

/// What a document that is nobody's may do: nothing.
const NOTHING: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// How long browsers are to come back over TLS only.
const TLS_ONLY: &str = "max-age=31536000";

/// Unless a handler set it itself.
const USUALLY: [(HeaderName, &str); 8] = [
    (header::CONTENT_SECURITY_POLICY, NOTHING),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=(), payment=(), usb=(), display-capture=(), browsing-topics=()",
    ),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    // A page of the same site is another origin all the same: it shares no process with ours.
    (HeaderName::from_static("origin-agent-cluster"), "?1"),
];

/// What the demonstration's pages carry: they stand for a charity's own, which sets its own policies.
const OF_THE_DEMO: [(HeaderName, &str); 2] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Says that other origins may load this.
pub(super) const FOR_EVERYBODY: (HeaderName, HeaderValue) =
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin"));

/// Has every answer of a router carry what it should.
pub(super) fn secured(router: Router, over_tls: bool) -> Router {
    router.layer(middleware::from_fn_with_state(over_tls, secure))
}

/// The same for the demonstration.
pub(super) fn secured_demo(router: Router) -> Router {
    router.layer(middleware::from_fn(|request: Request, next: Next| async {
        let mut response = next.run(request).await;
        add(&mut response, &OF_THE_DEMO);
        response
    }))
}

async fn secure(State(over_tls): State<bool>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    add(&mut response, &USUALLY);
    let headers = response.headers_mut();
    let framed_by_nobody = headers
        .get(header::CONTENT_SECURITY_POLICY)
        .and_then(|policy| policy.to_str().ok())
        .is_some_and(|policy| policy.contains("frame-ancestors 'none'"));
    if framed_by_nobody {
        // The same for browsers that do not know the policy's word for it.
        headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    }
    if over_tls {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(TLS_ONLY));
    }
    response
}

fn add(response: &mut Response, usually: &[(HeaderName, &'static str)]) {
    for (name, value) in usually {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
}
