//! One message: its words as text nodes, its time, and for the visitor's own how far it has come.

use std::sync::Arc;

use tealight_protocol::links::{Piece, is_page, pieces, puzzling_host};
use tealight_protocol::{Link, Party};
use tealight_session::Delivery;
use tealight_session::visitor::{Command, Entry, EntryKind};

use super::icon::{Icon, drawn, icon};
use super::others::{new_window, outward};
use super::suggestion::suggestion;
use crate::context::Context;
use crate::element::{El, el, side_by_side};
use crate::i18n;
use crate::keys::Key;
use crate::live::Live;

/// A message that is on the screen.
#[derive(Clone)]
pub(crate) struct Message {
    /// The message as it is now.
    pub(crate) entry: Live<Arc<Entry>>,
    /// Whether it is the last one the visitor wrote.
    pub(crate) is_newest_own: Live<bool>,
}

impl Message {
    pub(crate) fn new(entry: Arc<Entry>) -> Self {
        Self { entry: Live::new(entry), is_newest_own: Live::new(false) }
    }

    fn delivery(&self) -> Delivery {
        delivery_of(&self.entry.get())
    }
}

/// One message of a run.
pub(crate) fn bubble(cx: Context, message: &Message) -> El {
    let entry = message.entry.peek();
    match &entry.kind {
        EntryKind::Own { text, .. } => own(cx, message, text.as_str()),
        EntryKind::Theirs { from, name, text, link, .. } => {
            let name = name.clone().unwrap_or_else(|| cx.say(Key::LOG_SOMEONE));
            let theirs = theirs(cx, &entry, from, &name, text.as_str());
            let card = link.as_ref().filter(|link| link.is_allowed()).map(|link| card(cx, link));
            side_by_side().child(theirs).maybe(card.map(|card| operators().child(card)))
        }
        EntryKind::Offer { name, alternative, .. } => {
            let name = name.clone().unwrap_or_else(|| cx.say(Key::LOG_SOMEONE));
            suggestion(cx, message, &name, alternative)
        }
        // Rows of their own, never part of a run.
        EntryKind::Joined(_) | EntryKind::Left { .. } | EntryKind::Transferred { .. } => side_by_side(),
    }
}

/// The time an entry was committed, if it was.
pub(crate) fn time(cx: Context, entry: &Entry) -> Option<El> {
    let at = entry.at.as_ref()?.as_str();
    let ms = i18n::ms_of(at)?;
    Some(el("time").attr("datetime", at).text(&cx.words(|words| words.time(ms))))
}

fn own(cx: Context, message: &Message, text: &str) -> El {
    let this = message.clone();
    let state = move || Some(state(this.delivery()));
    let this = message.clone();
    let meta = move || {
        let is_shown = this.is_newest_own.get() || this.delivery() < Delivery::Delivered;
        Some(if is_shown { "shown" } else { "hidden" })
    };
    let this = message.clone();
    let has_failed = move || (this.delivery() == Delivery::NotSent).then(String::new);
    let this = message.clone();
    let has_not = move || (this.delivery() != Delivery::NotSent).then(String::new);
    let (failing, this) = (message.clone(), message.clone());
    el("div")
        .class("msg")
        .attr("data-from", "visitor")
        .live_attr("data-state", state)
        .live_attr("data-meta", meta)
        .child(el("span").class("sr").text(&cx.say(Key::LOG_YOU)).text(": "))
        .child(words("bubble bubble-visitor").text(text))
        .live(has_failed, move |_| failed(cx, &failing.entry.peek()))
        .live(has_not, move |_| foot(cx, &this))
}

/// What bubbles have in common.
fn words(part: &str) -> El {
    el("div").class("bubble").part(part).attr("dir", "auto").attr("tabindex", "-1")
}

/// The time, and how far the message has come.
fn foot(cx: Context, message: &Message) -> El {
    let this = message.clone();
    let at = move || this.entry.get().at.as_ref().map(|at| at.as_str().to_owned());
    let (this, marked, told) = (message.clone(), message.clone(), message.clone());
    let mark = el("span")
        .class("mark")
        .child(drawn(move || mark(marked.delivery())))
        .child(el("span").class("mark-word").live_text(move || cx.say(word(told.delivery()))));
    el("p")
        .class("msg-meta")
        .live(at, move |_| side_by_side().maybe(time(cx, &this.entry.peek())))
        .child(mark)
}

