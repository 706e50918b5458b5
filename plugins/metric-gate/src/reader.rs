//! Reads the settings: what the SDK's reader does not know, which is decimals.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

use serde_json::{Number, Value};
pub(crate) use tollgate_sdk::settings::Mistakes;
use tollgate_sdk::{nearest, settings};

use crate::decimal::Decimal;

/// An object of the settings, and where it is.
pub(crate) type Object<'a> = settings::Object<&'a Value>;

/// Numbers of an object.
pub(crate) trait Numbers {
    /// A number.
    fn number(&self, key: &str, mistakes: &mut Mistakes) -> Option<Decimal>;

    /// A number of 0 or more.
    fn amount(&self, key: &str, mistakes: &mut Mistakes) -> Option<Decimal>;
}

impl Numbers for Object<'_> {
    fn number(&self, key: &str, mistakes: &mut Mistakes) -> Option<Decimal> {
        number(self.get(key)?, &self.at(key), mistakes)
    }

    fn amount(&self, key: &str, mistakes: &mut Mistakes) -> Option<Decimal> {
        amount(self.get(key)?, &self.at(key), mistakes)
    }
}

/// This value as a number.
pub(crate) fn number(value: &Value, pointer: &str, mistakes: &mut Mistakes) -> Option<Decimal> {
    let read = value.as_number().and_then(decimal);
    if read.is_none() {
        mistakes.wanted(pointer, "a number", value);
    }
    read
}

/// This value as a number of 0 or more.
pub(crate) fn amount(value: &Value, pointer: &str, mistakes: &mut Mistakes) -> Option<Decimal> {
    let read = number(value, pointer, mistakes)?;
    if read < Decimal::ZERO {
        mistakes.add(pointer, format!("expected 0 or more, not {read}"));
        return None;
    }
    Some(read)
}

fn decimal(number: &Number) -> Option<Decimal> {
    if let Some(whole) = number.as_i64() {
        return Some(Decimal::new(i128::from(whole), 0));
    }
    if let Some(whole) = number.as_u64() {
        return Some(Decimal::new(i128::from(whole), 0));
    }
    number.as_f64().and_then(Decimal::from_f64)
}

/// This value as text.
pub(crate) fn text(value: &Value, pointer: &str, mistakes: &mut Mistakes) -> Option<String> {
    settings::text(value, pointer, mistakes).map(ToOwned::to_owned)
}

/// `; did you mean` and the nearest name, or nothing.
pub(crate) fn hint<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> String {
    nearest(word, names).map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default()
}
