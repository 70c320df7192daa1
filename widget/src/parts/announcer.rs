//! Says changes of the wait aloud, calmly: at most every three minutes, unless it got worse or was asked for.
//! The conversation itself is read by its own log.

use tealight_session::visitor::WaitingView;

use crate::context::Context;
use crate::element::{El, el, follow};
use crate::keys::Key;
use crate::live::Live;

const CALM_MS: f64 = 3.0 * 60.0 * 1000.0;

pub(crate) fn announcer(cx: Context) -> El {
    let aloud = Live::new(String::new());
    let heard = aloud.clone();
    // What was said last, when, and how often it had been asked for.
    let (mut said, mut said_at, mut said_on_demand) = (String::new(), f64::NEG_INFINITY, 0);
    follow(move || {
        let asked = cx.signs().said_on_demand.get();
        let now = cx.signs().now.get();
        let Some((words, is_worse)) = about_the_wait(cx) else {
            said_on_demand = asked;
            return;
        };
        let is_asked = asked != said_on_demand;
        let is_news = words != said && (is_worse || now - said_at >= CALM_MS);
        if !is_asked && !is_news {
            return;
        }
        // The same words twice are only heard twice if they were gone in between.
        aloud.set(String::new());
        let (aloud, again) = (aloud.clone(), words.clone());
        cx.before_paint(move || aloud.set(again));
        (said, said_at, said_on_demand) = (words, now, asked);
    });
    el("div").class("sr").attr("role", "status").live_text(move || heard.get())
}

fn about_the_wait(cx: Context) -> Option<(String, bool)> {
    let waiting = cx.waiting(WaitingView::clone).filter(|waiting| waiting.checked_at.is_some())?;
    let mut words = String::new();
    if waiting.worse {
        words.push_str(&cx.say(Key::WAITING_WORSE));
        words.push(' ');
    }
    match cx.words(|words| words.range(waiting.wait)) {
        Some(range) => words.push_str(&cx.fill(Key::SAY_RANGE, &[("range", &range)])),
        None => words.push_str(&cx.say(Key::RANGE_UNKNOWN)),
    }
    if let Some(place) = place(cx, waiting.place) {
        words.push(' ');
        words.push_str(&place);
    }
    Some((words, waiting.worse))
}

/// The visitor's place in words.
pub(crate) fn place(cx: Context, place: Option<u32>) -> Option<String> {
    Some(match place? {
        0 | 1 => cx.say(Key::WAITING_NEXT),
        place => {
            let place = cx.words(|words| words.number(f64::from(place)));
            cx.fill(Key::WAITING_PLACE, &[("place", &place)])
        }
    })
}
