//! The first screen: what this is, how long it takes now, what stays between us, and one button.

use tealight_protocol::links::is_page;
use tealight_protocol::{Route, ServiceState};
use tealight_session::Connection;
use tealight_session::visitor::{Command, Phase};
use wasm_bindgen::JsCast;
use web_sys::HtmlSelectElement;

use crate::context::Context;
use crate::element::{El, el, side_by_side};
use crate::i18n;
use crate::keys::Key;
use crate::parts::closing::{closes_first, may_close_first};
use crate::parts::icon::{Icon, icon};
use crate::parts::limits::limits;
use crate::parts::note::note_of;
use crate::parts::others::{crisis, others, outward};

/// Before anything is known.
pub(crate) fn opening(cx: Context) -> El {
    screen().attr("data-screen", "welcome").child(el("p").class("opening").text(&cx.say(Key::OPENING)))
}

pub(crate) fn welcome(cx: Context) -> El {
    let state = move || cx.service(|service| service.state).unwrap_or(ServiceState::Unknown);
    let name = move || Some(if state() == ServiceState::Open { "welcome" } else { "closed" });
    let kind = move || {
        let kind = match state() {
            ServiceState::Open => "open",
            ServiceState::Full => "full",
            ServiceState::Ending => "ending",
            ServiceState::Blocked => "blocked",
            ServiceState::Closed | ServiceState::Unknown => "closed",
        };
        Some(kind.to_owned())
    };
    let words = move |kind: &str| match kind {
        "open" => open(cx),
        kind => shut(cx, kind),
    };
    screen().live_attr("data-screen", name).live(kind, words).child(crisis(cx)).child(others(cx))
}

fn screen() -> El {
    el("main").class("screen").part("screen")
}

fn title(words: &str) -> El {
    el("h2").class("title").part("title").attr("tabindex", "-1").text(words)
}

fn open(cx: Context) -> El {
    let select = el("select").class("select").part("input");
    let chosen: HtmlSelectElement = select.element().unchecked_into();
    let join = move |_| {
        let view = cx.now();
        if view.phase == Phase::Joining {
            return;
        }
        // Nobody is asked where there is nothing to choose.
        let area = match view.service.as_ref().map(|service| service.areas.as_slice()) {
            None | Some([]) => None,
            Some([only]) => Some(only.id.clone()),
            Some(_) => Some(chosen.value()),
        };
        cx.signs().focus_next.set(true);
        cx.dispatch(Command::Join { area, route: Route::Standard });
    };
    let is_busy = move || {
        let is_busy = cx.phase().phase == Phase::Joining || cx.connection().connection == Connection::Lost;
        is_busy.then_some("true")
    };
    let is_refused = move || cx.phase().phase == Phase::Welcome { refused: true };
    let join = el("button")
        .class("button")
        .part("button button-primary")
        .attr("data-kind", "primary")
        .attr("type", "button")
        .live_attr("data-busy", is_busy)
        .on("click", join)
        .text(&cx.say(Key::WELCOME_JOIN));
    side_by_side()
        .child(title(&cx.say(Key::WELCOME_TITLE)))
        .child(el("p").class("lead").text(&cx.say(Key::WELCOME_LEAD)))
        .live(move || cx.notice(), note_of)
        .when(is_refused, move || note_of(&cx.say(Key::WELCOME_REFUSED)))
        .child(wait_now(cx))
        .live(move || may_close_first(cx), note_of)
        .child(area_question(cx, select))
        .child(join)
        .child(limits(cx))
        .maybe((!cx.signs().knows_exit.get()).then(|| exit_note(cx)))
}

/// "Right now most people wait …", with the range set apart by the styles.
fn wait_now(cx: Context) -> El {
    let range = move || {
        let wait = cx.service(|service| service.wait);
        // Nothing is no range, and has words of its own.
        let range = wait.and_then(|wait| cx.words(|words| words.range(wait)));
        Some(range.unwrap_or_default())
    };
    el("p").class("now").live(range, move |range| {
        if range.is_empty() {
            return side_by_side().text(&cx.say(Key::RANGE_UNKNOWN));
        }
        let (before, after) = cx.around(Key::WELCOME_NOW, "range");
        let range = el("strong").class("now-range").part("range").text(range);
        side_by_side().text(&before).child(range).text(&after)
    })
}

