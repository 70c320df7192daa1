//! The waiting room, in the list at the start side: who waits since when, and taking the next.

use leptos::prelude::*;
use tealight_protocol::{ConversationId, Route, WaitingEntry};
use tealight_session::operator::View;

use super::browser::{language_name, move_focus};
use super::desk::{Desk, KEY_NEXT, is_running};
use super::shown::{presence_name, waited};
use crate::words::{count, t, tf};

/// The waiting room.
#[component]
pub(crate) fn WaitingRoom() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let waiting = Memo::new(move |_| desk.view.with(who_waits));
    let claiming = Memo::new(move |_| desk.view.with(|view| view.claiming));
    let is_full = Memo::new(move |_| !desk.has_room());
    // Whoever is kept for a colleague is not the next for this operator.
    let has_next = Memo::new(move |_| {
        waiting.with(|waiting| waiting.iter().any(|entry| !matches!(reserved(desk, entry), Some((false, _)))))
    });
    let cannot = Memo::new(move |_| claiming.get() || is_full.get() || !has_next.get());
    let stop = RwSignal::new(None::<ConversationId>);
    view! {
        <section class="waiting" aria-labelledby="waiting-title">
            <h2 class="heading" id="waiting-title" tabindex="-1">{t("waiting.title")}</h2>
            <button class="button" id="waiting-next" data-kind="primary" type="button" aria-keyshortcuts="Alt+N"
                aria-disabled=move || cannot.get().to_string()
                on:click=move |_| if !cannot.get_untracked() { desk.claim(None) }>
                <span>{move || if claiming.get() { t("waiting.taking") } else { t("waiting.next") }}</span>
                <kbd aria-hidden="true">{format!("{} {KEY_NEXT}", t("keys.alt"))}</kbd>
            </button>
            <p class="small quiet">
                {move || match waiting.with(Vec::len) {
                    0 => t("waiting.none").to_owned(),
                    _ if is_full.get() => t("waiting.full").to_owned(),
                    number => count("waiting.count.one", "waiting.count.other", number as u64),
                }}
            </p>
            <ul class="list" on:keydown=|event| { move_focus(&event, ".take"); }>
                <For each=move || waiting.get() key=|entry| entry.conv.clone() let(entry)>
                    <Waiter id=entry.conv waiting stop cannot />
                </For>
            </ul>
        </section>
    }
}

#[component]
fn Waiter(
    id: ConversationId,
    waiting: Memo<Vec<WaitingEntry>>,
    stop: RwSignal<Option<ConversationId>>,
    cannot: Memo<bool>,
) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let entry = Memo::new({
        let id = id.clone();
        move |_| waiting.with(|waiting| waiting.iter().find(|entry| entry.conv == id).cloned())
    });
    let since = move || entry.get().map(|entry| waited(&entry.since, desk.now.get()));
    let place = {
        let id = id.clone();
        move || {
            let place = waiting.with(|waiting| waiting.iter().position(|entry| entry.conv == id));
            place.map(|place| (place + 1).to_string()).unwrap_or_default()
        }
    };
    let details = move || entry.get().map(|entry| details(desk, &entry));
    let written = move || {
        entry
            .get()
            .filter(|entry| entry.messages > 0)
            .map(|entry| count("waiting.messages.one", "waiting.messages.other", entry.messages.into()))
    };
    let presence = move || entry.get().map_or("gone", |entry| presence_name(entry.presence));
    let reserved = Memo::new(move |_| entry.get().and_then(|entry| reserved(desk, &entry)));
    let cannot = move || cannot.get() || matches!(reserved.get(), Some((false, _)));
    let is_stop = {
        let id = id.clone();
        move || match stop.get() {
            Some(stop) if waiting.with(|waiting| waiting.iter().any(|entry| entry.conv == stop)) => {
                stop == id
            }
            _ => waiting.with(|waiting| waiting.first().is_some_and(|entry| entry.conv == id)),
        }
    };
    let named_place = place.clone();
    let label = move || {
        tf("waiting.take_named", &[("place", &named_place()), ("waited", &since().unwrap_or_default())])
    };
    let (taken, focused) = (id.clone(), id);
    view! {
        <li class="row waiter" data-presence=presence>
            <span class="waiter-place" aria-hidden="true">{place}</span>
            <div class="waiter-about">
                <p class="waiter-since">{since}</p>
                {move || reserved.get().map(|(mine, words)| view! {
                    <p class="small reserved" data-mine=mine.to_string()>{words}</p>
                })}
                <p class="small quiet">{details}</p>
                {move || written().map(|words| view! { <p class="small quiet">{words}</p> })}
            </div>
            <button class="button take" data-kind="quiet" type="button" aria-label=label
                tabindex=move || if is_stop() { "0" } else { "-1" }
                aria-disabled=move || cannot().to_string()
                on:focus=move |_| stop.set(Some(focused.clone()))
                on:click=move |_| if !untrack(cannot) { desk.claim(Some(taken.clone())) }>
                {t("waiting.take")}
            </button>
        </li>
    }
}

/// Who waits, in order. Each area has an order of its own; together, whoever has waited longest comes first.
fn who_waits(view: &View) -> Vec<WaitingEntry> {
    // Whoever is kept for this operator stands in the list above.
    let is_mine = |id: &ConversationId| view.conversations.iter().any(|one| one.id == *id && is_running(one));
    let mut waiting: Vec<_> =
        view.board.waiting.iter().filter(|entry| !is_mine(&entry.conv)).cloned().collect();
    if waiting.windows(2).any(|pair| pair[0].area != pair[1].area) {
        waiting.sort_by(|a, b| a.since.cmp(&b.since));
    }
    // Whoever was passed on to this operator is theirs to take first.
    let me = view.who.as_ref().map(|who| &who.id);
    waiting.sort_by_key(|entry| entry.reserved_for.is_none() || entry.reserved_for.as_ref() != me);
    waiting
}

/// For whom somebody is kept who was passed on: whether for this operator, and in words.
fn reserved(desk: Desk, entry: &WaitingEntry) -> Option<(bool, String)> {
    let whom = entry.reserved_for.as_ref()?;
    let is_me = desk.view.with(|view| view.who.as_ref().is_some_and(|who| who.id == *whom));
    let words = if is_me {
        t("waiting.for_you").to_owned()
    } else {
        tf("waiting.for", &[("name", &desk.colleague(whom))])
    };
    Some((is_me, words))
}

fn details(desk: Desk, entry: &WaitingEntry) -> String {
    let mut details = vec![language_name(&entry.lang)];
    details.extend(entry.area.as_deref().map(|area| desk.area_name(area)));
    if entry.route == Route::Patient {
        details.push(t("waiting.patient").to_owned());
    }
    details.join(" · ")
}
