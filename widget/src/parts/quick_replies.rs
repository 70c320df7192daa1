//! Short answers for somebody who has no words just now. They are offered while the operator spoke last.

use leptos::prelude::*;
use tealight_session::visitor::{Command, EntryKind};

use crate::context::{Context, Screen};
use crate::keys::Key;

pub(crate) fn quick_replies(cx: Context) -> impl IntoView {
    let is_offered = Memo::new(move |_| {
        let theirs = cx.entries.with(|entries| {
            entries.last().is_some_and(|last| matches!(last.kind, EntryKind::Theirs { automatic: false, .. }))
        });
        theirs && cx.screen.get() == Screen::Talking && cx.composer.get().is_empty
    });
    move || {
        is_offered.get().then(|| {
            view! {
                <div class="quick" role="group" aria-label=cx.say(Key::QUICK_GROUP)>
                    {chip(cx, Key::QUICK_MOMENT)}
                    {chip(cx, Key::QUICK_HERE)}
                </div>
            }
        })
    }
}

fn chip(cx: Context, key: Key) -> impl IntoView {
    let press = move |_| {
        cx.dispatch(Command::QuickReply(cx.say(key)));
        // The chip goes away with the press; the focus goes where the next words are written.
        cx.focus(".composer-input");
    };
    view! {
        <button class="chip" part="chip" type="button" on:click=press>{cx.say(key)}</button>
    }
}
