//! Visitors and operators who do anything at any time, over a network and a server that fail at any time.
//!
//! `TEALIGHT_SEED=17 cargo test -p tealight-tests --test session_with_desk random` runs one seed again, and
//! `TEALIGHT_SEEDS=5000` so many, beginning there or at 0.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use rand::Rng as _;
use tealight_protocol::{Availability, ConversationState};
use tealight_server::testing::CONFIG;
use tealight_session::operator;
use tealight_session::visitor::{Command, Phase};
use tealight_session::{Connection, Fact};
use tealight_tests::wire::{Fault, PeerId, Wire};

use crate::history::History;
use crate::people::{picture, press_join};

/// How many runs there are unless somebody wants more.
const SEEDS: u64 = 150;

/// How many things happen in a run.
const ACTIONS: u32 = 120;

/// How long everything is given to come right again.
const RECOVERY_MS: u64 = 300_000;

#[test]
fn random_worlds_keep_every_word_once_and_in_order() {
    let first = number("TEALIGHT_SEED");
    let count = number("TEALIGHT_SEEDS").unwrap_or(if first.is_some() { 1 } else { SEEDS });
    for seed in (first.unwrap_or(0)..).take(usize::try_from(count).unwrap_or(usize::MAX)) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| run(seed))) {
            eprintln!("this was TEALIGHT_SEED={seed}");
            resume_unwind(panic);
        }
    }
}

fn run(seed: u64) {
    let mut world = World::new(seed);
    for _ in 0..ACTIONS {
        world.something_happens();
        let pause = world.wire.rng.random_range(0..3_000);
        world.time_passes(pause);
    }
    world.everything_is_put_right();
    world.time_passes(RECOVERY_MS);
    let unsaid = world.unsaid();
    let World { mut wire, mut history, .. } = world;
    let ended = catch_unwind(AssertUnwindSafe(|| {
        history.check_end(&mut wire);
        assert!(unsaid.is_empty(), "lost without a word: {unsaid:?}");
    }));
    if let Err(panic) = ended {
        eprintln!("{}", picture(&mut wire));
        resume_unwind(panic);
    }
}

