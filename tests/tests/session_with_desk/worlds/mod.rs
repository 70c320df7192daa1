//! Visitors and operators who do anything at any time, over networks, devices and a server that fail at any time.
//!
//! One seed is one world, and the same seed is the same world:
//! `TEALIGHT_SEED=17 cargo test -p tealight-tests --test session_with_desk worlds` runs one seed again, and
//! `TEALIGHT_SEEDS=5000` so many, beginning there or at 0. With `TEALIGHT_SOAK` set there are thousands. What happens
//! is printed, frame by frame, where `TEALIGHT_TRACE` is set.

mod acts;
mod recipe;
mod troubles;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rand::Rng as _;
use tealight_protocol::Availability;
use tealight_session::visitor::Phase;
use tealight_session::{Connection, Fact, operator};
use tealight_tests::soak::{Tally, rounds};
use tealight_tests::wire::{PeerId, Wire};

use crate::people::{picture, words, words_of};
use crate::watch::Watch;
use recipe::Recipe;

/// How many worlds there are in every test run, and how many in a long one.
const WORLDS: (u64, u64) = (60, 4_000);

/// How long everything is given to come right again.
const RECOVERY_MS: u64 = 300_000;

/// More failures than anybody wants to read at once.
const MOST_FAILURES: usize = 5;

#[test]
fn random_worlds_keep_every_word_once_and_in_order() {
    let first = number("TEALIGHT_SEED");
    let count = number("TEALIGHT_SEEDS").or(first.map(|_| 1)).unwrap_or_else(|| rounds(WORLDS.0, WORLDS.1));
    let mut tally = Tally::new("visitors, operators and the server in one process, random worlds");
    let mut failed = Vec::new();
    for seed in (first.unwrap_or(0)..).take(usize::try_from(count).unwrap_or(usize::MAX)) {
        tally.rounds += 1;
        match catch_unwind(AssertUnwindSafe(|| run(seed))) {
            Ok(outcome) => {
                tally.faults += outcome.faults;
                tally.messages += outcome.messages;
            }
            Err(panic) => {
                let what = panic.downcast_ref::<String>().map_or("see above", String::as_str);
                eprintln!("this was TEALIGHT_SEED={seed}: {what}");
                count_what_broke(&mut tally, what);
                failed.push(seed);
            }
        }
        if failed.len() >= MOST_FAILURES {
            break;
        }
    }
    tally.settle();
    assert!(failed.is_empty(), "each runs again by itself with TEALIGHT_SEED: {failed:?}");
}

#[test]
fn the_same_seed_is_the_same_world_frame_by_frame() {
    for seed in 0..6 {
        let fingerprints = [0, 1].map(|_| {
            let mut world = World::new(seed);
            world.watch.fingerprint = Some(0);
            world.runs();
            world.watch.fingerprint
        });
        assert_eq!(fingerprints[0], fingerprints[1], "seed {seed}");
    }
}

/// What a world was like.
struct Outcome {
    messages: u64,
    faults: u64,
}

fn run(seed: u64) -> Outcome {
    let mut world = World::new(seed);
    world.runs();
    let unsaid = world.unsaid();
    let World { mut wire, mut watch, faults, recipe, .. } = world;
    let ended = catch_unwind(AssertUnwindSafe(|| {
        watch.check_end(&mut wire);
        assert!(unsaid.is_empty(), "lost without a word: {}", format!("{unsaid:?}").replace('€', ""));
    }));
    if let Err(panic) = ended {
        eprintln!("{}\n{}", recipe.toml, picture(&mut wire).replace('€', ""));
        std::panic::resume_unwind(panic);
    }
    Outcome { messages: watch.messages, faults }
}

