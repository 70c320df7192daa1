//! The bar at the top: whose chat this is, help and privacy, minimise, and Exit, always last and always there.

use super::icon::{Icon, icon};
use super::safety::{menu, menu_button};
use crate::context::Context;
use crate::element::{El, el};
use crate::keys::Key;

pub(crate) fn header(cx: Context) -> El {
    let name = move || {
        if cx.options(|options| options.discreet) {
            return cx.say(Key::BAR_NEUTRAL);
        }
        let known = cx.service(|service| service.name.clone());
        known.unwrap_or_else(|| cx.options(|options| options.name.clone()))
    };
    let minimise = cx.options(|options| options.minimisable).then(|| {
        el("button")
            .class("icon-button")
            .part("minimise")
            .attr("type", "button")
            .attr("aria-label", &cx.say(Key::BAR_MINIMISE))
            .on("click", move |_| cx.notify("minimise", &[]))
            .child(icon(Icon::DOWN))
    });
    // Nothing is awaited here: the page around the widget leaves within this very click.
    let exit = el("button")
        .class("exit")
        .part("exit")
        .attr("type", "button")
        .on("click", move |_| cx.notify("exit", &[]))
        .child(el("span").text(&cx.say(Key::BAR_EXIT)))
        .child(icon(Icon::EXIT));
    el("header")
        .class("bar")
        .part("header")
        .child(el("h1").class("bar-name").part("name").live_text(name))
        .child(el("div").class("bar-actions").child(menu_button(cx)).maybe(minimise).child(exit))
        .child(menu(cx))
}
