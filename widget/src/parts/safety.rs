//! Help and privacy, one press away on every screen: the numbers for danger to life, what stays between us, and wiping
//! the chat.
//!
//! It unfolds under the bar, over whatever the screen shows, and takes nothing away: no question, no focus trap.

use super::icon::{Icon, icon};
use super::limits::limits;
use super::others::{crisis, flag};
use crate::context::{Asking, Context};
use crate::element::{El, el, side_by_side};
use crate::keys::Key;

/// What unfolds and folds it.
pub(crate) fn menu_button(cx: Context) -> El {
    let turn = move |_| {
        let menu = &cx.signs().menu;
        menu.set(!menu.peek());
    };
    el("button")
        .class("icon-button menu-button")
        .part("menu")
        .attr("type", "button")
        .attr("aria-label", &cx.say(Key::BAR_SAFETY))
        .attr("aria-controls", "menu")
        .live_attr("aria-expanded", move || Some(flag(cx.signs().menu.get())))
        .on("click", turn)
        .child(icon(Icon::SHIELD))
}

/// Folds it, and puts the focus back where it came from.
pub(crate) fn close_menu(cx: Context) {
    cx.signs().menu.set(false);
    cx.focus(".menu-button");
}

pub(crate) fn menu(cx: Context) -> El {
    let wipe = move || {
        let press = move |_| {
            close_menu(cx);
            cx.ask(Asking::Wipe);
        };
        el("button")
            .class("menu-item")
            .attr("type", "button")
            .on("click", press)
            .child(icon(Icon::WIPE))
            .text(&cx.say(Key::WIPE_BUTTON))
    };
    let open = move || {
        el("section")
            .class("menu")
            .part("menu-list")
            .attr("id", "menu")
            .attr("aria-label", &cx.say(Key::BAR_SAFETY))
            .child(crisis(cx))
            .child(limits(cx))
            .when(move || cx.screen().can_wipe(), wipe)
    };
    side_by_side().when(move || cx.signs().menu.get(), open)
}

/// Wiping where there is room for a button.
pub(crate) fn wipe_button(cx: Context) -> El {
    el("button")
        .class("button")
        .part("button button-quiet")
        .attr("data-kind", "quiet")
        .attr("type", "button")
        .on("click", move |_| cx.ask(Asking::Wipe))
        .text(&cx.say(Key::WIPE_BUTTON))
}
