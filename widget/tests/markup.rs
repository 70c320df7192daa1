//! Reads the widget's own markup for what a page with a strict policy would forbid, and for what must not be logged.

use std::path::{Path, PathBuf};

/// Leptos turns an element without a single dynamic value into HTML that is parsed when the page runs. Pages that
/// require trusted types forbid that, so every element here has a value, a child with one, or no attribute at all.
#[test]
fn no_markup_is_ever_parsed_as_html() {
    for (file, source) in sources() {
        for call in ["inner_html", "innerHTML", "set_inner_html", "template!", "insert_adjacent_html"] {
            assert!(!source.contains(call), "{}: {call}", file.display());
        }
        for (line, element) in still_elements(&source) {
            panic!("{}:{line}: <{element}> would be parsed as HTML", file.display());
        }
    }
}

#[test]
fn an_element_that_would_be_parsed_is_found() {
    let found = |source: &str| still_elements(source).len();
    assert_eq!(found(r#"view! { <p class="a"></p> }"#), 1);
    assert_eq!(found(r#"view! { <p class="a" /> }"#), 1);
    assert_eq!(found(r#"view! { <p>"words"</p> }"#), 1);
    assert_eq!(found(r#"view! { <p class=name></p> }"#), 0);
    assert_eq!(found(r#"view! { <p class="a">{words}</p> }"#), 0);
    assert_eq!(found(r#"view! { <p on:click=move |_| a() class="a"></p> }"#), 0);
    assert_eq!(found("view! { <br/> }"), 0);
}

#[test]
fn what_was_written_never_reaches_a_log() {
    for (file, source) in sources() {
        for call in ["console::log", "console::error", "println!", "leptos::logging", "debug_log!"] {
            assert!(!source.contains(call), "{}: {call}", file.display());
        }
    }
}

/// Elements with neither a value nor a child that is one: leaves whose attributes are all literals.
fn still_elements(source: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (line, text) in flattened_views(source) {
        let mut rest = text.as_str();
        while let Some(open) = rest.find('<') {
            rest = &rest[open + 1..];
            if !rest.starts_with(|c: char| c.is_ascii_lowercase()) {
                continue;
            }
            let Some(end) = end_of_tag(rest) else { break };
            let (tag, after) = (&rest[..end], &rest[end + 1..]);
            let name: String = tag.chars().take_while(char::is_ascii_alphanumeric).collect();
            let attributes = tag[name.len()..].trim().trim_end_matches('/').trim();
            let is_still = attributes.split('=').skip(1).all(|value| value.trim_start().starts_with('"'))
                && !attributes.contains('{')
                && !attributes.contains("on:");
            let closing = ["</", &name, ">"].concat();
            let is_leaf = tag.ends_with('/') || after.trim_start().starts_with(&closing);
            let holds_words = after.trim_start().starts_with('"')
                && after.trim_start()[1..]
                    .split_once('"')
                    .is_some_and(|(_, after)| after.trim_start().starts_with(&closing));
            if is_still && ((is_leaf && !attributes.is_empty()) || holds_words) {
                found.push((line, name));
            }
            rest = after;
        }
    }
    found
}

/// The bodies of `view!` calls, with the line each begins on.
fn flattened_views(source: &str) -> Vec<(usize, String)> {
    let mut bodies = Vec::new();
    let mut from = 0;
    while let Some(at) = source[from..].find("view! {") {
        let start = from + at;
        let mut depth = 0;
        let mut end = source.len();
        for (index, c) in source[start..].char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 1 => {
                    end = start + index;
                    break;
                }
                '}' => depth -= 1,
                _ => {}
            }
        }
        bodies.push((source[..start].lines().count(), source[start..end].to_owned()));
        from = start + "view! {".len();
    }
    bodies
}

/// Where a tag ends: the first `>` that belongs to no closure, comparison or block.
fn end_of_tag(tag: &str) -> Option<usize> {
    let mut depth = 0;
    let mut in_string = false;
    let bytes = tag.as_bytes();
    for (index, byte) in bytes.iter().enumerate() {
        match byte {
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => depth -= 1,
            b'>' if depth == 0 && bytes[index - 1] != b'=' && bytes[index - 1] != b'-' => return Some(index),
            _ => {}
        }
    }
    None
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
