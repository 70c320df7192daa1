//! The backend in Python over the wire alone: our own session core and raw frames against it.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tealight_protocol::{CloseCode, Party, Route};
use tealight_session::Delivery;
use tealight_session::visitor::{Command, EntryKind, Phase, View};
use tealight_tests::peer::Visitor;
use tealight_tests::python::PythonBackend;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

#[tokio::test]
async fn nothing_is_lost_or_doubled_when_it_is_killed_in_mid_conversation() -> Result<()> {
    let mut backend = PythonBackend::start("").await?;
    let visitor = Visitor::arrive(&backend.socket())?;
    visitor.wants(Command::Open);
    visitor.sees(|view| view.service.clone()).await?;
    visitor.wants(Command::Join { area: None, route: Route::Standard });
    visitor.sees(|view| place(view).filter(|place| *place == 1)).await?;
    says(&visitor, "before anybody is there");
    visitor.sees(|view| sent(view, 1)).await?;

    backend.types("/take")?;
    visitor.sees(|view| matches!(view.phase, Phase::Talking(_)).then_some(())).await?;
    backend.terminal_says("visitor: before anybody is there").await?;
    backend.types("I am here")?;
    visitor.sees(|view| words(view).contains(&"op: I am here".to_owned()).then_some(())).await?;

    backend.kill()?;
    says(&visitor, "into the void");
    backend.start_again().await?;
    backend.terminal_says("visitor: into the void").await?;
    backend.types("still here")?;
    says(&visitor, "and so am I");
    backend.terminal_says("visitor: and so am I").await?;
    visitor.sees(|view| sent(view, 3).filter(|()| words(view).len() == 5)).await?;

    visitor.wants(Command::End);
    visitor.sees(|view| matches!(view.phase, Phase::Ended(_)).then_some(())).await?;
    backend.terminal_says("ended by the visitor").await?;
    let expected = [
        "me: before anybody is there",
        "op: I am here",
        "me: into the void",
        "op: still here",
        "me: and so am I",
    ];
    let both: BTreeSet<_> = words(&visitor.view()).into_iter().collect();
    assert_eq!(both, expected.map(str::to_owned).into(), "on the visitor's screen");
    let typed = ["before anybody", "into the void", "so am I"];
    for words in typed {
        let on_terminal = backend.terminal().iter().filter(|line| line.contains(words)).count();
        assert_eq!(on_terminal, 1, "{words:?} stands on the terminal {on_terminal} times");
        ensure!(!backend.complaints().contains(words), "what was said is in the log");
    }
    backend.stop().await
}

#[tokio::test]
async fn what_cannot_be_stored_is_not_acknowledged_and_goes_through_later() -> Result<()> {
    let mut backend = PythonBackend::start("").await?;
    let mut socket = Raw::open(&backend).await?;
    socket.hears_ready().await?;
    let start = json!({"t": "start", "cid": "1_lbbjJw0-hei1TVEsdYvQ", "secret": SECRET, "lang": "en"});
    socket.sends_text(&start.to_string()).await?;
    socket.hears("ack").await?;

    let other = rusqlite::Connection::open(backend.database())?;
    other.execute_batch("BEGIN IMMEDIATE")?;
    let send = json!({"t": "send", "cid": "K2dXMZVvnmpkb-azB3hAig", "text": "Hello."}).to_string();
    socket.sends_text(&send).await?;
    let refused = socket.hears("error").await?;
    assert_eq!((&refused["code"], &refused["retry"]), (&json!("unavailable"), &json!(true)), "{refused}");
    backend.types("/take")?;
    backend.terminal_says("not stored").await?;

    other.execute_batch("ROLLBACK")?;
    socket.sends_text(&send).await?;
    assert_eq!(socket.hears("ack").await?["seq"], 2);
    // Whoever had the turn already needs no second asking.
    socket.hears_event("joined").await?;
    backend.terminal_says("visitor: Hello.").await?;
    backend.stop().await
}

#[tokio::test]
async fn every_damaged_frame_gets_the_answer_that_its_vector_names() -> Result<()> {
    let mut backend = PythonBackend::start("").await?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocol/vectors/invalid");
    let mut asked = 0;
    for file in files(&folder)? {
        let vector: Value = serde_json::from_slice(&std::fs::read(&file)?)?;
        let t = vector["frame"]["t"].as_str().unwrap_or_default();
        // It has no operators and nothing of level 3.
        if vector["direction"] != "visitor-to-server" || ["answer", "mark", "typing"].contains(&t) {
            continue;
        }
        let text = match vector["text"].as_str() {
            Some(text) => text.to_owned(),
            None => vector["frame"].to_string(),
        };
        let mut socket = Raw::open(&backend).await?;
        if t != "hello" {
            socket.hears_ready().await?;
        }
        socket.sends_text(&text).await?;
        let answer = socket.next().await?;
        let came = match &answer {
            Answer::Frame(frame) => {
                format!(
                    "{} {}",
                    frame["t"].as_str().unwrap_or_default(),
                    frame["code"].as_str().unwrap_or_default()
                )
            }
            Answer::Closed(code) => format!("close {code}"),
        };
        assert_eq!(json!(came), vector["outcome"], "{}", file.display());
        if let (Answer::Frame(frame), Some(cid)) = (&answer, vector["cid"].as_str()) {
            assert_eq!(frame["cid"], cid, "{}", file.display());
        }
        asked += 1;
    }
    assert!(asked > 30, "only {asked} vectors were asked");
    backend.stop().await?;
    ensure!(!backend.complaints().contains("ERROR"), "{}", backend.complaints());
    Ok(())
}

