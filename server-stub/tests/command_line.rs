//! The program itself: what it says, and with which status it ends.
#![allow(clippy::unwrap_used, reason = "helpers of tests stop at what cannot be")]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

#[test]
fn a_configuration_is_checked_with_a_status_of_its_own() {
    let place = tempfile::tempdir().unwrap();
    let good = write(place.path(), "good.toml", "[server]\n[service]\nname = \"Night Line\"\n");
    let bad = write(place.path(), "bad.toml", "[server]\nport = 1\n[service]\nname = \"Night Line\"\n");
    let output = run(&["check-config", "--config", &good], "");
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).contains("“Night Line” is right"));
    let output = run(&["check-config", "--config", &bad], "");
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("bad.toml:2:1: unknown field `port`"), "{}", text(&output.stderr));
    let output = run(&["check-config", "--config", "nowhere.toml"], "");
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("cannot be read"));
}

#[test]
fn operators_come_and_go() {
    let place = tempfile::tempdir().unwrap();
    let config = write(place.path(), "tealight.toml", "[server]\n[service]\nname = \"Night Line\"\n");
    let operator = |args: &[&str], input: &str| {
        let mut all = vec!["operator"];
        all.extend(args);
        all.extend(["--config", &config]);
        run(&all, input)
    };
    let added = operator(&["add", "ada", "--alias", "Ada"], "a long password\n");
    assert!(added.status.success(), "{}", text(&added.stderr));
    assert!(!text(&added.stdout).contains("password"));
    let again = operator(&["add", "ada", "--alias", "Ada"], "a long password\n");
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("already"));
    let short = operator(&["add", "ben", "--alias", "Ben"], "short\n");
    assert_eq!(short.status.code(), Some(1));
    assert!(text(&short.stderr).contains("shorter than 8"));
    let nowhere = operator(&["add", "ben", "--alias", "Ben", "--area", "moon"], "a long password\n");
    assert!(text(&nowhere.stderr).contains("no area “moon”"));
    let file = write(place.path(), "password", "another password\n");
    assert!(operator(&["add", "ben", "--alias", "Ben", "--password-file", &file], "").status.success());
    assert_eq!(
        text(&operator(&["list"], "").stdout),
        "ada\tAda\top:1\tall areas\tall languages\nben\tBen\top:2\tall areas\tall languages\n"
    );
    let changed = operator(&["password", "ben"], "a third password\n");
    assert!(changed.status.success() && !text(&changed.stdout).contains("third"));
    assert!(text(&operator(&["password", "ben"], "short\n").stderr).contains("shorter than 8"));
    assert!(text(&operator(&["password", "cy"], "a long password\n").stderr).contains("no operator “cy”"));
    assert!(operator(&["remove", "ben"], "").status.success());
    assert_eq!(operator(&["remove", "ben"], "").status.code(), Some(1));

    let log = text(&run(&["audit", "--config", &config], "").stdout);
    let lines: Vec<_> = log.lines().map(|line| line.split_once('\t').unwrap().1).collect();
    assert_eq!(
        lines,
        [
            "command line\tadded\tada",
            "command line\tadded\top:2 (removed)",
            "command line\tchanged the password of\top:2 (removed)",
            "command line\tremoved\top:2 (removed)",
        ]
    );
    assert!(log.starts_with("20") && log.lines().all(|line| line.split('\t').next().unwrap().ends_with('Z')));
    assert_eq!(
        text(&run(&["audit", "--operator", "ADA", "--config", &config], "").stdout).lines().count(),
        1
    );
    assert_eq!(text(&run(&["audit", "--conversation", "x", "--config", &config], "").stdout), "");
    assert_eq!(run(&["audit", "--operator", "ben", "--config", &config], "").status.code(), Some(1));
}

