//! Units: which can be compared, and how one becomes another.

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;

use crate::decimal::Decimal;

/// A unit. Only units of one kind can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unit {
    /// One that is listed in [`SCALES`].
    Known(&'static Scale),
    /// Any other text: compares with the same text only.
    Other(String),
}

/// What a unit measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// In seconds.
    Time,
    /// In bytes.
    Size,
    /// A share of one.
    Share,
    /// In requests a second.
    Rate,
}

/// A unit of a kind, as a multiple of the kind's base.
#[derive(Debug, PartialEq, Eq)]
pub struct Scale {
    kind: Kind,
    /// How many of the base one of these is: mantissa and power of ten.
    size: (i128, i32),
    /// Spellings; the first is the one that reports use.
    spellings: &'static [&'static str],
}

const fn scale(kind: Kind, size: (i128, i32), spellings: &'static [&'static str]) -> Scale {
    Scale { kind, size, spellings }
}

/// The units that convert into each other. `KB`, `MB`, ... are powers of ten
/// (SI), `KiB`, `MiB`, ... of two (IEC 80000-13).
pub static SCALES: &[Scale] = &[
    scale(Kind::Time, (1, -9), &["ns", "nanoseconds"]),
    scale(Kind::Time, (1, -6), &["us", "µs", "μs", "usec", "microseconds"]),
    scale(Kind::Time, (1, -3), &["ms", "msec", "millis", "milliseconds"]),
    scale(Kind::Time, (1, 0), &["s", "sec", "second", "seconds"]),
    scale(Kind::Time, (60, 0), &["min", "minute", "minutes"]),
    scale(Kind::Time, (3600, 0), &["h", "hour", "hours"]),
    scale(Kind::Time, (86_400, 0), &["d", "day", "days"]),
    scale(Kind::Size, (1, 0), &["B", "byte", "bytes"]),
    scale(Kind::Size, (1, 3), &["KB", "kB"]),
    scale(Kind::Size, (1, 6), &["MB"]),
    scale(Kind::Size, (1, 9), &["GB"]),
    scale(Kind::Size, (1, 12), &["TB"]),
    scale(Kind::Size, (1 << 10, 0), &["KiB", "Ki"]),
    scale(Kind::Size, (1 << 20, 0), &["MiB", "Mi"]),
    scale(Kind::Size, (1 << 30, 0), &["GiB", "Gi"]),
    scale(Kind::Share, (1, 0), &["ratio", "fraction", "1"]),
    scale(Kind::Share, (1, -2), &["%", "percent", "pct"]),
    scale(Kind::Share, (1, -2), &["pp", "percentage points"]),
    scale(Kind::Share, (1, -4), &["bp", "basis points"]),
    scale(Kind::Rate, (1, 0), &["rps", "qps", "req/s", "requests/s"]),
];

impl Unit {
    /// The unit with this spelling. Case matters: `MB` is not `mb`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        SCALES
            .iter()
            .find(|scale| scale.spellings.contains(&text))
            .map_or_else(|| Self::Other(text.to_owned()), Self::Known)
    }

    /// Whether numbers in these units can be compared.
    #[must_use]
    pub fn compares(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Known(left), Self::Known(right)) => left.kind == right.kind,
            (Self::Other(left), Self::Other(right)) => left == right,
            _ => false,
        }
    }

    /// A number of this unit, in its kind's base.
    #[must_use]
    pub fn to_base(&self, number: Decimal) -> Option<Decimal> {
        match self {
            Self::Known(scale) => number.times(Decimal::new(scale.size.0, scale.size.1)),
            Self::Other(_) => Some(number),
        }
    }

    /// A number of the kind's base, in this unit; `None` when that has no end
    /// as a decimal.
    #[must_use]
    pub fn of_base(&self, number: Decimal) -> Option<Decimal> {
        match self {
            Self::Known(scale) => number.over(Decimal::new(scale.size.0, scale.size.1)),
            Self::Other(_) => Some(number),
        }
    }

    /// Whether it is a share of one.
    #[must_use]
    pub fn is_share(&self) -> bool {
        matches!(self, Self::Known(scale) if scale.kind == Kind::Share)
    }

    /// Whether reports leave the unit out, because a bare number says it.
    fn is_silent(&self) -> bool {
        matches!(self, Self::Known(scale) if scale.kind == Kind::Share && scale.size == (1, 0))
            || matches!(self, Self::Other(text) if text == "count")
    }

    /// Its name where reports show it.
    #[must_use]
    pub fn shown(&self) -> Option<&str> {
        Some(self.name()).filter(|_| !self.is_silent())
    }

    /// Its name in reports.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Known(scale) => scale.spellings.first().copied().unwrap_or_default(),
            Self::Other(text) => text,
        }
    }
}

/// Whether numbers with these units can be compared. Two without a unit can.
#[must_use]
pub fn comparable(left: Option<&Unit>, right: Option<&Unit>) -> bool {
    match (left, right) {
        (None, None) => true,
        (Some(left), Some(right)) => left.compares(right),
        _ => false,
    }
}

/// A number and its unit: `50 ms`, `0.91`.
#[derive(Clone, Copy, Debug)]
pub struct Quantity<'a> {
    /// The number, in the unit.
    pub number: Decimal,
    /// The unit, where there is one.
    pub unit: Option<&'a Unit>,
}

impl<'a> Quantity<'a> {
    /// This number of this unit.
    #[must_use]
    pub fn new(number: Decimal, unit: Option<&'a Unit>) -> Self {
        Self { number, unit }
    }

    /// In the base of the unit's kind.
    #[must_use]
    pub fn base(self) -> Option<Decimal> {
        match self.unit {
            Some(unit) => unit.to_base(self.number),
            None => Some(self.number),
        }
    }

    /// A number of the base, in the unit of this quantity or of `other`,
    /// whichever can say it exactly.
    #[must_use]
    pub fn like(base: Decimal, unit: Option<&'a Unit>, other: Option<&'a Unit>) -> Option<Self> {
        let Some(first) = unit else {
            return Some(Self::new(base, None));
        };
        if let Some(number) = first.of_base(base) {
            return Some(Self::new(number, unit));
        }
        let number = other?.of_base(base)?;
        Some(Self::new(number, other))
    }
}

impl fmt::Display for Quantity<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.unit.and_then(Unit::shown) {
            Some(unit) => write!(out, "{} {unit}", self.number),
            None => write!(out, "{}", self.number),
        }
    }
}
