//! The rules for a text, without a server.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use tealight_protocol::Text;

use crate::corpus::cases;

#[test]
fn every_hostile_text_comes_out_as_the_corpus_says() -> Result<()> {
    let cases = cases()?;
    ensure!(cases.len() >= 150, "only {} cases", cases.len());
    let names: BTreeSet<_> = cases.iter().map(|case| &case.name).collect();
    ensure!(names.len() == cases.len(), "two cases have one name");
    for case in cases.iter().filter(|case| case.raw.is_none()) {
        let cleaned = Text::parse(&case.typed()).ok().map(String::from);
        let expected = (!case.refused).then(|| case.expected());
        ensure!(cleaned == expected, "{}: {cleaned:?} instead of {expected:?}", case.name);
    }
    Ok(())
}

#[test]
fn nothing_in_a_cleaned_text_turns_its_surroundings_or_steers_a_terminal() -> Result<()> {
    for case in cases()?.iter().filter(|case| !case.refused) {
        let text = case.expected();
        let is_bad = |c: char| {
            (c.is_control() && !matches!(c, '\n' | '\t'))
                || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2028}' | '\u{2029}' | '\u{2066}'..='\u{2069}')
        };
        ensure!(!text.contains(is_bad), "{}: {text:?}", case.name);
        ensure!(text.trim() == text, "{}: white space around it", case.name);
    }
    Ok(())
}
