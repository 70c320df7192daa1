//! Where the visitor writes. One composer lives from the first second of waiting to the end of the chat, so that
//! neither words nor cursor move when somebody joins.

use tealight_protocol::json::digits;
use tealight_session::visitor::Command;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, HtmlElement, HtmlInputElement, HtmlTextAreaElement, KeyboardEvent};

use super::icon::{Icon, icon};
use super::others::flag;
use super::personal::Personal;
use super::quick_replies::quick_replies;
use crate::context::{Context, Screen};
use crate::element::{El, el, follow};
use crate::keys::Key;
use crate::live::Live;

/// What browsers give as key code while an input method is at work.
const COMPOSING_KEY_CODE: u32 = 229;

pub(crate) fn composer(cx: Context) -> El {
    let submitted = move |event: Event| {
        event.prevent_default();
        send(cx);
    };
    let cannot_send = move || Some(flag(!cx.composer().composer.can_send));
    let send = el("button")
        .class("send")
        .part("send")
        .attr("type", "submit")
        .live_attr("aria-disabled", cannot_send)
        // The focus stays where the words are, and with it the keyboard of a phone.
        .on("mousedown", |event| event.prevent_default())
        .child(icon(Icon::SEND))
        .child(el("span").class("send-word").text(&cx.say(Key::COMPOSER_SEND)));
    let personal = Personal::new(cx);
    let row = el("div")
        .class("composer-row")
        .child(el("label").class("sr").attr("for", "composer").text(&cx.say(Key::COMPOSER_LABEL)))
        .child(field(cx, &personal))
        .child(send);
    let hint = el("p")
        .class("composer-hint")
        .attr("id", "composer-hint")
        .child(icon(Icon::LOCK))
        .child(el("span").text(&cx.say(Key::COMPOSER_HINT)));
    let form = el("form").class("composer").part("composer").on("submit", submitted);
    let form = ready_line(cx, quick_replies(cx, form));
    personal.line(form.child(row).child(hint)).child(counter(cx, tick(cx, el("div").class("composer-foot"))))
}

fn send(cx: Context) {
    if cx.now().composer.can_send {
        cx.dispatch(Command::Send);
    }
}

fn field(cx: Context, personal: &Personal) -> El {
    let area = el("textarea");
    let field: HtmlTextAreaElement = area.element().unchecked_into();
    let grows_by_itself = grows_by_itself();

    // The only place where words are written into the field.
    let (written, mut revision) = (field.clone(), None);
    follow(move || {
        let view = cx.composer();
        if revision.replace(view.composer.revision) == Some(view.composer.revision) {
            return;
        }
        if written.value() != view.composer.draft {
            written.set_value(&view.composer.draft);
        }
        if !grows_by_itself {
            grow(&written);
        }
    });
    let personal = personal.clone();
    let edited = move |_| {
        let words = field.value();
        personal.look(&words);
        cx.dispatch(Command::Edit(words));
        if !grows_by_itself {
            grow(&field);
        }
    };
    let pressed = move |event: Event| {
        let event: KeyboardEvent = event.unchecked_into();
        let composing = event.is_composing() || event.key_code() == COMPOSING_KEY_CODE;
        if event.key() == "Enter" && !event.shift_key() && !composing && !is_touched() {
            event.prevent_default();
            send(cx);
        }
    };
    area.class("composer-input")
        .part("input")
        .attr("id", "composer")
        .attr("rows", "2")
        .attr("dir", "auto")
        .attr("autocomplete", "off")
        .attr("spellcheck", "false")
        .attr("writingsuggestions", "false")
        .attr("autocapitalize", "sentences")
        .attr("aria-describedby", "composer-hint")
        .attr("placeholder", &cx.say(Key::COMPOSER_PLACEHOLDER))
        .on("input", edited)
        .on("keydown", pressed)
}

/// Tells that somebody is there when words were ready before they came.
fn ready_line(cx: Context, into: El) -> El {
    let ready = Live::new(false);
    let is_ready = ready.clone();
    let mut before = None;
    follow(move || {
        let screen = cx.screen();
        let is_empty = cx.composer().composer.chars == 0;
        if before == Some(Screen::Waiting) && screen == Screen::Talking && !is_empty {
            ready.set(true);
        } else if is_empty || screen != Screen::Talking {
            ready.set(false);
        }
        before = Some(screen);
    });
    let words =
        move || is_ready.get().then(|| cx.fill(Key::COMPOSER_READY, &[("name", &cx.operator_name())]));
    into.live(words, |words| el("p").class("composer-ready").text(words))
}

/// "Send this when someone joins": only while waiting, off until the visitor sets it.
fn tick(cx: Context, into: El) -> El {
    into.when(
        move || cx.screen() == Screen::Waiting,
        move || {
            let tick = el("input").class("tick-box").attr("type", "checkbox");
            let field: HtmlInputElement = tick.element().unchecked_into();
            let shown = field.clone();
            follow(move || shown.set_checked(cx.composer().composer.send_when_joined));
            let turned = move |_| cx.dispatch(Command::SendWhenJoined(field.checked()));
            el("label")
                .class("tick")
                .child(tick.on("change", turned))
                .child(el("span").text(&cx.say(Key::COMPOSER_TICK)))
        },
    )
}

/// How much room is left; only when little is.
fn counter(cx: Context, into: El) -> El {
    let note = move || if is_over(cx) { cx.say(Key::COMPOSER_OVER) } else { String::new() };
    into.when(
        move || {
            let view = cx.composer();
            view.composer.limit > 0 && view.composer.chars * 10 >= view.composer.limit * 9
        },
        move || {
            el("span")
                .class("counter")
                .live_attr("data-over", move || Some(flag(is_over(cx))))
                .live_text(move || room(cx))
        },
    )
    .child(el("span").class("counter-note").attr("role", "status").live_text(note))
}

fn is_over(cx: Context) -> bool {
    let view = cx.composer();
    view.composer.limit > 0 && view.composer.chars > view.composer.limit
}

fn room(cx: Context) -> String {
    let view = cx.composer();
    let chars = cx.words(|words| words.number(view.composer.chars as f64));
    let limit = cx.words(|words| words.number(view.composer.limit as f64));
    cx.fill(Key::COMPOSER_COUNTER, &[("chars", &chars), ("limit", &limit)])
}

/// Whether the main pointer is a finger: then Enter is on a screen keyboard, and makes a new line. With a mouse, or
/// with no pointer at all, there is a real keyboard, and Enter sends.
fn is_touched() -> bool {
    web_sys::window()
        .and_then(|window| window.match_media("(pointer: coarse)").ok().flatten())
        .is_some_and(|query| query.matches())
}

/// Whether the browser makes the field as high as its words.
fn grows_by_itself() -> bool {
    let css = js_sys::Reflect::get(&js_sys::global(), &"CSS".into());
    let supports = css.as_ref().ok().and_then(|css| js_sys::Reflect::get(css, &"supports".into()).ok());
    let supports = supports.and_then(|it| it.dyn_into::<js_sys::Function>().ok());
    match (css, supports) {
        (Ok(css), Some(supports)) => supports
            .call2(&css, &"field-sizing".into(), &"content".into())
            .is_ok_and(|answer| answer == JsValue::TRUE),
        _ => false,
    }
}

/// Makes the field as high as its words. Set through the object model, which a strict style policy allows.
fn grow(field: &HtmlTextAreaElement) {
    let style = HtmlElement::style(field);
    let _ = style.set_property("height", "auto");
    let mut height = digits(field.scroll_height().unsigned_abs().into());
    height.push_str("px");
    let _ = style.set_property("height", &height);
}
