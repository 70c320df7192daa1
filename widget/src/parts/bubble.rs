//! One message: its words as text nodes, its time, and for the visitor's own how far it has come.

use std::sync::Arc;

use leptos::prelude::*;
use tealight_protocol::{Link, Party, Text};
use tealight_session::Delivery;
use tealight_session::visitor::{Command, Entry, EntryKind};

use super::icon::{Icon, drawn, icon};
use super::others::target;
use crate::context::Context;
use crate::i18n;
use crate::keys::Key;
use crate::linkify::{Piece, is_page, pieces};

/// One message of a run.
pub(crate) fn bubble(
    cx: Context,
    entry: &ArcRwSignal<Arc<Entry>>,
    newest_own: Memo<Option<String>>,
) -> AnyView {
    let first = entry.get_untracked();
    match &first.kind {
        EntryKind::Own { text, .. } => own(cx, entry.clone(), &first.key, text, newest_own).into_any(),
        EntryKind::Theirs { from, name, text, link, .. } => {
            theirs(cx, &first, from, name.as_deref(), text, link.as_ref()).into_any()
        }
        // Rows of their own, never part of a run.
        EntryKind::Joined(_) | EntryKind::Left { .. } => ().into_any(),
    }
}

/// The time an entry was committed, if it was.
pub(crate) fn time(cx: Context, entry: &Entry) -> Option<impl IntoView + use<>> {
    let at = entry.at.as_ref()?;
    let ms = i18n::ms_of(at.as_str())?;
    Some(view! { <time datetime=at.as_str().to_owned()>{cx.words(|words| words.time(ms))}</time> })
}

fn own(
    cx: Context,
    entry: ArcRwSignal<Arc<Entry>>,
    key: &str,
    text: &Text,
    newest_own: Memo<Option<String>>,
) -> impl IntoView + use<> {
    let delivery = Memo::new({
        let entry = entry.clone();
        move |_| entry.with(|entry| delivery_of(entry))
    });
    let has_failed = Memo::new(move |_| delivery.get() == Delivery::NotSent);
    let key = key.to_owned();
    let meta = move || {
        let is_newest = newest_own.with(|newest| newest.as_deref() == Some(key.as_str()));
        if is_newest || delivery.get() < Delivery::Delivered { "shown" } else { "hidden" }
    };
    let foot = move || {
        if has_failed.get() {
            failed(cx, &entry).into_any()
        } else {
            let entry = entry.clone();
            view! {
                <p class="msg-meta">
                    {move || entry.with(|entry| time(cx, entry))}
                    <span class="mark">
                        {drawn(Signal::derive(move || mark(delivery.get())))}
                        <span class="mark-word">{move || cx.say(word(delivery.get()))}</span>
                    </span>
                </p>
            }
            .into_any()
        }
    };
    view! {
        <div class="msg" data-from="visitor" data-state=move || state(delivery.get()) data-meta=meta>
            <span class="sr">{cx.say(Key::LOG_YOU)}": "</span>
            <div class="bubble" part="bubble bubble-visitor" dir="auto" tabindex="-1">{text.as_str().to_owned()}</div>
            {foot}
        </div>
    }
}

/// "Not sent": the words stay, and can be sent again or changed.
fn failed(cx: Context, entry: &ArcRwSignal<Arc<Entry>>) -> impl IntoView + use<> {
    let cid = entry.with_untracked(|entry| match &entry.kind {
        EntryKind::Own { cid, .. } => Some(cid.clone()),
        EntryKind::Theirs { .. } | EntryKind::Joined(_) | EntryKind::Left { .. } => None,
    });
    let again = cid.clone();
    view! {
        <p class="msg-failed">
            {icon(Icon::ALERT)}
            <span>{cx.say(Key::STATE_FAILED)}</span>
            <button
                class="link"
                type="button"
                on:click=move |_| {
                    if let Some(cid) = again.clone() {
                        cx.dispatch(Command::TryAgain(cid));
                    }
                }
            >
                {cx.say(Key::STATE_TRY_AGAIN)}
            </button>
            <button
                class="link"
                type="button"
                on:click=move |_| {
                    if let Some(cid) = cid.clone() {
                        cx.dispatch(Command::TakeBack(cid));
                        cx.focus(".composer-input");
                    }
                }
            >
                {cx.say(Key::STATE_TAKE_BACK)}
            </button>
        </p>
    }
}

fn theirs(
    cx: Context,
    entry: &Entry,
    from: &Party,
    name: Option<&str>,
    text: &Text,
    link: Option<&Link>,
) -> impl IntoView + use<> {
    let name = name.map_or_else(|| cx.say(Key::LOG_SOMEONE), str::to_owned);
    // Only an operator's addresses become links.
    let words = match from {
        Party::Operator(_) => linked(text.as_str()).into_any(),
        Party::Visitor | Party::System => text.as_str().to_owned().into_any(),
    };
    let card = link.filter(|link| link.is_allowed()).map(|link| card(cx, link));
    view! {
        <div class="msg" data-from="operator" data-meta="hidden">
            <span class="sr">{name}": "</span>
            <div class="bubble" part="bubble bubble-operator" dir="auto" tabindex="-1">{words}</div>
            <p class="msg-meta">{time(cx, entry)}</p>
        </div>
        {card.map(|card| view! { <div class="msg" data-from="operator" data-meta="hidden">{card}</div> })}
    }
}

fn linked(text: &str) -> impl IntoView + use<> {
    let piece = |piece: &Piece<'_>| match piece {
        Piece::Plain(words) => (*words).to_owned().into_any(),
        Piece::Link(address) => view! {
            <a href=(*address).to_owned() target=target(address) rel="noopener noreferrer" dir="ltr">
                {(*address).to_owned()}
            </a>
        }
        .into_any(),
    };
    pieces(text).iter().map(piece).collect_view()
}

/// A link that an operator attached, shown whole: where it leads is never hidden behind a title.
fn card(cx: Context, link: &Link) -> impl IntoView + use<> {
    let (symbol, does) = match link.url.get(..4).map(str::to_ascii_lowercase).as_deref() {
        Some("tel:") => (Icon::PHONE, Key::LOG_LINK_CALL),
        Some("mail") => (Icon::EMAIL, Key::LOG_LINK_MAIL),
        _ => (Icon::PAGE, Key::LOG_LINK_PAGE),
    };
    let title = link.title.clone().unwrap_or_else(|| cx.say(does));
    let new_window =
        is_page(&link.url).then(|| view! { <span class="sr">" "{cx.say(Key::OTHERS_NEW_WINDOW)}</span> });
    view! {
        <a class="card" part="card" href=link.url.clone() target=target(&link.url) rel="noopener noreferrer">
            <span class="card-title">{icon(symbol)}{title}{new_window}</span>
            <span class="card-url" dir="ltr">{link.url.clone()}</span>
        </a>
    }
}

fn delivery_of(entry: &Entry) -> Delivery {
    match &entry.kind {
        EntryKind::Own { delivery, .. } => *delivery,
        EntryKind::Theirs { .. } | EntryKind::Joined(_) | EntryKind::Left { .. } => Delivery::Sent,
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
