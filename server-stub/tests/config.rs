//! A broken configuration is answered with the place, the problem and the way to mend it.

use tealight_server::config::Config;

#[test]
fn the_example_is_right_and_names_every_key() {
    let example = include_str!("../tealight.example.toml");
    let config = Config::parse(example, "tealight.example.toml").unwrap();
    assert_eq!(config.service.name, "Night Line");
    // Every line that shows a key in a comment must be right as well.
    let uncommented: String = example
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(code) if code.contains(" = ") || code.starts_with('[') => format!("{code}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    Config::parse(&uncommented, "uncommented").unwrap();
}

#[test]
fn the_values_of_the_example_are_the_ones_that_hold_without_it() {
    let example = Config::parse(include_str!("../tealight.example.toml"), "example").unwrap();
    let least = Config::parse("[server]\n[service]\nname = \"x\"\n", "least").unwrap();
    assert_eq!(format!("{:?}", example.limits), format!("{:?}", least.limits));
    assert_eq!(format!("{:?}", example.texts), format!("{:?}", least.texts));
    assert_eq!(example.wait.place_hold_minutes, least.wait.place_hold_minutes);
    assert_eq!(example.wait.ready_hold_seconds, least.wait.ready_hold_seconds);
    assert_eq!(example.wait.hand_out_seconds, least.wait.hand_out_seconds);
    assert_eq!(example.wait.capacity, least.wait.capacity);
    assert_eq!(example.wait.after_closing_minutes, least.wait.after_closing_minutes);
    assert_eq!(example.wait.offer_share, least.wait.offer_share);
    assert_eq!(example.wait.offer_below_minutes, least.wait.offer_below_minutes);
    assert_eq!(example.server.allow_no_origin, least.server.allow_no_origin);
    assert_eq!(example.service.exit_url, least.service.exit_url);
}

#[test]
fn every_mistake_is_named_with_its_place_and_a_fix() {
    let cases: &[(&str, &str, &str, &str)] = &[
        ("name = \"Night Line\"\nnmae = 1", "4:1", "unknown field", "spelling"),
        ("name = \"Night Line", "3:", "", "valid TOML"),
        ("name = 7", "3:8", "invalid type", "kind"),
        ("name = \"x\"\ntime_zone = \"Europe/Atlantis\"", "4:14", "not a known time zone", "IANA"),
        ("name = \"x\"\nexit_url = \"example.org\"", "4:13", "not the address of a page", "https://"),
        (
            "name = \"x\"\nexit_url = \"https://www.bing.com/\"",
            "4:13",
            "is a search engine",
            "the same to everybody",
        ),
        (
            "name = \"x\"\nhours = [{ days = [\"mon\"], from = \"18:00\", to = \"25:00\" }]",
            "4:",
            "“25:00” is not a time of day",
            "write a shift as",
        ),
        (
            "name = \"x\"\nhours = [{ days = [\"monday\"], from = \"18:00\", to = \"20:00\" }]",
            "4:",
            "not a day of the week",
            "daily",
        ),
        ("name = \"x\"\nclosed_on = [\"25.12.2026\"]", "4:15", "is not a date", "2026-12-25"),
        ("name = \"x\"\n[wait]\nplace_hold_minutes = 30", "5:22", "place_hold_minutes is 30", "2 to 15"),
        ("name = \"x\"\n[limits]\nretention_hours = 9000", "5:", "retention_hours is 9000", "0 to 720"),
        ("name = \"x\"\n[limits]\nwork = \"often\"", "5:8", "unknown variant", "under_load"),
        ("name = \"x\"\n[limits]\nwork_above_starts = 0", "5:21", "work_above_starts is 0", "1 to 100000"),
        ("name = \"x\"\n[wait]\noffer_share = 1.5", "5:1", "offer_share is 1.5", "0 to 1"),
        ("name = \"x\"\n[wait]\noffer_share = nan", "5:1", "offer_share is NaN", "0 to 1"),
        (
            "name = \"x\"\n[wait]\nprior_mean_minutes = 45\noffer_below_minutes = 1",
            "6:1",
            "offer_below_minutes is 1",
            "2 to 120",
        ),
        (
            "name = \"x\"\n[wait]\noffer_below_minutes = 30",
            "5:1",
            "none would ever begin",
            "prior_mean_minutes",
        ),
        (
            "name = \"x\"\n[[alternatives]]\nid = \"a\"\nchannel = \"phone\"\nuri = \"javascript:alert(1)\"\nlabel = \"x\"",
            "7:8",
            "does not lead to",
            "tel:",
        ),
        (
            "name = \"x\"\n[[areas]]\nid = \"a\"\nname = \"A\"\n[[areas]]\nid = \"a\"\nname = \"B\"",
            "",
            "given twice",
            "an id of its own",
        ),
    ];
    for (text, place, problem, fix) in cases {
        let error = Config::parse(&format!("[server]\n[service]\n{text}\n"), "tealight.toml").unwrap_err();
        let shown = error.to_string();
        assert!(shown.starts_with(&format!("tealight.toml:{place}")), "{shown}");
        assert!(shown.contains(problem), "{shown}");
        assert!(shown.contains("fix: ") && shown.contains(fix), "{shown}");
    }
}

#[test]
fn a_missing_table_or_key_is_named() {
    let error = Config::parse("[service]\nname = \"x\"\n", "tealight.toml").unwrap_err().to_string();
    assert!(error.contains("missing field `server`") && error.contains("add the key"), "{error}");
    let error = Config::parse("[server]\n[service]\n", "tealight.toml").unwrap_err().to_string();
    assert!(error.contains("missing field `name`"), "{error}");
}

#[test]
fn origins_are_exact() {
    for bad in
        ["https://www.example.org/", "*", "www.example.org", "https://Example.org", "https://*.example.org"]
    {
        let text = format!("[server]\nallowed_origins = [\"{bad}\"]\n[service]\nname = \"x\"\n");
        let error = Config::parse(&text, "tealight.toml").unwrap_err().to_string();
        assert!(error.starts_with("tealight.toml:2:") && error.contains("not an origin"), "{error}");
    }
}
