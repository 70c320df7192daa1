//! Values of the session in words.

use tealight_protocol::{ErrorCode, Timestamp, VisitorPresence};
use tealight_session::operator::{Refusal, Refused};
use tealight_session::{Delivery, Millis};

use super::browser::time_of_day;
use crate::moments::{Lasted, lasted, millis};
use crate::words::{t, tf};

/// "Visitor B".
pub(crate) fn named(letter: &str) -> String {
    tf("visitor.name", &[("letter", letter)])
}

/// A, B, … Z, A2, B2, … for 0, 1, …
pub(crate) fn letter(place: usize) -> String {
    let letter = char::from(b'A' + (place % 26) as u8);
    match place / 26 {
        0 => letter.to_string(),
        round => format!("{letter}{}", round + 1),
    }
}

/// "waiting 12 min".
pub(crate) fn waited(since: &Timestamp, now: Millis) -> String {
    match lasted(millis(since).unwrap_or(now), now) {
        Lasted::Moments => t("waited.moments").to_owned(),
        Lasted::Minutes(minutes) => tf("waited.minutes", &[("minutes", &minutes.to_string())]),
        Lasted::Hours(hours, minutes) => {
            tf("waited.hours", &[("hours", &hours.to_string()), ("minutes", &format!("{minutes:02}"))])
        }
    }
}

/// "12 min".
pub(crate) fn duration(since: &Timestamp, now: Millis) -> String {
    match lasted(millis(since).unwrap_or(now), now) {
        Lasted::Moments => t("lasted.moments").to_owned(),
        Lasted::Minutes(minutes) => tf("lasted.minutes", &[("minutes", &minutes.to_string())]),
        Lasted::Hours(hours, minutes) => {
            tf("lasted.hours", &[("hours", &hours.to_string()), ("minutes", &format!("{minutes:02}"))])
        }
    }
}

/// "Connected", "Page hidden", "Gone since 21:04".
pub(crate) fn presence(presence: VisitorPresence, since: Option<&Timestamp>) -> String {
    let time = since.and_then(millis).map(time_of_day);
    match (presence, time) {
        (VisitorPresence::Here, _) => t("presence.here").to_owned(),
        (VisitorPresence::Hidden, Some(time)) => tf("presence.hidden_since", &[("time", &time)]),
        (VisitorPresence::Hidden, None) => t("presence.hidden").to_owned(),
        (VisitorPresence::Gone, Some(time)) => tf("presence.gone_since", &[("time", &time)]),
        (VisitorPresence::Gone, None) => t("presence.gone").to_owned(),
    }
}

/// The value of `data-presence`.
pub(crate) fn presence_name(presence: VisitorPresence) -> &'static str {
    match presence {
        VisitorPresence::Here => "here",
        VisitorPresence::Hidden => "hidden",
        VisitorPresence::Gone => "gone",
    }
}

/// How far an own message has come.
pub(crate) fn delivery(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::Sending => t("delivery.sending"),
        Delivery::NotSent => t("delivery.not_sent"),
        Delivery::Sent => t("delivery.sent"),
        Delivery::Delivered => t("delivery.delivered"),
        Delivery::Seen => t("delivery.seen"),
    }
}

/// Why something was refused.
pub(crate) fn refusal(refusal: Refusal) -> &'static str {
    match (refusal.what, refusal.code) {
        (Refused::Claim, ErrorCode::Conflict | ErrorCode::Ended) => t("refusal.conflict"),
        (Refused::Claim, ErrorCode::NotFound) => t("refusal.nobody"),
        (Refused::Claim, ErrorCode::Forbidden | ErrorCode::QueueFull) => t("refusal.full"),
        (Refused::Transfer, ErrorCode::NotFound) => t("refusal.colleague_gone"),
        (Refused::Transfer, ErrorCode::Closed) => t("refusal.area_closed"),
        (Refused::Offer, ErrorCode::Closed | ErrorCode::NotFound) => t("refusal.offer_closed"),
        (Refused::Offer, ErrorCode::Unsupported) => t("refusal.offer_unsupported"),
        (Refused::Watch, ErrorCode::Conflict) => t("refusal.watch_many"),
        (Refused::Watch, ErrorCode::Forbidden) => t("refusal.watch_forbidden"),
        (Refused::Watch, ErrorCode::NotFound) => t("refusal.ended"),
        (_, code) => refused_anyhow(code),
    }
}

fn refused_anyhow(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::Ended => t("refusal.ended"),
        ErrorCode::Conflict => t("released.other"),
        ErrorCode::RateLimited => t("refusal.rate"),
        ErrorCode::TooLarge => t("refusal.size"),
        ErrorCode::Unavailable => t("refusal.unavailable"),
        ErrorCode::BadRequest
        | ErrorCode::Unauthorized
        | ErrorCode::Forbidden
        | ErrorCode::NotFound
        | ErrorCode::Closed
        | ErrorCode::QueueFull
        | ErrorCode::Unsupported
        | ErrorCode::Internal
        | ErrorCode::WorkNeeded
        | ErrorCode::Unknown => t("refusal.other"),
    }
}
