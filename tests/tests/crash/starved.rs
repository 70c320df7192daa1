//! A disk that takes nothing more, while everything else goes on: full, cut off, or held by another program.
//!
//! Each test makes its fault on the running process and takes it away again. A file system of its own needs
//! namespaces; where there are none, the same is done with a limit on the size of files, which is another error to
//! the database and the same to everybody else.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rusqlite::Connection;
use serde_json::{Value, json};
use tealight_tests::child::{ChildServer, Ground, Setup, has_namespaces};
use tealight_tests::client::{
    Client, console, log_in, new_cid, new_inst, new_secret, ordinary_conversation, resume, start,
    visitor_start,
};
use tealight_tests::eventually;
use tealight_tests::soak::Tally;

use crate::PROGRAM;

/// What takes the room away, and gives it back.
enum Fault {
    /// A file that fills the server's own small file system.
    Filler(PathBuf),
    /// No file of the process may grow.
    Ration,
    /// Another program writes, and does not come to an end.
    Lock(Option<Connection>),
}

impl Fault {
    fn begin(&mut self, server: &ChildServer) -> Result<()> {
        match self {
            Self::Filler(path) => {
                *path = server.data_of_process()?.join("filler");
                let mut filler = std::fs::File::create(&*path).context("the small disk cannot be reached")?;
                let full = std::io::copy(&mut std::io::repeat(1), &mut filler).unwrap_err();
                ensure!(full.kind() == std::io::ErrorKind::StorageFull, "not full: {full}");
                Ok(())
            }
            Self::Ration => server.ration(Some(0)),
            Self::Lock(connection) => {
                let other = Connection::open(server.data().join("tealight.db"))?;
                other.execute_batch("begin immediate")?;
                *connection = Some(other);
                Ok(())
            }
        }
    }

    fn end(&mut self, server: &ChildServer) -> Result<()> {
        match self {
            Self::Filler(path) => Ok(std::fs::remove_file(path)?),
            Self::Ration => server.ration(None),
            Self::Lock(connection) => {
                drop(connection.take());
                Ok(())
            }
        }
    }
}

#[tokio::test]
async fn a_full_disk_is_said_and_survived() -> Result<()> {
    let (ground, fault) = if has_namespaces() {
        (Ground::SmallDisk(16 * 1_024), Fault::Filler(PathBuf::new()))
    } else {
        println!("no namespaces here: the disk is made full by a limit on the size of files");
        (Ground::Rationed, Fault::Ration)
    };
    starve("a full disk", ground, fault).await
}

#[tokio::test]
async fn a_disk_that_may_only_be_read_is_said_and_survived() -> Result<()> {
    // No write of the process succeeds any more, and every read does: what a file system does that was set to
    // read-only under a running program after a fault. (Nobody can do that by hand: it is refused while files are
    // open for writing.)
    starve("a disk that may only be read", Ground::Rationed, Fault::Ration).await
}

#[tokio::test]
async fn a_database_that_another_program_holds_is_said_and_survived() -> Result<()> {
    starve("a database in another program's hands", Ground::Plain, Fault::Lock(None)).await
}

#[tokio::test]
async fn a_server_that_starts_while_nothing_can_be_stored_says_so_and_recovers() -> Result<()> {
    let mut server = ChildServer::start(PROGRAM, &Setup { ground: Ground::Rationed, ..Setup::default() })?;
    let token = log_in(server.addr(), "sam").await?;
    let (mut visitor, ready) = Client::visitor(server.addr()).await?;
    let secret = new_secret();
    visitor_start(&mut visitor, &secret, None).await?;
    let kept = say(&mut visitor, "Before").await?;
    server.kill()?;
    // No byte more than the journal has already: what the database needs to begin at all still fits below.
    let journal = std::fs::metadata(server.data().join("tealight.db-wal"))?.len();
    ensure!(journal > 32 * 1_024, "the journal has {journal} bytes");
    server.start_again_rationed(journal)?;
    ensure!(status(&server).await?["state"] == "closed", "{}", status(&server).await?);
    let mut visitor = Client::connect(server.addr()).await?;
    visitor.send(&resume(&new_inst(), &secret, epoch(&ready), 0)).await?;
    let events = visitor.next("ready").await?["conv"]["events"].clone();
    ensure!(events[1]["text"] == "Before" && events[1]["seq"] == kept["seq"], "{events}");
    ensure!(say(&mut visitor, "During").await?["code"] == "unavailable");
    server.ration(None)?;
    is_open(&server).await?;
    ensure!(say(&mut visitor, "After").await?["t"] == "ack");
    ordinary_conversation(server.addr(), &token, None).await?;
    Ok(())
}

#[tokio::test]
async fn a_read_only_file_system_is_named_at_the_start() -> Result<()> {
    let setup = Setup { ground: Ground::Plain, ..Setup::default() };
    let mut server = ChildServer::start(PROGRAM, &setup)?;
    server.stop()?;
    let refused = if has_namespaces() {
        server.start_read_only()
    } else {
        // A write version that the database library does not know makes a file read-only for everybody.
        println!("no namespaces here: the file itself says that it may only be read");
        let path = server.data().join("tealight.db");
        let mut bytes = std::fs::read(&path)?;
        bytes[18] = 3;
        std::fs::write(&path, bytes)?;
        server.start_again()
    };
    let said = refused.unwrap_err().to_string();
    ensure!(said.contains("tealight.db") && said.contains("fix:"), "{said}");
    Ok(())
}

