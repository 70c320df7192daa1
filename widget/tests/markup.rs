//! Reads the widget's own markup for what a page with a strict policy would forbid, and for what must not be logged.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Tests, and helpers of tests.

use std::path::{Path, PathBuf};

/// Pages that require trusted types forbid that text is parsed as HTML. Leptos does so where a `view!` holds an
/// element without a single dynamic value, so markup is made of the blocks in `element` instead.
#[test]
fn no_markup_is_ever_parsed_as_html() {
    let parsing = [
        "inner_html",
        "innerHTML",
        "outerHTML",
        "insert_adjacent_html",
        "insertAdjacentHTML",
        "document.write",
    ];
    let by_macro = ["view! {", "view!{", "template! {", "leptos::html", "tachys"];
    for (file, source) in sources() {
        for call in parsing.iter().chain(&by_macro) {
            assert!(!source.contains(call), "{}: {call}", file.display());
        }
    }
}

/// A strict policy forbids style attributes; a style set through the object model is allowed.
#[test]
fn no_style_or_handler_is_written_as_an_attribute() {
    for (file, source) in sources() {
        for call in [r#"attr("style""#, r#"attr("on"#, r#"el("style")"#, r#"el("script")"#] {
            assert!(!source.contains(call), "{}: {call}", file.display());
        }
    }
}

/// Every block is compiled once: what a caller hands in is boxed before anything is done with it.
#[test]
fn elements_are_made_in_one_place() {
    for (file, source) in sources() {
        if file.ends_with("src/element.rs") {
            continue;
        }
        for call in ["create_element", "createElement", "RenderEffect", "Effect::new"] {
            assert!(!source.contains(call), "{}: {call}", file.display());
        }
    }
}

#[test]
fn what_was_written_never_reaches_a_log() {
    for (file, source) in sources() {
        for call in ["console::log", "console::error", "println!", "leptos::logging", "debug_log!"] {
            assert!(!source.contains(call), "{}: {call}", file.display());
        }
    }
}

fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let source = std::fs::read_to_string(&path).unwrap();
                found.push((path, source));
            }
        }
    }
    assert!(found.len() > 20);
    found
}
