//! What screens and parts are given: the session's view by what changes together, the words, and a way to say what
//! the visitor wants.
//!
//! Screens and parts are plain functions of this context. It is a handle, cheap to copy.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use js_sys::{Function, Object, Reflect};
use leptos::prelude::{ArcTrigger, GetValue, IsDisposed, LocalStorage, Notify, StoredValue, Track};
use tealight_protocol::ServiceStatus;
use tealight_session::Millis;
use tealight_session::visitor::{Command, EndedView, Entry, Phase, TalkingView, View, WaitingView};
use tealight_shell::Driver;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{FocusOptions, HtmlElement, ScrollIntoViewOptions, ScrollLogicalPosition, ShadowRoot};

use crate::core::VisitorCore;
use crate::element::before_paint;
use crate::i18n::Words;
use crate::keys::Key;
use crate::live::Live;
use crate::options::Options;
use crate::parts::personal::Hints;

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
    /// Being erased, at the visitor's wish.
    Wiping,
    /// A dead end.
    Stopped,
}

/// What the widget asks the visitor before it does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asking {
    /// Nothing.
    Nothing,
    /// Whether to end the chat, or to leave the waiting room.
    End,
    /// Whether to wipe the chat.
    Wipe,
}

impl Screen {
    /// Its name on the outside and in the styles.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Opening | Self::Welcome => "welcome",
            Self::Waiting => "waiting",
            Self::Talking => "talking",
            Self::Ended => "ended",
            Self::Wiping | Self::Stopped => "stopped",
        }
    }

    /// Whether there is a conversation, so that log and composer are on the screen.
    pub(crate) fn has_conversation(self) -> bool {
        matches!(self, Self::Waiting | Self::Talking)
    }

    /// Whether there is something to wipe, and a way to have it wiped.
    pub(crate) fn can_wipe(self) -> bool {
        self.has_conversation() || self == Self::Ended
    }
}

/// What of the view changes together: whoever reads one part is not run for the others.
#[derive(Clone, Copy)]
enum Part {
    Phase,
    Connection,
    Service,
    Composer,
    Entries,
    Unread,
}

const PARTS: usize = Part::Unread as usize + 1;

/// The conversation; the session makes a new one only when something in it changed.
pub(crate) type Entries = Arc<Vec<Arc<Entry>>>;

/// What the screens follow. The session's loop writes it.
pub(crate) struct Signs {
    view: RefCell<Rc<View>>,
    changed: [ArcTrigger; PARTS],
    /// Whether the panel is open, as the page around it says. A minimised panel is out of sight.
    pub(crate) panel_open: Cell<bool>,
    /// Whether page and panel are both in sight.
    pub(crate) in_sight: Live<bool>,
    /// Whether the browser refused to keep the snapshot, so that a reload ends the chat.
    pub(crate) unkept: Live<bool>,
    /// What the browser refused to keep.
    pub(crate) unkept_snapshot: RefCell<Option<String>>,
    /// Whether the visitor has left for good: nothing is kept from then on.
    pub(crate) left: Cell<bool>,
    /// Whether the visitor has read what Exit does, and joined.
    pub(crate) knows_exit: Cell<bool>,
    /// The time, as exact as words like "2 minutes ago" need it.
    pub(crate) now: Live<f64>,
    /// What the widget is asking before it does it.
    pub(crate) asking: Live<Asking>,
    /// Whether numbers, confidentiality and wiping are unfolded under the bar.
    pub(crate) menu: Live<bool>,
    /// Since when the visitor waits for an answer to "Check the wait now".
    pub(crate) checking: Live<Option<Millis>>,
    /// Whether the visitor wants to be told of their turn.
    pub(crate) alert: Live<bool>,
    /// What looks for personal details in the composer, once it is here.
    pub(crate) hints: Live<Option<Hints>>,
    /// Whether the next screen gets the focus, because the visitor asked for it.
    pub(crate) focus_next: Cell<bool>,
}

impl Signs {
    pub(crate) fn new(view: View, in_sight: bool, now: f64) -> Self {
        Self {
            view: RefCell::new(Rc::new(view)),
            changed: Default::default(),
            panel_open: Cell::new(true),
            in_sight: Live::new(in_sight),
            unkept: Live::new(false),
            unkept_snapshot: RefCell::default(),
            left: Cell::new(false),
            knows_exit: Cell::new(false),
            now: Live::new(now),
            asking: Live::new(Asking::Nothing),
            menu: Live::new(false),
            checking: Live::new(None),
            alert: Live::new(false),
            hints: Live::new(None),
            focus_next: Cell::new(true),
        }
    }

    /// Takes in a new view and wakes who read what is different in it.
    pub(crate) fn publish(&self, view: View) {
        let view = Rc::new(view);
        let old = self.view.replace(Rc::clone(&view));
        let changes = [
            (Part::Phase, old.phase != view.phase),
            (Part::Connection, old.connection != view.connection),
            (Part::Service, old.service != view.service),
            (Part::Composer, old.composer != view.composer),
            (Part::Entries, !Arc::ptr_eq(&old.entries, &view.entries)),
            (Part::Unread, old.unread != view.unread),
        ];
        for (part, is_other) in changes {
            if is_other {
                self.changed[part as usize].notify();
            }
        }
    }

    fn read(&self, part: Part) -> Rc<View> {
        self.changed[part as usize].track();
        self.peek()
    }

    fn peek(&self) -> Rc<View> {
        Rc::clone(&self.view.borrow())
    }
}

