//! What is kept for a reload, when, and what is not.

use serde_json::Value;
use tealight_session::visitor::{Command, RestoreError, Session};
use tealight_session::{Delivery, Fact};

use crate::backend::*;

#[test]
fn nothing_is_kept_before_joining() {
    let mut rig = welcomed();
    rig.edit("typed too early");
    rig.pass(10_000);
    rig.fact(Fact::Hidden);
    rig.fact(Fact::PageLeft);
    assert_eq!(rig.saves, 0);
}

#[test]
fn the_secret_is_kept_before_it_is_sent() {
    let mut rig = welcomed();
    rig.session.handle(rig.now, tealight_session::visitor::Input::Command(join()));
    let first = rig.session.poll_effect();
    assert!(matches!(first, Some(tealight_session::Effect::Save(_))), "{first:?}");
}

#[test]
fn a_message_is_kept_before_it_is_sent() {
    let mut rig = talking();
    rig.edit("words");
    let send = tealight_session::visitor::Input::Command(Command::Send);
    rig.session.handle(rig.now, send);
    let effects: Vec<_> = std::iter::from_fn(|| rig.session.poll_effect()).collect();
    let save = effects.iter().position(|e| matches!(e, tealight_session::Effect::Save(_)));
    let transmit = effects
        .iter()
        .position(|e| matches!(e, tealight_session::Effect::Transmit(_, text) if text.contains("\"send\"")));
    assert!(save.is_some() && save < transmit, "{effects:?}");
}

#[test]
fn keystrokes_are_kept_twice_a_second_at_most_and_at_once_when_the_page_goes() {
    let mut rig = waiting();
    let before = rig.saves;
    for n in 0..20 {
        rig.edit(&"a".repeat(n));
        rig.pass(100);
    }
    assert!(rig.saves - before <= 5, "{}", rig.saves - before);
    for going in [Fact::Hidden, Fact::PageLeft] {
        let mut rig = waiting();
        rig.edit("last words");
        rig.fact(going);
        assert!(rig.stored.unwrap().contains("last words"));
    }
}

#[test]
fn what_was_said_is_not_kept() {
    let mut rig = talking();
    let send = rig.say("spoken");
    rig.hear(event(3, own(&send)));
    rig.hear(event(4, theirs("answered")));
    rig.edit("draft");
    rig.fact(Fact::PageLeft);
    let stored = rig.stored.unwrap();
    assert!(!stored.contains("spoken") && !stored.contains("answered") && stored.contains("draft"));
    assert!(!stored.contains("inst"));
}

#[test]
fn a_snapshot_gives_back_what_it_took() {
    let mut rig = talking();
    rig.say("one \"quoted\" \u{1F469}\u{200D}\u{1F680}");
    rig.edit("draft\nsecond line");
    rig.fact(Fact::PageLeft);
    let next = reloaded(&rig);
    assert_eq!(next.draft(), "draft\nsecond line");
    assert_eq!(next.bubbles(), [("one \"quoted\" \u{1F469}\u{200D}\u{1F680}".to_owned(), Delivery::Sending)]);
    assert_eq!(next.session.view().phase, rig.session.view().phase);
}

#[test]
fn the_tick_survives_a_reload() {
    let mut rig = waiting();
    rig.edit("words");
    rig.command(Command::SendWhenJoined(true));
    rig.pass(1_000);
    assert!(reloaded(&rig).session.view().composer.send_when_joined);
}

#[test]
fn a_broken_or_foreign_snapshot_is_refused() {
    let rig = waiting();
    let good = rig.stored.unwrap();
    let restore = |text: &str| Session::restore(config(), Box::new(Seeded(1)), text).map(drop);
    assert_eq!(restore(&good), Ok(()));
    for bad in ["", "null", "{}", "[]", "\u{0}", &good[..good.len() / 2], &good.replace("waiting", "flying")]
    {
        assert_eq!(restore(bad), Err(RestoreError), "{bad:?}");
    }
    for version in [0, 2, 99] {
        let mut other: Value = serde_json::from_str(&good).unwrap();
        other["v"] = version.into();
        assert_eq!(restore(&other.to_string()), Err(RestoreError), "{version}");
    }
    let mut secretless: Value = serde_json::from_str(&good).unwrap();
    secretless["secret"] = "short".into();
    assert_eq!(restore(&secretless.to_string()), Err(RestoreError));
    let mut startless: Value = serde_json::from_str(&good).unwrap();
    startless["place"] = "joining".into();
    assert_eq!(restore(&startless.to_string()), Err(RestoreError));
}

#[test]
fn a_restored_session_saves_nothing_until_something_changes() {
    let rig = waiting();
    let mut next = reloaded(&rig);
    next.command(Command::Open);
    next.pass(2_000);
    assert_eq!(next.saves, 0);
}
