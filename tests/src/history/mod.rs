//! What must hold in every run, whatever fails: stated once, and checked on what was seen.
//!
//! The checker knows nothing of wires, desks or sessions. Somebody who can look everywhere at once tells it what the
//! store holds, what left the server and what stands on every screen, in the order in which that happened; it
//! answers with the first [`Violation`]. Its tests feed it broken histories, one for each kind.

mod log;
mod screen;
#[cfg(test)]
mod tests;
mod violation;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use tealight_protocol::{Area, ConversationId, Event, EventKind, OperatorId, Party, limits};

pub use screen::{Shown, Side};
pub use violation::Violation;

/// What every text of a run begins with; a number and a full stop follow.
pub const MARK: &str = "say-";

/// What every note of a run begins with; a number and a full stop follow.
pub const NOTE_MARK: &str = "note-";

/// Something that was seen.
#[derive(Clone, Debug)]
pub enum Seen {
    /// The store holds a conversation, with these events behind those that were seen in it before.
    Stored {
        /// Which.
        conv: ConversationId,
        /// Its fencing number.
        claim: u64,
        /// Whose it is.
        holder: Option<OperatorId>,
        /// The last event, as the conversation itself says.
        last: u64,
        /// The events.
        news: Vec<Event>,
    },
    /// The store no longer holds a conversation.
    Destroyed(ConversationId),
    /// The store is an earlier one: every log is told again from its beginning.
    Restored,
    /// An operator wrote a note, whether or not it has arrived.
    Noted {
        /// Beside which conversation.
        conv: ConversationId,
        /// Its number.
        note: u64,
    },
    /// A command was acknowledged as an event.
    Acked {
        /// Of which log.
        conv: ConversationId,
        /// Whose command.
        sender: String,
        /// Its name.
        cid: String,
        /// The event.
        seq: u64,
    },
    /// A fencing number was given.
    Claimed {
        /// For which conversation.
        conv: ConversationId,
        /// To whom.
        by: OperatorId,
        /// The number.
        number: u64,
    },
    /// An operator asked for the next visitor and got one.
    TookNext {
        /// Which.
        conv: ConversationId,
        /// The areas the operator takes visitors of; none means all.
        areas: Vec<Area>,
        /// Who waits and came earlier.
        earlier: Vec<Waiter>,
    },
    /// An event left the server, to whomever.
    Told {
        /// Of which log.
        conv: ConversationId,
        /// The event.
        event: Event,
    },
    /// A text left the server.
    Sent {
        /// To whom.
        to: Side,
        /// The text.
        text: String,
    },
    /// Something waits for one socket.
    Queued {
        /// Frames.
        frames: usize,
        /// Bytes.
        bytes: usize,
    },
    /// A page shows this.
    Shows {
        /// Which.
        page: usize,
        /// Whose.
        side: Side,
        /// Of which conversation, where that can be told.
        conv: Option<ConversationId>,
        /// From the first to the last.
        entries: Vec<Shown>,
    },
    /// A page begins again with nothing of a conversation, or of any: loaded again, done with it, or rid of it.
    Emptied {
        /// Which.
        page: usize,
        /// Of this conversation only.
        conv: Option<ConversationId>,
    },
    /// A text is kept somewhere, at the end of a run.
    Kept(String),
}

/// Somebody in the waiting room.
#[derive(Clone, Debug)]
pub struct Waiter {
    /// Which conversation.
    pub conv: ConversationId,
    /// The area.
    pub area: Option<Area>,
    /// Whether a page is in sight.
    pub is_here: bool,
    /// Whether it is kept for an operator already.
    pub is_kept: bool,
}

/// Follows a run.
#[derive(Debug, Default)]
pub struct History {
    logs: BTreeMap<ConversationId, Log>,
    acked: HashMap<(ConversationId, String, String), u64>,
    given: HashMap<(ConversationId, u64), OperatorId>,
    /// The numbers of texts, and of notes, that were erased.
    erased: BTreeSet<u64>,
    erased_notes: BTreeSet<u64>,
    screens: screen::Screens,
}

/// What is known of one conversation.
#[derive(Debug, Default)]
struct Log {
    events: Vec<Event>,
    /// What it was before a back-up was restored. A page may show that until it hears of it.
    former: Vec<Vec<Event>>,
    notes: BTreeSet<u64>,
    claim: u64,
    /// Who had it last, and under which number.
    held: Option<(OperatorId, u64)>,
    is_destroyed: bool,
}

