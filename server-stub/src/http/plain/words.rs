//! What the plain pages say: the widget's own words where it says the same, a few more of their own, and times on the
//! helpline's clock, because a page without scripts knows no other.

use std::collections::HashMap;

use jiff::Zoned;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};
use tealight_protocol::range::{Amount, Sentence, WaitWords};
use tealight_protocol::{ServiceStatus, Timestamp, Wait};

use super::super::assets::Assets;
use super::super::frame::{escape, is_right_to_left};
use crate::Moment;
use crate::config::Config;

/// The widget's English: it stands in for what another language lacks.
const ENGLISH: &str = include_str!("../../../../widget/locales/en.json");

/// What only these pages say.
const OWN: &str = include_str!("words/en.json");

/// All languages there are.
#[derive(Debug)]
pub(in super::super) struct Dictionaries {
    english: Map<String, Value>,
    own: Map<String, Value>,
    others: HashMap<String, Map<String, Value>>,
    zone: TimeZone,
}

/// One language, at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words<'a> {
    dictionaries: &'a Dictionaries,
    lang: &'a str,
    now: Moment,
}

impl Dictionaries {
    pub(in super::super) fn new(config: &Config, assets: &Assets) -> Self {
        let read = |text: &str| serde_json::from_str(text).unwrap_or_default();
        let others = assets.words().map(|(lang, text)| (lang.to_owned(), read(text))).collect();
        Self {
            english: read(ENGLISH),
            own: read(OWN),
            others,
            zone: TimeZone::get(&config.service.time_zone).unwrap_or(TimeZone::UTC),
        }
    }

    pub(super) fn words<'a>(&'a self, lang: &'a str, now: Moment) -> Words<'a> {
        Words { dictionaries: self, lang, now }
    }

    fn find(&self, lang: &str, key: &str) -> Option<&Value> {
        let theirs = self.others.get(lang).and_then(|words| words.get(key));
        theirs.or_else(|| self.english.get(key)).or_else(|| self.own.get(key))
    }
}

impl Words<'_> {
    pub(super) fn lang(&self) -> &str {
        self.lang
    }

    /// Which way the language is written.
    pub(super) fn direction(&self) -> &'static str {
        let written = self.dictionaries.others.get(self.lang).and_then(|words| words.get("format.direction"));
        match written.and_then(Value::as_str) {
            Some("rtl") => "rtl",
            Some(_) => "ltr",
            None if is_right_to_left(self.lang) => "rtl",
            None => "ltr",
        }
    }

    /// A string, ready for HTML.
    pub(super) fn say(&self, key: &str) -> String {
        escape(self.raw(key))
    }

    /// A string with values in its placeholders. The values are HTML already.
    pub(super) fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        filled(&self.say(key), values)
    }

    /// A string whose form depends on a number.
    pub(super) fn count(&self, key: &str, count: f64, shown: &str) -> String {
        let forms = self.dictionaries.find(self.lang, key);
        let form = if (count - 1.0).abs() < f64::EPSILON { "one" } else { "other" };
        let form = forms.and_then(|forms| forms.get(form).or_else(|| forms.get("other")));
        filled(&escape(form.and_then(Value::as_str).unwrap_or_default()), &[("count", shown)])
    }

    /// A range in words, or nothing where nothing honest can be said.
    pub(super) fn range(&self, wait: Wait) -> Option<String> {
        let words = WaitWords::of(wait)?;
        let key = key_of(words.sentence);
        let first = self.amount(words.first);
        Some(match words.second {
            Some(second) => self.fill(key, &[("low", &first), ("high", &self.amount(second))]),
            None => self.count(key, words.first.count(), &first),
        })
    }

    /// When it closes, and that it may be or is too soon. `first`: nobody new is let in any more.
    pub(super) fn closes(&self, service: &ServiceStatus, keys: [&str; 2]) -> String {
        let [today, otherwise] = keys;
        match self.closing(service) {
            Some((when, is_today)) => {
                format!("{when} {}", self.say(if is_today { today } else { otherwise }))
            }
            None => self.say(today),
        }
    }

    /// "We close at 22:00.", and whether that is still today.
    pub(super) fn closing(&self, service: &ServiceStatus) -> Option<(String, bool)> {
        let at = self.civil(service.closes_at.as_ref()?)?;
        let now = self.today();
        if at <= now {
            return None;
        }
        let is_today = at.date() == now.date();
        let words = if is_today {
            self.fill("closes.at", &[("time", &clock(&at))])
        } else {
            self.fill("closes.when", &[("when", &self.moment(&at))])
        };
        Some((words, is_today))
    }

    /// When it opens next.
    pub(super) fn opens(&self, service: &ServiceStatus) -> String {
        let next = service.next_open.as_ref().and_then(|next| self.civil(next));
        match next.filter(|next| *next > self.today()) {
            Some(next) => self.fill("closed.opens", &[("when", &self.moment(&next))]),
            None => self.say("closed.open_end"),
        }
    }

    /// The time of day of an event.
    pub(super) fn time(&self, at: &Timestamp) -> String {
        self.civil(at).map(|at| clock(&at)).unwrap_or_default()
    }

    /// What time it is.
    pub(super) fn clock(&self) -> String {
        clock(&self.today())
    }

    fn raw(&self, key: &str) -> &str {
        self.dictionaries.find(self.lang, key).and_then(Value::as_str).unwrap_or_default()
    }

    fn amount(&self, amount: Amount) -> String {
        match amount {
            Amount::HalfHours(3) => self.say("range.hour_and_half"),
            amount => amount.count().to_string(),
        }
    }

    fn moment(&self, at: &Zoned) -> String {
        let time = clock(at);
        let today = self.today().date();
        if at.date() == today {
            return self.fill("moment.today", &[("time", &time)]);
        }
        if today.tomorrow().is_ok_and(|tomorrow| tomorrow == at.date()) {
            return self.fill("moment.tomorrow", &[("time", &time)]);
        }
        // The names of days and months are known in English alone.
        let pattern = if self.lang.starts_with("en") { "%A %-d %B" } else { "%Y-%m-%d" };
        self.fill("moment.day", &[("day", &at.strftime(pattern).to_string()), ("time", &time)])
    }

    fn today(&self) -> Zoned {
        self.now.civil().to_zoned(self.dictionaries.zone.clone())
    }

    fn civil(&self, at: &Timestamp) -> Option<Zoned> {
        let at: jiff::Timestamp = at.as_str().parse().ok()?;
        Some(at.to_zoned(self.dictionaries.zone.clone()))
    }
}

