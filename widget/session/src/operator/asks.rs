//! Questions to the backend: each is asked until it is answered, page by page, and again after a reconnect only if
//! somebody still wants to know.

use std::sync::Arc;

use tealight_protocol::{Cid, ConversationId};

use crate::Millis;
use crate::clock::earlier;

/// How long a question waits that shall be asked again without the backend having said when.
const RETRY_MS: Millis = 2_000;

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// The pre-written messages.
    Canned,
    /// The whole board.
    Board,
    /// The service's alternatives.
    Offers,
    /// The notes of a conversation.
    Notes(ConversationId),
    /// Who means to be there, and who was.
    Roster,
    /// How long people waited.
    Waits,
    /// Who is not let in for a while.
    Blocks,
}

/// The questions that are open on this connection.
#[derive(Debug, Default)]
pub(super) struct Asks {
    open: Vec<Open>,
}

#[derive(Debug)]
struct Open {
    cid: Cid,
    ask: Ask,
    /// When to ask, if it was not asked yet.
    at: Option<Millis>,
}

impl Asks {
    /// Asks, unless that was asked already.
    pub(super) fn push(&mut self, now: Millis, cid: Cid, ask: Ask) {
        if !self.open.iter().any(|open| open.ask == ask) {
            self.open.push(Open { cid, ask, at: Some(now) });
        }
    }

    /// What to ask now.
    pub(super) fn due(&mut self, now: Millis) -> Vec<(Cid, Ask)> {
        let mut due = Vec::new();
        for open in &mut self.open {
            if open.at.take_if(|at| now >= *at).is_some() {
                due.push((open.cid.clone(), open.ask.clone()));
            }
        }
        due
    }

    /// When there will be something to ask.
    pub(super) fn timeout(&self) -> Option<Millis> {
        self.open.iter().fold(None, |next, open| earlier(next, open.at))
    }

    /// An answer came. What was asked?
    pub(super) fn answered(&mut self, cid: &Cid) -> Option<Ask> {
        let at = self.open.iter().position(|open| open.cid == *cid)?;
        Some(self.open.remove(at).ask)
    }

    /// The answer came in another shape, or nobody wants to know any more.
    pub(super) fn drop(&mut self, ask: &Ask) {
        self.open.retain(|open| open.ask != *ask);
    }

    /// Whether this is one of the questions.
    pub(super) fn is_open(&self, cid: &Cid) -> bool {
        self.open.iter().any(|open| open.cid == *cid)
    }

    /// The question was refused: it is asked again later, or given back as refused for good.
    pub(super) fn refused(
        &mut self,
        now: Millis,
        cid: &Cid,
        retry: bool,
        retry_ms: Option<u64>,
    ) -> Option<Ask> {
        if !retry {
            return self.answered(cid);
        }
        if let Some(open) = self.open.iter_mut().find(|open| open.cid == *cid) {
            open.at = Some(now.saturating_add(retry_ms.unwrap_or(RETRY_MS)));
        }
        None
    }

    /// The socket is gone, and the questions with it.
    pub(super) fn disconnected(&mut self) {
        self.open.clear();
    }
}

/// A list that comes in pages, and is shown when all of it is there.
#[derive(Debug)]
pub(super) struct Paged<T> {
    whole: Arc<Vec<T>>,
    coming: Vec<T>,
}

impl<T> Default for Paged<T> {
    fn default() -> Self {
        Self { whole: Arc::default(), coming: Vec::new() }
    }
}

impl<T> Paged<T> {
    pub(super) fn whole(&self) -> &Arc<Vec<T>> {
        &self.whole
    }

    /// How many entries have come of the list that is on its way.
    pub(super) fn after(&self) -> u64 {
        self.coming.len() as u64
    }

    /// Takes a page. True if the next is to be asked for: an empty page is never followed by another, or a confused
    /// backend would be asked for ever.
    pub(super) fn page(&mut self, items: Vec<T>, more: bool) -> bool {
        let goes_on = more && !items.is_empty();
        self.coming.extend(items);
        if !goes_on {
            self.whole = Arc::new(std::mem::take(&mut self.coming));
        }
        goes_on
    }

    /// The socket is gone: it begins again.
    pub(super) fn disconnected(&mut self) {
        self.coming.clear();
    }
}
