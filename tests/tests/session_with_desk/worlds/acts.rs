//! What visitors and operators do.

use rand::Rng as _;
use tealight_protocol::{
    Answers, Availability, ConversationId, ConversationState, NoteText, OfferChoice, Reason, Route,
    TransferTarget,
};
use tealight_session::visitor::{Command, EntryKind, Phase};
use tealight_session::{Delivery, Fact, operator};
use tealight_tests::history::Seen;
use tealight_tests::wire::PeerId;

use super::World;

impl World {
    pub(super) fn a_visitor_acts(&mut self) {
        let pages = self.wire.visitors();
        let Some(page) = self.one_of(&pages) else {
            self.wire.visitor();
            return;
        };
        match self.wire.rng.random_range(0..100) {
            0..25 => self.visitor_goes_on(page),
            25..58 => self.visitor_says(page),
            58..60 => self.visitor_looks_after_what_was_not_sent(page),
            60..66 => {
                let words = self.new_words();
                self.wire.visitor_does(page, Command::Edit(words));
                self.wire.visitor_does(page, Command::SendWhenJoined(true));
            }
            66..74 => {
                self.wire.fact(page, Fact::Hidden);
                let ms = [1, 1_000, 60_000][self.wire.rng.random_range(0..3)];
                self.wire.throttle(page, ms);
            }
            74..84 => {
                self.wire.throttle(page, 1);
                self.wire.fact(page, Fact::Shown);
            }
            84..86 => self.wire.visitor_does(page, Command::Read(u64::MAX)),
            86..88 => self.visitor_answers_an_offer(page),
            88..90 => self.wire.visitor_does(page, Command::End),
            90 => {
                self.excused.insert(page);
                self.excused.extend(self.wire.operators());
                self.wire.visitor_does(page, Command::Erase);
            }
            91..94 if pages.len() < 6 => {
                self.wire.visitor();
            }
            // More than four pages of one conversation are not served.
            94..96 if pages.len() < 4 => {
                let copy = self.wire.duplicate(page);
                self.excused.extend(self.excused.contains(&page).then_some(copy));
            }
            96 if pages.len() > 2 => self.wire.close(page),
            _ => self.visitor_says(page),
        }
    }

    /// The next thing a person would press.
    fn visitor_goes_on(&mut self, page: PeerId) {
        match self.wire.visitor_view(page).phase {
            Phase::Welcome { .. } => {
                let areas = self.recipe.areas.clone();
                let area = self.one_of(&areas);
                self.wire.visitor_does(page, Command::Join { area, route: Route::Standard });
            }
            Phase::Ended(end) if end.survey.is_some() => match self.wire.rng.random_range(0..3) {
                0 => self.wire.visitor_does(page, Command::SkipSurvey),
                _ => {
                    let answers = Answers::from_iter([("heard".to_owned(), "Yes".to_owned())]);
                    self.wire.visitor_does(page, Command::AnswerSurvey(answers));
                }
            },
            Phase::Stopped(_) | Phase::Ended(_) => self.wire.visitor_does(page, Command::StartAfresh),
            Phase::Joining | Phase::Erasing => {}
            Phase::Waiting(_) | Phase::Talking(_) => self.visitor_says(page),
        }
    }

    fn visitor_says(&mut self, page: PeerId) {
        let phase = self.wire.visitor_view(page).phase;
        if !matches!(phase, Phase::Waiting(_) | Phase::Talking(_)) {
            return;
        }
        for _ in 0..self.wire.rng.random_range(1..4) {
            let words = self.new_words();
            self.watch.said(page, None, &words);
            self.wire.visitor_does(page, Command::QuickReply(words));
        }
    }

    fn visitor_answers_an_offer(&mut self, page: PeerId) {
        let entries = self.wire.visitor_view(page).entries;
        let offers: Vec<_> = entries
            .iter()
            .filter_map(|entry| match &entry.kind {
                EntryKind::Offer { id, .. } => Some(id.clone()),
                _ => None,
            })
            .collect();
        if let Some(offer) = self.one_of(&offers) {
            let taken = self.wire.rng.random();
            let choice = if taken { OfferChoice::Taken } else { OfferChoice::Declined };
            self.wire.visitor_does(page, Command::AnswerOffer(offer, choice));
        }
    }

    fn visitor_looks_after_what_was_not_sent(&mut self, page: PeerId) {
        let view = self.wire.visitor_view(page);
        let not_sent = view.entries.iter().find_map(|entry| match &entry.kind {
            EntryKind::Own { cid, delivery: Delivery::NotSent, .. } => Some(cid.clone()),
            _ => None,
        });
        let Some(cid) = not_sent else { return };
        if self.wire.rng.random() {
            self.wire.visitor_does(page, Command::TryAgain(cid));
        } else {
            // Back in the composer, it is no longer said.
            self.excused.insert(page);
            self.wire.visitor_does(page, Command::TakeBack(cid));
        }
    }

