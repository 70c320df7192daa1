//! A chat is being wiped: gone from here, and not yet for certain from the server. It says which of the two is true,
//! and promises nothing that needs a connection while there is none.

use tealight_session::Connection;

use crate::context::Context;
use crate::element::{El, el};
use crate::keys::Key;
use crate::parts::others::{crisis, others};

pub(crate) fn wiping(cx: Context) -> El {
    let is_cut_off = move || cx.connection().connection == Connection::Lost;
    let words = move || cx.say(if is_cut_off() { Key::WIPING_LATER } else { Key::WIPING_NOW });
    el("main")
        .class("screen")
        .part("screen")
        .attr("data-screen", "stopped")
        .child(el("h2").class("title").part("title").attr("tabindex", "-1").text(&cx.say(Key::WIPING_TITLE)))
        .child(el("p").class("lead").attr("role", "status").live_text(words))
        .child(crisis(cx))
        .child(others(cx))
}
