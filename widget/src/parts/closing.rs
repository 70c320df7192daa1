//! When it closes, and what that means for somebody who waits or thinks about it.

use crate::context::Context;
use crate::i18n;
use crate::keys::Key;

/// "We close at 22:00.", or "We close tomorrow at 00:30.", with whether that is still today where the visitor is.
/// Nothing where the time is not known or has passed.
pub(crate) fn closes(cx: Context) -> Option<(String, bool)> {
    let closes_at = cx.service(|service| service.closes_at.clone()).flatten();
    let closes_at = i18n::ms_of(closes_at?.as_str())?;
    let now = cx.signs().now.get();
    (closes_at > now).then(|| cx.words(|words| words.closing(closes_at, now)))
}

/// That it may close first, while a turn before that is possible.
pub(crate) fn may_close_first(cx: Context) -> Option<String> {
    let is_so = cx
        .waiting(|waiting| waiting.may_close_first)
        .or_else(|| cx.service(|service| service.may_close_first))
        .unwrap_or_default();
    is_so.then(|| sentences(cx, Key::CLOSES_MAYBE_TODAY, Key::CLOSES_MAYBE))
}

/// That it closes first, for somebody who is not let in any more.
pub(crate) fn closes_first(cx: Context) -> String {
    sentences(cx, Key::CLOSES_FIRST_TODAY, Key::CLOSES_FIRST)
}

fn sentences(cx: Context, today: Key, otherwise: Key) -> String {
    match closes(cx) {
        Some((when, is_today)) => [&when, " ", &cx.say(if is_today { today } else { otherwise })].concat(),
        None => cx.say(today),
    }
}
