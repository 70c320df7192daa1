//! What a helpline says about itself: open or closed, how long it takes, what else helps.

use serde::{Deserialize, Serialize};

use crate::{Area, Timestamp, limits};

/// The state of the whole service: `ready.service`, the `service` frame and `GET /v1/status` are this one object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ServiceStatus {
    /// The name a visitor knows the helpline by.
    pub name: String,
    /// Whether a new conversation can be started.
    pub state: ServiceState,
    /// When it closes, while open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes_at: Option<Timestamp>,
    /// When it opens next, while nobody new is let in because of the hours, if known; while `blocked`, when this visitor
    /// is let in again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_open: Option<Timestamp>,
    /// What somebody who joined now would be told.
    pub wait: Wait,
    /// Whether somebody who joined now would more likely than not meet nobody before it closes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub may_close_first: bool,
    /// Whether a page that shows the chat should offer it just now. In a pilot only a share of the pages does, or only
    /// while the wait is short; the others show the alternatives. Nobody is refused for it: it concerns
    /// `GET /v1/status` alone.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub offered: bool,
    /// A sentence from the operators for everybody ("Many people are trying to reach us tonight").
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// Areas to wait in. With none or one, nobody is asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub areas: Vec<AreaStatus>,
    /// Other ways to get help, the most urgent first.
    #[serde(default)]
    pub offers: Vec<Alternative>,
}

fn yes() -> bool {
    true
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes what it asks about by reference")]
fn is_yes(flag: &bool) -> bool {
    *flag
}

/// Whether a new conversation can be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ServiceState {
    /// Visitors may join the waiting room.
    Open,
    /// Outside opening hours, or switched off by the helpline.
    Closed,
    /// Open, but the waiting room is full.
    Full,
    /// Open for those who wait; whoever joined now would meet nobody before it closes.
    Ending,
    /// This visitor is not let in until `next_open`, because of how they spoke to an operator. Said on the sockets of
    /// that visitor alone.
    Blocked,
    /// A later state that this build has not heard of: treat it as closed.
    #[serde(other)]
    Unknown,
}

/// An estimate of a wait. Always a range, and "we cannot say" is a valid answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Wait {
    /// Most people wait between these, both steps of the ladder in PROTOCOL.md.
    Range {
        /// Lower end, in seconds; 0 stands for "less than".
        low_s: u32,
        /// Upper end, in seconds; absent above two hours.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        high_s: Option<u32>,
    },
    /// Nobody can join now.
    Closed,
    /// No honest number can be given: nobody on duty, or no data; also a kind this build has not heard of.
    #[serde(other)]
    Unknown,
}

/// One area of the helpline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AreaStatus {
    /// Its identifier, for `start.area`.
    pub id: Area,
    /// Its name for visitors.
    pub name: String,
    /// Whether it takes visitors now.
    pub open: bool,
}

/// Another way to get help.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Alternative {
    /// Its identifier.
    pub id: String,
    /// What kind of channel it is.
    pub channel: AlternativeChannel,
    /// `tel:`, `sms:`, `mailto:` or `https:`; clients show no other scheme.
    pub uri: String,
    /// What a visitor reads: "Call 116 123".
    pub label: String,
    /// When it is there, in the helpline's words: "Day and night".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<String>,
    /// Whether it is there now.
    pub open: bool,
    /// Whether it is for danger to life; such an alternative stays in sight in every state.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub crisis: bool,
}

/// A kind of channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AlternativeChannel {
    /// A telephone number.
    Phone,
    /// Text messages.
    Sms,
    /// Electronic mail.
    Email,
    /// A page to read, such as a status page or a directory.
    Page,
    /// A later kind that this build has not heard of.
    #[serde(other)]
    Unknown,
}

/// The limits a client must keep to on this backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Limits {
    /// Longest frame, in bytes.
    pub frame: u32,
    /// Longest text, in characters.
    pub text: u32,
    /// Commands at once.
    pub burst: u32,
    /// Commands per second after that.
    pub per_s: u32,
    /// How long a place is kept for a visitor who is not connected, in seconds.
    #[serde(default = "five_minutes")]
    pub keep_s: u32,
}

fn five_minutes() -> u32 {
    limits::KEEP_S
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            frame: limits::FRAME_BYTES as u32,
            text: limits::TEXT_CHARS as u32,
            burst: limits::BURST,
            per_s: limits::PER_SECOND,
            keep_s: limits::KEEP_S,
        }
    }
}
