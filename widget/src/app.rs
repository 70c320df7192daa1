//! The panel: bar, connection line, the screen that is due, the question before an end; and what the page around it
//! is told.

use leptos::prelude::*;
use web_sys::KeyboardEvent;

use crate::context::{Context, Screen};
use crate::keys::Key;
use crate::parts::announcer::announcer;
use crate::parts::confirm::confirm;
use crate::parts::header::header;
use crate::parts::strip::strip;
use crate::screens::conversation::conversation;
use crate::screens::ended::ended;
use crate::screens::stopped::stopped;
use crate::screens::welcome::{opening, welcome};

/// The whole panel. `was_kept`: a conversation of this tab is being taken up again.
pub(crate) fn app(cx: Context, was_kept: bool) -> impl IntoView {
    tell_the_page(cx);
    guide_the_focus(cx);
    // Waiting and talking share their elements: one name for both keeps them.
    let layout = Memo::new(move |_| match cx.screen.get() {
        Screen::Waiting => Screen::Talking,
        screen @ (Screen::Opening | Screen::Welcome | Screen::Talking | Screen::Ended | Screen::Stopped) => {
            screen
        }
    });
    let pressed = move |event: KeyboardEvent| {
        if event.key() != "Escape" || event.is_composing() {
            return;
        }
        // Escape takes the nearest thing away, and never ends anything.
        if cx.asking.get_untracked() {
            cx.asking.set(false);
        } else if cx.options(|options| options.minimisable) {
            cx.notify("minimise", &[]);
        }
    };
    view! {
        <div
            class="tealight"
            part="panel"
            lang=cx.options(|options| options.lang.clone())
            dir=cx.say(Key::FORMAT_DIRECTION)
            on:keydown=pressed
        >
            {header(cx)}
            {strip(cx)}
            <div class="body" inert=move || cx.asking.get()>
                {move || match layout.get() {
                    Screen::Opening => opening(cx).into_any(),
                    Screen::Welcome => welcome(cx).into_any(),
                    Screen::Waiting | Screen::Talking => conversation(cx, was_kept).into_any(),
                    Screen::Ended => ended(cx).into_any(),
                    Screen::Stopped => stopped(cx).into_any(),
                }}
            </div>
            {confirm(cx)}
            {announcer(cx)}
        </div>
    }
}

/// What happens, never what is said.
fn tell_the_page(cx: Context) {
    Effect::new(move |told: Option<Option<&'static str>>| {
        let screen = cx.screen.get();
        let told = told.flatten();
        // Until something is known there is nothing to look at, and after a while the page shows its own numbers.
        if screen == Screen::Opening {
            return told;
        }
        if told.is_none() {
            request_animation_frame(move || cx.notify("ready", &[]));
        }
        if told != Some(screen.name()) {
            cx.notify("state", &[("state", screen.name().into())]);
        }
        Some(screen.name())
    });
    let unread = Memo::new(move |_| cx.unread());
    Effect::new(move |told: Option<u32>| {
        let unread = unread.get();
        if told.unwrap_or(0) != unread {
            cx.notify("unread", &[("count", unread.into())]);
        }
        unread
    });
}

/// The focus follows the visitor's own actions, never what others do; but it must not get lost with a screen.
fn guide_the_focus(cx: Context) {
    Effect::new(move |before: Option<Screen>| {
        let screen = cx.screen.get();
        if screen == Screen::Opening || before == Some(screen) {
            return screen;
        }
        if cx.focus_next.get_untracked() {
            cx.focus_next.set(false);
            request_animation_frame(move || cx.focus_heading());
        } else {
            request_animation_frame(move || cx.rescue_focus());
        }
        screen
    });
}
