/* What is a personal detail and what is not, in several scripts of digits; and when it is hinted at. */

import assert from "node:assert/strict";
import test from "node:test";

import { details, hints } from "./details.js";

/** What somebody may not have meant to tell. */
const DETAILS = [
  // Telephone numbers of the United Kingdom, as people write them.
  ["My number is 07700 900123", "phone"],
  ["07700900123", "phone"],
  ["call me on 0770 090 0123 please", "phone"],
  ["020 7946 0123", "phone"],
  ["(020) 7946 0123", "phone"],
  ["0161-496-0123", "phone"],
  ["01632 960123.", "phone"],
  // With the country.
  ["+44 7700 900123", "phone"],
  ["+447700900123", "phone"],
  ["+44 (0)20 7946 0123", "phone"],
  ["0044 20 7946 0123", "phone"],
  ["+1 (202) 555-0143", "phone"],
  ["+49 30 23125 123", "phone"],
  ["+33 6 39 98 12 34", "phone"],
  ["+48\u00a0601\u00a0234\u00a0567", "phone"],
  ["+353.20.912.3456", "phone"],
  // Other countries' ways.
  ["(202) 555-0143", "phone"],
  ["202-555-0143", "phone"],
  ["1-202-555-0143", "phone"],
  ["06 39 98 12 34", "phone"],
  ["06.39.98.12.34", "phone"],
  ["01.05.24.18.30", "phone"],
  ["030/23125123", "phone"],
  ["0171 3920012", "phone"],
  ["98765 43210", "phone"],
  ["(02) 5550 1234", "phone"],
  // Other digits, dashes and spaces, and marks that nobody sees.
  ["رقمي ٠٧٧٠٠٩٠٠١٢٣", "phone"],
  ["شماره‌ام ۰۹۱۲ ۳۴۵ ۶۷۸۹ است", "phone"],
  ["मेरा नंबर ९८७६५ ४३२१० है", "phone"],
  ["আমার নম্বর ০১৭১২ ৩৪৫৬৭৮", "phone"],
  ["০১৭১২৩৪৫৬৭৮", "phone"],
  ["เบอร์ ๐๘๑ ๒๓๔ ๕๖๗๘", "phone"],
  ["電話は０９０－１２３４－５６７８です", "phone"],
  ["电话13812345678", "number"],
  ["\u202a+44 7700 900123\u202c", "phone"],
  ["07700\u2013900\u2013123", "phone"],
  // E-mail addresses.
  ["write to robin.smith@example.org", "email"],
  ["ROBIN+home@mail.example.co.uk.", "email"],
  ["(x_y-z%1@example.com)", "email"],
  ["привет@пример.рф", "email"],
  ["sam＠example.com", "email"],
  // Payment cards.
  ["4111 1111 1111 1111", "card"],
  ["4111111111111111", "card"],
  ["5555-5555-5555-4444", "card"],
  ["3782 822463 10005", "card"],
  ["٤١١١ ١١١١ ١١١١ ١١١١", "card"],
  // Long numbers.
  ["my account is 31926819", "number"],
  ["sort code 12-34-56 31926819", "number"],
  ["passport 925665416", "number"],
  ["4111111111111112", "number"],
  // Postcodes.
  ["I live in SW1A 1AA", "postcode"],
  ["m1 1ae", "postcode"],
  ["EC1A1BB", "postcode"],
  ["B33 8TH", "postcode"],
  ["near CR2 6XH, you know", "postcode"],
  ["dn55 1pt?", "postcode"],
  ["W1A 0AX", "postcode"],
  // Streets with a number.
  ["we live at 12 Oak Street", "address"],
  ["221b baker street", "address"],
  ["Flat 3, 48 St John's Road", "address"],
  ["7 high st, you know", "address"],
  ["9 Abbey Close", "address"],
  ["16 Elm Tree Avenue", "address"],
  ["Hauptstraße 12", "address"],
  ["Lindenstr. 4a", "address"],
  ["12, rue de Rivoli", "address"],
];

/** What tells nothing of anybody, or is more likely something else. */
const NOTHING = [
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

test("details are found for what they are", () => {
  for (const [text, kind] of DETAILS) assert.deepEqual(kinds(text), [kind], text);
});

test("what tells nothing is passed over", () => {
  for (const text of NOTHING) assert.deepEqual(kinds(text), [], text);
});

test("whatever is typed is read to its end, and soon", () => {
  // Every piece of every case, and pieces beside each other.
  for (const [text] of DETAILS) {
    for (const at of [...text].keys()) {
      details(text.slice(0, at));
      details(text.slice(at));
      details(text.slice(at) + text.slice(0, at));
    }
  }
  const begun = performance.now();
  for (const piece of ["+0 (1)@/", "1 ", "a@", "1-", "@.", "12 Oak ", "9", "a", "(((", "a.@a.a"]) {
    details(piece.repeat(4000 / piece.length));
  }
  assert.ok(performance.now() - begun < 2000, "texts as long as they may be are read at once");
});

test("a text may hold several", () => {
  const text = "Robin, 12 Oak Street, SW1A 1AA, 07700 900123, robin@example.org";
  assert.deepEqual(kinds(text), ["email", "phone", "address", "postcode"]);
});

test("a hint stays while the detail is typed on and goes with it", () => {
  const { look } = hints();
  const number = "07700 900123";
  const shown = [...number].map((_, at) => look(number.slice(0, at + 1), []));
  assert.deepEqual([...new Set(shown)], ["", "phone"]);
  assert.equal(shown.lastIndexOf(""), shown.indexOf("phone") - 1);
  assert.equal(look("", []), "");
  assert.equal(look("07700 900123", []), "", "the same once more");
  assert.equal(look("07700 900456", []), "phone");
});

test("a detail that turns into another while it is typed is hinted at", () => {
  const texts = ["I live at 12 Oak Street", "12 Oak Avenue", "robin@example.org", "it is SW1A 1AA", "4111 1111 1111 1111"];
  for (const text of texts) {
    const { look } = hints();
    for (const at of [...text].keys()) look(text.slice(0, at), []);
    assert.equal(look(text, []), kinds(text)[0], text);
  }
});

test("what was read is let be and the next is shown", () => {
  const { look, settle } = hints();
  const text = "07700 900123 and robin@example.org";
  assert.equal(look(text, []), "email");
  settle();
  assert.equal(look(text, []), "phone");
  settle();
  assert.equal(look(text, []), "");
  assert.equal(look(text + ".", []), "");
});

test("a hint that was dismissed stays away while the number grows", () => {
  const { look, settle } = hints();
  assert.equal(look("0770090012", []), "phone");
  settle();
  assert.equal(look("07700900123", []), "");
});

test("the helpline's own contacts are no reason", () => {
  const own = ["tel:+442079460123", "sms:07700900999?body=Hi", "mailto:Help@example.org"];
  const { look } = hints();
  for (const text of ["020 7946 0123", "+44 20 7946 0123", "07700 900999", "help@example.org"]) {
    for (let end = text.includes("999") ? 0 : 9; end <= text.length; end++) {
      assert.equal(look(text.slice(0, end), own), "", text.slice(0, end));
    }
  }
  assert.equal(look("020 7946 0124", own), "phone");
  assert.equal(hints().look("robin@example.org", own), "email");
});

function kinds(text) {
  return details(text).map(({ kind }) => kind);
}
