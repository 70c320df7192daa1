//! What is a personal detail and what is not, in several scripts of digits; and when it is hinted at.

use super::hints::Hints;
use super::*;

/// What somebody may not have meant to tell.
const DETAILS: &[(&str, Detail)] = &[
    // Telephone numbers of the United Kingdom, as people write them.
    ("My number is 07700 900123", Detail::Phone),
    ("07700900123", Detail::Phone),
    ("call me on 0770 090 0123 please", Detail::Phone),
    ("020 7946 0123", Detail::Phone),
    ("(020) 7946 0123", Detail::Phone),
    ("0161-496-0123", Detail::Phone),
    ("01632 960123.", Detail::Phone),
    // With the country.
    ("+44 7700 900123", Detail::Phone),
    ("+447700900123", Detail::Phone),
    ("+44 (0)20 7946 0123", Detail::Phone),
    ("0044 20 7946 0123", Detail::Phone),
    ("+1 (202) 555-0143", Detail::Phone),
    ("+49 30 23125 123", Detail::Phone),
    ("+33 6 39 98 12 34", Detail::Phone),
    ("+48\u{A0}601\u{A0}234\u{A0}567", Detail::Phone),
    ("+353.20.912.3456", Detail::Phone),
    // Other countries' ways.
    ("(202) 555-0143", Detail::Phone),
    ("202-555-0143", Detail::Phone),
    ("1-202-555-0143", Detail::Phone),
    ("06 39 98 12 34", Detail::Phone),
    ("06.39.98.12.34", Detail::Phone),
    ("01.05.24.18.30", Detail::Phone),
    ("030/23125123", Detail::Phone),
    ("0171 3920012", Detail::Phone),
    ("98765 43210", Detail::Phone),
    ("(02) 5550 1234", Detail::Phone),
    // Other digits, dashes and spaces, and marks that nobody sees.
    ("رقمي ٠٧٧٠٠٩٠٠١٢٣", Detail::Phone),
    ("شماره‌ام ۰۹۱۲ ۳۴۵ ۶۷۸۹ است", Detail::Phone),
    ("मेरा नंबर ९८७६५ ४३२१० है", Detail::Phone),
    ("আমার নম্বর ০১৭১২ ৩৪৫৬৭৮", Detail::Phone),
    ("০১৭১২৩৪৫৬৭৮", Detail::Phone),
    ("เบอร์ ๐๘๑ ๒๓๔ ๕๖๗๘", Detail::Phone),
    ("電話は０９０－１２３４－５６７８です", Detail::Phone),
    ("电话13812345678", Detail::Number),
    ("\u{202A}+44 7700 900123\u{202C}", Detail::Phone),
    ("07700\u{2013}900\u{2013}123", Detail::Phone),
    // E-mail addresses.
    ("write to robin.smith@example.org", Detail::Email),
    ("ROBIN+home@mail.example.co.uk.", Detail::Email),
    ("(x_y-z%1@example.com)", Detail::Email),
    ("привет@пример.рф", Detail::Email),
    ("sam＠example.com", Detail::Email),
    // Payment cards.
    ("4111 1111 1111 1111", Detail::Card),
    ("4111111111111111", Detail::Card),
    ("5555-5555-5555-4444", Detail::Card),
    ("3782 822463 10005", Detail::Card),
    ("٤١١١ ١١١١ ١١١١ ١١١١", Detail::Card),
    // Long numbers.
    ("my account is 31926819", Detail::Number),
    ("sort code 12-34-56 31926819", Detail::Number),
    ("passport 925665416", Detail::Number),
    ("4111111111111112", Detail::Number),
    // Postcodes.
    ("I live in SW1A 1AA", Detail::Postcode),
    ("m1 1ae", Detail::Postcode),
    ("EC1A1BB", Detail::Postcode),
    ("B33 8TH", Detail::Postcode),
    ("near CR2 6XH, you know", Detail::Postcode),
    ("dn55 1pt?", Detail::Postcode),
    ("W1A 0AX", Detail::Postcode),
    // Streets with a number.
    ("we live at 12 Oak Street", Detail::Address),
    ("221b baker street", Detail::Address),
    ("Flat 3, 48 St John's Road", Detail::Address),
    ("7 high st, you know", Detail::Address),
    ("9 Abbey Close", Detail::Address),
    ("16 Elm Tree Avenue", Detail::Address),
    ("Hauptstraße 12", Detail::Address),
    ("Lindenstr. 4a", Detail::Address),
    ("12, rue de Rivoli", Detail::Address),
];

