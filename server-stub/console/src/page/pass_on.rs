//! The dialog that passes a visitor on: to whom, with what words for the visitor and what note for the colleague.

use leptos::prelude::*;
use tealight_protocol::limits::{NOTE_CHARS, REASON_CHARS};
use tealight_protocol::{
    Area, Availability, ConversationId, NoteText, OperatorEntry, OperatorId, Reason, TransferTarget,
};
use tealight_session::operator::Command;

use super::desk::Desk;
use super::dialogs::Frame;
use crate::colleagues::listing;
use crate::words::{t, tf};

/// Where to.
#[derive(Clone, Debug, PartialEq, Eq)]
enum To {
    Colleague(OperatorId),
    Area(Area),
    WaitingRoom,
}

/// The dialog. Nothing happens before its last button.
#[component]
pub(crate) fn PassOnDialog(id: ConversationId, close: Callback<()>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let name = desk.name_of(&id);
    let own_area =
        desk.conversation(id.clone()).with_untracked(|one| one.as_ref().and_then(|one| one.area.clone()));
    let to = RwSignal::new(None::<To>);
    let (reason, note) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let colleagues = Memo::new(move |listed: Option<&Vec<OperatorEntry>>| {
        desk.view.with(|view| {
            let me = view.who.as_ref().map(|who| &who.id);
            let others = view.board.operators.iter().filter(|one| Some(&one.id) != me).cloned();
            let others: Vec<_> = others.collect();
            listing(listed.map_or(&[], Vec::as_slice), &others)
        })
    });
    let areas: Vec<_> =
        desk.areas().into_iter().filter(|area| area.open && Some(&area.id) != own_area.as_ref()).collect();
    let is_far = move || {
        (reason.with(|text| text.trim().chars().count()) > REASON_CHARS)
            || (note.with(|text| text.trim().chars().count()) > NOTE_CHARS)
    };
    let is_gone = move |to: &To| match to {
        To::Colleague(id) => colleagues.with(|all| !all.iter().any(|one| one.id == *id && one.connected)),
        To::Area(_) | To::WaitingRoom => false,
    };
    let can = move || to.with(|to| to.as_ref().is_some_and(|to| !is_gone(to))) && !is_far();
    let pass_on = move |_| {
        let Some(chosen) = to.get_untracked().filter(|_| untrack(can)) else { return };
        let to = match chosen {
            To::Colleague(operator) => TransferTarget { operator: Some(operator), area: None },
            To::Area(area) => TransferTarget { operator: None, area: Some(area) },
            To::WaitingRoom => TransferTarget::default(),
        };
        desk.send(Command::Transfer {
            conv: id.clone(),
            to,
            reason: Reason::parse(&reason.get_untracked()).ok(),
            note: NoteText::parse(&note.get_untracked()).ok(),
        });
        close.run(());
    };
    view! {
        <Frame label="pass-title" close>
            <h2 class="title" id="pass-title">{tf("pass.title", &[("name", &name)])}</h2>
            <p class="quiet">{t("pass.lead")}</p>
            <fieldset class="targets">
                <legend class="field-label">{t("pass.to")}</legend>
                <For each=move || colleagues.get() key=|one| one.id.clone() children=move |one| {
                    let (id, whom) = (one.id.clone(), To::Colleague(one.id));
                    let now = Memo::new(move |_| colleagues.with(|all| all.iter().find(|one| one.id == id).cloned()));
                    let words = move || now.get().as_ref().map_or("", state_words);
                    let is_gone = move || !now.get().is_some_and(|one| one.connected);
                    target(to, whom, one.name, words, is_gone)
                } />
                {areas.into_iter().map(|area| {
                    target(to, To::Area(area.id), tf("pass.area", &[("area", &area.name)]), || "", || false)
                }).collect_view()}
                {target(
                    to, To::WaitingRoom, t("pass.waiting_room").to_owned(), || t("pass.waiting_hint"), || false,
                )}
            </fieldset>
            <div class="field">
                <label class="field-label" for="pass-reason">{t("pass.reason")}</label>
                <textarea class="note-input" id="pass-reason" rows="2" dir="auto" spellcheck="true"
                    aria-describedby="pass-reason-hint" placeholder=t("pass.reason_example")
                    on:input=move |event| reason.set(event_target_value(&event))></textarea>
                <p class="small quiet" id="pass-reason-hint" role="status">
                    {move || hint(reason.with(|text| text.trim().chars().count()), REASON_CHARS, "pass.reason_hint")}
                </p>
            </div>
            <div class="field">
                <label class="field-label" for="pass-note">{t("pass.note")}</label>
                <textarea class="note-input" id="pass-note" rows="3" dir="auto" spellcheck="true"
                    aria-describedby="pass-note-hint"
                    on:input=move |event| note.set(event_target_value(&event))></textarea>
                <p class="small quiet" id="pass-note-hint" role="status">
                    {move || hint(note.with(|text| text.trim().chars().count()), NOTE_CHARS, "notes.hint")}
                </p>
            </div>
            <div class="actions">
                <button class="button" data-kind="primary" id="pass-yes" type="button"
                    aria-disabled=move || (!can()).to_string() on:click=pass_on>{t("pass.yes")}</button>
                <button class="button" data-kind="quiet" type="button" on:click=move |_| close.run(())>
                    {t("pass.no")}
                </button>
            </div>
        </Frame>
    }
}

fn target(
    to: RwSignal<Option<To>>,
    this: To,
    words: String,
    more: impl Fn() -> &'static str + Copy + Send + 'static,
    is_gone: impl Fn() -> bool + Copy + Send + 'static,
) -> impl IntoView {
    let (is, chosen) = (this.clone(), this);
    view! {
        <label class="target">
            <input type="radio" name="pass-to" disabled=is_gone prop:checked=move || to.with(|to| to.as_ref() == Some(&is))
                on:change=move |_| to.set(Some(chosen.clone())) />
            <span class="target-name">{words}</span>
            <span class="target-more">{more}</span>
        </label>
    }
}

fn state_words(one: &OperatorEntry) -> &'static str {
    match (one.active >= one.capacity, one.last_chat, one.status) {
        _ if !one.connected => t("pass.gone"),
        (true, _, _) => t("pass.busy"),
        (false, true, _) => t("team.last"),
        (false, false, Availability::Accepting) => t("team.accepting"),
        (false, false, Availability::Paused) => t("team.paused"),
    }
}

/// What stands under a field: what it is for, or by how much it is too long.
fn hint(chars: usize, limit: usize, key: &'static str) -> String {
    match chars.checked_sub(limit) {
        Some(over) if over > 0 => tf("composer.over", &[("over", &over.to_string())]),
        Some(_) | None => t(key).to_owned(),
    }
}
