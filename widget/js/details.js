/*
 * Personal details in what a visitor types: phone numbers, e-mail addresses, cards, postcodes, street addresses and
 * long numbers. Loaded with the first key struck in the composer. It sees the composer's text and keeps the rest of it
 * in memory only; nothing of it leaves the widget.
 *
 * It is a hint and no filter. A detail that is missed costs little; a hint that is wrong costs trust, so whatever is
 * more likely a date, an amount, a year, a short number or a helpline's own number is passed over. Names are not
 * looked for: a first name is how people talk with each other.
 */

/** The fewest digits that are looked at: a bank account, a telephone number without its area. */
const LONG = 8;

/** The last digits of a number that identify it whatever way its country is written. */
const TAIL = 9;

/** How many words the name of a street may have. */
const NAME_WORDS = 3;

/** The zero of each script whose digits people write numbers with. */
const ZEROS = [
  0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0e50, 0x0ed0,
  0x0f20, 0x1040, 0x17e0, 0x1810, 0xff10,
];

const list = (words) => new Set(words.split(" "));

/** The areas of the postcodes of the United Kingdom. */
const AREAS = list(
  "AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN EX FK FY G " +
    "GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N NE NG NN NP NR NW " +
    "OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB W WA WC " +
    "WD WF WN WR WS WV YO ZE",
);

/** What follows a number and looks like the end of a postcode. */
const UNITS = list("st nd rd th hr yr wk ft lb gb tb");

/** What streets are called, behind their name. */
const STREETS = list("street road avenue lane crescent terrace");

/** The same shortened: only once something follows, for other words begin like this. */
const SHORT_STREETS = list("st rd ave");

/** What streets are called that other things are called, too: only behind a name with capitals. */
const PLACES = list("close court drive gardens grove square way place hill row mews park walk green rise view");

/** In front of their name. */
const RUES = list("rue boulevard chemin impasse");

/** At the end of their name. */
const STRASSEN = ["straße", "strasse", "str", "allee", "gasse"];

/** What stands between a number and one of those words where no street is meant. */
const NOT_NAMES = list(
  "the a an my our your his her their this that these those same other another one in on at of down up to from across " +
    "along for by and or more main minute minutes minute's min mins hour hours hr hrs day days week weeks month months " +
    "year years old mile miles metre metres km people men women cars kids boys girls times doors house houses lane am " +
    "pm o'clock",
);

/** Text with the digits and spaces of other scripts as those of this one, and without what nobody sees. */
const plain = (text) =>
  text
    .replace(/[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069]/g, "")
    .replace(/[\u00a0\u2000-\u200a\u202f\u3000\t]/g, " ")
    .replace(/[\u2010-\u2015\u2212\uff0d]/g, "-")
    .replace(/[＋＠（）]/g, (wide) => String.fromCharCode(wide.charCodeAt() - 0xfee0))
    .replace(/[\u0660-\uff19]/g, (sign) => {
      const code = sign.charCodeAt();
      const zero = ZEROS.find((zero) => code >= zero && code < zero + 10);
      return zero ? code - zero : sign;
    });