/// What never changes while the widget is there.
pub(crate) struct Page {
    pub(crate) driver: Driver<VisitorCore>,
    pub(crate) signs: Rc<Signs>,
    pub(crate) notify: Function,
    pub(crate) root: ShadowRoot,
    pub(crate) options: Options,
    pub(crate) words: Words,
}

/// Everything a screen or part may use.
///
/// Nothing uses it once the widget was taken off the page: effects and listeners have ended with their owner, and
/// [`Context::before_paint`] asks first.
#[derive(Clone, Copy)]
pub(crate) struct Context(StoredValue<Rc<Page>, LocalStorage>);

impl Context {
    pub(crate) fn new(page: Page) -> Self {
        Self(StoredValue::new_local(Rc::new(page)))
    }

    fn page(self) -> Rc<Page> {
        self.0.get_value()
    }

    /// What the screens follow besides the session's view.
    pub(crate) fn signs(self) -> Rc<Signs> {
        Rc::clone(&self.page().signs)
    }

    /// Which screen is due.
    pub(crate) fn screen(self) -> Screen {
        let signs = self.signs();
        // Only whether it is known at all matters here, and that never changes back.
        if signs.peek().service.is_none() {
            signs.read(Part::Service);
        }
        screen(&signs.read(Part::Phase))
    }

    /// The same, without following it.
    pub(crate) fn screen_now(self) -> Screen {
        screen(&self.now())
    }

    /// The whole view as it is, without following it.
    pub(crate) fn now(self) -> Rc<View> {
        self.signs().peek()
    }

    /// The view, followed for the connection.
    pub(crate) fn connection(self) -> Rc<View> {
        self.signs().read(Part::Connection)
    }

    /// The view, followed for its composer.
    pub(crate) fn composer(self) -> Rc<View> {
        self.signs().read(Part::Composer)
    }

    /// The conversation.
    pub(crate) fn entries(self) -> Entries {
        Arc::clone(&self.signs().read(Part::Entries).entries)
    }

    /// How many messages have not been on the screen.
    pub(crate) fn unread(self) -> u32 {
        self.signs().read(Part::Unread).unread
    }

    /// Reads the service, once it is known.
    pub(crate) fn service<T>(self, read: impl FnOnce(&ServiceStatus) -> T) -> Option<T> {
        self.signs().read(Part::Service).service.as_ref().map(read)
    }

    /// What the view is about, followed.
    pub(crate) fn phase(self) -> Rc<View> {
        self.signs().read(Part::Phase)
    }

    /// Reads the wait, while there is one.
    pub(crate) fn waiting<T>(self, read: impl FnOnce(&WaitingView) -> T) -> Option<T> {
        match &self.phase().phase {
            Phase::Waiting(waiting) => Some(read(waiting)),
            _ => None,
        }
    }

    /// Reads the conversation with an operator, while there is one.
    pub(crate) fn talking<T>(self, read: impl FnOnce(&TalkingView) -> T) -> Option<T> {
        match &self.phase().phase {
            Phase::Talking(talking) => Some(read(talking)),
            _ => None,
        }
    }

    /// Reads the end, after it.
    pub(crate) fn ended<T>(self, read: impl FnOnce(&EndedView) -> T) -> Option<T> {
        match &self.phase().phase {
            Phase::Ended(ended) => Some(read(ended)),
            _ => None,
        }
    }

    /// The operator's name, or nothing.
    pub(crate) fn operator_name(self) -> String {
        self.talking(|talking| talking.with.name.clone()).unwrap_or_default()
    }

    /// The helpline's own notice, if it has one.
    pub(crate) fn notice(self) -> Option<String> {
        self.service(|service| service.notice.clone()).flatten()
    }

    /// Does what the visitor wants.
    pub(crate) fn dispatch(self, command: Command) {
        self.page().driver.dispatch(command);
    }

    /// Asks something, or stops asking.
    pub(crate) fn ask(self, asking: Asking) {
        if asking != Asking::Nothing {
            self.signs().menu.set(false);
        }
        self.signs().asking.set(asking);
    }

    /// Runs `run` before the next frame is painted, unless the widget has gone by then.
    pub(crate) fn before_paint(self, run: impl FnOnce() + 'static) {
        before_paint(move || {
            if !self.0.is_disposed() {
                run();
            }
        });
    }

    /// Tells the page around the widget.
    pub(crate) fn notify(self, name: &str, detail: &[(&str, JsValue)]) {
        tell(&self.page().notify, name, detail);
    }

    /// What the page around the widget asked for.
    pub(crate) fn options<T>(self, read: impl FnOnce(&Options) -> T) -> T {
        read(&self.page().options)
    }

    /// Works with the words of the language.
    pub(crate) fn words<T>(self, speak: impl FnOnce(&Words) -> T) -> T {
        speak(&self.page().words)
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
        let sentence = self.fill(key, &[(placeholder, "\0")]);
        let (before, after) = sentence.split_once('\0').unwrap_or((&sentence, ""));
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
        self.page().root.active_element()
    }

    fn find(self, selector: &str) -> Option<HtmlElement> {
        self.page().root.query_selector(selector).ok()??.dyn_into().ok()
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
        Phase::Erasing => Screen::Wiping,
        Phase::Stopped(_) => Screen::Stopped,
    }
}

/// Tells the page around the widget, by the function that it gave.
pub(crate) fn tell(page: &Function, name: &str, detail: &[(&str, JsValue)]) {
    let bag = Object::new();
    for (field, value) in detail {
        let _ = Reflect::set(&bag, &(*field).into(), value);
    }
    let _ = page.call2(&JsValue::UNDEFINED, &name.into(), &bag);
}
