//! The pictures in `docs/wait.md`: four calm plots, each with one thing to say.

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use tealight_wait_sim::{
    BARE_NUMBER, BARE_RANGE, Day, LAST_TEN, LAST_WAIT, Measures, OURS, Outcome, QL, TEXTBOOK,
};

const PAPER: RGBColor = RGBColor(0xFB, 0xF8, 0xF3);
const INK: RGBColor = RGBColor(0x22, 0x30, 0x3C);
const QUIET: RGBColor = RGBColor(0x52, 0x61, 0x6E);
const HAIRLINE: RGBColor = RGBColor(0xE4, 0xDD, 0xD2);
const ACCENT: RGBColor = RGBColor(0x0F, 0x5F, 0x63);
const TINT: RGBColor = RGBColor(0xB9, 0xD8, 0xD6);
const AMBER: RGBColor = RGBColor(0xB7, 0x79, 0x1F);
const SAND: RGBColor = RGBColor(0xD3, 0xC7, 0xB4);
const STONE: RGBColor = RGBColor(0xA3, 0xAE, 0xB6);
const SLATE: RGBColor = RGBColor(0x6F, 0x7D, 0x88);

/// Everything is drawn in pixels of a canvas this wide.
const WIDTH: i32 = 800;

type Canvas<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// How far each rule is from the truth, in each scenario.
pub(super) fn errors(outcomes: &[Outcome]) -> Result<String> {
    const HEIGHT: i32 = 400;
    let rules = [(QL, SAND), (TEXTBOOK, STONE), (LAST_TEN, SLATE), (LAST_WAIT, QUIET), (OURS, ACCENT)];
    picture(HEIGHT, "How wrong is the expected wait? Typical error (RMSE) in minutes", |canvas| {
        legend(canvas, &rules)?;
        let most = largest(outcomes, rules.map(|(rule, _)| rule), |measures| measures.rmse);
        let plot =
            Frame { left: 60, right: WIDTH - 24, top: 100, bottom: HEIGHT - 48, most: round_up(most, 10.0) };
        plot.grid(canvas, 10.0, |value| format!("{value:.0}"))?;
        let group = (plot.right - plot.left) / outcomes.len().max(1) as i32;
        for (index, outcome) in outcomes.iter().enumerate() {
            let middle = plot.left + group * index as i32 + group / 2;
            let wide = (group - 28) / rules.len() as i32;
            for (place, (rule, colour)) in rules.iter().enumerate() {
                let value = of(outcome, rule)?.rmse;
                let left = middle - wide * rules.len() as i32 / 2 + wide * place as i32;
                bar(canvas, (left, plot.y(value)), (left + wide - 3, plot.bottom), *colour)?;
                if *rule == OURS {
                    text(
                        canvas,
                        &format!("{value:.0}"),
                        (left + wide / 2, plot.y(value) - 10),
                        Look::small(ACCENT),
                    )?;
                }
            }
            let title = format!("{}: {}", outcome.scenario.letter, short(outcome.scenario.letter));
            text(canvas, &title, (middle, plot.bottom + 20), Look::small(QUIET))?;
        }
        Ok(())
    })
}

/// Whether a bound that one in ten should exceed is exceeded by one in ten.
pub(super) fn bounds(outcomes: &[Outcome]) -> Result<String> {
    const HEIGHT: i32 = 400;
    let rules = [(TEXTBOOK, SLATE), (OURS, ACCENT)];
    picture(HEIGHT, "Do the bounds hold? Share of waits that were longer than each bound", |canvas| {
        legend(canvas, &rules)?;
        let plot = Frame { left: 150, right: WIDTH - 24, top: 100, bottom: HEIGHT - 48, most: 1.0 };
        for (nominal, name) in [(0.75, "75 %"), (0.5, "50 %"), (0.2, "20 %"), (0.1, "10 %")] {
            line(canvas, (plot.left, plot.y(nominal)), (plot.right, plot.y(nominal)), HAIRLINE, 2)?;
            let label = format!("should be {name}");
            text(canvas, &label, (plot.left - 12, plot.y(nominal)), Look::small(QUIET).end())?;
        }
        line(canvas, (plot.left, plot.bottom), (plot.right, plot.bottom), SLATE, 1)?;
        let group = (plot.right - plot.left) / outcomes.len().max(1) as i32;
        for (index, outcome) in outcomes.iter().enumerate() {
            let middle = plot.left + group * index as i32 + group / 2;
            for ((rule, colour), aside) in rules.iter().zip([-14, 14]) {
                for share in of(outcome, rule)?.above.unwrap_or([f64::NAN; 4]) {
                    dot(canvas, (middle + aside, plot.y(share)), 6, *colour)?;
                }
            }
            let title = format!("{}: {}", outcome.scenario.letter, short(outcome.scenario.letter));
            text(canvas, &title, (middle, plot.bottom + 20), Look::small(QUIET))?;
        }
        Ok(())
    })
}