#[test]
fn the_shifts_of_the_next_two_weeks_are_listed() {
    let place = tempfile::tempdir().unwrap();
    let shifts = "[[shifts]]\nwho = \"ADA\"\ndays = [\"sat\"]\nfrom = \"18:00\"\nto = \"21:00\"\nat_once = 2\n\
                  [[shifts]]\ndays = [\"daily\"]\nfrom = \"22:00\"\nto = \"02:00\"\n\
                  [[shifts]]\nwho = \"grace\"\ndays = [\"daily\"]\nfrom = \"18:00\"\nto = \"21:00\"\n";
    let text_of = format!("[server]\n[service]\nname = \"Night Line\"\n{shifts}");
    let config = write(place.path(), "tealight.toml", &text_of);
    let add = ["operator", "add", "ada", "--alias", "Ada", "--config", &config];
    assert!(run(&add, "a long password\n").status.success());
    let listed = run(&["shift", "list", "--config", &config], "");
    assert_eq!(listed.status.code(), Some(0), "{}", text(&listed.stderr));
    let listed = text(&listed.stdout);
    let of = |name: &str| listed.lines().filter(|line| line.contains(name)).count();
    // The last one may have begun already, or begin after these two weeks.
    assert!((2..=3).contains(&of("\tada\t2\tevery week")), "{listed}");
    assert!((14..=15).contains(&of("\tanybody\t1\tevery week")), "{listed}");
    assert_eq!(of("grace"), 0, "nobody knows her: {listed}");
    let sat = listed.lines().find(|line| line.contains("\tada\t")).unwrap();
    assert!(sat.starts_with("Sat 20") && sat.contains(" 18:00\tSat 20"), "{sat}");
}

#[test]
fn what_operators_speak_and_may_is_said_and_changed() {
    let place = tempfile::tempdir().unwrap();
    let config = write(place.path(), "tealight.toml", "[server]\n[service]\nname = \"Night Line\"\n");
    let operator = |args: &[&str], input: &str| {
        let mut all = vec!["operator"];
        all.extend(args);
        all.extend(["--config", &config]);
        run(&all, input)
    };
    let kim = ["add", "kim", "--alias", "Kim", "--supervisor", "--lang", "de", "--lang", "en"];
    assert!(operator(&kim, "a long password\n").status.success());
    assert_eq!(text(&operator(&["list"], "").stdout), "kim\tKim\top:1\tall areas\tde, en\tsupervisor\n");
    let changed = operator(&["change", "kim", "--supervisor", "false"], "");
    assert_eq!(text(&changed.stdout), "kim\tKim\top:1\tall areas\tde, en\n");
    let changed = operator(&["change", "KIM", "--all-languages"], "");
    assert_eq!(text(&changed.stdout), "kim\tKim\top:1\tall areas\tall languages\n");
    let unfit = operator(&["change", "kim", "--lang", "all of them"], "");
    assert!(text(&unfit.stderr).contains("no language"), "{}", text(&unfit.stderr));
    let nobody = operator(&["change", "ben", "--supervisor", "true"], "");
    assert_eq!(nobody.status.code(), Some(1));
    assert!(text(&nobody.stderr).contains("no operator “ben”"));
}

#[test]
fn serving_without_the_built_files_names_the_command_that_makes_them() {
    let place = tempfile::tempdir().unwrap();
    let config = write(
        place.path(),
        "tealight.toml",
        "[server]\nlisten = \"127.0.0.1:0\"\n[service]\nname = \"Night Line\"\n",
    );
    let output = run(&["serve", "--config", &config], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("cargo xtask dist"), "{}", text(&output.stderr));
}

#[test]
fn a_database_that_cannot_be_made_is_named_with_a_fix() {
    let place = tempfile::tempdir().unwrap();
    let config = write(
        place.path(),
        "tealight.toml",
        "[server]\ndatabase = \"missing/folder/tealight.db\"\n[service]\nname = \"Night Line\"\n",
    );
    let output = run(&["serve", "--config", &config], "");
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains("missing/folder/tealight.db") && said.contains("fix:"), "{said}");
}

#[test]
fn a_database_that_may_only_be_read_or_is_none_is_refused_at_the_start() {
    let place = tempfile::tempdir().unwrap();
    let config = write(place.path(), "tealight.toml", "[server]\n[service]\nname = \"Night Line\"\n");
    let refused = |why: &str| {
        let output = run(&["serve", "--config", &config], "");
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("tealight.db") && said.contains("fix:") && said.contains(why), "{said}");
    };
    let added = run(&["operator", "add", "ada", "--alias", "Ada", "--config", &config], "a long password\n");
    assert!(added.status.success(), "{}", text(&added.stderr));
    let database = place.path().join("tealight.db");
    let good = std::fs::read(&database).unwrap();
    // A write version that SQLite does not know makes a file read-only for everybody, root included.
    let mut read_only = good.clone();
    read_only[18] = 3;
    std::fs::write(&database, read_only).unwrap();
    refused("readonly");
    std::fs::write(&database, "this is a letter, not a database. ".repeat(100)).unwrap();
    refused("not a database");
    std::fs::remove_file(&database).unwrap();
    std::fs::create_dir(&database).unwrap();
    refused("Unable to open");
}