/// Sorts a failure into the columns of the table.
fn count_what_broke(tally: &mut Tally, what: &str) {
    let is = |words: &[&str]| words.iter().any(|word| what.contains(word));
    if is(&["NotStored", "lost without", "lacks", "Unshown"]) {
        tally.lost += 1;
    } else if is(&["Twice"]) {
        tally.doubled += 1;
    } else if is(&["OutOfOrder", "NoPrefix", "Hole", "stored as"]) {
        tally.reordered += 1;
    }
}

/// How often, and after how long, to look whether everything has arrived.
const LAST_LOOKS: u32 = 600;
const LAST_LOOK_MS: u64 = 50;

struct World {
    wire: Wire,
    watch: Watch,
    recipe: Recipe,
    words: u64,
    faults: u64,
    /// Pages that have forgotten words on purpose: erased, or a console loaded again.
    excused: BTreeSet<PeerId>,
}

impl World {
    fn new(seed: u64) -> Self {
        let recipe = Recipe::new(seed);
        let mut wire =
            if recipe.on_disk { Wire::on_disk(&recipe.toml, seed) } else { Wire::new(&recipe.toml, seed) };
        (wire.latency, wire.spikes) = (recipe.latency, recipe.spikes);
        let mut world =
            Self { wire, watch: Watch::new(), recipe, words: 0, faults: 0, excused: BTreeSet::new() };
        for (n, areas) in world.recipe.operators.clone().into_iter().enumerate() {
            let console = world.wire.operator_for(["Sam", "Kim", "Ada"][n % 3], &areas);
            world.watch.areas.insert(console, areas);
            let capacity = world.wire.rng.random_range(1..=3);
            let status = Availability::Accepting;
            let avail = operator::Command::Avail { status, capacity, last_chat: false };
            world.wire.operator_does(console, avail);
        }
        for _ in 0..2 {
            world.wire.visitor();
        }
        world.time_passes(1_000);
        world
    }

    fn runs(&mut self) {
        for _ in 0..self.recipe.actions {
            self.something_happens();
            let pause = self.wire.rng.random_range(0..3_000);
            self.time_passes(pause);
        }
        self.everything_is_put_right();
        self.time_passes(RECOVERY_MS);
        // What is on its way at the very end arrives, too.
        for _ in 0..LAST_LOOKS {
            if !self.wire.is_busy() {
                return;
            }
            self.time_passes(LAST_LOOK_MS);
        }
        panic!("the world never comes to rest");
    }

    fn time_passes(&mut self, ms: u64) {
        let end = self.wire.now + ms;
        let mut steps = 0;
        self.watch.check(&mut self.wire);
        while self.wire.step(end) {
            self.watch.check(&mut self.wire);
            steps += 1;
            assert!(steps < 200_000, "the world goes round in a circle");
        }
        self.wire.now = end;
    }

    fn something_happens(&mut self) {
        if self.watch.is_traced {
            eprintln!("-- something happens");
        }
        if self.wire.rng.random_range(0..100) < self.recipe.server_failures {
            return self.the_server_fails();
        }
        match self.wire.rng.random_range(0..100) {
            0..47 => self.a_visitor_acts(),
            47..73 => self.an_operator_acts(),
            _ => self.a_network_fails(),
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
            let shown = words(&self.wire, page);
            let lost: Vec<_> =
                self.watch.unstored(page).into_iter().filter(|words| !shown.contains(words)).collect();
            if lives && !lost.is_empty() && !self.excused.contains(&page) {
                unsaid.push((page, lost));
            }
        }
        for page in self.wire.operators() {
            let view = self.wire.operator_view(page);
            let shown: Vec<_> = view.conversations.iter().flat_map(|one| words_of(one)).collect();
            let lost: Vec<_> =
                self.watch.unstored(page).into_iter().filter(|words| !shown.contains(words)).collect();
            // Of a conversation that is no longer theirs, operators read only that something may not have arrived.
            let is_told = view.conversations.iter().any(|one| one.has_unsent);
            if !lost.is_empty() && !is_told && !self.excused.contains(&page) {
                unsaid.push((page, lost));
            }
        }
        unsaid
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
