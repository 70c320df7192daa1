//! Telling the other side that somebody is typing: a yes or no, now and then, and nothing of what.

use tealight_protocol::limits::{TYPING_EVERY_MS, TYPING_EXPIRES_MS};

use crate::Millis;

/// What was told about typing.
#[derive(Debug, Default)]
pub(crate) struct Typing {
    last_on: Option<Millis>,
    told: Told,
}

#[derive(Debug, Default)]
enum Told {
    #[default]
    Off,
    On {
        last_key: Millis,
    },
}

impl Typing {
    /// A key was pressed. What to tell, if anything.
    pub(crate) fn key(&mut self, now: Millis, blank: bool) -> Option<bool> {
        if blank {
            return self.finished();
        }
        if let Told::On { last_key } = &mut self.told {
            *last_key = now;
        }
        if self.last_on.is_some_and(|at| now < at + TYPING_EVERY_MS) {
            return None;
        }
        self.last_on = Some(now);
        self.told = Told::On { last_key: now };
        Some(true)
    }

    /// The words were sent, or removed, or nobody is there to be told.
    pub(crate) fn finished(&mut self) -> Option<bool> {
        match std::mem::take(&mut self.told) {
            Told::Off => None,
            Told::On { .. } => Some(false),
        }
    }

    /// Time passed.
    pub(crate) fn tick(&mut self, now: Millis) -> Option<bool> {
        if self.timeout().is_some_and(|at| now >= at) { self.finished() } else { None }
    }

    pub(crate) fn timeout(&self) -> Option<Millis> {
        match self.told {
            Told::Off => None,
            Told::On { last_key } => Some(last_key + TYPING_EXPIRES_MS),
        }
    }

    /// The socket is gone, and the other side forgets by itself.
    pub(crate) fn disconnected(&mut self) {
        *self = Self::default();
    }
}
