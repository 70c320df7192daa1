//! The page in a browser. `boot.js` loads it and calls [`start`].
//!
//! The page's policy requires trusted types. Nothing here makes markup from text; in `view!`, an element whose parts
//! are all literal would become a template's `innerHTML`, so every element here has at least one part that is not.

#![expect(unreachable_pub, reason = "the component macro makes its properties public")]

mod about;
mod account;
mod announce;
mod app;
mod blocks;
mod browser;
mod chat;
mod composer;
mod desk;
mod dialogs;
mod figure;
mod icons;
mod link_field;
mod log;
mod login;
mod mine;
mod news;
mod notes;
mod pages;
mod pass_on;
mod reminders;
mod resized;
mod running;
mod shifts;
mod shown;
mod suggest;
mod top_bar;
mod waiting;
mod waits;

use leptos::prelude::*;
use serde::Deserialize;
use wasm_bindgen::prelude::*;

/// What the server wrote into the page. What only `boot.js` needs is not read here.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Config {
    /// The server's own address, without a slash at the end.
    pub(crate) server: String,
    /// The socket's address.
    pub(crate) socket: String,
    /// The helpline's name.
    #[serde(default)]
    pub(crate) name: String,
}

/// Shows the console in the page.
///
/// # Errors
/// The configuration cannot be read, or the page has no place for the console.
#[wasm_bindgen]
pub fn start(config: &str) -> Result<(), JsValue> {
    std::panic::set_hook(Box::new(tell_of_fault));
    let config: Config =
        serde_json::from_str(config).map_err(|error| JsValue::from_str(&error.to_string()))?;
    let place = document()
        .get_element_by_id("tealight-console")
        .and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok())
        .ok_or_else(|| JsValue::from_str("there is no element #tealight-console"))?;
    mount_to(place, move || view! { <app::App config=config /> }).forget();
    Ok(())
}

/// A panic tells where it happened and nothing else: its message could hold what somebody wrote. `boot.js` tells the
/// operator, because it notices a stopped program in every kind of build.
fn tell_of_fault(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    web_sys::console::error_2(&JsValue::from_str("tealight: fault at"), &JsValue::from_str(&place));
}