/// What people see of it, in the scenario that is most like life.
pub(super) fn shown(outcomes: &[Outcome]) -> Result<String> {
    const HEIGHT: i32 = 380;
    let life = outcomes.last().ok_or_else(|| anyhow!("no scenario was run"))?;
    let rules = [
        (LAST_TEN, "average of the last 10"),
        (LAST_WAIT, "last wait minus elapsed"),
        (BARE_NUMBER, "our mean as a bare number"),
        (BARE_RANGE, "our range, without the promise"),
        (OURS, "our range with the promise"),
    ];
    let title = format!("What people see of it, in scenario {}", life.scenario.letter);
    picture(HEIGHT, &title, |canvas| {
        let panels = [
            (250, "waited longer than they read first", Measure::OverFirst),
            (530, "saw it become worse", Measure::SawWorse),
        ];
        for (left, title, value) in panels {
            text(canvas, title, (left, 84), Look::normal(INK).start())?;
            for (index, (rule, _)) in rules.iter().enumerate() {
                let share = value.of(of(life, rule)?);
                let (top, long) = (112 + 48 * index as i32, (share * 200.0) as i32);
                let colour = if *rule == OURS { ACCENT } else { STONE };
                bar(canvas, (left, top), (left + 200, top + 26), HAIRLINE)?;
                bar(canvas, (left, top), (left + long.max(2), top + 26), colour)?;
                let label = format!("{:.0} %", 100.0 * share);
                text(canvas, &label, (left + 208, top + 13), Look::normal(INK).start())?;
            }
        }
        for (index, (rule, name)) in rules.iter().enumerate() {
            let colour = if *rule == OURS { ACCENT } else { INK };
            text(canvas, name, (236, 125 + 48 * index as i32), Look::small(colour).end())?;
        }
        Ok(())
    })
}

/// What the bars of [`shown`] show.
#[derive(Clone, Copy)]
enum Measure {
    OverFirst,
    SawWorse,
}

impl Measure {
    fn of(self, measures: &Measures) -> f64 {
        match self {
            Self::OverFirst => measures.over_first,
            Self::SawWorse => measures.saw_worse,
        }
    }
}

/// One day: what everybody was told, and how long it took.
pub(super) fn day(day: &Day) -> Result<String> {
    const HEIGHT: i32 = 540;
    let title = "A day in scenario E: what people were told when they joined, and what came of it";
    picture(HEIGHT, title, |canvas| {
        let marks = [
            (TINT, "told: most people wait so long"),
            (ACCENT, "wait, within"),
            (AMBER, "wait, longer than told"),
        ];
        let mut left = 60;
        for (colour, name) in marks {
            match colour {
                TINT => bar(canvas, (left, 64), (left + 8, 80), colour)?,
                _ => dot(canvas, (left + 4, 72), 4, colour)?,
            }
            text(canvas, name, (left + 16, 72), Look::small(QUIET).start())?;
            left += 36 + 7 * name.len() as i32;
        }
        let waits = day.arrivals.iter().map(|arrival| arrival.wait);
        let told = day.arrivals.iter().filter_map(|arrival| arrival.told?.1).map(f64::from);
        let most = waits.chain(told).fold(60.0, f64::max).min(180.0);
        let plot = Frame { left: 60, right: WIDTH - 24, top: 100, bottom: 400, most: round_up(most, 30.0) };
        plot.grid(canvas, 30.0, |value| if value == 0.0 { "0 min".into() } else { format!("{value:.0}") })?;
        let x = |minute: f64| plot.left + (f64::from(plot.right - plot.left) * minute / 1_440.0) as i32;
        for arrival in &day.arrivals {
            if let Some((low, high)) = arrival.told {
                let high = high.map_or(plot.most, f64::from).min(plot.most);
                let at = x(arrival.joined);
                bar(canvas, (at - 2, plot.y(high)), (at + 2, plot.y(f64::from(low))), TINT)?;
            }
        }
        for arrival in &day.arrivals {
            let upper = arrival.told.map_or(f64::INFINITY, |(_, high)| high.map_or(f64::INFINITY, f64::from));
            let colour = if arrival.wait > upper { AMBER } else { ACCENT };
            dot(canvas, (x(arrival.joined), plot.y(arrival.wait.min(plot.most))), 3, colour)?;
        }
        hours(canvas, plot.bottom + 16, x)?;
        let slots = Frame { top: 440, bottom: 510, most: 8.0, ..plot };
        text(canvas, "slots", (slots.left - 10, slots.top + 6), Look::small(QUIET).end())?;
        for (index, (from, planned, there)) in day.slots.iter().enumerate() {
            let until = day.slots.get(index + 1).map_or(1_440.0, |next| next.0);
            let (left, right) = (x(*from) + 1, x(until) - 1);
            bar(canvas, (left, slots.y(f64::from(*planned))), (right, slots.bottom), HAIRLINE)?;
            bar(canvas, (left, slots.y(f64::from(*there))), (right, slots.bottom), STONE)?;
            let label = if planned == there { format!("{there}") } else { format!("{there} of {planned}") };
            text(canvas, &label, ((left + right) / 2, slots.bottom + 14), Look::small(QUIET))?;
        }
        Ok(())
    })
}

