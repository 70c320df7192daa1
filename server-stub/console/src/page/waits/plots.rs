//! The plots of the last 24 hours: who came, was joined and left; and how long it took.

use leptos::prelude::*;
use tealight_protocol::Visitors as Numbers;
use tealight_session::Millis;

use super::Told;
use crate::figures::within;
use crate::hours::{Hour, hours, longest};
use crate::page::browser::time_of_day;
use crate::page::figure::{Figure, across, axes, upwards};
use crate::plot::line;
use crate::words::{t, tf};

const HOUR: Millis = 3_600_000;

/// Who came, was joined and left, by hour.
#[component]
pub(super) fn Visitors(waits: Told) -> impl IntoView {
    let told = by_hour(waits);
    let words = Signal::derive(move || {
        let day = waits.with(|waits| waits.as_deref().map(|waits| waits.day).unwrap_or_default());
        let number = |count: Option<u32>| count.map_or_else(|| t("plots.few").to_owned(), |n| n.to_string());
        let mut words = tf(
            "plots.visitors_words",
            &[("came", &number(day.came)), ("met", &number(day.met)), ("left", &number(day.left))],
        );
        told.with(|hours| {
            let busy =
                hours.iter().filter_map(|hour| Some((hour.at, hour.told.visitors.came.filter(|n| *n > 0)?)));
            if let Some((at, _)) = busy.max_by_key(|(_, came)| *came) {
                words = format!("{words} {}", tf("plots.busiest", &[("time", &time_of_day(at))]));
            }
            if hours.iter().any(|hour| counts(hour.told.visitors).contains(&None)) {
                words = format!("{words} {}", t("plots.left_out"));
            }
        });
        words
    });
    let draw = Callback::new(move |width: f64| told.with(|hours| bars(hours, width)));
    let rows = Callback::new(move |()| {
        told.with(|hours| {
            let row = |hour: &Hour| {
                let number =
                    |n: Option<u32>| n.map_or_else(|| t("plots.not_told").to_owned(), |n| n.to_string());
                std::iter::once(time_of_day(hour.at)).chain(counts(hour.told.visitors).map(number)).collect()
            };
            hours.iter().rev().map(row).collect()
        })
    });
    let legend = vec![("came", t("plots.came")), ("met", t("plots.met")), ("left", t("plots.left"))];
    let columns = vec![t("plots.hour"), t("plots.came"), t("plots.met"), t("plots.left")];
    view! { <Figure id="visitors" title=t("plots.visitors") words legend draw columns rows /> }
}

fn counts(numbers: Numbers) -> [Option<u32>; 3] {
    [numbers.came, numbers.met, numbers.left]
}

fn bars(hours: &[Hour], width: f64) -> AnyView {
    let Some((from, to)) = ends(hours) else { return ().into_any() };
    let most = hours.iter().flat_map(|hour| counts(hour.told.visitors)).flatten().max().unwrap_or(0);
    let (x, y) = (across(from, to, width), upwards(most, 0.0));
    let base = y.at(0.0);
    let bars = hours
        .iter()
        .map(|hour| {
            let (start, end) = (x.moment(hour.at), x.moment(hour.at + HOUR));
            let wide = (end - start) * 0.8 / 3.0;
            let bar = |place: f64, kind: &'static str, count: Option<u32>| {
                let count = count.unwrap_or(0);
                let top = y.at(f64::from(count));
                let left = start + (end - start) * 0.1 + place * wide;
                (count > 0).then(|| {
                    view! {
                        <rect class=kind x=format!("{left:.1}") y=top.to_string() width=format!("{:.1}", wide * 0.9)
                            height=format!("{:.1}", base - top) />
                    }
                })
            };
            let one = &hour.told.visitors;
            view! { {bar(0.0, "came", one.came)} {bar(1.0, "met", one.met)} {bar(2.0, "left", one.left)} }
        })
        .collect_view();
    view! { {axes(from, to, most, t("plots.people"), x, y)} {bars} }.into_any()
}

/// How long it took until somebody could have been joined, by the hour in which they came.
#[component]
pub(super) fn WaitsByHour(waits: Told) -> impl IntoView {
    let told = by_hour(waits);
    let words = Signal::derive(move || {
        told.with(|hours| match longest(hours) {
            Some((at, median_s)) => {
                let values = [("time", &*time_of_day(at)), ("wait", &*within(median_s))];
                tf("plots.waits_words", &values)
            }
            None => t("plots.waits_none").to_owned(),
        })
    });
    let draw = Callback::new(move |width: f64| told.with(|hours| lines(hours, width)));
    let rows = Callback::new(move |()| {
        told.with(|hours| {
            let row = |hour: &Hour| {
                let mut row = vec![time_of_day(hour.at)];
                match &hour.told.offered {
                    Some(waits) => {
                        row.extend([within(waits.q50_s), within(waits.q90_s), waits.of.to_string()]);
                    }
                    None => row.extend([
                        t("plots.too_few").to_owned(),
                        t("plots.too_few").to_owned(),
                        String::new(),
                    ]),
                }
                row
            };
            hours.iter().rev().map(row).collect()
        })
    });
    let legend = vec![("median", t("plots.median")), ("ninety", t("plots.ninety"))];
    let columns = vec![t("plots.hour"), t("plots.median"), t("plots.ninety"), t("plots.of")];
    view! { <Figure id="waits-by-hour" title=t("plots.waits") words legend draw columns rows /> }
}

fn lines(hours: &[Hour], width: f64) -> AnyView {
    let Some((from, to)) = ends(hours) else { return ().into_any() };
    let minutes = |seconds: u32| f64::from(seconds) / 60.0;
    let most = hours.iter().filter_map(|hour| hour.told.offered.map(|waits| waits.q90_s.div_ceil(60))).max();
    let most = most.unwrap_or(0).max(5);
    let (x, y) = (across(from, to, width), upwards(most, 0.0));
    let points = |of: fn(&tealight_protocol::OfferedWaits) -> u32| -> Vec<Option<(f64, f64)>> {
        let point = |hour: &Hour| {
            let waits = hour.told.offered?;
            Some((x.moment(hour.at + HOUR / 2), y.at(minutes(of(&waits)))))
        };
        hours.iter().map(point).collect()
    };
    let (half, most_of_all) = (points(|waits| waits.q50_s), points(|waits| waits.q90_s));
    let dots = half
        .iter()
        .flatten()
        .map(|(x, y)| view! { <circle class="median-dot" cx=x.to_string() cy=y.to_string() r="4" /> })
        .collect_view();
    let squares = most_of_all
        .iter()
        .flatten()
        .map(|(x, y)| {
            let (x, y) = ((x - 4.0).to_string(), (y - 4.0).to_string());
            view! { <rect class="ninety-dot" x=x y=y width="8" height="8" /> }
        })
        .collect_view();
    view! {
        {axes(from, to, most, t("plots.minutes"), x, y)}
        <path class="ninety" d=line(&most_of_all) />
        <path class="median" d=line(&half) />
        {squares}
        {dots}
    }
    .into_any()
}

fn by_hour(waits: Told) -> Memo<Vec<Hour>> {
    Memo::new(move |_| {
        waits.with(|waits| waits.as_deref().map(|waits| hours(&waits.hours)).unwrap_or_default())
    })
}

fn ends(hours: &[Hour]) -> Option<(Millis, Millis)> {
    Some((hours.first()?.at, hours.last()?.at + HOUR))
}
