//! What of a decision is not written as it was.
//!
//! A value that is masked by hash is written as a keyed hash: equal values of
//! one input stay equal, and without the key none can be found by trying. Where
//! a policy reads a masked input, what else follows from its value is not
//! written as it was either: the decision's id is a keyed hash of it, and the
//! words of a decision that was not made are left out.

use std::collections::BTreeMap;
use std::fmt;

use ring::hmac;
use tollgate_engine::types::Value;

use crate::error::SettingsError;

/// The variable that the key is taken from where the settings name no other.
pub const KEY_VARIABLE: &str = "TOLLGATE_LOG_KEY";

/// Shorter ones can be guessed.
const SHORTEST_KEY: usize = 32;

/// How an input is masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HowMasked {
    /// By a keyed hash: HMAC-SHA-256, of which 16 bytes are written.
    Hash,
    /// It is not written.
    Remove,
}

impl HowMasked {
    /// Its name in settings and records: `hash`, `remove`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hash => "hash",
            Self::Remove => "remove",
        }
    }
}

/// The key of masks. It is never shown.
#[derive(Clone)]
pub struct Key(hmac::Key);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    /// The key in a variable of the environment.
    ///
    /// # Errors
    /// When there is none, or it is too short.
    pub fn from_environment(variable: &str) -> Result<Self, SettingsError> {
        let text = std::env::var(variable).unwrap_or_default();
        if text.is_empty() {
            return Err(SettingsError::NoKey(variable.to_owned()));
        }
        Self::of(variable, &text)
    }

    /// A key; `name` is what errors call its place.
    ///
    /// # Errors
    /// When it is too short.
    pub fn of(name: &str, secret: &str) -> Result<Self, SettingsError> {
        let found = secret.chars().count();
        if found < SHORTEST_KEY {
            return Err(SettingsError::ShortKey { variable: name.to_owned(), found });
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes())))
    }

    /// What tells two keys apart, and says nothing else of them.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        hex(&self.tag(b"key", &[]), 8)
    }

    /// What stands for the value of an input.
    #[must_use]
    pub fn of_value(&self, input: &str, value: &Value) -> String {
        let name = [&(input.len() as u64).to_le_bytes(), input.as_bytes()].concat();
        let rest = match value {
            Value::Null => vec![0],
            Value::Boolean(value) => vec![1, u8::from(*value)],
            Value::Integer(value) => [&[2][..], &value.to_le_bytes()].concat(),
            Value::Number(value) => [&[3][..], &value.to_bits().to_le_bytes()].concat(),
            Value::Text(value) => [&[4][..], value.as_bytes()].concat(),
        };
        hex(&self.tag(b"value", &[&name, &rest]), 16)
    }

    /// What stands for the id of a decision.
    #[must_use]
    pub fn of_id(&self, id: u64) -> String {
        hex(&self.tag(b"decision", &[&id.to_be_bytes()]), 8)
    }

    /// `what` keeps the hashes of one thing from being those of another.
    fn tag(&self, what: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(what);
        context.update(&[0]);
        parts.iter().for_each(|part| context.update(part));
        context.sign().as_ref().first_chunk().copied().unwrap_or_default()
    }
}

fn hex(bytes: &[u8], count: usize) -> String {
    bytes.iter().take(count).map(|byte| format!("{byte:02x}")).collect()
}

/// Which inputs are masked, of whichever policy, and how.
#[derive(Debug, Clone, Default)]
pub struct Masks {
    inputs: BTreeMap<String, HowMasked>,
    key: Option<Key>,
}

impl Masks {
    /// These inputs by this key.
    #[must_use]
    pub fn new(inputs: BTreeMap<String, HowMasked>, key: Key) -> Self {
        Self { inputs, key: Some(key) }
    }

    /// How an input is masked, if it is.
    #[must_use]
    pub fn of(&self, input: &str) -> Option<HowMasked> {
        self.inputs.get(input).copied()
    }

    /// Whether one of these inputs is masked; then the key is given.
    pub(crate) fn key_for<'a>(&self, mut inputs: impl Iterator<Item = &'a str>) -> Option<&Key> {
        let key = self.key.as_ref()?;
        inputs.any(|input| self.inputs.contains_key(input)).then_some(key)
    }

    /// The names that none of these inputs has: they were misspelt, perhaps, and
    /// what was meant is not masked.
    pub fn unread<'a>(&self, inputs: impl Iterator<Item = &'a str>) -> Vec<&str> {
        let mut rest: Vec<&str> = self.inputs.keys().map(String::as_str).collect();
        inputs.for_each(|input| rest.retain(|name| *name != input));
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_stay_equal_and_nothing_else() {
        let key = Key::of("KEY", &"k".repeat(32)).unwrap();
        let other = Key::of("KEY", &"l".repeat(32)).unwrap();
        let text = |text: &str| Value::Text(text.to_owned());
        let values = [
            Value::Null,
            Value::Boolean(false),
            Value::Boolean(true),
            Value::Integer(0),
            Value::Integer(1),
            Value::Number(0.0),
            Value::Number(-0.0),
            Value::Number(1.0),
            text(""),
            text("0"),
            text("1"),
            text("c-17"),
        ];
        let mut seen = std::collections::BTreeSet::new();
        for value in &values {
            for (key, input) in [(&key, "a"), (&key, "ab"), (&other, "a")] {
                let masked = key.of_value(input, value);
                assert_eq!(masked, key.of_value(input, value));
                assert_eq!(masked.len(), 32);
                assert!(seen.insert(masked), "{value:?} of {input}");
            }
        }
        assert_ne!(key.of_id(1), key.of_id(2));
        assert_ne!(key.fingerprint(), other.fingerprint());
        assert_eq!(format!("{key:?}"), "Key");
        assert!(Key::of("KEY", &"k".repeat(31)).is_err());
    }

    #[test]
    fn a_mask_that_hides_nothing_is_told() {
        let inputs = BTreeMap::from([("customer".to_owned(), HowMasked::Hash)]);
        let masks = Masks::new(inputs, Key::of("KEY", &"k".repeat(32)).unwrap());
        assert_eq!(masks.unread(["customer_id", "amount"].into_iter()), ["customer"]);
        assert!(masks.unread(["customer"].into_iter()).is_empty());
        assert!(masks.key_for(["amount"].into_iter()).is_none());
        assert!(Masks::default().key_for(["customer"].into_iter()).is_none());
    }
}
