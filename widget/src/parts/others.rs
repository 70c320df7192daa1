//! Other ways to get help, and the numbers for danger to life.

use leptos::prelude::*;
use tealight_protocol::{Alternative, AlternativeChannel};

use super::icon::{Icon, icon};
use crate::context::Context;
use crate::keys::Key;
use crate::linkify::{is_page, is_safe_address};

/// The list of other ways, with what is open now.
pub(crate) fn others(cx: Context) -> impl IntoView {
    let offers = offers(cx, false);
    view! {
        <section class="others">
            <h2 class="heading">{cx.say(Key::OTHERS_HEADING)}</h2>
            <ul class="offers" part="offers">
                {move || offers.get().into_iter().map(|offer| one(cx, offer)).collect_view()}
            </ul>
        </section>
    }
}

/// The line for danger to life: in sight on every screen.
pub(crate) fn crisis(cx: Context) -> impl IntoView {
    let offers = offers(cx, true);
    move || {
        let offers = offers.get();
        (!offers.is_empty()).then(|| {
            let links = offers.into_iter().map(|offer| {
                let target = target(&offer.uri);
                view! {
                    " "
                    <a class="offer-link" href=offer.uri target=target rel="noopener noreferrer">
                        {offer.label}
                    </a>
                }
            });
            view! {
                <p class="crisis" part="crisis">{cx.say(Key::CRISIS)}{links.collect_view()}</p>
            }
        })
    }
}

fn offers(cx: Context, crisis: bool) -> Memo<Vec<Alternative>> {
    Memo::new(move |_| {
        cx.service.with(|service| {
            let offers = service.iter().flat_map(|service| &service.offers);
            offers.filter(|offer| offer.crisis == crisis && is_safe_address(&offer.uri)).cloned().collect()
        })
    })
}

fn one(cx: Context, offer: Alternative) -> impl IntoView {
    let (channel, symbol) = match offer.channel {
        AlternativeChannel::Phone => ("phone", Icon::PHONE),
        AlternativeChannel::Sms => ("sms", Icon::SMS),
        AlternativeChannel::Email => ("email", Icon::EMAIL),
        AlternativeChannel::Page | AlternativeChannel::Unknown => ("page", Icon::PAGE),
    };
    let target = target(&offer.uri);
    let new_window = target.map(|_| view! { <span class="sr">" "{cx.say(Key::OTHERS_NEW_WINDOW)}</span> });
    let hours = offer.hours.map(|hours| view! { <span class="offer-hours">{hours}</span> });
    let closed =
        (!offer.open).then(|| view! { <span class="offer-hours">{cx.say(Key::OTHERS_CLOSED_NOW)}</span> });
    view! {
        <li class="offer" part="offer" data-channel=channel data-open=flag(offer.open) data-crisis="false">
            <a class="offer-link" href=offer.uri target=target rel="noopener noreferrer">
                {icon(symbol)}
                <span class="offer-label">{offer.label}{new_window}</span>
            </a>
            {closed}
            {hours}
        </li>
    }
}

/// A page opens beside the chat; a call or a text message leaves the chat where it is.
pub(crate) fn target(address: &str) -> Option<&'static str> {
    is_page(address).then_some("_blank")
}

/// A state attribute in the words of the styles.
pub(crate) fn flag(on: bool) -> &'static str {
    if on { "true" } else { "false" }
}
