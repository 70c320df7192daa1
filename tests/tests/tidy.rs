//! The repository checks itself: rules that no compiler knows and that are easily broken without notice.
//!
//! Only what can be told for certain is checked here. Taste is for people.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Tests, and helpers of tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Crates that read a clock, draw random numbers, wait, or talk to the outside.
const IMPURE: [&str; 19] = [
    "chrono",
    "fastrand",
    "futures-timer",
    "getrandom",
    "gloo-net",
    "gloo-timers",
    "jiff",
    "js-sys",
    "leptos",
    "mio",
    "rand",
    "reqwest",
    "rusqlite",
    "socket2",
    "time",
    "tokio",
    "wasm-bindgen",
    "web-sys",
    "web-time",
];

/// Parts of the standard library that do the same.
const IMPURE_STD: [&str; 8] = [
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant::now",
];

const MOST_LINES: usize = 600;

#[test]
fn the_wire_types_depend_on_no_input_or_output() {
    assert_eq!(impure_dependencies("tealight-protocol"), [""; 0]);
    assert_eq!(impure_sources("protocol/src"), [""; 0]);
}

#[test]
fn the_session_core_depends_on_no_input_or_output() {
    assert_eq!(impure_dependencies("tealight-session"), [""; 0]);
    assert_eq!(impure_sources("widget/session/src"), [""; 0]);
}

#[test]
fn the_estimator_uses_no_input_output_or_clock() {
    assert_eq!(impure_dependencies("tealight-wait"), [""; 0]);
    assert_eq!(impure_sources("server-stub/wait/src"), [""; 0]);
    assert_eq!(lines_with(&sources("server-stub/wait/src"), &["from_os_rng", "tealight_protocol"]), [""; 0]);
}

#[test]
fn every_member_inherits_the_lints() {
    let members: Vec<String> = manifest(&root().join("Cargo.toml"))["workspace"]["members"]
        .as_array()
        .expect("the root lists its members")
        .iter()
        .filter_map(|member| member.as_str().map(str::to_owned))
        .collect();
    assert!(members.len() >= 7, "{members:?}");
    for member in members {
        let manifest = manifest(&root().join(&member).join("Cargo.toml"));
        let inherited = manifest.get("lints").and_then(|lints| lints.get("workspace"));
        assert_eq!(
            inherited.and_then(toml::Value::as_bool),
            Some(true),
            "{member} lacks `[lints] workspace = true`"
        );
    }
}

#[test]
fn the_bindings_generator_matches_the_crate() {
    let manifest = manifest(&root().join("Cargo.toml"));
    let dependencies = &manifest["workspace"]["dependencies"];
    let generator = dependencies["wasm-bindgen-cli-support"].as_str();
    assert_eq!(dependencies["wasm-bindgen"].as_str(), generator, "both must name the same version");
    assert!(generator.is_some_and(|version| version.starts_with('=')), "{generator:?} must be exact");
}

