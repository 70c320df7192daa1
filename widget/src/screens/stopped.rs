//! Dead ends, each with what is true, what can be done, and other ways to get help.

use leptos::prelude::*;
use tealight_session::StopReason;
use tealight_session::visitor::StoppedView;

use super::ended::{afresh, kept_words};
use crate::context::Context;
use crate::keys::Key;
use crate::parts::others::{crisis, others};

pub(crate) fn stopped(cx: Context) -> impl IntoView {
    view! {
        <main class="screen" part="screen" data-screen="stopped">
            {move || cx.stopped.get().map(|stopped| reason(cx, &stopped))}
            {crisis(cx)}
            {others(cx)}
        </main>
    }
}

fn reason(cx: Context, stopped: &StoppedView) -> impl IntoView + use<> {
    let (title, lead) = match stopped.reason {
        StopReason::Incompatible => (Key::STOPPED_INCOMPATIBLE, Key::STOPPED_INCOMPATIBLE_LEAD),
        StopReason::Forbidden | StopReason::LoggedOut => {
            (Key::STOPPED_FORBIDDEN, Key::STOPPED_FORBIDDEN_LEAD)
        }
        StopReason::Expired => (Key::STOPPED_EXPIRED, Key::STOPPED_EXPIRED_LEAD),
        StopReason::Erased => (Key::STOPPED_ERASED, Key::STOPPED_ERASED_LEAD),
        StopReason::Replaced => (Key::STOPPED_REPLACED, Key::STOPPED_REPLACED_LEAD),
    };
    let way_on = match stopped.reason {
        StopReason::Expired | StopReason::Erased => Some(afresh(cx)),
        StopReason::Incompatible | StopReason::Forbidden | StopReason::LoggedOut | StopReason::Replaced => {
            None
        }
    };
    let kept = stopped.unread_words.then(|| kept_words(cx, true));
    view! {
        <h2 class="title" part="title" tabindex="-1">{cx.say(title)}</h2>
        <p class="lead">{cx.say(lead)}</p>
        {kept}
        {way_on}
    }
}
