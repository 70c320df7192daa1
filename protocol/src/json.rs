//! JSON in the least code: one small tree to read, one writer.
//!
//! A widget is downloaded by somebody on a bad connection, and the general reader and writer of `serde_json` are a
//! tenth of all its code. What is read here is what RFC 8259 allows, to the depth that `serde_json` has; what is
//! written is what `serde_json` writes. It is deliberately not for anybody else: a server has the derived ones.

use std::fmt;

/// How deep lists and objects may lie in each other.
const DEEPEST: u32 = 127;

/// A JSON value: what the frames for visitors hold, and one word for the rest.
#[derive(Clone, PartialEq, Eq)]
pub enum Node {
    /// `null`.
    Null,
    /// `true` or `false`.
    Flag(bool),
    /// A whole number that is not negative.
    Number(u64),
    /// A number of another kind.
    Other,
    /// A string.
    Words(String),
    /// A list.
    List(Vec<Node>),
    /// An object, in the order of its fields.
    Object(Vec<(String, Node)>),
}

/// Prints nothing of it: it may hold somebody's words.
impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Node(…)")
    }
}

impl Node {
    /// Reads JSON. `None`: it is not, or it is nested too deeply.
    pub fn parse(text: &str) -> Option<Self> {
        let mut reader = Reader { text, at: 0 };
        let value = reader.value(DEEPEST)?;
        reader.sign().is_none().then_some(value)
    }

    /// The string, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Words(words) => Some(words),
            _ => None,
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    /// The next byte that is no space.
    fn sign(&mut self) -> Option<u8> {
        loop {
            match self.next() {
                Some(b' ' | b'\n' | b'\t' | b'\r') => {}
                sign => return sign,
            }
        }
    }

    fn expect(&mut self, wanted: u8) -> Option<()> {
        (self.sign()? == wanted).then_some(())
    }

    fn value(&mut self, depth: u32) -> Option<Node> {
        let sign = self.sign()?;
        match sign {
            b'n' => self.rest_of("null", Node::Null),
            b't' => self.rest_of("true", Node::Flag(true)),
            b'f' => self.rest_of("false", Node::Flag(false)),
            b'"' => self.words().map(Node::Words),
            b'[' => {
                let mut list = Vec::new();
                self.items(b']', depth, &mut |reader, depth| {
                    list.push(reader.value(depth)?);
                    Some(())
                })?;
                Some(Node::List(list))
            }
            b'{' => {
                let mut fields = Vec::new();
                self.items(b'}', depth, &mut |reader, depth| {
                    reader.expect(b'"')?;
                    let name = reader.words()?;
                    reader.expect(b':')?;
                    fields.push((name, reader.value(depth)?));
                    Some(())
                })?;
                Some(Node::Object(fields))
            }
            b'-' => {
                let first = self.next()?;
                self.number(first).map(|_| Node::Other)
            }
            first => self.number(first),
        }
    }

    /// What begins with the letter that was just read.
    fn rest_of(&mut self, word: &str, value: Node) -> Option<Node> {
        let rest = self.text.get(self.at - 1..)?;
        self.at += word.len() - 1;
        rest.starts_with(word).then_some(value)
    }

    /// What stands between commas, up to the sign that closes it.
    fn items(
        &mut self,
        close: u8,
        depth: u32,
        item: &mut dyn FnMut(&mut Self, u32) -> Option<()>,
    ) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        let begin = self.at;
        if self.sign()? == close {
            return Some(());
        }
        self.at = begin;
        loop {
            item(self, depth)?;
            match self.sign()? {
                b',' => {}
                sign => return (sign == close).then_some(()),
            }
        }
    }

    fn words(&mut self) -> Option<String> {
        let mut words = String::new();
        loop {
            let begin = self.at;
            let end = loop {
                match self.next()? {
                    end @ (b'"' | b'\\') => break end,
                    ..b' ' => return None,
                    _ => {}
                }
            };
            words.push_str(self.text.get(begin..self.at - 1)?);
            if end == b'"' {
                return Some(words);
            }
            words.push(self.escaped()?);
        }
    }

    fn escaped(&mut self) -> Option<char> {
        Some(match self.next()? {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let mut unit = self.unit()?;
                // A character beyond the first plane is two units; half of one is none.
                if (0xd800..0xdc00).contains(&unit) {
                    (self.next()? == b'\\' && self.next()? == b'u').then_some(())?;
                    let low = self.unit()?;
                    (0xdc00..0xe000).contains(&low).then_some(())?;
                    unit = 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                }
                char::from_u32(unit)?
            }
            plain @ (b'"' | b'\\' | b'/') => char::from(plain),
            _ => return None,
        })
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Option<u32> {
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit * 16 + char::from(self.next()?).to_digit(16)?;
        }
        Some(unit)
    }

    /// A number that begins with this digit. Leading zeros are none.
    fn number(&mut self, first: u8) -> Option<Node> {
        let mut number = Some(u64::from(digit(first)?));
        while let Some(next) = self.peek().and_then(digit).filter(|_| first != b'0') {
            self.at += 1;
            number = number.and_then(|number| shifted(number, next));
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
            number = None;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
            number = None;
        }
        Some(number.map_or(Node::Other, Node::Number))
    }

    /// At least one digit.
    fn digits(&mut self) -> Option<()> {
        digit(self.next()?)?;
        while self.peek().and_then(digit).is_some() {
            self.at += 1;
        }
        Some(())
    }
}

