//! What must hold at every moment of any run, and at its end.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::Value;
use tealight_protocol::{ConversationId, ConversationState, Event, EventKind, OperatorId, Party};
use tealight_server::desk::ConnId;
use tealight_session::visitor::Phase;
use tealight_session::{Connection, Delivery, StopReason, operator, visitor};
use tealight_tests::wire::{Passed, PeerId, Wire};

/// Follows a run and stops it at the first thing that must not be.
#[derive(Debug, Default)]
pub(crate) struct History {
    logs: HashMap<ConversationId, Vec<Event>>,
    erased: BTreeSet<String>,
    /// What the desk acknowledged: by conversation and command, the event it became.
    acked: HashMap<(String, String), u64>,
    /// Fencing numbers that were given, and to whom.
    claims: HashMap<(String, u64), PeerId>,
    /// What the desk knows of each visitor's socket: the conversation, and whether the page is in sight.
    sockets: HashMap<ConnId, Socket>,
    /// Conversations that an operator waits for, by the socket of the console.
    holds: HashMap<String, ConnId>,
    /// How many committed entries each page has shown, by conversation.
    shown: HashMap<(PeerId, String), usize>,
    /// Everything that anybody pressed Send for, in that order: by page, the words.
    said: BTreeMap<PeerId, Vec<String>>,
    /// Of these, what was said in a conversation that the page is still in.
    due: BTreeMap<PeerId, Vec<String>>,
    /// What each visitor's page showed when last it was looked at.
    visitors: BTreeMap<PeerId, Arc<Vec<Arc<visitor::Entry>>>>,
    /// What each console showed when last it was looked at.
    operators: BTreeMap<PeerId, Arc<Vec<Arc<operator::ConversationView>>>>,
}

#[derive(Debug, Default)]
struct Socket {
    conv: Option<String>,
    secret: Option<String>,
    visible: bool,
}

impl History {
    /// Somebody pressed Send.
    pub(crate) fn said(&mut self, page: PeerId, words: &str) {
        self.said.entry(page).or_default().push(words.to_owned());
        self.due.entry(page).or_default().push(words.to_owned());
    }

    /// Forgets what a page showed: it was loaded again.
    pub(crate) fn reloaded(&mut self, page: PeerId) {
        self.shown.retain(|(other, _), _| *other != page);
    }

    /// Looks at everything after a step.
    pub(crate) fn check(&mut self, wire: &mut Wire) {
        let passed = std::mem::take(&mut wire.passed);
        if passed.iter().any(tells_of_the_log) {
            self.read_logs(wire);
        }
        for one in passed {
            self.passed(wire, one);
        }
        for page in wire.visitors() {
            let view = wire.visitor_view(page);
            if let Phase::Welcome { .. } | Phase::Ended(_) | Phase::Stopped(_) = view.phase {
                self.due.remove(&page);
            }
            let before = self.visitors.insert(page, Arc::clone(&view.entries));
            if !before.is_some_and(|before| Arc::ptr_eq(&before, &view.entries)) {
                self.check_visitor(page, &view);
            }
        }
        for page in wire.operators() {
            let view = wire.operator_view(page);
            let before = self.operators.insert(page, Arc::clone(&view.conversations));
            if !before.is_some_and(|before| Arc::ptr_eq(&before, &view.conversations)) {
                self.check_operator(page, &view);
            }
        }
    }

