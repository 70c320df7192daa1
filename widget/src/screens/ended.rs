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

/// Words that were written and that nobody has read, for their writer to keep.
pub(crate) fn kept_words(cx: Context) -> impl IntoView {
    let mut words: Vec<String> = cx.entries.with_untracked(|entries| {
        let unsent = entries.iter().filter_map(|entry| match &entry.kind {
            EntryKind::Own { text, delivery: Delivery::NotSent | Delivery::Sending, .. } => {
                Some(text.as_str().to_owned())
            }
            EntryKind::Own { .. }
            | EntryKind::Theirs { .. }
            | EntryKind::Joined(_)
            | EntryKind::Left { .. } => None,
        });
        unsent.collect()
    });
    words.push(cx.draft());
    words.retain(|words| !words.trim().is_empty());
    let text = words.join("\n\n");
    if text.is_empty() {
        return view! { <p class="lead">{cx.say(Key::ENDED_NOBODY_READ)}</p> }.into_any();
    }
    view! {
        <figure class="kept" part="kept">
            <figcaption>{cx.say(Key::KEPT_CAPTION)}</figcaption>
            <blockquote class="kept-text" dir="auto">{text}</blockquote>
        </figure>
    }
    .into_any()
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
    let nobody_read = (!ended.was_joined || ended.unread_words).then(|| kept_words(cx));
    view! {
        <h2 class="title" part="title" tabindex="-1">{cx.say(title)}</h2>
        {thanks}
        {nobody_read}
    }
}