    pub(super) fn an_operator_acts(&mut self) {
        let consoles = self.wire.operators();
        let Some(page) = self.one_of(&consoles) else { return };
        let view = self.wire.operator_view(page);
        let open: Vec<_> = view
            .conversations
            .iter()
            .filter(|one| {
                let is_free = !one.watched && !one.transferring;
                let is_theirs = one.released.is_none() && one.ended.is_none() && is_free;
                one.state == ConversationState::Active && is_theirs
            })
            .map(|one| one.id.clone())
            .collect();
        let some = self.one_of(&open);
        if self.wire.rng.random_range(0..10) == 0 {
            return self.operator_watches(page);
        }
        match (self.wire.rng.random_range(0..100), some) {
            (0..36, _) | (_, None) => self.operator_takes_somebody(page),
            (36..68, Some(conv)) => self.operator_says(page, &conv),
            (68..73, Some(conv)) => self.operator_passes_on(page, conv),
            (73..78, Some(conv)) => {
                self.wire.operator_does(page, operator::Command::Offer(conv, "phone".to_owned()));
            }
            (78..82, Some(conv)) => self.operator_notes(page, conv),
            (82..88, Some(conv)) => {
                self.wire.operator_does(page, operator::Command::Read(conv, u64::MAX));
            }
            (88..92, Some(conv)) => self.wire.operator_does(page, operator::Command::End(conv)),
            (92..94, Some(_)) => self.operator_clears_up(page),
            (94, Some(_)) if consoles.len() < 4 => self.operator_opens_another_console(page),
            (_, Some(_)) => {
                let capacity = self.wire.rng.random_range(1..=3);
                let is_pause = self.wire.rng.random_range(0..4) == 0;
                let status = if is_pause { Availability::Paused } else { Availability::Accepting };
                let last_chat = self.wire.rng.random_range(0..4) == 0;
                let avail = operator::Command::Avail { status, capacity, last_chat };
                self.wire.operator_does(page, avail);
            }
        }
    }

    fn operator_takes_somebody(&mut self, page: PeerId) {
        let waiting: Vec<_> =
            self.wire.operator_view(page).board.waiting.iter().map(|entry| entry.conv.clone()).collect();
        let one = if self.wire.rng.random_range(0..4) == 0 { self.one_of(&waiting) } else { None };
        self.wire.operator_does(page, operator::Command::Claim(one));
    }

    fn operator_says(&mut self, page: PeerId, conv: &ConversationId) {
        // Now and then a whole speech, for somebody who does not listen.
        let times = if self.wire.rng.random_range(0..20) == 0 { 30 } else { 1 };
        for _ in 0..times {
            let words = self.new_words();
            self.watch.said(page, Some(conv.clone()), &words);
            self.wire.operator_does(page, operator::Command::Edit(conv.clone(), words));
            self.wire.operator_does(page, operator::Command::Send(conv.clone()));
        }
    }

    fn operator_passes_on(&mut self, page: PeerId, conv: ConversationId) {
        let colleagues: Vec<_> =
            self.wire.operator_view(page).board.operators.iter().map(|entry| entry.id.clone()).collect();
        let areas = self.recipe.areas.clone();
        let to = match self.wire.rng.random_range(0..3) {
            0 => TransferTarget::default(),
            1 => TransferTarget { operator: self.one_of(&colleagues), area: None },
            _ => TransferTarget { operator: None, area: self.one_of(&areas) },
        };
        let note = self.new_note(&conv);
        let (reason, note) = (Reason::parse("the end of a shift").ok(), NoteText::parse(&note).ok());
        self.wire.operator_does(page, operator::Command::Transfer { conv, to, reason, note });
    }

    fn operator_notes(&mut self, page: PeerId, conv: ConversationId) {
        let note = self.new_note(&conv);
        self.wire.operator_does(page, operator::Command::EditNote(conv.clone(), note));
        self.wire.operator_does(page, operator::Command::SendNote(conv));
    }

    /// Every operator of these worlds may watch, and may whisper to whom they watch.
    fn operator_watches(&mut self, page: PeerId) {
        let view = self.wire.operator_view(page);
        let watched: Vec<_> =
            view.conversations.iter().filter(|one| one.watched).map(|one| one.id.clone()).collect();
        let board = &view.board;
        let others =
            board.active.iter().map(|entry| &entry.conv).chain(board.waiting.iter().map(|e| &e.conv));
        let others: Vec<_> = others.cloned().collect();
        match (self.wire.rng.random_range(0..3), self.one_of(&watched), self.one_of(&others)) {
            (0, Some(conv), _) => self.wire.operator_does(page, operator::Command::Unwatch(conv)),
            (1, Some(conv), _) => self.operator_notes(page, conv),
            (_, _, Some(conv)) => self.wire.operator_does(page, operator::Command::Watch(conv)),
            (_, _, None) => {}
        }
    }

    fn operator_clears_up(&mut self, page: PeerId) {
        let over = self
            .wire
            .operator_view(page)
            .conversations
            .iter()
            .find_map(|one| (one.released.is_some() || one.ended.is_some()).then(|| one.id.clone()));
        if let Some(conv) = over {
            self.excused.insert(page);
            self.wire.operator_does(page, operator::Command::Dismiss(conv));
        }
    }

    fn operator_opens_another_console(&mut self, page: PeerId) {
        let Some(second) = self.wire.second_console(page) else { return };
        let areas = self.watch.areas.get(&page).cloned().unwrap_or_default();
        self.watch.areas.insert(second, areas);
    }

    fn new_note(&mut self, conv: &ConversationId) -> String {
        self.words += 1;
        self.watch.see(Seen::Noted { conv: conv.clone(), note: self.words });
        format!("note-{}.", self.words)
    }

    /// Words that nobody ever said before: short, or so long that a few of them fill a page of history.
    fn new_words(&mut self) -> String {
        self.words += 1;
        let is_long = self.wire.rng.random_range(0..100) < self.recipe.long_words;
        let rest = if is_long { "€".repeat(3_900) } else { String::new() };
        format!("say-{}.{rest}", self.words)
    }
}
