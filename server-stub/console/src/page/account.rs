//! What goes over HTTP: logging in and out, the token between, and what the service says about itself.

use gloo_net::http::{Request, Response};
use serde::{Deserialize, Serialize};
use tealight_protocol::{AreaStatus, STATUS_PATH, ServiceStatus};
use tealight_shell::Slot;
use web_sys::RequestCache;

/// Where the token lives across a reload of this tab.
const SLOT: Slot = Slot::new("tealight-console");

/// An operator who is logged in, as long as the server agrees.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Account {
    /// What the socket's first frame carries.
    pub(crate) token: String,
}

/// Why logging in failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoginError {
    /// The name or the password.
    Wrong,
    /// Too many tries; for this many seconds, if the server said.
    LockedOut(Option<u32>),
    /// No answer.
    Unreachable,
    /// An answer that helps nobody.
    Refused,
}

#[derive(Serialize)]
struct Credentials<'a> {
    name: &'a str,
    password: &'a str,
}

impl Account {
    /// The account of this tab from before a reload.
    pub(crate) fn remembered() -> Option<Self> {
        serde_json::from_str(&SLOT.load()?).ok()
    }

    /// Remembers the account for a reload, if the browser lets us.
    pub(crate) fn remember(&self) {
        if let Ok(text) = serde_json::to_string(self) {
            SLOT.save(&text);
        }
    }

    /// Forgets whatever account this tab remembers.
    pub(crate) fn forget() {
        SLOT.clear();
    }
}

/// Logs in.
pub(crate) async fn log_in(server: &str, name: &str, password: &str) -> Result<Account, LoginError> {
    let request = Request::post(&format!("{server}/v1/operator/login"))
        .json(&Credentials { name, password })
        .map_err(|_| LoginError::Refused)?;
    let answer = request.send().await.map_err(|_| LoginError::Unreachable)?;
    match answer.status() {
        200 => answer.json().await.map_err(|_| LoginError::Refused),
        401 => Err(LoginError::Wrong),
        429 => Err(LoginError::LockedOut(retry_after(&answer))),
        502..=504 => Err(LoginError::Unreachable),
        _ => Err(LoginError::Refused),
    }
}

/// Tells the server that the token is no longer wanted. If it does not hear, the token dies of age.
pub(crate) async fn log_out(server: String, account: Account) {
    let _ = Request::post(&format!("{server}/v1/operator/logout"))
        .header("Authorization", &format!("Bearer {}", account.token))
        .send()
        .await;
}

/// Has the server end every session of this operator, on every device. Whether it did.
pub(crate) async fn log_out_everywhere(server: String, account: Account) -> bool {
    let answer = Request::post(&format!("{server}/v1/operator/logout-everywhere"))
        .header("Authorization", &format!("Bearer {}", account.token))
        .send()
        .await;
    answer.is_ok_and(|answer| answer.ok())
}

/// The areas of the service, for their names. None if the server does not say: then their identifiers show.
pub(crate) async fn areas(server: String) -> Vec<AreaStatus> {
    status(server).await.map(|status| status.areas).unwrap_or_default()
}

/// What the service says to visitors. `None` if there is no answer.
pub(crate) async fn status(server: String) -> Option<ServiceStatus> {
    // What is true now, not what this browser heard some seconds ago.
    let request = Request::get(&format!("{server}{STATUS_PATH}")).cache(RequestCache::NoStore);
    let answer = request.send().await.ok()?;
    answer.json().await.ok()
}

fn retry_after(answer: &Response) -> Option<u32> {
    answer.headers().get("Retry-After")?.trim().parse().ok()
}
