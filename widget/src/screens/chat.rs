//! What belongs to talking around log and composer: a heading for those who hear it, and the way out.

use crate::context::{Asking, Context};
use crate::element::{El, el, side_by_side};
use crate::keys::Key;
use crate::parts::limits::limits_until_first_send;
use crate::parts::note::note_of;
use crate::parts::others::crisis;

/// The screen's heading. The eyes have the log's first lines for it.
pub(crate) fn chat_heading(cx: Context) -> El {
    let words = move || cx.fill(Key::CHAT_HEADING, &[("name", &cx.operator_name())]);
    el("h2").class("sr").attr("tabindex", "-1").live_text(words)
}

pub(crate) fn chat_foot(cx: Context) -> El {
    let end = el("button")
        .class("link")
        .attr("type", "button")
        .on("click", move |_| cx.ask(Asking::End))
        .text(&cx.say(Key::CHAT_END));
    el("div")
        .class("chat-foot")
        .child(unkept(cx))
        .child(limits_until_first_send(cx))
        .child(crisis(cx))
        .child(end)
}

/// Tells that a reload would end the chat, where the browser keeps nothing for us.
pub(crate) fn unkept(cx: Context) -> El {
    side_by_side().when(move || cx.signs().unkept.get(), move || note_of(&cx.say(Key::UNKEPT)))
}
