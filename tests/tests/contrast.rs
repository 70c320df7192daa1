//! Every pair of colours that is read together, computed from the tokens: text at least 4.5:1, edges at least 3:1.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Tests, and helpers of tests.

use std::collections::BTreeMap;
use std::path::Path;

const TEXT: f64 = 4.5;
const EDGE: f64 = 3.0;

/// How strongly the glow covers the paper where it is brightest: behind the range, and behind the log-in form.
const GLOW: f64 = 0.66;
const CONSOLE_GLOW: f64 = 0.22;

const TEXT_PAIRS: [(&str, &str); 15] = [
    ("ink", "paper"),
    ("ink", "raised"),
    ("ink", "tint"),
    ("ink", "amber-tint"),
    ("quiet", "paper"),
    ("quiet", "raised"),
    ("quiet", "tint"),
    ("accent", "paper"),
    ("accent", "raised"),
    ("accent", "tint"),
    ("accent", "amber-tint"),
    ("on-accent", "accent"),
    ("brick", "paper"),
    ("brick", "raised"),
    ("amber", "amber-tint"),
];

const EDGE_PAIRS: [(&str, &str); 6] = [
    ("edge", "paper"),
    ("edge", "raised"),
    ("edge", "tint"),
    ("accent", "paper"),
    ("accent", "tint"),
    ("brick", "paper"),
];

#[test]
fn the_widget_can_be_read_in_both_schemes() {
    let css = read("widget/styles/widget/00-tokens.css");
    for (scheme, tokens) in [("light", block(&css, "\n.tealight {")), ("dark", dark(&css))] {
        check(scheme, &colours(tokens, "--own-"), GLOW);
    }
}

#[test]
fn a_fixed_scheme_has_the_same_colours_as_the_visitors_own() {
    let css = read("widget/styles/widget/00-tokens.css");
    let fixed =
        |scheme: &str| colours(block(&css, &format!(".tealight[data-theme=\"{scheme}\"] {{")), "--own-");
    assert_eq!(fixed("light"), colours(block(&css, "\n.tealight {"), "--own-"));
    assert_eq!(fixed("dark"), colours(dark(&css), "--own-"));
}

#[test]
fn the_console_can_be_read_in_both_schemes() {
    let css = read("server-stub/console/styles/00-tokens.css");
    for (scheme, tokens) in [("light", block(&css, "\n:root {")), ("dark", dark(&css))] {
        check(scheme, &colours(tokens, "--tealight-"), CONSOLE_GLOW);
    }
}

#[test]
fn black_on_white_is_twenty_one_to_one() {
    assert!((contrast([0.0; 3], [255.0; 3]) - 21.0).abs() < 0.001);
}

fn check(scheme: &str, colours: &BTreeMap<String, [f64; 3]>, strength: f64) {
    let colour =
        |name: &str| *colours.get(name).unwrap_or_else(|| panic!("no colour {name} in the {scheme} scheme"));
    let mut faults = Vec::new();
    for (pairs, least) in [(TEXT_PAIRS.as_slice(), TEXT), (EDGE_PAIRS.as_slice(), EDGE)] {
        for (front, back) in pairs {
            let ratio = contrast(colour(front), colour(back));
            if ratio < least {
                faults.push(format!("{front} on {back}: {ratio:.2}, at least {least}"));
            }
        }
    }
    let (glow, paper) = (colour("glow"), colour("paper"));
    let lit = std::array::from_fn(|i| glow[i] * strength + paper[i] * (1.0 - strength));
    for front in ["ink", "quiet", "accent"] {
        let ratio = contrast(colour(front), lit);
        if ratio < TEXT {
            faults.push(format!("{front} over the glow: {ratio:.2}, at least {TEXT}"));
        }
    }
    assert!(faults.is_empty(), "{scheme}: {faults:#?}");
}

/// WCAG 2.2: relative luminance and contrast ratio.
fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let luminance = |rgb: [f64; 3]| {
        let [r, g, b] = rgb.map(|channel| {
            let c = channel / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    };
    let (a, b) = (luminance(one), luminance(other));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
}

/// The declarations of the first rule that begins with `start`.
fn block<'a>(css: &'a str, start: &str) -> &'a str {
    let from = css.find(start).unwrap_or_else(|| panic!("no rule {start}")) + start.len();
    let length = css[from..].find('}').unwrap();
    &css[from..from + length]
}

fn dark(css: &str) -> &str {
    let media = css.find("(prefers-color-scheme: dark) {").unwrap() + "(prefers-color-scheme: dark) {".len();
    block(&css[media..], "{")
}

fn colours(declarations: &str, prefix: &str) -> BTreeMap<String, [f64; 3]> {
    let colour = |hex: &str| {
        let number = u32::from_str_radix(hex, 16).ok()?;
        (hex.len() == 6).then(|| [16, 8, 0].map(|shift| f64::from(number >> shift & 0xff)))
    };
    declarations
        .lines()
        .filter_map(|line| {
            let (name, value) = line.trim().strip_suffix(';')?.split_once(": #")?;
            Some((name.strip_prefix(prefix)?.to_owned(), colour(value)?))
        })
        .collect()
}
