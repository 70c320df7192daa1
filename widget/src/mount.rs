//! What the page around the widget calls: `mount`, and the handle it gives back.

use std::rc::Rc;

use any_spawner::Executor;
use js_sys::Function;
use leptos::prelude::Owner;
use tealight_session::Fact;
use tealight_session::visitor::{Command, Config, Session};
use tealight_shell::{Driver, WebEntropy, now};
use wasm_bindgen::prelude::*;
use web_sys::{Element, ShadowRoot, VisibilityState};

use crate::app::app;
use crate::context::{Asking, Context, Page, Signs};
use crate::core::{SLOT, VisitorCore};
use crate::i18n::Words;
use crate::options::Options;
use crate::parts::personal::Hints;

/// A mounted widget. Freeing it closes the socket and takes everything off the page; a conversation that goes on is
/// kept for the next mount, as after a reload.
#[wasm_bindgen]
pub struct Handle {
    context: Context,
    driver: Driver<VisitorCore>,
    signs: Rc<Signs>,
    panel: Element,
    owner: Owner,
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

    // Another widget in this page may have set it already, to the same.
    let _ = Executor::init_wasm_bindgen();
    let owner = Owner::new();
    let signs = Rc::new(Signs::new(session.view(), is_page_in_sight(), now() as f64));
    let core = VisitorCore::new(session, Rc::clone(&signs), notify.clone());
    let driver = Driver::start(core, options.socket.clone(), None, {
        let signs = Rc::clone(&signs);
        move |view| signs.publish(view)
    });
    let (context, panel) = owner.with(|| {
        let signs = Rc::clone(&signs);
        let page = Page { driver: driver.clone(), signs, notify, root: root.clone(), options, words };
        let context = Context::new(page);
        (context, app(context, was_kept).element())
    });
    root.append_child(&panel)?;
    driver.dispatch(Command::Open);
    Ok(Handle { context, driver, signs, panel, owner })
}

#[wasm_bindgen]
impl Handle {
    /// The panel was opened or minimised.
    pub fn shown(&self, visible: bool) {
        self.signs.panel_open.set(visible);
        self.driver.tell(if visible && is_page_in_sight() { Fact::Shown } else { Fact::Hidden });
        if visible {
            self.context.focus_heading();
        }
    }

    /// The visitor leaves for good: nothing is kept from now on. Gives what the browser refused to keep, since
    /// whoever says so to the backend needs the secret in it.
    pub fn leave(&self) -> Option<String> {
        self.signs.left.set(true);
        self.signs.unkept_snapshot.take()
    }

    /// What tells the visitor of their turn could not be had.
    pub fn alert_failed(&self) {
        self.signs.alert.set(false);
    }

    /// What looks for personal details is here.
    pub fn details(&self, hints: Hints) {
        self.signs.hints.set(Some(hints));
    }

    /// The number that solves the work with this salt; none where it cannot be had.
    pub fn solved(&self, salt: String, number: Option<f64>) {
        self.driver.tell(Fact::Solved(salt, number.map(|number| number as u64)));
    }

    /// The page around the widget asks to end the chat. The visitor is asked first.
    pub fn end(&self) {
        if self.context.screen_now().has_conversation() {
            self.context.ask(Asking::End);
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.driver.tell(Fact::PageLeft);
        self.panel.remove();
        self.owner.cleanup();
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