#[test]
fn server_keys_are_made_listed_replaced_and_missed() {
    let place = tempfile::tempdir().unwrap();
    let config = write(place.path(), "tealight.toml", "[server]\n[service]\nname = \"Night Line\"\n");
    let keys = |what: &str| run(&["keys", what, "--config", &config], "");
    let first = keys("list");
    assert!(
        text(&first.stderr).contains("made the key file") && text(&first.stderr).contains("tealight.key")
    );
    assert!(text(&first.stdout).contains("\tcurrent\t20"), "{}", text(&first.stdout));
    let again = keys("list");
    assert_eq!((text(&again.stdout), text(&again.stderr).len()), (text(&first.stdout), 0));
    let rotated = keys("rotate");
    assert!(rotated.status.success(), "{}", text(&rotated.stderr));
    assert!(text(&rotated.stdout).starts_with("made a new server key; 0 conversations were rewrapped"));
    let name = |listed: &str| listed.split('\t').next().unwrap().to_owned();
    let (before, after) = (text(&first.stdout), text(&keys("list").stdout));
    assert_eq!(after.lines().count(), 1, "the old one is gone: {after}");
    assert_ne!(name(&before), name(&after));
    let key_file = place.path().join("tealight.key");
    let secret = std::fs::read_to_string(&key_file).unwrap();
    let secret = secret.trim_end().rsplit(' ').next().unwrap().to_owned();
    assert!(!after.contains(&secret), "keys are listed by name");
    std::fs::write(&key_file, "current 0 0 nonsense\n").unwrap();
    let damaged = keys("list");
    assert_eq!(damaged.status.code(), Some(1));
    let said = text(&damaged.stderr);
    assert!(said.contains("line 1 of the key file") && said.contains("fix:"), "{said}");
    let elsewhere = "[storage]\nkey_file = \"keys/server.key\"\n";
    let config = write(
        place.path(),
        "elsewhere.toml",
        &format!("[server]\n[service]\nname = \"Night Line\"\n{elsewhere}"),
    );
    let refused = run(&["keys", "list", "--config", &config], "");
    assert!(text(&refused.stderr).contains("keys/server.key cannot be used"), "{}", text(&refused.stderr));
    std::fs::create_dir(place.path().join("keys")).unwrap();
    assert!(run(&["keys", "list", "--config", &config], "").status.success());
    assert!(place.path().join("keys/server.key").exists());
}

#[test]
fn a_back_up_is_a_file_of_its_own_that_a_server_can_use() {
    let place = tempfile::tempdir().unwrap();
    let config = write(place.path(), "tealight.toml", "[server]\n[service]\nname = \"Night Line\"\n");
    let add = ["operator", "add", "ada", "--alias", "Ada", "--config", &config];
    assert!(run(&add, "a long password\n").status.success());
    let copy = place.path().join("copy.db").display().to_string();
    let written = run(&["backup", &copy, "--config", &config], "");
    assert!(text(&written.stdout).contains("copy.db without conversations"), "{}", text(&written.stderr));
    let again = run(&["backup", &copy, "--config", &config], "");
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("exists"), "{}", text(&again.stderr));
    let other = write(
        place.path(),
        "restored.toml",
        "[server]\ndatabase = \"copy.db\"\n[service]\nname = \"Night Line\"\n",
    );
    let listed = run(&["operator", "list", "--config", &other], "");
    assert!(text(&listed.stdout).starts_with("ada\tAda"), "{}", text(&listed.stderr));
    let whole = place.path().join("whole.db").display().to_string();
    let written = run(&["backup", &whole, "--with-conversations", "--config", &config], "");
    assert!(text(&written.stdout).contains("for 24 hours and 0 days at most"), "{}", text(&written.stderr));
}

#[test]
fn what_is_not_understood_has_the_usual_status() {
    assert_eq!(run(&["dance"], "").status.code(), Some(2));
    assert_eq!(run(&["--help"], "").status.code(), Some(0));
}

fn run(args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tealight-server"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that does not read its input may be gone already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn write(folder: &Path, name: &str, content: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path.display().to_string()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
