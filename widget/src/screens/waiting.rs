//! The waiting room: the range first and largest, the place, and what one can do meanwhile.

use leptos::prelude::*;
use tealight_protocol::{QueueState, Wait};
use tealight_session::visitor::{EntryKind, WaitingView};

use super::chat::unkept;
use crate::context::Context;
use crate::i18n;
use crate::keys::Key;
use crate::parts::announcer::place;
use crate::parts::note::{note, note_of};
use crate::parts::others::{crisis, others};
use crate::wait_range::WaitWords;

/// What stands above the log.
pub(crate) fn waiting_top(cx: Context) -> impl IntoView {
    let range = Memo::new(move |_| {
        slice(cx, |waiting| waiting.wait).and_then(|wait| cx.words(|words| words.range(WaitWords::of(wait))))
    });
    let has_range = Memo::new(move |_| range.get().is_some());
    let without_range = Memo::new(move |_| match slice(cx, |waiting| waiting.checked_at).flatten() {
        Some(_) => Key::RANGE_UNKNOWN,
        // After a reload, before the backend has said anything.
        None => Key::WAITING_CHECKING,
    });
    let kind = move || if has_range.get() { "range" } else { "unknown" };
    let fresh = move || {
        let checked_at = slice(cx, |waiting| waiting.checked_at).flatten()?;
        Some(cx.words(|words| words.freshness(checked_at as f64, cx.now.get())))
    };
    let place = Memo::new(move |_| place(cx, slice(cx, |waiting| waiting.place).flatten()));
    let check = move |_| cx.said_on_demand.update(|asked| *asked += 1);
    view! {
        <section class="wait" data-kind=kind>
            <h2 class="wait-title" tabindex="-1">{cx.say(Key::WAITING_TITLE)}</h2>
            {move || has_range.get().then(|| view! { <p class="wait-lead">{cx.say(Key::WAITING_LEAD)}</p> })}
            <p class="wait-range" part="range">
                {move || range.get().unwrap_or_else(|| cx.say(without_range.get()))}
            </p>
            <p class="wait-fresh">
                {fresh}
                " "
                <button class="link" type="button" on:click=check>{cx.say(Key::WAITING_CHECK)}</button>
            </p>
            {move || place.get().map(|place| view! { <p class="wait-place" part="place">{place}</p> })}
        </section>
        {notes(cx)}
        <p class="wait-kept">{cx.say(Key::WAITING_KEPT)}</p>
        {unkept(cx)}
    }
}

/// What stands below the log.
pub(crate) fn waiting_more(cx: Context) -> impl IntoView {
    let closes = move || {
        let time = closing_time(cx)?;
        // Once it is close, a note above says so, and more.
        (!is_nearly_closing(cx)).then(|| cx.fill(Key::WAITING_CLOSES, &[("time", &time)]))
    };
    view! {
        <div class="wait-more">
            <section class="meanwhile">
                <h2 class="heading">{cx.say(Key::WAITING_MEANWHILE)}</h2>
                <p>{cx.say(Key::WAITING_MEANWHILE_TEXT)}</p>
            </section>
            {crisis(cx)}
            {others(cx)}
            {move || closes().map(|closes| view! { <p class="wait-closes">{closes}</p> })}
            <button
                class="button"
                part="button button-quiet"
                data-kind="quiet"
                type="button"
                on:click=move |_| cx.asking.set(true)
            >
                {cx.say(Key::WAITING_LEAVE)}
            </button>
        </div>
    }
}

/// What deserves a second look, the most important first.
fn notes(cx: Context) -> impl IntoView {
    let is_ready = Memo::new(move |_| slice(cx, |waiting| waiting.turn) == Some(QueueState::Ready));
    let is_lost = Memo::new(move |_| slice(cx, |waiting| waiting.lost.is_some()) == Some(true));
    let is_worse = Memo::new(move |_| slice(cx, |waiting| waiting.worse) == Some(true));
    let is_closing = Memo::new(move |_| is_nearly_closing(cx));
    let notice = Memo::new(move |_| {
        cx.service.with(|service| service.as_ref().and_then(|service| service.notice.clone()))
    });
    view! {
        {move || is_ready.get().then(|| note_of(cx.say(Key::WAITING_READY)))}
        {move || is_lost.get().then(|| note_of(lost(cx)))}
        {move || {
            is_worse.get().then(|| {
                note(view! {
                    <p>{cx.say(Key::WAITING_WORSE)}</p>
                    <p>{cx.say(Key::WAITING_WORSE_CHOICE)}</p>
                })
            })
        }}
        {move || {
            is_closing.get().then(|| {
                closing_time(cx).map(|time| note_of(cx.fill(Key::WAITING_CLOSING, &[("time", &time)])))
            })
        }}
        {move || notice.get().map(note_of)}
    }
}

fn lost(cx: Context) -> String {
    let name = cx.entries.with_untracked(|entries| {
        entries.iter().rev().find_map(|entry| match &entry.kind {
            EntryKind::Left { name, .. } => name.clone(),
            EntryKind::Own { .. } | EntryKind::Theirs { .. } | EntryKind::Joined(_) => None,
        })
    });
    match name {
        Some(name) => cx.fill(Key::WAITING_LOST_NAMED, &[("name", &name)]),
        None => cx.say(Key::WAITING_LOST),
    }
}

/// Whether the upper end of the range reaches beyond closing time.
fn is_nearly_closing(cx: Context) -> bool {
    let high_s = match slice(cx, |waiting| waiting.wait) {
        Some(Wait::Range { low_s, high_s }) => high_s.unwrap_or(low_s),
        Some(Wait::Closed) => 0,
        Some(Wait::Unknown) | None => return false,
    };
    closes_at(cx).is_some_and(|closes_at| cx.now.get() + f64::from(high_s) * 1000.0 > closes_at)
}

fn closing_time(cx: Context) -> Option<String> {
    closes_at(cx).map(|closes_at| cx.words(|words| words.time(closes_at)))
}

fn closes_at(cx: Context) -> Option<f64> {
    let closes_at = cx.service.with(|service| service.as_ref().and_then(|service| service.closes_at.clone()));
    i18n::ms_of(closes_at?.as_str())
}

fn slice<T>(cx: Context, read: impl FnOnce(&WaitingView) -> T) -> Option<T> {
    cx.waiting.with(|waiting| waiting.as_ref().map(read))
}
