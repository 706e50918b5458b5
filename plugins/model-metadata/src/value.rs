//! Values that can be judged.

use alloc::format;
use alloc::string::{String, ToString as _};

use gate_evidence::decimal::Decimal;
use gate_evidence::given::{kind, show};
use gate_evidence::unit::{Quantity, Unit};
use tollgate_sdk::gate::{Fact, FactValue};

use crate::name::Title;

/// A value that can be judged.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    /// Text, without the white space around it.
    Text(&'a str),
    /// True or false.
    Boolean(bool),
    /// A finite number, and its unit where the fact states one.
    Number(Decimal, Option<Unit>),
}

/// What the host itself states of a version, and as what: a text of that name
/// is a tag that somebody gave it.
const STATED: [(&str, &str); 5] = [
    ("artifact", "true or false"),
    ("dependencies_pinned", "true or false"),
    ("metric_count", "a number"),
    ("pinned", "true or false"),
    ("signature_present", "true or false"),
];

/// How much of a text a message shows: descriptions may be long.
const SHOWN: usize = 120;

impl<'a> Value<'a> {
    /// The value of a fact.
    ///
    /// # Errors
    /// Why it cannot be judged.
    pub(crate) fn of(fact: &'a Fact) -> Result<Self, String> {
        let doubt = |why: &str| Err(format!("`{}` of `{}` is {why}", Title(fact), fact.subject));
        let is = kind(&fact.value);
        if let Some((_, wanted)) = STATED.iter().find(|(name, _)| *name == fact.name)
            && is != *wanted
        {
            return doubt(&format!("{is}, and a host states it as {wanted}"));
        }
        let number = match &fact.value {
            FactValue::Text(text) => return Ok(Self::Text(text.trim())),
            FactValue::Boolean(value) => return Ok(Self::Boolean(*value)),
            FactValue::Integer(whole) => Decimal::new(i128::from(*whole), 0),
            FactValue::Number(number) => match Decimal::from_f64(*number) {
                Some(number) => number,
                None if number.is_nan() => return doubt("not a number"),
                None => return doubt("infinite"),
            },
            FactValue::Numbers(_) => return doubt(&format!("{is}, and a rule judges one value")),
        };
        let unit = fact.unit.as_deref().filter(|unit| !unit.is_empty());
        Ok(Self::Number(number, unit.map(Unit::new)))
    }

    /// What it is.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Boolean(_) => "true or false",
            Self::Number(..) => "a number",
        }
    }

    /// As a report shows it.
    pub(crate) fn show(&self) -> String {
        match self {
            Self::Text(text) => shortened(text),
            Self::Boolean(value) => value.to_string(),
            Self::Number(number, unit) => Quantity::new(*number, unit.as_ref()).to_string(),
        }
    }

    /// As a sentence shows it.
    pub(crate) fn quoted(&self) -> String {
        match self {
            Self::Text(text) => format!("`{}`", shortened(text)),
            _ => self.show(),
        }
    }
}

/// A text that a message can hold.
pub(crate) fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_string(),
    }
}

/// The value of a fact, as a sentence shows it.
pub(crate) fn shown(fact: &Fact) -> String {
    Value::of(fact).map_or_else(|_| show(&fact.value), |value| value.quoted())
}
