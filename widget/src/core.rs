//! The visitor's session as the shell runs it: with the panel's own idea of being in sight, with a snapshot that the
//! browser may refuse to keep, and with a minute hand for what the screens say about time.

use std::rc::Rc;

use js_sys::Function;
use tealight_protocol::Work;
use tealight_session::visitor::{Command, Input, Session, View};
use tealight_session::{Effect, Fact, Millis};
use tealight_shell::{Core, Slot};

use crate::context::{Signs, tell};

/// Where the snapshot lives.
pub(crate) const SLOT: Slot = Slot::new("tealight");

/// How often "checked … ago" is looked at again while it is in sight.
const LOOK_EVERY_MS: Millis = 20_000;

/// A session and what belongs to it in this page.
pub(crate) struct VisitorCore {
    session: Session,
    signs: Rc<Signs>,
    /// Hears what is to be worked on.
    notify: Function,
    look_at: Millis,
}

impl VisitorCore {
    pub(crate) fn new(session: Session, signs: Rc<Signs>, notify: Function) -> Self {
        Self { session, signs, notify, look_at: 0 }
    }

    fn look_at_the_clock(&mut self, now: Millis) {
        // The second half: the clock was set back.
        if now >= self.look_at || self.look_at - now > LOOK_EVERY_MS {
            self.look_at = now + LOOK_EVERY_MS;
            self.signs.now.set(now as f64);
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
                self.signs.in_sight.set(true);
            }
            Fact::Hidden | Fact::PageLeft => {
                self.signs.in_sight.set(false);
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
                Effect::Save(_) if self.signs.left.get() => {}
                Effect::Save(snapshot) => {
                    let kept = SLOT.save(&snapshot);
                    if !kept {
                        // An older snapshot would bring back what is no longer true.
                        SLOT.clear();
                    }
                    self.signs.unkept.set(!kept);
                    self.signs.unkept_snapshot.replace((!kept).then_some(snapshot));
                }
                Effect::Solve(Work { bits, salt }) => {
                    tell(&self.notify, "work", &[("bits", bits.into()), ("salt", salt.into())]);
                }
                Effect::Forget => {
                    SLOT.clear();
                    self.signs.unkept_snapshot.take();
                }
                effect => return Some(effect),
            }
        }
    }

    fn poll_timeout(&self) -> Option<Millis> {
        let session = self.session.poll_timeout();
        if self.signs.in_sight.peek() {
            Some(session.map_or(self.look_at, |deadline| deadline.min(self.look_at)))
        } else {
            session
        }
    }

    fn view(&self) -> View {
        self.session.view()
    }
}
