//! The question before something ends. Inside the widget, because browsers silence their own in a frame.

use std::cell::RefCell;
use std::rc::Rc;

use tealight_session::visitor::Command;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use crate::context::{Context, Screen};
use crate::element::{El, el, follow, side_by_side};
use crate::keys::Key;

pub(crate) fn confirm(cx: Context) -> El {
    let asked_from: Rc<RefCell<Option<Element>>> = Rc::default();
    let mut was_asking = false;
    follow(move || {
        let asking = cx.signs().asking.get();
        if asking && !was_asking {
            asked_from.replace(cx.focused());
            cx.before_paint(move || cx.focus(".dialog .button"));
        } else if !asking && was_asking {
            // Back to where the question came from, once the rest of the panel takes the focus again.
            let asked_from = Rc::clone(&asked_from);
            cx.before_paint(move || {
                if let Some(from) = asked_from.take().filter(|from| from.is_connected()) {
                    let _ = from.unchecked_into::<HtmlElement>().focus();
                }
            });
        }
        was_asking = asking;
    });
    // What it asks about may end by itself meanwhile.
    follow(move || {
        if !cx.screen().has_conversation() {
            cx.ask(false);
        }
    });
    side_by_side().when(move || cx.signs().asking.get(), move || question(cx))
}

fn question(cx: Context) -> El {
    let (title, text, yes) = if cx.screen_now() == Screen::Waiting {
        (Key::CONFIRM_LEAVE, Key::CONFIRM_LEAVE_TEXT, Key::CONFIRM_LEAVE_YES)
    } else {
        (Key::CONFIRM_END, Key::CONFIRM_END_TEXT, Key::CONFIRM_END_YES)
    };
    let end = move |_| {
        cx.signs().focus_next.set(true);
        cx.ask(false);
        cx.dispatch(Command::End);
    };
    let stay = el("button")
        .class("button")
        .part("button button-primary")
        .attr("data-kind", "primary")
        .attr("type", "button")
        .on("click", move |_| cx.ask(false))
        .text(&cx.say(Key::CONFIRM_STAY));
    let end = el("button")
        .class("button")
        .part("button")
        .attr("data-kind", "danger")
        .attr("type", "button")
        .on("click", end)
        .text(&cx.say(yes));
    let dialog = el("div")
        .class("dialog")
        .part("dialog")
        .attr("role", "alertdialog")
        .attr("aria-modal", "false")
        .attr("aria-labelledby", "confirm-title")
        .attr("aria-describedby", "confirm-text")
        .child(el("h2").class("heading").attr("id", "confirm-title").text(&cx.say(title)))
        .child(el("p").attr("id", "confirm-text").text(&cx.say(text)))
        .child(el("div").class("actions").child(stay).child(end));
    el("div").class("scrim").child(dialog)
}
