//! What the policy reads, and which values of it are in order.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use tollgate_sdk::policy::{Kind, Value};

use crate::cel::{self, Cell};
use crate::settings::InputKind;

/// The model's score, a probability.
pub const SCORE: &str = "score";
/// The amount of the transaction, in the unit of `high_value_threshold`.
pub const AMOUNT: &str = "amount";
/// The country of the transaction; where every entry of
/// `strict_mode_countries` is a two-letter code, one, too.
pub const COUNTRY: &str = "country";
/// How many days the merchant has been known.
pub const MERCHANT_AGE_DAYS: &str = "merchant_age_days";
/// How many transactions the customer made in the last hour.
pub const TRANSACTIONS_LAST_HOUR: &str = "transactions_last_hour";
/// How often the customer has been blocked today.
pub const CUSTOMER_BLOCKS_TODAY: &str = "customer_blocks_today";
/// How many hours ago the customer was last blocked; infinite or large when
/// that never happened.
pub const HOURS_SINCE_BLOCK: &str = "hours_since_block";

/// The built-in inputs, in the order in which a policy declares those it
/// reads: name, kind, and the range of a number.
pub(crate) const BUILT_IN: [(&str, Kind, f64, f64); 7] = [
    (SCORE, Kind::Number, 0.0, 1.0),
    (AMOUNT, Kind::Number, f64::MIN, f64::MAX),
    (COUNTRY, Kind::Text, 0.0, 0.0),
    (MERCHANT_AGE_DAYS, Kind::Number, 0.0, f64::MAX),
    (TRANSACTIONS_LAST_HOUR, Kind::Number, 0.0, f64::MAX),
    (CUSTOMER_BLOCKS_TODAY, Kind::Number, 0.0, f64::MAX),
    (HOURS_SINCE_BLOCK, Kind::Number, 0.0, f64::INFINITY),
];

/// One condition on a number: whether it is at least `bound`.
///
/// Every built-in condition is brought to this form, `x > b` by the next
/// double above `b` and `x < b` by a key that starts with the bit set, so that
/// a row of numbers is judged by one kind of loop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Test {
    pub(crate) bound: f64,
    /// What a row that passes adds to its key, wrapping.
    pub(crate) weight: u64,
}

/// One declared input and the conditions on it alone.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    pub(crate) name: Cow<'static, str>,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    /// The least and the greatest number that is in order.
    pub(crate) range: (f64, f64),
    pub(crate) tests: Vec<Test>,
    /// The texts that add a weight to the key, [`folded`].
    pub(crate) listed: Box<[String]>,
    pub(crate) listed_weight: u64,
    /// Whether a text must be a country's two letters: a name or three letters
    /// would be none of the listed codes, and not strict.
    pub(crate) codes: bool,
    /// Whether an empty text counts as missing.
    pub(crate) refuses_empty: bool,
}

impl Reading {
    fn new(name: Cow<'static, str>, kind: Kind, required: bool, range: (f64, f64)) -> Self {
        Self {
            name,
            kind,
            required,
            range,
            tests: Vec::new(),
            listed: Box::default(),
            listed_weight: 0,
            codes: false,
            refuses_empty: false,
        }
    }

    /// All built-in inputs.
    pub(crate) fn built_in() -> Vec<Self> {
        let readings = BUILT_IN.iter().map(|(name, kind, low, high)| Self {
            refuses_empty: *kind == Kind::Text,
            ..Self::new(Cow::Borrowed(name), *kind, true, (*low, *high))
        });
        readings.collect()
    }

    /// An input of the document's own. Its numbers must be finite.
    pub(crate) fn custom(name: &str, kind: InputKind, required: bool) -> Self {
        let kind = match kind {
            InputKind::Boolean => Kind::Boolean,
            InputKind::Integer => Kind::Integer,
            InputKind::Number => Kind::Number,
            InputKind::Text => Kind::Text,
        };
        Self::new(Cow::Owned(name.into()), kind, required, (f64::MIN, f64::MAX))
    }

    /// The type of the input in expressions.
    pub(crate) fn expression_type(&self) -> cel::Type {
        match self.kind {
            Kind::Boolean => cel::Type::Boolean,
            Kind::Integer => cel::Type::Integer,
            Kind::Number => cel::Type::Number,
            Kind::Text => cel::Type::Text,
        }
    }

