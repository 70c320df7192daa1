//! The words in a composer. They stay here until their owner sends them.

use tealight_protocol::{Text, TextError, limits::TEXT_CHARS};

/// A composer's words.
pub(crate) struct Draft {
    text: String,
    revision: u32,
    chars: usize,
    limit: usize,
}

impl Default for Draft {
    fn default() -> Self {
        Self { text: String::new(), revision: 0, chars: 0, limit: TEXT_CHARS }
    }
}

impl Draft {
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn revision(&self) -> u32 {
        self.revision
    }

    /// Characters that would be sent.
    pub(crate) fn chars(&self) -> usize {
        self.chars
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// The backend's limit. It can only be stricter than the protocol's.
    pub(crate) fn set_limit(&mut self, limit: u32) {
        self.limit = TEXT_CHARS.min(limit as usize);
    }

    pub(crate) fn is_blank(&self) -> bool {
        self.chars == 0
    }

    pub(crate) fn is_sendable(&self) -> bool {
        (1..=self.limit).contains(&self.chars)
    }

    /// Whether exactly these words would be sent.
    pub(crate) fn holds(&self, text: &Text) -> bool {
        Text::parse(&self.text).as_ref() == Ok(text)
    }

    /// The person typed.
    pub(crate) fn edit(&mut self, text: String) {
        self.chars = match Text::parse(&text) {
            Ok(clean) => clean.as_str().chars().count(),
            Err(TextError::TooLong { chars }) => chars,
            Err(TextError::Empty) => 0,
        };
        self.text = text;
    }

    /// The session itself puts words into the composer.
    pub(crate) fn put(&mut self, text: String) {
        self.edit(text);
        self.revision = self.revision.wrapping_add(1);
    }

    /// Puts words before those that stand there already.
    pub(crate) fn put_before(&mut self, words: &str) {
        let joined = if self.is_blank() { words.to_owned() } else { [words, self.text.as_str()].join("\n") };
        self.put(joined);
    }

    /// Puts words after those that stand there already.
    pub(crate) fn put_after(&mut self, words: &str) {
        let joined = if self.is_blank() { words.to_owned() } else { [self.text.as_str(), words].join("\n") };
        self.put(joined);
    }

    /// Takes the words out to be sent, if they may be sent. Otherwise nothing changes.
    pub(crate) fn take(&mut self) -> Option<Text> {
        if !self.is_sendable() {
            return None;
        }
        let text = Text::parse(&self.text).ok()?;
        self.put(String::new());
        Some(text)
    }
}
