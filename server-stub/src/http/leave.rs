//! Leaving in a hurry: the page's last word, without a socket and without an answer that says anything.

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use tealight_protocol::Secret;

use super::Shared;
use super::client::ClientKey;
use crate::digest;

/// What the address ends with where the visitor had wiped the chat before, and nobody could be told.
const ERASE: &str = "erase";

/// `POST /v1/leave`: the body is a visitor's secret. Every well-formed one has the same answer, so that nobody
/// learns here which secrets there are.
pub(super) async fn leave(
    State(shared): State<Shared>,
    RawQuery(query): RawQuery,
    client: ClientKey,
    headers: HeaderMap,
    body: String,
) -> Response {
    if !shared.origins.allows_leaving(&headers) {
        return (StatusCode::FORBIDDEN, "this origin has no chat").into_response();
    }
    if let Err(wait) = shared.gate.admit_leaving(client) {
        return super::too_many(wait);
    }
    let Ok(secret) = Secret::try_from(body) else {
        return (StatusCode::BAD_REQUEST, "the body is no secret").into_response();
    };
    shared.desk.leave(digest::of(secret.as_str()), query.as_deref() == Some(ERASE)).await;
    StatusCode::NO_CONTENT.into_response()
}
