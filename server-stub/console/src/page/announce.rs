//! The dialog for what all visitors are told, and for letting nobody new in.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use tealight_protocol::limits::NOTICE_CHARS;
use tealight_protocol::{ErrorCode, Notice, ServiceState, ServiceStatus, Wait};
use tealight_session::Connection;
use tealight_session::operator::{Change, Command};

use super::Config;
use super::account::status;
use super::browser::time_of_day;
use super::desk::Desk;
use super::dialogs::Frame;
use super::reminders::said_by;
use crate::figures::within;
use crate::moments::millis;
use crate::words::{t, tf};

/// The dialog. Nothing changes before one of its buttons is pressed, and nothing typed goes away by a refusal.
#[component]
pub(crate) fn AnnounceDialog(close: Callback<()>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let announcement = Memo::new(move |_| desk.view.with(|view| view.announcement.clone()));
    let before = announcement.get_untracked();
    let words_before = before.notice.map(|notice| notice.as_str().to_owned()).unwrap_or_default();
    let words = RwSignal::new(words_before.clone());
    let paused = RwSignal::new(before.paused);
    let is_on = before.paused || !words_before.is_empty();
    let field = NodeRef::<html::Textarea>::new();
    let now = what_visitors_read(desk);

    let waits = RwSignal::new(false);
    let standing = Memo::new(move |_| {
        desk.view.with(|view| {
            let mut changes = view.changes.iter().rev();
            let last = changes.find(|one| matches!(one.change, Change::Announcement { .. }))?;
            Some((last.key.clone(), last.refused))
        })
    });
    let refused = RwSignal::new(None::<ErrorCode>);
    Effect::new(move |_| {
        let standing = standing.get();
        match standing.filter(|_| waits.get()) {
            None if waits.get_untracked() => close.run(()),
            Some((key, Some(code))) => {
                waits.set(false);
                refused.set(Some(code));
                desk.send(Command::DismissChange(key));
            }
            Some((_, None)) | None => {}
        }
    });
    let over = move || words.with(|words| words.trim().chars().count()).saturating_sub(NOTICE_CHARS);
    let tell = move |notice: &str, paused: bool| {
        refused.set(None);
        desk.send(Command::Change(Change::Announcement { notice: Notice::parse(notice).ok(), paused }));
        waits.set(true);
    };
    let cannot = move || over() > 0 || waits.get();
    let (is_lost, hint) = (
        move || desk.view.with(|view| view.connection) != Connection::Ready,
        move || match over() {
            0 => t("announce.notice_hint").to_owned(),
            over => tf("composer.over", &[("over", &over.to_string())]),
        },
    );
    view! {
        <Frame label="announce-title" close>
            <h2 class="title" id="announce-title">{t("announce.title")}</h2>
            <div class="field">
                <label class="field-label" for="announce-notice">{t("announce.notice")}</label>
                <textarea class="note-input" id="announce-notice" rows="2" dir="auto" spellcheck="true"
                    aria-describedby="announce-hint" aria-invalid=move || (over() > 0).to_string()
                    placeholder=t("announce.example") prop:value=words_before node_ref=field
                    on:input=move |event| words.set(event_target_value(&event))></textarea>
                <p class="small quiet" id="announce-hint" role="status" data-fault=move || (over() > 0).to_string()>
                    {hint}
                </p>
            </div>
            <label class="target announce-pause">
                <input type="checkbox" prop:checked=before.paused
                    on:change=move |event| paused.set(event_target_checked(&event)) />
                <span class="target-name">{t("announce.pause")}</span>
                <span class="target-more">{t("announce.pause_hint")}</span>
            </label>
            <section class="announce-now" aria-labelledby="announce-now">
                <h3 class="field-label" id="announce-now">{t("announce.now")}</h3>
                {move || now.get().into_iter().map(|line| view! { <p dir="auto">{line}</p> }).collect_view()}
                {move || {
                    let announcement = announcement.get();
                    let is_on = announcement.paused || announcement.notice.is_some();
                    let by = said_by(desk, &announcement).filter(|_| is_on);
                    by.map(|by| view! { <p class="quiet small">{by}</p> })
                }}
            </section>
            <p class="said" role="alert">{move || match refused.get() {
                Some(code) => Some(refusal_words(code)),
                None if waits.get() && is_lost() => Some(t("announce.later")),
                None => None,
            }}</p>
            <div class="actions">
                <button class="button" data-kind="primary" type="button" aria-disabled=move || cannot().to_string()
                    on:click=move |_| if !untrack(cannot) {
                        tell(&words.get_untracked(), paused.get_untracked());
                    }>
                    {move || if waits.get() { t("announce.telling") } else { t("announce.yes") }}
                </button>
                {is_on.then(|| view! {
                    <button class="button" type="button" aria-disabled=move || waits.get().to_string()
                        on:click=move |_| if !waits.get_untracked() { tell("", false) }>{t("announce.back")}</button>
                })}
                <button class="button" data-kind="quiet" type="button" on:click=move |_| close.run(())>
                    {t("announce.no")}
                </button>
            </div>
        </Frame>
    }
}

