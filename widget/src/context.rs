//! What screens and parts are given: their slices of the view, the words, and a way to say what the visitor wants.
//!
//! Screens and parts are plain functions of this context. It is a bundle of handles, cheap to copy.

use std::sync::Arc;

use js_sys::{Function, Object, Reflect};
use leptos::prelude::*;
use tealight_protocol::ServiceStatus;
use tealight_session::Connection;
use tealight_session::visitor::{
    Command, EndedView, Entry, Phase, StoppedView, TalkingView, View, WaitingView,
};
use tealight_shell::Driver;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{FocusOptions, HtmlElement, ScrollIntoViewOptions, ScrollLogicalPosition, ShadowRoot};

use crate::core::{Signs, VisitorCore};
use crate::i18n::Words;
use crate::keys::Key;
use crate::options::Options;

/// Which screen there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Screen {
    /// Nothing is known yet.
    Opening,
    /// What this is.
    Welcome,
    /// The waiting room.
    Waiting,
    /// With an operator.
    Talking,
    /// Over.
    Ended,
    /// A dead end.
    Stopped,
}

impl Screen {
    /// Its name on the outside and in the styles.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Opening | Self::Welcome => "welcome",
            Self::Waiting => "waiting",
            Self::Talking => "talking",
            Self::Ended => "ended",
            Self::Stopped => "stopped",
        }
    }

    /// Whether there is a conversation, so that log and composer are on the screen.
    pub(crate) fn has_conversation(self) -> bool {
        matches!(self, Self::Waiting | Self::Talking)
    }
}

/// The composer, apart from its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ComposerState {
    pub(crate) revision: u32,
    pub(crate) can_send: bool,
    pub(crate) send_when_joined: bool,
    pub(crate) is_empty: bool,
}

/// Characters written and allowed; only from nine tenths of the limit on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counter {
    pub(crate) chars: usize,
    pub(crate) limit: usize,
}

/// The conversation, compared by address: the session makes a new one only when something changed.
pub(crate) type Entries = Arc<Vec<Arc<Entry>>>;

/// What never changes while the widget is there.
pub(crate) struct Page {
    pub(crate) driver: Driver<VisitorCore>,
    pub(crate) notify: Function,
    pub(crate) root: ShadowRoot,
    pub(crate) options: Options,
    pub(crate) words: Words,
}

/// Everything a screen or part may use.
#[derive(Clone, Copy)]
pub(crate) struct Context {
    page: StoredValue<Page, LocalStorage>,
    view: RwSignal<View>,
    pub(crate) screen: Memo<Screen>,
    pub(crate) connection: Memo<Connection>,
    pub(crate) service: Memo<Option<ServiceStatus>>,
    pub(crate) waiting: Memo<Option<WaitingView>>,
    pub(crate) talking: Memo<Option<TalkingView>>,
    pub(crate) ended: Memo<Option<EndedView>>,
    pub(crate) stopped: Memo<Option<StoppedView>>,
    pub(crate) composer: Memo<ComposerState>,
    pub(crate) counter: Memo<Option<Counter>>,
    pub(crate) entries: Memo<Entries>,
    /// Whether the page and the panel are in sight.
    pub(crate) in_sight: RwSignal<bool>,
    /// Whether a reload would end the chat.
    pub(crate) unkept: RwSignal<bool>,
    /// The time, for words like "2 minutes ago".
    pub(crate) now: RwSignal<f64>,
    /// Whether the widget is asking before it ends something.
    pub(crate) asking: RwSignal<bool>,
    /// Whether the next screen gets the focus, because the visitor asked for it.
    pub(crate) focus_next: RwSignal<bool>,
    /// What was said aloud on request, and how often it was asked for.
    pub(crate) said_on_demand: RwSignal<u32>,
}

impl Context {
    /// Cuts the view into slices, so that a key press touches nothing but the composer.
    pub(crate) fn new(page: Page, view: RwSignal<View>, signs: &Signs) -> Self {
        Self {
            page: StoredValue::new_local(page),
            view,
            screen: Memo::new(move |_| view.with(screen)),
            connection: Memo::new(move |_| view.with(|view| view.connection)),
            service: Memo::new(move |_| view.with(|view| view.service.clone())),
            waiting: Memo::new(move |_| {
                view.with(|view| match &view.phase {
                    Phase::Waiting(waiting) => Some(waiting.clone()),
                    _ => None,
                })
            }),
            talking: Memo::new(move |_| {
                view.with(|view| match &view.phase {
                    Phase::Talking(talking) => Some(talking.clone()),
                    _ => None,
                })
            }),
            ended: Memo::new(move |_| {
                view.with(|view| match &view.phase {
                    Phase::Ended(ended) => Some(ended.clone()),
                    _ => None,
                })
            }),
            stopped: Memo::new(move |_| {
                view.with(|view| match &view.phase {
                    Phase::Stopped(stopped) => Some(stopped.clone()),
                    _ => None,
                })
            }),
            composer: Memo::new(move |_| {
                view.with(|view| ComposerState {
                    revision: view.composer.revision,
                    can_send: view.composer.can_send,
                    send_when_joined: view.composer.send_when_joined,
                    is_empty: view.composer.chars == 0,
                })
            }),
            counter: Memo::new(move |_| {
                view.with(|view| {
                    let (chars, limit) = (view.composer.chars, view.composer.limit);
                    (limit > 0 && chars * 10 >= limit * 9).then_some(Counter { chars, limit })
                })
            }),
            entries: Memo::new_with_compare(
                move |_| view.with(|view| Arc::clone(&view.entries)),
                |old, new| match (old, new) {
                    (Some(old), Some(new)) => !Arc::ptr_eq(old, new),
                    _ => true,
                },
            ),
            in_sight: signs.in_sight,
            unkept: signs.unkept,
            now: signs.now,
            asking: RwSignal::new(false),
            focus_next: RwSignal::new(true),
            said_on_demand: RwSignal::new(0),
        }
    }

