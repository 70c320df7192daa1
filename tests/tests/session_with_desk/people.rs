//! What visitors and operators do in several of these tests, and how long a test waits for what follows.

use tealight_protocol::{Availability, ConversationState, Route};
use tealight_server::store::Conversation;
use tealight_session::operator::{self, ConversationView};
use tealight_session::visitor::{self, Phase};
use tealight_session::{Connection, Delivery};
use tealight_tests::wire::{PeerId, Wire};

/// Longer than anything takes that still works: backoffs, leases and pings included.
const PATIENCE_MS: u64 = 240_000;

/// Lets time pass until something holds.
pub(crate) fn until(wire: &mut Wire, what: &str, mut holds: impl FnMut(&mut Wire) -> bool) {
    let end = wire.now + PATIENCE_MS;
    while !holds(wire) {
        assert!(wire.now < end, "never came: {what}\n{}", picture(wire));
        wire.run(50);
    }
}

/// A visitor presses Join, and waits for the waiting room.
pub(crate) fn join(wire: &mut Wire) -> PeerId {
    let visitor = wire.visitor();
    press_join(wire, visitor);
    until(wire, "the waiting room", |wire| is_waiting(wire, visitor));
    visitor
}

/// A visitor presses Join.
pub(crate) fn press_join(wire: &mut Wire, visitor: PeerId) {
    wire.visitor_does(visitor, visitor::Command::Join { area: None, route: Route::Standard });
}

/// A visitor writes something and presses Send.
pub(crate) fn write(wire: &mut Wire, visitor: PeerId, words: &str) {
    wire.visitor_does(visitor, visitor::Command::Edit(words.to_owned()));
    wire.visitor_does(visitor, visitor::Command::Send);
}

/// An operator who takes so many visitors.
pub(crate) fn volunteer(wire: &mut Wire, name: &str, capacity: u8) -> PeerId {
    let operator = wire.operator(name);
    accept(wire, operator, capacity);
    until(wire, "the console is ready", |wire| wire.operator_view(operator).connection == Connection::Ready);
    operator
}

/// An operator says to take so many visitors.
pub(crate) fn accept(wire: &mut Wire, operator: PeerId, capacity: u8) {
    let status = Availability::Accepting;
    wire.operator_does(operator, operator::Command::Avail { status, capacity, last_chat: false });
}

/// An operator presses "next" until a visitor is there.
pub(crate) fn take_next(wire: &mut Wire, operator: PeerId) {
    until(wire, "a conversation on the console", |wire| {
        let is_there = mine(wire, operator).is_some();
        if !is_there {
            wire.operator_does(operator, operator::Command::Claim(None));
        }
        is_there
    });
}

/// An operator writes something and presses Send.
pub(crate) fn reply(wire: &mut Wire, operator: PeerId, words: &str) {
    let conv = mine(wire, operator).expect("a conversation").id;
    wire.operator_does(operator, operator::Command::Edit(conv.clone(), words.to_owned()));
    wire.operator_does(operator, operator::Command::Send(conv));
}

/// A visitor and an operator in a conversation.
pub(crate) fn talking(wire: &mut Wire) -> (PeerId, PeerId) {
    let visitor = join(wire);
    let operator = volunteer(wire, "Sam", 1);
    take_next(wire, operator);
    until(wire, "the chat", |wire| is_talking(wire, visitor));
    (visitor, operator)
}

/// The conversation that an operator has, the last if there are several.
pub(crate) fn mine(wire: &Wire, operator: PeerId) -> Option<ConversationView> {
    let view = wire.operator_view(operator);
    let mut open = view.conversations.iter().filter(|one| {
        one.released.is_none() && one.ended.is_none() && one.state == ConversationState::Active
    });
    open.next_back().map(|one| (**one).clone())
}

/// Whether a visitor is in the waiting room.
pub(crate) fn is_waiting(wire: &Wire, visitor: PeerId) -> bool {
    matches!(wire.visitor_view(visitor).phase, Phase::Waiting(_))
}

/// Whether a visitor is with an operator.
pub(crate) fn is_talking(wire: &Wire, visitor: PeerId) -> bool {
    matches!(wire.visitor_view(visitor).phase, Phase::Talking(_))
}

/// Whether a visitor reads that it is over.
pub(crate) fn is_ended(wire: &Wire, visitor: PeerId) -> bool {
    matches!(wire.visitor_view(visitor).phase, Phase::Ended(_))
}

