//! Canonical JSON: one text for one value, so that equal settings have equal
//! digests whoever writes them.
//!
//! RFC 8785 (JCS): keys sorted by UTF-16 code units, no spaces, shortest
//! numbers in ECMAScript's form. One difference: whole numbers beyond 2^53
//! stay exact, where JCS would round them to a double.

use serde_json::Value;

/// The canonical text of a value.
#[must_use]
pub fn to_text(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

/// Recursion is bounded by the depth of trees, see
/// [`DEPTH_LIMIT`](crate::tree::DEPTH_LIMIT).
fn write(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => match number.as_f64() {
            Some(value) if number.is_f64() => write_double(value, out),
            _ => out.push_str(&number.to_string()),
        },
        Value::String(text) => write_string(text, out),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(map) => {
            let mut members: Vec<_> = map.iter().collect();
            members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push('{');
            for (index, (key, value)) in members.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_string(key, out);
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
    }
}

/// Appends a text in quotes.
pub fn write_string(text: &str, out: &mut String) {
    let plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    if text.bytes().all(plain) {
        out.push('"');
        out.push_str(text);
        out.push('"');
        return;
    }
    // JCS escapes exactly what `serde_json` does: quote, backslash, and control
    // characters in their short or lower-case hexadecimal form.
    out.push_str(&Value::String(text.to_owned()).to_string());
}

/// Appends a finite number; what is not finite has no JSON.
pub fn write_double(value: f64, out: &mut String) {
    if value == 0.0 {
        out.push('0');
        return;
    }
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format_finite(value);
    // Shortest digits and a point are the same in every notation; of two shortest
    // of more than 15 digits that are as near, each takes its own.
    let is_plain = !text.contains('e') && text.len() < 17;
    match is_plain {
        true => out.push_str(text.strip_suffix(".0").unwrap_or(text)),
        false => out.push_str(&double_text(value)),
    }
}

/// ECMAScript's `Number::toString` (ECMA-262, 6.1.6.1.20).
fn double_text(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    // The shortest digits that read back as the same double: `d.ddde±x`.
    let scientific = format!("{:e}", value.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits: String = mantissa.chars().filter(|&digit| digit != '.').collect();
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if value < 0.0 { "-" } else { "" };
    let count = i32::try_from(digits.len()).unwrap_or(0);
    // The position of the decimal point, in digits from the left.
    let point = exponent + 1;
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or(0));
    if count <= point && point <= 21 {
        format!("{sign}{digits}{}", zeros(point - count))
    } else if 0 < point && point <= 21 {
        let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or(0));
        format!("{sign}{whole}.{fraction}")
    } else if -6 < point && point <= 0 {
        format!("{sign}0.{}{digits}", zeros(-point))
    } else {
        let exponent_sign = if exponent < 0 { '-' } else { '+' };
        let mantissa = mantissa.trim_end_matches(".0");
        format!("{sign}{mantissa}e{exponent_sign}{}", exponent.abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(json: &str) -> String {
        to_text(&serde_json::from_str(json).expect("JSON"))
    }

    #[test]
    fn keys_are_sorted_and_spaces_gone() {
        assert_eq!(
            canonical(r#"{ "b": [1, {"z": null, "a": true}], "a": "x\u0007\n" }"#),
            r#"{"a":"x\u0007\n","b":[1,{"a":true,"z":null}]}"#
        );
    }

    /// The example of RFC 8785, section 3.2.3: sorted by UTF-16 code units.
    #[test]
    fn keys_are_sorted_as_the_rfc_sorts_them() {
        let text = canonical(
            r#"{"\u20ac":"Euro","\r":"CR","\ufb33":"Dalet","1":"One","\ud83d\ude00":"Emoji","\u0080":"Control","\u00f6":"o"}"#,
        );
        let value: Vec<_> = text.match_indices(":\"").map(|(at, _)| at).collect();
        assert_eq!(value.len(), 7);
        let order = ["CR", "One", "Control", "o\"", "Euro", "Emoji", "Dalet"];
        let places: Vec<_> = order.iter().map(|name| text.find(&format!(":\"{name}"))).collect();
        assert!(places.is_sorted(), "{text}");
    }

    fn written(value: f64) -> String {
        let mut text = String::new();
        write_double(value, &mut text);
        text
    }

    /// The quick way and the one by the book.
    #[test]
    fn both_ways_to_write_a_number_are_one() {
        let mut dice = tollgate_test_support::Dice::new(tollgate_test_support::seed());
        for _ in 0..100_000 {
            let bits = f64::from_bits(dice.number());
            let short = (dice.roll(2_000_000) as f64 - 1e6) / 10_f64.powi(dice.roll(12) as i32);
            for value in [bits, short].into_iter().filter(|value| value.is_finite()) {
                assert_eq!(written(value), double_text(value), "{value:e}");
            }
        }
    }

    /// Appendix B of RFC 8785.
    #[test]
    fn numbers_are_the_shortest() {
        for (bits, text) in [
            (0x0000_0000_0000_0000_u64, "0"),
            (0x8000_0000_0000_0000, "0"),
            (0x0000_0000_0000_0001, "5e-324"),
            (0x8000_0000_0000_0001, "-5e-324"),
            (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
            (0x4340_0000_0000_0000, "9007199254740992"),
            (0x4430_0000_0000_0000, "295147905179352830000"),
            (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
            (0x44b5_2d02_c7e1_4af6, "1e+23"),
            (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
            (0x444b_1ae4_d6e2_ef50, "1e+21"),
            (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
            (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
            (0x41b3_de43_5555_5553, "333333333.3333332"),
        ] {
            let value = f64::from_bits(bits);
            assert_eq!(double_text(value), text, "{bits:016x}");
            assert_eq!(written(value), text, "{bits:016x}");
        }
        assert_eq!(
            canonical(
                "[0.70, 10000.0, 10000, 1e2, -2.50, 18446744073709551615, -9223372036854775808]"
            ),
            "[0.7,10000,10000,100,-2.5,18446744073709551615,-9223372036854775808]"
        );
    }
}
