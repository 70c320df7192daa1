//! Says changes of the wait aloud, calmly: at most every three minutes, unless it got worse or was asked for.
//! The conversation itself is read by its own log.

use leptos::prelude::*;

use crate::context::Context;
use crate::keys::Key;
use crate::wait_range::WaitWords;

const CALM_MS: f64 = 3.0 * 60.0 * 1000.0;

/// What was said last, and when.
struct Said {
    words: String,
    at: f64,
    asked: u32,
}

pub(crate) fn announcer(cx: Context) -> impl IntoView {
    let aloud = RwSignal::new(String::new());
    Effect::new(move |said: Option<Said>| {
        let asked = cx.said_on_demand.get();
        let now = cx.now.get();
        let said = said.unwrap_or(Said { words: String::new(), at: f64::NEG_INFINITY, asked: 0 });
        let Some((words, is_worse)) = about_the_wait(cx) else { return Said { asked, ..said } };
        let is_asked = asked != said.asked;
        let is_news = words != said.words && (is_worse || now - said.at >= CALM_MS);
        if !is_asked && !is_news {
            return said;
        }
        // The same words twice are only heard twice if they were gone in between.
        aloud.set(String::new());
        let again = words.clone();
        request_animation_frame(move || {
            let _ = aloud.try_set(again);
        });
        Said { words, at: now, asked }
    });
    view! {
        <div class="sr" role="status">{move || aloud.get()}</div>
    }
}

fn about_the_wait(cx: Context) -> Option<(String, bool)> {
    cx.waiting.with(|waiting| {
        let waiting = waiting.as_ref().filter(|waiting| waiting.checked_at.is_some())?;
        let mut words = String::new();
        if waiting.worse {
            words.push_str(&cx.say(Key::WAITING_WORSE));
            words.push(' ');
        }
        match cx.words(|words| words.range(WaitWords::of(waiting.wait))) {
            Some(range) => words.push_str(&cx.fill(Key::SAY_RANGE, &[("range", &range)])),
            None => words.push_str(&cx.say(Key::RANGE_UNKNOWN)),
        }
        if let Some(place) = place(cx, waiting.place) {
            words.push(' ');
            words.push_str(&place);
        }
        Some((words, waiting.worse))
    })
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
