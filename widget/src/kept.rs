//! Values by key, in an order that hardly changes. Whoever looks them up in that order finds each one at once.

use std::mem;

/// Values by key.
pub(crate) struct Kept<T> {
    keys: Keys,
    values: Vec<Option<T>>,
}

impl<T> Kept<T> {
    pub(crate) fn push(&mut self, key: String, value: T) {
        self.keys.names.push(key);
        self.values.push(Some(value));
    }

    pub(crate) fn get(&mut self, key: &str) -> Option<&T> {
        let at = self.keys.find(key)?;
        self.values.get(at)?.as_ref()
    }

    pub(crate) fn take(&mut self, key: &str) -> Option<T> {
        let at = self.keys.find(key)?;
        self.values.get_mut(at)?.take()
    }

    /// All of it, leaving nothing.
    pub(crate) fn take_all(&mut self) -> Self {
        mem::take(self)
    }

    /// What was not taken.
    pub(crate) fn into_rest(self) -> impl Iterator<Item = T> {
        self.values.into_iter().flatten()
    }
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { keys: Keys::default(), values: Vec::new() }
    }
}

#[derive(Default)]
struct Keys {
    names: Vec<String>,
    /// Where the next one probably is.
    next: usize,
}

impl Keys {
    fn find(&mut self, key: &str) -> Option<usize> {
        let (before, after) = self.names.split_at(self.next.min(self.names.len()));
        let at = match after.iter().position(|name| name == key) {
            Some(at) => before.len() + at,
            None => before.iter().position(|name| name == key)?,
        };
        self.next = at + 1;
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_in_any_order_and_taken_once() {
        let mut kept = Kept::default();
        for (key, value) in [("a", 1), ("b", 2), ("c", 3)] {
            kept.push(key.to_owned(), value);
        }
        assert_eq!(kept.get("c"), Some(&3));
        assert_eq!(kept.get("z"), None);
        assert_eq!(kept.take("b"), Some(2));
        assert_eq!(kept.take("b"), None);
        assert_eq!(kept.into_rest().collect::<Vec<_>>(), [1, 3]);
    }
}
