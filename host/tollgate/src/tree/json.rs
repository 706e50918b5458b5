//! JSON to a tree with places.
//!
//! The structure is walked here, since `serde_json` does not tell places;
//! strings and numbers are left to `serde_json`.

use serde_json::Number;

use super::keys::Keys;
use super::{
    Content, DEPTH_LIMIT, Entry, Node, VALUES_LIMIT, beyond_64_bits, duplicate_key, too_deep,
    too_many,
};
use crate::mistake::{Mistake, Span};
use crate::source::Source;

pub(super) fn parse(source: &Source) -> Result<Node, Mistake> {
    let mut reader = Reader { source, bytes: source.text().as_bytes(), at: 0, values: 0 };
    let node = reader.value(0)?;
    reader.skip_whitespace();
    match reader.peek() {
        None => Ok(node),
        Some(_) => Err(reader.unexpected("the end of the text")),
    }
}

struct Reader<'a> {
    source: &'a Source,
    bytes: &'a [u8],
    at: usize,
    /// How many values were read.
    values: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_whitespace(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self, depth: usize) -> Result<Node, Mistake> {
        self.skip_whitespace();
        let start = self.at;
        self.values += 1;
        if self.values > VALUES_LIMIT {
            return Err(too_many(self.source, Span::new(start, start)));
        }
        let content = match self.peek() {
            Some(b'{') => self.map(depth + 1)?,
            Some(b'[') => self.list(depth + 1)?,
            Some(b'"') => Content::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            _ => self.word()?,
        };
        Ok(Node { content, span: Span::new(start, self.at) })
    }

    fn open(&mut self, depth: usize) -> Result<(), Mistake> {
        if depth > DEPTH_LIMIT {
            return Err(too_deep(self.source, Span::new(self.at, self.at + 1)));
        }
        self.at += 1;
        self.skip_whitespace();
        Ok(())
    }

    fn list(&mut self, depth: usize) -> Result<Content, Mistake> {
        self.open(depth)?;
        let mut items = Vec::new();
        if self.take(b']') {
            return Ok(Content::List(items));
        }
        loop {
            items.push(self.value(depth)?);
            self.skip_whitespace();
            if self.take(b']') {
                return Ok(Content::List(items));
            }
            if !self.take(b',') {
                return Err(self.unexpected("`,` or `]`"));
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Content, Mistake> {
        self.open(depth)?;
        let mut entries = Vec::new();
        let mut seen = Keys::default();
        if self.take(b'}') {
            return Ok(Content::Map(entries));
        }
        loop {
            self.skip_whitespace();
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("a key in double quotes"));
            }
            let key = self.string()?;
            let key_span = Span::new(start, self.at);
            if let Some(first) = seen.add(&entries, &key) {
                return Err(duplicate_key(self.source, &key, first, key_span));
            }
            self.skip_whitespace();
            if !self.take(b':') {
                return Err(self.unexpected("`:`"));
            }
            let value = self.value(depth)?;
            entries.push(Entry { key, key_span, value });
            self.skip_whitespace();
            if self.take(b'}') {
                return Ok(Content::Map(entries));
            }
            if !self.take(b',') {
                return Err(self.unexpected("`,` or `}`"));
            }
        }
    }

    fn string(&mut self) -> Result<String, Mistake> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.at += 2,
                Some(_) => self.at += 1,
                None => {
                    let span = Span::new(start, start + 1);
                    return Err(Mistake::new(self.source, span, "a text is not closed")
                        .suggest("close it with a double quote"));
                }
            }
        }
        self.at += 1;
        let span = Span::new(start, self.at);
        serde_json::from_str(self.slice(span)).map_err(|_| {
            Mistake::new(self.source, span, "a text has a bad escape or a raw control character")
                .suggest("escapes are `\\\"`, `\\\\`, `\\/`, `\\b`, `\\f`, `\\n`, `\\r`, `\\t` and `\\uXXXX` in whole pairs")
        })
    }

    fn number(&mut self) -> Result<Content, Mistake> {
        let start = self.at;
        let mut whole = true;
        while let Some(byte @ (b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) = self.peek() {
            whole &= !matches!(byte, b'.' | b'e' | b'E');
            self.at += 1;
        }
        let span = Span::new(start, self.at);
        if self.slice(span) == "-" && self.peek() == Some(b'I') {
            self.at = start;
            return self.word();
        }
        let number: Number = serde_json::from_str(self.slice(span)).map_err(|error| {
            if error.to_string().contains("out of range") {
                beyond_64_bits(self.source, span)
            } else {
                let text = shortened(self.slice(span));
                Mistake::new(self.source, span, format!("`{text}` is not a JSON number"))
            }
        })?;
        // `-0` is a whole number that only a double can hold.
        if whole && number.is_f64() && self.slice(span) != "-0" {
            return Err(beyond_64_bits(self.source, span));
        }
        Ok(Content::Number(number))
    }

    fn word(&mut self) -> Result<Content, Mistake> {
        let start = self.at;
        while let Some(b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'-' | b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        let span = Span::new(start, self.at);
        match self.slice(span) {
            "null" => Ok(Content::Null),
            "true" => Ok(Content::Boolean(true)),
            "false" => Ok(Content::Boolean(false)),
            "" => Err(self.unexpected("a value")),
            word @ ("NaN" | "Infinity" | "-Infinity") => {
                Err(Mistake::new(self.source, span, format!("`{word}` is not JSON"))
                    .suggest(format!("write it as the text `\"{word}\"`")))
            }
            word => {
                let message = format!("`{}` is not a JSON value", shortened(word));
                Err(Mistake::new(self.source, span, message)
                    .suggest("texts stand in double quotes"))
            }
        }
    }

    fn slice(&self, span: Span) -> &str {
        self.source.text().get(span.start..span.end).unwrap_or("")
    }

    fn unexpected(&self, expected: &str) -> Mistake {
        let rest = self.source.text().get(self.at..).unwrap_or("");
        match rest.chars().next() {
            Some(found) => Mistake::new(
                self.source,
                Span::new(self.at, self.at + found.len_utf8()),
                format!("expected {expected}, found `{}`", found.escape_debug()),
            ),
            None => Mistake::new(
                self.source,
                Span::new(self.at, self.at),
                format!("expected {expected}, found the end of the text"),
            ),
        }
    }
}

/// What is no JSON may be long.
fn shortened(text: &str) -> String {
    const SHOWN: usize = 60;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
