//! Small things that only a browser knows: the zone, names of days and languages, where the focus is.

use js_sys::{Date, Object, Reflect};
use leptos::prelude::{document, window};
use tealight_session::Millis;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement, KeyboardEvent};

use crate::moments::local_time;
use crate::shortcuts::Press;

/// How far local time is behind UTC at a moment, in minutes.
pub(crate) fn behind_utc_min(moment: Millis) -> i32 {
    Date::new(&JsValue::from_f64(moment as f64)).get_timezone_offset() as i32
}

/// The local time of day.
pub(crate) fn time_of_day(moment: Millis) -> String {
    local_time(moment, behind_utc_min(moment))
}

/// A moment's day as people write it: "Saturday 21 November".
pub(crate) fn day_in_words(moment: Millis) -> String {
    let options = Object::new();
    for (name, value) in [("weekday", "long"), ("day", "numeric"), ("month", "long")] {
        let _ = Reflect::set(&options, &name.into(), &value.into());
    }
    let date = Date::new(&JsValue::from_f64(moment as f64));
    // The words around it are British; a browser takes plain English for American.
    let language = page_language();
    let language = if language == "en" { "en-GB" } else { &language };
    String::from(date.to_locale_date_string(language, &options))
}

/// The name of a language for a BCP 47 tag, or the tag itself where the browser has none.
pub(crate) fn language_name(tag: &str) -> String {
    name_of_language(tag).unwrap_or_else(|| tag.to_owned())
}

fn name_of_language(tag: &str) -> Option<String> {
    let kind = Reflect::get(&js_sys::global(), &"Intl".into()).ok()?;
    let constructor: js_sys::Function = Reflect::get(&kind, &"DisplayNames".into()).ok()?.dyn_into().ok()?;
    let options = Object::new();
    Reflect::set(&options, &"type".into(), &"language".into()).ok()?;
    let arguments = js_sys::Array::of2(&page_language().into(), &options);
    let names = Reflect::construct(&constructor, &arguments).ok()?;
    let of: js_sys::Function = Reflect::get(&names, &"of".into()).ok()?.dyn_into().ok()?;
    of.call1(&names, &tag.into()).ok()?.as_string()
}

fn page_language() -> String {
    document()
        .document_element()
        .and_then(|root| root.get_attribute("lang"))
        .unwrap_or_else(|| "en".to_owned())
}

/// Whether the page is in sight.
pub(crate) fn is_in_sight() -> bool {
    !document().hidden()
}

/// Whether nothing in particular has the focus: what had it may have gone from the page.
pub(crate) fn focus_is_nowhere() -> bool {
    document().active_element().is_none_or(|element| element.tag_name() == "BODY")
}

/// The way into a conversation: its composer, or its name where nothing can be written.
pub(crate) const INTO_CHAT: &[&str] = &["#composer", ".chat-title"];

/// The way into any other page.
pub(crate) const INTO_PAGE: &[&str] = &[".page-title"];

/// The name of the zone in which local times are: "Europe/London". `None`: the browser does not say.
pub(crate) fn time_zone() -> Option<String> {
    let kind = Reflect::get(&js_sys::global(), &"Intl".into()).ok()?;
    let constructor: js_sys::Function =
        Reflect::get(&kind, &"DateTimeFormat".into()).ok()?.dyn_into().ok()?;
    let format = Reflect::construct(&constructor, &js_sys::Array::new()).ok()?;
    let resolved: js_sys::Function =
        Reflect::get(&format, &"resolvedOptions".into()).ok()?.dyn_into().ok()?;
    let options = resolved.call0(&format).ok()?;
    Reflect::get(&options, &"timeZone".into()).ok()?.as_string()
}

/// Puts the focus where the first of these selectors leads, trying one after another.
pub(crate) fn focus_first(selectors: &[&str]) {
    let found = selectors.iter().find_map(|selector| document().query_selector(selector).ok().flatten());
    if let Some(element) = found {
        focus(&element);
    }
}

/// The same once the screens have caught up with the view.
pub(crate) fn focus_soon(selectors: &'static [&'static str]) {
    leptos::prelude::request_animation_frame(move || focus_first(selectors));
}

/// Moves the focus among the elements that fit, by an arrow key. Whether it was one.
pub(crate) fn move_focus(event: &KeyboardEvent, selector: &str) -> bool {
    let Some(list) = event.current_target().and_then(|target| target.dyn_into::<Element>().ok()) else {
        return false;
    };
    let Ok(found) = list.query_selector_all(selector) else { return false };
    let items: Vec<Element> = (0..found.length())
        .filter_map(|index| found.get(index))
        .filter_map(|node| node.dyn_into().ok())
        .collect();
    let here = document().active_element();
    let Some(place) = items.iter().position(|item| Some(item) == here.as_ref()) else { return false };
    let next = match event.key().as_str() {
        "ArrowDown" => place + 1,
        "ArrowUp" => place.saturating_sub(1),
        "Home" => 0,
        "End" => items.len() - 1,
        _ => return false,
    };
    if let Some(item) = items.get(next.min(items.len() - 1)) {
        focus(item);
    }
    event.prevent_default();
    true
}

/// The key press behind an event.
pub(crate) fn with_press<T>(event: &KeyboardEvent, look: impl FnOnce(&Press<'_>) -> T) -> T {
    let (key, code) = (event.key(), event.code());
    let in_text = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok())
        .is_some_and(|element| matches!(element.tag_name().as_str(), "TEXTAREA" | "INPUT" | "SELECT"));
    look(&Press {
        key: &key,
        code: &code,
        alt: event.alt_key(),
        ctrl: event.ctrl_key(),
        meta: event.meta_key(),
        shift: event.shift_key(),
        in_text,
        // Some browsers end the composition before the key that ended it; 229 still tells.
        composing: event.is_composing() || event.key_code() == 229,
    })
}

/// Loads the page anew.
pub(crate) fn reload() {
    let _ = window().location().reload();
}

fn focus(element: &Element) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        let _ = element.focus();
    }
}
