//! What the page around the widget calls: `mount`, and the handle it gives back.

use std::any::Any;
use std::cell::Cell;
use std::rc::Rc;

use js_sys::Function;
use leptos::mount::mount_to_renderer;
use leptos::prelude::*;
use tealight_session::Fact;
use tealight_session::visitor::{Command, Config, Session};
use tealight_shell::{Driver, WebEntropy, now};
use wasm_bindgen::prelude::*;
use web_sys::{Element, ShadowRoot, VisibilityState};

use crate::app::app;
use crate::context::{Context, Page};
use crate::core::{SLOT, Signs, VisitorCore};
use crate::i18n::Words;
use crate::options::Options;

/// A mounted widget. Freeing it closes the socket and takes everything off the page; a conversation that goes on is
/// kept for the next mount, as after a reload.
#[wasm_bindgen]
pub struct Handle {
    context: Context,
    driver: Driver<VisitorCore>,
    panel_open: Rc<Cell<bool>>,
    // Dropped in this order: first the elements, then the reactive system under them.
    _elements: Box<dyn Any>,
    _owner: Owner,
}

/// Paints the widget into a shadow root. `options` is JSON, `locale` the parsed file of words, and `notify` hears
/// what happens, never what is said.
#[wasm_bindgen]
pub fn mount(root: &ShadowRoot, options: &str, locale: JsValue, notify: Function) -> Result<Handle, JsValue> {
    let options = Options::parse(options);
    let words = Words::new(locale, &options.lang);
    let config = Config { lang: options.lang.clone() };
    let entropy = || WebEntropy::new().map(Box::new).map_err(|_| JsValue::from_str("no random numbers"));
    let kept = SLOT.load();
    let was_kept = kept.is_some();
    let session = match kept {
        Some(snapshot) => Session::restore(config.clone(), entropy()?, &snapshot)
            .or_else(|_| Ok::<_, JsValue>(Session::new(config, entropy()?)))?,
        None => Session::new(config, entropy()?),
    };

    let owner = Owner::new();
    let panel_open = Rc::new(Cell::new(true));
    let (context, driver, elements) = owner.with(|| {
        let view = RwSignal::new(session.view());
        let signs = Signs {
            panel_open: Rc::clone(&panel_open),
            in_sight: RwSignal::new(is_page_in_sight()),
            unkept: RwSignal::new(false),
            now: RwSignal::new(now() as f64),
        };
        let socket = options.socket.clone();
        let core = VisitorCore::new(session, signs.clone());
        let driver = Driver::start(core, socket, None, move |new| {
            let _ = view.try_set(new);
        });
        let page = Page { driver: driver.clone(), notify, root: root.clone(), options, words };
        let context = Context::new(page, view, &signs);
        let elements: Box<dyn Any> =
            Box::new(mount_to_renderer(root.unchecked_ref::<Element>(), move || app(context, was_kept)));
        (context, driver, elements)
    });
    driver.dispatch(Command::Open);
    Ok(Handle { context, driver, panel_open, _elements: elements, _owner: owner })
}

#[wasm_bindgen]
impl Handle {
    /// The panel was opened or minimised.
    pub fn shown(&self, visible: bool) {
        self.panel_open.set(visible);
        self.driver.tell(if visible && is_page_in_sight() { Fact::Shown } else { Fact::Hidden });
        if visible {
            self.context.focus_heading();
        }
    }

    /// The page around the widget asks to end the chat. The visitor is asked first.
    pub fn end(&self) {
        if self.context.screen.get_untracked().has_conversation() {
            self.context.asking.set(true);
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.driver.tell(Fact::PageLeft);
    }
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Handle(…)")
    }
}

fn is_page_in_sight() -> bool {
    let document = web_sys::window().and_then(|window| window.document());
    document.is_none_or(|document| document.visibility_state() != VisibilityState::Hidden)
}
