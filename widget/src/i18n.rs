//! Words, times and numbers in the visitor's language, from the locale file and the browser's own `Intl`.
//!
//! Nothing here throws: a tag the browser does not know falls back to the browser's own language, a missing string
//! shows nothing and is reported to the console once.

use std::cell::RefCell;

use js_sys::{Array, Function, Object, Reflect};
use tealight_protocol::Wait;
use tealight_protocol::json::digits;
use tealight_protocol::range::{Amount, WaitWords};
use wasm_bindgen::{JsCast, JsValue};

use crate::keys::{Key, filled};
use crate::rows::Moment;
use crate::wait_range::key_of;

const MINUTE_MS: f64 = 60_000.0;

/// The visitor's language.
pub(crate) struct Words {
    strings: JsValue,
    plurals: Option<JsValue>,
    numbers: Option<JsValue>,
    times: Option<JsValue>,
    days: Option<JsValue>,
    missing: RefCell<Vec<&'static str>>,
}

impl Words {
    /// Takes the parsed locale file.
    pub(crate) fn new(strings: JsValue, lang: &str) -> Self {
        let mut words = Self {
            strings,
            plurals: None,
            numbers: None,
            times: None,
            days: None,
            missing: RefCell::default(),
        };
        let tag = words.lookup(Key::FORMAT_LOCALE).and_then(|tag| tag.as_string());
        let tag = tag.as_deref().unwrap_or(lang);
        // "18:00" or "6:00 pm": the visitor's own way, where the browser speaks the same language.
        let own = web_sys::window().and_then(|window| window.navigator().language());
        let tag = own.as_deref().filter(|own| language(own) == language(tag)).unwrap_or(tag);
        words.plurals = intl("PluralRules", tag, &[]);
        words.numbers = intl("NumberFormat", tag, &[]);
        words.times = intl("DateTimeFormat", tag, &[("timeStyle", "short")]);
        words.days =
            intl("DateTimeFormat", tag, &[("weekday", "long"), ("day", "numeric"), ("month", "long")]);
        words
    }

    /// A string without placeholders.
    pub(crate) fn say(&self, key: Key) -> String {
        self.text(key, self.lookup(key))
    }

    /// A string with placeholders.
    pub(crate) fn fill(&self, key: Key, values: &[(&str, &str)]) -> String {
        filled(&self.say(key), values)
    }

    /// A string whose form depends on a number, which it may show as `{count}`.
    pub(crate) fn count(&self, key: Key, count: f64) -> String {
        self.counted(key, count, &self.number(count))
    }

    fn counted(&self, key: Key, count: f64, shown: &str) -> String {
        let forms = self.lookup(key);
        let form = self
            .plurals
            .as_ref()
            .and_then(|rules| call(rules, "select", &count.into()))
            .and_then(|name| field(forms.as_ref()?, &name))
            .or_else(|| field(forms.as_ref()?, &"other".into()));
        filled(&self.text(key, form), &[("count", shown)])
    }

    /// A number with this language's digits and groups.
    pub(crate) fn number(&self, number: f64) -> String {
        let text = self.numbers.as_ref().and_then(|numbers| format(numbers, &number.into()));
        text.unwrap_or_else(|| digits(number as u64))
    }

    /// The time of day.
    pub(crate) fn time(&self, ms: f64) -> String {
        let date = js_sys::Date::new(&ms.into());
        self.times.as_ref().and_then(|times| format(times, &date)).unwrap_or_default()
    }

    /// "Today", "Yesterday", or the date.
    pub(crate) fn day(&self, ms: f64, now: f64) -> String {
        match day_of(now) - day_of(ms) {
            0 => self.say(Key::DAY_TODAY),
            1 => self.say(Key::DAY_YESTERDAY),
            _ => self.date(ms),
        }
    }

    /// A moment to come: "tomorrow at 18:00".
    pub(crate) fn moment(&self, ms: f64, now: f64) -> String {
        let time = self.time(ms);
        match day_of(ms) - day_of(now) {
            0 => self.fill(Key::MOMENT_TODAY, &[("time", &time)]),
            1 => self.fill(Key::MOMENT_TOMORROW, &[("time", &time)]),
            _ => self.fill(Key::MOMENT_DAY, &[("day", &self.date(ms)), ("time", &time)]),
        }
    }

