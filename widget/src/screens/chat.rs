//! What belongs to talking around log and composer: a heading for those who hear it, and the way out.

use leptos::prelude::*;

use crate::context::Context;
use crate::keys::Key;
use crate::parts::note::note_of;
use crate::parts::others::crisis;

/// The screen's heading. The eyes have the log's first lines for it.
pub(crate) fn chat_heading(cx: Context) -> impl IntoView {
    let words = move || {
        let name = cx.talking.with(|talking| talking.as_ref().map(|it| it.with.name.clone()));
        cx.fill(Key::CHAT_HEADING, &[("name", &name.unwrap_or_default())])
    };
    view! { <h2 class="sr" tabindex="-1">{words}</h2> }
}

pub(crate) fn chat_foot(cx: Context) -> impl IntoView {
    view! {
        <div class="chat-foot">
            {unkept(cx)}
            {crisis(cx)}
            <button class="link" type="button" on:click=move |_| cx.asking.set(true)>
                {cx.say(Key::CHAT_END)}
            </button>
        </div>
    }
}

/// Tells that a reload would end the chat, where the browser keeps nothing for us.
pub(crate) fn unkept(cx: Context) -> impl IntoView {
    move || cx.unkept.get().then(|| note_of(cx.say(Key::UNKEPT)))
}
