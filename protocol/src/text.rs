//! What people type. Cleaned once, never printed.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::limits::{MARKS_IN_A_ROW, NOTE_CHARS, NOTICE_CHARS, REASON_CHARS, TEXT_CHARS};
use crate::marks::is_mark;

macro_rules! cleaned_text {
    ($(#[$doc:meta])* $name:ident, $most:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(try_from = "String", into = "String")]
        #[cfg_attr(feature = "schema", schemars(extend("minLength" = 1, "maxLength" = $most)))]
        pub struct $name(String);

        impl $name {
            /// Cleans and checks what was typed. Line ends become `\n`; white space around the text is dropped, and
            /// so are marks on one letter beyond [`MARKS_IN_A_ROW`].
            pub fn parse(typed: &str) -> Result<Self, TextError> {
                cleaned(typed, $most).map(Self)
            }

            /// The text, for showing to the people it is for and for nothing else.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = TextError;

            fn try_from(typed: String) -> Result<Self, TextError> {
                Self::parse(&typed)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> String {
                text.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "(… {} bytes)"), self.0.len())
            }
        }
    };
}

cleaned_text! {
    /// Text written by a person: at least one visible character, at most [`TEXT_CHARS`], without control
    /// characters or invisible marks that turn the direction of the text around it.
    ///
    /// Markup is left exactly as it was typed: it is text, and whoever shows it shows it as text.
    /// `Debug` prints only the length, so that no log can hold what somebody said.
    Text, TEXT_CHARS
}

cleaned_text! {
    /// Why a visitor is passed on, in an operator's words, for the visitor: a [`Text`] of at most
    /// [`REASON_CHARS`].
    Reason, REASON_CHARS
}

cleaned_text! {
    /// What operators write to each other beside a conversation: a [`Text`] of at most [`NOTE_CHARS`].
    NoteText, NOTE_CHARS
}

cleaned_text! {
    /// A sentence for all visitors, in an operator's words: a [`Text`] of at most [`NOTICE_CHARS`].
    Notice, NOTICE_CHARS
}

/// Why a string cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextError {
    /// Nothing is left but white space.
    Empty,
    /// More characters (Unicode scalar values) than texts of its kind may have.
    TooLong {
        /// How long it is, in characters.
        chars: usize,
    },
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the text is empty"),
            Self::TooLong { chars } => write!(f, "the text has {chars} characters: too many"),
        }
    }
}

impl std::error::Error for TextError {}

/// What was typed, cleaned, if something of it shows and it has at most `most` characters.
fn cleaned(typed: &str, most: usize) -> Result<String, TextError> {
    let mut clean = String::with_capacity(typed.len());
    let mut chars = typed.trim().chars().peekable();
    let mut marks = 0;
    while let Some(c) = chars.next() {
        if is_mark(c) {
            marks += 1;
        } else if matches!(c, '\n' | '\r' | '\t')
            || !(is_invisible(c) || c.is_control() || turns_direction(c))
        {
            marks = 0;
        }
        match c {
            '\r' => {
                if chars.peek() != Some(&'\n') {
                    clean.push('\n');
                }
            }
            '\u{2028}' | '\u{2029}' => clean.push('\n'),
            '\n' | '\t' => clean.push(c),
            c if c.is_control() || turns_direction(c) => {}
            c if marks > MARKS_IN_A_ROW && is_mark(c) => {}
            c => clean.push(c),
        }
    }
    // Again: dropping a mark can lay open the white space behind it, and cleaning twice must change nothing.
    let clean = clean.trim();
    let count = clean.chars().count();
    if clean.chars().all(|c| c.is_whitespace() || is_invisible(c)) {
        Err(TextError::Empty)
    } else if count > most {
        Err(TextError::TooLong { chars: count })
    } else {
        Ok(clean.to_owned())
    }
}

/// Whether a link's title can be shown as it is: one line, without control characters and marks that turn direction.
pub(crate) fn is_clean_title(title: &str) -> bool {
    !title.contains(|c: char| c.is_control() || turns_direction(c) || matches!(c, '\u{2028}' | '\u{2029}'))
}

/// Embeddings, overrides and isolates: they outlive their own text and reorder what stands after it.
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Joiners, fillers, selectors and tags that scripts and emoji need inside a text, but that are no text alone.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}'
    )
}

