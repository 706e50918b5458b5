//! `str(x)` and `repr(x)`.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt::Write as _;

use super::Py;
use crate::json::Text;

/// `repr(x)` of a float: the shortest digits that read back, with an exponent
/// below 1e-4 and from 1e16 on.
#[must_use]
pub fn float_repr(number: f64) -> String {
    if number.is_nan() {
        return "nan".into();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.into();
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let mut fixed = number.to_string();
        if !fixed.contains('.') {
            fixed.push_str(".0");
        }
        fixed
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
    }
}

/// `str(x)`.
#[must_use]
pub fn str_of<'a>(object: &Py<'a>) -> Text<'a> {
    match object {
        Py::Str(text) => text.clone(),
        _ => {
            let mut out = Vec::new();
            repr(&mut out, object);
            Text(out.into())
        }
    }
}

fn repr(out: &mut Vec<u8>, object: &Py<'_>) {
    let mut plain = String::new();
    match object {
        Py::None => plain.push_str("None"),
        Py::Bool(value) => plain.push_str(if *value { "True" } else { "False" }),
        Py::Int(value) => plain = value.to_string(),
        Py::Int32(value) => plain = value.to_string(),
        Py::Uint(value) => plain = value.to_string(),
        Py::Big(raw) | Py::Decimal(raw) => plain.push_str(raw),
        Py::Float(value) => plain = float_repr(*value),
        Py::Float32(value) => plain = float_repr(f64::from(*value as f32)),
        Py::Time(None) => plain.push_str("NaT"),
        Py::Time(Some(nanos)) => super::write_iso(&mut plain, (*nanos).into(), 'T', 9),
        Py::Datetime(nanos) => super::write_iso(&mut plain, *nanos, ' ', 0),
        Py::Date(days) => super::write_date(&mut plain, (*days).into()),
        Py::Str(text) => return quoted(out, text),
        Py::Bytes(bytes) => return quoted_bytes(out, bytes),
        Py::List(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.extend_from_slice(b", ");
                }
                repr(out, item);
            }
            out.push(b']');
        }
        Py::Dict(items) => {
            out.push(b'{');
            for (at, (key, value)) in items.iter().enumerate() {
                if at > 0 {
                    out.extend_from_slice(b", ");
                }
                quoted(out, key);
                out.extend_from_slice(b": ");
                repr(out, value);
            }
            out.push(b'}');
        }
        Py::Array(array) => {
            // Only the shapes that reach text are written: a nested array's
            // own words never do.
            match array.cells.as_slice() {
                [only] if array.shape.is_empty() => {
                    out.extend_from_slice(str_of(only).bytes());
                }
                cells => repr(out, &Py::List(cells.to_vec())),
            }
        }
    }
    out.extend_from_slice(plain.as_bytes());
}

/// A string in quotes, as `repr` writes it: single ones unless only they
/// occur; what does not print is escaped.
fn quoted(out: &mut Vec<u8>, text: &Text<'_>) {
    let single = text.bytes().contains(&b'\'');
    let double = text.bytes().contains(&b'"');
    let quote = if single && !double { '"' } else { '\'' };
    let mut word = String::new();
    word.push(quote);
    for point in text.code_points() {
        match char::from_u32(point) {
            Some('\\') => word.push_str("\\\\"),
            Some('\n') => word.push_str("\\n"),
            Some('\r') => word.push_str("\\r"),
            Some('\t') => word.push_str("\\t"),
            Some(character) if character == quote => {
                word.push('\\');
                word.push(quote);
            }
            Some(character) if prints(character) => word.push(character),
            _ => {
                let _ = match point {
                    0..0x100 => write!(word, "\\x{point:02x}"),
                    0x100..0x1_0000 => write!(word, "\\u{point:04x}"),
                    _ => write!(word, "\\U{point:08x}"),
                };
            }
        }
    }
    word.push(quote);
    out.extend_from_slice(word.as_bytes());
}

/// Whether `repr` shows a character as it is: not a control, format,
/// surrogate, private-use or separator character. The ranges are the common
/// ones; the tables of unassigned characters would outweigh the plugin.
fn prints(character: char) -> bool {
    !matches!(character,
        '\0'..='\x1f' | '\x7f'..='\u{a0}' | '\u{ad}' | '\u{1680}'
        | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}'
        | '\u{3000}' | '\u{e000}'..='\u{f8ff}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}'
        | '\u{e0000}'..='\u{10ffff}')
}

fn quoted_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    let mut word = String::from("b'");
    for byte in bytes {
        match byte {
            b'\\' => word.push_str("\\\\"),
            b'\'' => word.push_str("\\'"),
            b'\n' => word.push_str("\\n"),
            b'\r' => word.push_str("\\r"),
            b'\t' => word.push_str("\\t"),
            0x20..0x7f => word.push(char::from(*byte)),
            _ => {
                let _ = write!(word, "\\x{byte:02x}");
            }
        }
    }
    word.push('\'');
    out.extend_from_slice(word.as_bytes());
}
