//! Looks everywhere after every step of a run, and tells the checker of histories what is there.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use serde_json::Value;
use tealight_protocol::{Area, ConversationId, ConversationState, Event, EventKind, OperatorId};
use tealight_server::desk::ConnId;
use tealight_server::store::Conversation;
use tealight_session::visitor::Phase;
use tealight_session::{Connection, StopReason, operator, visitor};
use tealight_tests::history::{History, MARK, NOTE_MARK, Seen, Shown, Side, Waiter, numbers};
use tealight_tests::wire::{Passed, PeerId, Wire};

/// Follows a run and stops it at the first thing that must not be.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    pub(crate) history: History,
    /// How many events of each log were read, and the fencing number.
    read: HashMap<ConversationId, (u64, u64)>,
    /// Conversations that were passed on to somebody, who takes them before all others.
    reserved: BTreeSet<ConversationId>,
    /// What the desk knows of each socket.
    sockets: HashMap<ConnId, Socket>,
    /// Conversations that an operator waits for, by the socket of the console.
    holds: HashMap<ConversationId, ConnId>,
    /// Claims that asked for the next visitor, whoever that is.
    for_the_next: BTreeSet<String>,
    /// The areas that the operator of a console takes visitors of.
    pub(crate) areas: HashMap<PeerId, Vec<Area>>,
    /// Everything that anybody pressed Send for, in that order: by page, the words.
    pub(crate) said: BTreeMap<PeerId, Vec<String>>,
    /// Of these, what was said in a conversation that the page is still in; a console says in which.
    pub(crate) due: BTreeMap<PeerId, Vec<(Option<ConversationId>, String)>>,
    /// What each page showed when last it was looked at.
    visitors: BTreeMap<PeerId, Arc<Vec<Arc<visitor::Entry>>>>,
    consoles: BTreeMap<PeerId, Arc<Vec<Arc<operator::ConversationView>>>>,
    /// Messages that were stored.
    pub(crate) messages: u64,
    /// Whether every frame is printed.
    pub(crate) is_traced: bool,
    /// Everything that passed, as one number: the same for the same run. None where nobody wants it.
    pub(crate) fingerprint: Option<u64>,
}

#[derive(Debug, Default)]
struct Socket {
    conv: Option<ConversationId>,
    operator: Option<OperatorId>,
    visible: bool,
}

impl Watch {
    /// Prints every frame where `TEALIGHT_TRACE` is set.
    pub(crate) fn new() -> Self {
        Self { is_traced: std::env::var_os("TEALIGHT_TRACE").is_some(), ..Self::default() }
    }

    /// Somebody pressed Send.
    pub(crate) fn said(&mut self, page: PeerId, conv: Option<ConversationId>, words: &str) {
        self.said.entry(page).or_default().push(words.to_owned());
        self.due.entry(page).or_default().push((conv, words.to_owned()));
    }

    /// Forgets what a page showed: it was loaded again.
    pub(crate) fn reloaded(&mut self, page: PeerId) {
        self.see(Seen::Emptied { page: page.0, conv: None });
        self.visitors.remove(&page);
        self.consoles.remove(&page);
    }

    /// Looks at everything after a step.
    pub(crate) fn check(&mut self, wire: &mut Wire) {
        let passed = std::mem::take(&mut wire.passed);
        if passed.iter().any(|one| matches!(one, Passed::Restored)) {
            self.see(Seen::Restored);
            self.read.clear();
            // What was promised after the back-up is lost, and nobody can be told.
            self.due.clear();
        }
        let claimed = if passed.iter().any(tells_of_the_log) { self.read_store(wire) } else { Vec::new() };
        for one in passed {
            self.passed(wire, one, &claimed);
        }
        for page in std::mem::take(&mut wire.touched) {
            if wire.visitors().contains(&page) {
                self.look_at_visitor(page, &wire.visitor_view(page));
            } else if wire.operators().contains(&page) {
                self.look_at_console(page, &wire.operator_view(page));
            }
        }
    }

