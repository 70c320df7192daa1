//! What all plots have in common: a title, words that say what there is to see, a legend, the picture, and the same as
//! a table. Lines differ in dashes and bars in filling, so that nobody needs the colours.

use leptos::html;
use leptos::prelude::*;
use tealight_session::Millis;

use super::browser::behind_utc_min;
use super::resized::Resized;
use crate::plot::{Scale, counts, hours};
use crate::words::t;

/// How wide a plot is before its place is measured, in pixels.
const FIRST_WIDTH: f64 = 640.0;

/// How high a plot is, in pixels.
const HEIGHT: f64 = 220.0;

/// The room around the axes, in pixels: above, at the end side, below, at the start side.
const MARGIN: (f64, f64, f64, f64) = (28.0, 22.0, 30.0, 44.0);

/// So many pixels a time of day needs on an axis.
const HOUR_WIDTH: f64 = 50.0;

/// A plot's parts.
#[component]
pub(crate) fn Figure(
    /// Names the parts to each other.
    id: &'static str,
    title: &'static str,
    /// What there is to see, in words.
    #[prop(into)]
    words: Signal<String>,
    /// How each kind of mark is drawn, and what it means.
    legend: Vec<(&'static str, &'static str)>,
    /// The picture, for a width in pixels.
    draw: Callback<f64, AnyView>,
    /// The head of the table.
    columns: Vec<&'static str>,
    /// The rows of the table, the first cell of each its head.
    rows: Callback<(), Vec<Vec<String>>>,
) -> impl IntoView {
    let place = NodeRef::<html::Div>::new();
    let width = RwSignal::new(FIRST_WIDTH);
    let measure = move || {
        if let Some(place) = place.try_get_untracked().flatten() {
            let now = f64::from(place.client_width());
            if now > 0.0 && width.try_get_untracked().is_some_and(|before| (before - now).abs() >= 1.0) {
                width.try_set(now);
            }
        }
    };
    place.on_load(move |place| {
        measure();
        StoredValue::new_local(Resized::of(&place, measure));
    });
    let (title_id, words_id) = (format!("{id}-title"), format!("{id}-words"));
    let labelled = title_id.clone();
    let described = words_id.clone();
    let legend = legend
        .into_iter()
        .map(|(kind, words)| {
            view! {
                <li class="legend-item">
                    <svg class="plot legend-mark" viewBox="0 0 28 16" width="28" height="16" aria-hidden="true"
                        focusable="false">{sample(kind)}</svg>
                    <span>{words}</span>
                </li>
            }
        })
        .collect_view();
    let head = columns.into_iter().map(|column| view! { <th scope="col">{column}</th> }).collect_view();
    let body = move || {
        let row = |cells: Vec<String>| {
            let mut cells = cells.into_iter();
            let first = cells.next();
            view! {
                <tr>
                    <th scope="row">{first}</th>
                    {cells.map(|cell| view! { <td>{cell}</td> }).collect_view()}
                </tr>
            }
        };
        rows.run(()).into_iter().map(row).collect_view()
    };
    view! {
        <figure class="figure" aria-labelledby=labelled>
            <h3 class="heading" id=title_id>{title}</h3>
            <p class="quiet" id=words_id>{move || words.get()}</p>
            <ul class="legend">{legend}</ul>
            <div class="plot-place" node_ref=place>
                {move || {
                    let width = width.get();
                    let (title, described) = (format!("{id}-title"), described.clone());
                    view! {
                        <svg class="plot" role="img" aria-labelledby=title aria-describedby=described
                            viewBox=format!("0 0 {width} {HEIGHT}") width=width.to_string() height=HEIGHT.to_string()>
                            {draw.run(width)}
                        </svg>
                    }
                }}
            </div>
            <details class="table">
                <summary>{t("plots.table")}</summary>
                <div class="table-place" tabindex="0" role="region" aria-label=title>
                    <table>
                        <thead><tr>{head}</tr></thead>
                        <tbody>{body}</tbody>
                    </table>
                </div>
            </details>
        </figure>
    }
}

/// A mark of the legend, drawn as in the plot.
fn sample(kind: &'static str) -> AnyView {
    match kind {
        "planned" | "ninety" | "median" | "actual" => view! { <path class=kind d="M1 8H27" /> }.into_any(),
        _ => view! { <rect class=kind x="7" y="2" width="14" height="12" /> }.into_any(),
    }
}

/// The scale of a plot's moments.
pub(super) fn across(from: Millis, to: Millis, width: f64) -> Scale {
    Scale { values: (from as f64, to as f64), pixels: (MARGIN.3, (width - MARGIN.1).max(MARGIN.3 + 1.0)) }
}

/// The scale of a plot's counts, from nothing to the last mark, with some room above for one more line of words.
pub(super) fn upwards(most: u32, room: f64) -> Scale {
    let top = counts(most).last().copied().unwrap_or(1);
    Scale { values: (0.0, f64::from(top)), pixels: (HEIGHT - MARGIN.2, MARGIN.0 + room) }
}

/// Both axes: lines at the counts, times of day under them, and what is counted.
pub(super) fn axes(from: Millis, to: Millis, most: u32, what: &'static str, x: Scale, y: Scale) -> AnyView {
    let (start, end) = x.pixels;
    let base = y.at(0.0);
    let levels = counts(most)
        .into_iter()
        .map(|count| {
            let height = y.at(f64::from(count));
            view! {
                <path class="grid" d=format!("M{start} {height}H{end}") />
                <text class="mark" x=(start - 8.0).to_string() y=(height + 4.5).to_string() text-anchor="end">
                    {count.to_string()}
                </text>
            }
        })
        .collect_view();
    let fits = ((end - start) / HOUR_WIDTH).max(1.0) as usize;
    let times = hours(from, to, fits, behind_utc_min)
        .into_iter()
        .map(|(at, time)| {
            let place = x.moment(at);
            view! {
                <path class="grid tick" d=format!("M{place} {base}v5") />
                <text class="mark" x=place.to_string() y=(base + 20.0).to_string() text-anchor="middle">{time}</text>
            }
        })
        .collect_view();
    view! {
        {levels}
        {times}
        <text class="mark" x="0" y="14">{what}</text>
    }
    .into_any()
}
