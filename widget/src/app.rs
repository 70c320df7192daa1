//! The panel: bar, connection line, the screen that is due, the question before an end; and what the page around it
//! is told.

use wasm_bindgen::JsCast;
use web_sys::KeyboardEvent;

use crate::context::{Asking, Context, Screen};
use crate::element::{El, el, follow};
use crate::keys::Key;
use crate::parts::alert::{is_ready, ring};
use crate::parts::announcer::announcer;
use crate::parts::confirm::confirm;
use crate::parts::header::header;
use crate::parts::safety::close_menu;
use crate::parts::strip::strip;
use crate::screens::conversation::conversation;
use crate::screens::ended::ended;
use crate::screens::stopped::stopped;
use crate::screens::welcome::{opening, welcome};
use crate::screens::wiping::wiping;

/// The whole panel. `was_kept`: a conversation of this tab is being taken up again.
pub(crate) fn app(cx: Context, was_kept: bool) -> El {
    tell_the_page(cx);
    guide_the_focus(cx);
    ring(cx);
    let asking = cx.signs().asking.clone();
    let pressed = move |event: web_sys::Event| {
        let event: KeyboardEvent = event.unchecked_into();
        if event.key() != "Escape" || event.is_composing() {
            return;
        }
        // Escape takes the nearest thing away, and never ends anything.
        if cx.signs().asking.peek() != Asking::Nothing {
            cx.ask(Asking::Nothing);
        } else if cx.signs().menu.peek() {
            close_menu(cx);
        } else if cx.options(|options| options.minimisable) {
            cx.notify("minimise", &[]);
        }
    };
    let screen = move |layout: &str| match layout {
        "welcome" => welcome(cx),
        "conversation" => conversation(cx, was_kept),
        "ended" => ended(cx),
        "wiping" => wiping(cx),
        "stopped" => stopped(cx),
        _ => opening(cx),
    };
    el("div")
        .class("tealight")
        .part("panel")
        .attr("lang", &cx.options(|options| options.lang.clone()))
        .attr("dir", &cx.say(Key::FORMAT_DIRECTION))
        .on("keydown", pressed)
        .child(header(cx))
        .child(strip(cx))
        .child(
            el("div")
                .class("body")
                .live_attr("inert", move || (asking.get() != Asking::Nothing).then_some(""))
                .on("click", move |_| cx.signs().menu.set(false))
                .live(move || Some(layout(cx.screen()).to_owned()), screen),
        )
        .child(confirm(cx))
        .child(announcer(cx))
}

/// Waiting and talking share their elements: one name for both keeps them.
fn layout(screen: Screen) -> &'static str {
    match screen {
        Screen::Opening => "opening",
        Screen::Welcome => "welcome",
        Screen::Waiting | Screen::Talking => "conversation",
        Screen::Ended => "ended",
        Screen::Wiping => "wiping",
        Screen::Stopped => "stopped",
    }
}

/// That there is something to look at, and what of it is new. Not how far the conversation is, never what is said.
fn tell_the_page(cx: Context) {
    let mut told = false;
    follow(move || {
        let screen = cx.screen();
        // Until something is known there is nothing to look at, and after a while the page shows its own numbers.
        if screen == Screen::Opening {
            return;
        }
        if !told {
            told = true;
            cx.before_paint(move || cx.notify("ready", &[]));
        }
        if screen.has_conversation() {
            cx.signs().knows_exit.set(true);
        }
    });
    let mut told = 0;
    follow(move || {
        // Whoever is waited for has something to look at, too.
        let unread = cx.unread() + u32::from(is_ready(cx));
        if told != unread {
            told = unread;
            cx.notify("unread", &[("count", unread.into())]);
        }
    });
}

/// The focus follows the visitor's own actions, never what others do; but it must not get lost with a screen.
fn guide_the_focus(cx: Context) {
    let mut before = None;
    follow(move || {
        let screen = cx.screen();
        if screen == Screen::Opening || before.replace(screen) == Some(screen) {
            return;
        }
        if cx.signs().focus_next.replace(false) {
            // On a slow device the next frame is late: whoever has gone on to another element by then stays there.
            let from = cx.focused();
            cx.before_paint(move || {
                if cx.focused().is_none_or(|now| from == Some(now)) {
                    cx.focus_heading();
                }
            });
        } else {
            cx.before_paint(move || cx.rescue_focus());
        }
    });
}
