//! The dialogs over the desk: the list of keys, the question before logging out, and the frame of all the others.
//!
//! While one is open the desk is inert, so the focus cannot leave; Esc closes it, and the focus goes back.

use leptos::html;
use leptos::prelude::*;
use tealight_protocol::ConversationId;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};

use super::announce::AnnounceDialog;
use super::blocks::AbuseDialog;
use super::browser::{INTO_PAGE, focus_first, focus_is_nowhere};
use super::desk::{Desk, KEY_NEXT, running};
use super::pass_on::PassOnDialog;
use super::shifts::{ShiftDialog, UnshiftDialog};
use crate::shift_form::ShiftForm;
use crate::shifts::Line;
use crate::words::{count, t};

/// A dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Dialog {
    /// The list of keys.
    Keys,
    /// Whether to log out although somebody is still there.
    LogOut,
    /// Whether to log out on every device.
    LogOutEverywhere,
    /// Whom to pass a visitor on to.
    PassOn(ConversationId),
    /// What can be done about a visitor who abuses.
    Abuse(ConversationId),
    /// What all visitors are told.
    Announce,
    /// A shift, new or to be changed.
    Shift(ShiftForm),
    /// Whether to take a shift out of the plan.
    Unshift(Line),
}

/// Shows the dialog that is open, if any.
#[component]
pub(crate) fn DialogLayer(leave: Callback<()>, leave_everywhere: Callback<RwSignal<bool>>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let close = Callback::new(move |()| desk.dialog.set(None));
    let came_from = StoredValue::new_local(None::<HtmlElement>);
    Effect::new(move |before: Option<bool>| {
        let is_open = desk.dialog.with(Option::is_some);
        if is_open && before != Some(true) {
            let focused = document().active_element().and_then(|element| element.dyn_into().ok());
            came_from.set_value(focused);
        } else if !is_open && before == Some(true) {
            // The desk stops being inert with this change; the focus can go back after it.
            request_animation_frame(move || {
                if let Some(Some(element)) = came_from.try_update_value(Option::take) {
                    let _ = element.focus();
                }
                // What was pressed may be gone by what it did.
                if focus_is_nowhere() {
                    focus_first(INTO_PAGE);
                }
            });
        }
        is_open
    });
    move || {
        desk.dialog.get().map(|dialog| match dialog {
            Dialog::Keys => view! { <KeysDialog close /> }.into_any(),
            Dialog::LogOut => view! { <LogOutDialog close leave /> }.into_any(),
            Dialog::LogOutEverywhere => {
                view! { <LogOutEverywhereDialog close leave_everywhere /> }.into_any()
            }
            Dialog::PassOn(id) => view! { <PassOnDialog id close /> }.into_any(),
            Dialog::Abuse(id) => view! { <AbuseDialog id close /> }.into_any(),
            Dialog::Announce => view! { <AnnounceDialog close /> }.into_any(),
            Dialog::Shift(form) => view! { <ShiftDialog form close /> }.into_any(),
            Dialog::Unshift(line) => view! { <UnshiftDialog line close /> }.into_any(),
        })
    }
}

/// What all dialogs have in common.
#[component]
pub(super) fn Frame(label: &'static str, close: Callback<()>, children: Children) -> impl IntoView {
    let frame = NodeRef::<html::Div>::new();
    frame.on_load(|frame| {
        request_animation_frame(move || {
            let _ = frame.focus();
        });
    });
    view! {
        <div class="scrim" on:click=move |_| close.run(())>
            <div class="dialog" role="dialog" aria-modal="true" aria-labelledby=label tabindex="-1" node_ref=frame
                on:click=|event| event.stop_propagation()
                on:keydown=move |event: KeyboardEvent| {
                    if event.key() == "Escape" {
                        event.prevent_default();
                        close.run(());
                    }
                }>
                {children()}
            </div>
        </div>
    }
}

#[component]
fn LogOutDialog(close: Callback<()>, leave: Callback<()>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let running = desk.view.with_untracked(running) as u64;
    view! {
        <Frame label="logout-question" close>
            <p id="logout-question">{count("logout.question.one", "logout.question.other", running)}</p>
            <div class="actions">
                <button class="button" data-kind="primary" type="button" on:click=move |_| close.run(())>
                    {t("logout.no")}
                </button>
                <button class="button" data-kind="danger" type="button" on:click=move |_| leave.run(())>
                    {t("logout.yes")}
                </button>
            </div>
        </Frame>
    }
}

/// Nobody is told that all is ended before the server said so.
#[component]
fn LogOutEverywhereDialog(close: Callback<()>, leave_everywhere: Callback<RwSignal<bool>>) -> impl IntoView {
    let has_failed = RwSignal::new(false);
    view! {
        <Frame label="everywhere-question" close>
            <p id="everywhere-question">{t("everywhere.question")}</p>
            <p role="alert">{move || has_failed.get().then(|| t("everywhere.failed"))}</p>
            <div class="actions">
                <button class="button" data-kind="primary" type="button" on:click=move |_| close.run(())>
                    {t("logout.no")}
                </button>
                <button class="button" data-kind="danger" type="button"
                    on:click=move |_| leave_everywhere.run(has_failed)>{t("everywhere.yes")}</button>
            </div>
        </Frame>
    }
}

#[component]
fn KeysDialog(close: Callback<()>) -> impl IntoView {
    let alt = t("keys.alt");
    let keys: [(Vec<&'static str>, &'static str); 13] = [
        (vec![alt, KEY_NEXT], t("help.next")),
        (vec![alt, "1", t("keys.to"), "3"], t("help.switch")),
        (vec![alt, "P"], t("help.pause")),
        (vec![alt, "C"], t("help.composer")),
        (vec![alt, "W"], t("help.waiting")),
        (vec![alt, "M"], t("help.canned")),
        (vec![alt, "S"], t("help.shifts")),
        (vec![alt, "G"], t("help.waits")),
        (vec![t("keys.enter")], t("help.send")),
        (vec![t("keys.shift"), t("keys.enter")], t("help.line")),
        (vec!["↑", "↓"], t("help.arrows")),
        (vec![t("keys.escape")], t("help.escape")),
        (vec!["?"], t("help.help")),
    ];
    let rows = keys
        .into_iter()
        .map(|(keys, what)| {
            let keys = keys
                .into_iter()
                .map(|key| {
                    if key == t("keys.to") {
                        view! { <span class="quiet">{format!(" {key} ")}</span> }.into_any()
                    } else {
                        view! { <kbd>{key}</kbd> }.into_any()
                    }
                })
                .collect_view();
            view! {
                <div class="key">
                    <dt>{keys}</dt>
                    <dd>{what}</dd>
                </div>
            }
        })
        .collect_view();
    view! {
        <Frame label="keys-title" close>
            <h2 class="title" id="keys-title">{t("help.title")}</h2>
            <dl class="keys">{rows}</dl>
            <button class="button" data-kind="quiet" type="button" on:click=move |_| close.run(())>
                {t("help.close")}
            </button>
        </Frame>
    }
}
