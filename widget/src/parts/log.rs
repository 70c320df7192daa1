//! The conversation. It is there, empty, before the first message, so that every message is read aloud as it comes.
//!
//! Rows, runs and messages are keyed: a new message adds one element and moves none, however long the conversation.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use tealight_session::visitor::{Command, Entry, EntryKind};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, IntersectionObserver, IntersectionObserverEntry};

use super::bubble::{Message, bubble, time};
use super::icon::{Icon, icon};
use super::typing::{is_typing, typing};
use crate::context::{Context, Entries, Screen};
use crate::element::{El, el, finally, follow, side_by_side};
use crate::i18n;
use crate::kept::Kept;
use crate::keys::Key;
use crate::live::Live;
use crate::rows::{RowKind, rows};

/// Where the visitor is in the log, shared by the log and the pill that leads to its end.
#[derive(Clone)]
pub(crate) struct Reading {
    at_end: Live<bool>,
    has_news: Live<bool>,
}

impl Reading {
    pub(crate) fn new() -> Self {
        Self { at_end: Live::new(true), has_news: Live::new(false) }
    }
}

/// A row as it stays on the screen: what grows in it is live.
#[derive(Clone)]
enum LiveRow {
    Still(RowKind),
    Run { own: bool, name: Option<String>, keys: Live<Vec<String>> },
}

/// What is on the screen, by key, so that it is found again.
#[derive(Default)]
struct Shown {
    rows: Kept<LiveRow>,
    messages: Kept<Message>,
    newest_own: Option<Message>,
}

/// The log. `was_kept`: the conversation was there before this page, and is not read aloud again.
pub(crate) fn log(cx: Context, reading: &Reading, was_kept: bool) -> El {
    let shown: Rc<RefCell<Shown>> = Rc::default();
    let built = Rc::clone(&shown);
    let keys = move || shown.borrow_mut().update(&cx.entries());
    let build = move |key: &str| row_view(cx, &built, key);
    let end = el("div").class("log-end");
    watch_the_end(cx, reading, &end.element());
    follow_the_end(cx, reading);
    mark_as_read(cx, reading);
    el("div")
        .class("log")
        .attr("role", "log")
        .part("log")
        .attr("aria-label", &cx.say(Key::LOG_LABEL))
        .live_attr("aria-live", liveness(cx, was_kept))
        .attr("aria-relevant", "additions")
        .each(keys, build)
        .child(typing(cx))
        .child(end)
}

/// Whether the log speaks: not before what was kept has been painted.
fn liveness(cx: Context, was_kept: bool) -> impl Fn() -> Option<&'static str> {
    let live = Live::new(!was_kept);
    let is_live = live.clone();
    follow(move || {
        if !live.peek() && !cx.entries().is_empty() {
            let live = live.clone();
            // Two frames, so that one of them has been painted.
            cx.before_paint(move || cx.before_paint(move || live.set(true)));
        }
    });
    move || Some(if is_live.get() { "polite" } else { "off" })
}

/// The way to the end of the log, when something new is there and out of sight.
pub(crate) fn pill(cx: Context, reading: &Reading) -> El {
    let reading = reading.clone();
    side_by_side().when(
        move || reading.has_news.get() && !reading.at_end.get(),
        move || {
            let button = el("button")
                .class("pill")
                .part("pill")
                .attr("type", "button")
                .on("click", move |_| go_to_end(cx))
                .child(icon(Icon::DOWN))
                .text(&cx.say(Key::LOG_NEW));
            el("div").class("pill-row").child(button)
        },
    )
}

/// The end of the chat is its foot, with the way out; while waiting it is the last message.
fn go_to_end(cx: Context) {
    if !cx.reveal(".chat-foot") {
        cx.reveal(".log-end");
    }
}

