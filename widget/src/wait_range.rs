//! Which words say how long it takes: one string of the locale file for each sentence about a wait. The tests read the
//! English ones out for every step of the ladder.

use tealight_protocol::range::Sentence;

use crate::keys::Key;

/// The string for a sentence about a wait.
pub(crate) fn key_of(sentence: Sentence) -> Key {
    match sentence {
        Sentence::Minutes => Key::RANGE_MINUTES,
        Sentence::Hours => Key::RANGE_HOURS,
        Sentence::Mixed => Key::RANGE_MIXED,
        Sentence::LessMinutes => Key::RANGE_LESS_MINUTES,
        Sentence::LessHours => Key::RANGE_LESS_HOURS,
        Sentence::OpenMinutes => Key::RANGE_OPEN_MINUTES,
        Sentence::MoreHours => Key::RANGE_MORE_HOURS,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value};
    use tealight_protocol::Wait;
    use tealight_protocol::limits::WAIT_LADDER_MIN as LADDER;
    use tealight_protocol::range::{Amount, WaitWords};

    use super::*;
    use crate::keys::filled;

    #[test]
    fn steps_of_the_ladder_are_said_in_the_unit_people_use() {
        let table = [
            ((0, Some(1)), "less than 1 minute"),
            ((0, Some(2)), "less than 2 minutes"),
            ((1, Some(5)), "less than 5 minutes"),
            ((2, Some(5)), "2 to 5 minutes"),
            ((20, Some(45)), "20 to 45 minutes"),
            ((45, Some(60)), "45 to 60 minutes"),
            ((0, Some(60)), "less than 1 hour"),
            ((0, Some(90)), "less than 1½ hours"),
            ((45, Some(90)), "45 minutes to 1½ hours"),
            ((30, Some(120)), "30 minutes to 2 hours"),
            ((60, Some(90)), "1 to 1½ hours"),
            ((60, Some(120)), "1 to 2 hours"),
            ((90, Some(120)), "1½ to 2 hours"),
            ((20, None), "20 minutes to over 2 hours"),
            ((60, None), "more than 1 hour"),
            ((90, None), "more than 1½ hours"),
            ((120, None), "more than 2 hours"),
        ];
        for ((low, high), words) in table {
            assert_eq!(minutes(low, high).as_deref(), Some(words), "{low}–{high:?}");
        }
    }

    #[test]
    fn no_pair_of_steps_is_said_as_nothing_as_zero_or_as_one_number() {
        for low in [0].into_iter().chain(LADDER) {
            for high in LADDER.into_iter().map(Some).chain([None]) {
                let Some(words) = minutes(low, high) else {
                    assert!(low < 2 && high.is_none(), "{low}–{high:?}");
                    continue;
                };
                assert!(!words.contains('{') && !words.contains("NaN"), "{words}");
                assert!(!words.split(' ').any(|word| word == "0"), "{words}");
                assert!(words.ends_with("minute") || words.ends_with("minutes") || words.contains("hour"));
                let is_range = ["less than", "more than", " to "].iter().any(|range| words.contains(range));
                assert!(is_range, "{words}");
                // Nothing above an hour is counted in minutes, as a clock would say it.
                let counted = words.split(' ').filter_map(|word| word.parse::<u32>().ok());
                assert!(counted.max().is_none_or(|most| most <= 60), "{words}");
            }
        }
    }

    #[test]
    fn amounts_off_the_ladder_are_widened_onto_it() {
        assert_eq!(of(1300, Some(2600)).unwrap(), "20 to 45 minutes");
        assert_eq!(of(30, Some(100)).unwrap(), "less than 2 minutes");
        assert_eq!(of(0, Some(0)).unwrap(), "less than 1 minute");
        assert_eq!(of(3700, Some(99_999)).unwrap(), "more than 1 hour");
        assert_eq!(of(4500, Some(4500)).unwrap(), "1 to 1½ hours");
    }

    #[test]
    fn a_single_number_is_never_said() {
        assert_eq!(minutes(20, Some(20)).unwrap(), "20 to 30 minutes");
        assert_eq!(minutes(120, Some(120)).unwrap(), "more than 2 hours");
        assert_eq!(minutes(45, Some(10)).unwrap(), "45 to 60 minutes");
        assert_eq!(minutes(60, Some(60)).unwrap(), "1 to 1½ hours");
    }

    #[test]
    fn without_an_honest_number_none_is_invented() {
        assert_eq!(WaitWords::of(Wait::Unknown), None);
        assert_eq!(WaitWords::of(Wait::Closed), None);
        assert_eq!(of(0, None), None);
        assert_eq!(of(90, None), None);
        assert_eq!(of(u32::MAX, Some(u32::MAX)).unwrap(), "more than 2 hours");
    }

    fn minutes(low: u32, high: Option<u32>) -> Option<String> {
        of(low * 60, high.map(|high| high * 60))
    }

    /// The English words, as the widget puts them together.
    fn of(low_s: u32, high_s: Option<u32>) -> Option<String> {
        let words = WaitWords::of(Wait::Range { low_s, high_s })?;
        let english: Map<String, Value> = serde_json::from_str(include_str!("../locales/en.json")).unwrap();
        let amount = |amount: Amount| match amount {
            Amount::HalfHours(3) => english[Key::RANGE_HOUR_AND_HALF.name()].as_str().unwrap().to_owned(),
            amount => amount.count().to_string(),
        };
        let (first, sentence) = (amount(words.first), &english[key_of(words.sentence).name()]);
        Some(match words.second {
            Some(second) => filled(sentence.as_str().unwrap(), &[("low", &first), ("high", &amount(second))]),
            None => {
                let form = if words.first.count() == 1.0 { "one" } else { "other" };
                let sentence = sentence.get(form).unwrap_or(&sentence["other"]);
                filled(sentence.as_str().unwrap(), &[("count", &first)])
            }
        })
    }
}
