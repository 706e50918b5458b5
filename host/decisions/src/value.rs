//! Typed values in JSON, exactly.
//!
//! A value of the kind that its input wants is what JSON has for it. What JSON
//! has no word for, or another for, is an object of one member: `{"number":"-0"}`,
//! `{"number":"NaN"}`, `{"integer":"5"}` where a number is wanted, and
//! `{"bits":"7ff8000000000001"}` for the other values that are not a number.

use std::fmt::{self, Write as _};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use tollgate::canonical;
use tollgate::tree::{non_finite_from_name, non_finite_name};
use tollgate_engine::types::{Kind, Value};

/// Appends a value of an input of this kind.
pub(crate) fn push(value: &Value, kind: Kind, out: &mut String) {
    match (value, kind) {
        (Value::Null, _) => out.push_str("null"),
        (Value::Boolean(value), Kind::Boolean) => {
            out.push_str(if *value { "true" } else { "false" })
        }
        // Writing to a String cannot fail.
        (Value::Integer(value), Kind::Integer) => drop(write!(out, "{value}")),
        (Value::Text(value), Kind::Text) => canonical::write_string(value, out),
        (Value::Number(value), Kind::Number) if is_plain(*value) => {
            canonical::write_double(*value, out);
        }
        (Value::Number(value), _) if value.is_nan() && value.to_bits() != f64::NAN.to_bits() => {
            tagged("bits", &format!("{:016x}", value.to_bits()), out);
        }
        (Value::Number(value), _) if !value.is_finite() => {
            tagged("number", non_finite_name(*value), out);
        }
        (Value::Number(value), _) => tagged("number", &value.to_string(), out),
        (Value::Boolean(value), _) => tagged("boolean", &value.to_string(), out),
        (Value::Integer(value), _) => tagged("integer", &value.to_string(), out),
        (Value::Text(value), _) => tagged("text", value, out),
    }
}

fn is_plain(value: f64) -> bool {
    value.is_finite() && (value != 0.0 || value.is_sign_positive())
}

fn tagged(tag: &str, text: &str, out: &mut String) {
    out.push_str("{\"");
    out.push_str(tag);
    out.push_str("\":");
    canonical::write_string(text, out);
    out.push('}');
}

/// Appends what stands for a value that is masked; `hash` where it is by that.
pub(crate) fn push_masked(hash: Option<&str>, out: &mut String) {
    tagged("masked", hash.unwrap_or("removed"), out);
}

/// What a record says of an input.
#[derive(Debug, Clone, PartialEq)]
pub enum Recorded {
    /// Its value.
    Value(Value),
    /// What stands for it: a keyed hash, or `removed`.
    Masked(String),
}

/// Reads what is recorded of an input of this kind.
#[derive(Clone, Copy)]
pub(crate) struct Reading(pub(crate) Kind);

impl<'de> DeserializeSeed<'de> for Reading {
    type Value = Recorded;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Recorded, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Reading {
    fn number<E: Error>(self, value: f64) -> Result<Recorded, E> {
        match self.0 {
            Kind::Number => Ok(Recorded::Value(Value::Number(value))),
            _ => Err(E::custom("a number where none is wanted")),
        }
    }
}

impl<'de> Visitor<'de> for Reading {
    type Value = Recorded;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a recorded value")
    }