#[tokio::test]
async fn a_stop_is_announced_and_nothing_secret_is_stored_or_logged() -> Result<()> {
    let mut backend = PythonBackend::start("").await?;
    let mut socket = Raw::open(&backend).await?;
    socket.hears_ready().await?;
    let start = json!({"t": "start", "cid": "1_lbbjJw0-hei1TVEsdYvQ", "secret": SECRET, "lang": "en"});
    socket.sends_text(&start.to_string()).await?;
    socket.hears("queue").await?;

    backend.stop().await?;
    let bye = socket.hears("bye").await?;
    ensure!(bye["spread_ms"].is_u64(), "{bye}");
    assert_eq!(socket.next().await?.code(), Some(CloseCode::Restart.as_u16()));

    for file in [backend.database(), backend.database().with_extension("db-wal")] {
        let stored = std::fs::read(&file).unwrap_or_default();
        ensure!(
            !stored.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()),
            "the secret stands in {}",
            file.display()
        );
    }
    ensure!(!backend.complaints().contains("ERROR"), "{}", backend.complaints());
    Ok(())
}

/// What opens a conversation.
const SECRET: &str = "K7gNU3sdo-OL0wNhqoVWhr3g6s1xYv72ol_pe_Unols";

/// A socket with nothing in between.
struct Raw(tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>);

/// What came over it.
enum Answer {
    Frame(Value),
    Closed(u16),
}

impl Answer {
    fn code(&self) -> Option<u16> {
        match self {
            Self::Frame(_) => None,
            Self::Closed(code) => Some(*code),
        }
    }
}

impl Raw {
    async fn open(backend: &PythonBackend) -> Result<Self> {
        let mut request = backend.socket().into_client_request()?;
        request.headers_mut().insert("Sec-WebSocket-Protocol", "tealight.v1, tealight".parse()?);
        Ok(Self(tokio_tungstenite::connect_async(request).await?.0))
    }

    async fn sends_text(&mut self, text: &str) -> Result<()> {
        Ok(self.0.send(Message::text(text)).await?)
    }

    async fn hears_ready(&mut self) -> Result<Value> {
        let hello = json!({"t": "hello", "role": "visitor", "inst": "4IsNqA828WeqfUHE9JBH-g", "lang": "en"});
        self.sends_text(&hello.to_string()).await?;
        self.hears("ready").await
    }

    async fn hears(&mut self, t: &str) -> Result<Value> {
        loop {
            match self.next().await? {
                Answer::Frame(frame) if frame["t"] == t => return Ok(frame),
                Answer::Frame(_) => {}
                Answer::Closed(code) => anyhow::bail!("closed with {code} before {t}"),
            }
        }
    }

    async fn hears_event(&mut self, kind: &str) -> Result<Value> {
        loop {
            let event = self.hears("event").await?;
            if event["kind"] == kind {
                return Ok(event);
            }
        }
    }

    async fn next(&mut self) -> Result<Answer> {
        loop {
            let message = tokio::time::timeout(std::time::Duration::from_secs(30), self.0.next()).await?;
            match message.context("the socket is gone")?? {
                Message::Text(text) => return Ok(Answer::Frame(serde_json::from_str(&text)?)),
                Message::Close(frame) => {
                    return Ok(Answer::Closed(frame.map_or(1005, |frame| frame.code.into())));
                }
                _ => {}
            }
        }
    }
}

fn says(visitor: &Visitor, words: &str) {
    visitor.wants(Command::Edit(words.to_owned()));
    visitor.wants(Command::Send);
}

fn place(view: &View) -> Option<u32> {
    match &view.phase {
        Phase::Waiting(waiting) => waiting.place,
        _ => None,
    }
}

/// Everything that was said, with who said it.
fn words(view: &View) -> Vec<String> {
    let said = view.entries.iter().filter_map(|entry| match &entry.kind {
        EntryKind::Own { text, .. } => Some(format!("me: {}", text.as_str())),
        EntryKind::Theirs { text, from: Party::Operator(_), .. } => Some(format!("op: {}", text.as_str())),
        EntryKind::Theirs { text, .. } => Some(format!("?: {}", text.as_str())),
        _ => None,
    });
    said.collect()
}

/// Whether so many of the visitor's messages are acknowledged, and none is on its way.
fn sent(view: &View, count: usize) -> Option<()> {
    let deliveries = view.entries.iter().filter_map(|entry| match &entry.kind {
        EntryKind::Own { delivery, .. } => Some(*delivery),
        _ => None,
    });
    let deliveries: Vec<_> = deliveries.collect();
    (deliveries.len() == count && deliveries.iter().all(|delivery| *delivery != Delivery::Sending))
        .then_some(())
}

fn files(folder: &Path) -> Result<Vec<std::path::PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
