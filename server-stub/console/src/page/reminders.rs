//! Calm lines under the bar: what all visitors are told just now, that somebody waits while the operator is free, and
//! that the operator's shift ends. Each says what can be done about it, and none takes the focus.

use leptos::prelude::*;
use tealight_protocol::{Announcement, Availability, ConversationId, ErrorCode, OperatorId};
use tealight_session::operator::{Command, Refused, View};
use tealight_session::{Connection, Millis};
use tealight_shell::Timer;

use super::browser::{behind_utc_min, time_of_day};
use super::desk::{Desk, is_active, running};
use super::dialogs::Dialog;
use super::pages::Page;
use crate::moments::{local_day, millis};
use crate::shifts::{OwnShift, lines, own_shift};
use crate::words::{t, tf};

/// So long somebody waits beside an operator who is free before the operator is told, in milliseconds.
const NUDGE_AFTER: Millis = 8_000;

/// The lines.
#[component]
pub(crate) fn Reminders() -> impl IntoView {
    view! {
        <div class="reminders" role="status">
            <Standing />
            <Nudge />
            <OwnShiftHint />
            <Elsewhere />
        </div>
    }
}

/// A notice or a pause, for as long as it is on.
#[component]
fn Standing() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let announcement = Memo::new(move |_| desk.view.with(|view| view.announcement.clone()));
    move || {
        let announcement = announcement.get();
        let words = standing_words(&announcement)?;
        let by = said_by(desk, &announcement);
        Some(view! {
            <div class="reminder" data-kind="standing">
                <p>
                    <strong>{words}</strong>
                    {announcement.notice.map(|notice| view! {
                        " "<q class="reminder-notice" dir="auto">{notice.as_str().to_owned()}</q>
                    })}
                    {by.map(|by| view! { " "<span class="quiet">{by}</span> })}
                </p>
                <Show when=move || desk.abilities().coordinate>
                    <button class="button" data-kind="quiet" type="button"
                        on:click=move |_| desk.dialog.set(Some(Dialog::Announce))>{t("standing.change")}</button>
                </Show>
            </div>
        })
    }
}

fn standing_words(announcement: &Announcement) -> Option<&'static str> {
    match (announcement.paused, announcement.notice.is_some()) {
        (true, true) => Some(t("standing.both")),
        (true, false) => Some(t("standing.paused")),
        (false, true) => Some(t("standing.notice")),
        (false, false) => None,
    }
}

/// "Kim, since 21:04".
pub(super) fn said_by(desk: Desk, announcement: &Announcement) -> Option<String> {
    let since = announcement.at.as_ref().and_then(millis).map(time_with_day);
    let who = announcement.by.as_ref().map(|by| who_said(desk, by));
    match (who, since) {
        (Some(who), Some(time)) => Some(tf("standing.by_since", &[("who", &who), ("time", &time)])),
        (Some(who), None) => Some(tf("standing.by", &[("who", &who)])),
        (None, Some(time)) => Some(tf("standing.since", &[("time", &time)])),
        (None, None) => None,
    }
}

fn who_said(desk: Desk, by: &OperatorId) -> String {
    let is_me = desk.view.with(|view| view.who.as_ref().is_some_and(|who| who.id == *by));
    if is_me { t("standing.you").to_owned() } else { desk.colleague(by) }
}

/// The time, and the day where it is another.
fn time_with_day(at: Millis) -> String {
    let day = |at| local_day(at, behind_utc_min(at));
    if day(at) == day(tealight_shell::now()) {
        time_of_day(at)
    } else {
        format!("{} {}", super::browser::day_in_words(at), time_of_day(at))
    }
}