/// Before, during and after a time in which nothing can be stored.
async fn starve(name: &str, ground: Ground, mut fault: Fault) -> Result<()> {
    let mut tally = Tally::new(name);
    let server = ChildServer::start(PROGRAM, &Setup { ground, ..Setup::default() })?;
    let token = log_in(server.addr(), "sam").await?;
    ordinary_conversation(server.addr(), &token, None).await?;
    let (mut visitor, ready) = Client::visitor(server.addr()).await?;
    let secret = new_secret();
    let conv = visitor_start(&mut visitor, &secret, None).await?["conv"].clone();
    let (mut operator, _) = console(server.addr(), &token).await?;
    let claim = new_cid();
    operator.send(&json!({"t": "claim", "cid": claim, "conv": conv})).await?;
    let claim = operator.answer(&claim).await?["claim"].clone();
    let (mut looking, _) = Client::visitor(server.addr()).await?;
    let mut acked: Vec<Value> = vec![];
    for n in 0..3 {
        acked.push(say(&mut visitor, &format!("Before {n}")).await?);
    }

    fault.begin(&server)?;
    // Whatever is left is used up first; then each is refused in the same words.
    let mut refused = vec![];
    for n in 0..6 {
        let (cid, text) = (new_cid(), format!("During {n} {}", "…".repeat(3_900)));
        let send = json!({"t": "send", "cid": cid, "text": text});
        visitor.send(&send).await?;
        let answer = visitor.answer(&cid).await?;
        if answer["t"] == "ack" {
            ensure!(refused.is_empty(), "stored, while nothing can be stored: {answer}");
            acked.push(answer);
        } else {
            ensure!(answer["code"] == "unavailable" && answer["retry"] == true, "{answer}");
            refused.push(send);
        }
    }
    ensure!(refused.len() >= 3, "the fault has no effect");
    tally.faults = refused.len() as u64;
    let cid = new_cid();
    let from_operator =
        json!({"t": "send", "cid": cid, "conv": conv, "claim": claim, "text": "…".repeat(3_900)});
    operator.send(&from_operator).await?;
    ensure!(operator.answer(&cid).await?["code"] == "unavailable");
    let told = looking.next("service").await?;
    ensure!(told["state"] == "closed" && !told["offers"].as_array().unwrap().is_empty(), "{told}");
    let status_now = status(&server).await?;
    ensure!(status_now["state"] == "closed" && status_now["offers"] == told["offers"], "{status_now}");
    ensure!(health(&server).await? == 503);
    let cid = new_cid();
    looking.send(&start(&cid, &new_secret(), None)).await?;
    let answer = looking.answer(&cid).await?;
    ensure!(answer["code"] == "unavailable" && answer["retry"] == true, "{answer}");
    // The conversation can still be read, on another socket too.
    let mut other = Client::connect(server.addr()).await?;
    other.send(&resume(&new_inst(), &secret, epoch(&ready), 0)).await?;
    ensure!(other.next("ready").await?["conv"]["last"] == acked.last().unwrap()["seq"]);

    fault.end(&server)?;
    is_open(&server).await?;
    ensure!(looking.next("service").await?["state"] == "open");
    ensure!(health(&server).await? == 200);
    // The same commands again, on the same sockets.
    for send in refused {
        visitor.send(&send).await?;
        let answer = patiently(&mut visitor, &send).await?;
        ensure!(
            answer["seq"].as_u64() == acked.last().unwrap()["seq"].as_u64().map(|seq| seq + 1),
            "{answer}"
        );
        acked.push(answer);
    }
    operator.send(&from_operator).await?;
    ensure!(patiently(&mut operator, &from_operator).await?["t"] == "ack");
    // Everything that was acknowledged, and nothing else, in order.
    let mut again = Client::connect(server.addr()).await?;
    again.send(&resume(&new_inst(), &secret, epoch(&ready), 0)).await?;
    let mut page = again.next("ready").await?["conv"].clone();
    let mut told = vec![];
    loop {
        told.extend(page["events"].as_array().unwrap().clone());
        if page["more"] != true {
            break;
        }
        again.send(&json!({"t": "sync", "after": told.len()})).await?;
        page = again.next("history").await?;
    }
    for ack in &acked {
        let kept = told.iter().filter(|event| event["cid"] == ack["cid"]).count();
        tally.lost += u64::from(kept == 0);
        tally.doubled += u64::from(kept > 1);
        tally.reordered +=
            u64::from(ack["seq"].as_u64().is_none_or(|seq| told[seq as usize - 1]["cid"] != ack["cid"]));
    }
    ordinary_conversation(server.addr(), &token, None).await?;
    (tally.rounds, tally.messages) = (1, acked.len() as u64 + 1);
    tally.settle();
    Ok(())
}

/// Sends a message and takes its answer.
async fn say(visitor: &mut Client, text: &str) -> Result<Value> {
    let cid = new_cid();
    visitor.send(&json!({"t": "send", "cid": cid, "text": text})).await?;
    visitor.answer(&cid).await
}

/// The answer to a command that was sent, sent again as often as the server asks for it.
async fn patiently(client: &mut Client, frame: &Value) -> Result<Value> {
    loop {
        let answer = client.answer(frame["cid"].as_str().unwrap_or_default()).await?;
        let Some(wait) = answer["retry_ms"].as_u64() else { return Ok(answer) };
        tokio::time::sleep(Duration::from_millis(wait)).await;
        client.send(frame).await?;
    }
}

fn epoch(ready: &Value) -> &str {
    ready["epoch"].as_str().unwrap()
}

async fn status(server: &ChildServer) -> Result<Value> {
    Ok(reqwest::get(format!("{}/v1/status", server.url())).await?.json().await?)
}

async fn health(server: &ChildServer) -> Result<u16> {
    Ok(reqwest::get(format!("{}/healthz", server.url())).await?.status().as_u16())
}

async fn is_open(server: &ChildServer) -> Result<()> {
    eventually("the service to be open again", async || {
        Ok((status(server).await?["state"] == "open").then_some(()))
    })
    .await
}
