//! What must hold at the end of a run, once nothing goes wrong any more and enough time has passed.

use tealight_protocol::{ConversationId, ConversationState};
use tealight_server::store::Conversation;
use tealight_session::visitor::{self, Phase};
use tealight_session::{Connection, Delivery, StopReason, operator};
use tealight_tests::history::{Seen, Side};
use tealight_tests::wire::{PeerId, Wire};

use crate::people::words_of as words_at;
use crate::watch::{Watch, number_of, words_of};

impl Watch {
    /// Looks at everything a last time.
    pub(crate) fn check_end(&mut self, wire: &mut Wire) {
        self.check(wire);
        self.read_store(wire);
        if let Err(violation) = self.history.settled() {
            panic!("in the end: {violation}");
        }
        let stored = wire.conversations();
        for page in wire.visitors() {
            self.visitor_has_settled(page, &wire.visitor_view(page), &stored);
        }
        for page in wire.operators() {
            self.console_has_settled(page, &wire.operator_view(page), &stored);
        }
        self.nothing_erased_is_left(wire);
        self.everything_stands_in_the_order_of_saying();
    }

    fn visitor_has_settled(&self, page: PeerId, view: &visitor::View, stored: &[Conversation]) {
        match &view.phase {
            Phase::Welcome { .. } | Phase::Stopped(_) => return,
            Phase::Joining => panic!("{page:?} still joins"),
            Phase::Erasing => panic!("{page:?} still erases"),
            Phase::Waiting(_) | Phase::Talking(_) => {
                assert_eq!(view.connection, Connection::Ready, "{page:?}");
            }
            Phase::Ended(_) => {}
        }
        let own = view.entries.iter().filter_map(|entry| match &entry.kind {
            visitor::EntryKind::Own { delivery, .. } => Some(*delivery),
            _ => None,
        });
        let pending: Vec<_> = own.filter(|delivery| *delivery < Delivery::Sent).collect();
        if let Phase::Ended(_) = view.phase {
            assert!(pending.iter().all(|delivery| *delivery == Delivery::NotSent), "{page:?}: {pending:?}");
        } else {
            assert!(pending.is_empty(), "{page:?}: {pending:?}");
        }
        let Some(conv) = self.history.shown_by(page.0) else { return };
        let Some(record) = stored.iter().find(|record| record.id == *conv) else { return };
        if matches!(view.phase, Phase::Ended(_)) && self.history.had_another_life(conv) {
            // Whoever had left it for good does not hear that it goes on.
            return;
        }
        let state = match &view.phase {
            Phase::Waiting(_) => ConversationState::Waiting,
            Phase::Talking(_) => ConversationState::Active,
            Phase::Ended(_) => ConversationState::Ended,
            Phase::Welcome { .. } | Phase::Joining | Phase::Erasing | Phase::Stopped(_) => return,
        };
        assert_eq!(record.state, state, "{page:?}");
        if state != ConversationState::Ended {
            let shown = view.entries.iter().filter_map(|entry| entry.seq).collect::<Vec<_>>();
            assert_eq!(shown, self.history.visible(conv, Side::Visitor), "{page:?} lacks something");
        }
    }

    fn console_has_settled(&self, page: PeerId, view: &operator::View, stored: &[Conversation]) {
        assert_eq!(view.connection, Connection::Ready, "{page:?}");
        for one in view.conversations.iter().filter(|one| self.history.is_destroyed(&one.id)) {
            assert!(one.entries.is_empty(), "{page:?} still shows what is gone: {:?}", one.released);
        }
        let me = &view.who.as_ref().expect("a ready operator has a name").id;
        for one in view.conversations.iter().filter(|one| one.released.is_none() && one.ended.is_none()) {
            let record = stored.iter().find(|record| record.id == one.id);
            let record = record.unwrap_or_else(|| panic!("{page:?} shows {:?}, which is gone", one.id));
            if one.state == ConversationState::Active && !one.watched {
                assert_eq!(record.state, ConversationState::Active, "{page:?}");
                assert_eq!(record.operator.as_ref(), Some(me), "{page:?}");
            }
            let shown = one.entries.iter().filter_map(|entry| entry.seq).collect::<Vec<_>>();
            assert_eq!(shown, self.history.visible(&one.id, Side::Operator), "{page:?} lacks something");
            let is_under_way = |entry: &operator::Entry| {
                matches!(entry.kind, operator::EntryKind::Operator { delivery: Delivery::Sending, .. })
            };
            assert!(!one.entries.iter().any(|entry| is_under_way(entry)), "{page:?} still sends");
        }
        let is_mine = |record: &&Conversation| {
            record.state == ConversationState::Active && record.operator.as_ref() == Some(me)
        };
        for record in stored.iter().filter(is_mine) {
            assert!(view.conversations.iter().any(|one| one.id == record.id), "{page:?} lacks a chat");
        }
    }

    /// In the database's files, in the storage of tabs, on the screens of those whom it no longer concerns.
    fn nothing_erased_is_left(&mut self, wire: &Wire) {
        let mut kept = vec![String::from_utf8_lossy(&wire.bytes_on_disk()).into_owned()];
        for page in wire.visitors() {
            kept.extend(wire.stored(page).map(str::to_owned));
            let view = wire.visitor_view(page);
            // What is over stays to be read by whoever wrote it, unless it was erased.
            let is_over = matches!(&view.phase, Phase::Ended(_))
                || matches!(&view.phase, Phase::Stopped(stopped) if stopped.reason == StopReason::Expired);
            if !is_over {
                kept.push(view.composer.draft);
                kept.extend(crate::people::words(wire, page));
            }
        }
        for page in wire.operators() {
            let conversations = wire.operator_view(page).conversations;
            kept.extend(conversations.iter().flat_map(|one| words_at(one)));
            let notes = conversations.iter().flat_map(|one| one.notes.iter());
            kept.extend(notes.map(|note| note.text.as_str().to_owned()));
        }
        for text in kept {
            self.see(Seen::Kept(text));
        }
    }

    /// What one page said stands in every log in the order of saying.
    fn everything_stands_in_the_order_of_saying(&self) {
        let place = |conv: &ConversationId, words: &str| {
            let wanted = number_of(words)?;
            let mut log = self.history.log(conv).iter();
            log.find(|event| words_of(event).and_then(number_of) == Some(wanted)).map(|event| event.seq)
        };
        for (page, said) in &self.said {
            for conv in self.history.conversations() {
                let order: Vec<_> = said.iter().filter_map(|words| place(conv, words)).collect();
                assert!(order.is_sorted(), "{page:?} said {said:?}, stored as {order:?}");
            }
        }
    }
}