fn digit(byte: u8) -> Option<u8> {
    byte.is_ascii_digit().then(|| byte - b'0')
}

/// The number with one more digit, if it still fits.
fn shifted(number: u64, digit: u8) -> Option<u64> {
    // Compared first: a checked multiplication of 64 bits is long on a machine of 32.
    (number <= u64::MAX / 10).then(|| number * 10)?.checked_add(u64::from(digit))
}

/// Writes one object, field by field.
#[derive(Clone)]
pub struct Writer(String);

/// Prints nothing of it: it may hold somebody's words.
impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Writer(…)")
    }
}

impl Writer {
    /// An object without fields so far.
    #[must_use]
    pub fn new() -> Self {
        Self("{".to_owned())
    }

    /// A field with a string.
    #[must_use]
    pub fn words(mut self, name: &str, words: &str) -> Self {
        self.name(name);
        push_words(&mut self.0, words);
        self
    }

    /// A field with a string, if there is one.
    #[must_use]
    pub fn maybe(self, name: &str, words: Option<&str>) -> Self {
        match words {
            Some(words) => self.words(name, words),
            None => self,
        }
    }

    /// A field with a number.
    #[must_use]
    pub fn number(mut self, name: &str, number: u64) -> Self {
        self.name(name);
        push_digits(&mut self.0, number);
        self
    }

    /// A field with `true` or `false`.
    #[must_use]
    pub fn flag(self, name: &str, flag: bool) -> Self {
        self.json(name, if flag { "true" } else { "false" })
    }

    /// A field with a value that is JSON already.
    #[must_use]
    pub fn json(mut self, name: &str, json: &str) -> Self {
        self.name(name);
        self.0.push_str(json);
        self
    }

    /// A field with a list of values that are JSON already.
    #[must_use]
    pub fn list(mut self, name: &str, items: impl Iterator<Item = String>) -> Self {
        self.name(name);
        let mut before = '[';
        for item in items {
            self.0.push(before);
            self.0.push_str(&item);
            before = ',';
        }
        self.0.push_str(if before == '[' { "[]" } else { "]" });
        self
    }

    /// The object as text.
    #[must_use]
    pub fn finish(mut self) -> String {
        self.0.push('}');
        self.0
    }

    fn name(&mut self, name: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        push_words(&mut self.0, name);
        self.0.push(':');
    }
}

impl Default for Writer {
    fn default() -> Self {
        Self::new()
    }
}

/// A string as JSON.
#[must_use]
pub fn quoted(words: &str) -> String {
    let mut text = String::new();
    push_words(&mut text, words);
    text
}

/// A number in decimal digits. Without the general machinery of formatting, which is larger than this whole file.
#[must_use]
pub fn digits(number: u64) -> String {
    let mut text = String::new();
    push_digits(&mut text, number);
    text
}

fn push_words(text: &mut String, words: &str) {
    text.push('"');
    for sign in words.chars() {
        let escape = match sign {
            '"' | '\\' => sign,
            '\u{8}' => 'b',
            '\u{c}' => 'f',
            '\n' => 'n',
            '\r' => 'r',
            '\t' => 't',
            '\0'..' ' => {
                text.push_str(if sign < '\u{10}' { "\\u000" } else { "\\u001" });
                text.extend(char::from_digit(u32::from(sign) % 16, 16));
                continue;
            }
            _ => {
                text.push(sign);
                continue;
            }
        };
        text.push('\\');
        text.push(escape);
    }
    text.push('"');
}

fn push_digits(text: &mut String, number: u64) {
    if number > 9 {
        push_digits(text, number / 10);
    }
    text.extend(char::from_digit((number % 10) as u32, 10));
}
