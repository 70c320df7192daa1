//! Where the visitor writes. One composer lives from the first second of waiting to the end of the chat, so that
//! neither words nor cursor move when somebody joins.

use leptos::attr::custom::custom_attribute;
use leptos::html;
use leptos::prelude::*;
use tealight_session::visitor::Command;
use wasm_bindgen::JsValue;
use web_sys::{HtmlElement, HtmlTextAreaElement, KeyboardEvent};

use super::icon::{Icon, icon};
use super::others::flag;
use super::quick_replies::quick_replies;
use crate::context::{Context, Screen};
use crate::keys::Key;

/// What browsers give as key code while an input method is at work.
const COMPOSING_KEY_CODE: u32 = 229;

pub(crate) fn composer(cx: Context) -> impl IntoView {
    let field = NodeRef::<html::Textarea>::new();
    let revision = Memo::new(move |_| cx.composer.get().revision);
    let grows_by_itself = grows_by_itself();

    // The only place where words are written into the field.
    Effect::new(move |_| {
        // Read, not only tracked: a memo that nobody has read follows nothing.
        revision.get();
        if let Some(field) = field.get() {
            let draft = cx.draft();
            if field.value() != draft {
                field.set_value(&draft);
            }
            if !grows_by_itself {
                grow(&field);
            }
        }
    });

    let send = move || {
        if cx.composer.get_untracked().can_send {
            cx.dispatch(Command::Send);
        }
    };
    let edited = move |_| {
        if let Some(field) = field.get_untracked() {
            cx.dispatch(Command::Edit(field.value()));
            if !grows_by_itself {
                grow(&field);
            }
        }
    };
    let pressed = move |event: KeyboardEvent| {
        let composing = event.is_composing() || event.key_code() == COMPOSING_KEY_CODE;
        if event.key() == "Enter" && !event.shift_key() && !composing && !is_touched() {
            event.prevent_default();
            send();
        }
    };
    let submitted = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        send();
    };
    let cannot_send = Memo::new(move |_| !cx.composer.get().can_send);

    view! {
        <form class="composer" part="composer" on:submit=submitted>
            {quick_replies(cx)}
            {ready_line(cx)}
            <div class="composer-row">
                <label class="sr" for="composer">{cx.say(Key::COMPOSER_LABEL)}</label>
                <textarea
                    class="composer-input"
                    part="input"
                    id="composer"
                    node_ref=field
                    rows="2"
                    dir="auto"
                    autocomplete="off"
                    spellcheck="false"
                    {..custom_attribute("writingsuggestions", "false")}
                    autocapitalize="sentences"
                    aria-describedby="composer-hint"
                    placeholder=cx.say(Key::COMPOSER_PLACEHOLDER)
                    on:input=edited
                    on:keydown=pressed
                ></textarea>
                <button
                    class="send"
                    part="send"
                    type="submit"
                    aria-disabled=move || flag(cannot_send.get())
                    // The focus stays where the words are, and with it the keyboard of a phone.
                    on:mousedown=move |event| event.prevent_default()
                >
                    {icon(Icon::SEND)}
                    <span class="send-word">{cx.say(Key::COMPOSER_SEND)}</span>
                </button>
            </div>
            <p class="composer-hint" id="composer-hint">
                {icon(Icon::LOCK)}
                <span>{cx.say(Key::COMPOSER_HINT)}</span>
            </p>
            <div class="composer-foot">{tick(cx)}{counter(cx)}</div>
        </form>
    }
}

/// Tells that somebody is there when words were ready before they came.
fn ready_line(cx: Context) -> impl IntoView {
    let is_ready = RwSignal::new(false);
    Effect::new(move |before: Option<Screen>| {
        let screen = cx.screen.get();
        let is_empty = cx.composer.get().is_empty;
        if before == Some(Screen::Waiting) && screen == Screen::Talking && !is_empty {
            is_ready.set(true);
        } else if is_empty || screen != Screen::Talking {
            is_ready.set(false);
        }
        screen
    });
    move || {
        is_ready.get().then(|| {
            let name = cx.talking.with(|talking| talking.as_ref().map(|it| it.with.name.clone()));
            let words = cx.fill(Key::COMPOSER_READY, &[("name", &name.unwrap_or_default())]);
            view! { <p class="composer-ready">{words}</p> }
        })
    }
}

/// "Send this when someone joins": only while waiting, off until the visitor sets it.
fn tick(cx: Context) -> impl IntoView {
    let is_waiting = Memo::new(move |_| cx.screen.get() == Screen::Waiting);
    let is_set = Memo::new(move |_| cx.composer.get().send_when_joined);
    let turned = move |event| cx.dispatch(Command::SendWhenJoined(event_target_checked(&event)));
    move || {
        is_waiting.get().then(|| {
            view! {
                <label class="tick">
                    <input
                        class="tick-box"
                        type="checkbox"
                        prop:checked=move || is_set.get()
                        on:change=turned
                    />
                    <span>{cx.say(Key::COMPOSER_TICK)}</span>
                </label>
            }
        })
    }
}

/// How much room is left; only when little is.
fn counter(cx: Context) -> impl IntoView {
    let is_near = Memo::new(move |_| cx.counter.get().is_some());
    let is_over = move || cx.counter.get().is_some_and(|counter| counter.chars > counter.limit);
    let words = move || {
        cx.counter.get().map(|counter| {
            let chars = cx.words(|words| words.number(counter.chars as f64));
            let limit = cx.words(|words| words.number(counter.limit as f64));
            cx.fill(Key::COMPOSER_COUNTER, &[("chars", &chars), ("limit", &limit)])
        })
    };
    view! {
        {move || {
            is_near.get().then(|| {
                view! { <span class="counter" data-over=move || flag(is_over())>{words}</span> }
            })
        }}
        <span class="counter-note" role="status">
            {move || is_over().then(|| cx.say(Key::COMPOSER_OVER))}
        </span>
    }
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
    let supports = supports.and_then(|it| wasm_bindgen::JsCast::dyn_into::<js_sys::Function>(it).ok());
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
    let mut height = field.scroll_height().to_string();
    height.push_str("px");
    let _ = style.set_property("height", &height);
}
