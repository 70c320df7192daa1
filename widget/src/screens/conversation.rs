//! Waiting and talking are one screen: log and composer stay where they are while everything around them changes.

use leptos::prelude::*;

use super::chat::{chat_foot, chat_heading};
use super::waiting::{waiting_more, waiting_top};
use crate::context::{Context, Screen};
use crate::parts::composer::composer;
use crate::parts::log::{Reading, log, pill};

pub(crate) fn conversation(cx: Context, was_kept: bool) -> impl IntoView {
    let reading = Reading::new();
    let is_waiting = Memo::new(move |_| cx.screen.get() == Screen::Waiting);
    let name = move || cx.screen.get().name();
    view! {
        <main class="screen" part="screen" data-screen=name>
            {move || {
                if is_waiting.get() { waiting_top(cx).into_any() } else { chat_heading(cx).into_any() }
            }}
            {log(cx, reading, was_kept)}
            {move || {
                if is_waiting.get() { waiting_more(cx).into_any() } else { chat_foot(cx).into_any() }
            }}
        </main>
        {pill(cx, reading)}
        {composer(cx)}
    }
}
