//! One place in `sessionStorage`, which a browser may deny to a third-party frame, or throw from at any time.

use web_sys::Storage;

/// One key of the tab's storage. Every access asks the browser afresh; a refusal is an answer, not an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot(&'static str);

impl Slot {
    /// The place under this key.
    pub const fn new(key: &'static str) -> Self {
        Self(key)
    }

    /// What is kept there, if the browser lets us see it.
    pub fn load(self) -> Option<String> {
        storage()?.get_item(self.0).ok().flatten()
    }

    /// Keeps `value` in place of what was there. `false`: the browser refused, and a reload will find nothing.
    pub fn save(self, value: &str) -> bool {
        storage().is_some_and(|storage| storage.set_item(self.0, value).is_ok())
    }

    /// Forgets what is there.
    pub fn clear(self) {
        if let Some(storage) = storage() {
            let _ = storage.remove_item(self.0);
        }
    }

    /// Whether anything can be kept at all. Writes a probe of its own and takes it away again.
    pub fn is_usable(self) -> bool {
        let Some(storage) = storage() else { return false };
        let probe = format!("{}-probe", self.0);
        let usable = storage.set_item(&probe, "").is_ok();
        let _ = storage.remove_item(&probe);
        usable
    }
}

/// Reading the property itself throws where storage is denied.
fn storage() -> Option<Storage> {
    web_sys::window()?.session_storage().ok().flatten()
}
