//! The "look here" card.

use leptos::prelude::*;

use super::icon::{Icon, icon};

/// A card around paragraphs.
pub(crate) fn note(paragraphs: impl IntoView) -> impl IntoView {
    view! {
        <div class="note" part="note">
            {icon(Icon::LAMP)}
            <div>{paragraphs}</div>
        </div>
    }
}

/// A card with one sentence or some.
pub(crate) fn note_of(text: String) -> impl IntoView {
    note(view! { <p>{text}</p> })
}
