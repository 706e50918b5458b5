//! Numbers from text, and numbers squeezed into fewer bits.

use alloc::string::String;

use super::Raised;
use crate::json::Text;

/// `float(text)`; none when Python refuses.
#[must_use]
pub fn float_from_text(text: &Text<'_>) -> Option<f64> {
    let clean = digits_of(text.as_str()?)?;
    // Rust reads what Python does but for underscores, and refuses the rest;
    // both know `inf`, `infinity` and `nan` in any case.
    clean.parse().ok()
}

/// `int(text)`.
///
/// # Errors
/// When Python refuses, or above 128 bits.
pub fn int_from_text(text: &Text<'_>) -> Result<i128, Raised> {
    let clean = text.as_str().and_then(digits_of).ok_or(Raised::Value)?;
    let digits = clean.strip_prefix(['+', '-']).unwrap_or(&clean);
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(Raised::Value);
    }
    clean.parse().map_err(|_| Raised::Overflow)
}

/// Without the space around it and the underscores between digits.
fn digits_of(text: &str) -> Option<String> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || ('\x1c'..='\x1f').contains(&c));
    let mut clean = String::with_capacity(text.len());
    let mut before = None;
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        if character == '_' {
            let between = before.is_some_and(|c: char| c.is_ascii_digit())
                && rest.peek().is_some_and(char::is_ascii_digit);
            if !between {
                return None;
            }
        } else {
            clean.push(character);
        }
        before = Some(character);
    }
    Some(clean)
}

/// Rounded to the nearest number of so many bits, widened again.
#[must_use]
pub fn to_f32(number: f64, bits: u8) -> f64 {
    match bits {
        32 => f64::from(number as f32),
        16 => round_half(number),
        _ => number,
    }
}

/// To `float16`: 11 significant bits, ties to even, at most 65504, subnormal
/// below 2^-14.
fn round_half(number: f64) -> f64 {
    let magnitude = number.abs();
    if number.is_nan() {
        return number;
    }
    if magnitude >= 65520.0 {
        return f64::INFINITY.copysign(number);
    }
    // The distance between neighbours; 2^-24 is the smallest.
    let exponent = ((magnitude.to_bits() >> 52) as i32 - 1023).max(-14);
    let step = f64::from_bits(((exponent - 10 + 1023) as u64) << 52);
    let scaled = magnitude / step;
    let down = scaled as u64;
    let rest = scaled - down as f64;
    let up = rest > 0.5 || (rest == 0.5 && down % 2 == 1);
    ((down + u64::from(up)) as f64 * step).copysign(number)
}

/// The low bits of a whole number, as C's cast leaves them.
#[must_use]
pub fn wrap_int(number: i128, signed: bool, bits: u8) -> i128 {
    let low = (number as u128) & ((1 << bits) - 1);
    if signed && low >> (bits - 1) & 1 == 1 { low as i128 - (1 << bits) } else { low as i128 }
}

/// A double cast to a whole number, as x86-64 does: toward zero, and the
/// smallest one where it does not fit. Narrow types are cast through 32 bits.
/// Unsigned ones of 64 bits are cast in halves, so that beyond both 0 is left.
#[must_use]
pub fn wrap_float(number: f64, signed: bool, bits: u8) -> i128 {
    let whole = if number.is_finite() && number.abs() < 1e30 { number as i128 } else { i128::MAX };
    match (signed, bits) {
        (true, 64) => i64::try_from(whole).unwrap_or(i64::MIN).into(),
        (true, 32) => i32::try_from(whole).unwrap_or(i32::MIN).into(),
        (false, 64) => match u64::try_from(whole) {
            Ok(fits) => fits.into(),
            Err(_) if number > 0.0 => 0,
            Err(_) => wrap_int(i64::try_from(whole).unwrap_or(i64::MIN).into(), false, 64),
        },
        (false, 32) => wrap_int(i64::try_from(whole).unwrap_or(i64::MIN).into(), false, 32),
        _ => wrap_int(i32::try_from(whole).unwrap_or(i32::MIN).into(), signed, bits),
    }
}
