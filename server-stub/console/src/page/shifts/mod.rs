//! The page with the plan of shifts: today as planned and as it was, and who means to be there on the coming days.

mod editor;
mod today;

use std::sync::Arc;

use leptos::prelude::*;
use tealight_protocol::{ErrorCode, OperatorId, Roster, ShiftId};
use tealight_session::Millis;
use tealight_session::operator::{Change, Command};
use tealight_shell::WebEntropy;

use super::browser::{behind_utc_min, day_in_words, time_of_day, time_zone};
use super::desk::Desk;
use super::dialogs::Dialog;
use super::pages::PageHead;
use crate::moments::{local_day, moment};
use crate::shift_form::ShiftForm;
use crate::shifts::{Line, State, days, lines};
use crate::words::{count, t, tf};

pub(super) use editor::{ShiftDialog, UnshiftDialog};

/// So many days stand there even if nobody is planned, today included.
const DAYS: i64 = 7;

/// The page. The roster is asked for more often while it is open.
#[component]
pub(crate) fn Shifts() -> impl IntoView {
    let desk = expect_context::<Desk>();
    desk.send(Command::FollowRoster(true));
    on_cleanup(move || desk.send(Command::FollowRoster(false)));
    let roster = desk.roster();
    let plan = desk.plan();
    let today = Memo::new(move |_| today(desk.now.get()));
    let is_here = Memo::new(move |_| roster.with(Option::is_some));
    let list = move || {
        let today = today.get();
        let days = plan.with(|plan| days(plan, today, DAYS, behind_utc_min));
        days.into_iter().map(|(day, lines)| day_of_plan(desk, day, today, &lines)).collect_view()
    };
    view! {
        <section class="page-part shifts" aria-label=t("pages.shifts")>
            <PageHead title=t("pages.shifts")>
                <p class="quiet">{move || zone_words(roster.with(|one| one.as_ref().map(|one| one.time_zone.clone())))}</p>
                <button class="button" data-kind="primary" id="shift-add" type="button" on:click=move |_| desk.add_shift()>
                    {t("shifts.add")}
                </button>
            </PageHead>
            <Show when=move || is_here.get() fallback=|| view! { <p class="quiet">{t("waits.asking")}</p> }>
                <today::Today roster plan />
                <div class="days">{list}</div>
            </Show>
        </section>
    }
}

impl Desk {
    /// The roster, as last heard.
    fn roster(self) -> Memo<Option<Arc<Roster>>> {
        Memo::new(move |_| self.view.with(|view| view.roster.as_ref().map(|heard| Arc::clone(&heard.what))))
    }

    /// The plan, with what the operator wants of it.
    fn plan(self) -> Memo<Vec<Line>> {
        Memo::new(move |_| {
            self.view.with(|view| {
                view.roster.as_ref().map(|heard| lines(&heard.what, &view.changes)).unwrap_or_default()
            })
        })
    }

    /// Opens the form for a new shift.
    fn add_shift(self) {
        let Ok(mut entropy) = WebEntropy::new() else { return };
        let mut bytes = [0; ShiftId::BYTES];
        tealight_session::Entropy::fill(&mut entropy, &mut bytes);
        let (me, capacity) =
            self.view.with_untracked(|view| (view.who.as_ref().map(|who| who.id.clone()), view.capacity));
        let form = ShiftForm::new(ShiftId::from_bytes(bytes), me, today(tealight_shell::now()), capacity);
        self.dialog.set(Some(Dialog::Shift(form)));
    }

    fn is_me(self, who: &OperatorId) -> bool {
        self.view.with(|view| view.who.as_ref().is_some_and(|me| me.id == *who))
    }

    /// Whose a shift is, in words.
    fn whose(self, line: &Line) -> String {
        let Some(who) = &line.shift.operator else { return t("shifts.nobody").to_owned() };
        line.name.clone().unwrap_or_else(|| self.colleague(who))
    }

    /// Whether the operator may change a shift.
    fn may_change(self, line: &Line) -> bool {
        let is_mine = line.shift.operator.as_ref().is_some_and(|who| self.is_me(who));
        !line.fixed && (is_mine || self.abilities().coordinate)
    }
}

/// Today, counted from 1970.
fn today(now: Millis) -> i64 {
    local_day(now, behind_utc_min(now))
}

/// When a local day begins.
fn midnight(day: i64) -> Millis {
    moment(day, 0, behind_utc_min)
}

/// A day in words: "Today, Sunday 22 November".
fn day_words(day: i64, today: i64) -> String {
    let date = day_in_words(moment(day, 12 * 60, behind_utc_min));
    match day - today {
        0 => tf("shifts.today", &[("day", &date)]),
        1 => tf("shifts.tomorrow", &[("day", &date)]),
        _ => date,
    }
}

/// "18:00 to 02:00 the next day".
fn times_words(from: Millis, to: Millis) -> String {
    let day = |at| local_day(at, behind_utc_min(at));
    let key = if day(to) > day(from) && to != midnight(day(from) + 1) {
        "shifts.times_next"
    } else {
        "shifts.times"
    };
    tf(key, &[("from", &time_of_day(from)), ("to", &time_of_day(to))])
}

