//! The line about the connection. It is there, empty, before there is anything to say, so that it is read aloud.

use tealight_session::Connection;

use crate::context::Context;
use crate::element::{El, el};
use crate::keys::Key;
use crate::screens::waiting::kept;

pub(crate) fn strip(cx: Context) -> El {
    let words = move || match cx.connection().connection {
        Connection::Lost if cx.screen().has_conversation() => {
            let lost = cx.say(Key::STRIP_LOST);
            Some(kept_so_far(cx).map_or(lost.clone(), |kept| [&lost, " ", &kept].concat()))
        }
        Connection::Lost => Some(cx.say(Key::STRIP_LOST_EARLY)),
        Connection::Idle | Connection::Connecting | Connection::Ready | Connection::Stopped(_) => None,
    };
    el("div")
        .class("strip")
        .part("strip")
        .attr("role", "status")
        .attr("data-tone", "calm")
        .live(words, |words| el("p").text(words))
}

/// That the place is kept, while that is certain: the backend keeps it for some time after it last heard of us.
fn kept_so_far(cx: Context) -> Option<String> {
    let (heard_at, keep_s) = cx.waiting(|waiting| waiting.checked_at.zip(waiting.keep_s)).flatten()?;
    let is_kept = cx.signs().now.get() < heard_at as f64 + f64::from(keep_s) * 1000.0;
    is_kept.then(|| kept(cx)).flatten()
}