impl Shown {
    /// Takes in the entries and gives the keys of the rows. Messages and runs that are on the screen stay what they
    /// are.
    fn update(&mut self, entries: &Entries) -> Vec<String> {
        let moment = |entry: &Entry| i18n::moment_of(entry.at.as_ref()?.as_str());
        let mut old_rows = self.rows.take_all();
        let mut old_messages = self.messages.take_all();
        let mut keys = Vec::new();
        for row in rows(entries, moment) {
            let live = match row.kind {
                RowKind::Run(run) => {
                    let mut in_run = Vec::new();
                    for entry in run.entries {
                        let key = entry.key.clone();
                        let message = kept_message(old_messages.take(&key), entry);
                        self.messages.push(key.clone(), message);
                        in_run.push(key);
                    }
                    match old_rows.take(&row.key) {
                        Some(LiveRow::Run { own, name, keys }) => {
                            keys.set(in_run);
                            LiveRow::Run { own, name, keys }
                        }
                        _ => LiveRow::Run { own: run.own, name: run.name, keys: Live::new(in_run) },
                    }
                }
                still => LiveRow::Still(still),
            };
            keys.push(row.key.clone());
            self.rows.push(row.key, live);
        }
        self.mark_the_newest(entries);
        keys
    }

    fn mark_the_newest(&mut self, entries: &Entries) {
        let own = entries.iter().rev().find(|entry| matches!(entry.kind, EntryKind::Own { .. }));
        let newest = own.and_then(|own| self.messages.get(&own.key)).cloned();
        if let Some(message) = std::mem::replace(&mut self.newest_own, newest) {
            let is_still =
                self.newest_own.as_ref().is_some_and(|now| now.entry.peek().key == message.entry.peek().key);
            message.is_newest_own.set(is_still);
        }
        if let Some(message) = &self.newest_own {
            message.is_newest_own.set(true);
        }
    }
}

fn kept_message(kept: Option<Message>, entry: Arc<Entry>) -> Message {
    match kept {
        Some(kept) => {
            if !Arc::ptr_eq(&kept.entry.peek(), &entry) {
                kept.entry.set(entry);
            }
            kept
        }
        None => Message::new(entry),
    }
}

fn row_view(cx: Context, shown: &Rc<RefCell<Shown>>, key: &str) -> El {
    let row = shown.borrow_mut().rows.get(key).cloned();
    match row {
        Some(LiveRow::Run { own, name, keys }) => {
            let shown = Rc::clone(shown);
            // Read aloud with each message instead.
            let name = (!own).then(|| {
                let name = name.unwrap_or_else(|| cx.say(Key::LOG_SOMEONE));
                el("p").class("run-name").attr("aria-hidden", "true").attr("dir", "auto").text(&name)
            });
            let from = if own { "visitor" } else { "operator" };
            el("div").class("run").attr("data-from", from).maybe(name).each(
                move || keys.get(),
                move |key| {
                    let message = shown.borrow_mut().messages.get(key).cloned();
                    message.map_or_else(side_by_side, |message| bubble(cx, &message))
                },
            )
        }
        Some(LiveRow::Still(RowKind::Day(ms))) => {
            let day = move || cx.words(|words| words.day(ms, cx.signs().now.get()));
            el("p").class("day").part("day").child(el("span").live_text(day))
        }
        Some(LiveRow::Still(RowKind::Pause(ms))) => {
            el("p").class("pause").child(el("time").text(&cx.words(|words| words.time(ms))))
        }
        Some(LiveRow::Still(RowKind::Automatic(entry))) => automatic(cx, &entry),
        Some(LiveRow::Still(RowKind::Run(_))) | None => side_by_side(),
    }
}

/// What no person said, and says so.
fn automatic(cx: Context, entry: &Entry) -> El {
    let words = el("span").class("auto-text").attr("dir", "auto");
    let words = match &entry.kind {
        EntryKind::Joined(who) => {
            let (before, after) = cx.around(Key::LOG_JOINED, "name");
            let name = el("strong").class("strong").text(&who.name);
            words.text(&before).child(name).text(&after)
        }
        EntryKind::Left { name: Some(name), .. } => words.text(&cx.fill(Key::LOG_LEFT, &[("name", name)])),
        EntryKind::Left { name: None, .. } => words.text(&cx.say(Key::WAITING_LOST)),
        EntryKind::Transferred { .. } => words.text(&passed_on(cx, &entry.kind)),
        EntryKind::Theirs { text, .. } | EntryKind::Own { text, .. } => words.text(text.as_str()),
        EntryKind::Offer { .. } => words,
    };
    el("p")
        .class("auto")
        .part("automatic")
        .child(words)
        .text(" ")
        .child(el("span").class("auto-tag").text(&cx.say(Key::LOG_AUTOMATIC)))
        .child(el("span").class("sr").text(" ").maybe(time(cx, entry)))
        .maybe(quoted(cx, &entry.kind).map(|words| el("span").class("auto-quote").text(&words)))
}