    fn visit_unit<E: Error>(self) -> Result<Recorded, E> {
        Ok(Recorded::Value(Value::Null))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Recorded, E> {
        match self.0 {
            Kind::Boolean => Ok(Recorded::Value(Value::Boolean(value))),
            _ => Err(E::custom("a boolean where none is wanted")),
        }
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Recorded, E> {
        match self.0 {
            Kind::Integer => Ok(Recorded::Value(Value::Integer(value))),
            _ => self.number(value as f64),
        }
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Recorded, E> {
        match (self.0, i64::try_from(value)) {
            (Kind::Integer, Ok(value)) => Ok(Recorded::Value(Value::Integer(value))),
            _ => self.number(value as f64),
        }
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Recorded, E> {
        self.number(value)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Recorded, E> {
        match self.0 {
            Kind::Text => Ok(Recorded::Value(Value::Text(value.to_owned()))),
            _ => Err(E::custom("text where none is wanted")),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Recorded, A::Error> {
        let unknown = || A::Error::custom("no value that a decision log knows");
        let (tag, text) = map.next_entry::<String, String>()?.ok_or_else(unknown)?;
        if map.next_key::<String>()?.is_some() {
            return Err(unknown());
        }
        let value = match tag.as_str() {
            "masked" => return Ok(Recorded::Masked(text)),
            "boolean" => text.parse().ok().map(Value::Boolean),
            "integer" => text.parse().ok().map(Value::Integer),
            "text" => Some(Value::Text(text)),
            "bits" => u64::from_str_radix(&text, 16).ok().map(f64::from_bits).map(Value::Number),
            "number" => {
                let named = non_finite_from_name(&text);
                named.or_else(|| text.parse().ok()).map(Value::Number)
            }
            _ => None,
        };
        value.map(Recorded::Value).ok_or_else(unknown)
    }
}

#[cfg(test)]
mod tests {
    use tollgate_test_support::{Dice, seed};

    use super::*;

    const KINDS: [Kind; 4] = [Kind::Boolean, Kind::Integer, Kind::Number, Kind::Text];

    fn drawn(dice: &mut Dice) -> Value {
        match dice.roll(9) {
            0 => Value::Null,
            1 => Value::Boolean(dice.roll(2) == 0),
            2 => Value::Integer(dice.number() as i64),
            3 => Value::Integer(*dice.one(&[0, 1, -1, i64::MIN, i64::MAX, 9_007_199_254_740_993])),
            4 => Value::Number(f64::from_bits(dice.number())),
            5 => Value::Number((dice.roll(20_000) as f64 - 1e4) / 100.0),
            6 => Value::Number(*dice.one(&[
                -0.0,
                0.0,
                f64::NAN,
                f64::INFINITY,
                f64::NEG_INFINITY,
                f64::MAX,
                5e-324,
                1e21,
                1e16,
                f64::from_bits(0x7ff8_0000_0000_0001),
                -f64::NAN,
                9_007_199_254_740_992.0,
            ])),
            7 => Value::Text(
                (*dice.one(&["", "NG", "ä\u{1f600}\n\"\\\u{0}", "{\"a\":1}"])).to_owned(),
            ),
            _ => Value::Text(
                (0..dice.roll(40))
                    .filter_map(|_| char::from_u32(dice.roll(0x11_0000) as u32))
                    .collect(),
            ),
        }
    }

    /// Bit for bit, whatever the input wants.
    #[test]
    fn a_hundred_thousand_values_read_back() {
        let same = |one: &Value, other: &Value| match (one, other) {
            (Value::Number(one), Value::Number(other)) => one.to_bits() == other.to_bits(),
            _ => one == other,
        };
        let mut dice = Dice::new(seed());
        for _ in 0..100_000 {
            let (value, kind) = (drawn(&mut dice), *dice.one(&KINDS));
            let mut json = String::new();
            push(&value, kind, &mut json);
            let read = Reading(kind).deserialize(&mut serde_json::Deserializer::from_str(&json));
            match read.unwrap() {
                Recorded::Value(read) => assert!(same(&value, &read), "{value:?} as {json}"),
                masked => panic!("{masked:?}"),
            }
            let canonical = canonical::to_text(&serde_json::from_str(&json).unwrap());
            assert_eq!(canonical, json, "a record is canonical");
        }
    }

    #[test]
    fn what_is_masked_is_no_value() {
        for (hash, json) in [(None, r#"{"masked":"removed"}"#), (Some("ab"), r#"{"masked":"ab"}"#)]
        {
            let mut written = String::new();
            push_masked(hash, &mut written);
            assert_eq!(written, json);
            let read =
                Reading(Kind::Text).deserialize(&mut serde_json::Deserializer::from_str(json));
            assert_eq!(read.unwrap(), Recorded::Masked(hash.unwrap_or("removed").to_owned()));
        }
        for wrong in ["{}", r#"{"x":"1"}"#, r#"{"number":"x"}"#, r#"{"number":"1","a":"b"}"#, "[]"]
        {
            let mut reader = serde_json::Deserializer::from_str(wrong);
            assert!(Reading(Kind::Number).deserialize(&mut reader).is_err(), "{wrong}");
        }
    }
}
