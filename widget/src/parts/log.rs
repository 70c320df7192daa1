//! The conversation. It is there, empty, before the first message, so that every message is read aloud as it comes.
//!
//! Rows, runs and messages are keyed: a new message adds one element and moves none, however long the conversation.

use std::collections::BTreeMap;
use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use tealight_session::visitor::{Command, Entry, EntryKind};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, IntersectionObserver, IntersectionObserverEntry};

use super::bubble::{bubble, time};
use super::icon::{Icon, icon};
use super::typing::typing;
use crate::context::{Context, Entries, Screen};
use crate::i18n;
use crate::keys::Key;
use crate::rows::{RowKind, rows};

/// Where the visitor is in the log, shared by the log and the pill that leads to its end.
#[derive(Clone, Copy)]
pub(crate) struct Reading {
    end: NodeRef<html::Div>,
    at_end: RwSignal<bool>,
    has_news: RwSignal<bool>,
}

impl Reading {
    pub(crate) fn new() -> Self {
        Self { end: NodeRef::new(), at_end: RwSignal::new(true), has_news: RwSignal::new(false) }
    }

    /// The end of the chat is its foot, with the way out; while waiting it is the last message.
    fn go_to_end(self, cx: Context) {
        if !cx.reveal(".chat-foot") {
            cx.reveal(".log-end");
        }
    }
}

/// A row as it stays on the screen: what grows in it is a signal.
#[derive(Clone)]
struct LiveRow {
    key: String,
    kind: LiveKind,
}

#[derive(Clone)]
enum LiveKind {
    Still(RowKind),
    Run { own: bool, name: Option<String>, items: ArcRwSignal<Vec<Item>> },
}

#[derive(Clone)]
struct Item {
    key: String,
    entry: ArcRwSignal<Arc<Entry>>,
}

/// Signals by key, so that what is on the screen is found again.
#[derive(Default)]
struct Live {
    entries: BTreeMap<String, ArcRwSignal<Arc<Entry>>>,
    runs: BTreeMap<String, ArcRwSignal<Vec<Item>>>,
}

/// The log. `was_kept`: the conversation was there before this page, and is not read aloud again.
pub(crate) fn log(cx: Context, reading: Reading, was_kept: bool) -> impl IntoView {
    let shown: RwSignal<Vec<LiveRow>> = RwSignal::new(Vec::new());
    let is_live = RwSignal::new(!was_kept);
    let newest_own = Memo::new(move |_| {
        cx.entries.with(|entries| {
            let own = entries.iter().rev().find(|entry| matches!(entry.kind, EntryKind::Own { .. }));
            own.map(|entry| entry.key.clone())
        })
    });

    Effect::new(move |live: Option<Live>| {
        let mut live = live.unwrap_or_default();
        let entries = cx.entries.get();
        let next = live.rows(&entries);
        let changed = shown.with_untracked(|shown| {
            shown.len() != next.len() || shown.iter().zip(&next).any(|(old, new)| old.key != new.key)
        });
        if changed {
            shown.set(next);
        }
        if !is_live.get_untracked() && !entries.is_empty() {
            // Two frames: what was restored is painted before the log begins to speak.
            request_animation_frame(move || {
                request_animation_frame(move || {
                    let _ = is_live.try_set(true);
                });
            });
        }
        live
    });
    follow_the_end(cx, reading);
    mark_as_read(cx, reading);
    watch_the_end(cx, reading);

    view! {
        <div
            class="log"
            role="log"
            part="log"
            aria-label=cx.say(Key::LOG_LABEL)
            aria-live=move || if is_live.get() { "polite" } else { "off" }
            aria-relevant="additions"
        >
            <For each=move || shown.get() key=|row| row.key.clone() children=move |row| row_view(cx, row, newest_own) />
            {typing(cx)}
            <div class="log-end" node_ref=reading.end></div>
        </div>
    }
}

