//! SIGKILL at any moment, under load, again and again.

use std::time::Duration;

use anyhow::Result;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tealight_tests::child::{ChildServer, Setup};
use tealight_tests::client::{log_in, ordinary_conversation};
use tealight_tests::soak::{Tally, rounds};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::PROGRAM;
use crate::ledger::Ledger;
use crate::operators::Operator;
use crate::visitors::Visitor;

/// Visitors who write.
const WRITERS: u64 = 8;

/// Visitors who wait, and whom nobody takes.
const WAITERS: u64 = 3;

/// With another seed the server dies at other moments: set TEALIGHT_SEED to the one that was printed.
fn seed() -> u64 {
    match std::env::var("TEALIGHT_SEED") {
        Ok(seed) => seed.parse().expect("TEALIGHT_SEED is a number"),
        Err(_) => rand::rng().random(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_a_kill_at_any_moment() -> Result<()> {
    let seed = seed();
    println!("TEALIGHT_SEED={seed}");
    let mut dice = StdRng::seed_from_u64(seed);
    let setup = Setup {
        areas: vec!["now", "late"],
        operators: vec![("sam", vec!["now"]), ("robin", vec!["now"]), ("ada", vec!["now"])],
        limits: "sockets_per_minute = 1000000".to_owned(),
        ..Setup::default()
    };
    let mut server = ChildServer::start(PROGRAM, &setup)?;
    let mut tally = Tally::new("kill -9 under load");
    let ledger = Ledger::default();
    let (stopping, stop) = watch::channel(false);

    let mut people = JoinSet::new();
    let mut waiters = JoinSet::new();
    for n in 0..WAITERS {
        // One after the other, so that each has a place of their own.
        let before = ledger.len();
        waiters.spawn(Visitor::new(server.addr(), &ledger, "late", seed ^ n).live(stop.clone()));
        while ledger.len() == before {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    for n in 0..WRITERS {
        people.spawn(work(Visitor::new(server.addr(), &ledger, "now", seed ^ (100 + n)).live(stop.clone())));
    }
    for name in ["sam", "robin"] {
        let token = log_in(server.addr(), name).await?;
        people.spawn(work(Operator::new(server.addr(), &ledger, token).live(stop.clone())));
    }

    for _ in 0..rounds(5, 50) {
        let life = Duration::from_millis(dice.random_range(100..900));
        tokio::select! {
            () = tokio::time::sleep(life) => {}
            Some(early) = people.join_next() => early??,
        }
        server.kill()?;
        tally.faults += 1;
        ledger.audit(&server.data(), &mut tally);
        if dice.random_bool(0.3) {
            // Once more, while it is still picking itself up.
            server.spawn()?;
            tokio::time::sleep(Duration::from_millis(dice.random_range(0..60))).await;
            server.kill()?;
            tally.faults += 1;
        }
        server.start_again()?;
        tally.rounds += 1;
    }
    stopping.send(true)?;
    while let Some(done) = people.join_next().await {
        done??;
    }
    let mut firsts = Vec::new();
    while let Some(done) = waiters.join_next().await {
        let waiter = done??;
        assert!(waiter.places.len() as u64 >= tally.rounds / 5, "{:?}", waiter.places);
        assert!(waiter.places.iter().all(|place| *place == waiter.places[0]), "{:?}", waiter.places);
        firsts.push(waiter.places[0]);
    }
    firsts.sort_unstable();
    assert_eq!(firsts, [1, 2, 3], "everybody who waits keeps the place");
    assert!(server.stop()?.success(), "{}", server.said());
    ledger.audit(&server.data(), &mut tally);
    tally.messages = ledger.len() as u64;
    let (repeated, claims) = (ledger.repeated(), ledger.claims());
    println!(
        "{tally:?}; {claims} claims; {repeated} acknowledged commands sent again and answered as before"
    );
    println!("{} visitors were passed on", ledger.passed_on());
    println!("{} commands were stored when the server died, and not known to be", ledger.caught());
    assert!(repeated > 0 && claims > 0);
    server.start_again()?;
    let token = log_in(server.addr(), "ada").await?;
    ordinary_conversation(server.addr(), &token, Some("now")).await?;
    tally.settle();
    Ok(())
}

/// What somebody does all the time, whatever becomes of it.
async fn work<T>(life: impl Future<Output = Result<T>>) -> Result<()> {
    life.await.map(drop)
}