/// A visitor's place, where it is shown.
pub(crate) fn place(wire: &Wire, visitor: PeerId) -> Option<u32> {
    match wire.visitor_view(visitor).phase {
        Phase::Waiting(room) => room.place,
        Phase::Welcome { .. }
        | Phase::Joining
        | Phase::Talking(_)
        | Phase::Ended(_)
        | Phase::Erasing
        | Phase::Stopped(_) => None,
    }
}

/// The words on a visitor's screen, and how far the visitor's own have come.
pub(crate) fn read(wire: &Wire, visitor: PeerId) -> Vec<(String, Option<Delivery>)> {
    let view = wire.visitor_view(visitor);
    let words = view.entries.iter().filter_map(|entry| match &entry.kind {
        visitor::EntryKind::Own { text, delivery, .. } => Some((text.as_str().to_owned(), Some(*delivery))),
        visitor::EntryKind::Theirs { text, .. } => Some((text.as_str().to_owned(), None)),
        visitor::EntryKind::Joined(_)
        | visitor::EntryKind::Left { .. }
        | visitor::EntryKind::Transferred { .. }
        | visitor::EntryKind::Offer { .. } => None,
    });
    words.collect()
}

/// The words alone.
pub(crate) fn words(wire: &Wire, visitor: PeerId) -> Vec<String> {
    read(wire, visitor).into_iter().map(|(words, _)| words).collect()
}

/// The words on an operator's screen, in the conversation that was touched last.
pub(crate) fn words_at(wire: &Wire, operator: PeerId) -> Vec<String> {
    let view = wire.operator_view(operator);
    let Some(conversation) = view.conversations.last() else { return Vec::new() };
    words_of(conversation)
}

/// The words of one conversation on an operator's screen.
pub(crate) fn words_of(conversation: &ConversationView) -> Vec<String> {
    let words = conversation.entries.iter().filter_map(|entry| match &entry.kind {
        operator::EntryKind::Visitor(text)
        | operator::EntryKind::Operator { text, .. }
        | operator::EntryKind::Automatic(text) => Some(text.as_str().to_owned()),
        operator::EntryKind::Started
        | operator::EntryKind::Joined(_)
        | operator::EntryKind::Left { .. }
        | operator::EntryKind::Transferred { .. }
        | operator::EntryKind::Offer { .. }
        | operator::EntryKind::Ended(..) => None,
    });
    words.collect()
}

/// The words in the store's log of a conversation.
pub(crate) fn stored_words(wire: &mut Wire, conversation: &Conversation) -> Vec<String> {
    let log = wire.log_after(&conversation.id, 0);
    assert!(log.iter().enumerate().all(|(n, event)| event.seq == n as u64 + 1), "the log is not dense");
    let words = log.iter().filter_map(|event| match &event.kind {
        tealight_protocol::EventKind::Message { text, .. } => Some(text.as_str().to_owned()),
        _ => None,
    });
    words.collect()
}

/// The only conversation there is.
pub(crate) fn the_conversation(wire: &mut Wire) -> Conversation {
    let all = wire.conversations();
    assert_eq!(all.len(), 1, "one conversation");
    all[0].clone()
}

/// What everybody sees, for a test that fails.
pub(crate) fn picture(wire: &mut Wire) -> String {
    let mut lines = Vec::new();
    for conversation in wire.conversations() {
        let log = wire.log_after(&conversation.id, 0);
        lines.push(format!("stored {:?} {:?}", conversation, log.iter().map(|e| e.seq).max()));
    }
    for visitor in wire.visitors() {
        let view = wire.visitor_view(visitor);
        lines.push(format!("{visitor:?} {:?} {:?} {:?}", view.connection, view.phase, read(wire, visitor)));
    }
    for operator in wire.operators() {
        let view = wire.operator_view(operator);
        lines.push(format!(
            "{operator:?} {:?} {:?} claiming {} refused {:?}",
            view.connection, view.status, view.claiming, view.refusal
        ));
        for one in view.conversations.iter() {
            lines.push(format!(
                "  {:?} {:?} released {:?} ended {:?}: {:?}",
                one.id,
                one.state,
                one.released,
                one.ended,
                words_of(one)
            ));
        }
    }
    lines.join("\n")
}
