//! The question before something ends. Inside the widget, because browsers silence their own in a frame.

use std::cell::RefCell;
use std::rc::Rc;

use tealight_session::visitor::{Command, Phase};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use crate::context::{Asking, Context, Screen};
use crate::element::{El, el, follow, side_by_side};
use crate::keys::Key;

pub(crate) fn confirm(cx: Context) -> El {
    let asked_from: Rc<RefCell<Option<Element>>> = Rc::default();
    let mut was_asking = false;
    follow(move || {
        let asking = cx.signs().asking.get() != Asking::Nothing;
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
        let screen = cx.screen();
        let is_moot = match cx.signs().asking.peek() {
            Asking::Nothing => false,
            Asking::End => !screen.has_conversation(),
            Asking::Wipe => !screen.can_wipe(),
        };
        if is_moot {
            cx.ask(Asking::Nothing);
        }
    });
    let asked = move || match cx.signs().asking.get() {
        Asking::Nothing => None,
        Asking::End => Some("end".to_owned()),
        Asking::Wipe => Some("wipe".to_owned()),
    };
    side_by_side().live(asked, move |asked| if asked == "wipe" { wipe(cx) } else { end(cx) })
}

fn end(cx: Context) -> El {
    let (title, text, yes) = if cx.screen_now() == Screen::Waiting {
        (Key::CONFIRM_LEAVE, Key::CONFIRM_LEAVE_TEXT, Key::CONFIRM_LEAVE_YES)
    } else {
        (Key::CONFIRM_END, Key::CONFIRM_END_TEXT, Key::CONFIRM_END_YES)
    };
    let text = el("p").text(&cx.say(text));
    question(cx, title, text, Key::CONFIRM_STAY, yes, Command::End)
}

fn wipe(cx: Context) -> El {
    let has_met = match &cx.now().phase {
        Phase::Talking(_) => true,
        Phase::Waiting(waiting) => waiting.again.is_some(),
        Phase::Ended(ended) => ended.was_joined,
        Phase::Welcome { .. } | Phase::Joining | Phase::Erasing | Phase::Stopped(_) => false,
    };
    let read = has_met.then(|| el("p").text(&cx.say(Key::WIPE_READ)));
    let loses = cx.screen_now().has_conversation().then(|| el("p").text(&cx.say(Key::WIPE_ENDS)));
    let text =
        el("div").class("dialog-text").child(el("p").text(&cx.say(Key::WIPE_TEXT))).maybe(read).maybe(loses);
    question(cx, Key::WIPE_TITLE, text, Key::WIPE_KEEP, Key::WIPE_YES, Command::Erase)
}

fn question(cx: Context, title: Key, text: El, no: Key, yes: Key, command: Command) -> El {
    let does = move |_| {
        cx.signs().focus_next.set(true);
        cx.ask(Asking::Nothing);
        cx.dispatch(command.clone());
    };
    let stay = el("button")
        .class("button")
        .part("button button-primary")
        .attr("data-kind", "primary")
        .attr("type", "button")
        .on("click", move |_| cx.ask(Asking::Nothing))
        .text(&cx.say(no));
    let end = el("button")
        .class("button")
        .part("button")
        .attr("data-kind", "danger")
        .attr("type", "button")
        .on("click", does)
        .text(&cx.say(yes));
    let dialog = el("div")
        .class("dialog")
        .part("dialog")
        .attr("role", "alertdialog")
        .attr("aria-modal", "false")
        .attr("aria-labelledby", "confirm-title")
        .attr("aria-describedby", "confirm-text")
        .child(el("h2").class("heading").attr("id", "confirm-title").text(&cx.say(title)))
        .child(text.attr("id", "confirm-text"))
        .child(el("div").class("actions").child(stay).child(end));
    el("div").class("scrim").child(dialog)
}
