//! Settings, read so that every mistake is told at its place.
//!
//! Hosts validate settings with the plugin's schema first; a plugin that
//! trusted them to would pass models by a misspelt key on one that does not.
//! [`Object`] reads whatever holds JSON ([`Setting`]) and collects all
//! [`Mistakes`]:
//!
//! ```
//! use tollgate_sdk::settings::{Mistakes, Object};
//!
//! let given = serde_json::json!({ "limt": 3, "mode": "fast" });
//! let mut mistakes = Mistakes::default();
//! let settings = Object::new(&given, String::new(), &["limit", "mode"], &mut mistakes).unwrap();
//! let mode = settings.choice("mode", &[("strict", 1), ("loose", 2)], &mut mistakes);
//! assert_eq!(mode, None);
//! let told = mistakes.into_result().unwrap_err();
//! let told: Vec<_> = told.iter().map(|it| (it.pointer.as_deref(), it.message.as_str())).collect();
//! assert_eq!(told, [
//!     (Some("/limt"), "`limt` is not a setting here; did you mean `limit`?"),
//!     (Some("/mode"), "`fast` is not one of `strict`, `loose`"),
//! ]);
//! ```

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;
use core::ops::RangeInclusive;

use serde_json::Value;
use tollgate_nearest::nearest;

use crate::Finding;

/// A value of settings, whatever read the JSON: a reference to it.
pub trait Setting<'a>: Copy {
    /// What it is.
    fn kind(self) -> Kind;

    /// True or false.
    fn boolean(self) -> Option<bool>;

    /// Text.
    fn text(self) -> Option<&'a str>;

    /// A whole number of 0 or more.
    fn whole(self) -> Option<u64>;

    /// The items of a list.
    fn items(self) -> Option<impl Iterator<Item = Self>>;

    /// Names and values of an object.
    fn members(self) -> Option<impl Iterator<Item = (&'a str, Self)>>;
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Kind {
    Null,
    Boolean,
    Number,
    Text,
    List,
    Object,
}

impl Kind {
    fn words(self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Boolean => "true or false",
            Self::Number => "a number",
            Self::Text => "text",
            Self::List => "a list",
            Self::Object => "an object",
        }
    }
}

/// What was wrong with the settings, collected.
#[derive(Debug, Default)]
pub struct Mistakes(Vec<Finding>);

impl Mistakes {
    /// Adds one, at this pointer. Out of line: it is called from everywhere.
    #[cold]
    #[inline(never)]
    pub fn add(&mut self, pointer: &str, message: impl Into<String>) {
        self.push(Finding::invalid_settings(message.into()).at(pointer));
    }

    /// Adds one.
    pub fn push(&mut self, mistake: Finding) {
        self.0.push(mistake);
    }

    /// That something else is there than what was wanted.
    #[cold]
    #[inline(never)]
    pub fn wanted<'a>(&mut self, pointer: &str, wanted: &str, found: impl Setting<'a>) {
        let found = match found.text() {
            Some("") => "empty text",
            _ => found.kind().words(),
        };
        self.add(pointer, format!("expected {wanted}, not {found}"));
    }

    /// Whether there are none so far.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Nothing, if there were none.
    ///
    /// # Errors
    /// All of them.
    pub fn into_result(self) -> Result<(), Vec<Finding>> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }
}

