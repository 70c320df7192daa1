//! Suggesting another way to get help: a list over the composer's foot. The visitor sees a card and may say yes or no.

use leptos::prelude::*;
use tealight_protocol::{Alternative, ConversationId};
use tealight_session::operator::Command;
use web_sys::KeyboardEvent;

use super::browser::{INTO_CHAT, focus_soon, move_focus};
use super::desk::Desk;
use crate::words::{t, tf};

/// A button that opens the list.
#[component]
pub(crate) fn Suggest(id: ConversationId, name: Memo<String>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let is_open = RwSignal::new(false);
    let offers = Memo::new(move |_| desk.view.with(|view| view.offers.to_vec()));
    let close = move || {
        is_open.set(false);
        focus_soon(&["#suggest"]);
    };
    let id = StoredValue::new(id);
    view! {
        <button class="link" id="suggest" type="button" aria-expanded=move || is_open.get().to_string()
            on:click=move |_| {
                is_open.update(|is_open| *is_open = !*is_open);
                if is_open.get_untracked() {
                    desk.send(Command::LookUpOffers);
                    focus_soon(&[".suggest-item"]);
                }
            }>{t("suggest.open")}</button>
        <Show when=move || is_open.get()>
            <div class="suggest" role="group" aria-labelledby="suggest-title" on:keydown=move |event: KeyboardEvent| {
                if event.key() == "Escape" {
                    event.prevent_default();
                    close();
                } else {
                    move_focus(&event, ".suggest-item");
                }
            }>
                <p class="suggest-title" id="suggest-title">
                    {move || tf("suggest.title", &[("name", &name.get())])}
                </p>
                <Show when=move || offers.with(Vec::is_empty)>
                    <p class="quiet">{t("suggest.none")}</p>
                </Show>
                <ul class="suggest-list">
                    {move || offers.get().into_iter().map(|offer| {
                        let wanted = offer.id.clone();
                        let pick = move || {
                            desk.send(Command::Offer(id.get_value(), wanted.clone()));
                            is_open.set(false);
                            focus_soon(INTO_CHAT);
                        };
                        item(offer, pick)
                    }).collect_view()}
                </ul>
            </div>
        </Show>
    }
}

fn item(offer: Alternative, pick: impl Fn() + 'static) -> impl IntoView {
    let is_there = offer.open;
    let hours = if is_there { offer.hours } else { Some(t("suggest.closed").to_owned()) };
    view! {
        <li>
            <button class="suggest-item" type="button" aria-disabled=(!is_there).to_string()
                on:click=move |_| if is_there { pick() }>
                <span class="suggest-label">{offer.label}</span>
                <span class="suggest-uri" dir="ltr">{offer.uri}</span>
                {hours.map(|hours| view! { <span class="suggest-hours">{hours}</span> })}
            </button>
        </li>
    }
}
