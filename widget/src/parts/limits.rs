//! What stays between visitor and helpline, and where that is explained.

use tealight_session::visitor::EntryKind;

use crate::context::Context;
use crate::element::{El, el, side_by_side};
use crate::keys::Key;
use crate::screens::welcome::link;

/// The limits of confidentiality.
pub(crate) fn limits(cx: Context) -> El {
    let words = el("p").class("limits").text(&cx.say(Key::WELCOME_LIMITS));
    let address = cx.options(|options| options.confidentiality_url.clone());
    link(cx, words, address, Key::WELCOME_LIMITS_LINK)
}

/// The same, in sight until something was sent: whoever comes back by a reload has not seen the first screen.
pub(crate) fn limits_until_first_send(cx: Context) -> El {
    let has_sent = move || cx.entries().iter().any(|entry| matches!(entry.kind, EntryKind::Own { .. }));
    side_by_side().when(move || !has_sent(), move || limits(cx))
}
