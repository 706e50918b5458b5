//! JSON out.

use alloc::string::String;
use core::fmt::Write as _;

use super::Text;

/// Writes a finite number so that it reads back as the same double.
pub fn write_f64(out: &mut String, number: f64) {
    // Writing to a string cannot fail.
    let _ = write!(out, "{number:?}");
}

/// Writes a string; lone surrogates as escapes.
pub fn write_text(out: &mut String, text: &Text<'_>) {
    out.push('"');
    for point in text.code_points() {
        match char::from_u32(point) {
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some(character) if point >= 0x20 => out.push(character),
            _ => {
                let _ = write!(out, "\\u{point:04x}");
            }
        }
    }
    out.push('"');
}
