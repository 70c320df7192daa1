//! Thousands of sockets that do nothing: what each of them costs.

use anyhow::{Result, ensure};
use tealight_tests::child::run;
use tealight_tests::client::hello;
use tealight_tests::soak::rounds;
use tokio::task::JoinSet;

use crate::raw::Raw;
use crate::{ALONE, Target, elsewhere};

/// Of the server's memory, in bytes. What the system keeps for a connection is not in it.
const MOST_PER_SOCKET: u64 = 8 * 1_024;

/// Sockets that come from one network.
const PER_NETWORK: u64 = 100;

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_socket_costs_little() -> Result<()> {
    let _alone = ALONE.lock().await;
    let count = rounds(1_000, 10_000);
    allow_files(count + 1_000)?;
    let target = Target::with_limits("sockets_per_minute = 1000000\nsockets = 20000").await?;
    // Once there and back, so that what is kept for ever is there before.
    drop(open(&target, 200).await?);
    target.still_serves().await?;
    let before = target.server.resident_kib()?;
    let sockets = open(&target, count).await?;
    let after = target.server.resident_kib()?;
    let each = after.saturating_sub(before) * 1_024 / count;
    println!("{} idle sockets: {before} KiB before, {after} KiB with them, {each} bytes each", sockets.len());
    ensure!(each <= MOST_PER_SOCKET, "{each} bytes for each idle socket");
    target.still_serves().await?;
    drop(sockets);
    target.still_serves().await
}

/// Sockets that were greeted, and say nothing more.
async fn open(target: &Target, count: u64) -> Result<Vec<Raw>> {
    let server = target.server.addr();
    let mut sockets = Vec::new();
    let mut opening = JoinSet::new();
    for n in 0..count {
        opening.spawn(async move {
            let network = u8::try_from(n / PER_NETWORK).unwrap_or_default();
            let mut raw = Raw::open(server, elsewhere(network), None).await?;
            raw.say(&hello().to_string()).await?;
            raw.next("ready").await?;
            anyhow::Ok(raw)
        });
        if opening.len() >= 64
            && let Some(opened) = opening.join_next().await
        {
            sockets.push(opened??);
        }
    }
    while let Some(opened) = opening.join_next().await {
        sockets.push(opened??);
    }
    Ok(sockets)
}

/// Lets this process open so many files: each socket has an end here, too.
fn allow_files(count: u64) -> Result<()> {
    let limits = std::fs::read_to_string("/proc/self/limits")?;
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap_or_default();
    let mut numbers = line.split_whitespace().filter_map(|word| word.parse::<u64>().ok());
    let (soft, hard) = (numbers.next().unwrap_or(u64::MAX), numbers.next().unwrap_or(u64::MAX));
    ensure!(hard >= count, "this machine lets nobody open {count} files: raise the hard limit (ulimit -Hn)");
    if soft < count {
        run("prlimit", &["--pid", &std::process::id().to_string(), &format!("--nofile={hard}:{hard}")])?;
    }
    Ok(())
}
