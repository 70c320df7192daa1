//! What operators write beside a conversation, for each other alone. Notes have positions of their own, dense from 1.

use tealight_protocol::{Cid, Note, NoteText, limits::NOTE_CHARS};

use crate::draft::Draft;

/// The notes of a conversation, and the field for the next one.
pub(super) struct Notes {
    pub(super) draft: Draft,
    list: Vec<Note>,
    /// The greatest position heard of.
    known: u64,
    /// Whether there may be more than was heard of, because nobody listened for a while.
    in_doubt: bool,
}

impl Default for Notes {
    fn default() -> Self {
        let mut draft = Draft::default();
        draft.set_limit(NOTE_CHARS as u32);
        Self { draft, list: Vec::new(), known: 0, in_doubt: true }
    }
}

impl Notes {
    pub(super) fn list(&self) -> &[Note] {
        &self.list
    }

    /// The last position that is here.
    pub(super) fn last(&self) -> u64 {
        self.list.last().map_or(0, |note| note.n)
    }

    /// Takes a note if it is the next; otherwise drops it. Gives the sender's name for it.
    pub(super) fn arrived(&mut self, note: Note) -> Option<Cid> {
        self.known = self.known.max(note.n);
        if note.n != self.last() + 1 {
            return None;
        }
        let cid = note.cid.clone();
        self.list.push(note);
        cid
    }

    /// Takes a page that was asked for. Gives the names of the notes that are new here.
    pub(super) fn page(&mut self, notes: Vec<Note>, more: bool) -> Vec<Cid> {
        let before = self.last();
        let named = notes.into_iter().filter_map(|note| self.arrived(note)).collect();
        let has_grown = self.last() > before;
        self.in_doubt = more && has_grown;
        if !has_grown {
            // What is said to be there and is not given is not asked for again.
            self.known = self.last();
        }
        named
    }

    /// Whether something is missing, or may be.
    pub(super) fn is_incomplete(&self) -> bool {
        self.in_doubt || self.last() < self.known
    }

    /// Nobody listened for a while.
    pub(super) fn look_again(&mut self) {
        self.in_doubt = true;
    }

    /// Nothing more is asked, until there is news.
    pub(super) fn give_up(&mut self) {
        self.in_doubt = false;
        self.known = self.last();
    }

    /// Every word goes. What stands in the field stays with who wrote it.
    pub(super) fn forget(&mut self) {
        self.list.clear();
        self.known = 0;
        self.in_doubt = true;
    }

    /// Takes the words of the field out to be sent, if they may be sent.
    pub(super) fn take(&mut self) -> Option<NoteText> {
        let text = self.draft.take()?;
        NoteText::parse(text.as_str()).ok()
    }
}
