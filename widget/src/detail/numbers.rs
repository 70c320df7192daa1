//! Numbers that say who somebody is: telephone, payment card, account. And the many that do not.

use super::{Detail, Found};

/// Digits in a row that are a number of somebody or something, and not a count.
const LONG: usize = 8;

/// Digits with what stands between them: "+44 (0)20 7946 0123".
struct Run {
    /// Whether a plus stands before it.
    plus: bool,
    /// The digits, without what is between them.
    digits: String,
    /// How many digits stand together.
    groups: Vec<usize>,
    /// What is between the groups.
    gaps: Vec<String>,
}

pub(super) fn find(text: &[char], found: &mut Vec<Found>) {
    let mut at = 0;
    while at < text.len() {
        let before = at.checked_sub(1).map_or(' ', |at| text[at]);
        let is_start = text[at].is_ascii_digit() || (text[at] == '+' && follows(text, at + 1));
        if !is_start {
            at += 1;
            continue;
        }
        let (run, end) = read(text, at);
        let after = text.get(end).copied().unwrap_or(' ');
        // Part of a word, an amount, an address on the web or a name of something: nobody's number.
        let is_apart = !before.is_ascii_alphanumeric() && !"£$€¥₹#@_=&/".contains(before);
        if is_apart && !after.is_ascii_alphanumeric() && !"£$€¥₹%@_".contains(after) {
            found.extend(kind(&run).map(|detail| Found { detail, key: run.digits }));
        }
        at = end;
    }
}

fn follows(text: &[char], at: usize) -> bool {
    text.get(at).is_some_and(char::is_ascii_digit)
}

/// Reads from a digit or a plus to the last digit that belongs to the same number.
fn read(text: &[char], start: usize) -> (Run, usize) {
    let plus = text[start] == '+';
    let mut at = start + usize::from(plus);
    let mut run = Run { plus, digits: String::new(), groups: Vec::new(), gaps: Vec::new() };
    loop {
        let from = at;
        while follows(text, at) {
            run.digits.push(text[at]);
            at += 1;
        }
        run.groups.push(at - from);
        let gap = text[at..].iter().take_while(|c| " -.()/".contains(**c)).count();
        // " - ", ") " and the like; more than that is between two numbers.
        if gap == 0 || gap > 3 || !follows(text, at + gap) {
            return (run, at);
        }
        run.gaps.push(text[at..at + gap].iter().collect());
        at += gap;
    }
}

fn kind(run: &Run) -> Option<Detail> {
    let count = run.digits.len();
    let first = run.digits.bytes().next()?;
    if count < LONG || run.digits.bytes().all(|digit| digit == first) || is_everyday(run) {
        return None;
    }
    if is_card(run) {
        return Some(Detail::Card);
    }
    if is_free_to_call(run) {
        return None;
    }
    if is_phone(run) {
        return Some(Detail::Phone);
    }
    // Half a telephone number is not yet anything.
    let longest = run.groups.iter().copied().max().unwrap_or_default();
    let is_long = longest > LONG || (longest == LONG && first != b'0');
    is_long.then_some(Detail::Number)
}

/// Dates, years, times and large counts.
fn is_everyday(run: &Run) -> bool {
    let groups = run.groups.as_slice();
    let all = |gap: &str| run.gaps.iter().all(|between| between == gap);
    let is_written_as_date = match groups {
        [1 | 2, 1 | 2, 2 | 4] | [1 | 2, 1 | 2, 4, ..] | [4, 1 | 2, 1 | 2, ..] => true,
        // With a time behind it, and no number in pairs.
        [1 | 2, 1 | 2, 2, ..] => run.gaps.get(1) != run.gaps.get(2),
        _ => false,
    };
    let is_date = is_written_as_date
        && run.gaps.iter().take(2).all(|gap| matches!(gap.as_str(), "." | "/" | "-" | ". "))
        && !run.plus
        && is_likely_date(run);
    let is_thousands = all(".")
        && groups.len() > 1
        && groups[0] <= 3
        && groups[1..].iter().all(|group| *group == 3)
        && !run.digits.starts_with('0');
    // "2019 2020 2021", "2019 - 2020".
    let is_years = groups.iter().all(|group| *group == 4) && {
        let year = |at: usize| run.digits.get(at * 4..at * 4 + 2);
        (0..groups.len()).all(|at| matches!(year(at), Some("19" | "20")))
    };
    let is_compact_date = matches!(groups, [8]) && {
        let day_and_month = |day: &str, month: &str| {
            matches!(day.parse(), Ok(1..=31_u8)) && matches!(month.parse(), Ok(1..=12_u8))
        };
        let d = run.digits.as_str();
        let is_year = |year: &str| year.starts_with("19") || year.starts_with("20");
        (is_year(&d[..4]) && day_and_month(&d[6..], &d[4..6]))
            || (is_year(&d[4..]) && day_and_month(&d[..2], &d[2..4]))
    };
    is_date || is_thousands || is_years || is_compact_date
}

