//! The line about the connection. It is there, empty, before there is anything to say, so that it is read aloud.

use tealight_session::Connection;

use crate::context::Context;
use crate::element::{El, el};
use crate::keys::Key;

pub(crate) fn strip(cx: Context) -> El {
    let words = move || match cx.connection().connection {
        Connection::Lost if cx.screen().has_conversation() => Some(cx.say(Key::STRIP_LOST)),
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
