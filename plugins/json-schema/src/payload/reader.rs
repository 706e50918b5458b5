//! The reader.

use std::borrow::Cow;

use super::number::{MAX_EXPONENT_DIGITS, Number};
use super::tree::{Members, Tree};

/// How deep a payload or a schema may nest. Each level costs the guest's stack
/// some kilobytes while a schema is applied; see `build.rs`.
pub(crate) const MAX_DEPTH: u32 = 128;

/// How many characters a number may have: some hundred times what anybody
/// means, and few enough for exact arithmetic.
const MAX_NUMBER: usize = 100_000;

/// More repeated names than anyone reads.
const MANY: usize = 1000;

/// A payload that is JSON.
#[derive(Debug)]
pub(crate) struct Document<'p> {
    pub(crate) tree: Tree<'p>,
    /// Pointers to members whose name comes more than once.
    pub(crate) repeated: Vec<String>,
}

/// Why a payload is no JSON, or none that can be judged.
#[derive(Debug)]
pub(crate) struct Malformed {
    /// The rule's id.
    pub(crate) rule: &'static str,
    /// What is wrong.
    pub(crate) message: String,
    /// Where in the text: `at line 3, column 5`. None where that says nothing.
    pub(crate) place: Option<String>,
    /// The value that was being read, as a JSON Pointer.
    pub(crate) pointer: String,
    /// What would be right.
    pub(crate) expected: String,
    /// What stands there, in short.
    pub(crate) actual: String,
}

/// Reads one JSON text.
pub(crate) fn read(payload: &[u8]) -> Result<Document<'_>, Box<Malformed>> {
    let text = std::str::from_utf8(payload).map_err(|error| {
        let before = payload.get(..error.valid_up_to()).unwrap_or_default();
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        Box::new(Malformed {
            rule: "bad-json",
            message: "not UTF-8, which JSON is written in,".to_owned(),
            place: Some(format!("in line {line}")),
            pointer: String::new(),
            expected: "UTF-8".to_owned(),
            actual: format!("byte 0x{:02x}", payload.get(before.len()).copied().unwrap_or(0)),
        })
    })?;
    // A byte order mark says nothing in UTF-8; every reader of ours drops it.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader { text, at: 0, depth: 0, path: Vec::new(), repeated: Vec::new() };
    reader.space();
    if reader.peek().is_none() {
        return Err(reader.unexpected("a JSON value"));
    }
    let tree = reader.value()?;
    reader.space();
    if reader.peek().is_some() {
        return Err(reader.unexpected("nothing after the value"));
    }
    Ok(Document { tree, repeated: reader.repeated })
}

#[derive(Debug)]
enum Step<'p> {
    Item(usize),
    Name(Cow<'p, str>),
}

struct Reader<'p> {
    text: &'p str,
    at: usize,
    depth: u32,
    path: Vec<Step<'p>>,
    repeated: Vec<String>,
}

type Read<T> = Result<T, Box<Malformed>>;

