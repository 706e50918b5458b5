//! From text to tokens.

use alloc::format;
use alloc::string::{String, ToString as _};
use core::str::CharIndices;

use super::refusal::{Refusal, column};
use crate::settings::Json;

/// A word of the language.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'a> {
    /// A whole number without its sign.
    Integer(u64),
    /// A number with a fraction or an exponent.
    Number(f64),
    /// A text, escapes resolved.
    Text(String),
    /// A name or keyword.
    Name(&'a str),
    /// An operator or bracket.
    Symbol(&'static str),
    /// Nothing is left.
    End,
}

/// Longer ones first, so that `<=` is not read as `<`.
const SYMBOLS: [&str; 25] = [
    "&&", "||", "<=", ">=", "==", "!=", "<", ">", "!", "-", "+", "*", "/", "%", "?", ":", "(", ")",
    "[", "]", "{", "}", ",", ".", ";",
];

pub(super) struct Lexer<'a> {
    text: &'a str,
    /// The next byte to read.
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The next token and the byte at which it starts.
    pub(super) fn next(&mut self) -> Result<(Token<'a>, usize), Refusal> {
        self.skip_blanks();
        let start = self.at;
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return Ok((Token::End, start));
        };
        if let Some(quoted) = rest.strip_prefix(['r', 'R'])
            && quoted.starts_with(['"', '\''])
        {
            self.at += 1;
            return Ok((Token::Text(self.quoted(true)?), start));
        }
        if (rest.starts_with("b\"") || rest.starts_with("b'"))
            || (rest.starts_with("B\"") || rest.starts_with("B'"))
        {
            return Err(self.refuse(start, "bytes (`b\"...\"`) are not supported".to_string()));
        }
        if first == '"' || first == '\'' {
            return Ok((Token::Text(self.quoted(false)?), start));
        }
        let second = rest.as_bytes().get(1);
        if first.is_ascii_digit() || first == '.' && second.is_some_and(u8::is_ascii_digit) {
            return Ok((self.number()?, start));
        }
        if first.is_ascii_alphabetic() || first == '_' {
            let name = self.take_while(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            return Ok((Token::Name(name), start));
        }
        for symbol in SYMBOLS {
            if rest.starts_with(symbol) {
                self.at += symbol.len();
                return Ok((Token::Symbol(symbol), start));
            }
        }
        let hint = match first {
            '=' => "; equality is `==`",
            '&' => "; and is `&&`",
            '|' => "; or is `||`",
            _ => "",
        };
        Err(self.refuse(start, format!("`{first}` is not supported{hint}")))
    }

    pub(super) fn refuse(&self, offset: usize, message: String) -> Refusal {
        Refusal { column: column(self.text, offset), message }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn skip_blanks(&mut self) {
        loop {
            let rest = self.rest();
            let blank = rest.trim_start_matches([' ', '\t', '\n', '\r', '\x0C']);
            self.at += rest.len() - blank.len();
            if !blank.starts_with("//") {
                return;
            }
            self.at += blank.find('\n').unwrap_or(blank.len());
        }
    }

    fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.bytes().take_while(|byte| wanted(*byte)).count();
        self.at += length;
        rest.get(..length).unwrap_or("")
    }

    fn number(&mut self) -> Result<Token<'a>, Refusal> {
        let start = self.at;
        let digits = |byte: u8| byte.is_ascii_digit();
        let rest = self.rest();
        let token = if rest.starts_with("0x") || rest.starts_with("0X") {
            self.at += 2;
            let hex = self.take_while(|byte| byte.is_ascii_hexdigit());
            u64::from_str_radix(hex, 16).ok().map(Token::Integer)
        } else {
            let whole = self.take_while(digits);
            let mut decimal = String::from(match whole.trim_start_matches('0') {
                "" => "0",
                significant => significant,
            });
            let mut is_double = false;
            let next = self.rest().as_bytes();
            if next.first() == Some(&b'.') && next.get(1).is_some_and(u8::is_ascii_digit) {
                is_double = true;
                self.at += 1;
                decimal.push('.');
                decimal.push_str(self.take_while(digits));
            }
            if self.rest().starts_with(['e', 'E']) {
                is_double = true;
                self.at += 1;
                decimal.push('e');
                if self.rest().starts_with(['+', '-']) {
                    decimal.push_str(if self.rest().starts_with('-') { "-" } else { "" });
                    self.at += 1;
                }
                decimal.push_str(self.take_while(digits));
            }
            if is_double {
                double(&decimal).map(Token::Number)
            } else {
                decimal.parse().ok().map(Token::Integer)
            }
        };
        if self.rest().starts_with(['u', 'U']) {
            return Err(
                self.refuse(self.at, "unsigned numbers (`1u`) are not supported".to_string())
            );
        }
        let ended =
            !self.rest().starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_');
        token.filter(|_| ended).ok_or_else(|| {
            let text = self.text.get(start..self.at).unwrap_or("");
            self.refuse(start, format!("`{text}` is not a number in 64 bits"))
        })
    }

    /// Reads a text from its opening quote on.
    fn quoted(&mut self, raw: bool) -> Result<String, Refusal> {
        let start = self.at;
        let rest = self.rest();
        if rest.starts_with("\"\"\"") || rest.starts_with("'''") {
            return Err(self.refuse(start, "triple quotes are not supported".to_string()));
        }
        let mut chars = rest.char_indices();
        let Some((_, quote)) = chars.next() else {
            return Ok(String::new());
        };
        let mut text = String::new();
        while let Some((offset, next)) = chars.next() {
            if next == quote {
                self.at = start + offset + 1;
                return Ok(text);
            }
            match next {
                '\n' | '\r' => break,
                '\\' if !raw => {
                    let escape = unescape(&mut chars).ok_or_else(|| {
                        let message = "this escape is not one of CEL's".to_string();
                        self.refuse(start + offset, message)
                    })?;
                    text.push(escape);
                }
                next => text.push(next),
            }
        }
        Err(self.refuse(start, format!("this text has no closing `{quote}`")))
    }
}

/// The nearest double. By way of [`Json`], so that the guest holds one parser
/// of numbers.
fn double(decimal: &str) -> Option<f64> {
    match serde_json::from_str(decimal) {
        Ok(Json::Number(number)) => Some(number),
        _ => None,
    }
}

/// The character of an escape whose backslash has been read.
fn unescape(chars: &mut CharIndices<'_>) -> Option<char> {
    let (_, first) = chars.next()?;
    Some(match first {
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0C',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0B',
        '\\' | '"' | '\'' | '`' | '?' => first,
        'x' | 'X' => code(chars, 0, 16, 2)?,
        'u' => code(chars, 0, 16, 4)?,
        'U' => code(chars, 0, 16, 8)?,
        '0'..='3' => code(chars, first.to_digit(8)?, 8, 2)?,
        _ => return None,
    })
}

/// The character whose code goes on with `length` digits after `start`.
fn code(chars: &mut CharIndices<'_>, start: u32, radix: u32, length: usize) -> Option<char> {
    let mut code = start;
    for _ in 0..length {
        let (_, digit) = chars.next()?;
        code = code.checked_mul(radix)?.checked_add(digit.to_digit(radix)?)?;
    }
    char::from_u32(code)
}
