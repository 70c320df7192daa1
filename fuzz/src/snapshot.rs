//! What a tab finds in its storage: any text is refused or restored, and what was restored is saved the same.

use tealight_session::visitor::{Command, Config, Input, Phase, Session, View};
use tealight_session::{Effect, Fact};

use crate::dice::Dice;
use crate::{script, seeds, visitor};

pub(crate) fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Some(mut session) = restored(text) else { return };
    let _ = session.view();
    session.handle(1_000, Input::Command(Command::Open));
    session.handle(2_000, Input::Command(Command::Edit("words".to_owned())));
    session.handle(2_001, Input::Fact(Fact::PageLeft));
    let mut saved = None;
    while let Some(effect) = session.poll_effect() {
        if let Effect::Save(snapshot) = effect {
            saved = Some(snapshot);
        }
    }
    // Whoever had asked to end it before the reload finds it over, and nothing is kept.
    let is_over = matches!(session.view().phase, Phase::Welcome { .. } | Phase::Ended(_));
    assert_eq!(saved.is_none(), is_over, "a changed draft is saved when the page is left");
    let Some(saved) = saved else { return };
    let again = restored(&saved).expect("what a session saved, a session restores");
    let (before, after) = (session.view(), again.view());
    let words = |view: &View| -> Vec<_> { view.entries.iter().map(|entry| entry.key.clone()).collect() };
    assert_eq!(words(&before), words(&after), "messages are lost or changed by a reload");
    assert_eq!(before.composer.draft, after.composer.draft);
}

/// What sessions really save: every snapshot of every recorded session.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let scripts = seeds::sessions().into_iter().map(|lines| visitor::script_of(&lines));
    let mut saved: Vec<_> =
        scripts.flat_map(|steps| visitor::saved_by(&script::read(&script::write(&steps)))).collect();
    saved.sort();
    saved.dedup();
    saved.into_iter().map(String::into_bytes).collect()
}

fn restored(text: &str) -> Option<Session> {
    Session::restore(Config { lang: "en".to_owned() }, Dice::boxed(7), text).ok()
}