    /// Looks at everything once nothing goes wrong any more and enough time has passed.
    pub(crate) fn check_end(&mut self, wire: &mut Wire) {
        self.check(wire);
        self.read_logs(wire);
        let conversations = wire.conversations();
        for conversation in &conversations {
            let log = &self.logs[&conversation.id];
            assert_eq!(log.len() as u64, conversation.last);
            check_log(log);
        }
        self.check_acks();
        for page in wire.visitors() {
            self.visitor_has_converged(page, wire);
        }
        for page in wire.operators() {
            let view = wire.operator_view(page);
            assert_eq!(view.connection, Connection::Ready, "{page:?}");
            let is_gone =
                |one: &operator::ConversationView| one.released.is_some() || self.erased.contains(&one.id.0);
            for one in view.conversations.iter().filter(|one| is_gone(one)) {
                assert!(one.entries.is_empty(), "{page:?} still shows what is gone: {:?}", one.released);
            }
            let me = &view.who.as_ref().expect("a ready operator has a name").id;
            for one in view.conversations.iter().filter(|one| one.released.is_none() && one.ended.is_none()) {
                let record = conversations.iter().find(|record| record.id == one.id);
                let record = record.unwrap_or_else(|| panic!("{page:?} shows {:?}, which is gone", one.id));
                if one.state == ConversationState::Active {
                    assert_eq!(record.state, ConversationState::Active, "{page:?}");
                    assert_eq!(record.operator.as_ref(), Some(me), "{page:?}");
                }
                let log = &self.logs[&one.id];
                let committed = one.entries.iter().filter(|entry| entry.seq.is_some()).count();
                assert_eq!(committed, operator_seqs(log, u64::MAX).len(), "{page:?} lacks something");
                let is_under_way = |entry: &operator::Entry| {
                    matches!(entry.kind, operator::EntryKind::Operator { delivery: Delivery::Sending, .. })
                };
                assert!(!one.entries.iter().any(|entry| is_under_way(entry)), "{page:?} still sends");
            }
            let theirs = conversations
                .iter()
                .filter(|r| r.state == ConversationState::Active && r.operator.as_ref() == Some(me));
            for record in theirs {
                assert!(view.conversations.iter().any(|one| one.id == record.id), "{page:?} lacks a chat");
            }
        }
        self.check_words();
    }

    fn read_logs(&mut self, wire: &mut Wire) {
        let mut there = BTreeSet::new();
        for conversation in wire.conversations() {
            there.insert(conversation.id.0.clone());
            let log = self.logs.entry(conversation.id.clone()).or_default();
            if log.len() as u64 == conversation.last {
                continue;
            }
            for event in wire.log_after(&conversation, log.len() as u64) {
                assert_eq!(event.seq, log.len() as u64 + 1, "the log is not dense");
                log.push(event);
            }
            check_log(log);
        }
        let gone = self.logs.keys().filter(|id| !there.contains(&id.0));
        self.erased.extend(gone.map(|id| id.0.clone()));
    }

    fn passed(&mut self, wire: &mut Wire, one: Passed) {
        match one {
            Passed::In(_, conn, frame) => {
                let socket = self.sockets.entry(conn).or_default();
                match frame["t"].as_str() {
                    Some("hello") => {
                        socket.visible = frame["visible"].as_bool().unwrap_or(true);
                        socket.secret = frame["secret"].as_str().map(str::to_owned);
                    }
                    Some("presence") => socket.visible = frame["visible"] == true,
                    _ => {}
                }
            }
            Passed::Out(page, conn, frame) => self.sent(wire, page, conn, &frame),
            Passed::Lost(conn) => {
                self.sockets.remove(&conn);
                self.holds.retain(|_, holder| *holder != conn);
            }
            Passed::Queued(..) | Passed::Burst(..) => {}
            Passed::Restarted | Passed::Restored => {
                self.sockets.clear();
                self.holds.clear();
            }
        }
    }

    fn sent(&mut self, wire: &mut Wire, page: PeerId, conn: ConnId, frame: &Value) {
        match frame["t"].as_str() {
            Some("ready") => {
                if let Some(conv) = frame["conv"]["id"].as_str() {
                    self.sockets.entry(conn).or_default().conv = Some(conv.to_owned());
                }
                self.event_list(frame["conv"]["id"].as_str(), &frame["conv"]["events"]);
            }
            Some("ack") => {
                let socket = self.sockets.entry(conn).or_default();
                if let (Some(conv), None) = (frame["conv"].as_str(), frame["claim"].as_u64()) {
                    socket.conv.get_or_insert_with(|| conv.to_owned());
                }
                let conv = frame["conv"].as_str().map(str::to_owned).or_else(|| socket.conv.clone());
                let (Some(conv), Some(cid)) = (conv, frame["cid"].as_str()) else { return };
                if let Some(seq) = frame["seq"].as_u64() {
                    let before = self.acked.insert((conv.clone(), cid.to_owned()), seq);
                    assert!(before.is_none_or(|before| before == seq), "one command, two events");
                }
                if let Some(claim) = frame["claim"].as_u64() {
                    let fresh = self.claims.insert((conv.clone(), claim), page).is_none();
                    assert_eq!(
                        self.claims[&(conv.clone(), claim)],
                        page,
                        "one fencing number, two operators"
                    );
                    if fresh && frame["seq"].is_u64() {
                        self.nobody_was_overtaken(wire, &conv);
                    }
                }
            }
            Some("assigned") => {
                let conv = frame["conversation"]["id"].as_str().unwrap_or_default().to_owned();
                if frame["conversation"]["state"] == "waiting" {
                    self.holds.insert(conv, conn);
                } else {
                    self.holds.remove(&conv);
                }
            }
            Some("released") => {
                self.holds.remove(frame["conv"].as_str().unwrap_or_default());
            }
            Some("event") => {
                let conv = frame["conv"].as_str().map(str::to_owned);
                let conv = conv.or_else(|| self.sockets.get(&conn).and_then(|socket| socket.conv.clone()));
                self.event(conv.as_deref(), frame);
            }
            Some("history") => {
                let conv = frame["conv"].as_str().map(str::to_owned);
                let conv = conv.or_else(|| self.sockets.get(&conn).and_then(|socket| socket.conv.clone()));
                self.event_list(conv.as_deref(), &frame["events"]);
            }
            _ => {}
        }
    }