/// "Not sent": the words stay, and can be sent again or changed.
fn failed(cx: Context, entry: &Entry) -> El {
    let cid = match &entry.kind {
        EntryKind::Own { cid, .. } => Some(cid.clone()),
        _ => None,
    };
    let again = cid.clone();
    let try_again = move |_| {
        if let Some(cid) = again.clone() {
            cx.dispatch(Command::TryAgain(cid));
        }
    };
    let take_back = move |_| {
        if let Some(cid) = cid.clone() {
            cx.dispatch(Command::TakeBack(cid));
            cx.focus(".composer-input");
        }
    };
    let link = |words| el("button").class("link").attr("type", "button").text(&cx.say(words));
    el("p")
        .class("msg-failed")
        .child(icon(Icon::ALERT))
        .child(el("span").text(&cx.say(Key::STATE_FAILED)))
        .child(link(Key::STATE_TRY_AGAIN).on("click", try_again))
        .child(link(Key::STATE_TAKE_BACK).on("click", take_back))
}

fn operators() -> El {
    el("div").class("msg").attr("data-from", "operator").attr("data-meta", "hidden")
}

fn theirs(cx: Context, entry: &Entry, from: &Party, name: &str, text: &str) -> El {
    let bubble = words("bubble bubble-operator");
    // Only an operator's addresses become links.
    let bubble = match from {
        Party::Operator(_) => linked(bubble, text),
        Party::Visitor | Party::System => bubble.text(text),
    };
    operators()
        .child(el("span").class("sr").text(name).text(": "))
        .child(bubble)
        .child(el("p").class("msg-meta").maybe(time(cx, entry)))
}

fn linked(bubble: El, text: &str) -> El {
    pieces(text).into_iter().fold(bubble, |bubble, piece| match piece {
        Piece::Plain(words) => bubble.text(words),
        Piece::Link(address) => match written(address) {
            Some(shown) => bubble.child(
                el("a")
                    .attr("href", address)
                    .maybe_attr("target", is_page(address).then_some("_blank"))
                    .attr("rel", "noopener noreferrer")
                    .attr("dir", "ltr")
                    .text(&shown),
            ),
            None => bubble.text(address),
        },
    })
}

/// How an address is shown: as it is, or with a host that could be taken for another one as the browser writes it.
/// Nothing where a browser knows no such address.
fn written(address: &str) -> Option<String> {
    let Some(host) = puzzling_host(address) else { return Some(address.to_owned()) };
    let known = web_sys::Url::new(address).ok()?.hostname();
    Some(address.replacen(host, &known, 1))
}

/// A link that an operator attached, shown whole: where it leads is never hidden behind a title.
fn card(cx: Context, link: &Link) -> El {
    let (symbol, does) = match link.url.get(..4).map(str::to_ascii_lowercase).as_deref() {
        Some("tel:") => (Icon::PHONE, Key::LOG_LINK_CALL),
        Some("mail") => (Icon::EMAIL, Key::LOG_LINK_MAIL),
        _ => (Icon::PAGE, Key::LOG_LINK_PAGE),
    };
    let title = link.title.clone().unwrap_or_else(|| cx.say(does));
    let title = el("span")
        .class("card-title")
        .child(icon(symbol))
        .child(el("bdi").text(&title))
        .maybe(new_window(cx, &link.url));
    let shown = written(&link.url).unwrap_or_else(|| link.url.clone());
    outward("card", &link.url)
        .part("card")
        .child(title)
        .child(el("span").class("card-url").attr("dir", "ltr").text(&shown))
}

fn delivery_of(entry: &Entry) -> Delivery {
    match &entry.kind {
        EntryKind::Own { delivery, .. } => *delivery,
        _ => Delivery::Sent,
    }
}

fn state(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::Sending => "sending",
        Delivery::NotSent => "failed",
        Delivery::Sent => "sent",
        Delivery::Delivered => "delivered",
        Delivery::Seen => "seen",
    }
}

fn word(delivery: Delivery) -> Key {
    match delivery {
        Delivery::Sending => Key::STATE_SENDING,
        Delivery::NotSent => Key::STATE_FAILED,
        Delivery::Sent => Key::STATE_SENT,
        Delivery::Delivered => Key::STATE_DELIVERED,
        Delivery::Seen => Key::STATE_SEEN,
    }
}

fn mark(delivery: Delivery) -> Icon {
    match delivery {
        Delivery::Sending => Icon::CLOCK,
        Delivery::NotSent => Icon::ALERT,
        Delivery::Sent => Icon::TICK,
        Delivery::Delivered | Delivery::Seen => Icon::TICKS,
    }
}
