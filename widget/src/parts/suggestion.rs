//! Another way to get help that an operator suggests: where it leads, whole, and a yes or no that changes nothing
//! else. It is answered once; the link stays.

use tealight_protocol::links::is_safe_address;
use tealight_protocol::{Alternative, OfferChoice};
use tealight_session::visitor::{Command, EntryKind, OfferAnswer};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::bubble::Message;
use super::icon::icon;
use super::others::{channel, new_window, outward};
use crate::context::Context;
use crate::element::{El, el};
use crate::keys::Key;

/// The card in the log.
pub(crate) fn suggestion(cx: Context, message: &Message, name: &str, alternative: &Alternative) -> El {
    let this = message.clone();
    let state = move || Some(state(answer(&this)));
    let this = message.clone();
    let key = move || Some(self::state(answer(&this)).to_owned());
    let card = el("div").class("msg suggestion").attr("data-from", "operator").attr("tabindex", "-1");
    let (this, kept) = (message.clone(), card.clone());
    card.live_attr("data-state", state)
        .child(el("p").attr("dir", "auto").text(&cx.fill(Key::OFFER_LEAD, &[("name", name)])))
        .child(way(cx, alternative))
        .live(key, move |_| foot(cx, &this, &kept))
}

/// Where it leads, as whole as any link from an operator.
fn way(cx: Context, alternative: &Alternative) -> El {
    let (_, symbol) = channel(alternative);
    let (uri, hours) = (&alternative.uri, alternative.hours.as_deref());
    let title = el("span").class("card-title").child(icon(symbol)).text(&alternative.label);
    let url = el("span").class("card-url").attr("dir", "ltr").text(uri);
    let card = if is_safe_address(uri) { outward("card", uri) } else { el("p").class("card") };
    card.child(title.maybe(new_window(cx, uri)))
        .child(url)
        .maybe(hours.map(|hours| el("span").class("suggestion-state").text(hours)))
}

/// The question, or what became of it.
fn foot(cx: Context, message: &Message, card: &El) -> El {
    let words = match answer(message) {
        OfferAnswer::Open => return actions(cx, message, card),
        OfferAnswer::NotSent(_) => {
            let failed = el("p").class("suggestion-failed").text(&cx.say(Key::OFFER_FAILED));
            return el("div").child(failed).child(actions(cx, message, card));
        }
        OfferAnswer::Sending(_) => Key::STATE_SENDING,
        OfferAnswer::Given(OfferChoice::Taken) => Key::OFFER_TAKEN,
        OfferAnswer::Given(OfferChoice::Declined) => Key::OFFER_DECLINED,
    };
    el("p").class("suggestion-state").text(&cx.say(words))
}

fn actions(cx: Context, message: &Message, card: &El) -> El {
    let button = |words, choice| {
        let (message, card) = (message.clone(), card.clone());
        let press = move |_| {
            if let EntryKind::Offer { id, .. } = &message.entry.peek().kind {
                cx.dispatch(Command::AnswerOffer(id.clone(), choice));
                // The buttons go away with the press.
                let _ = card.element().unchecked_into::<HtmlElement>().focus();
            }
        };
        el("button")
            .class("button")
            .part("button")
            .attr("type", "button")
            .on("click", press)
            .text(&cx.say(words))
    };
    el("div")
        .class("actions")
        .child(button(Key::OFFER_YES, OfferChoice::Taken))
        .child(button(Key::OFFER_NO, OfferChoice::Declined))
}

fn answer(message: &Message) -> OfferAnswer {
    match &message.entry.get().kind {
        EntryKind::Offer { answer, .. } => *answer,
        _ => OfferAnswer::Open,
    }
}

fn state(answer: OfferAnswer) -> &'static str {
    match answer {
        OfferAnswer::Open => "open",
        OfferAnswer::Sending(_) => "sending",
        OfferAnswer::NotSent(_) => "failed",
        OfferAnswer::Given(OfferChoice::Taken) => "taken",
        OfferAnswer::Given(OfferChoice::Declined) => "declined",
    }
}