/// Why somebody passes the visitor on: a person's own words.
pub(crate) fn quoted(cx: Context, kind: &EntryKind) -> Option<String> {
    match kind {
        EntryKind::Transferred { reason: Some(reason), .. } => {
            Some(cx.fill(Key::LOG_QUOTE, &[("words", reason.as_str())]))
        }
        _ => None,
    }
}

/// Who passes the visitor on, and to whom.
pub(crate) fn passed_on(cx: Context, kind: &EntryKind) -> String {
    let EntryKind::Transferred { name, to, .. } = kind else { return String::new() };
    let name = name.clone().unwrap_or_else(|| cx.say(Key::LOG_SOMEONE));
    let (key, to_name) = match (&to.name, &to.operator) {
        (None, _) => (Key::LOG_PASSED, ""),
        (Some(team), None) => (Key::LOG_PASSED_TEAM, team.as_str()),
        (Some(colleague), Some(_)) => (Key::LOG_PASSED_TO, colleague.as_str()),
    };
    cx.fill(key, &[("name", &name), ("to", to_name)])
}

/// Stays at the end while the visitor is there, and goes there for the visitor's own words.
fn follow_the_end(cx: Context, reading: &Reading) {
    let Reading { at_end, has_news } = reading.clone();
    let mut before = None;
    follow(move || {
        let entries = cx.entries();
        let screen = cx.screen();
        let Some((count, was)) = before.replace((entries.len(), screen)) else {
            if screen == Screen::Talking {
                cx.before_paint(move || go_to_end(cx));
            }
            return;
        };
        let joined = was == Screen::Waiting && screen == Screen::Talking;
        if was == Screen::Talking && screen == Screen::Waiting {
            // What happens next stands where the waiting room begins.
            cx.before_paint(move || {
                cx.reveal(".wait");
            });
            return;
        }
        let has_grown = entries.len() > count;
        let is_own = entries.last().is_some_and(|last| matches!(last.kind, EntryKind::Own { .. }));
        // In the waiting room the range stays in sight, whatever is said below it.
        if joined || (has_grown && (is_own || (was == Screen::Talking && at_end.peek()))) {
            cx.before_paint(move || go_to_end(cx));
        } else if has_grown {
            has_news.set(true);
        }
    });
    // The dots are worth seeing, too.
    let at_end = reading.at_end.clone();
    let mut was_typing = false;
    follow(move || {
        let is_typing = is_typing(cx);
        if is_typing && !was_typing && at_end.peek() {
            cx.before_paint(move || go_to_end(cx));
        }
        was_typing = is_typing;
    });
}

/// Seen means: on the screen, with the page in sight and the log at its end.
fn mark_as_read(cx: Context, reading: &Reading) {
    let Reading { at_end, has_news } = reading.clone();
    let mut before = None;
    follow(move || {
        let is_seen = at_end.get() && cx.signs().in_sight.get();
        let last = cx.entries().iter().rev().find_map(|entry| entry.seq);
        // A message that only came further is nothing new to read.
        if before.replace((is_seen, last)) == Some((is_seen, last)) {
            return;
        }
        if let Some(last) = last.filter(|_| is_seen) {
            has_news.set(false);
            cx.dispatch(Command::Read(last));
        }
    });
}

/// Watches whether the end of the log is in sight, whichever element scrolls.
fn watch_the_end(cx: Context, reading: &Reading, end: &Element) {
    let at_end = reading.at_end.clone();
    let heard = Closure::<dyn FnMut(js_sys::Array)>::new(move |changes: js_sys::Array| {
        let Ok(last) = changes.at(-1).dyn_into::<IntersectionObserverEntry>() else { return };
        // A minimised panel has no end; what the visitor was reading stays as it was.
        if cx.signs().in_sight.peek() {
            at_end.set(last.is_intersecting());
        }
    });
    let Ok(observer) = IntersectionObserver::new(heard.as_ref().unchecked_ref()) else { return };
    observer.observe(end);
    finally(move || {
        observer.disconnect();
        drop(heard);
    });
}