/// Somebody waits, and the operator is free.
#[component]
fn Nudge() -> impl IntoView {
    let desk = expect_context::<Desk>();
    // For whom the operator was told already that they cannot take them.
    let in_vain = StoredValue::new(Vec::<ConversationId>::new());
    let is_idle = Memo::new(move |_| {
        desk.view.with(|view| {
            let waiting = waits_for_anybody(view);
            let cannot = view.refusal.is_some_and(|refusal| {
                refusal.what == Refused::Claim
                    && matches!(
                        refusal.code,
                        ErrorCode::NotFound | ErrorCode::Forbidden | ErrorCode::QueueFull
                    )
            });
            if cannot {
                in_vain.set_value(waiting.clone());
            }
            let is_new = in_vain.with_value(|known| waiting.iter().any(|conv| !known.contains(conv)));
            is_free(view) && is_new
        })
    });
    let shows = RwSignal::new(false);
    let timer = Timer::new(move || {
        shows.try_set(is_idle.try_get_untracked() == Some(true));
    });
    let timer = StoredValue::new_local(timer);
    Effect::new(move |_| {
        let now = tealight_shell::now();
        let is_idle = is_idle.get();
        timer.try_with_value(|timer| timer.set(now, is_idle.then_some(now + NUDGE_AFTER)));
        if !is_idle {
            shows.set(false);
        }
    });
    view! {
        <Show when=move || shows.get()>
            <div class="reminder" data-kind="nudge">
                <p>{t("nudge.words")}</p>
                <button class="button" data-kind="quiet" type="button" on:click=move |_| desk.claim(None)>
                    {t("waiting.next")}
                </button>
            </div>
        </Show>
    }
}

fn waits_for_anybody(view: &View) -> Vec<ConversationId> {
    let me = view.who.as_ref().map(|who| &who.id);
    let for_anybody = view.board.waiting.iter().filter(|entry| {
        let is_mine = view.conversations.iter().any(|one| one.id == entry.conv && one.released.is_none());
        !is_mine && (entry.reserved_for.is_none() || entry.reserved_for.as_ref() == me)
    });
    for_anybody.map(|entry| entry.conv.clone()).collect()
}

fn is_free(view: &View) -> bool {
    view.connection == Connection::Ready
        && view.status == Availability::Accepting
        && !view.last_chat
        && !view.claiming
        && running(view) < usize::from(view.capacity)
}

/// The operator's shift ends soon, or has ended while they still accept.
#[component]
fn OwnShiftHint() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let read = RwSignal::new(None::<OwnShift>);
    let hint = Memo::new(move |_| {
        let now = desk.now.get();
        desk.view.with(|view| {
            let takes_more = view.status == Availability::Accepting && !view.last_chat;
            let me = view.who.as_ref().filter(|_| takes_more)?;
            let roster = view.roster.as_ref()?;
            own_shift(&lines(&roster.what, &view.changes), &me.id, now)
        })
    });
    let last_chat = move |_| {
        let capacity = desk.view.with_untracked(|view| view.capacity);
        desk.send(Command::Avail { status: Availability::Accepting, capacity, last_chat: true });
    };
    move || {
        let hint = hint.get().filter(|hint| read.get() != Some(*hint))?;
        let words = match hint {
            OwnShift::EndsSoon(at) => tf("own_shift.ends", &[("time", &time_of_day(at))]),
            OwnShift::Ended(at) => tf("own_shift.ended", &[("time", &time_of_day(at))]),
        };
        Some(view! {
            <div class="reminder" data-kind="shift">
                <p>{words}</p>
                <div class="reminder-actions">
                    <button class="button" data-kind="quiet" type="button" on:click=last_chat>{t("avail.last")}</button>
                    <button class="button" data-kind="quiet" type="button"
                        on:click=move |_| read.set(Some(hint))>{t("refusal.dismiss")}</button>
                </div>
            </div>
        })
    }
}

/// The operator talks with somebody, and looks at another page. Where there is room, the list beside it says so.
#[component]
fn Elsewhere() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let with = Memo::new(move |_| {
        let is_away = desk.page.get() != Page::Conversations;
        desk.view.with(|view| {
            let mut talks = view.conversations.iter().filter(|one| is_away && is_active(one));
            talks.next().map(|one| one.id.clone())
        })
    });
    move || {
        let id = with.get()?;
        let words = tf("elsewhere.words", &[("name", &desk.name_of(&id))]);
        Some(view! {
            <div class="reminder" data-kind="elsewhere">
                <p>{words}</p>
                <button class="button" data-kind="quiet" type="button" on:click=move |_| desk.go_to(id.clone())>
                    {t("elsewhere.back")}
                </button>
            </div>
        })
    }
}
