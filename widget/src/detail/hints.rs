//! Which detail is hinted at now, which was hinted at before and is let be, and which is said aloud. Pure.

use super::{Detail, Found, details};

/// The last digits of a number that identify it whatever way its country is written.
const TAIL: usize = 9;

/// The hints of one visit. Kept in memory only.
#[derive(Default)]
pub(crate) struct Hints {
    shown: Option<Found>,
    /// What was looked at last.
    text: String,
    /// What was hinted at and is the visitor's own business from there on.
    settled: Vec<String>,
    /// The kinds that were said aloud.
    said: Vec<Detail>,
}

impl Hints {
    /// Looks at what stands in the composer. `known` are the helpline's own numbers and addresses. Gives what to
    /// hint at, if anything.
    pub(crate) fn look(&mut self, text: &str, known: &[String]) -> Option<Detail> {
        let mut found = details(text);
        found.retain(|one| !known.iter().any(|known| is_known(&one.key, known)));
        let still = |shown: &Found| found.iter().position(|one| is_same(&one.key, &shown.key));
        let is_typed_on = text.starts_with(&self.text);
        text.clone_into(&mut self.text);
        let now = match self.shown.take() {
            Some(shown) => match still(&shown) {
                // Perhaps with one more digit, and another kind of number by now.
                Some(at) => Some(at),
                // The words went on, and are something else.
                None if is_typed_on => None,
                None => {
                    self.settled.push(shown.key);
                    None
                }
            },
            None => None,
        };
        let is_new = |one: &Found| !self.settled.iter().any(|key| is_same(key, &one.key));
        let now = now.or_else(|| found.iter().position(is_new));
        self.shown = now.and_then(|at| found.into_iter().nth(at));
        self.shown.as_ref().map(|shown| shown.detail)
    }

    /// The visitor has read it, or sent the words as they are.
    pub(crate) fn settle(&mut self) {
        self.settled.extend(self.shown.take().map(|shown| shown.key));
    }

    /// Whether a kind is to be said aloud: once in a visit.
    pub(crate) fn is_first(&mut self, detail: Detail) -> bool {
        let is_first = !self.said.contains(&detail);
        if is_first {
            self.said.push(detail);
        }
        is_first
    }
}

/// Whether one may be the other while it is being typed.
fn is_same(a: &str, b: &str) -> bool {
    a.starts_with(b) || b.starts_with(a)
}

/// Whether it is one of the helpline's own, or on the way to it. A number may be written with its country or without.
fn is_known(key: &str, known: &str) -> bool {
    if key.contains('@') {
        return known.starts_with(key);
    }
    let own = key.trim_start_matches('0');
    let tail = |digits: &str| digits.get(digits.len().saturating_sub(TAIL)..).map(str::to_owned);
    (own.len() + 1 >= TAIL && known.contains(own)) || (known.len() >= TAIL && tail(key) == tail(known))
}