    /// Nothing is told that is not stored.
    fn event(&self, conv: Option<&str>, frame: &Value) {
        let Some(conv) = conv.filter(|conv| !self.erased.contains(*conv)) else { return };
        let seq = frame["seq"].as_u64().expect("an event has a number");
        let log = &self.logs[&ConversationId(conv.to_owned())];
        let stored =
            log.get(seq as usize - 1).unwrap_or_else(|| panic!("event {seq} was told before it was stored"));
        let told: Event = serde_json::from_value(frame.clone()).expect("an event");
        assert_eq!(&told, stored);
    }

    fn event_list(&self, conv: Option<&str>, events: &Value) {
        for event in events.as_array().into_iter().flatten() {
            self.event(conv, event);
        }
    }

    /// Whoever was there and came earlier was taken earlier.
    fn nobody_was_overtaken(&self, wire: &mut Wire, taken: &str) {
        let conversations = wire.conversations();
        let Some(order) = conversations.iter().find(|one| one.id.0 == taken).map(|one| one.order) else {
            return;
        };
        for earlier in
            conversations.iter().filter(|one| one.state == ConversationState::Waiting && one.order < order)
        {
            let here = self
                .sockets
                .values()
                .any(|socket| socket.visible && socket.conv.as_deref() == Some(earlier.id.0.as_str()));
            // Somebody waits for this one already, though the meeting could not be stored yet.
            let is_held = self.holds.contains_key(&earlier.id.0);
            assert!(!here || is_held, "{:?} was in sight and overtaken by {taken}", earlier.id);
        }
    }

    fn check_visitor(&mut self, page: PeerId, view: &visitor::View) {
        if let Connection::Stopped(reason) = view.connection {
            assert!(
                matches!(reason, StopReason::Erased | StopReason::Expired),
                "{page:?} stopped: {reason:?}"
            );
        }
        let mut seqs = Vec::new();
        let mut keys = BTreeSet::new();
        let mut pending = false;
        for entry in view.entries.iter() {
            assert!(keys.insert(&entry.key), "{page:?} shows {} twice", entry.key);
            match entry.seq {
                Some(seq) => {
                    assert!(!pending, "{page:?} shows something committed behind something under way");
                    seqs.push(seq);
                }
                None => pending = true,
            }
        }
        let (Some(last), Some(log)) = (seqs.last(), self.log_of_visitor(view)) else { return };
        assert_eq!(seqs, visitor_seqs(log, *last), "{page:?} has a hole");
        for entry in view.entries.iter() {
            if let (
                visitor::EntryKind::Own { text, .. } | visitor::EntryKind::Theirs { text, .. },
                Some(seq),
            ) = (&entry.kind, entry.seq)
            {
                assert_eq!(Some(text.as_str()), text_of(&log[seq as usize - 1]));
            }
        }
    }

