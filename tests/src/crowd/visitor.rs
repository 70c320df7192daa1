//! A made-up visitor: comes, waits, perhaps leaves, talks, goes, and after a while is somebody else.

use std::time::Duration;

use anyhow::Result;
use tealight_protocol::{Route, Seq, ServiceState};
use tealight_session::visitor::{Command, EntryKind, Phase, View};

use super::{Person, lines, one_more};
use crate::peer::Visitor;

/// The longest a visitor looks at a screen on which nothing happens.
const GLANCE: Duration = Duration::from_millis(500);

/// One visitor after the other.
pub(super) async fn live(mut one: Person) -> Result<()> {
    loop {
        one.rest(0.0..25.0).await;
        visit(&mut one).await?;
        one.rest(5.0..40.0).await;
    }
}

/// One visit, from the first look to the end.
async fn visit(one: &mut Person) -> Result<()> {
    let visitor = Visitor::arrive(&one.socket)?;
    visitor.wants(Command::Open);
    while visitor.view().service.is_none_or(|service| service.state != ServiceState::Open) {
        // Closed, full, or the server is away: whoever really needs somebody stays a while.
        visitor.pause(GLANCE).await;
    }
    one.rest(1.0..6.0).await;
    visitor.wants(Command::Join { area: None, route: Route::Standard });
    let joined = look_for(&visitor, |view| match view.phase {
        Phase::Waiting(_) | Phase::Talking(_) => Some(true),
        Phase::Erasing | Phase::Stopped(_) | Phase::Ended(_) | Phase::Welcome { refused: true } => {
            Some(false)
        }
        Phase::Welcome { refused: false } | Phase::Joining => None,
    })
    .await;
    if !joined {
        return Ok(());
    }
    one_more(&one.tally.joined);
    if !wait(one, &visitor).await {
        one_more(&one.tally.left);
        visitor.wants(Command::End);
        look_for(&visitor, |view| over(view).then_some(())).await;
        return Ok(());
    }
    one_more(&one.tally.met);
    talk(one, &visitor).await;
    one_more(&one.tally.ended);
    survey(one, &visitor).await;
    Ok(())
}

/// Waits, writing a first message perhaps. Whether somebody came.
async fn wait(one: &mut Person, visitor: &Visitor) -> bool {
    let writes = one.happens(75);
    if writes {
        let first = one.pick(&lines::FIRST);
        write(one, visitor, first).await;
        match one.dice_of_three() {
            0 => say(one, visitor),
            1 => visitor.wants(Command::SendWhenJoined(true)),
            // Left in the composer, for when somebody is there.
            _ => {}
        }
    }
    let gives_up = one.happens(15);
    let patience = one.while_of(20.0..90.0);
    let came = look_for(visitor, |view| match view.phase {
        Phase::Talking(_) => Some(true),
        Phase::Ended(_) | Phase::Erasing | Phase::Stopped(_) => Some(false),
        Phase::Welcome { .. } | Phase::Joining | Phase::Waiting(_) => None,
    });
    if gives_up {
        return tokio::time::timeout(patience, came).await.unwrap_or(false);
    }
    came.await
}

/// Answers until it is enough for one of both.
async fn talk(one: &mut Person, visitor: &Visitor) {
    if visitor.view().composer.can_send {
        one.rest(1.0..4.0).await;
        say(one, visitor);
    }
    let mut left_to_say = 3 + one.dice_of_three() * 2;
    let mut heard = 0;
    while !over(&visitor.view()) {
        let (count, last) = heard_so_far(&visitor.view());
        if count == heard {
            visitor.pause(GLANCE).await;
            continue;
        }
        heard = count;
        if let Some(last) = last {
            visitor.wants(Command::Read(last));
        }
        one.rest(1.0..5.0).await;
        let words = if left_to_say == 0 { one.pick(&lines::GOODBYE) } else { one.pick(&lines::TALK) };
        write(one, visitor, words).await;
        say(one, visitor);
        if left_to_say == 0 {
            one.rest(3.0..8.0).await;
            visitor.wants(Command::End);
            look_for(visitor, |view| over(view).then_some(())).await;
            return;
        }
        left_to_say -= 1;
    }
}

/// Answers the questions after the end, or does not.
async fn survey(one: &mut Person, visitor: &Visitor) {
    one.rest(1.0..4.0).await;
    let questions = match &visitor.view().phase {
        Phase::Ended(ended) => ended.survey.as_ref().map(|survey| survey.questions.clone()),
        Phase::Welcome { .. }
        | Phase::Joining
        | Phase::Waiting(_)
        | Phase::Talking(_)
        | Phase::Erasing
        | Phase::Stopped(_) => None,
    };
    let Some(questions) = questions else { return };
    if !one.happens(50) {
        visitor.wants(Command::SkipSurvey);
        return;
    }
    let answers = questions
        .iter()
        .filter_map(|question| Some((question.id.clone(), question.options.first()?.clone())))
        .collect();
    visitor.wants(Command::AnswerSurvey(answers));
    let answered = look_for(visitor, |view| match &view.phase {
        Phase::Ended(ended) => (ended.answered || ended.survey.is_none()).then_some(()),
        Phase::Welcome { .. }
        | Phase::Joining
        | Phase::Waiting(_)
        | Phase::Talking(_)
        | Phase::Erasing
        | Phase::Stopped(_) => Some(()),
    });
    if tokio::time::timeout(Duration::from_secs(10), answered).await.is_ok() {
        one_more(&one.tally.answered);
    }
}

/// Writes into the composer bit by bit, as people do.
async fn write(one: &mut Person, visitor: &Visitor, words: &str) {
    let time = one.typing_time(words);
    let middle = words.char_indices().nth(words.chars().count() / 2).map_or(0, |(at, _)| at);
    visitor.wants(Command::Edit(words[..middle].to_owned()));
    one.rest(time).await;
    visitor.wants(Command::Edit(words.to_owned()));
}

fn say(one: &Person, visitor: &Visitor) {
    visitor.wants(Command::Send);
    one_more(&one.tally.said);
}

/// Waits as long as it takes.
async fn look_for<T>(visitor: &Visitor, mut look: impl FnMut(&View) -> Option<T>) -> T {
    loop {
        if let Some(found) = look(&visitor.view()) {
            return found;
        }
        visitor.pause(GLANCE).await;
    }
}

fn over(view: &View) -> bool {
    match view.phase {
        Phase::Ended(_) | Phase::Erasing | Phase::Stopped(_) | Phase::Welcome { .. } => true,
        Phase::Joining | Phase::Waiting(_) | Phase::Talking(_) => false,
    }
}

/// How many messages came from the other side, and where the last of them stands.
fn heard_so_far(view: &View) -> (usize, Option<Seq>) {
    let theirs = |entry: &&std::sync::Arc<tealight_session::visitor::Entry>| {
        matches!(entry.kind, EntryKind::Theirs { automatic: false, .. })
    };
    let count = view.entries.iter().filter(theirs).count();
    (count, view.entries.iter().rev().find(theirs).and_then(|entry| entry.seq))
}
