//! The hint at a personal detail: a small line under the composer. It blocks nothing, changes no word and moves no
//! focus; a screen reader hears of each kind once.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::Array;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::icon::{Icon, icon};
use crate::context::Context;
use crate::element::{El, el, follow};
use crate::keys::Key;
use crate::live::Live;

#[wasm_bindgen]
extern "C" {
    /// Which detail is hinted at: `hints()` of `widget/js/details.js`, which is fetched with the first key struck.
    #[derive(Clone, PartialEq)]
    pub type Hints;

    #[wasm_bindgen(method, catch)]
    fn look(this: &Hints, text: &str, contacts: Array) -> Result<String, JsValue>;

    #[wasm_bindgen(method)]
    fn settle(this: &Hints);
}

/// The hints of one composer. Clones are the same.
#[derive(Clone)]
pub(crate) struct Personal {
    cx: Context,
    /// Whether the file was asked for.
    asked: Rc<Cell<bool>>,
    shown: Live<Option<Key>>,
    aloud: Live<Option<Key>>,
    /// The kinds that were said aloud.
    said: Rc<RefCell<Vec<Key>>>,
}

impl Personal {
    pub(crate) fn new(cx: Context) -> Self {
        let this = Self {
            cx,
            asked: Rc::default(),
            shown: Live::new(None),
            aloud: Live::new(None),
            said: Rc::default(),
        };
        let sent = this.clone();
        follow(move || {
            // Sent as it is, or taken away: the visitor knows.
            if cx.composer().composer.chars == 0 {
                sent.settle();
            }
        });
        let come = this.clone();
        follow(move || {
            if let Some(hints) = cx.signs().hints.get() {
                come.look_with(&hints, &cx.now().composer.draft);
            }
        });
        this
    }

    /// The visitor typed.
    pub(crate) fn look(&self, text: &str) {
        if let Some(hints) = self.cx.signs().hints.peek() {
            self.look_with(&hints, text);
        } else if self.cx.options(|options| options.detail_hint) && !self.asked.replace(true) {
            self.cx.notify("details", &[]);
        }
    }

    fn look_with(&self, hints: &Hints, text: &str) {
        let view = self.cx.now();
        let offers = view.service.as_ref().map(|service| service.offers.as_slice()).unwrap_or_default();
        let contacts = offers.iter().map(|offer| JsValue::from_str(&offer.uri)).collect();
        let kind = hints.look(text, contacts).unwrap_or_default();
        let words = KINDS.iter().find(|(name, _)| *name == kind).map(|(_, words)| *words);
        if words != self.shown.peek() {
            let mut said = self.said.borrow_mut();
            let is_new = |words: &Key| !said.contains(words);
            let aloud = words.filter(is_new);
            said.extend(aloud);
            drop(said);
            self.aloud.set(aloud);
        }
        self.shown.set(words);
    }

    fn settle(&self) {
        if let Some(hints) = self.cx.signs().hints.peek() {
            hints.settle();
        }
        self.aloud.set(None);
        self.shown.set(None);
    }

    /// The line, and what is said aloud of it.
    pub(crate) fn line(self, into: El) -> El {
        let cx = self.cx;
        let words = move |key: Option<Key>| key.map(|key| cx.say(key));
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

/// What is said of each kind.
const KINDS: [(&str, Key); 6] = [
    ("phone", Key::DETAIL_PHONE),
    ("email", Key::DETAIL_EMAIL),
    ("card", Key::DETAIL_CARD),
    ("postcode", Key::DETAIL_POSTCODE),
    ("address", Key::DETAIL_ADDRESS),
    ("number", Key::DETAIL_NUMBER),
];
