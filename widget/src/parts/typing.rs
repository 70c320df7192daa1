//! The dots that say that the operator is writing. Never read aloud by itself: it would interrupt what is said.

use super::others::flag;
use crate::context::Context;
use crate::element::{El, el};
use crate::keys::Key;

pub(crate) fn typing(cx: Context) -> El {
    let is_on = move || is_typing(cx);
    let words = move || {
        if is_on() { cx.fill(Key::LOG_TYPING, &[("name", &cx.operator_name())]) } else { String::new() }
    };
    let dot = || el("i").class("dot");
    el("div")
        .class("typing")
        .part("typing")
        .live_attr("data-on", move || Some(flag(is_on())))
        .attr("aria-live", "off")
        .child(el("span").class("sr").live_text(words))
        .child(dot())
        .child(dot())
        .child(dot())
}

/// Whether the operator is writing.
pub(crate) fn is_typing(cx: Context) -> bool {
    cx.talking(|talking| talking.typing) == Some(true)
}
