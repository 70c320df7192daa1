//! The hint at a personal detail: a small line under the composer. It blocks nothing, changes no word and moves no
//! focus; a screen reader hears of each kind once.

use std::cell::RefCell;
use std::rc::Rc;

use super::icon::{Icon, icon};
use crate::context::Context;
use crate::detail::hints::Hints;
use crate::detail::{Detail, key_of_contact};
use crate::element::{El, el, follow};
use crate::keys::Key;
use crate::live::Live;

/// The hints of one composer. Clones are the same.
#[derive(Clone)]
pub(crate) struct Personal {
    cx: Context,
    hints: Rc<RefCell<Hints>>,
    shown: Live<Option<Detail>>,
    aloud: Live<Option<Detail>>,
}

impl Personal {
    pub(crate) fn new(cx: Context) -> Self {
        let this = Self { cx, hints: Rc::default(), shown: Live::new(None), aloud: Live::new(None) };
        let sent = this.clone();
        follow(move || {
            // Sent as it is, or taken away: the visitor knows.
            if cx.composer().composer.chars == 0 {
                sent.settle();
            }
        });
        this
    }

    /// The visitor typed.
    pub(crate) fn look(&self, text: &str) {
        if !self.cx.options(|options| options.detail_hint) {
            return;
        }
        let view = self.cx.now();
        let offers = view.service.as_ref().map(|service| service.offers.as_slice()).unwrap_or_default();
        let known: Vec<_> = offers.iter().map(|offer| key_of_contact(&offer.uri)).collect();
        let mut hints = self.hints.borrow_mut();
        let detail = hints.look(text, &known);
        if detail != self.shown.peek() {
            self.aloud.set(detail.filter(|detail| hints.is_first(*detail)));
        }
        drop(hints);
        self.shown.set(detail);
    }

    fn settle(&self) {
        self.hints.borrow_mut().settle();
        self.aloud.set(None);
        self.shown.set(None);
    }

    /// The line, and what is said aloud of it.
    pub(crate) fn line(self, into: El) -> El {
        let cx = self.cx;
        let words = move |detail: Option<Detail>| detail.map(|detail| cx.say(key(detail)));
        let (shown, aloud) = (self.shown.clone(), self.aloud.clone());
        let build = move |words: &str| {
            let this = self.clone();
            let close = el("button")
                .class("link")
                .attr("type", "button")
                // As with Send, the focus stays where the words are.
                .on("mousedown", |event| event.prevent_default())
                .on("click", move |_| {
                    this.settle();
                    cx.focus(".composer-input");
                })
                .text(&cx.say(Key::DETAIL_CLOSE));
            el("div").class("detail").child(icon(Icon::SHIELD)).child(el("p").text(words)).child(close)
        };
        into.live(move || words(shown.get()), build).child(
            el("div")
                .class("sr")
                .attr("role", "status")
                .live_text(move || words(aloud.get()).unwrap_or_default()),
        )
    }
}

fn key(detail: Detail) -> Key {
    match detail {
        Detail::Phone => Key::DETAIL_PHONE,
        Detail::Email => Key::DETAIL_EMAIL,
        Detail::Card => Key::DETAIL_CARD,
        Detail::Postcode => Key::DETAIL_POSTCODE,
        Detail::Address => Key::DETAIL_ADDRESS,
        Detail::Number => Key::DETAIL_NUMBER,
    }
}