#[test]
fn every_rust_file_begins_by_saying_what_it_is() {
    let silent = files(&["rs"]).into_iter().filter(|file| !file.text.starts_with("//! "));
    assert_eq!(silent.map(|file| file.name).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn no_file_holds_more_than_one_idea_can_need() {
    let long = files(&["rs", "js", "css"]).into_iter().filter(|file| file.text.lines().count() > MOST_LINES);
    assert_eq!(
        long.map(|file| file.name).collect::<Vec<_>>(),
        [""; 0],
        "split files over {MOST_LINES} lines"
    );
}

#[test]
fn no_work_is_left_unfinished_in_comments() {
    assert_eq!(
        lines_with(&texts(), &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:")]),
        [""; 0]
    );
}

#[test]
fn no_file_names_a_path_of_somebodys_machine() {
    let machines =
        [concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/wo", "rk/"), concat!("/t", "mp/")];
    // A link in the web may well contain the same words.
    let found = lines_with(&texts(), &machines).into_iter().filter(|line| !line.contains("https://"));
    assert_eq!(found.collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn no_file_names_a_package_registry() {
    let hosts = [
        concat!("registry.", "npmjs"),
        concat!("static.", "crates.io"),
        concat!("index.", "crates.io"),
        concat!("py", "pi.org"),
        concat!("deb.", "debian.org"),
    ];
    assert_eq!(lines_with(&texts(), &hosts), [""; 0]);
}

#[test]
fn no_file_cites_a_plan_that_readers_cannot_see() {
    let cited =
        texts().into_iter().filter(|file| !file.name.ends_with(".lock") && !file.name.ends_with(".json"));
    let found = cited.flat_map(|file| {
        let citing = |line: &&str| line.split(|c: char| !c.is_ascii_alphanumeric()).any(is_requirement);
        file.text
            .lines()
            .filter(citing)
            .map(|line| format!("{}: {}", file.name, line.trim()))
            .collect::<Vec<_>>()
    });
    assert_eq!(found.collect::<Vec<_>>(), [""; 0], "say what is meant instead of its number");
}

/// The number of a requirement: an R and one or two digits.
fn is_requirement(word: &str) -> bool {
    word.strip_prefix('R').is_some_and(|digits| {
        (1..=2).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit())
    })
}

/// A text file of the repository.
struct File {
    name: String,
    text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn manifest(path: &Path) -> toml::Table {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What of [`IMPURE`] is anywhere below `package`, for any target, tests apart.
fn impure_dependencies(package: &str) -> Vec<String> {
    let output = Command::new("cargo")
        .args(["tree", "--locked", "--edges", "normal", "--target", "all", "--prefix", "none"])
        .args(["--format", "{p}", "--package", package])
        .current_dir(root())
        .output()
        .expect("cargo runs these tests, so it can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(tree.contains(package), "{tree}");
    let names = tree.lines().filter_map(|line| line.split(' ').next());
    names.filter(|name| IMPURE.contains(name)).map(str::to_owned).collect()
}

fn impure_sources(directory: &str) -> Vec<String> {
    lines_with(&sources(directory), &IMPURE_STD)
}

fn sources(directory: &str) -> Vec<File> {
    let sources: Vec<File> =
        files(&["rs"]).into_iter().filter(|file| file.name.starts_with(&format!("{directory}/"))).collect();
    assert!(!sources.is_empty(), "{directory} has moved; name its new place here");
    sources
}

fn texts() -> Vec<File> {
    files(&["rs", "js", "ts", "css", "html", "md", "toml", "json", "sql", "yml", "run", "lock"])
}

/// `file:line: text` for each line that contains one of `needles`.
fn lines_with(files: &[File], needles: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        for (number, line) in file.text.lines().enumerate() {
            if needles.iter().any(|needle| line.contains(needle)) {
                found.push(format!("{}:{}: {}", file.name, number + 1, line.trim()));
            }
        }
    }
    found
}

/// Every file of the repository whose name or extension is one of `kinds`; nothing that was built or installed.
fn files(kinds: &[&str]) -> Vec<File> {
    let root = root();
    let mut found = Vec::new();
    let mut directories = vec![root.clone()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).expect("a directory of the repository can be read") {
            let path = entry.expect("a directory of the repository can be read").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                let hidden = name.starts_with('.') && name != ".ci" && name != ".cargo";
                if !hidden && !["target", "node_modules", "tealight-demo"].contains(&name.as_str()) {
                    directories.push(path);
                }
                continue;
            }
            let kind =
                path.extension().map_or(name.clone(), |extension| extension.to_string_lossy().into_owned());
            if !kinds.contains(&kind.as_str()) {
                continue;
            }
            // A file that vanishes while we look, such as an editor's, is no part of the repository.
            if let Ok(text) = fs::read_to_string(&path) {
                let name = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
                found.push(File { name, text });
            }
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}
