//! The visitor's session as the shell runs it: with the panel's own idea of being in sight, with a snapshot that the
//! browser may refuse to keep, and with a minute hand for what the screens say about time.

use std::cell::Cell;
use std::rc::Rc;

use leptos::prelude::*;
use tealight_session::visitor::{Command, Input, Session, View};
use tealight_session::{Effect, Fact, Millis};
use tealight_shell::{Core, Slot};

/// Where the snapshot lives.
pub(crate) const SLOT: Slot = Slot::new("tealight");

/// How often "checked … ago" is looked at again while it is in sight.
const LOOK_EVERY_MS: Millis = 20_000;

/// What the loop and the screens share besides the view.
#[derive(Clone)]
pub(crate) struct Signs {
    /// Whether the panel is open, as the page around it says. A minimised panel is out of sight.
    pub(crate) panel_open: Rc<Cell<bool>>,
    /// Whether page and panel are both in sight.
    pub(crate) in_sight: RwSignal<bool>,
    /// Whether the browser refused to keep the snapshot, so that a reload ends the chat.
    pub(crate) unkept: RwSignal<bool>,
    /// The time, as exact as words like "2 minutes ago" need it.
    pub(crate) now: RwSignal<f64>,
}

/// A session and what belongs to it in this page.
pub(crate) struct VisitorCore {
    session: Session,
    signs: Signs,
    look_at: Millis,
}

impl VisitorCore {
    pub(crate) fn new(session: Session, signs: Signs) -> Self {
        Self { session, signs, look_at: 0 }
    }

    fn look_at_the_clock(&mut self, now: Millis) {
        if now >= self.look_at {
            self.look_at = now + LOOK_EVERY_MS;
            let _ = self.signs.now.try_set(now as f64);
        }
    }
}

impl Core for VisitorCore {
    type Command = Command;
    type View = View;

    fn handle_fact(&mut self, now: Millis, fact: Fact) {
        match fact {
            Fact::Shown if !self.signs.panel_open.get() => return,
            Fact::Shown => {
                self.look_at = 0;
                let _ = self.signs.in_sight.try_set(true);
            }
            Fact::Hidden | Fact::PageLeft => {
                let _ = self.signs.in_sight.try_set(false);
            }
            _ => {}
        }
        self.look_at_the_clock(now);
        self.session.handle(now, Input::Fact(fact));
    }

    fn handle_command(&mut self, now: Millis, command: Command) {
        self.look_at_the_clock(now);
        self.session.handle(now, Input::Command(command));
    }

    fn poll_effect(&mut self) -> Option<Effect> {
        loop {
            match self.session.poll_effect()? {
                Effect::Save(snapshot) => {
                    let kept = SLOT.save(&snapshot);
                    if !kept {
                        // An older snapshot would bring back what is no longer true.
                        SLOT.clear();
                    }
                    if self.signs.unkept.try_get_untracked() == Some(kept) {
                        let _ = self.signs.unkept.try_set(!kept);
                    }
                }
                Effect::Forget => SLOT.clear(),
                effect => return Some(effect),
            }
        }
    }

    fn poll_timeout(&self) -> Option<Millis> {
        let session = self.session.poll_timeout();
        if self.signs.in_sight.try_get_untracked() == Some(true) {
            Some(session.map_or(self.look_at, |deadline| deadline.min(self.look_at)))
        } else {
            session
        }
    }

    fn view(&self) -> View {
        self.session.view()
    }
}
