//! The tokens of a JSON text.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::{Key, Text, scan};

/// Why a payload is no JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The offset of the byte where reading stopped.
    pub at: usize,
    /// What should have been there, or what is wrong.
    pub what: &'static str,
}

/// What should have been where something follows.
const THE_END: &str = "the end of the payload";

/// What should have been where a string goes on to the end.
const CLOSED: &str = "a string that is closed";

impl Malformed {
    /// Whether more of a text of so many bytes might have been JSON.
    #[must_use]
    pub fn is_cut(&self, length: usize) -> bool {
        self.at >= length || self.what == CLOSED
    }

    /// Whether it stopped behind a whole value.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.what == THE_END
    }
}

/// A number as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number<'a> {
    /// The digits, with sign, fraction and exponent; ASCII.
    pub raw: &'a [u8],
    /// Whether it has neither fraction nor exponent.
    pub whole: bool,
    /// Whether it has an exponent.
    pub exponent: bool,
}

impl<'a> Number<'a> {
    /// It as text.
    #[must_use]
    pub fn text(&self) -> &'a str {
        // Only ASCII was taken.
        core::str::from_utf8(self.raw).unwrap_or_default()
    }
}

/// Reads a JSON text from front to back.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Whether all strings so far are ASCII; no other byte is taken anywhere
    /// else.
    ascii: bool,
}

impl<'a> Reader<'a> {
    /// Starts at the first token, after a byte order mark.
    ///
    /// # Errors
    /// When the payload is not UTF-8. Encoded surrogates are let through, as
    /// Python does.
    pub fn new(payload: &'a [u8]) -> Result<Self, Malformed> {
        if let Err(error) = core::str::from_utf8(payload) {
            only_surrogates(payload, error.valid_up_to())?;
        }
        Ok(Self::trusting(payload))
    }

    /// The same for a payload that may not be UTF-8: when all of it has been
    /// read, [`Reader::is_utf8`] tells.
    #[must_use]
    pub fn trusting(payload: &'a [u8]) -> Self {
        let bytes = payload.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(payload);
        let mut reader = Self { bytes, at: 0, ascii: true };
        reader.space();
        reader
    }

    /// Whether what has been read is UTF-8. Most payloads are ASCII, and are
    /// not looked through a second time.
    #[must_use]
    pub fn is_utf8(&self) -> bool {
        self.ascii || core::str::from_utf8(self.bytes).is_ok()
    }

    /// The next byte of a token; 0 at the end.
    #[inline]
    #[must_use]
    pub fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    /// The offset of the next byte.
    #[must_use]
    pub fn at(&self) -> usize {
        self.at
    }

    /// An error here.
    #[cold]
    #[must_use]
    pub fn malformed(&self, what: &'static str) -> Malformed {
        Malformed { at: self.at, what }
    }

    /// Skips space: most often there is none, or one.
    #[inline(always)]
    fn space(&mut self) {
        if self.peek() <= b' ' {
            self.at += usize::from(self.peek() == b' ');
            if self.peek() <= b' ' {
                self.more_space();
            }
        }
    }

    fn more_space(&mut self) {
        while matches!(self.peek(), b' ' | b'\n' | b'\t' | b'\r') {
            self.at += 1;
        }
    }

    /// Takes one byte and the space behind it, when it is next.
    #[inline(always)]
    pub fn take(&mut self, byte: u8) -> bool {
        let there = self.bytes.get(self.at) == Some(&byte);
        if there {
            self.at += 1;
            self.space();
        }
        there
    }

