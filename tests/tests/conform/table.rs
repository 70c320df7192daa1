//! The list of cases, and the document that shows it.

use std::fmt::Write as _;
use std::path::Path;

use tealight_tests::conform::{Case, Level, Speed, cases};

const BEGIN: &str = "with TEALIGHT_BLESS=1 -->\n";
const END: &str = "<!-- end of cases -->";

#[test]
fn there_are_sixty_four_cases_and_each_has_its_level() {
    let numbers: Vec<u8> = cases().iter().map(|case| case.number).collect();
    assert_eq!(numbers, (1..=64).collect::<Vec<u8>>());
    for case in cases() {
        let level = match case.number {
            1..=34 | 64 => Level::L1,
            35..=43 => Level::L2,
            44..=50 | 63 => Level::L3,
            _ => Level::L4,
        };
        assert_eq!(case.level, level, "{case:?}");
        assert!(case.demand.ends_with('.') && !case.name.ends_with('.'), "{case:?}");
    }
}

#[test]
fn the_table_of_cases_is_that_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/conformance.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let start = text.find(BEGIN).unwrap() + BEGIN.len();
    let end = text.find(END).unwrap();
    let table = table(&cases());
    if std::env::var_os("TEALIGHT_BLESS").is_some() {
        let written = format!("{}{table}{}", &text[..start], &text[end..]);
        std::fs::write(&path, written).unwrap();
        return;
    }
    assert_eq!(&text[start..end], table, "run with TEALIGHT_BLESS=1 to write it anew");
}

fn table(cases: &[Case]) -> String {
    let mut table =
        "\n| case | level | name | what is demanded | what it needs |\n| --- | --- | --- | --- | --- |\n"
            .to_owned();
    for case in cases {
        let mut needs: Vec<String> = case.needs.iter().map(|need| need.what()).collect();
        if case.speed == Speed::Slow {
            needs.push("time".to_owned());
        }
        let needs = needs.join(", ");
        writeln!(table, "| {} | {} | {} | {} | {needs} |", case.number, case.level, case.name, case.demand)
            .unwrap();
    }
    table + "\n"
}
