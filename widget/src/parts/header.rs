//! The bar at the top: whose chat this is, minimise, and Exit, always last and always there.

use leptos::prelude::*;

use super::icon::{Icon, icon};
use crate::context::Context;
use crate::keys::Key;

pub(crate) fn header(cx: Context) -> impl IntoView {
    let name = Memo::new(move |_| {
        if cx.options(|options| options.discreet) {
            return cx.say(Key::BAR_NEUTRAL);
        }
        let known = cx.service.with(|service| service.as_ref().map(|service| service.name.clone()));
        known.unwrap_or_else(|| cx.options(|options| options.name.clone()))
    });
    let minimise = cx.options(|options| options.minimisable).then(|| {
        view! {
            <button
                class="icon-button"
                part="minimise"
                type="button"
                aria-label=cx.say(Key::BAR_MINIMISE)
                on:click=move |_| cx.notify("minimise", &[])
            >
                {icon(Icon::DOWN)}
            </button>
        }
    });
    view! {
        <header class="bar" part="header">
            <h1 class="bar-name" part="name">{move || name.get()}</h1>
            <div class="bar-actions">
                {minimise}
                // Nothing is awaited here: the page around the widget leaves within this very click.
                <button class="exit" part="exit" type="button" on:click=move |_| cx.notify("exit", &[])>
                    <span>{cx.say(Key::BAR_EXIT)}</span>
                    {icon(Icon::EXIT)}
                </button>
            </div>
        </header>
    }
}