/// What visitors read at this moment, as the server tells it to every visitor's page: asked anew with every change.
fn what_visitors_read(desk: Desk) -> RwSignal<Vec<String>> {
    let server = expect_context::<Config>().server;
    let lines = RwSignal::new(vec![t("announce.asking").to_owned()]);
    let announcement = Memo::new(move |_| desk.view.with(|view| view.announcement.clone()));
    Effect::new(move |_| {
        announcement.get();
        let server = server.clone();
        spawn_local(async move {
            let told = status(server).await;
            lines
                .try_set(told.map_or_else(|| vec![t("announce.unknown").to_owned()], |told| in_words(&told)));
        });
    });
    lines
}

fn in_words(status: &ServiceStatus) -> Vec<String> {
    let opens = status.next_open.as_ref().and_then(millis).map(time_of_day);
    let closes = status.closes_at.as_ref().and_then(millis).map(time_of_day);
    let state = match (status.state, opens, closes) {
        (ServiceState::Open, _, Some(time)) => tf("visitors.open_until", &[("time", &time)]),
        (ServiceState::Open, _, None) => t("visitors.open").to_owned(),
        (ServiceState::Full, _, _) => t("visitors.full").to_owned(),
        (ServiceState::Ending, _, _) => t("visitors.ending").to_owned(),
        (ServiceState::Closed | ServiceState::Blocked | ServiceState::Unknown, Some(time), _) => {
            tf("visitors.closed_until", &[("time", &time)])
        }
        (ServiceState::Closed | ServiceState::Blocked | ServiceState::Unknown, None, _) => {
            t("visitors.closed").to_owned()
        }
    };
    let wait = (status.state == ServiceState::Open).then(|| match status.wait {
        Wait::Range { low_s: 0, high_s: Some(high) } => tf("visitors.less", &[("high", &within(high))]),
        Wait::Range { low_s, high_s: Some(high) } => {
            tf("visitors.range", &[("low", &(low_s / 60).to_string()), ("high", &within(high))])
        }
        Wait::Range { low_s, high_s: None } => tf("visitors.more", &[("low", &within(low_s))]),
        Wait::Closed | Wait::Unknown => t("visitors.no_range").to_owned(),
    });
    let notice = status.notice.as_ref().map(|notice| tf("visitors.notice", &[("notice", notice)]));
    [Some(state), wait, notice].into_iter().flatten().collect()
}

fn refusal_words(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::Forbidden => t("announce.forbidden"),
        ErrorCode::RateLimited => t("refusal.rate"),
        ErrorCode::Unavailable => t("refusal.unavailable"),
        ErrorCode::BadRequest
        | ErrorCode::Unauthorized
        | ErrorCode::NotFound
        | ErrorCode::Conflict
        | ErrorCode::Closed
        | ErrorCode::QueueFull
        | ErrorCode::TooLarge
        | ErrorCode::Ended
        | ErrorCode::Unsupported
        | ErrorCode::Internal
        | ErrorCode::WorkNeeded
        | ErrorCode::Unknown => t("refusal.other"),
    }
}