    /// What `cell` adds to the key.
    #[inline]
    pub(crate) fn judge(&self, cell: Cell<'_>) -> Result<u64, Problem> {
        match (self.kind, cell) {
            (Kind::Number, Cell::Number(number)) => self.judge_number(number),
            // A host passes an integer as the number it is, but a caller who
            // does not should not be refused for it.
            (Kind::Number, Cell::Integer(integer)) => self.judge_number(integer as f64),
            (Kind::Text, Cell::Text(text)) => self.judge_text(text),
            (Kind::Boolean, Cell::Boolean(_)) | (Kind::Integer, Cell::Integer(_)) => Ok(0),
            (_, Cell::Null) if self.required => Err(Problem::Missing),
            (_, Cell::Null) => Ok(0),
            _ => Err(Problem::WrongKind),
        }
    }

    #[inline]
    fn judge_number(&self, number: f64) -> Result<u64, Problem> {
        let (low, high) = self.range;
        // NaN is within no range.
        if !(number >= low && number <= high) {
            return Err(Problem::OutOfRange);
        }
        let mut key = 0_u64;
        for test in &self.tests {
            if number >= test.bound {
                key = key.wrapping_add(test.weight);
            }
        }
        Ok(key)
    }

    #[inline]
    pub(crate) fn judge_text(&self, text: &str) -> Result<u64, Problem> {
        if self.refuses_empty && text.trim().is_empty() {
            return Err(Problem::Missing);
        }
        if self.codes && !is_code(text) {
            return Err(Problem::NoCode);
        }
        let listed = (self.listed.iter()).any(|entry| folded(text).eq(entry.chars()));
        Ok(if listed { self.listed_weight } else { 0 })
    }

    /// One sentence on what is wrong.
    pub(crate) fn explain(&self, problem: Problem) -> String {
        let name = &self.name;
        match problem {
            Problem::Missing => format!("`{name}` is missing"),
            Problem::WrongKind => format!("`{name}` must be {}", self.article()),
            Problem::NoCode => format!(
                "`{name}` must be a code of two letters, as every entry of `strict_mode_countries` is"
            ),
            Problem::OutOfRange => match self.range {
                (0.0, 1.0) => format!("`{name}` must be a number from 0 to 1"),
                (0.0, _) => format!("`{name}` must be a number that is not negative"),
                _ => format!("`{name}` must be a finite number"),
            },
        }
    }

    fn article(&self) -> &'static str {
        match self.kind {
            Kind::Boolean => "true or false",
            Kind::Integer => "a whole number",
            Kind::Number => "a number",
            Kind::Text => "a text",
        }
    }
}

/// What is wrong with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Problem {
    Missing,
    WrongKind,
    OutOfRange,
    NoCode,
}

/// A country as it is compared: without white space around it, letter case
/// apart.
pub(crate) fn folded(country: &str) -> impl Iterator<Item = char> {
    country.trim().chars().flat_map(char::to_lowercase)
}

/// Whether a country is given by its two letters (ISO 3166-1 alpha-2).
pub(crate) fn is_code(country: &str) -> bool {
    matches!(country.trim().as_bytes(), [one, two] if one.is_ascii_alphabetic() && two.is_ascii_alphabetic())
}

/// A decision's values, for the expressions of rules.
pub(crate) struct Values<'a> {
    pub(crate) values: &'a [Value],
    pub(crate) readings: &'a [Reading],
}

impl cel::Row for Values<'_> {
    #[inline]
    fn cell(&self, index: usize) -> Cell<'_> {
        let number = (self.readings.get(index)).is_some_and(|reading| reading.kind == Kind::Number);
        match self.values.get(index).map(cell) {
            Some(Cell::Integer(integer)) if number => Cell::Number(integer as f64),
            Some(cell) => cell,
            None => Cell::Null,
        }
    }
}

/// One value as an expression sees it.
#[inline]
pub(crate) fn cell(value: &Value) -> Cell<'_> {
    match value {
        Value::Null => Cell::Null,
        Value::Boolean(value) => Cell::Boolean(*value),
        Value::Integer(value) => Cell::Integer(*value),
        Value::Number(value) => Cell::Number(*value),
        Value::Text(text) => Cell::Text(text),
    }
}