impl<'p> Reader<'p> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn value(&mut self) -> Read<Tree<'p>> {
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::list),
            Some(b'"') => self.string().map(Tree::Text),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.word(),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Read<Tree<'p>>) -> Read<Tree<'p>> {
        if self.depth == MAX_DEPTH {
            let mut malformed = self.unexpected(&format!("at most {MAX_DEPTH} levels"));
            malformed.rule = "too-deep";
            malformed.message = format!("lists and objects nest more than {MAX_DEPTH} levels deep");
            malformed.place = None;
            malformed.actual = String::new();
            return Err(malformed);
        }
        self.depth += 1;
        self.at += 1;
        let value = read(self)?;
        self.at += 1;
        self.depth -= 1;
        Ok(value)
    }

    fn list(&mut self) -> Read<Tree<'p>> {
        let mut items = Vec::new();
        self.space();
        if self.peek() == Some(b']') {
            return Ok(Tree::List(items));
        }
        loop {
            self.path.push(Step::Item(items.len()));
            self.space();
            items.push(self.value()?);
            self.path.pop();
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => return Ok(Tree::List(items)),
                _ => return Err(self.unexpected("`,` or `]`")),
            }
        }
    }

    fn object(&mut self) -> Read<Tree<'p>> {
        let mut entries = Vec::new();
        self.space();
        if self.peek() == Some(b'}') {
            return Ok(Tree::Object(Members::default()));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("a name in double quotes"));
            }
            let name = self.string()?;
            self.space();
            if self.peek() != Some(b':') {
                return Err(self.unexpected("`:`"));
            }
            self.at += 1;
            self.space();
            self.path.push(Step::Name(name.clone()));
            let value = self.value()?;
            self.path.pop();
            entries.push((name, value));
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.unexpected("`,` or `}`")),
            }
        }
        let (members, repeated) = Members::new(entries);
        for name in repeated {
            if self.repeated.len() < MANY {
                self.path.push(Step::Name(Cow::Owned(name)));
                self.repeated.push(self.pointer());
                self.path.pop();
            }
        }
        Ok(Tree::Object(members))
    }

    fn word(&mut self) -> Read<Tree<'p>> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        for (word, value) in
            [("null", Tree::Null), ("true", Tree::Boolean(true)), ("false", Tree::Boolean(false))]
        {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        let is_number = ["NaN", "Infinity", "nan", "inf"].iter().any(|word| rest.starts_with(word));
        Err(if is_number { self.no_number() } else { self.unexpected("a JSON value") })
    }

    fn number(&mut self) -> Read<Tree<'p>> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => {
                self.digits();
            }
            Some(b'I' | b'i') => return Err(self.no_number()),
            _ => return Err(self.unexpected("a digit")),
        }
        if let Some(b'0'..=b'9') = self.peek() {
            return Err(self.unexpected("a number without zeros before it"));
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return Err(self.unexpected("a digit after the point"));
            }
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            let digits = self.digits();
            if digits == 0 {
                return Err(self.unexpected("a digit of the exponent"));
            }
            if digits > MAX_EXPONENT_DIGITS {
                let most = format!("an exponent of at most {MAX_EXPONENT_DIGITS} digits");
                return Err(self.number_range(start, most));
            }
        }
        if self.at - start > MAX_NUMBER {
            return Err(self.number_range(start, format!("at most {MAX_NUMBER} characters")));
        }
        Ok(Tree::Number(Number::Written(self.text.get(start..self.at).unwrap_or_default())))
    }

    fn number_range(&self, start: usize, expected: String) -> Box<Malformed> {
        Box::new(Malformed {
            rule: "number-range",
            message: format!("a number is longer than any that is meant: expected {expected}"),
            place: None,
            pointer: self.pointer(),
            expected,
            actual: shortened(self.text.get(start..self.at).unwrap_or_default()),
        })
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        self.at - start
    }

    fn string(&mut self) -> Read<Cow<'p, str>> {
        self.at += 1;
        let start = self.at;
        loop {
            match self.peek() {
                Some(b'"') => {
                    let text = self.text.get(start..self.at).unwrap_or_default();
                    self.at += 1;
                    return Ok(Cow::Borrowed(text));
                }
                Some(b'\\') => return self.escaped(start).map(Cow::Owned),
                Some(0..0x20) => return Err(self.control()),
                Some(_) => self.at += 1,
                None => return Err(self.unexpected("the quote that ends a text")),
            }
        }
    }

    /// The rest of a string that has at least one escape.
    fn escaped(&mut self, start: usize) -> Read<String> {
        let mut string = self.text.get(start..self.at).unwrap_or_default().to_owned();
        loop {
            let plain = self.at;
            while !matches!(self.peek(), Some(b'"' | b'\\' | 0..0x20) | None) {
                self.at += 1;
            }
            string.push_str(self.text.get(plain..self.at).unwrap_or_default());
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(string);
                }
                Some(b'\\') => string.push(self.escape()?),
                Some(_) => return Err(self.control()),
                None => return Err(self.unexpected("the quote that ends a text")),
            }
        }
    }

    fn escape(&mut self) -> Read<char> {
        self.at += 1;
        let escape = self.peek();
        let plain = match escape {
            Some(c @ (b'"' | b'\\' | b'/')) => char::from(c),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.code_point();
            }
            _ => return Err(self.unexpected("an escape such as `\\n`")),
        };
        self.at += 1;
        Ok(plain)
    }

    fn code_point(&mut self) -> Read<char> {
        let first = self.four_hex_digits()?;
        let value = match first {
            0xd800..=0xdbff if self.text.get(self.at..self.at + 2) == Some("\\u") => {
                self.at += 2;
                let second = self.four_hex_digits()?;
                if !(0xdc00..=0xdfff).contains(&second) {
                    return Err(self.surrogate());
                }
                0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)
            }
            _ => first,
        };
        char::from_u32(value).ok_or_else(|| self.surrogate())
    }

    fn four_hex_digits(&mut self) -> Read<u32> {
        let digits = self.text.get(self.at..self.at + 4).unwrap_or_default();
        if digits.len() < 4 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(self.unexpected("four hexadecimal digits"));
        }
        self.at += 4;
        Ok(u32::from_str_radix(digits, 16).unwrap_or(0))
    }

    fn surrogate(&self) -> Box<Malformed> {
        let mut malformed = self.unexpected("both halves of a surrogate pair");
        malformed.message = "a text holds half a character (a lone surrogate),".to_owned();
        malformed.place = Some(format!("before {}", self.place(self.at)));
        malformed.actual = String::new();
        malformed
    }

    fn control(&self) -> Box<Malformed> {
        let mut malformed = self.unexpected("a control character in a text as an escape");
        malformed.actual = format!("byte 0x{:02x}", self.peek().unwrap_or(0));
        malformed
    }

    fn no_number(&self) -> Box<Malformed> {
        let mut malformed = self.unexpected("a number or null");
        malformed.message = "JSON has no NaN and no infinity: a missing value is null,".to_owned();
        malformed
    }

    fn unexpected(&self, expected: &str) -> Box<Malformed> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let actual = match rest.chars().next() {
            None => "the end of the payload".to_owned(),
            Some(first) => {
                let ends = |c: char| c.is_whitespace() || ",:]}".contains(c);
                let end = rest.find(ends).unwrap_or(rest.len());
                shortened(rest.get(..end.max(first.len_utf8())).unwrap_or_default())
            }
        };
        Box::new(Malformed {
            rule: "bad-json",
            message: format!("not JSON: expected {expected}"),
            place: Some(format!("at {}", self.place(self.at))),
            pointer: self.pointer(),
            expected: expected.to_owned(),
            actual,
        })
    }

    fn place(&self, at: usize) -> String {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = 1 + before.bytes().filter(|byte| *byte == b'\n').count();
        let column = 1 + before.rsplit('\n').next().unwrap_or_default().chars().count();
        format!("line {line}, column {column}")
    }

    fn pointer(&self) -> String {
        let mut pointer = String::new();
        for step in &self.path {
            match step {
                Step::Item(at) => pointer.push_str(&format!("/{at}")),
                Step::Name(name) => push_step(&mut pointer, name),
            }
        }
        pointer
    }
}

/// Adds a name to a JSON Pointer.
pub(crate) fn push_step(pointer: &mut String, name: &str) {
    pointer.push('/');
    pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
}

fn shortened(text: &str) -> String {
    crate::text::shortened(text, 20)
}
