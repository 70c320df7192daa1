//! The figures of waits in words. Where too few visitors are known, the words say so instead of a number.

use tealight_protocol::{OfferedWaits, Promises, Share, Waits};

use crate::words::{count, t, tf};

/// One figure as it stands on the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Figure {
    /// The figure itself, in a few words.
    pub(crate) big: String,
    /// What it means.
    pub(crate) words: String,
    /// Whether it is to be looked at.
    pub(crate) alarm: bool,
    /// Whether too little is known to say.
    pub(crate) unknown: bool,
}

impl Figure {
    fn calm(big: String, words: String) -> Self {
        Self { big, words, alarm: false, unknown: false }
    }

    fn unknown() -> Self {
        let (big, words) = (t("waits.too_few").to_owned(), t("waits.too_few_words").to_owned());
        Self { big, words, alarm: false, unknown: true }
    }
}

/// A length of time as people say it: never shorter than it is, never to the second.
pub(crate) fn within(seconds: u32) -> String {
    match seconds.div_ceil(60) {
        0 => t("for.moments").to_owned(),
        _ if seconds < 60 => t("for.moments").to_owned(),
        minutes @ 1..120 => count("for.minutes.one", "for.minutes.other", minutes.into()),
        minutes => {
            let (hours, rest) = (u64::from(minutes / 60), minutes % 60);
            match rest {
                0 => count("for.hours.one", "for.hours.other", hours),
                rest => tf(
                    "for.hours_and",
                    &[
                        ("hours", &count("for.hours.one", "for.hours.other", hours)),
                        ("minutes", &rest.to_string()),
                    ],
                ),
            }
        }
    }
}

/// How many wait; `longest` is for how long the first has, in words.
pub(crate) fn waiting(waits: &Waits, longest: Option<String>) -> Figure {
    let words = longest
        .map_or_else(|| t("waiting.none").to_owned(), |longest| tf("waits.longest", &[("time", &longest)]));
    Figure::calm(waits.waiting.to_string(), words)
}

/// How many talk, of how many there is room for.
pub(crate) fn talking(waits: &Waits) -> Figure {
    let big = tf("waits.of", &[("busy", &waits.busy.to_string()), ("slots", &waits.slots.to_string())]);
    let free = waits.slots.saturating_sub(waits.busy);
    let words = match (waits.slots, free) {
        (0, _) => t("waits.nobody_accepts").to_owned(),
        (_, 0) => t("waits.none_free").to_owned(),
        (_, free) => count("waits.free.one", "waits.free.other", free.into()),
    };
    Figure { big, words, alarm: waits.waiting > 0 && waits.slots == 0, unknown: false }
}

/// How long it took until a visitor could be joined.
pub(crate) fn offered(offered: Option<&OfferedWaits>) -> Figure {
    let Some(waits) = offered else { return Figure::unknown() };
    Figure::calm(
        within(waits.q50_s),
        tf(
            "waits.offered_words",
            &[("half", &within(waits.q50_s)), ("most", &within(waits.q90_s)), ("of", &waits.of.to_string())],
        ),
    )
}

/// Whether what visitors are told holds.
pub(crate) fn promises(waits: &Waits) -> Figure {
    let (big, alarm, key) = match waits.promises {
        Promises::Good => ("promises.good", false, "promises.good_words"),
        Promises::TooShort => ("promises.too_short", true, "promises.too_short_words"),
        Promises::TooLong => ("promises.too_long", true, "promises.too_long_words"),
        Promises::Unknown => return Figure::unknown(),
    };
    let Some(share) = waits.above_promise else { return Figure::unknown() };
    let values = [("percent", &*share.percent.to_string()), ("of", &*share.of.to_string())];
    Figure { big: t(big).to_owned(), words: tf(key, &values), alarm, unknown: false }
}

/// How many left before anybody came.
pub(crate) fn abandoned(share: Option<Share>) -> Figure {
    percent(share, "waits.abandoned_words")
}

/// How many were joined within five minutes.
pub(crate) fn met_in_five(share: Option<Share>) -> Figure {
    percent(share, "waits.in_five_words")
}

fn percent(share: Option<Share>, key: &'static str) -> Figure {
    let Some(share) = share else { return Figure::unknown() };
    let words = tf(key, &[("of", &share.of.to_string())]);
    Figure::calm(tf("waits.percent", &[("percent", &share.percent.to_string())]), words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_told_as_people_say_it_and_never_shorter_than_it_is() {
        for (seconds, words) in [
            (0, "less than a minute"),
            (59, "less than a minute"),
            (60, "1 minute"),
            (61, "2 minutes"),
            (24 * 60, "24 minutes"),
            (90 * 60, "90 minutes"),
            (120 * 60, "2 hours"),
            (130 * 60, "2 hours 10 min"),
        ] {
            assert_eq!(within(seconds), words);
        }
        assert!(!within(u32::MAX).is_empty());
    }

    #[test]
    fn the_quantiles_are_a_sentence() {
        let waits = OfferedWaits { q25_s: 60, q50_s: 340, q80_s: 900, q90_s: 1_440, of: 200 };
        let figure = offered(Some(&waits));
        assert_eq!(figure.big, "6 minutes");
        assert_eq!(
            figure.words,
            "Half of our visitors were offered someone within 6 minutes, nine in ten within 24 minutes. \
             Of the last 200."
        );
    }

    #[test]
    fn too_few_visitors_are_no_number() {
        let waits = Waits::default();
        let figures = [
            offered(waits.offered.as_ref()),
            promises(&waits),
            abandoned(waits.abandoned),
            met_in_five(waits.met_in_five),
        ];
        for figure in figures {
            assert_eq!(figure.big, "Too few yet");
            assert!(!figure.words.chars().any(|c| c.is_ascii_digit()) && !figure.alarm);
        }
        assert_eq!(promises(&Waits { promises: Promises::TooShort, ..waits }).big, "Too few yet");
    }

    #[test]
    fn promises_that_do_not_hold_say_which_way() {
        let share = Some(Share { percent: 21, of: 200 });
        let told =
            |promises_| promises(&Waits { above_promise: share, promises: promises_, ..Waits::default() });
        assert_eq!(
            (told(Promises::TooShort).big.as_str(), told(Promises::TooShort).alarm),
            ("Too optimistic", true)
        );
        assert_eq!(
            (told(Promises::TooLong).big.as_str(), told(Promises::TooLong).alarm),
            ("Too careful", true)
        );
        assert!(!told(Promises::Good).alarm);
        assert!(told(Promises::TooShort).words.starts_with("21 % of the last 200 visitors"));
    }

    #[test]
    fn nobody_who_accepts_while_somebody_waits_is_to_be_looked_at() {
        let alone = Waits { waiting: 2, ..Waits::default() };
        assert!(talking(&alone).alarm && !talking(&Waits::default()).alarm);
        let room = Waits { waiting: 2, slots: 3, busy: 2, ..Waits::default() };
        assert_eq!(talking(&room).words, "One more visitor can be taken now.");
        assert_eq!(waiting(&room, Some("12 min".to_owned())).words, "The longest for 12 min.");
        // More run than there is room for: somebody has lowered their number since.
        assert_eq!(talking(&Waits { busy: 4, ..room }).words, "No place is free.");
    }
}
