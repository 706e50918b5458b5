//! What must hold of a statistic.

use alloc::format;
use alloc::string::String;

use gate_evidence::decimal::Decimal;
use gate_evidence::measured::{Held, measured};
use tollgate_sdk::gate::Measure;

/// What must hold.
#[derive(Debug)]
pub enum Limit {
    /// Compared with a number.
    Threshold(Comparison, Decimal),
    /// At least the first and at most the second number.
    Between(Decimal, Decimal),
}

/// How two numbers are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `>=`, the bound included.
    AtLeast,
    /// `>`, the bound excluded.
    Above,
    /// `<=`, the bound included.
    AtMost,
    /// `<`, the bound excluded.
    Below,
}

impl Comparison {
    /// All, as settings write them.
    pub const SYMBOLS: [(&str, Self); 4] =
        [(">=", Self::AtLeast), (">", Self::Above), ("<=", Self::AtMost), ("<", Self::Below)];

    /// Whether it holds.
    #[must_use]
    pub fn holds(self, left: Decimal, right: Decimal) -> bool {
        match self {
            Self::AtLeast => left >= right,
            Self::Above => left > right,
            Self::AtMost => left <= right,
            Self::Below => left < right,
        }
    }

    fn symbol(self) -> &'static str {
        match self {
            Self::AtLeast => ">=",
            Self::Above => ">",
            Self::AtMost => "<=",
            Self::Below => "<",
        }
    }

    fn verb(self, holds: bool) -> &'static str {
        match (self, holds) {
            (Self::AtLeast, true) => "is at least",
            (Self::AtLeast, false) | (Self::Below, true) => "is below",
            (Self::Above, true) | (Self::AtMost, false) => "is above",
            (Self::Above, false) => "is not above",
            (Self::AtMost, true) => "is at most",
            (Self::Below, false) => "is not below",
        }
    }
}

impl Limit {
    /// Whether it holds of a value.
    #[must_use]
    pub fn holds(&self, value: Decimal) -> bool {
        match self {
            Self::Threshold(comparison, threshold) => comparison.holds(value, *threshold),
            Self::Between(least, most) => *least <= value && value <= *most,
        }
    }

    /// `is at most 0.2`.
    #[must_use]
    pub fn words(&self, holds: bool) -> String {
        match self {
            Self::Threshold(comparison, threshold) => {
                format!("{} {threshold}", comparison.verb(holds))
            }
            Self::Between(least, most) => {
                let not = if holds { "" } else { "not " };
                format!("is {not}between {least} and {most}")
            }
        }
    }

    /// `<= 0.2`.
    #[must_use]
    pub fn expected(&self) -> String {
        match self {
            Self::Threshold(comparison, threshold) => {
                format!("{} {threshold}", comparison.symbol())
            }
            Self::Between(least, most) => format!("from {least} to {most}"),
        }
    }

    /// A value beside the limit, as data.
    #[must_use]
    pub fn measured(&self, name: String, value: Decimal) -> Option<Measure> {
        let (low, high) = match *self {
            Self::Threshold(Comparison::AtLeast, bound) => (Some((bound, true)), None),
            Self::Threshold(Comparison::Above, bound) => (Some((bound, false)), None),
            Self::Threshold(Comparison::AtMost, bound) => (None, Some((bound, true))),
            Self::Threshold(Comparison::Below, bound) => (None, Some((bound, false))),
            Self::Between(least, most) => (Some((least, true)), Some((most, true))),
        };
        // Statistics have no unit.
        measured(name, value, Held { low, high, baseline: None }, &[None])
    }

    /// The words of it in a rule's id.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::Threshold(Comparison::AtLeast, _) => "at-least",
            Self::Threshold(Comparison::Above, _) => "above",
            Self::Threshold(Comparison::AtMost, _) => "at-most",
            Self::Threshold(Comparison::Below, _) => "below",
            Self::Between(..) => "between",
        }
    }

    /// The bounds.
    #[must_use]
    pub fn bounds(&self) -> [Decimal; 2] {
        match self {
            Self::Threshold(_, threshold) => [*threshold; 2],
            Self::Between(least, most) => [*least, *most],
        }
    }
}
