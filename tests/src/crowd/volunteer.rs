//! A made-up volunteer: takes whoever is next, listens, and ends what has come to its end.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tealight_protocol::{Availability, ConversationId, Seq};
use tealight_session::operator::{Command, ConversationView, EntryKind};

use super::{Person, lines, one_more};
use crate::peer::Operator;

/// How many visitors at once.
const CAPACITY: u8 = 2;

/// How often a volunteer looks around.
const GLANCE: Duration = Duration::from_millis(250);

/// A token for a volunteer.
pub(super) async fn log_in(address: &str, name: &str, password: &str) -> Result<String> {
    let response = reqwest::Client::new()
        .post(address)
        .json(&json!({"name": name, "password": password}))
        .send()
        .await
        .with_context(|| format!("no answer from {address}"))?;
    if !response.status().is_success() {
        bail!("{name} could not log in: {}", response.status());
    }
    let answer: Value = response.json().await?;
    answer["token"].as_str().map(str::to_owned).with_context(|| format!("{name} got no token"))
}

/// What a volunteer has in mind about one conversation.
#[derive(Default)]
struct Talk {
    /// How many of the visitor's messages were read.
    heard: usize,
    /// How many were answered.
    answers: u32,
    /// What is being written, and when it is done.
    writing: Option<(String, Instant)>,
}

/// A whole shift.
pub(super) async fn live(mut one: Person, token: String) -> Result<()> {
    let operator = Operator::arrive(&one.socket, token)?;
    operator.wants(Command::Open);
    operator.wants(Command::Avail { status: Availability::Accepting, capacity: CAPACITY, last_chat: false });
    let mut talks: HashMap<ConversationId, Talk> = HashMap::new();
    let mut next_claim = Instant::now() + one.while_of(2.0..8.0);
    loop {
        let view = operator.view();
        let running = view.conversations.iter().filter(|conv| is_running(conv)).count();
        let free = running < usize::from(CAPACITY);
        if free && !view.claiming && !view.board.waiting.is_empty() && Instant::now() >= next_claim {
            operator.wants(Command::Claim(None));
            next_claim = Instant::now() + one.while_of(6.0..20.0);
        }
        if view.refusal.is_some() {
            operator.wants(Command::DismissRefusal);
        }
        for conv in view.conversations.iter() {
            if is_running(conv) {
                attend(&mut one, &operator, talks.entry(conv.id.clone()).or_default(), conv);
            } else {
                talks.remove(&conv.id);
                operator.wants(Command::Dismiss(conv.id.clone()));
            }
        }
        tokio::time::sleep(GLANCE.mul_f64(f64::from(one.pace_percent.clamp(10, 100)) / 100.0)).await;
    }
}

fn is_running(conv: &ConversationView) -> bool {
    conv.ended.is_none() && conv.released.is_none()
}

/// One look at one conversation: reads what is new, goes on writing, or sends what is written.
fn attend(one: &mut Person, operator: &Operator, talk: &mut Talk, conv: &ConversationView) {
    let (heard, last) = heard_so_far(conv);
    if let Some((words, done)) = talk.writing.take() {
        if Instant::now() < done {
            talk.writing = Some((words, done));
            return;
        }
        operator.wants(Command::Edit(conv.id.clone(), words));
        operator.wants(Command::Send(conv.id.clone()));
        one_more(&one.tally.said);
        talk.answers += 1;
        return;
    }
    let patience = 12;
    if talk.answers > patience {
        operator.wants(Command::End(conv.id.clone()));
        return;
    }
    let greets = talk.answers == 0;
    if !greets && heard == talk.heard {
        return;
    }
    talk.heard = heard;
    if let Some(last) = last {
        operator.wants(Command::Read(conv.id.clone(), last));
    }
    let words = match talk.answers {
        0 => one.pick(&lines::GREETING),
        answers if answers == patience => one.pick(&lines::CLOSING),
        _ => one.pick(&lines::LISTENING),
    };
    // The first letters, so that the visitor sees somebody write.
    operator.wants(Command::Edit(conv.id.clone(), words.chars().take(6).collect()));
    let time = one.typing_time(words);
    talk.writing = Some((words.to_owned(), Instant::now() + one.while_of(time)));
}

/// How many messages the visitor has sent, and where the last of them stands.
fn heard_so_far(conv: &ConversationView) -> (usize, Option<Seq>) {
    let mut theirs = conv.entries.iter().filter(|entry| matches!(entry.kind, EntryKind::Visitor(_)));
    let count = theirs.clone().count();
    (count, theirs.next_back().and_then(|entry| entry.seq))
}