    /// The conversation a page shows: the one that holds its first own or other entry at that time. Texts of
    /// these runs are all different, and so are the moments of joining within a conversation.
    fn log_of_visitor(&self, view: &visitor::View) -> Option<&Vec<Event>> {
        let first = view.entries.iter().find(|entry| entry.seq.is_some())?;
        let seq = first.seq? as usize;
        let mut found = self.logs.values().filter(|log| {
            log.get(seq - 1).is_some_and(|event| {
                Some(&event.at) == first.at.as_ref()
                    && match &first.kind {
                        visitor::EntryKind::Own { text, .. } | visitor::EntryKind::Theirs { text, .. } => {
                            text_of(event) == Some(text.as_str())
                        }
                        visitor::EntryKind::Joined(_) => matches!(event.kind, EventKind::Joined { .. }),
                        visitor::EntryKind::Left { .. } => matches!(event.kind, EventKind::Left { .. }),
                        visitor::EntryKind::Transferred { .. } => {
                            matches!(event.kind, EventKind::Transferred { .. })
                        }
                        visitor::EntryKind::Offer { id, .. } => {
                            matches!(&event.kind, EventKind::Offer { id: other, .. } if id == other)
                        }
                    }
            })
        });
        let log = found.next();
        // Two that cannot be told apart by their first entry are not compared.
        log.filter(|_| found.next().is_none())
    }

    fn check_operator(&mut self, page: PeerId, view: &operator::View) {
        if let Connection::Stopped(reason) = view.connection {
            panic!("{page:?} stopped: {reason:?}");
        }
        for one in view.conversations.iter() {
            let mut seqs = Vec::new();
            let mut keys = BTreeSet::new();
            let mut pending = false;
            for entry in one.entries.iter() {
                assert!(keys.insert(&entry.key), "{page:?} shows {} twice", entry.key);
                match entry.seq {
                    Some(seq) => {
                        assert!(!pending, "{page:?} shows something committed behind something under way");
                        seqs.push(seq);
                    }
                    None => pending = true,
                }
            }
            let (Some(last), Some(log)) = (seqs.last(), self.logs.get(&one.id)) else { continue };
            assert_eq!(seqs, operator_seqs(log, *last), "{page:?} has a hole");
            let key = (page, one.id.0.clone());
            let shown = self.shown.insert(key, seqs.len());
            assert!(shown.is_none_or(|shown| shown <= seqs.len()), "{page:?} lost something it had shown");
        }
    }

    fn visitor_has_converged(&self, page: PeerId, wire: &mut Wire) {
        let view = wire.visitor_view(page);
        match &view.phase {
            Phase::Welcome { .. } | Phase::Stopped(_) => return,
            Phase::Joining => panic!("{page:?} still joins"),
            Phase::Waiting(_) | Phase::Talking(_) => {
                assert_eq!(view.connection, Connection::Ready, "{page:?}");
            }
            Phase::Ended(_) => {}
        }
        let pending: Vec<_> = view
            .entries
            .iter()
            .filter_map(|entry| match &entry.kind {
                visitor::EntryKind::Own { delivery, .. } => Some(*delivery),
                _ => None,
            })
            .filter(|delivery| *delivery < Delivery::Sent)
            .collect();
        if let Phase::Ended(_) = view.phase {
            assert!(pending.iter().all(|delivery| *delivery == Delivery::NotSent), "{page:?}: {pending:?}");
        } else {
            assert!(pending.is_empty(), "{page:?}: {pending:?}");
        }
        let conversations = wire.conversations();
        let Some(log) = self.log_of_visitor(&view) else { return };
        let id = self.logs.iter().find(|(_, other)| std::ptr::eq(*other, log)).map(|(id, _)| id);
        let Some(record) = conversations.iter().find(|record| Some(&record.id) == id) else { return };
        let state = match &view.phase {
            Phase::Waiting(_) => ConversationState::Waiting,
            Phase::Talking(_) => ConversationState::Active,
            Phase::Ended(_) => ConversationState::Ended,
            Phase::Welcome { .. } | Phase::Joining | Phase::Stopped(_) => return,
        };
        assert_eq!(record.state, state, "{page:?}");
        if state != ConversationState::Ended {
            let committed = view.entries.iter().filter(|entry| entry.seq.is_some()).count();
            assert_eq!(committed, visitor_seqs(log, u64::MAX).len(), "{page:?} lacks something");
        }
    }