impl History {
    /// Takes what was seen.
    pub fn see(&mut self, seen: Seen) -> Result<(), Violation> {
        match seen {
            Seen::Stored { conv, claim, holder, last, news } => self.stored(conv, claim, holder, last, news),
            Seen::Destroyed(conv) => {
                self.destroyed(&conv);
                Ok(())
            }
            Seen::Noted { conv, note } => {
                self.logs.entry(conv).or_default().notes.insert(note);
                Ok(())
            }
            Seen::Restored => {
                self.restored();
                Ok(())
            }
            Seen::Acked { conv, sender, cid, seq } => self.was_acked(conv, sender, cid, seq),
            Seen::Claimed { conv, by, number } => self.claimed(conv, &by, number),
            Seen::TookNext { conv, areas, earlier } => took_next(conv, &areas, &earlier),
            Seen::Told { conv, event } => self.told(&conv, &event),
            Seen::Sent { to, text } => self.sent(to, &text),
            Seen::Queued { frames, bytes } => {
                let fits = frames <= limits::QUEUED_FRAMES && bytes <= limits::QUEUED_BYTES;
                if fits { Ok(()) } else { Err(Violation::QueueTooLong { frames, bytes }) }
            }
            Seen::Shows { page, side, conv, entries } => {
                screen::shows(&mut self.screens, &self.logs, page, side, conv.as_ref(), &entries)
            }
            Seen::Emptied { page, conv } => {
                self.screens.emptied(page, conv.as_ref());
                Ok(())
            }
            Seen::Kept(text) => self.nothing_erased_in(&text),
        }
    }

    /// Once nothing goes wrong any more: every acknowledged command is in its log, once.
    pub fn settled(&self) -> Result<(), Violation> {
        for ((conv, sender, cid), seq) in &self.acked {
            let Some(log) = self.logs.get(conv).filter(|log| !log.is_destroyed) else { continue };
            self.is_logged(log, conv, sender, cid, *seq)?;
        }
        Ok(())
    }

    /// A log as the store has it.
    pub fn log(&self, conv: &ConversationId) -> &[Event] {
        self.logs.get(conv).map_or(&[], |log| &log.events)
    }

    /// The events of a log that a side's screen shows, by their numbers.
    pub fn visible(&self, conv: &ConversationId, side: Side) -> Vec<u64> {
        let shown = self.log(conv).iter().filter(|event| screen::is_shown(event, side));
        shown.map(|event| event.seq).collect()
    }

    /// Every log that is stored, or was.
    pub fn conversations(&self) -> impl Iterator<Item = &ConversationId> {
        self.logs.keys()
    }

    /// Whether a conversation was stored and no longer is.
    pub fn is_destroyed(&self, conv: &ConversationId) -> bool {
        self.logs.get(conv).is_some_and(|log| log.is_destroyed)
    }

    /// Whether a log was another one before a back-up was restored.
    pub fn had_another_life(&self, conv: &ConversationId) -> bool {
        self.logs.get(conv).is_some_and(|log| !log.former.is_empty())
    }

    /// The conversation a page shows, as far as that could be told.
    pub fn shown_by(&self, page: usize) -> Option<&ConversationId> {
        self.screens.conversation(page)
    }

    fn stored(
        &mut self,
        conv: ConversationId,
        claim: u64,
        holder: Option<OperatorId>,
        last: u64,
        news: Vec<Event>,
    ) -> Result<(), Violation> {
        let log = self.logs.entry(conv.clone()).or_default();
        log.is_destroyed = false;
        if claim < log.claim {
            return Err(Violation::FencingFell { conv, from: log.claim, to: claim });
        }
        log.claim = claim;
        if let Some(holder) = holder {
            let before = log.held.replace((holder.clone(), claim));
            if before.is_some_and(|(other, number)| other != holder && number == claim) {
                return Err(Violation::FencingKept { conv, claim });
            }
        }
        let is_news = !news.is_empty();
        for event in news {
            if event.seq != log.events.len() as u64 + 1 {
                return Err(Violation::Hole { conv, after: log.events.len() as u64, seq: event.seq });
            }
            log.events.push(event);
        }
        if log.events.len() as u64 != last {
            return Err(Violation::Hole { conv, after: log.events.len() as u64, seq: last });
        }
        if is_news { log::check(&conv, &log.events) } else { Ok(()) }
    }

    fn destroyed(&mut self, conv: &ConversationId) {
        let Some(log) = self.logs.get_mut(conv) else { return };
        log.is_destroyed = true;
        let lives = log.former.iter().chain([&log.events]).flatten();
        let texts = lives.filter_map(text_of).flat_map(|text| numbers(text, MARK)).collect::<Vec<_>>();
        self.erased.extend(texts);
        self.erased_notes.extend(&log.notes);
    }

