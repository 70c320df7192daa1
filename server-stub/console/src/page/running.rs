//! The conversations of others, for supervisors: who talks since when, and a way to watch.

use leptos::prelude::*;
use tealight_protocol::{ActiveEntry, ConversationId};
use tealight_session::operator::Command;

use super::browser::move_focus;
use super::desk::Desk;
use super::shown::duration;
use crate::words::{t, tf};

/// The list.
#[component]
pub(crate) fn Running() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let running = Memo::new(move |_| {
        desk.view.with(|view| {
            let me = view.who.as_ref().map(|who| &who.id);
            let theirs = view.board.active.iter().filter(|entry| Some(&entry.operator) != me);
            theirs.cloned().collect::<Vec<_>>()
        })
    });
    view! {
        <section class="running" aria-labelledby="running-title">
            <h2 class="heading" id="running-title">{t("running.title")}</h2>
            <Show when=move || running.with(Vec::is_empty)>
                <p class="quiet none">{t("running.none")}</p>
            </Show>
            <ul class="list" on:keydown=|event| { move_focus(&event, ".watch"); }>
                <For each=move || running.get() key=|entry| entry.conv.clone() let(entry)>
                    <Row entry running />
                </For>
            </ul>
        </section>
    }
}

#[component]
fn Row(entry: ActiveEntry, running: Memo<Vec<ActiveEntry>>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let ActiveEntry { conv, operator, since } = entry;
    let watched = {
        let conv = conv.clone();
        Memo::new(move |_| {
            desk.view.with(|view| view.conversations.iter().any(|one| one.id == conv && one.watched))
        })
    };
    let with = move || desk.colleague(&operator);
    let named = with.clone();
    let label = move || {
        let key = if watched.get() { "running.open_named" } else { "running.watch_named" };
        tf(key, &[("name", &named())])
    };
    let is_stop = {
        let conv: ConversationId = conv.clone();
        move || running.with(|running| running.first().is_some_and(|first| first.conv == conv))
    };
    view! {
        <li class="row waiter">
            <div class="waiter-about runner-about">
                <p class="waiter-since">{with}</p>
                <p class="small quiet">{move || duration(&since, desk.now.get())}</p>
            </div>
            <button class="button take watch" data-kind="quiet" type="button" aria-label=label
                tabindex=move || if is_stop() { "0" } else { "-1" }
                on:click=move |_| if watched.get_untracked() {
                    desk.go_to(conv.clone());
                } else {
                    desk.send(Command::Watch(conv.clone()));
                }>
                {move || if watched.get() { t("running.open") } else { t("running.watch") }}
            </button>
        </li>
    }
}