    /// Takes one byte.
    ///
    /// # Errors
    /// When another one is next.
    #[inline]
    pub fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), Malformed> {
        if self.take(byte) { Ok(()) } else { Err(self.malformed(what)) }
    }

    /// After an element: whether another one follows. `close` ends the list.
    ///
    /// # Errors
    /// When neither a comma nor `close` is next.
    #[inline(always)]
    pub fn another(&mut self, close: u8) -> Result<bool, Malformed> {
        let ahead = self.bytes.get(self.at..).and_then(<[u8]>::first_chunk);
        if let Some([b',', b' ', third]) = ahead
            && *third > b' '
        {
            self.at += 2;
            return Ok(true);
        }
        if self.take(b',') {
            return Ok(true);
        }
        self.expect(close, "a comma or the end of the list or object")?;
        Ok(false)
    }

    /// Checks that nothing follows.
    ///
    /// # Errors
    /// When something does.
    pub fn end(&self) -> Result<(), Malformed> {
        if self.at == self.bytes.len() { Ok(()) } else { Err(self.malformed(THE_END)) }
    }

    /// Takes a word such as `null`, when it is next.
    #[inline]
    pub fn word(&mut self, word: &str) -> bool {
        let there = self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes()));
        if there {
            self.at += word.len();
            self.space();
        }
        there
    }

    /// Takes a key and its colon.
    ///
    /// # Errors
    /// When either is missing.
    #[inline]
    pub fn key(&mut self) -> Result<Text<'a>, Malformed> {
        if self.peek() != b'"' {
            return Err(self.malformed("a key in double quotes"));
        }
        let key = self.string()?;
        self.expect(b':', "a colon")?;
        Ok(key)
    }

    /// Takes a key and its colon: the place of the member that has this key,
    /// of which `guess` is the likeliest; none when there is no key, or none of
    /// theirs.
    #[inline(always)]
    pub fn member<T>(
        &mut self,
        members: &[T],
        key: impl Fn(&T) -> &Key,
        guess: usize,
    ) -> Option<usize> {
        if let Some(member) = members.get(guess)
            && let Some(length) = key(member).length(self.bytes.get(self.at..)?)
        {
            self.at += length;
            self.space();
            return Some(guess);
        }
        self.any_member(members, key, guess)
    }

    #[inline(never)]
    fn any_member<T>(
        &mut self,
        members: &[T],
        key: impl Fn(&T) -> &Key,
        guess: usize,
    ) -> Option<usize> {
        let name = self.key().ok()?;
        name.place(members, key, guess)
    }

    /// Takes a number.
    ///
    /// # Errors
    /// When none is next.
    #[inline(always)]
    pub fn number(&mut self) -> Result<Number<'a>, Malformed> {
        let start = self.at;
        if self.peek() == b'-' {
            self.at += 1;
        }
        match self.peek() {
            b'0' => self.at += 1,
            b'1'..=b'9' => self.digits(),
            _ => return Err(self.malformed("a value")),
        }
        let mut whole = true;
        let mut exponent = false;
        if self.peek() == b'.' && self.bytes.get(self.at + 1).is_some_and(u8::is_ascii_digit) {
            whole = false;
            self.at += 1;
            self.digits();
        }
        if matches!(self.peek(), b'e' | b'E') {
            let sign = usize::from(matches!(self.bytes.get(self.at + 1), Some(b'+' | b'-')));
            if self.bytes.get(self.at + 1 + sign).is_some_and(u8::is_ascii_digit) {
                whole = false;
                exponent = true;
                self.at += 1 + sign;
                self.digits();
            }
        }
        let raw = self.bytes.get(start..self.at).unwrap_or_default();
        self.space();
        Ok(Number { raw, whole, exponent })
    }

    #[inline]
    fn digits(&mut self) {
        self.at += scan::digits(self.bytes.get(self.at..).unwrap_or_default());
    }

    /// Takes a string.
    ///
    /// # Errors
    /// When it is not closed, or holds a control character or an escape that
    /// JSON does not know.
    #[inline(always)]
    pub fn string(&mut self) -> Result<Text<'a>, Malformed> {
        let rest = self.bytes.get(self.at + 1..).unwrap_or_default();
        let length = scan::plain(rest, &mut self.ascii);
        let text = rest.get(..length).unwrap_or_default();
        self.at += 1 + length;
        match rest.get(length) {
            Some(b'"') => {
                self.at += 1;
                self.space();
                Ok(Text(Cow::Borrowed(text)))
            }
            Some(b'\\') => self.escaped(text.to_vec()),
            Some(_) => Err(self.malformed("a string without control characters")),
            None => {
                // Said of the string as a whole.
                self.at -= 1 + length;
                Err(self.malformed(CLOSED))
            }
        }
    }

    #[cold]
    fn escaped(&mut self, mut text: Vec<u8>) -> Result<Text<'a>, Malformed> {
        loop {
            let Some(byte) = self.bytes.get(self.at).copied() else {
                return Err(self.malformed(CLOSED));
            };
            match byte {
                b'"' => break,
                b'\\' => self.escape(&mut text)?,
                0..0x20 => {
                    return Err(self.malformed("a string without control characters"));
                }
                _ => {
                    let rest = self.bytes.get(self.at..).unwrap_or_default();
                    let plain = scan::plain(rest, &mut self.ascii);
                    text.extend_from_slice(rest.get(..plain).unwrap_or_default());
                    self.at += plain;
                }
            }
        }
        self.at += 1;
        self.space();
        Ok(Text(Cow::Owned(text)))
    }

    fn escape(&mut self, text: &mut Vec<u8>) -> Result<(), Malformed> {
        self.at += 1;
        let letter = self.peek();
        let plain = match letter {
            b'"' | b'\\' | b'/' => letter,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                self.at += 1;
                return self.unicode(text);
            }
            _ => return Err(self.malformed("an escape that JSON knows")),
        };
        text.push(plain);
        self.at += 1;
        Ok(())
    }

    fn unicode(&mut self, text: &mut Vec<u8>) -> Result<(), Malformed> {
        let mut point = self.hex4()?;
        if (0xD800..0xDC00).contains(&point)
            && self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(b"\\u"))
        {
            let mut ahead = self.clone();
            ahead.at += 2;
            let low = ahead.hex4()?;
            if (0xDC00..0xE000).contains(&low) {
                point = 0x1_0000 + ((point - 0xD800) << 10) + (low - 0xDC00);
                self.at = ahead.at;
            }
        }
        push_code_point(text, point);
        Ok(())
    }

    fn hex4(&mut self) -> Result<u32, Malformed> {
        let mut point = 0;
        for _ in 0..4 {
            let digit = char::from(self.peek())
                .to_digit(16)
                .ok_or_else(|| self.malformed("four hexadecimal digits"))?;
            point = point << 4 | digit;
            self.at += 1;
        }
        Ok(point)
    }

    /// Skips a value whose content does not matter.
    ///
    /// # Errors
    /// When it is malformed, or deeper than [`super::MAX_DEPTH`].
    pub fn skip(&mut self, depth: u32) -> Result<(), Malformed> {
        if depth > super::MAX_DEPTH {
            return Err(self.malformed("fewer levels of nesting"));
        }
        match self.peek() {
            b'"' => self.string().map(drop),
            b'[' => {
                self.take(b'[');
                let mut more = !self.take(b']');
                while more {
                    self.skip(depth + 1)?;
                    more = self.another(b']')?;
                }
                Ok(())
            }
            b'{' => {
                self.take(b'{');
                let mut more = !self.take(b'}');
                while more {
                    self.key()?;
                    self.skip(depth + 1)?;
                    more = self.another(b'}')?;
                }
                Ok(())
            }
            _ => {
                for word in ["null", "true", "false", "NaN", "Infinity", "-Infinity"] {
                    if self.word(word) {
                        return Ok(());
                    }
                }
                self.number().map(drop)
            }
        }
    }
}

/// Adds a code point, surrogate or not, as UTF-8 would.
pub fn push_code_point(text: &mut Vec<u8>, point: u32) {
    if let Some(character) = char::from_u32(point) {
        text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    } else {
        text.extend_from_slice(&[
            0xE0 | (point >> 12) as u8,
            0x80 | (point >> 6 & 0x3F) as u8,
            0x80 | (point & 0x3F) as u8,
        ]);
    }
}

/// Whether the payload is UTF-8 but for encoded surrogates (`ED A0` to `ED BF`).
#[cold]
fn only_surrogates(payload: &[u8], valid: usize) -> Result<(), Malformed> {
    let mut at = valid;
    loop {
        match payload.get(at..at + 3) {
            Some([0xED, 0xA0..=0xBF, 0x80..=0xBF]) => at += 3,
            _ => return Err(Malformed { at, what: "UTF-8" }),
        }
        match core::str::from_utf8(payload.get(at..).unwrap_or_default()) {
            Ok(_) => return Ok(()),
            Err(error) => at += error.valid_up_to(),
        }
    }
}