    /// Reads what is new in the store. The conversations whose fencing numbers grew, where nobody had a right to them.
    pub(crate) fn read_store(&mut self, wire: &mut Wire) -> Vec<ConversationId> {
        let mut claimed = Vec::new();
        let conversations = wire.conversations();
        for Conversation { id, claim, operator, last, reserved, .. } in &conversations {
            let (read, number) = self.read.get(id).copied().unwrap_or_default();
            if *claim > number && !self.reserved.contains(id) {
                claimed.push(id.clone());
            }
            if reserved.is_some() {
                self.reserved.insert(id.clone());
            } else {
                self.reserved.remove(id);
            }
            let news = if read == *last { Vec::new() } else { wire.log_after(id, read) };
            self.messages +=
                news.iter().filter(|e| matches!(e.kind, EventKind::Message { .. })).count() as u64;
            self.read.insert(id.clone(), (*last, *claim));
            let holder = operator.clone();
            self.see(Seen::Stored { conv: id.clone(), claim: *claim, holder, last: *last, news });
        }
        let gone: Vec<_> =
            self.read.keys().filter(|id| !conversations.iter().any(|one| one.id == **id)).cloned().collect();
        for id in gone {
            self.read.remove(&id);
            self.see(Seen::Destroyed(id));
        }
        claimed
    }

    pub(crate) fn see(&mut self, seen: Seen) {
        if self.is_traced
            && let Seen::Shows { page, side, conv, entries } = &seen
        {
            let last = entries.iter().filter_map(|entry| entry.seq).max();
            eprintln!("    {page} shows {side:?} {conv:?} up to {last:?}");
        }
        if let Err(violation) = self.history.see(seen) {
            panic!("{violation}");
        }
    }

    fn passed(&mut self, wire: &mut Wire, one: Passed, claimed: &[ConversationId]) {
        if self.is_traced {
            trace(wire.now, &one);
        }
        match one {
            Passed::In(_, conn, frame) => {
                self.remember(conn.0, &frame);
                let socket = self.sockets.entry(conn).or_default();
                match frame["t"].as_str() {
                    Some("hello") => socket.visible = frame["visible"].as_bool().unwrap_or(true),
                    Some("presence") => socket.visible = frame["visible"] == true,
                    Some("claim") if frame["conv"].is_null() => {
                        self.for_the_next.extend(frame["cid"].as_str().map(str::to_owned));
                    }
                    _ => {}
                }
            }
            Passed::Out(page, conn, frame) => {
                self.remember(conn.0 << 32, &frame);
                self.sent(wire, page, conn, &frame, claimed);
            }
            Passed::Queued(_, frames, bytes) | Passed::Burst(_, frames, bytes) => {
                self.see(Seen::Queued { frames, bytes });
            }
            Passed::Lost(conn) => {
                self.sockets.remove(&conn);
                self.holds.retain(|_, holder| *holder != conn);
            }
            Passed::Restarted | Passed::Restored => {
                self.sockets.clear();
                self.holds.clear();
            }
        }
    }

    fn remember(&mut self, place: u64, frame: &Value) {
        if let Some(fingerprint) = &mut self.fingerprint {
            let mut hasher = DefaultHasher::new();
            (*fingerprint, place, frame.to_string()).hash(&mut hasher);
            *fingerprint = hasher.finish();
        }
    }

    fn sent(
        &mut self,
        wire: &mut Wire,
        page: PeerId,
        conn: ConnId,
        frame: &Value,
        claimed: &[ConversationId],
    ) {
        let is_console = self.areas.contains_key(&page);
        // Only these can hold somebody's words.
        let speaks = ["ready", "event", "history", "assigned", "watching", "note", "result", "error"];
        if frame["t"].as_str().is_some_and(|t| speaks.contains(&t)) {
            let text = frame.to_string();
            if text.contains(MARK) || text.contains(NOTE_MARK) {
                self.see(Seen::Sent { to: if is_console { Side::Operator } else { Side::Visitor }, text });
            }
        }
        let conv = |value: &Value| value.as_str().map(|id| ConversationId(id.to_owned()));
        match frame["t"].as_str() {
            Some("ready") => {
                let socket = self.sockets.entry(conn).or_default();
                socket.operator = frame["who"]["id"].as_str().map(|id| OperatorId(id.to_owned()));
                socket.conv = conv(&frame["conv"]["id"]);
                let snapshots = frame["convs"].as_array().into_iter().flatten().chain([&frame["conv"]]);
                for snapshot in snapshots {
                    self.told_all(conv(&snapshot["id"]).as_ref(), &snapshot["events"]);
                }
            }
            Some("ack") => self.acked(wire, page, conn, frame, claimed),
            Some("assigned" | "watching") => {
                let snapshot = &frame["conversation"];
                let Some(id) = conv(&snapshot["id"]) else { return };
                if frame["t"] == "assigned" {
                    if snapshot["state"] == "waiting" {
                        self.holds.insert(id.clone(), conn);
                    } else {
                        self.holds.remove(&id);
                    }
                }
                self.told_all(Some(&id), &snapshot["events"]);
            }
            Some("released") => {
                if let Some(id) = conv(&frame["conv"]) {
                    self.holds.remove(&id);
                }
            }
            Some("event") => self.told(conv(&frame["conv"]).or_else(|| self.conv_of(conn)), frame),
            Some("history") => {
                let id = conv(&frame["conv"]).or_else(|| self.conv_of(conn));
                self.told_all(id.as_ref(), &frame["events"]);
            }
            _ => {}
        }
    }

