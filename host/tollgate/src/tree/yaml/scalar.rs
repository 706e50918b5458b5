//! The core schema of YAML 1.2: what a plain word means.
//!
//! Source: <https://yaml.org/spec/1.2.2/#103-core-schema>. The words that
//! YAML 1.1 read as booleans (`no`, `on`, `y`) are text here, so a list of
//! countries may hold `NO`.

use saphyr_parser::{ScalarStyle, Tag};
use serde_json::Number;

use super::super::{Content, non_finite_from_name};

/// A scalar as the parser gives it.
#[derive(Clone, Copy)]
pub(super) struct Scalar<'a> {
    pub(super) text: &'a str,
    pub(super) style: ScalarStyle,
    pub(super) tag: Option<&'a Tag>,
}

/// Why a scalar has no value.
pub(super) enum Refusal {
    Beyond64Bits,
    NotOfTag { tag: String },
    UnknownTag { tag: String },
}

impl Scalar<'_> {
    pub(super) fn resolve(&self) -> Result<Content, Refusal> {
        let Some(tag) = self.tag else {
            return if self.style == ScalarStyle::Plain {
                plain(self.text)
            } else {
                Ok(Content::Text(self.text.to_owned()))
            };
        };
        if tag.handle.is_empty() && tag.suffix == "!" {
            return Ok(Content::Text(self.text.to_owned()));
        }
        if !tag.is_yaml_core_schema() {
            return Err(Refusal::UnknownTag { tag: tag.to_string() });
        }
        let content = match tag.suffix.as_str() {
            "str" => return Ok(Content::Text(self.text.to_owned())),
            "null" | "bool" | "int" | "float" => plain(self.text)?,
            _ => {
                return Err(Refusal::UnknownTag { tag: format!("!!{}", tag.suffix) });
            }
        };
        let fits = match (tag.suffix.as_str(), &content) {
            ("null", Content::Null) | ("bool", Content::Boolean(_)) => true,
            ("float", Content::Number(_) | Content::NonFinite(_)) => true,
            ("int", Content::Number(number)) => !number.is_f64(),
            _ => false,
        };
        if fits { Ok(content) } else { Err(Refusal::NotOfTag { tag: format!("!!{}", tag.suffix) }) }
    }
}

fn plain(text: &str) -> Result<Content, Refusal> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Content::Null),
        "true" | "True" | "TRUE" => return Ok(Content::Boolean(true)),
        "false" | "False" | "FALSE" => return Ok(Content::Boolean(false)),
        ".nan" | ".NaN" | ".NAN" | ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF"
        | "-.inf" | "-.Inf" | "-.INF" => {
            if let Some(value) = non_finite_from_name(text) {
                return Ok(Content::NonFinite(value));
            }
        }
        _ => {}
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix)
            && !digits.is_empty()
            && digits.chars().all(|digit| digit.is_digit(radix))
        {
            let value = u64::from_str_radix(digits, radix).map_err(|_| Refusal::Beyond64Bits)?;
            return Ok(Content::Number(value.into()));
        }
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return whole(text);
    }
    if is_float(unsigned) {
        // Rust reads every form that the core schema has, and rounds to the
        // nearest double, as `serde_json` does.
        let value: f64 = text.parse().map_err(|_| Refusal::Beyond64Bits)?;
        let number = Number::from_f64(value).ok_or(Refusal::Beyond64Bits)?;
        return Ok(Content::Number(number));
    }
    Ok(Content::Text(text.to_owned()))
}

fn whole(text: &str) -> Result<Content, Refusal> {
    let positive = text.strip_prefix('+').unwrap_or(text);
    let number = match positive.parse::<i64>() {
        Ok(value) => Number::from(value),
        Err(_) => Number::from(positive.parse::<u64>().map_err(|_| Refusal::Beyond64Bits)?),
    };
    Ok(Content::Number(number))
}

/// `(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa = match mantissa.split_once('.') {
        Some((before, after)) => {
            digits(before) && digits(after) && !(before.is_empty() && after.is_empty())
        }
        None => !mantissa.is_empty() && digits(mantissa),
    };
    let exponent = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    mantissa && exponent
}