/// The way to the end of the log, when something new is there and out of sight.
pub(crate) fn pill(cx: Context, reading: Reading) -> impl IntoView {
    let is_shown = Memo::new(move |_| reading.has_news.get() && !reading.at_end.get());
    move || {
        is_shown.get().then(|| {
            view! {
                <div class="pill-row">
                    <button class="pill" part="pill" type="button" on:click=move |_| reading.go_to_end(cx)>
                        {icon(Icon::DOWN)}
                        {cx.say(Key::LOG_NEW)}
                    </button>
                </div>
            }
        })
    }
}

impl Live {
    /// The rows for these entries. Entries and runs that are on the screen keep their signals.
    fn rows(&mut self, entries: &Entries) -> Vec<LiveRow> {
        let moment = |entry: &Entry| i18n::moment_of(entry.at.as_ref()?.as_str());
        let mut runs = BTreeMap::new();
        let mut items_by_key = BTreeMap::new();
        let rows = rows(entries, moment).into_iter().map(|row| {
            let kind = match row.kind {
                RowKind::Run(run) => {
                    let items: Vec<Item> = run
                        .entries
                        .into_iter()
                        .map(|entry| {
                            let key = entry.key.clone();
                            let entry = live_entry(self.entries.remove(&key), entry);
                            items_by_key.insert(key.clone(), entry.clone());
                            Item { key, entry }
                        })
                        .collect();
                    let items = live_items(self.runs.remove(&row.key), items);
                    runs.insert(row.key.clone(), items.clone());
                    LiveKind::Run { own: run.own, name: run.name, items }
                }
                still => LiveKind::Still(still),
            };
            LiveRow { key: row.key, kind }
        });
        let rows = rows.collect();
        self.entries = items_by_key;
        self.runs = runs;
        rows
    }
}

fn live_entry(kept: Option<ArcRwSignal<Arc<Entry>>>, entry: Arc<Entry>) -> ArcRwSignal<Arc<Entry>> {
    match kept {
        Some(kept) => {
            if !kept.with_untracked(|old| Arc::ptr_eq(old, &entry)) {
                kept.set(entry);
            }
            kept
        }
        None => ArcRwSignal::new(entry),
    }
}

fn live_items(kept: Option<ArcRwSignal<Vec<Item>>>, items: Vec<Item>) -> ArcRwSignal<Vec<Item>> {
    match kept {
        Some(kept) => {
            let same = kept.with_untracked(|old| {
                old.len() == items.len() && old.iter().zip(&items).all(|(old, new)| old.key == new.key)
            });
            if !same {
                kept.set(items);
            }
            kept
        }
        None => ArcRwSignal::new(items),
    }
}

fn row_view(cx: Context, row: LiveRow, newest_own: Memo<Option<String>>) -> AnyView {
    match row.kind {
        LiveKind::Run { own, name, items } => {
            let from = if own { "visitor" } else { "operator" };
            let name = (!own).then(|| name.unwrap_or_else(|| cx.say(Key::LOG_SOMEONE)));
            // Read aloud with each message instead.
            let name =
                name.map(|name| view! { <p class="run-name" aria-hidden="true" dir="auto">{name}</p> });
            view! {
                <div class="run" data-from=from>
                    {name}
                    <For
                        each=move || items.get()
                        key=|item| item.key.clone()
                        children=move |item| bubble(cx, &item.entry, newest_own)
                    />
                </div>
            }
            .into_any()
        }
        LiveKind::Still(RowKind::Day(ms)) => {
            let day = move || cx.words(|words| words.day(ms, cx.now.get()));
            view! { <p class="day" part="day"><span>{day}</span></p> }.into_any()
        }
        LiveKind::Still(RowKind::Pause(ms)) => {
            view! { <p class="pause"><time>{cx.words(|words| words.time(ms))}</time></p> }.into_any()
        }
        LiveKind::Still(RowKind::Automatic(entry)) => automatic(cx, &entry).into_any(),
        LiveKind::Still(RowKind::Run(_)) => ().into_any(),
    }
}