/// Whether an address can be read: it holds nothing that cannot be seen, and a browser goes to the host that stands in
/// it. It does not where a name comes before the host (`https://bank.example@elsewhere.example`), or a backslash, which
/// a browser takes for a slash.
pub fn says_where_it_leads(address: &str) -> bool {
    let hides = |c: char| c.is_control() || turns_direction(c) || is_invisible(c) || c == '\\';
    if address.contains(hides) {
        return false;
    }
    match address.get(..8).filter(|scheme| scheme.eq_ignore_ascii_case("https://")) {
        Some(scheme) => {
            let rest = &address[scheme.len()..];
            let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
            !host.is_empty() && !host.contains('@')
        }
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_left_as_it_was_typed() {
        let markup = "<b>a</b> & \"b\"; /c \u{1F469}\u{200D}\u{1F680} \u{200C}";
        assert_eq!(Text::parse(markup).unwrap().as_str(), markup);
    }

    #[test]
    fn control_characters_and_direction_marks_are_dropped() {
        assert_eq!(
            Text::parse("a\u{0}b\u{202E}c\u{2066}d\u{85}e\tf\r\ng\rh").unwrap().as_str(),
            "abcde\tf\ng\nh"
        );
    }

    #[test]
    fn every_line_end_becomes_the_same() {
        assert_eq!(Text::parse("a\u{2028}b\u{2029}c\rd").unwrap().as_str(), "a\nb\nc\nd");
    }

    #[test]
    fn marks_piled_on_one_letter_are_capped_whatever_stands_between_them() {
        let cleaned = |typed: &str| Text::parse(typed).unwrap().as_str().to_owned();
        let marks = |count: usize| "\u{301}".repeat(count);
        assert_eq!(cleaned(&format!("a{}b{}", marks(40), marks(2))), format!("a{}b{}", marks(6), marks(2)));
        let sly = format!("a{}\u{200D}{}\u{202E}{}", marks(4), marks(4), marks(4));
        assert_eq!(cleaned(&sly), format!("a{}\u{200D}{}", marks(4), marks(2)));
        for written in ["ế", "e\u{302}\u{301}", "בְּרֵאשִׁ֖ית", "ကျွန်ုပ်", "རྒྱུ", "นี้", "1\u{FE0F}\u{20E3}"]
        {
            assert_eq!(cleaned(written), written);
        }
    }

    #[test]
    fn an_address_that_hides_where_it_leads_is_known() {
        for good in [
            "https://example.org",
            "https://example.org/@someone?a=b@c",
            "tel:+44800",
            "mailto:a@example.org",
        ] {
            assert!(says_where_it_leads(good), "{good}");
        }
        for bad in [
            "https://example.org@elsewhere.example/",
            "HTTPS://user:pass@elsewhere.example",
            "https://elsewhere.example\\@example.org",
            "https://exam\u{AD}ple.org",
            "https://example.org/\u{202E}cod.exe",
            "https://example\u{200B}.org",
            "https:///elsewhere.example",
        ] {
            assert!(!says_where_it_leads(bad), "{bad}");
        }
    }

    #[test]
    fn empty_and_overlong_texts_are_refused_with_the_count() {
        for empty in
            ["", " \n\u{0} ", "\u{200B}\u{FEFF}", "\u{202E}", "\u{3164}", "\u{E0041}", "\u{FE0F}\u{2060}"]
        {
            assert_eq!(Text::parse(empty), Err(TextError::Empty), "{empty:?}");
        }
        assert!(Text::parse(&"ä".repeat(TEXT_CHARS)).is_ok());
        assert_eq!(
            Text::parse(&"ä".repeat(TEXT_CHARS + 1)),
            Err(TextError::TooLong { chars: TEXT_CHARS + 1 })
        );
    }

    #[test]
    fn cleaning_twice_changes_nothing() {
        let pile = format!("a{0}\u{2028}{0}\u{200D}{0}\r{0}", "\u{301}".repeat(5));
        for typed in
            [" \u{202E} a ", "\u{0}\n a", "a \u{2069}\r", "a\r\u{0}\nb", "a\u{2028}\u{300}\u{2029}", &pile]
        {
            let once = Text::parse(typed).unwrap();
            assert_eq!(Text::parse(once.as_str()), Ok(once.clone()), "{typed:?}");
        }
    }

    #[test]
    fn what_was_said_is_not_printed() {
        assert!(!format!("{:?}", Text::parse("marker").unwrap()).contains("marker"));
        assert!(!format!("{:?}", NoteText::parse("marker").unwrap()).contains("marker"));
        assert!(!format!("{:?}", Reason::parse("marker").unwrap()).contains("marker"));
    }
}
