//! Short answers for somebody who has no words just now. They are offered while the operator spoke last, or a text that
//! asks whether somebody is still there.

use tealight_session::visitor::{Command, EntryKind};

use crate::context::{Context, Screen};
use crate::element::{El, el};
use crate::keys::Key;

/// Puts them into `into` while they are offered.
pub(crate) fn quick_replies(cx: Context, into: El) -> El {
    let is_offered = move || {
        let theirs = cx.entries().last().is_some_and(|last| matches!(last.kind, EntryKind::Theirs { .. }));
        theirs && cx.screen() == Screen::Talking && cx.composer().composer.chars == 0
    };
    into.when(is_offered, move || {
        el("div")
            .class("quick")
            .attr("role", "group")
            .attr("aria-label", &cx.say(Key::QUICK_GROUP))
            .child(chip(cx, Key::QUICK_MOMENT))
            .child(chip(cx, Key::QUICK_HERE))
    })
}

fn chip(cx: Context, key: Key) -> El {
    let press = move |_| {
        cx.dispatch(Command::QuickReply(cx.say(key)));
        // The chip goes away with the press; the focus goes where the next words are written.
        cx.focus(".composer-input");
    };
    el("button").class("chip").part("chip").attr("type", "button").on("click", press).text(&cx.say(key))
}
