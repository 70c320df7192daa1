//! The question before something ends. Inside the widget, because browsers silence their own in a frame.

use leptos::prelude::*;
use tealight_session::visitor::Command;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use crate::context::{Context, Screen};
use crate::keys::Key;

pub(crate) fn confirm(cx: Context) -> impl IntoView {
    let asked_from: StoredValue<Option<Element>, LocalStorage> = StoredValue::new_local(None);

    Effect::new(move |was_asking: Option<bool>| {
        let asking = cx.asking.get();
        if asking && was_asking != Some(true) {
            asked_from.set_value(cx.focused());
            request_animation_frame(move || cx.focus(".dialog .button"));
        } else if !asking && was_asking == Some(true) {
            // Back to where the question came from, once the rest of the panel takes the focus again.
            request_animation_frame(move || {
                let from = asked_from.try_update_value(Option::take).flatten();
                if let Some(from) = from.filter(|from| from.is_connected()) {
                    let _ = from.unchecked_into::<HtmlElement>().focus();
                }
            });
        }
        asking
    });
    // What it asks about may end by itself meanwhile.
    Effect::new(move |_| {
        if !cx.screen.get().has_conversation() {
            cx.asking.set(false);
        }
    });

    move || {
        cx.asking.get().then(|| {
            let waiting = cx.screen.get_untracked() == Screen::Waiting;
            let (title, text, yes) = if waiting {
                (Key::CONFIRM_LEAVE, Key::CONFIRM_LEAVE_TEXT, Key::CONFIRM_LEAVE_YES)
            } else {
                (Key::CONFIRM_END, Key::CONFIRM_END_TEXT, Key::CONFIRM_END_YES)
            };
            let end = move |_| {
                cx.focus_next.set(true);
                cx.asking.set(false);
                cx.dispatch(Command::End);
            };
            view! {
                <div class="scrim">
                    <div
                        class="dialog"
                        part="dialog"
                        role="alertdialog"
                        aria-modal="false"
                        aria-labelledby="confirm-title"
                        aria-describedby="confirm-text"
                    >
                        <h2 class="heading" id="confirm-title">{cx.say(title)}</h2>
                        <p id="confirm-text">{cx.say(text)}</p>
                        <div class="actions">
                            <button
                                class="button"
                                part="button button-primary"
                                data-kind="primary"
                                type="button"
                                on:click=move |_| cx.asking.set(false)
                            >
                                {cx.say(Key::CONFIRM_STAY)}
                            </button>
                            <button class="button" part="button" data-kind="danger" type="button" on:click=end>
                                {cx.say(yes)}
                            </button>
                        </div>
                    </div>
                </div>
            }
        })
    }
}
