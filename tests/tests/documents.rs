//! What the documents promise to those who embed and theme the chat, compared with what the code knows.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Tests, and helpers of tests.

use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn every_token_of_the_frame_is_documented_and_every_documented_one_exists() {
    let loader = read("widget/js/loader.js");
    let frame = read("widget/js/frame.js");
    let mut known = words(between(&frame, "const COLOURS =", ".split"));
    let kinds = between(&frame, "const KINDS = {", "};");
    known.extend(kinds.lines().filter_map(|line| {
        let (name, kind) = line.trim().split_once(": \"")?;
        kind.ends_with("\",").then(|| name.trim_matches('"').to_owned())
    }));
    let own_page: BTreeSet<_> = ["gap", "layer"].map(str::to_owned).into();
    let theming = read("docs/theming.md");
    let documented: BTreeSet<_> = quoted(&theming)
        .filter_map(|word| word.strip_prefix("--tealight-").map(str::to_owned))
        .filter(|name| !own_page.contains(name))
        .collect();
    assert_eq!(documented, known);
    for name in own_page {
        assert!(
            theming.contains(&format!("`--tealight-{name}`"))
                && loader.contains(&format!("--tealight-{name}"))
        );
    }
}

#[test]
fn every_part_is_documented() {
    let theming = read("docs/theming.md");
    let element = read("widget/js/element.js");
    let parts = words(between(&element, "const PARTS =", ";"));
    assert!(parts.len() > 20, "where are the parts?");
    for part in parts {
        assert!(theming.contains(&format!("`{part}`")), "docs/theming.md does not name the part {part}");
    }
}

#[test]
fn the_frames_sandbox_is_exactly_the_documented_one() {
    let loader = read("widget/js/loader.js");
    let allowed = "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox \
                   allow-top-navigation-by-user-activation";
    assert_eq!(between(&loader, "sandbox:\n", "\",").trim().trim_matches('"'), allowed);
    assert!(loader.contains("allow: \"\","), "the frame may use a power of the browser");
    assert!(read("docs/embedding.md").contains(&format!("sandbox=\"{allowed}\"")));
}

#[test]
fn what_frame_and_loader_say_to_each_other_is_the_documented_list() {
    let frame = read("widget/js/frame.js");
    let loader = read("widget/js/loader.js");
    let security = read("SECURITY.md");
    let table = between(&security, "| The frame says | The loader says |", "\n\n");
    let names = |column: usize| -> BTreeSet<String> {
        let cells = table.lines().filter_map(|row| row.split('|').nth(column));
        cells
            .flat_map(|cell| cell.split(':').next().and_then(|names| names.contains('`').then_some(names)))
            .flat_map(|names| quoted(names).map(str::to_owned).collect::<Vec<_>>())
            .collect()
    };
    let said = |source: &str, call: &str| -> BTreeSet<String> {
        let after = source.split(call).skip(1);
        after.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())).collect()
    };
    assert_eq!(names(1), said(&frame, "say({ type: \""));
    let mut heard = said(&loader, "tell({ type: \"");
    heard.insert("connect".to_owned());
    assert!(loader.contains("type: \"connect\""));
    assert_eq!(names(2), heard);
}

#[test]
fn attributes_methods_and_events_are_those_of_the_types() {
    let types = read("widget/js/types.d.ts");
    let embedding = read("docs/embedding.md");
    let loader = read("widget/js/loader.js");
    let attributes = between(&types, "interface TealightChatAttributes {", "\n}");
    let mut count = 0;
    for line in attributes.lines() {
        let Some((name, _)) = line.trim().split_once("?:") else { continue };
        let name = name.trim_matches('"');
        count += 1;
        assert!(
            embedding.contains(&format!("`{name}`")),
            "docs/embedding.md does not name the attribute {name}"
        );
        assert!(loader.contains(name), "the loader does not know the attribute {name}");
    }
    assert!(count > 10, "where are the attributes?");
    for event in ["ready", "open", "close", "unread"] {
        let name = format!("tealight-{event}");
        assert!(types.contains(&format!("\"{name}\"")), "types.d.ts: {name}");
        assert!(embedding.contains(&format!("`{name}`")), "docs/embedding.md: {name}");
        assert!(loader.contains(&format!(" emit(\"{event}\"")), "the loader never says {name}");
    }
    for method in ["open()", "close()", "end()"] {
        assert!(types.contains(method) && embedding.contains(method) && loader.contains(method), "{method}");
    }
}

