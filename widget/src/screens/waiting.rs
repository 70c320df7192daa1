//! The waiting room: the range first and largest, the place, and what one can do meanwhile.

use std::sync::Arc;

use tealight_protocol::{QueueState, Wait};
use tealight_session::visitor::{Command, Entry, EntryKind, WaitsAgain};
use tealight_shell::now;

use super::chat::unkept;
use crate::context::{Asking, Context};
use crate::element::{El, el, side_by_side};
use crate::keys::Key;
use crate::parts::alert::alert;
use crate::parts::announcer::place;
use crate::parts::closing::{closes, may_close_first};
use crate::parts::limits::limits_until_first_send;
use crate::parts::log::{passed_on, quoted};
use crate::parts::note::{note, note_of};
use crate::parts::others::{crisis, others};

/// For how long a wait that got worse is a reason to say sorry, in milliseconds.
const SORRY_MS: f64 = 10.0 * 60.0 * 1000.0;

/// What stands above the log.
pub(crate) fn waiting_top(cx: Context) -> El {
    let wait = el("section")
        .class("wait")
        .live_attr("data-kind", move || Some(kind(cx)))
        .child(el("h2").class("wait-title").attr("tabindex", "-1").text(&cx.say(Key::WAITING_TITLE)))
        .when(
            move || kind(cx) == "range",
            move || el("p").class("wait-lead").text(&cx.say(Key::WAITING_LEAD)),
        )
        .child(el("p").class("wait-range").part("range").live_text(move || main_words(cx)))
        .when(move || kind(cx) != "ready", move || freshness(cx))
        .live(
            move || place(cx, cx.waiting(|waiting| waiting.place).flatten()).filter(|_| kind(cx) != "ready"),
            |place| el("p").class("wait-place").part("place").text(place),
        );
    // Where the browser keeps nothing, a note says what that means.
    let more = move || (!cx.signs().unkept.get()).then(|| cx.say(Key::WAITING_KEPT_MORE));
    let kept = move || kept(cx).map(|kept| [kept, more().unwrap_or_default()].join(" "));
    let kept = el("p").class("wait-kept").live_text(move || kept().unwrap_or_default());
    notes(cx, side_by_side().child(wait)).child(kept).child(unkept(cx)).child(alert(cx))
}

/// What the largest words are about.
fn kind(cx: Context) -> &'static str {
    cx.waiting(|waiting| match waiting.wait {
        _ if waiting.turn == QueueState::Ready => "ready",
        Wait::Closed => "closed",
        _ if waiting.checked_at.is_none() => "checking",
        wait if cx.words(|words| words.range(wait)).is_some() => "range",
        _ => "unknown",
    })
    .unwrap_or_default()
}

fn main_words(cx: Context) -> String {
    match kind(cx) {
        "ready" => cx.say(Key::WAITING_READY),
        "closed" => cx.say(Key::CLOSED_TITLE),
        "unknown" => cx.say(Key::RANGE_UNKNOWN),
        "range" => {
            let wait = cx.waiting(|waiting| waiting.wait);
            wait.and_then(|wait| cx.words(|words| words.range(wait))).unwrap_or_default()
        }
        // After a reload, before the backend has said anything.
        _ => cx.say(Key::WAITING_CHECKING),
    }
}

/// How fresh it is, and a way to have it checked and said.
fn freshness(cx: Context) -> El {
    let fresh = move || match cx.waiting(|waiting| waiting.checked_at).flatten() {
        Some(_) if cx.signs().checking.get().is_some() => cx.say(Key::WAITING_CHECKING),
        Some(checked_at) => cx.words(|words| words.freshness(checked_at as f64, cx.signs().now.get())),
        None => String::new(),
    };
    let check = move |_| {
        cx.signs().checking.set(Some(now()));
        cx.dispatch(Command::Check);
    };
    let check = el("button")
        .class("link")
        .attr("type", "button")
        .on("click", check)
        .text(&cx.say(Key::WAITING_CHECK));
    el("p").class("wait-fresh").live_text(fresh).text(" ").child(check)
}

/// For how long the place is kept, once the backend has said so.
pub(crate) fn kept(cx: Context) -> Option<String> {
    let keep_s = cx.waiting(|waiting| waiting.keep_s).flatten()?;
    Some(cx.words(|words| words.count(Key::WAITING_KEPT, f64::from((keep_s / 60).max(1)))))
}

/// What stands below the log.
pub(crate) fn waiting_more(cx: Context) -> El {
    // Where that may be too soon, a note above says so, and more.
    let closes = move || closes(cx).map(|(when, _)| when).filter(|_| may_close_first(cx).is_none());
    let meanwhile = el("section")
        .class("meanwhile")
        .child(el("h2").class("heading").text(&cx.say(Key::WAITING_MEANWHILE)))
        .child(el("p").text(&cx.say(Key::WAITING_MEANWHILE_TEXT)));
    let leave = el("button")
        .class("button")
        .part("button button-quiet")
        .attr("data-kind", "quiet")
        .attr("type", "button")
        .on("click", move |_| cx.ask(Asking::End))
        .text(&cx.say(Key::WAITING_LEAVE));
    el("div")
        .class("wait-more")
        .child(meanwhile)
        .child(limits_until_first_send(cx))
        .child(crisis(cx))
        .child(others(cx))
        .live(closes, |closes| el("p").class("wait-closes").text(closes))
        .child(leave)
}

/// What deserves a second look, the most important first.
fn notes(cx: Context, into: El) -> El {
    let again = move || cx.waiting(|waiting| waiting.again).flatten();
    let is_lost = move || matches!(again(), Some(WaitsAgain::Lost(_)));
    let is_passed_on = move || again() == Some(WaitsAgain::PassedOn);
    let is_held = move || cx.waiting(|waiting| waiting.turn == QueueState::Held) == Some(true);
    into.when(is_held, move || note_of(&cx.say(Key::WAITING_HELD)))
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
        .live(move || advice(cx), |lines| note(&lines.split('\n').collect::<Vec<_>>()))
        .live(move || cx.notice(), note_of)
}

/// What speaks against waiting here, line by line, and that there are other ways.
fn advice(cx: Context) -> Option<String> {
    let kind = kind(cx);
    let worse_at = cx.waiting(|waiting| waiting.worse_at).flatten();
    let is_worse = worse_at.is_some_and(|at| cx.signs().now.get() - (at as f64) < SORRY_MS);
    let worse = is_worse.then(|| cx.say(Key::WAITING_WORSE));
    let mut lines: Vec<String> = worse.into_iter().chain(may_close_first(cx)).collect();
    if kind == "ready" || (lines.is_empty() && !matches!(kind, "unknown" | "closed")) {
        return None;
    }
    lines.push(cx.say(Key::WAITING_CHOICE));
    Some(lines.join("\n"))
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
