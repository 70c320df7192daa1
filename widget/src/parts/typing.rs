//! The dots that say that the operator is writing. Never read aloud by itself: it would interrupt what is said.

use leptos::prelude::*;

use super::others::flag;
use crate::context::Context;
use crate::keys::Key;

pub(crate) fn typing(cx: Context) -> impl IntoView {
    let on = Memo::new(move |_| cx.talking.with(|talking| talking.as_ref().is_some_and(|it| it.typing)));
    let words = move || {
        let name = cx.talking.with(|talking| talking.as_ref().map(|it| it.with.name.clone()));
        on.get().then(|| cx.fill(Key::LOG_TYPING, &[("name", &name.unwrap_or_default())]))
    };
    // The dots take a value although it never changes: without one they would be parsed from HTML.
    let dot = "dot";
    view! {
        <div class="typing" part="typing" data-on=move || flag(on.get()) aria-live="off">
            <span class="sr">{words}</span>
            <i class=dot></i>
            <i class=dot></i>
            <i class=dot></i>
        </div>
    }
}
