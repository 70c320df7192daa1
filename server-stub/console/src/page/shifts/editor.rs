//! The dialogs about one shift: filling it in, and taking it out. The form stays open until the server has taken it.

use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;
use tealight_protocol::limits::{CAPACITY, ROSTER_DAYS, SHIFT_HOURS};
use tealight_protocol::{ErrorCode, OperatorId};
use tealight_session::Connection;
use tealight_session::operator::Change;

use super::{day_words, refusal_words, times_words, today, want};
use crate::page::browser::{behind_utc_min, focus_soon};
use crate::page::desk::Desk;
use crate::page::dialogs::Frame;
use crate::shift_form::{Fault, Faults, ShiftForm};
use crate::shifts::Line;
use crate::words::{t, tf};

/// The form.
#[component]
pub(crate) fn ShiftDialog(form: ShiftForm, close: Callback<()>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let plan = desk.plan();
    let is_new = form.is_new;
    let today = today(tealight_shell::now());
    let id = form.id.clone();
    let form = RwSignal::new(form);
    // Faults show from the first attempt on, and then go as they are mended.
    let tried = RwSignal::new(false);
    let checked = Memo::new(move |_| {
        let now = desk.now.get();
        form.with(|form| plan.with(|plan| form.check(plan, now, behind_utc_min)))
    });
    let faults = Memo::new(move |_| {
        checked.with(|checked| checked.clone().err().filter(|_| tried.get()).unwrap_or_default())
    });

    let is_going = RwSignal::new(false);
    let refused = RwSignal::new(None::<ErrorCode>);
    let standing = Memo::new(move |_| {
        desk.view.with(|view| {
            view.changes.iter().rev().find(|one| one.change.shift() == Some(&id)).map(|one| one.refused)
        })
    });
    Effect::new(move |_| match (is_going.get(), standing.get()) {
        (true, None) => close.run(()),
        (true, Some(Some(code))) => {
            is_going.set(false);
            refused.set(Some(code));
        }
        (true | false, _) => {}
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if is_going.get_untracked() {
            return;
        }
        tried.set(true);
        match checked.get_untracked() {
            Ok(shift) => {
                refused.set(None);
                want(desk, Change::Shift(shift));
                is_going.set(true);
            }
            Err(Faults { from: Some(_), .. }) => focus_soon(&["#shift-from"]),
            Err(Faults { from: None, .. }) => focus_soon(&["#shift-to"]),
        }
    };
    let is_lost = move || desk.view.with(|view| view.connection) != Connection::Ready;
    let title = if is_new { t("shift.new") } else { t("shift.change") };
    let ends_next_day = move || form.with(ShiftForm::ends_next_day).then(|| t("shift.next_day").to_owned());
    view! {
        <Frame label="shift-title" close>
            <h2 class="title" id="shift-title">{title}</h2>
            <form class="form" novalidate=true on:submit=submit>
                <Show when=move || desk.abilities().coordinate>
                    <Who form />
                </Show>
                <div class="field">
                    <label class="field-label" for="shift-day">{t("shift.day")}</label>
                    <select class="input" id="shift-day"
                        on:change=move |event| if let Ok(day) = event_target_value(&event).parse() {
                            form.update(|form| form.day = day);
                        }>
                        {days_to_choose(form.with_untracked(|form| form.day), today).map(|day| view! {
                            <option value=day.to_string() prop:selected=form.with_untracked(|form| form.day) == day>
                                {day_words(day, today)}
                            </option>
                        }).collect_view()}
                    </select>
                </div>
                <div class="form-row">
                    <TimeField id="shift-from" label=t("shift.from") value=form.with_untracked(|form| form.from.clone())
                        typed=Callback::new(move |text| form.update(|form| form.from = text))
                        fault=Signal::derive(move || faults.with(|faults| faults.from.as_ref().map(fault_words)))
                        hint=Signal::derive(|| Some(t("shift.time_hint").to_owned())) />
                    <TimeField id="shift-to" label=t("shift.to") value=form.with_untracked(|form| form.to.clone())
                        typed=Callback::new(move |text| form.update(|form| form.to = text))
                        fault=Signal::derive(move || faults.with(|faults| faults.to.as_ref().map(fault_words)))
                        hint=Signal::derive(ends_next_day) />
                </div>
                <fieldset class="segments capacity">
                    <legend>{t("shift.at_once")}</legend>
                    {(1..=CAPACITY).map(|number| view! {
                        <label class="segment">
                            <input type="radio" name="shift-at-once"
                                prop:checked=form.with_untracked(|form| form.at_once) == number
                                on:change=move |_| form.update(|form| form.at_once = number) />
                            <span>{number.to_string()}</span>
                        </label>
                    }).collect_view()}
                </fieldset>
                <p class="said" role="alert">{move || match refused.get() {
                    Some(code) => Some(refusal_words(code)),
                    None if is_going.get() && is_lost() => Some(t("shift.later")),
                    None => None,
                }}</p>
                <div class="actions">
                    <button class="button" data-kind="primary" type="submit"
                        aria-disabled=move || is_going.get().to_string()>
                        {move || if is_going.get() { t("shifts.saving") } else { t("shift.save") }}
                    </button>
                    <button class="button" data-kind="quiet" type="button" on:click=move |_| close.run(())>
                        {move || if is_going.get() { t("help.close") } else { t("shift.cancel") }}
                    </button>
                </div>
            </form>
        </Frame>
    }
}

/// Whose the shift is. Whoever is on no list cannot be chosen, and whoever is chosen stays on it.
#[component]
fn Who(form: RwSignal<ShiftForm>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let chosen = form.with_untracked(|form| form.who.clone());
    let people = people(desk, chosen.as_ref());
    let nobody = chosen.is_none();
    view! {
        <div class="field">
            <label class="field-label" for="shift-who">{t("shift.who")}</label>
            <select class="input" id="shift-who" on:change=move |event| {
                let value = event_target_value(&event);
                form.update(|form| form.who = (!value.is_empty()).then_some(OperatorId(value)));
            }>
                {people.into_iter().map(|(id, name)| {
                    let is_chosen = chosen.as_ref() == Some(&id);
                    view! { <option value=id.0 prop:selected=is_chosen>{name}</option> }
                }).collect_view()}
                <option value="" prop:selected=nobody>{t("shifts.nobody")}</option>
            </select>
        </div>
    }
}

/// Everybody who can be planned: the operator first, the others by name.
fn people(desk: Desk, chosen: Option<&OperatorId>) -> Vec<(OperatorId, String)> {
    let mut people: Vec<(OperatorId, String)> = Vec::new();
    desk.view.with_untracked(|view| {
        if let Some(who) = &view.who {
            people.push((who.id.clone(), format!("{} ({})", who.name, t("team.you"))));
        }
        let mut add = |id: &OperatorId, name: &str| {
            if !people.iter().any(|(known, _)| known == id) {
                people.push((id.clone(), name.to_owned()));
            }
        };
        if let Some(roster) = &view.roster {
            for one in &roster.what.people {
                add(&one.id, &one.name);
            }
            for one in &roster.what.shifts {
                if let (Some(id), Some(name)) = (&one.shift.operator, &one.name) {
                    add(id, name);
                }
            }
        }
        for one in &view.board.operators {
            add(&one.id, &one.name);
        }
        if let Some(chosen) = chosen {
            add(chosen, t("log.colleague"));
        }
    });
    let own = usize::from(!people.is_empty());
    people[own..].sort_by(|a, b| a.1.cmp(&b.1));
    people
}

/// The days a shift can begin on, and the one it begins on now.
fn days_to_choose(chosen: i64, today: i64) -> impl Iterator<Item = i64> {
    let last = today + i64::try_from(ROSTER_DAYS).unwrap_or(0);
    (chosen < today).then_some(chosen).into_iter().chain(today..=last.max(chosen.min(last)))
}

#[component]
fn TimeField(
    id: &'static str,
    label: &'static str,
    value: String,
    typed: Callback<String>,
    fault: Signal<Option<String>>,
    hint: Signal<Option<String>>,
) -> impl IntoView {
    let note = format!("{id}-note");
    let described = note.clone();
    let field = NodeRef::<html::Input>::new();
    let is_wrong = move || fault.with(Option::is_some).to_string();
    view! {
        <div class="field">
            <label class="field-label" for=id>{label}</label>
            <input class="input" id=id type="text" inputmode="text" autocomplete="off" spellcheck="false" dir="ltr"
                placeholder=t("shift.example") aria-describedby=described aria-invalid=is_wrong prop:value=value
                node_ref=field on:input=move |event| typed.run(event_target_value(&event)) />
            <p class="small field-note" id=note role="status" data-fault=is_wrong>
                {move || fault.get().or_else(|| hint.get())}
            </p>
        </div>
    }
}

fn fault_words(fault: &Fault) -> String {
    match fault {
        Fault::Empty => t("fault.empty").to_owned(),
        Fault::NoTime => t("fault.no_time").to_owned(),
        Fault::SameTime => t("fault.same").to_owned(),
        Fault::Past => t("fault.past").to_owned(),
        Fault::TooFar => tf("fault.far", &[("days", &ROSTER_DAYS.to_string())]),
        Fault::TooLong => tf("fault.long", &[("hours", &SHIFT_HOURS.to_string())]),
        Fault::Overlaps(from, to) => tf("fault.overlaps", &[("times", &times_words(*from, *to))]),
    }
}

/// The question before a shift is taken out.
#[component]
pub(crate) fn UnshiftDialog(line: Line, close: Callback<()>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let values = [("name", &*desk.whose(&line)), ("times", &*times_words(line.from, line.to))];
    let question = tf("unshift.question", &values);
    let id = line.shift.id;
    view! {
        <Frame label="unshift-question" close>
            <p id="unshift-question">{question}</p>
            <div class="actions">
                <button class="button" data-kind="primary" type="button" on:click=move |_| close.run(())>
                    {t("unshift.no")}
                </button>
                <button class="button" data-kind="danger" type="button" on:click=move |_| {
                    want(desk, Change::Unshift(id.clone()));
                    close.run(());
                }>{t("unshift.yes")}</button>
            </div>
        </Frame>
    }
}