fn zone_words(helplines: Option<String>) -> String {
    let own = time_zone();
    let zone = own
        .as_deref()
        .map_or_else(|| t("shifts.zone_own").to_owned(), |zone| tf("shifts.zone", &[("zone", zone)]));
    match helplines.filter(|other| own.is_some() && own.as_ref() != Some(other)) {
        Some(other) => format!("{zone} {}", tf("shifts.zone_other", &[("zone", &other)])),
        None => zone,
    }
}

fn day_of_plan(desk: Desk, day: i64, today: i64, lines: &[Line]) -> impl IntoView + use<> {
    let id = format!("day-{day}");
    let labelled = id.clone();
    let is_empty = lines.is_empty();
    view! {
        <section class="day-of-plan" aria-labelledby=labelled>
            <h3 class="heading" id=id>{day_words(day, today)}</h3>
            {is_empty.then(|| view! { <p class="quiet">{t("shifts.none")}</p> })}
            <ul class="shift-list">
                {lines.iter().map(|line| shift(desk, line)).collect_view()}
            </ul>
        </section>
    }
}

fn shift(desk: Desk, line: &Line) -> impl IntoView + use<> {
    let (whose, times) = (desk.whose(line), times_words(line.from, line.to));
    let is_mine = line.shift.operator.as_ref().is_some_and(|who| desk.is_me(who));
    let may = desk.may_change(line);
    let named = [("name", whose.as_str()), ("times", times.as_str())];
    let (change_label, remove_label) = (tf("shifts.change_named", &named), tf("shifts.remove_named", &named));
    let (state, state_words) = state_words(line);
    let (changed, removed, again) = (line.clone(), line.clone(), line.clone());
    let change = move |_| {
        let is_new = matches!(changed.state, State::Refused { leaving: false, .. });
        desk.dialog.set(Some(Dialog::Shift(ShiftForm::of(&changed, is_new, behind_utc_min))));
    };
    let discard = move |_| {
        if let State::Refused { key, .. } = &again.state {
            desk.send(Command::DismissChange(key.clone()));
        }
    };
    let is_refused = matches!(line.state, State::Refused { .. });
    let is_settled = line.state == State::Kept;
    view! {
        <li class="shift" data-state=state data-mine=is_mine.to_string()>
            <div class="shift-about">
                <p class="shift-who">
                    {whose}
                    {is_mine.then(|| view! { <span class="quiet">{format!(" ({})", t("team.you"))}</span> })}
                </p>
                <p class="shift-when">
                    {times}" · "{count("shifts.at_once.one", "shifts.at_once.other", line.shift.at_once.into())}
                </p>
                {line.fixed.then(|| view! { <p class="small quiet">{t("shifts.fixed")}</p> })}
                {state_words.map(|words| view! { <p class="small shift-state">{words}</p> })}
            </div>
            <div class="shift-actions">
                {(may && (is_settled || is_refused)).then(|| view! {
                    <button class="button" data-kind="quiet" type="button" aria-label=change_label on:click=change>
                        {t("shifts.change")}
                    </button>
                })}
                {(may && is_settled).then(|| view! {
                    <button class="button" data-kind="quiet" type="button" aria-label=remove_label
                        on:click=move |_| desk.dialog.set(Some(Dialog::Unshift(removed.clone())))>
                        {t("shifts.remove")}
                    </button>
                })}
                {is_refused.then(|| view! {
                    <button class="button" data-kind="quiet" type="button" on:click=discard>{t("shifts.discard")}</button>
                })}
            </div>
        </li>
    }
}

fn state_words(line: &Line) -> (&'static str, Option<String>) {
    match &line.state {
        State::Kept => ("kept", None),
        State::Saving => ("saving", Some(t("shifts.saving").to_owned())),
        State::Leaving => ("leaving", Some(t("shifts.removing").to_owned())),
        State::Refused { code, leaving, .. } => {
            let key = if *leaving { "shifts.not_removed" } else { "shifts.not_saved" };
            ("refused", Some(format!("{} {}", t(key), refusal_words(*code))))
        }
    }
}

/// Why a shift was not taken, or not let go.
fn refusal_words(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::Conflict => t("shifts.conflict"),
        ErrorCode::Forbidden => t("shifts.forbidden"),
        ErrorCode::NotFound => t("shifts.unknown_person"),
        ErrorCode::QueueFull | ErrorCode::TooLarge => t("shifts.full"),
        ErrorCode::BadRequest => t("shifts.bad"),
        ErrorCode::RateLimited => t("refusal.rate"),
        ErrorCode::Unavailable => t("refusal.unavailable"),
        ErrorCode::Unauthorized
        | ErrorCode::Closed
        | ErrorCode::Ended
        | ErrorCode::Unsupported
        | ErrorCode::Internal
        | ErrorCode::WorkNeeded
        | ErrorCode::Unknown => t("refusal.other"),
    }
}

/// Wants a shift in the plan, or out of it.
fn want(desk: Desk, change: Change) {
    desk.send(Command::Change(change));
}