#[test]
fn every_link_from_a_document_leads_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let documents = [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "SECURITY.md",
        "PRIVACY.md",
        "docs/authorisation.md",
        "docs/backend.md",
        "docs/checklist.md",
        "docs/conformance.md",
        "docs/embedding.md",
        "docs/examples/backend-python/README.md",
        "docs/safety.md",
        "docs/server.md",
        "docs/theming.md",
        "docs/wait.md",
        "protocol/PROTOCOL.md",
    ];
    for document in documents {
        let folder = root.join(document).parent().unwrap().to_owned();
        for link in read(document).split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = link.split('#').next().unwrap();
            if path.is_empty() || path.contains("://") {
                continue;
            }
            assert!(folder.join(path).exists(), "{document} links to {path}, which is not there");
        }
    }
}

#[test]
fn every_attack_in_the_safety_table_names_a_test_that_is_there() {
    let mut rows = 0;
    for line in read("docs/safety.md").lines().filter(|line| line.starts_with("| ")) {
        let shown_by = line.trim_end_matches([' ', '|']).rsplit('|').next().unwrap();
        if ["Test", "---"].contains(&shown_by.trim()) {
            continue;
        }
        let (files, tests): (Vec<_>, Vec<_>) = quoted(shown_by).partition(|word| word.contains('/'));
        assert!(!files.is_empty() && !tests.is_empty(), "no test shows: {line}");
        let code: String = files.into_iter().map(read).collect();
        for test in tests {
            assert!(code.contains(&format!("fn {test}(")), "{test} is not where docs/safety.md says");
        }
        rows += 1;
    }
    assert!(rows > 3, "where is the table?");
}

#[test]
fn what_the_frame_document_is_told_is_documented() {
    let code = read("server-stub/src/http/frame.rs");
    let document = read("docs/backend.md");
    let mut fields = 0;
    for structure in ["struct FrameConfig<'a> {", "struct FrameAssets {"] {
        for line in between(&code, structure, "\n}").lines() {
            let Some((name, _)) = line.trim().split_once(": ") else { continue };
            assert!(document.contains(&format!("`{name}`")), "docs/backend.md does not name {name}");
            fields += 1;
        }
    }
    assert!(fields > 10, "where are the fields?");
    for id in ["tealight-fallback", "tealight-opening", "tealight-exit", "tealight-root", "tealight-config"] {
        let id = format!("id=\"{id}\"");
        for place in
            ["server-stub/src/http/frame.html", "docs/backend.md", "docs/examples/backend-python/pages.py"]
        {
            assert!(read(place).contains(&id), "{place} has no {id}");
        }
    }
}

#[test]
fn the_limits_of_the_example_are_those_of_the_protocol() {
    use tealight_protocol::limits;
    let numbers = [
        ("wire.py", "FRAME_BYTES, TEXT_CHARS, BURST, PER_SECOND", "16_384, 4_000, 20, 2"),
        ("wire.py", "QUEUED_FRAMES, QUEUED_BYTES", "256, 262_144"),
        ("store.py", "PAGE_EVENTS, PAGE_BYTES", "200, 65_536"),
        ("backend.py", "HELLO_S, QUEUE_EVERY_S, INSTANCES", "10, 2, 4"),
    ];
    let of_the_protocol = [
        vec![limits::FRAME_BYTES, limits::TEXT_CHARS, limits::BURST as usize, limits::PER_SECOND as usize],
        vec![limits::QUEUED_FRAMES, limits::QUEUED_BYTES],
        vec![limits::PAGE_EVENTS, limits::PAGE_BYTES],
        vec![
            limits::HELLO_TIMEOUT_MS as usize / 1_000,
            limits::QUEUE_EVERY_MS as usize / 1_000,
            limits::INSTANCES,
        ],
    ];
    for ((file, names, written), wanted) in numbers.into_iter().zip(of_the_protocol) {
        let text = read(&format!("docs/examples/backend-python/{file}"));
        assert!(text.contains(&format!("{names} = {written}")), "{file} no longer has {names} = {written}");
        let written: Vec<usize> = written.split(", ").map(|n| n.replace('_', "").parse().unwrap()).collect();
        assert_eq!(written, wanted, "{names} in {file}");
    }
}

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let from = text.find(start).unwrap_or_else(|| panic!("no {start}")) + start.len();
    &text[from..from + text[from..].find(end).unwrap_or_else(|| panic!("no {end} after {start}"))]
}

fn words(quoted: &str) -> BTreeSet<String> {
    quoted.trim().trim_matches('"').split_whitespace().map(str::to_owned).collect()
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}