function* emails(text) {
  for (const [, local, after] of text.matchAll(/([\p{Alphabetic}\p{N}._%+'-]+)@(?=([\p{Alphabetic}\p{N}.-]*))/gu)) {
    const host = after.replace(/[.-]+$/, "");
    if (/.\.\p{Alphabetic}{2,}$/u.test(host)) yield { kind: "email", key: `${local}@${host}`.toLowerCase() };
  }
}

function* numbers(text) {
  for (const match of text.matchAll(/\+?\d+(?:[ .()/-]{1,3}\d+)*/g)) {
    const [run] = match;
    const before = text[match.index - 1] ?? " ";
    const after = text[match.index + run.length] ?? " ";
    // Part of a word, an amount, an address on the web or a name of something: nobody's number.
    if (/[a-z\d£$€¥₹#@_=&/]/i.test(before) || /[a-z\d£$€¥₹%@_]/i.test(after)) continue;
    const groups = run.match(/\d+/g);
    const number = {
      plus: run[0] == "+",
      digits: groups.join(""),
      groups: groups.map((group) => group.length),
      gaps: run.replace("+", "").match(/\D+/g) ?? [],
    };
    const kind = kindOf(number);
    if (kind) yield { kind, key: number.digits };
  }
}

function kindOf(number) {
  const { digits, groups } = number;
  if (digits.length < LONG || /^(.)\1*$/.test(digits) || isEveryday(number)) return;
  if (isCard(number)) return "card";
  if (isFreeToCall(number)) return;
  if (isPhone(number)) return "phone";
  // Half a telephone number is not yet anything.
  const longest = Math.max(...groups);
  if (longest > LONG || (longest == LONG && digits[0] != "0")) return "number";
}

/** Dates, years, and numbers in thousands. */
function isEveryday({ plus, digits, groups, gaps }) {
  const shape = groups.join();
  const isWrittenAsDate =
    /^([12],[12],[24]|[12],[12],4,.*|4,[12],[12](,.*)?)$/.test(shape) ||
    // With a time behind it, and no number in pairs.
    (/^[12],[12],2,/.test(shape) && gaps[1] != gaps[2]);
  const isDate =
    isWrittenAsDate &&
    gaps.slice(0, 2).every((gap) => [".", "/", "-", ". "].includes(gap)) &&
    !plus &&
    isLikelyDate(digits, groups);
  const isThousands =
    groups.length > 1 &&
    gaps.every((gap) => gap == ".") &&
    groups[0] <= 3 &&
    groups.slice(1).every((group) => group == 3) &&
    digits[0] != "0";
  // "2019 2020 2021", "2019 - 2020".
  const isYears = groups.every((group) => group == 4) && /^((19|20)\d\d)+$/.test(digits);
  const isCompactDate =
    shape == "8" &&
    /^((19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])|(0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])(19|20)\d\d)$/.test(digits);
  return isDate || isThousands || isYears || isCompactDate;
}

function isLikelyDate(digits, groups) {
  let at = 0;
  const [a, b, c] = groups.slice(0, 3).map((group) => Number(digits.slice(at, (at += group))));
  const isSmall = (value) => value >= 1 && value <= 31;
  // "12-34-56 12345678" is no date with something behind it: no month is the 34th.
  return (isSmall(a) && isSmall(b) && Math.min(a, b) <= 12) || (a >= 1900 && b <= 12 && isSmall(c));
}

/** A payment card: as long as they are, with a sum that fits. Source: ISO/IEC 7812-1, annex B (Luhn). */
function isCard({ plus, digits, groups, gaps }) {
  let sum = 0;
  [...digits].reverse().forEach((digit, at) => {
    const value = digit * (1 + (at % 2));
    sum += value > 9 ? value - 9 : value;
  });
  const isWrittenSo = gaps.every((gap) => gap == " " || gap == "-") && groups.every((group) => group >= 3);
  return !plus && /^[2-6]\d{12,18}$/.test(digits) && isWrittenSo && sum % 10 == 0;
}

function isPhone({ plus, digits, groups, gaps }) {
  const count = digits.length;
  if (gaps.filter((gap) => gap.includes("/")).length > 1 || groups.length > 8) return false;
  if (plus || digits.startsWith("00")) return count <= 16;
  if (digits[0] == "0") {
    // Pairs are written alike; times and scores are not.
    const isPairs = groups.every((group) => group == 2) && gaps.every((gap) => gap == gaps[0]);
    return count >= 9 && count <= 12 && (isPairs || groups.some((group) => group >= 3));
  }
  // Without the zero before it a number is known by how it is grouped: North America, India, Australia.
  return /^(3,3,4|5,5|4,3,3)$/.test(groups.join()) || (groups.join() == "1,3,3,4" && digits[0] == "1");
}

/** Numbers that anybody may call: of helplines and companies, and nobody's own. */
function isFreeToCall({ plus, digits, groups }) {
  const abroad = plus ? digits : digits.startsWith("00") ? digits.slice(2) : undefined;
  const full = abroad ?? digits;
  const american = full[0] == "1" ? full.slice(1) : groups.join() == "3,3,4" ? digits : "";
  const other = abroad ? abroad.replace(/^44/, "").replace(/^0+/, "") : digits[0] == "0" ? digits.slice(1) : "";
  return /^8(00|33|44|55|66|77|88)/.test(american) || /^80[08]/.test(other);
}

function* places(text) {
  const words = [];
  let end = 0;
  for (const { 0: word, index } of text.matchAll(/[\p{Alphabetic}\p{N}'’]+/gu)) {
    const joined = [" ", ", ", "-", ". "].includes(text.slice(end, index));
    end = index + word.length;
    words.push({ word, small: word.toLowerCase(), joined, grows: end == text.length });
  }
  for (const at of words.keys()) {
    const postcode = postcodeAt(words, at);
    const key = postcode ?? addressAt(words, at) ?? germanAt(words, at);
    if (key) yield { kind: postcode ? "postcode" : "address", key: key.toUpperCase() };
  }
}

const isPostcode = (text) => {
  const [, area, inner] = /^([a-z]+)\d[a-z\d]?\d([abd-hjlnp-uw-z]{2})$/i.exec(text) ?? [];
  return area && AREAS.has(area.toUpperCase()) && !UNITS.has(inner);
};

function postcodeAt(words, at) {
  const { word } = words[at];
  if (isPostcode(word)) return word;
  const next = words[at + 1];
  if (next?.joined && /^.{3}$/u.test(next.word) && isPostcode(word + next.word)) return word + next.word;
}

/** A number, one to three words, and what streets are called. */
function addressAt(words, at) {
  let key = words[at].word;
  if (!/^(?!(19|20)\d\d)[1-9]\d{0,3}[a-z]?$/i.test(key)) return;
  let isNamed = true;
  for (let count = 0; count <= NAME_WORDS && words[at + 1 + count]?.joined; count++) {
    const { word, small, grows } = words[at + 1 + count];
    key += small;
    if (count == 0 && RUES.has(small)) {
      const name = words[at + 2];
      return name?.joined ? key + name.word : undefined;
    }
    const isStreet = STREETS.has(small) || (SHORT_STREETS.has(small) && !grows) || (isNamed && PLACES.has(small));
    if (count > 0 && isStreet) return key;
    isNamed &&= /^\p{Uppercase}/u.test(word);
    if (NOT_NAMES.has(small) || /\d/.test(small)) return;
  }
}

/** A name that ends like a street, and a number. */
function germanAt(words, at) {
  const { small } = words[at];
  const next = words[at + 1];
  if (!next?.joined || !/^\d.{0,3}$/u.test(next.word)) return;
  if (STRASSEN.some((end) => small.endsWith(end) && small.length > end.length + 2)) return small + next.word;
}

/** Every detail in a text: its kind, and a key that is the same however it is written. */
export const details = (text) => {
  const read = plain(text);
  return [...emails(read), ...numbers(read), ...places(read)];
};

/** The key of one of the helpline's own contacts, by its address. */
const keyOfContact = (uri) => {
  const address = uri.replace(/^[^:]*:/, "").split(/[?;]/)[0];
  return address.includes("@") ? address.toLowerCase() : address.replace(/\D/g, "");
};

/** Whether one may be the other while it is being typed. */
const isSame = (a, b) => a.startsWith(b) || b.startsWith(a);

/** Whether it is one of the helpline's own, or on the way to it. A number may be written with its country or without. */
const isKnown = (key, known) => {
  if (key.includes("@")) return known.startsWith(key);
  const own = key.replace(/^0+/, "");
  return (
    (own.length + 1 >= TAIL && known.includes(own)) ||
    (known.length >= TAIL && key.slice(-TAIL) == known.slice(-TAIL))
  );
};

/**
 * The hints of one visit. `look(text, contacts)` gives the kind to hint at, or "", for what stands in the composer and
 * the addresses of the helpline's own contacts. `settle()`: the visitor has read it, or sent the words as they are.
 */
export const hints = () => {
  let shown;
  let before = "";
  const settled = [];
  return {
    look(text, contacts) {
      const known = contacts.map(keyOfContact);
      const found = details(text).filter(({ key }) => !known.some((own) => isKnown(key, own)));
      const isTypedOn = text.startsWith(before);
      before = text;
      // Perhaps with one more digit, and another kind of number by now.
      const still = shown && found.find(({ key }) => isSame(key, shown.key));
      // Where the words went on, they are something else.
      if (shown && !still && !isTypedOn) settled.push(shown.key);
      shown = still ?? found.find(({ key }) => !settled.some((old) => isSame(old, key)));
      return shown?.kind ?? "";
    },
    settle() {
      if (shown) settled.push(shown.key);
      shown = undefined;
    },
  };
};
