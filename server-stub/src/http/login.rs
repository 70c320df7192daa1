//! Logging in and out over HTTP. What an operator does after that goes over the socket.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::json;
use tealight_protocol::{Person, PersonRole};

use super::Shared;
use super::client::ClientKey;
use crate::desk::Sessions;
use crate::digest;
use crate::operators;
use crate::store::OperatorSession;

#[derive(Deserialize)]
pub(super) struct Credentials {
    name: String,
    password: String,
}

/// `POST /v1/operator/login`
pub(super) async fn log_in(
    State(shared): State<Shared>,
    client: ClientKey,
    Json(credentials): Json<Credentials>,
) -> Response {
    let Credentials { name, password } = credentials;
    // From here on it counts as failed, even if the client hangs up, until it is forgiven.
    let attempt = match shared.gate.admit_login(shared.desk.now(), client, &name) {
        Ok(attempt) => attempt,
        Err(wait) => return super::too_many(wait),
    };
    let Ok(Ok(account)) = shared.desk.operator(name).await else {
        shared.gate.take_back(attempt);
        return unavailable();
    };
    // The permit goes along: a client that hangs up does not stop the work, and must not make room for more.
    let Ok(permit) = shared.hashing.clone().acquire_owned().await else { return unavailable() };
    let named = account.as_ref().map(|account| account.id.clone());
    let checked = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        let matches = operators::verify(&password, account.as_ref());
        account.filter(|_| matches)
    });
    let account = match checked.await {
        Ok(Some(account)) => account,
        Ok(None) => {
            // Known or not, it is written down, so that the time of the answer tells nothing either.
            return match shared.desk.login_failed(named).await {
                Ok(Ok(())) => unauthorised("the name or the password is wrong"),
                Ok(Err(_)) | Err(_) => unavailable(),
            };
        }
        Err(_) => return unavailable(),
    };
    shared.gate.logged_in(shared.desk.now(), attempt);
    let (token, digest) = shared.new_token();
    let hours = u64::from(shared.pages.config.limits.operator_session_hours);
    let expires_at = shared.desk.now().plus(Duration::from_secs(hours * 3_600));
    let session = OperatorSession { token: digest, operator: account.id.clone(), expires_at };
    let Ok(Ok(())) = shared.desk.log_in(session).await else { return unavailable() };
    let who = Person {
        id: account.id,
        name: account.alias,
        role: PersonRole::Operator,
        centre: shared.pages.config.service.centre.clone(),
    };
    Json(json!({ "token": token, "who": who, "expires_at": expires_at.timestamp() })).into_response()
}

/// `POST /v1/operator/logout`
pub(super) async fn log_out(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    end_sessions(&shared, &headers, Sessions::This).await
}

/// `POST /v1/operator/logout-everywhere`
pub(super) async fn log_out_everywhere(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    end_sessions(&shared, &headers, Sessions::All).await
}

/// The answer is the same whether the token opened anything or not.
async fn end_sessions(shared: &Shared, headers: &HeaderMap, sessions: Sessions) -> Response {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    let Some(token) = token else { return unauthorised("no session was named") };
    match shared.desk.log_out(digest::of(token), sessions).await {
        Ok(Ok(())) => StatusCode::NO_CONTENT.into_response(),
        Ok(Err(_)) | Err(_) => unavailable(),
    }
}

fn unauthorised(message: &str) -> Response {
    let body = Json(json!({ "code": "unauthorized", "message": message }));
    (StatusCode::UNAUTHORIZED, body).into_response()
}

fn unavailable() -> Response {
    let body = Json(json!({ "code": "unavailable", "message": "try again in a moment" }));
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "2")], body).into_response()
}
