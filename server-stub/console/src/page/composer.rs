//! The composer. Operators write for somebody else's eyes on their own device, so the browser may check the spelling.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use tealight_protocol::{ConversationId, Route};
use tealight_session::operator::{Command, ConversationView, DraftView};
use web_sys::{HtmlTextAreaElement, KeyboardEvent};

use super::browser::with_press;
use super::desk::Desk;
use super::link_field::LinkField;
use super::suggest::Suggest;
use crate::shortcuts::sends;
use crate::words::{t, tf};

/// Rows the field has at least and at most.
const ROWS: std::ops::RangeInclusive<u32> = 2..=10;

/// The counter shows from this part of the limit on, in tenths.
const COUNT_FROM_TENTHS: usize = 9;

/// In the simple view, longer messages are harder to read, in characters.
const PATIENT_CHARS: usize = 140;

/// The composer of a conversation.
#[component]
pub(crate) fn Composer(
    id: ConversationId,
    conversation: Memo<Option<Arc<ConversationView>>>,
    name: Memo<String>,
) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let field = NodeRef::<html::Textarea>::new();
    let draft = Memo::new(move |_| {
        conversation.with(|one| one.as_ref().map(|one| one.draft.clone()).unwrap_or_default())
    });
    let is_patient = Memo::new(move |_| {
        conversation.with(|one| one.as_ref().is_some_and(|one| one.route == Route::Patient))
    });
    let revision = Memo::new(move |_| draft.with(|draft| draft.revision));
    let link_is_wrong = RwSignal::new(false);
    let can_send = Memo::new(move |_| draft.with(|draft| draft.can_send) && !link_is_wrong.get());

    // The field belongs to the person who writes in it; it is only set when the session itself changed the draft.
    Effect::new(move |_| {
        // Read, not only tracked: a memo that nobody reads is never worked out and never tells.
        revision.get();
        if let Some(field) = field.get() {
            field.set_value(&draft.with_untracked(|draft| draft.text.clone()));
            fit(&field);
        }
    });

    let edited = {
        let id = id.clone();
        move |_| {
            if let Some(field) = field.get_untracked() {
                desk.send(Command::Edit(id.clone(), field.value()));
                fit(&field);
            }
        }
    };
    let send = {
        let id = id.clone();
        move || {
            if can_send.get_untracked() {
                desk.send(Command::Send(id.clone()));
            }
            if let Some(field) = field.get_untracked() {
                let _ = field.focus();
            }
        }
    };
    let key = {
        let send = send.clone();
        move |event: KeyboardEvent| {
            if with_press(&event, sends) {
                event.prevent_default();
                send();
            }
        }
    };
    let note = Memo::new(move |_| draft.with(|draft| note(draft, is_patient.get())));

    view! {
        <form class="composer" on:submit=move |event| { event.prevent_default(); send(); }>
            <label class="sr" for="composer">{move || tf("composer.label", &[("name", &name.get())])}</label>
            <div class="composer-row">
                <textarea class="composer-input" id="composer" rows="2" dir="auto" spellcheck="true" autocomplete="off"
                    aria-describedby="composer-note composer-hint"
                    placeholder=move || tf("composer.placeholder", &[("name", &name.get())])
                    node_ref=field on:input=edited on:keydown=key></textarea>
                <button class="button send" data-kind="primary" type="submit"
                    aria-disabled=move || (!can_send.get()).to_string()>{t("composer.send")}</button>
            </div>
            <div class="composer-foot">
                <div class="composer-tools">
                    <LinkField id=id.clone() draft wrong=link_is_wrong />
                    <Show when=move || desk.abilities().offers>
                        <Suggest id=id.clone() name />
                    </Show>
                </div>
                <p class="composer-note" id="composer-note" role="status" data-tone=move || note.get().1>
                    {move || note.get().0}
                </p>
                <p class="composer-hint" id="composer-hint">{t("composer.hint")}</p>
            </div>
        </form>
    }
}

/// What stands beside the composer about the length, and how loudly.
fn note(draft: &DraftView, is_patient: bool) -> (String, &'static str) {
    let (chars, limit) = (draft.chars, draft.limit);
    if chars > limit {
        (tf("composer.over", &[("over", &(chars - limit).to_string())]), "warn")
    } else if limit > 0 && chars * 10 >= limit * COUNT_FROM_TENTHS {
        (tf("composer.count", &[("chars", &chars.to_string()), ("limit", &limit.to_string())]), "calm")
    } else if is_patient && chars > PATIENT_CHARS {
        let values = [("chars", &*chars.to_string()), ("limit", &*PATIENT_CHARS.to_string())];
        (tf("composer.patient", &values), "look")
    } else {
        (String::new(), "calm")
    }
}

/// Lets the field grow with its text. Where the browser does it by itself, this changes nothing.
fn fit(field: &HtmlTextAreaElement) {
    let mut rows = *ROWS.start();
    field.set_rows(rows);
    while rows < *ROWS.end() && field.scroll_height() > field.client_height() {
        rows += 1;
        field.set_rows(rows);
    }
}
