//! Conversations of others that the operator watches. The backend forgets them with the socket, so each is said
//! again on the next.

use tealight_protocol::{ConversationId, limits::WATCHED};

use crate::Millis;
use crate::clock::earlier;

/// How long a watch waits that shall be said again without the backend having said when.
const RETRY_MS: Millis = 2_000;

/// What is watched.
#[derive(Debug, Default)]
pub(super) struct Watches {
    list: Vec<Watch>,
}

#[derive(Debug)]
struct Watch {
    conv: ConversationId,
    state: State,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    /// To be said, not before this.
    Wanted { at: Millis },
    /// Said, and not answered.
    Said,
    /// Answered.
    On,
}

impl Watches {
    /// Wants to watch. False if that is one too many.
    pub(super) fn want(&mut self, now: Millis, conv: ConversationId) -> bool {
        if self.has(&conv) {
            return true;
        }
        if self.list.len() >= WATCHED {
            return false;
        }
        self.list.push(Watch { conv, state: State::Wanted { at: now } });
        true
    }

    pub(super) fn has(&self, conv: &ConversationId) -> bool {
        self.list.iter().any(|watch| watch.conv == *conv)
    }

    /// No longer. True if it was wanted.
    pub(super) fn drop(&mut self, conv: &ConversationId) -> bool {
        let before = self.list.len();
        self.list.retain(|watch| watch.conv != *conv);
        self.list.len() != before
    }

    /// What to say now.
    pub(super) fn due(&mut self, now: Millis) -> Vec<ConversationId> {
        let mut due = Vec::new();
        for watch in &mut self.list {
            if matches!(watch.state, State::Wanted { at } if now >= at) {
                watch.state = State::Said;
                due.push(watch.conv.clone());
            }
        }
        due
    }

    /// When there will be something to say.
    pub(super) fn timeout(&self) -> Option<Millis> {
        self.list.iter().fold(None, |next, watch| match watch.state {
            State::Wanted { at } => earlier(next, Some(at)),
            State::Said | State::On => next,
        })
    }

    /// It is watched. False if nobody wants that any more.
    pub(super) fn answered(&mut self, conv: &ConversationId) -> bool {
        match self.list.iter_mut().find(|watch| watch.conv == *conv) {
            Some(watch) => {
                watch.state = State::On;
                true
            }
            None => false,
        }
    }

    /// Something that has no name was refused. If that was a watch, it is the one said first: it may be said again
    /// later, or is given back as refused for good.
    pub(super) fn refused(
        &mut self,
        now: Millis,
        retry: bool,
        retry_ms: Option<u64>,
    ) -> Option<ConversationId> {
        let at = self.list.iter().position(|watch| watch.state == State::Said)?;
        if retry {
            self.list[at].state = State::Wanted { at: now.saturating_add(retry_ms.unwrap_or(RETRY_MS)) };
            return None;
        }
        Some(self.list.remove(at).conv)
    }

    /// The socket is gone, and every watch with it.
    pub(super) fn disconnected(&mut self) {
        for watch in &mut self.list {
            watch.state = State::Wanted { at: 0 };
        }
    }
}