/// What no person said, and says so.
fn automatic(cx: Context, entry: &Entry) -> impl IntoView + use<> {
    let words = match &entry.kind {
        EntryKind::Joined(who) => {
            let (before, after) = cx.around(Key::LOG_JOINED, "name");
            view! { {before}<strong class="strong">{who.name.clone()}</strong>{after} }.into_any()
        }
        EntryKind::Left { name: Some(name), .. } => cx.fill(Key::LOG_LEFT, &[("name", name)]).into_any(),
        EntryKind::Left { name: None, .. } => cx.say(Key::WAITING_LOST).into_any(),
        EntryKind::Theirs { text, .. } | EntryKind::Own { text, .. } => text.as_str().to_owned().into_any(),
    };
    view! {
        <p class="auto" part="automatic">
            <span class="auto-text" dir="auto">{words}</span>
            " "
            <span class="auto-tag">{cx.say(Key::LOG_AUTOMATIC)}</span>
            <span class="sr">" "{time(cx, entry)}</span>
        </p>
    }
}

/// Stays at the end while the visitor is there, and goes there for the visitor's own words.
fn follow_the_end(cx: Context, reading: Reading) {
    Effect::new(move |before: Option<(usize, Screen)>| {
        let entries = cx.entries.get();
        let screen = cx.screen.get();
        let now = (entries.len(), screen);
        let Some((count, was)) = before else {
            if screen == Screen::Talking {
                request_animation_frame(move || reading.go_to_end(cx));
            }
            return now;
        };
        let joined = was == Screen::Waiting && screen == Screen::Talking;
        let has_grown = entries.len() > count;
        let is_own = entries.last().is_some_and(|last| matches!(last.kind, EntryKind::Own { .. }));
        // In the waiting room the range stays in sight, whatever is said below it.
        if joined || (has_grown && (is_own || (was == Screen::Talking && reading.at_end.get_untracked()))) {
            request_animation_frame(move || reading.go_to_end(cx));
        } else if has_grown {
            reading.has_news.set(true);
        }
        now
    });
    // The dots are worth seeing, too.
    let is_typing = Memo::new(move |_| cx.talking.with(|it| it.as_ref().is_some_and(|it| it.typing)));
    Effect::new(move |_| {
        if is_typing.get() && reading.at_end.get_untracked() {
            request_animation_frame(move || reading.go_to_end(cx));
        }
    });
}

/// Seen means: on the screen, with the page in sight and the log at its end.
fn mark_as_read(cx: Context, reading: Reading) {
    let last =
        Memo::new(move |_| cx.entries.with(|entries| entries.iter().rev().find_map(|entry| entry.seq)));
    Effect::new(move |_| {
        let is_seen = reading.at_end.get() && cx.in_sight.get();
        if let Some(last) = last.get()
            && is_seen
        {
            reading.has_news.set(false);
            cx.dispatch(Command::Read(last));
        }
    });
}

/// Watches whether the end of the log is in sight, whichever element scrolls.
fn watch_the_end(cx: Context, reading: Reading) {
    let heard = Closure::<dyn FnMut(js_sys::Array)>::new(move |changes: js_sys::Array| {
        let Ok(last) = changes.at(-1).dyn_into::<IntersectionObserverEntry>() else { return };
        // A minimised panel has no end; what the visitor was reading stays as it was.
        if cx.in_sight.try_get_untracked() == Some(true) {
            let _ = reading.at_end.try_set(last.is_intersecting());
        }
    });
    let Ok(observer) = IntersectionObserver::new(heard.as_ref().unchecked_ref()) else { return };
    let watching = StoredValue::new_local(Some((observer, heard)));
    Effect::new(move |_| {
        if let Some(end) = reading.end.get() {
            watching.with_value(|watching| {
                if let Some((observer, _)) = watching {
                    observer.observe(end.unchecked_ref::<Element>());
                }
            });
        }
    });
    on_cleanup(move || {
        if let Some(Some((observer, _))) = watching.try_update_value(Option::take) {
            observer.disconnect();
        }
    });
}
