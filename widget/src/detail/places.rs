//! Where somebody lives: postcodes of the United Kingdom, and a street with a house number.

use super::{Detail, Found};

/// The areas that a postcode can begin with.
const AREAS: &str = " AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC \
     EH EN EX FK FY G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N \
     NE NG NN NP NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR \
     TS TW UB W WA WC WD WF WN WR WS WV YO ZE ";

/// What looks like the second half of a postcode when it is written small, and is a count.
const UNITS: &str = " st nd rd th hr yr wk ft lb gb tb ";

/// Kinds of street that hardly mean anything else.
const STREETS: &str = " street road avenue lane crescent terrace ";

/// The same, cut short: only where the word is over, because "st" may become "street" or "stairs".
const SHORT_STREETS: &str = " st rd ave ";

/// Kinds of street that mean other things, too: only behind a name with a capital.
const PLACES: &str =
    " close court drive gardens grove square way place hill row mews park walk green rise view ";

/// Words that no street is called, before "street" or "road".
const NOT_NAMES: &str = " the a an my our your his her their this that these those same other another one in on at of \
     down up to from across along for by and or more main minute minutes min mins hour hours hr hrs day days week weeks \
     month months year years old mile miles metre metres km people men women cars kids boys girls times doors house \
     houses lane am pm o'clock ";

/// How many words a street's name may have.
const NAME_WORDS: usize = 3;

pub(super) fn find(text: &[char], found: &mut Vec<Found>) {
    let words = words(text);
    for at in 0..words.len() {
        let postcode = postcode(&words, at);
        let address = || address(&words, at).or_else(|| german(&words, at));
        let detail = if postcode.is_some() { Detail::Postcode } else { Detail::Address };
        if let Some(key) = postcode.or_else(address) {
            found.push(Found { detail, key: key.to_uppercase() });
        }
    }
}

struct Word {
    text: String,
    /// Whether nothing but a space, and perhaps a comma, is between it and the one before it.
    joined: bool,
    /// Whether the text ends with it, so that it may grow.
    grows: bool,
}

fn words(text: &[char]) -> Vec<Word> {
    let is_part = |c: &char| c.is_alphanumeric() || *c == '\'' || *c == '’';
    let mut words = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let gap = text[at..].iter().take_while(|c| !is_part(c)).count();
        let joined = matches!(text[at..at + gap], [' '] | [',', ' '] | ['-'] | ['.', ' ']);
        let start = at + gap;
        at = start + text[start..].iter().take_while(|c| is_part(c)).count();
        if at > start {
            words.push(Word { text: text[start..at].iter().collect(), joined, grows: at == text.len() });
        }
    }
    words
}

fn is_in(list: &str, word: &str) -> bool {
    !word.is_empty() && list.split(' ').any(|one| one == word)
}

fn postcode(words: &[Word], at: usize) -> Option<String> {
    let word = &words[at].text;
    if let Some((out, inner)) = word.len().checked_sub(3).and_then(|cut| word.split_at_checked(cut))
        && is_postcode(out, inner)
    {
        return Some(word.clone());
    }
    let next = words.get(at + 1).filter(|next| next.joined)?;
    is_postcode(word, &next.text).then(|| [word.as_str(), &next.text].concat())
}

fn is_postcode(out: &str, inner: &str) -> bool {
    let letters = out.len() - out.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
    let (area, district) = out.split_at(letters);
    let is_district = match district.as_bytes() {
        [first] => first.is_ascii_digit(),
        [first, second] => first.is_ascii_digit() && second.is_ascii_alphanumeric(),
        _ => false,
    };
    let is_inner = match inner.as_bytes() {
        [digit, rest @ ..] if rest.len() == 2 => {
            digit.is_ascii_digit()
                && rest.iter().all(|c| c.is_ascii_alphabetic() && !b"CIKMOVcikmov".contains(c))
        }
        _ => false,
    };
    is_district && is_inner && is_in(AREAS, &area.to_ascii_uppercase()) && !is_in(UNITS, &inner[1..])
}

/// "12 Oak Street", "221b Baker St", "12 rue de Rivoli".
fn address(words: &[Word], at: usize) -> Option<String> {
    let number = &words[at].text;
    let digits = number.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let is_number = (1..=4).contains(&digits.len())
        && number.len() <= digits.len() + 1
        && !digits.starts_with('0')
        && !(digits.len() == 4 && (digits.starts_with("19") || digits.starts_with("20")))
        && digits.bytes().all(|digit| digit.is_ascii_digit());
    if !is_number {
        return None;
    }
    let mut key = number.clone();
    let mut is_named = true;
    for (count, word) in
        words[at + 1..].iter().take_while(|word| word.joined).take(NAME_WORDS + 1).enumerate()
    {
        let small = word.text.to_lowercase();
        key.push_str(&small);
        if count == 0 && is_in(" rue boulevard chemin impasse ", &small) {
            return words.get(at + 2).filter(|name| name.joined).map(|name| key + &name.text);
        }
        let is_short = is_in(SHORT_STREETS, &small) && !word.grows;
        if count > 0 && (is_short || is_in(STREETS, &small) || is_named && is_in(PLACES, &small)) {
            return Some(key);
        }
        is_named &= word.text.chars().next().is_some_and(char::is_uppercase);
        if is_in(NOT_NAMES, &small) || small.chars().any(|c| c.is_ascii_digit()) {
            return None;
        }
    }
    None
}

/// "Hauptstraße 12", "Lindenallee 3a".
fn german(words: &[Word], at: usize) -> Option<String> {
    let street = words[at].text.to_lowercase();
    let number = &words.get(at + 1).filter(|next| next.joined)?.text;
    let is_number = number.len() <= 4 && number.starts_with(|c: char| c.is_ascii_digit());
    let is_street = ["straße", "strasse", "str", "allee", "gasse"]
        .iter()
        .any(|end| street.strip_suffix(end).is_some_and(|name| name.chars().count() > 2));
    (is_number && is_street).then(|| street + number)
}
