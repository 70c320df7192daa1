//! The bar at the top: availability, connection, own name, leaving. And the strip below it for what went wrong.

use leptos::prelude::*;
use tealight_protocol::Availability;
use tealight_protocol::limits::CAPACITY;
use tealight_session::operator::Command;
use tealight_session::{Connection, StopReason};

use super::browser::reload;
use super::desk::Desk;
use super::dialogs::Dialog;
use super::shown::refusal;
use crate::words::{t, tf};

/// The bar.
#[component]
pub(crate) fn TopBar(name: String, ask_to_leave: Callback<()>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let who = Memo::new(move |_| desk.view.with(|view| view.who.as_ref().map(|who| who.name.clone())));
    let connection = Memo::new(move |_| desk.view.with(|view| view.connection));
    let title = if name.is_empty() { t("page.title").to_owned() } else { name };
    view! {
        <header class="top">
            <h1 class="top-name">{title}</h1>
            <AvailabilityControl />
            <div class="top-end">
                <p class="connection" data-state=move || state_name(connection.get())>
                    <span>{move || state_words(connection.get())}</span>
                </p>
                <p class="me">
                    {move || who.get().map(|name| view! {
                        <span class="sr">{tf("top.me", &[("name", &name)])}</span>
                        <span aria-hidden="true">{name}</span>
                    })}
                </p>
                <button class="button" data-kind="quiet" type="button" aria-keyshortcuts="?"
                    on:click=move |_| desk.dialog.set(Some(Dialog::Keys))>{t("top.help")}</button>
                <button class="button" data-kind="quiet" type="button"
                    on:click=move |_| ask_to_leave.run(())>{t("top.logout")}</button>
            </div>
        </header>
    }
}

#[component]
fn AvailabilityControl() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let now = Memo::new(move |_| desk.view.with(|view| (view.status, view.capacity, view.last_chat)));
    let set = move |change: fn(&mut (Availability, u8, bool), u8), value: u8| {
        let mut wanted = now.get_untracked();
        change(&mut wanted, value);
        let (status, capacity, last_chat) = wanted;
        desk.send(Command::Avail { status, capacity, last_chat });
    };
    let status = move |status: Availability, key: &'static str| {
        view! {
            <label class="segment" data-status=key>
                <input type="radio" name="status" prop:checked=move || now.get().0 == status
                    on:change=move |_| match status {
                        Availability::Accepting => set(|now, _| now.0 = Availability::Accepting, 0),
                        Availability::Paused => set(|now, _| now.0 = Availability::Paused, 0),
                    } />
                <span>{t(key)}</span>
            </label>
        }
    };
    let places = (1..=CAPACITY)
        .map(|place| {
            view! {
                <label class="segment">
                    <input type="radio" name="capacity" prop:checked=move || now.get().1 == place
                        on:change=move |_| set(|now, place| now.1 = place, place) />
                    <span>{place.to_string()}</span>
                </label>
            }
        })
        .collect_view();
    view! {
        <div class="avail">
            <fieldset class="segments">
                <legend class="sr">{t("avail.label")}</legend>
                {status(Availability::Accepting, "avail.accepting")}
                {status(Availability::Paused, "avail.paused")}
            </fieldset>
            <label class="check" title=t("avail.last_hint")>
                <input type="checkbox" aria-describedby="last-hint" prop:checked=move || now.get().2
                    on:change=move |event| set(|now, on| now.2 = on == 1, event_target_checked(&event).into()) />
                <span>{t("avail.last")}</span>
            </label>
            <span class="sr" id="last-hint">{t("avail.last_hint")}</span>
            <fieldset class="segments capacity">
                <legend>{t("avail.capacity")}</legend>
                {places}
            </fieldset>
        </div>
    }
}

/// What went wrong, in one line that stays until it is over or read.
#[component]
pub(crate) fn Strip() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let state = Memo::new(move |_| desk.view.with(|view| (view.connection, view.refusal)));
    let shown = move || match state.get() {
        (Connection::Lost, _) => Some(view! { <p>{t("connection.lost_note")}</p> }.into_any()),
        (Connection::Stopped(reason), _) => stopped_words(reason).map(|words| {
            view! {
                <p>{words}</p>
                <button class="button" data-kind="quiet" type="button" on:click=|_| reload()>
                    {t("stopped.reload")}
                </button>
            }
            .into_any()
        }),
        (Connection::Idle | Connection::Connecting | Connection::Ready, Some(refused)) => Some(
            view! {
                <p>{refusal(refused)}</p>
                <button class="button" data-kind="quiet" type="button"
                    on:click=move |_| desk.send(Command::DismissRefusal)>{t("refusal.dismiss")}</button>
            }
            .into_any(),
        ),
        (Connection::Idle | Connection::Connecting | Connection::Ready, None) => None,
    };
    view! { <div class="strip" role="status">{shown}</div> }
}

fn stopped_words(reason: StopReason) -> Option<&'static str> {
    match reason {
        StopReason::Incompatible => Some(t("stopped.incompatible")),
        StopReason::Forbidden => Some(t("stopped.forbidden")),
        StopReason::Replaced => Some(t("stopped.replaced")),
        StopReason::Expired | StopReason::Erased => Some(t("stopped.other")),
        // The form to log in says it.
        StopReason::LoggedOut => None,
    }
}

fn state_name(connection: Connection) -> &'static str {
    match connection {
        Connection::Idle | Connection::Connecting => "connecting",
        Connection::Ready => "ready",
        Connection::Lost => "lost",
        Connection::Stopped(_) => "stopped",
    }
}

fn state_words(connection: Connection) -> &'static str {
    match connection {
        Connection::Idle => t("connection.idle"),
        Connection::Connecting => t("connection.connecting"),
        Connection::Ready => t("connection.ready"),
        Connection::Lost => t("connection.lost"),
        Connection::Stopped(_) => t("connection.stopped"),
    }
}
