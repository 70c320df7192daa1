//! One message, as the log or somebody's screen has it.

/// One message: who said it, and the words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Whether the visitor said it; otherwise an operator did.
    pub by_visitor: bool,
    /// The words.
    pub text: String,
}

impl Said {
    /// The visitor's words.
    pub fn by_visitor(text: &str) -> Self {
        Self { by_visitor: true, text: text.to_owned() }
    }

    /// An operator's words.
    pub fn by_operator(text: &str) -> Self {
        Self { by_visitor: false, text: text.to_owned() }
    }
}
