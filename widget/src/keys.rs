//! Every string the widget can show, by key: one list, with the placeholders each string takes.
//!
//! The words are in `locales/<language>.json`; a test compares the English file with this list.

/// Names one string of the locale file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key(&'static str);

impl Key {
    /// The key as it stands in the locale file.
    pub(crate) const fn name(self) -> &'static str {
        self.0
    }
}

macro_rules! keys {
    ($($constant:ident = $name:literal $([$($placeholder:literal),+])? ;)+) => {
        impl Key {
            $(#[doc = $name] pub(crate) const $constant: Key = Key($name);)+
        }

        /// Every key with its placeholders.
        #[cfg(test)]
        const ALL: &[(&str, &[&str])] = &[$(($name, &[$($($placeholder),+)?])),+];
    };
}

keys! {
    // How this language writes times and numbers, as a BCP 47 tag: "en-GB" for the English file.
    FORMAT_LOCALE = "format.locale";
    // Which way it is written: "ltr" or "rtl".
    FORMAT_DIRECTION = "format.direction";

    // The bar at the top.
    BAR_NEUTRAL = "bar.neutral";
    BAR_SAFETY = "bar.safety";
    BAR_MINIMISE = "bar.minimise";
    BAR_EXIT = "bar.exit";
    OPENING = "opening";

    // The line about the connection.
    STRIP_LOST = "strip.lost";
    STRIP_LOST_EARLY = "strip.lost_early";

    // Amounts of waiting.
    RANGE_MINUTES = "range.minutes" ["low", "high"];
    RANGE_HOURS = "range.hours" ["low", "high"];
    RANGE_MIXED = "range.mixed" ["low", "high"];
    RANGE_LESS_MINUTES = "range.less_minutes" ["count"];
    RANGE_LESS_HOURS = "range.less_hours" ["count"];
    RANGE_OPEN_MINUTES = "range.open_minutes" ["count"];
    RANGE_MORE_HOURS = "range.more_hours" ["count"];
    RANGE_HOUR_AND_HALF = "range.hour_and_half";
    RANGE_UNKNOWN = "range.unknown";

    // Other ways to get help.
    OTHERS_HEADING = "others.heading";
    OTHERS_CLOSED_NOW = "others.closed_now";
    OTHERS_NEW_WINDOW = "others.new_window";
    CRISIS = "crisis";

    // The first screen.
    WELCOME_TITLE = "welcome.title";
    WELCOME_LEAD = "welcome.lead";
    WELCOME_NOW = "welcome.now" ["range"];
    WELCOME_JOIN = "welcome.join";
    WELCOME_LIMITS = "welcome.limits";
    WELCOME_LIMITS_LINK = "welcome.limits_link";
    WELCOME_EXIT = "welcome.exit";
    WELCOME_EXIT_KEYS = "welcome.exit_keys" ["key"];
    WELCOME_EXIT_MORE = "welcome.exit_more";
    WELCOME_EXIT_LINK = "welcome.exit_link";
    WELCOME_AREA = "welcome.area";
    WELCOME_AREA_CLOSED = "welcome.area_closed" ["area"];
    WELCOME_REFUSED = "welcome.refused";
    CLOSED_TITLE = "closed.title";
    CLOSED_OPENS = "closed.opens" ["when"];
    CLOSED_OPEN_END = "closed.open_end";
    CLOSED_HELP = "closed.help";
    BLOCKED_TITLE = "blocked.title";
    BLOCKED_WHY = "blocked.why";
    FULL_TITLE = "full.title";
    FULL_LEAD = "full.lead";
    ENDING_TITLE = "ending.title";

    // When it closes.
    CLOSES = "closes.at" ["time"];
    CLOSES_WHEN = "closes.when" ["when"];
    CLOSES_MAYBE = "closes.maybe";
    CLOSES_MAYBE_TODAY = "closes.maybe_today";
    CLOSES_FIRST = "closes.first";
    CLOSES_FIRST_TODAY = "closes.first_today";

    // Moments, for "It opens …".
    MOMENT_TODAY = "moment.today" ["time"];
    MOMENT_TOMORROW = "moment.tomorrow" ["time"];
    MOMENT_DAY = "moment.day" ["day", "time"];

    // The waiting room.
    WAITING_TITLE = "waiting.title";
    WAITING_LEAD = "waiting.lead";
    WAITING_CHECKING = "waiting.checking";
    WAITING_FRESH_NOW = "waiting.fresh_now";
    WAITING_FRESH = "waiting.fresh" ["count"];
    WAITING_CHECK = "waiting.check";
    WAITING_PLACE = "waiting.place" ["place"];
    WAITING_NEXT = "waiting.next";
    WAITING_WORSE = "waiting.worse";
    WAITING_CHOICE = "waiting.choice";
    WAITING_HELD = "waiting.held";
    WAITING_READY = "waiting.ready";
    WAITING_LOST = "waiting.lost";
    WAITING_LOST_NAMED = "waiting.lost_named" ["name"];
    WAITING_PASSED = "waiting.passed";
    WAITING_KEPT = "waiting.kept" ["count"];
    WAITING_KEPT_MORE = "waiting.kept_more";
    WAITING_MEANWHILE = "waiting.meanwhile";
    WAITING_MEANWHILE_TEXT = "waiting.meanwhile_text";
    WAITING_LEAVE = "waiting.leave";
    UNKEPT = "unkept";

    // Being told of one's turn.
    ALERT_TICK = "alert.tick";
    ALERT_HINT = "alert.hint";

    // Said aloud by screen readers when the wait changes.
    SAY_RANGE = "say.range" ["range"];

    // The composer.
    COMPOSER_LABEL = "composer.label";
    COMPOSER_PLACEHOLDER = "composer.placeholder";
    COMPOSER_SEND = "composer.send";
    COMPOSER_HINT = "composer.hint";
    COMPOSER_TICK = "composer.tick";
    COMPOSER_READY = "composer.ready" ["name"];
    COMPOSER_COUNTER = "composer.counter" ["chars", "limit"];
    COMPOSER_OVER = "composer.over";
    // The hint at a personal detail.
    DETAIL_PHONE = "detail.phone";
    DETAIL_EMAIL = "detail.email";
    DETAIL_CARD = "detail.card";
    DETAIL_POSTCODE = "detail.postcode";
    DETAIL_ADDRESS = "detail.address";
    DETAIL_NUMBER = "detail.number";
    DETAIL_CLOSE = "detail.close";
    QUICK_GROUP = "quick.group";
    QUICK_MOMENT = "quick.moment";
    QUICK_HERE = "quick.here";

    // The conversation.
    LOG_LABEL = "log.label";
    LOG_NEW = "log.new";
    LOG_AUTOMATIC = "log.automatic";
    LOG_YOU = "log.you";
    LOG_SOMEONE = "log.someone";
    LOG_JOINED = "log.joined" ["name"];
    LOG_LEFT = "log.left" ["name"];
    LOG_PASSED = "log.passed" ["name"];
    LOG_PASSED_TO = "log.passed_to" ["name", "to"];
    LOG_PASSED_TEAM = "log.passed_team" ["name", "to"];
    LOG_QUOTE = "log.quote" ["words"];
    LOG_TYPING = "log.typing" ["name"];
    LOG_LINK_PAGE = "log.link_page";
    LOG_LINK_CALL = "log.link_call";
    LOG_LINK_MAIL = "log.link_mail";
    OFFER_LEAD = "offer.lead" ["name"];
    OFFER_YES = "offer.yes";
    OFFER_NO = "offer.no";
    OFFER_TAKEN = "offer.taken";
    OFFER_DECLINED = "offer.declined";
    OFFER_FAILED = "offer.failed";
    DAY_TODAY = "day.today";
    DAY_YESTERDAY = "day.yesterday";
    STATE_SENDING = "state.sending";
    STATE_SENT = "state.sent";
    STATE_DELIVERED = "state.delivered";
    STATE_SEEN = "state.seen";
    STATE_FAILED = "state.failed";
    STATE_TRY_AGAIN = "state.try_again";
    STATE_TAKE_BACK = "state.take_back";
    CHAT_HEADING = "chat.heading" ["name"];
    CHAT_END = "chat.end";

    // Questions the widget asks before it ends something.
    CONFIRM_END = "confirm.end";
    CONFIRM_END_TEXT = "confirm.end_text";
    CONFIRM_END_YES = "confirm.end_yes";
    CONFIRM_LEAVE = "confirm.leave";
    CONFIRM_LEAVE_TEXT = "confirm.leave_text";
    CONFIRM_LEAVE_YES = "confirm.leave_yes";
    CONFIRM_STAY = "confirm.stay";

    // Wiping a chat: the question, and what is said until it is done.
    WIPE_BUTTON = "wipe.button";
    WIPE_TITLE = "wipe.title";
    WIPE_TEXT = "wipe.text";
    WIPE_READ = "wipe.read";
    WIPE_ENDS = "wipe.ends";
    WIPE_YES = "wipe.yes";
    WIPE_KEEP = "wipe.keep";
    WIPING_TITLE = "wiping.title";
    WIPING_NOW = "wiping.now";
    WIPING_LATER = "wiping.later";

    // After the end.
    ENDED_TITLE = "ended.title";
    ENDED_LEAD = "ended.lead";
    ENDED_FORGOTTEN = "ended.forgotten";
    ENDED_SILENT = "ended.silent";
    ENDED_LEFT_TITLE = "ended.left_title";
    ENDED_AWAY_TITLE = "ended.away_title";
    ENDED_CLOSED_TITLE = "ended.closed_title";
    ENDED_NOBODY_READ = "ended.nobody_read";
    ENDED_HARD_AGAIN = "ended.hard_again";
    ENDED_AFRESH = "ended.afresh";
    KEPT_CAPTION = "kept.caption";
    SURVEY_INTRO = "survey.intro" ["count"];
    SURVEY_SEND = "survey.send";
    SURVEY_SKIP = "survey.skip";
    SURVEY_THANKS = "survey.thanks";

    // When it cannot go on.
    STOPPED_INCOMPATIBLE = "stopped.incompatible";
    STOPPED_INCOMPATIBLE_LEAD = "stopped.incompatible_lead";
    STOPPED_FORBIDDEN = "stopped.forbidden";
    STOPPED_FORBIDDEN_LEAD = "stopped.forbidden_lead";
    STOPPED_EXPIRED = "stopped.expired";
    STOPPED_EXPIRED_LEAD = "stopped.expired_lead";
    STOPPED_ERASED = "stopped.erased";
    STOPPED_ERASED_LEAD = "stopped.erased_lead";
    STOPPED_REPLACED = "stopped.replaced";
    STOPPED_REPLACED_LEAD = "stopped.replaced_lead";
}

/// Puts values into `{placeholders}`. What is not named stays as it is.
pub(crate) fn filled(text: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let Some(len) = rest[open..].find('}') else { break };
        let name = &rest[open + 1..open + len];
        out.push_str(&rest[..open]);
        match values.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => out.push_str(value),
            None => out.push_str(&rest[open..=open + len]),
        }
        rest = &rest[open + len + 1..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Map, Value};

    use super::*;

    #[test]
    fn english_has_every_key_and_no_other() {
        let english = english();
        let written: BTreeSet<&str> = english.keys().map(String::as_str).collect();
        let listed: BTreeSet<&str> = ALL.iter().map(|(name, _)| *name).collect();
        assert_eq!(written, listed);
    }

    #[test]
    fn english_uses_the_placeholders_a_key_names() {
        let english = english();
        for (name, placeholders) in ALL {
            let expected: BTreeSet<String> = placeholders.iter().map(|p| (*p).to_owned()).collect();
            for text in texts(&english[*name]) {
                // A plural form may say its number in words: "one minute".
                let found = placeholders_of(text);
                let plural = english[*name].is_object();
                assert!(found == expected || (plural && found.is_subset(&expected)), "{name}: {text}");
            }
        }
    }

    #[test]
    fn english_speaks_in_short_sentences_without_raising_its_voice() {
        let english = english();
        for (name, value) in &english {
            for text in texts(value) {
                assert!(!text.contains('!'), "{name}");
                assert!(!text.contains("  ") && text.trim() == text, "{name}: stray spaces");
                for sentence in text.split(['.', '?', ':']) {
                    let words = sentence.split_whitespace().count();
                    assert!(words <= 15, "{name}: {words} words in {sentence:?}");
                }
            }
        }
    }

    /// Where what must be said takes one long word among few: a volunteer, a device, a window.
    const LONG_WORDS: [&str; 5] =
        ["log.joined", "ended.forgotten", "ended.nobody_read", "stopped.replaced", "waiting.worse"];

    #[test]
    fn english_is_read_with_ease_after_five_years_of_school() {
        for (name, value) in &english() {
            // Pieces of sentences have no grade of their own.
            if name.starts_with("range.") || LONG_WORDS.contains(&name.as_str()) {
                continue;
            }
            for text in texts(value) {
                let grade = grade(text);
                assert!(grade <= 5.0, "{name}: grade {grade:.1} of {text:?}");
            }
        }
    }

    #[test]
    fn what_exit_does_is_said_in_sixty_words() {
        let english = english();
        let note = ["welcome.exit", "welcome.exit_keys", "welcome.exit_more", "welcome.exit_link"]
            .map(|key| texts(&english[key])[0]);
        let words = note.iter().flat_map(|text| text.split_whitespace()).count();
        assert!(words <= 60, "{words} words: {note:?}");
        for what in
            ["press Exit", "press {key} three times", "still remember", "controls this device", "safer"]
        {
            assert!(note.join(" ").contains(what), "it does not say {what:?}");
        }
    }

    #[test]
    fn placeholders_are_filled_once_and_in_any_order() {
        assert_eq!(filled("{b} and {a}", &[("a", "{b}"), ("b", "2")]), "2 and {b}");
        assert_eq!(filled("{unknown} {", &[("a", "1")]), "{unknown} {");
        assert_eq!(filled("ends with {a}", &[("a", "ü")]), "ends with ü");
    }

    #[test]
    fn every_plural_has_the_form_every_language_has() {
        for (name, value) in &english() {
            if let Value::Object(forms) = value {
                assert!(forms.contains_key("other"), "{name}");
            }
        }
    }

    fn english() -> Map<String, Value> {
        serde_json::from_str(include_str!("../locales/en.json")).unwrap()
    }

    fn texts(value: &Value) -> Vec<&str> {
        match value {
            Value::String(text) => vec![text],
            Value::Object(forms) => forms.values().filter_map(Value::as_str).collect(),
            other => panic!("neither a text nor a plural: {other}"),
        }
    }

    /// The grade by Flesch and Kincaid (Kincaid et al. 1975), with syllables counted by groups of vowels. Of fewer
    /// than five words it says nothing.
    fn grade(text: &str) -> f64 {
        let words: Vec<&str> = text.split_whitespace().collect();
        if words.len() < 5 {
            return 0.0;
        }
        let sentences = text.split(['.', '?', ':']).filter(|sentence| !sentence.trim().is_empty()).count();
        let syllables: usize = words.iter().map(|word| syllables(word)).sum();
        let (words, sentences) = (words.len() as f64, sentences as f64);
        0.39 * words / sentences + 11.8 * syllables as f64 / words - 15.59
    }

    fn syllables(word: &str) -> usize {
        // A placeholder stands for a number or a name.
        let letters: String = word.chars().filter(char::is_ascii_alphabetic).collect();
        let letters = if word.contains('{') { "Robin".to_owned() } else { letters.to_lowercase() };
        let is_vowel = |c: char| "aeiouy".contains(c);
        let groups = letters.split(|c| !is_vowel(c)).filter(|group| !group.is_empty()).count();
        let is_silent = (letters.ends_with('e') && !letters.ends_with("le"))
            || (letters.ends_with("ed") && !letters.ends_with("ted") && !letters.ends_with("ded"));
        groups.saturating_sub(usize::from(is_silent && groups > 1)).max(1)
    }

    fn placeholders_of(text: &str) -> BTreeSet<String> {
        text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).map(str::to_owned).collect()
    }
}
