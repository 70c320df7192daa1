//! More than anybody in order sends: commands, pings, sockets, greetings.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tealight_tests::client::{Client, Received, hello, new_cid, new_secret, visitor_start};
use tealight_tests::soak::rounds;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;

use crate::{ALONE, Target, elsewhere};

#[tokio::test]
async fn too_many_commands_are_put_off_and_then_cut_off() -> Result<()> {
    let target = Target::start().await?;
    let (mut flooder, _) = Client::visitor(target.server.addr()).await?;
    visitor_start(&mut flooder, &new_secret(), None).await?;
    for _ in 0..200 {
        // The end of it may come before the last.
        let _ = flooder.send(&json!({"t": "send", "cid": new_cid(), "text": "flood"})).await;
    }
    let (mut acked, mut put_off) = (0, 0);
    let code = loop {
        match flooder.receive().await? {
            Received::Closed(code) => break code,
            Received::Frame(frame) if frame["t"] == "ack" => acked += 1,
            Received::Frame(frame) if frame["t"] == "error" => {
                ensure!(frame["code"] == "rate_limited" && frame["retry"] == true, "{frame}");
                ensure!(frame["retry_ms"].as_u64().is_some_and(|ms| ms <= 1_000), "{frame}");
                put_off += 1;
            }
            Received::Frame(_) => {}
        }
    };
    ensure!(code == 4429 && acked <= 40 && put_off >= 100, "{code}, {acked} stored, {put_off} put off");
    target.still_serves().await
}

#[tokio::test]
async fn too_many_pings_of_either_kind_are_cut_off() -> Result<()> {
    let target = Target::start().await?;
    for message in [Message::text(r#"{"t":"ping"}"#), Message::Ping("x".into()), Message::Pong("x".into())] {
        let (mut flooder, _) = Client::visitor(target.server.addr()).await?;
        for _ in 0..600 {
            let _ = flooder.send_message(message.clone()).await;
        }
        let code = flooder.close_code().await?;
        ensure!(code == 4429 || code == 1006, "{code} after {message:?}");
    }
    target.still_serves().await
}

#[tokio::test]
async fn one_network_opens_so_many_sockets_a_minute_and_others_do_not_feel_it() -> Result<()> {
    let target = Target::with_limits("sockets_per_minute = 60").await?;
    let mut refused = 0;
    for _ in 0..100 {
        refused += u32::from(Client::connect_from(target.server.addr(), elsewhere(1)).await.is_err());
    }
    ensure!((30..=50).contains(&refused), "{refused} were refused");
    target.still_serves().await
}

#[tokio::test]
async fn one_network_has_so_many_connections_at_once_and_others_do_not_feel_it() -> Result<()> {
    let target = Target::with_limits("sockets_per_minute = 100000\nconnections_per_network = 50").await?;
    let mut held = Vec::new();
    let mut refused = 0;
    for _ in 0..80 {
        match Client::connect_from(target.server.addr(), elsewhere(1)).await {
            Ok(client) => held.push(client),
            Err(_) => refused += 1,
        }
    }
    ensure!((held.len(), refused) == (50, 30), "{} held, {refused} refused", held.len());
    target.still_serves().await?;
    // Whoever goes makes room.
    drop(held);
    tealight_tests::eventually("room for one more", async || {
        Ok(Client::connect_from(target.server.addr(), elsewhere(1)).await.ok())
    })
    .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_greetings_does_not_keep_others_waiting() -> Result<()> {
    let _alone = ALONE.lock().await;
    let target = Target::start().await?;
    let server = target.server.addr();
    let before = median_wait(server).await?;
    let mut storm = JoinSet::new();
    let until = Instant::now() + Duration::from_secs(rounds(3, 20));
    for n in 0..4 {
        storm.spawn(async move {
            let mut greeted = 0_u32;
            while Instant::now() < until {
                let Ok(mut client) = Client::connect_from(server, elsewhere(n)).await else { continue };
                if client.send(&hello()).await.is_ok() && client.next("ready").await.is_ok() {
                    greeted += 1;
                }
            }
            greeted
        });
    }
    let during = median_wait(server).await?;
    let mut greeted = 0;
    while let Some(count) = storm.join_next().await {
        greeted += count?;
    }
    let ratio = during.as_secs_f64() / before.as_secs_f64();
    println!(
        "a storm of {greeted} greetings: an ack took {before:?} before and {during:?} during, ×{ratio:.1}"
    );
    ensure!(greeted > 200, "{greeted} greetings are no storm");
    ensure!(during < Duration::from_millis(250), "others wait {during:?} for an ack");
    target.still_serves().await
}

/// How long an `ack` takes, half of the time.
async fn median_wait(server: SocketAddr) -> Result<Duration> {
    let mut waits = Vec::new();
    for _ in 0..3 {
        let (mut visitor, _) = Client::visitor(server).await?;
        visitor_start(&mut visitor, &new_secret(), None).await?;
        for _ in 0..15 {
            let cid = new_cid();
            let began = Instant::now();
            visitor.send(&json!({"t": "send", "cid": cid, "text": "Is somebody there?"})).await?;
            let answer: Value = visitor.answer(&cid).await?;
            ensure!(answer["t"] == "ack", "{answer}");
            waits.push(began.elapsed());
        }
    }
    waits.sort_unstable();
    Ok(waits[waits.len() / 2])
}