    fn check_acks(&self) {
        for ((conv, cid), seq) in &self.acked {
            if self.erased.contains(conv) {
                continue;
            }
            let log = &self.logs[&ConversationId(conv.clone())];
            let event = log.get(*seq as usize - 1).expect("what was acknowledged is in the log");
            if let EventKind::Message { cid: echo, .. } = &event.kind {
                assert_eq!(echo.as_ref().map(|cid| cid.as_str()), Some(cid.as_str()));
            }
        }
    }

    /// Nothing that was said is in any log twice, and what one page said stands there in the order of saying.
    fn check_words(&self) {
        let mut everywhere = BTreeMap::new();
        for log in self.logs.values() {
            for (seq, text) in log.iter().filter_map(|event| Some((event.seq, text_of(event)?))) {
                assert!(everywhere.insert(text, seq).is_none(), "{text} was stored twice");
            }
        }
        for (page, said) in &self.said {
            for log in self.logs.values() {
                let in_log = |words: &String| {
                    log.iter().find(|event| text_of(event) == Some(words.as_str())).map(|event| event.seq)
                };
                let order: Vec<_> = said.iter().filter_map(in_log).collect();
                assert!(order.is_sorted(), "{page:?} said {said:?}, stored as {order:?}");
            }
        }
    }

    /// Which of the words that a page said where it still is are in no log.
    pub(crate) fn unstored(&self, page: PeerId) -> Vec<String> {
        let stored: BTreeSet<_> = self.logs.values().flatten().filter_map(text_of).collect();
        let said = self.due.get(&page).into_iter().flatten();
        said.filter(|words| !stored.contains(words.as_str())).cloned().collect()
    }
}

/// Whether a frame of the desk says something that must be in a log by then.
fn tells_of_the_log(one: &Passed) -> bool {
    let Passed::Out(_, _, frame) = one else { return false };
    matches!(frame["t"].as_str(), Some("ready" | "ack" | "event" | "history" | "assigned"))
}

/// A log by itself: no command twice, one operator at a time, nobody speaks who is not there.
fn check_log(log: &[Event]) {
    let mut cids = BTreeSet::new();
    let mut with: Option<OperatorId> = None;
    let mut ended = false;
    for event in log {
        assert!(!ended || matches!(event.kind, EventKind::Survey { .. }), "something after the end");
        match &event.kind {
            EventKind::Joined { who } => {
                assert!(with.is_none(), "two operators at once");
                with = Some(who.id.clone());
            }
            EventKind::Left { who, .. } | EventKind::Transferred { from: who, .. } => {
                assert_eq!(with.take().as_ref(), Some(who));
            }
            EventKind::Offer { from, .. } => assert_eq!(with.as_ref(), Some(from)),
            EventKind::Message { from, cid, .. } => {
                assert!(cid.as_ref().is_none_or(|cid| cids.insert(cid.clone())), "a command twice");
                if let Party::Operator(speaker) = from {
                    assert_eq!(with.as_ref(), Some(speaker), "an operator spoke who was not there");
                }
            }
            EventKind::Ended { .. } => ended = true,
            EventKind::Started { .. } => assert_eq!(event.seq, 1),
            EventKind::Answered { .. } | EventKind::Survey { .. } | EventKind::Unknown => {}
        }
    }
}

fn text_of(event: &Event) -> Option<&str> {
    match &event.kind {
        EventKind::Message { text, .. } => Some(text.as_str()),
        _ => None,
    }
}

/// Which events a visitor's screen shows, up to one.
fn visitor_seqs(log: &[Event], last: u64) -> Vec<u64> {
    let shows = |event: &&Event| {
        matches!(
            event.kind,
            EventKind::Message { .. }
                | EventKind::Joined { .. }
                | EventKind::Left { .. }
                | EventKind::Transferred { .. }
                | EventKind::Offer { .. }
        )
    };
    log.iter().filter(shows).map(|event| event.seq).filter(|seq| *seq <= last).collect()
}

/// Which events an operator's screen shows, up to one.
fn operator_seqs(log: &[Event], last: u64) -> Vec<u64> {
    let hides = |event: &&Event| {
        matches!(event.kind, EventKind::Answered { .. } | EventKind::Survey { .. } | EventKind::Unknown)
    };
    log.iter().filter(|event| !hides(event)).map(|event| event.seq).filter(|seq| *seq <= last).collect()
}
