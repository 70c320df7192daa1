//! The end side: what is known about the open conversation, notes, pre-written messages, and who is there.

use std::sync::Arc;

use leptos::prelude::*;
use tealight_protocol::{Availability, Canned, OperatorEntry, Route};
use tealight_session::operator::{Command, ConversationView, EntryKind};

use super::browser::{INTO_CHAT, focus_soon, language_name, move_focus};
use super::desk::{Desk, is_active, is_running};
use super::dialogs::Dialog;
use super::notes::Notes;
use super::shown::{duration, presence, presence_name};
use crate::words::{t, tf};

/// The parts.
#[component]
pub(crate) fn About() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let open = Memo::new(move |_| {
        let id = desk.open.get()?;
        desk.view.with(|view| view.conversations.iter().find(|one| one.id == id).map(Arc::clone))
    });
    // Of what is no longer the operator's, nothing is known any more.
    let is_open = Memo::new(move |_| open.with(|one| one.as_ref().is_some_and(|one| one.released.is_none())));
    let can_write = Memo::new(move |_| open.with(|one| one.as_deref().is_some_and(is_active)));
    let takes_notes = Memo::new(move |_| {
        desk.abilities().notes && open.with(|one| one.as_ref().is_some_and(|one| one.released.is_none()))
    });
    view! {
        <Show when=move || is_open.get()>
            <Facts open />
        </Show>
        <Show when=move || takes_notes.get()>
            <Notes open />
        </Show>
        <Show when=move || can_write.get()>
            <Prewritten />
        </Show>
        <Team />
    }
}

#[component]
fn Facts(open: Memo<Option<Arc<ConversationView>>>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let line = move |key: &'static str, value: fn(Desk, &ConversationView) -> Option<String>| {
        let value = Memo::new(move |_| open.with(|one| one.as_deref().and_then(|one| value(desk, one))));
        move || {
            value.get().map(|value| {
                view! {
                    <div class="fact">
                        <dt>{t(key)}</dt>
                        <dd>{value}</dd>
                    </div>
                }
            })
        }
    };
    let state = move || open.with(|one| one.as_deref().map_or("gone", |one| presence_name(one.presence)));
    let where_now = move || {
        open.with(|one| {
            let one = one.as_deref().filter(|one| is_running(one))?;
            Some(presence(one.presence, one.presence_since.as_ref()))
        })
    };
    let since = move || {
        open.with(|one| {
            let first = one.as_deref()?.entries.first()?.at.clone()?;
            Some(duration(&first, desk.now.get()))
        })
    };
    view! {
        <section class="facts" aria-labelledby="about-title">
            <h2 class="heading" id="about-title">{t("about.title")}</h2>
            <dl>
                {move || where_now().map(|words| view! {
                    <div class="fact">
                        <dt>{t("about.presence")}</dt>
                        <dd class="presence" data-presence=state>{words}</dd>
                    </div>
                })}
                {line("about.lang", |_, one| Some(language_name(&one.lang)))}
                {line("about.area", |desk, one| one.area.as_deref().map(|area| desk.area_name(area)))}
                {line("about.route", |_, one| Some(match one.route {
                    Route::Patient => t("about.route_patient").to_owned(),
                    Route::Standard => t("about.route_standard").to_owned(),
                }))}
                {line("about.messages", |_, one| Some(messages(one).to_string()))}
                <div class="fact">
                    <dt>{t("about.since")}</dt>
                    <dd>{since}</dd>
                </div>
            </dl>
        </section>
    }
}

fn messages(one: &ConversationView) -> usize {
    one.entries
        .iter()
        .filter(|entry| matches!(entry.kind, EntryKind::Visitor(_) | EntryKind::Operator { .. }))
        .count()
}

#[component]
fn Prewritten() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let canned = Memo::new(move |_| desk.view.with(|view| Arc::clone(&view.canned)));
    let stop = RwSignal::new(None::<String>);
    view! {
        <section class="canned" aria-labelledby="canned-title">
            <h2 class="heading" id="canned-title">{t("canned.title")}</h2>
            <p class="small quiet">
                {move || if canned.with(|list| list.is_empty()) { t("canned.none") } else { t("canned.hint") }}
            </p>
            <ul class="list" on:keydown=|event| { move_focus(&event, "[data-canned]"); }>
                <For each=move || canned.get().to_vec() key=|one| one.id.clone() let(one)>
                    <CannedItem one canned stop />
                </For>
            </ul>
        </section>
    }
}

#[component]
fn CannedItem(one: Canned, canned: Memo<Arc<Vec<Canned>>>, stop: RwSignal<Option<String>>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let is_stop = {
        let id = one.id.clone();
        move || match stop.get() {
            Some(stop) => stop == id,
            None => canned.with(|list| list.first().is_some_and(|first| first.id == id)),
        }
    };
    let label = tf("canned.use", &[("title", &one.title)]);
    let (used, focused) = (one.text.clone(), one.id);
    view! {
        <li class="row">
            <button class="canned-item" type="button" data-canned="" tabindex=move || if is_stop() { "0" } else { "-1" }
                aria-label=label
                on:focus=move |_| stop.set(Some(focused.clone()))
                on:click=move |_| {
                    if let Some(id) = desk.open.get_untracked() {
                        desk.send(Command::UseCanned(id, used.clone()));
                        focus_soon(INTO_CHAT);
                    }
                }>
                <span class="canned-title">{one.title}</span>
                <span class="canned-text" lang=one.lang dir="auto">{one.text}</span>
            </button>
        </li>
    }
}

#[component]
fn Team() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let me = Memo::new(move |_| desk.view.with(|view| view.who.as_ref().map(|who| who.id.clone())));
    let team = Memo::new(move |_| {
        desk.view.with(|view| {
            let mut team = view.board.operators.clone();
            team.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.id.cmp(&b.id)));
            team
        })
    });
    view! {
        <section class="team" aria-labelledby="team-title">
            <h2 class="heading" id="team-title">{t("team.title")}</h2>
            <Show when=move || team.with(Vec::is_empty)>
                <p class="quiet none">{t("team.none")}</p>
            </Show>
            <ul class="list">
                {move || team.get().into_iter().map(|one| {
                    let is_me = me.with(|me| me.as_ref() == Some(&one.id));
                    member(one, is_me)
                }).collect_view()}
            </ul>
            <button class="button" data-kind="quiet" type="button"
                on:click=move |_| desk.dialog.set(Some(Dialog::LogOutEverywhere))>{t("everywhere.ask")}</button>
        </section>
    }
}

fn member(one: OperatorEntry, is_me: bool) -> impl IntoView {
    let (state, words) = match (one.connected, one.last_chat, one.status) {
        (false, _, _) => ("away", t("team.away")),
        (true, true, _) => ("last", t("team.last")),
        (true, false, Availability::Accepting) => ("accepting", t("team.accepting")),
        (true, false, Availability::Paused) => ("paused", t("team.paused")),
    };
    let (active, capacity) = (one.active.to_string(), one.capacity.to_string());
    let load = [("active", active.as_str()), ("capacity", capacity.as_str())];
    view! {
        <li class="row member" data-state=state>
            <span class="member-name">
                {one.name}
                {is_me.then(|| view! { <span class="quiet">{format!(" ({})", t("team.you"))}</span> })}
            </span>
            <span class="member-state">{words}</span>
            <span class="member-load">
                <span aria-hidden="true">{tf("team.load", &load)}</span>
                <span class="sr">{tf("team.load_words", &load)}</span>
            </span>
        </li>
    }
}
