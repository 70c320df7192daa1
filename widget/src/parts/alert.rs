//! "Tell me when it's my turn": a soft sound, and what else the device can do, only if the visitor sets a tick. The
//! page around the widget makes the sound; the widget says when.

use tealight_protocol::QueueState;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

use crate::context::{Context, Screen};
use crate::element::{El, el, follow};
use crate::keys::Key;

/// The tick, with what it does and what it cannot do.
pub(crate) fn alert(cx: Context) -> El {
    let tick = el("input").class("tick-box").attr("type", "checkbox").attr("aria-describedby", "alert-hint");
    let field: HtmlInputElement = tick.element().unchecked_into();
    let shown = field.clone();
    follow(move || shown.set_checked(cx.signs().alert.get()));
    let turned = move |_| {
        let is_on = field.checked();
        cx.signs().alert.set(is_on);
        // Within this very press: only then may a page make a sound later.
        cx.notify("alert", &[("on", is_on.into())]);
    };
    let label = el("label")
        .class("tick")
        .child(tick.on("change", turned))
        .child(el("span").text(&cx.say(Key::ALERT_TICK)));
    el("div")
        .class("alert")
        .child(label)
        .child(el("p").class("facts").attr("id", "alert-hint").text(&cx.say(Key::ALERT_HINT)))
}

/// Rings when somebody is ready or has joined, once for each turn, with words that say nothing of what it is about.
pub(crate) fn ring(cx: Context) {
    let mut was_turn = false;
    follow(move || {
        let screen = cx.screen();
        let is_turn = screen == Screen::Talking || is_ready(cx);
        let is_on = cx.signs().alert.peek();
        if is_on && is_turn && !was_turn {
            cx.notify("alert", &[("ring", cx.say(Key::BAR_NEUTRAL).into())]);
        }
        if is_on && !screen.has_conversation() {
            cx.signs().alert.set(false);
            cx.notify("alert", &[]);
        }
        was_turn = is_turn;
    });
}

/// Whether somebody is there and waits for the visitor to look.
pub(crate) fn is_ready(cx: Context) -> bool {
    cx.waiting(|waiting| waiting.turn == QueueState::Ready) == Some(true)
}
