//! The backend in Python, killed again and again in the middle of a conversation.

use anyhow::{Result, ensure};
use rand::Rng as _;
use tealight_protocol::Route;
use tealight_session::visitor::{Command, EntryKind, Phase, View};
use tealight_tests::peer::Visitor;
use tealight_tests::python::PythonBackend;
use tealight_tests::soak::{Tally, rounds};

/// How many messages each side writes in a round.
const EACH: u64 = 4;

#[tokio::test(flavor = "multi_thread")]
async fn every_word_arrives_once_and_in_order_however_often_it_is_killed() -> Result<()> {
    let mut tally = Tally::new("the backend in Python is killed");
    let mut backend = PythonBackend::start("").await?;
    let visitor = Visitor::arrive(&backend.socket())?;
    visitor.wants(Command::Open);
    visitor.sees(|view| view.service.clone()).await?;
    visitor.wants(Command::Join { area: None, route: Route::Standard });
    visitor.sees(|view| matches!(view.phase, Phase::Waiting(_)).then_some(())).await?;
    backend.types("/take")?;
    visitor.sees(|view| matches!(view.phase, Phase::Talking(_)).then_some(())).await?;

    let (mut from_visitor, mut from_operator) = (Vec::new(), Vec::new());
    for round in 0..rounds(2, 12) {
        let fatal = rand::rng().random_range(0..EACH);
        for n in 0..EACH {
            let words = format!("visitor {round}.{n}");
            visitor.wants(Command::Edit(words.clone()));
            visitor.wants(Command::Send);
            from_visitor.push(words);
            let words = format!("operator {round}.{n}");
            backend.types(&words)?;
            if n == fatal {
                // In the middle of its work: nobody has waited for any of this.
                backend.kill()?;
                tally.faults += 1;
                backend.start_again().await?;
            } else {
                // What the terminal says back is stored; what was typed into the void is not on it.
                backend.terminal_says(&format!("you: {words}")).await?;
            }
        }
        // The terminal shows the log again after a start: now everything that was stored is on it.
        let last = from_visitor.last().cloned().unwrap_or_default();
        backend.terminal_says(&format!("visitor: {last}")).await?;
        tally.rounds += 1;
    }
    let stored = backend.terminal();
    let said = |who: &str| -> Vec<String> {
        stored.iter().filter_map(|line| line.strip_prefix(who).map(str::to_owned)).collect()
    };
    from_operator.extend(said("you: "));
    visitor.sees(|view| (words(view, false).len() >= from_operator.len()).then_some(())).await?;

    let view = visitor.view();
    for (sent, shown) in [
        (&from_visitor, said("visitor: ")),
        (&from_visitor, words(&view, true)),
        (&from_operator, words(&view, false)),
    ] {
        judge(&mut tally, sent, &shown);
    }
    ensure!(!backend.complaints().contains("ERROR"), "{}", backend.complaints());
    tally.settle();
    backend.stop().await
}

/// Compares what was sent with what is there.
fn judge(tally: &mut Tally, sent: &[String], shown: &[String]) {
    tally.messages += sent.len() as u64;
    let mut last = None;
    for words in sent {
        let places: Vec<_> =
            shown.iter().enumerate().filter(|(_, other)| *other == words).map(|(n, _)| n).collect();
        tally.lost += u64::from(places.is_empty());
        tally.doubled += places.len().saturating_sub(1) as u64;
        tally.reordered += u64::from(places.first().copied() < last);
        last = places.first().copied().or(last);
    }
}

/// What one side said, as the visitor sees it.
fn words(view: &View, own: bool) -> Vec<String> {
    let said = view.entries.iter().filter_map(|entry| match &entry.kind {
        EntryKind::Own { text, .. } if own => Some(text.as_str().to_owned()),
        EntryKind::Theirs { text, .. } if !own => Some(text.as_str().to_owned()),
        _ => None,
    });
    said.collect()
}
