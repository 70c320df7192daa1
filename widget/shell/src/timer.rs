//! The one timer: set to a moment of the wall clock, or to none.

use std::cell::Cell;
use std::rc::Rc;

use tealight_session::Millis;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

/// Browsers take a signed 32-bit delay and fire at once above it.
const LONGEST_DELAY_MS: Millis = i32::MAX as Millis;

/// A single timer. Setting it anew forgets what it was set to before; dropping it stops it.
///
/// It may fire early, because of the longest delay there is and because browsers round: whoever hears it looks at
/// the clock and sets it again.
pub struct Timer {
    armed: Rc<Cell<Option<Armed>>>,
    callback: Closure<dyn FnMut()>,
}

#[derive(Clone, Copy)]
struct Armed {
    deadline: Millis,
    handle: i32,
}

impl Timer {
    /// A timer that calls `fired`, once set.
    pub fn new(mut fired: impl FnMut() + 'static) -> Self {
        let armed = Rc::new(Cell::new(None));
        let callback = Closure::<dyn FnMut()>::new({
            let armed = Rc::clone(&armed);
            move || {
                armed.set(None);
                fired();
            }
        });
        Self { armed, callback }
    }

    /// Sets the timer to a moment, which may have passed, or to none.
    pub fn set(&self, now: Millis, deadline: Option<Millis>) {
        if self.armed.get().map(|armed| armed.deadline) == deadline {
            return;
        }
        self.stop();
        let (Some(deadline), Some(window)) = (deadline, web_sys::window()) else { return };
        let delay = deadline.saturating_sub(now).min(LONGEST_DELAY_MS) as i32;
        let set = window.set_timeout_with_callback_and_timeout_and_arguments_0(
            self.callback.as_ref().unchecked_ref(),
            delay,
        );
        if let Ok(handle) = set {
            self.armed.set(Some(Armed { deadline, handle }));
        }
    }

    fn stop(&self) {
        if let (Some(armed), Some(window)) = (self.armed.take(), web_sys::window()) {
            window.clear_timeout_with_handle(armed.handle);
        }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.stop();
    }
}

impl std::fmt::Debug for Timer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Timer(…)")
    }
}