    fn acked(
        &mut self,
        wire: &mut Wire,
        page: PeerId,
        conn: ConnId,
        frame: &Value,
        claimed: &[ConversationId],
    ) {
        let named = frame["conv"].as_str().map(|id| ConversationId(id.to_owned()));
        let socket = self.sockets.entry(conn).or_default();
        let operator = socket.operator.clone();
        if operator.is_none() && socket.conv.is_none() {
            socket.conv.clone_from(&named);
        }
        let Some(conv) = named.or_else(|| self.conv_of(conn)) else { return };
        let Some(cid) = frame["cid"].as_str() else { return };
        let Some(number) = frame["claim"].as_u64() else {
            if let Some(seq) = frame["seq"].as_u64() {
                let sender = operator.map_or_else(|| "visitor".to_owned(), |id| id.0);
                self.see(Seen::Acked { conv, sender, cid: cid.to_owned(), seq });
            }
            return;
        };
        let Some(by) = operator else { return };
        self.see(Seen::Claimed { conv: conv.clone(), by, number });
        // An answer that is told again says nothing of who waits by now.
        if self.for_the_next.contains(cid) && claimed.contains(&conv) {
            let areas = self.areas.get(&page).cloned().unwrap_or_default();
            let earlier = self.earlier_than(wire, &conv);
            self.see(Seen::TookNext { conv, areas, earlier });
        }
    }

    fn earlier_than(&self, wire: &mut Wire, taken: &ConversationId) -> Vec<Waiter> {
        let all = wire.conversations();
        let Some(order) = all.iter().find(|one| one.id == *taken).map(|one| one.order) else {
            return Vec::new();
        };
        let is_here = |id: &ConversationId| {
            self.sockets.values().any(|socket| socket.visible && socket.conv.as_ref() == Some(id))
        };
        all.into_iter()
            .filter(|one| one.state == ConversationState::Waiting && one.order < order)
            .map(|one| Waiter {
                is_here: is_here(&one.id),
                is_kept: self.holds.contains_key(&one.id) || one.reserved.is_some(),
                conv: one.id,
                area: one.area,
            })
            .collect()
    }

    fn conv_of(&self, conn: ConnId) -> Option<ConversationId> {
        self.sockets.get(&conn).and_then(|socket| socket.conv.clone())
    }

    fn told(&mut self, conv: Option<ConversationId>, frame: &Value) {
        let Some(conv) = conv.filter(|conv| !self.history.is_destroyed(conv)) else { return };
        let event: Event = serde_json::from_value(frame.clone()).expect("an event");
        self.see(Seen::Told { conv, event });
    }

    fn told_all(&mut self, conv: Option<&ConversationId>, events: &Value) {
        for event in events.as_array().into_iter().flatten() {
            self.told(conv.cloned(), event);
        }
    }

    fn look_at_visitor(&mut self, page: PeerId, view: &visitor::View) {
        if let Phase::Welcome { .. } | Phase::Ended(_) | Phase::Erasing | Phase::Stopped(_) = view.phase {
            self.due.remove(&page);
        }
        if let Connection::Stopped(reason) = view.connection {
            let is_meant = matches!(reason, StopReason::Erased | StopReason::Expired);
            assert!(is_meant, "{page:?} stopped: {reason:?}");
        }
        if let Phase::Welcome { .. } | Phase::Joining | Phase::Erasing | Phase::Stopped(_) = view.phase {
            self.see(Seen::Emptied { page: page.0, conv: None });
        }
        let before = self.visitors.insert(page, Arc::clone(&view.entries));
        if before.is_some_and(|before| Arc::ptr_eq(&before, &view.entries)) {
            return;
        }
        let entries = view.entries.iter().map(|entry| shown_to_visitor(entry)).collect();
        self.see(Seen::Shows { page: page.0, side: Side::Visitor, conv: None, entries });
    }