/// A pointer's next step (RFC 6901).
#[must_use]
pub fn step(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// An object of the settings, and where it is.
#[derive(Debug)]
pub struct Object<V> {
    value: V,
    /// Where.
    pub pointer: String,
}

impl<'a, V: Setting<'a>> Object<V> {
    /// This value as an object with no keys but these.
    pub fn new(value: V, pointer: String, keys: &[&str], mistakes: &mut Mistakes) -> Option<Self> {
        let object = Self::open(value, pointer, mistakes)?;
        for (key, _) in object.entries().filter(|(key, _)| !keys.contains(key)) {
            let mut message = format!("`{key}` is not a setting here");
            if let Some(meant) = nearest(key, keys.iter().copied()) {
                // Writing to a text never fails.
                let _ = write!(message, "; did you mean `{meant}`?");
            }
            mistakes.add(&object.at(key), message);
        }
        Some(object)
    }

    /// This value as an object with any keys.
    pub fn open(value: V, pointer: String, mistakes: &mut Mistakes) -> Option<Self> {
        if value.members().is_none() {
            mistakes.wanted(&pointer, "an object", value);
            return None;
        }
        Some(Self { value, pointer })
    }

    /// The pointer of a key.
    #[must_use]
    pub fn at(&self, key: &str) -> String {
        step(&self.pointer, key)
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<V> {
        self.entries().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// Names and values, in the order of the text.
    pub fn entries(&self) -> impl Iterator<Item = (&'a str, V)> + use<'a, V> {
        self.value.members().into_iter().flatten()
    }

    /// A text that is not empty.
    pub fn text(&self, key: &str, mistakes: &mut Mistakes) -> Option<&'a str> {
        text(self.get(key)?, &self.at(key), mistakes)
    }

    /// One of these texts.
    pub fn choice<T: Copy>(
        &self,
        key: &str,
        choices: &[(&str, T)],
        mistakes: &mut Mistakes,
    ) -> Option<T> {
        choice(self.get(key)?, &self.at(key), choices, mistakes)
    }

    /// True or false.
    pub fn boolean(&self, key: &str, mistakes: &mut Mistakes) -> Option<bool> {
        let value = self.get(key)?;
        let read = value.boolean();
        if read.is_none() {
            mistakes.wanted(&self.at(key), "true or false", value);
        }
        read
    }

    /// A whole number of that range.
    pub fn count(
        &self,
        key: &str,
        range: RangeInclusive<u64>,
        mistakes: &mut Mistakes,
    ) -> Option<u64> {
        let value = self.get(key)?;
        let read = value.whole().filter(|count| range.contains(count));
        if read.is_none() {
            let least = range.start();
            let message = match *range.end() {
                u64::MAX => format!("expected a whole number of {least} or more"),
                most => format!("expected a whole number from {least} to {most}"),
            };
            mistakes.add(&self.at(key), message);
        }
        read
    }

    /// The items of a list, with their pointers; none where there is no list.
    pub fn items(&self, key: &str, mistakes: &mut Mistakes) -> Vec<(String, V)> {
        let pointer = self.at(key);
        let Some(value) = self.get(key) else { return Vec::new() };
        let Some(items) = value.items() else {
            mistakes.wanted(&pointer, "a list", value);
            return Vec::new();
        };
        let placed = |(index, item)| (format!("{pointer}/{index}"), item);
        items.enumerate().map(placed).collect()
    }

    /// The object of a key, with no keys but these.
    pub fn object(&self, key: &str, keys: &[&str], mistakes: &mut Mistakes) -> Option<Self> {
        Self::new(self.get(key)?, self.at(key), keys, mistakes)
    }

    /// The object of a key, with any keys.
    pub fn map(&self, key: &str, mistakes: &mut Mistakes) -> Option<Self> {
        Self::open(self.get(key)?, self.at(key), mistakes)
    }
}

/// This value as a text that is not empty.
pub fn text<'a>(value: impl Setting<'a>, at: &str, mistakes: &mut Mistakes) -> Option<&'a str> {
    let read = value.text().filter(|text| !text.is_empty());
    if read.is_none() {
        mistakes.wanted(at, "text", value);
    }
    read
}

/// This value as one of these texts.
pub fn choice<'a, T: Copy>(
    value: impl Setting<'a>,
    at: &str,
    choices: &[(&str, T)],
    mistakes: &mut Mistakes,
) -> Option<T> {
    let text = text(value, at, mistakes)?;
    let found = choices.iter().find(|(name, _)| *name == text);
    if found.is_none() {
        let names: Vec<String> = choices.iter().map(|(name, _)| format!("`{name}`")).collect();
        mistakes.add(at, format!("`{text}` is not one of {}", names.join(", ")));
    }
    found.map(|(_, choice)| *choice)
}

impl<'a> Setting<'a> for &'a Value {
    fn kind(self) -> Kind {
        match self {
            Value::Null => Kind::Null,
            Value::Bool(_) => Kind::Boolean,
            Value::Number(_) => Kind::Number,
            Value::String(_) => Kind::Text,
            Value::Array(_) => Kind::List,
            Value::Object(_) => Kind::Object,
        }
    }

    fn boolean(self) -> Option<bool> {
        self.as_bool()
    }

    fn text(self) -> Option<&'a str> {
        self.as_str()
    }

    fn whole(self) -> Option<u64> {
        self.as_u64()
    }

    fn items(self) -> Option<impl Iterator<Item = Self>> {
        Some(self.as_array()?.iter())
    }

    fn members(self) -> Option<impl Iterator<Item = (&'a str, Self)>> {
        Some(self.as_object()?.iter().map(|(name, value)| (name.as_str(), value)))
    }
}