    /// Whether Join was pressed and nothing answered yet.
    pub(crate) fn is_joining(self) -> bool {
        self.view.with(|view| view.phase == Phase::Joining)
    }

    /// Whether the helpline could not take the visitor in.
    pub(crate) fn is_refused(self) -> bool {
        self.view.with(|view| view.phase == Phase::Welcome { refused: true })
    }

    /// How many messages have not been on the screen.
    pub(crate) fn unread(self) -> u32 {
        self.view.with(|view| view.unread)
    }

    /// What the composer should hold, without following every key press.
    pub(crate) fn draft(self) -> String {
        self.view.with_untracked(|view| view.composer.draft.clone())
    }

    /// Does what the visitor wants.
    pub(crate) fn dispatch(self, command: Command) {
        // Out of the store before it is used: what follows may come back to the store.
        let driver = self.page.try_with_value(|page| page.driver.clone());
        if let Some(driver) = driver {
            driver.dispatch(command);
        }
    }

    /// Tells the page around the widget.
    pub(crate) fn notify(self, name: &str, detail: &[(&str, JsValue)]) {
        let Some(notify) = self.page.try_with_value(|page| page.notify.clone()) else { return };
        let bag = Object::new();
        for (field, value) in detail {
            let _ = Reflect::set(&bag, &(*field).into(), value);
        }
        let _ = notify.call2(&JsValue::UNDEFINED, &name.into(), &bag);
    }

    /// What the page around the widget asked for.
    pub(crate) fn options<T: Default>(self, read: impl FnOnce(&Options) -> T) -> T {
        self.page.try_with_value(|page| read(&page.options)).unwrap_or_default()
    }

    /// Works with the words of the language.
    pub(crate) fn words<T: Default>(self, speak: impl FnOnce(&Words) -> T) -> T {
        self.page.try_with_value(|page| speak(&page.words)).unwrap_or_default()
    }

    /// A string without placeholders.
    pub(crate) fn say(self, key: Key) -> String {
        self.words(|words| words.say(key))
    }

    /// A string with placeholders.
    pub(crate) fn fill(self, key: Key, values: &[(&str, &str)]) -> String {
        self.words(|words| words.fill(key, values))
    }

    /// A string with one placeholder, cut where it stands: what goes there may be more than words, and may stand
    /// anywhere in a sentence.
    pub(crate) fn around(self, key: Key, placeholder: &str) -> (String, String) {
        const CUT: &str = "\u{0}";
        let sentence = self.fill(key, &[(placeholder, CUT)]);
        let (before, after) = sentence.split_once(CUT).unwrap_or((&sentence, ""));
        (before.to_owned(), after.to_owned())
    }

    /// Brings the first element that fits into sight, moving as little as possible.
    pub(crate) fn reveal(self, selector: &str) -> bool {
        let found = self.find(selector);
        if let Some(element) = &found {
            let how = ScrollIntoViewOptions::new();
            how.set_block(ScrollLogicalPosition::Nearest);
            element.scroll_into_view_with_scroll_into_view_options(&how);
        }
        found.is_some()
    }

    /// Gives the focus to the heading of the screen that is there. Nothing scrolls: a chat stays where it was.
    pub(crate) fn focus_heading(self) {
        if let Some(heading) = self.find(".screen h2[tabindex]") {
            let options = FocusOptions::new();
            options.set_prevent_scroll(true);
            let _ = heading.focus_with_options(&options);
        }
    }

    /// The same, but only where the focus was lost with what held it.
    pub(crate) fn rescue_focus(self) {
        if self.focused().is_none() && has_page_focus() {
            self.focus_heading();
        }
    }

    /// Gives the focus to the first element that fits.
    pub(crate) fn focus(self, selector: &str) {
        if let Some(element) = self.find(selector) {
            let _ = element.focus();
        }
    }

    /// The element in the widget that has the focus.
    pub(crate) fn focused(self) -> Option<web_sys::Element> {
        self.root()?.active_element()
    }

    fn find(self, selector: &str) -> Option<HtmlElement> {
        self.root()?.query_selector(selector).ok()??.dyn_into().ok()
    }

    fn root(self) -> Option<ShadowRoot> {
        self.page.try_with_value(|page| page.root.clone())
    }
}

/// Whether no element of the page holds the focus.
fn has_page_focus() -> bool {
    let document = web_sys::window().and_then(|window| window.document());
    document
        .is_some_and(|document| document.active_element().is_none_or(|element| element.tag_name() == "BODY"))
}

fn screen(view: &View) -> Screen {
    match &view.phase {
        // A conversation that is being taken up again has a phase of its own; here nothing is known yet.
        Phase::Welcome { .. } | Phase::Joining if view.service.is_none() => Screen::Opening,
        Phase::Welcome { .. } | Phase::Joining => Screen::Welcome,
        Phase::Waiting(_) => Screen::Waiting,
        Phase::Talking(_) => Screen::Talking,
        Phase::Ended(_) => Screen::Ended,
        Phase::Stopped(_) => Screen::Stopped,
    }
}