    fn look_at_console(&mut self, page: PeerId, view: &operator::View) {
        if let Connection::Stopped(reason) = view.connection {
            panic!("{page:?} stopped: {reason:?}");
        }
        let before = self.consoles.insert(page, Arc::clone(&view.conversations));
        if before.as_ref().is_some_and(|before| Arc::ptr_eq(before, &view.conversations)) {
            return;
        }
        // What was put away is told from the beginning if it ever comes back.
        let former = before.iter().flat_map(|list| list.iter()).map(|old| &old.id);
        let put_away = former.filter(|id| view.conversations.iter().all(|one| one.id != **id));
        for conv in put_away.cloned().collect::<Vec<_>>() {
            self.see(Seen::Emptied { page: page.0, conv: Some(conv) });
        }
        for one in view.conversations.iter() {
            let conv = Some(one.id.clone());
            let was_watched =
                before.iter().flat_map(|list| list.iter()).any(|old| old.id == one.id && old.watched);
            if one.released.is_some() {
                assert!(
                    one.entries.is_empty(),
                    "{page:?} still shows what is not theirs: {:?}",
                    one.released
                );
            }
            if one.released.is_some() || one.watched || was_watched {
                // What is watched is told from the beginning on every connection.
                self.see(Seen::Emptied { page: page.0, conv: conv.clone() });
            }
            let entries = one.entries.iter().map(|entry| shown_to_operator(entry)).collect();
            self.see(Seen::Shows { page: page.0, side: Side::Operator, conv, entries });
        }
    }

    /// Which of the words that a page said where it still is are in no log.
    pub(crate) fn unstored(&self, page: PeerId) -> Vec<String> {
        let logs = self.history.conversations().flat_map(|conv| self.history.log(conv));
        let stored: BTreeSet<_> = logs.filter_map(words_of).collect();
        // Of what is destroyed, nothing is left to look for.
        let is_due =
            |conv: &Option<ConversationId>| conv.as_ref().is_none_or(|conv| !self.history.is_destroyed(conv));
        let said = self.due.get(&page).into_iter().flatten().filter(|(conv, _)| is_due(conv));
        said.map(|(_, words)| words).filter(|words| !stored.contains(words.as_str())).cloned().collect()
    }
}

/// The words of an event.
pub(crate) fn words_of(event: &Event) -> Option<&str> {
    match &event.kind {
        EventKind::Message { text, .. } => Some(text.as_str()),
        _ => None,
    }
}

/// The number of a marked text.
pub(crate) fn number_of(words: &str) -> Option<u64> {
    numbers(words, MARK).first().copied()
}

/// Whether a frame of the desk says something that must be in a log by then, or a conversation may be gone.
fn tells_of_the_log(one: &Passed) -> bool {
    match one {
        Passed::Out(_, _, frame) => matches!(
            frame["t"].as_str(),
            Some("ready" | "ack" | "event" | "history" | "assigned" | "released" | "watching")
        ),
        Passed::Lost(_) | Passed::Restarted | Passed::Restored => true,
        Passed::In(..) | Passed::Queued(..) | Passed::Burst(..) => false,
    }
}

/// Prints what passed, as briefly as can be.
fn trace(now: u64, one: &Passed) {
    let short = |frame: &Value| -> String {
        let text = frame.to_string().replace("€", "");
        text.chars().take(400).collect()
    };
    let seconds = now as f64 / 1_000.0 - 1_795_291_200.0;
    match one {
        Passed::In(page, conn, frame) => eprintln!("{seconds:.3} {} #{} → {}", page.0, conn.0, short(frame)),
        Passed::Out(page, conn, frame) => eprintln!("{seconds:.3} {} #{} ← {}", page.0, conn.0, short(frame)),
        Passed::Queued(..) | Passed::Burst(..) => {}
        Passed::Lost(_) | Passed::Restarted | Passed::Restored => eprintln!("{seconds:.3} {one:?}"),
    }
}

fn shown_to_visitor(entry: &visitor::Entry) -> Shown {
    let (words, own) = match &entry.kind {
        visitor::EntryKind::Own { cid, text, delivery } => {
            (Some(text), Some((cid.as_str().to_owned(), *delivery)))
        }
        visitor::EntryKind::Theirs { text, .. } => (Some(text), None),
        _ => (None, None),
    };
    let words = words.map(|text| text.as_str().to_owned());
    Shown { key: entry.key.clone(), seq: entry.seq, at: entry.at.clone(), words, own }
}

fn shown_to_operator(entry: &operator::Entry) -> Shown {
    let (words, own) = match &entry.kind {
        operator::EntryKind::Visitor(text) | operator::EntryKind::Automatic(text) => (Some(text), None),
        operator::EntryKind::Operator { cid, text, delivery, .. } => {
            (Some(text), cid.as_ref().map(|cid| (cid.as_str().to_owned(), *delivery)))
        }
        _ => (None, None),
    };
    let words = words.map(|text| text.as_str().to_owned());
    Shown { key: entry.key.clone(), seq: entry.seq, at: entry.at.clone(), words, own }
}
