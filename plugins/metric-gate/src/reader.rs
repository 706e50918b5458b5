//! Reads settings, and says where they are wrong.
//!
//! Hosts validate settings with the schema before; a gate that trusted them to
//! would pass models by a misspelt key on one that does not.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Map, Number, Value};
use tollgate_sdk::Finding;

use crate::decimal::Decimal;
use crate::spelling;

/// What was wrong with the settings, collected.
#[derive(Debug, Default)]
pub(crate) struct Mistakes(Vec<Finding>);

impl Mistakes {
    /// Adds one, at this pointer. Out of line: it is called from everywhere.
    #[cold]
    #[inline(never)]
    pub(crate) fn add(&mut self, pointer: &str, message: impl Into<String>) {
        self.0.push(Finding::invalid_settings(message.into()).at(pointer));
    }

    /// All of them, if there were any.
    ///
    /// # Errors
    /// The mistakes.
    pub(crate) fn into_result(self) -> Result<(), Vec<Finding>> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }
}

/// An object of the settings, and where it is.
#[derive(Debug)]
pub(crate) struct Object<'a> {
    map: &'a Map<String, Value>,
    /// Where.
    pub pointer: String,
}

impl<'a> Object<'a> {
    /// This value as an object with no keys but these.
    pub(crate) fn new(
        value: &'a Value,
        pointer: String,
        keys: &[&str],
        mistakes: &mut Mistakes,
    ) -> Option<Self> {
        let object = Self::open(value, pointer, mistakes)?;
        for key in object.map.keys() {
            if !keys.contains(&key.as_str()) {
                let hint = spelling::hint(key, keys.iter().copied());
                let message = format!("`{key}` is not a setting here{hint}");
                mistakes.add(&object.at(key), message);
            }
        }
        Some(object)
    }

    /// This value as an object with any keys.
    pub(crate) fn open(value: &'a Value, pointer: String, mistakes: &mut Mistakes) -> Option<Self> {
        match value {
            Value::Object(map) => Some(Self { map, pointer }),
            other => {
                mistakes.add(&pointer, format!("expected an object, not {}", kind(other)));
                None
            }
        }
    }

    /// The pointer of a key.
    #[must_use]
    pub(crate) fn at(&self, key: &str) -> String {
        let key = key.replace('~', "~0").replace('/', "~1");
        format!("{}/{key}", self.pointer)
    }

    /// The value of a key.
    #[must_use]
    pub(crate) fn get(&self, key: &str) -> Option<&'a Value> {
        self.map.get(key)
    }

    /// Keys and values, sorted by key.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'a String, &'a Value)> + use<'a> {
        self.map.iter()
    }

    /// A text that is not empty.
    pub(crate) fn text(&self, key: &str, mistakes: &mut Mistakes) -> Option<&'a str> {
        match self.get(key)? {
            Value::String(text) if !text.is_empty() => Some(text),
            other => {
                mistakes.add(&self.at(key), format!("expected text, not {}", kind(other)));
                None
            }
        }
    }

    /// One of these texts.
    pub(crate) fn choice<T: Copy>(
        &self,
        key: &str,
        choices: &[(&str, T)],
        mistakes: &mut Mistakes,
    ) -> Option<T> {
        let text = self.text(key, mistakes)?;
        let found = choices.iter().find(|(name, _)| *name == text);
        if found.is_none() {
            let names: Vec<String> = choices.iter().map(|(name, _)| format!("`{name}`")).collect();
            let message = format!("`{text}` is not one of {}", names.join(", "));
            mistakes.add(&self.at(key), message);
        }
        found.map(|(_, choice)| *choice)
    }

    /// True or false.
    pub(crate) fn boolean(&self, key: &str, mistakes: &mut Mistakes) -> Option<bool> {
        match self.get(key)? {
            Value::Bool(value) => Some(*value),
            other => {
                let message = format!("expected true or false, not {}", kind(other));
                mistakes.add(&self.at(key), message);
                None
            }
        }
    }

    /// A number.
    pub(crate) fn number(&self, key: &str, mistakes: &mut Mistakes) -> Option<Decimal> {
        number(self.get(key)?, &self.at(key), mistakes)
    }

    /// A number of 0 or more.
    pub(crate) fn amount(&self, key: &str, mistakes: &mut Mistakes) -> Option<Decimal> {
        amount(self.get(key)?, &self.at(key), mistakes)
    }

    /// A whole number of 1 or more.
    pub(crate) fn count(&self, key: &str, mistakes: &mut Mistakes) -> Option<u64> {
        let value = self.get(key)?;
        let count = value.as_u64().filter(|count| *count > 0);
        if count.is_none() {
            mistakes.add(&self.at(key), "expected a whole number of 1 or more");
        }
        count
    }
}

/// The items of a list, with their pointers.
pub(crate) fn items<'a>(
    object: &Object<'a>,
    key: &str,
    mistakes: &mut Mistakes,
) -> Vec<(String, &'a Value)> {
    let pointer = object.at(key);
    match object.get(key) {
        None => Vec::new(),
        Some(Value::Array(items)) => items
            .iter()
            .enumerate()
            .map(|(index, item)| (format!("{pointer}/{index}"), item))
            .collect(),
        Some(other) => {
            mistakes.add(&pointer, format!("expected a list, not {}", kind(other)));
            Vec::new()
        }
    }
}

/// This value as a number.
pub(crate) fn number(value: &Value, pointer: &str, mistakes: &mut Mistakes) -> Option<Decimal> {
    let read = value.as_number().and_then(decimal);
    if read.is_none() {
        mistakes.add(pointer, format!("expected a number, not {}", kind(value)));
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

/// This value as text.
pub(crate) fn text(value: &Value, pointer: &str, mistakes: &mut Mistakes) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.to_owned()),
        other => {
            mistakes.add(pointer, format!("expected text, not {}", kind(other)));
            None
        }
    }
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

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(text) if text.is_empty() => "empty text",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
