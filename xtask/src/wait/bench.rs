//! What one new estimate costs, for waiting rooms and teams of any size.

use std::fs;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use tealight_wait::{
    Calibration, Class, HandlingTimes, Minutes, Patience, Picture, Slots, Waiting, estimate,
};
use tealight_wait_sim::{Chance, Length};

#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    what: Bench,
}

#[derive(Debug, Subcommand)]
enum Bench {
    /// One update of the wait: everybody's new estimate after any change in the waiting room.
    Wait,
}

const PEOPLE: [usize; 8] = [1, 3, 10, 30, 200, 1_000, 3_000, 10_000];
const OPERATORS: [u32; 6] = [1, 4, 20, 50, 200, 500];

/// A waiting room of this size with so many operators...
const ASKED: (usize, u32) = (200, 20);

/// ...has its new estimates in less than this.
const ALLOWED: Duration = Duration::from_millis(5);

/// Each case is measured at least this often, and until [`ENOUGH`] is used.
const LEAST_ROUNDS: u32 = 7;

/// The counter of used time may be some milliseconds late.
const ENOUGH: Duration = Duration::from_millis(150);

pub(crate) fn run(args: &BenchArgs) -> Result<()> {
    let Bench::Wait = args.what;
    println!(
        "One update: new estimates for everybody in the waiting room. Processor time in milliseconds.\n"
    );
    println!("| people waiting |{}", heads());
    println!("| ---: |{}", " ---: |".repeat(OPERATORS.len()));
    let mut asked = None;
    for people in PEOPLE {
        print!("| {people:>14} |");
        for operators in OPERATORS {
            let took = cost(people, operators);
            print!(" {:>8.3} |", took.as_secs_f64() * 1_000.0);
            if (people, operators) == ASKED {
                asked = Some(took);
            }
        }
        println!();
    }
    let (people, operators) = ASKED;
    match asked {
        Some(took) if took < ALLOWED => {
            println!("\n{people} people and {operators} operators: {took:.2?}, allowed are {ALLOWED:?}");
            Ok(())
        }
        Some(took) => {
            bail!("{people} people and {operators} operators took {took:.2?}; allowed are {ALLOWED:?}")
        }
        None => bail!("{people} people and {operators} operators are not among the cases"),
    }
}

fn heads() -> String {
    OPERATORS
        .iter()
        .map(|operators| match operators {
            1 => " 1 operator |".to_owned(),
            _ => format!(" {operators} operators |"),
        })
        .collect()
}

/// What an update costs. What is measured in advance (handling times, patience) is not part of it: that
/// changes when a conversation or a wait ends, and is made then.
fn cost(people: usize, operators: u32) -> Duration {
    let mut chance = Chance::new(1, 1);
    let length = Length::LogNormal { mean: 45.0, cv: 0.6 };
    let handling: Vec<Minutes> = (0..400).map(|_| Minutes(length.draw(&mut chance))).collect();
    let handling = HandlingTimes::from_samples(&handling, None, &[]);
    let patience = Length::Mixed { soon_share: 0.25, soon_mean: 4.0, mean: 70.0, cv: 1.0 };
    let records: Vec<_> =
        (0..2_000).map(|index| (Minutes(patience.draw(&mut chance)), index % 3 == 0)).collect();
    let patience = Patience::from_records(records);
    let running: Vec<Minutes> = (0..operators).map(|_| Minutes(chance.uniform() * 60.0)).collect();
    let waiting: Vec<Waiting> = (0..people)
        .map(|place| Waiting {
            waited: Minutes((people - place) as f64 / people as f64 * 40.0),
            class: if place < people / 10 { Class::First } else { Class::Usual },
        })
        .collect();
    let later = [(60.0, operators * 2), (240.0, operators)].map(|(at, slots)| (Minutes(at), slots));
    let slots = Slots::from_steps(operators, later);
    let picture = Picture {
        is_open: true,
        closes_in: Some(Minutes(300.0)),
        slots: &slots,
        running: &running,
        waiting: &waiting,
        handling: &handling,
        patience: &patience,
        overtaking_per_minute: 0.02,
        pick_up: Minutes(0.5),
    };
    let mut calibration = Calibration::new();
    for wait in 0..100 {
        calibration.observe(Minutes(10.0), Minutes(60.0), Minutes(f64::from(wait)));
    }
    let (begun, mut rounds) = (used(), 0);
    while rounds < LEAST_ROUNDS || used() - begun < ENOUGH {
        let estimates = estimate(&picture, &calibration, rounds.into());
        for place in 0..=people as u32 {
            std::hint::black_box(estimates.for_place(place + 1).q90());
        }
        rounds += 1;
    }
    (used() - begun) / rounds
}

/// Processor time that this thread has used: what else the machine does meanwhile is no cost of ours. Where the
/// system does not tell, it is the time that has passed.
fn used() -> Duration {
    static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
    fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|line| line.split(' ').next()?.parse().ok())
        .map_or_else(|| BEGIN.elapsed(), Duration::from_nanos)
}
