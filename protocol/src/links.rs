//! Finds the links in an operator's text. It only cuts the text into pieces; whoever shows them makes text of them.
//! Here because the widget and the server's plain page must agree on what is a link.

/// A piece of a text. The pieces together are the text, unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Words.
    Plain(&'a str),
    /// An address, shown whole, that leads where it says.
    Link(&'a str),
}

/// The only beginnings of a link. Plain `http:` is left as text.
const BEGINNINGS: [&str; 3] = ["https://", "tel:", "mailto:"];

/// Cuts a text into words and links.
#[must_use]
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut plain_from = 0;
    let mut at = 0;
    while let Some(start) = next_beginning(text, at) {
        let end = start + link_len(&text[start..]);
        if end == start {
            at = start + 1;
            continue;
        }
        if plain_from < start {
            found.push(Piece::Plain(&text[plain_from..start]));
        }
        found.push(Piece::Link(&text[start..end]));
        plain_from = end;
        at = end;
    }
    if plain_from < text.len() {
        found.push(Piece::Plain(&text[plain_from..]));
    }
    found
}

/// Whether an address may be put into an `href` at all: of a helpline's own offers, and of links.
pub fn is_safe_address(address: &str) -> bool {
    let scheme = address.split(':').next().unwrap_or_default();
    ["https", "tel", "sms", "mailto"].iter().any(|safe| scheme.eq_ignore_ascii_case(safe))
        && address.len() > scheme.len() + 1
        && !address.contains(|c: char| c.is_control() || c.is_whitespace())
}

/// Whether an address leads to a page, and so must open beside the chat and not in its place.
pub fn is_page(address: &str) -> bool {
    address.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"))
}

/// Where the next link may begin: at one of the beginnings, not in the middle of a word.
fn next_beginning(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    (from..bytes.len()).find(|&at| {
        let free = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
        free && BEGINNINGS.iter().any(|beginning| {
            bytes
                .get(at..at + beginning.len())
                .is_some_and(|here| here.eq_ignore_ascii_case(beginning.as_bytes()))
        })
    })
}

/// How long the link at the beginning of `rest` is; 0 if there is nothing behind its beginning.
fn link_len(rest: &str) -> usize {
    let until_space = rest
        .find(|c: char| {
            c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '“' | '”' | '«' | '»')
        })
        .unwrap_or(rest.len());
    let mut link = &rest[..until_space];
    // The full stop ends the sentence and not the address; a bracket belongs to it only if it was opened in it.
    while let Some(last) = link.chars().next_back() {
        let stray = match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '’' | '…' => true,
            ')' => link.matches('(').count() < link.matches(')').count(),
            ']' => link.matches('[').count() < link.matches(']').count(),
            _ => false,
        };
        if !stray {
            break;
        }
        link = &link[..link.len() - last.len_utf8()];
    }
    let begun = BEGINNINGS.iter().find(|beginning| {
        link.get(..beginning.len()).is_some_and(|here| here.eq_ignore_ascii_case(beginning))
    });
    match begun {
        Some(beginning) if link.len() > beginning.len() => link.len(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Piece::{Link, Plain};

    #[test]
    fn links_are_found_whole_and_without_the_sentence_around_them() {
        assert_eq!(
            pieces("See https://example.org/a?b=1#c, or (https://example.org/x_(y))."),
            [
                Plain("See "),
                Link("https://example.org/a?b=1#c"),
                Plain(", or ("),
                Link("https://example.org/x_(y)"),
                Plain(")."),
            ]
        );
        assert_eq!(pieces("tel:08081570199"), [Link("tel:08081570199")]);
        assert_eq!(
            pieces("→ MAILTO:a@example.org…"),
            [Plain("→ "), Link("MAILTO:a@example.org"), Plain("…")]
        );
    }

    #[test]
    fn what_is_no_link_stays_text() {
        for text in [
            "",
            "http://example.org",
            "javascript:alert(1)",
            "data:text/html,x",
            "hotel:room",
            "https://",
            "tel:",
            "mailto:.",
            "xhttps://example.org",
            "<a href=\"x\">",
        ] {
            let expected: Vec<Piece<'_>> = if text.is_empty() { vec![] } else { vec![Plain(text)] };
            assert_eq!(pieces(text), expected, "{text}");
        }
    }

    #[test]
    fn the_pieces_are_the_text() {
        for text in [
            "a https://é.example/ü b",
            "https://a.example https://b.example",
            "\u{1F469}tel:1\u{1F469}",
            "tel:tel:tel:",
        ] {
            let again: String = pieces(text)
                .iter()
                .map(|piece| match piece {
                    Plain(piece) | Link(piece) => *piece,
                })
                .collect();
            assert_eq!(again, text);
        }
    }

    #[test]
    fn only_four_schemes_reach_a_page() {
        for good in ["https://example.org", "tel:999", "sms:60777?body=TALK", "mailto:a@example.org", "TEL:1"]
        {
            assert!(is_safe_address(good), "{good}");
        }
        for bad in [
            "http://example.org",
            "javascript:alert(1)",
            "tel:",
            "",
            "//example.org",
            "ja\nvascript:x",
            "tel:1 2",
        ] {
            assert!(!is_safe_address(bad), "{bad}");
        }
    }
}
