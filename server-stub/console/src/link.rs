//! What an operator types into the link field.

use tealight_protocol::Link;

/// Why it is not a link that can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkFault {
    /// An address that is not encrypted: `http:`.
    Insecure,
    /// Any other scheme than `https:`, `tel:` and `mailto:`.
    Scheme,
    /// Not yet, or not at all, an address.
    Incomplete,
}

/// Reads a link. A bare telephone number, mail address or `www.` address is understood; nothing typed is no link.
pub(crate) fn parse(typed: &str) -> Result<Option<Link>, LinkFault> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    if is_number(typed) {
        let url = format!("tel:{}", digits_and_plus(typed));
        return allowed(url, Some(typed.to_owned()));
    }
    if typed.contains(char::is_whitespace) {
        return Err(LinkFault::Incomplete);
    }
    let lower = typed.to_ascii_lowercase();
    if let Some(host) = lower.strip_prefix("https://") {
        return if is_host(host) { allowed(typed.to_owned(), None) } else { Err(LinkFault::Incomplete) };
    }
    if let Some(number) = lower.strip_prefix("tel:") {
        return if is_number(number) { allowed(typed.to_owned(), None) } else { Err(LinkFault::Incomplete) };
    }
    if let Some(address) = lower.strip_prefix("mailto:") {
        return if is_mail(address) { allowed(typed.to_owned(), None) } else { Err(LinkFault::Incomplete) };
    }
    if lower.starts_with("http://") {
        return Err(LinkFault::Insecure);
    }
    if lower.starts_with("www.") && is_host(&lower) {
        return allowed(format!("https://{typed}"), None);
    }
    if is_mail(typed) {
        return allowed(format!("mailto:{typed}"), None);
    }
    let scheme = lower.split(':').next().unwrap_or_default();
    let has_other_scheme = lower.contains(':') && !"https".starts_with(scheme) && scheme != "mailto";
    Err(if has_other_scheme { LinkFault::Scheme } else { LinkFault::Incomplete })
}

fn allowed(url: String, title: Option<String>) -> Result<Option<Link>, LinkFault> {
    let link = Link { url, title };
    if link.is_allowed() { Ok(Some(link)) } else { Err(LinkFault::Incomplete) }
}

fn is_number(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    digits >= 3 && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | '(' | ')' | ' ' | '.'))
}

fn digits_and_plus(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect()
}

fn is_host(text: &str) -> bool {
    let host = text.split(['/', '?', '#']).next().unwrap_or_default();
    host.contains('.') && !host.starts_with('.') && !host.ends_with('.') && !host.contains('@')
}

fn is_mail(text: &str) -> bool {
    text.split_once('@').is_some_and(|(who, host)| !who.is_empty() && !who.contains(':') && is_host(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_schemes_are_taken_as_they_are() {
        for url in ["https://example.org/a?b#c", "tel:+448081570199", "mailto:help@example.org"] {
            assert_eq!(parse(url).unwrap().unwrap().url, url);
        }
    }

    #[test]
    fn bare_numbers_and_addresses_are_understood() {
        assert_eq!(url_of("0808 157 0199"), "tel:08081570199");
        assert_eq!(url_of("www.example.org/plan"), "https://www.example.org/plan");
        assert_eq!(url_of("help@example.org"), "mailto:help@example.org");
        assert_eq!(parse("  "), Ok(None));
    }

    #[test]
    fn what_cannot_be_sent_says_why() {
        assert_eq!(parse("http://example.org"), Err(LinkFault::Insecure));
        assert_eq!(parse("javascript:alert(1)"), Err(LinkFault::Scheme));
        assert_eq!(parse("ftp://example.org"), Err(LinkFault::Scheme));
        for typed in ["h", "https:", "https://", "https://example", "tel:", "mailto:me", "two words", "12"] {
            assert_eq!(parse(typed), Err(LinkFault::Incomplete), "{typed}");
        }
    }

    fn url_of(typed: &str) -> String {
        parse(typed).unwrap().unwrap().url
    }
}