/// `select` is the one that Join reads.
fn area_question(cx: Context, select: El) -> El {
    let question = move || {
        let field = el("label").class("field");
        field.child(el("span").class("field-label").text(&cx.say(Key::WELCOME_AREA)))
    };
    let select = select.live(
        move || {
            let areas = cx.service(|service| service.areas.clone()).unwrap_or_default();
            let mut all = String::new();
            for area in &areas {
                for piece in [area.id.as_str(), &area.name, if area.open { "+" } else { "-" }] {
                    all.push_str(piece);
                    all.push('\u{0}');
                }
            }
            Some(all)
        },
        move |_| {
            let areas = cx.service(|service| service.areas.clone()).unwrap_or_default();
            areas.iter().fold(side_by_side(), |options, area| {
                let label = if area.open {
                    area.name.clone()
                } else {
                    cx.fill(Key::WELCOME_AREA_CLOSED, &[("area", &area.name)])
                };
                options.child(
                    el("option")
                        .attr("value", &area.id)
                        .maybe_attr("disabled", (!area.open).then_some(""))
                        .text(&label),
                )
            })
        },
    );
    let is_asked = move || cx.service(|service| service.areas.len() > 1) == Some(true);
    side_by_side().when(is_asked, move || question().child(select.clone()))
}

/// What Exit does, and what it cannot do: before the first conversation of this page.
fn exit_note(cx: Context) -> El {
    let key = cx.options(|options| options.exit_key.replace("ape", ""));
    let press = el("strong")
        .class("strong")
        .text(&cx.say(Key::WELCOME_EXIT))
        .text(" ")
        .text(&cx.fill(Key::WELCOME_EXIT_KEYS, &[("key", &key)]));
    let words = el("p").child(press).text(" ").text(&cx.say(Key::WELCOME_EXIT_MORE));
    let address = cx.options(|options| options.safety_url.clone());
    el("div").class("note").part("note").child(icon(Icon::EXIT)).child(link(
        cx,
        words,
        address,
        Key::WELCOME_EXIT_LINK,
    ))
}

/// Puts a link behind the words of `into`, if there is a page to lead to.
pub(crate) fn link(cx: Context, into: El, address: Option<String>, words: Key) -> El {
    match address.filter(|address| is_page(address)) {
        Some(address) => into.text(" ").child(outward("link", &address).text(&cx.say(words))),
        None => into,
    }
}

/// Nobody new is let in: why, when that changes, and what helps meanwhile.
fn shut(cx: Context, kind: &str) -> El {
    let opens = opens(cx);
    let (name, lead, help) = match kind {
        "full" => (Key::FULL_TITLE, None, Key::FULL_LEAD),
        "ending" => {
            let first = el("p").class("lead").live_text(move || closes_first(cx));
            (Key::ENDING_TITLE, Some(side_by_side().child(first).child(opens)), Key::CLOSED_HELP)
        }
        "blocked" => (Key::BLOCKED_TITLE, Some(blocked(cx)), Key::CLOSED_HELP),
        _ => (Key::CLOSED_TITLE, Some(opens), Key::CLOSED_HELP),
    };
    side_by_side()
        .child(title(&cx.say(name)))
        .maybe(lead)
        .live(move || cx.notice(), note_of)
        .child(el("p").class("lead").text(&cx.say(help)))
}

/// Until when this visitor is not let in, and why: as long as that is so.
pub(crate) fn blocked(cx: Context) -> El {
    let words = move || opens(cx).child(el("p").text(&cx.say(Key::BLOCKED_WHY)));
    side_by_side().when(move || is_blocked(cx), words)
}

pub(crate) fn is_blocked(cx: Context) -> bool {
    cx.service(|service| service.state) == Some(ServiceState::Blocked)
}

/// When somebody is let in again.
fn opens(cx: Context) -> El {
    let opens = move || {
        let next = cx.service(|service| service.next_open.clone()).flatten();
        let (ms, now) = (next.and_then(|next| i18n::ms_of(next.as_str())), cx.signs().now.get());
        Some(match ms.filter(|ms| *ms > now) {
            Some(ms) => {
                let when = cx.words(|words| words.moment(ms, now));
                cx.fill(Key::CLOSED_OPENS, &[("when", &when)])
            }
            None => cx.say(Key::CLOSED_OPEN_END),
        })
    };
    side_by_side().live(opens, |opens| el("p").class("lead").child(el("strong").class("strong").text(opens)))
}