    /// When it closes, and whether that is still today.
    pub(crate) fn closing(&self, ms: f64, now: f64) -> (String, bool) {
        if day_of(ms) == day_of(now) {
            (self.fill(Key::CLOSES, &[("time", &self.time(ms))]), true)
        } else {
            (self.fill(Key::CLOSES_WHEN, &[("when", &self.moment(ms, now))]), false)
        }
    }

    /// The range in words, or `None` where nothing honest can be said.
    pub(crate) fn range(&self, wait: Wait) -> Option<String> {
        let words = WaitWords::of(wait)?;
        let first = self.amount(words.first);
        Some(match words.second {
            Some(second) => {
                self.fill(key_of(words.sentence), &[("low", &first), ("high", &self.amount(second))])
            }
            None => self.counted(key_of(words.sentence), words.first.count(), &first),
        })
    }

    /// How long ago the wait was checked.
    pub(crate) fn freshness(&self, checked_at: f64, now: f64) -> String {
        let minutes = ((now - checked_at) / MINUTE_MS).floor();
        if minutes < 1.0 { self.say(Key::WAITING_FRESH_NOW) } else { self.count(Key::WAITING_FRESH, minutes) }
    }

    fn amount(&self, amount: Amount) -> String {
        match amount {
            Amount::HalfHours(3) => self.say(Key::RANGE_HOUR_AND_HALF),
            amount => self.number(amount.count()),
        }
    }

    fn date(&self, ms: f64) -> String {
        let date = js_sys::Date::new(&ms.into());
        self.days.as_ref().and_then(|days| format(days, &date)).unwrap_or_default()
    }

    fn lookup(&self, key: Key) -> Option<JsValue> {
        field(&self.strings, &key.name().into())
    }

    fn text(&self, key: Key, value: Option<JsValue>) -> String {
        value.and_then(|value| value.as_string()).unwrap_or_else(|| {
            let mut missing = self.missing.borrow_mut();
            if !missing.contains(&key.name()) {
                missing.push(key.name());
                web_sys::console::warn_2(&"Tealight: no words for".into(), &key.name().into());
            }
            String::new()
        })
    }
}

/// The moment a point in time is, in this browser's time zone.
pub(crate) fn moment_of(timestamp: &str) -> Option<Moment> {
    let ms = ms_of(timestamp)?;
    Some(Moment { ms, day: day_of(ms) })
}

/// A point in time as milliseconds of the wall clock.
pub(crate) fn ms_of(timestamp: &str) -> Option<f64> {
    let ms = js_sys::Date::parse(timestamp);
    ms.is_finite().then_some(ms)
}

fn language(tag: &str) -> &str {
    tag.split('-').next().unwrap_or_default()
}

/// The local day of a moment: days since the epoch, as the local calendar counts them.
fn day_of(ms: f64) -> i64 {
    const DAY_MS: f64 = 24.0 * 60.0 * MINUTE_MS;
    let offset = js_sys::Date::new(&ms.into()).get_timezone_offset();
    ((ms - offset * MINUTE_MS) / DAY_MS).floor() as i64
}

/// One of the browser's formatters. A tag that it does not take is left out; without `Intl` there is none.
fn intl(name: &str, tag: &str, options: &[(&str, &str)]) -> Option<JsValue> {
    let intl = field(&js_sys::global(), &"Intl".into())?;
    let constructor: Function = field(&intl, &name.into())?.dyn_into().ok()?;
    let bag = Object::new();
    for (option, value) in options {
        let _ = Reflect::set(&bag, &(*option).into(), &(*value).into());
    }
    let with = |tag: &JsValue| Reflect::construct(&constructor, &Array::of2(tag, &bag)).ok();
    with(&tag.into()).or_else(|| with(&JsValue::UNDEFINED))
}

fn format(formatter: &JsValue, value: &JsValue) -> Option<String> {
    call(formatter, "format", value)?.as_string()
}

fn call(object: &JsValue, method: &str, argument: &JsValue) -> Option<JsValue> {
    let method: Function = field(object, &method.into())?.dyn_into().ok()?;
    method.call1(object, argument).ok()
}

fn field(object: &JsValue, name: &JsValue) -> Option<JsValue> {
    Reflect::get(object, name).ok().filter(|value| !value.is_undefined())
}
