//! Somebody who takes what the server's process leaves: its files, its log, and an image of its memory.
//!
//! The files must never hold a word. Memory must hold none once a conversation is erased and its sockets are gone:
//! while people talk, their words pass through it, and whoever can read it then is on the machine already.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use tealight_tests::client::{Client, console, new_cid, new_secret, visitor_start};

use crate::Target;

/// What is said is never there in one piece in this program's text, so that only the server could have kept it.
fn word(of: &str) -> String {
    format!("canary-{of}-{}", new_cid())
}

#[tokio::test]
async fn what_was_erased_is_in_no_file_no_log_and_no_memory_of_the_server() -> Result<()> {
    let target = Target::start().await?;
    let server = target.server.addr();
    let (mut visitor, _) = Client::visitor(server).await?;
    let conv = visitor_start(&mut visitor, &new_secret(), None).await?["conv"].clone();
    let (mut sam, _) = console(server, &target.token).await?;
    let cid = new_cid();
    sam.send(&json!({"t": "claim", "cid": cid, "conv": conv})).await?;
    let claim = sam.answer(&cid).await?["claim"].clone();
    let words = ["visitor", "volunteer", "note"].map(word);
    let frames = [
        json!({"t": "send", "cid": new_cid(), "text": words[0]}),
        json!({"t": "send", "cid": new_cid(), "conv": conv, "claim": claim, "text": words[1]}),
        json!({"t": "note", "cid": new_cid(), "conv": conv, "claim": claim, "text": words[2]}),
    ];
    for (n, frame) in frames.iter().enumerate() {
        let sender = if n == 0 { &mut visitor } else { &mut sam };
        sender.send(frame).await?;
        let answer = sender.answer(frame["cid"].as_str().context("a cid")?).await?;
        ensure!(answer["t"] == "ack", "{answer}");
    }
    ensure!(
        on_disk(&target, conv.as_str().context("a name")?)?,
        "what is in clear is found: this test can fail"
    );
    for word in &words {
        ensure!(!on_disk(&target, word)?, "a word is on the disk in clear");
    }
    let cid = new_cid();
    visitor.send(&json!({"t": "erase", "cid": cid})).await?;
    visitor.answer(&cid).await?;
    visitor.close_code().await?;
    sam.next("released").await?;
    drop((visitor, sam));
    // Whatever frames the server still had in its hands, it has put down when it has talked with somebody else.
    target.still_serves().await?;
    for word in words.iter().map(String::as_str).chain(conv.as_str()) {
        ensure!(!on_disk(&target, word)?, "something erased is on the disk");
        ensure!(!target.server.said().contains(word), "something erased is in the log");
    }
    let Some(memory) = memory_of(target.server.pid()?)? else {
        println!("not looked into memory: this system does not let a program read that of its own child");
        return Ok(());
    };
    ensure!(holds(&memory, b"Lantern Night Line"), "what is in memory is found: this test can fail");
    let left: Vec<_> = words.iter().filter(|word| holds(&memory, word.as_bytes())).collect();
    ensure!(left.is_empty(), "still in memory: {left:?}");
    Ok(())
}

/// Whether something stands in the database, its journals or its keys.
fn on_disk(target: &Target, what: &str) -> Result<bool> {
    let mut found = false;
    for entry in std::fs::read_dir(target.server.data())? {
        found |= holds(&std::fs::read(entry?.path())?, what.as_bytes());
    }
    Ok(found)
}

fn holds(bytes: &[u8], what: &[u8]) -> bool {
    // The first letter is rare enough, and memory is large.
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == what[0]) {
        if rest[at..].starts_with(what) {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}

/// Everything that a process may write to: its heap, its stacks, and what it maps. Nothing where that cannot be read.
fn memory_of(pid: u32) -> Result<Option<Vec<u8>>> {
    let (Ok(maps), Ok(mut memory)) =
        (std::fs::read_to_string(format!("/proc/{pid}/maps")), File::open(format!("/proc/{pid}/mem")))
    else {
        return Ok(None);
    };
    let mut all = Vec::new();
    for line in maps.lines() {
        let mut parts = line.split_whitespace();
        let (range, rights) = (parts.next().context("a range")?, parts.next().context("rights")?);
        if !rights.starts_with("rw") {
            continue;
        }
        let (from, to) = range.split_once('-').context("two ends")?;
        let (from, to) = (u64::from_str_radix(from, 16)?, u64::from_str_radix(to, 16)?);
        let mut part = vec![0; usize::try_from(to - from)?];
        memory.seek(SeekFrom::Start(from))?;
        // Some pages belong to the system and cannot be read.
        if memory.read_exact(&mut part).is_ok() {
            all.append(&mut part);
        }
    }
    Ok((!all.is_empty()).then_some(all))
}
