//! Personal details in what a visitor types: phone numbers, e-mail addresses, cards, postcodes, street addresses and
//! long numbers. Pure, and only ever asked about the visitor's own composer: nothing of the answer leaves the device.
//!
//! It is a hint and no filter. A detail that is missed costs little; a hint that is wrong costs trust, so whatever is
//! more likely a date, an amount, a year, a short number or a helpline's own number is passed over. Names are not
//! looked for: a first name is how people talk with each other.

pub(crate) mod hints;
mod numbers;
mod places;
#[cfg(test)]
mod tests;

/// A kind of personal detail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// A telephone number that is likely somebody's own.
    Phone,
    /// An e-mail address.
    Email,
    /// The number of a payment card.
    Card,
    /// A postcode of the United Kingdom.
    Postcode,
    /// A street with a house number.
    Address,
    /// A long number of another kind: an account, a passport, a file.
    Number,
}

/// A detail, and what it comes down to without spaces and signs: the same detail again has the same key.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) detail: Detail,
    pub(crate) key: String,
}

/// Never shows what was typed.
impl std::fmt::Debug for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.detail)
    }
}

/// All details in a text.
pub(crate) fn details(text: &str) -> Vec<Found> {
    let text: Vec<char> = text.chars().filter_map(plain).collect();
    let mut found = Vec::new();
    emails(&text, &mut found);
    numbers::find(&text, &mut found);
    places::find(&text, &mut found);
    found
}

/// What identifies a contact, such as `tel:+448081570123`, in the way of [`Found::key`].
pub(crate) fn key_of_contact(uri: &str) -> String {
    let address = uri.split_once(':').map_or(uri, |(_, address)| address);
    let address = address.split(['?', ';']).next().unwrap_or_default();
    if address.contains('@') {
        address.to_lowercase()
    } else {
        address.chars().filter(char::is_ascii_digit).collect()
    }
}

/// The zeros of the decimal digits people type, besides ASCII: Arabic, Persian, NKo, Devanagari, Bengali, Gurmukhi,
/// Gujarati, Oriya, Tamil, Telugu, Kannada, Malayalam, Thai, Lao, Tibetan, Burmese, Khmer, Mongolian, full width.
const ZEROS: [u32; 19] = [
    0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0E50,
    0x0ED0, 0x0F20, 0x1040, 0x17E0, 0x1810, 0xFF10,
];

/// One way of writing for what is written in several: digits, spaces, dashes, signs. What is not seen is left out.
fn plain(c: char) -> Option<char> {
    let code = u32::from(c);
    Some(match c {
        ' '..='~' => c,
        '\u{A0}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{3000}' | '\t' => ' ',
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FF0D}' => '-',
        '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' => {
            return None;
        }
        '＋' => '+',
        '＠' => '@',
        '（' => '(',
        '）' => ')',
        _ => ZEROS
            .iter()
            .find_map(|zero| code.checked_sub(*zero).filter(|value| *value < 10))
            .and_then(|value| char::from_digit(value, 10))
            .unwrap_or(c),
    })
}

fn emails(text: &[char], found: &mut Vec<Found>) {
    for (at, _) in text.iter().enumerate().filter(|(_, c)| **c == '@') {
        let is_local = |c: &char| c.is_alphanumeric() || "._%+-'".contains(*c);
        let is_host = |c: &char| c.is_alphanumeric() || ".-".contains(*c);
        let start = at - text[..at].iter().rev().take_while(|c| is_local(c)).count();
        let end = at + 1 + text[at + 1..].iter().take_while(|c| is_host(c)).count();
        let host: String = text[at + 1..end].iter().collect();
        let host = host.trim_end_matches(['.', '-']);
        let is_whole = host.rsplit_once('.').is_some_and(|(name, top)| {
            !name.is_empty() && top.chars().count() >= 2 && top.chars().all(char::is_alphabetic)
        });
        if start < at && is_whole {
            let local: String = text[start..at].iter().collect();
            let key = [&local, "@", host].concat().to_lowercase();
            found.push(Found { detail: Detail::Email, key });
        }
    }
}
