//! The waiting room: the range first and largest, the place, and what one can do meanwhile.

use std::sync::Arc;

use tealight_protocol::{QueueState, Wait};
use tealight_session::visitor::{Entry, EntryKind, WaitsAgain};

use super::chat::unkept;
use crate::context::Context;
use crate::element::{El, el, side_by_side};
use crate::i18n;
use crate::keys::Key;
use crate::parts::announcer::place;
use crate::parts::log::{passed_on, quoted};
use crate::parts::note::{note, note_of};
use crate::parts::others::{crisis, others};

/// What stands above the log.
pub(crate) fn waiting_top(cx: Context) -> El {
    let kind = move || Some(if range(cx).is_some() { "range" } else { "unknown" });
    let range_words = move || {
        range(cx).unwrap_or_else(|| match cx.waiting(|waiting| waiting.checked_at).flatten() {
            Some(_) => cx.say(Key::RANGE_UNKNOWN),
            // After a reload, before the backend has said anything.
            None => cx.say(Key::WAITING_CHECKING),
        })
    };
    let fresh = move || match cx.waiting(|waiting| waiting.checked_at).flatten() {
        Some(checked_at) => cx.words(|words| words.freshness(checked_at as f64, cx.signs().now.get())),
        None => String::new(),
    };
    let check = move |_| {
        let signs = cx.signs();
        signs.said_on_demand.set(signs.said_on_demand.peek() + 1);
    };
    let check = el("button")
        .class("link")
        .attr("type", "button")
        .on("click", check)
        .text(&cx.say(Key::WAITING_CHECK));
    let wait = el("section")
        .class("wait")
        .live_attr("data-kind", kind)
        .child(el("h2").class("wait-title").attr("tabindex", "-1").text(&cx.say(Key::WAITING_TITLE)))
        .when(
            move || range(cx).is_some(),
            move || el("p").class("wait-lead").text(&cx.say(Key::WAITING_LEAD)),
        )
        .child(el("p").class("wait-range").part("range").live_text(range_words))
        .child(el("p").class("wait-fresh").live_text(fresh).text(" ").child(check))
        .live(
            move || place(cx, cx.waiting(|waiting| waiting.place).flatten()),
            |place| el("p").class("wait-place").part("place").text(place),
        );
    let kept = el("p").class("wait-kept").text(&cx.say(Key::WAITING_KEPT));
    notes(cx, side_by_side().child(wait)).child(kept).child(unkept(cx))
}

/// What stands below the log.
pub(crate) fn waiting_more(cx: Context) -> El {
    let closes = move || {
        let time = closing_time(cx)?;
        // Once it is close, a note above says so, and more.
        (!is_nearly_closing(cx)).then(|| cx.fill(Key::WAITING_CLOSES, &[("time", &time)]))
    };
    let meanwhile = el("section")
        .class("meanwhile")
        .child(el("h2").class("heading").text(&cx.say(Key::WAITING_MEANWHILE)))
        .child(el("p").text(&cx.say(Key::WAITING_MEANWHILE_TEXT)));
    let leave = el("button")
        .class("button")
        .part("button button-quiet")
        .attr("data-kind", "quiet")
        .attr("type", "button")
        .on("click", move |_| cx.ask(true))
        .text(&cx.say(Key::WAITING_LEAVE));
    el("div")
        .class("wait-more")
        .child(meanwhile)
        .child(crisis(cx))
        .child(others(cx))
        .live(closes, |closes| el("p").class("wait-closes").text(closes))
        .child(leave)
}

fn range(cx: Context) -> Option<String> {
    let wait = cx.waiting(|waiting| waiting.wait)?;
    cx.words(|words| words.range(wait))
}

/// What deserves a second look, the most important first.
fn notes(cx: Context, into: El) -> El {
    let is_ready = move || cx.waiting(|waiting| waiting.turn == QueueState::Ready) == Some(true);
    let again = move || cx.waiting(|waiting| waiting.again).flatten();
    let is_lost = move || matches!(again(), Some(WaitsAgain::Lost(_)));
    let is_passed_on = move || again() == Some(WaitsAgain::PassedOn);
    let is_worse = move || cx.waiting(|waiting| waiting.worse) == Some(true);
    let closing = move || {
        let time = closing_time(cx)?;
        is_nearly_closing(cx).then(|| cx.fill(Key::WAITING_CLOSING, &[("time", &time)]))
    };
    into.when(is_ready, move || note_of(&cx.say(Key::WAITING_READY)))
        .when(is_lost, move || note_of(&lost(cx)))
        .when(is_passed_on, move || {
            let view = cx.now();
            let passed = |entry: &&Arc<Entry>| matches!(entry.kind, EntryKind::Transferred { .. });
            let passed = view.entries.iter().rev().find(passed);
            let who = passed.map(|entry| passed_on(cx, &entry.kind)).unwrap_or_default();
            let why = passed.and_then(|entry| quoted(cx, &entry.kind));
            let kept = cx.say(Key::WAITING_PASSED);
            match why {
                Some(why) => note(&[&who, &why, &kept]),
                None => note(&[&who, &kept]),
            }
        })
        .when(is_worse, move || note(&[&cx.say(Key::WAITING_WORSE), &cx.say(Key::WAITING_WORSE_CHOICE)]))
        .live(closing, note_of)
        .live(move || cx.notice(), note_of)
}

fn lost(cx: Context) -> String {
    let name = cx.now().entries.iter().rev().find_map(|entry| match &entry.kind {
        EntryKind::Left { name, .. } => name.clone(),
        _ => None,
    });
    match name {
        Some(name) => cx.fill(Key::WAITING_LOST_NAMED, &[("name", &name)]),
        None => cx.say(Key::WAITING_LOST),
    }
}

/// Whether the upper end of the range reaches beyond closing time.
fn is_nearly_closing(cx: Context) -> bool {
    let high_s = match cx.waiting(|waiting| waiting.wait) {
        Some(Wait::Range { low_s, high_s }) => high_s.unwrap_or(low_s),
        Some(Wait::Closed) => 0,
        Some(Wait::Unknown) | None => return false,
    };
    closes_at(cx).is_some_and(|closes_at| cx.signs().now.get() + f64::from(high_s) * 1000.0 > closes_at)
}

fn closing_time(cx: Context) -> Option<String> {
    closes_at(cx).map(|closes_at| cx.words(|words| words.time(closes_at)))
}

fn closes_at(cx: Context) -> Option<f64> {
    let closes_at = cx.service(|service| service.closes_at.clone()).flatten();
    i18n::ms_of(closes_at?.as_str())
}
