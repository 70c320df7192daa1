//! From an estimate in seconds to what is said about it: which sentence, with which amounts. The words themselves are
//! in the locale files; the tests read the English ones out for every step of the ladder.

use tealight_protocol::{Wait, limits::WAIT_LADDER_MIN as LADDER};

use crate::keys::Key;

/// A range that begins below this says no lower end, in minutes: "less than 10 minutes".
const LEAST_LOW_MIN: u32 = 2;

/// One sentence about a wait, with one amount (a plural form hangs on it) or two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WaitWords {
    /// Which sentence.
    pub(crate) key: Key,
    /// The only amount, or the lower end.
    pub(crate) first: Amount,
    /// The upper end.
    pub(crate) second: Option<Amount>,
}

/// A step of the ladder in the unit it is said in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Amount {
    /// In minutes.
    Minutes(u32),
    /// In half hours: 3 is one and a half.
    HalfHours(u32),
}

impl WaitWords {
    /// What to say about an estimate, or `None` where nothing honest can be said. Whatever a backend sends, the
    /// answer is on the ladder, and never narrower than what was sent.
    pub(crate) fn of(wait: Wait) -> Option<Self> {
        let (low_s, high_s) = match wait {
            Wait::Range { low_s, high_s } => (low_s, high_s),
            Wait::Closed | Wait::Unknown => return None,
        };
        let low = LADDER.into_iter().rev().find(|step| step * 60 <= low_s);
        let high = high_s
            .and_then(|high_s| LADDER.into_iter().find(|step| u64::from(*step) * 60 >= u64::from(high_s)));
        match (low.filter(|low| *low >= LEAST_LOW_MIN), high) {
            (None, Some(high)) => Some(Self::less_than(high)),
            (None, None) => None,
            (Some(low), None) => Some(Self::open_ended(low)),
            // No single number is ever said.
            (Some(low), Some(high)) if low >= high => {
                Some(match LADDER.into_iter().find(|step| *step > low) {
                    Some(next) => Self::between(low, next),
                    None => Self::open_ended(low),
                })
            }
            (Some(low), Some(high)) => Some(Self::between(low, high)),
        }
    }

    fn less_than(high: u32) -> Self {
        let (key, first) = if high < 60 {
            (Key::RANGE_LESS_MINUTES, Amount::Minutes(high))
        } else {
            (Key::RANGE_LESS_HOURS, Amount::hours(high))
        };
        Self { key, first, second: None }
    }

    /// Above two hours there is no upper end. A lower end well below that must not make it look short.
    fn open_ended(low: u32) -> Self {
        let (key, first) = if low < 60 {
            (Key::RANGE_OPEN_MINUTES, Amount::Minutes(low))
        } else {
            (Key::RANGE_MORE_HOURS, Amount::hours(low))
        };
        Self { key, first, second: None }
    }

    /// Both ends in one unit where that is possible: "45 to 60 minutes", but "1 to 2 hours".
    fn between(low: u32, high: u32) -> Self {
        let (key, first, second) = if high <= 60 {
            (Key::RANGE_MINUTES, Amount::Minutes(low), Amount::Minutes(high))
        } else if low < 60 {
            (Key::RANGE_MIXED, Amount::Minutes(low), Amount::hours(high))
        } else {
            (Key::RANGE_HOURS, Amount::hours(low), Amount::hours(high))
        };
        Self { key, first, second: Some(second) }
    }
}

impl Amount {
    fn hours(minutes: u32) -> Self {
        Self::HalfHours(minutes / 30)
    }

    /// The number, in its unit.
    pub(crate) fn count(self) -> f64 {
        match self {
            Self::Minutes(minutes) => f64::from(minutes),
            Self::HalfHours(halves) => f64::from(halves) / 2.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value};

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
                    assert!(low < LEAST_LOW_MIN && high.is_none(), "{low}–{high:?}");
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
        let (first, sentence) = (amount(words.first), &english[words.key.name()]);
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
