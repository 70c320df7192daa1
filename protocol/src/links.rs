//! Finds the links in an operator's text. It only cuts the text into pieces; whoever shows them makes text of them.
//! Here because the widget and the server's plain page must agree on what is a link. What does not say where it leads
//! is none.

use crate::says_where_it_leads;

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
        if end == start || !says_where_it_leads(&text[start..end]) {
            // The whole of it stays words: half an address would be another one.
            at = end.max(start + 1);
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

/// The host of a page's address, if some of its letters are not what they seem to every reader: then it is shown as a
/// browser writes it. Letters of Latin with signs on them are no riddle, those of other scripts among Latin ones are.
pub fn puzzling_host(address: &str) -> Option<&str> {
    if !is_page(address) {
        return None;
    }
    let host = address.get("https://".len()..)?.split(['/', '?', '#', ':']).next()?;
    let is_plain = |c: char| {
        c.is_ascii()
            || (matches!(c, '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{17E}')
                && !matches!(c, '\u{131}' | '\u{138}' | '\u{13F}' | '\u{140}' | '\u{149}'))
    };
    (!host.chars().all(is_plain)).then_some(host)
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
    fn an_address_that_does_not_say_where_it_leads_is_no_link_and_no_part_of_it_is() {
        for text in [
            "https://www.bank.example@elsewhere.example/",
            "https://elsewhere.example\\@bank.example/",
            "https://exam\u{200B}ple.org/",
            "https://a@tel:08081570199",
        ] {
            assert_eq!(pieces(text), [Plain(text)], "{text}");
        }
        assert_eq!(pieces("https://x@y.example tel:999"), [Plain("https://x@y.example "), Link("tel:999")]);
    }

    #[test]
    fn hosts_with_letters_of_other_scripts_are_puzzling() {
        for plain in [
            "https://example.org/\u{430}",
            "https://m\u{fc}ller.example",
            "https://xn--80ak.example",
            "tel:\u{430}",
        ] {
            assert_eq!(puzzling_host(plain), None, "{plain}");
        }
        assert_eq!(puzzling_host("https://\u{430}pple.example/x"), Some("\u{430}pple.example"));
        assert_eq!(puzzling_host("HTTPS://w\u{131}k\u{131}.example:8443"), Some("w\u{131}k\u{131}.example"));
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
