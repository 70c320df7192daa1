//! The operator's own conversations, in the list at the start side.

use leptos::prelude::*;
use tealight_protocol::{ConversationId, ConversationState};
use tealight_session::operator::ConversationView;

use super::browser::move_focus;
use super::desk::Desk;
use super::shown::{presence, presence_name};
use crate::words::{count, t};

/// The list.
#[component]
pub(crate) fn Mine() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let ids = Memo::new(move |_| {
        desk.view.with(|view| view.conversations.iter().map(|one| one.id.clone()).collect::<Vec<_>>())
    });
    view! {
        <section class="mine" aria-labelledby="mine-title">
            <h2 class="heading" id="mine-title">{t("mine.title")}</h2>
            <Show when=move || ids.with(Vec::is_empty)>
                <p class="quiet none">{t("mine.none")}</p>
            </Show>
            <ul class="list" on:keydown=|event| { move_focus(&event, ".item"); }>
                <For each=move || ids.get() key=Clone::clone let(id)>
                    <Item id ids />
                </For>
            </ul>
        </section>
    }
}

#[component]
fn Item(id: ConversationId, ids: Memo<Vec<ConversationId>>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let conversation = desk.conversation(id.clone());
    let is_open = Memo::new({
        let id = id.clone();
        move |_| desk.open.with(|open| open.as_ref() == Some(&id))
    });
    // One stop for the Tab key: the open conversation, or the first. Arrow keys do the rest.
    let is_stop = Memo::new({
        let id = id.clone();
        move |_| {
            is_open.get() || (desk.open.with(Option::is_none) && ids.with(|ids| ids.first() == Some(&id)))
        }
    });
    let place = {
        let id = id.clone();
        move || ids.with(|ids| ids.iter().position(|one| *one == id).map(|place| (place + 1).to_string()))
    };
    let name = {
        let id = id.clone();
        move || desk.name_of(&id)
    };
    let state = move || conversation.get().map(|one| state_words(&one));
    let presence = move || {
        let followed = conversation.get().filter(|one| one.released.is_none());
        followed.map_or("gone", |one| presence_name(one.presence))
    };
    let unread = Memo::new(move |_| conversation.get().map_or(0, |one| one.unread));
    view! {
        <li class="row">
            <button class="item" type="button" tabindex=move || if is_stop.get() { "0" } else { "-1" }
                aria-current=move || is_open.get().then_some("true") data-presence=presence
                on:click=move |_| desk.go_to(id.clone())>
                <span class="item-name">{name}</span>
                <span class="item-state">{state}</span>
                {move || match unread.get() {
                    0 => None,
                    number => Some(view! {
                        <span class="badge">
                            <span aria-hidden="true">{number.to_string()}</span>
                            <span class="sr">{count("mine.unread.one", "mine.unread.other", number.into())}</span>
                        </span>
                    }),
                }}
                <kbd class="item-key" aria-hidden="true">{place}</kbd>
            </button>
        </li>
    }
}

fn state_words(one: &ConversationView) -> String {
    if one.released.is_some() {
        t("mine.released").to_owned()
    } else if one.watched {
        t("mine.watched").to_owned()
    } else if one.typing {
        t("mine.typing").to_owned()
    } else {
        match one.state {
            ConversationState::Waiting => t("mine.held").to_owned(),
            ConversationState::Active => presence(one.presence, one.presence_since.as_ref()),
            ConversationState::Ended => t("mine.ended").to_owned(),
        }
    }
}
