//! What is asked again and again: often while somebody looks at it, seldom or never otherwise.

use std::sync::Arc;

use super::view::Heard;
use crate::Millis;

/// The last answer, and when to ask for the next.
#[derive(Debug)]
pub(super) struct Fresh<T> {
    heard: Option<Heard<T>>,
    /// Whether somebody looks at it.
    watched: bool,
    /// How often while somebody does, in milliseconds.
    often: Millis,
    /// How often otherwise, if at all.
    seldom: Option<Millis>,
    /// When to ask. `None`: asked already, or not to be asked.
    next: Option<Millis>,
    /// Whether there is a backend that answers this.
    live: bool,
}

impl<T> Fresh<T> {
    pub(super) fn new(often: Millis, seldom: Option<Millis>) -> Self {
        Self { heard: None, watched: false, often, seldom, next: None, live: false }
    }

    pub(super) fn heard(&self) -> Option<&Heard<T>> {
        self.heard.as_ref()
    }

    /// Somebody looks at it, or no longer.
    pub(super) fn watch(&mut self, now: Millis, on: bool) {
        if on && !self.watched {
            self.soon(now);
        }
        self.watched = on;
    }

    /// It has changed: what was heard is no longer so.
    pub(super) fn soon(&mut self, now: Millis) {
        if self.live {
            self.next = Some(now);
        }
    }

    /// There is a backend to ask.
    pub(super) fn connected(&mut self, now: Millis) {
        self.live = true;
        self.next = (self.watched || self.seldom.is_some()).then_some(now);
    }

    /// There is none any more.
    pub(super) fn disconnected(&mut self) {
        self.live = false;
        self.next = None;
    }

    /// Whether to ask now. Nobody is asked on behalf of somebody who does not see the page.
    pub(super) fn is_due(&mut self, now: Millis, visible: bool) -> bool {
        (visible || self.seldom.is_some()) && self.next.take_if(|at| now >= *at).is_some()
    }

    /// When to ask.
    pub(super) fn timeout(&self, visible: bool) -> Option<Millis> {
        self.next.filter(|_| visible || self.seldom.is_some())
    }

    /// An answer came; `at` is the moment by the shell's clock.
    pub(super) fn answered(&mut self, now: Millis, at: Millis, what: Option<T>) {
        if let Some(what) = what {
            self.heard = Some(Heard { at, what: Arc::new(what) });
        }
        let every = if self.watched { Some(self.often) } else { self.seldom };
        self.next = every.map(|every| now.saturating_add(every));
    }

    /// The backend does not answer this: it is not asked again on this connection.
    pub(super) fn refused(&mut self) {
        self.disconnected();
    }
}
