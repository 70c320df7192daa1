//! After the end: thanks, other ways to get help, and a survey that can be skipped.

use tealight_protocol::{EndReason, EndedBy};
use tealight_session::Delivery;
use tealight_session::visitor::{Command, EndedView, EntryKind, Phase};

use super::survey::survey;
use super::welcome::{blocked, is_blocked};
use crate::context::Context;
use crate::element::{El, el, side_by_side};
use crate::keys::Key;
use crate::parts::others::{crisis, flag, others};
use crate::parts::safety::wipe_button;

pub(crate) fn ended(cx: Context) -> El {
    // What the backend says later may still change why it ended, and what nobody has read.
    let heading = move || cx.ended(|ended| cx.say(title(ended))).unwrap_or_default();
    let about = move || cx.ended(|ended| [ended.was_joined, ended.unread_words].map(flag).concat());
    let said = move |_: &str| match &cx.now().phase {
        Phase::Ended(ended) => goodbye(cx, ended),
        _ => side_by_side(),
    };
    let is_answered = move || cx.ended(|ended| ended.answered) == Some(true);
    el("main")
        .class("screen")
        .part("screen")
        .attr("data-screen", "ended")
        .child(el("h2").class("title").part("title").attr("tabindex", "-1").live_text(heading))
        .live(about, said)
        .child(survey(cx))
        .when(is_answered, move || el("p").text(&cx.say(Key::SURVEY_THANKS)))
        .child(crisis(cx))
        .child(others(cx))
        .child(
            el("div")
                .class("actions")
                .when(move || !is_blocked(cx), move || afresh(cx))
                .child(wipe_button(cx)),
        )
}

/// The way back to the first screen.
pub(crate) fn afresh(cx: Context) -> El {
    let press = move |_| {
        cx.signs().focus_next.set(true);
        cx.dispatch(Command::StartAfresh);
    };
    el("button")
        .class("button")
        .part("button button-quiet")
        .attr("data-kind", "quiet")
        .attr("type", "button")
        .on("click", press)
        .text(&cx.say(Key::ENDED_AFRESH))
}

/// Words that were written and that nobody has read, for their writer to keep. `was_joined`: somebody was there, so
/// that what was sent was read.
pub(crate) fn kept_words(cx: Context, was_joined: bool) -> El {
    let mut words = Vec::new();
    let mut was_sent = false;
    let view = cx.now();
    for entry in view.entries.iter() {
        if let EntryKind::Own { text, delivery, .. } = &entry.kind {
            let is_unsent = matches!(delivery, Delivery::NotSent | Delivery::Sending);
            if is_unsent || !was_joined {
                was_sent |= !is_unsent;
                words.push(text.as_str());
            }
        }
    }
    words.push(&view.composer.draft);
    words.retain(|words| !words.trim().is_empty());
    let caption = if was_sent { Key::ENDED_NOBODY_READ } else { Key::KEPT_CAPTION };
    let text = el("blockquote").class("kept-text").attr("dir", "auto").text(&words.join("\n\n"));
    el("figure").class("kept").part("kept").child(el("figcaption").text(&cx.say(caption))).child(text)
}

pub(crate) fn title(ended: &EndedView) -> Key {
    match ended.reason {
        EndReason::Away => Key::ENDED_AWAY_TITLE,
        EndReason::Closed => Key::ENDED_CLOSED_TITLE,
        EndReason::LeftWaiting => Key::ENDED_LEFT_TITLE,
        EndReason::Blocked => Key::BLOCKED_TITLE,
        EndReason::Done | EndReason::Exit | EndReason::Unknown if ended.was_joined => Key::ENDED_TITLE,
        EndReason::Done | EndReason::Exit | EndReason::Unknown => Key::ENDED_LEFT_TITLE,
    }
}

/// Nobody in it ended it, and nobody left it: it had been silent for long.
fn was_silent(ended: &EndedView) -> bool {
    ended.by == EndedBy::System && ended.reason == EndReason::Done
}

fn goodbye(cx: Context, ended: &EndedView) -> El {
    let was_blocked = ended.reason == EndReason::Blocked;
    let thanks = (ended.was_joined && !was_blocked).then(|| {
        let lead = el("p").class("lead").text(&cx.say(Key::ENDED_LEAD)).text(" ");
        side_by_side()
            .child(lead.text(&cx.say(Key::ENDED_FORGOTTEN)))
            .maybe(was_silent(ended).then(|| el("p").text(&cx.say(Key::ENDED_SILENT))))
            .child(el("p").text(&cx.say(Key::ENDED_HARD_AGAIN)))
    });
    let thanks = if was_blocked { Some(blocked(cx)) } else { thanks };
    side_by_side().maybe(thanks).maybe(ended.unread_words.then(|| kept_words(cx, ended.was_joined)))
}