    fn restored(&mut self) {
        for log in self.logs.values_mut() {
            let events = std::mem::take(&mut log.events);
            log.former.push(events);
            (log.claim, log.held, log.is_destroyed) = (0, None, true);
        }
        // What was promised after the back-up is gone, and what was erased after it is back.
        self.acked.clear();
        self.given.clear();
        self.erased.clear();
        self.erased_notes.clear();
    }

    fn was_acked(
        &mut self,
        conv: ConversationId,
        sender: String,
        cid: String,
        seq: u64,
    ) -> Result<(), Violation> {
        let log = self.logs.get(&conv).ok_or_else(|| Violation::NotStored { conv: conv.clone(), seq })?;
        self.is_logged(log, &conv, &sender, &cid, seq)?;
        match self.acked.insert((conv.clone(), sender, cid.clone()), seq) {
            Some(before) if before != seq => {
                Err(Violation::AckedTwice { conv, cid, first: before, then: seq })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Whether the event that a command became is the command's.
    fn is_logged(
        &self,
        log: &Log,
        conv: &ConversationId,
        sender: &str,
        cid: &str,
        seq: u64,
    ) -> Result<(), Violation> {
        let at = usize::try_from(seq).ok().and_then(|seq| seq.checked_sub(1));
        let Some(event) = at.and_then(|at| log.events.get(at)) else {
            return Err(Violation::NotStored { conv: conv.clone(), seq });
        };
        match &event.kind {
            EventKind::Message { from, cid: stored, .. } => {
                let is_it = stored.as_ref().map(|cid| cid.as_str()) == Some(cid)
                    && String::from(from.clone()) == sender;
                if is_it { Ok(()) } else { Err(Violation::OtherCommand { conv: conv.clone(), seq }) }
            }
            _ => Ok(()),
        }
    }

    fn claimed(&mut self, conv: ConversationId, by: &OperatorId, number: u64) -> Result<(), Violation> {
        match self.given.insert((conv.clone(), number), by.clone()) {
            Some(other) if other != *by => Err(Violation::FencingShared { conv, claim: number }),
            Some(_) | None => Ok(()),
        }
    }

    fn told(&self, conv: &ConversationId, event: &Event) -> Result<(), Violation> {
        let log = self.log(conv);
        let at = usize::try_from(event.seq).ok().and_then(|seq| seq.checked_sub(1));
        match at.and_then(|at| log.get(at)) {
            None => Err(Violation::NotStored { conv: conv.clone(), seq: event.seq }),
            Some(stored) if stored != event => {
                Err(Violation::ToldOtherwise { conv: conv.clone(), seq: event.seq })
            }
            Some(_) => Ok(()),
        }
    }

    fn sent(&self, to: Side, text: &str) -> Result<(), Violation> {
        if to == Side::Visitor
            && let Some(note) = numbers(text, NOTE_MARK).first()
        {
            return Err(Violation::NoteTold { note: *note });
        }
        self.nothing_erased_in(text)
    }

    fn nothing_erased_in(&self, text: &str) -> Result<(), Violation> {
        if let Some(words) = numbers(text, MARK).into_iter().find(|number| self.erased.contains(number)) {
            return Err(Violation::ErasedWordsFound { words });
        }
        match numbers(text, NOTE_MARK).into_iter().find(|number| self.erased_notes.contains(number)) {
            Some(note) => Err(Violation::ErasedNoteFound { note }),
            None => Ok(()),
        }
    }
}

/// Whoever is there, came earlier and is nobody else's was taken earlier.
fn took_next(conv: ConversationId, areas: &[Area], earlier: &[Waiter]) -> Result<(), Violation> {
    let serves = |area: &Option<Area>| match area {
        Some(area) => areas.is_empty() || areas.contains(area),
        None => true,
    };
    let overtaken = earlier.iter().find(|other| other.is_here && !other.is_kept && serves(&other.area));
    match overtaken {
        Some(other) => Err(Violation::Overtaken { conv: other.conv.clone(), by: conv }),
        None => Ok(()),
    }
}

/// The words of an event.
fn text_of(event: &Event) -> Option<&str> {
    match &event.kind {
        EventKind::Message { text, .. } => Some(text.as_str()),
        _ => None,
    }
}

/// The operator a message is from.
fn speaker(from: &Party) -> Option<&OperatorId> {
    match from {
        Party::Operator(id) => Some(id),
        Party::Visitor | Party::System => None,
    }
}

/// The numbers of all marked texts in a text.
pub fn numbers(text: &str, mark: &str) -> Vec<u64> {
    let behind = text.match_indices(mark).map(|(at, _)| &text[at + mark.len()..]);
    behind.filter_map(|rest| rest.split_once('.')?.0.parse().ok()).collect()
}