struct World {
    wire: Wire,
    history: History,
    words: u32,
    /// Of a hundred things that happen, so many are failures of the server.
    server_failures: u32,
    /// Pages that have forgotten words on purpose: erased, or a console loaded again.
    excused: Vec<PeerId>,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut wire = Wire::new(CONFIG, seed);
        wire.latency = [5, 80, 600, 2_000][wire.rng.random_range(0..4)];
        for name in ["Sam", "Kim"] {
            let operator = wire.operator(name);
            let capacity = wire.rng.random_range(1..=3);
            let status = Availability::Accepting;
            let avail = operator::Command::Avail { status, capacity, last_chat: false };
            wire.operator_does(operator, avail);
        }
        let server_failures = [1, 3, 15][wire.rng.random_range(0..3)];
        let history = History::default();
        let mut world = Self { wire, history, words: 0, server_failures, excused: Vec::new() };
        for _ in 0..2 {
            world.wire.visitor();
        }
        world.time_passes(1_000);
        world
    }

    fn time_passes(&mut self, ms: u64) {
        let end = self.wire.now + ms;
        let mut steps = 0;
        self.history.check(&mut self.wire);
        while self.wire.step(end) {
            self.history.check(&mut self.wire);
            steps += 1;
            assert!(steps < 200_000, "the world goes round in a circle");
        }
        self.wire.now = end;
    }

    fn something_happens(&mut self) {
        if self.wire.rng.random_range(0..100) < self.server_failures {
            return self.the_server_fails();
        }
        match self.wire.rng.random_range(0..100) {
            0..47 => self.a_visitor_acts(),
            47..73 => self.an_operator_acts(),
            _ => self.a_network_fails(),
        }
    }

    fn a_visitor_acts(&mut self) {
        let pages = self.wire.visitors();
        let Some(page) = self.one_of(&pages) else {
            self.wire.visitor();
            return;
        };
        match self.wire.rng.random_range(0..100) {
            0..25 => match self.wire.visitor_view(page).phase {
                Phase::Welcome { .. } => press_join(&mut self.wire, page),
                Phase::Stopped(_) | Phase::Ended(_) => {
                    self.wire.visitor_does(page, Command::StartAfresh);
                }
                Phase::Joining | Phase::Waiting(_) | Phase::Talking(_) => self.visitor_says(page),
            },
            25..60 => self.visitor_says(page),
            60..66 => {
                let words = self.new_words();
                self.wire.visitor_does(page, Command::Edit(words));
                self.wire.visitor_does(page, Command::SendWhenJoined(true));
            }
            66..74 => self.wire.fact(page, Fact::Hidden),
            74..84 => self.wire.fact(page, Fact::Shown),
            84..88 => self.wire.visitor_does(page, Command::Read(u64::MAX)),
            88..90 => self.wire.visitor_does(page, Command::End),
            90 => {
                self.excused.push(page);
                self.excused.extend(self.wire.operators());
                self.wire.visitor_does(page, Command::Erase);
            }
            91..94 if pages.len() < 6 => {
                self.wire.visitor();
            }
            // More than four pages of one conversation are not served.
            94..96 if pages.len() < 4 => {
                self.wire.duplicate(page);
            }
            96 if pages.len() > 2 => self.wire.close(page),
            _ => self.visitor_says(page),
        }
    }

    fn visitor_says(&mut self, page: PeerId) {
        let phase = self.wire.visitor_view(page).phase;
        if !matches!(phase, Phase::Waiting(_) | Phase::Talking(_)) {
            return;
        }
        for _ in 0..self.wire.rng.random_range(1..4) {
            let words = self.new_words();
            self.history.said(page, &words);
            self.wire.visitor_does(page, Command::QuickReply(words));
        }
    }

    fn an_operator_acts(&mut self) {
        let consoles = self.wire.operators();
        let Some(page) = self.one_of(&consoles) else { return };
        let open: Vec<_> = self
            .wire
            .operator_view(page)
            .conversations
            .iter()
            .filter(|one| {
                one.state == ConversationState::Active && one.released.is_none() && one.ended.is_none()
            })
            .map(|one| one.id.clone())
            .collect();
        let some = self.one_of(&open);
        match (self.wire.rng.random_range(0..100), some) {
            (0..40, _) | (_, None) => self.wire.operator_does(page, operator::Command::Claim(None)),
            (40..80, Some(conv)) => {
                let words = self.new_words();
                self.history.said(page, &words);
                self.wire.operator_does(page, operator::Command::Edit(conv.clone(), words));
                self.wire.operator_does(page, operator::Command::Send(conv));
            }
            (80..90, Some(conv)) => {
                self.wire.operator_does(page, operator::Command::Read(conv, u64::MAX));
            }
            (90..94, Some(conv)) => self.wire.operator_does(page, operator::Command::End(conv)),
            (_, Some(_)) => {
                let capacity = self.wire.rng.random_range(1..=3);
                let status = Availability::Accepting;
                let avail = operator::Command::Avail { status, capacity, last_chat: false };
                self.wire.operator_does(page, avail);
            }
        }
    }

    fn a_network_fails(&mut self) {
        let pages = [self.wire.visitors(), self.wire.operators()].concat();
        let Some(page) = self.one_of(&pages) else { return };
        match self.wire.rng.random_range(0..100) {
            0..35 => {
                let (page_notices, desk_notices) =
                    (self.wire.rng.random_range(0..2_000), self.wire.rng.random_range(0..40_000));
                self.wire.cut(page, page_notices, desk_notices);
            }
            35..50 => {
                let ms = self.wire.rng.random_range(1_000..20_000);
                self.wire.darken(page, ms);
            }
            50..54 => {
                let ms = self.wire.rng.random_range(60_000..120_000);
                self.wire.darken(page, ms);
            }
            54..62 => self.wire.fact(page, Fact::Offline),
            62..72 => self.wire.fact(page, Fact::Online),
            72..78 => self.wire.fact(page, Fact::PageLeft),
            78..86 => self.wire.fact(page, Fact::PageRestored),
            _ => {
                if self.wire.operators().contains(&page) {
                    self.excused.push(page);
                }
                self.wire.reload(page);
                self.history.reloaded(page);
            }
        }
    }

    fn the_server_fails(&mut self) {
        match self.wire.rng.random_range(0..6) {
            0 => self.wire.stop_and_start(),
            1 => self.wire.crash(),
            2 | 3 => {
                let fault = Fault::ALL[self.wire.rng.random_range(0..4)];
                let boundary = self.wire.boundaries() + self.wire.rng.random_range(1..20);
                self.wire.plan(boundary, fault);
            }
            _ => {
                let writes = self.wire.rng.random_range(1..4);
                self.wire.refuse_writes(writes);
            }
        }
    }

    fn everything_is_put_right(&mut self) {
        self.wire.clear_weather();
        for page in [self.wire.visitors(), self.wire.operators()].concat() {
            for fact in [Fact::Online, Fact::PageRestored, Fact::Shown] {
                self.wire.fact(page, fact);
            }
        }
    }

    /// What somebody said that is neither stored nor shown as not sent, on a page that still lives in the same
    /// conversation.
    fn unsaid(&self) -> Vec<(PeerId, Vec<String>)> {
        let mut unsaid = Vec::new();
        for page in self.wire.visitors() {
            let view = self.wire.visitor_view(page);
            let lives = matches!(view.phase, Phase::Waiting(_) | Phase::Talking(_))
                && view.connection == Connection::Ready;
            let shown: Vec<_> = crate::people::words(&self.wire, page);
            let lost: Vec<_> = self.history.unstored(page);
            let lost: Vec<_> = lost.into_iter().filter(|words| !shown.contains(words)).collect();
            if lives && !lost.is_empty() && !self.excused.contains(&page) {
                unsaid.push((page, lost));
            }
        }
        for page in self.wire.operators() {
            let view = self.wire.operator_view(page);
            let shown: Vec<_> =
                view.conversations.iter().flat_map(|one| crate::people::words_of(one)).collect();
            let lost = self.history.unstored(page);
            let lost: Vec<_> = lost.into_iter().filter(|words| !shown.contains(words)).collect();
            // Of a conversation that is no longer theirs, operators read only that something may not have arrived.
            let is_told = view.conversations.iter().any(|one| one.has_unsent);
            if !lost.is_empty() && !is_told && !self.excused.contains(&page) {
                unsaid.push((page, lost));
            }
        }
        unsaid
    }

    fn new_words(&mut self) -> String {
        self.words += 1;
        format!("words {}", self.words)
    }

    fn one_of<T: Clone>(&mut self, all: &[T]) -> Option<T> {
        if all.is_empty() {
            return None;
        }
        Some(all[self.wire.rng.random_range(0..all.len())].clone())
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}
