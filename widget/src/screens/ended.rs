//! After the end: thanks, other ways to get help, and a survey that can be skipped.

use leptos::prelude::*;
use tealight_protocol::EndReason;
use tealight_session::Delivery;
use tealight_session::visitor::{Command, EndedView, EntryKind};

use super::survey::survey;
use crate::context::Context;
use crate::keys::Key;
use crate::parts::others::{crisis, others};

pub(crate) fn ended(cx: Context) -> impl IntoView {
    let is_answered = Memo::new(move |_| cx.ended.with(|ended| ended.as_ref().is_some_and(|it| it.answered)));
    view! {
        <main class="screen" part="screen" data-screen="ended">
            {move || {
                let was_joined = cx.ended.with(|ended| ended.as_ref().map(|it| (it.was_joined, it.reason)));
                cx.ended.with_untracked(|ended| ended.as_ref().map(|ended| goodbye(cx, ended)))
                    .filter(|_| was_joined.is_some())
            }}
            {survey(cx)}
            {move || is_answered.get().then(|| view! { <p>{cx.say(Key::SURVEY_THANKS)}</p> })}
            {crisis(cx)}
            {others(cx)}
            {afresh(cx)}
        </main>
    }
}

/// The way back to the first screen.
pub(crate) fn afresh(cx: Context) -> impl IntoView {
    let press = move |_| {
        cx.focus_next.set(true);
        cx.dispatch(Command::StartAfresh);
    };
    view! {
        <button class="button" part="button button-quiet" data-kind="quiet" type="button" on:click=press>
            {cx.say(Key::ENDED_AFRESH)}
        </button>
    }
}

/// Words that were written and that nobody has read, for their writer to keep. `was_joined`: somebody was there, so
/// that what was sent was read.
pub(crate) fn kept_words(cx: Context, was_joined: bool) -> impl IntoView {
    let mut words = Vec::new();
    let mut was_sent = false;
    cx.entries.with_untracked(|entries| {
        for entry in entries.iter() {
            if let EntryKind::Own { text, delivery, .. } = &entry.kind {
                let is_unsent = matches!(delivery, Delivery::NotSent | Delivery::Sending);
                if is_unsent || !was_joined {
                    was_sent |= !is_unsent;
                    words.push(text.as_str().to_owned());
                }
            }
        }
    });
    words.push(cx.draft());
    words.retain(|words| !words.trim().is_empty());
    let caption = if was_sent { Key::ENDED_NOBODY_READ } else { Key::KEPT_CAPTION };
    view! {
        <figure class="kept" part="kept">
            <figcaption>{cx.say(caption)}</figcaption>
            <blockquote class="kept-text" dir="auto">{words.join("\n\n")}</blockquote>
        </figure>
    }
}

fn goodbye(cx: Context, ended: &EndedView) -> impl IntoView + use<> {
    let title = match ended.reason {
        EndReason::Away => Key::ENDED_AWAY_TITLE,
        EndReason::Closed => Key::ENDED_CLOSED_TITLE,
        EndReason::LeftWaiting => Key::ENDED_LEFT_TITLE,
        EndReason::Done | EndReason::Unknown if ended.was_joined => Key::ENDED_TITLE,
        EndReason::Done | EndReason::Unknown => Key::ENDED_LEFT_TITLE,
    };
    let thanks = ended.was_joined.then(|| {
        view! {
            <p class="lead">
                {cx.say(Key::ENDED_LEAD)} " " {cx.say(Key::ENDED_FORGOTTEN)}
            </p>
            <p>{cx.say(Key::ENDED_HARD_AGAIN)}</p>
        }
    });
    let nobody_read = ended.unread_words.then(|| kept_words(cx, ended.was_joined));
    view! {
        <h2 class="title" part="title" tabindex="-1">{cx.say(title)}</h2>
        {thanks}
        {nobody_read}
    }
}
