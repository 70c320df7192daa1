//! Dead ends, each with what is true, what can be done, and other ways to get help.

use tealight_session::StopReason;
use tealight_session::visitor::{Phase, StoppedView};

use super::ended::{afresh, kept_words};
use crate::context::Context;
use crate::element::{El, el, side_by_side};
use crate::keys::Key;
use crate::parts::others::{crisis, others};

pub(crate) fn stopped(cx: Context) -> El {
    let screen = el("main").class("screen").part("screen").attr("data-screen", "stopped");
    // A dead end does not change.
    let screen = match &cx.now().phase {
        Phase::Stopped(stopped) => screen.child(reason(cx, stopped)),
        _ => screen,
    };
    screen.child(crisis(cx)).child(others(cx))
}

fn reason(cx: Context, stopped: &StoppedView) -> El {
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
    side_by_side()
        .child(el("h2").class("title").part("title").attr("tabindex", "-1").text(&cx.say(title)))
        .child(el("p").class("lead").text(&cx.say(lead)))
        .maybe(stopped.unread_words.then(|| kept_words(cx, true)))
        .maybe(way_on)
}
