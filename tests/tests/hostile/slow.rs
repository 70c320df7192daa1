//! Peers that take all the time in the world: handshakes that never end, and sockets that nobody reads.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::json;
use tealight_tests::client::{Client, new_cid, new_inst, new_secret, resume, stream, visitor_start};
use tealight_tests::soak::{Tally, rounds};
use tokio::io::AsyncReadExt;
use tokio::task::JoinSet;

use crate::raw::{Raw, handshake};
use crate::{ALONE, Target, elsewhere};

/// How long the server waits for the head of a request, and some more for a busy machine.
const HEAD_TIME: Duration = Duration::from_secs(15);

/// What may wait for one socket (256 frames or 256 KiB), the frame under way, and what goes with them.
const MOST_PER_SOCKET_KIB: u64 = 512;

/// What the rest of the server may take meanwhile, however few the sockets are.
const SLACK_KIB: u64 = 2 * 1_024;

/// Messages of the greatest size: together more than the system keeps and may wait for a socket.
const MESSAGES: u64 = 36;

/// What the system keeps of what arrives, in bytes: little, so that it waits on the other side.
const WINDOW: u32 = 64 * 1_024;

#[tokio::test]
async fn a_handshake_that_never_ends_is_cut_off() -> Result<()> {
    let target = Target::start().await?;
    let server = target.server.addr();
    let mut slow = JoinSet::new();
    let head = handshake(server);
    let login = "POST /v1/operator/login HTTP/1.1\r\nhost: x\r\n";
    for n in 0..300_usize {
        // Nothing at all, a head that comes letter by letter, or one that stops in the middle.
        let head = [String::new(), head.clone(), login.to_owned()][n % 3].clone();
        slow.spawn(async move {
            let began = Instant::now();
            let mut raw = Raw { stream: stream(server, elsewhere(2), None).await? };
            let mut letters = head.bytes();
            let mut answer = [0; 1_024];
            loop {
                tokio::select! {
                    read = raw.stream.read(&mut answer) => match read {
                        Ok(0) | Err(_) => return anyhow::Ok(began.elapsed()),
                        Ok(_) => {}
                    },
                    () = tokio::time::sleep(Duration::from_millis(200)) => {
                        if let Some(letter) = letters.next() {
                            let _ = raw.send(&[letter]).await;
                        }
                    }
                }
                ensure!(began.elapsed() < 2 * HEAD_TIME, "the server waits for ever");
            }
        });
    }
    target.still_serves().await?;
    let mut longest = Duration::ZERO;
    while let Some(cut) = slow.join_next().await {
        longest = longest.max(cut??);
    }
    println!("300 handshakes that never end: the last was cut off after {longest:?}");
    ensure!(longest < HEAD_TIME);
    target.still_serves().await
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_that_nobody_reads_are_given_up_and_cost_a_bounded_amount() -> Result<()> {
    let _alone = ALONE.lock().await;
    let target = Target::start().await?;
    let server = target.server.addr();
    let count = rounds(12, 200);
    // Once on a small scale, so that what is kept for ever is there before.
    drop(flood(&target, 3).await?);
    target.still_serves().await?;
    target.server.forget_peak()?;
    let before = target.server.resident_kib()?;
    let deaf = flood(&target, count).await?;
    let after = target.server.peak_kib()?;
    let each = after.saturating_sub(before) / count;
    println!("{count} sockets that nobody reads: {before} KiB before, {after} KiB at most, {each} KiB each");
    ensure!(
        after < before + count * MOST_PER_SOCKET_KIB + SLACK_KIB,
        "{each} KiB for each socket that nobody reads"
    );
    target.still_serves().await?;
    let mut told = 0;
    let mut tally = Tally::new("sockets that nobody reads");
    for (mut deaf, secret, epoch) in deaf {
        let code = deaf.close_code().await?;
        ensure!(code == 4008 || code == 1006, "closed with {code}");
        told += u32::from(code == 4008);
        // Who comes back gets everything that was missed.
        let mut again = Client::connect(server).await?;
        again.send(&resume(&new_inst(), &secret, &epoch, 1)).await?;
        let ready = again.next("ready").await?;
        let mut last = 1;
        let mut page = ready["conv"].clone();
        loop {
            for event in page["events"].as_array().into_iter().flatten() {
                ensure!(event["seq"] == last + 1, "a gap after {last}");
                last += 1;
            }
            if page["more"] != true {
                break;
            }
            again.send(&json!({"t": "sync", "after": last})).await?;
            page = again.next("history").await?;
        }
        tally.rounds += 1;
        tally.faults += 1;
        tally.messages += MESSAGES;
        tally.lost += MESSAGES + 1 - last;
    }
    tally.settle();
    println!("{told} of {count} could still read why: 4008");
    target.still_serves().await
}

/// A socket that nobody reads, and what opens its conversation.
type Deaf = (Raw, String, String);

/// Conversations with two pages each: one writes as much as it may, the other asks for everything and reads nothing.
async fn flood(target: &Target, count: u64) -> Result<Vec<Deaf>> {
    let server = target.server.addr();
    let mut deaf = Vec::new();
    let mut floods = JoinSet::new();
    for n in 0..count {
        floods.spawn(write_to_the_deaf(server, u8::try_from(n / 20).unwrap_or_default()));
        if floods.len() >= 20
            && let Some(done) = floods.join_next().await
        {
            deaf.push(done??);
        }
    }
    while let Some(done) = floods.join_next().await {
        deaf.push(done??);
    }
    Ok(deaf)
}

async fn write_to_the_deaf(server: SocketAddr, network: u8) -> Result<Deaf> {
    let (mut writer, ready) = Client::visitor(server).await?;
    let secret = new_secret();
    visitor_start(&mut writer, &secret, None).await?;
    let epoch = ready["epoch"].as_str().unwrap_or_default().to_owned();
    let mut deaf = Raw::open(server, elsewhere(network), Some(WINDOW)).await?;
    deaf.say(&resume(&new_inst(), &secret, &epoch, 0).to_string()).await?;
    let text = "𝄞".repeat(3_900);
    for n in 0..MESSAGES {
        if n == MESSAGES / 2 {
            // One socket alone may not write so much so fast.
            writer = Client::connect(server).await?;
            writer.send(&resume(&new_inst(), &secret, &epoch, n)).await?;
            writer.next("ready").await?;
        }
        let cid = new_cid();
        writer.send(&json!({"t": "send", "cid": cid, "text": text})).await?;
        writer.answer(&cid).await?;
        // It asks for everything again and again, and reads nothing of it.
        let _ = deaf.say(&json!({"t": "sync", "after": 0}).to_string()).await;
    }
    Ok((deaf, secret, epoch))
}