/// What tells nothing of anybody, or is more likely something else.
const NOTHING: &[&str] = &[
    "",
    "I have not slept well for weeks.",
    // Numbers to call for help, and short ones.
    "should I call 999?",
    "112 or 911 or 101",
    "116 123",
    "116123 116 000 116 111",
    "0800 1111",
    "08001111",
    "0808 157 0123",
    "+44 808 157 0199",
    "1-800-555-0199",
    "(888) 555-0143",
    "1800 555 019",
    "text SHOUT to 85258",
    // Dates, times and years.
    "since 12/05/2024",
    "on 2026-11-22",
    "22.11.2026",
    "22. 11. 2026",
    "20261122",
    "22112026",
    "01.05.24 18.30",
    "12/05/2024 18.30",
    "from 2019 to 2021, 2019 2020 2021",
    "2019 - 2020",
    "at 09.30 10.30 11.30",
    "at 22:00, 23:30 and 04:15",
    "24/7",
    "born in 1987",
    // Amounts, scores, lists.
    "I owe £12000000",
    "it was 10000000€",
    "1,000,000,000 people",
    "1.000.000.000",
    "10 000 000",
    "1 2 3 4 5 6 7 8 9 10",
    "10 20 30 40 50 60",
    "0-0 0-1 1-1 2-1 3-1",
    "00000000000",
    "1111111111111111",
    "3 pills of 500 mg, 2 times",
    "3.14159",
    "99999",
    "٩٩٩ أو ١٤ سنة في ٢٠٢٦",
    // Names that hold numbers.
    "user4711@",
    "@robin on there",
    "me@home",
    "abc12345678",
    "https://example.org/12345678?id=123456789",
    "#12345678",
    // Not quite a postcode.
    "my PS5 2hr a day",
    "it was my M4 3rd time",
    "b1 at 3pm",
    "e2 2nd floor",
    "I got an A1 1st time",
    "H1N1 and covid19, mp3, G20",
    // Not quite a street.
    "5 minutes down the road",
    "2 hours drive",
    "1 more street",
    "a 4 lane road",
    "3 people close to me",
    "I am 15 and walk on the street",
    "50 shades of green",
    "100 metres walk",
    "in 2019 high street shops closed",
    "the 2 of us close the door",
    "my name is Sam",
];

#[test]
fn details_are_found_for_what_they_are() {
    let wrong: Vec<_> = DETAILS
        .iter()
        .map(|(text, detail)| (text, vec![*detail], kinds(text)))
        .filter(|(_, expected, found)| expected != found)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_tells_nothing_is_passed_over() {
    let wrong: Vec<_> =
        NOTHING.iter().map(|text| (text, kinds(text))).filter(|(_, found)| !found.is_empty()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn whatever_is_typed_is_read_to_its_end() {
    // Every piece of every case, and pieces beside each other.
    for (text, _) in DETAILS {
        for (at, _) in text.char_indices() {
            details(&text[..at]);
            details(&text[at..]);
            details(&[&text[at..], &text[..at]].concat());
        }
    }
    let long = "+0 (1)@/".repeat(500);
    details(&long);
}

#[test]
fn a_text_may_hold_several() {
    assert_eq!(
        kinds("Robin, 12 Oak Street, SW1A 1AA, 07700 900123, robin@example.org"),
        [Detail::Email, Detail::Phone, Detail::Address, Detail::Postcode],
    );
}

#[test]
fn a_hint_stays_while_the_detail_is_typed_on_and_goes_with_it() {
    let mut hints = Hints::default();
    let mut kinds = Vec::new();
    for end in 1..="07700 900123".len() {
        kinds.push(hints.look(&"07700 900123"[..end], &[]));
    }
    kinds.dedup();
    assert_eq!(kinds, [None, Some(Detail::Phone)]);
    assert_eq!(hints.look("", &[]), None);
    assert_eq!(hints.look("07700 900123", &[]), None, "the same once more");
    assert_eq!(hints.look("07700 900456", &[]), Some(Detail::Phone));
}

#[test]
fn a_detail_that_turns_into_another_while_it_is_typed_is_hinted_at() {
    for text in [
        "I live at 12 Oak Street",
        "12 Oak Avenue",
        "robin@example.org",
        "it is SW1A 1AA",
        "4111 1111 1111 1111",
    ] {
        let mut hints = Hints::default();
        let last = text.char_indices().map(|(end, _)| hints.look(&text[..end], &[])).last();
        assert!(last.is_some());
        assert_eq!(hints.look(text, &[]), Some(details(text)[0].detail), "{text}");
    }
}

#[test]
fn what_was_read_is_let_be_and_the_next_is_shown() {
    let mut hints = Hints::default();
    let text = "07700 900123 and robin@example.org";
    assert_eq!(hints.look(text, &[]), Some(Detail::Email));
    hints.settle();
    assert_eq!(hints.look(text, &[]), Some(Detail::Phone));
    hints.settle();
    assert_eq!(hints.look(text, &[]), None);
    assert_eq!(hints.look(&[text, "."].concat(), &[]), None);
}

#[test]
fn a_hint_that_was_dismissed_stays_away_while_the_number_grows() {
    let mut hints = Hints::default();
    assert_eq!(hints.look("0770090012", &[]), Some(Detail::Phone));
    hints.settle();
    assert_eq!(hints.look("07700900123", &[]), None);
}

#[test]
fn the_helplines_own_contacts_are_no_reason() {
    let known =
        ["tel:+442079460123", "sms:07700900999?body=Hi", "mailto:Help@example.org"].map(key_of_contact);
    let mut hints = Hints::default();
    for text in ["020 7946 0123", "+44 20 7946 0123", "07700 900999", "help@example.org"] {
        for (end, _) in
            text.char_indices().chain([(text.len(), ' ')]).filter(|(at, _)| *at > 8 || text.contains("999"))
        {
            assert_eq!(hints.look(&text[..end], &known), None, "{}", &text[..end]);
        }
    }
    assert_eq!(hints.look("020 7946 0124", &known), Some(Detail::Phone));
    assert_eq!(Hints::default().look("robin@example.org", &known), Some(Detail::Email));
}

#[test]
fn each_kind_is_said_aloud_once() {
    let mut hints = Hints::default();
    assert!(hints.is_first(Detail::Phone) && hints.is_first(Detail::Email));
    assert!(!hints.is_first(Detail::Phone));
}

fn kinds(text: &str) -> Vec<Detail> {
    details(text).into_iter().map(|found| found.detail).collect()
}
