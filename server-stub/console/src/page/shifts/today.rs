//! Today: the plan as a staircase, and beside it how many could really be talked with.

use std::sync::Arc;

use leptos::prelude::*;
use tealight_protocol::Roster;
use tealight_session::Millis;

use super::{midnight, today};
use crate::page::browser::{behind_utc_min, time_of_day};
use crate::page::desk::Desk;
use crate::page::figure::{Figure, across, axes, upwards};
use crate::plot::{staircase, staircase_area};
use crate::shifts::{Line, Step, count_at, planned, span, staffed};
use crate::words::{count, t, tf};

/// The line of words above the plot that names the present, in pixels.
const ROOM_FOR_NOW: f64 = 20.0;

/// What the plot shows.
#[derive(Clone, Debug, Default, PartialEq)]
struct Day {
    from: Millis,
    to: Millis,
    now: Millis,
    planned: Vec<Step>,
    staffed: Vec<Step>,
}

/// The plot of today.
#[component]
pub(super) fn Today(roster: Memo<Option<Arc<Roster>>>, plan: Memo<Vec<Line>>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let day = Memo::new(move |_| {
        let now = desk.now.get();
        let today = today(now);
        plan.with(|plan| {
            let (from, to) = span(plan, midnight(today), midnight(today + 1));
            let staffed = roster.with(|roster| roster.as_ref().map(|roster| staffed(roster, from, now)));
            Day { from, to, now, planned: planned(plan, from, to), staffed: staffed.unwrap_or_default() }
        })
    });
    let words = Signal::derive(move || day.with(in_words));
    let draw = Callback::new(move |width: f64| day.with(|day| picture(day, width)));
    let rows = Callback::new(move |()| day.with(rows));
    let legend = vec![("planned", t("shifts.planned")), ("actual", t("shifts.actual"))];
    let columns = vec![t("shifts.from"), t("shifts.planned"), t("shifts.actual")];
    view! { <Figure id="today" title=t("shifts.today_title") words legend draw columns rows /> }
}

fn in_words(day: &Day) -> String {
    let planned = count_at(&day.planned, day.now);
    if day.staffed.is_empty() {
        return count("shifts.planned_now.one", "shifts.planned_now.other", planned.into());
    }
    let there = count_at(&day.staffed, day.now);
    let values = [("planned", &*planned.to_string()), ("there", &*there.to_string())];
    let now = tf("shifts.now", &values);
    let compared = match planned.cmp(&there) {
        std::cmp::Ordering::Greater => {
            count("shifts.fewer.one", "shifts.fewer.other", u64::from(planned - there))
        }
        std::cmp::Ordering::Less => count("shifts.more.one", "shifts.more.other", u64::from(there - planned)),
        std::cmp::Ordering::Equal => t("shifts.as_planned").to_owned(),
    };
    format!("{now} {compared}")
}

fn picture(day: &Day, width: f64) -> AnyView {
    let most = day.planned.iter().chain(&day.staffed).map(|step| step.count).max().unwrap_or(0);
    let (x, y) = (across(day.from, day.to, width), upwards(most, ROOM_FOR_NOW));
    let now = x.moment(day.now);
    let (top, base) = (y.pixels.1, y.pixels.0);
    let anchor = match now {
        _ if now > x.pixels.1 - 40.0 => "end",
        _ if now < x.pixels.0 + 40.0 => "start",
        _ => "middle",
    };
    view! {
        {axes(day.from, day.to, most, t("shifts.axis"), x, y)}
        <path class="planned-area" d=staircase_area(&day.planned, day.to, x, y) />
        <path class="planned" d=staircase(&day.planned, day.to, x, y) />
        <path class="actual" d=staircase(&day.staffed, day.now, x, y) />
        <path class="now" d=format!("M{now} {top}V{base}") />
        <text class="mark" x=now.to_string() y=(top - 7.0).to_string() text-anchor=anchor>
            {tf("shifts.now_mark", &[("time", &time_of_day(day.now))])}
        </text>
    }
    .into_any()
}

/// A row for every moment at which something changes.
fn rows(day: &Day) -> Vec<Vec<String>> {
    let mut moments: Vec<Millis> = day.planned.iter().chain(&day.staffed).map(|step| step.at).collect();
    moments.sort_unstable();
    moments.dedup();
    let first_known = day.staffed.first().map(|step| step.at);
    let row = |at: Millis| {
        let was = match first_known {
            Some(first) if (first..=day.now).contains(&at) => count_at(&day.staffed, at).to_string(),
            Some(_) | None => t("shifts.not_known").to_owned(),
        };
        vec![time_of_day(at), count_at(&day.planned, at).to_string(), was]
    };
    // A quarter of a minute is no row of its own: what reads the same stands once.
    let mut rows: Vec<Vec<String>> = Vec::new();
    for at in moments {
        let row = row(at);
        rows.pop_if(|last| {
            last[0] == row[0] && behind_utc_min(at) == behind_utc_min(at.saturating_sub(60_000))
        });
        rows.push(row);
    }
    rows
}
