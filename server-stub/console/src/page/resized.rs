//! Hears when an element changes its size.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, ResizeObserver};

/// Listens for as long as it is kept.
pub(crate) struct Resized {
    observer: ResizeObserver,
    _heard: Closure<dyn FnMut()>,
}

impl Resized {
    /// Calls `heard` after every change of the element's size. `None`: the browser cannot tell.
    pub(crate) fn of(element: &Element, heard: impl FnMut() + 'static) -> Option<Self> {
        let heard = Closure::<dyn FnMut()>::new(heard);
        let observer = ResizeObserver::new(heard.as_ref().unchecked_ref()).ok()?;
        observer.observe(element);
        Some(Self { observer, _heard: heard })
    }
}

impl Drop for Resized {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}
