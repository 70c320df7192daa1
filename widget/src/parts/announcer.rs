//! Says changes of the wait aloud, calmly. When is decided in `calm`; the conversation itself is read by its own log,
//! and the connection by its strip.

use tealight_protocol::{EndReason, QueueState};
use tealight_session::visitor::WaitingView;
use tealight_shell::now;

use crate::calm::{Calm, Pressing};
use crate::context::{Context, Screen};
use crate::element::{El, el, follow};
use crate::keys::Key;
use crate::live::Live;
use crate::parts::closing::may_close_first;
use crate::screens::ended::title;

pub(crate) fn announcer(cx: Context) -> El {
    let aloud = Live::new(String::new());
    let heard = aloud.clone();
    let mut calm = Calm::new();
    let mut said_notice = None;
    let mut was = Screen::Opening;
    follow(move || {
        let signs = cx.signs();
        // Something that had to wait may be due by now.
        signs.now.get();
        // Nobody listens to a page that is out of sight; what changed there is said on coming back.
        if !signs.in_sight.get() {
            return;
        }
        let screen = cx.screen();
        let notice = cx.notice().unwrap_or_default();
        let (words, pressing) = match screen {
            Screen::Welcome => (String::new(), Pressing::default()),
            Screen::Waiting => match about_the_wait(cx) {
                Some(about) => about,
                None => return,
            },
            Screen::Ended => match about_the_end(cx) {
                Some(words) => (words, Pressing { is_decided: true, ..Pressing::default() }),
                None => return,
            },
            Screen::Opening | Screen::Talking | Screen::Wiping | Screen::Stopped => return,
        };
        let everything = [&words, "\n", &notice].concat();
        if screen == Screen::Welcome && said_notice.is_none() {
            // What is there at first is read where it stands.
            calm.takes_as_read(&everything);
            said_notice = Some(notice.clone());
        }
        // Whoever comes in wants to hear it.
        let has_come_in = was != screen && screen == Screen::Waiting;
        let is_asked = is_answered(cx) || has_come_in;
        was = screen;
        let news = calm.news(pressing);
        let now = now() as f64;
        if !calm.says(now, &everything, pressing, is_asked) {
            if calm.is_past(now) {
                // Whoever reads the screen piece by piece shall find nothing here that is no longer true.
                aloud.set(String::new());
            }
            return;
        }
        let worse = news.worse_at.map(|_| cx.say(Key::WAITING_WORSE));
        let closing = if news.is_closing { may_close_first(cx) } else { None };
        let notice = said_notice.replace(notice.clone()).is_none_or(|said| said != notice).then_some(notice);
        let whole = [worse, Some(words), closing, notice].into_iter().flatten().collect::<Vec<_>>().join(" ");
        // The same words twice are only heard twice if they were gone in between.
        aloud.set(String::new());
        let aloud = aloud.clone();
        cx.before_paint(move || aloud.set(whole));
    });
    el("div").class("sr").attr("role", "status").live_text(move || heard.get())
}

/// Whether the wait was asked for and the backend has been heard since.
fn is_answered(cx: Context) -> bool {
    let signs = cx.signs();
    let checked_at = cx.waiting(|waiting| waiting.checked_at).flatten();
    let is_answered = match (signs.checking.get(), checked_at) {
        (Some(since), Some(checked_at)) => checked_at >= since,
        _ => false,
    };
    if is_answered {
        signs.checking.set(None);
    }
    is_answered
}

fn about_the_wait(cx: Context) -> Option<(String, Pressing)> {
    let waiting = cx.waiting(WaitingView::clone).filter(|waiting| waiting.checked_at.is_some())?;
    let is_ready = waiting.turn == QueueState::Ready;
    let pressing =
        Pressing { worse_at: waiting.worse_at, is_closing: waiting.may_close_first, is_decided: is_ready };
    if is_ready {
        return Some((cx.say(Key::WAITING_READY), pressing));
    }
    let mut words = match cx.words(|words| words.range(waiting.wait)) {
        Some(range) => cx.fill(Key::SAY_RANGE, &[("range", &range)]),
        None => cx.say(Key::RANGE_UNKNOWN),
    };
    if let Some(place) = place(cx, waiting.place) {
        words.push(' ');
        words.push_str(&place);
    }
    Some((words, pressing))
}

/// What others decided. A visitor who ends something knows.
fn about_the_end(cx: Context) -> Option<String> {
    let is_others = |reason| matches!(reason, EndReason::Away | EndReason::Closed | EndReason::Blocked);
    cx.ended(|ended| is_others(ended.reason).then(|| cx.say(title(ended)))).flatten()
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