fn clock(at: &Zoned) -> String {
    at.strftime("%H:%M").to_string()
}

fn key_of(sentence: Sentence) -> &'static str {
    match sentence {
        Sentence::Minutes => "range.minutes",
        Sentence::Hours => "range.hours",
        Sentence::Mixed => "range.mixed",
        Sentence::LessMinutes => "range.less_minutes",
        Sentence::LessHours => "range.less_hours",
        Sentence::OpenMinutes => "range.open_minutes",
        Sentence::MoreHours => "range.more_hours",
    }
}

/// Puts values into `{placeholders}`, in one pass: what is put in is never looked at again.
fn filled(text: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, after)) = after.split_once('}') else { break };
        let value = values.iter().find(|(known, _)| *known == name);
        out.push_str(value.map_or("", |(_, value)| value));
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{CONFIG, START};

    #[test]
    fn a_range_reads_as_in_the_widget() {
        let dictionaries = dictionaries();
        let words = dictionaries.words("en", START);
        let range = |low_s, high_s| words.range(Wait::Range { low_s, high_s });
        assert_eq!(range(1_200, Some(2_700)).as_deref(), Some("20 to 45 minutes"));
        assert_eq!(range(0, Some(60)).as_deref(), Some("less than 1 minute"));
        assert_eq!(range(3_600, Some(5_400)).as_deref(), Some("1 to 1½ hours"));
        assert_eq!(range(0, None), None);
    }

    #[test]
    fn what_these_pages_say_themselves_is_in_short_sentences() {
        let own: Map<String, Value> = serde_json::from_str(OWN).unwrap();
        for (key, text) in &own {
            for sentence in text.as_str().unwrap().split(['.', '?']) {
                let words = sentence.split_whitespace().count();
                assert!(words <= 15, "{key}: {sentence}");
            }
        }
    }

    #[test]
    fn the_widgets_words_are_not_said_again() {
        let dictionaries = dictionaries();
        for (key, text) in &dictionaries.own {
            assert!(!dictionaries.english.contains_key(key), "{key}");
            assert!(!dictionaries.english.values().any(|known| known == text), "{key}");
        }
    }

    #[test]
    fn whatever_these_pages_say_has_words() {
        let dictionaries = dictionaries();
        let words = dictionaries.words("en", START);
        let sources = [
            include_str!("ended.rs"),
            include_str!("log.rs"),
            include_str!("mod.rs"),
            include_str!("pages.rs"),
            include_str!("room.rs"),
            include_str!("words.rs"),
        ];
        for source in sources {
            for beginning in ["say(\"", "fill(\""] {
                for rest in source.split(beginning).skip(1) {
                    let key = rest.split('"').next().unwrap_or_default();
                    let is_key = key.chars().all(|c| c.is_ascii_lowercase() || matches!(c, '.' | '_'));
                    assert!(!is_key || !words.say(key).is_empty(), "{key} has no words");
                }
            }
        }
    }

    #[test]
    fn a_moment_is_named_from_today() {
        let dictionaries = dictionaries();
        let words = dictionaries.words("en", START);
        let service = |next: &str| ServiceStatus {
            next_open: Some(Timestamp::try_from(next.to_owned()).unwrap()),
            ..serde_json::from_str(r#"{"name":"x","state":"closed","wait":{"kind":"closed"}}"#).unwrap()
        };
        assert_eq!(words.opens(&service("2026-11-21T22:00:00Z")), "It opens today at 22:00.");
        assert_eq!(words.opens(&service("2026-11-22T18:00:00Z")), "It opens tomorrow at 18:00.");
        assert_eq!(
            words.opens(&service("2026-11-24T18:00:00Z")),
            "It opens on Tuesday 24 November at 18:00."
        );
        assert_eq!(words.opens(&service("2026-11-20T18:00:00Z")), words.say("closed.open_end"));
    }

    fn dictionaries() -> Dictionaries {
        Dictionaries::new(&Config::parse(CONFIG, "test.toml").unwrap(), &Assets::default())
    }
}
