//! Other ways to get help, and the numbers for danger to life.

use tealight_protocol::links::{is_page, is_safe_address};
use tealight_protocol::{Alternative, AlternativeChannel};

use super::icon::{Icon, icon};
use crate::context::Context;
use crate::element::{El, el, side_by_side};
use crate::keys::Key;

/// The list of other ways, with what is open now.
pub(crate) fn others(cx: Context) -> El {
    let list = el("ul").class("offers").part("offers").live(
        move || Some(fingerprint(&offers(cx, false))),
        move |_| offers(cx, false).iter().fold(side_by_side(), |list, offer| list.child(one(cx, offer))),
    );
    el("section")
        .class("others")
        .child(el("h2").class("heading").text(&cx.say(Key::OTHERS_HEADING)))
        .child(list)
}

/// The line for danger to life: in sight on every screen.
pub(crate) fn crisis(cx: Context) -> El {
    let key = move || Some(fingerprint(&offers(cx, true))).filter(|key| !key.is_empty());
    side_by_side().live(key, move |_| {
        let line = el("p").class("crisis").part("crisis").text(&cx.say(Key::CRISIS));
        offers(cx, true).iter().fold(line, |line, offer| {
            line.text(" ").child(outward("offer-link", &offer.uri).text(&offer.label))
        })
    })
}

fn offers(cx: Context, crisis: bool) -> Vec<Alternative> {
    let fits = |offer: &&Alternative| offer.crisis == crisis && is_safe_address(&offer.uri);
    cx.service(|service| service.offers.iter().filter(fits).cloned().collect()).unwrap_or_default()
}

/// Everything that is shown of offers: the same again needs no new elements.
fn fingerprint(offers: &[Alternative]) -> String {
    let mut all = String::new();
    for offer in offers {
        let (channel, _) = channel(offer);
        let hours = offer.hours.as_deref().unwrap_or_default();
        for piece in [&offer.uri, &offer.label, hours, channel, flag(offer.open)] {
            all.push_str(piece);
            all.push('\u{0}');
        }
    }
    all
}

/// A name for the styles, and a symbol.
pub(crate) fn channel(offer: &Alternative) -> (&'static str, Icon) {
    match offer.channel {
        AlternativeChannel::Phone => ("phone", Icon::PHONE),
        AlternativeChannel::Sms => ("sms", Icon::SMS),
        AlternativeChannel::Email => ("email", Icon::EMAIL),
        AlternativeChannel::Page | AlternativeChannel::Unknown => ("page", Icon::PAGE),
    }
}

fn one(cx: Context, offer: &Alternative) -> El {
    let (channel, symbol) = channel(offer);
    let label = el("span").class("offer-label").text(&offer.label).maybe(new_window(cx, &offer.uri));
    let hours = |text: &str| el("span").class("offer-hours").text(text);
    el("li")
        .class("offer")
        .part("offer")
        .attr("data-channel", channel)
        .attr("data-open", flag(offer.open))
        .attr("data-crisis", "false")
        .child(outward("offer-link", &offer.uri).child(icon(symbol)).child(label))
        .maybe((!offer.open).then(|| hours(&cx.say(Key::OTHERS_CLOSED_NOW))))
        .maybe(offer.hours.as_deref().map(hours))
}

/// A link out of the chat. A page opens beside it; a call or a text message leaves the chat where it is.
pub(crate) fn outward(class: &str, address: &str) -> El {
    el("a")
        .class(class)
        .attr("href", address)
        .maybe_attr("target", is_page(address).then_some("_blank"))
        .attr("rel", "noopener noreferrer")
}

/// Tells those who do not see it that a link opens beside the chat.
pub(crate) fn new_window(cx: Context, address: &str) -> Option<El> {
    is_page(address).then(|| el("span").class("sr").text(" ").text(&cx.say(Key::OTHERS_NEW_WINDOW)))
}

/// A state attribute in the words of the styles.
pub(crate) fn flag(on: bool) -> &'static str {
    if on { "true" } else { "false" }
}
