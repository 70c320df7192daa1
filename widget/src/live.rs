//! Values that effects follow. One kind of Leptos signal serves them all, whatever their type: it only says that
//! something changed, and the value lies beside it.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::{ArcTrigger, Notify, Track};

/// A value that effects follow. Clones share it.
pub(crate) struct Live<T>(Rc<Inner<T>>);

struct Inner<T> {
    value: RefCell<T>,
    changed: ArcTrigger,
}

impl<T: Clone + PartialEq> Live<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Rc::new(Inner { value: RefCell::new(value), changed: ArcTrigger::new() }))
    }

    /// The value; whoever reads it is run again when it changes.
    pub(crate) fn get(&self) -> T {
        self.0.changed.track();
        self.peek()
    }

    /// The value, just now.
    pub(crate) fn peek(&self) -> T {
        self.0.value.borrow().clone()
    }

    /// Changes the value. The same value again is no change.
    pub(crate) fn set(&self, value: T) {
        let old = self.0.value.replace(value);
        if old != *self.0.value.borrow() {
            self.0.changed.notify();
        }
    }
}

impl<T> Clone for Live<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}