/// The simulated day has its rush eight hours after it begins: it begins at two in the afternoon.
fn hours(canvas: &Canvas<'_>, y: i32, x: impl Fn(f64) -> i32) -> Result<()> {
    for hour in (0..=24).step_by(3) {
        let clock = (14 + hour) % 24;
        text(canvas, &format!("{clock:02}:00"), (x(f64::from(hour) * 60.0), y), Look::small(QUIET))?;
    }
    Ok(())
}

/// A canvas with a heading, as SVG.
fn picture(height: i32, title: &str, draw: impl FnOnce(&Canvas<'_>) -> Result<()>) -> Result<String> {
    let mut svg = String::new();
    {
        let canvas = SVGBackend::with_string(&mut svg, (WIDTH as u32, height as u32)).into_drawing_area();
        canvas.fill(&PAPER)?;
        text(&canvas, title, (24, 30), Look { size: 21, ..Look::normal(INK) }.start())?;
        draw(&canvas)?;
        canvas.present()?;
    }
    Ok(svg)
}

/// The inner rectangle of a plot, with a vertical axis from 0.
#[derive(Clone, Copy)]
struct Frame {
    left: i32,
    right: i32,
    top: i32,
    bottom: i32,
    most: f64,
}

impl Frame {
    fn y(&self, value: f64) -> i32 {
        self.bottom - (f64::from(self.bottom - self.top) * value / self.most).round() as i32
    }

    fn grid(&self, canvas: &Canvas<'_>, step: f64, label: impl Fn(f64) -> String) -> Result<()> {
        let mut value = 0.0;
        while value <= self.most {
            line(canvas, (self.left, self.y(value)), (self.right, self.y(value)), HAIRLINE, 1)?;
            text(canvas, &label(value), (self.left - 10, self.y(value)), Look::small(QUIET).end())?;
            value += step;
        }
        Ok(())
    }
}

/// How a text looks.
#[derive(Clone, Copy)]
struct Look {
    size: i32,
    colour: RGBColor,
    at: HPos,
}

impl Look {
    fn normal(colour: RGBColor) -> Self {
        Self { size: 18, colour, at: HPos::Center }
    }

    fn small(colour: RGBColor) -> Self {
        Self { size: 16, colour, at: HPos::Center }
    }

    fn start(self) -> Self {
        Self { at: HPos::Left, ..self }
    }

    fn end(self) -> Self {
        Self { at: HPos::Right, ..self }
    }
}

fn text(canvas: &Canvas<'_>, text: &str, at: (i32, i32), look: Look) -> Result<()> {
    let style = TextStyle::from(("sans-serif", look.size).into_font())
        .color(&look.colour)
        .pos(Pos::new(look.at, VPos::Center));
    Ok(canvas.draw_text(text, &style, at)?)
}

fn bar(canvas: &Canvas<'_>, from: (i32, i32), to: (i32, i32), colour: RGBColor) -> Result<()> {
    Ok(canvas.draw(&Rectangle::new([from, to], colour.filled()))?)
}

fn dot(canvas: &Canvas<'_>, at: (i32, i32), radius: i32, colour: RGBColor) -> Result<()> {
    Ok(canvas.draw(&Circle::new(at, radius, colour.filled()))?)
}

fn line(canvas: &Canvas<'_>, from: (i32, i32), to: (i32, i32), colour: RGBColor, width: u32) -> Result<()> {
    Ok(canvas.draw(&PathElement::new([from, to], colour.stroke_width(width)))?)
}

fn legend(canvas: &Canvas<'_>, rules: &[(&str, RGBColor)]) -> Result<()> {
    let mut left = 60;
    for (rule, colour) in rules {
        bar(canvas, (left, 64), (left + 14, 78), *colour)?;
        text(canvas, rule, (left + 22, 72), Look::small(QUIET).start())?;
        left += 44 + 7 * rule.len() as i32;
    }
    Ok(())
}

fn of<'a>(outcome: &'a Outcome, rule: &str) -> Result<&'a Measures> {
    outcome.of(rule).ok_or_else(|| anyhow!("scenario {} has no row {rule}", outcome.scenario.letter))
}

fn largest<const N: usize>(outcomes: &[Outcome], rules: [&str; N], value: fn(&Measures) -> f64) -> f64 {
    let measures = outcomes.iter().flat_map(|outcome| rules.map(|rule| outcome.of(rule)));
    measures.flatten().map(value).fold(0.0, f64::max)
}

fn round_up(value: f64, step: f64) -> f64 {
    (value / step).ceil().max(1.0) * step
}

/// What a scenario is, in two words.
fn short(letter: char) -> &'static str {
    match letter {
        'A' => "20 slots",
        'B' => "4 slots",
        'C' => "2 slots",
        'D' => "a roster",
        'E' => "like life",
        _ => "",
    }
}
