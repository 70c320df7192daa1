//! Every word on the console's screens, by key, from `locales/en.json`. Another language is another file.

use std::collections::BTreeMap;
use std::sync::OnceLock;

const EN: &str = include_str!("../locales/en.json");

/// The words under a key. An unknown key shows itself, so that it is seen and mended.
pub(crate) fn t(key: &'static str) -> &'static str {
    static WORDS: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    // The file is part of the program and a test reads it; were it broken, keys would show instead of words.
    WORDS.get_or_init(|| serde_json::from_str(EN).unwrap_or_default()).get(key).map_or(key, String::as_str)
}

/// The words under a key, with `{name}` and the like filled in.
pub(crate) fn tf(key: &'static str, values: &[(&str, &str)]) -> String {
    let mut text = t(key).to_owned();
    for (name, value) in values {
        text = text.replace(&format!("{{{name}}}"), value);
    }
    text
}

/// One of two texts, by number, with `{count}` filled in.
pub(crate) fn count(one: &'static str, other: &'static str, count: u64) -> String {
    tf(if count == 1 { one } else { other }, &[("count", &count.to_string())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_in_the_sources_has_words_and_every_word_is_used() {
        let words: BTreeMap<String, String> = serde_json::from_str(EN).unwrap();
        let mut sources = String::new();
        read_sources(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut sources);
        for key in words.keys() {
            assert!(sources.contains(&format!("\"{key}\"")), "nobody uses {key}");
        }
        for call in ["t(\"", "tf(\"", "count(\""] {
            for (at, _) in sources.match_indices(call) {
                let is_whole_name = !sources[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
                let key = sources[at + call.len()..].split('"').next().unwrap();
                if is_whole_name && key.contains('.') {
                    assert!(words.contains_key(key), "no words for {key}");
                }
            }
        }
    }

    #[test]
    fn values_are_filled_in() {
        assert_eq!(count("waiting.count.one", "waiting.count.other", 3), "3 people are waiting");
        assert_eq!(count("waiting.count.one", "waiting.count.other", 1), "1 person is waiting");
    }

    fn read_sources(folder: &std::path::Path, into: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read_sources(&path, into);
            } else {
                into.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
}
