//! Notes beside the open conversation, for volunteers alone; for a supervisor who watches, whispers.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use tealight_protocol::ConversationState;
use tealight_session::Delivery;
use tealight_session::operator::{Command, ConversationView, NoteEntry};
use web_sys::{HtmlElement, KeyboardEvent};

use super::browser::{time_of_day, with_press};
use super::desk::Desk;
use super::shown::delivery;
use crate::moments::millis;
use crate::shortcuts::sends;
use crate::words::{t, tf};

/// The list, and the field for the next one.
#[component]
pub(crate) fn Notes(open: Memo<Option<Arc<ConversationView>>>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let notes = Memo::new(move |_| {
        open.with(|one| one.as_ref().map(|one| Arc::clone(&one.notes)).unwrap_or_default())
    });
    let watched = Memo::new(move |_| open.with(|one| one.as_ref().is_some_and(|one| one.watched)));
    let id = Memo::new(move |_| open.with(|one| one.as_ref().map(|one| one.id.clone())));
    let takes = Memo::new(move |_| {
        open.with(|one| {
            one.as_ref().is_some_and(|one| one.released.is_none() && one.state != ConversationState::Ended)
        })
    });
    let list = NodeRef::<html::Ul>::new();
    // A whisper is for now: where the column scrolls by itself, it comes into sight.
    Effect::new(move |before: Option<usize>| {
        let theirs = notes.with(|notes| notes.iter().filter(|note| !note.own).count());
        if before.is_some_and(|before| theirs > before) {
            request_animation_frame(move || {
                if let Some(list) = list.try_get_untracked().flatten() {
                    show_last(&list);
                }
            });
        }
        theirs
    });
    let title = move || t(if watched.get() { "notes.whisper_title" } else { "notes.title" });
    let hint = move || t(if watched.get() { "notes.whisper_hint" } else { "notes.hint" });
    view! {
        <section class="notes" aria-labelledby="notes-title">
            <h2 class="heading" id="notes-title">{title}</h2>
            <p class="small quiet" id="notes-hint">{hint}</p>
            <ul class="list" node_ref=list>
                {move || notes.get().iter().map(|note| one_note(desk, note)).collect_view()}
            </ul>
            // A field of its own for every conversation: what is half written in one stays there.
            {move || id.get().filter(|_| takes.get()).map(|_| view! { <Field open watched /> })}
        </section>
    }
}

/// Scrolls the column, and nothing but the column, until the last note is in sight.
fn show_last(list: &HtmlElement) {
    let Some(column) = list.closest("aside").ok().flatten() else { return };
    let below = list.offset_top() + list.offset_height() - column.scroll_top() - column.client_height();
    if column.scroll_height() > column.client_height() && below > 0 {
        column.set_scroll_top(column.scroll_top() + below);
    }
}

fn one_note(desk: Desk, note: &NoteEntry) -> impl IntoView + use<> {
    let kind = if note.own {
        "own"
    } else if note.whisper {
        "whisper"
    } else {
        "note"
    };
    let who = match (note.own, &note.from) {
        (false, Some(from)) => untrack(|| desk.colleague(from)),
        (true, _) | (false, None) => t("log.you").to_owned(),
    };
    let at = note.at.as_ref().and_then(millis).map(time_of_day);
    let state = (note.delivery != Delivery::Sent).then(|| delivery(note.delivery));
    let again = note.again.clone();
    view! {
        <li class="noted" data-kind=kind>
            <p class="noted-who">
                <span>{if kind == "whisper" { tf("notes.whispers", &[("who", &who)]) } else { who }}</span>
                {at.map(|at| view! { <time>{at}</time> })}
            </p>
            <p class="noted-text" dir="auto">{note.text.as_str().to_owned()}</p>
            {state.map(|state| view! { <p class="small noted-state">{state}</p> })}
            {again.map(|cid| view! {
                <button class="link" type="button" on:click=move |_| {
                    if let Some(id) = desk.open.get_untracked() {
                        desk.send(Command::TryAgain(id, cid.clone()));
                    }
                }>{t("delivery.again")}</button>
            })}
        </li>
    }
}

#[component]
fn Field(open: Memo<Option<Arc<ConversationView>>>, watched: Memo<bool>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let field = NodeRef::<html::Textarea>::new();
    let draft = Memo::new(move |_| {
        open.with(|one| one.as_ref().map(|one| one.note_draft.clone()).unwrap_or_default())
    });
    let revision = Memo::new(move |_| draft.with(|draft| draft.revision));
    let can_send = Memo::new(move |_| draft.with(|draft| draft.can_send));
    Effect::new(move |_| {
        revision.get();
        if let Some(field) = field.get() {
            field.set_value(&draft.with_untracked(|draft| draft.text.clone()));
        }
    });
    let edit = move |_| {
        if let (Some(field), Some(id)) = (field.get_untracked(), desk.open.get_untracked()) {
            desk.send(Command::EditNote(id, field.value()));
        }
    };
    let send = move || {
        if let Some(id) = desk.open.get_untracked().filter(|_| can_send.get_untracked()) {
            desk.send(Command::SendNote(id));
        }
        if let Some(field) = field.get_untracked() {
            let _ = field.focus();
        }
    };
    let over = move || {
        draft.with(|draft| {
            let over = draft.chars.saturating_sub(draft.limit);
            (over > 0).then(|| tf("composer.over", &[("over", &over.to_string())]))
        })
    };
    let label = move || t(if watched.get() { "notes.whisper_label" } else { "notes.label" });
    let save = move || t(if watched.get() { "notes.whisper_send" } else { "notes.send" });
    view! {
        <form class="note-form" on:submit=move |event| { event.prevent_default(); send(); }>
            <label class="sr" for="note-field">{label}</label>
            <textarea class="note-input" id="note-field" rows="2" dir="auto" spellcheck="true" autocomplete="off"
                aria-describedby="notes-hint note-over" placeholder=label
                node_ref=field on:input=edit
                on:keydown=move |event: KeyboardEvent| if with_press(&event, sends) {
                    event.prevent_default();
                    send();
                }></textarea>
            <p class="small note-over" id="note-over" role="status">{over}</p>
            <button class="button" type="submit" aria-disabled=move || (!can_send.get()).to_string()>{save}</button>
        </form>
    }
}