/// Whether the first groups can be a day, a month and a year, in any order.
fn is_likely_date(run: &Run) -> bool {
    let mut rest = run.digits.as_str();
    let mut parts = run.groups.iter().take(3).filter_map(|group| {
        let (part, more) = rest.split_at_checked(*group)?;
        rest = more;
        part.parse::<u32>().ok()
    });
    let (Some(a), Some(b), Some(c)) = (parts.next(), parts.next(), parts.next()) else { return false };
    let is_small = |value: u32| (1..=31).contains(&value);
    // "12-34-56 12345678" is no date with something behind it: no month is the 34th.
    (is_small(a) && is_small(b) && a.min(b) <= 12) || (a >= 1900 && b <= 12 && is_small(c))
}

/// A number that satisfies the sum of Luhn (ISO/IEC 7812-1, annex B) and begins as cards do.
fn is_card(run: &Run) -> bool {
    let is_written_so =
        run.gaps.iter().all(|gap| gap == " " || gap == "-") && run.groups.iter().all(|group| *group >= 3);
    let sum: u32 = run
        .digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, digit)| match u32::from(digit - b'0') * (1 + at as u32 % 2) {
            value if value > 9 => value - 9,
            value => value,
        })
        .sum();
    !run.plus
        && (13..=19).contains(&run.digits.len())
        && matches!(run.digits.as_bytes()[0], b'2'..=b'6')
        && is_written_so
        && sum.is_multiple_of(10)
}

fn is_phone(run: &Run) -> bool {
    let count = run.digits.len();
    let groups = run.groups.as_slice();
    let slashes = run.gaps.iter().filter(|gap| gap.contains('/')).count();
    if slashes > 1 || run.groups.len() > 8 {
        return false;
    }
    if run.plus || run.digits.starts_with("00") {
        return (LONG..=16).contains(&count);
    }
    if run.digits.starts_with('0') {
        // Pairs are written alike; times and scores are not.
        let is_pairs =
            groups.iter().all(|group| *group == 2) && run.gaps.windows(2).all(|gaps| gaps[0] == gaps[1]);
        return (9..=12).contains(&count) && (is_pairs || groups.iter().any(|group| *group >= 3));
    }
    // Without the zero before it a number is known by how it is grouped: North America, India, Australia.
    let is_grouped = matches!(groups, [3, 3, 4] | [1, 3, 3, 4] | [5, 5] | [4, 3, 3]);
    is_grouped && (groups.len() != 4 || run.digits.starts_with('1'))
}

/// Numbers that cost nothing to call: only organisations have them, and whoever writes one down gives nobody away.
fn is_free_to_call(run: &Run) -> bool {
    const NORTH_AMERICA: [&str; 7] = ["800", "833", "844", "855", "866", "877", "888"];
    let digits = run.digits.as_str();
    let abroad = if run.plus { Some(digits) } else { digits.strip_prefix("00") };
    let american = abroad.unwrap_or(digits).strip_prefix('1');
    let american = american.or_else(|| (run.groups == [3, 3, 4]).then_some(digits));
    let other = match abroad {
        Some(abroad) => abroad.strip_prefix("44").unwrap_or(abroad).trim_start_matches('0'),
        None => digits.strip_prefix('0').unwrap_or_default(),
    };
    NORTH_AMERICA.iter().any(|code| american.is_some_and(|number| number.starts_with(code)))
        || ["800", "808"].iter().any(|code| other.starts_with(code))
}
