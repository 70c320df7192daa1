//! The page's life, as facts: in sight or not, left and come back, online and offline.

use tealight_session::Fact;
use wasm_bindgen::JsCast;
use web_sys::{Document, Event, PageTransitionEvent, VisibilityState, Window};

use crate::Listener;

/// Listens for as long as it is kept.
#[derive(Debug)]
pub struct Lifecycle {
    _listeners: Vec<Listener>,
}

impl Lifecycle {
    /// Tells every change of the page's life from now on.
    pub fn watch(tell: impl Fn(Fact) + Clone + 'static) -> Self {
        let mut listeners = Vec::new();
        if let Some(window) = web_sys::window() {
            let always = |fact: Fact| {
                let tell = tell.clone();
                move |_: Event| tell(fact.clone())
            };
            listeners.push(Listener::on(&window, "pagehide", always(Fact::PageLeft)));
            listeners.push(Listener::on(&window, "online", always(Fact::Online)));
            listeners.push(Listener::on(&window, "offline", always(Fact::Offline)));
            listeners.push(Listener::on(&window, "pageshow", {
                let tell = tell.clone();
                move |event: Event| {
                    // The first showing is no restoring.
                    if event.dyn_ref::<PageTransitionEvent>().is_some_and(PageTransitionEvent::persisted) {
                        tell(Fact::PageRestored);
                    }
                }
            }));
            if let Some(document) = window.document() {
                listeners.push(Listener::on(&document.clone(), "visibilitychange", move |_: Event| {
                    tell(visibility(&document));
                }));
            }
        }
        Self { _listeners: listeners }
    }
}

/// What must be told before anything else, because no event will: a page can begin hidden or offline.
pub fn facts_at_start() -> Vec<Fact> {
    let Some(window) = web_sys::window() else { return Vec::new() };
    let mut facts = Vec::new();
    if let Some(document) = window.document() {
        facts.push(visibility(&document));
    }
    if is_offline(&window) {
        facts.push(Fact::Offline);
    }
    facts
}

fn visibility(document: &Document) -> Fact {
    if document.visibility_state() == VisibilityState::Hidden { Fact::Hidden } else { Fact::Shown }
}

/// Browsers are right about "no network"; about "there is one" they guess.
fn is_offline(window: &Window) -> bool {
    !window.navigator().on_line()
}
